/**
 * Making CRLs and OCSP responses for what an authority has issued.
 *
 * What is made keeps to the profiles unless a field is set to break them, as tests do.
 *
 * @see RFC 5280 §5 (CRLs), RFC 6960 §4.2 (OCSP responses)
 * @module
 */
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { CryptoProvider, PrivateKey, Random } from '../crypto/provider.ts';
import { TlsConfigError } from '../errors/errors.ts';
import type { HashName, Sha2Name } from '../params/algorithms.ts';
import { concatenate } from '../wire/concatenate.ts';
import type { Certificate } from './certificate.ts';
import { REASON_NUMBER, type RevocationReason } from './crl-entries.ts';
import { contextTag, decodeDer, TAG } from './der.ts';
import {
  encodeBitString,
  encodeElement,
  encodeGeneralizedTime,
  encodeNull,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeTime,
  encodeUnsigned,
} from './der-encode.ts';
import { type Authority, signatureAlgorithmFor } from './issue.ts';
import {
  type ExtraExtension,
  encodeDistributionPointName,
  encodeExtension,
  encodeKeyIdentifier,
  encodeReasons,
  type GeneralNameInput,
  type ReasonFlag,
  retagged,
} from './issue-extensions.ts';
import { CRL_OID, EXTENSION_OID, HASH_OID, OCSP_OID, SHA1_OID } from './oids.ts';
import { readSubjectPublicKeyInfo } from './public-key.ts';
import { encodeSignatureAlgorithm } from './signature-algorithm.ts';

/** A certificate on a CRL. */
export interface RevokedInput {
  /** `Certificate.serial`. */
  readonly serial: Uint8Array;
  readonly date: Date;
  /** Default: none written. */
  readonly reason?: RevocationReason | undefined;
  readonly extraExtensions?: readonly ExtraExtension[] | undefined;
}

/** The scope of a CRL; without one it is about all certificates of its issuer. */
export interface ScopeInput {
  readonly names?: readonly GeneralNameInput[] | undefined;
  readonly onlyUserCertificates?: boolean | undefined;
  readonly onlyAuthorities?: boolean | undefined;
  readonly onlyAttributeCertificates?: boolean | undefined;
  readonly reasons?: readonly ReasonFlag[] | undefined;
  readonly indirect?: boolean | undefined;
}

/** With what anything is signed. */
interface SigningInput {
  readonly random: Random;
  readonly crypto?: CryptoProvider | undefined;
  /** Default: the hash as strong as the key. Not for Ed25519 and Ed448. */
  readonly signatureHash?: Sha2Name | undefined;
}

export interface CrlInput extends SigningInput {
  readonly revoked: readonly RevokedInput[];
  readonly thisUpdate: Date;
  /** Null: none is written, which RFC 5280 does not allow. */
  readonly nextUpdate: Date | null;
  /** Default: the seconds of thisUpdate, which grow by themselves. */
  readonly crlNumber?: number | undefined;
  /** Version 1 has no extensions. Default: 2. */
  readonly version?: 1 | 2 | undefined;
  readonly scope?: ScopeInput | undefined;
  /** Makes a delta CRL on top of the list with this number. */
  readonly deltaBase?: number | undefined;
  readonly extraExtensions?: readonly ExtraExtension[] | undefined;
}

/** Makes and signs a CRL, and returns its DER. */
export function issueCrl(authority: Authority, input: CrlInput): Uint8Array {
  const { certificate, key } = authority;
  const version = input.version ?? 2;
  const algorithm = signatureAlgorithmFor(key, input.signatureHash);
  const entries = concatenate(input.revoked.map(encodeRevoked));
  const tbs = encodeSequence(
    ...(version === 2 ? [encodeUnsigned(1)] : []),
    encodeSignatureAlgorithm(algorithm),
    certificate.subject.der,
    encodeTime(input.thisUpdate),
    ...(input.nextUpdate === null ? [] : [encodeTime(input.nextUpdate)]),
    // §5.1.2.6: absent where there are none.
    ...(entries.length === 0 ? [] : [encodeSequence(entries)]),
    ...(version === 2 ? [explicit(0, encodeSequence(...crlExtensions(certificate, input)))] : []),
  );
  return encodeSequence(tbs, encodeSignatureAlgorithm(algorithm), encodeBitString(sign(key, tbs, input)));
}

