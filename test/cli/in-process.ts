/**
 * Commands run inside the test's own process, with streams of their own: faster than a process each.
 *
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, connect as netConnect } from 'node:net';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { runCli } from '../../src/cli/dispatch.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a command line to its end. Stdin ends after `stdin`, or with null stays open. */
export async function isotls(argv: readonly string[], stdin: string | Uint8Array | null = ''): Promise<CliResult> {
  const streams = createStreams();
  if (stdin !== null) streams.stdin.end(stdin);
  const code = await runCli(argv, { ...streams, colour: false });
  return { code, stdout: Buffer.concat(streams.out), stderr: Buffer.concat(streams.err).toString() };
}

export interface ServeHandle {
  readonly port: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Ends it in order. Resolves to the exit code. */
  readonly stop: () => Promise<number>;
}

/** Runs `isotls serve` on a free port until `t` ends. */
export async function serve(t: TestContext, args: readonly string[]): Promise<ServeHandle> {
  const streams = createStreams();
  const stop = new AbortController();
  const done = runCli(['serve', ...args], { ...streams, colour: false, stop: stop.signal });
  const stdout = (): string => Buffer.concat(streams.out).toString();
  const stderr = (): string => Buffer.concat(streams.err).toString();
  const first = await Promise.race([once(streams.stdout, 'data'), done]);
  if (typeof first === 'number') throw new Error(`serve ended with ${first}: ${stderr()}`);
  const handle = {
    port: Number(/^listening on 127\.0\.0\.1:(\d+)\n$/.exec(stdout())?.[1]),
    stdout,
    stderr,
    stop: () => {
      stop.abort();
      return done;
    },
  };
  t.after(handle.stop);
  return handle;
}

function createStreams(): {
  readonly stdin: PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly out: Buffer[];
  readonly err: Buffer[];
} {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => out.push(chunk));
  stderr.on('data', (chunk: Buffer) => err.push(chunk));
  return { stdin, stdout, stderr, out, err };
}

/** Passes connections on to a port, and keeps what goes by in its order. */
export async function startProxy(t: TestContext, port: number, chunks: Chunk[]): Promise<number> {
  const proxy = createServer({ allowHalfOpen: true }, (client) => {
    const server = netConnect({ port, host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, source, sink] of [
      ['client', client, server],
      ['server', server, client],
    ] as const) {
      source.on('data', (bytes: Buffer) => chunks.push({ from, bytes }));
      source.on('error', () => {});
      source.pipe(sink);
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  t.after(() => proxy.close());
  return (proxy.address() as AddressInfo).port;
}

export interface Chunk {
  readonly from: 'client' | 'server';
  readonly bytes: Buffer;
}
