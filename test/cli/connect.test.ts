import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer as createNodeServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { freePort, hasTool, makeAuthority, startNginx, startOpensslServer } from '../peers.ts';
import { isotls } from './in-process.ts';

/** A node:tls server that answers what it hears. */
async function startNodeServer(
  t: TestContext,
  files: { readonly chain: string; readonly key: string },
  onConnection: (socket: TLSSocket) => void,
  options: TlsOptions = {},
): Promise<number> {
  const cert = readFileSync(files.chain);
  const key = readFileSync(files.key);
  const server = createNodeServer({ cert, key, minVersion: 'TLSv1.3', ...options }, onConnection);
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const TARGET = ['--servername', 'localhost'] as const;

test('https:// from openssl s_server -www: the response, and a summary that agrees with it', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const server = await startOpensslServer(t, { credential: authority.server('rsa2048') });
  const result = await isotls(['connect', `https://localhost:${server.port}/`, '--ca', authority.ca, '--json']);
  assert.equal(result.code, 0, result.stderr);
  const page = result.stdout.toString();
  assert.match(page, /^HTTP\/1\.0 200 ok/);
  const summary = JSON.parse(result.stderr) as Record<string, unknown>;
  assert.equal(summary['version'], 'TLS 1.3');
  assert.match(page, new RegExp(`Cipher is ${String(summary['cipherSuite'])}`));
  assert.equal(summary['peerScheme'], 'rsa_pss_rsae_sha256');
  assert.equal(summary['peerSubject'], 'O=isotls, CN=localhost');
  assert.equal(summary['verifiedBy'], 'O=isotls, CN=isotls test root');
  assert.equal(summary['bytesReceived'], result.stdout.length);
});

test('https:// from nginx, with a client certificate that it asks for and names', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null || !hasTool(t, 'nginx')) return;
  const page = 'served by nginx\n'.repeat(10_000);
  const lines = [
    `ssl_client_certificate ${authority.ca};`,
    'ssl_verify_client on;',
    'ssl_verify_depth 3;',
    'add_header X-Client "$ssl_client_s_dn $ssl_protocol $ssl_cipher";',
  ];
  const server = await startNginx(t, { credential: authority.server('ed25519'), page, lines });
  const own = authority.client();
  const url = `https://localhost:${server.port}/`;
  const args = ['--ca', authority.ca, '--cert', own.chain, '--key', own.key, '--json', '--key-update'];
  const result = await isotls(['connect', url, ...args]);
  assert.equal(result.code, 0, result.stderr);
  const [head = '', body] = result.stdout.toString().split('\r\n\r\n');
  assert.equal(body, page);
  const summary = JSON.parse(result.stderr) as Record<string, unknown>;
  assert.match(head, new RegExp(`^X-Client: CN=client,O=isotls TLSv1\\.3 ${String(summary['cipherSuite'])}\\r?$`, 'm'));
  assert.equal(summary['keyUpdatesReceived'], 1);
  assert.equal(summary['alpn'], 'http/1.1');
});

test('stdin to the peer, the peer to stdout, in the clear text of both; 100,000 bytes each way', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const port = await startNodeServer(t, authority.server(), (socket) => socket.pipe(socket));
  const text = 'isotls\n'.repeat(15_000);
  const result = await isotls(['connect', `127.0.0.1:${port}`, ...TARGET, '--ca', authority.ca], text);
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stdout.toString(), text);
  assert.match(result.stderr, /^bytes sent: 105000$/m);
  assert.match(result.stderr, /^verified by: O=isotls, CN=isotls test root$/m);
});

