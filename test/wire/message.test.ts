import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { decodeHandshake, encodeHandshake, HELLO_RETRY_REQUEST_RANDOM } from '../../src/wire/message.ts';
import type { HandshakeMessage13 } from '../../src/wire/messages.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { fullMessages, rfc8448Messages } from './samples.ts';

const framed = (type: number, hex: string): Uint8Array =>
  fromHex(type.toString(16).padStart(2, '0') + (hex.length / 2).toString(16).padStart(6, '0') + hex);
const refuses = (raw: Uint8Array, code: ErrorCode, alert: AlertName, what?: string): void =>
  assert.throws(() => decodeHandshake(raw), { name: 'TlsError', code, alert }, what);
const undecodable = (type: number, hex: string, what?: string): void =>
  refuses(framed(type, hex), 'ERR_TLS_DECODE', 'decode_error', what);

const RANDOM = '11'.repeat(32);

test('the messages of RFC 8448 decode and encode to the same bytes', (t) => {
  const kinds = new Map<string, number>();
  for (const { name, raw } of rfc8448Messages()) {
    const message = decodeHandshake(raw);
    assert.equal(message.raw, raw);
    assert.deepEqual(encodeHandshake(message), raw, name);
    kinds.set(message.type, (kinds.get(message.type) ?? 0) + 1);
  }
  // All kinds but KeyUpdate, which no trace has.
  assert.deepEqual([...kinds.keys()].sort(), [
    'certificate',
    'certificate_request',
    'certificate_verify',
    'client_hello',
    'encrypted_extensions',
    'end_of_early_data',
    'finished',
    'hello_retry_request',
    'new_session_ticket',
    'server_hello',
  ]);
  t.diagnostic(`wire messages: ${rfc8448Messages().length} of RFC 8448 to the byte`);
});

test('a full message of each kind decodes and encodes to the same bytes', () => {
  for (const { name, raw } of fullMessages()) {
    const { raw: kept, ...message } = decodeHandshake(raw);
    assert.equal(kept, raw);
    assert.deepEqual(encodeHandshake(message as HandshakeMessage13), raw, name);
  }
});

test('fields are where RFC 8448 §3 has them', () => {
  const [raw] = rfc8448Messages().map((sample) => sample.raw);
  assert.ok(raw !== undefined);
  const hello = decodeHandshake(raw);
  assert.ok(hello.type === 'client_hello');
  assert.equal(hello.legacyVersion, 0x0303);
  assert.equal(toHex(hello.random), 'cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7');
  assert.equal(hello.legacySessionId.length, 0);
  assert.deepEqual(hello.cipherSuites, [0x1301, 0x1303, 0x1302]);
  assert.deepEqual(Array.from(hello.legacyCompressionMethods), [0]);
  assert.deepEqual(
    hello.extensions?.map(({ type }) => type),
    [0, 65281, 10, 35, 51, 43, 13, 45, 28],
  );
});

test('HelloRetryRequest is told from ServerHello by its random', () => {
  assert.equal(toHex(HELLO_RETRY_REQUEST_RANDOM), createHash('sha256').update('HelloRetryRequest').digest('hex'));
  const hello = (random: string): Uint8Array => framed(2, `0303${random}00130100`);
  assert.equal(decodeHandshake(hello(toHex(HELLO_RETRY_REQUEST_RANDOM))).type, 'hello_retry_request');
  assert.equal(decodeHandshake(hello(`${toHex(HELLO_RETRY_REQUEST_RANDOM).slice(0, 62)}9d`)).type, 'server_hello');
});

test('extensions of a hello may be absent, empty or there', () => {
  const client = (rest: string): HandshakeMessage13 => decodeHandshake(framed(1, `0303${RANDOM}00000213010100${rest}`));
  const extensionsOf = (message: HandshakeMessage13): unknown => 'extensions' in message && message.extensions;
  assert.equal(extensionsOf(client('')), null);
  assert.deepEqual(extensionsOf(client('0000')), []);
  assert.deepEqual(extensionsOf(client('000500170001aa')), [{ type: 23, body: Uint8Array.of(0xaa) }]);
  assert.equal(extensionsOf(decodeHandshake(framed(2, `0303${RANDOM}00130100`))), null);
  assert.deepEqual(extensionsOf(decodeHandshake(framed(2, `0303${RANDOM}001301000000`))), []);
});

