/**
 * What connections hold, at the limits: bytes of memory for each kind of peer that keeps us waiting, and after long traffic.
 *
 * tsx gives every function a name of its own, which makes each connection some 8 KiB larger here than in a build.
 *
 * Hashes and AEADs are those of the default provider, which keeps all it holds where it can be measured; key exchanges and
 * signatures are remembered from the first connection, so that ten thousand take seconds.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LIMITS } from '../../src/connection/config.ts';
import { createServer } from '../../src/connection/connection.ts';
import type { TlsConnection } from '../../src/connection/events.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { fastProvider } from '../connection/fast-provider.ts';
import { serverConfig } from '../connection/pair.ts';
import { FAST, joined, TYPE } from '../connection/rogue.ts';
import { FULL, MUTUAL } from '../connection/script.ts';
import { message } from '../handshake/refusal.ts';
import { firstHello, ticket, victim } from './floods.ts';
import { createMeter, memoryInUse } from './meter.ts';
import { helloOf, piecesOf, recordsOf } from './stuffed.ts';

const KIB = 1024;

const held: CryptoProvider = {
  ...fastProvider,
  name: 'held',
  hash: nobleProvider.hash,
  hmac: nobleProvider.hmac,
  aead: nobleProvider.aead,
};

/** The same bytes in every connection: see above. */
const random = (length: number): Uint8Array => new Uint8Array(length).fill(0x5a);
const config = serverConfig({ ...FAST, ...FULL.server, crypto: held, random });
const hello = recordsOf(firstHello, 16_384);
const longestHello = recordsOf(helloOf(DEFAULT_LIMITS.handshakeMessage), 16_384);
/** All but the last byte of the longest plaintext record, and of the longest that is protected. */
const partialRecord = joined(Uint8Array.of(22, 3, 3, 0x40, 0), new Uint8Array(2 ** 14 - 1).fill(1));
const partialCiphertext = joined(Uint8Array.of(23, 3, 3, 0x41, 0), new Uint8Array(2 ** 14 + 255));
/** A message of the greatest length without its last byte, in the fewest records. */
const partialMessage = recordsOf(message(1, new Uint8Array(DEFAULT_LIMITS.handshakeMessage)).subarray(0, -1), 16_384);

/** A peer that stops after this, and what a connection may hold for it. */
interface Waiting {
  readonly title: string;
  readonly connections: number;
  readonly make: () => TlsConnection;
  readonly received: readonly Uint8Array[];
  readonly most: number;
}

const server = (): TlsConnection => createServer(config);
/** Asks which config to use, and is not told. */
const asking = (): TlsConnection => createServer({ random });
const queued = new Uint8Array(DEFAULT_LIMITS.queuedInput).fill(0x17);

const WAITING: readonly Waiting[] = [
  { title: 'nothing', connections: 1_000, make: server, received: [], most: 32 * KIB },
  { title: 'one byte', connections: 1_000, make: server, received: [Uint8Array.of(22)], most: 33 * KIB },
  {
    title: 'a ClientHello, answered by a flight',
    connections: 10_000,
    make: server,
    received: [hello],
    most: 64 * KIB,
  },
  // What is put together from chunks doubles as it grows.
  {
    title: 'a record without its last byte',
    connections: 1_000,
    make: server,
    received: [partialRecord],
    most: 80 * KIB,
  },
  {
    ...{ title: 'a ClientHello, then a record without its last byte', connections: 300, make: server },
    ...{ received: [hello, partialCiphertext], most: 128 * KIB },
  },
  {
    // The hello itself is kept for its extensions until the client's Finished; what it was put together in is not.
    ...{ title: 'a ClientHello of 65,536 bytes in pieces, answered by a flight', connections: 500, make: server },
    ...{ received: piecesOf(longestHello, 1_000), most: 64 * KIB + 64 * KIB },
  },
  {
    ...{ title: 'a message of 65,536 bytes without its last', connections: 500, make: server },
    ...{ received: [partialMessage], most: 2 * 64 * KIB + 64 * KIB },
  },
  {
    ...{ title: 'a ClientHello that waits for a decision, and all that may wait behind it', connections: 100 },
    ...{ make: asking, received: [hello, queued], most: 2 * 256 * KIB + 64 * KIB },
  },
];

/** Connections that have received this and wait. What they wrote has gone. */
function open({ make, received }: Waiting, count: number): readonly TlsConnection[] {
  return Array.from({ length: count }, () => {
    const connection = make();
    connection.start();
    for (const bytes of received) connection.receive(bytes);
    assert.equal(connection.phase, 'handshake');
    return connection;
  });
}

