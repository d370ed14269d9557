/**
 * Poly1305 in float64: numbers below 2^130 as six limbs at multiples of 2^22, each a double that carries its own weight.
 *
 * A product of 44 bits and a sum of six of them fit a double's 53, and a carry is two additions: adding 1.5 * 2^(52+p) leaves
 * no room for what lies below 2^p, so it rounds to a multiple of 2^p; subtracting it again gives the carry. Additions and
 * products of doubles take the same time for every (normal) operand on common processors; no table, no branch on a secret.
 *
 * No rounding ever loses a bit. Below, limbs are counted in units of 2^22k for limb k; r_k < 2^22, r_5 < 2^14 (§2.5: r < 2^124).
 *
 *  1. The state x_k are sums of products h_i r_j (i+j = k) and 20 h_i r_j (i+j = k+6; 2^132 = 20 mod 2^130-5), with
 *     |h_i| <= B = 1.51 * 2^21 by step 4. The worst column is x_0 with 1 + 20 * 4 full terms and 20 * 2^14:
 *     |x_k| <= B * (81 * 2^22 + 20 * 2^14) < 2^50.
 *  2. First carries: each limb keeps at most 2^21 (limb 5: 2^19) and receives at most 2^28 + 1 from the limb below; limb 0
 *     receives 5 for each 2^130 = 2^20 units of limb 5: |x_5| <= B * (5 * 2^22 + 2^14), so at most 101 B + 5 < 2^28.3. All < 2^28.5.
 *  3. The next message block comes on top, as whole words: 2^32 to limb 0, 2^42 to limb 1, 2^30 to limb 3, 2^40 to limb 4,
 *     2^18 to limb 5. Word 2 has weight 2^64 and limb 3 has 2^66: limbs may have quarters of a unit from here on, 2 bits more.
 *  4. Second carries: limb 0 receives at most 5 * (2^8.5 + 2), limb 1 2^10 + 2^7, limb 2 2^20 + 2^7, limb 3 2^7, limb 4
 *     2^8.5, limb 5 2^18 + 2^7, besides what they keep as in step 2: all below B.
 *
 * The largest number is 2^50 in quarters of a unit: 52 bits of 53. Each column's terms and partial sums are multiples of a
 * quarter of its unit below that bound, hence exact. The rounding constants need |x_k| < 2^(51+22), which 2^50 is.
 *
 * @see RFC 8439 §2.5 (The Poly1305 Algorithm)
 * @module
 */

/** Words of a state: r (6 limbs), x (6 limbs), s (4 words). */
const STATE_LENGTH = 16;
const X = 6;
const S = 12;

const ROUND_0 = 1.5 * 2 ** 74;
const ROUND_1 = 1.5 * 2 ** 96;
const ROUND_2 = 1.5 * 2 ** 118;
const ROUND_3 = 1.5 * 2 ** 140;
const ROUND_4 = 1.5 * 2 ** 162;
const ROUND_5 = 1.5 * 2 ** 182;
/** 2^130 is 5. */
const WRAP = 5 * 2 ** -130;

export function poly1305State(): Float64Array {
  return new Float64Array(STATE_LENGTH);
}

/** Begins a message with the one-time key in eight words at `at`. */
export function poly1305Start(state: Float64Array, words: Int32Array, at: number): void {
  // §2.5: r is clamped.
  const r0 = (words[at] as number) & 0x0fffffff;
  const r1 = (words[at + 1] as number) & 0x0ffffffc;
  const r2 = (words[at + 2] as number) & 0x0ffffffc;
  const r3 = (words[at + 3] as number) & 0x0ffffffc;
  state[0] = r0 & 0x3fffff;
  state[1] = (((r0 >>> 22) | (r1 << 10)) & 0x3fffff) * 2 ** 22;
  state[2] = (((r1 >>> 12) | (r2 << 20)) & 0x3fffff) * 2 ** 44;
  state[3] = ((r2 >>> 2) & 0x3fffff) * 2 ** 66;
  state[4] = (((r2 >>> 24) | (r3 << 8)) & 0x3fffff) * 2 ** 88;
  state[5] = (r3 >>> 14) * 2 ** 110;
  for (let k = 0; k < 6; k++) state[X + k] = 0;
  for (let i = 0; i < 4; i++) state[S + i] = (words[at + 4 + i] as number) >>> 0;
}

