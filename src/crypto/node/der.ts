/**
 * Just enough DER to hand a key to OpenSSL.
 *
 * @see ITU-T X.690 §8, §10
 * @module
 */

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const NULL = 0x05;
export const OID = 0x06;
const SEQUENCE = 0x30;
/** [0], primitive: the seed alone of RFC 9935 §6. */
export const SEED = 0x80;
/** [1], constructed. */
export const CONTEXT_1 = 0xa1;

/** Tag, length and the parts one after the other. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length];
  const out = new Uint8Array(header.length + length);
  out.set(header);
  let at = header.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(SEQUENCE, ...parts);
}

/** Unsigned and without leading zeros, as PublicKey and PrivateKey have it. */
export function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  return (trimmed[0] ?? 0) >= 0x80 ? tagged(INTEGER, Uint8Array.of(0), trimmed) : tagged(INTEGER, trimmed);
}
