/**
 * oid_filters: what a server asks of a client's certificate.
 *
 * @see RFC 9846 §4.3.5 (OID Filters); RFC 5280 §4.2.1.3, §4.2.1.12
 * @module
 */
import { TlsError } from '../errors/errors.ts';
import type { Certificate } from './certificate.ts';
import { decodeDer, listOf, readOid } from './der.ts';
import { keyUsageOf } from './extensions.ts';

export interface OidFilterBytes {
  /** DER of the extension's OBJECT IDENTIFIER. */
  readonly oid: Uint8Array;
  /** DER of its values. */
  readonly values: Uint8Array;
}

const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';

/** True if the leaf has all values asked for of the extensions that have matching rules; the others are skipped. */
export function matchesOidFilters(leaf: Certificate, filters: readonly OidFilterBytes[]): boolean {
  return filters.every((filter) => {
    try {
      return matches(leaf, filter);
    } catch (error) {
      // A filter that cannot be read is one that is not understood.
      if (error instanceof TlsError) return true;
      throw error;
    }
  });
}

function matches(leaf: Certificate, { oid, values }: OidFilterBytes): boolean {
  const { keyUsage, extendedKeyUsage } = leaf.extensions;
  switch (readOid(decodeDer(oid))) {
    case KEY_USAGE:
      return keyUsageOf(decodeDer(values)).every((usage) => keyUsage?.includes(usage) === true);
    case EXTENDED_KEY_USAGE:
      return listOf(decodeDer(values)).every((purpose) => extendedKeyUsage?.includes(readOid(purpose)) === true);
    default:
      return true;
  }
}
