/**
 * A TypeScript source as the architecture rules see it: its code without comments and string contents, and what it imports.
 *
 * A small scanner of our own, so that type-only imports count too, and a word in a comment does not.
 *
 * @module
 */

export interface Source {
  /** From the checkout on, with slashes: "src/wire/reader.ts". */
  readonly path: string;
  readonly text: string;
  /** The text, as long and with the same lines, but with spaces for comments, string contents and regular expressions. */
  readonly code: string;
  readonly imports: readonly Import[];
  readonly lines: number;
}

export interface Import {
  readonly specifier: string;
  /** Path of a relative import from the checkout on; null for a package. */
  readonly target: string | null;
}

export function readSource(path: string, text: string): Source {
  const code = blank(text);
  const imports = findImports(path, text, code);
  return { path, text, code, imports, lines: text.replace(/\n$/, '').split('\n').length };
}

/** The line (from 1 on) of a place in the text. */
export function lineOf(source: Source, index: number): number {
  return source.text.slice(0, index).split('\n').length;
}

// `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')`, `typeof import('…')`: quotes outlive the blanking.
const IMPORT = /\b(?:from|import)\s*\(?\s*(['"`])( *)\1/g;

function findImports(path: string, text: string, code: string): readonly Import[] {
  return [...code.matchAll(IMPORT)].map((match) => {
    const end = match.index + match[0].length - 1;
    const specifier = text.slice(end - (match[2] ?? '').length, end);
    return { specifier, target: specifier.startsWith('.') ? join(path, specifier) : null };
  });
}

function join(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

// What is not code, in the order in which it is tried. Templates are taken apart by `blank` itself.
const SKIPPED = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const REGULAR_EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
// After these a slash begins a regular expression; after anything else it divides.
const BEFORE_EXPRESSION = /(?:[(,=:[!&|?{};+\-*%<>~^\n]|\breturn|\btypeof|\bcase|=>)\s*$|^\s*$/;

function blank(text: string): string {
  let out = '';
  let at = 0;
  // Depth of braces at which each open template's `${` began.
  const templates: number[] = [];
  let depth = 0;

  while (at < text.length) {
    const char = text.charAt(at);
    const skipped = matchAt(SKIPPED, text, at);
    if (skipped !== null) {
      out += skipped.startsWith('/') ? spaces(skipped) : char + spaces(skipped.slice(1, -1)) + char;
      at += skipped.length;
      continue;
    }
    const expression =
      char === '/' && BEFORE_EXPRESSION.test(out.slice(-200)) ? matchAt(REGULAR_EXPRESSION, text, at) : null;
    if (expression !== null) {
      out += spaces(expression);
      at += expression.length;
      continue;
    }
    const endsHole = char === '}' && templates.at(-1) === depth;
    if (char === '`' || endsHole) {
      if (endsHole) templates.pop();
      const end = templateEnd(text, at + 1);
      out += char + spaces(text.slice(at + 1, end.at)) + end.mark;
      at = end.at + end.mark.length;
      if (end.mark === '${') templates.push(depth);
      continue;
    }
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    out += char;
    at += 1;
  }
  return out;
}

function templateEnd(text: string, from: number): { readonly at: number; readonly mark: '`' | '${' | '' } {
  for (let at = from; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') at += 1;
    else if (char === '`') return { at, mark: '`' };
    else if (char === '$' && text.charAt(at + 1) === '{') return { at, mark: '${' };
  }
  return { at: text.length, mark: '' };
}

function matchAt(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

function spaces(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}
