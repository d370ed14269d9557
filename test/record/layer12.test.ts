import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertName } from '../../src/errors/alerts.ts';
import { TlsError, TlsUsageError } from '../../src/errors/errors.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { CIPHER_SUITES_12, type CipherSuite12 } from '../../src/params/algorithms.ts';
import type { Incoming, RecordLayer, RecordLayerOptions } from '../../src/record/record-layer.ts';
import { aeadRecord, cbcRecord, keysFor, suite12 } from './oracle12.ts';
import { concat, describe, drain, headers, LIMITS, layer, message, plain, refuses, seeded, TYPE } from './records.ts';

const GCM = suite12('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256');
const CHACHA = suite12('TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256');
const CBC = suite12('TLS_RSA_WITH_AES_128_CBC_SHA');
const CCS = plain(TYPE.ccs, [1]);
const random = (length: number): Uint8Array => new Uint8Array(length).fill(0x77);
const big = (length: number): Uint8Array => new Uint8Array(length).fill(1);

function layer12(role: 'client' | 'server', options: Partial<RecordLayerOptions> = {}): RecordLayer {
  const made = layer(role, { random, ...options });
  made.setVersion('TLS 1.2');
  return made;
}

/** A server under keys, and the records that a client would write to it: numbered as they are made. */
function keyedReader(suite: CipherSuite12 = GCM, options: Partial<RecordLayerOptions> = {}) {
  const reader = layer12('server', options);
  const keys = keysFor(suite, 1);
  reader.installReadKeys12(suite, keys, false);
  reader.acceptApplicationData(true);
  let sequence = 0;
  const record = (type: number, content: Uint8Array | readonly number[], version = 0x0303): Uint8Array => {
    const input = { suite, keys, sequence: sequence++, type, version };
    const make = suite.protection.kind === 'aead' ? aeadRecord : cbcRecord;
    return make(input, Uint8Array.from(content));
  };
  return { reader, record };
}

// ---------------------------------------------------------------- what is allowed

test('RFC 5246 §7.1: a change_cipher_spec is handed up, and what follows in the same bytes waits for its keys', () => {
  const client = layer12('client');
  client.sendHandshake(message(16, 66));
  client.sendChangeCipherSpec();
  client.installWriteKeys12(GCM, keysFor(GCM, 1), false);
  client.sendHandshake(message(20, 12));
  client.sendApplicationData(big(5));
  const bytes = client.take();
  assert.deepEqual(
    headers(bytes).map(({ type }) => type),
    [TYPE.handshake, TYPE.ccs, TYPE.handshake, TYPE.data],
  );

  const server = layer12('server');
  server.feed(bytes);
  assert.deepEqual(server.next(), { kind: 'handshake', raw: message(16, 66) });
  assert.deepEqual(server.next(), { kind: 'change_cipher_spec' });
  server.installReadKeys12(GCM, keysFor(GCM, 1), false);
  server.acceptApplicationData(true);
  assert.deepEqual(drain(server), [
    { kind: 'handshake', raw: message(20, 12) },
    { kind: 'application_data', data: big(5) },
  ]);
  assert.equal(server.readEpoch, 1);
  assert.equal(server.readSequence, 2);
});

test('every type of record is protected and keeps its type', () => {
  for (const suite of [GCM, CHACHA, CBC]) {
    const { reader, record } = keyedReader(suite);
    reader.feed(record(TYPE.handshake, message(20, 12)));
    reader.feed(record(TYPE.alert, [1, 100]));
    reader.feed(record(TYPE.data, [1, 2]));
    reader.feed(record(TYPE.ccs, [1]));
    assert.deepEqual(
      drain(reader).map(({ kind }) => kind),
      ['handshake', 'alert', 'application_data', 'change_cipher_spec'],
      suite.name,
    );
  }
});

test('RFC 5246 §6.2.1: alerts and data may come between the fragments of a message', () => {
  const { reader, record } = keyedReader();
  const hello = message(1, 60);
  reader.feed(record(TYPE.handshake, hello.subarray(0, 20)));
  reader.feed(record(TYPE.data, [7, 8]));
  reader.feed(record(TYPE.alert, [1, 100]));
  reader.feed(record(TYPE.handshake, hello.subarray(20)));
  assert.deepEqual(drain(reader), [
    { kind: 'application_data', data: Uint8Array.of(7, 8) },
    { kind: 'alert', level: 1, description: 100 },
    { kind: 'handshake', raw: hello },
  ]);
});

