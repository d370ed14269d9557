/**
 * Runs the tests: every *.test.ts under test/, or those whose path contains one of the arguments.
 *
 * Each file runs in a process of its own. One line is printed per file, failures in full; the figures that tests report
 * (counts per vector set, the interop matrix) come together at the end, where a person looks, and then node's own summary.
 *
 * What real programs do beside us also depends on what else the machine does. So a file that works with such programs and
 * fails is run once more when all others are done: the second run decides, and the end names the file and the first failure.
 * When more than a few fail, something is broken, and none is run again.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { type FileResult, fileResult, type RunnerEvent } from './runner/file-result.ts';
import { describeFailures, describeFigures, describeFile, describeSummary } from './runner/report.ts';

/** A file that takes longer is stuck. */
const FILE_TIMEOUT_MS = 10 * 60_000;
/** The folders whose tests work with other programs; of their files, how many may be run again. */
const WITH_PEERS = ['adapters', 'cli', 'interop'];
const RUN_AGAIN_LIMIT = 3;

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
const firstRuns = (await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work))).flat();
const { results, unsteady } = await runFailedAgain(firstRuns);
results.sort((a, b) => (a.name < b.name ? -1 : 1));

const failed = results.filter(hasFailed);
process.stdout.write(describeFigures(results));
process.stdout.write(describeFailures('Unsteady files, which passed when they were run again', unsteady));
process.stdout.write(describeFailures('Failed files', failed));
process.stdout.write(describeSummary(results, performance.now() - started));
process.exitCode = failed.length > 0 ? 1 : 0;

async function work(): Promise<readonly FileResult[]> {
  const own = [];
  for (const file of queue) own.push(await runFile(file));
  return own;
}

async function runFile(file: string): Promise<FileResult> {
  const events: RunnerEvent[] = [];
  // One run per file, so that whatever a test reports belongs to its file, also when a shared module declared the test.
  for await (const event of run({ files: [file], concurrency: 1, signal: AbortSignal.timeout(FILE_TIMEOUT_MS) })) {
    events.push(event as RunnerEvent);
  }
  const result = fileResult(nameOf(file), file, events);
  process.stdout.write(describeFile(result));
  return result;
}

async function runFailedAgain(firstRuns: readonly FileResult[]) {
  const failed = firstRuns.filter(hasFailed);
  const again = failed.filter(({ name }) => WITH_PEERS.some((folder) => name.startsWith(join('test', folder, '/'))));
  if (failed.length > RUN_AGAIN_LIMIT || again.length === 0) return { results: [...firstRuns], unsteady: [] };

  process.stdout.write(`\nOnce more, since other programs take part: ${again.map(({ name }) => name).join(', ')}\n`);
  const results = firstRuns.filter((result) => !again.includes(result));
  const unsteady = [];
  for (const first of again) {
    const second = await runFile(join(root, relative('test', first.name)));
    results.push(second);
    if (!hasFailed(second)) unsteady.push(first);
  }
  return { results, unsteady };
}

function hasFailed({ failures }: FileResult): boolean {
  return failures.length > 0;
}

function nameOf(file: string): string {
  return join('test', relative(root, file));
}
