/**
 * Sources of randomness for tests: a scripted one and a seeded one.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Random } from '../../src/crypto/provider.ts';

/** Gives these values in order, whatever length is asked for, and fails beyond them. */
export function scripted(...values: readonly Uint8Array[]): Random {
  const left = [...values];
  return (length) => {
    const next = left.shift();
    assert.ok(next !== undefined, `a draw of ${length} bytes beyond the script`);
    return next;
  };
}

/** A stream that depends on the seed alone: SHA-256 of seed and counter. `drawn` has the lengths asked for. */
export function seeded(seed: string): Random & { readonly drawn: readonly number[] } {
  const drawn: number[] = [];
  let counter = 0;
  const random = (length: number) => {
    drawn.push(length);
    const bytes = new Uint8Array(length);
    for (let offset = 0; offset < length; offset += 32) {
      const block = createHash('sha256').update(`${seed} ${counter++}`).digest();
      bytes.set(block.subarray(0, Math.min(32, length - offset)), offset);
    }
    return bytes;
  };
  return Object.assign(random, { drawn });
}