test('half-open connections hold a bounded memory each, and give it back', (t) => {
  for (const waiting of WAITING) {
    const { title, connections, most } = waiting;
    open(waiting, 20);
    const before = memoryInUse();
    const start = performance.now();
    let kept: readonly TlsConnection[] | null = open(waiting, connections / 4);
    const quarter = (memoryInUse() - before) / kept.length;
    kept = [...kept, ...open(waiting, connections - kept.length)];
    const milliseconds = performance.now() - start;
    const each = (memoryInUse() - before) / kept.length;
    assert.equal(kept.length, connections);
    assert.ok(each <= most, `${title}: ${each.toFixed(0)} bytes a connection`);
    assert.ok(
      each <= quarter * 1.5 + KIB,
      `${title}: ${quarter.toFixed(0)} bytes each of a quarter, ${each.toFixed(0)} of all`,
    );
    kept = null;
    const left = memoryInUse() - before;
    assert.ok(left <= (each * connections) / 20 + 1024 * KIB, `${title}: ${left} bytes are left`);
    t.diagnostic(
      `${connections} servers that have received ${title}: ${(each / KIB).toFixed(1)} KiB each, ` +
        `${((milliseconds * 1000) / connections).toFixed(0)} µs each`,
    );
  }
});

test('input behind a question is bounded, costs no more than its bytes, and goes with the connection', (t) => {
  const limit = DEFAULT_LIMITS.queuedInput;
  /** So many bytes in calls of so many behind a hello; the time of all calls, and the connection. */
  function queue(bytes: number, chunk: number): { readonly milliseconds: number; readonly connection: TlsConnection } {
    const connection = asking();
    connection.receive(hello);
    const start = performance.now();
    for (let at = 0; at < bytes; at += chunk) connection.receive(queued.subarray(at, Math.min(bytes, at + chunk)));
    return { milliseconds: performance.now() - start, connection };
  }
  for (const chunk of [1, 1_000]) {
    const best = (bytes: number): number =>
      Math.min(...Array.from({ length: 5 }, () => queue(bytes, chunk).milliseconds));
    const measure = (): readonly [number, number] => {
      const small = best(limit / 16);
      const whole = best(limit);
      return [whole, whole / 16 / small];
    };
    let [milliseconds, growth] = measure();
    // A busy machine is no complexity: what grows with the square does so every time.
    for (let again = 0; again < 3 && growth > 3; again++) [milliseconds, growth] = measure();
    t.diagnostic(
      `${limit} bytes in calls of ${chunk}: ${milliseconds.toFixed(0)} ms, ${growth.toFixed(2)} times the time a byte`,
    );
    assert.ok(growth <= 3, `calls of ${chunk}: ${growth.toFixed(1)} times the time a byte`);
    const { connection } = queue(limit, chunk);
    assert.equal(connection.queuedInput, limit);
    assert.throws(() => connection.receive(Uint8Array.of(1)), TlsUsageError);
    assert.equal(connection.queuedInput, limit);
    assert.equal(connection.readable, false);
    // The end of the connection is the end of what waits.
    connection.abort();
    assert.equal(connection.queuedInput, 0);
  }

  // Behind the answer the rest is read, and refused at its first record, for the price of the flight alone.
  const meter = createMeter();
  const { connection } = queue(limit, limit);
  const question = connection.suspendedOn;
  assert.ok(question?.kind === 'chooseConfig');
  const { events } = connection.answer(question, serverConfig({ ...FAST, ...FULL.server, crypto: meter.crypto }));
  assert.equal(events.at(-1)?.type, 'failed');
  const { opens, openedBytes } = meter.read();
  assert.ok(opens <= 1 && openedBytes <= 2 ** 14 + 256, `${opens} records were opened`);
});

test('long traffic leaves nothing behind', (t) => {
  const content = new Uint8Array(2 ** 14).fill(0x61);
  for (const role of ['client', 'server'] as const) {
    const { rogue } = victim(role, MUTUAL);
    const { connection } = rogue.victim;
    const round = (index: number): void => {
      connection.receive(rogue.seal(TYPE.application_data, content));
      connection.write(content);
      if (index % 8 !== 0) return;
      const update = rogue.seal(TYPE.handshake, message(24, [1]));
      rogue.rekey();
      connection.receive(update);
      connection.updateKeys();
      if (role === 'client') connection.receive(rogue.seal(TYPE.handshake, ticket(1_000, index)));
      // What a test keeps of the victim's keys is no memory of the victim's.
      rogue.watch.keys.splice(0, rogue.watch.keys.length - 1);
      rogue.watch.transitions.length = 0;
    };
    for (let i = 0; i < 64; i++) round(i);
    const before = memoryInUse();
    for (let i = 0; i < 2_048; i++) round(i);
    const grown = memoryInUse() - before;
    assert.notEqual(connection.phase, 'failed');
    t.diagnostic(`${role}: after 32 MiB each way and 256 KeyUpdates each way ${(grown / KIB).toFixed(0)} KiB more`);
    assert.ok(grown <= 1024 * KIB, `${role}: ${grown} bytes more`);
  }
});
