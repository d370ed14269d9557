/**
 * A growing buffer for bytes to be sent, with length-prefixed blocks.
 *
 * @see RFC 9846 §3 (Presentation Language)
 * @module
 */
import { fail } from '../errors/errors.ts';

const INITIAL_CAPACITY = 256;

export class Writer {
  #buffer = new Uint8Array(INITIAL_CAPACITY);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    return this.#uint(1, value);
  }

  u16(value: number): this {
    return this.#uint(2, value);
  }

  u24(value: number): this {
    return this.#uint(3, value);
  }

  u32(value: number): this {
    return this.#uint(4, value);
  }

  bytes(bytes: Uint8Array): this {
    // Reserved first: that may replace the buffer.
    const start = this.#reserve(bytes.length);
    this.#buffer.set(bytes, start);
    return this;
  }

  /** An opaque vector with a length field of one byte. */
  vector8(bytes: Uint8Array): this {
    return this.u8(bytes.length).bytes(bytes);
  }

  /** An opaque vector with a length field of two bytes. */
  vector16(bytes: Uint8Array): this {
    return this.u16(bytes.length).bytes(bytes);
  }

  /** An opaque vector with a length field of three bytes. */
  vector24(bytes: Uint8Array): this {
    return this.u24(bytes.length).bytes(bytes);
  }

  /**
   * A length field of `sizeBytes` bytes, then what `content` writes. Throws ERR_TLS_ENCODE when that is longer than the field
   * can say.
   */
  block(sizeBytes: 1 | 2 | 3, content: (writer: this) => void): this {
    const start = this.#reserve(sizeBytes);
    content(this);
    this.#put(start, sizeBytes, this.#length - start - sizeBytes);
    return this;
  }

  /** A copy of what was written, of exactly that length. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#length);
  }

  #uint(size: 1 | 2 | 3 | 4, value: number): this {
    this.#put(this.#reserve(size), size, value);
    return this;
  }

  #put(offset: number, size: 1 | 2 | 3 | 4, value: number): void {
    const fits = Number.isInteger(value) && value >= 0 && value < 2 ** (8 * size);
    if (!fits) fail('ERR_TLS_ENCODE', `${value} in ${size} bytes`);
    for (let i = 0; i < size; i++) this.#buffer[offset + i] = value >>> (8 * (size - 1 - i));
  }

  /** Makes room for `length` bytes and returns where they begin. */
  #reserve(length: number): number {
    const start = this.#length;
    const end = start + length;
    if (end > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#buffer.length));
      grown.set(this.#buffer.subarray(0, start));
      this.#buffer = grown;
    }
    this.#length = end;
    return start;
  }
}
