/**
 * Resumption, 0-RTT and external PSKs with GnuTLS's gnutls-cli and gnutls-serv.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { serve } from '../cli/in-process.ts';
import { type Authority, freePort, hasTool, makeAuthority, type Running, start } from '../peers.ts';
import { ownProvider, testWithBoth } from './own-provider.ts';
import { assertFull, assertResumed, connectOwn, REQUEST, scratch, serveOwn } from './resumption-ends.ts';

const VERSIONS = 'NORMAL:-VERS-ALL:+VERS-TLS1.3';

function authorityFor(t: TestContext, tool: 'gnutls-cli' | 'gnutls-serv'): Authority | null {
  return hasTool(t, tool) ? makeAuthority(t) : null;
}

/** gnutls-cli with --resume: a connection, and one that resumes it; each asks for a page and reads to the end. */
async function resumeWithCli(
  t: TestContext,
  authority: Authority,
  port: number,
  args: readonly string[],
): Promise<Running> {
  const common = ['--x509cafile', authority.ca, '--port', String(port), '--priority', VERSIONS];
  // Without waiting it would resume only with tickets that come within 60 ms.
  const resume = ['--resume', '--waitresumption'];
  const cli = start(t, 'gnutls-cli', [...common, ...resume, ...args, 'localhost']);
  // What it reads before the second handshake is for the first connection.
  await cli.until(/Simple Client Mode/);
  cli.child.stdin?.write(REQUEST);
  await cli.until(/This is a resumed session|Full handshake|Fatal error/);
  await delay(100);
  cli.child.stdin?.write(REQUEST);
  return cli;
}

testWithBoth('gnutls-cli resumes ours, by sealed tickets and from a store', async (t) => {
  const authority = authorityFor(t, 'gnutls-cli');
  if (authority === null) return;
  for (const store of [[], ['--session-cache'], ['--tickets', '4'], ['--groups', 'secp384r1']]) {
    const server = await serveOwn(t, authority, ['--www', ...store]);
    const cli = await resumeWithCli(t, authority, server.port, []);
    const [full, resumed] = await server.connections(2);
    assertFull(full);
    assertResumed(resumed);
    assert.match(cli.stdout(), /\*\*\* This is a resumed session/);
    await cli.stop();
  }
});

testWithBoth('gnutls-cli’s early data is taken where we allow it, and rejected just after a restart', async (t) => {
  const authority = authorityFor(t, 'gnutls-cli');
  if (authority === null) return;
  const file = scratch();
  writeFileSync(file('early'), REQUEST);
  // Not after a HelloRetryRequest: GnuTLS 3.7.9 then offers early data once more, and protects the ClientHello with its keys.
  for (const accepted of [true, false]) {
    // Keys that are there already may have been in use before.
    const server = await serveOwn(t, authority, ['--www', '--early-data', '1024', '--ticket-keys', file('keys')]);
    const cli = await resumeWithCli(t, authority, server.port, ['--earlydata', file('early')]);
    const [full, resumed] = await server.connections(2);
    assertFull(full);
    assertResumed(resumed, accepted);
    assert.equal(resumed?.['earlyBytes'], accepted ? REQUEST.length : 0);
    await cli.until(/"resumed":true/);
    await cli.stop();
  }
});

/** gnutls-serv on a free port, sending back what comes. */
async function startServ(t: TestContext, args: readonly string[]): Promise<Running & { readonly port: number }> {
  const port = await freePort();
  const common = ['--port', String(port), '--echo', '--disable-client-cert'];
  const running = start(t, 'gnutls-serv', [...common, ...args]);
  await running.until(/Echo Server listening on IPv4 0\.0\.0\.0 port \d+\.\.\.done/);
  return { ...running, port };
}

testWithBoth('we resume with gnutls-serv, and it takes our early data', async (t) => {
  const authority = authorityFor(t, 'gnutls-serv');
  if (authority === null) return;
  const file = scratch();
  writeFileSync(file('early'), 'sent early\n');
  const { chain, key } = authority.server();
  const credential = ['--x509certfile', chain, '--x509keyfile', key, '--priority', VERSIONS];
  const server = await startServ(t, [...credential, '--earlydata', '--maxearlydata', '1024']);
  const trust = ['--ca', authority.ca, '--session-out', file('s')];
  const first = await connectOwn(server.port, trust, 'one\n');
  assertFull(first.facts);
  assert.equal(first.text, 'one\n');
  const second = await connectOwn(server.port, [...trust, '--session-in', file('s')], 'two\n');
  assertResumed(second.facts);
  assert.equal(second.text, 'two\n');
  const early = ['--session-in', file('s'), '--early-data', file('early')];
  const third = await connectOwn(server.port, [...trust, ...early], 'three\n');
  assertResumed(third.facts, true);
  assert.equal(third.facts['earlyData'], 'accepted');

  const refuses = await startServ(t, credential);
  await connectOwn(refuses.port, trust, 'one\n');
  // Without --earlydata its tickets allow none.
  const none = await connectOwn(refuses.port, [...trust, ...early], 'two\n');
  assert.equal(none.facts['earlyData'], 'not-sent');
  assertResumed(none.facts);
});

const PSK = '5f4dcc3b5aa765d61d8327deb882cf99';

testWithBoth('an external key with gnutls, in both roles, without certificates', async (t) => {
  const authority = authorityFor(t, 'gnutls-serv');
  if (authority === null || authorityFor(t, 'gnutls-cli') === null) return;
  const own = ['--psk', PSK, '--psk-identity', 'shared'];
  const priority = ['--priority', `${VERSIONS}:+PSK:+ECDHE-PSK:+DHE-PSK`];
  const server = await serve(t, [...own, '--www', '--json', '--provider', ownProvider().name]);
  const args = [...priority, '--pskusername', 'shared', '--pskkey', PSK, '--port', String(server.port), 'localhost'];
  const cli = start(t, 'gnutls-cli', args);
  await cli.until(/Simple Client Mode/);
  cli.child.stdin?.write(REQUEST);
  await cli.until(/"psk":"external","resumed":false/);

  const file = scratch();
  writeFileSync(file('keys'), `shared:${PSK}\n`);
  const { port } = await startServ(t, [...priority, '--pskpasswd', file('keys')]);
  const { facts, text } = await connectOwn(port, own, 'by key\n');
  assert.equal(facts['psk'], 'external');
  assert.equal(facts['peerCertificates'], 0);
  assert.equal(text, 'by key\n');
});
