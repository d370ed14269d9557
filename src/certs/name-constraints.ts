/**
 * Name constraints: which names an authority's certificates may be for.
 *
 * @see RFC 5280 §4.2.1.10
 * @module
 */
import { contextTag, type DerElement, fieldsOf, listOf } from './der.ts';
import { type GeneralName, readGeneralName } from './general-name.ts';

export interface GeneralSubtree {
  /** An iPAddress has its mask behind it: 8 or 32 bytes. */
  readonly base: GeneralName;
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
  return Object.freeze({
    permitted: permitted === null ? [] : listOf(permitted, permitted.tag).map(readSubtree),
    excluded: excluded === null ? [] : listOf(excluded, excluded.tag).map(readSubtree),
  });
}

function readSubtree(element: DerElement): GeneralSubtree {
  const fields = fieldsOf(element);
  const base = readGeneralName(fields.next(), [8, 32]);
  fields.end();
  return { base };
}
