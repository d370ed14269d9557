/**
 * Strict DER: elements are views of the bytes that they were read from, each checked to be the only encoding of its value.
 *
 * Depth, number of elements and size are bounded, since all of this comes from a peer. It is our own reader because each
 * broken rule has a code of its own, and because a general one, which builds a class instance for each value, takes ten times
 * as long (docs/certificates.md).
 *
 * @see ITU-T X.690 §8, §10, §11 (the encoding); RFC 5280 §4.1 (certificates are DER)
 * @module
 */
import { fail } from '../errors/errors.ts';

/** Identifier octets that certificates and keys use. */
export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  NULL: 0x05,
  OBJECT_IDENTIFIER: 0x06,
  UTF8_STRING: 0x0c,
  PRINTABLE_STRING: 0x13,
  TELETEX_STRING: 0x14,
  IA5_STRING: 0x16,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  VISIBLE_STRING: 0x1a,
  UNIVERSAL_STRING: 0x1c,
  BMP_STRING: 0x1e,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** The identifier octet of a context-specific tag below 31. */
export function contextTag(number: number, form: 'primitive' | 'constructed'): number {
  return (form === 'constructed' ? 0xa0 : 0x80) | number;
}

/** One element. All arrays are views into the bytes that were decoded. */
export interface DerElement {
  /** Identifier octet: class, form and number. */
  readonly tag: number;
  /** The whole element, header included. */
  readonly raw: Uint8Array;
  readonly content: Uint8Array;
  /** Elements of a constructed one, empty for a primitive one. */
  readonly children: readonly DerElement[];
}

/** Bounds on what is decoded: far above any certificate or key, far below what would cost time. */
export const DER_LIMITS = { bytes: 0x4_0000, depth: 16, elements: 0x8000 } as const;

/** Decodes exactly one element. Throws TlsError ERR_CERT_DECODE or ERR_CERT_DER_…. */
export function decodeDer(bytes: Uint8Array): DerElement {
  checkLength(bytes);
  const element = readElement(bytes, 0, { depth: 0, elements: 0 });
  if (element.raw.length !== bytes.length) fail('ERR_CERT_DER_TRAILING');
  return element;
}

/** The same of a copy: the caller may reuse the bytes. What is too long is not copied either. */
export function decodeDerCopy(bytes: Uint8Array): DerElement {
  checkLength(bytes);
  return decodeDer(copyOf(bytes));
}

function checkLength({ length }: Uint8Array): void {
  if (length > DER_LIMITS.bytes) fail('ERR_CERT_DER_LIMIT', `${length} bytes, ${DER_LIMITS.bytes} allowed`);
}

/** A copy in memory of its own. Not `slice`, which on a Buffer of Node shares memory. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** Takes the elements of a SEQUENCE, SET or explicit tag one after the other. */
export interface DerFields {
  /** The next element, which must have this tag; without one, any tag. */
  next(tag?: number): DerElement;
  /** The next element if it has this tag, else null. */
  optional(tag: number): DerElement | null;
  /** Refuses what is left. */
  end(): void;
}

/** The elements of `element`, which must have the tag (a SEQUENCE unless told). */
export function fieldsOf(element: DerElement, tag: number = TAG.SEQUENCE): DerFields {
  expectTag(element, tag);
  const { children } = element;
  let index = 0;
  return {
    next(wanted) {
      const child = children[index++];
      if (child === undefined) return fail('ERR_CERT_DECODE', 'an element is missing');
      if (wanted !== undefined) expectTag(child, wanted);
      return child;
    },
    optional(wanted) {
      const child = children[index];
      if (child?.tag !== wanted) return null;
      index++;
      return child;
    },
    end() {
      if (index < children.length) fail('ERR_CERT_DECODE', 'an element is not expected here');
    },
  };
}

