import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkChangeCipherSpec,
  decodeAlert,
  decodeRecordHeader,
  encodeAlert,
  encodeChangeCipherSpec,
  MAX_CIPHERTEXT_LENGTH_12,
  MAX_CIPHERTEXT_LENGTH_13,
  MAX_PLAINTEXT_LENGTH,
  RECORD_HEADER_LENGTH,
  writeRecordHeader,
} from '../../src/wire/record.ts';
import { rfc8448Steps } from '../vectors/load.ts';

test('record headers of RFC 8448 are read and written back', (t) => {
  let records = 0;
  for (const step of rfc8448Steps()) {
    if (!step.has('complete record')) continue;
    records++;
    const record = step.value('complete record');
    const header = decodeRecordHeader(record);
    assert.equal(header.length, record.length - RECORD_HEADER_LENGTH, step.title);
    assert.equal(header.version >> 8, 3);
    assert.ok(header.type >= 20 && header.type <= 23);
    const written = new Uint8Array(8);
    writeRecordHeader(written, 3, header);
    assert.deepEqual(written.subarray(3), record.subarray(0, 5));
  }
  assert.ok(records > 30);
  t.diagnostic(`wire records: ${records} headers of RFC 8448`);
});

test('a header is read wherever it stands, and only whole', () => {
  const bytes = Uint8Array.of(9, 9, 23, 3, 3, 0x41, 0x23);
  assert.deepEqual(decodeRecordHeader(bytes, 2), { type: 23, version: 0x0303, length: 0x4123 });
  assert.throws(() => decodeRecordHeader(bytes, 3), { code: 'ERR_TLS_DECODE', alert: 'decode_error' });
});

test('the limits are those of the text', () => {
  assert.deepEqual([MAX_PLAINTEXT_LENGTH, MAX_CIPHERTEXT_LENGTH_13, MAX_CIPHERTEXT_LENGTH_12], [16384, 16640, 18432]);
});

test('an alert is two bytes', () => {
  assert.deepEqual(decodeAlert(Uint8Array.of(1, 0)), { level: 1, description: 0 });
  assert.deepEqual(decodeAlert(Uint8Array.of(7, 255)), { level: 7, description: 255 });
  assert.deepEqual(encodeAlert({ level: 2, description: 50 }), Uint8Array.of(2, 50));
  for (const bad of [[], [2], [2, 50, 0], [2, 50, 1, 0]]) {
    assert.throws(() => decodeAlert(Uint8Array.from(bad)), { code: 'ERR_TLS_BAD_ALERT', alert: 'decode_error' });
  }
});

test('change_cipher_spec is the single byte 0x01', () => {
  checkChangeCipherSpec(encodeChangeCipherSpec());
  for (const bad of [[], [0], [2], [1, 1]]) {
    assert.throws(() => checkChangeCipherSpec(Uint8Array.from(bad)), {
      code: 'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
      alert: 'unexpected_message',
    });
  }
});
