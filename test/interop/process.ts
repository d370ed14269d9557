/**
 * A peer's process, with what test/peers.ts does not wait for: an amount of output, and the end. And a port for peers that
 * cannot choose one themselves.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { TestContext } from 'node:test';
import { type Running, start } from '../peers.ts';

export interface PeerProcess extends Running {
  /** Resolves once stdout has so many bytes; rejects when the program ends first. */
  output(length: number): Promise<void>;
  /** False once the program has ended. */
  runs(): boolean;
  /** Resolves when the program has ended by itself. */
  ended(): Promise<void>;
  /** Writes to stdin. */
  type(bytes: Uint8Array | string): void;
}

/** Starts a program; it is killed when `t` ends. */
export function startPeer(
  t: TestContext,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): PeerProcess {
  const running = start(t, command, args, env);
  const { child } = running;
  const end = once(child, 'close').then(() => {});
  let over = false;
  end.then(() => {
    over = true;
  });
  return {
    ...running,
    runs: () => !over,
    ended: () => end,
    type: (bytes) => void child.stdin?.write(bytes),
    async output(length) {
      while (running.stdout().length < length) {
        if (over) {
          throw new Error(
            `${command} ended after ${running.stdout().length} of ${length} bytes\n${running.stderr().slice(-4000)}`,
          );
        }
        if (child.stdout !== null) await Promise.race([once(child.stdout, 'data'), end]);
      }
    },
  };
}

// Below the ports that outgoing connections get: none of those can take one away before the peer has it.
const FIRST_PORT = 10_000;
const PORTS = 20_000;
let lastPort = process.pid * 61;

/** A TCP port that nobody listens on, another one each time. */
export async function unusedPort(): Promise<number> {
  for (;;) {
    lastPort += 1;
    const port = FIRST_PORT + (lastPort % PORTS);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, () => resolve(true));
    });
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
