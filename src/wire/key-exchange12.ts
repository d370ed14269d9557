/**
 * What ServerKeyExchange and ClientKeyExchange hold, by key exchange: ECDHE in both, encrypted preliminary secret in the latter.
 *
 * Which of these forms a body has follows from the cipher suite, so that the handshake decodes it and not the message codec.
 *
 * @see RFC 8422 §5.4 (Server Key Exchange), §5.7 (Client Key Exchange); RFC 5246 §4.7, §7.4.7.1
 * @module
 */
import { fail } from '../errors/errors.ts';
import { EC_CURVE_TYPE } from '../params/registries.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** ServerECDHParams and the signature over them. All are views of the body. */
export interface EcdheParams {
  /** ECCurveType: named_curve, or the body does not decode. */
  readonly curveType: number;
  /** NamedGroup; not checked. */
  readonly group: number;
  /** ECPoint.point, 1 to 255 bytes; not checked. */
  readonly point: Uint8Array;
  /** ServerECDHParams as sent, which is what the signature covers after both randoms. */
  readonly params: Uint8Array;
  /** SignatureScheme; not checked. */
  readonly scheme: number;
  readonly signature: Uint8Array;
}

/** The body of a ServerKeyExchange of ECDHE. Throws ERR_TLS_DECODE, ERR_TLS_TRAILING_DATA, ERR_TLS_CURVE_TYPE. */
export function decodeEcdheParams(body: Uint8Array): EcdheParams {
  const reader = new Reader(body);
  const curveType = reader.u8();
  // RFC 8422 §5.4: explicit curves are gone, and the form of what follows with them.
  if (curveType !== EC_CURVE_TYPE.named_curve) fail('ERR_TLS_CURVE_TYPE', `curve type ${curveType}`);
  const group = reader.u16();
  const point = reader.vector8({ min: 1 });
  const params = body.subarray(0, body.length - reader.remaining);
  const scheme = reader.u16();
  const signature = reader.vector16();
  reader.finish();
  return { curveType, group, point, params, scheme, signature };
}

/** ServerECDHParams, to be signed after both randoms. */
export function encodeEcdheParams(group: number, point: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Writer().u8(EC_CURVE_TYPE.named_curve).u16(group).vector8(point).finish();
}

/** The body of a ServerKeyExchange: what `encodeEcdheParams` gave, and the signature. */
export function encodeSignedEcdheParams(
  params: Uint8Array,
  scheme: number,
  signature: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return new Writer().bytes(params).u16(scheme).vector16(signature).finish();
}

/** ClientECDiffieHellmanPublic, explicit form: the client's point, 1 to 255 bytes. Throws ERR_TLS_DECODE, ERR_TLS_TRAILING_DATA. */
export function decodeEcdhePublic(body: Uint8Array): Uint8Array {
  const reader = new Reader(body);
  const point = reader.vector8({ min: 1 });
  reader.finish();
  return point;
}

export function encodeEcdhePublic(point: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Writer().vector8(point).finish();
}

/**
 * EncryptedPreMasterSecret: the ciphertext. How long it must be depends on the key, so that none, or too much of it, decodes.
 * Throws ERR_TLS_DECODE, ERR_TLS_TRAILING_DATA.
 */
export function decodeEncryptedPreMasterSecret(body: Uint8Array): Uint8Array {
  const reader = new Reader(body);
  // RFC 5246 §7.4.7.1: unlike in SSL 3.0, there is a length.
  const ciphertext = reader.vector16();
  reader.finish();
  return ciphertext;
}

export function encodeEncryptedPreMasterSecret(ciphertext: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Writer().vector16(ciphertext).finish();
}
