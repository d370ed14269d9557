import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { TlsUsageError } from '../../../src/errors/errors.ts';
import { toHex } from '../../vectors/load.ts';
import { seeded } from '../randomness.ts';
import { runWycheproof, type WycheproofCase } from '../wycheproof.ts';
import { CONTEXTS, nodeSeal } from './contexts.ts';

/** ISOTLS_AEAD_CASES=1000000 for the long run: cases per cipher. */
const CASES = Number(process.env['ISOTLS_AEAD_CASES'] ?? 20_000);
const SEED = process.env['ISOTLS_AEAD_SEED'] ?? 'aead';
const EMPTY = new Uint8Array(0);
const TAG = 16;

interface AeadCase extends WycheproofCase {
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
}

for (const { label, cipher, keyLength, create } of CONTEXTS) {
  test(`${label}: random sizes, splits, offsets and alignments, against node:crypto`, (t) => {
    const pool = seeded(`${SEED} ${label}`)(65_536);
    const draw = numbers(pool);
    let key = pool.slice(0, keyLength);
    let aead = create(key);
    const source = new Uint8Array(40_000);
    const target = new Uint8Array(40_000);
    for (let i = 0; i < CASES; i++) {
      if (i % 16 === 0) {
        key = source
          .slice(draw(256), 1000)
          .subarray(0, keyLength)
          .map((byte) => byte ^ draw(256));
        aead = create(key);
      }
      const length = sizeOf(i, draw);
      const shift = draw(16);
      const offset = draw(16);
      const at = draw(60_000 - 40_000);
      source.set(pool.subarray(at, at + length), shift);
      const inner = source.subarray(shift, shift + length);
      const nonce = pool.slice(at + 7, at + 19);
      const aad = pool.subarray(at, at + draw(i % 50 === 0 ? 600 : 40));
      const split = draw(2) === 0 ? Math.max(0, length - 1) : draw(length + 1);
      const expected = nodeSeal(cipher, key, nonce, aad, inner);

      target.fill(0xa5, 0, length + 64);
      const inPlace = draw(3) === 0;
      const out = inPlace ? source : target;
      const to = inPlace ? shift : offset;
      const tail = inPlace ? inner.slice(split) : inner.subarray(split);
      aead.seal(nonce, aad, inner.subarray(0, split), tail, out, to);
      const sealed = out.subarray(to, to + length + TAG);
      if (Buffer.compare(sealed, expected) !== 0) assert.fail(`seal ${SEED} ${i}: ${length} bytes, split ${split}`);
      if (!inPlace && (target[to + length + TAG] !== 0xa5 || (to > 0 && target[to - 1] !== 0xa5)))
        assert.fail(`seal ${SEED} ${i} wrote beyond its output`);

      // A forgery first: refused, and nothing is written.
      const bit = draw(8 * (length + TAG));
      sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const forged = Buffer.from(sealed);
      assert.equal(aead.open(nonce, aad, sealed, out, to), false);
      if (Buffer.compare(sealed, forged) !== 0) assert.fail(`open ${SEED} ${i}: a forgery was written`);
      sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7));

      assert.equal(aead.open(nonce, aad, sealed, out, to), true);
      if (Buffer.compare(out.subarray(to, to + length), pool.subarray(at, at + length)) !== 0)
        assert.fail(`open ${SEED} ${i}: ${length} bytes`);
    }
    t.diagnostic(`${label}: ${CASES} random cases sealed, forged and opened as node:crypto does`);
  });

  test(`${label}: every length to 300 and some long ones, against noble`, () => {
    const random = seeded(`${label} noble`);
    const key = random(keyLength);
    const aead = create(key);
    const noble = cipher === 'chacha20-poly1305' ? chacha20poly1305 : gcm;
    for (const length of [...Array(301).keys()].concat([4096, 16_384, 16_401, 16_640, 16_641, 33_280, 50_001])) {
      const nonce = random(12);
      const aad = random(length % 41);
      const plaintext = random(length);
      const out = new Uint8Array(length + TAG);
      aead.seal(nonce, aad, plaintext, EMPTY, out, 0);
      assert.equal(toHex(out), toHex(noble(key, nonce, aad).encrypt(plaintext)), `${length}`);
      const opened = new Uint8Array(length);
      assert.ok(aead.open(nonce, aad, out, opened, 0));
      assert.equal(toHex(opened), toHex(plaintext));
      out[length] = (out[length] ?? 0) ^ 1;
      opened.fill(0xa5);
      assert.equal(aead.open(nonce, aad, out, opened, 0), false);
      assert.ok(opened.every((byte) => byte === 0xa5));
    }
  });

  test(`${label}: Wycheproof`, (t) => {
    const file = cipher === 'chacha20-poly1305' ? 'chacha20_poly1305' : 'aes_gcm';
    runWycheproof<{ readonly ivSize: number; readonly keySize: number }, AeadCase>(t, file, (vector, group) => {
      if (group.keySize !== 8 * keyLength) return { outOfScope: `${group.keySize}-bit key` };
      if (group.ivSize !== 96) return { outOfScope: 'nonce other than 12 bytes' };
      const [key, iv, aad, msg, sealed] = [vector.key, vector.iv, vector.aad, vector.msg, vector.ct + vector.tag].map(
        (hex) => new Uint8Array(Buffer.from(hex, 'hex')),
      ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
      const aead = create(key);
      const out = new Uint8Array(msg.length + TAG);
      aead.seal(iv, aad, msg, EMPTY, out, 0);
      assert.equal(toHex(out) === toHex(sealed), vector.result === 'valid');
      const opened = new Uint8Array(sealed.length - TAG);
      if (!aead.open(iv, aad, sealed, opened, 0)) return 'refused';
      assert.equal(toHex(opened), vector.msg);
      return 'accepted';
    });
  });

  test(`${label}: refuses a caller's mistakes before it writes`, () => {
    const aead = create(new Uint8Array(keyLength).fill(7));
    const nonce = new Uint8Array(12);
    const buffer = new Uint8Array(200).fill(0xa5);
    const refused = (work: () => void) => {
      assert.throws(work, TlsUsageError);
      assert.ok(buffer.every((byte) => byte === 0xa5));
    };
    assert.throws(() => create(new Uint8Array(keyLength - 1)), TlsUsageError);
    refused(() => aead.seal(new Uint8Array(11), EMPTY, EMPTY, EMPTY, buffer, 0));
    refused(() => aead.seal(nonce, EMPTY, new Uint8Array(185), EMPTY, buffer, 0));
    refused(() => aead.seal(nonce, EMPTY, EMPTY, EMPTY, buffer, Number.NaN));
    // Overlapping, but not the same range.
    refused(() => aead.seal(nonce, EMPTY, buffer.subarray(10, 50), EMPTY, buffer, 11));
    refused(() => aead.seal(nonce, EMPTY, buffer.subarray(30, 50), EMPTY, buffer, 0));
    refused(() => aead.seal(nonce, EMPTY, EMPTY, buffer.subarray(15, 16), buffer, 0));
    refused(() => aead.open(nonce, EMPTY, buffer.subarray(10, 60), buffer, 9));
    refused(() => aead.open(nonce, EMPTY, buffer.subarray(10, 60), buffer, 59));
    refused(() => void aead.open(nonce, EMPTY, new Uint8Array(100), buffer, 117));
    // Side by side is apart.
    assert.equal(aead.open(nonce, EMPTY, buffer.subarray(10, 60), buffer, 60), false);
    aead.wipe();
    refused(() => aead.seal(nonce, EMPTY, EMPTY, EMPTY, buffer, 0));
    refused(() => void aead.open(nonce, EMPTY, buffer.subarray(0, 32), buffer, 100));
  });
}

/** Mostly short; some about a block length of the stage; a few of several stages. */
function sizeOf(i: number, draw: (below: number) => number): number {
  if (i % 200 === 0) return 16_500 + draw(300);
  if (i % 997 === 0) return 33_000 + draw(600);
  return i % 10 === 0 ? draw(2000) : draw(300);
}

/** Numbers from a seed's bytes: xorshift, whose quality is enough for sizes. */
function numbers(seed: Uint8Array): (below: number) => number {
  let state = new DataView(seed.buffer).getUint32(0) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
