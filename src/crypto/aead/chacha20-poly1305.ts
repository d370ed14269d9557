/**
 * ChaCha20-Poly1305 bound to a key: nothing is allocated per record, whatever the alignment of what goes in and out.
 *
 * A record is worked on where nobody sees it (stage.ts), so a forged one leaves the output as it was.
 *
 * Constant-time at source level: no index and no branch depends on a secret. A JavaScript engine does not promise to keep it so.
 *
 * @see RFC 8439 §2.8 (AEAD Construction)
 * @module
 */
import type { Aead } from '../provider.ts';
import { chacha20State, chacha20Xor } from './chacha20.ts';
import { checkKey, checkOpen, checkSeal, TAG_LENGTH, wipedError } from './checks.ts';
import { poly1305Absorb, poly1305Finish, poly1305Start, poly1305State } from './poly1305.ts';
import {
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
  unstage,
  words,
} from './stage.ts';

/** Throws TlsUsageError for a key of other than 32 bytes. The context keeps a copy of the key. */
export function createChaCha20Poly1305(key: Uint8Array): Aead {
  checkKey('chacha20-poly1305', key, [32]);
  const cipher = chacha20State(key);
  const mac = poly1305State();
  let wiped = false;

  return {
    tagLength: TAG_LENGTH,

    seal(nonce, aad, plaintext, tail, out, offset) {
      if (wiped) throw wipedError();
      checkSeal(nonce, plaintext, tail, out, offset);
      const length = plaintext.length + tail.length;
      setNonce(cipher, nonce);
      const isLong = aad.length > BLOCK;
      if (isLong) start(cipher, mac, aad);

      for (let done = 0; ; done += CAPACITY) {
        const size = Math.min(CAPACITY, length - done);
        stageJoined(plaintext, tail, done, size);
        const isFirst = done === 0 && !isLong;
        // §2.6: block 0 is the one-time key of the authenticator, and the data begin with block 1: one run makes both.
        chacha20Xor(cipher, words, isFirst ? 0 : DATA, DATA + ((size + 3) >> 2));
        if (isFirst) poly1305Start(mac, words, 0);
        unstage(out, offset + done, size);
        const isLast = done + size === length;
        const from = isFirst ? stageAad(aad) : DATA;
        poly1305Absorb(mac, words, from, isLast ? stageLengths(aad.length, length, size) : endOfBlocks(size));
        if (isLast) break;
      }
      poly1305Finish(mac, words, 0);
      for (let i = 0; i < 4; i++) storeWord(out, offset + length + 4 * i, words[i] as number);
      clearStage(Math.max(length, aad.length));
    },

    open(nonce, aad, ciphertext, out, offset) {
      if (wiped) throw wipedError();
      const length = ciphertext.length - TAG_LENGTH;
      checkOpen(nonce, ciphertext, out, offset, length);
      if (length < 0) return false;
      setNonce(cipher, nonce);
      start(cipher, mac, aad);

      for (let done = 0; ; done += CAPACITY) {
        const size = Math.min(CAPACITY, length - done);
        stageSealed(ciphertext, done, size);
        const isLast = done + size === length;
        const from = done === 0 ? stageAad(aad) : DATA;
        poly1305Absorb(mac, words, from, isLast ? stageLengths(aad.length, length, size) : endOfBlocks(size));
        if (isLast) break;
      }
      poly1305Finish(mac, words, 0);
      let difference = 0;
      for (let i = 0; i < 4; i++) difference |= loadWord(ciphertext, length + 4 * i) ^ (words[i] as number);

      if (difference === 0) {
        for (let done = 0; done < length; done += CAPACITY) {
          const size = Math.min(CAPACITY, length - done);
          // What fits at once is still there from before.
          if (length > CAPACITY) stageSealed(ciphertext, done, size);
          chacha20Xor(cipher, words, DATA, DATA + ((size + 3) >> 2));
          unstage(out, offset + done, size);
        }
      }
      clearStage(Math.max(length, aad.length));
      return difference === 0;
    },

    wipe() {
      cipher.fill(0);
      mac.fill(0);
      wiped = true;
    },
  };
}

function setNonce(cipher: Int32Array, nonce: Uint8Array): void {
  cipher[12] = 0;
  for (let i = 0; i < 3; i++) cipher[13 + i] = loadWord(nonce, 4 * i);
}

/** §2.6: block 0 is the one-time key. Additional data of more than one block go first, and leave the stage again. */
function start(cipher: Int32Array, mac: Float64Array, aad: Uint8Array): void {
  chacha20Xor(cipher, words, 0, DATA);
  poly1305Start(mac, words, 0);
  if (aad.length <= BLOCK) return;
  for (let done = 0; done < aad.length; done += CAPACITY) {
    const size = Math.min(CAPACITY, aad.length - done);
    stage(aad, done, size, 0);
    poly1305Absorb(mac, words, DATA, endOfBlocks(size));
  }
}

/** §2.8: the lengths in bytes end what is authenticated. */
function stageLengths(aadLength: number, length: number, size: number): number {
  const end = endOfBlocks(size);
  words[end] = aadLength;
  words[end + 1] = aadLength / 2 ** 32;
  words[end + 2] = length;
  words[end + 3] = length / 2 ** 32;
  return end + 4;
}
