/**
 * What the two halves of the record layer need of a key, whatever the version and the kind of suite.
 *
 * @see RFC 9846 §5.2 (Record Payload Protection), RFC 5246 §6.2.3
 * @module
 */

import type { Random } from '../crypto/provider.ts';

export interface RecordProtection {
  /** Number of the next record. */
  readonly sequence: number;
  /** How many records the key may seal, RFC 9846 §5.5. */
  readonly recordLimit: number;
  /** Bytes that a fragment has, at least, beyond what `open` writes. */
  readonly leastExpansion: number;
  /** After a successful `open`: the content type, in TLS 1.3 the inner one, 0 when the plaintext has none. */
  readonly innerType: number;
  /** Bytes of a whole record, header included, with so many bytes of content and padding. */
  sealedLength(contentLength: number, padding: number): number;
  /**
   * Writes one whole record of `sealedLength` bytes into `out` at `offset`. `padding` is TLS 1.3's. Throws ERR_TLS_KEY_LIMIT when
   * the key has sealed `recordLimit` records.
   */
  seal(type: number, content: Uint8Array, padding: number, out: Uint8Array, offset: number): void;
  /**
   * Opens a fragment into `out` at `offset`, where `fragment.length - leastExpansion` bytes must be free, and returns the length
   * of the content. -1, with the sequence number unchanged, when the record is not authentic. `version` and `type` are those
   * of its header. Throws ERR_TLS_SEQUENCE_EXHAUSTED.
   */
  open(version: number, fragment: Uint8Array, out: Uint8Array, offset: number, type: number): number;
  /**
   * Where the AEAD makes an array for each result: opens a fragment into one that is the caller's, and returns its content, or
   * null when the record is not authentic. In all else like `open`.
   */
  readonly openNew: ((version: number, fragment: Uint8Array, type: number) => Uint8Array<ArrayBuffer> | null) | null;
  wipe(): void;
}

/** What counts and remembers does so in plain properties: a getter of a literal costs V8 more than a short record's framing. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface Protection12Options {
  /** RFC 7366; of no meaning with an AEAD. */
  readonly encryptThenMac: boolean;
  /** Where the IVs of CBC come from. Not needed to open, or with an AEAD. */
  readonly random?: Random | undefined;
  /** Replaces the limit of the suite, for tests. */
  readonly recordLimit?: number | undefined;
  /** Number of the first record, for tests and for inspecting the middle of a capture. */
  readonly sequence?: number | undefined;
}

/** RFC 5246 §6.2.3.3: seq_num, type, version, length. */
export const ADDITIONAL_DATA_LENGTH = 13;

/** RFC 5246 §6.2.3.3, and what the MAC of §6.2.3.1 begins with. */
export function writeAdditionalData(
  out: Uint8Array,
  sequence: number,
  type: number,
  version: number,
  length: number,
): void {
  writeSequence(sequence, out, 0);
  out[8] = type;
  out[9] = version >> 8;
  out[10] = version;
  out[11] = length >> 8;
  out[12] = length;
}

/** Writes a sequence number in eight bytes, big-endian; a double counts exactly up to 2^53. */
export function writeSequence(sequence: number, out: Uint8Array, offset: number): void {
  let high = Math.floor(sequence / 2 ** 32);
  let low = sequence >>> 0;
  for (let i = 3; i >= 0; i--) {
    out[offset + i] = high;
    out[offset + 4 + i] = low;
    high >>>= 8;
    low >>>= 8;
  }
}
