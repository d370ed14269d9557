/**
 * GHASH in constant time: products of polynomials by the multiplication of integers, with holes that take the carries.
 *
 * Of two polynomials whose bits lie three places apart, the product of integers has in every third place the number of ways to
 * get there, at most 6 for 16 bits: it fits the three places, and its lowest bit is the bit of the polynomials' product. Nine
 * such products make one of 16 by 16 bits, and 27 of these, by Karatsuba's method three times over, one of 128 by 128.
 *
 * A block's first bit is the coefficient of x^0 and the highest bit of word 0, so that products come out one place too low: the
 * key is divided by x to make up for it.
 *
 * Constant-time at source level: no index and no branch depends on a secret; `Math.imul` is one instruction that takes the same
 * time for all operands on common processors. A JavaScript engine does not promise to keep it so.
 *
 * @see NIST SP 800-38D §6.3 (Multiplication Operation on Blocks), §6.4 (GHASH Function)
 * @module
 */
import type { Ghash } from './ghash.ts';
import { swapBytes } from './stage.ts';

/** `key`: the hash subkey H as four little-endian words. */
export const createConstantTimeGhash: (key: Int32Array) => Ghash = /* @__PURE__ */ makeKernel();

/**
 * The arrays are constants of a function: V8 then knows their addresses and their lengths, and leaves out every check. Those of a
 * module would do, but bundlers make variables of them.
 */
