/**
 * Our ends of the resumption tests: `isotls serve` and `isotls connect` in this process, read through their JSON.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { isotls, type ServeHandle, serve } from '../cli/in-process.ts';
import { eventually } from '../eventually.ts';
import type { Authority } from '../peers.ts';
import { scratchFolder } from '../scratch.ts';
import { ownProvider } from './own-provider.ts';

/** What either command says of a connection. */
export type Facts = Readonly<Record<string, unknown>>;

/** Paths in a new folder. */
export function scratch(): (name: string) => string {
  const folder = scratchFolder('resumption');
  return (name) => join(folder, name);
}

export interface OwnServer extends ServeHandle {
  /** The facts of the first `count` connections, in their order, once all of them have ended. */
  connections(count: number): Promise<readonly Facts[]>;
}

/** `isotls serve --json` with a p256 certificate. */
export async function serveOwn(
  t: TestContext,
  authority: Pick<Authority, 'server'>,
  args: readonly string[] = [],
): Promise<OwnServer> {
  const { chain, key } = authority.server();
  const handle = await serve(t, ['--cert', chain, '--key', key, '--json', '--provider', ownProvider().name, ...args]);
  return {
    ...handle,
    async connections(count) {
      const lines = (): readonly string[] => handle.stdout().trim().split('\n').slice(1);
      await eventually(() => lines().length >= count);
      assert.ok(lines().length >= count, `${lines().length} of ${count} connections\n${handle.stderr()}`);
      const facts = lines().map((line) => JSON.parse(line) as Facts);
      return facts.sort((a, b) => Number(a['connection']) - Number(b['connection']));
    },
  };
}

/** `isotls connect --json`; null: stdin stays open. Fails unless it ends with exit code 0. */
export async function connectOwn(
  port: number,
  args: readonly string[],
  stdin: string | null = '',
): Promise<{ readonly facts: Facts; readonly text: string }> {
  const result = await isotls(
    ['connect', `localhost:${port}`, '--json', '--provider', ownProvider().name, ...args],
    stdin,
  );
  assert.equal(result.code, 0, result.stderr);
  return { facts: JSON.parse(result.stderr.split('\n')[0] ?? '') as Facts, text: result.stdout.toString() };
}

/**
 * A request to NSS's selfserv, which closes without reading our close_notify: when its reset overtakes its page, another visit
 * is made.
 */
export async function visitSelfserv(port: number, args: readonly string[]): ReturnType<typeof connectOwn> {
  for (let turn = 1; ; turn++) {
    try {
      return await connectOwn(port, args, REQUEST);
    } catch (error) {
      if (turn === 8 || !(error instanceof Error && error.message.includes('ECONNRESET'))) throw error;
    }
  }
}

/** What a resumed connection is, seen by either side. */
export function assertResumed(facts: Facts | undefined, earlyData = false): void {
  assert.equal(facts?.['resumed'], true, JSON.stringify(facts));
  assert.equal(facts['psk'], 'session');
  assert.equal(facts['peerScheme'], null);
  assert.equal(facts['ownScheme'], null);
  assert.equal(facts['earlyDataAccepted'], earlyData, JSON.stringify(facts));
}

export function assertFull(facts: Facts | undefined): void {
  assert.equal(facts?.['resumed'], false, JSON.stringify(facts));
  assert.equal(facts['psk'], null);
}

export const REQUEST = 'GET /resumed HTTP/1.0\r\n\r\n';
