import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as netConnect } from 'node:net';
import { test } from 'node:test';
import { connect as nodeConnect } from 'node:tls';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { createTap } from '../../src/inspector/tap.ts';
import { Writer } from '../../src/wire/writer.ts';
import { eventually } from '../eventually.ts';
import { hasTool, makeAuthority, run, runIsotls, startIsotlsServer } from '../peers.ts';
import { type Chunk, isotls, serve, startProxy } from './in-process.ts';

test('curl --tlsv1.3 gets the facts from --www, from a process of its own', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null || !hasTool(t, 'curl')) return;
  const { chain, key } = authority.server();
  const server = await startIsotlsServer(t, ['--cert', chain, '--key', key, '--www']);
  const curl = await run('curl', ['-sSv', '--tlsv1.3', '--cacert', authority.ca, `https://localhost:${server.port}/`]);
  assert.equal(curl.code, 0, curl.stderr);
  const body = curl.stdout.toString();
  assert.match(body, /^version: TLS 1\.3$/m);
  assert.match(body, /^server name: localhost$/m);
  const suite = /SSL connection using TLSv1\.3 \/ (\w+)/.exec(curl.stderr)?.[1];
  assert.match(body, new RegExp(`^cipher suite: ${suite}$`, 'm'));
  assert.match(server.stdout(), /^listening on 127\.0\.0\.1:\d+\n$/);
});

test('openssl s_client with nothing to say completes the handshake and leaves the server up', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const { chain, key } = authority.server('p384');
  const server = await serve(t, ['--cert', chain, '--key', key, '--www', '--alpn', 'h2,http/1.1']);
  const at = ['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', authority.ca, '-verify_return_error'];
  for (const alpn of ['http/1.1', 'h2']) {
    const client = await run('openssl', [...at, '-servername', 'localhost', '-alpn', alpn]);
    assert.equal(client.code, 0, client.stderr);
    assert.match(client.stdout.toString(), new RegExp(`ALPN protocol: ${alpn}`));
    assert.match(client.stdout.toString(), /Verify return code: 0/);
  }
  const other = await run('openssl', [...at, '-alpn', 'smtp']);
  assert.notEqual(other.code, 0);
  assert.match(other.stderr, /no application protocol/);
  assert.match(server.stderr(), /^ERR_TLS_NO_APPLICATION_PROTOCOL: .* \[#3 127\.0\.0\.1:\d+\]$/m);
});

test('either end on node:crypto: every kind of key, group and version', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const kinds = ['p256', 'p384', 'ed25519', 'rsa2048'] as const;
  const pairs = kinds.flatMap((kind) => ['--cert', authority.server(kind).chain, '--key', authority.server(kind).key]);
  for (const [own, peer] of [
    ['node', 'noble'],
    ['noble', 'node'],
    ['node', 'node'],
  ] as const) {
    const server = await serve(t, [...pairs, '--www', '--json', '--provider', own]);
    for (const [scheme, group, ...more] of [
      ['ecdsa_secp256r1_sha256', 'X25519MLKEM768'],
      ['ed25519', 'x25519', '--cipher-suites', 'TLS_CHACHA20_POLY1305_SHA256'],
      ['rsa_pss_rsae_sha256', 'secp384r1', '--cipher-suites', 'TLS_AES_256_GCM_SHA384'],
      ['rsa_pss_rsae_sha256', 'secp521r1', '--max-version', '1.2'],
    ] as const) {
      const schemes = scheme.startsWith('ecdsa') ? scheme : `${scheme},ecdsa_secp256r1_sha256`;
      const options = ['--ca', authority.ca, '--groups', group, '--signature-schemes', schemes, ...more, '--json'];
      const result = await isotls(['connect', `https://localhost:${server.port}/`, ...options, '--provider', peer]);
      assert.equal(result.code, 0, `${own} ${peer} ${scheme} ${group}: ${result.stderr}`);
      assert.equal((JSON.parse(result.stderr) as Record<string, unknown>)['group'], group);
    }
  }
});

