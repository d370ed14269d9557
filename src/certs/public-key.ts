/**
 * SubjectPublicKeyInfo: from DER to a PublicKey.
 *
 * A key of a kind that is not supported is null and refused where it is used; a supported kind that is malformed does not
 * decode.
 *
 * @see RFC 5280 §4.1.2.7, RFC 3279 §2.3.1 (RSA), RFC 4055 §1.2 (RSASSA-PSS), RFC 5480 §2 (EC), RFC 8410 §4 (Ed25519, Ed448)
 * @module
 */
import type { PublicKey } from '../crypto/provider.ts';
import { fail } from '../errors/errors.ts';
import type { CurveName } from '../params/algorithms.ts';
import { type DerElement, decodeDer, fieldsOf, readBitStringBytes, readOid, readUnsigned, TAG } from './der.ts';
import { CURVE_OID, KEY_OID } from './oids.ts';
import { type AlgorithmIdentifier, readAlgorithmIdentifier, readPssParameters } from './signature-algorithm.ts';

/** Bytes of a field element, which is also the length of a private scalar. */
export const FIELD_LENGTH: Readonly<Record<CurveName, number>> = { secp256r1: 32, secp384r1: 48, secp521r1: 66 };

/** Reads a SubjectPublicKeyInfo from its DER. Throws TlsError ERR_CERT_DECODE. */
export function decodePublicKey(spki: Uint8Array): PublicKey | null {
  return readSubjectPublicKeyInfo(decodeDer(spki)).key;
}

/** Reads a SubjectPublicKeyInfo. Arrays are views. */
export function readSubjectPublicKeyInfo(element: DerElement): {
  readonly oid: string;
  readonly key: PublicKey | null;
  /** The content of the BIT STRING, which key identifiers are hashes of. */
  readonly bits: Uint8Array;
} {
  const fields = fieldsOf(element);
  const algorithm = readAlgorithmIdentifier(fields.next(TAG.SEQUENCE));
  const bits = readBitStringBytes(fields.next(TAG.BIT_STRING));
  fields.end();
  return { oid: algorithm.oid, key: keyOf(algorithm, bits), bits };
}

/** The named curve of EC parameters, or null for another. */
export function readCurve(parameters: DerElement | null): CurveName | null {
  // RFC 5480 §2.1.1: namedCurve only, never explicit parameters.
  if (parameters?.tag !== TAG.OBJECT_IDENTIFIER) return null;
  const oid = readOid(parameters);
  for (const curve of ['secp256r1', 'secp384r1', 'secp521r1'] as const) if (CURVE_OID[curve] === oid) return curve;
  return null;
}

function keyOf({ oid, parameters }: AlgorithmIdentifier, bits: Uint8Array): PublicKey | null {
  switch (oid) {
    case KEY_OID.ec:
      return ecKey(readCurve(parameters), bits);
    case KEY_OID.ed25519:
      // RFC 8410 §3: the parameters are absent.
      if (parameters !== null || bits.length !== 32) fail('ERR_CERT_DECODE', 'an Ed25519 key');
      return Object.freeze({ kind: 'ed25519', key: bits });
    case KEY_OID.ed448:
      if (parameters !== null || bits.length !== 57) fail('ERR_CERT_DECODE', 'an Ed448 key');
      return Object.freeze({ kind: 'ed448', key: bits });
    case KEY_OID.rsa:
      // RFC 3279 §2.3.1: the parameters are NULL.
      if (parameters?.tag !== TAG.NULL) fail('ERR_CERT_DECODE', 'parameters of an RSA key');
      return Object.freeze({ kind: 'rsa', pss: false, ...readRsaKey(bits) });
    case KEY_OID.rsaPss: {
      // RFC 4055 §1.2: without parameters the key may be used with any of them.
      if (parameters === null) return Object.freeze({ kind: 'rsa', pss: true, ...readRsaKey(bits) });
      const pssParameters = readPssParameters(parameters);
      return pssParameters && Object.freeze({ kind: 'rsa', pss: true, pssParameters, ...readRsaKey(bits) });
    }
    default:
      return null;
  }
}

function ecKey(curve: CurveName | null, point: Uint8Array): PublicKey | null {
  if (curve === null) return null;
  // RFC 5480 §2.2: compressed points are optional; TLS has none, and here they are not supported.
  if (point[0] === 0x02 || point[0] === 0x03) return null;
  // SEC 1 §2.3.3: 0x04 and two field elements. Whether they are on the curve is the provider's to say.
  if (point[0] !== 0x04 || point.length !== 1 + 2 * FIELD_LENGTH[curve]) fail('ERR_CERT_DECODE', 'an EC point');
  return Object.freeze({ kind: 'ec', curve, point });
}

function readRsaKey(bits: Uint8Array): { readonly modulus: Uint8Array; readonly exponent: Uint8Array } {
  const fields = fieldsOf(decodeDer(bits));
  const modulus = readUnsigned(fields.next());
  const exponent = readUnsigned(fields.next());
  fields.end();
  return { modulus, exponent };
}