function makeKernel() {
  const PRODUCTS = 27;
  /** Every third bit of 16, from bit 0, 1 and 2, and of 32. */
  const A = 0x9249;
  const B = 0x2492;
  const C = 0x4924;
  const A32 = 0x49249249;
  const B32 = 0x92492492 | 0;
  const C32 = 0x24924924;

  const hash = new Int32Array(4);
  const parts = new Int32Array(PRODUCTS);
  const products = new Int32Array(PRODUCTS);
  const h0 = new Int32Array(PRODUCTS);
  const h1 = new Int32Array(PRODUCTS);
  const h2 = new Int32Array(PRODUCTS);
  /** The first part of the key that is in them. */
  let unpacked: Int32Array | null = null;

  return createConstantTimeGhash;

  function createConstantTimeGhash(key: Int32Array): Ghash {
    const [a, b, c] = splitKey(key);

    return {
      start() {
        // One key is unpacked at a time, since arrays of this module are read faster than those of a context.
        if (unpacked !== a) {
          h0.set(a);
          h1.set(b);
          h2.set(c);
          unpacked = a;
        }
        for (let i = 0; i < 4; i++) hash[i] = 0;
      },

      absorb(words, from, to) {
        for (let at = from; at < to; at += 4) absorbBlock(words, at);
      },

      finish(words, at) {
        for (let i = 0; i < 4; i++) {
          words[at + i] = swapBytes(hash[i] as number);
          hash[i] = 0;
        }
        parts.fill(0);
        products.fill(0);
      },

      wipe() {
        for (const part of [a, b, c]) part.fill(0);
        if (unpacked !== a) return;
        for (const part of [h0, h1, h2]) part.fill(0);
      },
    };
  }

  /** The factors of the 27 products that the key stands for, each in three parts of every third bit. */
  function splitKey(key: Int32Array): readonly [Int32Array, Int32Array, Int32Array] {
    const [k0, k1, k2, k3] = [0, 1, 2, 3].map((i) => swapBytes(key[i] as number)) as [number, number, number, number];
    // Divided by x: 1 / x is x^127 + x^6 + x + 1.
    const odd = k0 >> 31;
    factors(
      (k0 << 1) ^ (k1 >>> 31) ^ (odd & 0xc2000000),
      (k1 << 1) | (k2 >>> 31),
      (k2 << 1) | (k3 >>> 31),
      (k3 << 1) ^ (odd & 1),
    );
    const split = [
      parts.map((part) => part & A),
      parts.map((part) => part & B),
      parts.map((part) => part & C),
    ] as const;
    parts.fill(0);
    return split;
  }

  /** Karatsuba's method on words and halves of words: each, each other and their sum. In the lower 16 bits; what is above is ignored. */
  function factors(y0: number, y1: number, y2: number, y3: number): void {
    const y01 = y0 ^ y1;
    const y23 = y2 ^ y3;
    const y02 = y0 ^ y2;
    const y13 = y1 ^ y3;
    const all = y01 ^ y23;
    parts[0] = y0;
    parts[1] = y0 >>> 16;
    parts[2] = y0 ^ (y0 >>> 16);
    parts[3] = y1;
    parts[4] = y1 >>> 16;
    parts[5] = y1 ^ (y1 >>> 16);
    parts[6] = y01;
    parts[7] = y01 >>> 16;
    parts[8] = y01 ^ (y01 >>> 16);
    parts[9] = y2;
    parts[10] = y2 >>> 16;
    parts[11] = y2 ^ (y2 >>> 16);
    parts[12] = y3;
    parts[13] = y3 >>> 16;
    parts[14] = y3 ^ (y3 >>> 16);
    parts[15] = y23;
    parts[16] = y23 >>> 16;
    parts[17] = y23 ^ (y23 >>> 16);
    parts[18] = y02;
    parts[19] = y02 >>> 16;
    parts[20] = y02 ^ (y02 >>> 16);
    parts[21] = y13;
    parts[22] = y13 >>> 16;
    parts[23] = y13 ^ (y13 >>> 16);
    parts[24] = all;
    parts[25] = all >>> 16;
    parts[26] = all ^ (all >>> 16);
  }

  /**
   * The hash so far and a block, times the key.
   *
   * One long function on purpose: V8 inlines no function of this size into another one, where it would no longer know the
   * arrays of this module.
   */
  function absorbBlock(words: Int32Array, at: number): void {
    factors(
      (hash[0] as number) ^ swapBytes(words[at] as number),
      (hash[1] as number) ^ swapBytes(words[at + 1] as number),
      (hash[2] as number) ^ swapBytes(words[at + 2] as number),
      (hash[3] as number) ^ swapBytes(words[at + 3] as number),
    );

    for (let i = 0; i < PRODUCTS; i++) {
      const part = parts[i] as number;
      const a = part & A;
      const b = part & B;
      const c = part & C;
      const d = h0[i] as number;
      const e = h1[i] as number;
      const f = h2[i] as number;
      products[i] =
        ((Math.imul(a, d) ^ Math.imul(b, f) ^ Math.imul(c, e)) & A32) |
        ((Math.imul(a, e) ^ Math.imul(b, d) ^ Math.imul(c, f)) & B32) |
        ((Math.imul(a, f) ^ Math.imul(b, e) ^ Math.imul(c, d)) & C32);
    }

    // Joined to one product of 256 bits.
    const p0 = products[0] as number;
    const q0 = products[1] as number;
    const r0 = (products[2] as number) ^ p0 ^ q0;
    const low0 = p0 ^ (r0 << 16);
    const high0 = q0 ^ (r0 >>> 16);
    const p1 = products[3] as number;
    const q1 = products[4] as number;
    const r1 = (products[5] as number) ^ p1 ^ q1;
    const low1 = p1 ^ (r1 << 16);
    const high1 = q1 ^ (r1 >>> 16);
    const p2 = products[6] as number;
    const q2 = products[7] as number;
    const r2 = (products[8] as number) ^ p2 ^ q2;
    const low2 = p2 ^ (r2 << 16);
    const high2 = q2 ^ (r2 >>> 16);
    const p3 = products[9] as number;
    const q3 = products[10] as number;
    const r3 = (products[11] as number) ^ p3 ^ q3;
    const low3 = p3 ^ (r3 << 16);
    const high3 = q3 ^ (r3 >>> 16);
    const p4 = products[12] as number;
    const q4 = products[13] as number;
    const r4 = (products[14] as number) ^ p4 ^ q4;
    const low4 = p4 ^ (r4 << 16);
    const high4 = q4 ^ (r4 >>> 16);
    const p5 = products[15] as number;
    const q5 = products[16] as number;
    const r5 = (products[17] as number) ^ p5 ^ q5;
    const low5 = p5 ^ (r5 << 16);
    const high5 = q5 ^ (r5 >>> 16);
    const p6 = products[18] as number;
    const q6 = products[19] as number;
    const r6 = (products[20] as number) ^ p6 ^ q6;
    const low6 = p6 ^ (r6 << 16);
    const high6 = q6 ^ (r6 >>> 16);
    const p7 = products[21] as number;
    const q7 = products[22] as number;
    const r7 = (products[23] as number) ^ p7 ^ q7;
    const low7 = p7 ^ (r7 << 16);
    const high7 = q7 ^ (r7 >>> 16);
    const p8 = products[24] as number;
    const q8 = products[25] as number;
    const r8 = (products[26] as number) ^ p8 ^ q8;
    const low8 = p8 ^ (r8 << 16);
    const high8 = q8 ^ (r8 >>> 16);
    const t0 = high0;
    const t1 = low0 ^ high2 ^ high0 ^ high1;
    const t2 = high1 ^ low2 ^ low0 ^ low1;
    const t3 = low1;
    const b0 = high3;
    const b1 = low3 ^ high5 ^ high3 ^ high4;
    const b2 = high4 ^ low5 ^ low3 ^ low4;
    const b3 = low4;
    const m0 = high6;
    const m1 = low6 ^ high8 ^ high6 ^ high7;
    const m2 = high7 ^ low8 ^ low6 ^ low7;
    const m3 = low7;
    let z2 = t2 ^ m0 ^ t0 ^ b0;
    let z3 = t3 ^ m1 ^ t1 ^ b1;
    let z4 = b0 ^ m2 ^ t2 ^ b2;
    const z5 = b1 ^ m3 ^ t3 ^ b3;

    // Taken modulo x^128 + x^7 + x^2 + x + 1: word i + 4 goes to word i, and its end to word i + 1.
    z3 ^= b3 ^ (b3 >>> 1) ^ (b3 >>> 2) ^ (b3 >>> 7);
    z4 ^= (b3 << 31) ^ (b3 << 30) ^ (b3 << 25);
    z2 ^= b2 ^ (b2 >>> 1) ^ (b2 >>> 2) ^ (b2 >>> 7);
    z3 ^= (b2 << 31) ^ (b2 << 30) ^ (b2 << 25);
    z2 ^= (z5 << 31) ^ (z5 << 30) ^ (z5 << 25);
    hash[0] = t0 ^ z4 ^ (z4 >>> 1) ^ (z4 >>> 2) ^ (z4 >>> 7);
    hash[1] = t1 ^ z5 ^ (z5 >>> 1) ^ (z5 >>> 2) ^ (z5 >>> 7) ^ (z4 << 31) ^ (z4 << 30) ^ (z4 << 25);
    hash[2] = z2;
    hash[3] = z3;
  }
}
