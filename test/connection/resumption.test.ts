import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptPeer } from '../../src/certs/verifier.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { importPsk } from '../../src/keys/import-psk.ts';
import { createServerSessionStore } from '../../src/sessions/server-store.ts';
import type { ClientSession } from '../../src/sessions/session.ts';
import { decodeClientSession, encodeClientSession } from '../../src/sessions/session-codec.ts';
import { createTicketSealer } from '../../src/sessions/ticket-sealer.ts';
import {
  type Clients,
  connectedPair,
  credential,
  dataOf,
  type End,
  failureOf,
  makePair,
  NOW,
  otherTrust,
  type Pair,
  type Servers,
} from './pair.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function sessionsOf(end: End): readonly ClientSession[] {
  return end.events.flatMap((event) => (event.type === 'session' ? [event.session] : []));
}

function firstSession(end: End): ClientSession {
  const [session] = sessionsOf(end);
  assert.ok(session !== undefined, 'the server sent a ticket');
  return session;
}

/** A server setting whose tickets several connections can share. */
function sharing(options: Servers = {}): Servers {
  return { ticketSealer: createTicketSealer({ crypto: nobleProvider }), ...options };
}

function resume(session: ClientSession, clients: Clients, servers: Servers, early: Uint8Array | null = null): Pair {
  const pair = makePair(clients, servers, { sessions: [session] });
  pair.took(pair.client, pair.client.connection.start());
  if (early !== null) pair.took(pair.client, pair.client.connection.writeEarlyData(early));
  pair.settle();
  return pair;
}

function exchange(pair: Pair): void {
  pair.took(pair.client, pair.client.connection.write(text('up')));
  pair.took(pair.server, pair.server.connection.write(text('down')));
  pair.settle();
  assert.ok(new TextDecoder().decode(dataOf(pair.server)).endsWith('up'));
  assert.equal(new TextDecoder().decode(dataOf(pair.client)), 'down');
}

test('a second connection is resumed from a sealed ticket, without certificates', () => {
  const servers = sharing({ alpn: ['h2'] });
  const clients: Clients = { alpn: ['h2'] };
  const first = connectedPair(clients, servers);
  assert.equal(sessionsOf(first.client).length, 2);
  const pair = resume(firstSession(first.client), clients, servers);
  assert.equal(failureOf(pair.client), null);
  assert.equal(failureOf(pair.server), null);
  for (const { connection } of [pair.client, pair.server]) {
    assert.equal(connection.info?.resumed, true);
    assert.equal(connection.info.psk, 'session');
    assert.equal(connection.info.signatureScheme, null);
    assert.equal(connection.info.group, 'X25519MLKEM768');
  }
  assert.deepEqual(pair.client.connection.info?.peerCertificates, first.client.connection.info?.peerCertificates);
  exchange(pair);
});

for (const [tickets, full, resumed] of [
  [undefined, 2, 1],
  [0, 0, 0],
  [1, 1, 1],
  [3, 3, 3],
] as const) {
  test(`tickets ${tickets}: ${full} after a full handshake, ${resumed} after a resumption`, () => {
    const servers = sharing();
    const session = firstSession(connectedPair({}, servers).client);
    assert.equal(sessionsOf(connectedPair({}, { ...servers, tickets }).client).length, full);
    assert.equal(sessionsOf(resume(session, {}, { ...servers, tickets }).client).length, resumed);
  });
}

test('a session survives being written to a file and read again', () => {
  const servers = sharing();
  const session = firstSession(connectedPair({}, servers).client);
  const read = decodeClientSession(encodeClientSession(session));
  assert.deepEqual(read, session);
  assert.ok(read !== null);
  assert.equal(resume(read, {}, servers).client.connection.info?.resumed, true);
  assert.equal(decodeClientSession(encodeClientSession(session).subarray(1)), null);
});

