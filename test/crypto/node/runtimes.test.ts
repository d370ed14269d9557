import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const SCRIPT = join(import.meta.dirname, 'agreement.ts');
/** Where npm's packages of other runtimes are kept, as test/interop keeps its node. */
const CACHE = join(import.meta.dirname, '..', '..', '..', '.cache', 'peers');

interface Runtime {
  readonly name: string;
  /** Null where there is none. */
  readonly command: string | null;
  readonly args: readonly string[];
  /** This process's own runtime has to be there; others are tried where they are installed. */
  readonly required?: boolean;
}

const TSX = ['--import', 'tsx'];
const RUNTIMES: readonly Runtime[] = [
  { name: 'this node', command: process.execPath, args: TSX, required: true },
  { name: 'current node', command: process.env['ISOTLS_CURRENT_NODE'] ?? packaged('node', 'node'), args: TSX },
  {
    name: 'deno',
    command: process.env['ISOTLS_DENO'] ?? packaged('deno', 'deno'),
    args: ['run', '--allow-all', '--no-lock'],
  },
  { name: 'bun', command: process.env['ISOTLS_BUN'] ?? packaged('bun', 'bun.exe'), args: ['run'] },
];

for (const { name, command, args, required = false } of RUNTIMES) {
  test(`the provider on node:crypto agrees with noble's in ${name}`, (t) => {
    const version = command === null ? null : spawnSync(command, ['--version'], { encoding: 'utf8' });
    if (command === null || (version?.status !== 0 && !required))
      return t.diagnostic(`${name}: not installed, not tried`);

    const { stdout, stderr } = spawnSync(command, [...args, SCRIPT], { encoding: 'utf8', maxBuffer: 2 ** 24 });
    const last = stdout.trim().split('\n').at(-1) ?? '';
    assert.ok(last.startsWith('{'), stderr);
    const { comparisons, failures } = JSON.parse(last) as { comparisons: number; failures: string[] };
    assert.deepEqual(failures, []);
    assert.ok(comparisons > 300, `${comparisons}`);
    t.diagnostic(
      `${name} ${version?.stdout.trim().split('\n')[0]}: ${comparisons} comparisons of node:crypto with noble`,
    );
  });
}

/** The executable of a package that was installed with `npm install --prefix .cache/peers/NAME NAME`. */
function packaged(name: string, file: string): string | null {
  const folder = join(CACHE, name, 'node_modules', name);
  return [join(folder, 'bin', file), join(folder, file)].find(existsSync) ?? null;
}
