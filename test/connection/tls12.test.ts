import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TlsEvent } from '../../src/connection/events.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { CIPHER_SUITES_12, type CipherSuite12, type GroupName } from '../../src/params/algorithms.ts';
import { EXTENSION } from '../../src/params/registries.ts';
import { createServerSessionStore } from '../../src/sessions/server-store.ts';
import type { ClientSession } from '../../src/sessions/session.ts';
import { decodeClientSession, encodeClientSession } from '../../src/sessions/session-codec.ts';
import { createTicketSealer } from '../../src/sessions/ticket-sealer.ts';
import { fastProvider } from './fast-provider.ts';
import {
  type Clients,
  connectedPair,
  credential,
  dataOf,
  type End,
  failureOf,
  type IssueOptions,
  type Pair,
  type Servers,
  seededRandom,
} from './pair.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const TLS12 = { crypto: fastProvider, maxVersion: 'TLS 1.2' } as const;

function exchange(pair: Pair): void {
  pair.took(pair.client, pair.client.connection.write(text('up')));
  pair.took(pair.server, pair.server.connection.write(text('down')));
  pair.settle();
  assert.equal(new TextDecoder().decode(dataOf(pair.server)), 'up');
  assert.equal(new TextDecoder().decode(dataOf(pair.client)), 'down');
}

function assertOpen(pair: Pair): void {
  for (const end of [pair.client, pair.server]) {
    assert.equal(failureOf(end), null);
    assert.equal(end.connection.phase, 'open');
    assert.equal(end.connection.info?.version, 'TLS 1.2');
  }
}

function sessionsOf(end: End): readonly ClientSession[] {
  return end.events.flatMap((event) => (event.type === 'session' ? [event.session] : []));
}

const KEY_FOR: Readonly<Record<CipherSuite12['keyExchange'], NonNullable<IssueOptions['kind']>>> = {
  ecdhe_ecdsa: 'p256',
  ecdhe_rsa: 'rsa2048',
  rsa: 'rsa2048',
};

for (const { name, keyExchange } of CIPHER_SUITES_12) {
  test(`${name}: a handshake and data both ways`, () => {
    const credentials = [credential({ kind: KEY_FOR[keyExchange] })];
    const pair = connectedPair({ ...TLS12, cipherSuites: [name] }, { ...TLS12, cipherSuites: [name], credentials });
    assertOpen(pair);
    assert.equal(pair.client.connection.info?.cipherSuite, name);
    assert.equal(pair.server.connection.info?.cipherSuite, name);
    assert.equal(pair.client.connection.info.extendedMainSecret, true);
    exchange(pair);
    for (const type of ['tls-exporter', 'tls-unique', 'tls-server-end-point'] as const) {
      assert.deepEqual(pair.client.connection.channelBinding(type), pair.server.connection.channelBinding(type));
    }
    const material = pair.client.connection.exportKeyingMaterial('EXPORTER-test', null, 40);
    assert.deepEqual(pair.server.connection.exportKeyingMaterial('EXPORTER-test', null, 40), material);
    // RFC 5705 §4: no context and an empty one differ.
    assert.notDeepEqual(pair.client.connection.exportKeyingMaterial('EXPORTER-test', text(''), 40), material);
  });
}

test('every group of TLS 1.2, and every kind of key', () => {
  for (const group of ['x25519', 'x448', 'secp256r1', 'secp384r1', 'secp521r1'] satisfies GroupName[]) {
    // The curve of the certificate has to be among the client's groups.
    const pair = connectedPair(
      { ...TLS12, groups: group === 'secp256r1' ? [group] : [group, 'secp256r1'] },
      { ...TLS12, groups: [group] },
    );
    assertOpen(pair);
    assert.equal(pair.client.connection.info?.group, group);
    assert.equal(pair.server.connection.info?.group, group);
  }
  for (const kind of ['p256', 'p384', 'p521', 'ed25519', 'ed448', 'rsa2048', 'rsa-pss2048'] as const) {
    const pair = connectedPair(TLS12, { ...TLS12, credentials: [credential({ kind })] });
    assertOpen(pair);
    assert.equal(pair.client.connection.info?.signatureScheme, pair.server.connection.info?.ownSignatureScheme);
    assert.equal(pair.client.connection.info?.peerCertificates.length, 1);
  }
});

test('both versions from one config: TLS 1.3 where both have it, TLS 1.2 else', () => {
  const both = { crypto: fastProvider } as const;
  assert.equal(connectedPair(both, both).client.connection.info?.version, 'TLS 1.3');
  assertOpen(connectedPair(TLS12, both));
  assertOpen(connectedPair(both, TLS12));
  const only13 = connectedPair(TLS12, { ...both, minVersion: 'TLS 1.3' });
  assert.equal(failureOf(only13.server)?.code, 'ERR_TLS_UNSUPPORTED_VERSION');
  assert.equal(failureOf(only13.client)?.detail, 'protocol_version');
});

test('a client that is made to fall back sees the sentinel in the random', () => {
  const both = { crypto: fastProvider } as const;
  // Somebody on the way takes supported_versions out of the hello.
  const helloShape = {
    clientHello: (extensions: readonly { readonly type: number; readonly body: Uint8Array }[]) =>
      extensions.filter(({ type }) => type !== EXTENSION.supported_versions),
  };
  const pair = connectedPair({ ...both, helloShape }, both);
  assert.equal(failureOf(pair.client)?.code, 'ERR_TLS_DOWNGRADE');
  assert.equal(failureOf(pair.server)?.detail, 'illegal_parameter');
});

