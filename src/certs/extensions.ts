/**
 * The certificate extensions that a path is judged by.
 *
 * Every known extension is decoded, critical or not; a malformed one refuses the certificate. Critical ones that are not known
 * here are listed, and refuse the certificate where it is used.
 *
 * @see RFC 5280 §4.2
 * @module
 */
import { fail } from '../errors/errors.ts';
import {
  contextTag,
  type DerElement,
  decodeDer,
  fieldsOf,
  listOf,
  readBits,
  readBoolean,
  readOctets,
  readOid,
  readSmallInteger,
  TAG,
} from './der.ts';
import { EXTENSION_OID } from './oids.ts';

/** The bits of KeyUsage, from bit 0 on (§4.2.1.3). */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsageName = (typeof KEY_USAGES)[number];

/** §4.2.1.6. Texts are the bytes as characters, unchecked; addresses are 4 or 16 bytes. */
export interface SubjectAltName {
  readonly dns: readonly string[];
  readonly ip: readonly Uint8Array[];
  readonly email: readonly string[];
  /** DER of every name of another form. */
  readonly others: readonly Uint8Array[];
}

export interface CertificateExtensions {
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | null } | null;
  readonly keyUsage: readonly KeyUsageName[] | null;
  /** Object identifiers. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly subjectAltName: SubjectAltName | null;
  readonly subjectKeyIdentifier: Uint8Array | null;
  /** The keyIdentifier; null too where the extension has only issuer and serial number. */
  readonly authorityKeyIdentifier: Uint8Array | null;
  /** Limit: recognized, so that an issuer with it can be refused; its subtrees are not evaluated yet. */
  readonly nameConstraints: Uint8Array | null;
  /** Object identifiers of critical extensions that are not understood. */
  readonly unknownCritical: readonly string[];
}

export const NO_EXTENSIONS: CertificateExtensions = Object.freeze({
  basicConstraints: null,
  keyUsage: null,
  extendedKeyUsage: null,
  subjectAltName: null,
  subjectKeyIdentifier: null,
  authorityKeyIdentifier: null,
  nameConstraints: null,
  unknownCritical: [],
});

/** Reads Extensions, the SEQUENCE inside the explicit tag 3. */
export function readExtensions(element: DerElement): CertificateExtensions {
  const found = new Map<string, Uint8Array>();
  const unknownCritical: string[] = [];
  for (const child of listOf(element)) {
    const { oid, critical, value } = readExtension(child);
    // §4.2: each extension at most once.
    if (found.has(oid)) fail('ERR_CERT_DUPLICATE_EXTENSION', oid);
    found.set(oid, value);
    if (critical && !UNDERSTOOD.has(oid)) unknownCritical.push(oid);
  }

  const decode = <T>(oid: string, read: (value: DerElement) => T): T | null => {
    const value = found.get(oid);
    return value === undefined ? null : read(decodeDer(value));
  };
  return Object.freeze({
    basicConstraints: decode(EXTENSION_OID.basicConstraints, readBasicConstraints),
    keyUsage: decode(EXTENSION_OID.keyUsage, keyUsageOf),
    extendedKeyUsage: decode(EXTENSION_OID.extendedKeyUsage, (value) => listOf(value).map(readOid)),
    subjectAltName: decode(EXTENSION_OID.subjectAltName, readSubjectAltName),
    subjectKeyIdentifier: decode(EXTENSION_OID.subjectKeyIdentifier, (value) => readOctets(value)),
    authorityKeyIdentifier: decode(EXTENSION_OID.authorityKeyIdentifier, readAuthorityKeyIdentifier),
    nameConstraints: decode(EXTENSION_OID.nameConstraints, (value) => value.raw),
    unknownCritical,
  });
}

const UNDERSTOOD: ReadonlySet<string> = new Set(Object.values(EXTENSION_OID));

/** Deviation: an encoded default (critical FALSE, cA FALSE) is accepted, since real certificates have it. */
function readExtension(element: DerElement): { oid: string; critical: boolean; value: Uint8Array } {
  const fields = fieldsOf(element);
  const oid = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
  const flag = fields.optional(TAG.BOOLEAN);
  const value = readOctets(fields.next(TAG.OCTET_STRING));
  fields.end();
  return { oid, critical: flag !== null && readBoolean(flag), value };
}

function readBasicConstraints(element: DerElement): CertificateExtensions['basicConstraints'] {
  const fields = fieldsOf(element);
  const flag = fields.optional(TAG.BOOLEAN);
  const length = fields.optional(TAG.INTEGER);
  fields.end();
  const ca = flag !== null && readBoolean(flag);
  // §4.2.1.9: a length says something only of an authority.
  if (!ca && length !== null) fail('ERR_CERT_DECODE', 'pathLenConstraint without cA');
  return Object.freeze({ ca, pathLength: length === null ? null : readSmallInteger(length) });
}

/** KeyUsage (RFC 5280 §4.2.1.3) as names of its bits. */
export function keyUsageOf(element: DerElement): readonly KeyUsageName[] {
  const { bytes } = readBits(element);
  const usages = KEY_USAGES.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
  // §4.2.1.3: at least one bit is set.
  if (usages.length === 0) fail('ERR_CERT_DECODE', 'keyUsage without a usage');
  return Object.freeze(usages);
}

function readAuthorityKeyIdentifier(element: DerElement): Uint8Array | null {
  const fields = fieldsOf(element);
  const identifier = fields.optional(contextTag(0, 'primitive'));
  fields.optional(contextTag(1, 'constructed'));
  fields.optional(contextTag(2, 'primitive'));
  fields.end();
  return identifier === null ? null : identifier.content;
}

function readSubjectAltName(element: DerElement): SubjectAltName {
  const dns: string[] = [];
  const ip: Uint8Array[] = [];
  const email: string[] = [];
  const others: Uint8Array[] = [];
  for (const name of listOf(element)) {
    if (name.tag === contextTag(2, 'primitive')) dns.push(characters(name.content));
    else if (name.tag === contextTag(7, 'primitive')) ip.push(address(name.content));
    else if (name.tag === contextTag(1, 'primitive')) email.push(characters(name.content));
    else if (OTHER_NAMES.has(name.tag)) others.push(name.raw);
    else fail('ERR_CERT_DECODE', 'a general name of an unknown form');
  }
  return Object.freeze({ dns, ip, email, others });
}

/** otherName, x400Address, directoryName, ediPartyName, uniformResourceIdentifier, registeredID. */
const OTHER_NAMES: ReadonlySet<number> = new Set([0xa0, 0xa3, 0xa4, 0xa5, 0x86, 0x88]);

function address(content: Uint8Array): Uint8Array {
  // §4.2.1.6: four octets for IPv4, sixteen for IPv6.
  if (content.length !== 4 && content.length !== 16) fail('ERR_CERT_DECODE', 'an address is neither IPv4 nor IPv6');
  return content;
}

function characters(content: Uint8Array): string {
  let text = '';
  for (const byte of content) text += String.fromCharCode(byte);
  return text;
}
