import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { CBC_KEY_LENGTH, type CbcName } from '../../src/params/algorithms.ts';
import { provider } from '../provider.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { seeded } from './randomness.ts';
import { runWycheproof, type WycheproofCase } from './wycheproof.ts';

for (const name of ['aes-128-cbc', 'aes-256-cbc'] as const satisfies readonly CbcName[]) {
  test(`${name} agrees with node:crypto, there and back, in place and apart`, () => {
    const random = seeded(name);
    const key = random(CBC_KEY_LENGTH[name]);
    const context = provider.cbc(name, key);
    for (const blocks of [0, 1, 2, 7, 64, 1025]) {
      const [iv, data] = [random(16), random(16 * blocks)];
      const cipher = createCipheriv(name, key, iv).setAutoPadding(false);
      const expected = Buffer.concat([cipher.update(data), cipher.final()]);
      const out = new Uint8Array(3 + data.length + 2).fill(9);
      context.encrypt(iv, data, out, 3);
      assert.equal(toHex(out.subarray(3, 3 + data.length)), expected.toString('hex'));
      context.decrypt(iv, out.subarray(3, 3 + data.length), out, 3);
      assert.equal(toHex(out), `090909${toHex(data)}0909`);
    }
  });

  test(`${name} refuses what it cannot do, before it writes`, () => {
    const context = provider.cbc(name, new Uint8Array(CBC_KEY_LENGTH[name]));
    const out = new Uint8Array(32);
    for (const action of [context.encrypt, context.decrypt]) {
      assert.throws(() => action(new Uint8Array(15), new Uint8Array(16), out, 0), TlsUsageError);
      assert.throws(() => action(new Uint8Array(16), new Uint8Array(17), out, 0), TlsUsageError);
      assert.throws(() => action(new Uint8Array(16), new Uint8Array(32), out, 1), TlsUsageError);
      assert.throws(() => action(new Uint8Array(16), new Uint8Array(16), out, -1), TlsUsageError);
    }
    assert.throws(() => provider.cbc(name, new Uint8Array(24)), TlsUsageError);
    context.wipe();
    assert.throws(() => context.encrypt(new Uint8Array(16), new Uint8Array(16), out, 0), TlsUsageError);
    assert.equal(toHex(out), '00'.repeat(32));
  });
}

interface CbcCase extends WycheproofCase {
  readonly key: string;
  readonly iv: string;
  readonly msg: string;
  readonly ct: string;
}

test('aes_cbc_pkcs5', (t) => {
  runWycheproof<{ readonly keySize: number }, CbcCase>(t, 'aes_cbc_pkcs5', (vector, { keySize }) => {
    if (keySize === 192) return { outOfScope: 'AES-192' };
    const ciphertext = fromHex(vector.ct);
    const context = provider.cbc(keySize === 128 ? 'aes-128-cbc' : 'aes-256-cbc', fromHex(vector.key));
    const out = new Uint8Array(ciphertext.length);
    if (ciphertext.length % 16 > 0) {
      assert.throws(() => context.decrypt(fromHex(vector.iv), ciphertext, out, 0), TlsUsageError);
      return 'refused';
    }
    context.decrypt(fromHex(vector.iv), ciphertext, out, 0);
    // PKCS#5 padding is the test's: TLS has another.
    const padding = out.at(-1) ?? 0;
    const padded = padding >= 1 && padding <= 16 && out.subarray(-padding).every((byte) => byte === padding);
    if (!padded) return 'refused';
    return toHex(out.subarray(0, -padding)) === vector.msg ? 'accepted' : 'refused';
  });
});
