/**
 * Writing the extensions of a certificate, from plain values to DER.
 *
 * Each is critical or not as RFC 5280 asks of authorities; `extraExtensions` writes whatever else, right or wrong.
 *
 * @see RFC 5280 §4.2, RFC 7633 §4.1 (TLS feature), RFC 6960 §4.2.2.2.1 (nocheck), RFC 6962 §3.3 (SCTs)
 * @module
 */
import { TlsConfigError } from '../errors/errors.ts';
import { concatenate } from '../wire/concatenate.ts';
import { contextTag } from './der.ts';
import {
  encodeBitString,
  encodeBoolean,
  encodeElement,
  encodeNull,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeText,
  encodeUnsigned,
} from './der-encode.ts';
import { encodeDistinguishedName } from './distinguished-name.ts';
import { KEY_USAGES, type KeyUsageName } from './extensions.ts';
import { parseIp } from './name-match.ts';
import { ACCESS_OID, ANY_PURPOSE_OID, EXTENSION_OID, PURPOSE_OID } from './oids.ts';

/** An extension to add, whose value is the DER inside the OCTET STRING. */
export interface ExtraExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** A GeneralName to write. `der`: one that is encoded already, its tag included. */
export type GeneralNameInput =
  | { readonly dns: string }
  | { readonly email: string }
  | { readonly uri: string }
  | { readonly ip: string }
  | { readonly directory: string }
  | { readonly der: Uint8Array };

/** The base of a subtree; an address range is "192.0.2.0/24". `minimum` and `maximum` are not written unless given. */
export type SubtreeInput = GeneralNameInput & { readonly minimum?: number; readonly maximum?: number };

