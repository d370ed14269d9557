import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createServer as createNodeServer, connect as nodeConnect, type TLSSocket } from 'node:tls';
import { connect, createServer } from '../../src/adapters/node-tls.ts';
import { encodePrivateKey } from '../../src/certs/keys.ts';
import { encodePem } from '../../src/certs/pem.ts';
import { clientConfig, listen, rootDer, serverConfig, serverParts } from './fixture.ts';

const cert = encodePem('CERTIFICATE', serverParts.der);
const key = encodePem('PRIVATE KEY', encodePrivateKey(serverParts.key));
const ca = encodePem('CERTIFICATE', rootDer);

/** One byte, one full record, one byte more, and some of everything. */
const SIZES = [1, 16_384, 16_385, 3_000_000];
const LABEL = 'EXPORTER-isotls-test';

test('our client against node:tls: data both ways, the same key log and exporter on both sides', async (t) => {
  const nodeLines: string[] = [];
  const sockets: TLSSocket[] = [];
  const server = createNodeServer({ cert, key, minVersion: 'TLSv1.3', ALPNProtocols: ['x'] }, (socket) => {
    sockets.push(socket);
    socket.pipe(socket);
  });
  server.on('keylog', (line: Buffer) => nodeLines.push(line.toString().trim()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());

  const { port } = server.address() as AddressInfo;
  const ownLines: string[] = [];
  const config = clientConfig({ keyLog: true, alpn: ['x'] });
  const stream = connect({ config, host: '127.0.0.1', servername: 'localhost', port });
  stream.on('keylog', (line: Buffer) => ownLines.push(line.toString().trim()));
  await once(stream, 'secureConnect');
  const payload = Buffer.concat(SIZES.map((size) => randomBytes(size)));
  const echoed = digestOf(stream, payload.length);
  stream.write(payload);
  assert.equal(await echoed, createHash('sha256').update(payload).digest('hex'));

  const [peer] = sockets;
  assert.ok(peer !== undefined);
  assert.equal(stream.info?.cipherSuite, peer.getCipher().standardName);
  assert.equal(stream.alpnProtocol, peer.alpnProtocol);
  const own = stream.connection.exportKeyingMaterial(LABEL, new Uint8Array([1, 2]), 48);
  assert.deepEqual(Buffer.from(own), peer.exportKeyingMaterial(48, LABEL, Buffer.from([1, 2])));
  assert.equal(ownLines.length >= 5, true);
  assert.deepEqual([...ownLines].sort(), [...nodeLines].sort());
  const closed = once(peer, 'close');
  stream.end();
  await closed;
});

test('node:tls against our server: data both ways, the same key log and exporter on both sides', async (t) => {
  const ownLines: string[] = [];
  const exported: Buffer[] = [];
  const server = createServer({ config: serverConfig({ keyLog: true, alpn: ['x'] }) }, (stream) => {
    exported.push(Buffer.from(stream.connection.exportKeyingMaterial(LABEL, new Uint8Array([9]), 32)));
    stream.pipe(stream);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  server.on('keylog', (line: Buffer) => ownLines.push(line.toString().trim()));

  const { port } = server.address() as AddressInfo;
  const nodeLines: string[] = [];
  const socket = nodeConnect({ port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: ['x'] });
  socket.on('keylog', (line: Buffer) => nodeLines.push(line.toString().trim()));
  await once(socket, 'secureConnect');
  assert.equal(socket.authorized, true);
  const payload = Buffer.concat(SIZES.map((size) => randomBytes(size)));
  const echoed = digestOf(socket, payload.length);
  socket.write(payload);
  assert.equal(await echoed, createHash('sha256').update(payload).digest('hex'));
  assert.deepEqual(socket.exportKeyingMaterial(32, LABEL, Buffer.from([9])), exported[0]);
  assert.equal(socket.alpnProtocol, 'x');
  assert.deepEqual([...ownLines].sort(), [...nodeLines].sort());

  const ended = once(socket, 'end');
  socket.end();
  await ended;
});

for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
  test(`${version}: node:tls ends its half, and still gets all that is written then`, async (t) => {
    const config = serverConfig({ cipherSuites: undefined });
    const port = await listen(
      t,
      createServer({ config }, (stream) => stream.pipe(stream)),
    );
    const versions = { minVersion: version, maxVersion: version };
    const options = { port, host: '127.0.0.1', servername: 'localhost', ca, allowHalfOpen: true, ...versions };
    const socket = nodeConnect(options);
    await once(socket, 'secureConnect');
    assert.equal(socket.getProtocol(), version);
    const payload = randomBytes(400_000);
    const echoed = digestOf(socket, payload.length);
    const ended = once(socket, 'end');
    socket.end(payload);
    assert.equal(await echoed, createHash('sha256').update(payload).digest('hex'));
    await ended;
  });
}

test('node:tls ends the connection without close_notify: truncated', async (t) => {
  const server = createNodeServer({ cert, key, minVersion: 'TLSv1.3' }, (socket) => {
    socket.write('half a sen', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const stream = connect({ config: clientConfig(), host: '127.0.0.1', servername: 'localhost', port });
  stream.resume();
  const [error] = (await once(stream, 'error')) as [Error & { code: string }];
  assert.equal(error.code, 'ERR_TLS_TRUNCATED');
});

/** The SHA-256 of the next `length` bytes. */
function digestOf(stream: NodeJS.ReadableStream, length: number): Promise<string> {
  const digest = createHash('sha256');
  let left = length;
  return new Promise((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      digest.update(chunk);
      left -= chunk.length;
      if (left === 0) resolve(digest.digest('hex'));
    });
    stream.on('error', reject);
  });
}
