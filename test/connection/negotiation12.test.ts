/**
 * What peers of TLS 1.2 may do without being refused: old hellos, missing extensions, other orders, sessions that are declined.
 *
 * @see RFC 5246 §7.4.1; RFC 5746 §3.6; RFC 7627 §5.3; RFC 7507 §3; RFC 5077 §3; RFC 8422 §4; RFC 9846 Appendix E
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientSession, ServerSession } from '../../src/sessions/session.ts';
import { createTicketSealer } from '../../src/sessions/ticket-sealer.ts';
import { decodeHandshake12 } from '../../src/wire/message12.ts';
import type { ClientHello, ServerHello } from '../../src/wire/messages.ts';
import { having, message, without } from '../handshake/refusal.ts';
import { edit12 } from '../handshake/refusal12.ts';
import { fastProvider } from './fast-provider.ts';
import {
  bytesOf,
  type Clients,
  connectedPair,
  credential,
  dataOf,
  failureOf,
  NAME,
  NOW,
  otherTrust,
  type Pair,
  type Servers,
} from './pair.ts';
import { FAST, makeRogue, type Rogue, type Scenario, TYPE } from './rogue.ts';
import { accept, messageOf, scriptOf, victimAt } from './script.ts';
import { BOTH12, ECDSA, FULL12, MUTUAL12, OPTIONS12, RESUME_ID12, RESUME12, RSA12, session12 } from './script12.ts';

const CBC = 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA';

/** A pair of a scenario's ends, each with more options, that has shaken hands. */
function connect({ client, server, target }: Scenario, clients: Clients = {}, servers: Servers = {}): Pair {
  return connectedPair({ ...FAST, ...client, ...clients }, { ...FAST, ...server, ...servers }, target);
}

function assertTalks(pair: Pair, what = ''): void {
  for (const end of [pair.client, pair.server]) {
    assert.equal(failureOf(end)?.message, undefined, what);
    assert.equal(end.connection.info?.version, 'TLS 1.2', what);
  }
  pair.took(pair.client, pair.client.connection.write(Uint8Array.of(1)));
  pair.took(pair.server, pair.server.connection.write(Uint8Array.of(2)));
  pair.settle();
  assert.deepEqual([...dataOf(pair.server)], [1], what);
  assert.deepEqual([...dataOf(pair.client)], [2], what);
}

const dropping = (...types: readonly number[]): Clients => ({
  helloShape: { clientHello: (extensions) => extensions.filter(({ type }) => !types.includes(type)) },
});

const resumed = ({ client, server }: Pair): boolean => {
  assert.equal(client.connection.info?.resumed, server.connection.info?.resumed);
  return client.connection.info?.resumed === true;
};

/** The ServerHello with which a server answers a hello that was changed. */
function answerTo(
  change: (hello: ClientHello) => ClientHello,
  scenario: Scenario = FULL12,
  server: Servers = {},
): ServerHello {
  const rogue = makeRogue('server', { ...scenario, server: { ...scenario.server, ...server } });
  rogue.message(edit12(messageOf(scriptOf(scenario).client, 'client_hello'), change));
  assert.equal(failureOf(rogue.victim)?.message, undefined);
  const [record] = rogue.heard();
  const { content } = record ?? { content: new Uint8Array(0) };
  const end = 4 + (((content[2] ?? 0) << 8) | (content[3] ?? 0));
  const answer = decodeHandshake12(content.slice(0, end));
  assert.ok(answer.type === 'server_hello');
  return answer;
}

const typesOf = ({ extensions }: ServerHello): readonly number[] => (extensions ?? []).map(({ type }) => type);

test('a version above TLS 1.2 in a hello without supported_versions means TLS 1.2', () => {
  for (const legacyVersion of [0x0304, 0x0305, 0x7f12, 0xfeff]) {
    assert.equal(answerTo((hello) => ({ ...hello, legacyVersion })).legacyVersion, 0x0303);
    const both = { maxVersion: 'TLS 1.3', cipherSuites: ['TLS_AES_128_GCM_SHA256', ECDSA] } as const;
    assert.equal(answerTo((hello) => ({ ...hello, legacyVersion }), FULL12, both).legacyVersion, 0x0303);
  }
});

