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
  /** What was copied; `lent` from `offset` on comes after it. */
  const queue = createByteQueue();
  let lent: Uint8Array = NOTHING;
  let offset = 0;
  let type = 0;
  let version = 0;
  let length = 0;

  const at = (index: number): number =>
    index < queue.length ? queue.at(index) : (lent[offset + index - queue.length] ?? -1);

  function release(): void {
    if (offset < lent.length) queue.append(lent, offset, lent.length);
    lent = NOTHING;
    offset = 0;
  }

  /** Moves lent bytes behind the copied ones until these are `wanted`; false if there are too few. */
  function complete(wanted: number): boolean {
    const missing = wanted - queue.length;
    if (missing <= 0) return true;
    const taken = Math.min(missing, lent.length - offset);
    if (taken > 0) queue.append(lent, offset, offset + taken);
    offset += taken;
    return taken === missing;
  }

  return {
    get buffered() {
      return queue.length + lent.length - offset;
    },
    append(bytes) {
      release();
      if (bytes.length > 0) queue.append(bytes, 0, bytes.length);
    },
    borrow(bytes) {
      release();
      lent = bytes;
    },
    release,
    at,

    readHeader() {
      if (queue.length + lent.length - offset < RECORD_HEADER_LENGTH) return false;
      type = at(0);
      version = (at(1) << 8) | at(2);
      length = (at(3) << 8) | at(4);
      return true;
    },
    get type() {
      return type;
    },
    get version() {
      return version;
    },
    get length() {
      return length;
    },

    fragment() {
      const end = RECORD_HEADER_LENGTH + length;
      if (queue.length > 0) return complete(end) ? queue.view(RECORD_HEADER_LENGTH, end) : null;
      if (lent.length - offset < end) return null;
      return lent.subarray(offset + RECORD_HEADER_LENGTH, offset + end);
    },

    consume() {
      const end = RECORD_HEADER_LENGTH + length;
      // `fragment` has moved the whole record into the queue if any of it was there.
      if (queue.length > 0) queue.drop(end);
      else offset += end;
    },

    lengthAhead(wantedType, enough) {
      const available = queue.length + lent.length - offset;
      let sum = 0;
      let head = 0;
      while (sum < enough && available - head >= RECORD_HEADER_LENGTH && at(head) === wantedType) {
        const size = (at(head + 3) << 8) | at(head + 4);
        head += RECORD_HEADER_LENGTH + size;
        if (head > available) break;
        sum += size;
      }
      return sum;
    },
  };
}
