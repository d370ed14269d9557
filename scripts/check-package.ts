/**
 * Checks the package as its users get it: packs it, installs the tarball elsewhere, and tries what is there.
 *
 * Run by .ci/run as `npm run check-package`; needs the registry, for the package's dependencies and npm's current `node`.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const checkout = join(import.meta.dirname, '..');
const bin = join(checkout, 'node_modules', '.bin');
const manifest = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as Manifest;
const entries = Object.keys(manifest.exports)
  .filter((name) => name !== './package.json')
  .map((name) => `isotls${name.slice(1)}`);

/** What a client with both versions and validation may come to, minified and gzipped. */
const CLIENT_BYTES = 100_000;

const work = mkdtempSync(join(tmpdir(), 'isotls-package-'));
const consumer = join(work, 'consumer');
const installed = join(consumer, 'node_modules', 'isotls');
let passed = 0;
let failed = 0;

try {
  // Whatever follows needs these two.
  const tarball = await check('packs', pack);
  if (tarball !== null && (await check('installs without its development dependencies', () => install(tarball)))) {
    await check('publint', lint);
    await check('are the types wrong', () => run(join(bin, 'attw'), [tarball, '--profile', 'esm-only'], checkout));
    await check('types for a strict user, without node', typeCheck);
    await check('bundles for a browser', bundle);
    await check(`runs under this node (${process.version})`, () => tryRuntime(process.execPath));
    const current = await check("npm's current node", installCurrentNode);
    if (current !== null)
      await check(`runs under it (${run(current, ['--version'], work).trim()})`, () => tryRuntime(current));
  }
} finally {
  rmSync(work, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function check<T>(name: string, attempt: () => T | Promise<T>): Promise<T | null> {
  try {
    const result = await attempt();
    passed += 1;
    console.log(`✔ ${name}`);
    return result;
  } catch (error) {
    failed += 1;
    const { stdout = '', stderr = '' } = error as { readonly stdout?: string; readonly stderr?: string };
    console.log(`✖ ${name}\n${stdout}${stderr}${error instanceof Error ? error.stack : error}`);
    return null;
  }
}

function pack(): string {
  rmSync(join(checkout, 'dist'), { recursive: true, force: true });
  run('npm', ['run', 'build'], checkout);
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', work], checkout);
  const [name] = readdirSync(work).filter((file) => file.endsWith('.tgz'));
  assert.ok(name, 'npm pack left no tarball');
  return join(work, name);
}

function install(tarball: string): true {
  mkdirSync(consumer);
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  run('npm', ['install', '--no-audit', '--no-fund', tarball], consumer);
  for (const name of Object.keys(manifest.devDependencies)) {
    assert.ok(!existsSync(join(consumer, 'node_modules', name)), `${name} was installed`);
  }
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/index.js', 'src/index.ts', 'docs/design.md']) {
    assert.ok(existsSync(join(installed, name)), `${name} is not in the package`);
  }
  assert.ok(!existsSync(join(installed, 'test')), 'test is in the package');
  return true;
}

async function lint(): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
  assert.equal(messages.map((message) => formatMessage(message, pkg ?? {})).join('\n'), '');
}

/** Every entry, with the libraries' own declarations checked too; `isotls/node` is for users who have node's types. */
function typeCheck(): void {
  const names = entries.filter((name) => name !== 'isotls/node');
  const uses = names.map((name, index) => `import * as entry${index} from '${name}';\nexport { entry${index} };`);
  writeFileSync(join(consumer, 'use.ts'), uses.join('\n'));
  const options = '--noEmit --strict --exactOptionalPropertyTypes --target es2022 --module nodenext'.split(' ');
  run(join(bin, 'tsc'), [...options, '--lib', 'es2022,dom', '--types', '', 'use.ts'], consumer);
}

async function bundle(): Promise<void> {
  const whole = await bundleOf(`export * from 'isotls';`);
  const client = await bundleOf(`export { createClient, defineClientConfig, createTrustStore } from 'isotls';`);
  // The driver is given its machine, and a policy brings its check: a client holds neither the server nor CRLs and OCSP.
  const isServer = (path: string) => /handshake\/server/.test(path);
  assert.deepEqual(
    client.sources.filter((path) => isServer(path) || /certs\/(?:crl|ocsp|revocation\.ts)|aead\/.*fast/.test(path)),
    [],
  );
  assert.ok(whole.sources.some(isServer) && client.sources.some((path) => /handshake\/client13/.test(path)));
  assert.ok(client.gzipped <= CLIENT_BYTES, `a client has ${client.gzipped} bytes`);
  // Only encrypted private keys need these, and they have an entry of their own.
  const parsers = whole.sources.filter((path) => /node_modules\/(?:pkijs|asn1js)\//.test(path));
  assert.deepEqual(parsers, []);
  for (const [name, { minified, gzipped }] of Object.entries({ 'all of isotls': whole, 'a client': client })) {
    console.log(`  ${name}: ${kilobytes(minified)} minified, ${kilobytes(gzipped)} gzipped`);
  }
}

interface Bundle {
  readonly minified: number;
  readonly gzipped: number;
  /** The source files that code of it is from. */
  readonly sources: readonly string[];
}

/** What a user's bundler makes of a program. */
async function bundleOf(contents: string): Promise<Bundle> {
  const options = {
    stdin: { contents, resolveDir: consumer },
    bundle: true,
    write: false,
    outdir: consumer,
    format: 'esm',
    // A module of node would not be found on this platform, and fail the build.
    platform: 'browser',
    logLevel: 'silent',
  } as const satisfies BuildOptions;
  const minified = await build({ ...options, minify: true });
  const bytes = minified.outputFiles[0]?.contents ?? new Uint8Array(0);
  // The package is in chunks itself: only their source maps tell what came from where.
  const { outputFiles } = await build({ ...options, sourcemap: 'external' });
  const [map, code] = ['.js.map', '.js'].map((end) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '');
  const origins = new SourceMap(JSON.parse(map ?? '') as SourceMapPayload);
  const lines = (code ?? '').split('\n').map((_, line) => origins.findEntry(line, 0));
  const sources = new Set(lines.flatMap((entry) => ('originalSource' in entry ? [entry.originalSource] : [])));
  return {
    minified: bytes.length,
    gzipped: gzipSync(bytes, { level: 9 }).length,
    sources: [...sources],
  };
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

function tryRuntime(node: string): void {
  for (const name of entries) {
    const names = JSON.parse(
      run(
        node,
        ['--input-type=module', '-e', `console.log(JSON.stringify(Object.keys(await import('${name}'))))`],
        consumer,
      ),
    ) as readonly string[];
    assert.ok(names.length > 0 && !names.includes('default'), `${name} exports ${names.join(', ')}`);
  }
  const program = join(installed, 'dist', 'cli', 'main.js');
  assert.ok(readFileSync(program, 'utf8').startsWith('#!/usr/bin/env node\n'), 'the program does not name its runtime');
  run(node, [join(consumer, 'node_modules', '.bin', 'isotls'), '--help'], consumer);
  // A full handshake, by the package as it was installed.
  run(node, [program, 'demo'], consumer);
}

function installCurrentNode(): string {
  const given = process.env['ISOTLS_CURRENT_NODE'];
  if (given !== undefined && given !== '') return given;
  const folder = join(work, 'node');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--no-audit', '--no-fund', 'node@latest'], folder);
  return join(folder, 'node_modules', 'node', 'bin', 'node');
}

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe', timeout: 5 * 60_000 });
}
