import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeClientSession } from '../../src/sessions/session-codec.ts';
import { type Authority, makeAuthority, run, runIsotls, startOpensslServer } from '../peers.ts';
import { scratchFolder } from '../scratch.ts';
import { type Chunk, type CliResult, isotls, serve, startProxy } from './in-process.ts';

function scratch(): (name: string) => string {
  const folder = scratchFolder('sessions');
  return (name) => join(folder, name);
}

function pairOf(authority: Authority, kind: 'p256' | 'ed25519' = 'p256'): readonly string[] {
  const { chain, key } = authority.server(kind);
  return ['--cert', chain, '--key', key];
}

/** The JSON on stderr, one object a line: the summary, then the reconnections. */
function summariesOf({ code, stderr }: CliResult): readonly Record<string, unknown>[] {
  assert.equal(code, 0, stderr);
  return stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function visit(port: number, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const [summary] = summariesOf(await isotls(['connect', `https://localhost:${port}/`, '--json', ...args]));
  assert.ok(summary !== undefined);
  return summary;
}

test('--session-out and --session-in: one session from a file to the next command, and to a process of its own', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const file = scratch();
  const server = await serve(t, pairOf(authority));
  const at = [`localhost:${server.port}`, '--ca', authority.ca];
  const first = await isotls(['connect', ...at, '--session-out', file('s'), '--json']);
  assert.equal(summariesOf(first)[0]?.['resumed'], false);
  assert.equal(summariesOf(first)[0]?.['tickets'], 2);
  assert.equal(statSync(file('s')).mode & 0o777, 0o600);
  assert.equal(decodeClientSession(readFileSync(file('s')))?.name, 'localhost');

  // A file that others could read is replaced, not written into.
  chmodSync(file('s'), 0o644);
  const before = readFileSync(file('s'));
  const second = await runIsotls(['connect', ...at, '--session-in', file('s'), '--session-out', file('s'), '--json']);
  assert.equal(second.code, 0, second.stderr);
  const summary = JSON.parse(second.stderr) as Record<string, unknown>;
  assert.equal(summary['resumed'], true);
  assert.equal(summary['psk'], 'session');
  // For the one that it used.
  assert.equal(summary['tickets'], 1);
  assert.equal(summary['peerScheme'], null);
  assert.equal(statSync(file('s')).mode & 0o777, 0o600);
  assert.notDeepEqual(readFileSync(file('s')), before);
  assert.deepEqual(readdirSync(file('.')), ['s']);
});

test('--session-out waits for a ticket, but not for one that does not come', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const file = scratch();
  const server = await serve(t, [...pairOf(authority), '--tickets', '0']);
  const at = [`localhost:${server.port}`, '--ca', authority.ca];
  const result = await isotls(['connect', ...at, '--session-out', file('s'), '--json']);
  assert.equal(summariesOf(result)[0]?.['tickets'], 0);
  assert.equal(existsSync(file('s')), false);

  const nowhere = await isotls([
    'connect',
    `localhost:${(await serve(t, pairOf(authority))).port}`,
    ...at.slice(1),
    '--session-out',
    '/no/such/folder/s',
  ]);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.stderr, /^usage: --session-out \/no\/such\/folder\/s: /m);
});

test('a session is for its own way of verifying: a skipped verification never passes for one', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const file = scratch();
  const server = await serve(t, [...pairOf(authority), '--www']);
  const skip = '--dangerously-skip-verification';
  const verify = ['--ca', authority.ca];
  await visit(server.port, skip, '--session-out', file('skipped'));
  await visit(server.port, ...verify, '--session-out', file('verified'));
  const resumed = async (...args: readonly string[]): Promise<unknown> =>
    (await visit(server.port, ...args))['resumed'];
  assert.equal(await resumed(...verify, '--session-in', file('skipped')), false);
  assert.equal(await resumed(skip, '--session-in', file('verified')), false);
  assert.equal(await resumed(skip, '--session-in', file('skipped')), true);
  assert.equal(await resumed(...verify, '--session-in', file('verified')), true);
  // Another name is another peer.
  assert.equal(await resumed(...verify, '--session-in', file('verified'), '--servername', 'example.test'), false);
});