test('consecutive data comes in one array, empty records and all, up to a record of another type', () => {
  for (const suite of [GCM, CHACHA, CBC]) {
    const { reader, record } = keyedReader(suite);
    const records = [record(TYPE.data, big(100)), record(TYPE.data, big(0)), record(TYPE.data, big(30))];
    reader.feed(concat(...records, record(TYPE.data, big(3)), record(TYPE.alert, [1, 0])));
    const lines = describe(drain(reader));
    assert.deepEqual(lines, [`data ${'01'.repeat(133)}`, 'alert 1 0'], suite.name);
  }
});

test('an attack with empty records ends at the limit', () => {
  const { reader, record } = keyedReader(GCM, { limits: { ...LIMITS, emptyRecords: 3 } });
  for (let i = 0; i < 3; i++) reader.feed(record(TYPE.data, []));
  assert.deepEqual(drain(reader), []);
  reader.feed(record(TYPE.data, []));
  refuses(() => reader.next(), 'ERR_TLS_TOO_MANY_EMPTY_RECORDS', 'unexpected_message');
});

test('records of the greatest lengths are accepted', () => {
  const { reader, record } = keyedReader();
  reader.feed(record(TYPE.data, big(2 ** 14)));
  assert.equal(drain(reader).length, 1);
  const unprotected = layer12('client');
  unprotected.feed(plain(TYPE.handshake, message(11, 2 ** 14 - 4)));
  assert.equal(drain(unprotected).length, 1);
});

