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
import type { CurveName, Sha2Name, SignatureAlgorithm } from '../params/algorithms.ts';
import { type Certificate, decodeCertificate } from './certificate.ts';
import { contextTag, copyOf } from './der.ts';
import { encodeBitString, encodeElement, encodeSequence, encodeTime, encodeUnsigned } from './der-encode.ts';
import { encodeDistinguishedName } from './distinguished-name.ts';
import { type ExtensionInput, encodeExtensions } from './issue-extensions.ts';
import { encodePublicKey, isScalarInRange, publicKeyBits } from './keys.ts';
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

/** What a certificate says. Beside its extensions: names, keys and times. */
export interface IssueInput extends ExtensionInput {
  /** "CN=Example, O=Test", or only the common name. Empty: no subject, and a critical subjectAltName. */
  readonly subject: string;
  /** `certificate: null` makes a self-signed certificate: the key then belongs to `publicKey`. */
  readonly issuer: { readonly certificate: Certificate | null; readonly key: PrivateKey };
  readonly publicKey: PublicKey;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Big-endian; default: sixteen random bytes. */
  readonly serial?: Uint8Array | undefined;
  readonly random: Random;
  readonly crypto?: CryptoProvider | undefined;
  /** Default: the hash as strong as the key. Not for Ed25519 and Ed448. */
  readonly signatureHash?: Sha2Name | undefined;
}

/** Makes and signs a certificate, and returns its DER. Throws TlsConfigError ERR_CONFIG for a name that cannot be written. */
export function issueCertificate(input: IssueInput): Uint8Array {
  const { issuer, random } = input;
  const algorithm = signatureAlgorithmFor(issuer.key, input.signatureHash);
  const subject = encodeDistinguishedName(input.subject);
  const extensions = encodeExtensions(input, {
    encrypts: input.publicKey.kind === 'rsa' && !input.publicKey.pss,
    emptySubject: input.subject === '',
    subjectKeyIdentifier: keyIdentifier(input.publicKey, input.crypto),
    authorityKeyIdentifier: issuer.certificate?.extensions.subjectKeyIdentifier ?? null,
  });
  const tbs = encodeSequence(
    encodeElement(contextTag(0, 'constructed'), encodeUnsigned(2)),
    encodeUnsigned(input.serial ?? freshSerial(random)),
    encodeSignatureAlgorithm(algorithm),
    issuer.certificate === null ? subject : issuer.certificate.subject.der,
    encodeSequence(encodeTime(input.notBefore), encodeTime(input.notAfter)),
    subject,
    encodePublicKey(input.publicKey),
    encodeElement(contextTag(3, 'constructed'), encodeSequence(...extensions)),
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
