/**
 * AES with tables, the usual way: four of 256 words that join SubBytes and MixColumns, indexed by bytes of the state.
 *
 * Faster than bit planes, and not in constant time: which cache lines are read depends on the key, and code on the same machine
 * may observe it. An option, never the default.
 *
 * @see FIPS 197 §5, NIST SP 800-38A §6.5 (Counter Mode)
 * @module
 */
import { type AesBlocks, type AesCounter, expandKey } from './aes.ts';
import { substituteWord } from './aes-pair.ts';
import { swapBytes } from './stage.ts';

/** `key`: 16 or 32 bytes. */
export function createFastCounter(key: Uint8Array): AesCounter {
  return kernel.createFastCounter(key);
}

/** `key`: 16 or 32 bytes. */
export function createFastBlocks(key: Uint8Array): AesBlocks {
  return kernel.createFastBlocks(key);
}

const kernel = /* @__PURE__ */ makeKernel();

/** A function, for what ghash-constant-time.ts says of its arrays. */
function makeKernel() {
  /** By the byte of row 0: the column that SubBytes and MixColumns make of it, twice its S-box in the lowest byte. */
  const T0 = new Int32Array(256);
  /** The same for rows 1 to 3. */
  const T1 = new Int32Array(256);
  const T2 = new Int32Array(256);
  const T3 = new Int32Array(256);
  /** What shareRounds leaves for addBlock. */
  const shared = new Int32Array(6);

  return { createFastCounter, createFastBlocks };

  function createFastCounter(key: Uint8Array): AesCounter {
    fillTables();
    const keys = expandKey(key, substituteWord);

    return {
      addKeyStream(nonce, number, words, from, to) {
        let next = number;
        for (let at = from; at < to; at += 4) {
          if (at === from || (next & 0xff) === 0) shareRounds(keys, nonce, next);
          addBlock(keys, next & 0xff, words, at);
          next = (next + 1) | 0;
        }
        shared.fill(0);
      },

      wipe() {
        keys.fill(0);
      },
    };
  }

  function createFastBlocks(key: Uint8Array): AesBlocks {
    fillTables();
    const keys = expandKey(key, substituteWord);

    return {
      encryptPair(words, at) {
        encryptBlock(keys, words, at);
        encryptBlock(keys, words, at + 4);
      },
      wipe() {
        keys.fill(0);
      },
    };
  }

  /** Once, at the first key. */
  function fillTables(): void {
    if (T0[0] !== 0) return;
    for (let at = 0; at < 256; at += 4) {
      let bytes = substituteWord(at | ((at + 1) << 8) | ((at + 2) << 16) | ((at + 3) << 24));
      for (let i = at; i < at + 4; i++, bytes >>>= 8) {
        const s = bytes & 0xff;
        const twice = (s << 1) ^ (s < 0x80 ? 0 : 0x11b);
        const column = twice | (s << 8) | (s << 16) | ((twice ^ s) << 24);
        T0[i] = column;
        T1[i] = (column << 8) | (column >>> 24);
        T2[i] = (column << 16) | (column >>> 16);
        T3[i] = (column << 24) | (column >>> 8);
      }
    }
  }

  function encryptBlock(keys: Int32Array, words: Int32Array, at: number): void {
    let s0 = (words[at] as number) ^ (keys[0] as number);
    let s1 = (words[at + 1] as number) ^ (keys[1] as number);
    let s2 = (words[at + 2] as number) ^ (keys[2] as number);
    let s3 = (words[at + 3] as number) ^ (keys[3] as number);
    const last = keys.length - 4;
    for (let key = 4; key < last; key += 4) {
      const t0 =
        (T0[s0 & 0xff] as number) ^
        (T1[(s1 >>> 8) & 0xff] as number) ^
        (T2[(s2 >>> 16) & 0xff] as number) ^
        (T3[s3 >>> 24] as number) ^
        (keys[key] as number);
      const t1 =
        (T0[s1 & 0xff] as number) ^
        (T1[(s2 >>> 8) & 0xff] as number) ^
        (T2[(s3 >>> 16) & 0xff] as number) ^
        (T3[s0 >>> 24] as number) ^
        (keys[key | 1] as number);
      const t2 =
        (T0[s2 & 0xff] as number) ^
        (T1[(s3 >>> 8) & 0xff] as number) ^
        (T2[(s0 >>> 16) & 0xff] as number) ^
        (T3[s1 >>> 24] as number) ^
        (keys[key | 2] as number);
      const t3 =
        (T0[s3 & 0xff] as number) ^
        (T1[(s0 >>> 8) & 0xff] as number) ^
        (T2[(s1 >>> 16) & 0xff] as number) ^
        (T3[s2 >>> 24] as number) ^
        (keys[key | 3] as number);
      s0 = t0;
      s1 = t1;
      s2 = t2;
      s3 = t3;
    }
    // The last round has no MixColumns: of the tables, the byte that is the S-box itself.
    words[at] =
      ((T2[s0 & 0xff] as number) & 0xff) ^
      ((T3[(s1 >>> 8) & 0xff] as number) & 0xff00) ^
      ((T0[(s2 >>> 16) & 0xff] as number) & 0xff0000) ^
      ((T1[s3 >>> 24] as number) & 0xff000000) ^
      (keys[last] as number);
    words[at + 1] =
      ((T2[s1 & 0xff] as number) & 0xff) ^
      ((T3[(s2 >>> 8) & 0xff] as number) & 0xff00) ^
      ((T0[(s3 >>> 16) & 0xff] as number) & 0xff0000) ^
      ((T1[s0 >>> 24] as number) & 0xff000000) ^
      (keys[last | 1] as number);
    words[at + 2] =
      ((T2[s2 & 0xff] as number) & 0xff) ^
      ((T3[(s3 >>> 8) & 0xff] as number) & 0xff00) ^
      ((T0[(s0 >>> 16) & 0xff] as number) & 0xff0000) ^
      ((T1[s1 >>> 24] as number) & 0xff000000) ^
      (keys[last | 2] as number);
    words[at + 3] =
      ((T2[s3 & 0xff] as number) & 0xff) ^
      ((T3[(s0 >>> 8) & 0xff] as number) & 0xff00) ^
      ((T0[(s1 >>> 16) & 0xff] as number) & 0xff0000) ^
      ((T1[s2 >>> 24] as number) & 0xff000000) ^
      (keys[last | 3] as number);
  }

  /**
   * What blocks have in common whose numbers differ in the last byte alone: in the first round that byte goes into column 0, in
   * the second each byte of column 0 into a column of its own.
   */
  function shareRounds(keys: Int32Array, nonce: Int32Array, number: number): void {
    const n0 = (nonce[0] as number) ^ (keys[0] as number);
    const n1 = (nonce[1] as number) ^ (keys[1] as number);
    const n2 = (nonce[2] as number) ^ (keys[2] as number);
    const n3 = swapBytes(number & ~0xff) ^ (keys[3] as number);
    const a1 =
      (T0[n1 & 0xff] as number) ^
      (T1[(n2 >>> 8) & 0xff] as number) ^
      (T2[(n3 >>> 16) & 0xff] as number) ^
      (T3[n0 >>> 24] as number) ^
      (keys[5] as number);
    const a2 =
      (T0[n2 & 0xff] as number) ^
      (T1[(n3 >>> 8) & 0xff] as number) ^
      (T2[(n0 >>> 16) & 0xff] as number) ^
      (T3[n1 >>> 24] as number) ^
      (keys[6] as number);
    const a3 =
      (T0[n3 & 0xff] as number) ^
      (T1[(n0 >>> 8) & 0xff] as number) ^
      (T2[(n1 >>> 16) & 0xff] as number) ^
      (T3[n2 >>> 24] as number) ^
      (keys[7] as number);
    shared[0] =
      (T1[(a1 >>> 8) & 0xff] as number) ^
      (T2[(a2 >>> 16) & 0xff] as number) ^
      (T3[a3 >>> 24] as number) ^
      (keys[8] as number);
    shared[1] =
      (T0[a1 & 0xff] as number) ^
      (T1[(a2 >>> 8) & 0xff] as number) ^
      (T2[(a3 >>> 16) & 0xff] as number) ^
      (keys[9] as number);
    shared[2] =
      (T0[a2 & 0xff] as number) ^ (T1[(a3 >>> 8) & 0xff] as number) ^ (T3[a1 >>> 24] as number) ^ (keys[10] as number);
    shared[3] =
      (T0[a3 & 0xff] as number) ^ (T2[(a1 >>> 16) & 0xff] as number) ^ (T3[a2 >>> 24] as number) ^ (keys[11] as number);
    shared[4] =
      (T0[n0 & 0xff] as number) ^
      (T1[(n1 >>> 8) & 0xff] as number) ^
      (T2[(n2 >>> 16) & 0xff] as number) ^
      (keys[4] as number);
    shared[5] = n3 >>> 24;
  }

  /** XORs a block of the key stream: rounds 3 and on of the block whose number ends in `byte`. */
  function addBlock(keys: Int32Array, byte: number, words: Int32Array, at: number): void {
    const first = (shared[4] as number) ^ (T3[(byte ^ (shared[5] as number)) & 0xff] as number);
    let s0 = (shared[0] as number) ^ (T0[first & 0xff] as number);
    let s1 = (shared[1] as number) ^ (T3[first >>> 24] as number);
    let s2 = (shared[2] as number) ^ (T2[(first >>> 16) & 0xff] as number);
    let s3 = (shared[3] as number) ^ (T1[(first >>> 8) & 0xff] as number);
    const last = keys.length - 4;
    for (let key = 12; key < last; key += 4) {
      const t0 =
        (T0[s0 & 0xff] as number) ^
        (T1[(s1 >>> 8) & 0xff] as number) ^
        (T2[(s2 >>> 16) & 0xff] as number) ^
        (T3[s3 >>> 24] as number) ^
        (keys[key] as number);
      const t1 =
        (T0[s1 & 0xff] as number) ^
        (T1[(s2 >>> 8) & 0xff] as number) ^
        (T2[(s3 >>> 16) & 0xff] as number) ^
        (T3[s0 >>> 24] as number) ^
        (keys[key | 1] as number);
      const t2 =
        (T0[s2 & 0xff] as number) ^
        (T1[(s3 >>> 8) & 0xff] as number) ^
        (T2[(s0 >>> 16) & 0xff] as number) ^
        (T3[s1 >>> 24] as number) ^
        (keys[key | 2] as number);
      const t3 =
        (T0[s3 & 0xff] as number) ^
        (T1[(s0 >>> 8) & 0xff] as number) ^
        (T2[(s1 >>> 16) & 0xff] as number) ^
        (T3[s2 >>> 24] as number) ^
        (keys[key | 3] as number);
      s0 = t0;
      s1 = t1;
      s2 = t2;
      s3 = t3;
    }
    words[at] =
      (words[at + 0] as number) ^
      ((T2[s0 & 0xff] as number) & 0xff) ^
      ((T3[(s1 >>> 8) & 0xff] as number) & 0xff00) ^
      ((T0[(s2 >>> 16) & 0xff] as number) & 0xff0000) ^
      ((T1[s3 >>> 24] as number) & 0xff000000) ^
      (keys[last] as number);
    words[at + 1] =
      (words[at + 1] as number) ^
      ((T2[s1 & 0xff] as number) & 0xff) ^
      ((T3[(s2 >>> 8) & 0xff] as number) & 0xff00) ^
      ((T0[(s3 >>> 16) & 0xff] as number) & 0xff0000) ^
      ((T1[s0 >>> 24] as number) & 0xff000000) ^
      (keys[last | 1] as number);
    words[at + 2] =
      (words[at + 2] as number) ^
      ((T2[s2 & 0xff] as number) & 0xff) ^
      ((T3[(s3 >>> 8) & 0xff] as number) & 0xff00) ^
      ((T0[(s0 >>> 16) & 0xff] as number) & 0xff0000) ^
      ((T1[s1 >>> 24] as number) & 0xff000000) ^
      (keys[last | 2] as number);
    words[at + 3] =
      (words[at + 3] as number) ^
      ((T2[s3 & 0xff] as number) & 0xff) ^
      ((T3[(s0 >>> 8) & 0xff] as number) & 0xff00) ^
      ((T0[(s1 >>> 16) & 0xff] as number) & 0xff0000) ^
      ((T1[s2 >>> 24] as number) & 0xff000000) ^
      (keys[last | 3] as number);
  }
}