test('a client certificate: asked for, shown, missing, required', () => {
  const own = credential({ names: ['me'], purposes: ['clientAuth'] });
  for (const kind of ['p256', 'rsa2048', 'ed25519', 'p384'] as const) {
    const shown = credential({ kind, names: ['me'], purposes: ['clientAuth'] });
    const pair = connectedPair({ ...TLS12, credentials: [shown] }, { ...TLS12, clientAuth: 'require' });
    assertOpen(pair);
    assert.deepEqual(pair.server.connection.info?.peerCertificates, shown.chain);
    assert.equal(pair.server.connection.info?.signatureScheme, pair.client.connection.info?.ownSignatureScheme);
    exchange(pair);
  }
  assertOpen(connectedPair(TLS12, { ...TLS12, clientAuth: 'request' }));
  const missing = connectedPair(TLS12, { ...TLS12, clientAuth: 'require' });
  assert.equal(failureOf(missing.server)?.code, 'ERR_TLS_NO_CLIENT_CERTIFICATE');
  assert.equal(failureOf(missing.client)?.detail, 'handshake_failure');
  assert.ok(own.key !== null);
});

test('a second connection is resumed from a ticket, which may serve again', () => {
  const servers: Servers = { ...TLS12, ticketSealer: createTicketSealer({ crypto: nobleProvider }) };
  const first = connectedPair(TLS12, servers);
  const [session] = sessionsOf(first.client);
  assert.ok(session !== undefined);
  assert.deepEqual(decodeClientSession(encodeClientSession(session)), session);
  for (let i = 0; i < 2; i++) {
    const pair = connectedPair(TLS12, servers, { sessions: [session] });
    assertOpen(pair);
    assert.equal(pair.client.connection.info?.resumed, true);
    assert.equal(pair.server.connection.info?.resumed, true);
    assert.deepEqual(pair.client.connection.info.peerCertificates, first.client.connection.info?.peerCertificates);
    assert.equal(sessionsOf(pair.client).length, 1);
    assert.deepEqual(
      pair.client.connection.channelBinding('tls-unique'),
      pair.server.connection.channelBinding('tls-unique'),
    );
    exchange(pair);
  }
  // RFC 5246 §7.4.1.2: not under another suite, nor under another version.
  const other: Clients = { ...TLS12, cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] };
  assert.equal(connectedPair(other, servers, { sessions: [session] }).client.connection.info?.resumed, false);
  const newer = connectedPair({ crypto: fastProvider }, { ...servers, maxVersion: 'TLS 1.3' }, { sessions: [session] });
  assert.equal(newer.client.connection.info?.version, 'TLS 1.3');
  assert.equal(newer.client.connection.info.resumed, false);
});

test('a second connection is resumed by session ID, and not after a fatal alert', () => {
  const sessionStore = createServerSessionStore();
  // Another ID for each session.
  const servers: Servers = { ...TLS12, sessionStore, random: seededRandom('session IDs') };
  const first = connectedPair(TLS12, servers);
  const [session] = sessionsOf(first.client);
  assert.ok(session !== undefined);
  assert.equal(session.ticket.length, 0);
  assert.equal(session.sessionId.length, 32);
  const second = connectedPair(TLS12, servers, { sessions: [session] });
  assert.equal(second.server.connection.info?.resumed, true);
  exchange(second);

  second.took(second.client, second.client.connection.abort('internal_error'));
  second.settle();
  const forgotten = (events: readonly TlsEvent[]): readonly Uint8Array[] =>
    events.flatMap((event) => (event.type === 'session-invalid' ? [event.id] : []));
  assert.deepEqual(forgotten(second.server.events), [session.sessionId]);
  assert.deepEqual(forgotten(second.client.events), [session.sessionId]);
  assert.equal(sessionStore.find(session.sessionId), null);
  assert.equal(connectedPair(TLS12, servers, { sessions: [session] }).server.connection.info?.resumed, false);
});

test('close_notify is answered at once, and reading is over with it', () => {
  const pair = connectedPair(TLS12, TLS12);
  pair.took(pair.client, pair.client.connection.close());
  pair.settle();
  for (const end of [pair.client, pair.server]) {
    assert.equal(end.connection.phase, 'closed');
    assert.equal(end.events.filter(({ type }) => type === 'peer-closed').length, 1);
    assert.equal(failureOf(end), null);
  }
});

test('with halfClose each side writes on after the other’s close_notify, until it closes', () => {
  for (const closing of ['client', 'server'] as const) {
    const pair = connectedPair(TLS12, TLS12, {}, { halfClose: true });
    const [first, second] = closing === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
    pair.took(first, first.connection.close());
    pair.settle();
    assert.equal(second.events.at(-1)?.type, 'peer-closed');
    assert.deepEqual([second.connection.phase, first.connection.phase], ['open', 'open']);
    pair.took(second, second.connection.write(text('all of the answer')));
    pair.took(second, second.connection.close());
    pair.settle();
    assert.deepEqual(dataOf(first), text('all of the answer'));
    assert.equal(first.events.at(-1)?.type, 'peer-closed');
    for (const { connection } of [first, second]) assert.equal(connection.phase, 'closed');
  }
});

test('what TLS 1.2 does not have is a usage error', () => {
  const pair = connectedPair(TLS12, TLS12);
  assert.throws(() => pair.client.connection.updateKeys(), { code: 'ERR_USAGE' });
  assert.throws(() => pair.server.connection.issueTicket(), { code: 'ERR_USAGE' });
  assertOpen(pair);
});
