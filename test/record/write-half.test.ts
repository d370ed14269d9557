import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { createProtection13 } from '../../src/record/protection13.ts';
import type { RecordLayer, RecordLayerOptions } from '../../src/record/record-layer.ts';
import { concat, describe, drain, headers, layer, message, refuses, SECRET, suite, TYPE } from './records.ts';

/** A writer and the reader of the same keys. */
function keyed(options: Partial<RecordLayerOptions> = {}): { writer: RecordLayer; reader: RecordLayer } {
  const writer = layer('client', options);
  const reader = layer('server');
  writer.installWriteKeys(suite(), SECRET);
  reader.installReadKeys(suite(), SECRET);
  reader.acceptApplicationData(true);
  return { writer, reader };
}

/** Opens every record of `bytes` with the first key and gives content and padding of each. */
function inner(bytes: Uint8Array): { type: number; content: number; padding: number }[] {
  const protection = createProtection13(nobleProvider, suite(), SECRET);
  const list: { type: number; content: number; padding: number }[] = [];
  let offset = 0;
  for (const { length } of headers(bytes)) {
    const fragment = bytes.subarray(offset + 5, offset + 5 + length);
    const content = protection.open(0x0303, fragment, new Uint8Array(length), 0);
    list.push({ type: protection.innerType, content, padding: length - 17 - content });
    offset += 5 + length;
  }
  return list;
}

test('§5.1: 0x0301 for the initial ClientHello alone', () => {
  const client = layer('client');
  client.sendHandshake(message(1, 20_000));
  assert.deepEqual(
    headers(client.take()).map(({ version }) => version),
    [0x0301, 0x0301],
  );
  client.sendChangeCipherSpec();
  client.sendHandshake(message(1, 100));
  client.sendAlert(2, 40);
  assert.deepEqual(
    headers(client.take()).map(({ version }) => version),
    [0x0303, 0x0303, 0x0303],
  );

  const refusing = layer('client');
  refusing.sendAlert(2, 80);
  assert.equal(headers(refusing.take())[0]?.version, 0x0303);

  const server = layer('server');
  server.sendHandshake(message(2, 100));
  assert.deepEqual(headers(server.take()), [{ type: TYPE.handshake, version: 0x0303, length: 104 }]);

  const early = layer('client');
  early.sendHandshake(message(1, 100));
  early.sendChangeCipherSpec();
  early.installWriteKeys(suite(), SECRET);
  early.sendApplicationData(Uint8Array.of(1));
  assert.deepEqual(
    headers(early.take()).map(({ version }) => version),
    [0x0301, 0x0303, 0x0303],
  );
});

test('a flight goes out in as few records as its length needs', () => {
  const { writer, reader } = keyed();
  const flight = [message(8, 40), message(11, 445), message(15, 136), message(20, 32)];
  for (const one of flight) writer.sendHandshake(one);
  const bytes = writer.take();
  assert.deepEqual(
    headers(bytes).map(({ length }) => length),
    [concat(...flight).length + 17],
  );
  reader.feed(bytes);
  assert.deepEqual(describe(drain(reader)), describe(flight.map((raw) => ({ kind: 'handshake', raw: raw.slice() }))));

  writer.sendHandshake(message(11, 40_000));
  writer.sendHandshake(message(20, 32));
  const long = writer.take();
  assert.deepEqual(
    headers(long).map(({ length }) => length - 17),
    [2 ** 14, 2 ** 14, 40_004 + 36 - 2 ** 15],
  );
  reader.feed(long);
  assert.equal(drain(reader).length, 2);
});

test('unprotected messages fill records of 2^14, whatever limit the peer has', () => {
  const server = layer('server');
  server.setPeerRecordLimit(64);
  server.sendHandshake(message(2, 2 ** 14));
  assert.deepEqual(
    headers(server.take()).map(({ length }) => length),
    [2 ** 14, 4],
  );
});

test('§5.1: what precedes a key change ends with its record and is under the old key', () => {
  const server = layer('server');
  server.sendHandshake(message(2, 86));
  server.sendChangeCipherSpec();
  server.installWriteKeys(suite(), SECRET);
  server.sendHandshake(message(8, 2));
  server.sendHandshake(message(20, 32));
  server.installWriteKeys(suite(), new Uint8Array(32));
  assert.deepEqual([server.writeEpoch, server.writeSequence], [2, 0]);
  server.sendHandshake(message(4, 20));
  const types = headers(server.take());
  assert.deepEqual(
    types.map(({ type, length }) => [type, length]),
    [
      [TYPE.handshake, 90],
      [TYPE.ccs, 1],
      [TYPE.data, 2 + 4 + 32 + 4 + 17],
      [TYPE.data, 24 + 17],
    ],
  );
});

