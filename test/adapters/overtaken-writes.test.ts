import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { TlsStream } from '../../src/adapters/node-stream.ts';
import { connect, createServer } from '../../src/adapters/node-tls.ts';
import { eventually } from '../eventually.ts';
import { clientConfig, listen, serverConfig } from './fixture.ts';

const client = clientConfig();
const server = serverConfig();

test('writes and ends that destroy, or the loss of the socket, overtakes are called back with an error', async (t) => {
  const port = await listen(
    t,
    createServer({ config: server }, (stream) => stream.pause().on('error', () => {})),
  );
  const ways = [
    ['ERR_TLS_ABORTED', (stream: TlsStream) => stream.destroy()],
    ['ERR_TLS_TRUNCATED', (stream: TlsStream) => stream.socket.destroy()],
  ] as const;
  for (const [expected, destroy] of ways) {
    const stream = connect({ config: client, host: '127.0.0.1', servername: 'localhost', port });
    stream.on('error', () => {});
    await once(stream, 'secureConnect');
    const codes: (string | undefined)[] = [];
    const called = (error?: Error | null): void => {
      codes.push((error as NodeJS.ErrnoException | null | undefined)?.code);
    };
    for (let i = 0; i < 2; i++) stream.write(Buffer.alloc(20_000_000), called);
    stream.end(called);
    setImmediate(destroy, stream);
    await eventually(() => codes.length === 3);
    assert.equal(codes[0], expected);
    assert.ok(
      codes.slice(1).every((code) => code !== undefined),
      codes.join(),
    );
  }
});