test('a chain for each kind of key, side by side: the client’s schemes choose', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const kinds = ['p256', 'ed25519', 'rsa2048'] as const;
  const pairs = kinds.flatMap((kind) => ['--cert', authority.server(kind).chain, '--key', authority.server(kind).key]);
  const server = await serve(t, [...pairs, '--www', '--json']);
  for (const [scheme, group] of [
    ['ecdsa_secp256r1_sha256', 'secp256r1'],
    ['ed25519', 'x25519'],
    ['rsa_pss_rsae_sha512', 'X25519MLKEM768'],
  ] as const) {
    // The chain itself is signed with ECDSA.
    const schemes = scheme.startsWith('ecdsa') ? scheme : `${scheme},ecdsa_secp256r1_sha256`;
    const options = ['--ca', authority.ca, '--groups', group, '--signature-schemes', schemes, '--json'];
    const result = await isotls(['connect', `https://localhost:${server.port}/`, ...options]);
    assert.equal(result.code, 0, result.stderr);
    const reply = JSON.parse(result.stdout.toString().split('\r\n\r\n')[1] ?? '') as Record<string, unknown>;
    const summary = JSON.parse(result.stderr) as Record<string, unknown>;
    for (const name of ['version', 'cipherSuite', 'group', 'serverName', 'clientRandom']) {
      assert.equal(reply[name], summary[name], name);
    }
    assert.equal(summary['group'], group);
  }
  // A line for listening, and one for each connection once it is over.
  const lines = (): string[] => server.stdout().trim().split('\n');
  await eventually(() => lines().length >= 4);
  const connections = lines()
    .slice(1)
    .map((line) => (JSON.parse(line) as { connection: number }).connection);
  assert.deepEqual(connections.sort(), [1, 2, 3]);
});

test('the line of a connection names what stood for the server: in static RSA its key alone', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const { chain, key } = authority.server('rsa2048');
  const suites = ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'] as const;
  const versions = ['--max-version', '1.2', '--groups', 'x25519', '--cipher-suites'];
  const server = await serve(t, ['--cert', chain, '--key', key, '--www', ...versions, suites.join()]);
  for (const suite of suites) {
    const own: readonly string[] = ['--ca', authority.ca, ...versions, suite];
    assert.equal((await isotls(['connect', `https://localhost:${server.port}/`, ...own])).code, 0);
  }
  assert.match(server.stderr(), /^#1 \S+ TLS 1\.2 TLS_RSA_WITH_AES_128_GCM_SHA256 RSA sni=localhost$/m);
  assert.match(
    server.stderr(),
    /^#2 \S+ TLS 1\.2 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 x25519 rsa_\w+ sni=localhost$/m,
  );
});

test('--signature-schemes are what the server signs with', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const [rsa, ec] = [authority.server('rsa2048'), authority.server('p256')];
  const pairs = ['--cert', ec.chain, '--key', ec.key, '--cert', rsa.chain, '--key', rsa.key];
  const server = await serve(t, [...pairs, '--www', '--signature-schemes', 'rsa_pss_rsae_sha384']);
  const result = await isotls(['connect', `https://localhost:${server.port}/`, '--ca', authority.ca]);
  assert.match(result.stderr, /^peer scheme: rsa_pss_rsae_sha384$/m);
});

test('client certificates: request lets anyone in, require only those that chain to --ca', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const { chain, key } = authority.server();
  const own = authority.client('rsa2048');
  for (const mode of ['request', 'require'] as const) {
    const server = await serve(t, [
      '--cert',
      chain,
      '--key',
      key,
      '--www',
      '--client-auth',
      mode,
      '--ca',
      authority.ca,
    ]);
    const at = ['s_client', '-connect', `127.0.0.1:${server.port}`, '-CAfile', authority.ca, '-quiet'];
    const request = { stdin: 'GET / HTTP/1.0\n\n', keepStdin: true };
    const known = await run(
      'openssl',
      [...at, '-cert', own.leaf, '-key', own.key, '-cert_chain', own.intermediate],
      request,
    );
    assert.match(known.stdout.toString(), /^peer subject: O=isotls, CN=client$/m);
    assert.match(known.stdout.toString(), /^verified by: O=isotls, CN=isotls test root$/m);

    const nobody = await run('openssl', at, request);
    if (mode === 'request') assert.match(nobody.stdout.toString(), /^peer subject: none$/m);
    else {
      assert.doesNotMatch(nobody.stdout.toString(), /HTTP/);
      assert.match(nobody.stderr, /certificate required/);
      assert.match(server.stderr(), /^ERR_TLS_CERTIFICATE_REQUIRED: /m);
    }
    // A server's certificate is not for clients.
    const wrong = await run('openssl', [...at, '-cert', chain, '-key', key], request);
    assert.match(wrong.stderr, /unsupported certificate/);
    assert.match(server.stderr(), /^ERR_CERT_EXTENDED_KEY_USAGE: /m);
  }
});