export function expectTag(element: DerElement, tag: number): void {
  if (element.tag !== tag) fail('ERR_CERT_DECODE', `tag 0x${element.tag.toString(16)}, not 0x${tag.toString(16)}`);
}

/** The one element inside an explicit tag. */
export function explicitOf(element: DerElement): DerElement {
  const fields = fieldsOf(element, element.tag);
  const inner = fields.next();
  fields.end();
  return inner;
}

/** The elements of a SEQUENCE OF or SET OF that must not be empty. */
export function listOf(element: DerElement, tag: number = TAG.SEQUENCE): readonly DerElement[] {
  expectTag(element, tag);
  if (element.children.length === 0) fail('ERR_CERT_DECODE', 'an empty list');
  return element.children;
}

/** The elements of a SET OF with at least one. */
export function setOf(element: DerElement): readonly DerElement[] {
  const elements = listOf(element, TAG.SET);
  for (let i = 1; i < elements.length; i++) {
    const [before, after] = [elements[i - 1]?.raw, elements[i]?.raw];
    // X.690 §11.6: in the order of their encodings.
    if (before !== undefined && after !== undefined && compareBytes(before, after) > 0) fail('ERR_CERT_DER_ORDER');
  }
  return elements;
}

export function readBoolean(element: DerElement): boolean {
  expectTag(element, TAG.BOOLEAN);
  return element.content[0] === 0xff;
}

/** An INTEGER between 0 and 2^31 - 1; `tag` where it is tagged implicitly. */
export function readSmallInteger(element: DerElement, tag: number = TAG.INTEGER): number {
  const bytes = readUnsigned(element, tag);
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  if (value > 0x7fff_ffff) fail('ERR_CERT_DECODE', 'an integer is too large');
  return value;
}

/** An INTEGER that is not negative, big-endian without leading zeros (zero is one zero byte). A view. */
export function readUnsigned(element: DerElement, tag: number = TAG.INTEGER): Uint8Array {
  expectTag(element, tag);
  const { content } = element;
  checkInteger(content);
  if (((content[0] ?? 0) & 0x80) !== 0) fail('ERR_CERT_DECODE', 'an integer is negative');
  return content.length > 1 && content[0] === 0 ? content.subarray(1) : content;
}

/** A BIT STRING of whole bytes, as signatures and keys are. A view. */
export function readBitStringBytes(element: DerElement, tag: number = TAG.BIT_STRING): Uint8Array {
  const { bytes, unused } = readBits(element, tag);
  if (unused !== 0) fail('ERR_CERT_DECODE', 'a bit string is not of whole bytes');
  return bytes;
}

/** A BIT STRING: its bytes and how many bits at the end of the last one do not count. */
export function readBits(element: DerElement, tag: number = TAG.BIT_STRING): { bytes: Uint8Array; unused: number } {
  expectTag(element, tag);
  checkBitString(element.content);
  return { bytes: element.content.subarray(1), unused: element.content[0] ?? 0 };
}

export function readOctets(element: DerElement, tag: number = TAG.OCTET_STRING): Uint8Array {
  expectTag(element, tag);
  return element.content;
}

/** An OBJECT IDENTIFIER in dotted decimal; `tag` where it is tagged implicitly. */
export function readOid(element: DerElement, tag: number = TAG.OBJECT_IDENTIFIER): string {
  expectTag(element, tag);
  checkOid(element.content);
  return oidText(element.content);
}

/** Dotted decimal of an OBJECT IDENTIFIER's content, which `decodeDer` has checked. */
export function oidText(content: Uint8Array): string {
  let text = '';
  let arc: number | bigint = 0;
  for (const byte of content) {
    // Past 2^46 a number would no longer be exact after the next seven bits.
    if (typeof arc === 'number' && arc >= 2 ** 46) arc = BigInt(arc);
    arc = typeof arc === 'number' ? arc * 128 + (byte & 0x7f) : (arc << 7n) | BigInt(byte & 0x7f);
    if ((byte & 0x80) !== 0) continue;
    text = text === '' ? firstArcs(arc) : `${text}.${arc}`;
    arc = 0;
  }
  return text;
}

