/**
 * OCSP responses, decoded: what a responder says about which certificates, and who it says it is.
 *
 * @see RFC 6960 §4.2 (Response Syntax), Appendix B
 * @module
 */
import { fail } from '../errors/errors.ts';
import type { HashName, SignatureAlgorithm } from '../params/algorithms.ts';
import { type RevocationReason, readReason } from './crl-entries.ts';
import {
  contextTag,
  type DerElement,
  decodeDer,
  decodeDerCopy,
  expectTag,
  explicitOf,
  fieldsOf,
  readBitStringBytes,
  readOctets,
  readOid,
  readSmallInteger,
  readTime,
  TAG,
} from './der.ts';
import { type DistinguishedName, readDistinguishedName } from './distinguished-name.ts';
import { decodingAs, type ExtensionEntry, readExtensionList, unknownCritical } from './extension-list.ts';
import { HASH_OID, OCSP_OID, SHA1_OID } from './oids.ts';
import { readAlgorithmIdentifier, signatureAlgorithmOf } from './signature-algorithm.ts';

/** A basic response; frozen. All byte arrays are views into one copy of the input. */
export interface OcspResponse {
  /** ResponseData: what the signature covers. */
  readonly tbs: Uint8Array;
  /** ResponderID: a name, or the SHA-1 of the bits of the responder's key. */
  readonly responder: { readonly name: DistinguishedName } | { readonly keyHash: Uint8Array };
  readonly producedAt: Date;
  readonly responses: readonly SingleResponse[];
  /** The value of the nonce; null: there is none. */
  readonly nonce: Uint8Array | null;
  readonly unknownCritical: readonly string[];
  readonly signatureOid: string;
  /** Null for a signature algorithm that is not supported. */
  readonly signatureAlgorithm: SignatureAlgorithm | null;
  readonly signature: Uint8Array;
  /** DER, as the responder added them. */
  readonly certificates: readonly Uint8Array[];
}

/** What is said about one certificate. */
export interface SingleResponse {
  /** Null: a hash that is not known here. */
  readonly hash: HashName | null;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Content of the INTEGER. */
  readonly serial: Uint8Array;
  readonly status: 'good' | 'revoked' | 'unknown';
  /** Of a revoked one. */
  readonly revocation: { readonly reason: RevocationReason; readonly date: Date } | null;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
  readonly unknownCritical: readonly string[];
  /** SignedCertificateTimestampList (RFC 6962 §3.3), or null. */
  readonly signedCertificateTimestamps: Uint8Array | null;
}

/** Decodes an OCSPResponse. Throws TlsError ERR_CERT_OCSP_DECODE, or ERR_CERT_OCSP_STATUS for a responder's own error. */
export function decodeOcspResponse(der: Uint8Array): OcspResponse {
  return decodingAs('ERR_CERT_OCSP_DECODE', () => {
    const fields = fieldsOf(decodeDerCopy(der));
    const status = enumerated(fields.next(ENUMERATED));
    const bytes = fields.optional(contextTag(0, 'constructed'));
    fields.end();
    // §2.3: any other status comes without an answer, and without a signature.
    if (status !== 0) fail('ERR_CERT_OCSP_STATUS', STATUS_NAMES[status] ?? `status ${status}`);
    if (bytes === null) return fail('ERR_CERT_DECODE', 'successful without responseBytes');

    const response = fieldsOf(explicitOf(bytes));
    // §4.2.1: the one type that there is.
    if (readOid(response.next()) !== OCSP_OID.basic) fail('ERR_CERT_DECODE', 'not a basic response');
    const basic = decodeDer(readOctets(response.next()));
    response.end();
    return readBasicResponse(basic);
  });
}

const ENUMERATED = 0x0a;

/** OCSPResponseStatus; 4 is not used. */
const STATUS_NAMES: Readonly<Record<number, string>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
};

function readBasicResponse(element: DerElement): OcspResponse {
  const fields = fieldsOf(element);
  const tbs = fields.next(TAG.SEQUENCE);
  const algorithm = readAlgorithmIdentifier(fields.next(TAG.SEQUENCE));
  const signature = readBitStringBytes(fields.next(TAG.BIT_STRING));
  const certificates = fields.optional(contextTag(0, 'constructed'));
  fields.end();

  const data = fieldsOf(tbs);
  const version = data.optional(contextTag(0, 'constructed'));
  // §4.2.2.3: v1. Deviation: an encoded default is accepted, since responders send it.
  if (version !== null && readSmallInteger(explicitOf(version)) !== 0) fail('ERR_CERT_DECODE', 'a version');
  const responder = readResponder(data.next());
  const producedAt = generalizedTime(data.next());
  const responses = data.next(TAG.SEQUENCE).children.map(readSingleResponse);
  const list = readExtensionField(data.optional(contextTag(1, 'constructed')));
  data.end();

  return Object.freeze({
    tbs: tbs.raw,
    responder,
    producedAt,
    responses,
    nonce: readNonce(list),
    unknownCritical: unknownCritical(list, [OCSP_OID.nonce]),
    signatureOid: algorithm.oid,
    signatureAlgorithm: signatureAlgorithmOf(algorithm),
    signature,
    certificates: certificates === null ? [] : sequenceIn(certificates).children.map(({ raw }) => raw),
  });
}

