/**
 * A peer's process, with what test/peers.ts does not wait for: an amount of output, and the end.
 *
 * @module
 */
import { once } from 'node:events';
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
