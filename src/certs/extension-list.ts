/**
 * Extensions as CRLs and OCSP responses carry them: by object identifier, each at most once, with the value still encoded.
 *
 * @see RFC 5280 §4.2, §5.2; RFC 6960 §4.4
 * @module
 */
import { fail, TlsError } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/refusals.ts';
import { type DerElement, fieldsOf, listOf, readBoolean, readOctets, readOid, TAG } from './der.ts';

export interface ExtensionEntry {
  readonly critical: boolean;
  /** DER, what the OCTET STRING holds. */
  readonly value: Uint8Array;
}

/** Reads Extensions. Throws TlsError ERR_CERT_DECODE or ERR_CERT_DUPLICATE_EXTENSION. */
export function readExtensionList(element: DerElement): ReadonlyMap<string, ExtensionEntry> {
  const list = new Map<string, ExtensionEntry>();
  for (const child of listOf(element)) {
    const fields = fieldsOf(child);
    const oid = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
    const flag = fields.optional(TAG.BOOLEAN);
    const value = readOctets(fields.next(TAG.OCTET_STRING));
    fields.end();
    // §4.2: each extension at most once.
    if (list.has(oid)) fail('ERR_CERT_DUPLICATE_EXTENSION', oid);
    list.set(oid, { critical: flag !== null && readBoolean(flag), value });
  }
  return list;
}

/** Object identifiers of the critical extensions that are not among `understood`. */
export function unknownCritical(
  list: ReadonlyMap<string, ExtensionEntry>,
  understood: readonly string[],
): readonly string[] {
  return [...list].filter(([oid, { critical }]) => critical && !understood.includes(oid)).map(([oid]) => oid);
}

/** Runs a decoder of DER; its refusals, which speak of certificates, get the code of what is being decoded. */
export function decodingAs<T>(code: ErrorCode, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof TlsError) || /^ERR_CERT_(?:CRL|OCSP)_/.test(error.code)) throw error;
    throw new TlsError(code, { detail: error.detail ?? error.message, cause: error });
  }
}