test('RFC 8449 §4: limits count content alone, and no record without protection', () => {
  for (const suite of [GCM, CHACHA, CBC]) {
    const { reader, record } = keyedReader(suite);
    reader.setOwnRecordLimit(64);
    reader.feed(
      concat(record(TYPE.data, big(64)), record(TYPE.data, big(64)), record(TYPE.handshake, message(20, 60))),
    );
    assert.equal(drain(reader).length, 2, suite.name);
    reader.feed(record(TYPE.data, big(65)));
    refuses(() => reader.next(), 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow');
  }
  const unprotected = layer12('client');
  unprotected.setOwnRecordLimit(64);
  unprotected.feed(plain(TYPE.handshake, message(11, 500)));
  assert.equal(drain(unprotected).length, 1);

  const { reader, record } = keyedReader();
  reader.setOwnRecordLimit(2 ** 14 + 1);
  reader.feed(record(TYPE.data, big(2 ** 14 + 1)));
  refuses(() => reader.next(), 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow');
});

test('RFC 8449 §4: what is written keeps to the limit of the peer, to the byte', () => {
  for (const suite of [GCM, CHACHA, CBC]) {
    const writer = layer12('server');
    writer.setPeerRecordLimit(100);
    writer.sendHandshake(message(11, 400));
    writer.installWriteKeys12(suite, keysFor(suite, 1), false);
    writer.sendApplicationData(big(250));
    const bytes = writer.take();
    const { reader } = keyedReader(suite);
    const [first] = headers(bytes);
    assert.equal(first?.length, 404, 'without protection there is no limit');
    reader.setOwnRecordLimit(100);
    reader.feed(bytes.subarray(409));
    assert.deepEqual(describe(drain(reader)), [`data ${'01'.repeat(250)}`]);
    assert.equal(reader.readSequence, 3);
  }
  const whole = layer12('client');
  whole.installWriteKeys12(GCM, keysFor(GCM, 1), false);
  whole.sendApplicationData(big(2 ** 14 + 1));
  assert.deepEqual(
    headers(whole.take()).map(({ length }) => length - 24),
    [2 ** 14, 1],
  );
});

test('RFC 6066 §4: max_fragment_length is for every record, both ways', () => {
  const sender = layer12('server');
  sender.setFragmentLimit(512);
  sender.sendHandshake(message(11, 1_020));
  sender.installWriteKeys12(GCM, keysFor(GCM, 1), false);
  sender.sendApplicationData(big(513));
  assert.deepEqual(
    headers(sender.take()).map(({ type, length }) => (type === TYPE.data ? length - 24 : length)),
    [512, 512, 512, 1],
  );

  const receiver = layer12('client');
  receiver.setFragmentLimit(512);
  receiver.feed(plain(TYPE.handshake, message(11, 508)));
  assert.equal(drain(receiver).length, 1);
  receiver.feed(plain(TYPE.handshake, message(11, 509)));
  refuses(() => receiver.next(), 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow');
  const { reader, record } = keyedReader();
  reader.setFragmentLimit(512);
  reader.feed(record(TYPE.data, big(513)));
  refuses(() => reader.next(), 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow');
});

test('padding is a matter of TLS 1.3', () => {
  const writer = layer12('client', { padding: () => 50 });
  writer.installWriteKeys12(GCM, keysFor(GCM, 1), false);
  writer.sendApplicationData(big(10));
  assert.equal(headers(writer.take())[0]?.length, 34);
});

test('a key is not replaced: it is used up to its limit, and two records are left for alerts', () => {
  const writer = layer12('client', { recordLimit: 10, keyLimit: 4 });
  writer.installWriteKeys12(GCM, keysFor(GCM, 1), false);
  for (let i = 0; i < 8; i++) {
    assert.equal(writer.writableBeforeKeyLimit, (8 - i) * 2 ** 14);
    writer.sendApplicationData(big(1));
    assert.equal(writer.writeLimitNear, false);
  }
  assert.throws(
    () => writer.sendApplicationData(big(1)),
    (error) => error instanceof TlsError && error.code === 'ERR_TLS_KEY_LIMIT',
  );
  writer.sendAlert(2, 80);
  writer.sendAlert(1, 0);
  assert.equal(headers(writer.take()).length, 10);
});

test('before setVersion nothing is as in TLS 1.2', () => {
  const reader = layer('server');
  reader.feed(plain(TYPE.handshake, message(1, 40), 0x0301));
  assert.equal(drain(reader).length, 1);
  reader.feed(CCS);
  refuses(() => reader.next(), 'ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'unexpected_message');
});

test('CBC is not written without a source of randomness', () => {
  const writer = layer('client');
  writer.setVersion('TLS 1.2');
  writer.installWriteKeys12(CBC, keysFor(CBC, 1), false);
  assert.throws(() => writer.sendApplicationData(big(1)), TlsUsageError);
});

// ---------------------------------------------------------------- refusals

type Rule = readonly [
  rule: string,
  code: ErrorCode,
  alert: AlertName,
  arrange: () => readonly [RecordLayer, Uint8Array],
];

const unkeyed = (bytes: Uint8Array) => (): readonly [RecordLayer, Uint8Array] => [layer12('client'), bytes];
const keyed =
  (type: number, content: Uint8Array | readonly number[], version?: number) =>
  (): readonly [RecordLayer, Uint8Array] => {
    const { reader, record } = keyedReader();
    return [reader, record(type, content, version)];
  };

const RULES: readonly Rule[] = [
  ['a record of TLS 1.1', 'ERR_TLS_RECORD_VERSION', 'protocol_version', unkeyed(plain(22, message(2, 40), 0x0302))],
  [
    'a record of version 0x0304',
    'ERR_TLS_RECORD_VERSION',
    'protocol_version',
    unkeyed(plain(22, message(2, 40), 0x0304)),
  ],
  ['a protected record of TLS 1.1', 'ERR_TLS_RECORD_VERSION', 'protocol_version', keyed(TYPE.data, [1], 0x0302)],
  [
    'an undefined content type',
    'ERR_TLS_RECORD_TYPE',
    'unexpected_message',
    unkeyed(concat(plain(22, message(2, 40)), plain(24, [1]))),
  ],
  [
    'an undefined content type under keys',
    'ERR_TLS_RECORD_TYPE',
    'unexpected_message',
    () => {
      const { reader, record } = keyedReader();
      return [reader, concat(record(TYPE.data, [1]), record(24, [1]))];
    },
  ],
  ['application data before keys', 'ERR_TLS_RECORD_TYPE', 'unexpected_message', unkeyed(plain(TYPE.data, [1, 2, 3]))],
  ['plaintext of 2^14 + 1', 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow', unkeyed(plain(22, big(2 ** 14 + 1)))],
  [
    'the header of a ciphertext of 2^14 + 2049',
    'ERR_TLS_RECORD_OVERFLOW',
    'record_overflow',
    () => [keyedReader().reader, Uint8Array.of(TYPE.data, 3, 3, 0x48, 0x01)],
  ],
  [
    'a ciphertext of 2^14 + 2048 that is not authentic',
    'ERR_TLS_BAD_RECORD',
    'bad_record_mac',
    () => [keyedReader().reader, plain(TYPE.data, big(2 ** 14 + 2048))],
  ],
  ['protected content of 2^14 + 1', 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow', keyed(TYPE.data, big(2 ** 14 + 1))],
  [
    'a change_cipher_spec of 0x02',
    'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
    'unexpected_message',
    unkeyed(plain(TYPE.ccs, [2])),
  ],
  [
    'a change_cipher_spec of two bytes',
    'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
    'unexpected_message',
    unkeyed(plain(TYPE.ccs, [1, 1])),
  ],
  ['an empty change_cipher_spec', 'ERR_TLS_EMPTY_RECORD', 'unexpected_message', unkeyed(plain(TYPE.ccs, []))],
  [
    'a change_cipher_spec inside a handshake message',
    'ERR_TLS_INTERLEAVED_HANDSHAKE',
    'unexpected_message',
    unkeyed(concat(plain(22, message(2, 40).subarray(0, 10)), CCS)),
  ],
  [
    'a protected one there',
    'ERR_TLS_INTERLEAVED_HANDSHAKE',
    'unexpected_message',
    () => {
      const { reader, record } = keyedReader();
      return [reader, concat(record(22, message(1, 40).subarray(0, 10)), record(TYPE.ccs, [1]))];
    },
  ],
  ['an empty handshake record', 'ERR_TLS_EMPTY_RECORD', 'unexpected_message', unkeyed(plain(22, []))],
  ['an empty handshake record under keys', 'ERR_TLS_EMPTY_RECORD', 'unexpected_message', keyed(TYPE.handshake, [])],
  ['an empty alert under keys', 'ERR_TLS_EMPTY_RECORD', 'unexpected_message', keyed(TYPE.alert, [])],
  ['half an alert under keys', 'ERR_TLS_BAD_ALERT', 'decode_error', keyed(TYPE.alert, [1])],
  [
    'an alert in the clear under keys',
    'ERR_TLS_BAD_RECORD',
    'bad_record_mac',
    () => [keyedReader().reader, plain(TYPE.alert, [1, 0])],
  ],
  [
    'a handshake message in the clear under keys',
    'ERR_TLS_BAD_RECORD',
    'bad_record_mac',
    () => [keyedReader().reader, plain(TYPE.handshake, message(20, 12))],
  ],
  [
    'a record of another type than was sealed',
    'ERR_TLS_BAD_RECORD',
    'bad_record_mac',
    () => {
      const { reader, record } = keyedReader();
      const changed = record(TYPE.alert, [1, 0]);
      changed[0] = TYPE.data;
      return [reader, changed];
    },
  ],
  [
    'application data before it is accepted',
    'ERR_TLS_RECORD_TYPE',
    'unexpected_message',
    () => {
      const { reader, record } = keyedReader();
      reader.acceptApplicationData(false);
      return [reader, record(TYPE.data, [1])];
    },
  ],
  [
    'a handshake message over the limit',
    'ERR_TLS_MESSAGE_TOO_LONG',
    'illegal_parameter',
    keyed(TYPE.handshake, [1, 1, 0, 1]),
  ],
];

for (const [rule, code, alert, arrange] of RULES) {
  test(`${rule}: ${code}`, () => {
    const [reader, bytes] = arrange();
    reader.feed(bytes);
    refuses(() => drain(reader), code, alert);
  });
}

test('a key change with a part of a message waiting: ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE', () => {
  const reader = layer12('client');
  reader.feed(plain(22, message(2, 40).subarray(0, 10)));
  assert.equal(reader.next(), null);
  refuses(
    () => reader.installReadKeys12(GCM, keysFor(GCM, 1), false),
    'ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE',
    'unexpected_message',
  );
});

test('a record of another version ends a run of data, after the data', () => {
  const { reader, record } = keyedReader();
  reader.feed(concat(record(TYPE.data, big(10)), record(TYPE.data, big(10)), record(TYPE.data, big(10), 0x0304)));
  assert.deepEqual(describe([reader.next() ?? assert.fail()]), [`data ${'01'.repeat(20)}`]);
  refuses(() => reader.next(), 'ERR_TLS_RECORD_VERSION', 'protocol_version');
});

// ---------------------------------------------------------------- whole connections

/** A client's side: flight, change_cipher_spec, Finished, data, the end. */
function clientScript(suite: CipherSuite12, encryptThenMac: boolean, limit: number): Uint8Array {
  const client = layer12('client');
  client.setPeerRecordLimit(limit);
  client.sendHandshake(message(11, 900));
  client.sendHandshake(message(16, 66));
  client.sendChangeCipherSpec();
  client.installWriteKeys12(suite, keysFor(suite, 3), encryptThenMac);
  client.sendHandshake(message(20, 12));
  for (let i = 0; i < 5; i++) client.sendApplicationData(new Uint8Array(700 * i + 1).fill(i));
  client.sendAlert(1, 100);
  client.sendApplicationData(new Uint8Array(300).fill(0));
  client.sendAlert(1, 0);
  return client.take();
}

function readAll(server: RecordLayer, suite: CipherSuite12, encryptThenMac: boolean, received: Incoming[]): void {
  for (let one = server.next(); one !== null; one = server.next()) {
    received.push(one);
    if (one.kind === 'change_cipher_spec') server.installReadKeys12(suite, keysFor(suite, 3), encryptThenMac);
    if (one.kind === 'handshake' && one.raw[0] === 20) server.acceptApplicationData(true);
  }
}

for (const suite of CIPHER_SUITES_12) {
  for (const encryptThenMac of suite.protection.kind === 'cbc' ? [false, true] : [false]) {
    test(`${suite.name}${encryptThenMac ? ', encrypt-then-MAC' : ''}: every chunking gives the same`, () => {
      for (const limit of [2 ** 14, 100]) {
        const bytes = clientScript(suite, encryptThenMac, limit);
        const server = layer12('server');
        const whole: Incoming[] = [];
        server.feed(bytes);
        readAll(server, suite, encryptThenMac, whole);
        const expected = describe(whole);
        assert.deepEqual(
          expected.map((line) => line.split(' ')[0]),
          ['handshake', 'handshake', 'change_cipher_spec', 'handshake', 'data', 'alert', 'data', 'alert'],
        );
        assert.equal(whole.length, expected.length);
        assert.equal(server.buffered, 0);

        const next = seeded(suite.code);
        for (const most of [1, 60, 1_500]) {
          const other = layer12('server');
          const received: Incoming[] = [];
          for (let start = 0; start < bytes.length; ) {
            const end = Math.min(bytes.length, start + 1 + next(most));
            const chunk = bytes.slice(start, end);
            other[most === 60 ? 'borrow' : 'feed'](chunk);
            readAll(other, suite, encryptThenMac, received);
            other.release();
            chunk.fill(0xee);
            start = end;
          }
          assert.deepEqual(describe(received), expected, `chunks of up to ${most}`);
        }
      }
    });
  }
}

test('whatever arrives, nothing but a TlsError is thrown', (t) => {
  const counts = new Map<string, number>();
  const suites = [GCM, CHACHA, CBC];
  const scripts = suites.map((suite) => clientScript(suite, false, 600));
  const cases = 2_000;
  for (let seed = 1; seed <= cases; seed++) {
    const next = seeded(seed * 2_654_435_761);
    const which = next(suites.length);
    const suite = suites[which] ?? GCM;
    const bytes = (scripts[which] ?? assert.fail()).slice();
    for (let i = next(4); i > 0; i--) bytes[next(bytes.length)] = next(256);
    const cut = next(bytes.length);
    const damaged = next(3) === 0 ? concat(bytes.subarray(0, cut), bytes.subarray(cut + next(300))) : bytes;
    const server = layer12('server');
    let outcome = 'more input needed';
    try {
      server.feed(damaged);
      readAll(server, suite, false, []);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      assert.notEqual(error.alert, 'internal_error');
      outcome = error.code;
    }
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  assert.ok(counts.size >= 6, [...counts].join(' '));
  t.diagnostic(`TLS 1.2 record garbage: ${cases} inputs, ${counts.size} outcomes`);
});