test('order is kept when types alternate', () => {
  const { writer, reader } = keyed();
  writer.sendApplicationData(Uint8Array.of(1));
  writer.sendHandshake(message(4, 1));
  writer.sendApplicationData(Uint8Array.of(2));
  writer.sendHandshake(message(24, 1));
  writer.sendAlert(1, 0);
  reader.feed(writer.take());
  assert.deepEqual(describe(drain(reader)), [
    'data 01',
    'handshake 0400000104',
    'data 02',
    'handshake 1800000118',
    'alert 1 0',
  ]);
});

test('application data is cut at 2^14 and written into one array', () => {
  const { writer, reader } = keyed();
  const data = new Uint8Array(3 * 2 ** 14 + 5).map((_, i) => i * 7);
  writer.sendApplicationData(data);
  const bytes = writer.take();
  assert.deepEqual(
    headers(bytes).map(({ length }) => length - 17),
    [2 ** 14, 2 ** 14, 2 ** 14, 5],
  );
  assert.equal(bytes.length, bytes.buffer.byteLength);
  assert.equal(writer.writeSequence, 4);
  reader.feed(bytes);
  const [one, ...more] = drain(reader);
  assert.ok(one?.kind === 'application_data' && Buffer.compare(one.data, data) === 0);
  assert.equal(more.length, 0);
  assert.equal(writer.take().length, 0);
});

test('RFC 8449: content, type and padding stay within the peer’s limit', () => {
  const { writer, reader } = keyed({ padding: () => 1_000 });
  writer.setPeerRecordLimit(64);
  reader.setOwnRecordLimit(64);
  writer.sendHandshake(message(11, 120));
  writer.sendApplicationData(new Uint8Array(100));
  const bytes = writer.take();
  assert.deepEqual(inner(bytes), [
    { type: TYPE.handshake, content: 63, padding: 0 },
    { type: TYPE.handshake, content: 61, padding: 2 },
    { type: TYPE.data, content: 63, padding: 0 },
    { type: TYPE.data, content: 37, padding: 26 },
  ]);
  reader.feed(bytes);
  assert.equal(drain(reader).length, 2);
});

test('RFC 8449: no limit of the peer raises that of the protocol, and none is below 64', () => {
  const { writer } = keyed();
  writer.setPeerRecordLimit(65_535);
  writer.sendApplicationData(new Uint8Array(2 ** 14 + 1));
  assert.deepEqual(
    headers(writer.take()).map(({ length }) => length - 17),
    [2 ** 14, 1],
  );
  assert.throws(() => writer.setPeerRecordLimit(63), TlsUsageError);
  assert.throws(() => writer.setOwnRecordLimit(0), TlsUsageError);
});

test('§5.4: padding is what the policy says, for every type, cut to the room there is', () => {
  const { writer, reader } = keyed({ padding: (length) => (length === 2 ** 14 ? 9 : 32 - (length % 32)) });
  writer.sendHandshake(message(20, 32));
  writer.sendAlert(1, 90);
  writer.sendApplicationData(new Uint8Array(2 ** 14 + 10));
  const bytes = writer.take();
  assert.deepEqual(inner(bytes), [
    { type: TYPE.handshake, content: 36, padding: 28 },
    { type: TYPE.alert, content: 2, padding: 30 },
    // Zeros at the end of the content are not taken for padding, since the type follows them.
    { type: TYPE.data, content: 2 ** 14, padding: 0 },
    { type: TYPE.data, content: 10, padding: 22 },
  ]);
  reader.feed(bytes);
  assert.equal(drain(reader).length, 3);

  for (const odd of [-5, Number.NaN, 0.9, Number.NEGATIVE_INFINITY]) {
    const { writer: strange } = keyed({ padding: () => odd });
    strange.sendApplicationData(Uint8Array.of(1));
    assert.deepEqual(inner(strange.take()), [{ type: TYPE.data, content: 1, padding: 0 }]);
  }
});

test('§5.5: the layer says when a key should be replaced', () => {
  const { writer } = keyed({ keyLimit: 4 });
  for (let i = 0; i < 3; i++) writer.sendApplicationData(Uint8Array.of(i));
  assert.equal(writer.writeLimitNear, false);
  writer.sendApplicationData(Uint8Array.of(3));
  assert.equal(writer.writeLimitNear, true);
  writer.sendHandshake(message(24, 1));
  writer.installWriteKeys(suite(), new Uint8Array(32));
  assert.equal(writer.writeLimitNear, false);

  const { writer: byDefault } = keyed({ recordLimit: 10 });
  byDefault.sendApplicationData(new Uint8Array(4 * 2 ** 14));
  assert.equal(byDefault.writeLimitNear, false);
  byDefault.sendAlert(1, 90);
  assert.equal(byDefault.writeLimitNear, true, 'half of the limit');
});