test('--cookie, --sni and --groups: a HelloRetryRequest, other names and other groups refused', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const { chain, key } = authority.server();
  const server = await serve(t, [
    '--cert',
    chain,
    '--key',
    key,
    '--www',
    '--cookie',
    '--sni',
    'localhost',
    '--groups',
    'x25519',
  ]);
  const url = `https://localhost:${server.port}/`;
  const good = await isotls(['connect', url, '--ca', authority.ca]);
  assert.equal(good.code, 0, good.stderr);
  assert.match(good.stderr, /^hello retry request: true$/m);
  const named = await isotls(['connect', url, '--ca', authority.ca, '--servername', 'example.test']);
  assert.match(named.stderr, /^ERR_TLS_PEER_ALERT: .*\(unrecognized_name\)$/m);
  const groups = await isotls(['connect', url, '--ca', authority.ca, '--groups', 'secp256r1']);
  assert.match(groups.stderr, /^ERR_TLS_PEER_ALERT: .*\(handshake_failure\)$/m);
});

test('--tickets: two after a full handshake unless told otherwise, and none with 0', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const { chain, key } = authority.server();
  for (const [args, count] of [
    [[], 2],
    [['--tickets', '0'], 0],
    [['--tickets', '5'], 5],
  ] as const) {
    const server = await serve(t, ['--cert', chain, '--key', key, '--www', ...args]);
    const at = ['s_client', '-connect', `127.0.0.1:${server.port}`, '-quiet', '-msg', '-CAfile', authority.ca];
    const client = await run('openssl', at, { stdin: 'GET / HTTP/1.0\n\n', keepStdin: true });
    assert.equal(
      client.stdout
        .toString()
        .split('<<< TLS 1.3, Handshake')
        .filter((part) => /NewSessionTicket/.test(part)).length,
      count,
    );
  }
});

test('--reply-size fills the reply up to exactly so many bytes, in one record up to 16 KiB', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const { chain, key } = authority.server();
  for (const [size, records] of [
    [4096, [4096]],
    [16_384, [16_384]],
    [16_385, [16_384, 1]],
  ] as const) {
    const server = await serve(t, ['--cert', chain, '--key', key, '--www', '--reply-size', String(size)]);
    const chunks: Chunk[] = [];
    const tap = createTap(nobleProvider);
    const port = await startProxy(t, server.port, chunks);
    const socket = nodeConnect({ host: '127.0.0.1', port, servername: 'localhost', ca: authority.caText });
    socket.on('keylog', (line: Buffer) => tap.keyLog(line.toString().trim()));
    socket.write('GET / HTTP/1.0\n\n');
    let length = 0;
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    await once(socket, 'end');
    assert.equal(length, size);
    const sightings = chunks.flatMap(({ from, bytes }) => tap.see(from, bytes));
    const sent = sightings.filter(({ from, kind }) => from === 'server' && kind === 'data').map(({ bytes }) => bytes);
    assert.deepEqual(sent, records);
    assert.equal(sightings.filter(({ from }) => from === 'server').at(-1)?.kind, 'alert');
  }
});

test('echo: half a MiB comes back, and half-closing is fine', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const { chain, key } = authority.server();
  const server = await serve(t, ['--cert', chain, '--key', key]);
  const text = Buffer.alloc(524_289, 'echo ');
  const result = await isotls(['connect', `localhost:${server.port}`, '--ca', authority.ca], text);
  assert.equal(result.code, 0, result.stderr);
  assert.ok(result.stdout.equals(text));
});

test('the longest ClientHello that there can be is answered, a longer message refused', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const { chain, key } = authority.server('p256');
  const server = await serve(t, ['--cert', chain, '--key', key]);
  const hello = longestClientHello();
  assert.equal(hello.length, 4 + 131_396);
  assert.deepEqual(await firstAnswer(server.port, hello), [22, 2]);
  const longer = Uint8Array.of(1, 2, 1, 0x45);
  assert.deepEqual(await firstAnswer(server.port, longer), [21, 2]);
  assert.match(server.stderr(), /^ERR_TLS_MESSAGE_TOO_LONG: .*131397 bytes where at most 131396 are accepted/m);
});

/** RFC 9846 §4.2.2: every vector of it full. What a handshake of TLS 1.2 needs is there, at the end of each. */
function longestClientHello(): Uint8Array {
  return new Writer()
    .u8(1)
    .block(3, (writer) => {
      writer.u16(0x0303).bytes(new Uint8Array(32)).vector8(new Uint8Array(32));
      writer.block(2, () => {
        // From what no registry has assigned.
        for (let i = 0; i < 32_766; i++) writer.u16(0x0100 + (i % 0x5500));
        writer.u16(0xc02b);
      });
      writer.vector8(Uint8Array.from({ length: 255 }, (_, i) => 254 - i));
      writer.block(2, () => {
        writer.u16(21).vector16(new Uint8Array(65_511));
        writer.u16(10).vector16(Uint8Array.of(0, 2, 0, 23));
        writer.u16(13).vector16(Uint8Array.of(0, 2, 4, 3));
        writer.u16(23).u16(0);
      });
    })
    .finish();
}