/** X.690 §8.19.4: the first two arcs share a number; a root of 2 leaves the second without a bound. */
function firstArcs(number: number | bigint): string {
  if (typeof number === 'bigint') return `2.${number - 80n}`;
  const root = Math.min(Math.floor(number / 40), 2);
  return `${root}.${number - root * 40}`;
}

/** UTCTime or GeneralizedTime of RFC 5280 §4.1.2.5: seconds and Z are required, fractions are not allowed. */
export function readTime(element: DerElement): Date {
  const { tag, content } = element;
  // YYMMDDHHMMSSZ, or YYYYMMDDHHMMSSZ.
  const yearDigits = tag === TAG.UTC_TIME ? 2 : tag === TAG.GENERALIZED_TIME ? 4 : 0;
  if (yearDigits === 0 || content.length !== yearDigits + 11 || content[yearDigits + 10] !== 0x5a) {
    fail('ERR_CERT_TIME', 'malformed');
  }
  const pair = (index: number): number => digit(content, index) * 10 + digit(content, index + 1);
  const short = pair(yearDigits - 2);
  // RFC 5280 §4.1.2.5.1: a two-digit year from 50 on is in the twentieth century.
  const year = yearDigits === 4 ? pair(0) * 100 + short : short >= 50 ? 1900 + short : 2000 + short;
  const [month, day] = [pair(yearDigits), pair(yearDigits + 2)];
  const [hour, minute, second] = [pair(yearDigits + 4), pair(yearDigits + 6), pair(yearDigits + 8)];

  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const exact = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
  if (!exact || second > 59) fail('ERR_CERT_TIME', 'no such time');
  return date;
}

function digit(content: Uint8Array, index: number): number {
  const value = (content[index] ?? 0) - 0x30;
  return value >= 0 && value <= 9 ? value : fail('ERR_CERT_TIME', 'malformed');
}

/** §11.6: the shorter one is compared as if it had zeros at its end. */
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The element that starts at `offset`; its parent is `bytes`, so that it cannot reach beyond. */
function readElement(bytes: Uint8Array, offset: number, seen: { depth: number; elements: number }): DerElement {
  if (++seen.elements > DER_LIMITS.elements) fail('ERR_CERT_DER_LIMIT', `over ${DER_LIMITS.elements} elements`);
  const { tag, contentStart, end } = elementAt(bytes, offset);
  const raw = bytes.subarray(offset, end);
  const content = bytes.subarray(contentStart, end);
  if ((tag & 0x20) === 0) {
    checkPrimitive(tag, content);
    return { tag, raw, content, children: NO_CHILDREN };
  }

  // X.690 §10.2: strings are primitive, so that only SEQUENCE, SET and tags that are not universal are constructed.
  if (tag < 0x40 && tag !== TAG.SEQUENCE && tag !== TAG.SET) fail('ERR_CERT_DECODE', 'a constructed string');
  if (++seen.depth > DER_LIMITS.depth) fail('ERR_CERT_DER_LIMIT', `over ${DER_LIMITS.depth} levels`);
  const children: DerElement[] = [];
  for (let at = 0; at < content.length; ) {
    const child = readElement(content, at, seen);
    children.push(child);
    at += child.raw.length;
  }
  seen.depth--;
  return { tag, raw, content, children };
}

const NO_CHILDREN: readonly DerElement[] = Object.freeze([]);

/**
 * The tag and the extent of the element that starts at `offset`, without looking inside it. Throws TlsError ERR_CERT_DECODE,
 * ERR_CERT_DER_LENGTH or ERR_CERT_DER_INDEFINITE.
 */
