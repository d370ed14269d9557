/**
 * Keys of this library as node:crypto's KeyObjects, made once per key.
 *
 * @see RFC 5280 §4.1.2.7 (SubjectPublicKeyInfo), RFC 5958 (PKCS#8), RFC 8410 (keys of Curve25519 and Curve448)
 * @module
 */
import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  type PrivateKeyInput,
  type PublicKeyInput,
} from 'node:crypto';
import { ed448 } from '@noble/curves/ed448.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { TlsUsageError } from '../../errors/errors.ts';
import type { CurveName } from '../../params/algorithms.ts';
import type { PrivateKey, PublicKey } from '../provider.ts';
import { isAllZero } from '../secret.ts';
import { BIT_STRING, CONTEXT_1, INTEGER, integer, NULL, OCTET_STRING, OID, sequence, tagged } from './der.ts';
import { plain } from './hash.ts';
import { supports } from './support.ts';

const ZERO = Uint8Array.of(0);
const ONE = Uint8Array.of(1);

/** OpenSSL's name, the OID, and the bytes of a coordinate. */
export const CURVES: Readonly<
  Record<CurveName, { readonly openssl: string; readonly oid: Uint8Array; readonly length: number }>
> = {
  secp256r1: {
    openssl: 'prime256v1',
    oid: tagged(OID, Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7)),
    length: 32,
  },
  secp384r1: { openssl: 'secp384r1', oid: tagged(OID, Uint8Array.of(0x2b, 0x81, 4, 0, 34)), length: 48 },
  secp521r1: { openssl: 'secp521r1', oid: tagged(OID, Uint8Array.of(0x2b, 0x81, 4, 0, 35)), length: 66 },
};

/** 1.2.840.10045.2.1. */
const EC_PUBLIC_KEY = tagged(OID, Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1));
/** AlgorithmIdentifier of 1.2.840.113549.1.1.1, for PSS keys too: what they may be used for is decided elsewhere. */
const RSA_ENCRYPTION = sequence(tagged(OID, Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1)), tagged(NULL));

export type RawKeyName = 'ed25519' | 'ed448' | 'x25519' | 'x448';

/** Last part of the OID 1.3.101.n, the bytes of a key, private or public, and the name in RFC 8037 §2. */
const RAW_KEYS: Readonly<Record<RawKeyName, { readonly oid: number; readonly length: number; readonly jwk: string }>> =
  {
    x25519: { oid: 110, length: 32, jwk: 'X25519' },
    x448: { oid: 111, length: 56, jwk: 'X448' },
    ed25519: { oid: 112, length: 32, jwk: 'Ed25519' },
    ed448: { oid: 113, length: 57, jwk: 'Ed448' },
  };

function oidOf(name: RawKeyName): Uint8Array {
  return tagged(OID, Uint8Array.of(0x2b, 101, RAW_KEYS[name].oid));
}

/**
 * Throws for what OpenSSL refuses. As a JWK where that works: OpenSSL 3.0 takes 20 times as long to find out that DER holds
 * a key of this kind.
 */
export function rawPublicKey(name: RawKeyName, key: Uint8Array): KeyObject {
  if (supports('okp-jwk')) {
    const x = base64url(key);
    return createPublicKey({ key: { kty: 'OKP', crv: RAW_KEYS[name].jwk, x }, format: 'jwk' });
  }
  // RFC 8410 §4: SubjectPublicKeyInfo around the bytes of a key.
  return publicKeyOfDer(sequence(sequence(oidOf(name)), tagged(BIT_STRING, ZERO, key)));
}

/** RFC 8410 §7: PKCS#8 around the bytes of a private key. */
export function rawPrivateKey(name: RawKeyName, key: Uint8Array): KeyObject {
  return privateKeyOfDer(
    sequence(tagged(INTEGER, ZERO), sequence(oidOf(name)), tagged(OCTET_STRING, tagged(OCTET_STRING, key))),
  );
}

/** The bytes of such a public key. */
export function rawPublicBytes(name: RawKeyName, publicKey: KeyObject): Uint8Array<ArrayBuffer> {
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return plain(spki.subarray(spki.length - RAW_KEYS[name].length));
}

const EDWARDS = { ed25519: ed25519.Point, ed448: ed448.Point };

const publicKeys = new WeakMap<PublicKey, KeyObject>();
const privateKeys = new WeakMap<PrivateKey, KeyObject>();

/** Null for a key that OpenSSL refuses: a point off the curve, say. */
export function publicKeyObject(key: PublicKey): KeyObject | null {
  const known = publicKeys.get(key);
  if (known !== undefined) return known;
  try {
    const made = makePublicKey(key);
    publicKeys.set(key, made);
    return made;
  } catch {
    return null;
  }
}

