/**
 * Signed certificate timestamps: the promises of public logs to have recorded a certificate.
 *
 * They come in the certificate, in an OCSP response or in a TLS extension. Which logs count and how many are needed is the
 * caller's to say: lists of logs change every month, and none is built in.
 *
 * @see RFC 6962 §3.2 (Structure), §3.3 (in the TLS Handshake), §2.1.4 (Signatures)
 * @module
 */
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { CryptoProvider, PublicKey } from '../crypto/provider.ts';
import { fail, TlsConfigError, TlsError } from '../errors/errors.ts';
import type { SignatureAlgorithm } from '../params/algorithms.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import { type Certificate, sameBytes } from './certificate.ts';
import { contextTag, copyOf, decodeDer, explicitOf, fieldsOf, readOid } from './der.ts';
import { encodeElement, encodeSequence } from './der-encode.ts';
import { decodeOcspResponse } from './ocsp-response.ts';
import { EXTENSION_OID } from './oids.ts';
import { decodePublicKey } from './public-key.ts';

/** A log whose promises count. */
export interface TransparencyLog {
  /** SubjectPublicKeyInfo in DER: ECDSA on P-256, or RSA from 2048 bits. */
  readonly key: Uint8Array;
  /** For messages. */
  readonly name?: string | undefined;
  /** Timestamps from then on do not count. */
  readonly retired?: Date | undefined;
}

/** Where a timestamp came from, which decides what it was made of. */
export type TimestampSource = 'certificate' | 'ocsp' | 'tls';

/** One timestamp, decoded. */
export interface SignedCertificateTimestamp {
  /** SHA-256 of the log's key. */
  readonly logId: Uint8Array;
  readonly timestamp: Date;
  readonly extensions: Uint8Array;
  /** Null: not an algorithm of RFC 6962 §2.1.4. */
  readonly algorithm: SignatureAlgorithm | null;
  readonly signature: Uint8Array;
}

export interface TimestampInput {
  readonly certificate: Certificate;
  /** Who signed it. */
  readonly issuer: Certificate;
  readonly logs: readonly TransparencyLog[];
  readonly time: Date;
  /** Serialized timestamps of the TLS extension, as `PeerIdentity` has them. */
  readonly signedCertificateTimestamps?: readonly Uint8Array[] | undefined;
  /** DER of a stapled OCSP response, of which only timestamps are read. */
  readonly ocspResponse?: Uint8Array | null | undefined;
  readonly crypto?: CryptoProvider | undefined;
}

/** A timestamp that is right. */
export interface VerifiedTimestamp {
  readonly log: TransparencyLog;
  readonly source: TimestampSource;
  readonly timestamp: Date;
}

export interface TimestampReport {
  /** One for each log. */
  readonly verified: readonly VerifiedTimestamp[];
  /** Why others do not count. */
  readonly refused: readonly { readonly source: TimestampSource; readonly reason: string }[];
}

/**
 * Verifies all timestamps at hand, and says which logs have signed. Throws TlsError ERR_CERT_SCT_DECODE for a list that is
 * malformed, and TlsConfigError ERR_CONFIG for a log whose key is not one.
 */
