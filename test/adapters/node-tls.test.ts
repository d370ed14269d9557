import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, get } from 'node:http';
import { createServer as createNetServer, connect as netConnect } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TlsStream } from '../../src/adapters/node-stream.ts';
import { accept, type ConnectOptions, connect, createServer } from '../../src/adapters/node-tls.ts';
import { createCredential } from '../../src/certs/credential.ts';
import { acceptPeer } from '../../src/certs/verifier.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsConfigError, TlsError } from '../../src/errors/errors.ts';
import { byName, SIGNATURE_SCHEMES } from '../../src/params/algorithms.ts';
import { eventually } from '../eventually.ts';
import {
  clientConfig,
  clientCredential,
  listen,
  pipePair,
  serverConfig,
  serverCredential,
  serverParts,
  TLS12,
  trust,
} from './fixture.ts';

/** All that comes. Not by `for await`, which would destroy a stream whose other half is still open. */
async function textOf(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'end');
  return Buffer.concat(chunks).toString();
}

async function errorOf(emitter: Duplex): Promise<Error & { code?: unknown; alert?: unknown; detail?: unknown }> {
  const [error] = (await once(emitter, 'error')) as [Error];
  return error;
}

const client = clientConfig();
const server = serverConfig();

test('client and server over TCP: info, ALPN, the name, and an echo of 1 MiB + 1', async (t) => {
  const port = await listen(
    t,
    createServer({ config: serverConfig({ alpn: ['x/1'] }) }, (stream) => stream.pipe(stream)),
  );
  const stream = connect({ config: client, alpn: ['y/1', 'x/1'], host: '127.0.0.1', servername: 'localhost', port });
  const sent = Buffer.alloc(1_048_577, 'isotls');
  stream.end(sent);
  await once(stream, 'secureConnect');
  assert.equal(stream.info?.version, 'TLS 1.3');
  assert.equal(stream.alpnProtocol, 'x/1');
  assert.equal(stream.authorized, true);
  const digest = createHash('sha256');
  let length = 0;
  for await (const chunk of stream) {
    length += (chunk as Buffer).length;
    digest.update(chunk as Buffer);
  }
  assert.equal(length, sent.length);
  assert.equal(digest.digest('hex'), createHash('sha256').update(sent).digest('hex'));
});

for (const [version, options] of [
  ['TLS 1.3', {}],
  ['TLS 1.2', TLS12],
] as const) {
  test(`each half closes on its own in ${version}: the server still answers after the client has ended, and the other way round`, async (t) => {
    const port = await listen(
      t,
      createServer({ config: serverConfig(options) }, (stream) => {
        void textOf(stream).then(async (question) => {
          await sleep(20);
          stream.end(`you said ${question} ${'x'.repeat(100_000)}`);
        });
      }),
    );
    const asker = connect({ config: clientConfig(options), host: '127.0.0.1', servername: 'localhost', port });
    asker.end('hello');
    const answer = await textOf(asker);
    assert.equal(answer.length, 'you said hello '.length + 100_000);

    let heard = '';
    const closedFirst = await listen(
      t,
      createServer({ config: serverConfig(options) }, (stream) => {
        stream.end('goodbye');
        stream.on('data', (chunk: Buffer) => {
          heard += chunk.toString();
        });
      }),
    );
    const late = connect({
      config: clientConfig(options),
      host: '127.0.0.1',
      servername: 'localhost',
      port: closedFirst,
    });
    const gone = once(late, 'close');
    late.once('end', () => late.end('still here'));
    assert.equal(await textOf(late), 'goodbye');
    await gone;
    await eventually(() => heard === 'still here');
    assert.equal(heard, 'still here');
  });
}

test('without allowHalfOpen a stream ends when its peer does, once what was written has gone', async (t) => {
  for (const options of [{}, TLS12]) {
    const answering = createServer({ config: serverConfig(options), allowHalfOpen: false }, (stream) => {
      stream.once('data', () => stream.write('x'.repeat(100_000)));
    });
    const port = await listen(t, answering);
    const asker = connect({ config: clientConfig(options), host: '127.0.0.1', servername: 'localhost', port });
    asker.end('hello');
    assert.equal((await textOf(asker)).length, 100_000);
  }
});

