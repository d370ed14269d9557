/**
 * Runs the tests: every *.test.ts under test/, or those whose path contains one of the arguments.
 *
 * Each file runs in a process of its own. Diagnostics of the tests (counts per vector set, the interop matrix) are printed
 * once more at the end, where a person looks.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const root = import.meta.dirname;
const wanted = process.argv.slice(2);
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join(root, name))
  .filter((file) => wanted.length === 0 || wanted.some((part) => relative(root, file).includes(part)))
  .sort();

if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(' ')}`);
  process.exit(1);
}

// The runner's own closing lines, which the reporter prints anyway.
const SUMMARY = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;
const figures: string[] = [];
const stream = run({ files, concurrency: Math.max(2, availableParallelism()), timeout: 15 * 60_000 });
stream.on('test:diagnostic', ({ message }) => {
  if (!SUMMARY.test(message)) figures.push(message);
});
stream.on('test:fail', () => {
  process.exitCode = 1;
});
stream.on('end', () => {
  if (figures.length > 0) console.log(`\nFigures\n${figures.join('\n')}`);
});
stream.compose(new spec()).pipe(process.stdout);
