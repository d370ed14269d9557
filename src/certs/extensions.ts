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
import type { DistinguishedName } from './distinguished-name.ts';
import { readGeneralName, readGeneralNames } from './general-name.ts';
import { type NameConstraints, readNameConstraints } from './general-subtree.ts';
import { EXTENSION_OID } from './oids.ts';
import {
  type PolicyConstraints,
  type PolicyMapping,
  readCertificatePolicies,
  readInhibitAnyPolicy,
  readPolicyConstraints,
  readPolicyMappings,
} from './policy-extensions.ts';

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

/** §4.2.1.6. Texts are ASCII and otherwise unchecked; addresses are 4 or 16 bytes. */
export interface SubjectAltName {
  readonly dns: readonly string[];
  readonly ip: readonly Uint8Array[];
  readonly email: readonly string[];
  readonly uri: readonly string[];
  readonly directoryNames: readonly DistinguishedName[];
  /** Names of other forms: otherName, x400Address, ediPartyName, registeredID. */
  readonly others: readonly { readonly tag: number; readonly der: Uint8Array }[];
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
  readonly nameConstraints: NameConstraints | null;
  /** Object identifiers; anyPolicy may be among them. */
  readonly certificatePolicies: readonly string[] | null;
  readonly policyMappings: readonly PolicyMapping[] | null;
  readonly policyConstraints: PolicyConstraints | null;
  /** How many certificates further on anyPolicy still counts. */
  readonly inhibitAnyPolicy: number | null;
  /** DER, as the extension holds it. */
  readonly crlDistributionPoints: Uint8Array | null;
  /** DER, as the extension holds it. */
  readonly authorityInfoAccess: Uint8Array | null;
  /** Numbers of TLS extensions that the server promises to answer (RFC 7633); 5 is status_request: must-staple. */
  readonly tlsFeatures: readonly number[] | null;
  /** SignedCertificateTimestampList (RFC 6962 §3.3), as serialized there. */
  readonly signedCertificateTimestamps: Uint8Array | null;
  /** id-pkix-ocsp-nocheck (RFC 6960 §4.2.2.2.1). */
  readonly ocspNoCheck: boolean;
  /** Object identifiers of all extensions. */
  readonly present: ReadonlySet<string>;
  /** Object identifiers of the critical ones. */
  readonly critical: ReadonlySet<string>;
  /** Object identifiers of critical extensions that are not understood. */
  readonly unknownCritical: readonly string[];
}

/** Reads Extensions, the SEQUENCE inside the explicit tag 3. */
export function readExtensions(element: DerElement): CertificateExtensions {
  const found = new Map<string, Uint8Array>();
  const critical = new Set<string>();
  for (const child of listOf(element)) {
    const extension = readExtension(child);
    // §4.2: each extension at most once.
    if (found.has(extension.oid)) fail('ERR_CERT_DUPLICATE_EXTENSION', extension.oid);
    found.set(extension.oid, extension.value);
    if (extension.critical) critical.add(extension.oid);
  }
  return extensionsFrom(found, critical);
}

function extensionsFrom(found: ReadonlyMap<string, Uint8Array>, critical: ReadonlySet<string>): CertificateExtensions {
  const decode = <T>(oid: string, read: (value: DerElement) => T): T | null => {
    const value = found.get(oid);
    return value === undefined ? null : read(decodeDer(value));
  };
  return Object.freeze({
    basicConstraints: decode(EXTENSION_OID.basicConstraints, readBasicConstraints),
    keyUsage: decode(EXTENSION_OID.keyUsage, keyUsageOf),
    extendedKeyUsage: decode(EXTENSION_OID.extendedKeyUsage, (value) =>
      listOf(value).map((purpose) => readOid(purpose)),
    ),
    subjectAltName: decode(EXTENSION_OID.subjectAltName, readSubjectAltName),
    subjectKeyIdentifier: decode(EXTENSION_OID.subjectKeyIdentifier, (value) => readOctets(value)),
    authorityKeyIdentifier: decode(EXTENSION_OID.authorityKeyIdentifier, readAuthorityKeyIdentifier),
    nameConstraints: decode(EXTENSION_OID.nameConstraints, readNameConstraints),
    certificatePolicies: decode(EXTENSION_OID.certificatePolicies, readCertificatePolicies),
    policyMappings: decode(EXTENSION_OID.policyMappings, readPolicyMappings),
    policyConstraints: decode(EXTENSION_OID.policyConstraints, readPolicyConstraints),
    inhibitAnyPolicy: decode(EXTENSION_OID.inhibitAnyPolicy, readInhibitAnyPolicy),
    crlDistributionPoints: decode(EXTENSION_OID.crlDistributionPoints, (value) => listOf(value) && value.raw),
    authorityInfoAccess: decode(EXTENSION_OID.authorityInfoAccess, checkAuthorityInfoAccess),
    tlsFeatures: decode(EXTENSION_OID.tlsFeature, (value) =>
      Object.freeze(listOf(value).map((number) => readSmallInteger(number))),
    ),
    // RFC 6962 §3.3: an OCTET STRING inside the OCTET STRING.
    signedCertificateTimestamps: decode(EXTENSION_OID.signedCertificateTimestamps, (value) => readOctets(value)),
    ocspNoCheck: found.has(EXTENSION_OID.ocspNoCheck),
    present: new Set(found.keys()),
    critical,
    unknownCritical: Object.freeze([...critical].filter((oid) => !UNDERSTOOD.has(oid))),
  });
}

