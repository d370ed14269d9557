/**
 * Keys as JSON: the JWKs that key servers, browsers and WebCrypto export.
 *
 * A file of its own, so that who reads PEM alone does not load it. A private key is checked against the public one that stands
 * beside it.
 *
 * @see RFC 7517 §4 (JWK), RFC 7518 §6 (EC, RSA), RFC 8037 §2 (Ed25519, Ed448)
 * @module
 */
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { CryptoProvider, PrivateKey, PublicKey } from '../crypto/provider.ts';
import { TlsConfigError } from '../errors/errors.ts';
import type { CurveName } from '../params/algorithms.ts';
import { sameBytes } from './certificate.ts';
import { checkRsa, isScalarInRange, publicKeyBits } from './keys.ts';
import { decodeBase64 } from './pem.ts';
import { FIELD_LENGTH } from './public-key.ts';

/** A JSON Web Key as `JSON.parse` returns it; what is not about the key itself (use, alg, kid …) is not looked at. */
export interface Jwk {
  readonly kty?: unknown;
  readonly [member: string]: unknown;
}

/**
 * Reads a public key from a JWK; that of a private one too. Throws TlsConfigError ERR_CONFIG_KEY.
 *
 * @example
 * const key = readPublicJwk(JSON.parse(text));
 */
export function readPublicJwk(jwk: Jwk): PublicKey {
  switch (jwk.kty) {
    case 'EC': {
      const curve = curveOf(jwk);
      const [x, y] = [coordinate(jwk, 'x', curve), coordinate(jwk, 'y', curve)];
      // SEC 1 §2.3.3: an uncompressed point.
      return { kind: 'ec', curve, point: Uint8Array.of(4, ...x, ...y) };
    }
    case 'OKP': {
      const kind = edwardsCurveOf(jwk);
      return { kind, key: sized(jwk, 'x', EDWARDS_LENGTH[kind]) };
    }
    case 'RSA':
      return { kind: 'rsa', pss: false, modulus: unsigned(jwk, 'n'), exponent: unsigned(jwk, 'e') };
    default:
      return refuse(`kty ${JSON.stringify(jwk.kty)} is not EC, OKP or RSA`);
  }
}

/**
 * Reads a private key from a JWK, whose public members must be there and fit. Throws TlsConfigError ERR_CONFIG_KEY.
 *
 * @example
 * const credential = createCredential({ certificates: pem, key: readPrivateJwk(JSON.parse(text)) });
 */
export function readPrivateJwk(jwk: Jwk, crypto: CryptoProvider = nobleProvider): PrivateKey {
  const publicKey = readPublicJwk(jwk);
  if (jwk['d'] === undefined) refuse('a public key, without "d"');
  const key = privatePart(jwk, publicKey);
  if (!sameBytes(publicKeyBits(crypto.publicKey(key)), publicKeyBits(publicKey))) {
    refuse('the private key does not belong to the public one');
  }
  return key;
}

const CURVES: ReadonlyMap<unknown, CurveName> = new Map([
  ['P-256', 'secp256r1'],
  ['P-384', 'secp384r1'],
  ['P-521', 'secp521r1'],
]);

/** Bytes of a key, private or public. */
const EDWARDS_LENGTH = { ed25519: 32, ed448: 57 } as const;

function privatePart(jwk: Jwk, publicKey: PublicKey): PrivateKey {
  switch (publicKey.kind) {
    case 'ec': {
      // RFC 7518 §6.2.2.1: as long as the order of the curve.
      const scalar = coordinate(jwk, 'd', publicKey.curve);
      if (!isScalarInRange(publicKey.curve, scalar)) refuse('an EC scalar outside its range');
      return { kind: 'ec', curve: publicKey.curve, scalar };
    }
    case 'ed25519':
    case 'ed448':
      return { kind: publicKey.kind, seed: sized(jwk, 'd', EDWARDS_LENGTH[publicKey.kind]) };
    case 'rsa':
      // RFC 7518 §6.3.2.7.
      if (jwk['oth'] !== undefined) refuse('an RSA key with more than two primes');
      return checkRsa({
        kind: 'rsa',
        pss: false,
        modulus: publicKey.modulus,
        exponent: publicKey.exponent,
        privateExponent: unsigned(jwk, 'd'),
        prime1: unsigned(jwk, 'p'),
        prime2: unsigned(jwk, 'q'),
        exponent1: unsigned(jwk, 'dp'),
        exponent2: unsigned(jwk, 'dq'),
        coefficient: unsigned(jwk, 'qi'),
      });
  }
}

function curveOf(jwk: Jwk): CurveName {
  return CURVES.get(jwk['crv']) ?? refuse(`the curve ${JSON.stringify(jwk['crv'])} is not P-256, P-384 or P-521`);
}

function edwardsCurveOf(jwk: Jwk): 'ed25519' | 'ed448' {
  if (jwk['crv'] === 'Ed25519') return 'ed25519';
  return jwk['crv'] === 'Ed448' ? 'ed448' : refuse(`the curve ${JSON.stringify(jwk['crv'])} is not Ed25519 or Ed448`);
}

/** RFC 7518 §6.2.1.2: as long as the field, zeros in front included. */
function coordinate(jwk: Jwk, member: string, curve: CurveName): Uint8Array {
  return sized(jwk, member, FIELD_LENGTH[curve]);
}

function sized(jwk: Jwk, member: string, length: number): Uint8Array {
  const bytes = bytesOf(jwk, member);
  return bytes.length === length ? bytes : refuse(`"${member}" has ${bytes.length} bytes, not ${length}`);
}

/** RFC 7518 §2, Base64urlUInt: without zeros in front. */
function unsigned(jwk: Jwk, member: string): Uint8Array {
  const bytes = bytesOf(jwk, member);
  return bytes[0] === 0 ? refuse(`"${member}" has a zero in front`) : bytes;
}

/** RFC 7515 §2: base64url without padding. */
function bytesOf(jwk: Jwk, member: string): Uint8Array {
  const text = jwk[member];
  if (typeof text !== 'string' || !/^[\w-]+$/.test(text)) return refuse(`"${member}" is missing or not base64url`);
  const padded = text
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .padEnd(Math.ceil(text.length / 4) * 4, '=');
  return decodeBase64(padded) ?? refuse(`"${member}" is not base64url in its only form`);
}

/** Says what is wrong and never what the key is. */
function refuse(reason: string): never {
  throw new TlsConfigError('ERR_CONFIG_KEY', `the JWK cannot be used: ${reason}`);
}
