import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { createFastBlocks } from '../../../src/crypto/aead/aes-fast.ts';
import { createConstantTimeBlocks } from '../../../src/crypto/aead/aes-pair.ts';
import { checkLength } from '../../../src/crypto/aead/checks.ts';
import { createAesGcm, GCM_KERNELS } from '../../../src/crypto/aead/gcm.ts';
import { TlsUsageError } from '../../../src/errors/errors.ts';
import { fromHex, toHex } from '../../vectors/load.ts';
import { seeded } from '../randomness.ts';
import { nodeSeal } from './contexts.ts';

const EMPTY = new Uint8Array(0);
const KERNELS = ['constant-time', 'fast'] as const;
const BLOCKS = { 'constant-time': createConstantTimeBlocks, fast: createFastBlocks };

for (const kernel of KERNELS) {
  // FIPS 197, Appendices B, C.1 and C.3.
  test(`${kernel}: the examples of FIPS 197`, () => {
    const examples = [
      ['2b7e151628aed2a6abf7158809cf4f3c', '3243f6a8885a308d313198a2e0370734', '3925841d02dc09fbdc118597196a0b32'],
      ['000102030405060708090a0b0c0d0e0f', '00112233445566778899aabbccddeeff', '69c4e0d86a7b0430d8cdb78070b4c55a'],
      [
        '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
        '00112233445566778899aabbccddeeff',
        '8ea2b7ca516745bfeafc49904b496089',
      ],
    ] as const;
    for (const [key, plaintext, ciphertext] of examples) {
      const pair = new Uint8Array(32);
      pair.set(fromHex(plaintext), 16);
      const aes = BLOCKS[kernel](fromHex(key));
      aes.encryptPair(new Int32Array(pair.buffer), 0);
      assert.equal(toHex(pair.subarray(16)), ciphertext);
      const zero = createCipheriv(`aes-${key.length * 4}-ecb`, fromHex(key), null).update(new Uint8Array(16));
      assert.equal(toHex(pair.subarray(0, 16)), toHex(zero));
    }
  });

  test(`${kernel}: key streams that begin at any number and pass 2^32, as node:crypto has them`, () => {
    const random = seeded(`counter ${kernel}`);
    for (const keyLength of [16, 32]) {
      const key = random(keyLength);
      const cipher = GCM_KERNELS[kernel].counter(key);
      for (const number of [0, 1, 2, 7, 8, 9, 250, 255, 256, 0x7ffffff9, 0x80000000, 0xffffffb0, 0xffffffff]) {
        const prefix = random(12);
        const nonce = new Int32Array(prefix.slice().buffer);
        for (const blocks of [1, 2, 7, 8, 9, 40]) {
          const words = new Int32Array(4 * blocks + 8);
          cipher.addKeyStream(nonce, number | 0, words, 4, 4 + 4 * blocks);
          const input = new Uint8Array(16 * blocks);
          for (let i = 0; i < blocks; i++) {
            input.set(prefix, 16 * i);
            new DataView(input.buffer).setUint32(16 * i + 12, number + i);
          }
          const expected = createCipheriv(`aes-${8 * keyLength}-ecb`, key, null).update(input);
          assert.equal(toHex(new Uint8Array(words.buffer, 16, 16 * blocks)), toHex(expected), `${number} ${blocks}`);
          assert.deepEqual([...words.subarray(0, 4), ...words.subarray(4 + 4 * blocks)], new Array(8).fill(0));
        }
      }
    }
  });

  // NIST SP 800-38D: the fast kernel unpacks one key's tables at a time.
  test(`${kernel}: keys in turn, with long and short messages, and one that is wiped`, () => {
    const random = seeded(`turns ${kernel}`);
    const keys = [random(16), random(32), random(16)];
    const contexts = keys.map((key) => createAesGcm(key, GCM_KERNELS[kernel]));
    for (let i = 0; i < 300; i++) {
      const choice = (random(1)[0] as number) % (i < 200 ? 3 : 2);
      if (i === 200) {
        // Its tables are those that are unpacked.
        contexts[2]?.seal(new Uint8Array(12), EMPTY, new Uint8Array(600), EMPTY, new Uint8Array(616), 0);
        contexts[2]?.wipe();
      }
      const [key, context] = [keys[choice], contexts[choice]];
      assert.ok(key !== undefined && context !== undefined);
      const [nonce, aad] = [random(12), random(i % 40)];
      const plaintext = random((random(1)[0] as number) % 3 === 0 ? 700 : i % 90);
      const out = new Uint8Array(plaintext.length + 16);
      context.seal(nonce, aad, plaintext, EMPTY, out, 0);
      const cipher = key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm';
      assert.equal(toHex(out), toHex(nodeSeal(cipher, key, nonce, aad, plaintext)), `${i}`);
      assert.ok(context.open(nonce, aad, out, out, 0));
      assert.equal(toHex(out.subarray(0, -16)), toHex(plaintext));
    }
  });
}

// NIST SP 800-38D §5.2.1.1: 2^39 - 256 bits, more than an array can hold in most engines.
test('one call protects at most 2^36 - 32 bytes', () => {
  checkLength(2 ** 36 - 32);
  assert.throws(() => checkLength(2 ** 36 - 31), TlsUsageError);
});
