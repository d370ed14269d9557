import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { deriveTrafficKeys } from '../../src/keys/schedule13.ts';
import { CIPHER_SUITES, HASH_LENGTH } from '../../src/params/algorithms.ts';
import { createProtection13 } from '../../src/record/protection13.ts';
import { toHex } from '../vectors/load.ts';
import { refuses, SECRET, sealed, suite, TYPE } from './records.ts';

for (const one of CIPHER_SUITES) {
  test(`${one.name}: records are what §5.2 and §5.3 say, against node:crypto`, () => {
    const secret = new Uint8Array(HASH_LENGTH[one.hash]).fill(3);
    const { key, iv } = deriveTrafficKeys(nobleProvider, one, secret);
    const authTagLength = one.aead === 'aes-128-ccm-8' ? 8 : 16;
    // OpenSSL's name for CCM says nothing of the tag's length.
    const cipherName = one.aead.replace(/-8$/, '') as 'aes-128-ccm';
    // Sequence numbers around every byte that the nonce is made of.
    for (const sequence of [
      0,
      1,
      255,
      256,
      65_536,
      2 ** 24,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 40 + 7,
      2 ** 48,
      2 ** 53 - 2,
    ]) {
      const options = { sequence, recordLimit: Number.MAX_SAFE_INTEGER };
      const content = Uint8Array.of(5, 0, 0);
      const record = sealed(createProtection13(nobleProvider, one, secret, options), TYPE.data, content, 2);

      const nonce = Buffer.alloc(12);
      nonce.writeBigUInt64BE(BigInt(sequence), 4);
      for (const [i, byte] of iv.entries()) nonce[i] = (nonce[i] ?? 0) ^ byte;
      const header = Uint8Array.of(23, 3, 3, 0, 3 + 1 + 2 + authTagLength);
      const cipher = createCipheriv(cipherName, key, nonce, { authTagLength });
      cipher.setAAD(header, { plaintextLength: 6 });
      const body = Buffer.concat([
        cipher.update(Uint8Array.of(5, 0, 0, 23, 0, 0)),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      assert.equal(toHex(record), toHex(header) + toHex(body), `sequence ${sequence}`);

      const reader = createProtection13(nobleProvider, one, secret, options);
      const out = new Uint8Array(40);
      assert.equal(reader.open(0x0303, record.subarray(5), out, 10), 3);
      assert.equal(reader.innerType, TYPE.data);
      assert.deepEqual([...out.subarray(10, 13)], [...content]);
      assert.equal(reader.sequence, sequence + 1);
    }
  });
}

test('a record that does not open leaves sequence number and output alone', () => {
  const record = sealed(createProtection13(nobleProvider, suite(), SECRET), TYPE.alert, [1, 0]);
  const reader = createProtection13(nobleProvider, suite(), SECRET);
  const out = new Uint8Array(32).fill(7);
  const wrong = record.map((byte, i) => (i === 8 ? byte ^ 1 : byte));
  assert.equal(reader.open(0x0303, wrong.subarray(5), out, 0), -1);
  assert.equal(reader.open(0x0301, record.subarray(5), out, 0), -1, 'the header as received is authenticated');
  assert.equal(reader.sequence, 0);
  assert.ok(out.every((byte) => byte === 7));
  assert.equal(reader.open(0x0303, record.subarray(5), out, 0), 2);
});

test('a record opens once, and in its order', () => {
  const peer = createProtection13(nobleProvider, suite(), SECRET);
  const [first, second] = [sealed(peer, TYPE.data, [1]), sealed(peer, TYPE.data, [2])];
  const reader = createProtection13(nobleProvider, suite(), SECRET);
  const out = new Uint8Array(32);
  assert.equal(reader.open(0x0303, second.subarray(5), out, 0), -1);
  assert.equal(reader.open(0x0303, first.subarray(5), out, 0), 1);
  assert.equal(reader.open(0x0303, first.subarray(5), out, 0), -1);
  assert.equal(reader.open(0x0303, second.subarray(5), out, 0), 1);
});

test('§5.3: a sequence number does not wrap', () => {
  const options = { sequence: Number.MAX_SAFE_INTEGER, recordLimit: Number.MAX_SAFE_INTEGER };
  const protection = createProtection13(nobleProvider, suite(), SECRET, options);
  refuses(
    () => protection.open(0x0303, new Uint8Array(20), new Uint8Array(20), 0),
    'ERR_TLS_SEQUENCE_EXHAUSTED',
    'internal_error',
  );
  refuses(() => sealed(protection, TYPE.data, [1]), 'ERR_TLS_KEY_LIMIT', 'internal_error');
});

test('§5.5: by default a key seals as many records as its AEAD allows', () => {
  const atLimit = createProtection13(nobleProvider, suite(), SECRET, { sequence: 23_726_565 });
  assert.equal(sealed(atLimit, TYPE.data, [1]).length, 23);
  refuses(() => sealed(atLimit, TYPE.data, [1]), 'ERR_TLS_KEY_LIMIT', 'internal_error');
});

test('after wipe nothing is sealed', () => {
  const protection = createProtection13(nobleProvider, suite(), SECRET);
  protection.wipe();
  assert.throws(() => sealed(protection, TYPE.data, [1]), TlsUsageError);
});
