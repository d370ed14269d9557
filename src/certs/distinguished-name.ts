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

/** Reads a Name. The texts are made when they are asked for, since most names of most certificates never are. */
export function readDistinguishedName(element: DerElement): DistinguishedName {
  expectTag(element, TAG.SEQUENCE);
  const parts = element.children.map(readRelativeName);
  let name: string | null = null;
  let key: string | null = null;
  return Object.freeze({
    der: element.raw,
    get name() {
      name ??= parts
        .map((part) => part.map(({ oid, value }) => `${typeName(oid)}=${printable(value)}`).join('+'))
        .join(', ');
      return name;
    },
    get key() {
      key ??= parts.map(relativeKey).join(',');
      return key;
    },
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
  readonly value: DerElement;
}

const TYPE_NAMES = new Map<string, string>(Object.entries(ATTRIBUTE_OID).map(([name, oid]) => [oid, name]));

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readRelativeName(element: DerElement): readonly Attribute[] {
  return setOf(element).map((child) => {
    const fields = fieldsOf(child);
    const oid = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
    const value = fields.next();
    fields.end();
    return { oid, value };
  });
}

/** Values that are not text are compared as they are encoded. */
function relativeKey(attributes: readonly Attribute[]): string {
  const keys = attributes.map(({ oid, value }) => {
    const text = decodeText(value);
    return text === null ? `${oid}#${hex(value.raw)}` : `${oid}=${JSON.stringify(folded(text))}`;
  });
  return keys.length === 1 ? (keys[0] ?? '') : keys.sort().join('+');
}

/** §7.1, after RFC 4518 §2: case, compatibility forms and runs of spaces do not count. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ');
}

function typeName(oid: string): string {
  return TYPE_NAMES.get(oid) ?? oid;
}

/** Control characters would let a certificate write to the terminal of who reads the message. */
function printable(value: DerElement): string {
  const text = decodeText(value);
  if (text === null) return `#${hex(value.raw.subarray(0, 64))}`;
  const shown = text.replace(/[\p{C}\u2028\u2029]/gu, '\ufffd').replace(/[\\,+]/g, '\\$&');
  return shown.length > 128 ? `${shown.slice(0, 128)}…` : shown;
}

/** The characters of a string, or null for a value of another type or one that is not well-formed. */
function decodeText({ tag, content }: DerElement): string | null {
  if (content.length > MAX_TEXT_BYTES) return null;
  switch (tag) {
    case TAG.UTF8_STRING:
      return decodeUtf8(content);
    case TAG.PRINTABLE_STRING:
    case TAG.IA5_STRING:
    case TAG.VISIBLE_STRING:
    case TAG.TELETEX_STRING:
      // Real certificates hold Latin-1 in a TeletexString; the others are ASCII.
      return String.fromCharCode(...content);
    case TAG.BMP_STRING:
      return decodeUnits(content, 2);
    case TAG.UNIVERSAL_STRING:
      return decodeUnits(content, 4);
    default:
      return null;
  }
}

/** Limit: a longer one is compared as it is encoded. */
const MAX_TEXT_BYTES = 0x1000;

function decodeUtf8(content: Uint8Array): string | null {
  try {
    return UTF_8.decode(content);
  } catch {
    return null;
  }
}

function decodeUnits(content: Uint8Array, size: 2 | 4): string | null {
  if (content.length % size !== 0) return null;
  let text = '';
  for (let i = 0; i < content.length; i += size) {
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
