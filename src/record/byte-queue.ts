/**
 * Bytes that wait for the rest of a record or of a message.
 *
 * Grows with what arrives and never with what a header promises, and gives its memory back when it is empty.
 *
 * @module
 */

export interface ByteQueue {
  /** Bytes that wait. */
  readonly length: number;
  /** Copies `source` from `start` to `end`. Views taken before may change. */
  append(source: Uint8Array, start: number, end: number): void;
  /** The byte at `index` from the front, or -1 where none has arrived. */
  at(index: number): number;
  /** A view of `start` to `end` from the front, valid until the next call that is not a reading one. */
  view(start: number, end: number): Uint8Array;
  /** Takes `count` bytes off the front. */
  drop(count: number): void;
  /** Empties the queue and overwrites what it held. */
  wipe(): void;
}

const NOTHING = new Uint8Array(0);
const SMALLEST = 256;

export function createByteQueue(): ByteQueue {
  let bytes: Uint8Array = NOTHING;
  let start = 0;
  let end = 0;

  function makeRoom(count: number): void {
    const held = end - start;
    if (bytes.length - end >= count) return;
    if (bytes.length >= held + count && start >= held) {
      bytes.copyWithin(0, start, end);
    } else {
      // Doubling keeps the cost of many small pieces linear.
      const grown = new Uint8Array(Math.max(SMALLEST, held + count, held * 2));
      grown.set(bytes.subarray(start, end));
      bytes = grown;
    }
    start = 0;
    end = held;
  }

  function empty(): void {
    bytes = NOTHING;
    start = 0;
    end = 0;
  }

  return {
    get length() {
      return end - start;
    },
    append(source, from, to) {
      makeRoom(to - from);
      bytes.set(from === 0 && to === source.length ? source : source.subarray(from, to), end);
      end += to - from;
    },
    at: (index) => (start + index < end ? (bytes[start + index] ?? -1) : -1),
    view: (from, to) => bytes.subarray(start + from, start + to),
    drop(count) {
      start += count;
      if (start >= end) empty();
    },
    wipe() {
      bytes.fill(0);
      empty();
    },
  };
}
