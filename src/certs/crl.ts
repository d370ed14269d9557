/**
 * Certificate revocation lists: decoded, and asked about one certificate.
 *
 * Complete CRLs signed with the key that signed the certificate. Delta and indirect CRLs are recognized and not used. This is part
 * of path validation, so it is read with our own decoder and may be imported everywhere.
 *
 * @see RFC 5280 §5 (CRL and CRL Extensions Profile), §6.3 (CRL Validation)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { fail } from '../errors/errors.ts';
import type { SignatureAlgorithm } from '../params/algorithms.ts';
import { type Certificate, sameBytes } from './certificate.ts';
import { findRevocation, type Revocation } from './crl-entries.ts';
import {
  contextTag,
  copyOf,
  type DerElement,
  decodeDer,
  elementAt,
  explicitOf,
  fieldsOf,
  readBitStringBytes,
  readOctets,
  readSmallInteger,
  readTime,
  readUnsigned,
  TAG,
} from './der.ts';
import { type DistinguishedName, readDistinguishedName } from './distinguished-name.ts';
import {
  ALL_REASONS,
  coveredReasons,
  decodeIssuingDistributionPoint,
  type IssuingDistributionPoint,
} from './distribution-points.ts';
import { decodingAs, readExtensionList, unknownCritical } from './extension-list.ts';
import { CRL_OID, EXTENSION_OID } from './oids.ts';
import { readAlgorithmIdentifier, signatureAlgorithmOf } from './signature-algorithm.ts';
import { prematurity, staleness, type Tolerance } from './update-times.ts';

/** A CRL, made by `decodeCrl` alone; frozen. All byte arrays are views into `der`. */
export interface CertificateRevocationList {
  readonly der: Uint8Array;
  /** TBSCertList: what the signature covers. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2;
  readonly issuer: DistinguishedName;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
  /** Content of revokedCertificates, entry after entry; empty: there are none. */
  readonly entries: Uint8Array;
  readonly authorityKeyIdentifier: Uint8Array | null;
  readonly crlNumber: Uint8Array | null;
  readonly isDelta: boolean;
  readonly scope: IssuingDistributionPoint | null;
  /** Object identifiers of critical extensions that are not understood. */
  readonly unknownCritical: readonly string[];
  readonly signatureOid: string;
  /** Null for a signature algorithm that is not supported. */
  readonly signatureAlgorithm: SignatureAlgorithm | null;
  readonly signature: Uint8Array;
}

/** What a CRL says about a certificate: revoked, or not revoked for these reasons (bits of `ALL_REASONS`). */
export type CrlAnswer =
  | { readonly revocation: Revocation; readonly reasons: 0 }
  | { readonly revocation: null; readonly reasons: number };

/** With whose signatures and clock an answer is made. */
export interface CrlContext {
  readonly tolerance: Tolerance;
  readonly crypto: CryptoProvider;
  /** Called before each signature that is verified. */
  readonly account: { signature(): void };
}

/**
 * Decodes a CRL of up to 16 MiB; keeps a copy of `der`. The entries are not looked at. Throws TlsError ERR_CERT_CRL_DECODE.
 */
export function decodeCrl(der: Uint8Array): CertificateRevocationList {
  return decodingAs('ERR_CERT_CRL_DECODE', () => readCrl(copyOf(der)));
}

/**
 * What a CRL says about `certificate`, which `issuer` has signed; null for a CRL of another issuer. Throws a TlsError
 * ERR_CERT_CRL_… that says why a CRL of this issuer cannot be used.
 */
export function askCrl(
  crl: CertificateRevocationList,
  certificate: Certificate,
  issuer: Certificate,
  context: CrlContext,
): CrlAnswer | null {
  // §6.3.3 (b)(1): the names match.
  if (crl.issuer.key !== certificate.issuer.key) return null;
  const reasons = checkUse(crl, certificate, issuer);
  const early = prematurity(crl, context.tolerance);
  if (early !== null) fail('ERR_CERT_CRL_EXPIRED', early);
  checkCrlSignature(crl, issuer, context);

  const revocation = lookUp(crl, certificate.serial);
  // A revocation is for good, and so stays one in an old list; all but a hold, which may have ended.
  if (revocation !== null && revocation.reason !== 'certificateHold') return { revocation, reasons: 0 };
  // §5.1.2.5: nextUpdate is always there; without it a list would never end.
  const stale = staleness(crl, context.tolerance, 0);
  if (stale !== null) fail('ERR_CERT_CRL_EXPIRED', stale);
  return revocation === null ? { revocation, reasons } : { revocation, reasons: 0 };
}

/**
 * §6.3.3 (j): the entry, if there is one. The last few answers of each list are kept: a walk through a large one takes
 * milliseconds, and the same certificates come again, in other paths and in other connections.
 */
