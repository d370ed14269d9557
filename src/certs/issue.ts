/**
 * Making keys and certificates: a small authority for development, tests and private networks.
 *
 * What is issued keeps to RFC 5280's rules for authorities unless a field is set to break them, as tests do.
 *
 * @see RFC 5280 §4.1, §4.2; RFC 7093 §2 (key identifiers)
 * @module
 */
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { CryptoProvider, PrivateKey, PublicKey, Random } from '../crypto/provider.ts';
import { TlsConfigError } from '../errors/errors.ts';
import type { CurveName, Sha2Name, SignatureAlgorithm } from '../params/algorithms.ts';
import { type Certificate, decodeCertificate } from './certificate.ts';
import { contextTag, copyOf } from './der.ts';
import {
  encodeBitString,
  encodeBoolean,
  encodeElement,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeText,
  encodeTime,
  encodeUnsigned,
} from './der-encode.ts';
import { encodeDistinguishedName } from './distinguished-name.ts';
import { KEY_USAGES, type KeyUsageName } from './extensions.ts';
import { encodePublicKey, isScalarInRange, publicKeyBits } from './keys.ts';
import { parseIp } from './name-match.ts';
import { EXTENSION_OID, PURPOSE_OID } from './oids.ts';
import { FIELD_LENGTH } from './public-key.ts';
import { generateRsaKey } from './rsa-key.ts';
import { encodeSignatureAlgorithm } from './signature-algorithm.ts';

export const KEY_KINDS = ['p256', 'p384', 'p521', 'ed25519', 'ed448', 'rsa2048', 'rsa-pss2048'] as const;

export type KeyKind = (typeof KEY_KINDS)[number];

/** A fresh private key. RSA takes a second or so. */
export function generatePrivateKey(kind: KeyKind, random: Random): PrivateKey {
  switch (kind) {
    case 'p256':
      return generateEcKey('secp256r1', random);
    case 'p384':
      return generateEcKey('secp384r1', random);
    case 'p521':
      return generateEcKey('secp521r1', random);
    case 'ed25519':
      return { kind: 'ed25519', seed: copyOf(random(32)) };
    case 'ed448':
      return { kind: 'ed448', seed: copyOf(random(57)) };
    case 'rsa2048':
      return generateRsaKey(2048, false, random);
    case 'rsa-pss2048':
      return generateRsaKey(2048, true, random);
  }
}

/** An extension to add, whose value is the DER inside the OCTET STRING. */
export interface ExtraExtension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

export interface IssueInput {
  /** "CN=Example, O=Test", or only the common name. Empty: no subject, and a critical subjectAltName. */
  readonly subject: string;
  /** `certificate: null` makes a self-signed certificate: the key then belongs to `publicKey`. */
  readonly issuer: { readonly certificate: Certificate | null; readonly key: PrivateKey };
  readonly publicKey: PublicKey;
  /** dNSNames; one with "@" is written as an rfc822Name. */
  readonly names?: readonly string[] | undefined;
  /** Address literals. */
  readonly ips?: readonly string[] | undefined;
  /** Makes an authority. `pathLength`: how many authorities may follow it; default: any number. */
  readonly ca?: { readonly pathLength?: number | undefined } | undefined;
  /** extendedKeyUsage; default: none written, which allows any. */
  readonly purposes?: readonly ('serverAuth' | 'clientAuth')[] | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Big-endian; default: sixteen random bytes. */
  readonly serial?: Uint8Array | undefined;
  readonly random: Random;
  readonly crypto?: CryptoProvider | undefined;
  /** Default: the hash as strong as the key. Not for Ed25519 and Ed448. */
  readonly signatureHash?: Sha2Name | undefined;
  /** Default: keyCertSign and cRLSign for an authority, else digitalSignature. Null: none written. */
  readonly keyUsage?: readonly KeyUsageName[] | null | undefined;
  readonly extraExtensions?: readonly ExtraExtension[] | undefined;
}

