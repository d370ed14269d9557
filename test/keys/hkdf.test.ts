import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { hkdfExpand, hkdfExpandLabel, hkdfExtract } from '../../src/keys/hkdf.ts';
import { provider as crypto } from '../provider.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { skipWithoutVectors } from '../vectors/third-party.ts';

interface HkdfFile {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly tests: readonly {
      readonly tcId: number;
      readonly ikm: string;
      readonly salt: string;
      readonly info: string;
      readonly size: number;
      readonly okm: string;
      readonly result: 'valid' | 'invalid';
    }[];
  }[];
}

for (const hash of ['sha256', 'sha384'] as const) {
  test(`Wycheproof hkdf_${hash}`, (t) => {
    const folder = skipWithoutVectors(t, 'wycheproof');
    if (folder === null) return;

    const file = JSON.parse(readFileSync(join(folder, `hkdf_${hash}_test.json`), 'utf8')) as HkdfFile;
    const tests = file.testGroups.flatMap((group) => group.tests);
    assert.equal(tests.length, file.numberOfTests);
    for (const one of tests) {
      const derive = (): Uint8Array => {
        const prk = hkdfExtract(crypto, hash, fromHex(one.salt), fromHex(one.ikm));
        return hkdfExpand(crypto, hash, prk, fromHex(one.info), one.size);
      };
      // Every invalid test asks for more than 255 blocks.
      if (one.result === 'invalid') assert.throws(derive, TlsUsageError, `test ${one.tcId}`);
      else assert.equal(toHex(derive()), one.okm, `test ${one.tcId}`);
    }
    t.diagnostic(`wycheproof hkdf_${hash}: ${tests.length}`);
  });
}

test('HKDF-Expand-Label refuses what HkdfLabel cannot hold', () => {
  const secret = new Uint8Array(32);
  const expand = (label: string, context: number, length: number) => () =>
    hkdfExpandLabel(crypto, 'sha256', secret, label, new Uint8Array(context), length);
  assert.equal(expand('x'.repeat(249), 255, 8160)().length, 8160);
  assert.throws(expand('', 0, 32), TlsUsageError);
  assert.throws(expand('x'.repeat(250), 0, 32), TlsUsageError);
  assert.throws(expand('key', 256, 32), TlsUsageError);
  assert.throws(expand('key', 0, 8161), TlsUsageError);
  assert.throws(expand('key', 0, 65536), TlsUsageError);
  assert.throws(expand('key', 0, 1.5), TlsUsageError);
  assert.throws(expand('key', 0, -1), TlsUsageError);
  assert.throws(expand('schlüssel', 0, 32), TlsUsageError);
  assert.throws(expand('key\0', 0, 32), TlsUsageError);
});
