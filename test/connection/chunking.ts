/**
 * One peer's bytes in any pieces: what a connection says and writes must not depend on how the transport cuts them.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { TlsEvent } from '../../src/connection/events.ts';
import { TlsError } from '../../src/errors/errors.ts';
import { bytesOf, type Pair } from './pair.ts';
import { itemsOf, joined, makeRogue, type Role, type Scenario } from './rogue.ts';
import { record } from './script.ts';

/** What a victim said and wrote. */
export interface Outcome {
  readonly events: readonly string[];
  /** Its messages and records of other types, each with its keys, as its peer sees them. */
  readonly said: readonly string[];
  readonly bytes: Uint8Array;
}

/**
 * The bytes that a peer sends over a whole connection: handshake, data, a KeyUpdate that asks for another, and the end. TLS 1.2
 * has no KeyUpdate.
 */
export function streamOf(scenario: Scenario, victim: Role, sizes: readonly number[], requestPeer = true): Uint8Array {
  let stream = new Uint8Array(0);
  record(scenario, (pair: Pair) => {
    const peer = victim === 'client' ? pair.server : pair.client;
    const { connection } = peer;
    for (const size of sizes) pair.took(peer, connection.write(new Uint8Array(size).map((_, i) => i)));
    // One request: each receive answers all that it brings once, so that more of them would be answered by the cut.
    const is13 = connection.info?.version === 'TLS 1.3';
    if (is13) pair.took(peer, connection.updateKeys({ requestPeer }));
    for (const size of sizes) pair.took(peer, connection.write(new Uint8Array(size).map((_, i) => size + i)));
    if (is13) pair.took(peer, connection.updateKeys());
    pair.took(peer, connection.close());
    pair.settle();
    stream = bytesOf(peer) as Uint8Array<ArrayBuffer>;
  });
  return stream;
}

/** A fresh victim that gets the stream in these pieces. */
export function deliver(scenario: Scenario, victim: Role, stream: Uint8Array, sizes: readonly number[]): Outcome {
  const rogue = makeRogue(victim, scenario);
  let at = 0;
  for (const size of [...sizes, stream.length]) {
    if (at >= stream.length) break;
    // A copy that is overwritten afterwards: the connection may keep no view of it.
    const piece = stream.slice(at, at + size);
    rogue.deliver(piece);
    piece.fill(0xee);
    at += size;
  }
  return {
    events: merged(rogue.victim.events).map(describe),
    said: itemsOf(rogue.heard()).map(
      ({ type, content, epoch }) => `${type} under ${epoch}: ${Buffer.from(content).toString('hex')}`,
    ),
    bytes: joined(...rogue.victim.written),
  };
}

/**
 * The same events and the same bytes. With `tickets` the records may differ: what one call has to say shares records as far as
 * it can, and tickets may be said in the call that also answers a KeyUpdate, or in TLS 1.2 in that of the first flight.
 */
export function assertSame(actual: Outcome, expected: Outcome, what: string, tickets = false): void {
  assert.deepEqual(actual.events, expected.events, what);
  assert.deepEqual(actual.said, expected.said, what);
  // Not deepEqual, whose report would be longer than anybody reads.
  if (!tickets) assert.ok(Buffer.compare(actual.bytes, expected.bytes) === 0, `${what}: other bytes`);
}

/** Consecutive data of one kind is one event: only there the cut may show. */
function merged(events: readonly TlsEvent[]): readonly TlsEvent[] {
  const all: TlsEvent[] = [];
  for (const event of events) {
    const last = all.at(-1);
    if (event.type === 'data' && last?.type === 'data' && last.early === event.early) {
      all[all.length - 1] = { ...last, data: joined(last.data, event.data) };
    } else {
      all.push(event);
    }
  }
  return all;
}

/** All that an event holds, in one line. */
function describe(event: TlsEvent): string {
  return JSON.stringify(event, (_, value: unknown) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
    if (value instanceof TlsError) return `${value.code} ${value.alert} ${value.message}`;
    return value;
  });
}

/** One piece for each record. */
export const byRecord = (stream: Uint8Array): readonly number[] => {
  const sizes: number[] = [];
  for (let at = 0; at < stream.length; ) {
    const size = 5 + (((stream[at + 3] ?? 0) << 8) | (stream[at + 4] ?? 0));
    sizes.push(size);
    at += size;
  }
  return sizes;
};

/** Pieces of 1 to `most` bytes. */
export function randomly(stream: Uint8Array, most: number, below: (limit: number) => number): readonly number[] {
  const sizes: number[] = [];
  for (let at = 0; at < stream.length; ) {
    const size = 1 + below(most);
    sizes.push(size);
    at += size;
  }
  return sizes;
}