test('signature_algorithms may be missing with static RSA, and where SHA-1 is listed by name', () => {
  assertTalks(connect(RSA12, dropping(13)));
  const sha1 = { signatureSchemes: ['ecdsa_secp256r1_sha256', 'ecdsa_sha1'] } as const;
  const pair = connect(FULL12, { ...dropping(13), ...sha1 }, sha1);
  assertTalks(pair);
  assert.equal(pair.client.connection.info?.signatureScheme, 'ecdsa_sha1');
  const rsa = { signatureSchemes: ['rsa_pkcs1_sha1'] } as const;
  const suites = { cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'] } as const;
  const credentials = [credential({ kind: 'rsa2048' })];
  const legacy = connect(FULL12, { ...dropping(13), ...rsa, ...suites }, { ...rsa, ...suites, credentials });
  assertTalks(legacy);
  assert.equal(legacy.client.connection.info?.signatureScheme, 'rsa_pkcs1_sha1');
});

test('a hello without any extension is answered without any', () => {
  const hello = answerTo((one) => ({ ...one, extensions: null }), RSA12);
  assert.equal(hello.extensions, null);
  const pair = connect(RSA12, { helloShape: { clientHello: () => [] } });
  assertTalks(pair);
  const { info } = pair.client.connection;
  assert.deepEqual([info?.extendedMainSecret, info?.alpn], [false, null]);
});

test('without supported_groups any group will do, and P-256 does', () => {
  const pair = connect(FULL12, dropping(10));
  assertTalks(pair);
  assert.equal(pair.server.connection.info?.group, 'secp256r1');
});

test('the SCSV of RFC 5746 asks for renegotiation_info as the extension does', () => {
  const scsv = (hello: ClientHello): ClientHello => ({
    ...without(hello, 65281),
    cipherSuites: [...hello.cipherSuites, 0x00ff],
  });
  assert.ok(typesOf(answerTo(scsv)).includes(65281));
  assert.ok(typesOf(answerTo(scsv, FULL12, { requireSecureRenegotiation: true })).includes(65281));
  assert.ok(!typesOf(answerTo((hello) => without(hello, 65281))).includes(65281));
  // Resumed handshakes too (RFC 5746 §3.6).
  assert.ok(typesOf(answerTo((hello) => hello, RESUME12)).includes(65281));
});

test('a server without secure renegotiation is accepted', () => {
  const serverExtensions = (_: string, extensions: readonly { readonly type: number; readonly body: Uint8Array }[]) =>
    extensions.filter(({ type }) => type !== 65281);
  assertTalks(connect(FULL12, {}, { helloShape: { serverExtensions } }));
});

test('TLS_FALLBACK_SCSV is of no account for a server that has nothing better', () => {
  answerTo((hello) => ({ ...hello, cipherSuites: [0x5600, ...hello.cipherSuites] }));
});

test('a client of TLS 1.2 alone looks for no sentinel', () => {
  const rogue = makeRogue('client', RSA12);
  const sentinel = [0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 1];
  const change = (hello: ServerHello): ServerHello => ({
    ...hello,
    random: Uint8Array.of(...hello.random.subarray(0, 24), ...sentinel),
  });
  rogue.message(edit12(messageOf(scriptOf(RSA12).server, 'server_hello'), change));
  assert.equal(rogue.state, 'WAIT_CERT_12');
  // A server that speaks both versions writes it.
  const hello = answerTo((one) => one, FULL12, { ...BOTH12.client, maxVersion: 'TLS 1.3' } as Servers);
  assert.deepEqual([...hello.random.subarray(24)], sentinel);
  assert.notDeepEqual([...answerTo((one) => one).random.subarray(24)], sentinel);
});

test('without extended_main_secret: no session, no exporter, no tls-unique', () => {
  for (const scenario of [FULL12, MUTUAL12]) {
    const pair = connect(scenario, dropping(23));
    assertTalks(pair);
    for (const { connection, events } of [pair.client, pair.server]) {
      assert.equal(connection.info?.extendedMainSecret, false);
      assert.deepEqual(
        events.filter(({ type }) => type === 'session' || type === 'session-issued'),
        [],
      );
      assert.throws(() => connection.exportKeyingMaterial('EXPORTER-test', null, 32), { code: 'ERR_USAGE' });
      assert.throws(() => connection.channelBinding('tls-exporter'), { code: 'ERR_USAGE' });
      assert.throws(() => connection.channelBinding('tls-unique'), { code: 'ERR_USAGE' });
      assert.ok(connection.channelBinding('tls-server-end-point').length > 0);
    }
    assert.ok(!bytesOf(pair.server).some((_, at, all) => all[at] === 22 && all[at + 5] === 4), 'a ticket');
  }
});

/** A server that opens every ticket to this session. */
const opening = (change: Partial<ServerSession>, also: Servers = {}): Scenario => ({
  ...RESUME12,
  server: {
    ...RESUME12.server,
    ...also,
    decide: {
      verifyPeer: accept,
      openSession: ({ identities }) => {
        const found = RESUME12.server?.ticketSealer?.open(identities[0]?.identity ?? new Uint8Array(0)) ?? null;
        return found === null ? null : { index: 0, psk: { ...found, ...change } };
      },
    },
  },
});

test('RFC 7627 §5.3: a session without extended_main_secret is not resumed, whatever the hello says', () => {
  assert.equal(resumed(connect(opening({}))), true);
  const pair = connect(opening({ extendedMainSecret: false }));
  assert.equal(resumed(pair), false);
  assertTalks(pair);
  // Neither: a full handshake.
  const neither = connect(opening({ extendedMainSecret: false }), dropping(23));
  assert.equal(resumed(neither), false);
  assertTalks(neither);
  // A client does not offer one at all.
  const session: ClientSession = { ...session12, extendedMainSecret: false };
  const rogue = makeRogue('client', { ...RESUME12, target: { name: NAME, sessions: [session] } });
  assert.deepEqual([rogue.heard()[0]?.content[38]], [0], 'no session ID');
});

test('a session of another suite, version, name, policy or age is declined', () => {
  const cases: readonly (readonly [string, Partial<ServerSession>])[] = [
    ['suite', { cipherSuite: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' }],
    ['suite of TLS 1.3', { cipherSuite: 'TLS_AES_128_GCM_SHA256' }],
    ['version', { version: 'TLS 1.3' }],
    ['name', { serverName: 'other.test' }],
    ['no name', { serverName: null }],
    ['policy', { policy: 'another' }],
    ['lifetime', { issuedAt: NOW - 86_400_001 }],
    ['future', { issuedAt: NOW + 1 }],
    ['certificate', { peerExpires: NOW }],
    ['authentication', { authenticatedAt: NOW - 604_800_001 }],
  ];
  for (const [what, change] of cases) {
    const pair = connect(opening(change));
    assert.equal(resumed(pair), false, what);
    assertTalks(pair, what);
  }
  // One that nobody was authenticated for, where it is required.
  assert.equal(resumed(connect(opening({}, { clientAuth: 'request' }))), false);
});

test('a client offers no session of another suite, version, name or policy', () => {
  const offers = (session: ClientSession, client: Clients = {}, name = NAME): boolean => {
    const scenario = { ...RESUME12, client: { ...RESUME12.client, ...client }, target: { name, sessions: [session] } };
    const [hello] = makeRogue('client', scenario).heard();
    return (hello?.content[38] ?? 0) > 0;
  };
  assert.equal(offers(session12), true);
  assert.equal(offers({ ...session12, cipherSuite: 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384' }), false);
  assert.equal(offers({ ...session12, version: 'TLS 1.3' }), false);
  assert.equal(offers(session12, {}, 'other.test'), false);
  assert.equal(offers(session12, { verificationName: 'another' }), false);
  assert.equal(offers(session12, { clock: () => NOW + 86_400_001 }), false);
  assert.equal(offers(session12, { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM'] }), false);
});

test('virtual hosts that share a sealer do not resume each other’s sessions', () => {
  const first: Servers = { ...RESUME12.server };
  const others: readonly (readonly [string, Servers])[] = [
    ['another credential', { credentials: [credential({ kind: 'p384' })] }],
    ['client authentication', { clientAuth: 'request' }],
    ['other anchors', { trust: otherTrust }],
    ['another verifier', { verificationName: 'another' }],
  ];
  assert.equal(resumed(connect(RESUME12, {}, first)), true);
  for (const [what, other] of others) {
    const groups = { groups: ['x25519', 'secp256r1', 'secp384r1'] } as const;
    const pair = connect(RESUME12, groups, { ...first, ...other });
    assert.equal(resumed(pair), false, what);
    assertTalks(pair, what);
  }
  // Nor can one that has other keys.
  const ticketSealer = createTicketSealer({ crypto: fastProvider });
  assert.equal(resumed(connect(RESUME12, {}, { ...first, ticketSealer })), false);
});

test('a session of one version is not resumed in the other', () => {
  const newer = connect(RESUME12, BOTH12.client, {
    ...RESUME12.server,
    ...BOTH12.client,
    credentials: [credential()],
  } as Servers);
  assert.equal(newer.client.connection.info?.version, 'TLS 1.3');
  assert.equal(resumed(newer), false);
});

test('an empty ticket is none, and an old one may serve again', () => {
  const { ticketSealer } = FULL12.server ?? {};
  assert.ok(ticketSealer !== undefined);
  const mute = { ...ticketSealer, seal: () => new Uint8Array(0) };
  const pair = connect(FULL12, {}, { ticketSealer: mute });
  assertTalks(pair);
  assert.deepEqual(
    pair.client.events.filter(({ type }) => type === 'session'),
    [],
  );

  const again = connect(RESUME12, {}, { ticketSealer: mute, clock: () => NOW + 50_000_000 });
  assert.equal(resumed(again), true);
  assertTalks(again);
  const [event] = again.client.events.filter((one) => one.type === 'session');
  assert.deepEqual(event?.session.ticket, session12.ticket);
});

test('a session ID of a server that resumes nothing is a new session’s', () => {
  const rogue = makeRogue('client', RESUME_ID12);
  const full = messageOf(scriptOf(FULL12).server, 'server_hello');
  rogue.message(edit12(full, (hello: ServerHello) => ({ ...hello, legacySessionIdEcho: new Uint8Array(32).fill(9) })));
  assert.equal(rogue.state, 'WAIT_CERT_12');
});

// ---------------------------------------------------------------- renegotiation

function renegotiating(role: 'client' | 'server'): { readonly rogue: Rogue; readonly ask: () => void } {
  const rogue = victimAt(role, FULL12);
  const raw = role === 'client' ? message(0, []) : messageOf(scriptOf(FULL12).client, 'client_hello');
  return { rogue, ask: () => void rogue.message(raw) };
}

test('who asks for renegotiation is warned, and the connection goes on', () => {
  for (const role of ['client', 'server'] as const) {
    const { rogue, ask } = renegotiating(role);
    const { connection } = rogue.victim;
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 4; i++) ask();
      // Data between makes it no flood.
      rogue.send(TYPE.application_data, [round]);
      rogue.took(connection.write(Uint8Array.of(7, round)));
    }
    assert.equal(connection.phase, 'open', role);
    assert.deepEqual([...dataOf(rogue.victim)], [0, 1, 2]);
    const heard = rogue.heard().filter(({ level }) => level === 'application');
    const warnings = heard.filter(({ type }) => type === TYPE.alert);
    assert.deepEqual(
      warnings.map(({ content }) => [...content]),
      new Array(12).fill([1, 100]),
    );
    const data = heard.filter(({ type }) => type === TYPE.application_data);
    assert.deepEqual(
      data.map(({ content }) => content[1]),
      [0, 1, 2],
    );
    // Nothing follows this side's close_notify.
    rogue.took(connection.close());
    const { length } = rogue.heard();
    ask();
    assert.equal(rogue.heard().length, length);
  }
});

// ---------------------------------------------------------------- records

test('max_fragment_length and record_size_limit hold for every record after the hellos', () => {
  const write = (pair: Pair): void => {
    for (const end of [pair.client, pair.server]) pair.took(end, end.connection.write(new Uint8Array(5_000)));
    pair.settle();
    for (const end of [pair.client, pair.server]) assert.equal(dataOf(end).length, 5_000);
  };
  const fragments = connect(MUTUAL12, { maxFragmentLength: 512 });
  write(fragments);
  // Eight bytes of nonce and sixteen of tag.
  for (const end of [fragments.client, fragments.server]) assert.equal(longestOf(end), 512 + 24);
  const limits = connect(MUTUAL12, { recordSizeLimit: 100 }, { recordSizeLimit: 200 });
  write(limits);
  // Protected records alone are subject to it.
  assert.ok(longestOf(limits.server, TYPE.handshake) > 200);
  assert.equal(longestOf(limits.server, TYPE.application_data), 100 + 24);
  assert.equal(longestOf(limits.client, TYPE.application_data), 200 + 24);
});

/** The length of the longest record that an end wrote, of one type or of any. */
function longestOf(end: Pair['client'], type?: number): number {
  const bytes = bytesOf(end);
  let most = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    if (type === undefined || bytes[at] === type) most = Math.max(most, length);
    at += 5 + length;
  }
  return most;
}

test('CBC without encrypt_then_mac, where one side does not have it', () => {
  const cbc = { cipherSuites: [CBC] } as const;
  assertTalks(connect(FULL12, cbc, cbc));
  assertTalks(connect(FULL12, { ...cbc, ...dropping(22) }, cbc));
  assert.ok(typesOf(answerTo((hello) => hello, OPTIONS12)).includes(22));
  assert.ok(!typesOf(answerTo((hello) => without(hello, 22), OPTIONS12)).includes(22));
  assert.ok(
    !typesOf(answerTo((hello) => having(hello, { type: 22, body: new Uint8Array(0) }))).includes(22),
    'an AEAD',
  );
});
