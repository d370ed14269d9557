/**
 * Trust anchors, found by subject: certificates, or a name with a key.
 *
 * @see RFC 5280 §6.1.1 (d) (trust anchor information), RFC 5937 (constraints of an anchor)
 * @module
 */
import { TlsConfigError, TlsError } from '../errors/errors.ts';
import { type Certificate, decodeAnchor } from './certificate.ts';
import { type CertificateIndex, entryOf, type IndexEntry, indexOf } from './certificate-index.ts';
import { copyOf, decodeDerCopy } from './der.ts';
import { type DistinguishedName, decodeDistinguishedName } from './distinguished-name.ts';
import { NO_EXTENSIONS } from './extensions.ts';
import { readNameConstraints } from './general-subtree.ts';
import { decodePem } from './pem.ts';
import { readSubjectPublicKeyInfo } from './public-key.ts';

/** A frozen set of trust anchors; may be shared by any number of configurations. */
export interface TrustStore {
  /** How many anchors it holds. */
  readonly size: number;
  /** The anchors with this subject. A certificate that does not decode is left out: it can anchor nothing. */
  find(subject: DistinguishedName): readonly Certificate[];
  /** DER of each anchor's subject, as certificate_authorities lists them (RFC 9846 §4.3.4). */
  subjects(): readonly Uint8Array[];
  /** DER of each certificate, in the order given; anchors without one are left out. */
  certificates(): readonly Uint8Array[];
}

/** An anchor that is no certificate. All three are DER. */
export interface RawAnchor {
  /** Name: the issuer of what the key signs. */
  readonly subject: Uint8Array;
  readonly subjectPublicKeyInfo: Uint8Array;
  /** NameConstraints that hold for all below. */
  readonly nameConstraints?: Uint8Array | undefined;
}

/**
 * Makes a trust store from certificates in DER, PEM texts with any number of certificates each (other blocks are skipped), and
 * names with keys.
 *
 * Throws TlsConfigError ERR_CONFIG_PEM for a text without certificates, and ERR_CONFIG for what is not a certificate or an anchor.
 *
 * @example
 * const anchors = createTrustStore([readFileSync('company-root.pem', 'utf8')]);
 */
export function createTrustStore(anchors: readonly (Uint8Array | string | RawAnchor)[]): TrustStore {
  return storeOf(anchors.flatMap(readAnchor).map((anchor, index) => configured(anchor, index)));
}

/** A store of those that look like certificates; the others are handed to `refuse`. */
export function collectAnchors(ders: readonly Uint8Array[], refuse: (error: TlsError) => void): TrustStore {
  const entries: IndexEntry[] = [];
  for (const der of ders) {
    try {
      entries.push(entryOf(der, decodeAnchor, refuse));
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      refuse(error);
    }
  }
  return storeOf(entries);
}

/** RFC 7468 §5.1: the last two are older names of the first. */
const CERTIFICATE_LABELS: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'X.509 CERTIFICATE']);

function readAnchor(anchor: Uint8Array | string | RawAnchor): readonly (Uint8Array | RawAnchor)[] {
  if (typeof anchor !== 'string') return [anchor instanceof Uint8Array ? copyOf(anchor) : anchor];
  const ders = decodePem(anchor)
    .filter(({ label }) => CERTIFICATE_LABELS.has(label))
    .map(({ der }) => der);
  if (ders.length === 0) throw new TlsConfigError('ERR_CONFIG_PEM', 'the text has no CERTIFICATE block');
  return ders;
}

function configured(anchor: Uint8Array | RawAnchor, index: number): IndexEntry {
  try {
    return anchor instanceof Uint8Array ? entryOf(anchor, decodeAnchor, () => undefined) : rawEntry(anchor);
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    throw new TlsConfigError('ERR_CONFIG', `trust anchor ${index}: ${error.message}`, { cause: error });
  }
}

function rawEntry(anchor: RawAnchor): IndexEntry {
  const certificate = anchorOf(anchor);
  return { der: NO_BYTES, subject: certificate.subject.der, certificate: () => certificate };
}

/**
 * A name and a key in the form of a certificate. Like one of version 1 it has no extensions that would be asked for; it never
 * expires, and its DER is empty.
 */
function anchorOf({ subject, subjectPublicKeyInfo, nameConstraints }: RawAnchor): Certificate {
  const name = decodeDistinguishedName(copyOf(subject));
  const spki = decodeDerCopy(subjectPublicKeyInfo);
  const key = readSubjectPublicKeyInfo(spki);
  if (key.key === null) throw new TlsError('ERR_CERT_UNSUPPORTED_KEY', { detail: key.oid });
  const constraints = nameConstraints === undefined ? null : readNameConstraints(decodeDerCopy(nameConstraints));
  return Object.freeze({
    der: NO_BYTES,
    tbs: NO_BYTES,
    version: 1,
    serial: NO_BYTES,
    issuer: name,
    subject: name,
    validity: Object.freeze({ notBefore: new Date(-MAX_TIME), notAfter: new Date(MAX_TIME), inUtcTime: true }),
    subjectPublicKeyInfo: spki.raw,
    publicKeyOid: key.oid,
    publicKey: key.key,
    signatureOid: '',
    signatureAlgorithm: null,
    signature: NO_BYTES,
    extensions: Object.freeze({ ...NO_EXTENSIONS, nameConstraints: constraints }),
  });
}

const NO_BYTES = new Uint8Array(0);

/** The last moment that a Date can name, ECMA-262 §21.4.1.1. */
const MAX_TIME = 8.64e15;

function storeOf(entries: readonly IndexEntry[]): TrustStore {
  const index: CertificateIndex = indexOf(entries);
  return Object.freeze({
    size: entries.length,
    find: (subject: DistinguishedName) => index.find(subject),
    subjects: () => entries.map(({ subject }) => copyOf(subject)),
    certificates: () => entries.filter(({ der }) => der.length > 0).map(({ der }) => copyOf(der)),
  });
}
