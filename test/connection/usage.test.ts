/**
 * Calls that the state of a connection does not allow: they throw TlsUsageError, and the connection never knows.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defineClientConfig } from '../../src/connection/config.ts';
import { createClient } from '../../src/connection/connection.ts';
import type { Step, TlsConnection } from '../../src/connection/events.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { answer, assertEmpty, usualReply } from './expect.ts';
import { bytesOf, connectedPair, dataOf, makeClient, makeServer, type Pair } from './pair.ts';
import { FAST, makeRogue, type Rogue, type Role, type Scenario } from './rogue.ts';
import { EARLY, FULL, MUTUAL, scriptOf, victimAt } from './script.ts';
import { MUTUAL12 } from './script12.ts';

const BYTE = Uint8Array.of(1);
const ROLES: readonly Role[] = ['client', 'server'];

type Call = (connection: TlsConnection) => unknown;

const CALLS: Readonly<Record<string, Call>> = {
  start: (connection) => connection.start(),
  receive: (connection) => connection.receive(BYTE),
  answer: (connection) => (connection as unknown as { answer(a: unknown, b: unknown): Step }).answer({}, {}),
  write: (connection) => connection.write(BYTE),
  'write nothing': (connection) => connection.write(new Uint8Array(0)),
  writeEarlyData: (connection) => connection.writeEarlyData(BYTE),
  updateKeys: (connection) => connection.updateKeys(),
  'updateKeys of both': (connection) => connection.updateKeys({ requestPeer: true }),
  issueTicket: (connection) => connection.issueTicket(),
  'issueTicket for too much': (connection) => connection.issueTicket({ earlyData: -1 }),
  exportKeyingMaterial: (connection) => connection.exportKeyingMaterial('label', null, 32),
  exportEarlyKeyingMaterial: (connection) => connection.exportEarlyKeyingMaterial('label', BYTE, 32),
  channelBinding: (connection) => connection.channelBinding('tls-exporter'),
  'channelBinding of TLS 1.2': (connection) => connection.channelBinding('tls-unique'),
  'channelBinding of the end point': (connection) => connection.channelBinding('tls-server-end-point'),
};

const EXPORTS = ['exportKeyingMaterial', 'channelBinding', 'channelBinding of the end point'];
const WRITES = ['write', 'write nothing', 'updateKeys', 'updateKeys of both'];

/** All calls but these throw, and nothing that can be seen of the connection changes. */
function misuse(connection: TlsConnection, allowed: readonly string[], what: string): number {
  const names = Object.keys(CALLS).filter((name) => !allowed.includes(name));
  for (const name of names) {
    const before = look(connection);
    assert.throws(() => CALLS[name]?.(connection), TlsUsageError, `${what}: ${name}`);
    assert.deepEqual(look(connection), before, `${what}: ${name}`);
  }
  return names.length;
}

function look(connection: TlsConnection): unknown {
  const { phase, info, suspendedOn, queuedInput, readable, writable, earlyDataCapacity } = connection;
  return { phase, info, suspendedOn, queuedInput, readable, writable, earlyDataCapacity };
}

const VERSIONS: readonly (readonly [title: string, scenario: Scenario])[] = [
  ['TLS 1.3', MUTUAL],
  ['TLS 1.2', MUTUAL12],
];

/** What TLS 1.2 has in the open connection: no new keys, no tickets, and a binding of its own. */
function allowedWhenOpen(role: Role, scenario: Scenario): readonly string[] {
  if (scenario === MUTUAL12) return ['write', 'write nothing', ...EXPORTS, 'channelBinding of TLS 1.2', 'receive'];
  return [...WRITES, ...EXPORTS, 'receive', ...(role === 'server' ? ['issueTicket'] : [])];
}

