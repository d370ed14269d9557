/**
 * A cursor over received bytes that can never leave the structure it was made for.
 *
 * Every field is a view into the bytes given, never a copy. A length that reaches beyond the structure, or lies outside
 * what the structure allows, does not decode.
 *
 * @see RFC 9846 §3 (Presentation Language), §6 (decode_error)
 * @module
 */
import { fail } from '../errors/errors.ts';

/** The floor and ceiling of a variable-length vector in bytes, §3.4. By default 0 and what its length field can hold. */
export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export class Reader {
  readonly #bytes: Uint8Array;
  #offset: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.#bytes = bytes;
    this.#offset = start;
    this.#end = end;
  }

  /** Bytes that are left. */
  get remaining(): number {
    return this.#end - this.#offset;
  }

  u8(): number {
    return this.#uint(1);
  }

  u16(): number {
    return this.#uint(2);
  }

  u24(): number {
    return this.#uint(3);
  }

  u32(): number {
    return this.#uint(4);
  }

  /** The next `length` bytes. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** All bytes that are left. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** An opaque vector with a length field of one byte. */
  vector8(bounds?: Bounds): Uint8Array {
    return this.bytes(this.#length(1, bounds));
  }

  /** An opaque vector with a length field of two bytes. */
  vector16(bounds?: Bounds): Uint8Array {
    return this.bytes(this.#length(2, bounds));
  }

  /** An opaque vector with a length field of three bytes. */
  vector24(bounds?: Bounds): Uint8Array {
    return this.bytes(this.#length(3, bounds));
  }

  /** The elements of a vector with a length field of one byte. `element` must read at least one byte. */
  list8<T>(element: (reader: Reader) => T, bounds?: Bounds): T[] {
    return this.#list(this.#length(1, bounds), element);
  }

  /** The elements of a vector with a length field of two bytes. */
  list16<T>(element: (reader: Reader) => T, bounds?: Bounds): T[] {
    return this.#list(this.#length(2, bounds), element);
  }

  /** The elements of a vector with a length field of three bytes. */
  list24<T>(element: (reader: Reader) => T, bounds?: Bounds): T[] {
    return this.#list(this.#length(3, bounds), element);
  }

  /** A reader of the next `length` bytes, which this one skips. */
  sub(length: number): Reader {
    const start = this.#take(length);
    return new Reader(this.#bytes, start, start + length);
  }

  /** The structure is complete: §4.3 forbids data after it. Throws ERR_TLS_TRAILING_DATA. */
  finish(): void {
    if (this.remaining > 0) fail('ERR_TLS_TRAILING_DATA', `${this.remaining} bytes`);
  }

  #list<T>(length: number, element: (reader: Reader) => T): T[] {
    // §3.4: a vector holds whole elements, so the last one may not reach beyond it.
    const content = this.sub(length);
    const elements: T[] = [];
    while (content.remaining > 0) elements.push(element(content));
    return elements;
  }

  #length(size: 1 | 2 | 3, { min = 0, max = 2 ** (8 * size) - 1 }: Bounds = {}): number {
    const length = this.#uint(size);
    // §3.4: the length of a vector lies between its floor and its ceiling.
    if (length < min || length > max)
      fail('ERR_TLS_DECODE', `a vector of ${length} bytes where ${min} to ${max} may be`);
    return length;
  }

  #uint(size: 1 | 2 | 3 | 4): number {
    const start = this.#take(size);
    let value = 0;
    // Not by shifts, which would make a negative number of a large uint32.
    for (let i = start; i < start + size; i++) value = value * 256 + (this.#bytes[i] ?? 0);
    return value;
  }

  #take(length: number): number {
    if (length > this.remaining) fail('ERR_TLS_DECODE', `${length} bytes are needed and ${this.remaining} are left`);
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
