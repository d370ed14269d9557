/**
 * AlgorithmIdentifiers of signatures, and the parameters of RSASSA-PSS.
 *
 * An algorithm that is not known, or has parameters that are not, is null: the certificate can be shown but not verified.
 *
 * @see RFC 4055 §3.1, §5 (RSA), RFC 5758 §3.2 (ECDSA), RFC 8410 §3 (Ed25519, Ed448)
 * @module
 */
import { TlsUsageError } from '../errors/errors.ts';
import type { HashName, Sha2Name, SignatureAlgorithm } from '../params/algorithms.ts';
import { contextTag, type DerElement, fieldsOf, readOid, readSmallInteger, TAG } from './der.ts';
import { encodeElement, encodeNull, encodeOid, encodeSequence, encodeUnsigned } from './der-encode.ts';
import { ECDSA_OID, HASH_OID, KEY_OID, MGF1_OID, RSA_PKCS1_OID } from './oids.ts';

export interface AlgorithmIdentifier {
  readonly oid: string;
  readonly parameters: DerElement | null;
}

/** Reads an AlgorithmIdentifier. */
export function readAlgorithmIdentifier(element: DerElement): AlgorithmIdentifier {
  const fields = fieldsOf(element);
  const oid = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
  const parameters = element.children.length > 1 ? fields.next() : null;
  fields.end();
  return { oid, parameters };
}

/** The signature algorithm that an identifier names, or null for one that is not supported. */
export function signatureAlgorithmOf({ oid, parameters }: AlgorithmIdentifier): SignatureAlgorithm | null {
  // RFC 8410 §3, RFC 5758 §3.2: the parameters are absent.
  if (oid === KEY_OID.ed25519) return parameters === null ? { kind: 'ed25519' } : null;
  if (oid === KEY_OID.ed448) return parameters === null ? { kind: 'ed448' } : null;
  const ecdsa = hashOf(ECDSA_OID, oid);
  if (ecdsa !== null) return parameters === null ? { kind: 'ecdsa', hash: ecdsa } : null;

  // RFC 4055 §5: the parameters are NULL; absent ones are accepted too.
  const pkcs1 = hashOf(RSA_PKCS1_OID, oid);
  if (pkcs1 !== null) return parameters === null || isNull(parameters) ? { kind: 'rsa-pkcs1', hash: pkcs1 } : null;

  if (oid !== KEY_OID.rsaPss || parameters === null) return null;
  const pss = readPssParameters(parameters);
  return pss === null ? null : { kind: 'rsa-pss', ...pss };
}

/** Reads RSASSA-PSS-params. Null when they ask for SHA-1, for two different hashes, or for an unknown trailer. */
export function readPssParameters(element: DerElement): { hash: Sha2Name; saltLength: number } | null {
  const fields = fieldsOf(element);
  const hashField = fields.optional(contextTag(0, 'constructed'));
  const maskField = fields.optional(contextTag(1, 'constructed'));
  const saltField = fields.optional(contextTag(2, 'constructed'));
  const trailerField = fields.optional(contextTag(3, 'constructed'));
  fields.end();
  // §3.1: both hashes are SHA-1 where absent.
  if (hashField === null || maskField === null) return null;

  const hash = hashIdentifier(explicit(hashField));
  const mask = readAlgorithmIdentifier(explicit(maskField));
  if (hash === null || mask.oid !== MGF1_OID || mask.parameters === null) return null;
  // §3.1: MGF1 uses the same hash; TLS knows no other pairs.
  if (hashIdentifier(mask.parameters) !== hash) return null;

  const saltLength = saltField === null ? 20 : readSmallInteger(explicit(saltField));
  const trailer = trailerField === null ? 1 : readSmallInteger(explicit(trailerField));
  return trailer === 1 && saltLength <= MAX_SALT_LENGTH ? { hash, saltLength } : null;
}

/** The AlgorithmIdentifier of a signature. */
export function encodeSignatureAlgorithm(algorithm: SignatureAlgorithm): Uint8Array {
  switch (algorithm.kind) {
    case 'ed25519':
    case 'ed448':
      return encodeSequence(encodeOid(KEY_OID[algorithm.kind]));
    case 'ecdsa':
      return encodeSequence(encodeOid(oidOf(ECDSA_OID, algorithm.hash)));
    case 'rsa-pkcs1':
      return encodeSequence(encodeOid(oidOf(RSA_PKCS1_OID, algorithm.hash)), encodeNull());
    case 'rsa-pss':
      return encodeSequence(encodeOid(KEY_OID.rsaPss), encodePssParameters(algorithm));
  }
}

/** RSASSA-PSS-params with MGF1 of the same hash. */
export function encodePssParameters({ hash, saltLength }: { hash: Sha2Name; saltLength: number }): Uint8Array {
  const hashId = encodeSequence(encodeOid(HASH_OID[hash]), encodeNull());
  return encodeSequence(
    encodeElement(contextTag(0, 'constructed'), hashId),
    encodeElement(contextTag(1, 'constructed'), encodeSequence(encodeOid(MGF1_OID), hashId)),
    encodeElement(contextTag(2, 'constructed'), encodeUnsigned(saltLength)),
  );
}

/** The salt of an 8192-bit key with SHA-512 could not be longer. */
const MAX_SALT_LENGTH = 1024;

function isNull(element: DerElement): boolean {
  return element.tag === TAG.NULL;
}

/** The one element inside an explicit tag. */
function explicit(element: DerElement): DerElement {
  const fields = fieldsOf(element, element.tag);
  const inner = fields.next();
  fields.end();
  return inner;
}

function hashIdentifier(element: DerElement): Sha2Name | null {
  const { oid, parameters } = readAlgorithmIdentifier(element);
  // RFC 4055 §2.1: the parameters of a hash are NULL or absent, with one meaning.
  return parameters === null || isNull(parameters) ? hashOf(HASH_OID, oid) : null;
}

function hashOf(table: Readonly<Record<Sha2Name, string>>, oid: string): Sha2Name | null {
  for (const hash of ['sha256', 'sha384', 'sha512'] as const) if (table[hash] === oid) return hash;
  return null;
}

function oidOf(table: Readonly<Record<Sha2Name, string>>, hash: HashName): string {
  if (hash === 'sha1') throw new TlsUsageError('certificates are not signed with SHA-1');
  return table[hash];
}
