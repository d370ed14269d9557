/**
 * Certificates by subject, of which most are never decoded.
 *
 * A system's bundle holds hundreds of roots and a peer may send a thousand intermediates, while a path needs three of them. So a
 * subject is found by stepping over what is before it, and a certificate is decoded when its subject is looked up.
 *
 * @module
 */
import { fail, TlsError } from '../errors/errors.ts';
import { type Certificate, sameBytes } from './certificate.ts';
import { contextTag, DER_LIMITS, elementAt } from './der.ts';
import { type DistinguishedName, decodeDistinguishedName } from './distinguished-name.ts';

/** One certificate, or what stands for one. */
export interface IndexEntry {
  /** DER of the certificate; empty for an anchor without one. */
  readonly der: Uint8Array;
  /** DER of its subject. */
  readonly subject: Uint8Array;
  /** Null for one that is of no use. */
  readonly certificate: () => Certificate | null;
}

export interface CertificateIndex {
  find(subject: DistinguishedName): readonly Certificate[];
}

/**
 * An entry for DER, which is decoded once, when it is first asked for. `refuse` is told then why it does not decode. Throws
 * TlsError for what has no subject where a certificate has it.
 */
export function entryOf(
  der: Uint8Array,
  decode: (der: Uint8Array) => Certificate,
  refuse: (error: TlsError) => void,
): IndexEntry {
  if (der.length > DER_LIMITS.bytes) fail('ERR_CERT_DER_LIMIT', `${der.length} bytes`);
  const subject = subjectOf(der);
  let certificate: Certificate | null | undefined;
  return {
    der,
    subject,
    certificate: () => {
      if (certificate === undefined) certificate = orNull(() => decode(der), refuse);
      return certificate;
    },
  };
}

/** The same certificate twice is found once. The index is made on the first look-up. */
export function indexOf(entries: readonly IndexEntry[]): CertificateIndex {
  let groups: ReadonlyMap<string, readonly IndexEntry[]> | null = null;
  return {
    find({ key }) {
      groups ??= groupBySubject(entries);
      const found: Certificate[] = [];
      for (const { certificate } of groups.get(key) ?? []) {
        const decoded = certificate();
        if (decoded !== null) found.push(decoded);
      }
      return found;
    },
  };
}

function groupBySubject(entries: readonly IndexEntry[]): ReadonlyMap<string, readonly IndexEntry[]> {
  const groups = new Map<string, IndexEntry[]>();
  const seen = new Map<string, IndexEntry[]>();
  for (const entry of entries) {
    const key = orNull(
      () => decodeDistinguishedName(entry.subject).key,
      () => undefined,
    );
    if (key === null || isRepeated(entry, seen)) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** Two of a thousand are compared byte by byte only where their signatures end alike. */
function isRepeated(entry: IndexEntry, seen: Map<string, IndexEntry[]>): boolean {
  const tail = entry.der.subarray(-16).join();
  const alike = seen.get(tail) ?? [];
  seen.set(tail, [...alike, entry]);
  return entry.der.length > 0 && alike.some(({ der }) => sameBytes(der, entry.der));
}

/** The subject's DER, by stepping over what is before it. */
function subjectOf(der: Uint8Array): Uint8Array {
  let offset = elementAt(der, elementAt(der, 0).contentStart).contentStart;
  const version = elementAt(der, offset);
  if (version.tag === contextTag(0, 'constructed')) offset = version.end;
  // serialNumber, signature, issuer, validity
  for (let i = 0; i < 4; i++) offset = elementAt(der, offset).end;
  return der.subarray(offset, elementAt(der, offset).end);
}

function orNull<T>(decode: () => T, refuse: (error: TlsError) => void): T | null {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    refuse(error);
    return null;
  }
}
