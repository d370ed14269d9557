/**
 * Resumption, 0-RTT and external PSKs with OpenSSL's s_client and s_server.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../../src/adapters/node-tls.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import type { ClientSession } from '../../src/sessions/session.ts';
import { serve } from '../cli/in-process.ts';
import { type Authority, type Finished, makeAuthority, run, startOpensslServer } from '../peers.ts';
import { ownProvider, testWithBoth } from './own-provider.ts';
import { assertFull, assertResumed, connectOwn, REQUEST, scratch, serveOwn } from './resumption-ends.ts';

/** One s_client connection that asks for a page, unless it has done so in early data. */
function sClient(authority: Authority, port: number, args: readonly string[], stdin = REQUEST): Promise<Finished> {
  const at = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', '-CAfile', authority.ca];
  return run('openssl', [...at, '-verify_return_error', '-ign_eof', ...args], { stdin });
}

testWithBoth(
  'openssl resumes ours with 0-RTT, and again after a restart: its early data once the window of §8.2 is over',
  async (t) => {
    const authority = makeAuthority(t);
    if (authority === null) return;
    const file = scratch();
    writeFileSync(file('request'), REQUEST);
    const args = ['--www', '--ticket-keys', file('keys'), '--early-data', '16384'];
    const early = ['-sess_in', file('s'), '-sess_out', file('s'), '-early_data', file('request')];

    const before = await serveOwn(t, authority, args);
    await sClient(authority, before.port, ['-sess_out', file('s')]);
    const second = await sClient(authority, before.port, early, '');
    assert.match(second.stdout.toString(), /Early data was accepted/);
    assert.match(second.stdout.toString(), /"earlyDataAccepted":true/);
    const [full, resumed] = await before.connections(2);
    assertFull(full);
    assertResumed(resumed, true);
    assert.equal(resumed?.['earlyBytes'], REQUEST.length);
    await before.stop();

    const after = await serveOwn(t, authority, args);
    const started = performance.now();
    const at = await sClient(authority, after.port, early, REQUEST);
    assert.match(at.stdout.toString(), /Early data was rejected/);
    assert.match(at.stdout.toString(), /"resumed":true/);
    // OpenSSL counts a ticket's age in whole seconds, and one less than it finds: so much later it seems to be older than our start.
    await delay(12_300 - (performance.now() - started));
    const later = await sClient(authority, after.port, early, '');
    assert.match(later.stdout.toString(), /Early data was accepted/);
    const [rejected, accepted] = await after.connections(2);
    assertResumed(rejected);
    assertResumed(accepted, true);
  },
);

testWithBoth(
  'openssl’s early data is rejected by a server that allows none; the request goes after the handshake',
  async (t) => {
    const authority = makeAuthority(t);
    if (authority === null) return;
    const file = scratch();
    writeFileSync(file('request'), 'x'.repeat(5000));
    const keys = ['--www', '--ticket-keys', file('keys')];
    const allows = await serveOwn(t, authority, [...keys, '--early-data', '8192']);
    await sClient(authority, allows.port, ['-sess_out', file('s')]);
    for (const more of [[], ['--cookie']]) {
      const refuses = await serveOwn(t, authority, [...keys, ...more]);
      const early = ['-sess_in', file('s'), '-early_data', file('request')];
      const result = await sClient(authority, refuses.port, early);
      assert.match(result.stdout.toString(), /Early data was rejected/);
      assert.match(result.stdout.toString(), /"resumed":true/);
      const [facts] = await refuses.connections(1);
      assertResumed(facts);
      assert.equal(facts?.['helloRetryRequest'], more.length > 0);
    }
  },
);

testWithBoth(
  'openssl takes several tickets, the last of which resumes, with and without a stateful store',
  async (t) => {
    const authority = makeAuthority(t);
    if (authority === null) return;
    const file = scratch();
    for (const store of [[], ['--session-cache']]) {
      const server = await serveOwn(t, authority, ['--www', '--tickets', '5', ...store]);
      const first = await sClient(authority, server.port, ['-sess_out', file('s'), '-msg']);
      assert.equal(
        first.stdout.toString().match(/<<< TLS 1\.3, Handshake \[length \w+\], NewSessionTicket/g)?.length,
        5,
      );
      const second = await sClient(authority, server.port, ['-sess_in', file('s')]);
      assert.match(second.stdout.toString(), /^Reused, TLSv1\.3/m);
      const [full, resumed] = await server.connections(2);
      assertFull(full);
      assertResumed(resumed);
    }
  },
);

