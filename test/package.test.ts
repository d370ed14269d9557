import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSource } from './architecture/source.ts';

interface Manifest {
  readonly version: string;
  readonly type: string;
  readonly sideEffects: boolean;
  readonly engines: { readonly node: string };
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const checkout = join(import.meta.dirname, '..');
const src = join(checkout, 'src');
const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as Manifest;

test('every entry file of src is an entry of the package, and the other way round', (t) => {
  const files = readdirSync(src).filter((name) => name.endsWith('.ts'));
  const targets = Object.entries(manifest.exports).flatMap(([name, target]) => {
    if (typeof target === 'string') return [];
    // "./certs/issue" is src/certs-issue.ts.
    const file = name === '.' ? 'index' : name.slice('./'.length).replaceAll('/', '-');
    assert.deepEqual(target, { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` }, name);
    return [`${file}.ts`];
  });
  t.diagnostic(`entries: ${Object.keys(manifest.exports).join(' ')}`);
  assert.deepEqual(targets.sort(), files.sort());
});

test('the package is ESM, without side effects, for node 20.19 and later', () => {
  assert.equal(manifest.type, 'module');
  assert.equal(manifest.sideEffects, false);
  assert.equal(manifest.engines.node, '>=20.19');
});

test('each program names its runtime in its first line', () => {
  for (const target of Object.values(manifest.bin)) {
    const source = target.replace(/^\.\/dist\/(.*)\.js$/, '$1.ts');
    assert.match(readFileSync(join(src, source), 'utf8'), /^#!\/usr\/bin\/env node\n/, target);
  }
});

test('src imports its dependencies, all of them and no others', (t) => {
  const used = new Set(
    readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => readSource(`src/${name}`, readFileSync(join(src, name), 'utf8')).imports)
      .filter(({ specifier, target }) => target === null && !specifier.startsWith('node:'))
      .map(({ specifier }) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0]),
  );
  assert.deepEqual([...used].sort(), Object.keys(manifest.dependencies).sort());
  t.diagnostic(`${used.size} dependencies`);
});

test('the lock file holds every platform of its packages: npm ci refuses one that lacks some', () => {
  const { packages } = JSON.parse(readFileSync(join(checkout, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>;
  };
  // npm leaves out what its registry does not serve, as a mirror may.
  const named = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
  const missing = named.filter((name) => packages[`node_modules/${name}`] === undefined);
  assert.deepEqual(missing, []);
});

test('the change log tells of this version', () => {
  const text = readFileSync(join(checkout, 'CHANGELOG.md'), 'utf8');
  assert.match(text, new RegExp(`^## \\[${manifest.version.replaceAll('.', '\\.')}\\]`, 'm'));
});
