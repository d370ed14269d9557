/**
 * Runs test files again with a named provider, each in a process of its own; their figures are passed on under its name.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** What a run of test files printed, in TAP. */
export interface AgainResult {
  readonly stdout: string;
  readonly passed: number;
  readonly skipped: number;
}

/** Fails unless every test of these files passes, of which there are as many as there are files at least. */
export async function runAgain(provider: 'noble' | 'node', files: readonly string[]): Promise<AgainResult> {
  assert.ok(files.length > 0);
  // A test process that starts another one would take its output for its own.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', '--test', '--test-concurrency=1', '--test-reporter=tap', ...files],
    { env: { ...environment, ISOTLS_PROVIDER: provider }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = (await once(child, 'close')) as [number | null];
  const stdout = Buffer.concat(chunks).toString();
  const lines = stdout.split('\n');
  const first = lines.findIndex((line) => /^\s*not ok /.test(line));
  assert.equal(first, -1, lines.slice(first, first + 40).join('\n'));
  assert.equal(status, 0, stdout.slice(-2000));
  const count = (name: string) => Number(stdout.match(new RegExp(`^# ${name} (\\d+)$`, 'm'))?.[1] ?? Number.NaN);
  assert.ok(count('pass') >= files.length, `${count('pass')} tests`);
  return { stdout, passed: count('pass'), skipped: count('skipped') };
}

/** The figures that the tests reported, a line each, but for what is the same with every provider. */
export function passOn(t: TestContext, provider: string, { stdout }: AgainResult): void {
  for (const [, figure = ''] of stdout.matchAll(FIGURE)) {
    if (/: (out of reach|beside them)/.test(figure)) continue;
    t.diagnostic(figure.includes(`with ${provider}`) ? figure : `${figure}, with ${provider}`);
  }
}

/** A comment in TAP that is not the runner's own. */
const FIGURE = /^# ((?!Subtest|tests|suites|pass|fail|cancelled|skipped|todo|duration_ms).*)$/gm;
