/**
 * Runs the tests: every *.test.ts under test/, or those whose path contains one of the arguments.
 *
 * Each file runs in a process of its own. One line is printed per file, failures in full; the figures that tests report
 * (counts per vector set, the interop matrix) come together at the end, where a person looks, and then node's own summary.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { fileResult, type RunnerEvent } from './runner/file-result.ts';
import { describeFailures, describeFigures, describeFile, describeSummary } from './runner/report.ts';

/** A file that takes longer is stuck. */
const FILE_TIMEOUT_MS = 10 * 60_000;

const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { root: { type: 'string', default: import.meta.dirname } },
});
const root = resolve(values.root);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join(root, name))
  .filter((file) => wanted.length === 0 || wanted.some((part) => nameOf(file).includes(part)))
  .sort();

if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`);
  process.exit(1);
}

const started = performance.now();
const queue = files.values();
const results = (await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work))).flat();
results.sort((a, b) => (a.name < b.name ? -1 : 1));

const failed = results.filter((result) => result.failures.length > 0);
process.stdout.write(describeFigures(results));
process.stdout.write(describeFailures(failed));
process.stdout.write(describeSummary(results, performance.now() - started));
process.exitCode = failed.length > 0 ? 1 : 0;

async function work() {
  const own = [];
  for (const file of queue) {
    const events: RunnerEvent[] = [];
    // One run per file, so that whatever a test reports belongs to its file, also when a shared module declared the test.
    for await (const event of run({ files: [file], concurrency: 1, signal: AbortSignal.timeout(FILE_TIMEOUT_MS) })) {
      events.push(event as RunnerEvent);
    }
    const result = fileResult(nameOf(file), file, events);
    process.stdout.write(describeFile(result));
    own.push(result);
  }
  return own;
}

function nameOf(file: string): string {
  return join('test', relative(root, file));
}