test('a transport cut short is ERR_TLS_TRUNCATED, and with acceptTruncation an end', async () => {
  for (const acceptTruncation of [false, true]) {
    const [left, right] = pipePair();
    const stream = connect({ config: client, servername: 'localhost', socket: left, acceptTruncation });
    const peer = accept(right, { config: server });
    peer.on('error', () => {});
    peer.write('some of it');
    await once(stream, 'secureConnect');
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    assert.equal(chunk.toString(), 'some of it');
    left.push(null);
    if (acceptTruncation) await once(stream, 'end');
    else {
      const error = await errorOf(stream);
      assert.ok(error instanceof TlsError);
      assert.equal(error.code, 'ERR_TLS_TRUNCATED');
      assert.equal(error.alert, null);
    }
    stream.destroy();
    peer.destroy();
  }
});

test('whatever a client sends, the server stays up and tells it', async (t) => {
  const errors: unknown[] = [];
  const tls = createServer({ config: server }, (stream) => stream.end('fine'));
  tls.on('tlsClientError', (error: Error & { code?: unknown }) => errors.push(error.code));
  const port = await listen(t, tls);
  const inputs = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.alloc(100_000, 0x16),
    Buffer.from([0x16, 3, 1, 0, 4, 1, 0, 0, 0]),
    Buffer.from([0x15, 3, 3, 0, 2, 2, 40]),
    Buffer.alloc(0),
  ];
  for (const input of inputs) {
    const socket = netConnect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    socket.end(input);
    await once(socket, 'close');
  }
  // One that is reset in the middle of a handshake.
  const socket = netConnect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.resetAndDestroy();
  const stream = connect({ config: client, host: '127.0.0.1', servername: 'localhost', port });
  stream.end();
  assert.equal(await textOf(stream), 'fine');
  assert.deepEqual(errors.slice(0, 5), [
    'ERR_TLS_NOT_TLS',
    'ERR_TLS_RECORD_VERSION',
    'ERR_TLS_DECODE',
    'ERR_TLS_PEER_ALERT',
    'ERR_TLS_TRUNCATED_HANDSHAKE',
  ]);
});

test('a client that fails after the handshake does not take the server down either', async (t) => {
  let failed: unknown = null;
  const tls = createServer({ config: server }, (stream) => {
    // No listener for its errors; this one only looks on.
    stream.once('close', () => {
      failed = stream.errored;
    });
    stream.resume();
  });
  const port = await listen(t, tls);
  const stream = connect({ config: client, host: '127.0.0.1', servername: 'localhost', port });
  await once(stream, 'secureConnect');
  stream.socket.write(Buffer.from([23, 3, 3, 0, 17, ...new Uint8Array(17)]));
  const error = await errorOf(stream);
  assert.equal(error.code, 'ERR_TLS_PEER_ALERT');
  assert.equal(error.detail, 'bad_record_mac');
  assert.equal(stream.peerAlert, 'bad_record_mac');
  assert.ok(failed instanceof TlsError && failed.code === 'ERR_TLS_BAD_RECORD');
});

test('a handshake that takes too long fails; a client waits for ever unless told otherwise', async (t) => {
  const tls = createServer({ config: server, handshakeTimeout: 50 });
  const port = await listen(t, tls);
  const idle = netConnect(port, '127.0.0.1');
  const [error] = (await once(tls, 'tlsClientError')) as [TlsError];
  assert.equal(error.code, 'ERR_TLS_HANDSHAKE_TIMEOUT');
  idle.destroy();

  const silent = await listen(
    t,
    createNetServer((socket) => t.after(() => socket.destroy())),
  );
  const stream = connect({ config: client, host: '127.0.0.1', port: silent, handshakeTimeout: 50 });
  assert.equal((await errorOf(stream)).code, 'ERR_TLS_HANDSHAKE_TIMEOUT');
});

test('STARTTLS: both sides take over a connection that has spoken in the clear', async (t) => {
  const port = await listen(
    t,
    createNetServer({ allowHalfOpen: true }, (socket) => {
      socket.once('data', (line: Buffer) => {
        assert.equal(line.toString(), 'STARTTLS\r\n');
        socket.write('220 go on\r\n');
        const stream = accept(socket, { config: server });
        stream.pipe(stream);
      });
    }),
  );
  const socket = netConnect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.write('STARTTLS\r\n');
  const [line] = (await once(socket, 'data')) as [Buffer];
  assert.equal(line.toString(), '220 go on\r\n');
  const stream = connect({ config: client, servername: 'localhost', socket });
  stream.end('in secret now');
  assert.equal(await textOf(stream), 'in secret now');
});

