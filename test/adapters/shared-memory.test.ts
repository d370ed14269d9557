/**
 * The arrays that all connections over sockets of our own read into and write from (node-stream.ts, node-tls.ts).
 *
 * @module
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TlsStream } from '../../src/adapters/node-stream.ts';
import { connect, createServer } from '../../src/adapters/node-tls.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { eventually } from '../eventually.ts';
import { clientConfig, serverConfig } from './fixture.ts';

test('connections that share memory for what they write: each reader gets its own bytes, also what had to wait', async (t) => {
  const LENGTH = 12_000_000;
  const senders: TlsStream[] = [];
  const config = serverConfig({ crypto: nodeProvider, cipherSuites: ['TLS_AES_128_GCM_SHA256'] });
  const server = createServer({ config }, (stream) => {
    senders.push(stream);
    stream.end(Buffer.alloc(LENGTH, `from ${senders.length}; `));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const crypto = nodeProvider;
  const target = { config: clientConfig({ crypto, cipherSuites: ['TLS_AES_128_GCM_SHA256'] }), port };
  const readers: TlsStream[] = [];
  for (const count of [1, 2, 3]) {
    // It reads nothing yet: the kernel takes what it can, and the rest waits.
    readers.push(connect({ ...target, host: '127.0.0.1', servername: 'localhost' }));
    await eventually(() => (senders[count - 1]?.socket.writableLength ?? 0) > 0);
  }
  const digests = await Promise.all(
    readers.map(async (stream) => {
      const digest = createHash('sha256');
      stream.on('data', (chunk: Buffer) => digest.update(chunk));
      await once(stream, 'end');
      stream.end();
      return digest.digest('hex');
    }),
  );
  const expected = [1, 2, 3].map((i) =>
    createHash('sha256')
      .update(Buffer.alloc(LENGTH, `from ${i}; `))
      .digest('hex'),
  );
  assert.deepEqual(digests, expected);
});