test('--reconnect: so many further connections, each resumed, one line each', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const server = await serve(t, [...pairOf(authority), '--www', '--tickets', '1', '--json']);
  const at = ['connect', `https://localhost:${server.port}/`, '--ca', authority.ca, '--reconnect', '3'];
  const lines = (await isotls(at)).stderr.trim().split('\n').slice(-3);
  lines.forEach((line, index) => {
    assert.match(line, new RegExp(`^reconnect ${index + 1}: TLS 1\\.3 TLS_\\w+ X25519MLKEM768, resumed, \\d+ ms$`));
  });
  const [first, ...others] = summariesOf(await isotls([...at, '--json']));
  assert.equal(first?.['resumed'], false);
  assert.deepEqual(
    others.map(({ reconnect, resumed, tickets }) => [reconnect, resumed, tickets]),
    [1, 2, 3].map((turn) => [turn, true, 1]),
  );
  assert.equal(new Set(others.map(({ clientRandom }) => clientRandom)).size, 3);
});

test('--early-data: accepted with --early-data on the server, and answered by --www and by echo', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const file = scratch();
  writeFileSync(file('request'), 'GET /early HTTP/1.0\r\n\r\n');
  for (const mode of ['--www', '--echo']) {
    const server = await serve(t, [...pairOf(authority), mode, '--early-data', '4096', '--json']);
    const at = ['connect', `localhost:${server.port}`, '--ca', authority.ca, '--json'];
    await isotls([...at, '--session-out', file(mode)]);
    const second = await isotls([...at, '--session-in', file(mode), '--early-data', file('request')]);
    const [summary] = summariesOf(second);
    assert.equal(summary?.['earlyData'], 'accepted');
    assert.equal(summary?.['earlyDataAccepted'], true);
    const answer = second.stdout.toString();
    if (mode === '--www')
      assert.equal((JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as { resumed: boolean }).resumed, true);
    else assert.equal(answer, readFileSync(file('request'), 'utf8'));
    assert.equal(await server.stop(), 0);
    assert.match(server.stdout(), /"earlyDataAccepted":true,.*"earlyBytes":23\}/);
  }
});

test('--early-data is rejected where the server allows none, and not sent beyond what it allows', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const file = scratch();
  writeFileSync(file('small'), 'x'.repeat(100));
  writeFileSync(file('large'), 'x'.repeat(101));
  const keys = ['--ticket-keys', file('keys')];
  const allows = await serve(t, [...pairOf(authority), '--early-data', '100', ...keys]);
  const refuses = await serve(t, [...pairOf(authority), ...keys]);
  const send = async (port: number, name: string): Promise<CliResult> => {
    const args = ['connect', `localhost:${port}`, '--ca', authority.ca, '--json', '--early-data', file(name)];
    return isotls([...args, '--session-in', file('s')]);
  };
  await isotls(['connect', `localhost:${allows.port}`, '--ca', authority.ca, '--session-out', file('s')]);
  const rejected = await send(refuses.port, 'small');
  assert.equal(summariesOf(rejected)[0]?.['earlyData'], 'rejected');
  assert.equal(summariesOf(rejected)[0]?.['resumed'], true);
  assert.equal(rejected.stdout.length, 0, 'not sent again');
  const over = await send(allows.port, 'large');
  assert.equal(summariesOf(over)[0]?.['earlyData'], 'not-sent');
  assert.equal(summariesOf(over)[0]?.['resumed'], true);
  assert.equal(over.stdout.length, 0);
  const accepted = await send(allows.port, 'small');
  assert.equal(summariesOf(accepted)[0]?.['earlyData'], 'accepted');
  assert.equal(accepted.stdout.length, 100);
});