export function elementAt(
  bytes: Uint8Array,
  offset: number,
): { readonly tag: number; readonly contentStart: number; readonly end: number } {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) return fail('ERR_CERT_DECODE', 'a header is cut short');
  // X.690 §8.1.2.4: no structure here has a tag number above 30. §8.1.2.2: zero marks the end of an indefinite length.
  if ((tag & 0x1f) === 0x1f || tag === 0) fail('ERR_CERT_DECODE', `tag 0x${tag.toString(16)}`);

  const octets = first < 0x80 ? 0 : first & 0x7f;
  const contentStart = offset + 2 + octets;
  const length = first < 0x80 ? first : readLength(bytes, offset + 2, octets);
  const end = contentStart + length;
  // X.690 §8.1.3: as much content as the length says.
  if (end > bytes.length) fail('ERR_CERT_DECODE', 'an element is cut short');
  return { tag, contentStart, end };
}

/** X.690 §10.1: the fewest length octets, and never the indefinite form. */
function readLength(bytes: Uint8Array, offset: number, octets: number): number {
  if (octets === 0) fail('ERR_CERT_DER_INDEFINITE');
  if (bytes[offset] === 0) fail('ERR_CERT_DER_LENGTH');
  // Limit: more than four octets are more than any input has.
  if (octets > 4 || offset + octets > bytes.length) fail('ERR_CERT_DECODE', 'an element is cut short');
  let length = 0;
  for (let i = 0; i < octets; i++) length = length * 256 + (bytes[offset + i] ?? 0);
  if (length < 0x80) fail('ERR_CERT_DER_LENGTH');
  return length;
}

function checkPrimitive(tag: number, content: Uint8Array): void {
  switch (tag) {
    case TAG.BOOLEAN:
      // X.690 §11.1: true is 0xff.
      if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) fail('ERR_CERT_DER_BOOLEAN');
      return;
    case TAG.INTEGER:
      checkInteger(content);
      return;
    case TAG.BIT_STRING:
      checkBitString(content);
      return;
    case TAG.NULL:
      if (content.length !== 0) fail('ERR_CERT_DECODE', 'a null with content');
      return;
    case TAG.OBJECT_IDENTIFIER:
      checkOid(content);
      return;
    case TAG.SEQUENCE & ~0x20:
    case TAG.SET & ~0x20:
      fail('ERR_CERT_DECODE', 'a primitive sequence or set');
  }
}

function checkInteger(content: Uint8Array): void {
  const first = content[0];
  const second = content[1];
  if (first === undefined) fail('ERR_CERT_DECODE', 'an empty integer');
  // X.690 §8.3.2: the first nine bits are not all equal.
  const padded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
  if (padded) fail('ERR_CERT_DER_INTEGER');
}

function checkBitString(content: Uint8Array): void {
  const unused = content[0] ?? 8;
  if (unused > 7) fail('ERR_CERT_DECODE', 'a bit string without its first octet');
  if (unused === 0) return;
  if (content.length === 1) fail('ERR_CERT_DER_BITS', 'unused bits in none');
  // X.690 §11.2.1: unused bits are zero.
  const last = content[content.length - 1] ?? 0;
  if ((last & ((1 << unused) - 1)) !== 0) fail('ERR_CERT_DER_BITS', 'unused bits that are not zero');
}

function checkOid(content: Uint8Array): void {
  // X.690 §8.19.2: each arc in the fewest octets, the last one complete.
  const last = content[content.length - 1];
  if (last === undefined || last >= 0x80) fail('ERR_CERT_DECODE', 'an object identifier is cut short');
  if (content.length > MAX_OID_BYTES) fail('ERR_CERT_DER_LIMIT', `an object identifier of ${content.length} bytes`);
  let startsArc = true;
  for (const byte of content) {
    if (startsArc && byte === 0x80) fail('ERR_CERT_DECODE', 'an object identifier is not minimal');
    startsArc = byte < 0x80;
  }
}

/** Far above any that is registered; a UUID takes 20. */
const MAX_OID_BYTES = 64;