test('a stateful store gives each session once, and only to who can prove to hold it', () => {
  const sessionStore = createServerSessionStore();
  const servers: Servers = { sessionStore };
  const first = connectedPair({}, servers);
  assert.equal(first.server.events.filter((event) => event.type === 'session-issued').length, 2);
  const session = firstSession(first.client);
  // Someone who saw the ticket cannot destroy it.
  const thief = resume({ ...session, psk: new Uint8Array(session.psk.length) }, {}, servers);
  assert.equal(failureOf(thief.server)?.code, 'ERR_TLS_BAD_BINDER');
  assert.equal(failureOf(thief.client)?.detail, 'decrypt_error');
  const second = resume(session, {}, servers);
  assert.equal(second.server.connection.info?.resumed, true);
  assert.equal(second.server.events.filter((event) => event.type === 'session-used').length, 1);
  assert.equal(resume(session, {}, servers).server.connection.info?.resumed, false);
});

const OTHER_POLICIES: readonly [string, Clients, Servers][] = [
  ['another trust set of the client', { trust: otherTrust, decide: {}, verificationName: 'x' }, {}],
  ['a client that accepts anyone', { decide: { verifyPeer: () => acceptPeer('dangerous') } }, {}],
  ['a server with other credentials', {}, { credentials: [credential({ kind: 'p384' })] }],
  ['a server that wants client certificates', {}, { clientAuth: 'request' }],
  ['another suite hash', { cipherSuites: ['TLS_AES_256_GCM_SHA384'] }, {}],
];

for (const [name, clients, servers] of OTHER_POLICIES) {
  test(`a session is declined under ${name}`, () => {
    const common = sharing();
    const session = firstSession(connectedPair({}, common).client);
    const pair = resume(session, clients, { ...common, ...servers });
    assert.notEqual(pair.client.connection.info?.resumed, true);
    assert.notEqual(pair.server.connection.info?.resumed, true);
  });
}

test('a session made by a client that accepts anyone is not for one that verifies', () => {
  const common = sharing();
  const loose: Clients = { decide: { verifyPeer: () => acceptPeer('dangerous') } };
  const session = firstSession(connectedPair(loose, common).client);
  assert.equal(resume(session, {}, common).client.connection.info?.resumed, false);
});

test('sessions end with their lifetime, with seven days, and with the certificate of the peer', () => {
  const servers = sharing({ ticketLifetime: 3600 });
  const session = firstSession(connectedPair({}, servers).client);
  const at = (seconds: number): boolean | undefined => {
    const clock = (): number => NOW + seconds * 1000;
    return resume(session, { clock }, { ...servers, clock }).client.connection.info?.resumed;
  };
  assert.equal(at(3599), true);
  assert.equal(at(3600), false);
  assert.equal(at(-1), false);
  const long = sharing({ ticketLifetime: 604_800, credentials: [credential({ days: 2 })] });
  const short = firstSession(connectedPair({}, long).client);
  const clock = (): number => NOW + 3 * 86_400_000;
  // The certificate has ended: no resumption, and no full handshake either.
  assert.equal(failureOf(resume(short, { clock }, { ...long, clock }).client)?.code, 'ERR_CERT_EXPIRED');
});

test('resumption works after a HelloRetryRequest, with binders over both hellos', () => {
  const servers = sharing();
  const session = firstSession(connectedPair({}, servers).client);
  const pair = resume(session, { keyShares: ['secp384r1'] }, { ...servers, groups: ['secp256r1'], cookie: true });
  assert.equal(failureOf(pair.client), null);
  assert.equal(failureOf(pair.server), null);
  assert.equal(pair.server.connection.info?.resumed, true);
  assert.equal(pair.server.connection.info.helloRetryRequest, true);
  exchange(pair);
});

test('psk_ke is used only when both list it, and then without a key exchange where they share no group', () => {
  const modes = ['psk_dhe_ke', 'psk_ke'] as const;
  const servers = sharing({ pskModes: modes });
  const session = firstSession(connectedPair({ pskModes: modes }, servers).client);
  const alone = resume(session, { pskModes: ['psk_ke'] }, servers);
  assert.equal(failureOf(alone.server), null);
  assert.equal(alone.client.connection.info?.group, null);
  assert.equal(alone.client.connection.info.resumed, true);
  exchange(alone);
  const both = resume(session, { pskModes: modes }, servers);
  assert.equal(both.client.connection.info?.group, 'X25519MLKEM768');
  const refused = resume(session, { pskModes: ['psk_ke'] }, { ...servers, pskModes: ['psk_dhe_ke'] });
  assert.equal(refused.client.connection.info?.resumed, false);
});