test('client certificates: required and shown, required and missing', async (t) => {
  const config = serverConfig({ clientAuth: 'require', trust });
  let subject = '';
  const tls = createServer({ config }, (stream) => {
    subject = stream.info?.verdict?.ok === true ? (stream.info.verdict.path[0]?.subject.name ?? '') : '';
    stream.end(String(stream.authorized));
  });
  const port = await listen(t, tls);
  const to = { host: '127.0.0.1', servername: 'localhost', port };
  const known = connect({ ...to, config: clientConfig({ credentials: [clientCredential] }) });
  known.end();
  assert.equal(await textOf(known), 'true');
  assert.equal(subject, 'CN=someone');

  const unknown = connect({ ...to, config: client });
  const refused = errorOf(unknown);
  const [error] = (await once(tls, 'tlsClientError')) as [TlsError];
  assert.equal(error.code, 'ERR_TLS_CERTIFICATE_REQUIRED');
  assert.equal((await refused).detail, 'certificate_required');
});

test('questions answered in their own time: the config, the signature, the verdict', async (t) => {
  const external = createCredential({ certificates: [serverParts.der], key: 'external' });
  const names: (string | null)[] = [];
  const port = await listen(
    t,
    createServer(
      {
        onQuestion: {
          chooseConfig: async ({ serverName }) => {
            names.push(serverName);
            await sleep(5);
            return serverConfig({ credentials: [external] });
          },
          sign: async ({ scheme, content }) => {
            await sleep(5);
            const algorithm = byName(SIGNATURE_SCHEMES, scheme)?.algorithm;
            assert.ok(algorithm !== undefined);
            return nobleProvider.sign(algorithm, serverParts.key, content, (length) => new Uint8Array(length).fill(7));
          },
        },
      },
      (stream) => stream.end('signed elsewhere'),
    ),
  );
  const stream = connect({
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    trust,
    onQuestion: {
      verifyPeer: async ({ certificates }) => {
        await sleep(5);
        assert.equal(certificates.length, 1);
        return acceptPeer('pinned');
      },
    },
  });
  stream.end();
  assert.equal(await textOf(stream), 'signed elsewhere');
  assert.deepEqual(names, ['localhost']);
  assert.equal(stream.info?.verdict?.ok === true && stream.info.verdict.reason, 'pinned');
  assert.equal(stream.authorized, false, 'accepted, but not validated');
});

test('an untrusted server: the error names the code, and the server hears the alert', async (t) => {
  const tls = createServer({ config: server });
  const port = await listen(t, tls);
  const told = once(tls, 'tlsClientError') as Promise<[TlsError, TlsStream]>;
  // Without trust the roots of Node are trusted, and the test's is none of them.
  const stream = connect({ host: '127.0.0.1', servername: 'localhost', port });
  const error = await errorOf(stream);
  assert.equal(error.code, 'ERR_CERT_UNKNOWN_ISSUER');
  assert.equal(error.alert, 'unknown_ca');
  const [heard, peer] = await told;
  assert.equal(heard.detail, 'unknown_ca');
  assert.equal(peer.peerAlert, 'unknown_ca');

  const misnamed = connect({ config: client, host: '127.0.0.1', servername: 'other.example', port });
  assert.equal((await errorOf(misnamed)).code, 'ERR_CERT_NAME_MISMATCH');
});

test('errors of the transport pass through', async () => {
  const stream = connect({ config: client, host: '127.0.0.1', port: 1 });
  assert.equal((await errorOf(stream)).code, 'ECONNREFUSED');
  assert.throws(() => connect({ config: client }), TypeError);
  assert.throws(() => createServer({ credentials: [] }), TlsConfigError);
});

test('a slow reader slows the writer down: what is on its way is bounded', async (t) => {
  const [left, right] = pipePair();
  const stream = connect({ config: client, servername: 'localhost', socket: left });
  const peer = accept(right, { config: server });
  await Promise.all([once(stream, 'secureConnect'), once(peer, 'secureConnect')]);
  stream.pause();

  const size = 16 * 1024 * 1024;
  const piece = Buffer.alloc(65_536, 1);
  let accepted = 0;
  const writeAll = async (): Promise<void> => {
    while (accepted < size) {
      accepted += piece.length;
      if (!peer.write(piece)) await once(peer, 'drain');
    }
    peer.end();
  };
  const writing = writeAll();
  // A slow machine gets as many turns as it needs until nothing more is taken; without back-pressure all of it is.
  let stalled = -1;
  while (accepted !== stalled) {
    stalled = accepted;
    await sleep(300);
  }
  assert.ok(stalled <= 1_048_576, `${stalled} bytes were taken from the writer`);
  assert.ok(stream.readableLength <= 262_144, `${stream.readableLength} bytes wait to be read`);
  t.diagnostic(`back-pressure: ${stalled} bytes taken from the writer while nobody reads`);

  let received = 0;
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  stream.once('end', () => stream.end());
  stream.resume();
  await once(stream, 'end');
  await writing;
  assert.equal(received, size);
});

