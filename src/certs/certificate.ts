/**
 * A certificate as the rest of the library sees it: decoded once, frozen, with the exact bytes that were signed.
 *
 * Decoding judges the form only. Whether a certificate may be used is the path validator's question.
 *
 * @see RFC 5280 §4.1
 * @module
 */
import type { PublicKey } from '../crypto/provider.ts';
import { fail } from '../errors/errors.ts';
import type { SignatureAlgorithm } from '../params/algorithms.ts';
import {
  contextTag,
  type DerElement,
  decodeDerCopy,
  fieldsOf,
  readBitStringBytes,
  readSmallInteger,
  readTime,
  TAG,
} from './der.ts';
import { type DistinguishedName, readDistinguishedName } from './distinguished-name.ts';
import { type CertificateExtensions, NO_EXTENSIONS, readExtensions } from './extensions.ts';
import { readSubjectPublicKeyInfo } from './public-key.ts';
import { readAlgorithmIdentifier, signatureAlgorithmOf } from './signature-algorithm.ts';

/** All byte arrays are views into `der`. */
export interface Certificate {
  readonly der: Uint8Array;
  /** TBSCertificate: what the signature covers. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** The content octets of the INTEGER: big-endian, two's complement. */
  readonly serial: Uint8Array;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly validity: Validity;
  /** DER. */
  readonly subjectPublicKeyInfo: Uint8Array;
  /** Object identifier of the key's algorithm. */
  readonly publicKeyOid: string;
  /** Null for a key of a kind that is not supported. */
  readonly publicKey: PublicKey | null;
  /** Object identifier of the signature's algorithm. */
  readonly signatureOid: string;
  /** Null for a signature algorithm that is not supported (MD5 and SHA-1 among them). */
  readonly signatureAlgorithm: SignatureAlgorithm | null;
  readonly signature: Uint8Array;
  readonly extensions: CertificateExtensions;
}

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** False where a date before 2050 is a GeneralizedTime, which §4.1.2.5 forbids. */
  readonly inUtcTime: boolean;
}

/**
 * Decodes one certificate; keeps a copy of `der`, so that the caller may reuse it. Throws TlsError ERR_CERT_DECODE,
 * ERR_CERT_DER_…, ERR_CERT_TIME, ERR_CERT_VERSION, ERR_CERT_ALGORITHM_MISMATCH or ERR_CERT_DUPLICATE_EXTENSION.
 */
export function decodeCertificate(der: Uint8Array): Certificate {
  return decode(der, 'any');
}

/**
 * Decodes the certificate of a trust anchor, which is trusted for its name and its key: what its issuer did wrong with the
 * version or the signature fields does not count (§6.1.1 (d)).
 */
export function decodeAnchor(der: Uint8Array): Certificate {
  return decode(der, 'anchor');
}

function decode(der: Uint8Array, role: 'any' | 'anchor'): Certificate {
  const root = decodeDerCopy(der);
  const outer = fieldsOf(root);
  const tbs = outer.next(TAG.SEQUENCE);
  const signatureIdentifier = outer.next(TAG.SEQUENCE);
  const signature = readBitStringBytes(outer.next(TAG.BIT_STRING));
  outer.end();

  const fields = fieldsOf(tbs);
  const version = readVersion(fields.optional(contextTag(0, 'constructed')));
  const serial = fields.next(TAG.INTEGER).content;
  const innerIdentifier = fields.next(TAG.SEQUENCE);
  const issuer = readDistinguishedName(fields.next(TAG.SEQUENCE));
  const validity = readValidity(fields.next(TAG.SEQUENCE));
  const subject = readDistinguishedName(fields.next(TAG.SEQUENCE));
  const spki = fields.next(TAG.SEQUENCE);
  const uniqueIds = [fields.optional(contextTag(1, 'primitive')), fields.optional(contextTag(2, 'primitive'))];
  const extensionsField = fields.optional(contextTag(3, 'constructed'));
  fields.end();

  if (role === 'any') {
    // §4.1.2.1: unique identifiers need version 2, extensions version 3.
    if (version < 2 && uniqueIds.some((id) => id !== null))
      fail('ERR_CERT_VERSION', 'version 1 with a unique identifier');
    if (version < 3 && extensionsField !== null) fail('ERR_CERT_VERSION', `version ${version} with extensions`);
    // §4.1.1.2: the algorithm is stated twice, once where the signature covers it.
    if (!sameBytes(signatureIdentifier.raw, innerIdentifier.raw)) fail('ERR_CERT_ALGORITHM_MISMATCH');
  }

  const algorithm = readAlgorithmIdentifier(signatureIdentifier);
  const key = readSubjectPublicKeyInfo(spki);
  return Object.freeze({
    der: root.raw,
    tbs: tbs.raw,
    version,
    serial,
    issuer,
    subject,
    validity,
    subjectPublicKeyInfo: spki.raw,
    publicKeyOid: key.oid,
    publicKey: key.key,
    signatureOid: algorithm.oid,
    signatureAlgorithm: signatureAlgorithmOf(algorithm),
    signature,
    extensions: extensionsField === null ? NO_EXTENSIONS : readWrappedExtensions(extensionsField),
  });
}

/** §6.1: self-issued means that issuer and subject are one name; it need not have signed itself. */
export function isSelfIssued(certificate: Certificate): boolean {
  return certificate.issuer.key === certificate.subject.key;
}

/** Compares public values; stops at the first difference. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function readVersion(field: DerElement | null): 1 | 2 | 3 {
  if (field === null) return 1;
  const fields = fieldsOf(field, field.tag);
  const value = readSmallInteger(fields.next(TAG.INTEGER));
  fields.end();
  // X.690 §11.5: the default, version 1, is not encoded.
  if (value === 0) fail('ERR_CERT_DECODE', 'the default version is encoded');
  if (value > 2) fail('ERR_CERT_VERSION', `version ${value + 1}`);
  return value === 1 ? 2 : 3;
}

function readValidity(element: DerElement): Certificate['validity'] {
  const fields = fieldsOf(element);
  const [first, last] = [fields.next(), fields.next()];
  fields.end();
  const [notBefore, notAfter] = [readTime(first), readTime(last)];
  const isInForm = (field: DerElement, time: Date) => field.tag === TAG.UTC_TIME || time.getUTCFullYear() >= 2050;
  return Object.freeze({ notBefore, notAfter, inUtcTime: isInForm(first, notBefore) && isInForm(last, notAfter) });
}

function readWrappedExtensions(field: DerElement): CertificateExtensions {
  const fields = fieldsOf(field, field.tag);
  const list = fields.next(TAG.SEQUENCE);
  fields.end();
  return readExtensions(list);
}