test('ClientHello keeps to its bounds', () => {
  const hello = (sessionId: string, suites: string, compression: string): string =>
    `0303${RANDOM}${sessionId}${suites}${compression}`;
  const longest = `20${'aa'.repeat(32)}`;
  assert.equal(decodeHandshake(framed(1, hello(longest, '00021301', '0100'))).type, 'client_hello');
  undecodable(1, hello(`21${'aa'.repeat(33)}`, '00021301', '0100'), 'session id of 33 bytes');
  undecodable(1, hello('00', '0000', '0100'), 'no cipher suite');
  undecodable(1, hello('00', '0003130113', '0100'), 'cipher suites of 3 bytes');
  undecodable(1, hello('00', `ffff${'00'.repeat(65535)}`, '0100'), 'cipher suites of 65535 bytes');
  undecodable(1, hello('00', '00021301', '00'), 'no compression method');
  undecodable(1, '0303', 'cut off');
  refuses(
    framed(1, `${hello('00', '00021301', '0100')}0000ff`),
    'ERR_TLS_TRAILING_DATA',
    'decode_error',
    'after extensions',
  );
});

test('ServerHello keeps to its bounds', () => {
  undecodable(2, `0303${RANDOM}21${'aa'.repeat(33)}130100`, 'session id of 33 bytes');
  undecodable(2, `0303${RANDOM}001301`, 'no compression method');
});

test('certificates and tickets are not empty', () => {
  assert.equal(decodeHandshake(framed(11, '00000000')).type, 'certificate');
  undecodable(11, '000000050000000000', 'cert_data');
  undecodable(4, '000000010000000200' + '0000' + '0000', 'ticket');
  assert.equal(decodeHandshake(framed(4, '00000001000000020000012a0000')).type, 'new_session_ticket');
});

test('NewSessionTicket carries unsigned 32-bit numbers', () => {
  const ticket = decodeHandshake(framed(4, 'ffffffff80000000' + '0107' + '00012a' + '0000'));
  assert.ok(ticket.type === 'new_session_ticket');
  assert.equal(ticket.lifetime, 0xffffffff);
  assert.equal(ticket.ageAdd, 0x80000000);
});

test('KeyUpdate is one byte, 0 or 1', () => {
  assert.deepEqual(decodeHandshake(framed(24, '01')), {
    type: 'key_update',
    requestUpdate: true,
    raw: framed(24, '01'),
  });
  for (const value of ['02', 'ff']) refuses(framed(24, value), 'ERR_TLS_BAD_KEY_UPDATE', 'illegal_parameter');
  undecodable(24, '');
  refuses(framed(24, '0000'), 'ERR_TLS_TRAILING_DATA', 'decode_error');
  refuses(framed(24, '0200'), 'ERR_TLS_TRAILING_DATA', 'decode_error');
});

test('EndOfEarlyData is empty', () => {
  assert.equal(decodeHandshake(framed(5, '')).type, 'end_of_early_data');
  refuses(framed(5, '00'), 'ERR_TLS_TRAILING_DATA', 'decode_error');
});

test('every other message type is refused', () => {
  const decoded = new Set([1, 2, 4, 5, 8, 11, 13, 15, 20, 24]);
  const known = new Set([0, 12, 14, 16, 22, 254]);
  for (let type = 0; type < 256; type++) {
    if (decoded.has(type)) continue;
    const code = known.has(type) ? 'ERR_TLS_UNEXPECTED_MESSAGE' : 'ERR_TLS_UNKNOWN_MESSAGE_TYPE';
    refuses(framed(type, '0000'), code, 'unexpected_message', `type ${type}`);
  }
});

test('the header counts the message', () => {
  for (const hex of ['', '14', '140000', '14000002aa']) refuses(fromHex(hex), 'ERR_TLS_DECODE', 'decode_error', hex);
  refuses(fromHex('14000001aabb'), 'ERR_TLS_TRAILING_DATA', 'decode_error');
});

test('a message that does not fit its fields is not encoded', () => {
  const verify = { type: 'certificate_verify', scheme: 0x0403, signature: new Uint8Array(65_536) } as const;
  assert.throws(() => encodeHandshake(verify), { code: 'ERR_TLS_ENCODE', alert: 'internal_error' });
});