/** The bits of ReasonFlags, from bit 1 on (RFC 5280 §4.2.1.13). */
export const REASON_FLAGS = [
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

export type ReasonFlag = (typeof REASON_FLAGS)[number];

/** One DistributionPoint; a text stands for `{ names: [{ uri: text }] }`. */
export interface DistributionPointInput {
  readonly names?: readonly GeneralNameInput[] | undefined;
  readonly reasons?: readonly ReasonFlag[] | undefined;
  readonly crlIssuer?: readonly GeneralNameInput[] | undefined;
}

/** A purpose by its name, or any object identifier. */
export type PurposeInput = keyof typeof PURPOSE_OID | 'any' | `${number}.${string}`;

export interface ExtensionInput {
  /** dNSNames; one with "@" is written as an rfc822Name. */
  readonly names?: readonly string[] | undefined;
  /** Address literals. */
  readonly ips?: readonly string[] | undefined;
  /** Further names of the subject, of any form. */
  readonly otherNames?: readonly GeneralNameInput[] | undefined;
  /** Makes an authority. `pathLength`: how many authorities may follow it; default: any number. */
  readonly ca?: { readonly pathLength?: number | undefined } | undefined;
  /** Default: keyCertSign and cRLSign for an authority, else digitalSignature, and keyEncipherment with RSA. Null: none written. */
  readonly keyUsage?: readonly KeyUsageName[] | null | undefined;
  /** extendedKeyUsage; default: none written, which allows any. */
  readonly purposes?: readonly PurposeInput[] | undefined;
  readonly nameConstraints?:
    | { readonly permitted?: readonly SubtreeInput[]; readonly excluded?: readonly SubtreeInput[] }
    | undefined;
  /** certificatePolicies, as object identifiers. */
  readonly policies?: readonly string[] | undefined;
  /** Pairs of object identifiers: of the issuer's domain, of the subject's. */
  readonly policyMappings?: readonly (readonly [string, string])[] | undefined;
  readonly policyConstraints?:
    | { readonly requireExplicitPolicy?: number; readonly inhibitPolicyMapping?: number }
    | undefined;
  readonly inhibitAnyPolicy?: number | undefined;
  readonly crlDistributionPoints?: readonly (string | DistributionPointInput)[] | undefined;
  /** URIs. */
  readonly authorityInfoAccess?:
    | { readonly ocsp?: readonly string[]; readonly caIssuers?: readonly string[] }
    | undefined;
  /** Numbers of TLS extensions; 5 makes a must-staple certificate. */
  readonly tlsFeatures?: readonly number[] | undefined;
  readonly ocspNoCheck?: boolean | undefined;
  /** Serialized SCTs to embed. */
  readonly signedCertificateTimestamps?: readonly Uint8Array[] | undefined;
  readonly extraExtensions?: readonly ExtraExtension[] | undefined;
}

/** Where an extension comes from that depends on keys and names. */
export interface ExtensionContext {
  /** The key can encrypt: it is one of RSA, and not for PSS alone. */
  readonly encrypts: boolean;
  readonly emptySubject: boolean;
  readonly subjectKeyIdentifier: Uint8Array;
  readonly authorityKeyIdentifier: Uint8Array | null;
}

/** The extensions in the order of the fields, each one's DER. */
export function encodeExtensions(input: ExtensionInput, context: ExtensionContext): readonly Uint8Array[] {
  const { ca } = input;
  const keyUsage = input.keyUsage === undefined ? (ca ? CA_KEY_USAGE : leafKeyUsage(context.encrypts)) : input.keyUsage;
  const names = [
    ...(input.names ?? []).map((name) =>
      encodeGeneralName(name.includes('@') ? { email: name } : { dns: notEmpty(name) }),
    ),
    ...(input.ips ?? []).map((ip) => encodeGeneralName({ ip })),
    ...(input.otherNames ?? []).map((name) => encodeGeneralName(name)),
  ];
  const keyId = context.authorityKeyIdentifier;
  return [
    encodeExtension(EXTENSION_OID.basicConstraints, true, basicConstraints(ca)),
    ...(keyUsage === null ? [] : [encodeExtension(EXTENSION_OID.keyUsage, true, keyUsageBits(keyUsage))]),
    ...given(input.purposes, EXTENSION_OID.extendedKeyUsage, false, (list) =>
      encodeSequence(...list.map((purpose) => encodeOid(purposeOid(purpose)))),
    ),
    // §4.2.1.6: critical where it is all that names the subject.
    ...(names.length === 0
      ? []
      : [encodeExtension(EXTENSION_OID.subjectAltName, context.emptySubject, encodeSequence(...names))]),
    encodeExtension(EXTENSION_OID.subjectKeyIdentifier, false, encodeOctets(context.subjectKeyIdentifier)),
    ...(keyId === null
      ? []
      : [encodeExtension(EXTENSION_OID.authorityKeyIdentifier, false, encodeKeyIdentifier(keyId))]),
    ...constraintExtensions(input),
    ...given(input.crlDistributionPoints, EXTENSION_OID.crlDistributionPoints, false, (points) =>
      encodeSequence(...points.map(distributionPoint)),
    ),
    ...given(input.authorityInfoAccess, EXTENSION_OID.authorityInfoAccess, false, ({ ocsp = [], caIssuers = [] }) =>
      encodeSequence(
        ...ocsp.map((uri) => encodeSequence(encodeOid(ACCESS_OID.ocsp), encodeGeneralName({ uri }))),
        ...caIssuers.map((uri) => encodeSequence(encodeOid(ACCESS_OID.caIssuers), encodeGeneralName({ uri }))),
      ),
    ),
    ...given(input.tlsFeatures, EXTENSION_OID.tlsFeature, false, (features) =>
      encodeSequence(...features.map(encodeUnsigned)),
    ),
    ...given(input.ocspNoCheck === true ? true : undefined, EXTENSION_OID.ocspNoCheck, false, encodeNull),
    ...given(input.signedCertificateTimestamps, EXTENSION_OID.signedCertificateTimestamps, false, (timestamps) =>
      encodeOctets(encodeTimestampList(timestamps)),
    ),
    ...(input.extraExtensions ?? []).map(({ oid, critical, value }) => encodeExtension(oid, critical, value)),
  ];
}

/** One Extension: `critical` is written only where it is true (X.690 §11.5). */
export function encodeExtension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return encodeSequence(encodeOid(oid), ...(critical ? [encodeBoolean(true)] : []), encodeOctets(value));
}