export function verifyTimestamps(input: TimestampInput): TimestampReport {
  const crypto = input.crypto ?? nobleProvider;
  const logs = input.logs.map((log) => openLog(log, crypto));
  const verified = new Map<TransparencyLog, VerifiedTimestamp>();
  const refused: { readonly source: TimestampSource; readonly reason: string }[] = [];
  let signatures = MAX_SIGNATURES;
  for (const [source, serialized] of timestampsOf(input)) {
    const sct = decodeTimestamp(serialized);
    const log = sct === null ? undefined : logs.find(({ id }) => sameBytes(id, sct.logId));
    if (log !== undefined && verified.has(log.log)) continue;
    const reason = refusal(sct, log);
    if (reason === null && log !== undefined && sct !== null) {
      if (signatures-- <= 0) fail('ERR_CERT_BUDGET', 'too many timestamps');
      if (crypto.verify(ALGORITHM[log.key.kind], log.key, signedContent(sct, source, input, crypto), sct.signature)) {
        verified.set(log.log, Object.freeze({ log: log.log, source, timestamp: sct.timestamp }));
        continue;
      }
    }
    refused.push({ source, reason: reason ?? `the signature is wrong (${log?.log.name ?? 'a log'})` });
  }
  return { verified: [...verified.values()], refused };

  function refusal(sct: SignedCertificateTimestamp | null, log: OpenLog | undefined): string | null {
    // §3.3: a version that is not known is passed over.
    if (sct === null) return 'another version';
    if (log === undefined) return 'a log that is not in the list';
    // §5.2: a promise from the future is no promise.
    if (sct.timestamp > input.time) return `from the future (${sct.timestamp.toISOString()})`;
    if (log.log.retired !== undefined && sct.timestamp >= log.log.retired) return 'after the log was retired';
    return sct.algorithm?.kind === ALGORITHM[log.key.kind].kind ? null : 'another signature algorithm';
  }
}

/** The same, and fails with TlsError ERR_CERT_SCT_MISSING when fewer than `minimum` logs have signed. */
export function checkTimestamps(input: TimestampInput & { readonly minimum: number }): TimestampReport {
  const report = verifyTimestamps(input);
  if (report.verified.length < input.minimum) {
    const others = report.refused.map(({ reason }) => reason).slice(0, 4);
    fail('ERR_CERT_SCT_MISSING', [`${report.verified.length} of ${input.minimum}`, ...others].join('; '));
  }
  return report;
}

/** The serialized timestamps of a SignedCertificateTimestampList. Throws TlsError ERR_CERT_SCT_DECODE. */
export function decodeTimestampList(list: Uint8Array): readonly Uint8Array[] {
  return decoding(() => {
    const reader = new Reader(list);
    const timestamps = reader.list16((inner) => inner.vector16({ min: 1 }), { min: 1 });
    reader.finish();
    return timestamps;
  });
}

/** Decodes one timestamp; null: of a version that is not known. Throws TlsError ERR_CERT_SCT_DECODE. */
export function decodeTimestamp(serialized: Uint8Array): SignedCertificateTimestamp | null {
  return decoding(() => {
    const reader = new Reader(serialized);
    if (reader.u8() !== V1) return null;
    const logId = reader.bytes(32);
    const milliseconds = reader.u32() * 2 ** 32 + reader.u32();
    // ECMA-262: a Date ends in the year 275760; so far no log is.
    if (milliseconds > 8.64e15) fail('ERR_CERT_SCT_DECODE', 'a time that does not exist');
    const extensions = reader.vector16();
    // RFC 5246 §4.7: hash and signature algorithm, then the signature.
    const algorithm = SIGNATURE_ALGORITHMS[reader.u16()] ?? null;
    const signature = reader.vector16();
    reader.finish();
    return Object.freeze({ logId, timestamp: new Date(milliseconds), extensions, algorithm, signature });
  });
}

const V1 = 0;
/** SignatureType certificate_timestamp. */
const CERTIFICATE_TIMESTAMP = 0;
/** LogEntryType. */
const X509_ENTRY = 0;
const PRECERT_ENTRY = 1;

/** RFC 5246 §7.4.1.4.1: sha256 with ecdsa, and with rsa. §2.1.4 allows no others. */
const SIGNATURE_ALGORITHMS: Readonly<Record<number, SignatureAlgorithm>> = {
  1027: { kind: 'ecdsa', hash: 'sha256' },
  1025: { kind: 'rsa-pkcs1', hash: 'sha256' },
};

const ALGORITHM = {
  ec: { kind: 'ecdsa', hash: 'sha256' },
  rsa: { kind: 'rsa-pkcs1', hash: 'sha256' },
} as const satisfies Record<string, SignatureAlgorithm>;

/** Limit: real certificates have two to five. */
const MAX_SIGNATURES = 32;

interface OpenLog {
  readonly log: TransparencyLog;
  readonly id: Uint8Array;
  readonly key: Extract<PublicKey, { kind: 'ec' | 'rsa' }>;
}

