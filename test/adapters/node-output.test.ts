/**
 * What goes out to a socket, and when: the first write of a turn at once, the others together, each byte once and in its place.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SocketOutput } from '../../src/adapters/node-output.ts';
import { connect, createServer } from '../../src/adapters/node-tls.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { clientConfig, serverConfig } from './fixture.ts';

const RECORD = 16_406;

/** Takes what it is given at once, or, with `slow`, when `release` is called. */
class Sink extends Duplex {
  readonly writes: string[] = [];
  slow = false;
  #waiting: (() => void) | null = null;

  constructor() {
    // What waits is more than its mark, in each version of Node.
    super({ highWaterMark: 16_384 });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    const take = (): void => {
      this.writes.push(summary(chunk));
      callback();
    };
    if (this.slow) this.#waiting = take;
    else take();
  }

  release(): void {
    this.#waiting?.();
  }
}

/** Each run of equal bytes: `a×16406 b×16406`. */
function summary(bytes: Buffer): string {
  const runs: string[] = [];
  for (let start = 0, end = 0; start < bytes.length; start = end) {
    while (end < bytes.length && bytes[end] === bytes[start]) end++;
    runs.push(`${String.fromCharCode(bytes[start] ?? 0)}×${end - start}`);
  }
  return runs.join(' ');
}

/** Seals as the pump has it done: into what is lent, from its start on. */
function write(output: SocketOutput, letter: string, length = RECORD): boolean {
  const memory = output.lend(length - 22);
  assert.ok(memory !== undefined && memory.length >= length, `${memory?.length} bytes for ${length}`);
  return output.send(memory.subarray(0, length).fill(letter.charCodeAt(0)));
}

function pair(): { readonly sink: Sink; readonly output: SocketOutput } {
  const sink = new Sink();
  return { sink, output: new SocketOutput(sink, true) };
}

test('the first write of a turn goes out at once, and what follows four records at a time', async () => {
  const { sink, output } = pair();
  assert.equal(write(output, 'a'), true);
  assert.deepEqual(sink.writes, ['a×16406']);
  for (const letter of 'bcdefg') write(output, letter);
  assert.deepEqual(sink.writes, ['a×16406', 'b×16406 c×16406 d×16406 e×16406']);
  await turn();
  assert.deepEqual(sink.writes.slice(2), ['f×16406 g×16406']);
  write(output, 'h');
  assert.deepEqual(sink.writes.slice(3), ['h×16406'], 'a new turn');
});

test('what does not fit behind what was gathered goes out after it', () => {
  const { sink, output } = pair();
  for (const letter of 'abc') write(output, letter);
  write(output, 'd', 65_624);
  output.flush();
  assert.deepEqual(sink.writes, ['a×16406', 'b×16406 c×16406', 'd×65624']);
});

test('short writes make nothing wait', () => {
  const { sink, output } = pair();
  for (const letter of 'ab') write(output, letter, 100);
  assert.deepEqual(sink.writes, ['a×100', 'b×100']);
});

test('bytes from elsewhere, an alert for example, go out after what was gathered', () => {
  const { sink, output } = pair();
  for (const letter of 'ab') write(output, letter);
  output.send(new Uint8Array(24).fill(0x21));
  assert.deepEqual(sink.writes, ['a×16406', 'b×16406', '!×24']);
});

test('another socket that writes in the same turn takes over the memory, and nothing is lost', async () => {
  const [one, other] = [pair(), pair()];
  for (const letter of 'ab') write(one.output, letter);
  for (const letter of 'xyz') write(other.output, letter);
  assert.deepEqual(one.sink.writes, ['a×16406', 'b×16406']);
  for (const letter of 'cd') write(one.output, letter);
  await turn();
  assert.deepEqual(one.sink.writes, ['a×16406', 'b×16406', 'c×16406', 'd×16406']);
  assert.deepEqual(other.sink.writes, ['x×16406', 'y×16406 z×16406']);
});

test('memory that a socket has not sent is nobody else’s, and this socket’s no more', () => {
  const [one, other] = [pair(), pair()];
  one.sink.slow = true;
  assert.equal(write(one.output, 'a'), false);
  assert.equal(one.output.lend(16_384), undefined);
  write(other.output, 'x');
  one.sink.release();
  assert.deepEqual(one.sink.writes, ['a×16406']);
  assert.deepEqual(other.sink.writes, ['x×16406']);
});

test('what was gathered for a socket that is gone is dropped', async () => {
  const { sink, output } = pair();
  for (const letter of 'ab') write(output, letter);
  sink.destroy();
  await turn();
  assert.deepEqual(sink.writes, ['a×16406']);
});

test('a socket of somebody else’s is lent nothing, and its own word counts', () => {
  const sink = new Sink();
  sink.slow = true;
  const output = new SocketOutput(sink, false);
  assert.equal(output.lend(16_384), undefined);
  assert.equal(output.send(new Uint8Array(RECORD * 4)), false);
});

test('two streams write by turns, more than their readers take at once, and end: both readers get all in order', async (t) => {
  const crypto = nodeProvider;
  const cipherSuites = ['TLS_AES_128_GCM_SHA256'] as const;
  const digestOf: Promise<string>[] = [];
  const server = createServer({ config: serverConfig({ crypto, cipherSuites }) }, (stream) => {
    const digest = createHash('sha256');
    digestOf.push(
      once(
        stream.on('data', (chunk: Buffer) => digest.update(chunk)),
        'end',
      ).then(() => digest.digest('hex')),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const target = { config: clientConfig({ crypto, cipherSuites }), host: '127.0.0.1', port, servername: 'localhost' };
  const writers = [];
  for (let i = 0; i < 2; i++) {
    const stream = connect(target);
    await once(stream, 'secureConnect');
    writers.push({ stream, sent: createHash('sha256') });
    while (digestOf.length <= i) await turn();
  }
  const sizes = [16_384, 1, 5_000, 65_536, 16_384, 16_384, 100_000, 16_384, 16_384, 16_384, 16_384, 300, 40_000];
  for (let round = 0; round < 40; round++) {
    let room = true;
    for (const [i, size] of sizes.entries()) {
      for (const { stream, sent } of writers) room = send(stream, sent, size, round + i) && room;
    }
    if (!room) await Promise.all(writers.map(({ stream }) => stream.writableNeedDrain && once(stream, 'drain')));
  }
  for (const { stream } of writers) stream.end();
  const received = await Promise.all(digestOf);
  assert.deepEqual(
    received,
    writers.map(({ sent }) => sent.digest('hex')),
  );
  for (const { stream } of writers) stream.destroy();
});

function send(stream: Duplex, sent: Hash, size: number, value: number): boolean {
  const chunk = Buffer.alloc(size, value);
  sent.update(chunk);
  return stream.write(chunk);
}