function lookUp(crl: CertificateRevocationList, serial: Uint8Array): Revocation | null {
  const answers = ANSWERS.get(crl) ?? new Map<string, Revocation | null>();
  ANSWERS.set(crl, answers);
  const key = serial.join();
  const known = answers.get(key);
  if (known !== undefined) return known;
  const found = decodingAs('ERR_CERT_CRL_DECODE', () => findRevocation(crl.entries, serial, crl.version));
  for (const oldest of answers.keys()) if (answers.size >= MAX_ANSWERS) answers.delete(oldest);
  answers.set(key, found);
  return found;
}

const ANSWERS = new WeakMap<CertificateRevocationList, Map<string, Revocation | null>>();
const MAX_ANSWERS = 64;

/** The reasons that it covers for this certificate, if it may be used at all. */
function checkUse(crl: CertificateRevocationList, certificate: Certificate, issuer: Certificate): number {
  const who = crl.issuer.name;
  // §5.2.1: an authority may have several keys.
  const [wanted, own] = [crl.authorityKeyIdentifier, issuer.extensions.subjectKeyIdentifier];
  if (wanted !== null && own !== null && !sameBytes(wanted, own)) fail('ERR_CERT_CRL_ISSUER', `${who}: another key`);
  // §6.3.3 (f): cRLSign is set where keyUsage is present.
  const { keyUsage } = issuer.extensions;
  if (keyUsage !== null && !keyUsage.includes('cRLSign')) {
    fail('ERR_CERT_CRL_ISSUER', `${who}: ${keyUsage.join(', ')}`);
  }
  // §5.2.4. Limit: a delta CRL says something only together with its base.
  if (crl.isDelta) fail('ERR_CERT_CRL_SCOPE', `${who}: a delta CRL`);
  // §5.2: a list with a critical extension that is not understood must not be used.
  if (crl.unknownCritical.length > 0) fail('ERR_CERT_CRL_CRITICAL_EXTENSION', crl.unknownCritical.join(', '));
  const { scope } = crl;
  if (scope === null) return ALL_REASONS;
  // §5.2.5. Limit: indirect CRLs are not used.
  if (scope.indirect) fail('ERR_CERT_CRL_SCOPE', `${who}: an indirect CRL`);
  // §6.3.3 (b)(2)(iv).
  if (scope.onlyAttributeCertificates) fail('ERR_CERT_CRL_SCOPE', `${who}: for attribute certificates`);
  const reasons = decodingAs('ERR_CERT_CRL_SCOPE', () => coveredReasons(scope, certificate));
  if (reasons === 0) fail('ERR_CERT_CRL_SCOPE', `${who}: of another distribution point`);
  return reasons;
}

/** The key that has verified a list, so that a policy with its lists decoded pays for each signature once. */
const VERIFIED = new WeakMap<
  CertificateRevocationList,
  { readonly spki: Uint8Array; readonly crypto: CryptoProvider }
>();

function checkCrlSignature(crl: CertificateRevocationList, issuer: Certificate, { crypto, account }: CrlContext): void {
  const known = VERIFIED.get(crl);
  if (known?.crypto === crypto && sameBytes(known.spki, issuer.subjectPublicKeyInfo)) return;
  if (crl.signatureAlgorithm === null) fail('ERR_CERT_CRL_SIGNATURE', `not supported: ${crl.signatureOid}`);
  if (issuer.publicKey === null) fail('ERR_CERT_CRL_SIGNATURE', `a key that is not supported: ${issuer.publicKeyOid}`);
  account.signature();
  // §6.3.3 (g): the same key that signed the certificate.
  if (!crypto.verify(crl.signatureAlgorithm, issuer.publicKey, crl.tbs, crl.signature)) {
    fail('ERR_CERT_CRL_SIGNATURE', crl.issuer.name);
  }
  VERIFIED.set(crl, { spki: issuer.subjectPublicKeyInfo, crypto });
}

/**
 * Steps over the outer elements and decodes all of them but the entries, which `decodeDer` would not take: its bounds are those
 * of certificates.
 */
