import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsError } from '../../src/errors/errors.ts';
import { CIPHER_SUITES, HASH_LENGTH } from '../../src/params/algorithms.ts';
import type { Incoming, RecordLayer } from '../../src/record/record-layer.ts';
import { concat, describe, layer, message, plain, seeded, TYPE } from './records.ts';

const [first] = CIPHER_SUITES;
const suite = first ?? assert.fail();
const secret = (byte: number): Uint8Array => new Uint8Array(HASH_LENGTH[suite.hash]).fill(byte);

/** A server's side of a connection: hello, flight under handshake keys, data, a key update, data, the end. */
function serverScript(padding: ((length: number) => number) | null, limit: number): Uint8Array {
  const server = layer('server', { padding });
  server.sendHandshake(message(2, 118));
  server.sendChangeCipherSpec();
  server.installWriteKeys(suite, secret(1));
  server.setPeerRecordLimit(limit);
  for (const [type, length] of [
    [8, 10],
    [11, 900],
    [15, 260],
    [20, 32],
  ] as const)
    server.sendHandshake(message(type, length));
  server.installWriteKeys(suite, secret(2));
  server.sendHandshake(message(4, 180));
  server.sendHandshake(message(4, 180));
  for (let i = 0; i < 5; i++) server.sendApplicationData(new Uint8Array(700 * i + 1).fill(i));
  server.sendHandshake(message(24, 1));
  server.installWriteKeys(suite, secret(3));
  server.sendApplicationData(new Uint8Array(300).fill(0));
  server.sendAlert(1, 0);
  return server.take();
}

/** Reads as a client does, changing keys after ServerHello, Finished and KeyUpdate. */
function readAll(client: RecordLayer, received: Incoming[]): void {
  for (let one = client.next(); one !== null; one = client.next()) {
    received.push(one);
    const type = one.kind === 'handshake' ? one.raw[0] : -1;
    if (type === 2) client.installReadKeys(suite, secret(1));
    if (type === 20) {
      client.acceptChangeCipherSpec(false);
      client.installReadKeys(suite, secret(2));
      client.acceptApplicationData(true);
    }
    if (type === 24) client.installReadKeys(suite, secret(3));
  }
}

function receiver(): RecordLayer {
  const client = layer('client');
  client.acceptChangeCipherSpec(true);
  return client;
}

for (const [name, padding, limit] of [
  ['plain', null, 2 ** 14 + 1],
  ['padded', (length: number) => length % 50, 2 ** 14 + 1],
  ['limited to 100 bytes', null, 100],
] as const) {
  test(`${name}: every chunking gives the same messages and data`, () => {
    const bytes = serverScript(padding, limit);
    const whole: Incoming[] = [];
    const client = receiver();
    client.feed(bytes);
    readAll(client, whole);
    const expected = describe(whole);
    assert.equal(expected.length, 1 + 4 + 2 + 1 + 1 + 1 + 1);
    assert.equal(client.buffered, 0);
    // One event for consecutive records, so the description has as many lines as there are events.
    assert.equal(whole.length, expected.length);

    const random = seeded(5);
    for (const most of [1, 7, 100, 1_500, 5_000]) {
      for (const give of ['feed', 'borrow'] as const) {
        const other = receiver();
        const received: Incoming[] = [];
        for (let start = 0; start < bytes.length; ) {
          const end = Math.min(bytes.length, start + 1 + random(most));
          const chunk = bytes.slice(start, end);
          other[give](chunk);
          readAll(other, received);
          other.release();
          chunk.fill(0xee);
          start = end;
        }
        assert.deepEqual(describe(received), expected, `${give}, chunks of up to ${most}`);
        assert.equal(other.recordsRead, client.recordsRead);
      }
    }
  });
}

for (const one of CIPHER_SUITES) {
  test(`${one.name}: both directions, many keys`, () => {
    const ends = [layer('client'), layer('server')] as const;
    for (const end of ends) end.acceptApplicationData(true);
    const random = seeded(one.code);
    for (let epoch = 0; epoch < 4; epoch++) {
      for (const [writer, reader] of [ends, [ends[1], ends[0]]] as const) {
        const key = new Uint8Array(HASH_LENGTH[one.hash]).map(() => random(256));
        writer.installWriteKeys(one, key);
        reader.installReadKeys(one, key);
        const data = new Uint8Array(random(40_000) + 1).map(() => random(256));
        writer.sendApplicationData(data);
        reader.feed(writer.take());
        const received = reader.next();
        assert.ok(received?.kind === 'application_data' && Buffer.compare(received.data, data) === 0);
        assert.equal(reader.next(), null);
        assert.equal(reader.readSequence, writer.writeSequence);
      }
    }
  });
}

test('whatever arrives, nothing but a TlsError is thrown', (t) => {
  const good = serverScript(null, 600);
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= 3_000; seed++) {
    const random = seeded(seed * 2_654_435_761);
    const client = receiver();
    if (random(2) === 0) client.acceptApplicationData(true);
    if (random(4) === 0) client.skipEarlyData({ by: random(2) === 0 ? 'type' : 'trial', limit: random(3_000) });
    const bytes = random(3) === 0 ? noise(random) : damaged(good, random);
    const received: Incoming[] = [];
    let outcome = 'more input needed';
    try {
      for (let start = 0; start < bytes.length; ) {
        const end = Math.min(bytes.length, start + 1 + random(2_000));
        client.feed(bytes.subarray(start, end));
        readAll(client, received);
        start = end;
      }
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      outcome = error.code;
    }
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  assert.ok(counts.size >= 8, [...counts].join(' '));
  t.diagnostic(`record garbage: 3000 inputs, ${counts.size} outcomes`);
});

/** Records of random types, versions and lengths, or bytes that are no records at all. */
function noise(random: (below: number) => number): Uint8Array {
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => random(256));
  if (random(4) === 0) return bytes(random(300));
  return concat(
    ...Array.from({ length: 1 + random(12) }, () => {
      const content = random(3) === 0 ? message(1 + random(24), random(30)) : bytes(random(60));
      return plain(TYPE.ccs + random(random(6) === 0 ? 8 : 4), content, 0x0300 + random(5));
    }),
  );
}

/** A good stream with bytes changed, cut out or doubled. */
function damaged(good: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = good.slice();
  for (let i = random(4); i >= 0; i--) {
    const at = random(bytes.length);
    const to = Math.min(bytes.length, at + random(200));
    if (random(3) === 0) bytes = concat(bytes.subarray(0, at), bytes.subarray(to));
    else if (random(2) === 0) bytes = concat(bytes.subarray(0, to), bytes.subarray(at));
    else bytes[at] = random(256);
  }
  return bytes;
}