test('what was written before end() arrives, however late the other side reads it', async () => {
  const [left, right] = pipePair();
  const stream = connect({ config: client, servername: 'localhost', socket: left });
  const peer = accept(right, { config: server });
  stream.pause();
  stream.end('all of it, please');
  await once(peer.resume(), 'end');
  // Its first half fits into the reader's buffers, the second stays in the writer's socket.
  peer.end(Buffer.alloc(131_072, 1));
  // Longer than a finished socket is waited for.
  await sleep(1500);
  let received = 0;
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  stream.resume();
  await once(stream, 'end');
  assert.equal(received, 131_072);
});

test('destroy says close_notify, and leaves nothing open', async (t) => {
  let ended = false;
  const tls = createServer({ config: server }, (stream) => {
    stream.resume();
    stream.once('end', () => {
      ended = true;
      stream.end();
    });
  });
  const port = await listen(t, tls);
  const stream = connect({ config: client, host: '127.0.0.1', servername: 'localhost', port });
  await once(stream, 'secureConnect');
  const gone = once(stream.socket, 'close');
  stream.destroy();
  await gone;
  await eventually(() => ended);
  assert.equal(ended, true);
  // One that is destroyed before it has a connection.
  const early = connect({ config: client, host: '127.0.0.1', servername: 'localhost', port });
  early.destroy();
  await once(early, 'close');
  assert.equal(await new Promise((resolve) => tls.getConnections((_, count) => resolve(count))), 0);
});

test('key updates from either side, in the middle of data', async (t) => {
  const port = await listen(
    t,
    createServer({ config: server }, (stream) => {
      stream.on('data', (chunk: Buffer) => {
        stream.updateKeys({ requestPeer: true });
        stream.write(chunk);
      });
      stream.once('end', () => stream.end());
    }),
  );
  const stream = connect({ config: client, host: '127.0.0.1', servername: 'localhost', port });
  let heard = '';
  stream.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  await once(stream, 'secureConnect');
  for (const word of ['one ', 'two ', 'three']) {
    stream.updateKeys({ requestPeer: true });
    stream.write(word);
    await once(stream, 'data');
  }
  stream.end();
  await once(stream, 'close');
  assert.equal(heard, 'one two three');
});

test('HTTP over it: a server of node:http behind createServer, a request through connect', async (t) => {
  const http = createHttpServer((request, response) => response.end(`${request.method} ${request.url}`));
  const port = await listen(
    t,
    createServer({ config: server }, (stream) => http.emit('connection', stream)),
  );
  const body = await new Promise<string>((resolve, reject) => {
    get({
      path: '/over/tls',
      createConnection: () => connect({ config: client, host: '127.0.0.1', servername: 'localhost', port }),
    })
      .on('response', (response) => resolve(textOf(response as unknown as Duplex)))
      .on('error', reject);
  });
  assert.equal(body, 'GET /over/tls');
});

test('options instead of a config, credentials included', async (t) => {
  const port = await listen(
    t,
    createServer({ credentials: [serverCredential], alpn: ['a'] }, (stream) => stream.end('ok')),
  );
  const stream = connect({ trust, alpn: ['a'], host: '127.0.0.1', servername: 'localhost', port, sni: false });
  stream.end();
  assert.equal(await textOf(stream), 'ok');
  assert.equal(stream.info?.group, 'X25519MLKEM768');
  assert.equal(stream.info?.serverName, null);
});

test('a session is offered to the same server, once, and resumed', async (t) => {
  const port = await listen(
    t,
    createServer({ config: server }, (stream) => stream.end(String(stream.info?.resumed))),
  );
  const to = { config: client, host: '127.0.0.1', servername: 'localhost', port };
  const sessions: ConnectOptions['sessions'][] = [];
  const first = connect(to);
  first.on('session', (session) => sessions.push([session]));
  assert.equal(await textOf(first), 'false');
  first.end();
  assert.equal(sessions.length, 2);
  const second = connect({ ...to, sessions: sessions[0] });
  assert.equal(await textOf(second), 'true');
  assert.equal(second.info?.resumed, true);
  second.end();
});
