/**
 * The stage: one aligned piece of memory where records are worked on in place, between caller's input and caller's output.
 *
 * Byte arrays of any alignment come in and go out by whole copies; all ciphers and authenticators see 32-bit little-endian
 * words. One stage serves every context, since a call begins and ends without giving way to another; each call finds it all zero
 * and leaves it so.
 *
 * @module
 */
import { TAG_LENGTH } from './checks.ts';

/** Bytes before the data: one block of either cipher, for the key stream that authenticates. */
export const FRONT = 64;
/** Data bytes that fit at a time: the longest TLS ciphertext (RFC 9846 §5.2), and a multiple of every block length. */
export const CAPACITY = 16_384 + 256;
/** Index of the word where the data begins. */
export const DATA = FRONT / 4;
/** What both authenticators take at a time, in bytes. */
export const BLOCK = 16;
/** The block before the data. */
export const BEFORE: number = DATA - BLOCK / 4;

/** After the data: a tag that came with the ciphertext, the block of lengths, the rest of the last blocks of key stream (eight of AES). */
const BACK = 128;
const isLittleEndian: boolean = new Uint8Array(new Int32Array([1]).buffer)[0] === 1;
/** XOR with this finds the byte of little-endian words in those of the machine. */
export const BYTE_ORDER: number = isLittleEndian ? 0 : 3;
/** Below this many bytes a loop is faster than a call of `set`, and right where a big-endian machine has other words. */
const SHORT: number = isLittleEndian ? 320 : Number.POSITIVE_INFINITY;
/** Bytes of the views that copies go through: as many of the longest as fit, then of the next. */
const PIECE = 4096;
const MIDDLE = 1024;
const SMALL = 256;

export const words: Int32Array = new Int32Array((FRONT + CAPACITY + BACK) / 4);
const bytes = new Uint8Array(words.buffer);

// Views made once, since `set` copies whole arrays only and a view per record would be garbage.
const pieces = Array.from({ length: Math.floor(CAPACITY / PIECE) }, (_, i) => view(i * PIECE, PIECE));
const middlePieces = Array.from({ length: Math.floor(CAPACITY / MIDDLE) }, (_, i) => view(i * MIDDLE, MIDDLE));
const smallPieces = Array.from({ length: CAPACITY / SMALL }, (_, i) => view(i * SMALL, SMALL));

function view(at: number, length: number): Uint8Array {
  return new Uint8Array(words.buffer, FRONT + at, length);
}

/** Copies `length` bytes of `source` from `from` to `at` bytes into the data. */
export function stage(source: Uint8Array, from: number, length: number, at: number): void {
  if (length > SHORT) {
    bytes.set(length === source.length ? source : source.subarray(from, from + length), FRONT + at);
    return;
  }
  // Words where that is possible: bytes written one by one are slow to read back as words.
  let i = 0;
  if ((at & 3) === 0) for (; i + 4 <= length; i += 4) words[DATA + ((at + i) >> 2)] = loadWord(source, from + i);
  for (; i < length; i++) bytes[(FRONT + at + i) ^ BYTE_ORDER] = source[from + i] as number;
}

/** Copies the first `length` bytes of the data into `out` at `offset`. */
export function unstage(out: Uint8Array, offset: number, length: number): void {
  let done = 0;
  if (length > SHORT) {
    for (; done + PIECE <= length; done += PIECE) out.set(pieces[done / PIECE] as Uint8Array, offset + done);
    for (; done + MIDDLE <= length; done += MIDDLE) out.set(middlePieces[done / MIDDLE] as Uint8Array, offset + done);
    for (; done + SMALL <= length; done += SMALL) out.set(smallPieces[done / SMALL] as Uint8Array, offset + done);
  }
  for (; done + 4 <= length; done += 4) storeWord(out, offset + done, words[DATA + (done >> 2)] as number);
  for (; done < length; done++) out[offset + done] = bytes[(FRONT + done) ^ BYTE_ORDER] as number;
}

/** Copies `size` bytes of plaintext followed by tail, from `from` of the whole, to the beginning of the data. */
export function stageJoined(plaintext: Uint8Array, tail: Uint8Array, from: number, size: number): void {
  const fromPlaintext = Math.max(0, Math.min(size, plaintext.length - from));
  stage(plaintext, from, fromPlaintext, 0);
  stage(tail, from + fromPlaintext - plaintext.length, size - fromPlaintext, fromPlaintext);
}

/**
 * Copies `size` bytes of a ciphertext that ends with its tag, to the beginning of the data. The tag comes with the last part,
 * since whole arrays are copied faster, and is erased.
 */
export function stageSealed(ciphertext: Uint8Array, from: number, size: number, tagLength: number = TAG_LENGTH): void {
  const isLast = from + size + tagLength === ciphertext.length;
  stage(ciphertext, from, isLast ? size + tagLength : size, 0);
  if (isLast) blank(size, size + tagLength);
}

/**
 * Puts additional data of at most one block, padded with zeros, before the data, so that both are authenticated in one run.
 * Returns where it begins: at the data themselves, where there is none or more.
 */
export function stageAad(aad: Uint8Array): number {
  if (aad.length === 0 || aad.length > BLOCK) return DATA;
  for (let i = BEFORE; i < DATA; i++) words[i] = 0;
  stage(aad, 0, aad.length, -BLOCK);
  return BEFORE;
}

/** Pads `size` bytes of data with zeros to whole blocks, and returns where they end. */
export function endOfBlocks(size: number): number {
  const padded = (size + BLOCK - 1) & -BLOCK;
  blank(size, padded);
  return DATA + (padded >> 2);
}

/** Sets the data from `from` to `to` to zero, in bytes. */
export function blank(from: number, to: number): void {
  for (let i = FRONT + from; i < FRONT + to; i++) bytes[i ^ BYTE_ORDER] = 0;
}

/** Erases all that a call left with `length` bytes of data, of which the stage sees CAPACITY at a time: front, data and what is beyond. */
export function clearStage(length: number): void {
  words.fill(0, 0, DATA + ((Math.min(CAPACITY, length) + BACK) >> 2));
}

/** Turns a little-endian word into a big-endian one, and back. */
export function swapBytes(x: number): number {
  return (x << 24) | ((x << 8) & 0xff0000) | ((x >>> 8) & 0xff00) | (x >>> 24);
}

/** The little-endian word at `at`. */
export function loadWord(source: Uint8Array, at: number): number {
  return (
    (source[at] as number) |
    ((source[at + 1] as number) << 8) |
    ((source[at + 2] as number) << 16) |
    ((source[at + 3] as number) << 24)
  );
}

export function storeWord(out: Uint8Array, at: number, word: number): void {
  out[at] = word;
  out[at + 1] = word >>> 8;
  out[at + 2] = word >>> 16;
  out[at + 3] = word >>> 24;
}