for (const [version, scenario] of VERSIONS) {
  const is12 = scenario === MUTUAL12;
  // What was said in the handshake needs no secret.
  const unique = is12 ? ['channelBinding of TLS 1.2'] : [];

  for (const role of ROLES) {
    test(`${version}: a ${role} that is misused at every step writes what it always writes`, (t) => {
      const expected = bytesOf(victimAt(role, scenario).victim);
      const rogue = makeRogue(role, scenario);
      let calls = 0;
      for (const item of scriptOf(scenario)[rogue.role]) {
        if (!rogue.state.startsWith('CONNECTED')) calls += misuse(rogue.victim.connection, ['receive'], rogue.state);
        rogue.play([item]);
      }
      assert.equal(rogue.state, is12 ? 'CONNECTED_12' : 'CONNECTED');
      calls += misuse(rogue.victim.connection, allowedWhenOpen(role, scenario), 'open');
      assert.deepEqual(bytesOf(rogue.victim), expected);
      t.diagnostic(`usage: ${version}: ${calls} wrong calls of a ${role}`);
    });

    test(`${version}: a ${role} that has closed its half writes nothing more`, () => {
      const rogue = victimAt(role, scenario);
      const { connection } = rogue.victim;
      rogue.took(connection.close());
      misuse(connection, [...EXPORTS, ...unique, 'receive'], 'half closed');
      assertEmpty(connection.close(), 'a second close');
      assert.equal(rogue.heard().at(-1)?.content[1], 0, 'close_notify is the last record');
    });

    test(`${version}: a ${role} that has failed or is closed does nothing more`, () => {
      const failed = victimAt(role, scenario);
      failed.alert('internal_error');
      const closed = victimAt(role, scenario);
      closed.alert('close_notify', 1);
      closed.took(closed.victim.connection.close());
      for (const [rogue, phase] of [
        [failed, 'failed'],
        [closed, 'closed'],
      ] as const) {
        const { connection } = rogue.victim;
        assert.equal(connection.phase, phase);
        // What binds to the certificate needs no secret.
        misuse(connection, ['receive', 'channelBinding of the end point', ...unique], phase);
        for (const call of [
          () => connection.receive(BYTE),
          () => connection.close(),
          () => connection.abort(),
          () => connection.abort('user_canceled'),
          () => connection.abort('internal_error'),
          () => connection.transportEnded(),
        ]) {
          assertEmpty(call(), `${role} ${phase}`);
        }
      }
    });
  }
}

test('what is sealed goes into the memory that the call lends, if that is of another buffer than the plaintext', () => {
  const pair = connectedPair();
  const client = pair.client.connection;
  const server = pair.server.connection;
  const received = (step: Step): number[] => {
    const [event, ...others] = server.receive(step.transmit).events;
    assert.ok(event?.type === 'data' && others.length === 0);
    return [...event.data];
  };
  const memory = new Uint8Array(1_000);
  const before = look(client);
  assert.throws(() => client.write(memory.subarray(0, 10), memory.subarray(500)), TlsUsageError);
  assert.deepEqual(look(client), before);
  const lent = client.write(BYTE, memory);
  assert.equal(lent.transmit.buffer, memory.buffer);
  assert.deepEqual(received(lent), [1]);
  const tooLong = client.write(new Uint8Array(990), memory);
  assert.notEqual(tooLong.transmit.buffer, memory.buffer);
  assert.equal(received(tooLong).length, 990);
  assert.notEqual(client.write(BYTE).transmit.buffer, memory.buffer, 'it is lent for one call');
});

test('start comes first on a client, and once on both', () => {
  const client = makeClient(FAST);
  misuse(client, ['start'], 'before start');
  assert.equal(client.start().transmit.length > 0, true);
  misuse(client, ['receive'], 'after start');
  const server = makeServer(FAST);
  assertEmpty(server.receive(new Uint8Array(0)), 'a server need not start');
  assertEmpty(server.start(), 'a server has nothing to start with');
  misuse(server, ['receive'], 'after start');
});

test('a client that was ended before it started cannot start', () => {
  for (const end of [
    (client: TlsConnection) => client.abort(),
    (client: TlsConnection) => client.close(),
    (client: TlsConnection) => client.transportEnded(),
  ]) {
    let transitions = 0;
    const client = makeClient({ ...FAST, observe: () => transitions++ });
    end(client);
    assert.equal(client.phase, 'failed');
    for (let i = 0; i < 2; i++) assert.throws(() => client.start(), { name: 'TlsUsageError', message: /cannot start/ });
    assert.equal(client.phase, 'failed');
    assert.equal(transitions, 0);
    assertEmpty(client.close());
  }
});