function openLog(log: TransparencyLog, crypto: CryptoProvider): OpenLog {
  const key = keyOrNull(log.key);
  const usable = key?.kind === 'ec' ? key.curve === 'secp256r1' : key?.kind === 'rsa' && key.modulus.length >= 256;
  if (!usable || key === null || (key.kind !== 'ec' && key.kind !== 'rsa')) {
    throw new TlsConfigError('ERR_CONFIG', `log ${log.name ?? ''}: neither a P-256 nor an RSA key of 2048 bits`);
  }
  return { log, id: sha256(crypto, log.key), key };
}

function keyOrNull(spki: Uint8Array): PublicKey | null {
  try {
    return decodePublicKey(copyOf(spki));
  } catch (error) {
    if (error instanceof TlsError) return null;
    throw error;
  }
}

/** All serialized timestamps with their sources, those that the issuer vouches for first. */
function timestampsOf(input: TimestampInput): readonly (readonly [TimestampSource, Uint8Array])[] {
  const { certificate, ocspResponse, signedCertificateTimestamps = [] } = input;
  const embedded = certificate.extensions.signedCertificateTimestamps;
  const inOcsp = ocspResponse === undefined || ocspResponse === null ? [] : listsIn(ocspResponse, certificate);
  return [
    ...(embedded === null ? [] : decodeTimestampList(embedded)).map((sct) => ['certificate', sct] as const),
    ...inOcsp.flatMap(decodeTimestampList).map((sct) => ['ocsp', sct] as const),
    ...signedCertificateTimestamps.map((sct) => ['tls', sct] as const),
  ];
}

/** Whoever signed the response: a timestamp proves itself. */
function listsIn(ocspResponse: Uint8Array, certificate: Certificate): readonly Uint8Array[] {
  return decodeOcspResponse(ocspResponse)
    .responses.filter(({ serial }) => sameBytes(serial, certificate.serial))
    .flatMap(({ signedCertificateTimestamps }) => signedCertificateTimestamps ?? []);
}

/** §3.2: what the log has signed. */
function signedContent(
  sct: SignedCertificateTimestamp,
  source: TimestampSource,
  { certificate, issuer }: TimestampInput,
  crypto: CryptoProvider,
): Uint8Array {
  const milliseconds = sct.timestamp.getTime();
  const writer = new Writer()
    .u8(V1)
    .u8(CERTIFICATE_TIMESTAMP)
    .u32(Math.floor(milliseconds / 2 ** 32))
    .u32(milliseconds % 2 ** 32);
  if (source === 'certificate') {
    // The log saw a precertificate: the same without its timestamps, of an issuer with this key.
    const keyHash = sha256(crypto, issuer.subjectPublicKeyInfo);
    writer.u16(PRECERT_ENTRY).bytes(keyHash).vector24(precertificateTbs(certificate));
  } else {
    writer.u16(X509_ENTRY).vector24(certificate.der);
  }
  return writer.vector16(sct.extensions).finish();
}

/** §3.2: the TBSCertificate without the extension that holds the timestamps. */
export function precertificateTbs(certificate: Certificate): Uint8Array {
  const fields = decodeDer(certificate.tbs).children.flatMap((field) => {
    if (field.tag !== contextTag(3, 'constructed')) return [field.raw];
    const kept = explicitOf(field).children.filter(
      (extension) => readOid(fieldsOf(extension).next()) !== EXTENSION_OID.signedCertificateTimestamps,
    );
    // Without any extension there is no list of them.
    return kept.length === 0 ? [] : [encodeElement(field.tag, encodeSequence(...kept.map(({ raw }) => raw)))];
  });
  return encodeSequence(...fields);
}

function sha256(crypto: CryptoProvider, bytes: Uint8Array): Uint8Array {
  const context = crypto.hash('sha256');
  context.update(bytes);
  return context.digest();
}

/** The readers below speak of TLS messages. */
function decoding<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof TlsError) || error.code === 'ERR_CERT_SCT_DECODE') throw error;
    throw new TlsError('ERR_CERT_SCT_DECODE', { detail: error.detail ?? error.message, cause: error });
  }
}