test('--ticket-keys: made for its owner alone, shared by servers, kept over a restart, rotated at a start', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const file = scratch();
  const args = [...pairOf(authority), '--www', '--ticket-keys', file('keys')];
  const [one, two] = [await serve(t, args), await serve(t, args)];
  assert.equal(statSync(file('keys')).mode & 0o777, 0o600);
  await visit(one.port, '--ca', authority.ca, '--session-out', file('s'));
  const resumes = async (port: number): Promise<unknown> =>
    (await visit(port, '--ca', authority.ca, '--session-in', file('s')))['resumed'];
  assert.equal(await resumes(two.port), true);
  await Promise.all([one.stop(), two.stop()]);
  const three = await serve(t, args);
  assert.equal(await resumes(three.port), true);
  const alone = await serve(t, [...pairOf(authority), '--www']);
  assert.equal(await resumes(alone.port), false);

  interface Keys {
    readonly keys: readonly { readonly name: string; readonly since: string }[];
  }
  const read = (): Keys => JSON.parse(readFileSync(file('keys'), 'utf8')) as Keys;
  const { keys } = read();
  assert.equal(keys.length, 1);
  // A day later the first to start adds a key; tickets under the old one are still good.
  const aged = (days: number): void =>
    writeFileSync(
      file('keys'),
      JSON.stringify({
        keys: keys.map((key) => ({ ...key, since: new Date(Date.now() - days * 86_400_000).toISOString() })),
      }),
    );
  aged(1);
  const four = await serve(t, args);
  assert.equal(read().keys.length, 2);
  assert.equal(read().keys[0]?.name, keys[0]?.name);
  assert.equal(await resumes(four.port), true);
  // Eight days later its tickets have all ended.
  aged(8.1);
  const five = await serve(t, args);
  assert.equal(read().keys.length, 1);
  assert.notEqual(read().keys[0]?.name, keys[0]?.name);
  assert.equal(await resumes(five.port), false);
  assert.equal(statSync(file('keys')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(file('.')).sort(), ['keys', 's']);
});

test('a server that finds its --ticket-keys there resumes, but takes no early data for the first ten seconds', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const file = scratch();
  writeFileSync(file('early'), 'again?');
  const args = [...pairOf(authority), '--ticket-keys', file('keys'), '--early-data', '100'];
  const before = await serve(t, args);
  await isotls(['connect', `localhost:${before.port}`, '--ca', authority.ca, '--session-out', file('s')]);
  await before.stop();
  const after = await serve(t, args);
  const early = ['--session-in', file('s'), '--early-data', file('early'), '--json'];
  const second = await isotls(['connect', `localhost:${after.port}`, '--ca', authority.ca, ...early]);
  const [summary] = summariesOf(second);
  assert.equal(summary?.['resumed'], true);
  assert.equal(summary?.['earlyData'], 'rejected');
});

test('--session-cache: a session is there once, and only while the server runs', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const file = scratch();
  const server = await serve(t, [...pairOf(authority), '--www', '--session-cache']);
  await visit(server.port, '--ca', authority.ca, '--session-out', file('s'));
  // A name, not a sealed session.
  assert.ok((decodeClientSession(readFileSync(file('s')))?.ticket.length ?? 0) <= 32);
  const again = ['--ca', authority.ca, '--session-in', file('s')];
  assert.equal((await visit(server.port, ...again))['resumed'], true);
  assert.equal((await visit(server.port, ...again))['resumed'], false);
});

test('--trace tells connections apart and still resumes', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  for (const how of [[], ['--session-cache']]) {
    const server = await serve(t, [...pairOf(authority), '--www', '--trace', '--early-data', '100', ...how]);
    const lines = await isotls([
      'connect',
      `https://localhost:${server.port}/`,
      '--ca',
      authority.ca,
      '--reconnect',
      '1',
    ]);
    assert.match(lines.stderr, /^reconnect 1: .*, resumed, /m);
    assert.match(server.stderr(), /^trace #1 CHOOSING_CREDENTIAL /m);
    assert.doesNotMatch(server.stderr(), /^trace #2 CHOOSING_CREDENTIAL /m);
    assert.match(server.stderr(), /^trace #2 OPENING_SESSION /m);
  }
});

test('--psk on both sides: no certificate, and the key never printed; wrong ones fail', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const secret = 'a1b2c3d4'.repeat(4);
  for (const hash of ['sha256', 'sha384']) {
    const key = ['--psk', secret, '--psk-identity', 'émile', '--psk-hash', hash];
    // With nothing to show besides.
    const server = await serve(t, [...key, '--www', '--json']);
    const summary = await visit(server.port, ...key);
    assert.equal(summary['psk'], 'external');
    assert.equal(summary['resumed'], false);
    assert.equal(summary['peerCertificates'], 0);
    assert.match(String(summary['cipherSuite']), hash === 'sha384' ? /SHA384$/ : /SHA256$/);

    const url = `https://localhost:${server.port}/`;
    const wrong = await isotls(['connect', url, '--psk', '00'.repeat(16), ...key.slice(2)]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /^ERR_TLS_PEER_ALERT: .*\(decrypt_error\)$/m);
    const unknown = await isotls(['connect', url, '--psk', secret, '--psk-identity', 'someone', '--psk-hash', hash]);
    assert.match(unknown.stderr, /^ERR_TLS_PEER_ALERT: .*\(handshake_failure\)$/m);
    const without = await isotls(['connect', url, '--ca', authority.ca]);
    assert.match(without.stderr, /^ERR_TLS_PEER_ALERT: .*\(handshake_failure\)$/m);
    for (const { stderr } of [wrong, unknown, without]) assert.ok(!stderr.includes(secret));
    assert.ok(!`${server.stdout()}${server.stderr()}${JSON.stringify(summary)}`.includes(secret));
  }
  // Beside certificates, for those who have it.
  const both = await serve(t, [...pairOf(authority), '--psk', secret, '--psk-identity', 'x', '--www']);
  assert.equal((await visit(both.port, '--ca', authority.ca))['psk'], null);
  assert.equal((await visit(both.port, '--psk', secret, '--psk-identity', 'x'))['psk'], 'external');
});

/** The longest protected record that a side sent. */
function longestFrom(from: Chunk['from'], chunks: readonly Chunk[]): number {
  const bytes = Buffer.concat(chunks.filter((chunk) => chunk.from === from).map((chunk) => chunk.bytes));
  let longest = 0;
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) {
    if (bytes[at] === 23) longest = Math.max(longest, bytes.readUInt16BE(at + 3));
  }
  return longest;
}

