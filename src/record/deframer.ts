/**
 * Bytes to records, whatever the chunks they arrive in.
 *
 * Keeps what has not been consumed. Input that is lent (`borrow`) is read in place: only a record that began in an earlier
 * chunk is put together in a buffer of its own. Nothing is judged here; lengths and types are the read half's matter.
 *
 * @see RFC 9846 §5.1 (Record Layer)
 * @module
 */
import { RECORD_HEADER_LENGTH } from '../wire/record.ts';
import { createByteQueue } from './byte-queue.ts';

export interface Deframer {
  /** Bytes not yet consumed, a partial record included. */
  readonly buffered: number;
  /** Takes a copy of more input. */
  append(bytes: Uint8Array): void;
  /** Takes more input in place: the array must not change until `release`. */
  borrow(bytes: Uint8Array): void;
  /** Copies what is left of lent input. */
  release(): void;
  /** The byte at `index` from the head of the current record, or -1 where none has arrived. */
  at(index: number): number;
  /** True once the header of the current record is there; `type`, `version` and `length` are then its fields. */
  readHeader(): boolean;
  readonly type: number;
  readonly version: number;
  readonly length: number;
  /** After `readHeader`: the fragment, or null until all of it is there. Valid until the next call of another method. */
  fragment(): Uint8Array | null;
  /** Takes the current record, which must be whole, off the input. */
  consume(): void;
  /**
   * The sum of the fragment lengths of the whole records of one type at the head, counted until `enough` is reached. May leave
   * out records that begin in one chunk and end in another.
   */
  lengthAhead(type: number, enough: number): number;
}

const NOTHING = new Uint8Array(0);

export function createDeframer(): Deframer {
  return new QueueingDeframer();
}

// A class for the reason that byte-queue.ts gives.
class QueueingDeframer implements Deframer {
  type = 0;
  version = 0;
  length = 0;
  /** What was copied; `#lent` from `#offset` on comes after it. */
  readonly #queue = createByteQueue();
  #lent: Uint8Array = NOTHING;
  #offset = 0;

  get buffered(): number {
    return this.#queue.length + this.#lent.length - this.#offset;
  }

  append(bytes: Uint8Array): void {
    this.release();
    if (bytes.length > 0) this.#queue.append(bytes, 0, bytes.length);
  }

  borrow(bytes: Uint8Array): void {
    this.release();
    this.#lent = bytes;
  }

  release(): void {
    if (this.#offset < this.#lent.length) this.#queue.append(this.#lent, this.#offset, this.#lent.length);
    else this.#queue.trim();
    this.#lent = NOTHING;
    this.#offset = 0;
  }

  at(index: number): number {
    const { length } = this.#queue;
    return index < length ? this.#queue.at(index) : (this.#lent[this.#offset + index - length] ?? -1);
  }

  readHeader(): boolean {
    if (this.buffered < RECORD_HEADER_LENGTH) return false;
    this.type = this.at(0);
    this.version = (this.at(1) << 8) | this.at(2);
    this.length = (this.at(3) << 8) | this.at(4);
    return true;
  }

  fragment(): Uint8Array | null {
    const end = RECORD_HEADER_LENGTH + this.length;
    if (this.#queue.length > 0) return this.#complete(end) ? this.#queue.view(RECORD_HEADER_LENGTH, end) : null;
    if (this.#lent.length - this.#offset < end) return null;
    return this.#lent.subarray(this.#offset + RECORD_HEADER_LENGTH, this.#offset + end);
  }

  consume(): void {
    const end = RECORD_HEADER_LENGTH + this.length;
    // `fragment` has moved the whole record into the queue if any of it was there.
    if (this.#queue.length > 0) this.#queue.drop(end);
    else this.#offset += end;
  }

  lengthAhead(type: number, enough: number): number {
    const available = this.buffered;
    let sum = 0;
    let head = 0;
    while (sum < enough && available - head >= RECORD_HEADER_LENGTH && this.at(head) === type) {
      const size = (this.at(head + 3) << 8) | this.at(head + 4);
      head += RECORD_HEADER_LENGTH + size;
      if (head > available) break;
      sum += size;
    }
    return sum;
  }

  /** Moves lent bytes behind the copied ones until these are `wanted`; false if there are too few. */
  #complete(wanted: number): boolean {
    const missing = wanted - this.#queue.length;
    if (missing <= 0) return true;
    const taken = Math.min(missing, this.#lent.length - this.#offset);
    if (taken > 0) this.#queue.append(this.#lent, this.#offset, this.#offset + taken);
    this.#offset += taken;
    return taken === missing;
  }
}