/** Takes whole blocks of four words from `from` to `to`. */
export function poly1305Absorb(state: Float64Array, words: Int32Array, from: number, to: number): void {
  const r0 = state[0] as number;
  const r1 = state[1] as number;
  const r2 = state[2] as number;
  const r3 = state[3] as number;
  const r4 = state[4] as number;
  const r5 = state[5] as number;
  const s1 = r1 * WRAP;
  const s2 = r2 * WRAP;
  const s3 = r3 * WRAP;
  const s4 = r4 * WRAP;
  const s5 = r5 * WRAP;
  let x0 = state[X] as number;
  let x1 = state[X + 1] as number;
  let x2 = state[X + 2] as number;
  let x3 = state[X + 3] as number;
  let x4 = state[X + 4] as number;
  let x5 = state[X + 5] as number;

  for (let at = from; at < to; at += 4) {
    // First carries (step 2).
    let t0 = x0 + ROUND_0 - ROUND_0;
    let t1 = x1 + ROUND_1 - ROUND_1;
    let t2 = x2 + ROUND_2 - ROUND_2;
    let t3 = x3 + ROUND_3 - ROUND_3;
    let t4 = x4 + ROUND_4 - ROUND_4;
    let t5 = x5 + ROUND_5 - ROUND_5;
    x0 = x0 - t0 + t5 * WRAP;
    x1 = x1 - t1 + t0;
    x2 = x2 - t2 + t1;
    x3 = x3 - t3 + t2;
    x4 = x4 - t4 + t3;
    x5 = x5 - t5 + t4;

    // The block, and the bit beyond it (step 3).
    x0 += (words[at] as number) >>> 0;
    x1 += ((words[at + 1] as number) >>> 0) * 2 ** 32;
    x3 += ((words[at + 2] as number) >>> 0) * 2 ** 64;
    x4 += ((words[at + 3] as number) >>> 0) * 2 ** 96;
    x5 += 2 ** 128;

    // Second carries (step 4).
    t0 = x0 + ROUND_0 - ROUND_0;
    t1 = x1 + ROUND_1 - ROUND_1;
    t2 = x2 + ROUND_2 - ROUND_2;
    t3 = x3 + ROUND_3 - ROUND_3;
    t4 = x4 + ROUND_4 - ROUND_4;
    t5 = x5 + ROUND_5 - ROUND_5;
    const h0 = x0 - t0 + t5 * WRAP;
    const h1 = x1 - t1 + t0;
    const h2 = x2 - t2 + t1;
    const h3 = x3 - t3 + t2;
    const h4 = x4 - t4 + t3;
    const h5 = x5 - t5 + t4;

    // Times r (step 1).
    x0 = h0 * r0 + h1 * s5 + h2 * s4 + h3 * s3 + h4 * s2 + h5 * s1;
    x1 = h0 * r1 + h1 * r0 + h2 * s5 + h3 * s4 + h4 * s3 + h5 * s2;
    x2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s5 + h4 * s4 + h5 * s3;
    x3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s5 + h5 * s4;
    x4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0 + h5 * s5;
    x5 = h0 * r5 + h1 * r4 + h2 * r3 + h3 * r2 + h4 * r1 + h5 * r0;
  }
  state[X] = x0;
  state[X + 1] = x1;
  state[X + 2] = x2;
  state[X + 3] = x3;
  state[X + 4] = x4;
  state[X + 5] = x5;
}