/** One GeneralName. Throws TlsConfigError ERR_CONFIG for a text that cannot be one. */
export function encodeGeneralName(name: GeneralNameInput): Uint8Array {
  if ('der' in name) return name.der;
  if ('email' in name) return encodeText(contextTag(1, 'primitive'), ascii(name.email));
  if ('dns' in name) return encodeText(contextTag(2, 'primitive'), ascii(name.dns));
  if ('uri' in name) return encodeText(contextTag(6, 'primitive'), ascii(name.uri));
  if ('ip' in name) return encodeElement(contextTag(7, 'primitive'), addressOf(name.ip));
  return encodeElement(contextTag(4, 'constructed'), encodeDistinguishedName(name.directory));
}

/** ReasonFlags as a BIT STRING; bit 0 is unused. */
export function encodeReasons(reasons: readonly ReasonFlag[]): Uint8Array {
  return encodeNamedBits(reasons.map((reason) => REASON_FLAGS.indexOf(reason) + 1));
}

/** AuthorityKeyIdentifier with a keyIdentifier alone. */
export function encodeKeyIdentifier(identifier: Uint8Array): Uint8Array {
  return encodeSequence(encodeElement(contextTag(0, 'primitive'), identifier));
}

/** SignedCertificateTimestampList, RFC 6962 §3.3. */
export function encodeTimestampList(timestamps: readonly Uint8Array[]): Uint8Array {
  const entries = timestamps.flatMap((timestamp) => [lengthPrefix(timestamp), timestamp]);
  const list = concatenate(entries);
  return concatenate([lengthPrefix(list), list]);
}

const CA_KEY_USAGE: readonly KeyUsageName[] = ['keyCertSign', 'cRLSign'];
/** RFC 5246 §7.4.2: a key of RSA serves static RSA too. */
function leafKeyUsage(encrypts: boolean): readonly KeyUsageName[] {
  return encrypts ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'];
}

/** No extension without a value. */
function given<T>(
  value: T | undefined,
  oid: string,
  critical: boolean,
  encode: (value: T) => Uint8Array,
): readonly Uint8Array[] {
  return value === undefined ? [] : [encodeExtension(oid, critical, encode(value))];
}

/** What an authority binds those below it to. */
function constraintExtensions(input: ExtensionInput): readonly Uint8Array[] {
  return [
    ...given(input.nameConstraints, EXTENSION_OID.nameConstraints, true, ({ permitted, excluded }) =>
      encodeSequence(...subtrees(0, permitted), ...subtrees(1, excluded)),
    ),
    ...given(input.policies, EXTENSION_OID.certificatePolicies, false, (policies) =>
      encodeSequence(...policies.map((oid) => encodeSequence(encodeOid(oid)))),
    ),
    ...given(input.policyMappings, EXTENSION_OID.policyMappings, true, (mappings) =>
      encodeSequence(...mappings.map((pair) => encodeSequence(...pair.map(encodeOid)))),
    ),
    ...given(input.policyConstraints, EXTENSION_OID.policyConstraints, true, (constraints) =>
      encodeSequence(
        ...skipCount(0, constraints.requireExplicitPolicy),
        ...skipCount(1, constraints.inhibitPolicyMapping),
      ),
    ),
    ...given(input.inhibitAnyPolicy, EXTENSION_OID.inhibitAnyPolicy, true, encodeUnsigned),
  ];
}