/** What an OCSP response says about one certificate. */
export interface StatusInput {
  readonly certificate: Certificate;
  readonly status: 'good' | 'revoked' | 'unknown';
  /** Of a revoked one; default: thisUpdate. */
  readonly date?: Date | undefined;
  /** Default: none written. */
  readonly reason?: RevocationReason | undefined;
  /** Default: those of the response. */
  readonly thisUpdate?: Date | undefined;
  readonly nextUpdate?: Date | null | undefined;
  /** Names the issuer; default: SHA-1, which every responder and client knows. */
  readonly hash?: HashName | undefined;
  readonly extraExtensions?: readonly ExtraExtension[] | undefined;
}

export interface OcspInput extends SigningInput {
  readonly responses: readonly StatusInput[];
  readonly thisUpdate: Date;
  /** Null: none is written. */
  readonly nextUpdate: Date | null;
  /** Default: thisUpdate. */
  readonly producedAt?: Date | undefined;
  /** Who signs, if not the authority; its certificate is added. */
  readonly responder?: Authority | undefined;
  /** How the responder is named; default: by its key. */
  readonly responderId?: 'name' | 'key' | undefined;
  readonly nonce?: Uint8Array | undefined;
  /** DER of the certificates to add; default: that of `responder`. */
  readonly certificates?: readonly Uint8Array[] | undefined;
  readonly extraExtensions?: readonly ExtraExtension[] | undefined;
}

/** Makes and signs an OCSP response about certificates of `authority`, and returns its DER. */
export function issueOcspResponse(authority: Authority, input: OcspInput): Uint8Array {
  const crypto = input.crypto ?? nobleProvider;
  const { certificate, key } = input.responder ?? authority;
  const algorithm = signatureAlgorithmFor(key, input.signatureHash);
  const extensions = [
    ...(input.nonce === undefined ? [] : [encodeExtension(OCSP_OID.nonce, false, encodeOctets(input.nonce))]),
    ...(input.extraExtensions ?? []).map(encodeExtra),
  ];
  const tbs = encodeSequence(
    input.responderId === 'name'
      ? explicit(1, certificate.subject.der)
      : explicit(2, encodeOctets(digest(crypto, 'sha1', keyBits(certificate)))),
    encodeGeneralizedTime(input.producedAt ?? input.thisUpdate),
    encodeSequence(...input.responses.map((status) => encodeStatus(authority, status, input, crypto))),
    ...(extensions.length === 0 ? [] : [explicit(1, encodeSequence(...extensions))]),
  );
  const certificates = input.certificates ?? (input.responder === undefined ? [] : [input.responder.certificate.der]);
  const basic = encodeSequence(
    tbs,
    encodeSignatureAlgorithm(algorithm),
    encodeBitString(sign(key, tbs, input)),
    ...(certificates.length === 0 ? [] : [explicit(0, encodeSequence(...certificates))]),
  );
  return encodeSequence(
    encodeElement(ENUMERATED, Uint8Array.of(0)),
    explicit(0, encodeSequence(encodeOid(OCSP_OID.basic), encodeOctets(basic))),
  );
}

/** OCSPResponseStatus of a responder that does not answer, RFC 6960 §4.2.1. */
const OCSP_ERRORS = { malformedRequest: 1, internalError: 2, tryLater: 3, sigRequired: 5, unauthorized: 6 } as const;

/** An OCSP response that only says why there is none. */
export function encodeOcspError(error: keyof typeof OCSP_ERRORS): Uint8Array {
  return encodeSequence(encodeElement(ENUMERATED, Uint8Array.of(OCSP_ERRORS[error])));
}

const ENUMERATED = 0x0a;

function encodeRevoked({ serial, date, reason, extraExtensions = [] }: RevokedInput): Uint8Array {
  const extensions = [
    ...(reason === undefined ? [] : [encodeExtension(CRL_OID.reasonCode, false, encodeReason(reason))]),
    ...extraExtensions.map(encodeExtra),
  ];
  return encodeSequence(
    encodeElement(TAG.INTEGER, serial),
    encodeTime(date),
    ...(extensions.length === 0 ? [] : [encodeSequence(...extensions)]),
  );
}