/** Makes and signs a certificate, and returns its DER. Throws TlsConfigError ERR_CONFIG for a name that cannot be written. */
export function issueCertificate(input: IssueInput): Uint8Array {
  const { issuer, random } = input;
  const algorithm = signatureAlgorithmFor(issuer.key, input.signatureHash);
  const subject = encodeDistinguishedName(input.subject);
  const tbs = encodeSequence(
    encodeElement(contextTag(0, 'constructed'), encodeUnsigned(2)),
    encodeUnsigned(input.serial ?? freshSerial(random)),
    encodeSignatureAlgorithm(algorithm),
    issuer.certificate === null ? subject : issuer.certificate.subject.der,
    encodeSequence(encodeTime(input.notBefore), encodeTime(input.notAfter)),
    subject,
    encodePublicKey(input.publicKey),
    encodeElement(contextTag(3, 'constructed'), encodeSequence(...extensionsOf(input))),
  );
  return signCertificate(tbs, algorithm, issuer.key, random, input.crypto);
}

/** Signs a finished TBSCertificate whose `signature` field says `algorithm`. */
export function signCertificate(
  tbs: Uint8Array,
  algorithm: SignatureAlgorithm,
  key: PrivateKey,
  random: Random,
  crypto: CryptoProvider = nobleProvider,
): Uint8Array {
  const signature = crypto.sign(algorithm, key, tbs, random);
  return encodeSequence(tbs, encodeSignatureAlgorithm(algorithm), encodeBitString(signature));
}

/** A certificate with the key it belongs to. */
export interface Authority {
  readonly certificate: Certificate;
  readonly key: PrivateKey;
}

/** A self-signed authority, valid from an hour before `now` for `days` (default 3650). */
export function createAuthority(input: {
  readonly name: string;
  readonly kind?: KeyKind | undefined;
  readonly now: Date;
  readonly days?: number | undefined;
  readonly random: Random;
  readonly crypto?: CryptoProvider | undefined;
}): Authority {
  const { name, now, random, crypto = nobleProvider } = input;
  const key = generatePrivateKey(input.kind ?? 'p256', random);
  const der = issueCertificate({
    subject: name,
    issuer: { certificate: null, key },
    publicKey: crypto.publicKey(key),
    ca: {},
    ...validityFrom(now, input.days ?? 3650),
    random,
    crypto,
  });
  return { certificate: decodeCertificate(der), key };
}

/** From an hour before `now`, since clocks differ, to `days` after it. */
export function validityFrom(now: Date, days: number): { readonly notBefore: Date; readonly notAfter: Date } {
  return { notBefore: new Date(now.getTime() - 3_600_000), notAfter: new Date(now.getTime() + days * 86_400_000) };
}

/** The algorithm that a key signs certificates with. RSA signs with PKCS#1 v1.5 unless it is an RSASSA-PSS key. */
export function signatureAlgorithmFor(key: PrivateKey, hash?: Sha2Name): SignatureAlgorithm {
  switch (key.kind) {
    case 'ed25519':
    case 'ed448':
      return { kind: key.kind };
    case 'ec':
      return { kind: 'ecdsa', hash: hash ?? CURVE_HASH[key.curve] };
    case 'rsa': {
      if (!key.pss) return { kind: 'rsa-pkcs1', hash: hash ?? 'sha256' };
      const chosen = hash ?? key.pssParameters?.hash ?? 'sha256';
      return { kind: 'rsa-pss', hash: chosen, saltLength: key.pssParameters?.saltLength ?? PSS_SALT[chosen] };
    }
  }
}

const CURVE_HASH: Readonly<Record<CurveName, Sha2Name>> = {
  secp256r1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
};

/** RFC 4055 §3.1: as long as the hash, which is also what TLS asks of its own signatures. */
const PSS_SALT: Readonly<Record<Sha2Name, number>> = { sha256: 32, sha384: 48, sha512: 64 };

function generateEcKey(curve: CurveName, random: Random): PrivateKey {
  const length = FIELD_LENGTH[curve];
  for (;;) {
    // FIPS 186-5 A.2.2: rejection sampling; a scalar outside 1 … n - 1 is drawn again.
    const scalar = copyOf(random(length));
    if (curve === 'secp521r1') scalar[0] = (scalar[0] ?? 0) & 0x01;
    if (isScalarInRange(curve, scalar)) return { kind: 'ec', curve, scalar };
  }
}

