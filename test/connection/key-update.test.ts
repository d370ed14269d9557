/**
 * KeyUpdate: when it is answered, when it waits, and when it comes by itself.
 *
 * @see RFC 9846 §4.7.3, §5.5, §7.2
 * @module
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Step } from '../../src/connection/events.ts';
import { bytesOf, dataOf, failureOf, joinPair, makeClient, makeServer, type Pair } from './pair.ts';
import { FAST, type Opened, openRecords, type Rogue, type Role, TYPE, type Watch, watch } from './rogue.ts';
import { MUTUAL, victimAt } from './script.ts';

const ROLES: readonly Role[] = ['client', 'server'];
const update = (requested: boolean): Uint8Array => Uint8Array.of(24, 0, 0, 1, requested ? 1 : 0);

/** The KeyUpdates that the victim wrote: what each asks for, and the number of the key it went under. */
function updatesOf(rogue: Rogue): readonly (readonly [asks: number | undefined, epoch: number])[] {
  return rogue
    .heard()
    .filter(({ type, content }) => type === TYPE.handshake && content[0] === 24)
    .map(({ content, epoch }) => [content[4], epoch] as const);
}

/** A KeyUpdate and the key that follows it; not yet delivered. */
function sealUpdate(rogue: Rogue, requested: boolean): Uint8Array {
  const record = rogue.seal(TYPE.handshake, update(requested));
  rogue.rekey();
  return record;
}

interface Watched {
  readonly pair: Pair;
  readonly seen: Readonly<Record<Role, Watch>>;
}

function watchedPair(options: Parameters<typeof makeClient>[0] = {}): Watched {
  const seen = { client: watch(), server: watch() };
  const pair = joinPair(
    makeClient({ ...FAST, ...options, observe: seen.client.observe }),
    makeServer({
      ...FAST,
      tickets: 0,
      ...(options.keyLimit === undefined ? {} : { keyLimit: options.keyLimit }),
      observe: seen.server.observe,
    }),
  );
  pair.took(pair.client, pair.client.connection.start());
  pair.settle();
  return { pair, seen };
}

const epochOf = (rogue: Rogue): number => rogue.heard().at(-1)?.epoch ?? -1;

