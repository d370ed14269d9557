/**
 * AES on bit planes: the state of eight blocks as 32 words, of which word 8 * row + bit holds that bit of that row.
 *
 * Bit 8 * column + block of a word belongs to that column of that block. SubBytes is a circuit of AND and XOR on whole words
 * (Boyar and Peralta, 113 gates), ShiftRows a rotation of whole words, MixColumns XOR alone: no table, and no branch or index
 * that depends on a secret. The four NOT of the circuit are left out: they add 0x63 to every byte, which MixColumns keeps, and
 * the round keys hold it.
 *
 * @see FIPS 197 §5.1 (Cipher)
 * @module
 */

import { swapBytes } from './stage.ts';

/** Words of eight blocks, and of one round key for them. */
export const EIGHT = 32;
/** What the circuit leaves out, in each byte of a word: round keys but the first hold it. */
export const AFFINE = 0x63636363;

export const { substitutePlanes, startCounters, addEight, forgetState } = /* @__PURE__ */ makeKernel();

/** A function, for what ghash-constant-time.ts says of its arrays. */
function makeKernel() {
  const WORDS = 32;
  const state = new Int32Array(WORDS);
  /** The row with the last byte of the counter. */
  const LAST_ROW = 24;

  return { substitutePlanes, startCounters, addEight, forgetState };

  /** Takes eight planes with no more than 32 bytes between them through the S-box, in place, after adding a round key. */
  function substitutePlanes(planes: Int32Array, keys: Int32Array, key: number): void {
    for (let bit = 0; bit < 8; bit++) state[bit] = planes[bit] as number;
    substitute(keys, key, 0, 8);
    for (let bit = 0; bit < 8; bit++) planes[bit] = state[bit] as number;
  }

  /** Adds the round key at `key` of `keys` to the words `from` to `to`, and takes all their bytes through the S-box. */
  function substitute(keys: Int32Array, key: number, from: number, to: number): void {
    for (let at = from; at < to; at += 8) {
      // Of the standard's bits, numbered from the highest as in the circuit's publication. `|`: an addition would be checked.
      const x0 = (state[at | 7] as number) ^ (keys[(key + at) | 7] as number);
      const x1 = (state[at | 6] as number) ^ (keys[(key + at) | 6] as number);
      const x2 = (state[at | 5] as number) ^ (keys[(key + at) | 5] as number);
      const x3 = (state[at | 4] as number) ^ (keys[(key + at) | 4] as number);
      const x4 = (state[at | 3] as number) ^ (keys[(key + at) | 3] as number);
      const x5 = (state[at | 2] as number) ^ (keys[(key + at) | 2] as number);
      const x6 = (state[at | 1] as number) ^ (keys[(key + at) | 1] as number);
      const x7 = (state[at | 0] as number) ^ (keys[(key + at) | 0] as number);
      // Into the tower of fields.
      const y14 = x3 ^ x5;
      const y13 = x0 ^ x6;
      const y9 = x0 ^ x3;
      const y8 = x0 ^ x5;
      const t0 = x1 ^ x2;
      const y1 = t0 ^ x7;
      const y4 = y1 ^ x3;
      const y12 = y13 ^ y14;
      const y2 = y1 ^ x0;
      const y5 = y1 ^ x6;
      const y3 = y5 ^ y8;
      const t1 = x4 ^ y12;
      const y15 = t1 ^ x5;
      const y20 = t1 ^ x1;
      const y6 = y15 ^ x7;
      const y10 = y15 ^ t0;
      const y11 = y20 ^ y9;
      const y7 = x7 ^ y11;
      const y17 = y10 ^ y11;
      const y19 = y10 ^ y8;
      const y16 = t0 ^ y11;
      const y21 = y13 ^ y16;
      const y18 = x0 ^ y16;
      // The inversion in GF(2^8), by way of GF(2^4).
      const t2 = y12 & y15;
      const t3 = y3 & y6;
      const t4 = t3 ^ t2;
      const t5 = y4 & x7;
      const t6 = t5 ^ t2;
      const t7 = y13 & y16;
      const t8 = y5 & y1;
      const t9 = t8 ^ t7;
      const t10 = y2 & y7;
      const t11 = t10 ^ t7;
      const t12 = y9 & y11;
      const t13 = y14 & y17;
      const t14 = t13 ^ t12;
      const t15 = y8 & y10;
      const t16 = t15 ^ t12;
      const t17 = t4 ^ t14;
      const t18 = t6 ^ t16;
      const t19 = t9 ^ t14;
      const t20 = t11 ^ t16;
      const t21 = t17 ^ y20;
      const t22 = t18 ^ y19;
      const t23 = t19 ^ y21;
      const t24 = t20 ^ y18;
      const t25 = t21 ^ t22;
      const t26 = t21 & t23;
      const t27 = t24 ^ t26;
      const t28 = t25 & t27;
      const t29 = t28 ^ t22;
      const t30 = t23 ^ t24;
      const t31 = t22 ^ t26;
      const t32 = t31 & t30;
      const t33 = t32 ^ t24;
      const t34 = t23 ^ t33;
      const t35 = t27 ^ t33;
      const t36 = t24 & t35;
      const t37 = t36 ^ t34;
      const t38 = t27 ^ t36;
      const t39 = t29 & t38;
      const t40 = t25 ^ t39;
      const t41 = t40 ^ t37;
      const t42 = t29 ^ t33;
      const t43 = t29 ^ t40;
      const t44 = t33 ^ t37;
      const t45 = t42 ^ t41;
      const z0 = t44 & y15;
      const z1 = t37 & y6;
      const z2 = t33 & x7;
      const z3 = t43 & y16;
      const z4 = t40 & y1;
      const z5 = t29 & y7;
      const z6 = t42 & y11;
      const z7 = t45 & y17;
      const z8 = t41 & y10;
      const z9 = t44 & y12;
      const z10 = t37 & y3;
      const z11 = t33 & y4;
      const z12 = t43 & y13;
      const z13 = t40 & y5;
      const z14 = t29 & y2;
      const z15 = t42 & y9;
      const z16 = t45 & y14;
      const z17 = t41 & y8;
      // The way back and the affine map. From here on, bits are numbered from the lowest.
      const t46 = z15 ^ z16;
      const t47 = z10 ^ z11;
      const t48 = z5 ^ z13;
      const t49 = z9 ^ z10;
      const t50 = z2 ^ z12;
      const t51 = z2 ^ z5;
      const t52 = z7 ^ z8;
      const t53 = z0 ^ z3;
      const t54 = z6 ^ z7;
      const t55 = z16 ^ z17;
      const t56 = z12 ^ t48;
      const t57 = t50 ^ t53;
      const t58 = z4 ^ t46;
      const t59 = z3 ^ t54;
      const t60 = t46 ^ t57;
      const t61 = z14 ^ t57;
      const t62 = t52 ^ t58;
      const t63 = t49 ^ t58;
      const t64 = z4 ^ t59;
      const t65 = t61 ^ t62;
      const t66 = z1 ^ t63;
      const s7 = t59 ^ t63;
      const s1 = t56 ^ t62;
      const s0 = t48 ^ t60;
      const t67 = t64 ^ t65;
      const s4 = t53 ^ t66;
      const s3 = t51 ^ t66;
      const s2 = t47 ^ t65;
      const s6 = t64 ^ s4;
      const s5 = t55 ^ t67;
      state[at | 0] = s0;
      state[at | 1] = s1;
      state[at | 2] = s2;
      state[at | 3] = s3;
      state[at | 4] = s4;
      state[at | 5] = s5;
      state[at | 6] = s6;
      state[at | 7] = s7;
    }
  }

  /** ShiftRows and MixColumns on eight blocks: row r of word b is found 8 * r further on. */
  function mixEight(): void {
    // 2 s is s one bit up, and 0x1b where bit 7 was set: e has bit 7 of the sums, t that of a plane, p that of the plane before.
    let a0 = state[7] as number;
    let a1 = state[15] as number;
    a1 = (a1 >>> 8) | (a1 << 24);
    let a2 = state[23] as number;
    a2 = (a2 >>> 16) | (a2 << 16);
    let a3 = state[31] as number;
    a3 = (a3 >>> 24) | (a3 << 8);
    const e0 = a0 ^ a1;
    const e1 = a1 ^ a2;
    const e2 = a2 ^ a3;
    const e3 = a3 ^ a0;
    let p0 = e0;
    let p1 = e1;
    let p2 = e2;
    let p3 = e3;
    let t0: number;
    let t1: number;
    let t2: number;
    let t3: number;
    let all: number;

    a0 = state[0] as number;
    a1 = state[8] as number;
    a1 = (a1 >>> 8) | (a1 << 24);
    a2 = state[16] as number;
    a2 = (a2 >>> 16) | (a2 << 16);
    a3 = state[24] as number;
    a3 = (a3 >>> 24) | (a3 << 8);
    t0 = a0 ^ a1;
    t1 = a1 ^ a2;
    t2 = a2 ^ a3;
    t3 = a3 ^ a0;
    all = t0 ^ t2;
    state[0] = all ^ a0 ^ p0;
    state[8] = all ^ a1 ^ p1;
    state[16] = all ^ a2 ^ p2;
    state[24] = all ^ a3 ^ p3;
    p0 = t0;
    p1 = t1;
    p2 = t2;
    p3 = t3;

    a0 = state[1] as number;
    a1 = state[9] as number;
    a1 = (a1 >>> 8) | (a1 << 24);
    a2 = state[17] as number;
    a2 = (a2 >>> 16) | (a2 << 16);
    a3 = state[25] as number;
    a3 = (a3 >>> 24) | (a3 << 8);
    t0 = a0 ^ a1;
    t1 = a1 ^ a2;
    t2 = a2 ^ a3;
    t3 = a3 ^ a0;
    all = t0 ^ t2;
    state[1] = all ^ a0 ^ p0 ^ e0;
    state[9] = all ^ a1 ^ p1 ^ e1;
    state[17] = all ^ a2 ^ p2 ^ e2;
    state[25] = all ^ a3 ^ p3 ^ e3;
    p0 = t0;
    p1 = t1;
    p2 = t2;
    p3 = t3;

    a0 = state[2] as number;
    a1 = state[10] as number;
    a1 = (a1 >>> 8) | (a1 << 24);
    a2 = state[18] as number;
    a2 = (a2 >>> 16) | (a2 << 16);
    a3 = state[26] as number;
    a3 = (a3 >>> 24) | (a3 << 8);
    t0 = a0 ^ a1;
    t1 = a1 ^ a2;
    t2 = a2 ^ a3;
    t3 = a3 ^ a0;
    all = t0 ^ t2;
    state[2] = all ^ a0 ^ p0;
    state[10] = all ^ a1 ^ p1;
    state[18] = all ^ a2 ^ p2;
    state[26] = all ^ a3 ^ p3;
    p0 = t0;
    p1 = t1;
    p2 = t2;
    p3 = t3;

    a0 = state[3] as number;
    a1 = state[11] as number;
    a1 = (a1 >>> 8) | (a1 << 24);
    a2 = state[19] as number;
    a2 = (a2 >>> 16) | (a2 << 16);
    a3 = state[27] as number;
    a3 = (a3 >>> 24) | (a3 << 8);
    t0 = a0 ^ a1;
    t1 = a1 ^ a2;
    t2 = a2 ^ a3;
    t3 = a3 ^ a0;
    all = t0 ^ t2;
    state[3] = all ^ a0 ^ p0 ^ e0;
    state[11] = all ^ a1 ^ p1 ^ e1;
    state[19] = all ^ a2 ^ p2 ^ e2;
    state[27] = all ^ a3 ^ p3 ^ e3;
    p0 = t0;
    p1 = t1;
    p2 = t2;
    p3 = t3;

    a0 = state[4] as number;
    a1 = state[12] as number;
    a1 = (a1 >>> 8) | (a1 << 24);
    a2 = state[20] as number;
    a2 = (a2 >>> 16) | (a2 << 16);
    a3 = state[28] as number;
    a3 = (a3 >>> 24) | (a3 << 8);
    t0 = a0 ^ a1;
    t1 = a1 ^ a2;
    t2 = a2 ^ a3;
    t3 = a3 ^ a0;
    all = t0 ^ t2;
    state[4] = all ^ a0 ^ p0 ^ e0;
    state[12] = all ^ a1 ^ p1 ^ e1;
    state[20] = all ^ a2 ^ p2 ^ e2;
    state[28] = all ^ a3 ^ p3 ^ e3;
    p0 = t0;
    p1 = t1;
    p2 = t2;
    p3 = t3;

    a0 = state[5] as number;
    a1 = state[13] as number;
    a1 = (a1 >>> 8) | (a1 << 24);
    a2 = state[21] as number;
    a2 = (a2 >>> 16) | (a2 << 16);
    a3 = state[29] as number;
    a3 = (a3 >>> 24) | (a3 << 8);
    t0 = a0 ^ a1;
    t1 = a1 ^ a2;
    t2 = a2 ^ a3;
    t3 = a3 ^ a0;
    all = t0 ^ t2;
    state[5] = all ^ a0 ^ p0;
    state[13] = all ^ a1 ^ p1;
    state[21] = all ^ a2 ^ p2;
    state[29] = all ^ a3 ^ p3;
    p0 = t0;
    p1 = t1;
    p2 = t2;
    p3 = t3;

    a0 = state[6] as number;
    a1 = state[14] as number;
    a1 = (a1 >>> 8) | (a1 << 24);
    a2 = state[22] as number;
    a2 = (a2 >>> 16) | (a2 << 16);
    a3 = state[30] as number;
    a3 = (a3 >>> 24) | (a3 << 8);
    t0 = a0 ^ a1;
    t1 = a1 ^ a2;
    t2 = a2 ^ a3;
    t3 = a3 ^ a0;
    all = t0 ^ t2;
    state[6] = all ^ a0 ^ p0;
    state[14] = all ^ a1 ^ p1;
    state[22] = all ^ a2 ^ p2;
    state[30] = all ^ a3 ^ p3;
    p0 = t0;
    p1 = t1;
    p2 = t2;
    p3 = t3;

    a0 = state[7] as number;
    a1 = state[15] as number;
    a1 = (a1 >>> 8) | (a1 << 24);
    a2 = state[23] as number;
    a2 = (a2 >>> 16) | (a2 << 16);
    a3 = state[31] as number;
    a3 = (a3 >>> 24) | (a3 << 8);
    t0 = a0 ^ a1;
    t1 = a1 ^ a2;
    t2 = a2 ^ a3;
    t3 = a3 ^ a0;
    all = t0 ^ t2;
    state[7] = all ^ a0 ^ p0;
    state[15] = all ^ a1 ^ p1;
    state[23] = all ^ a2 ^ p2;
    state[31] = all ^ a3 ^ p3;
  }

  /** Prepares `start` for the counter blocks that begin with `nonce`, three words, and whose number differs from `number` in its last byte. */
  function startCounters(start: Int32Array, nonce: Int32Array, number: number, keys: Int32Array): void {
    const w0 = nonce[0] as number;
    const w1 = nonce[1] as number;
    const w2 = nonce[2] as number;
    const w3 = swapBytes(number & ~0xff);
    for (let i = 0; i < WORDS; i++) {
      const columns = ((w0 >>> i) & 1) | (((w1 >>> i) & 1) << 8) | (((w2 >>> i) & 1) << 16) | (((w3 >>> i) & 1) << 24);
      state[i] = (columns << 8) - columns;
    }
    // The first S-box of rows 0 to 2 is the same for all these blocks.
    substitute(keys, 0, 0, LAST_ROW);
    start.set(state);
  }

  /**
   * XORs blocks `first` to `end` of the eight whose numbers begin with `number`, a multiple of 8, into `words`: block 0 goes to `at`.
   *
   * Long on purpose: V8 inlines no function of this size into another one, where it would no longer know `state`.
   */
  function addEight(
    start: Int32Array,
    number: number,
    keys: Int32Array,
    words: Int32Array,
    at: number,
    first: number,
    end: number,
  ): void {
    for (let i = 0; i < WORDS; i++) state[i] = start[i] as number;
    state[24] = (state[24] as number) ^ 0xaa000000;
    state[25] = (state[25] as number) ^ 0xcc000000;
    state[26] = (state[26] as number) ^ 0xf0000000;
    for (let bit = 3; bit < 8; bit++) {
      state[24 | bit] = (state[24 | bit] as number) ^ -(((number >>> bit) & 1) << 24);
    }
    substitute(keys, 0, LAST_ROW, WORDS);
    const last = keys.length - WORDS;
    for (let key = WORDS; key < last; key += WORDS) {
      mixEight();
      substitute(keys, key, 0, WORDS);
    }
    // ShiftRows and the last round key; then word 8 * row + block has bit 8 * column + bit.
    for (let row = 0; row < WORDS; row += 8) {
      let a0 = state[row] as number;
      let a1 = state[row | 1] as number;
      let a2 = state[row | 2] as number;
      let a3 = state[row | 3] as number;
      let a4 = state[row | 4] as number;
      let a5 = state[row | 5] as number;
      let a6 = state[row | 6] as number;
      let a7 = state[row | 7] as number;
      a0 = ((a0 >>> row) | (a0 << (32 - row))) ^ (keys[(last + row) | 0] as number);
      a1 = ((a1 >>> row) | (a1 << (32 - row))) ^ (keys[(last + row) | 1] as number);
      a2 = ((a2 >>> row) | (a2 << (32 - row))) ^ (keys[(last + row) | 2] as number);
      a3 = ((a3 >>> row) | (a3 << (32 - row))) ^ (keys[(last + row) | 3] as number);
      a4 = ((a4 >>> row) | (a4 << (32 - row))) ^ (keys[(last + row) | 4] as number);
      a5 = ((a5 >>> row) | (a5 << (32 - row))) ^ (keys[(last + row) | 5] as number);
      a6 = ((a6 >>> row) | (a6 << (32 - row))) ^ (keys[(last + row) | 6] as number);
      a7 = ((a7 >>> row) | (a7 << (32 - row))) ^ (keys[(last + row) | 7] as number);
      let t: number;
      t = ((a0 >>> 1) ^ a1) & 0x55555555;
      a1 ^= t;
      a0 ^= t << 1;
      t = ((a2 >>> 1) ^ a3) & 0x55555555;
      a3 ^= t;
      a2 ^= t << 1;
      t = ((a4 >>> 1) ^ a5) & 0x55555555;
      a5 ^= t;
      a4 ^= t << 1;
      t = ((a6 >>> 1) ^ a7) & 0x55555555;
      a7 ^= t;
      a6 ^= t << 1;
      t = ((a0 >>> 2) ^ a2) & 0x33333333;
      a2 ^= t;
      a0 ^= t << 2;
      t = ((a1 >>> 2) ^ a3) & 0x33333333;
      a3 ^= t;
      a1 ^= t << 2;
      t = ((a4 >>> 2) ^ a6) & 0x33333333;
      a6 ^= t;
      a4 ^= t << 2;
      t = ((a5 >>> 2) ^ a7) & 0x33333333;
      a7 ^= t;
      a5 ^= t << 2;
      t = ((a0 >>> 4) ^ a4) & 0x0f0f0f0f;
      a4 ^= t;
      a0 ^= t << 4;
      t = ((a1 >>> 4) ^ a5) & 0x0f0f0f0f;
      a5 ^= t;
      a1 ^= t << 4;
      t = ((a2 >>> 4) ^ a6) & 0x0f0f0f0f;
      a6 ^= t;
      a2 ^= t << 4;
      t = ((a3 >>> 4) ^ a7) & 0x0f0f0f0f;
      a7 ^= t;
      a3 ^= t << 4;
      state[row] = a0;
      state[row | 1] = a1;
      state[row | 2] = a2;
      state[row | 3] = a3;
      state[row | 4] = a4;
      state[row | 5] = a5;
      state[row | 6] = a6;
      state[row | 7] = a7;
    }
    for (let block = first; block < end; block++) addBlock(block, words, at + 4 * block);
  }

  /** Exchanges rows with columns of a block, and XORs it into `words`. */
  function addBlock(block: number, words: Int32Array, at: number): void {
    let a0 = state[block] as number;
    let a1 = state[block + 8] as number;
    let a2 = state[block + 16] as number;
    let a3 = state[block + 24] as number;
    let t = ((a0 >>> 8) ^ a1) & 0x00ff00ff;
    a1 ^= t;
    a0 ^= t << 8;
    t = ((a2 >>> 8) ^ a3) & 0x00ff00ff;
    a3 ^= t;
    a2 ^= t << 8;
    words[at] = (words[at] as number) ^ ((a0 & 0xffff) | (a2 << 16));
    words[at + 1] = (words[at + 1] as number) ^ ((a1 & 0xffff) | (a3 << 16));
    words[at + 2] = (words[at + 2] as number) ^ ((a0 >>> 16) | (a2 & 0xffff0000));
    words[at + 3] = (words[at + 3] as number) ^ ((a1 >>> 16) | (a3 & 0xffff0000));
  }

  /** The key stream is not left behind. */
  function forgetState(): void {
    for (let i = 0; i < WORDS; i++) state[i] = 0;
  }
}