test('ALPN, key update and trace; the key log is the peer’s, in a file of its owner alone', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const server = await startOpensslServer(t, {
    credential: authority.server(),
    www: false,
    args: ['-alpn', 'x/2', '-msg', '-rev', '-keylogfile', join(authority.folder, 'openssl.keys')],
  });
  const file = join(authority.folder, 'own.keys');
  const args = ['--alpn', 'y/1,x/2', '--key-update', '--trace', '--keylog', file, '--ca', authority.ca];
  const result = await isotls(['connect', `localhost:${server.port}`, ...args], 'abc\n');
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stdout.toString(), 'cba\n');
  assert.match(result.stderr, /^alpn: x\/2$/m);
  assert.match(result.stderr, /^key updates sent: 1$/m);
  assert.match(result.stderr, /^key updates received: 1$/m);
  assert.match(result.stderr, /│ ── ClientHello ─+ [^│]+ ─▶ │/);
  assert.match(result.stderr, /│ ◀═ Finished ═+ [^│]+ ══ │/);
  assert.match(result.stderr, /│ ━━ KeyUpdate ━+ [^│]+ ━▶ │/);
  assert.match(result.stderr, /│ ◀━ KeyUpdate ━+ [^│]+ ━━ │/);
  assert.match(server.stdout(), /<<< TLS 1\.3, Handshake \[length 0005\], KeyUpdate/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  // openssl logs the secrets of later generations too, under labels of its own.
  const lines = (path: string): string[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => /^[A-Z_0-9]+ /.test(line) && !line.includes('_SECRET_N '))
      .sort();
  assert.deepEqual(lines(file), lines(join(authority.folder, 'openssl.keys')));
  assert.ok(lines(file).length >= 5);
});

test('a client certificate, chosen by what the server takes', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const server = await startOpensslServer(t, {
    credential: authority.server(),
    args: ['-Verify', '2', '-CAfile', authority.ca, '-verify_return_error'],
  });
  const url = `https://localhost:${server.port}/`;
  const own = authority.client('ed25519');
  const args = ['--ca', authority.ca, '--cert', own.chain, '--key', own.key];
  const result = await isotls(['connect', url, ...args]);
  assert.equal(result.code, 0, result.stderr);
  assert.match(result.stderr, /^own scheme: ed25519$/m);
  assert.match(result.stdout.toString(), /Client certificate[\s\S]*CN ?= ?client/);

  const without = await isotls(['connect', url, '--ca', authority.ca]);
  assert.equal(without.code, 2);
  assert.match(without.stderr, /^ERR_TLS_PEER_ALERT: .*certificate_required/m);
});

test('exit code 2: an unknown root, another name, nothing in common', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const server = await startOpensslServer(t, { credential: authority.server(), args: ['-groups', 'P-256'] });
  const at = `127.0.0.1:${server.port}`;
  const untrusted = await isotls(['connect', at, ...TARGET]);
  assert.equal(untrusted.code, 2);
  assert.match(untrusted.stderr, /^ERR_CERT_UNKNOWN_ISSUER: /m);

  const misnamed = await isotls(['connect', at, '--servername', 'other.test', '--ca', authority.ca]);
  assert.equal(misnamed.code, 2);
  assert.match(misnamed.stderr, /^ERR_CERT_NAME_MISMATCH: /m);

  const nothing = await isotls(['connect', at, ...TARGET, '--ca', authority.ca, '--groups', 'secp384r1']);
  assert.equal(nothing.code, 2);
  assert.match(nothing.stderr, /^ERR_TLS_PEER_ALERT: .*\(handshake_failure\)$/m);

  const skipped = await isotls(['connect', `https://${at}/`, '--dangerously-skip-verification']);
  assert.equal(skipped.code, 0);
  assert.match(skipped.stderr, /^verified by: verification was skipped$/m);
  assert.match(skipped.stderr, /^hello retry request: true$/m);
});

test('exit code 3: nobody listens; the peer resets', async (t) => {
  const refused = await isotls(['connect', `127.0.0.1:${await freePort()}`]);
  assert.equal(refused.code, 3);
  assert.match(refused.stderr, /^ECONNREFUSED: /);

  const rude = createNetServer((socket) => socket.once('data', () => socket.resetAndDestroy())).listen(0, '127.0.0.1');
  await once(rude, 'listening');
  t.after(() => rude.close());
  const reset = await isotls(['connect', `127.0.0.1:${(rude.address() as AddressInfo).port}`]);
  assert.equal(reset.code, 3);
  assert.match(reset.stderr, /^ECONNRESET: /m);
});

