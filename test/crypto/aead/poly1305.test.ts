import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poly1305Absorb, poly1305Finish, poly1305Start, poly1305State } from '../../../src/crypto/aead/poly1305.ts';
import { fromHex, toHex } from '../../vectors/load.ts';
import { seeded } from '../randomness.ts';

const P = 2n ** 130n - 5n;
const ONES = 'ff'.repeat(16);

test('Poly1305 agrees with integers of any size, at the limits of its limbs', (t) => {
  const random = seeded('poly1305');
  // r as large as clamping leaves it, small, and with each limb full in turn; blocks that fill every limb or end at p.
  const keys = [ONES, '00'.repeat(16), `01${'00'.repeat(15)}`, `${'00'.repeat(12)}ffffffff`];
  const blocks = [
    ONES,
    '00'.repeat(16),
    `fb${'ff'.repeat(15)}`,
    `fa${'ff'.repeat(15)}`,
    `${'ff'.repeat(8)}${'00'.repeat(8)}`,
  ];
  let cases = 0;
  for (let i = 0; i < 3000; i++) {
    const r = i % 3 === 0 ? random(16) : fromHex(keys[i % keys.length] ?? '');
    const s = i % 2 === 0 ? fromHex(ONES) : random(16);
    const count = i % 37;
    const message = new Uint8Array(16 * count);
    for (let block = 0; block < count; block++) {
      const choice = (random(1)[0] ?? 0) % 8;
      message.set(
        i % 5 === 0 ? fromHex(ONES) : choice < blocks.length ? fromHex(blocks[choice] ?? '') : random(16),
        16 * block,
      );
    }
    assert.equal(toHex(tagOf(r, s, message)), toHex(referenceTag(r, s, message)), `case ${i}`);
    cases++;
  }
  // A long run at the bound: every block and every limb of r full.
  const long = new Uint8Array(160_000).fill(0xff);
  assert.deepEqual(tagOf(fromHex(ONES), fromHex(ONES), long), referenceTag(fromHex(ONES), fromHex(ONES), long));
  t.diagnostic(`Poly1305: ${cases} messages as integers give them`);
});

test('Poly1305 reduces sums that end at the modulus', () => {
  // With r = 1 a message is summed, so that h can be placed on every value near 2^130 - 5.
  const r = fromHex(`01${'00'.repeat(15)}`);
  const s = new Uint8Array(16);
  for (let low = -40n; low <= 40n; low++) {
    // 2^128 + a, three times, is 2^130 - 5 + low.
    const sum = P + low - 3n * 2n ** 128n;
    const message = new Uint8Array(48);
    let left = sum;
    for (let block = 0; block < 3; block++) {
      const part = left < 2n ** 128n ? left : 2n ** 128n - 1n;
      message.set(bytesOf(part), 16 * block);
      left -= part;
    }
    assert.equal(toHex(tagOf(r, s, message)), toHex(referenceTag(r, s, message)), `p + ${low}`);
  }
});

function tagOf(r: Uint8Array, s: Uint8Array, message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(32 + message.length);
  bytes.set(r);
  bytes.set(s, 16);
  bytes.set(message, 32);
  const words = new Int32Array(bytes.buffer);
  const state = poly1305State();
  poly1305Start(state, words, 0);
  poly1305Absorb(state, words, 8, words.length);
  poly1305Finish(state, words, 0);
  return bytes.slice(0, 16);
}

function referenceTag(r: Uint8Array, s: Uint8Array, message: Uint8Array): Uint8Array {
  const clamped = integer(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let h = 0n;
  for (let at = 0; at < message.length; at += 16)
    h = ((h + integer(message.subarray(at, at + 16)) + 2n ** 128n) * clamped) % P;
  return bytesOf((h + integer(s)) % 2n ** 128n);
}

function integer(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`);
}

function bytesOf(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(32, '0')).reverse();
}
