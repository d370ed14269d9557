/**
 * The name constraints extension, as it is written in a certificate.
 *
 * Only the form is read here: a base that no name can be compared with is refused where the constraints are applied, so that
 * the refusal names the authority.
 *
 * @see RFC 5280 §4.2.1.10
 * @module
 */
import { fail } from '../errors/errors.ts';
import { contextTag, type DerElement, fieldsOf, listOf, readSmallInteger } from './der.ts';
import { type GeneralName, readGeneralName } from './general-name.ts';

export interface GeneralSubtree {
  /** An iPAddress has its mask behind it: 8 or 32 bytes. */
  readonly base: GeneralName;
  /** BaseDistances; RFC 5280 knows no others than 0 and none. */
  readonly minimum: number;
  readonly maximum: number | null;
}

export interface NameConstraints {
  readonly permitted: readonly GeneralSubtree[];
  readonly excluded: readonly GeneralSubtree[];
}

/** Reads a NameConstraints. */
export function readNameConstraints(element: DerElement): NameConstraints {
  const fields = fieldsOf(element);
  const permitted = fields.optional(contextTag(0, 'constructed'));
  const excluded = fields.optional(contextTag(1, 'constructed'));
  fields.end();
  // §4.2.1.10: one of the two is present.
  if (permitted === null && excluded === null) fail('ERR_CERT_DECODE', 'name constraints without a subtree');
  return Object.freeze({ permitted: readSubtrees(permitted), excluded: readSubtrees(excluded) });
}

function readSubtrees(field: DerElement | null): readonly GeneralSubtree[] {
  return field === null ? [] : Object.freeze(listOf(field, field.tag).map(readSubtree));
}

function readSubtree(element: DerElement): GeneralSubtree {
  const fields = fieldsOf(element);
  const base = readGeneralName(fields.next(), CONSTRAINT_ADDRESS_LENGTHS);
  const minimum = distanceOf(fields.optional(contextTag(0, 'primitive')));
  const maximum = distanceOf(fields.optional(contextTag(1, 'primitive')));
  fields.end();
  // X.690 §11.5: the default, zero, is not encoded.
  if (minimum === 0) fail('ERR_CERT_DECODE', 'the default minimum of a subtree is encoded');
  return Object.freeze({ base, minimum: minimum ?? 0, maximum });
}

/** §4.2.1.10: an address and its mask, of IPv4 or IPv6. */
const CONSTRAINT_ADDRESS_LENGTHS = [8, 32];

function distanceOf(field: DerElement | null): number | null {
  return field === null ? null : readSmallInteger(field, field.tag);
}
