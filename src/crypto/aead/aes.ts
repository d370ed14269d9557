/**
 * AES under one key, as the modes need it, whichever kernel computes it; and the key schedule, which both share.
 *
 * Blocks are four little-endian words: a word is a column of the state, its lowest byte row 0.
 *
 * @see FIPS 197 §5.2 (KeyExpansion), NIST SP 800-38A §6.5 (Counter Mode)
 * @module
 */

/** How AES and GHASH are computed: without a table that is indexed by a secret, or with. */
export type AesKernel = 'constant-time' | 'fast';

/** The key stream of counter mode. */
export interface AesCounter {
  /**
   * XORs the key stream into whole blocks of `words` from `from` until `to` is reached. The counter blocks are the three words of
   * `nonce` and a number of 32 bits, big-endian: `number` first, then on modulo 2^32.
   */
  addKeyStream(nonce: Int32Array, number: number, words: Int32Array, from: number, to: number): void;
  wipe(): void;
}

/** Single blocks, for modes that chain them. */
export interface AesBlocks {
  /** Encrypts the two blocks that begin at `at`, in place. */
  encryptPair(words: Int32Array, at: number): void;
  wipe(): void;
}

/** The way back, for modes that decrypt blocks. */
export interface AesInverse {
  /** Decrypts the two blocks that begin at `at`, in place. */
  decryptPair(words: Int32Array, at: number): void;
  wipe(): void;
}

/** The round keys, four words each: 11 for 16 bytes of key, 15 for 32. `substitute` is SubWord. */
export function expandKey(key: Uint8Array, substitute: (word: number) => number): Int32Array {
  const size = key.length / 4;
  const keys = new Int32Array(4 * (size + 7));
  for (let i = 0; i < key.length; i++) keys[i >> 2] = (keys[i >> 2] as number) | ((key[i] as number) << (8 * (i & 3)));

  let constant = 1;
  for (let i = size; i < keys.length; i++) {
    let word = keys[i - 1] as number;
    if (i % size === 0) {
      word = substitute((word >>> 8) | (word << 24)) ^ constant;
      constant = (constant << 1) ^ (constant < 0x80 ? 0 : 0x11b);
    } else if (size === 8 && i % size === 4) {
      word = substitute(word);
    }
    keys[i] = (keys[i - size] as number) ^ word;
  }
  return keys;
}