function extensionsOf(input: IssueInput): readonly Uint8Array[] {
  const { ca, purposes, issuer } = input;
  const subjectKeyId = keyIdentifier(input.publicKey, input.crypto);
  const issuerKeyId = issuer.certificate?.extensions.subjectKeyIdentifier ?? null;
  const keyUsage = input.keyUsage === undefined ? (ca ? CA_KEY_USAGE : LEAF_KEY_USAGE) : input.keyUsage;
  const list = [extension(EXTENSION_OID.basicConstraints, true, basicConstraints(ca))];
  if (keyUsage !== null) list.push(extension(EXTENSION_OID.keyUsage, true, keyUsageBits(keyUsage)));
  if (purposes !== undefined) {
    const oids = purposes.map((purpose) => encodeOid(PURPOSE_OID[purpose]));
    list.push(extension(EXTENSION_OID.extendedKeyUsage, false, encodeSequence(...oids)));
  }
  const names = [...(input.names ?? []).map(encodeName), ...(input.ips ?? []).map(encodeIp)];
  // RFC 5280 §4.2.1.6: critical where it is all that names the subject.
  if (names.length > 0) {
    list.push(extension(EXTENSION_OID.subjectAltName, input.subject === '', encodeSequence(...names)));
  }
  list.push(extension(EXTENSION_OID.subjectKeyIdentifier, false, encodeOctets(subjectKeyId)));
  if (issuerKeyId !== null) {
    const identifier = encodeElement(contextTag(0, 'primitive'), issuerKeyId);
    list.push(extension(EXTENSION_OID.authorityKeyIdentifier, false, encodeSequence(identifier)));
  }
  for (const { oid, critical, value } of input.extraExtensions ?? []) list.push(extension(oid, critical, value));
  return list;
}

const CA_KEY_USAGE: readonly KeyUsageName[] = ['keyCertSign', 'cRLSign'];
const LEAF_KEY_USAGE: readonly KeyUsageName[] = ['digitalSignature'];

function extension(oid: string, critical: boolean, value: Uint8Array): Uint8Array {
  return encodeSequence(encodeOid(oid), ...(critical ? [encodeBoolean(true)] : []), encodeOctets(value));
}

function basicConstraints(ca: IssueInput['ca']): Uint8Array {
  if (ca === undefined) return encodeSequence();
  const length = ca.pathLength === undefined ? [] : [encodeUnsigned(ca.pathLength)];
  return encodeSequence(encodeBoolean(true), ...length);
}

/** X.690 §11.2.2: zero bits at the end of a list of named bits are not written. */
function keyUsageBits(usages: readonly KeyUsageName[]): Uint8Array {
  const positions = usages.map((usage) => KEY_USAGES.indexOf(usage));
  const last = Math.max(...positions);
  const bytes = new Uint8Array((last >> 3) + 1);
  for (const bit of positions) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return encodeBitString(bytes, 7 - (last & 7));
}

function encodeName(name: string): Uint8Array {
  if (name === '' || !/^[\x21-\x7e]+$/.test(name))
    throw new TlsConfigError('ERR_CONFIG', `not an ASCII name: "${name}"`);
  return encodeText(contextTag(name.includes('@') ? 1 : 2, 'primitive'), name);
}

function encodeIp(text: string): Uint8Array {
  const address = parseIp(text);
  if (address === null) throw new TlsConfigError('ERR_CONFIG', `not an address: "${text}"`);
  return encodeElement(contextTag(7, 'primitive'), address);
}

/** RFC 7093 §2: the first 160 bits of SHA-256 over the key's bits. */
function keyIdentifier(key: PublicKey, crypto: CryptoProvider = nobleProvider): Uint8Array {
  const hash = crypto.hash('sha256');
  hash.update(publicKeyBits(key));
  return hash.digest().slice(0, 20);
}

/** RFC 5280 §4.1.2.2: positive, at most twenty octets, and not to be guessed. */
function freshSerial(random: Random): Uint8Array {
  const serial = copyOf(random(16));
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}
