/**
 * Writing DER: one function per kind of element, each returning the finished bytes.
 *
 * @see ITU-T X.690 §8, §10, §11
 * @module
 */
import { TAG } from './der.ts';

/** One element: identifier octet, minimal length, the parts one after the other. */
export function encodeElement(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const header = [tag, ...lengthOctets(length)];
  const out = new Uint8Array(header.length + length);
  out.set(header);
  let offset = header.length;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

export function encodeSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return encodeElement(TAG.SEQUENCE, ...parts);
}

export function encodeBoolean(value: boolean): Uint8Array {
  return Uint8Array.of(TAG.BOOLEAN, 1, value ? 0xff : 0);
}

/** An INTEGER from an unsigned big-endian value of any length, or a small number. */
export function encodeUnsigned(value: Uint8Array | number): Uint8Array {
  const bytes = typeof value === 'number' ? numberBytes(value) : value;
  const start = bytes.findIndex((byte) => byte !== 0);
  const minimal = start === -1 ? Uint8Array.of(0) : bytes.subarray(start);
  const positive = (minimal[0] ?? 0) >= 0x80 ? Uint8Array.of(0, ...minimal) : minimal;
  return encodeElement(TAG.INTEGER, positive);
}

/** A BIT STRING; `unused` bits at the end of the last byte do not count and must be zero. */
export function encodeBitString(bytes: Uint8Array, unused = 0): Uint8Array {
  return encodeElement(TAG.BIT_STRING, Uint8Array.of(unused), bytes);
}

export function encodeOctets(bytes: Uint8Array): Uint8Array {
  return encodeElement(TAG.OCTET_STRING, bytes);
}

export function encodeNull(): Uint8Array {
  return Uint8Array.of(TAG.NULL, 0);
}

/** An OBJECT IDENTIFIER from dotted decimal, at least two arcs. */
export function encodeOid(text: string): Uint8Array {
  const [root = 0n, second = 0n, ...rest] = text.split('.').map(BigInt);
  return encodeElement(TAG.OBJECT_IDENTIFIER, Uint8Array.from([root * 40n + second, ...rest].flatMap(arcOctets)));
}

export function encodeText(tag: number, text: string): Uint8Array {
  return encodeElement(tag, new TextEncoder().encode(text));
}

/** UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280 §4.1.2.5). Fractions of a second are dropped. */
export function encodeTime(time: Date): Uint8Array {
  const year = time.getUTCFullYear();
  if (year >= 1950 && year < 2050) return encodeText(TAG.UTC_TIME, `${digitsOf(time).slice(2)}Z`);
  return encodeGeneralizedTime(time);
}

/** GeneralizedTime whatever the year, as OCSP has it (RFC 6960 §4.2.2.1). */
export function encodeGeneralizedTime(time: Date): Uint8Array {
  return encodeText(TAG.GENERALIZED_TIME, `${digitsOf(time)}Z`);
}

function digitsOf(time: Date): string {
  return time
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:T]/g, '');
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets = [...numberBytes(length)];
  return [0x80 | octets.length, ...octets];
}

function numberBytes(value: number): Uint8Array {
  const octets: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Uint8Array.from(octets.length === 0 ? [0] : octets);
}

function arcOctets(arc: bigint): number[] {
  const octets = [Number(arc & 0x7fn)];
  for (let rest = arc >> 7n; rest > 0n; rest >>= 7n) octets.unshift(Number(rest & 0x7fn) | 0x80);
  return octets;
}