test('--record-size-limit on either side bounds the records of the other', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const payload = Buffer.alloc(5000, 'r');
  const limited = (bytes: number): readonly string[] => ['--record-size-limit', String(bytes)];
  for (const [own, peer, fromClient, fromServer] of [
    [limited(100), [], 16_385, 100],
    [limited(200), limited(100), 100, 200],
    // A server that is not asked has nothing to answer.
    [[], limited(100), 16_385, 16_385],
  ] as const) {
    const server = await serve(t, [...pairOf(authority), ...peer]);
    const chunks: Chunk[] = [];
    const port = await startProxy(t, server.port, chunks);
    const result = await isotls(['connect', `localhost:${port}`, '--ca', authority.ca, ...own], payload);
    assert.equal(result.code, 0, result.stderr);
    assert.ok(result.stdout.equals(payload));
    // 16 bytes of tag; the type is part of the content (RFC 8449 §4).
    assert.equal(longestFrom('client', chunks), Math.min(fromClient, payload.length + 1) + 16);
    assert.equal(longestFrom('server', chunks), Math.min(fromServer, payload.length + 1) + 16);
  }
});

test('--ocsp: a staple that --ocsp FILE serves, and one of openssl; only where it is asked for', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const file = scratch();
  const { leaf, intermediate } = authority.server();
  const issuer = ['-issuer', intermediate, '-CA', intermediate, '-rsigner', intermediate];
  const key = ['-rkey', join(authority.folder, 'intermediate.key')];
  writeFileSync(file('index'), '');
  const made = await run('openssl', [
    'ocsp',
    '-index',
    file('index'),
    ...issuer,
    ...key,
    '-cert',
    leaf,
    '-respout',
    file('staple'),
  ]);
  assert.equal(made.code, 0, made.stderr);
  const { length } = readFileSync(file('staple'));
  const server = await serve(t, [
    ...pairOf(authority),
    ...pairOf(authority, 'ed25519'),
    '--www',
    '--ocsp',
    file('staple'),
  ]);
  const to = ['--ca', authority.ca];
  assert.equal((await visit(server.port, ...to, '--ocsp'))['ocspStapleBytes'], length);
  assert.equal('ocspStapleBytes' in (await visit(server.port, ...to)), false);
  // The second certificate has none.
  const other = await visit(server.port, ...to, '--ocsp', '--signature-schemes', 'ed25519');
  assert.equal(other['peerScheme'], 'ed25519');
  assert.equal(other['ocspStapleBytes'], null);
  const openssl = await startOpensslServer(t, {
    credential: authority.server(),
    args: ['-status_file', file('staple')],
  });
  assert.equal((await visit(openssl.port, ...to, '--ocsp'))['ocspStapleBytes'], length);
});