function crlExtensions(issuer: Certificate, input: CrlInput): readonly Uint8Array[] {
  const keyId = issuer.extensions.subjectKeyIdentifier;
  const number = input.crlNumber ?? Math.floor(input.thisUpdate.getTime() / 1000);
  return [
    ...(keyId === null
      ? []
      : [encodeExtension(EXTENSION_OID.authorityKeyIdentifier, false, encodeKeyIdentifier(keyId))]),
    encodeExtension(CRL_OID.crlNumber, false, encodeUnsigned(number)),
    ...(input.deltaBase === undefined
      ? []
      : [encodeExtension(CRL_OID.deltaCrlIndicator, true, encodeUnsigned(input.deltaBase))]),
    ...(input.scope === undefined
      ? []
      : [encodeExtension(CRL_OID.issuingDistributionPoint, true, encodeScope(input.scope))]),
    ...(input.extraExtensions ?? []).map(encodeExtra),
  ];
}

function encodeScope(scope: ScopeInput): Uint8Array {
  const flag = (tag: number, value: boolean | undefined): readonly Uint8Array[] =>
    value === true ? [encodeElement(contextTag(tag, 'primitive'), Uint8Array.of(0xff))] : [];
  return encodeSequence(
    ...(scope.names === undefined ? [] : [encodeDistributionPointName(scope.names)]),
    ...flag(1, scope.onlyUserCertificates),
    ...flag(2, scope.onlyAuthorities),
    ...(scope.reasons === undefined ? [] : [retagged(encodeReasons(scope.reasons), contextTag(3, 'primitive'))]),
    ...flag(4, scope.indirect),
    ...flag(5, scope.onlyAttributeCertificates),
  );
}

function encodeStatus(authority: Authority, input: StatusInput, all: OcspInput, crypto: CryptoProvider): Uint8Array {
  const hash = input.hash ?? 'sha1';
  const { certificate, extraExtensions = [] } = input;
  const thisUpdate = input.thisUpdate ?? all.thisUpdate;
  const nextUpdate = input.nextUpdate === undefined ? all.nextUpdate : input.nextUpdate;
  const id = encodeSequence(
    encodeSequence(encodeOid(hash === 'sha1' ? SHA1_OID : HASH_OID[hash]), encodeNull()),
    encodeOctets(digest(crypto, hash, certificate.issuer.der)),
    encodeOctets(digest(crypto, hash, keyBits(authority.certificate))),
    encodeElement(TAG.INTEGER, certificate.serial),
  );
  return encodeSequence(
    id,
    certStatus(input, thisUpdate),
    encodeGeneralizedTime(thisUpdate),
    ...(nextUpdate === null ? [] : [explicit(0, encodeGeneralizedTime(nextUpdate))]),
    ...(extraExtensions.length === 0 ? [] : [explicit(1, encodeSequence(...extraExtensions.map(encodeExtra)))]),
  );
}

function certStatus({ status, date, reason }: StatusInput, thisUpdate: Date): Uint8Array {
  if (status === 'good') return encodeElement(contextTag(0, 'primitive'));
  if (status === 'unknown') return encodeElement(contextTag(2, 'primitive'));
  const why = reason === undefined ? [] : [explicit(0, encodeReason(reason))];
  return encodeElement(contextTag(1, 'constructed'), encodeGeneralizedTime(date ?? thisUpdate), ...why);
}

function encodeReason(reason: RevocationReason): Uint8Array {
  const number = REASON_NUMBER[reason];
  if (number === undefined) throw new TlsConfigError('ERR_CONFIG', `not a reason: "${reason}"`);
  return encodeElement(ENUMERATED, Uint8Array.of(number));
}

function encodeExtra({ oid, critical, value }: ExtraExtension): Uint8Array {
  return encodeExtension(oid, critical, value);
}

function explicit(tag: number, element: Uint8Array): Uint8Array {
  return encodeElement(contextTag(tag, 'constructed'), element);
}

function sign(
  key: PrivateKey,
  tbs: Uint8Array,
  { random, crypto = nobleProvider, signatureHash }: SigningInput,
): Uint8Array {
  return crypto.sign(signatureAlgorithmFor(key, signatureHash), key, tbs, random);
}

function keyBits(certificate: Certificate): Uint8Array {
  return readSubjectPublicKeyInfo(decodeDer(certificate.subjectPublicKeyInfo)).bits;
}

function digest(crypto: CryptoProvider, hash: HashName, bytes: Uint8Array): Uint8Array {
  const context = crypto.hash(hash);
  context.update(bytes);
  return context.digest();
}
