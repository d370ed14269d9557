/**
 * NSS: full handshakes, resumption, 0-RTT and an external PSK with its tstclnt and selfserv.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isotls, serve } from '../cli/in-process.ts';
import { type Authority, type Finished, freePort, hasTool, makeAuthority, type Running, run, start } from '../peers.ts';
import { ownProvider, testWithBoth } from './own-provider.ts';
import { assertFull, assertResumed, type Facts, REQUEST, scratch, serveOwn, visitSelfserv } from './resumption-ends.ts';

interface Nss {
  readonly authority: Authority;
  /** A path in the test's folder. */
  readonly file: (name: string) => string;
  /** Arguments that name its database, in which the authority is trusted and the server's key is "server". */
  readonly database: readonly string[];
}

/** Null where a tool is missing. */
function prepare(t: TestContext): Nss | null {
  for (const tool of ['certutil', 'pk12util', 'tstclnt', 'selfserv']) if (!hasTool(t, tool)) return null;
  const authority = makeAuthority(t);
  if (authority === null) return null;
  const file = scratch();
  const folder = file('nss');
  mkdirSync(folder);
  const database = `sql:${folder}`;
  const { chain, key, intermediate } = authority.server();
  const quiet = { stdio: 'pipe' } as const;
  execFileSync('certutil', ['-N', '-d', database, '--empty-password'], quiet);
  execFileSync('certutil', ['-A', '-d', database, '-n', 'root', '-t', 'C,,', '-i', authority.ca], quiet);
  execFileSync('certutil', ['-A', '-d', database, '-n', 'intermediate', '-t', ',,', '-i', intermediate], quiet);
  const bundle = ['pkcs12', '-export', '-in', chain, '-inkey', key, '-name', 'server', '-passout', 'pass:'];
  execFileSync('openssl', [...bundle, '-out', file('server.p12')], quiet);
  execFileSync('pk12util', ['-i', file('server.p12'), '-d', database, '-W', '', '-K', ''], quiet);
  writeFileSync(file('request'), REQUEST);
  return { authority, file, database: ['-d', database] };
}

const VERSION = ['-V', 'tls1.3:tls1.3'] as const;

/** tstclnt: so many connections one after the other, each with the request. */
function tstclnt(
  { database, file }: Nss,
  port: number,
  connections: number,
  args: readonly string[] = [],
): Promise<Finished> {
  const at = ['-4', '-h', 'localhost', '-p', String(port), ...database, ...VERSION];
  return run('tstclnt', [...at, '-v', '-u', '-L', String(connections), '-A', file('request'), ...args]);
}

testWithBoth(
  'tstclnt: a full handshake, then resumed, by sealed tickets, from a store and after a HelloRetryRequest',
  async (t) => {
    const nss = prepare(t);
    if (nss === null) return;
    for (const how of [[], ['--session-cache'], ['--groups', 'secp384r1'], ['--cookie']]) {
      const server = await serveOwn(t, nss.authority, ['--www', ...how]);
      const result = await tstclnt(nss, server.port, 3);
      assert.equal(result.code, 0, result.stderr);
      const [full, ...resumed] = await server.connections(3);
      assertFull(full);
      assert.equal(full?.['helloRetryRequest'], how.length === 2 || how[0] === '--cookie');
      for (const facts of resumed) assertResumed(facts);
      assert.match(result.stderr, /1 stateless resumes/);
    }
  },
);

testWithBoth('tstclnt: early data is taken where we allow it, and rejected just after a restart', async (t) => {
  const nss = prepare(t);
  if (nss === null) return;
  for (const accepted of [true, false]) {
    // Keys that are there already may have been in use before.
    const args = ['--www', '--early-data', '1024', '--ticket-keys', nss.file('keys')];
    const server = await serveOwn(t, nss.authority, args);
    // It offers early data, and then may find our flight there before it has written any.
    for (let turn = 1; ; turn++) {
      const result = await tstclnt(nss, server.port, 2, ['-Z']);
      assert.equal(result.code, 0, result.stderr);
      const [full, resumed] = (await server.connections(2 * turn)).slice(-2);
      assertFull(full);
      assertResumed(resumed, accepted);
      assert.equal(result.stdout.toString().match(/^HTTP\/1\.0 200 OK/gm)?.length, 2);
      const wasEarly = Number(resumed?.['earlyBytes']) > 0;
      assert.ok(accepted || !wasEarly);
      if (wasEarly === accepted) break;
      assert.ok(turn < 8, 'tstclnt has not once written early data');
    }
  }
});

/** selfserv on a free port: it answers a request with a page that repeats it. */
async function selfserv(
  t: TestContext,
  { database }: Nss,
  args: readonly string[],
): Promise<Running & { readonly port: number }> {
  const port = await freePort();
  const running = start(t, 'selfserv', [
    ...database,
    '-n',
    'server',
    '-p',
    String(port),
    ...VERSION,
    '-v',
    '-u',
    ...args,
  ]);
  await running.until(/About to call accept/);
  return { ...running, port };
}

testWithBoth(
  'selfserv: a full handshake, then resumed; it rejects our early data at first, and takes it then',
  async (t) => {
    const nss = prepare(t);
    if (nss === null) return;
    const { authority, file } = nss;
    const server = await selfserv(t, nss, ['-Z']);
    const started = performance.now();
    const trust = ['--ca', authority.ca, '--session-out', file('s')];
    const again = [...trust, '--session-in', file('s')];
    const first = await visitSelfserv(server.port, trust);
    assertFull(first.facts);
    assert.match(first.text, /^HTTP\/1\.0 200 OK/);
    const second = await visitSelfserv(server.port, again);
    assertResumed(second.facts);
    assert.match(second.text, /GET \/resumed HTTP\/1\.0/);

    const at = await visitSelfserv(server.port, [...again, '--early-data', file('request')]);
    assert.equal(at.facts['earlyData'], 'rejected');
    assertResumed(at.facts);

    // What is early within its window after the start is rejected, as by ours.
    await delay(Math.max(0, 12_000 - (performance.now() - started)));
    // After a request that was early selfserv goes without close_notify, which is its own affair.
    const early = [...again, '--early-data', file('request'), '--json', '--provider', ownProvider().name];
    const third = await isotls(['connect', `localhost:${server.port}`, ...early]);
    const facts = JSON.parse(third.stderr.split('\n')[0] ?? '') as Facts;
    assert.equal(facts['earlyData'], 'accepted');
    assertResumed(facts, true);
  },
);

const PSK = '5f4dcc3b5aa765d61d8327deb882cf99';

testWithBoth('tstclnt: an external key', async (t) => {
  const nss = prepare(t);
  if (nss === null) return;
  const server = await serve(t, [
    '--psk',
    PSK,
    '--psk-identity',
    'shared',
    '--www',
    '--json',
    '--provider',
    ownProvider().name,
  ]);
  await tstclnt(nss, server.port, 1, ['-z', `0x${PSK}:shared`]);
  await server.stop();
  assert.match(server.stdout(), /"psk":"external","resumed":false/);
});