test('early data is written within its capacity, and not after it was answered', () => {
  const { early = BYTE } = EARLY;
  const rogue = makeRogue('client', EARLY);
  const { connection } = rogue.victim;
  assert.equal(connection.earlyDataCapacity, 1000 - early.length);
  misuse(connection, ['receive', 'writeEarlyData', 'exportEarlyKeyingMaterial'], 'with early data');
  assert.throws(() => connection.writeEarlyData(new Uint8Array(1001 - early.length)), TlsUsageError);
  assert.equal(connection.earlyDataCapacity, 1000 - early.length);
  rogue.took(connection.writeEarlyData(new Uint8Array(1000 - early.length)));
  assert.equal(connection.earlyDataCapacity, 0);
  assert.throws(() => connection.writeEarlyData(BYTE), TlsUsageError);
  // None was offered.
  assert.equal(makeRogue('client', FULL).victim.connection.earlyDataCapacity, 0);
  assert.equal(victimAt('server', EARLY, 'WAIT_EOED').victim.connection.earlyDataCapacity, 0);
});

test('a client needs the name of its server', () => {
  const config = defineClientConfig(FAST);
  for (const name of ['', undefined, null, 7]) {
    assert.throws(() => createClient(config, { name: name as string }), TlsUsageError);
  }
});

test('the arrays that go in are the caller’s again, and those that come out are the receiver’s', () => {
  const pair: Pair = connectedPair(FAST, FAST);
  const { client, server } = pair;
  const plaintext = Uint8Array.of(1, 2, 3);
  const { transmit } = client.connection.write(plaintext);
  plaintext.fill(9);
  const whole = transmit.slice();
  for (const at of [3, 8]) {
    const piece = whole.slice(at === 3 ? 0 : 3, at);
    pair.took(server, server.connection.receive(piece));
    piece.fill(0xee);
  }
  transmit.fill(0xee);
  pair.took(server, server.connection.receive(whole.subarray(8)));
  assert.deepEqual(dataOf(server), Uint8Array.of(1, 2, 3));
  // Writing into what came out harms nobody.
  for (const event of server.events) if (event.type === 'data') event.data.fill(7);
  pair.took(client, client.connection.write(Uint8Array.of(4)));
  pair.settle();
  assert.equal(dataOf(server).at(-1), 4);
});

test('writing nothing gives nothing', () => {
  for (const role of ROLES) {
    const rogue: Rogue = victimAt(role, FULL);
    assertEmpty(rogue.victim.connection.write(new Uint8Array(0)), role);
  }
});

test('phases, readable and writable follow the handshake', () => {
  for (const [role, scenario] of ROLES.flatMap((one) => [[one, MUTUAL] as const, [one, MUTUAL12] as const])) {
    const rogue = makeRogue(role, scenario);
    const { connection } = rogue.victim;
    for (const item of scriptOf(scenario)[rogue.role]) {
      assert.deepEqual([connection.phase, connection.readable, connection.writable], ['handshake', true, false]);
      assert.equal(connection.info, null);
      rogue.play([item]);
      if (rogue.state.startsWith('CONNECTED')) break;
    }
    assert.deepEqual([connection.phase, connection.readable, connection.writable], ['open', true, true]);
    assert.equal(connection.info?.role, role);
  }
  const question = makeRogue('server', { ...FULL, server: { ...FULL.server, decide: { chooseCredential: null } } });
  question.play(scriptOf(FULL).client.slice(0, 1));
  const { connection } = question.victim;
  assert.deepEqual([connection.phase, connection.readable, connection.writable], ['handshake', false, false]);
  const open = connection.suspendedOn;
  assert.ok(open !== null);
  answer(question, open, usualReply(open));
  assert.equal(connection.readable, true);
});
