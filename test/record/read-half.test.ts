import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import type { Protection13 } from '../../src/record/protection13.ts';
import {
  concat,
  describe,
  drain,
  keyedReader,
  LIMITS,
  layer,
  message,
  plain,
  refuses,
  SECRET,
  sealed,
  suite,
  TYPE,
} from './records.ts';

const HELLO = message(1, 40);
const FINISHED = message(20, 32);
const CCS = plain(TYPE.ccs, [1]);

const big = (length: number): Uint8Array => new Uint8Array(length).fill(1);

// ---------------------------------------------------------------- what is allowed, and how often

test('the version of a record is ignored once the peer is known to speak TLS', () => {
  const reader = layer('server');
  reader.feed(concat(plain(TYPE.handshake, HELLO, 0x0300), plain(TYPE.handshake, HELLO, 0x7f00)));
  assert.equal(drain(reader).length, 2);
});

test('records of the greatest lengths are accepted', () => {
  const { reader, peer } = keyedReader({ limits: { ...LIMITS, handshakeMessage: 2 ** 15 } });
  reader.feed(sealed(peer, TYPE.data, big(2 ** 14)));
  reader.feed(sealed(peer, TYPE.data, big(1), 2 ** 14 - 1));
  assert.deepEqual(
    drain(reader).map((one) => one.kind === 'application_data' && one.data.length),
    [2 ** 14 + 1],
  );

  reader.setOwnRecordLimit(64);
  reader.feed(sealed(peer, TYPE.data, big(60), 3));
  assert.equal(drain(reader).length, 1);

  const unprotected = layer('server');
  unprotected.setOwnRecordLimit(64);
  unprotected.feed(plain(TYPE.handshake, message(1, 2 ** 14 - 4)));
  assert.equal(drain(unprotected).length, 1, 'unprotected records are not subject to RFC 8449');
});

test('the longest handshake message is accepted, in as many records as it takes', () => {
  const reader = layer('server');
  const long = message(11, LIMITS.handshakeMessage);
  for (let start = 0; start < long.length; start += 2 ** 14)
    reader.feed(plain(TYPE.handshake, long.subarray(start, start + 2 ** 14)));
  assert.deepEqual(describe(drain(reader)), describe([{ kind: 'handshake', raw: long.slice() }]));
});

