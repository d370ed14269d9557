import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { HASH_LENGTH } from '../../src/params/algorithms.ts';
import { provider } from '../provider.ts';
import { toHex } from '../vectors/load.ts';
import { seeded } from './randomness.ts';

const HASHES = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
const LENGTHS = [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000];

for (const name of HASHES) {
  test(`${name} agrees with node:crypto, in one piece and in two`, () => {
    const random = seeded(name);
    for (const length of LENGTHS) {
      const bytes = random(length);
      const cut = Math.floor(length / 3);
      const hash = provider.hash(name);
      hash.update(bytes.subarray(0, cut));
      hash.update(bytes.subarray(cut));
      const digest = hash.digest();
      assert.equal(digest.length, HASH_LENGTH[name]);
      assert.equal(toHex(digest), createHash(name).update(bytes).digest('hex'));
    }
  });

  test(`a clone of ${name} goes its own way`, () => {
    const of = (text: string) => createHash(name).update(text).digest('hex');
    const hash = provider.hash(name);
    hash.update(ascii('client'));
    const clone = hash.clone();
    hash.update(ascii(' server'));
    clone.update(ascii(' other'));
    const second = clone.clone();
    assert.equal(toHex(clone.digest()), of('client other'));
    assert.equal(toHex(hash.digest()), of('client server'));
    assert.equal(toHex(second.digest()), of('client other'));
  });

  test(`HMAC with ${name} agrees with node:crypto, over any split of the data`, () => {
    const random = seeded(`hmac ${name}`);
    for (const keyLength of [0, 1, 32, 48, 63, 64, 65, 127, 128, 129, 300]) {
      const key = random(keyLength);
      const data = random(100);
      const expected = createHmac(name, key).update(data).digest('hex');
      assert.equal(toHex(provider.hmac(name, key, data)), expected);
      assert.equal(
        toHex(provider.hmac(name, key, data.subarray(0, 7), data.subarray(7, 7), data.subarray(7))),
        expected,
      );
    }
    assert.equal(toHex(provider.hmac(name, ascii('k'))), createHmac(name, 'k').digest('hex'));
  });
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