for (const role of ROLES) {
  test(`a ${role} answers many requests of one call once, and those of several calls each`, () => {
    const together = victimAt(role, MUTUAL);
    const base = epochOf(together);
    const records = [true, true, false, true].map((requested) => sealUpdate(together, requested));
    const data = together.seal(TYPE.application_data, [7]);
    const step = together.deliver(...records, data);
    assert.deepEqual(
      step.events.map(({ type }) => type),
      ['data'],
    );
    assert.equal(updatesOf(together).length, 1);
    assert.equal(updatesOf(together)[0]?.[0], 0, 'an answer asks for nothing');

    const apart = victimAt(role, MUTUAL);
    for (let i = 0; i < 3; i++) apart.deliver(sealUpdate(apart, true));
    assert.deepEqual(
      updatesOf(apart).map(([asks]) => asks),
      [0, 0, 0],
    );
    // §4.7.3: each under the key before it.
    const epochs = updatesOf(apart).map(([, epoch]) => epoch);
    assert.deepEqual(
      epochs,
      [0, 1, 2].map((i) => (epochs[0] ?? 0) + i),
    );
    assert.ok((epochs[0] ?? 0) >= base);
  });

  test(`a ${role} answers before its next data`, () => {
    const rogue = victimAt(role, MUTUAL);
    const answered = rogue.deliver(sealUpdate(rogue, true));
    assert.ok(answered.transmit.length > 0);
    rogue.took(rogue.victim.connection.write(Uint8Array.of(1)));
    const [answer, data] = rogue.heard().slice(-2);
    assert.equal(answer?.content[0], 24);
    assert.equal(data?.epoch, (answer?.epoch ?? 0) + 1, 'data goes under the new key');
  });

  test(`a ${role} does not answer what asks for nothing`, () => {
    const rogue = victimAt(role, MUTUAL);
    assert.equal(rogue.deliver(sealUpdate(rogue, false)).transmit.length, 0);
    rogue.send(TYPE.application_data, [1]);
    assert.equal(rogue.victim.events.at(-1)?.type, 'data');
  });

  test(`a second request of a ${role} waits for the peer’s update`, () => {
    const rogue = victimAt(role, MUTUAL);
    const { connection } = rogue.victim;
    const request = (): Step => rogue.took(connection.updateKeys({ requestPeer: true }));
    assert.ok(request().transmit.length > 0);
    // However often it is asked for.
    for (let i = 0; i < 3; i++) assert.equal(request().transmit.length, 0);
    assert.deepEqual(
      updatesOf(rogue).map(([asks]) => asks),
      [1],
    );
    // New keys of its own need nobody's leave.
    assert.ok(rogue.took(connection.updateKeys()).transmit.length > 0);
    assert.deepEqual(
      updatesOf(rogue).map(([asks]) => asks),
      [1, 0],
    );
    // Data is no answer.
    assert.equal(rogue.send(TYPE.application_data, [1]).transmit.length, 0);
    rogue.deliver(sealUpdate(rogue, false));
    assert.deepEqual(
      updatesOf(rogue).map(([asks]) => asks),
      [1, 0, 1],
    );
    rogue.deliver(sealUpdate(rogue, false));
    assert.deepEqual(
      updatesOf(rogue).map(([asks]) => asks),
      [1, 0, 1],
      'nothing waits any more',
    );
  });

  test(`a ${role} with a request waiting answers the peer’s own request first`, () => {
    const rogue = victimAt(role, MUTUAL);
    const { connection } = rogue.victim;
    rogue.took(connection.updateKeys({ requestPeer: true }));
    rogue.took(connection.updateKeys({ requestPeer: true }));
    rogue.deliver(sealUpdate(rogue, true));
    assert.deepEqual(
      updatesOf(rogue).map(([asks]) => asks),
      [1, 0, 1],
    );
  });

  test(`data before and after KeyUpdates arrives at a ${role} in one call`, () => {
    const rogue = victimAt(role, MUTUAL);
    const records: Uint8Array[] = [];
    for (let i = 0; i < 5; i++) {
      records.push(rogue.seal(TYPE.application_data, [i]), sealUpdate(rogue, i % 2 === 0));
    }
    rogue.deliver(...records, rogue.seal(TYPE.application_data, [5]));
    assert.deepEqual([...dataOf(rogue.victim)], [0, 1, 2, 3, 4, 5]);
    assert.equal(updatesOf(rogue).length, 1);
  });

  test(`data allows a ${role} to take more KeyUpdates than the limit`, () => {
    const rogue = victimAt(role, MUTUAL, undefined, { [role]: { limits: { keyUpdates: 3 } } });
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 3; j++) rogue.deliver(sealUpdate(rogue, false));
      rogue.send(TYPE.application_data, [i]);
    }
    assert.equal(dataOf(rogue.victim).length, 10);
  });

  test(`a ${role} changes its key by itself before keyLimit, within one write`, () => {
    const keyLimit = 4;
    const { pair, seen } = watchedPair({ keyLimit });
    const [own, peer] = role === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
    // Forty records at most, with an end that is no whole record.
    const big = new Uint8Array(40 * 16_384 - 1000).map((_, i) => (i * 31) >> 3);
    const step = own.connection.write(big);
    pair.took(own, step);
    pair.settle();
    assert.equal(failureOf(peer), null);
    assert.equal(digest(dataOf(peer)), digest(big));

    const records = openRecords(bytesOf(own), seen[role].keys).filter(({ level }) => level === 'application');
    const perKey = countBy(records);
    // The KeyUpdate itself is protected by the key that it ends.
    assert.ok(Math.max(...perKey.values()) <= keyLimit + 1, [...perKey].join(' '));
    assert.ok(perKey.size >= 10, `${perKey.size} keys`);
    assert.ok(
      records.every(({ type, content }) => type !== TYPE.handshake || content[4] === 0),
      'nothing is asked of the peer',
    );

    // And so it goes on in small writes, each way.
    for (let i = 0; i < 20; i++) {
      pair.took(own, own.connection.write(Uint8Array.of(i)));
      pair.took(peer, peer.connection.write(Uint8Array.of(i)));
      pair.settle();
    }
    assert.equal(dataOf(own).length, 20);
    assert.equal(dataOf(peer).length, big.length + 20);
    assert.equal(failureOf(own), null);
  });
}

test('requests that cross take both sides two generations on', () => {
  const { pair, seen } = watchedPair();
  const { client, server } = pair;
  pair.took(client, client.connection.updateKeys({ requestPeer: true }));
  pair.took(server, server.connection.updateKeys({ requestPeer: true }));
  pair.settle();
  for (const role of ROLES) {
    for (const direction of ['read', 'write'] as const) {
      const keys = seen[role].keys.filter((one) => one.direction === direction && one.level === 'application');
      assert.equal(keys.length, 3, `${role} ${direction}`);
    }
  }
  // What one writes with is what the other reads with.
  const last = (role: Role, direction: string): Uint8Array | undefined =>
    seen[role].keys.filter((one) => one.direction === direction).at(-1)?.secret;
  assert.deepEqual(last('client', 'write'), last('server', 'read'));
  assert.deepEqual(last('server', 'write'), last('client', 'read'));
  pair.took(client, client.connection.write(Uint8Array.of(1)));
  pair.took(server, server.connection.write(Uint8Array.of(2)));
  pair.settle();
  assert.deepEqual([[...dataOf(server)], [...dataOf(client)]], [[1], [2]]);
});

test('a hundred updates in both directions, with data between', () => {
  const { pair } = watchedPair();
  const { client, server } = pair;
  for (let i = 0; i < 100; i++) {
    const [own, peer] = i % 3 === 0 ? [client, server] : [server, client];
    pair.took(own, own.connection.updateKeys({ requestPeer: i % 2 === 0 }));
    pair.took(own, own.connection.write(Uint8Array.of(i)));
    pair.took(peer, peer.connection.write(Uint8Array.of(i)));
    if (i % 5 === 0) pair.settle();
  }
  pair.settle();
  assert.equal(failureOf(client), null);
  assert.equal(failureOf(server), null);
  assert.deepEqual([dataOf(client).length, dataOf(server).length], [100, 100]);
});

function countBy(records: readonly Opened[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { epoch } of records) counts.set(epoch, (counts.get(epoch) ?? 0) + 1);
  return counts;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
