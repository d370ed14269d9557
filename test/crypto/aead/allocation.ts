/**
 * Seals and opens many records in a process of its own, and prints how many bytes the heap grew by per record.
 *
 * Run with `--expose-gc` and a young generation so large that nothing is collected in between: all that was allocated shows.
 *
 * @module
 */
import { CONTEXTS } from './contexts.ts';

const RECORDS = 100_000;
const WARM = 20_000;
const EMPTY = new Uint8Array(0);
const collect = globalThis.gc as () => void;

const nonce = new Uint8Array(12);
const aad = new Uint8Array(13);
const tail = Uint8Array.of(23);
const plaintext = new Uint8Array(64);
const out = new Uint8Array(81);
const opened = new Uint8Array(65);

const results = CONTEXTS.map(({ label, keyLength, create }) => {
  const context = create(new Uint8Array(keyLength).fill(7));
  const other = create(new Uint8Array(keyLength).fill(8));
  const run = (records: number): void => {
    for (let i = 0; i < records; i++) {
      nonce[11] = i;
      nonce[10] = i >> 8;
      context.seal(nonce, aad, plaintext, tail, out, 0);
      if (!context.open(nonce, aad, out, opened, 0)) throw new Error('not authentic');
      // Two keys in turn, as a connection has, and a forgery.
      if (i % 8 === 0) other.seal(nonce, aad, plaintext, EMPTY, out, 0);
      if (i % 8 === 1 && other.open(nonce, aad, out, opened, 0)) throw new Error('authentic');
    }
  };
  run(WARM);
  collect();
  const before = process.memoryUsage().heapUsed;
  run(RECORDS);
  const allocated = process.memoryUsage().heapUsed - before;
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  return { label, allocated: allocated / RECORDS, kept: kept / RECORDS };
});
console.log(JSON.stringify(results));
