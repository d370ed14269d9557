/**
 * The four extensions about certificate policies, as they are written in a certificate.
 *
 * Only the form is read here; what the policies of a path come to is `checkPolicies`' question. Qualifiers are for people and
 * are not kept.
 *
 * @see RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14
 * @module
 */
import { fail } from '../errors/errors.ts';
import { contextTag, type DerElement, fieldsOf, listOf, readOid, readUnsigned, TAG } from './der.ts';

export interface PolicyMapping {
  readonly issuerDomain: string;
  readonly subjectDomain: string;
}

export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | null;
  readonly inhibitPolicyMapping: number | null;
}

/** The policies' object identifiers, in the order written. */
export function readCertificatePolicies(element: DerElement): readonly string[] {
  return Object.freeze(listOf(element).map(readPolicyInformation));
}

export function readPolicyMappings(element: DerElement): readonly PolicyMapping[] {
  const mappings = listOf(element).map((mapping) => {
    const fields = fieldsOf(mapping);
    const issuerDomain = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
    const subjectDomain = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
    fields.end();
    return { issuerDomain, subjectDomain };
  });
  return Object.freeze(mappings);
}

export function readPolicyConstraints(element: DerElement): PolicyConstraints {
  const fields = fieldsOf(element);
  const explicit = fields.optional(contextTag(0, 'primitive'));
  const mapping = fields.optional(contextTag(1, 'primitive'));
  fields.end();
  // §4.2.1.11: one of the two is present.
  if (explicit === null && mapping === null) fail('ERR_CERT_DECODE', 'policyConstraints without a constraint');
  return Object.freeze({
    requireExplicitPolicy: explicit === null ? null : readSkipCerts(explicit),
    inhibitPolicyMapping: mapping === null ? null : readSkipCerts(mapping),
  });
}

export function readInhibitAnyPolicy(element: DerElement): number {
  return readSkipCerts(element, TAG.INTEGER);
}

function readPolicyInformation(element: DerElement): string {
  const fields = fieldsOf(element);
  const oid = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
  const qualifiers = fields.optional(TAG.SEQUENCE);
  fields.end();
  for (const qualifier of qualifiers === null ? [] : listOf(qualifiers)) {
    const parts = fieldsOf(qualifier);
    parts.next(TAG.OBJECT_IDENTIFIER);
    parts.next();
    parts.end();
  }
  return oid;
}

/** SkipCerts has no upper bound; what is longer than any path is the same to us. */
function readSkipCerts(element: DerElement, tag: number = element.tag): number {
  const bytes = readUnsigned(element, tag);
  return bytes.length > 4 ? Number.MAX_SAFE_INTEGER : bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}