test('change_cipher_spec is dropped while it is accepted, up to its limit', () => {
  const { reader, peer } = keyedReader({ limits: { ...LIMITS, changeCipherSpecs: 3 } });
  reader.acceptChangeCipherSpec(true);
  reader.feed(concat(CCS, sealed(peer, TYPE.handshake, FINISHED), CCS, CCS));
  assert.equal(drain(reader).length, 1);
  reader.feed(CCS);
  refuses(() => drain(reader), 'ERR_TLS_TOO_MANY_CHANGE_CIPHER_SPECS', 'unexpected_message');

  const { reader: late } = keyedReader();
  late.acceptChangeCipherSpec(true);
  late.acceptChangeCipherSpec(false);
  late.feed(CCS);
  refuses(() => drain(late), 'ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'unexpected_message');
});

test('empty application data is dropped, up to its limit of consecutive records', () => {
  const { reader, peer } = keyedReader({ limits: { ...LIMITS, emptyRecords: 3 } });
  const empty = (): Uint8Array => sealed(peer, TYPE.data, [], 5);
  for (let round = 0; round < 3; round++) {
    reader.feed(concat(empty(), empty(), empty(), sealed(peer, TYPE.data, [7])));
    assert.deepEqual(describe(drain(reader)), ['data 07']);
  }
  reader.feed(concat(sealed(peer, TYPE.data, [8]), empty(), empty(), empty(), empty()));
  assert.deepEqual(describe([reader.next() ?? assert.fail()]), ['data 08'], 'what came before is delivered first');
  refuses(() => drain(reader), 'ERR_TLS_TOO_MANY_EMPTY_RECORDS', 'unexpected_message');
});

test('plaintext alerts are taken after keys only while they are allowed, and not after a protected record', () => {
  const { reader, peer } = keyedReader();
  reader.allowPlaintextAlerts(true);
  reader.feed(plain(TYPE.alert, [2, 47]));
  assert.deepEqual(describe(drain(reader)), ['alert 2 47']);
  reader.feed(concat(sealed(peer, TYPE.handshake, FINISHED), plain(TYPE.alert, [2, 47])));
  assert.equal(reader.next()?.kind, 'handshake');
  refuses(() => reader.next(), 'ERR_TLS_RECORD_TYPE', 'unexpected_message');
});

// ---------------------------------------------------------------- key changes

test('§5.1: keys change only between whole messages', () => {
  const reader = layer('client');
  reader.feed(plain(TYPE.handshake, concat(message(2, 70), message(8, 2).subarray(0, 5))));
  assert.equal(reader.next()?.kind, 'handshake');
  refuses(() => reader.installReadKeys(suite(), SECRET), 'ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE', 'unexpected_message');

  const whole = layer('client');
  whole.feed(plain(TYPE.handshake, concat(message(2, 70), message(8, 2))));
  assert.equal(whole.next()?.kind, 'handshake');
  refuses(() => whole.installReadKeys(suite(), SECRET), 'ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE', 'unexpected_message');
  assert.equal(whole.next()?.kind, 'handshake');
  whole.installReadKeys(suite(), SECRET);
  assert.deepEqual([whole.readEpoch, whole.readSequence], [1, 0]);
});

test('the records after a key change are opened with the new key, in one feed', () => {
  const { reader, peer } = keyedReader();
  const next = new Uint8Array(32).fill(9);
  const { reader: other } = keyedReader();
  other.installReadKeys(suite(), next);
  const keyUpdate = message(24, 1);
  const before = concat(
    sealed(peer, TYPE.data, [1]),
    sealed(peer, TYPE.data, [2]),
    sealed(peer, TYPE.handshake, keyUpdate),
  );

  const writer = layer('client');
  writer.installWriteKeys(suite(), next);
  writer.sendApplicationData(Uint8Array.of(3));
  reader.feed(concat(before, writer.take()));
  assert.deepEqual(describe([reader.next() ?? assert.fail()]), ['data 0102']);
  assert.equal(reader.next()?.kind, 'handshake');
  reader.installReadKeys(suite(), next);
  assert.deepEqual(describe(drain(reader)), ['data 03']);
});

// ---------------------------------------------------------------- early data that is skipped

test('§4.3.10 by trial: what does not open is discarded until a record opens', () => {
  const { reader, peer } = keyedReader();
  const noise = (length: number): Uint8Array => plain(TYPE.data, big(length));
  reader.acceptApplicationData(false);
  reader.acceptChangeCipherSpec(true);
  reader.skipEarlyData({ by: 'trial', limit: 1_000 });
  reader.feed(concat(noise(517), CCS, noise(316), noise(3), sealed(peer, TYPE.handshake, FINISHED)));
  assert.equal(drain(reader).length, 1);
  assert.equal(reader.readSequence, 1, 'discarded records have no sequence number');
  reader.feed(noise(50));
  refuses(() => drain(reader), 'ERR_TLS_BAD_RECORD', 'bad_record_mac');
});

test('§4.3.10 by trial: beyond the limit a bad record is a bad record', () => {
  const { reader } = keyedReader();
  reader.skipEarlyData({ by: 'trial', limit: 100 });
  reader.feed(plain(TYPE.data, big(117)));
  assert.deepEqual(drain(reader), []);
  reader.feed(plain(TYPE.data, big(17)));
  refuses(() => drain(reader), 'ERR_TLS_BAD_RECORD', 'bad_record_mac');
});

test('§4.3.10 by trial: a discarded record may be as long as any ciphertext, whatever our own limit', () => {
  const { reader } = keyedReader();
  reader.setOwnRecordLimit(64);
  reader.skipEarlyData({ by: 'trial', limit: 2 ** 15 });
  reader.feed(plain(TYPE.data, big(2 ** 14 + 256)));
  assert.deepEqual(drain(reader), []);
});

test('§4.3.10 by type: application_data is discarded until the second ClientHello', () => {
  const reader = layer('server');
  reader.acceptChangeCipherSpec(true);
  reader.feed(plain(TYPE.handshake, HELLO));
  drain(reader);
  reader.skipEarlyData({ by: 'type', limit: 1_000 });
  reader.feed(concat(plain(TYPE.data, big(500)), CCS, plain(TYPE.data, big(400)), plain(TYPE.handshake, HELLO)));
  assert.equal(drain(reader).length, 1);
  reader.feed(plain(TYPE.data, big(20)));
  refuses(() => drain(reader), 'ERR_TLS_RECORD_TYPE', 'unexpected_message');
});

test('§4.3.10 by type: too much early data', () => {
  const reader = layer('server');
  reader.skipEarlyData({ by: 'type', limit: 100 });
  reader.feed(plain(TYPE.data, big(117)));
  assert.deepEqual(drain(reader), []);
  reader.feed(plain(TYPE.data, big(17)));
  refuses(() => drain(reader), 'ERR_TLS_TOO_MUCH_EARLY_DATA', 'unexpected_message');

  const stopped = layer('server');
  stopped.skipEarlyData({ by: 'type', limit: 100 });
  stopped.skipEarlyData(null);
  stopped.feed(plain(TYPE.data, big(20)));
  refuses(() => drain(stopped), 'ERR_TLS_RECORD_TYPE', 'unexpected_message');
});

// ---------------------------------------------------------------- application data

test('consecutive records come out as one array, also beyond its first reservation', () => {
  const { reader, peer } = keyedReader();
  const parts = Array.from({ length: 20 }, (_, i) => new Uint8Array(2 ** 14 - i).fill(i + 1));
  reader.feed(concat(...parts.map((part, i) => sealed(peer, TYPE.data, part, i % 3))));
  const all = drain(reader);
  assert.equal(all.length, 1);
  assert.ok(all[0]?.kind === 'application_data' && Buffer.compare(all[0].data, concat(...parts)) === 0);
});

test('a run that ends inside a record goes on with the next feed', () => {
  const { reader, peer } = keyedReader();
  const bytes = concat(...[1, 2, 3].map((i) => sealed(peer, TYPE.data, big(100 * i))));
  reader.feed(bytes.subarray(0, 300));
  assert.deepEqual(
    drain(reader).map((one) => one.kind === 'application_data' && one.data.length),
    [100],
  );
  assert.equal(reader.buffered, 300 - 122);
  reader.feed(bytes.subarray(300));
  assert.deepEqual(
    drain(reader).map((one) => one.kind === 'application_data' && one.data.length),
    [500],
  );
  assert.equal(reader.buffered, 0);
  assert.equal(reader.recordsRead, 3);
});

test('data is delivered before what ends a run', () => {
  for (const [type, content, expected] of [
    [TYPE.alert, [1, 0], 'alert 1 0'],
    [TYPE.handshake, message(4, 2), 'handshake 040000020404'],
  ] as const) {
    const { reader, peer } = keyedReader();
    reader.feed(
      concat(
        sealed(peer, TYPE.data, [1]),
        sealed(peer, TYPE.data, [2]),
        sealed(peer, type, content),
        sealed(peer, TYPE.data, [3]),
      ),
    );
    assert.deepEqual(
      drain(reader).map((one) => describe([one])[0]),
      ['data 0102', expected, 'data 03'],
    );
  }
});

test('data is delivered before the error that a later record causes', () => {
  for (const [bad, code, alert] of [
    [() => plain(TYPE.data, big(40)), 'ERR_TLS_BAD_RECORD', 'bad_record_mac'],
    [() => plain(TYPE.data, []), 'ERR_TLS_BAD_RECORD', 'bad_record_mac'],
    [() => plain(TYPE.handshake, HELLO), 'ERR_TLS_RECORD_TYPE', 'unexpected_message'],
    // A record that would open, but for its outer type.
    [
      (peer) => Uint8Array.of(TYPE.handshake, ...sealed(peer, TYPE.data, [3]).subarray(1)),
      'ERR_TLS_RECORD_TYPE',
      'unexpected_message',
    ],
    [() => Uint8Array.of(23, 3, 3, 0xff, 0xff), 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow'],
    [(peer) => sealed(peer, TYPE.data, big(2 ** 14), 1), 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow'],
    [(peer) => sealed(peer, 0, [0]), 'ERR_TLS_NO_INNER_TYPE', 'unexpected_message'],
    [(peer) => sealed(peer, 99, [0]), 'ERR_TLS_RECORD_TYPE', 'unexpected_message'],
    [(peer) => sealed(peer, TYPE.handshake, []), 'ERR_TLS_EMPTY_RECORD', 'unexpected_message'],
    [(peer) => sealed(peer, TYPE.alert, [1]), 'ERR_TLS_BAD_ALERT', 'decode_error'],
  ] as [(peer: Protection13) => Uint8Array, ErrorCode, AlertName][]) {
    const { reader, peer } = keyedReader();
    reader.feed(concat(sealed(peer, TYPE.data, [1]), sealed(peer, TYPE.data, [2]), bad(peer)));
    assert.deepEqual(describe([reader.next() ?? assert.fail()]), ['data 0102']);
    refuses(() => reader.next(), code, alert);
  }
});

test('what surrounds data in its memory is neither the rest of the record nor an earlier input', () => {
  const { reader, peer } = keyedReader();
  reader.feed(concat(sealed(peer, TYPE.data, big(500)), sealed(peer, TYPE.handshake, message(4, 30))));
  const first = reader.next();
  assert.ok(first?.kind === 'application_data');
  assert.ok(first.data.buffer.byteLength > 510, 'the test is about memory that is shared');
  const around = new Uint8Array(first.data.buffer).subarray(first.data.byteOffset + first.data.length);
  assert.ok(around.every((byte) => byte === 0 || byte === TYPE.data));
});

test('what a layer returns is not changed by later input', () => {
  const { reader, peer } = keyedReader();
  const input = concat(sealed(peer, TYPE.handshake, FINISHED), sealed(peer, TYPE.data, [1, 2]));
  reader.feed(input);
  input.fill(0);
  const all = drain(reader);
  const before = describe(all);
  reader.feed(concat(sealed(peer, TYPE.handshake, message(4, 32)), sealed(peer, TYPE.data, [3, 4])));
  drain(reader);
  assert.deepEqual(describe(all), before);
  assert.equal(before[1], 'data 0102');
});

test('lent input is read in place, and copied only when it is released', () => {
  const { reader, peer } = keyedReader();
  const input = concat(
    sealed(peer, TYPE.data, [1]),
    sealed(peer, TYPE.handshake, FINISHED),
    sealed(peer, TYPE.data, [2]),
  );
  reader.borrow(input);
  assert.deepEqual(describe([reader.next() ?? assert.fail()]), ['data 01']);
  reader.release();
  input.fill(0);
  assert.equal(describe(drain(reader)).at(-1), 'data 02');
});

test('after wipe nothing is taken for plaintext', () => {
  const { reader } = keyedReader();
  reader.wipe();
  reader.feed(plain(TYPE.handshake, HELLO));
  assert.equal(reader.next(), null);
  assert.equal(reader.buffered, 0);

  const { reader: holding } = keyedReader();
  holding.feed(plain(TYPE.alert, [1, 0]));
  holding.wipe();
  assert.equal(holding.next(), null);
});

test('the keys that are replaced, and the last ones, are wiped', () => {
  const wiped: number[] = [];
  let made = 0;
  const crypto: CryptoProvider = {
    ...nobleProvider,
    aead(name, key) {
      const number = made++;
      const aead = nobleProvider.aead(name, key);
      return { ...aead, wipe: () => wiped.push(number) };
    },
  };
  const both = layer('server', { crypto });
  both.installReadKeys(suite(), SECRET);
  both.installWriteKeys(suite(), SECRET);
  both.installWriteKeys(suite(), SECRET);
  both.installReadKeys(suite(), SECRET);
  assert.deepEqual(wiped, [1, 0]);
  both.wipe();
  assert.deepEqual(wiped, [1, 0, 3, 2]);
});
