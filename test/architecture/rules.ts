/**
 * The rules of the house, each a function from sources to what breaks it.
 *
 * @module
 */
import { IMPORT_EXCEPTIONS, IMPORT_TABLE, type Row } from './import-table.ts';
import { lineOf, type Source } from './source.ts';

/** One breach: place and sentence. */
export type Breach = string;

export const LINE_LIMIT = 500;

/** Each folder sees what its row of the table names, and nothing else; type-only imports too. */
export function checkImports(sources: readonly Source[]): readonly Breach[] {
  const known = new Set(sources.map(({ path }) => path));
  return sources.flatMap((source) => {
    const folder = folderOf(source.path);
    const row = rowOf(source.path, folder);
    if (row === null) return [`${source.path}: the import table has no folder ${folder}`];
    return source.imports.flatMap(({ specifier, target }) => {
      if (target === null) {
        const allowed = row.packages?.some((pattern) => pattern.test(specifier)) ?? false;
        return allowed ? [] : [`${source.path}: ${folder} may not import ${specifier}`];
      }
      if (!known.has(target)) return [`${source.path}: ${specifier} is not a file of src (imports end in .ts)`];
      const seen = folderOf(target);
      const always =
        seen === folder || (folder !== 'errors' && (seen === 'errors' || (seen === 'params' && folder !== 'params')));
      return always || row.sees.includes(seen) ? [] : [`${source.path}: ${folder} may not import ${target}`];
    });
  });
}

/** No file imports itself by way of others. Each cycle is named once. */
export function checkCycles(sources: readonly Source[]): readonly Breach[] {
  const graph = new Map(sources.map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]));
  const done = new Set<string>();
  const breaches: Breach[] = [];

  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) breaches.push(`cycle: ${[...trail.slice(at), path].join(' → ')}`);
    if (at >= 0 || done.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return breaches;
}

export function checkLines(sources: readonly Source[]): readonly Breach[] {
  return sources.flatMap(({ path, lines }) =>
    lines > LINE_LIMIT ? [`${path}: ${lines} lines, over ${LINE_LIMIT}`] : [],
  );
}

export function checkExports(sources: readonly Source[]): readonly Breach[] {
  return [
    ...grep(sources, /\bexport\s+default\b|\bas\s+default\b/g, 'default export'),
    ...grep(sources, /\bexport\s+\*/g, 'export of everything: name what is exported'),
  ];
}

/** A file says at its top what it is. */
export function checkHeaders(sources: readonly Source[]): readonly Breach[] {
  return sources.flatMap(({ path, text }) => {
    const header = /^(?:#![^\n]*\n)?\/\*\*\n(?: \*[^\n]*\n)+? \*\/\n/.exec(text)?.[0] ?? '';
    return /^ \* @module$/m.test(header) ? [] : [`${path}: no header comment with @module`];
  });
}

/** The compiler and the linter are not told to look away. */
export function checkSuppressions(sources: readonly Source[]): readonly Breach[] {
  return sources.flatMap((source) => {
    const found = /@ts-(?:ignore|expect-error|nocheck)|biome-ignore/.exec(source.text);
    return found === null ? [] : [`${source.path}:${lineOf(source, found.index)}: ${found[0]}`];
  });
}

// A name that stands for itself: not a property, not a key.
const named = (names: string) => new RegExp(`(?<![.\\w$#])(?:${names})(?![\\w$]|\\s*\\??:)`, 'g');

const OUTPUT = { pattern: named('console'), what: 'console' };
const CHANCE = { pattern: /\bMath\s*\.\s*random\b/g, what: 'Math.random' };
const NODE_GLOBALS = { pattern: named('Buffer|process|require|__dirname|__filename|global'), what: 'a global of Node' };
const TIMERS = {
  pattern: named('setTimeout|setInterval|setImmediate|queueMicrotask|clearTimeout|clearInterval|clearImmediate'),
  what: 'a timer',
};
const CLOCK = {
  pattern: /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(?:\(\s*\)|(?![\s(]))|(?<![\w.$]|new\s)Date\s*\(|\bperformance\b/g,
  what: 'a clock',
};
const RANDOM = {
  pattern: /\bgetRandomValues\b|\brandomUUID\b|\bglobalThis\b|(?<![.\w$])crypto\s*\.\s*subtle\b/g,
  what: 'a global source of chance',
};
const ASYNC = { pattern: /\bawait\b|\basync\b|\bPromise\b(?!\s*<)/g, what: 'a promise' };

/** Where bytes, time and chance come from: by call, never from a global. `cli` alone may do as it likes. */
export function checkGlobals(sources: readonly Source[]): readonly Breach[] {
  return sources.flatMap((source) =>
    forbiddenIn(source.path).flatMap(({ pattern, what }) => grep([source], pattern, what)),
  );
}

function forbiddenIn(path: string): readonly { readonly pattern: RegExp; readonly what: string }[] {
  if (path.startsWith('src/cli/')) return [CHANCE];
  if (path.startsWith('src/adapters/node-')) return [CHANCE, OUTPUT];
  if (path.startsWith('src/adapters/')) return [CHANCE, OUTPUT, NODE_GLOBALS, CLOCK, RANDOM];
  // The defaults of `clock` and `random`, and no other file's.
  if (path === 'src/connection/config.ts') return [CHANCE, OUTPUT, NODE_GLOBALS, TIMERS, ASYNC];
  return [CHANCE, OUTPUT, NODE_GLOBALS, TIMERS, CLOCK, RANDOM, ASYNC];
}

function grep(sources: readonly Source[], pattern: RegExp, what: string): readonly Breach[] {
  return sources.flatMap((source) =>
    [...source.code.matchAll(pattern)].map(
      (match) => `${source.path}:${lineOf(source, match.index)}: ${what} (${match[0].trim()})`,
    ),
  );
}

function folderOf(path: string): string {
  const folder = path.split('/').slice(1, -1).join('/');
  return folder === '' ? 'src' : folder;
}

function rowOf(path: string, folder: string): Row | null {
  const row = IMPORT_TABLE[folder];
  if (row === undefined) return null;
  return IMPORT_EXCEPTIONS.reduce((seen, { files, row: change }) => (files.test(path) ? change(seen) : seen), row);
}
