/**
 * Distinguished names: for people to read, for comparing, and for issuing.
 *
 * Comparing serves to find issuers. A name that wrongly equals another gains nothing, since the signature decides.
 *
 * @see RFC 5280 §4.1.2.4 (Name), §7.1 (comparison), RFC 4514 (text form)
 * @module
 */
import { TlsConfigError } from '../errors/errors.ts';
import { type DerElement, decodeDer, expectTag, fieldsOf, readOid, setOf, TAG } from './der.ts';
import { encodeElement, encodeOid, encodeSequence, encodeText } from './der-encode.ts';
import { ATTRIBUTE_OID } from './oids.ts';

export interface DistinguishedName {
  /** The Name as it stands in the certificate. */
  readonly der: Uint8Array;
  /** For messages, most significant part first: "C=US, O=Example, CN=example.com". */
  readonly name: string;
  /** Equal for names that RFC 5280 §7.1 calls equal: case, spacing and string type do not count. */
  readonly key: string;
}

/** Reads a Name. The element must come from `decodeDer`. */
export function readDistinguishedName(element: DerElement): DistinguishedName {
  expectTag(element, TAG.SEQUENCE);
  const parts = element.children.map(readRelativeName);
  return Object.freeze({
    der: element.raw,
    name: parts.map((part) => part.map(({ type, text }) => `${type}=${text}`).join('+')).join(', '),
    key: parts.map(relativeKey).join(','),
  });
}

/** Reads the DER of a Name, as a TrustStore and certificate_authorities hold it. Throws TlsError ERR_CERT_DECODE. */
export function decodeDistinguishedName(der: Uint8Array): DistinguishedName {
  return readDistinguishedName(decodeDer(der));
}

/**
 * Writes a Name from "CN=Example, O=Test" (types CN, O, OU, C, L, ST, DC, serialNumber, emailAddress; a comma in a value is
 * written `\,`). A text without "=" is the common name; an empty one is the empty Name.
 */
export function encodeDistinguishedName(text: string): Uint8Array {
  if (text === '') return encodeSequence();
  if (!text.includes('=')) return encodeSequence(relativeName('CN', text));
  const parts = text.split(/(?<!\\),/).map((part) => {
    const [, type = '', value = ''] = /^\s*(\w+)=(.*?)\s*$/.exec(part) ?? [];
    return relativeName(type, value.replace(/\\(.)/g, '$1'));
  });
  return encodeSequence(...parts);
}

interface Attribute {
  readonly oid: string;
  readonly type: string;
  readonly text: string;
  readonly value: DerElement;
}

const TYPE_NAMES = new Map<string, string>(Object.entries(ATTRIBUTE_OID).map(([name, oid]) => [oid, name]));

const TEXT_TAGS: ReadonlySet<number> = new Set([
  TAG.UTF8_STRING,
  TAG.PRINTABLE_STRING,
  TAG.TELETEX_STRING,
  TAG.IA5_STRING,
  TAG.VISIBLE_STRING,
  TAG.BMP_STRING,
  TAG.UNIVERSAL_STRING,
]);

function readRelativeName(element: DerElement): readonly Attribute[] {
  return setOf(element).map((child) => {
    const fields = fieldsOf(child);
    const oid = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
    const value = fields.next();
    fields.end();
    return { oid, type: TYPE_NAMES.get(oid) ?? oid, text: printable(value), value };
  });
}

/** Values that are not text are compared as they are encoded. */
function relativeKey(attributes: readonly Attribute[]): string {
  return attributes
    .map(({ oid, value }) => {
      if (!TEXT_TAGS.has(value.tag)) return `${oid}#${hex(value.raw)}`;
      const folded = decodeText(value).toLowerCase().trim().replace(/\s+/g, ' ');
      return `${oid}=${JSON.stringify(folded)}`;
    })
    .sort()
    .join('+');
}

/** Control characters would let a certificate write to the terminal of who reads the message. */
function printable(value: DerElement): string {
  if (!TEXT_TAGS.has(value.tag)) return `#${hex(value.raw.subarray(0, 64))}`;
  const text = decodeText(value)
    .replace(/[\p{C}\u2028\u2029]/gu, '\ufffd')
    .replace(/[\\,+]/g, '\\$&');
  return text.length > 128 ? `${text.slice(0, 128)}…` : text;
}

function decodeText({ tag, content }: DerElement): string {
  if (tag === TAG.BMP_STRING || tag === TAG.UNIVERSAL_STRING)
    return decodeUnits(content, tag === TAG.BMP_STRING ? 2 : 4);
  if (tag === TAG.TELETEX_STRING) return Array.from(content, (byte) => String.fromCharCode(byte)).join('');
  return new TextDecoder().decode(content);
}

function decodeUnits(content: Uint8Array, size: 2 | 4): string {
  let text = '';
  for (let i = 0; i + size <= content.length; i += size) {
    const unit = content.subarray(i, i + size).reduce((sum, byte) => sum * 256 + byte, 0);
    text += unit <= 0x10_ffff ? String.fromCodePoint(unit) : '\ufffd';
  }
  return text;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function relativeName(type: string, value: string): Uint8Array {
  const oid = (ATTRIBUTE_OID as Readonly<Record<string, string>>)[type];
  if (oid === undefined || value === '')
    throw new TlsConfigError('ERR_CONFIG', `not an attribute of a name: "${type}=${value}"`);
  // RFC 5280 Appendix A.1: a country is a PrintableString; domain components and addresses are IA5String.
  const tag =
    type === 'C' || type === 'serialNumber'
      ? TAG.PRINTABLE_STRING
      : type === 'DC' || type === 'emailAddress'
        ? TAG.IA5_STRING
        : TAG.UTF8_STRING;
  return encodeElement(TAG.SET, encodeSequence(encodeOid(oid), encodeText(tag, value)));
}
