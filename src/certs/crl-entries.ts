/**
 * Looks up one serial number in the entries of a CRL, without making an object of any other entry.
 *
 * A CRL of a large authority has 100,000 entries in some megabytes. All of them are walked, since a critical extension in any
 * entry makes the whole list unusable; the walk keeps to numbers, and takes a few nanoseconds for each byte.
 *
 * @see RFC 5280 §5.1.2.6, §5.3
 * @module
 */
import { fail } from '../errors/errors.ts';
import { type DerElement, decodeDer, fieldsOf, readTime, TAG } from './der.ts';
import { readExtensionList } from './extension-list.ts';
import { CRL_OID } from './oids.ts';

/** CRLReason by its number, RFC 5280 §5.3.1; 7 is not used. */
const REASONS = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  8: 'removeFromCRL',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
} as const;

export type RevocationReason = (typeof REASONS)[keyof typeof REASONS];

/** The numbers of the reasons, for writing them. */
export const REASON_NUMBER: Readonly<Record<RevocationReason, number>> = /* @__PURE__ */ numbersOfReasons();

function numbersOfReasons(): Readonly<Record<RevocationReason, number>> {
  const entries = Object.entries(REASONS).map(([number, reason]) => [reason, Number(number)] as const);
  return Object.fromEntries(entries) as Record<RevocationReason, number>;
}

/** That a certificate is revoked. */
export interface Revocation {
  readonly reason: RevocationReason;
  readonly date: Date;
}

/**
 * The revocation of a serial number, or null. `entries` is the content of revokedCertificates, `serial` the content of an
 * INTEGER. Throws TlsError ERR_CERT_DECODE, or ERR_CERT_CRL_CRITICAL_EXTENSION.
 */
export function findRevocation(entries: Uint8Array, serial: Uint8Array, version: 1 | 2): Revocation | null {
  let found: Revocation | null = null;
  walkEntries(entries, serial, version === 2, (entry) => {
    const revocation = readEntry(entry);
    // §6.3.3 (k): an entry that only a delta CRL can have takes nothing away here, and revokes nothing.
    if (revocation.reason !== 'removeFromCRL') found ??= revocation;
  });
  return found;
}

/** CRLReason, an ENUMERATED. */
export function readReason(element: DerElement): RevocationReason {
  const number = element.content.length === 1 ? element.content[0] : undefined;
  const reason =
    element.tag === ENUMERATED ? (REASONS as Readonly<Record<number, RevocationReason>>)[number ?? 7] : null;
  return reason ?? fail('ERR_CERT_DECODE', 'a reason code that does not exist');
}

const ENUMERATED = 0x0a;

function readEntry(entry: Uint8Array): Revocation {
  const fields = fieldsOf(decodeDer(entry));
  fields.next(TAG.INTEGER);
  const date = readTime(fields.next());
  // The walk has seen that nothing follows.
  const list = fields.optional(TAG.SEQUENCE);
  const reason = list === null ? undefined : readExtensionList(list).get(CRL_OID.reasonCode);
  return Object.freeze({ reason: reason === undefined ? 'unspecified' : readReason(decodeDer(reason.value)), date });
}

/**
 * Walks all entries and hands over those with the serial number, each as it is encoded. One cursor in local variables: 100,000
 * entries would otherwise be a million short-lived objects.
 */
function walkEntries(
  bytes: Uint8Array,
  serial: Uint8Array,
  extensionsAllowed: boolean,
  found: (entry: Uint8Array) => void,
): void {
  // The content of the element that was entered last.
  let start = 0;
  let end = 0;
  let at = 0;
  while (at < bytes.length) {
    const entryStart = at;
    enter(at, bytes.length, TAG.SEQUENCE);
    const entryEnd = end;

    enter(start, entryEnd, TAG.INTEGER);
    checkMinimal();
    const matches = isSerial();
    at = end;

    const tag = bytes[at];
    if (tag !== TAG.UTC_TIME && tag !== TAG.GENERALIZED_TIME) fail('ERR_CERT_DECODE', 'an entry without its date');
    enter(at, entryEnd, tag);
    if (end - start !== (tag === TAG.UTC_TIME ? 13 : 15)) fail('ERR_CERT_DECODE', 'a date of an entry');
    at = end;

    if (at < entryEnd) {
      // §5.1.2.6: version 1 has no extensions.
      if (!extensionsAllowed) fail('ERR_CERT_DECODE', 'version 1 with extensions of entries');
      enter(at, entryEnd, TAG.SEQUENCE);
      if (end !== entryEnd || start === end) fail('ERR_CERT_DECODE', 'the extensions of an entry');
      walkExtensions(start, entryEnd);
      at = entryEnd;
    }
    if (matches) found(bytes.subarray(entryStart, entryEnd));
  }

  function walkExtensions(from: number, limit: number): void {
    for (let next = from; next < limit; ) {
      enter(next, limit, TAG.SEQUENCE);
      next = end;
      enter(start, next, TAG.OBJECT_IDENTIFIER);
      const isKnown = isUnderstood();
      let critical = false;
      if (bytes[end] === TAG.BOOLEAN) {
        enter(end, next, TAG.BOOLEAN);
        critical = bytes[start] === 0xff;
        if (end - start !== 1 || (!critical && bytes[start] !== 0)) fail('ERR_CERT_DECODE', 'a boolean');
      }
      enter(end, next, TAG.OCTET_STRING);
      if (end !== next) fail('ERR_CERT_DECODE', 'an extension of an entry');
      // §5.3: a list with a critical entry extension that is not understood must not be used, for any certificate.
      if (critical && !isKnown) fail('ERR_CERT_CRL_CRITICAL_EXTENSION', 'in an entry');
    }
  }

  /** Steps into the element at `from`, which must have the tag and end by `limit`. */
  function enter(from: number, limit: number, tag: number): void {
    const first = bytes[from + 1] ?? 0;
    if (from + 2 > limit || bytes[from] !== tag) fail('ERR_CERT_DECODE', 'an entry is malformed');
    start = from + 2;
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0 || count > 3 || start + count > limit) fail('ERR_CERT_DECODE', 'a length');
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[start + i] ?? 0);
      // X.690 §10.1: the fewest octets.
      if (length < 0x80 || (bytes[start] ?? 0) === 0) fail('ERR_CERT_DECODE', 'a length is not minimal');
      start += count;
    }
    end = start + length;
    if (end > limit) fail('ERR_CERT_DECODE', 'an entry is cut short');
  }

  /** X.690 §8.3.2. */
  function checkMinimal(): void {
    const first = bytes[start] ?? 0;
    const second = bytes[start + 1] ?? 0;
    const padded = end - start > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (start === end || padded) fail('ERR_CERT_DECODE', 'an integer is not minimal');
  }

  function isSerial(): boolean {
    if (end - start !== serial.length) return false;
    // From the end: serial numbers of one authority often begin alike.
    for (let i = serial.length - 1; i >= 0; i--) if (bytes[start + i] !== serial[i]) return false;
    return true;
  }

  /** reasonCode (2.5.29.21) and invalidityDate (2.5.29.24). certificateIssuer is of indirect CRLs, which are not supported. */
  function isUnderstood(): boolean {
    const last = bytes[start + 2];
    return end - start === 3 && bytes[start] === 0x55 && bytes[start + 1] === 0x1d && (last === 21 || last === 24);
  }
}
