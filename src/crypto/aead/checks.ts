/**
 * What every AEAD or CBC context refuses before it writes a byte: a caller's mistakes, as TlsUsageError.
 *
 * @see RFC 5116 §2.1, RFC 5288 §3, RFC 8439 §2.8
 * @module
 */
import { TlsUsageError } from '../../errors/errors.ts';

export const TAG_LENGTH = 16;
const NONCE_LENGTH = 12;
/** NIST SP 800-38D §5.2.1.1: 2^39 - 256 bits, which is below the limit of ChaCha20 too (RFC 8439 §2.8). */
const MAX_LENGTH = 2 ** 36 - 32;

export function checkKey(name: string, key: Uint8Array, lengths: readonly number[]): void {
  if (!lengths.includes(key.length))
    throw new TlsUsageError(`${name} needs a key of ${lengths.join(' or ')} bytes, not ${key.length}`);
}

export function checkSeal(
  nonce: Uint8Array,
  plaintext: Uint8Array,
  tail: Uint8Array,
  out: Uint8Array,
  offset: number,
  tagLength: number = TAG_LENGTH,
): void {
  const length = plaintext.length + tail.length;
  checkNonce(nonce);
  checkLength(length);
  checkRoom(out, offset, length + tagLength);
  if (!apartOrSame(plaintext, out, offset, length + tagLength) || !apart(tail, out, offset, length + tagLength))
    throw new TlsUsageError('the output overlaps the input, and is not the same range');
}

/** `length` is that of the plaintext. A ciphertext shorter than a tag is the peer's mistake, not the caller's. */
export function checkOpen(
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  out: Uint8Array,
  offset: number,
  length: number,
): void {
  checkNonce(nonce);
  if (length < 0) return;
  checkLength(length);
  checkRoom(out, offset, length);
  if (!apartOrSame(ciphertext, out, offset, length))
    throw new TlsUsageError('the output overlaps the input, and is not the same range');
}

/** NIST SP 800-38D §5.2.1.1: how many bytes one call may protect. */
export function checkLength(length: number): void {
  if (length > MAX_LENGTH) throw new TlsUsageError(`at most ${MAX_LENGTH} bytes, not ${length}`);
}

export function wipedError(): TlsUsageError {
  // A wiped key is all zero: sealing with it would publish the plaintext.
  return new TlsUsageError('the AEAD context was wiped');
}

/** `data` are whole blocks, and fit into `out` at `offset`. */
export function checkCbc(iv: Uint8Array, data: Uint8Array, out: Uint8Array, offset: number): void {
  if (iv.length !== 16) throw new TlsUsageError(`an IV has 16 bytes, not ${iv.length}`);
  if (data.length % 16 !== 0) throw new TlsUsageError(`${data.length} bytes are not whole blocks`);
  checkRoom(out, offset, data.length);
}

export function checkNonce(nonce: Uint8Array): void {
  if (nonce.length !== NONCE_LENGTH) throw new TlsUsageError(`a nonce has ${NONCE_LENGTH} bytes, not ${nonce.length}`);
}

function checkRoom(out: Uint8Array, offset: number, length: number): void {
  if (!(offset >= 0 && offset + length <= out.length))
    throw new TlsUsageError(`${length} bytes at ${offset} do not fit into ${out.length}`);
}

/** True if `input` shares no byte with `length` bytes of `out` at `offset`, or begins where they begin. */
function apartOrSame(input: Uint8Array, out: Uint8Array, offset: number, length: number): boolean {
  return input.byteOffset === out.byteOffset + offset || apart(input, out, offset, length);
}

function apart(input: Uint8Array, out: Uint8Array, offset: number, length: number): boolean {
  const from = input.byteOffset;
  const start = out.byteOffset + offset;
  // Looking for the buffer takes longer than all else here, so it comes last.
  return input.length === 0 || from + input.length <= start || start + length <= from || input.buffer !== out.buffer;
}
