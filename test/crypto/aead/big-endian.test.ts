/**
 * The kernels on a big-endian machine, or what one does to words and bytes, against node:crypto.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { AEAD_PARAMETERS, type AeadName, CBC_KEY_LENGTH, type CbcName } from '../../../src/params/algorithms.ts';
import { toHex } from '../../vectors/load.ts';
import { seeded } from '../randomness.ts';
import { bigEndian } from './big-endian.ts';

const LENGTHS = [0, 1, 15, 17, 64, 400];
const AAD_LENGTHS = [0, 13, 40];
const NAMES = Object.keys(AEAD_PARAMETERS) as AeadName[];

// The modules with the kernels are imported where words are those of the other machine, and nowhere else in this file.
test('a big-endian machine seals and opens what others do', async (t) => {
  await bigEndian(async () => {
    assert.deepEqual([...new Uint8Array(new Int32Array([1, -2]).buffer)], [0, 0, 0, 1, 255, 255, 255, 254]);
    const { createFastBlocks } = await import('../../../src/crypto/aead/aes-fast.ts');
    const { createConstantTimeBlocks } = await import('../../../src/crypto/aead/aes-pair.ts');
    const { createConstantTimeCbc } = await import('../../../src/crypto/aead/cbc.ts');
    const { createAesCcm } = await import('../../../src/crypto/aead/ccm.ts');
    const { createChaCha20Poly1305 } = await import('../../../src/crypto/aead/chacha20-poly1305.ts');
    const { createAesGcm, GCM_KERNELS } = await import('../../../src/crypto/aead/gcm.ts');
    for (const aes of ['constant-time', 'fast'] as const) {
      const createBlocks = aes === 'fast' ? createFastBlocks : createConstantTimeBlocks;
      for (const name of NAMES) {
        const { keyLength, tagLength } = AEAD_PARAMETERS[name];
        const random = seeded(`${aes} ${name}`);
        const key = random(keyLength);
        const context = name.endsWith('-gcm')
          ? createAesGcm(key, GCM_KERNELS[aes])
          : name === 'chacha20-poly1305'
            ? createChaCha20Poly1305(key)
            : createAesCcm(key, tagLength, createBlocks);
        for (const length of LENGTHS) {
          for (const aadLength of AAD_LENGTHS) {
            const [nonce, aad, plaintext] = [random(12), random(aadLength), random(length)];
            const expected = sealed(name, tagLength, key, nonce, aad, plaintext);
            const out = new Uint8Array(1 + length + tagLength);
            context.seal(nonce, aad, plaintext, new Uint8Array(0), out, 1);
            assert.equal(toHex(out.subarray(1)), expected, `${aes} ${name}, ${length} and ${aadLength} bytes`);
            const opened = new Uint8Array(length);
            assert.ok(context.open(nonce, aad, out.subarray(1), opened, 0));
            assert.equal(toHex(opened), toHex(plaintext));
          }
        }
      }
    }

    for (const [name, keyLength] of Object.entries(CBC_KEY_LENGTH) as [CbcName, number][]) {
      const random = seeded(name);
      const [key, iv, data] = [random(keyLength), random(16), random(16 * 5)];
      const cipher = createCipheriv(name, key, iv).setAutoPadding(false);
      const context = createConstantTimeCbc(name, key);
      const out = new Uint8Array(data.length);
      context.encrypt(iv, data, out, 0);
      assert.equal(toHex(out), Buffer.concat([cipher.update(data), cipher.final()]).toString('hex'), name);
      context.decrypt(iv, out, out, 0);
      assert.equal(toHex(out), toHex(data), name);
    }
  });
  t.diagnostic(`${2 * NAMES.length} contexts, ${LENGTHS.length * AAD_LENGTHS.length} records each`);
});

function sealed(
  name: AeadName,
  authTagLength: number,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): string {
  const cipher = createCipheriv(name.replace(/-8$/, '') as 'aes-128-ccm', key, nonce, { authTagLength });
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]).toString('hex');
}