/** Writes the tag of all blocks so far as four words at `at`, and forgets the one-time key. */
export function poly1305Finish(state: Float64Array, words: Int32Array, at: number): void {
  let x0 = state[X] as number;
  let x1 = state[X + 1] as number;
  let x2 = state[X + 2] as number;
  let x3 = state[X + 3] as number;
  let x4 = state[X + 4] as number;
  let x5 = state[X + 5] as number;

  // Both carries of steps 2 and 4, and plain units.
  let t0 = x0 + ROUND_0 - ROUND_0;
  let t1 = x1 + ROUND_1 - ROUND_1;
  let t2 = x2 + ROUND_2 - ROUND_2;
  let t3 = x3 + ROUND_3 - ROUND_3;
  let t4 = x4 + ROUND_4 - ROUND_4;
  let t5 = x5 + ROUND_5 - ROUND_5;
  x0 = x0 - t0 + t5 * WRAP;
  x1 = x1 - t1 + t0;
  x2 = x2 - t2 + t1;
  x3 = x3 - t3 + t2;
  x4 = x4 - t4 + t3;
  x5 = x5 - t5 + t4;
  t0 = x0 + ROUND_0 - ROUND_0;
  t1 = x1 + ROUND_1 - ROUND_1;
  t2 = x2 + ROUND_2 - ROUND_2;
  t3 = x3 + ROUND_3 - ROUND_3;
  t4 = x4 + ROUND_4 - ROUND_4;
  t5 = x5 + ROUND_5 - ROUND_5;
  x0 = x0 - t0 + t5 * WRAP;
  x1 = (x1 - t1 + t0) * 2 ** -22;
  x2 = (x2 - t2 + t1) * 2 ** -44;
  x3 = (x3 - t3 + t2) * 2 ** -66;
  x4 = (x4 - t4 + t3) * 2 ** -88;
  x5 = (x5 - t5 + t4) * 2 ** -110;

  // Quarters of a unit go down; what is left are integers below 2^23.
  const i1 = Math.floor(x1);
  const i2 = Math.floor(x2);
  const i3 = Math.floor(x3);
  const i4 = Math.floor(x4);
  const i5 = Math.floor(x5);
  let v0 = (x0 + (x1 - i1) * 2 ** 22) | 0;
  let v1 = (i1 + (x2 - i2) * 2 ** 22) | 0;
  let v2 = (i2 + (x3 - i3) * 2 ** 22) | 0;
  let v3 = (i3 + (x4 - i4) * 2 ** 22) | 0;
  let v4 = (i4 + (x5 - i5) * 2 ** 22) | 0;
  let v5 = i5 | 0;

  // The first pass leaves -10 to 5 to come in at the bottom, the second at most 5 (or -5) and only where limbs 1 to 5 are then
  // all zero (or all full), so that nothing comes out of the third.
  v1 += v0 >> 22;
  v0 &= 0x3fffff;
  v2 += v1 >> 22;
  v1 &= 0x3fffff;
  v3 += v2 >> 22;
  v2 &= 0x3fffff;
  v4 += v3 >> 22;
  v3 &= 0x3fffff;
  v5 += v4 >> 22;
  v4 &= 0x3fffff;
  v0 += 5 * (v5 >> 20);
  v5 &= 0xfffff;

  v1 += v0 >> 22;
  v0 &= 0x3fffff;
  v2 += v1 >> 22;
  v1 &= 0x3fffff;
  v3 += v2 >> 22;
  v2 &= 0x3fffff;
  v4 += v3 >> 22;
  v3 &= 0x3fffff;
  v5 += v4 >> 22;
  v4 &= 0x3fffff;
  v0 += 5 * (v5 >> 20);
  v5 &= 0xfffff;

  v1 += v0 >> 22;
  v0 &= 0x3fffff;
  v2 += v1 >> 22;
  v1 &= 0x3fffff;
  v3 += v2 >> 22;
  v2 &= 0x3fffff;
  v4 += v3 >> 22;
  v3 &= 0x3fffff;
  v5 += v4 >> 22;
  v4 &= 0x3fffff;
  v0 += 5 * (v5 >> 20);
  v5 &= 0xfffff;

  const h0 = (v0 | (v1 << 22)) >>> 0;
  const h1 = ((v1 >>> 10) | (v2 << 12)) >>> 0;
  const h2 = ((v2 >>> 20) | (v3 << 2) | (v4 << 24)) >>> 0;
  const h3 = ((v4 >>> 8) | (v5 << 14)) >>> 0;

  // h - p = h + 5 - 2^130, if h is not less than p.
  const g0 = h0 + 5;
  const g1 = h1 + high(g0);
  const g2 = h2 + high(g1);
  const g3 = h3 + high(g2);
  const useG = -(((v5 >>> 18) + high(g3)) >>> 2);

  const t = select(useG, g0, h0) + (state[S] as number);
  const u = select(useG, g1, h1) + (state[S + 1] as number) + high(t);
  const v = select(useG, g2, h2) + (state[S + 2] as number) + high(u);
  const w = select(useG, g3, h3) + (state[S + 3] as number) + high(v);
  words[at] = t;
  words[at + 1] = u;
  words[at + 2] = v;
  words[at + 3] = w;
  for (let i = 0; i < STATE_LENGTH; i++) state[i] = 0;
}

/** What a sum of 32-bit numbers carries. */
function high(sum: number): number {
  return (sum * 2 ** -32) | 0;
}

/** `a` where the mask is -1, `b` where it is 0, as unsigned words. */
function select(mask: number, a: number, b: number): number {
  return ((a & mask) | (b & ~mask)) >>> 0;
}