/** Those that are decoded here; whether one of them may be critical is the path validator's to say. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  EXTENSION_OID.subjectKeyIdentifier,
  EXTENSION_OID.keyUsage,
  EXTENSION_OID.subjectAltName,
  EXTENSION_OID.basicConstraints,
  EXTENSION_OID.nameConstraints,
  EXTENSION_OID.crlDistributionPoints,
  EXTENSION_OID.certificatePolicies,
  EXTENSION_OID.policyMappings,
  EXTENSION_OID.authorityKeyIdentifier,
  EXTENSION_OID.policyConstraints,
  EXTENSION_OID.extendedKeyUsage,
  EXTENSION_OID.inhibitAnyPolicy,
  EXTENSION_OID.noRevAvail,
  EXTENSION_OID.authorityInfoAccess,
  EXTENSION_OID.tlsFeature,
]);

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
  return Object.freeze({ ca, pathLength: length === null ? null : readSmallInteger(length) });
}

/** KeyUsage (RFC 5280 §4.2.1.3) as names of its bits. */
export function keyUsageOf(element: DerElement): readonly KeyUsageName[] {
  // Deviation from X.690 §11.2.2: zero bits at the end are accepted, since two roots of Mozilla's list have them.
  const { bytes } = readBits(element);
  const usages = KEY_USAGES.filter((_, bit) => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
  // §4.2.1.3: at least one bit is set.
  if (usages.length === 0) fail('ERR_CERT_DECODE', 'keyUsage without a usage');
  return Object.freeze(usages);
}

function readAuthorityKeyIdentifier(element: DerElement): Uint8Array | null {
  const fields = fieldsOf(element);
  const identifier = fields.optional(contextTag(0, 'primitive'));
  const issuer = fields.optional(contextTag(1, 'constructed'));
  const serial = fields.optional(contextTag(2, 'primitive'));
  fields.end();
  if (issuer !== null) readGeneralNames(issuer, issuer.tag);
  // §4.2.1.1: issuer and serial number name a certificate together or not at all.
  if ((issuer === null) !== (serial === null)) fail('ERR_CERT_DECODE', 'half an authorityKeyIdentifier');
  return identifier === null ? null : identifier.content;
}

/** §4.2.2.1. Nothing is fetched, so that the form is all that is looked at. */
function checkAuthorityInfoAccess(element: DerElement): Uint8Array {
  for (const description of listOf(element)) {
    const fields = fieldsOf(description);
    readOid(fields.next());
    readGeneralName(fields.next());
    fields.end();
  }
  return element.raw;
}

function readSubjectAltName(element: DerElement): SubjectAltName {
  const dns: string[] = [];
  const ip: Uint8Array[] = [];
  const email: string[] = [];
  const uri: string[] = [];
  const directoryNames: DistinguishedName[] = [];
  const others: { readonly tag: number; readonly der: Uint8Array }[] = [];
  const texts = { dns, email, uri };
  for (const name of readGeneralNames(element)) {
    if (name.kind === 'ip') ip.push(name.bytes);
    else if (name.kind === 'directory') directoryNames.push(name.name);
    else if (name.kind === 'other') others.push({ tag: name.tag, der: name.der });
    else texts[name.kind].push(name.text);
  }
  for (const list of [dns, ip, email, uri, directoryNames, others]) Object.freeze(list);
  return Object.freeze({ dns, ip, email, uri, directoryNames, others });
}

export const NO_EXTENSIONS: CertificateExtensions = extensionsFrom(new Map(), new Set());
