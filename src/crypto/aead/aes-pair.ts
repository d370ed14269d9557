/**
 * AES in constant time for blocks that are chained and cannot come eight at a time: two blocks on eight words of bit planes.
 *
 * Bit 8 * row + 2 * column + block of word b is bit b of a byte. ShiftRows is left out (fixslicing, Adomnicai and Peyrin):
 * MixColumns finds the bytes of a column by other rotations in each of four rounds, the round keys are rotated likewise, and two
 * ShiftRows are left after 10 and after 14 rounds.
 *
 * @see FIPS 197 §5
 * @module
 */
import { type AesBlocks, type AesInverse, expandKey } from './aes.ts';
import { AFFINE, substitutePlanes } from './aes-planes.ts';

/** `key`: 16 or 32 bytes. */
export function createConstantTimeBlocks(key: Uint8Array): AesBlocks {
  const words = expandKey(key, substituteWord);
  const keys = new Int32Array(2 * words.length);
  for (let round = 0; 4 * round < words.length; round++) roundKey(keys, PAIR * round, words, round, round);
  words.fill(0);

  return {
    encryptPair: (data, at) => encryptPair(data, at, keys),
    wipe() {
      keys.fill(0);
    },
  };
}

/** `key`: 16 or 32 bytes. Nothing is left out of these rounds but the NOT of the circuit, which the round keys hold. */
export function createConstantTimeInverse(key: Uint8Array): AesInverse {
  const words = expandKey(key, substituteWord);
  const keys = new Int32Array(2 * words.length);
  const rounds = words.length / 4 - 1;
  for (let round = 0; round <= rounds; round++) roundKey(keys, PAIR * (rounds - round), words, round, 0);
  words.fill(0);

  return {
    decryptPair: (data, at) => decryptPair(data, at, keys),
    wipe() {
      keys.fill(0);
    },
  };
}

/** SubWord (FIPS 197 §5.2): the S-box on each byte of a word. */
export function substituteWord(word: number): number {
  for (let bit = 0; bit < PAIR; bit++) state[bit] = (word >>> bit) & LOW;
  substitutePlanes(state, ZEROS, 0);
  let result = AFFINE;
  for (let bit = 0; bit < PAIR; bit++) {
    result ^= ((state[bit] as number) & LOW) << bit;
    state[bit] = 0;
  }
  return result;
}

const PAIR = 8;
const LOW = 0x01010101;
const ZEROS = new Int32Array(PAIR);
const state = new Int32Array(PAIR);

/** Encrypts the two blocks of four words at `at`, in place, with 8 words of `keys` for each round. */
function encryptPair(words: Int32Array, at: number, keys: Int32Array): void {
  for (let column = 0; column < 4; column++) {
    state[2 * column] = words[at + column] as number;
    state[2 * column + 1] = words[at + 4 + column] as number;
  }
  transposePair();
  const last = keys.length - PAIR;
  for (let key = 0, round = 1; ; key += PAIR, round++) {
    substitutePlanes(state, keys, key);
    if (key + PAIR === last) break;
    mixPair(round & 3);
  }
  for (let i = 0; i < PAIR; i++) state[i] = (state[i] as number) ^ (keys[last + i] as number);
  transposePair();
  for (let i = 0; i < PAIR; i++) {
    // The last two ShiftRows: bytes 1 and 3 are found two columns further on.
    const from = 2 * (i & 3) + (i >> 2);
    words[at + i] = ((state[from] as number) & 0x00ff00ff) | ((state[from ^ 4] as number) & 0xff00ff00);
  }
  for (let i = 0; i < PAIR; i++) state[i] = 0;
}

/** Decrypts the two blocks of four words at `at`, in place (FIPS 197 §5.3), with 8 words of `keys` for each round. */
function decryptPair(words: Int32Array, at: number, keys: Int32Array): void {
  for (let column = 0; column < 4; column++) {
    state[2 * column] = words[at + column] as number;
    state[2 * column + 1] = words[at + 4 + column] as number;
  }
  transposePair();
  const last = keys.length - PAIR;
  for (let key = 0; ; key += PAIR) {
    for (let i = 0; i < PAIR; i++) state[i] = (state[i] as number) ^ (keys[key + i] as number);
    if (key === last) break;
    if (key > 0) unmixPair();
    unshiftPair();
    // The S-box is inversion and then an affine map: that undone on both sides of it makes it its own inverse.
    unmapPair();
    substitutePlanes(state, ZEROS, 0);
    unmapPair();
  }
  transposePair();
  for (let i = 0; i < PAIR; i++) words[at + i] = state[2 * (i & 3) + (i >> 2)] as number;
  for (let i = 0; i < PAIR; i++) {
    state[i] = 0;
    sums[i] = 0;
  }
}

