/**
 * `npm run bench -- [aead] [handshake] [bulk] …`: runs the benchmarks named, or all, and writes bench/results.json and
 * bench/results.svg.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { aead } from './aead.ts';
import { bulk } from './bulk.ts';
import { certs } from './certs.ts';
import { drawChart } from './chart.ts';
import type { Benchmark, Figure } from './figure.ts';
import { handshake } from './handshake.ts';
import { memory } from './memory.ts';
import { signing } from './signing.ts';
import { size } from './size.ts';
import { start } from './start.ts';

const BENCHMARKS: readonly Benchmark[] = [aead, handshake, bulk, certs, signing, memory, size, start];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.map(({ name }) => name).join(', ')}`);
  process.exit(1);
}

interface Results {
  readonly machine: string;
  readonly node: string;
  readonly date: string;
  readonly figures: readonly Figure[];
}

const path = join(import.meta.dirname, 'results.json');
const figures: Figure[] = [];
for (const benchmark of BENCHMARKS) {
  if (wanted.length > 0 && !wanted.includes(benchmark.name)) continue;
  const begin = performance.now();
  console.log(`${benchmark.name} …`);
  figures.push(
    ...(await benchmark.run((line) => {
      console.log(`${((performance.now() - begin) / 1000).toFixed(0).padStart(5)} s  ${line}`);
    })),
  );
  // After each: a later one that fails does not cost the figures of the earlier.
  write();
}

console.log('');
console.log(table(figures));
console.log('\nMedians of interleaved rounds in this one run; a ratio above 1 means isotls is the faster.');

console.log('Written: bench/results.json, bench/results.svg');

function write(): void {
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores`;
  const results = { machine, node: process.version, date: new Date().toISOString().slice(0, 10), figures };
  writeFileSync(path, `${JSON.stringify(merged(results), null, 2)}\n`);
  writeFileSync(join(import.meta.dirname, 'results.svg'), drawChart(figures, `${machine}, Node ${process.version}`));
}

/** Figures of benchmarks that did not run this time stay, if they are of the same machine, Node and day. */
function merged(now: Results): Results {
  try {
    const before = JSON.parse(readFileSync(path, 'utf8')) as Results;
    const same = before.machine === now.machine && before.node === now.node && before.date === now.date;
    const kept = before.figures.filter((figure) => !now.figures.some(({ name }) => name === figure.name));
    return same ? { ...now, figures: [...kept, ...now.figures] } : now;
  } catch {
    return now;
  }
}

function table(rows: readonly Figure[]): string {
  const cells = rows.map((figure) => [
    figure.name,
    `${format(figure.ours)} ${figure.unit}`,
    `${format(figure.theirs)} ${figure.unit}`,
    figure.peer,
    `${figure.ratio.toFixed(3)} ± ${(figure.spread * 100).toFixed(0)} %`,
  ]);
  const all = [['figure', 'isotls', 'peer', '', 'ratio'], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, i) => (i === 0 || i === 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
