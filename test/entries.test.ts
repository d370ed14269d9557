/**
 * What an entry brings along when it is bundled, and what it does when it is imported.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const src = join(import.meta.dirname, '..', 'src');
const CLIENT = 'createClient, defineClientConfig, createTrustStore';
/** What a client with both versions and validation may come to, minified and gzipped. */
const CLIENT_BYTES = 100_000;

/** What a bundle of some names of the main entry is made of, and its bytes. */
async function bundleOf(names: string): Promise<{ readonly files: readonly string[]; readonly bytes: Uint8Array }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: `export { ${names} } from './index.ts';`, resolveDir: src },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'silent',
  });
  const inputs = Object.values(metafile.outputs)[0]?.inputs ?? {};
  return {
    files: Object.keys(inputs).filter((path) => (inputs[path]?.bytesInOutput ?? 0) > 0),
    bytes: outputFiles[0]?.contents ?? new Uint8Array(0),
  };
}

test('a client brings along no server, no CRLs, no OCSP, no second set of AEADs, and stays small', async (t) => {
  const { files, bytes } = await bundleOf(CLIENT);
  const unused =
    /src\/handshake\/server|src\/certs\/(?:crl|ocsp|revocation\.ts|issue)|aes-fast|ghash-fast|@noble\/ciphers|pkijs|asn1js/;
  assert.deepEqual(
    files.filter((path) => unused.test(path)),
    [],
  );
  assert.ok(files.some((path) => /src\/handshake\/client13/.test(path)));
  const gzipped = gzipSync(bytes, { level: 9 }).length;
  t.diagnostic(`a client: ${files.length} modules, ${bytes.length} bytes minified, ${gzipped} gzipped`);
  assert.ok(gzipped <= CLIENT_BYTES, `${gzipped} bytes`);

  // The search finds what is there.
  const both = await bundleOf(`${CLIENT}, createServer, createNobleProvider, auditedProvider`);
  const found = both.files.map((path) => unused.exec(path)?.[0]);
  for (const name of ['src/handshake/server', 'aes-fast', 'ghash-fast', '@noble/ciphers']) {
    assert.ok(found.includes(name), name);
  }
});

test('the main entry makes no curve and no table of a curve before one is used', async (t) => {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const { createNobleProvider } = await import('../src/index.ts');

  const atImport = callsOf(session);
  // noble checks the parameters of its curves when it is imported: about a hundred operations. A table takes some ten thousand.
  assert.ok(atImport.field < 1000, `${atImport.field} operations in fields`);
  assert.deepEqual(atImport.made, []);
  createNobleProvider()
    .keyExchange('secp256r1')
    .generate((length) => new Uint8Array(length).fill(1));
  const atUse = callsOf(session);
  assert.ok(atUse.field > 10_000, `${atUse.field} operations in fields`);
  assert.ok(atUse.made.includes('nistCurveOf'));
  t.diagnostic(`operations in fields: ${atImport.field} at import, ${atUse.field} for the first share on P-256`);
  session.disconnect();
});

/** Since the last look: calls of noble's `mod`, and which functions of our own that make curves have run. */
function callsOf(session: Session): { readonly field: number; readonly made: readonly string[] } {
  let field = 0;
  const made: string[] = [];
  session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
    for (const { url, functions } of result) {
      for (const { functionName, ranges } of functions) {
        const count = ranges[0]?.count ?? 0;
        if (count === 0) continue;
        if (url.endsWith('/abstract/modular.js') && functionName === 'mod') field += count;
        if (url.includes('/crypto/noble/curves.ts') && /^(?:nistCurveOf|baseMultiplier)$/.test(functionName)) {
          made.push(functionName);
        }
      }
    }
  });
  return { field, made };
}