test('§5.5: the layer says how much can be written before the key should be replaced', () => {
  const { writer } = keyed({ keyLimit: 4 });
  assert.equal(writer.writableBeforeKeyLimit, 4 * 2 ** 14);
  writer.setPeerRecordLimit(100);
  writer.sendAlert(1, 90);
  assert.equal(writer.writableBeforeKeyLimit, 3 * 99);
  writer.sendApplicationData(new Uint8Array(writer.writableBeforeKeyLimit));
  assert.equal(writer.writeLimitNear, true);
  assert.equal(writer.writeSequence, 4);
  assert.equal(writer.writableBeforeKeyLimit, 99, 'never nothing, so that a writer goes on');
});

test('§5.5: nothing but alerts is sealed at the end of a key, and nothing at all beyond it', () => {
  const { writer } = keyed({ recordLimit: 5 });
  writer.sendApplicationData(new Uint8Array(2 ** 14 * 2));
  refuses(() => writer.sendApplicationData(new Uint8Array(2 ** 14 + 1)), 'ERR_TLS_KEY_LIMIT', 'internal_error');
  assert.equal(headers(writer.take()).length, 2, 'no part of what was refused is sent');
  writer.sendApplicationData(Uint8Array.of(1));
  refuses(() => writer.sendApplicationData(Uint8Array.of(1)), 'ERR_TLS_KEY_LIMIT', 'internal_error');
  writer.sendAlert(2, 80);
  writer.sendAlert(1, 0);
  refuses(() => writer.sendAlert(1, 0), 'ERR_TLS_KEY_LIMIT', 'internal_error');
  assert.equal(headers(writer.take()).length, 3);
});

test('§5: change_cipher_spec goes out unprotected, also with keys', () => {
  const { writer } = keyed();
  writer.sendChangeCipherSpec();
  assert.deepEqual([...writer.take()], [20, 3, 3, 0, 1, 1]);
});

test('application data is never written unprotected, nor anything after wipe', () => {
  const writer = layer('client');
  assert.throws(() => writer.sendApplicationData(Uint8Array.of(1)), TlsUsageError);
  const { writer: wiped } = keyed();
  wiped.sendAlert(1, 0);
  wiped.wipe();
  assert.equal(headers(wiped.take()).length, 1, 'what was sealed before can still be sent');
  assert.throws(() => wiped.sendApplicationData(Uint8Array.of(1)), TlsUsageError);
  assert.throws(() => wiped.sendAlert(2, 40), TlsUsageError);
  assert.equal(wiped.take().length, 0);
});

test('empty plaintext writes nothing', () => {
  const { writer } = keyed();
  writer.sendApplicationData(new Uint8Array(0));
  assert.equal(writer.take().length, 0);
  assert.equal(writer.writeSequence, 0);
});

test('lent memory takes the next application data, once, if they fit', () => {
  const { writer, reader } = keyed();
  const memory = new Uint8Array(40_000).fill(0xee);
  writer.lendOutput(memory);
  writer.sendApplicationData(new Uint8Array(20_000).fill(1));
  const first = writer.take();
  assert.equal(first.buffer, memory.buffer);
  assert.equal(first.length, 20_000 + 2 * 22);
  assert.ok(memory.subarray(first.length).every((byte) => byte === 0xee));
  reader.feed(first);
  writer.sendApplicationData(Uint8Array.of(2));
  const second = writer.take();
  assert.notEqual(second.buffer, memory.buffer, 'it was lent for one call');
  reader.feed(second);

  // What would overwrite the first is put elsewhere, and all of it into one array.
  writer.lendOutput(memory);
  writer.sendHandshake(message(24, 1));
  writer.sendApplicationData(Uint8Array.of(3));
  reader.feed(writer.take());

  const small = new Uint8Array(25 + 21);
  writer.lendOutput(small);
  writer.sendApplicationData(new Uint8Array(25).fill(4));
  const last = writer.take();
  assert.notEqual(last.buffer, small.buffer);
  assert.ok(small.every((byte) => byte === 0));
  reader.feed(last);
  assert.deepEqual(describe(drain(reader)), [
    `data ${'01'.repeat(20_000)}02`,
    'handshake 1800000118',
    `data 03${'04'.repeat(25)}`,
  ]);
});