function readResponder(element: DerElement): OcspResponse['responder'] {
  const inner = explicitOf(element);
  if (element.tag === contextTag(1, 'constructed')) return { name: readDistinguishedName(inner) };
  if (element.tag === contextTag(2, 'constructed')) return { keyHash: readOctets(inner) };
  return fail('ERR_CERT_DECODE', 'a responder that is neither a name nor a key');
}

function readSingleResponse(element: DerElement): SingleResponse {
  const fields = fieldsOf(element);
  const id = fieldsOf(fields.next(TAG.SEQUENCE));
  const status = fields.next();
  const thisUpdate = generalizedTime(fields.next());
  const next = fields.optional(contextTag(0, 'constructed'));
  const list = readExtensionField(fields.optional(contextTag(1, 'constructed')));
  fields.end();

  const hash = readAlgorithmIdentifier(id.next(TAG.SEQUENCE)).oid;
  const issuerNameHash = readOctets(id.next());
  const issuerKeyHash = readOctets(id.next());
  const serial = id.next(TAG.INTEGER).content;
  id.end();

  const timestamps = list.get(OCSP_OID.signedCertificateTimestamps);
  return Object.freeze({
    hash: hashOf(hash),
    issuerNameHash,
    issuerKeyHash,
    serial,
    ...readStatus(status),
    thisUpdate,
    nextUpdate: next === null ? null : generalizedTime(explicitOf(next)),
    unknownCritical: unknownCritical(list, [OCSP_OID.signedCertificateTimestamps]),
    // RFC 6962 §3.3: an OCTET STRING inside the OCTET STRING.
    signedCertificateTimestamps: timestamps === undefined ? null : readOctets(decodeDer(timestamps.value)),
  });
}

function hashOf(oid: string): HashName | null {
  if (oid === SHA1_OID) return 'sha1';
  return (['sha256', 'sha384', 'sha512'] as const).find((name) => HASH_OID[name] === oid) ?? null;
}

/** CertStatus: good [0] NULL, revoked [1] RevokedInfo, unknown [2] NULL; all implicit. */
function readStatus(element: DerElement): Pick<SingleResponse, 'status' | 'revocation'> {
  if (element.tag === contextTag(1, 'constructed')) {
    const fields = fieldsOf(element, element.tag);
    const date = generalizedTime(fields.next());
    const reason = fields.optional(contextTag(0, 'constructed'));
    fields.end();
    return {
      status: 'revoked',
      revocation: Object.freeze({ reason: reason === null ? 'unspecified' : readReason(explicitOf(reason)), date }),
    };
  }
  const status =
    element.tag === contextTag(0, 'primitive') ? 'good' : element.tag === contextTag(2, 'primitive') ? 'unknown' : null;
  if (status === null || element.content.length !== 0) return fail('ERR_CERT_DECODE', 'a certificate status');
  return { status, revocation: null };
}

function readExtensionField(field: DerElement | null): ReadonlyMap<string, ExtensionEntry> {
  if (field === null) return NO_EXTENSIONS;
  const list = sequenceIn(field);
  // Deviation: an empty list is accepted, since responders send it.
  return list.children.length === 0 ? NO_EXTENSIONS : readExtensionList(list);
}

const NO_EXTENSIONS: ReadonlyMap<string, ExtensionEntry> = new Map();

/** The SEQUENCE in an explicit tag. */
function sequenceIn(field: DerElement): DerElement {
  const inner = explicitOf(field);
  expectTag(inner, TAG.SEQUENCE);
  return inner;
}

/** RFC 6066 §8: an OCTET STRING inside the OCTET STRING. Deviation: bare bytes are taken too, as old responders write them. */
function readNonce(list: ReadonlyMap<string, ExtensionEntry>): Uint8Array | null {
  const nonce = list.get(OCSP_OID.nonce);
  if (nonce === undefined) return null;
  const { value } = nonce;
  return value[0] === TAG.OCTET_STRING && value[1] === value.length - 2 ? value.subarray(2) : value;
}

function enumerated(element: DerElement): number {
  if (element.content.length !== 1) fail('ERR_CERT_DECODE', 'an enumerated value');
  return element.content[0] ?? 0;
}

/** §4.2.2.1: GeneralizedTime alone. */
function generalizedTime(element: DerElement): Date {
  if (element.tag !== TAG.GENERALIZED_TIME) fail('ERR_CERT_DECODE', 'a time of another type');
  return readTime(element);
}
