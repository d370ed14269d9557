import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import type { Protection13 } from '../../src/record/protection13.ts';
import type { RecordLayer } from '../../src/record/record-layer.ts';
import { concat, drain, keyedReader, layer, message, plain, refuses, sealed, TYPE } from './records.ts';

const HELLO = message(1, 40);
const FINISHED = message(20, 32);
const CCS = plain(TYPE.ccs, [1]);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

// ---------------------------------------------------------------- refusals

type Rule = readonly [
  rule: string,
  code: ErrorCode,
  alert: AlertName,
  bytes: Uint8Array,
  setUp?: (reader: RecordLayer) => void,
];

const WITHOUT_KEYS: readonly Rule[] = [
  ['an HTTP request', 'ERR_TLS_NOT_TLS', 'unexpected_message', utf8('GET / HTTP/1.1\r\n\r\n')],
  ['one byte of an HTTP request', 'ERR_TLS_NOT_TLS', 'unexpected_message', utf8('G')],
  ['an SSLv2 ClientHello', 'ERR_TLS_NOT_TLS', 'unexpected_message', Uint8Array.of(0x80, 0x2e, 1, 0, 2, 0, 0x15)],
  [
    'a first record of major version 2',
    'ERR_TLS_RECORD_VERSION',
    'protocol_version',
    plain(TYPE.handshake, HELLO, 0x0200),
  ],
  ['the two first bytes of it', 'ERR_TLS_RECORD_VERSION', 'protocol_version', Uint8Array.of(22, 2)],
  [
    'an undefined content type',
    'ERR_TLS_RECORD_TYPE',
    'unexpected_message',
    concat(plain(TYPE.handshake, HELLO), plain(24, [1, 0])),
  ],
  ['application data before keys', 'ERR_TLS_RECORD_TYPE', 'unexpected_message', plain(TYPE.data, new Uint8Array(20))],
  [
    'a plaintext record of 2^14 + 1',
    'ERR_TLS_RECORD_OVERFLOW',
    'record_overflow',
    plain(TYPE.handshake, new Uint8Array(2 ** 14 + 1)),
  ],
  ['its header alone', 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow', Uint8Array.of(22, 3, 3, 0x40, 1)],
  ['an empty handshake record', 'ERR_TLS_EMPTY_RECORD', 'unexpected_message', plain(TYPE.handshake, [])],
  ['an empty alert record', 'ERR_TLS_EMPTY_RECORD', 'unexpected_message', plain(TYPE.alert, [])],
  ['a fragmented alert', 'ERR_TLS_BAD_ALERT', 'decode_error', plain(TYPE.alert, [2])],
  ['two alerts in one record', 'ERR_TLS_BAD_ALERT', 'decode_error', plain(TYPE.alert, [1, 0, 2, 40])],
  ['change_cipher_spec when none is expected', 'ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'unexpected_message', CCS],
  [
    'a handshake message over the limit',
    'ERR_TLS_MESSAGE_TOO_LONG',
    'illegal_parameter',
    plain(TYPE.handshake, [11, 1, 0, 1]),
  ],
  [
    'an alert inside a handshake message',
    'ERR_TLS_INTERLEAVED_HANDSHAKE',
    'unexpected_message',
    concat(plain(TYPE.handshake, HELLO.subarray(0, 10)), plain(TYPE.alert, [2, 40])),
  ],
  [
    'a change_cipher_spec inside a handshake message',
    'ERR_TLS_INTERLEAVED_HANDSHAKE',
    'unexpected_message',
    concat(plain(TYPE.handshake, HELLO.subarray(0, 10)), CCS),
    (reader) => reader.acceptChangeCipherSpec(true),
  ],
  [
    'a change_cipher_spec of 0x02',
    'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
    'unexpected_message',
    plain(TYPE.ccs, [2]),
    (reader) => reader.acceptChangeCipherSpec(true),
  ],
  [
    'a change_cipher_spec of two bytes',
    'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
    'unexpected_message',
    plain(TYPE.ccs, [1, 1]),
    (reader) => reader.acceptChangeCipherSpec(true),
  ],
  [
    'an empty change_cipher_spec',
    'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
    'unexpected_message',
    plain(TYPE.ccs, []),
    (reader) => reader.acceptChangeCipherSpec(true),
  ],
];

for (const [rule, code, alert, bytes, setUp] of WITHOUT_KEYS) {
  test(`without keys: ${rule} gives ${code}`, () => {
    const reader = layer('server');
    setUp?.(reader);
    reader.feed(bytes);
    refuses(() => drain(reader), code, alert);
  });
}

type KeyedRule = readonly [
  rule: string,
  code: ErrorCode,
  alert: AlertName,
  bytes: (peer: Protection13) => Uint8Array,
  setUp?: (reader: RecordLayer) => void,
];

const big = (length: number): Uint8Array => new Uint8Array(length).fill(1);
const WITH_KEYS: readonly KeyedRule[] = [
  ['a plaintext handshake record', 'ERR_TLS_RECORD_TYPE', 'unexpected_message', () => plain(TYPE.handshake, FINISHED)],
  ['a plaintext alert', 'ERR_TLS_RECORD_TYPE', 'unexpected_message', () => plain(TYPE.alert, [2, 40])],
  ['a plaintext change_cipher_spec', 'ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'unexpected_message', () => CCS],
  [
    'a protected change_cipher_spec',
    'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
    'unexpected_message',
    (peer) => sealed(peer, TYPE.ccs, [1]),
    (reader) => reader.acceptChangeCipherSpec(true),
  ],
  [
    'a plaintext change_cipher_spec of 0x02',
    'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
    'unexpected_message',
    () => plain(TYPE.ccs, [2]),
    (reader) => reader.acceptChangeCipherSpec(true),
  ],
  ['an undefined inner type', 'ERR_TLS_RECORD_TYPE', 'unexpected_message', (peer) => sealed(peer, 24, [1])],
  ['only padding', 'ERR_TLS_NO_INNER_TYPE', 'unexpected_message', (peer) => sealed(peer, 0, new Uint8Array(20))],
  ['an inner plaintext of one zero byte', 'ERR_TLS_NO_INNER_TYPE', 'unexpected_message', (peer) => sealed(peer, 0, [])],
  [
    'an empty protected handshake record',
    'ERR_TLS_EMPTY_RECORD',
    'unexpected_message',
    (peer) => sealed(peer, TYPE.handshake, [], 3),
  ],
  ['an empty protected alert', 'ERR_TLS_EMPTY_RECORD', 'unexpected_message', (peer) => sealed(peer, TYPE.alert, [])],
  [
    'two protected alerts in one record',
    'ERR_TLS_BAD_ALERT',
    'decode_error',
    (peer) => sealed(peer, TYPE.alert, [1, 0, 1, 0]),
  ],
  ['a ciphertext of 2^14 + 257', 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow', () => Uint8Array.of(23, 3, 3, 0x41, 1)],
  [
    'content of 2^14 + 1',
    'ERR_TLS_RECORD_OVERFLOW',
    'record_overflow',
    (peer) => sealed(peer, TYPE.data, big(2 ** 14 + 1)),
  ],
  [
    'content and padding of 2^14 + 1',
    'ERR_TLS_RECORD_OVERFLOW',
    'record_overflow',
    (peer) => sealed(peer, TYPE.data, big(2 ** 14), 1),
  ],
  [
    'inner plaintext over record_size_limit',
    'ERR_TLS_RECORD_OVERFLOW',
    'record_overflow',
    (peer) => sealed(peer, TYPE.data, big(90), 10),
    (reader) => reader.setOwnRecordLimit(100),
  ],
  [
    'application data that is not accepted yet',
    'ERR_TLS_RECORD_TYPE',
    'unexpected_message',
    (peer) => sealed(peer, TYPE.data, [1]),
    (reader) => reader.acceptApplicationData(false),
  ],
  [
    'application data inside a handshake message',
    'ERR_TLS_INTERLEAVED_HANDSHAKE',
    'unexpected_message',
    (peer) => concat(sealed(peer, TYPE.handshake, FINISHED.subarray(0, 7)), sealed(peer, TYPE.data, [1])),
  ],
  [
    'empty application data inside a handshake message',
    'ERR_TLS_INTERLEAVED_HANDSHAKE',
    'unexpected_message',
    (peer) => concat(sealed(peer, TYPE.handshake, FINISHED.subarray(0, 7)), sealed(peer, TYPE.data, [])),
  ],
  [
    'a protected alert inside a handshake message',
    'ERR_TLS_INTERLEAVED_HANDSHAKE',
    'unexpected_message',
    (peer) => concat(sealed(peer, TYPE.handshake, FINISHED.subarray(0, 3)), sealed(peer, TYPE.alert, [2, 40])),
  ],
  [
    'a post-handshake message over the limit',
    'ERR_TLS_MESSAGE_TOO_LONG',
    'illegal_parameter',
    (peer) => sealed(peer, TYPE.handshake, [4, 1, 0, 1]),
  ],
  ['a record shorter than a tag', 'ERR_TLS_BAD_RECORD', 'bad_record_mac', () => plain(TYPE.data, new Uint8Array(15))],
  ['an empty record', 'ERR_TLS_BAD_RECORD', 'bad_record_mac', () => plain(TYPE.data, [])],
  ['a record of noise', 'ERR_TLS_BAD_RECORD', 'bad_record_mac', () => plain(TYPE.data, big(64))],
];

for (const [rule, code, alert, bytes, setUp] of WITH_KEYS) {
  test(`with keys: ${rule} gives ${code}`, () => {
    const { reader, peer } = keyedReader();
    setUp?.(reader);
    reader.feed(bytes(peer));
    refuses(() => drain(reader), code, alert);
  });
}

test('every changed bit of a record gives bad_record_mac or a refusal of its header', () => {
  const { peer } = keyedReader();
  const good = sealed(peer, TYPE.data, [1, 2, 3], 2);
  for (let bit = 0; bit < good.length * 8; bit++) {
    // The length field decides where the record ends; its own changes are other records.
    if (bit >= 24 && bit < 40) continue;
    const { reader } = keyedReader();
    reader.feed(good.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
    const code = bit < 8 ? null : bit < 16 ? 'ERR_TLS_RECORD_VERSION' : 'ERR_TLS_BAD_RECORD';
    if (code === null) assert.throws(() => drain(reader), { name: 'TlsError', alert: 'unexpected_message' });
    else refuses(() => drain(reader), code, bit < 16 ? 'protocol_version' : 'bad_record_mac');
  }
});