function readCrl(der: Uint8Array): CertificateRevocationList {
  const root = walker(der, 0, der.length).next(TAG.SEQUENCE);
  if (root.end !== der.length) fail('ERR_CERT_DECODE', 'trailing bytes');
  const outer = walker(der, root.contentStart, root.end);
  const tbs = outer.next(TAG.SEQUENCE);
  const identifier = outer.decode(TAG.SEQUENCE);
  const signature = readBitStringBytes(outer.decode(TAG.BIT_STRING));
  outer.end();

  const fields = walker(der, tbs.contentStart, tbs.end);
  const version = fields.is(TAG.INTEGER) ? readSmallInteger(fields.decode(TAG.INTEGER)) + 1 : 1;
  // §5.1.2.1: a version that is there is 2.
  if (version !== 2 && (version !== 1 || der[tbs.contentStart] === TAG.INTEGER)) fail('ERR_CERT_DECODE', 'a version');
  const inner = fields.decode(TAG.SEQUENCE);
  // §5.1.1.2: the algorithm is stated twice, once where the signature covers it.
  if (!sameBytes(inner.raw, identifier.raw)) fail('ERR_CERT_ALGORITHM_MISMATCH');
  const issuer = readDistinguishedName(fields.decode(TAG.SEQUENCE));
  // §5.1.2.3: an issuer has a name.
  if (issuer.key === '') fail('ERR_CERT_DECODE', 'the issuer has no name');
  const thisUpdate = readTime(fields.decode());
  const hasNext = fields.is(TAG.UTC_TIME) || fields.is(TAG.GENERALIZED_TIME);
  const nextUpdate = hasNext ? readTime(fields.decode()) : null;
  // Deviation: an empty list of entries is accepted; §5.1.2.6 wants it left out.
  const revoked = fields.is(TAG.SEQUENCE) ? fields.next(TAG.SEQUENCE) : null;
  const list = fields.is(EXTENSIONS) ? fields.decode(EXTENSIONS) : null;
  fields.end();
  if (version === 1 && list !== null) fail('ERR_CERT_DECODE', 'version 1 with extensions');

  const algorithm = readAlgorithmIdentifier(identifier);
  return Object.freeze({
    der,
    tbs: der.subarray(root.contentStart, tbs.end),
    version: version === 1 ? 1 : 2,
    issuer,
    thisUpdate,
    nextUpdate,
    entries: revoked === null ? new Uint8Array() : der.subarray(revoked.contentStart, revoked.end),
    ...readCrlExtensions(list, issuer),
    signatureOid: algorithm.oid,
    signatureAlgorithm: signatureAlgorithmOf(algorithm),
    signature,
  });
}

const EXTENSIONS = /* @__PURE__ */ contextTag(0, 'constructed');

function readCrlExtensions(field: DerElement | null, issuer: DistinguishedName) {
  const list = field === null ? NO_EXTENSIONS : readExtensionList(explicitOf(field));
  const decode = <T>(oid: string, read: (der: Uint8Array) => T): T | null => {
    const entry = list.get(oid);
    return entry === undefined ? null : read(entry.value);
  };
  const understood = [
    EXTENSION_OID.authorityKeyIdentifier,
    CRL_OID.crlNumber,
    CRL_OID.deltaCrlIndicator,
    CRL_OID.issuingDistributionPoint,
  ];
  return {
    authorityKeyIdentifier: decode(EXTENSION_OID.authorityKeyIdentifier, keyIdentifierOf),
    crlNumber: decode(CRL_OID.crlNumber, (der) => readUnsigned(decodeDer(der))),
    isDelta: list.has(CRL_OID.deltaCrlIndicator),
    scope: decode(CRL_OID.issuingDistributionPoint, (der) => decodeIssuingDistributionPoint(der, issuer)),
    unknownCritical: unknownCritical(list, understood),
  };
}

const NO_EXTENSIONS: ReturnType<typeof readExtensionList> = new Map();

/** The keyIdentifier of an AuthorityKeyIdentifier, or null. */
function keyIdentifierOf(der: Uint8Array): Uint8Array | null {
  const fields = fieldsOf(decodeDer(der));
  const identifier = fields.optional(contextTag(0, 'primitive'));
  fields.optional(contextTag(1, 'constructed'));
  fields.optional(contextTag(2, 'primitive'));
  fields.end();
  return identifier === null ? null : readOctets(identifier, identifier.tag);
}

/** Takes the elements between two offsets one after the other, whatever their size. */
function walker(der: Uint8Array, start: number, end: number) {
  let at = start;
  const next = (tag: number | null) => {
    if (at >= end) fail('ERR_CERT_DECODE', 'an element is missing');
    const element = elementAt(der, at);
    if (element.end > end) fail('ERR_CERT_DECODE', 'an element is cut short');
    if (tag !== null && element.tag !== tag) fail('ERR_CERT_DECODE', `tag 0x${element.tag.toString(16)}`);
    at = element.end;
    return element;
  };
  return {
    next,
    is: (tag: number): boolean => at < end && der[at] === tag,
    decode(tag: number | null = null): DerElement {
      const from = at;
      return decodeDer(der.subarray(from, next(tag).end));
    },
    end(): void {
      if (at !== end) fail('ERR_CERT_DECODE', 'an element is not expected here');
    },
  };
}
