/**
 * AES-GCM bound to a key: nothing is allocated per record, whatever the alignment of what goes in and out.
 *
 * A record is worked on where nobody sees it (stage.ts), so a forged one leaves the output as it was. The block before the data
 * serves twice: with zeros for the key stream that hides the tag, and for the additional data of a record, which is short.
 *
 * The kernel 'constant-time' has no table and no branch that depends on a secret, as far as source code can say; a JavaScript
 * engine does not promise to keep it so. The kernel 'fast' has tables.
 *
 * @see NIST SP 800-38D §7 (GCM), RFC 5288 §3
 * @module
 */
import type { Aead } from '../provider.ts';
import type { AesCounter, AesKernel } from './aes.ts';
import { createConstantTimeCounter } from './aes-constant-time.ts';
import { createFastCounter } from './aes-fast.ts';
import { checkKey, checkOpen, checkSeal, TAG_LENGTH, wipedError } from './checks.ts';
import type { Ghash } from './ghash.ts';
import { createConstantTimeGhash } from './ghash-constant-time.ts';
import { createFastGhash } from './ghash-fast.ts';
import {
  BEFORE,
  BLOCK,
  CAPACITY,
  clearStage,
  DATA,
  endOfBlocks,
  loadWord,
  stage,
  stageAad,
  stageJoined,
  stageSealed,
  storeWord,
  swapBytes,
  unstage,
  words,
} from './stage.ts';

/** What AES-GCM computes with. */
export interface GcmKernel {
  readonly counter: (key: Uint8Array) => AesCounter;
  /** `subkey`: E(K, 0^128) as four little-endian words. */
  readonly ghash: (subkey: Int32Array) => Ghash;
}

/** On its own too, so that who uses no other has no other in a bundle. */
export const CONSTANT_TIME_GCM: GcmKernel = { counter: createConstantTimeCounter, ghash: createConstantTimeGhash };

export const GCM_KERNELS: Readonly<Record<AesKernel, GcmKernel>> = {
  'constant-time': CONSTANT_TIME_GCM,
  fast: { counter: createFastCounter, ghash: createFastGhash },
};

/** Throws TlsUsageError for a key of other than 16 or 32 bytes. The context keeps what it makes of the key. */
export function createAesGcm(key: Uint8Array, kernel: GcmKernel): Aead {
  checkKey('AES-GCM', key, [16, 32]);
  const cipher = kernel.counter(key);
  const hash = kernel.ghash(subkeyOf(cipher));
  let wiped = false;

  return {
    tagLength: TAG_LENGTH,

    seal(nonce, aad, plaintext, tail, out, offset) {
      if (wiped) throw wipedError();
      checkSeal(nonce, plaintext, tail, out, offset);
      const length = plaintext.length + tail.length;
      loadNonce(nonce);
      hash.start(blocksOf(aad.length, length));
      absorbLongAad(hash, aad);

      for (let done = 0; ; done += CAPACITY) {
        const size = Math.min(CAPACITY, length - done);
        stageJoined(plaintext, tail, done, size);
        addKeyStream(cipher, done, size);
        unstage(out, offset + done, size);
        const isLast = done + size === length;
        hash.absorb(
          words,
          done === 0 ? stageAad(aad) : DATA,
          isLast ? stageLengths(aad.length, length, size) : endOfBlocks(size),
        );
        if (isLast) break;
      }
      hash.finish(words, 0);
      for (let i = 0; i < 4; i++) storeWord(out, offset + length + 4 * i, (words[i] as number) ^ (mask[i] as number));
      forget(Math.max(length, aad.length));
    },

    open(nonce, aad, ciphertext, out, offset) {
      if (wiped) throw wipedError();
      const length = ciphertext.length - TAG_LENGTH;
      checkOpen(nonce, ciphertext, out, offset, length);
      if (length < 0) return false;
      loadNonce(nonce);
      hash.start(blocksOf(aad.length, length));
      absorbLongAad(hash, aad);

      for (let done = 0; ; done += CAPACITY) {
        const size = Math.min(CAPACITY, length - done);
        stageSealed(ciphertext, done, size);
        const isLast = done + size === length;
        hash.absorb(
          words,
          done === 0 ? stageAad(aad) : DATA,
          isLast ? stageLengths(aad.length, length, size) : endOfBlocks(size),
        );
        if (isLast) break;
      }
      hash.finish(words, 0);
      // What fits at once is still there, and is decrypted where nobody sees it.
      addKeyStream(cipher, 0, length > CAPACITY ? 0 : length);
      let difference = 0;
      for (let i = 0; i < 4; i++) {
        difference |= loadWord(ciphertext, length + 4 * i) ^ (words[i] as number) ^ (mask[i] as number);
      }

      if (difference === 0) {
        for (let done = 0; done < length; done += CAPACITY) {
          const size = Math.min(CAPACITY, length - done);
          if (length > CAPACITY) {
            stageSealed(ciphertext, done, size);
            addKeyStream(cipher, done, size);
          }
          unstage(out, offset + done, size);
        }
      }
      forget(Math.max(length, aad.length));
      return difference === 0;
    },

    wipe() {
      cipher.wipe();
      hash.wipe();
      wiped = true;
    },
  };
}

/** The first three words of the counter blocks of a record. */
const prefix = new Int32Array(3);
/** The key stream of counter 1, which hides the tag. */
const mask = new Int32Array(4);

/** §7.1: H is the encryption of the zero block. */
function subkeyOf(cipher: AesCounter): Int32Array {
  const subkey = new Int32Array(4);
  prefix.fill(0);
  cipher.addKeyStream(prefix, 0, subkey, 0, 4);
  return subkey;
}

function loadNonce(nonce: Uint8Array): void {
  for (let i = 0; i < 3; i++) prefix[i] = loadWord(nonce, 4 * i);
}

/** Adds the key stream to a part of the data that begins `done` bytes in, and with the first part makes the mask of the tag. */
function addKeyStream(cipher: AesCounter, done: number, size: number): void {
  const end = DATA + ((size + 3) >> 2);
  if (done > 0) {
    cipher.addKeyStream(prefix, (2 + done / 16) | 0, words, DATA, end);
    return;
  }
  for (let i = 0; i < 4; i++) words[BEFORE + i] = 0;
  cipher.addKeyStream(prefix, 1, words, BEFORE, end);
  for (let i = 0; i < 4; i++) mask[i] = words[BEFORE + i] as number;
}

/** Additional data of more than one block are hashed before there is anything else on the stage. */
function absorbLongAad(hash: Ghash, aad: Uint8Array): void {
  if (aad.length <= BLOCK) return;
  for (let done = 0; done < aad.length; done += CAPACITY) {
    const size = Math.min(CAPACITY, aad.length - done);
    stage(aad, done, size, 0);
    hash.absorb(words, DATA, endOfBlocks(size));
  }
}

/** §7.1: the lengths in bits end what is hashed. */
function stageLengths(aadLength: number, length: number, size: number): number {
  const end = endOfBlocks(size);
  words[end] = swapBytes((aadLength / 2 ** 29) | 0);
  words[end + 1] = swapBytes(aadLength << 3);
  words[end + 2] = swapBytes((length / 2 ** 29) | 0);
  words[end + 3] = swapBytes(length << 3);
  return end + 4;
}

function blocksOf(aadLength: number, length: number): number {
  return ((aadLength + 15) >> 4) + ((length + 15) >> 4) + 1;
}

function forget(length: number): void {
  for (let i = 0; i < 4; i++) mask[i] = 0;
  clearStage(length);
}
