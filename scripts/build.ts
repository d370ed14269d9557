/**
 * Builds dist: declarations by tsc, one beside each file of src; code by esbuild, an entry and a few shared chunks.
 *
 * A runtime pays about half a millisecond for each module that it loads, and src has over 150: hence chunks. They hold what
 * several entries share, once, so that a value made by one entry is known to the others. Nothing is minified, and every name
 * is annotated, so that a user's bundler still takes only what is used (bench/size.ts measures it, check-package tests it).
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

const checkout = join(import.meta.dirname, '..');
const src = join(checkout, 'src');

/**
 * What a file is bundled as if it imported, beside what it does import. esbuild makes a chunk for each set of entries that share
 * something; with these there are three for what is below the adapters: wire, certs on it, and all the rest on both.
 */
const WITH_WIRE = ['wire.ts'];
const WITH_CERTS = ['certs.ts', 'wire.ts'];
const WITH_ALL = ['index.ts', 'certs.ts', 'wire.ts', 'sessions.ts'];
const BUNDLED_WITH: Readonly<Record<string, readonly string[]>> = {
  'cli/main.ts': WITH_WIRE,
  'certs.ts': WITH_CERTS,
  'certs-encrypted-keys.ts': WITH_CERTS,
  'certs-issue.ts': WITH_CERTS,
  'certs-revocation.ts': WITH_CERTS,
  'crypto-node.ts': WITH_CERTS,
  'cli/ca.ts': WITH_CERTS,
  'cli/verify.ts': WITH_ALL,
  'index.ts': WITH_ALL,
  'node.ts': WITH_ALL,
  'sessions.ts': WITH_ALL,
  'cli/connect.ts': WITH_ALL,
  'cli/demo.ts': WITH_ALL,
  'cli/serve.ts': WITH_ALL,
};

/** Names declared by `let` at the top of a file of src. */
const variables: ReadonlySet<string> = new Set(
  readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...readFileSync(join(src, name), 'utf8').matchAll(/^(?:export )?let (\w+)/gm)])
    .flatMap(([, name]) => name ?? []),
);

const sharing: Plugin = {
  name: 'sharing',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/(?:cli\/)?[^/]+\.ts$/ }, ({ path }) => {
      const others = BUNDLED_WITH[relative(src, path)] ?? [];
      const imports = others.map((name) => `import ${JSON.stringify(join(src, name))};`);
      return { contents: [readFileSync(path, 'utf8'), ...imports].join('\n'), loader: 'ts' };
    });
  },
};

rmSync(join(checkout, 'dist'), { recursive: true, force: true });
execFileSync(join(checkout, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: checkout,
  stdio: 'inherit',
});
const { outputFiles } = await build({
  entryPoints: [
    ...readdirSync(src)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(src, name)),
    join(src, 'cli', 'main.ts'),
  ],
  outbase: src,
  outdir: join(checkout, 'dist'),
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  sourcemap: true,
  // src is in the package.
  sourcesContent: false,
  // Calls of these at the top of a file have no effect: bundlers are told so.
  pure: [
    ...['Array.from', 'Int32Array', 'Map', 'Object.entries', 'Object.freeze', 'Object.fromEntries', 'Object.keys'],
    ...['RegExp', 'Set', 'TextDecoder', 'TextEncoder', 'Uint32Array', 'Uint32Array.of', 'Uint8Array', 'Uint8Array.of'],
  ],
  plugins: [sharing],
  absWorkingDir: checkout,
  write: false,
  logLevel: 'warning',
  // The imports of `sharing`, which have no effect but on chunks.
  logOverride: { 'ignored-bare-import': 'silent' },
});

for (const { path, text } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, path.endsWith('.js') ? withConstants(text) : text);
}

/**
 * esbuild makes `var` of what is declared by `const` at the top of a file. V8 takes only the latter for a constant, and without that
 * ChaCha20-Poly1305 takes twice as long (docs/performance.md). Positions in these lines of the source map are off by two.
 */
function withConstants(code: string): string {
  return code.replace(/^var (?=([\w$]+?)\d* = |\{)/gm, (kept, name?: string) =>
    name !== undefined && variables.has(name) ? kept : 'const ',
  );
}