/** Sends a message in full records; the type and the first byte of the first record that comes back. */
async function firstAnswer(port: number, message: Uint8Array): Promise<readonly (number | undefined)[]> {
  const socket = netConnect(port, '127.0.0.1');
  for (let at = 0; at < message.length; at += 16_384) {
    const fragment = message.subarray(at, at + 16_384);
    socket.write(new Writer().u8(22).u16(0x0301).vector16(fragment).finish());
  }
  const [{ 0: type, 5: first }] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return [type, first];
}

test('garbage of every kind, and many at once, does not take it down; SIGTERM ends it in order', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const { chain, key } = authority.server();
  const server = await startIsotlsServer(t, ['--cert', chain, '--key', key, '--www', '--trace']);
  const garbage = [
    'GET / HTTP/1.1\r\nHost: plain\r\n\r\n',
    '\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\u0000',
    '\u0016\u0003\u0001\u007f\u00ff',
    '\u0015\u0003\u0003\u0000\u0002\u0002\u0028',
    '\u0080\u002e\u0001\u0000\u0002',
    '',
  ];
  const sockets = Array.from({ length: 60 }, (_, index) => {
    const socket = netConnect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    const text = Buffer.from(garbage[index % garbage.length] ?? '', 'latin1');
    if (index % 7 === 0) socket.write(text, () => socket.resetAndDestroy());
    else socket.end(text);
    socket.resume();
    return once(socket, 'close');
  });
  await Promise.all(sockets);
  const after = await runIsotls(['connect', `https://localhost:${server.port}/`, '--ca', authority.ca]);
  assert.equal(after.code, 0, after.stderr);
  assert.match(server.stderr(), /^ERR_TLS_NOT_TLS: .* \[#\d+ 127\.0\.0\.1:\d+\]$/m);
  assert.match(server.stderr(), /^trace #\d+ START \+ client_hello -> /m);

  server.child.kill('SIGTERM');
  const [code] = (await once(server.child, 'close')) as [number];
  assert.equal(code, 0);
});

test('exit code 1: command lines that cannot be used', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const [own, other] = [authority.server('p256'), authority.server('p384')];
  const pair = ['--cert', own.chain, '--key', own.key];
  const misuses: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /needs --cert/],
    [['--cert', own.chain, '--key', other.key], /ERR_CONFIG_KEY_MISMATCH/],
    [[...pair, '--www', '--echo'], /not both/],
    [[...pair, '--tickets', '256'], /--tickets is a whole number from 0 to 255/],
    [[...pair, '--early-data', '1048577'], /--early-data is a whole number from 0 to 1048576/],
    [[...pair, '--ticket-keys', own.chain], /--ticket-keys .* is not \{ "keys"/],
    [[...pair, '--ticket-keys', '/no/such/folder/file'], /--ticket-keys \/no\/such/],
    [[...pair, '--ocsp', '/no/such/file'], /--ocsp \/no\/such/],
    [[...pair, '--ocsp', own.chain, '--ocsp', own.chain], /2 --ocsp are too many for 1 --cert/],
    [[...pair, '--record-size-limit', '63'], /--record-size-limit is a whole number from 64/],
    [[...pair, '--psk', '00', '--psk-identity', 'x', '--psk-hash', 'sha512'], /sha256 or sha384/],
    [[...pair, '--client-auth', 'maybe'], /none, request or require/],
    [[...pair, '--client-auth', 'require'], /needs --ca/],
    [[...pair, '--signature-schemes', 'ed25519'], /no key can sign/],
    [[...pair, '--port', 'http'], /--port is a whole number/],
    [[...pair, 'extra'], /takes no argument/],
  ];
  for (const [args, sentence] of misuses) {
    const result = await isotls(['serve', ...args]);
    assert.equal(result.code, 1, args.join(' '));
    assert.match(result.stderr, sentence);
  }
  const fine = await serve(t, [...pair, '--tickets', '0', '--no-tickets-12']);
  assert.ok(fine.port > 0);
  const taken = await isotls(['serve', ...pair, '--port', String(fine.port)]);
  assert.equal(taken.code, 3);
  assert.match(taken.stderr, /^EADDRINUSE: /);
  assert.equal(await fine.stop(), 0);
});