/** Throws TlsUsageError for a key that OpenSSL refuses, and for one that has been wiped. */
export function privateKeyObject(key: PrivateKey): KeyObject {
  // Limit: a KeyObject cannot be overwritten. With the key that it was made of wiped, it is not used again.
  if (isAllZero(secretOf(key))) {
    privateKeys.delete(key);
    throw new TlsUsageError('the private key is zero');
  }
  const known = privateKeys.get(key);
  if (known !== undefined) return known;
  let made: KeyObject;
  try {
    made = makePrivateKey(key);
  } catch (cause) {
    throw new TlsUsageError('the private key is not one of its kind', { cause });
  }
  privateKeys.set(key, made);
  return made;
}

/** The uncompressed point of a scalar. Throws TlsUsageError for a scalar out of range. */
export function pointOf(curve: CurveName, scalar: Uint8Array): Uint8Array<ArrayBuffer> {
  const { openssl, length } = CURVES[curve];
  const ecdh = createECDH(openssl);
  try {
    if (scalar.length !== length) throw new RangeError(`${scalar.length} bytes`);
    ecdh.setPrivateKey(scalar);
    return plain(ecdh.getPublicKey());
  } catch (cause) {
    throw new TlsUsageError(`the private scalar is not ${length} bytes in 1 … n - 1`, { cause });
  }
}

function makePublicKey(key: PublicKey): KeyObject {
  switch (key.kind) {
    case 'ec':
      // RFC 5480 §2.2 as PublicKey has it: uncompressed points alone.
      if (key.point[0] !== 4) throw new TlsUsageError('not an uncompressed point');
      return publicKeyOfDer(
        sequence(sequence(EC_PUBLIC_KEY, CURVES[key.curve].oid), tagged(BIT_STRING, ZERO, key.point)),
      );
    case 'ed25519':
    case 'ed448':
      // As crypto/noble: canonical, and not of small order, under which one signature would fit several messages.
      if (EDWARDS[key.kind].fromBytes(key.key).isSmallOrder()) throw new TlsUsageError('a key of small order');
      return rawPublicKey(key.kind, key.key);
    case 'rsa':
      // RFC 8017 §A.1.1: RSAPublicKey, which OpenSSL 3.0 reads 30 times as fast as SubjectPublicKeyInfo.
      return publicKeyOfDer(sequence(integer(key.modulus), integer(key.exponent)), 'pkcs1');
  }
}

function makePrivateKey(key: PrivateKey): KeyObject {
  switch (key.kind) {
    case 'ec': {
      if (key.scalar.length !== CURVES[key.curve].length) throw new TlsUsageError('a scalar of another length');
      // RFC 5915 §3: ECPrivateKey, with the point, which not every library computes.
      const point = tagged(CONTEXT_1, tagged(BIT_STRING, ZERO, pointOf(key.curve, key.scalar)));
      const ecPrivateKey = sequence(tagged(INTEGER, ONE), tagged(OCTET_STRING, key.scalar), point);
      return privateKeyOfDer(
        sequence(
          tagged(INTEGER, ZERO),
          sequence(EC_PUBLIC_KEY, CURVES[key.curve].oid),
          tagged(OCTET_STRING, ecPrivateKey),
        ),
      );
    }
    case 'ed25519':
    case 'ed448':
      if (key.seed.length !== RAW_KEYS[key.kind].length) throw new TlsUsageError('a seed of another length');
      return rawPrivateKey(key.kind, key.seed);
    case 'rsa': {
      const { modulus, exponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient } = key;
      const numbers = [modulus, exponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient];
      // RFC 8017 §A.1.2.
      const rsaPrivateKey = sequence(tagged(INTEGER, ZERO), ...numbers.map(integer));
      return privateKeyOfDer(sequence(tagged(INTEGER, ZERO), RSA_ENCRYPTION, tagged(OCTET_STRING, rsaPrivateKey)));
    }
  }
}

function publicKeyOfDer(der: Uint8Array, type: 'spki' | 'pkcs1' = 'spki'): KeyObject {
  return createPublicKey({ key: der, format: 'der', type } as PublicKeyInput);
}

/** RFC 7515 §2. */
function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (char) =>
    char === '+' ? '-' : char === '/' ? '_' : '',
  );
}

function privateKeyOfDer(der: Uint8Array): KeyObject {
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' } as PrivateKeyInput);
  } finally {
    der.fill(0);
  }
}

function secretOf(key: PrivateKey): Uint8Array {
  if (key.kind === 'ec') return key.scalar;
  return key.kind === 'rsa' ? key.privateExponent : key.seed;
}