test('no close_notify: exit code 2, unless the HTTP response was complete by its own account', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const answers = [
    ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole', 0],
    ['HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\npart', 2],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n', 0],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 2],
    ['HTTP/1.1 200 OK\r\n\r\nuntil the end', 2],
  ] as const;
  let answer = '';
  const port = await startNodeServer(t, authority.server(), (socket) => {
    socket.on('error', () => {});
    // destroy() closes the TCP connection without close_notify.
    socket.once('data', () => socket.write(answer, () => socket.destroy()));
  });
  for (const [text, code] of answers) {
    answer = text;
    const result = await isotls(['connect', `https://localhost:${port}/`, '--ca', authority.ca]);
    assert.equal(result.stdout.toString(), text);
    assert.equal(result.code, code, text);
    assert.equal(/^ERR_TLS_TRUNCATED: /m.test(result.stderr), code === 2);
  }
  answer = 'anything';
  const plain = await isotls(['connect', `127.0.0.1:${port}`, ...TARGET, '--ca', authority.ca], 'hello\n');
  assert.equal(plain.code, 2);
});

test('a server that keeps the connection after a complete response is not waited for', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const port = await startNodeServer(
    t,
    authority.server(),
    (socket) => socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
    { allowHalfOpen: true },
  );
  const result = await isotls(['connect', `https://localhost:${port}/`, '--ca', authority.ca]);
  assert.equal(result.code, 0);
});

const MISUSES: readonly (readonly [readonly string[], RegExp])[] = [
  [['connect'], /HOST\[:PORT\]/],
  [['connect', 'a', 'b'], /HOST\[:PORT\]/],
  [['connect', 'http://example.com'], /not an https/],
  [['connect', 'host:99999'], /not HOST\[:PORT\]/],
  [['connect', 'host', '--no-such'], /no-such/],
  [['connect', 'host', '--crl', '/no/such/file'], /--crl \/no\/such\/file/],
  [['connect', 'host', '--crl', 'package.json'], /ERR_CONFIG|crls\[0\]/],
  [['connect', 'host', '--crl', 'x', '--dangerously-skip-verification'], /--crl has no meaning/],
  [['connect', 'host', '--early-data', '/no/such/file'], /--early-data \/no\/such\/file/],
  [['connect', 'host', '--early-data', import.meta.filename], /--early-data needs --session-in/],
  [['connect', 'host', '--session-in', '/no/such/file'], /--session-in \/no\/such\/file/],
  [['connect', 'host', '--session-in', import.meta.filename], /holds no session/],
  [['connect', 'host', '--psk', '00'], /--psk needs --psk-identity/],
  [['connect', 'host', '--psk', '0g', '--psk-identity', 'x'], /--psk is a key in hexadecimal/],
  [['connect', 'host', '--psk', '000', '--psk-identity', 'x'], /--psk is a key in hexadecimal/],
  [['connect', 'host', '--psk-hash', 'sha256'], /need --psk/],
  [['connect', 'host', '--psk', '00', '--psk-identity', 'x', '--psk-hash', 'md5'], /sha256 or sha384/],
  [['connect', 'host', '--record-size-limit', '16386'], /--record-size-limit is a whole number/],
  [['connect', 'host', '--reconnect', '-1'], /--reconnect/],
  [['connect', 'host', '--provider', 'openssl'], /there are noble and node/],
  [['connect', 'host', '--min-version', '1.4'], /1\.2 or 1\.3/],
  [['connect', 'host', '--min-version', '1.3', '--max-version', '1.2'], /minVersion/],
  [['connect', 'host', '--groups', 'ffdhe2048'], /groups has no ffdhe2048/],
  [['connect', 'host', '--cipher-suites', ''], /cipherSuites/],
  [['connect', 'host', '--ca', '/no/such/file'], /--ca \/no\/such\/file/],
  [['connect', 'host', '--ca', import.meta.filename], /ERR_CONFIG_PEM/],
  [['connect', 'host', '--keylog', '/no/such/folder/file'], /--keylog/],
  [['connect', 'host', '--cert', 'a', '--key', 'b', '--key', 'c'], /pairs/],
  [['connect', 'host', '--ca', 'x', '--dangerously-skip-verification'], /no meaning/],
];

test('exit code 1, and one line that says why: command lines that cannot be used', async (t) => {
  for (const [argv, sentence] of MISUSES) {
    const result = await isotls(argv);
    assert.equal(result.code, 1, argv.join(' '));
    assert.match(result.stderr, /^(usage|ERR_CONFIG\w*): [^\n]*\n$/);
    assert.match(result.stderr, sentence);
    assert.equal(result.stdout.length, 0);
  }
  t.diagnostic(`connect: ${MISUSES.length} command lines refused`);
});
