/**
 * Certificate policies: the extensions that a path's policies are computed from.
 *
 * @see RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14; RFC 9618
 * @module
 */
import { contextTag, type DerElement, fieldsOf, listOf, readOid, readSmallInteger, TAG } from './der.ts';

export interface PolicyMapping {
  readonly issuerDomain: string;
  readonly subjectDomain: string;
}

export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | null;
  readonly inhibitPolicyMapping: number | null;
}

/** The policies' object identifiers; qualifiers are not kept. */
export function readCertificatePolicies(element: DerElement): readonly string[] {
  return listOf(element).map((information) => {
    const fields = fieldsOf(information);
    const oid = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
    const qualifiers = fields.optional(TAG.SEQUENCE);
    if (qualifiers !== null) listOf(qualifiers);
    fields.end();
    return oid;
  });
}

export function readPolicyMappings(element: DerElement): readonly PolicyMapping[] {
  return listOf(element).map((mapping) => {
    const fields = fieldsOf(mapping);
    const issuerDomain = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
    const subjectDomain = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
    fields.end();
    return { issuerDomain, subjectDomain };
  });
}

export function readPolicyConstraints(element: DerElement): PolicyConstraints {
  const fields = fieldsOf(element);
  const [explicit, mapping] = [contextTag(0, 'primitive'), contextTag(1, 'primitive')].map((tag) => {
    const field = fields.optional(tag);
    return field === null ? null : readSmallInteger(field, tag);
  });
  fields.end();
  return Object.freeze({ requireExplicitPolicy: explicit ?? null, inhibitPolicyMapping: mapping ?? null });
}

export function readInhibitAnyPolicy(element: DerElement): number {
  return readSmallInteger(element);
}