/** All sessions that a server has for one connection. */
async function sessionsFrom(authority: Authority, port: number, count: number): Promise<readonly ClientSession[]> {
  const sessions: ClientSession[] = [];
  const stream = connect({ ...target(authority), port });
  stream.on('session', (session: ClientSession) => {
    sessions.push(session);
    if (sessions.length === count) stream.end();
  });
  stream.resume();
  await once(stream, 'close');
  return sessions;
}

function target(authority: Authority): {
  readonly host: string;
  readonly servername: string;
  readonly trust: ReturnType<typeof createTrustStore>;
  readonly crypto: CryptoProvider;
} {
  const trust = createTrustStore([authority.caText]);
  return { host: '127.0.0.1', servername: 'localhost', trust, crypto: ownProvider() };
}

testWithBoth(
  'we take several tickets from openssl, and each resumes; a file carries one to the next command',
  async (t) => {
    const authority = makeAuthority(t);
    if (authority === null) return;
    const server = await startOpensslServer(t, { credential: authority.server(), args: ['-num_tickets', '4'] });
    const sessions = await sessionsFrom(authority, server.port, 4);
    assert.equal(sessions.length, 4);
    for (const session of sessions) {
      const stream = connect({ ...target(authority), port: server.port, sessions: [session] });
      await once(stream, 'secureConnect');
      assert.equal(stream.info?.resumed, true);
      stream.destroy();
    }

    const file = scratch();
    const trust = ['--ca', authority.ca];
    const first = await connectOwn(server.port, [...trust, '--session-out', file('s')], REQUEST);
    assertFull(first.facts);
    const second = await connectOwn(server.port, [...trust, '--session-in', file('s')], REQUEST);
    assertResumed(second.facts);
    assert.match(second.text, /Reused, TLSv1\.3/);
  },
);

testWithBoth('openssl takes our early data, and rejects it where the session is used a second time', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const file = scratch();
  writeFileSync(file('early'), 'sent early\n');
  const server = await startOpensslServer(t, {
    credential: authority.server(),
    www: false,
    args: ['-early_data', '-max_early_data', '4096'],
  });
  const trust = ['--ca', authority.ca];
  await connectOwn(server.port, [...trust, '--session-out', file('s')], 'first\n');
  const early = [...trust, '--session-in', file('s'), '--early-data', file('early')];
  const accepted = await connectOwn(server.port, early, 'late\n');
  assert.equal(accepted.facts['earlyData'], 'accepted');
  assertResumed(accepted.facts, true);
  await server.until(/End of early data/);
  assert.match(server.stdout(), /^sent early$/m);

  // OpenSSL lets go of a session that early data was allowed for, once it is used.
  const again = await connectOwn(server.port, early, 'late\n');
  assert.equal(again.facts['earlyData'], 'rejected');
  assertFull(again.facts);
  assert.equal(server.stdout().match(/sent early/g)?.length, 1);
  await server.until(/late[\s\S]*late/);
});

const PSK = '5f4dcc3b5aa765d61d8327deb882cf99';

testWithBoth('an external key with openssl, in both roles, without certificates', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const own = ['--psk', PSK, '--psk-identity', 'shared'];
  await t.test('its client', async (sub: TestContext) => {
    const server = await serve(sub, [...own, '--www', '--json', '--provider', ownProvider().name]);
    const result = await sClient(authority, server.port, ['-psk', PSK, '-psk_identity', 'shared']);
    assert.match(result.stdout.toString(), /"psk":"external","resumed":false/);
    const wrong = await sClient(authority, server.port, ['-psk', PSK.replace('5', '6'), '-psk_identity', 'shared']);
    assert.match(wrong.stderr, /decrypt error/);
    const unknown = await sClient(authority, server.port, ['-psk', PSK, '-psk_identity', 'other']);
    assert.match(unknown.stderr, /handshake failure/);
  });
  await t.test('its server', async (sub: TestContext) => {
    const server = await startOpensslServer(sub, {
      credential: authority.server(),
      args: ['-psk', PSK, '-psk_identity', 'shared', '-nocert'],
    });
    const { facts, text } = await connectOwn(server.port, own, REQUEST);
    assert.equal(facts['psk'], 'external');
    assert.equal(facts['peerCertificates'], 0);
    assert.match(text, /^HTTP\/1\.0 200 ok/);
  });
});
