/**
 * AES-CCM with nonces of 12 bytes, bound to a key: CBC-MAC over nonce, lengths, additional data and plaintext, counter mode over
 * plaintext and tag.
 *
 * Both need AES once a block, and neither waits for the other's result: each pair of blocks that is encrypted is the MAC so far
 * and the counter block after next. Nothing is allocated per record, and a forged one leaves the output as it was (stage.ts).
 *
 * @see RFC 3610 §2 (CCM), RFC 5116 §5.3 (AEAD_AES_128_CCM), RFC 6655 §6.1 (AEAD_AES_128_CCM_8)
 * @module
 */
import { TlsUsageError } from '../../errors/errors.ts';
import type { Aead } from '../provider.ts';
import type { AesBlocks } from './aes.ts';
import { checkKey, checkOpen, checkSeal, wipedError } from './checks.ts';
import { BYTE_ORDER, blank, CAPACITY, clearStage, DATA, stageJoined, stageSealed, unstage, words } from './stage.ts';

/** `tagLength`: 16 or 8. Throws TlsUsageError for a key of other than 16 or 32 bytes. The context keeps what it makes of the key. */
export function createAesCcm(key: Uint8Array, tagLength: number, createBlocks: (key: Uint8Array) => AesBlocks): Aead {
  checkKey('AES-CCM', key, [16, 32]);
  const cipher = createBlocks(key);
  let wiped = false;

  function decrypt(ciphertext: Uint8Array, done: number, size: number): void {
    stageSealed(ciphertext, done, size, tagLength);
    blank(size, (size + 15) & ~15);
    cross(cipher, done, size, false);
  }

  return {
    tagLength,

    seal(nonce, aad, plaintext, tail, out, offset) {
      if (wiped) throw wipedError();
      checkSeal(nonce, plaintext, tail, out, offset, tagLength);
      const length = plaintext.length + tail.length;
      checkCcmLengths(aad.length, length);
      start(cipher, tagLength, nonce, aad, length);
      for (let done = 0; done < length; done += CAPACITY) {
        const size = Math.min(CAPACITY, length - done);
        stageJoined(plaintext, tail, done, size);
        blank(size, (size + 15) & ~15);
        cross(cipher, done, size, true);
        unstage(out, offset + done, size);
      }
      for (let i = 0; i < tagLength; i++)
        out[offset + length + i] = (pairBytes[i ^ BYTE_ORDER] as number) ^ (maskBytes[i ^ BYTE_ORDER] as number);
      forget(length);
    },

    open(nonce, aad, ciphertext, out, offset) {
      if (wiped) throw wipedError();
      const length = ciphertext.length - tagLength;
      checkOpen(nonce, ciphertext, out, offset, length);
      if (length < 0) return false;
      checkCcmLengths(aad.length, length);
      start(cipher, tagLength, nonce, aad, length);
      for (let done = 0; done < length; done += CAPACITY) decrypt(ciphertext, done, Math.min(CAPACITY, length - done));
      let difference = 0;
      for (let i = 0; i < tagLength; i++) {
        difference |=
          (pairBytes[i ^ BYTE_ORDER] as number) ^
          (maskBytes[i ^ BYTE_ORDER] as number) ^
          (ciphertext[length + i] as number);
      }

      // §2.5: the message is not revealed unless the tag is right.
      if (difference === 0) {
        if (length > CAPACITY) start(cipher, tagLength, nonce, aad, length);
        for (let done = 0; done < length; done += CAPACITY) {
          const size = Math.min(CAPACITY, length - done);
          // What fits at once is still there, decrypted.
          if (length > CAPACITY) decrypt(ciphertext, done, size);
          unstage(out, offset + done, size);
        }
      }
      forget(length);
      return difference === 0;
    },

    wipe() {
      cipher.wipe();
      wiped = true;
    },
  };
}

/** The MAC so far, and the key stream of the next block. */
const pair = new Int32Array(8);
const pairBytes = new Uint8Array(pair.buffer);
/** S_0 of §2.3, which hides the tag. */
const mask = new Int32Array(4);
const maskBytes = new Uint8Array(mask.buffer);
/** B_0 and then A_i: flags, nonce, and a length or a number in three bytes. */
const block = new Int32Array(4);
const blockBytes = new Uint8Array(block.buffer);

