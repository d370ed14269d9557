/**
 * Runs tests of test/crypto again with the provider on node:crypto.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const FOLDER = join(import.meta.dirname, '..');
/** What is about bytes that the caller draws, which OpenSSL does not use, and what names its providers itself. */
const NOT_AGAIN = ['own-randomness.test.ts', 'aead.test.ts'];

/** Every file whose name `wanted` takes, each in a process of its own. */
export function runAgain(t: TestContext, wanted: (name: string) => boolean): void {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts') && !NOT_AGAIN.includes(name));
  const files = names.filter(wanted);
  // A test process that starts another one would take its output for its own.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--test', '--test-reporter=tap', ...files.map((name) => join(FOLDER, name))],
    { encoding: 'utf8', env: { ...environment, ISOTLS_PROVIDER: 'node' }, maxBuffer: 2 ** 26 },
  );
  assert.deepEqual(
    stdout.split('\n').filter((line) => /^\s*not ok /.test(line)),
    [],
  );
  assert.equal(status, 0);
  const count = (name: string) => Number(stdout.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? Number.NaN);
  assert.ok(count('pass') >= 2 * files.length, `${count('pass')} tests`);
  const vectors = [...stdout.matchAll(/wycheproof \w+: (\d+) passed/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  t.diagnostic(
    `node:crypto: ${count('pass')} tests of ${files.length} files, ${count('skipped')} skipped, ${vectors} of Wycheproof`,
  );
}
