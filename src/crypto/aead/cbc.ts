/**
 * AES in CBC mode without padding, in constant time, for the suites of TLS 1.2 that are used only when listed by name.
 *
 * Encrypting, each block waits for the one before; decrypting, two are worked on at a time (aes-pair.ts).
 *
 * @see NIST SP 800-38A §6.2 (CBC); RFC 5246 §6.2.3.2
 * @module
 */
import { TlsUsageError } from '../../errors/errors.ts';
import { CBC_KEY_LENGTH, type CbcName } from '../../params/algorithms.ts';
import type { BlockCipherCbc } from '../provider.ts';
import type { AesBlocks, AesInverse } from './aes.ts';
import { createConstantTimeBlocks, createConstantTimeInverse } from './aes-pair.ts';
import { checkCbc, checkKey } from './checks.ts';
import { BLOCK, loadWord, storeWord } from './stage.ts';

/** Throws TlsUsageError for a key of the wrong length. The context keeps what it makes of the key. */
export function createConstantTimeCbc(name: CbcName, key: Uint8Array): BlockCipherCbc {
  checkKey(name, key, [CBC_KEY_LENGTH[name]]);
  // Not slice: that of a node Buffer shares its memory.
  const ownKey = new Uint8Array(key.length);
  ownKey.set(key);
  // Of the two, a connection uses one.
  let blocks: AesBlocks | null = null;
  let inverse: AesInverse | null = null;
  let wiped = false;

  function check(iv: Uint8Array, data: Uint8Array, out: Uint8Array, offset: number): void {
    // A wiped key is all zero: encrypting with it would publish the plaintext.
    if (wiped) throw new TlsUsageError('the CBC context was wiped');
    checkCbc(iv, data, out, offset);
  }

  return {
    encrypt(iv, data, out, offset) {
      check(iv, data, out, offset);
      blocks ??= createConstantTimeBlocks(ownKey);
      load(iv, 0, 0);
      for (let at = 0; at < data.length; at += BLOCK) {
        for (let i = 0; i < 4; i++) pair[i] = (pair[i] as number) ^ loadWord(data, at + 4 * i);
        blocks.encryptPair(pair, 0);
        for (let i = 0; i < 4; i++) storeWord(out, offset + at + 4 * i, pair[i] as number);
      }
      pair.fill(0);
    },

    decrypt(iv, data, out, offset) {
      check(iv, data, out, offset);
      inverse ??= createConstantTimeInverse(ownKey);
      for (let i = 0; i < 4; i++) before[i] = loadWord(iv, 4 * i);
      for (let at = 0; at < data.length; at += 2 * BLOCK) {
        const size = Math.min(8, (data.length - at) / 4);
        load(data, at, 0);
        if (size === 8) load(data, at + BLOCK, 4);
        before.set(pair, 4);
        inverse.decryptPair(pair, 0);
        for (let i = 0; i < size; i++) storeWord(out, offset + at + 4 * i, (pair[i] as number) ^ (before[i] as number));
        for (let i = 0; i < 4; i++) before[i] = before[8 + i] as number;
      }
      pair.fill(0);
    },

    wipe() {
      ownKey.fill(0);
      blocks?.wipe();
      inverse?.wipe();
      wiped = true;
    },
  };
}

/** The two blocks in work. */
const pair = new Int32Array(8);
/** The block of ciphertext before them, and themselves. */
const before = new Int32Array(12);

function load(source: Uint8Array, from: number, at: number): void {
  for (let i = 0; i < 4; i++) pair[at + i] = loadWord(source, from + 4 * i);
}