/** L of §2: bytes that count the message, which with the nonce fill a block but for its flags. */
const LENGTH_SIZE = 3;
const MAX_LENGTH = 0xff_ffff;
/** §2.2: from here on the length of the additional data has another form. */
const MAX_AAD_LENGTH = 0xff00;
const HAS_AAD = 0x40;

export function checkCcmLengths(aadLength: number, length: number): void {
  if (aadLength >= MAX_AAD_LENGTH) throw new TlsUsageError(`${aadLength} bytes of additional data`);
  // RFC 5116 §5.3: P_MAX, as far as three bytes of length count.
  if (length > MAX_LENGTH) throw new TlsUsageError(`at most ${MAX_LENGTH} bytes, not ${length}`);
}

/** §2.2, §2.3: the MAC of B_0 and the additional data, S_0 for the tag, and S_1 for the first block. */
function start(cipher: AesBlocks, tagLength: number, nonce: Uint8Array, aad: Uint8Array, length: number): void {
  for (let i = 0; i < 12; i++) blockBytes[(1 + i) ^ BYTE_ORDER] = nonce[i] as number;
  encryptPair(cipher, 0);
  for (let i = 0; i < 4; i++) mask[i] = pair[4 + i] as number;

  setBlock((aad.length === 0 ? 0 : HAS_AAD) | (((tagLength - 2) / 2) << 3) | (LENGTH_SIZE - 1), length);
  for (let i = 0; i < 4; i++) pair[i] = block[i] as number;
  encryptPair(cipher, 1);

  if (aad.length === 0) return;
  // Two bytes of length, the data, and zeros to whole blocks.
  pairBytes[0 ^ BYTE_ORDER] = (pairBytes[0 ^ BYTE_ORDER] as number) ^ (aad.length >> 8);
  pairBytes[1 ^ BYTE_ORDER] = (pairBytes[1 ^ BYTE_ORDER] as number) ^ (aad.length & 0xff);
  for (let i = 0, at = 2; i < aad.length; i++, at++) {
    if (at === 16) {
      encryptPair(cipher, 1);
      at = 0;
    }
    pairBytes[at ^ BYTE_ORDER] = (pairBytes[at ^ BYTE_ORDER] as number) ^ (aad[i] as number);
  }
  encryptPair(cipher, 1);
}

/** Takes `size` bytes on the stage, `done` bytes into the message, through MAC and key stream. */
function cross(cipher: AesBlocks, done: number, size: number, sealing: boolean): void {
  const end = DATA + (((size + 15) & ~15) >> 2);
  let number = done / 16 + 1;
  for (let at = DATA; at < end; at += 4) {
    if (sealing) absorb(at);
    for (let i = 0; i < 4; i++) words[at + i] = (words[at + i] as number) ^ (pair[4 + i] as number);
    if (!sealing) {
      // What follows the plaintext in its last block is key stream now.
      if (at + 4 === end) blank(size, (size + 15) & ~15);
      absorb(at);
    }
    number++;
    encryptPair(cipher, number);
  }
}

function absorb(at: number): void {
  for (let i = 0; i < 4; i++) pair[i] = (pair[i] as number) ^ (words[at + i] as number);
}

/** Encrypts the MAC so far and A_i. */
function encryptPair(cipher: AesBlocks, number: number): void {
  setBlock(LENGTH_SIZE - 1, number);
  for (let i = 0; i < 4; i++) pair[4 + i] = block[i] as number;
  cipher.encryptPair(pair, 0);
}

function setBlock(flags: number, number: number): void {
  blockBytes[0 ^ BYTE_ORDER] = flags;
  blockBytes[13 ^ BYTE_ORDER] = number >> 16;
  blockBytes[14 ^ BYTE_ORDER] = number >> 8;
  blockBytes[15 ^ BYTE_ORDER] = number;
}

function forget(length: number): void {
  for (let i = 0; i < 4; i++) mask[i] = 0;
  for (let i = 0; i < 8; i++) pair[i] = 0;
  clearStage(length);
}
