/**
 * GHASH with tables: for each of a block's 32 half bytes and its 16 values, the product with the key.
 *
 * Faster than integer products, and not in constant time: which cache lines are read depends on hash and key, and code on the same
 * machine may observe it. An option, never the default. Tables are made at a key's first long message and then kept; shorter
 * ones before it, and while another key's tables are unpacked, are hashed in constant time.
 *
 * @see NIST SP 800-38D §6.3 (Multiplication Operation on Blocks), §6.4 (GHASH Function)
 * @module
 */
import type { Ghash } from './ghash.ts';
import { createConstantTimeGhash } from './ghash-constant-time.ts';
import { swapBytes } from './stage.ts';

/** `key`: the hash subkey H as four little-endian words. */
export const createFastGhash: (key: Int32Array) => Ghash = /* @__PURE__ */ makeKernel();

/** A function, for what ghash-constant-time.ts says of its arrays. */
function makeKernel() {
  /** Blocks from which unpacking tables is worth while. */
  const LONG = 16;
  const HALVES = 32;

  const hash = new Int32Array(4);
  /** By 16 * half byte + value: the four words of the product. */
  const w0 = new Int32Array(16 * HALVES);
  const w1 = new Int32Array(16 * HALVES);
  const w2 = new Int32Array(16 * HALVES);
  const w3 = new Int32Array(16 * HALVES);
  let unpacked: readonly Int32Array[] | null = null;

  return createFastGhash;

  function createFastGhash(key: Int32Array): Ghash {
    const subkey = key.slice();
    const slow = createConstantTimeGhash(key);
    let tables: readonly Int32Array[] | null = null;
    let fast = false;

    return {
      start(blocks) {
        fast = unpacked !== null && unpacked === tables;
        if (!fast && blocks >= LONG) {
          tables ??= makeTables(subkey);
          unpack(tables);
          fast = true;
        }
        if (!fast) slow.start(blocks);
      },

      absorb(words, from, to) {
        if (!fast) return slow.absorb(words, from, to);
        for (let at = from; at < to; at += 4) absorbBlock(words, at);
      },

      finish(words, at) {
        if (!fast) return slow.finish(words, at);
        for (let i = 0; i < 4; i++) {
          words[at + i] = hash[i] as number;
          hash[i] = 0;
        }
      },

      wipe() {
        slow.wipe();
        subkey.fill(0);
        if (tables === null) return;
        for (const table of tables) table.fill(0);
        if (unpacked === tables) unpack(tables);
      },
    };
  }

  function unpack(tables: readonly Int32Array[]): void {
    const [t0, t1, t2, t3] = tables as [Int32Array, Int32Array, Int32Array, Int32Array];
    w0.set(t0);
    w1.set(t1);
    w2.set(t2);
    w3.set(t3);
    unpacked = tables;
  }

  /** Half byte 2 * i is the upper one of byte i. */
  function makeTables(key: Int32Array): readonly Int32Array[] {
    const tables = [w0, w1, w2, w3].map((table) => new Int32Array(table.length));
    const power = key.map(swapBytes);
    for (let half = 0; half < HALVES; half++) {
      for (let bit = 8; bit > 0; bit >>= 1) {
        tables.forEach((table, i) => {
          const product = swapBytes(power[i] as number);
          // With this bit and any that are above it.
          for (let value = bit; value < 16; value += 2 * bit) {
            table[16 * half + value] = (table[16 * half + value - bit] as number) ^ product;
          }
        });
        timesX(power);
      }
    }
    power.fill(0);
    return tables;
  }

  /** §6.3: the coefficient of x^0 is the highest bit of word 0. */
  function timesX(power: Int32Array): void {
    const over = -((power[3] as number) & 1);
    for (let i = 3; i > 0; i--) power[i] = ((power[i] as number) >>> 1) | ((power[i - 1] as number) << 31);
    power[0] = ((power[0] as number) >>> 1) ^ (over & 0xe1000000);
  }

  /** The hash so far and a block, times the key. */
  function absorbBlock(words: Int32Array, at: number): void {
    let z0 = 0;
    let z1 = 0;
    let z2 = 0;
    let z3 = 0;
    for (let i = 0; i < 4; i++) {
      const word = (hash[i] as number) ^ (words[at + i] as number);
      const table = 128 * i;
      let entry = 0;
      entry = table + ((word >>> 4) & 15);
      z0 ^= w0[entry] as number;
      z1 ^= w1[entry] as number;
      z2 ^= w2[entry] as number;
      z3 ^= w3[entry] as number;
      entry = table + 16 + (word & 15);
      z0 ^= w0[entry] as number;
      z1 ^= w1[entry] as number;
      z2 ^= w2[entry] as number;
      z3 ^= w3[entry] as number;
      entry = table + 32 + ((word >>> 12) & 15);
      z0 ^= w0[entry] as number;
      z1 ^= w1[entry] as number;
      z2 ^= w2[entry] as number;
      z3 ^= w3[entry] as number;
      entry = table + 48 + ((word >>> 8) & 15);
      z0 ^= w0[entry] as number;
      z1 ^= w1[entry] as number;
      z2 ^= w2[entry] as number;
      z3 ^= w3[entry] as number;
      entry = table + 64 + ((word >>> 20) & 15);
      z0 ^= w0[entry] as number;
      z1 ^= w1[entry] as number;
      z2 ^= w2[entry] as number;
      z3 ^= w3[entry] as number;
      entry = table + 80 + ((word >>> 16) & 15);
      z0 ^= w0[entry] as number;
      z1 ^= w1[entry] as number;
      z2 ^= w2[entry] as number;
      z3 ^= w3[entry] as number;
      entry = table + 96 + (word >>> 28);
      z0 ^= w0[entry] as number;
      z1 ^= w1[entry] as number;
      z2 ^= w2[entry] as number;
      z3 ^= w3[entry] as number;
      entry = table + 112 + ((word >>> 24) & 15);
      z0 ^= w0[entry] as number;
      z1 ^= w1[entry] as number;
      z2 ^= w2[entry] as number;
      z3 ^= w3[entry] as number;
    }
    hash[0] = z0;
    hash[1] = z1;
    hash[2] = z2;
    hash[3] = z3;
  }
}
