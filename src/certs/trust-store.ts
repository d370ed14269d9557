/**
 * Trust anchors, found by subject.
 *
 * A system's bundle holds hundreds of certificates of which a connection needs one: names are read on the first look-up, a
 * certificate when its name is looked up.
 *
 * @see RFC 5280 §6.1.1 (d) (trust anchor information)
 * @module
 */
import { TlsConfigError, TlsError } from '../errors/errors.ts';
import { type Certificate, decodeCertificate } from './certificate.ts';
import { contextTag, copyOf, elementAt } from './der.ts';
import { type DistinguishedName, decodeDistinguishedName } from './distinguished-name.ts';
import { decodePem } from './pem.ts';

/** A frozen set of trust anchors; may be shared by any number of configurations. */
export interface TrustStore {
  /** How many certificates it holds. */
  readonly size: number;
  /** The anchors with this subject. A certificate that does not decode is left out: it can anchor nothing. */
  find(subject: DistinguishedName): readonly Certificate[];
  /** DER of each anchor's subject, as certificate_authorities lists them (RFC 9846 §4.3.4). */
  subjects(): readonly Uint8Array[];
  /** DER of each anchor, in the order given. */
  certificates(): readonly Uint8Array[];
}

/**
 * Makes a trust store from certificates in DER, or in PEM texts with any number of certificates each.
 *
 * Throws TlsConfigError ERR_CONFIG_PEM for a text without certificates, and ERR_CONFIG for bytes that are not a certificate.
 */
export function createTrustStore(certificates: readonly (Uint8Array | string)[]): TrustStore {
  const ders = certificates.flatMap((entry) =>
    typeof entry === 'string' ? certificateBlocks(entry) : [copyOf(entry)],
  );
  const entries = ders.map((der, index) => {
    try {
      return entryOf(der);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      throw new TlsConfigError('ERR_CONFIG', `trust anchor ${index}: ${error.message}`, { cause: error });
    }
  });
  return storeOf(entries);
}

/** A store of those that look like certificates; the others are handed to `refuse`. */
export function collectAnchors(ders: readonly Uint8Array[], refuse: (error: TlsError) => void): TrustStore {
  const entries: Entry[] = [];
  for (const der of ders) {
    try {
      entries.push(entryOf(der));
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      refuse(error);
    }
  }
  return storeOf(entries);
}

interface Entry {
  readonly der: Uint8Array;
  /** DER of the subject, a view. */
  readonly subject: Uint8Array;
  /** Undefined: not decoded yet. Null: does not decode. */
  certificate: Certificate | null | undefined;
}

function certificateBlocks(text: string): readonly Uint8Array[] {
  const ders = decodePem(text)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ der }) => der);
  if (ders.length === 0) throw new TlsConfigError('ERR_CONFIG_PEM', 'the text has no CERTIFICATE block');
  return ders;
}

function entryOf(der: Uint8Array): Entry {
  return { der, subject: subjectOf(der), certificate: undefined };
}

/** The subject's DER, by stepping over what is before it. */
function subjectOf(der: Uint8Array): Uint8Array {
  let offset = elementAt(der, elementAt(der, 0).contentStart).contentStart;
  if (elementAt(der, offset).tag === contextTag(0, 'constructed')) offset = elementAt(der, offset).end;
  // serialNumber, signature, issuer, validity
  for (let i = 0; i < 4; i++) offset = elementAt(der, offset).end;
  return der.subarray(offset, elementAt(der, offset).end);
}

function storeOf(entries: readonly Entry[]): TrustStore {
  let index: ReadonlyMap<string, readonly Entry[]> | null = null;
  return Object.freeze({
    size: entries.length,
    find(subject: DistinguishedName): readonly Certificate[] {
      index ??= indexOf(entries);
      return (index.get(subject.key) ?? []).map(certificateOf).filter((certificate) => certificate !== null);
    },
    subjects: () => entries.map(({ subject }) => copyOf(subject)),
    certificates: () => entries.map(({ der }) => copyOf(der)),
  });
}

function indexOf(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const index = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = orNull(() => decodeDistinguishedName(entry.subject).key);
    if (key === null) continue;
    const others = index.get(key);
    if (others === undefined) index.set(key, [entry]);
    else others.push(entry);
  }
  return index;
}

function certificateOf(entry: Entry): Certificate | null {
  if (entry.certificate === undefined) entry.certificate = orNull(() => decodeCertificate(entry.der));
  return entry.certificate;
}

function orNull<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof TlsError) return null;
    throw error;
  }
}
