/**
 * What an idle connection costs: bytes of heap and outside of it for each of 1,000 connections that have shaken hands, read
 * one message and wait, against node:tls and the JavaScript peers; each in a process of its own (bench/memory-end.ts).
 *
 * What a socket costs is measured too, with node:net, and taken off: it is the same for all.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadContenders } from './contenders.ts';
import { type Benchmark, beside, type Figure } from './figure.ts';

const ROUNDS = 3;

/** `heap`: of the heap and what V8 knows of outside it. `resident`: of the process, with what OpenSSL allocates for itself. */
const KINDS = ['heap', 'resident'] as const;

export const memory: Benchmark = {
  name: 'memory',
  async run(progress) {
    const contenders = await loadContenders(progress);
    const figures: Figure[] = [];
    for (const role of ['client', 'server'] as const) {
      const able = contenders.filter((one) => (role === 'client' ? one.open : one.listen) !== undefined);
      const names: string[] = ['node:net', ...able.map(({ name, provider }) => `${name}/${provider}`)];
      const bytes = new Map(names.map((name) => [name, [] as Bytes[]]));
      for (let round = 0; round < ROUNDS; round++) {
        for (const name of round % 2 === 0 ? [...names] : [...names].reverse()) {
          progress(`${role}, ${name}`);
          try {
            bytes.get(name)?.push(await bytesPerConnection(role, name));
          } catch (error) {
            bytes.delete(name);
            names.splice(names.indexOf(name), 1);
            progress(`  it cannot: ${(error as Error).message.split('\n').slice(-4).join(' ')}`);
          }
        }
      }
      const sockets = bytes.get('node:net') ?? [];
      for (const kind of KINDS) {
        // Each round's, without what its sockets take.
        const beyondSockets = (name: string): readonly number[] =>
          (bytes.get(name) ?? []).map((each, i) => each[kind] - (sockets[i]?.[kind] ?? 0));
        for (const own of names.filter((name) => name.startsWith('isotls/'))) {
          for (const other of names.filter((name) => !name.startsWith('isotls/') && name !== 'node:net')) {
            // The peer's bytes over ours: above 1 where isotls takes less.
            const { ours: theirs, theirs: ours, ratio, spread } = beside(beyondSockets(other), beyondSockets(own));
            figures.push({
              name: `memory/idle/${role}/${kind}`,
              provider: own.split('/').at(-1) ?? '',
              unit: 'bytes',
              ours,
              peer: other.replace(/\/[^/]*$/, ''),
              theirs,
              ratio,
              spread,
            });
          }
        }
      }
    }
    return figures;
  },
};

type Bytes = Readonly<Record<(typeof KINDS)[number], number>>;

async function bytesPerConnection(role: string, name: string): Promise<Bytes> {
  const script = join(import.meta.dirname, 'memory-end.ts');
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...process.execArgv, '--expose-gc', script, role, name],
    { timeout: 300_000, cwd: join(import.meta.dirname, '..') },
  );
  return JSON.parse(stdout) as Bytes;
}
