/**
 * Bytes that wait for the rest of a record or of a message.
 *
 * Grows with what arrives and never with what a header promises.
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
  /** Gives the memory of an empty queue back. */
  trim(): void;
  /** Empties the queue and overwrites what it held. */
  wipe(): void;
}

const NOTHING = new Uint8Array(0);
const SMALLEST = 256;

export function createByteQueue(): ByteQueue {
  return new GrowingQueue();
}

// A class, since a getter of a literal costs V8 a microsecond for each queue and slows down each use of one.
class GrowingQueue implements ByteQueue {
  #bytes: Uint8Array = NOTHING;
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(source: Uint8Array, from: number, to: number): void {
    this.#makeRoom(to - from);
    this.#bytes.set(from === 0 && to === source.length ? source : source.subarray(from, to), this.#end);
    this.#end += to - from;
  }

  at(index: number): number {
    return this.#start + index < this.#end ? (this.#bytes[this.#start + index] ?? -1) : -1;
  }

  view(from: number, to: number): Uint8Array {
    return this.#bytes.subarray(this.#start + from, this.#start + to);
  }

  drop(count: number): void {
    this.#start += count;
    if (this.#start < this.#end) return;
    this.#start = 0;
    this.#end = 0;
  }

  trim(): void {
    if (this.#start === this.#end) this.#empty();
  }

  wipe(): void {
    this.#bytes.fill(0);
    this.#empty();
  }

  #makeRoom(count: number): void {
    const held = this.length;
    if (this.#bytes.length - this.#end >= count) return;
    if (this.#bytes.length >= held + count && this.#start >= held) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
    } else {
      // Doubling keeps the cost of many small pieces linear.
      const grown = new Uint8Array(Math.max(SMALLEST, held + count, held * 2));
      grown.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = grown;
    }
    this.#start = 0;
    this.#end = held;
  }

  #empty(): void {
    this.#bytes = NOTHING;
    this.#start = 0;
    this.#end = 0;
  }
}