/** Ten seconds and more after the server's start, as §8.2 asks. */
const LATER = NOW + 60_000;

function earlySetting(options: Servers = {}): { readonly servers: Servers; readonly session: ClientSession } {
  const antiReplay = createAntiReplayAt(NOW - 3_600_000);
  const servers = sharing({ earlyData: 16_384, antiReplay, ...options });
  return { servers, session: firstSession(connectedPair({}, servers).client) };
}

import { createAntiReplay } from '../../src/sessions/anti-replay.ts';

function createAntiReplayAt(since: number): ReturnType<typeof createAntiReplay> {
  return createAntiReplay({ since });
}

const later = { clock: () => LATER };

test('early data arrives in the first flight, marked as early, and the handshake completes', () => {
  const { servers, session } = earlySetting();
  assert.equal(session.maxEarlyData, 16_384);
  const pair = resume(session, later, { ...servers, ...later }, text('early'));
  assert.equal(failureOf(pair.client), null);
  assert.equal(failureOf(pair.server), null);
  const data = pair.server.events.filter((event) => event.type === 'data');
  assert.deepEqual(
    data.map(({ early, data: bytes }) => [early, new TextDecoder().decode(bytes)]),
    [[true, 'early']],
  );
  assert.equal(pair.client.connection.info?.earlyDataAccepted, true);
  assert.equal(pair.server.connection.info?.earlyDataAccepted, true);
  assert.ok(pair.client.events.some((event) => event.type === 'early-data' && event.status === 'accepted'));
  const label = 'EXPORTER-test';
  assert.deepEqual(
    pair.client.connection.exportEarlyKeyingMaterial(label, text('c'), 32),
    pair.server.connection.exportEarlyKeyingMaterial(label, text('c'), 32),
  );
  exchange(pair);
  assert.throws(() => pair.client.connection.writeEarlyData(text('late')), /no early data/);
});

test('replayed early data is refused by the same server, and the handshake goes on', () => {
  const { servers, session } = earlySetting();
  const seen: Servers = { ...servers, ...later };
  const first = makePair(later, seen, { sessions: [session] });
  const hello = first.client.connection.start().transmit;
  const early = first.client.connection.writeEarlyData(text('pay')).transmit;
  const statuses = [0, 1].map(() => {
    const { server } = makePair({}, seen);
    const { events } = server.connection.receive(Buffer.concat([hello, early]));
    return events.some((event) => event.type === 'data');
  });
  assert.deepEqual(statuses, [true, false]);
});

const REJECTIONS: readonly [string, Clients, Servers][] = [
  ['the server takes none', {}, { earlyData: 0 }],
  ['the protocol differs', { alpn: ['h2'] }, { alpn: ['h2'] }],
  ['a HelloRetryRequest comes between', {}, { cookie: true }],
  ['the server has just started', {}, { antiReplay: createAntiReplayAt(LATER - 1000) }],
  ['the owner refuses', {}, { decide: { admitEarlyData: () => false } }],
  ['the session is declined', {}, { decide: { openSession: () => null } }],
];

for (const [name, clients, servers] of REJECTIONS) {
  test(`early data is skipped and the connection stands when ${name}`, () => {
    const { servers: common, session } = earlySetting();
    const pair = resume(session, { ...later, ...clients }, { ...common, ...later, ...servers }, new Uint8Array(5000));
    assert.equal(failureOf(pair.client), null);
    assert.equal(failureOf(pair.server), null);
    assert.ok(pair.client.events.some((event) => event.type === 'early-data' && event.status === 'rejected'));
    assert.equal(dataOf(pair.server).length, 0);
    assert.equal(pair.client.connection.info?.earlyDataAccepted, false);
    exchange(pair);
  });
}