function subtrees(tag: number, list: readonly SubtreeInput[] | undefined): readonly Uint8Array[] {
  if (list === undefined) return [];
  const encoded = list.map((subtree) =>
    encodeSequence(encodeGeneralName(subtree), ...skipCount(0, subtree.minimum), ...skipCount(1, subtree.maximum)),
  );
  return [encodeElement(contextTag(tag, 'constructed'), ...encoded)];
}

/** An INTEGER with an implicit tag. */
function skipCount(tag: number, count: number | undefined): readonly Uint8Array[] {
  if (count === undefined) return [];
  const integer = encodeUnsigned(count);
  integer[0] = contextTag(tag, 'primitive');
  return [integer];
}

function distributionPoint(point: string | DistributionPointInput): Uint8Array {
  const { names, reasons, crlIssuer } = typeof point === 'string' ? { names: [{ uri: point }] } : point;
  return encodeSequence(
    ...(names === undefined ? [] : [encodeDistributionPointName(names)]),
    ...(reasons === undefined ? [] : [retagged(encodeReasons(reasons), contextTag(1, 'primitive'))]),
    ...(crlIssuer === undefined
      ? []
      : [encodeElement(contextTag(2, 'constructed'), ...crlIssuer.map(encodeGeneralName))]),
  );
}

/** DistributionPointName with a fullName, in the tag 0 that both structures with one give it. */
export function encodeDistributionPointName(names: readonly GeneralNameInput[]): Uint8Array {
  const fullName = encodeElement(contextTag(0, 'constructed'), ...names.map(encodeGeneralName));
  return encodeElement(contextTag(0, 'constructed'), fullName);
}

/** The same element under an implicit tag. */
export function retagged(element: Uint8Array, tag: number): Uint8Array {
  const copy = element.slice();
  copy[0] = tag;
  return copy;
}

function basicConstraints(ca: ExtensionInput['ca']): Uint8Array {
  if (ca === undefined) return encodeSequence();
  const length = ca.pathLength === undefined ? [] : [encodeUnsigned(ca.pathLength)];
  return encodeSequence(encodeBoolean(true), ...length);
}

function keyUsageBits(usages: readonly KeyUsageName[]): Uint8Array {
  return encodeNamedBits(usages.map((usage) => KEY_USAGES.indexOf(usage)));
}

/** X.690 §11.2.2: zero bits at the end of a list of named bits are not written. */
function encodeNamedBits(positions: readonly number[]): Uint8Array {
  const last = Math.max(...positions);
  const bytes = new Uint8Array((last >> 3) + 1);
  for (const bit of positions) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return encodeBitString(bytes, 7 - (last & 7));
}

function purposeOid(purpose: PurposeInput): string {
  if (purpose === 'any') return ANY_PURPOSE_OID;
  return (PURPOSE_OID as Readonly<Record<string, string>>)[purpose] ?? purpose;
}

function notEmpty(name: string): string {
  if (name === '') throw new TlsConfigError('ERR_CONFIG', 'an empty name');
  return name;
}

function ascii(text: string): string {
  // A constraint's base may be empty, and one on domains may begin with a dot.
  if (!/^[\x21-\x7e]*$/.test(text)) throw new TlsConfigError('ERR_CONFIG', `not an ASCII name: "${text}"`);
  return text;
}

/** An address, or a range as address and mask. */
function addressOf(text: string): Uint8Array {
  const [literal = '', prefix] = text.split('/');
  const address = parseIp(literal);
  const bits = prefix === undefined ? 0 : Number(prefix);
  if (address === null || !Number.isInteger(bits) || bits < 0 || bits > address.length * 8) {
    throw new TlsConfigError('ERR_CONFIG', `not an address: "${text}"`);
  }
  if (prefix === undefined) return address;
  const mask = address.map((_, index) => 0xff & ~(0xff >> Math.min(Math.max(bits - index * 8, 0), 8)));
  return concatenate([address.map((byte, index) => byte & (mask[index] ?? 0)), mask]);
}

function lengthPrefix(bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(bytes.length >> 8, bytes.length & 0xff);
}
