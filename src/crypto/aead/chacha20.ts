/**
 * ChaCha20: the key stream of 64-byte blocks, added to whole blocks in place.
 *
 * Sixteen 32-bit locals and nothing but additions, rotations and XOR: no table, no branch on a secret.
 *
 * @see RFC 8439 §2.3 (The ChaCha20 Block Function), §2.4 (The ChaCha20 Encryption Algorithm)
 * @module
 */
import { loadWord } from './stage.ts';

const COUNTER = 12;

/** §2.3: constants, key, counter and nonce, as sixteen words. */
export function chacha20State(key: Uint8Array): Int32Array {
  const state = new Int32Array(16);
  // "expand 32-byte k", little-endian.
  state.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  for (let i = 0; i < 8; i++) state[4 + i] = loadWord(key, 4 * i);
  return state;
}

/** XORs the key stream into `words` from `from` to at least `to`, always whole blocks; the counter in `state` moves on. */
export function chacha20Xor(state: Int32Array, words: Int32Array, from: number, to: number): void {
  const s0 = state[0] as number;
  const s1 = state[1] as number;
  const s2 = state[2] as number;
  const s3 = state[3] as number;
  const s4 = state[4] as number;
  const s5 = state[5] as number;
  const s6 = state[6] as number;
  const s7 = state[7] as number;
  const s8 = state[8] as number;
  const s9 = state[9] as number;
  const s10 = state[10] as number;
  const s11 = state[11] as number;
  const s13 = state[13] as number;
  const s14 = state[14] as number;
  const s15 = state[15] as number;
  let counter = state[COUNTER] as number;

  for (let at = from; at < to; at += 16) {
    let x0 = s0;
    let x1 = s1;
    let x2 = s2;
    let x3 = s3;
    let x4 = s4;
    let x5 = s5;
    let x6 = s6;
    let x7 = s7;
    let x8 = s8;
    let x9 = s9;
    let x10 = s10;
    let x11 = s11;
    let x12 = counter;
    let x13 = s13;
    let x14 = s14;
    let x15 = s15;

    for (let round = 0; round < 20; round += 2) {
      // The columns.
      x0 = (x0 + x4) | 0;
      x12 ^= x0;
      x12 = (x12 << 16) | (x12 >>> 16);
      x8 = (x8 + x12) | 0;
      x4 ^= x8;
      x4 = (x4 << 12) | (x4 >>> 20);
      x0 = (x0 + x4) | 0;
      x12 ^= x0;
      x12 = (x12 << 8) | (x12 >>> 24);
      x8 = (x8 + x12) | 0;
      x4 ^= x8;
      x4 = (x4 << 7) | (x4 >>> 25);
      x1 = (x1 + x5) | 0;
      x13 ^= x1;
      x13 = (x13 << 16) | (x13 >>> 16);
      x9 = (x9 + x13) | 0;
      x5 ^= x9;
      x5 = (x5 << 12) | (x5 >>> 20);
      x1 = (x1 + x5) | 0;
      x13 ^= x1;
      x13 = (x13 << 8) | (x13 >>> 24);
      x9 = (x9 + x13) | 0;
      x5 ^= x9;
      x5 = (x5 << 7) | (x5 >>> 25);
      x2 = (x2 + x6) | 0;
      x14 ^= x2;
      x14 = (x14 << 16) | (x14 >>> 16);
      x10 = (x10 + x14) | 0;
      x6 ^= x10;
      x6 = (x6 << 12) | (x6 >>> 20);
      x2 = (x2 + x6) | 0;
      x14 ^= x2;
      x14 = (x14 << 8) | (x14 >>> 24);
      x10 = (x10 + x14) | 0;
      x6 ^= x10;
      x6 = (x6 << 7) | (x6 >>> 25);
      x3 = (x3 + x7) | 0;
      x15 ^= x3;
      x15 = (x15 << 16) | (x15 >>> 16);
      x11 = (x11 + x15) | 0;
      x7 ^= x11;
      x7 = (x7 << 12) | (x7 >>> 20);
      x3 = (x3 + x7) | 0;
      x15 ^= x3;
      x15 = (x15 << 8) | (x15 >>> 24);
      x11 = (x11 + x15) | 0;
      x7 ^= x11;
      x7 = (x7 << 7) | (x7 >>> 25);

      // The diagonals.
      x0 = (x0 + x5) | 0;
      x15 ^= x0;
      x15 = (x15 << 16) | (x15 >>> 16);
      x10 = (x10 + x15) | 0;
      x5 ^= x10;
      x5 = (x5 << 12) | (x5 >>> 20);
      x0 = (x0 + x5) | 0;
      x15 ^= x0;
      x15 = (x15 << 8) | (x15 >>> 24);
      x10 = (x10 + x15) | 0;
      x5 ^= x10;
      x5 = (x5 << 7) | (x5 >>> 25);
      x1 = (x1 + x6) | 0;
      x12 ^= x1;
      x12 = (x12 << 16) | (x12 >>> 16);
      x11 = (x11 + x12) | 0;
      x6 ^= x11;
      x6 = (x6 << 12) | (x6 >>> 20);
      x1 = (x1 + x6) | 0;
      x12 ^= x1;
      x12 = (x12 << 8) | (x12 >>> 24);
      x11 = (x11 + x12) | 0;
      x6 ^= x11;
      x6 = (x6 << 7) | (x6 >>> 25);
      x2 = (x2 + x7) | 0;
      x13 ^= x2;
      x13 = (x13 << 16) | (x13 >>> 16);
      x8 = (x8 + x13) | 0;
      x7 ^= x8;
      x7 = (x7 << 12) | (x7 >>> 20);
      x2 = (x2 + x7) | 0;
      x13 ^= x2;
      x13 = (x13 << 8) | (x13 >>> 24);
      x8 = (x8 + x13) | 0;
      x7 ^= x8;
      x7 = (x7 << 7) | (x7 >>> 25);
      x3 = (x3 + x4) | 0;
      x14 ^= x3;
      x14 = (x14 << 16) | (x14 >>> 16);
      x9 = (x9 + x14) | 0;
      x4 ^= x9;
      x4 = (x4 << 12) | (x4 >>> 20);
      x3 = (x3 + x4) | 0;
      x14 ^= x3;
      x14 = (x14 << 8) | (x14 >>> 24);
      x9 = (x9 + x14) | 0;
      x4 ^= x9;
      x4 = (x4 << 7) | (x4 >>> 25);
    }

    words[at] = (words[at] as number) ^ (x0 + s0);
    words[at + 1] = (words[at + 1] as number) ^ (x1 + s1);
    words[at + 2] = (words[at + 2] as number) ^ (x2 + s2);
    words[at + 3] = (words[at + 3] as number) ^ (x3 + s3);
    words[at + 4] = (words[at + 4] as number) ^ (x4 + s4);
    words[at + 5] = (words[at + 5] as number) ^ (x5 + s5);
    words[at + 6] = (words[at + 6] as number) ^ (x6 + s6);
    words[at + 7] = (words[at + 7] as number) ^ (x7 + s7);
    words[at + 8] = (words[at + 8] as number) ^ (x8 + s8);
    words[at + 9] = (words[at + 9] as number) ^ (x9 + s9);
    words[at + 10] = (words[at + 10] as number) ^ (x10 + s10);
    words[at + 11] = (words[at + 11] as number) ^ (x11 + s11);
    words[at + 12] = (words[at + 12] as number) ^ (x12 + counter);
    words[at + 13] = (words[at + 13] as number) ^ (x13 + s13);
    words[at + 14] = (words[at + 14] as number) ^ (x14 + s14);
    words[at + 15] = (words[at + 15] as number) ^ (x15 + s15);
    counter = (counter + 1) | 0;
  }
  state[COUNTER] = counter;
}