/** InvMixColumns: MixColumns after s + 4 (s + the byte two rows on). */
function unmixPair(): void {
  for (let i = 0; i < PAIR; i++) {
    const plane = state[i] as number;
    sums[i] = plane ^ ((plane >>> 16) | (plane << 16));
  }
  // 4 s is s two bits up, and 0x1b and 0x36 where bits 6 and 7 were set.
  const s6 = sums[6] as number;
  const s7 = sums[7] as number;
  const carries = [s6, s6 ^ s7, s7, s6, s6 ^ s7, s7, 0, 0];
  for (let i = 0; i < PAIR; i++) {
    state[i] = (state[i] as number) ^ (i < 2 ? 0 : (sums[i - 2] as number)) ^ (carries[i] as number);
  }
  mixPair(0);
}

/** InvShiftRows: row r goes r columns, which are two bits each, up. */
function unshiftPair(): void {
  for (let i = 0; i < PAIR; i++) {
    const w = state[i] as number;
    state[i] =
      (w & 0x000000ff) |
      ((w & 0x00003f00) << 2) |
      ((w & 0x0000c000) >>> 6) |
      ((w & 0x000f0000) << 4) |
      ((w & 0x00f00000) >>> 4) |
      ((w & 0x03000000) << 6) |
      ((w & 0xfc000000) >>> 2);
  }
}

/** The linear part of the S-box's affine map, undone (FIPS 197 §5.3.2). */
function unmapPair(): void {
  sums.set(state);
  for (let i = 0; i < PAIR; i++) {
    state[i] = (sums[(i + 2) & 7] as number) ^ (sums[(i + 5) & 7] as number) ^ (sums[(i + 7) & 7] as number);
  }
}

const sums = new Int32Array(PAIR);

/** Makes eight words of a round key in four words, rotated back as often as the state is. */
function roundKey(keys: Int32Array, at: number, words: Int32Array, round: number, turns: number): void {
  for (let column = 0; column < 4; column++) {
    let word = round === 0 ? 0 : AFFINE;
    for (let row = 0; row < 4; row++) {
      word ^= (words[4 * round + ((column - turns * row) & 3)] as number) & (0xff << (8 * row));
    }
    state[2 * column] = word;
    state[2 * column + 1] = word;
  }
  transposePair();
  for (let i = 0; i < PAIR; i++) {
    keys[at + i] = state[i] as number;
    state[i] = 0;
  }
}

/** MixColumns on two blocks whose rows lack `turns` ShiftRows, modulo 4. */
function mixPair(turns: number): void {
  // The next byte of a column is a row and that many columns further on; where those end, it is a whole row less.
  const near = Math.imul(0x01010101, 0xff >> (2 * turns));
  const far = Math.imul(0x01010101, 0xff >> (4 * (turns & 1)));
  const high = (state[7] as number) ^ turned(state[7] as number, 8, turns, near);
  let below = high;
  for (let bit = 0; bit < PAIR; bit++) {
    const byte = state[bit] as number;
    const next = turned(byte, 8, turns, near);
    const sum = byte ^ next;
    const carry = bit === 1 || bit === 3 || bit === 4 ? high : 0;
    state[bit] = next ^ turned(sum, 16, 2 * (turns & 1), far) ^ below ^ carry;
    below = sum;
  }
}

/** What is `places` and `columns` further on in the word; outside of `mask` the columns begin again. */
function turned(word: number, places: number, columns: number, mask: number): number {
  const on = places + 2 * columns;
  const back = on - 8;
  return (((word >>> on) | (word << (32 - on))) & mask) | (((word >>> back) | (word << (32 - back))) & ~mask);
}

/** Exchanges the number of a word, 2 * column + block or bit, with the three low bits of the places in it, and back. */
function transposePair(): void {
  for (let shift = 4, mask = 0x0f0f0f0f; shift > 0; shift >>= 1, mask ^= mask << shift) {
    for (let low = 0; low < PAIR; low++) {
      if ((low & shift) !== 0) continue;
      const a = state[low] as number;
      const b = state[low | shift] as number;
      const t = ((a >>> shift) ^ b) & mask;
      state[low] = a ^ (t << shift);
      state[low | shift] = b ^ t;
    }
  }
}
