/**
 * Long records that the AEAD opens into arrays of their own: the same content, the same refusals, as by copying into a run.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { byName, CIPHER_SUITES_12, type CipherSuite12 } from '../../src/params/algorithms.ts';
import { createProtection12 } from '../../src/record/protection12.ts';
import { createProtection13, type Protection13 } from '../../src/record/protection13.ts';
import {
  concat,
  describe,
  drain,
  keyedReader,
  message,
  plain,
  refuses,
  SECRET,
  sealed,
  seeded,
  suite,
  TYPE,
} from './records.ts';

const node = { crypto: nodeProvider };
const full = (length: number): Uint8Array => new Uint8Array(length).map((_, i) => (i * 7 + 1) & 0xff);

test('runs of short and long records hold the same data whichever provider opens them', () => {
  const random = seeded(11);
  for (let round = 0; round < 20; round++) {
    const noble = keyedReader();
    const native = keyedReader(node);
    const parts = Array.from({ length: 12 }, () => {
      const length = [1 + random(200), 8_170 + random(12), 16_384 - random(3)][random(3)] ?? 1;
      return sealed(noble.peer, TYPE.data, full(length), length < 16_000 ? random(300) : 0);
    });
    const all = concat(
      ...parts,
      sealed(noble.peer, TYPE.handshake, message(4, 9_000)),
      sealed(noble.peer, TYPE.alert, [1, 0]),
    );
    for (const { reader } of [noble, native]) {
      const cut = random(all.length);
      reader.borrow(all.slice(0, cut));
      const first = drain(reader);
      reader.release();
      reader.borrow(all.slice(cut));
      const second = drain(reader);
      reader.release();
      assert.equal(reader.buffered, 0);
      const lines = describe([...first, ...second]);
      assert.equal(lines.length, 3);
      if (reader === noble.reader) continue;
      const again = keyedReader();
      again.reader.feed(all);
      assert.deepEqual(lines, describe(drain(again.reader)));
    }
  }
});

test("an array of its own is the receiver's, and is not kept for what padding has emptied", () => {
  const { reader, peer } = keyedReader(node);
  const input = concat(sealed(peer, TYPE.data, full(16_384)), sealed(peer, TYPE.data, full(50), 12_000));
  reader.borrow(input);
  const [first, second] = drain(reader);
  assert.ok(first?.kind === 'application_data' && second?.kind === 'application_data');
  assert.notEqual(first.data.buffer, input.buffer);
  input.fill(0);
  assert.deepEqual(first.data, full(16_384));
  assert.equal(second.data.buffer.byteLength, 50);
});

test('long records are refused for what short ones are refused for', () => {
  const all: [(peer: Protection13) => Uint8Array, ErrorCode, AlertName][] = [
    [() => plain(TYPE.data, full(9_000)), 'ERR_TLS_BAD_RECORD', 'bad_record_mac'],
    [(peer) => sealed(peer, TYPE.data, full(2 ** 14), 1), 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow'],
    [(peer) => sealed(peer, 0, new Uint8Array(0), 9_000), 'ERR_TLS_NO_INNER_TYPE', 'unexpected_message'],
    [(peer) => sealed(peer, 99, full(9_000)), 'ERR_TLS_RECORD_TYPE', 'unexpected_message'],
    [(peer) => sealed(peer, TYPE.handshake, [], 9_000), 'ERR_TLS_EMPTY_RECORD', 'unexpected_message'],
    [(peer) => sealed(peer, TYPE.alert, [1], 9_000), 'ERR_TLS_BAD_ALERT', 'decode_error'],
    [(peer) => sealed(peer, TYPE.ccs, [1], 9_000), 'ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'unexpected_message'],
  ];
  for (const [bad, code, alert] of all) {
    const { reader, peer } = keyedReader(node);
    reader.feed(concat(sealed(peer, TYPE.data, full(10_000)), bad(peer)));
    assert.equal(describe([reader.next() ?? assert.fail()])[0]?.length, 20_005);
    refuses(() => reader.next(), code, alert);
  }
  const { reader, peer } = keyedReader(node);
  for (let i = 0; i < 32; i++) reader.feed(sealed(peer, TYPE.data, [], 9_000));
  assert.deepEqual(drain(reader), []);
  reader.feed(sealed(peer, TYPE.data, [], 9_000));
  refuses(() => reader.next(), 'ERR_TLS_TOO_MANY_EMPTY_RECORDS', 'unexpected_message');

  const skipping = keyedReader(node);
  skipping.reader.skipEarlyData({ by: 'trial', limit: 10_000 });
  skipping.reader.feed(concat(plain(TYPE.data, full(9_000)), sealed(skipping.peer, TYPE.data, full(8_500))));
  assert.equal(describe(drain(skipping.reader))[0]?.length, 17_005);
});

test('openNew gives what open gives, and null with the sequence number unchanged', () => {
  const writer = createProtection13(nobleProvider, suite(), SECRET);
  const reader = createProtection13(nodeProvider, suite(), SECRET);
  assert.equal(writer.openNew, null, 'our own contexts write where they are told');
  for (const [length, padding] of [
    [0, 0],
    [1, 0],
    [70, 30],
    [9_000, 17],
  ] as const) {
    const record = sealed(writer, TYPE.data, full(length), padding);
    const forged = record.slice(5);
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    const { sequence } = reader;
    assert.equal(reader.openNew?.(0x0303, forged, TYPE.data), null);
    assert.equal(reader.openNew?.(0x0303, new Uint8Array(15), TYPE.data), null);
    assert.equal(reader.sequence, sequence);
    assert.deepEqual(reader.openNew?.(0x0303, record.subarray(5), TYPE.data), full(length));
    assert.equal(reader.innerType, TYPE.data);
    assert.equal(reader.sequence, sequence + 1);
  }
});

const AEADS_12 = ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'] as const;

test('the same in TLS 1.2', () => {
  for (const name of AEADS_12) {
    const suite12 = byName(CIPHER_SUITES_12, name) as CipherSuite12;
    const chacha = name.includes('CHACHA20');
    const keys = {
      macKey: new Uint8Array(0),
      key: new Uint8Array(chacha ? 32 : 16).fill(3),
      iv: new Uint8Array(chacha ? 12 : 4).fill(4),
    };
    const writer = createProtection12(nobleProvider, suite12, keys, { encryptThenMac: false });
    const reader = createProtection12(nodeProvider, suite12, keys, { encryptThenMac: false });
    for (const length of [0, 5, 9_000, 16_384]) {
      const record = new Uint8Array(writer.sealedLength(length, 0));
      writer.seal(TYPE.data, full(length), 0, record, 0);
      const { sequence } = reader;
      assert.equal(reader.openNew?.(0x0303, record.subarray(5), TYPE.handshake), null);
      assert.equal(reader.openNew?.(0x0303, record.subarray(5, 12), TYPE.data), null);
      assert.equal(reader.sequence, sequence);
      assert.deepEqual(reader.openNew?.(0x0303, record.subarray(5), TYPE.data), full(length));
      assert.equal(reader.sequence, sequence + 1);
    }
  }
});
