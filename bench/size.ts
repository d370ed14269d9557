/**
 * Bytes of bundles, minified and gzipped: each entry, a client alone and both roles, against the peers' bundles. Needs dist/
 * (`npm run build`).
 *
 * A peer that computes with node:crypto or WebCrypto brings no cryptography of its own, and the names say so: those are
 * measured with the module of the runtime left out.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Benchmark, Figure } from './figure.ts';

const root = join(import.meta.dirname, '..');

/** What a program writes, and how its bundle is called. */
interface Bundle {
  readonly name: string;
  readonly contents: string;
}

const OWN: readonly Bundle[] = [
  { name: 'client', contents: `export { createClient, defineClientConfig, createTrustStore } from 'isotls';` },
  {
    name: 'client-with-revocation',
    contents: `export { createClient, defineClientConfig, createTrustStore } from 'isotls'; export { createRevocationPolicy } from 'isotls/certs/revocation';`,
  },
  {
    name: 'client-and-server',
    contents: `export { createClient, createServer, defineClientConfig, defineServerConfig, createCredential, createTrustStore } from 'isotls';`,
  },
];

const PEERS: readonly (Bundle & { readonly beside: string })[] = [
  {
    name: '@reclaimprotocol/tls',
    beside: 'client',
    contents: `import { pureJsCrypto } from '@reclaimprotocol/tls/purejs-crypto'; import { makeTLSClient, setCryptoImplementation } from '@reclaimprotocol/tls'; setCryptoImplementation(pureJsCrypto); export { makeTLSClient };`,
  },
  {
    name: '@reclaimprotocol/tls on WebCrypto',
    beside: 'client',
    contents: `import { webcryptoCrypto } from '@reclaimprotocol/tls/webcrypto'; import { makeTLSClient, setCryptoImplementation } from '@reclaimprotocol/tls'; setCryptoImplementation(webcryptoCrypto); export { makeTLSClient };`,
  },
  { name: 'lemon-tls on node:crypto', beside: 'client', contents: `export { connect } from 'lemon-tls';` },
  {
    name: 'lemon-tls on node:crypto',
    beside: 'client-and-server',
    contents: `export { connect, createServer } from 'lemon-tls';`,
  },
  { name: 'node-forge', beside: 'client-and-server', contents: `export { default } from 'node-forge';` },
];

export const size: Benchmark = {
  name: 'size',
  async run(progress) {
    const figures: Figure[] = [];
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
    const entries = Object.keys(exports).filter((name) => name !== './package.json');
    const whole = entries.map((name) => ({
      name: `entry/${name === '.' ? 'isotls' : name.slice(2)}`,
      contents: `export * from 'isotls${name.slice(1)}';`,
    }));
    const own = new Map<string, Sizes>();
    for (const { name, contents } of [...OWN, ...whole]) {
      const sizes = await bundle(contents, root);
      own.set(name, sizes);
      progress(`${name}: ${sizes.minified} bytes minified, ${sizes.gzipped} gzipped`);
      // It is its own peer: the ratio is what compression gives.
      figures.push(figure(`size/${name}`, sizes.gzipped, 'minified', sizes.minified));
    }
    for (const { name, beside, contents } of PEERS) {
      try {
        const { gzipped } = await bundle(contents, import.meta.dirname);
        figures.push(figure(`size/${beside}`, own.get(beside)?.gzipped ?? Number.NaN, name, gzipped));
      } catch (error) {
        progress(`${name} is left out (npm ci --prefix bench installs it): ${(error as Error).message.split('\n')[0]}`);
      }
    }
    return figures;
  },
};

function figure(name: string, ours: number, peer: string, theirs: number): Figure {
  return { name, provider: 'noble', unit: 'bytes', ours, peer, theirs, ratio: theirs / ours, spread: 0 };
}

interface Sizes {
  readonly minified: number;
  readonly gzipped: number;
}

/** `folder`: where the packages that it names are looked for. isotls itself is taken from dist/. */
async function bundle(contents: string, folder: string): Promise<Sizes> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    // Modules of node are the runtime's, not the bundle's.
    platform: 'node',
    conditions: ['browser'],
    mainFields: ['module', 'main'],
    logLevel: 'silent',
  });
  const bytes = outputFiles[0]?.contents ?? new Uint8Array(0);
  return { minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
}
