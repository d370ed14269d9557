/**
 * Tickets that a server did not make, or not so, or not yet: each is declined, and the full handshake follows.
 *
 * @see RFC 9846 §4.3.11 (pre_shared_key): unknown identities are ignored; RFC 5077 §3.4
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VersionName } from '../../src/params/registries.ts';
import { createAntiReplay } from '../../src/sessions/anti-replay.ts';
import type { ClientSession } from '../../src/sessions/session.ts';
import { createTicketSealer } from '../../src/sessions/ticket-sealer.ts';
import { fastProvider } from './fast-provider.ts';
import { type Clients, connectedPair, dataOf, failureOf, makePair, NOW, type Servers, seededRandom } from './pair.ts';
import { FAST } from './rogue.ts';

const HOUR = 3_600_000;

const SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] as const;

function setting(version: VersionName, seed = 'server') {
  const sealer = createTicketSealer({ crypto: fastProvider });
  // RFC 8422 §5.1: in TLS 1.2 the certificate's curve is to be offered too.
  const common: Clients & Servers = {
    ...FAST,
    cipherSuites: SUITES,
    groups: ['x25519', 'secp256r1'],
    maxVersion: version,
  };
  const servers: Servers = { ...common, ticketSealer: sealer, earlyData: 100 };
  const clients: Clients = common;
  const { client, server } = connectedPair(clients, { ...servers, random: seededRandom(seed) });
  assert.equal(failureOf(client) ?? failureOf(server), null);
  const session = client.events.flatMap((event) => (event.type === 'session' ? [event.session] : []))[0];
  assert.ok(session !== undefined && session.version === version);
  /** Whether the session is taken up, after a handshake that in either case succeeds. */
  const resumes = (changed: Partial<ClientSession>, clock: number = NOW, more: Servers = {}): boolean => {
    const pair = makePair(
      clients,
      { ...servers, clock: () => clock, ...more },
      { sessions: [{ ...session, ...changed }] },
    );
    pair.took(pair.client, pair.client.connection.start());
    pair.settle();
    assert.equal(failureOf(pair.client) ?? failureOf(pair.server), null);
    const { info } = pair.server.connection;
    assert.equal(info?.resumed, pair.client.connection.info?.resumed);
    return info?.resumed === true;
  };
  return { session, servers, clients, resumes };
}

for (const version of ['TLS 1.3', 'TLS 1.2'] as const) {
  test(`${version}: a ticket that is changed or cut short anywhere leads to a full handshake`, (t) => {
    const { session, resumes } = setting(version);
    const { ticket } = session;
    assert.equal(resumes({}), true);
    for (let at = 0; at < ticket.length; at += 3) {
      const changed = ticket.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
      assert.equal(resumes({ ticket: changed }), false, `byte ${at}`);
    }
    for (let length = 1; length < ticket.length; length += 11) {
      assert.equal(resumes({ ticket: ticket.subarray(0, length) }), false, `${length} bytes`);
    }
    assert.equal(resumes({ ticket: Uint8Array.of(...ticket, 0) }), false);
    t.diagnostic(
      `${version}: a ticket of ${ticket.length} bytes, changed in every third byte and cut at every eleventh: always a full handshake`,
    );
  });

  test(`${version}: a ticket of another key, from the future, and one that has ended lead to a full handshake`, () => {
    const { session, resumes } = setting(version);
    const other = setting(version, 'another server').session;
    assert.equal(resumes({ ticket: other.ticket }), false);
    assert.equal(resumes({}, NOW - HOUR), false, 'sealed an hour from now');
    assert.equal(resumes({}, NOW + session.lifetime * 1000 + 1), false, 'ended');
    assert.equal(resumes({}), true);
  });
}

test('early data is taken by one of two servers that share their store, and skipped by the other', () => {
  const { session, servers } = setting('TLS 1.3');
  const at = NOW + HOUR;
  const shared = createAntiReplay({ since: NOW });
  const clients: Clients = { ...FAST, clock: () => at };
  const { client } = makePair(clients, {}, { sessions: [session] });
  const hello = client.connection.start().transmit;
  const early = client.connection.writeEarlyData(Uint8Array.of(1, 2, 3)).transmit;
  const taken = [0, 1, 2].map(() => {
    const { server } = makePair({}, { ...servers, clock: () => at, antiReplay: shared });
    const { events } = server.connection.receive(Buffer.concat([hello, early]));
    assert.equal(
      events.find((event) => event.type === 'failed'),
      undefined,
    );
    server.events.push(...events);
    return dataOf(server).length;
  });
  assert.deepEqual(taken, [3, 0, 0]);
});