test('a ticket whose age is wrong by more than the window gives no early data', () => {
  const { servers, session } = earlySetting();
  const wrong = { ...session, receivedAt: session.receivedAt - 30_000 };
  const pair = resume(wrong, later, { ...servers, ...later }, text('x'));
  assert.equal(pair.server.connection.info?.resumed, true);
  assert.equal(pair.server.connection.info.earlyDataAccepted, false);
});

test('more early data than the ticket allows is unexpected_message', () => {
  const { servers, session } = earlySetting({ earlyData: 10 });
  const greedy = { ...session, maxEarlyData: 1000 };
  const pair = resume(greedy, later, { ...servers, ...later }, new Uint8Array(11));
  assert.equal(failureOf(pair.server)?.code, 'ERR_TLS_TOO_MUCH_EARLY_DATA');
  assert.equal(failureOf(pair.client)?.detail, 'unexpected_message');
});

test('external and imported keys stand in for certificates', () => {
  const key = { identity: text('client 7'), key: new Uint8Array(32).fill(7) };
  const external = { kind: 'external-psk', ...key, hash: 'sha256', binder: 'external' } as const;
  for (const psks of [[external], importPsk(nobleProvider, { ...key, context: text('lab') })]) {
    const pair = makePair({}, { psks }, { sessions: psks });
    pair.took(pair.client, pair.client.connection.start());
    pair.settle();
    assert.equal(failureOf(pair.client), null);
    assert.equal(pair.client.connection.info?.psk, 'external');
    assert.equal(pair.server.connection.info?.psk, 'external');
    // It has used up no ticket.
    assert.equal(sessionsOf(pair.client).length, 2);
    assert.equal(pair.client.connection.info.resumed, false);
    exchange(pair);
  }
  // A server that does not know the key shows its certificate.
  const pair = makePair({}, {}, { sessions: [external] });
  pair.took(pair.client, pair.client.connection.start());
  pair.settle();
  assert.equal(pair.client.connection.info?.psk, null);
  assert.equal(failureOf(pair.client), null);
});

test('the suite follows the hash of the key: of one from elsewhere, and of a session', () => {
  // Both sides prefer suites with SHA-256.
  const external = {
    kind: 'external-psk',
    identity: text('client 7'),
    key: new Uint8Array(48).fill(7),
    hash: 'sha384',
    binder: 'external',
  } as const;
  const pair = makePair({}, { psks: [external] }, { sessions: [external] });
  pair.took(pair.client, pair.client.connection.start());
  pair.settle();
  assert.equal(pair.server.connection.info?.psk, 'external');
  assert.equal(pair.client.connection.info?.cipherSuite, 'TLS_AES_256_GCM_SHA384');
  exchange(pair);

  const servers = sharing();
  const session = firstSession(connectedPair({ cipherSuites: ['TLS_AES_256_GCM_SHA384'] }, servers).client);
  const resumed = resume(session, {}, servers);
  assert.equal(resumed.server.connection.info?.resumed, true);
  assert.equal(resumed.client.connection.info?.cipherSuite, 'TLS_AES_256_GCM_SHA384');
  exchange(resumed);

  // §4.2.4: after a HelloRetryRequest the suite stands, and the key of the other hash is of no use.
  const retried = makePair({}, { psks: [external], cookie: true }, { sessions: [external] });
  retried.took(retried.client, retried.client.connection.start());
  retried.settle();
  assert.equal(failureOf(retried.client), null);
});

test('a client certificate is remembered by the session', () => {
  const servers = sharing({ clientAuth: 'require' });
  const clients: Clients = { credentials: [credential({ names: ['me'], purposes: ['clientAuth'] })] };
  const session = firstSession(connectedPair(clients, servers).client);
  const pair = resume(session, {}, servers);
  assert.equal(pair.server.connection.info?.resumed, true);
  assert.equal(pair.server.connection.info.peerCertificates.length, 1);
});
