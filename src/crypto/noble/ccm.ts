/**
 * AES in CCM mode with nonces of 12 bytes, in the shape of noble's AEADs, which lack this mode.
 *
 * CCM is CBC-MAC over nonce, lengths, additional data and plaintext, and counter mode over the plaintext and the tag. Both
 * are noble's: CBC-MAC is the last block of CBC with a zero IV.
 *
 * @see RFC 3610 §2 (CCM), RFC 5116 §5.3 (AEAD_AES_128_CCM), RFC 6655 §6.1 (AEAD_AES_128_CCM_8)
 * @module
 */
import { cbc, ctr } from '@noble/ciphers/aes.js';
import { TlsUsageError } from '../../errors/errors.ts';
import { constantTimeEqual, wipe } from '../secret.ts';

/** One nonce under one key. */
export interface Ccm {
  /** Ciphertext and tag. Throws TlsUsageError beyond 2^24 - 1 bytes. */
  encrypt(plaintext: Uint8Array): Uint8Array;
  /** The plaintext, or an Error when the tag does not match. `ciphertext` is at least as long as the tag. */
  decrypt(ciphertext: Uint8Array): Uint8Array;
}

/** `nonce`: 12 bytes. `aad`: fewer than 65,280 bytes; that of a record has 5 or 13. `tagLength`: 16 or 8. */
export function ccm(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, tagLength: number): Ccm {
  if (aad.length >= MAX_AAD_LENGTH) throw new TlsUsageError(`${aad.length} bytes of additional data`);

  return {
    encrypt(plaintext) {
      const tag = authenticationTag(plaintext);
      const sealed = withKeyStream(tag, plaintext);
      // §2.3: the encrypted tag follows the message, which comes out behind a block for the tag.
      const out = new Uint8Array(plaintext.length + tagLength);
      out.set(sealed.subarray(BLOCK));
      out.set(sealed.subarray(0, tagLength), plaintext.length);
      wipe(tag);
      return out;
    },

    decrypt(ciphertext) {
      const length = ciphertext.length - tagLength;
      const opened = withKeyStream(ciphertext.subarray(length), ciphertext.subarray(0, length));
      const plaintext = opened.slice(BLOCK);
      const tag = authenticationTag(plaintext);
      // §2.5: the message is not revealed unless the tag is right.
      const authentic = constantTimeEqual(opened.subarray(0, tagLength), tag.subarray(0, tagLength));
      wipe(opened, tag);
      if (authentic) return plaintext;
      wipe(plaintext);
      throw new Error('the tag does not match');
    },
  };

  /** §2.2: the first 16 bytes of CBC-MAC, of which the tag is a prefix. */
  function authenticationTag(plaintext: Uint8Array): Uint8Array {
    // RFC 5116 §5.3: P_MAX, as far as three bytes of length count.
    if (plaintext.length > MAX_PLAINTEXT_LENGTH) throw new TlsUsageError(`${plaintext.length} bytes of plaintext`);
    const aadEnd = BLOCK + (aad.length === 0 ? 0 : wholeBlocks(2 + aad.length));
    const blocks = new Uint8Array(aadEnd + wholeBlocks(plaintext.length));
    // B_0: flags, nonce, length of the message.
    blocks[0] = (aad.length === 0 ? 0 : HAS_AAD) | (((tagLength - 2) / 2) << 3) | (LENGTH_SIZE - 1);
    blocks.set(nonce, 1);
    blocks[13] = plaintext.length >> 16;
    blocks[14] = plaintext.length >> 8;
    blocks[15] = plaintext.length;
    if (aad.length > 0) {
      blocks[BLOCK] = aad.length >> 8;
      blocks[BLOCK + 1] = aad.length;
      blocks.set(aad, BLOCK + 2);
    }
    blocks.set(plaintext, aadEnd);

    const chained = cbc(key, ZERO_BLOCK, { disablePadding: true }).encrypt(blocks);
    const tag = chained.slice(-BLOCK);
    wipe(blocks, chained);
    return tag;
  }

  /** §2.3: a block for the tag under S_0, and the message under S_1 and on. */
  function withKeyStream(tag: Uint8Array, message: Uint8Array): Uint8Array {
    const counter = new Uint8Array(BLOCK);
    // A_0: flags, nonce, counter. MAX_PLAINTEXT_LENGTH keeps the counter in its three bytes.
    counter[0] = LENGTH_SIZE - 1;
    counter.set(nonce, 1);
    const input = new Uint8Array(BLOCK + message.length);
    input.set(tag);
    input.set(message, BLOCK);
    const output = ctr(key, counter).encrypt(input);
    wipe(input);
    return output;
  }
}

const BLOCK = 16;
const ZERO_BLOCK: Uint8Array = new Uint8Array(BLOCK);
/** L of §2: bytes that count the message, which with the nonce fill a block but for its flags. */
const LENGTH_SIZE = 3;
const MAX_PLAINTEXT_LENGTH = 0xff_ffff;
/** §2.2: from here on the length has another form. */
const MAX_AAD_LENGTH = 0xff00;
const HAS_AAD = 0x40;

function wholeBlocks(length: number): number {
  return Math.ceil(length / BLOCK) * BLOCK;
}
