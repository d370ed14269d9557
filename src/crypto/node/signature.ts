/**
 * Signatures on node:crypto: ECDSA, EdDSA and RSA, and public halves of keys.
 *
 * Which key may be used how is decided as in crypto/noble; what OpenSSL of this runtime lacks is computed there too.
 *
 * @see RFC 9846 §4.3.3 (signature schemes); FIPS 186-5 §6 (ECDSA); RFC 8032 §5 (Ed25519, Ed448); RFC 8017 §8 (RSA)
 * @module
 */
import { constants, createPublicKey, type SigningOptions, sign, verify } from 'node:crypto';
import { TlsError, TlsUsageError } from '../../errors/errors.ts';
import { HASH_LENGTH, type SignatureAlgorithm } from '../../params/algorithms.ts';
import { mayUse, publicNumbers } from '../noble/rsa.ts';
import {
  publicKeyOf as noblePublicKeyOf,
  makeSignature as nobleSign,
  verifySignature as nobleVerify,
} from '../noble/signature.ts';
import type { PrivateKey, PublicKey, Random } from '../provider.ts';
import { plain } from './hash.ts';
import { pointOf, privateKeyObject, publicKeyObject, rawPublicBytes } from './key-objects.ts';
import { supports } from './support.ts';

/** False for whatever is not a right signature by this key with this algorithm; throws for nothing that a peer sends. */
export function verifySignature(
  algorithm: SignatureAlgorithm,
  key: PublicKey,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!fits(algorithm, key)) return false;
  if (isNobles(key)) return nobleVerify(algorithm, key, content, signature);
  if (key.kind === 'rsa' && publicNumbers(key) === null) return false;
  const keyObject = publicKeyObject(key);
  if (keyObject === null) return false;
  try {
    return verify(hashOf(algorithm), content, { key: keyObject, ...paddingOf(algorithm) }, signature);
  } catch {
    return false;
  }
}

/**
 * Throws TlsUsageError when the key does not fit the algorithm, TlsError `ERR_TLS_OWN_SIGNATURE` when OpenSSL cannot sign.
 * `random` is not drawn from: OpenSSL has its own.
 */
export function makeSignature(
  algorithm: SignatureAlgorithm,
  key: PrivateKey,
  content: Uint8Array,
  random: Random,
): Uint8Array {
  if (!fits(algorithm, key)) throw new TlsUsageError(`a key of kind ${key.kind} cannot sign with ${algorithm.kind}`);
  if (isNobles(key)) return nobleSign(algorithm, key, content, random);
  if (key.kind === 'rsa') checkRsa(algorithm, key);
  const keyObject = privateKeyObject(key);
  let signature: Uint8Array;
  try {
    signature = sign(hashOf(algorithm), content, { key: keyObject, ...paddingOf(algorithm) });
  } catch (cause) {
    throw new TlsError('ERR_TLS_OWN_SIGNATURE', { origin: 'own', cause });
  }
  return plain(signature);
}

/** The public half of a private key. */
export function publicKeyOf(key: PrivateKey): PublicKey {
  if (isNobles(key)) return noblePublicKeyOf(key);
  switch (key.kind) {
    case 'ec':
      return { kind: 'ec', curve: key.curve, point: pointOf(key.curve, key.scalar) };
    case 'ed25519':
    case 'ed448':
      return { kind: key.kind, key: rawPublicBytes(key.kind, createPublicKey(privateKeyObject(key))) };
    case 'rsa': {
      const { pss, pssParameters, modulus, exponent } = key;
      return { kind: 'rsa', modulus, exponent, pss, pssParameters };
    }
  }
}

/** What Deno and Bun lack. */
function isNobles(key: PublicKey | PrivateKey): boolean {
  if (key.kind === 'ec') return key.curve === 'secp521r1' && !supports('secp521r1');
  return key.kind === 'ed448' && !supports('ed448');
}

function fits(algorithm: SignatureAlgorithm, key: PublicKey | PrivateKey): boolean {
  switch (algorithm.kind) {
    case 'ecdsa':
      return key.kind === 'ec';
    case 'ed25519':
    case 'ed448':
      return key.kind === algorithm.kind;
    case 'rsa-pkcs1':
    case 'rsa-pss':
      return key.kind === 'rsa' && mayUse(key, algorithm);
  }
}

/** RFC 8017 §9: room for hash, salt and padding. OpenSSL would say so too, but not so that it can be told apart. */
function checkRsa(algorithm: SignatureAlgorithm, key: Extract<PrivateKey, { kind: 'rsa' }>): void {
  const numbers = publicNumbers(key);
  if (numbers === null) throw new TlsUsageError('the RSA key is outside the limits');
  if (algorithm.kind !== 'rsa-pss' && algorithm.kind !== 'rsa-pkcs1') return;
  const hashLength = HASH_LENGTH[algorithm.hash];
  const least =
    algorithm.kind === 'rsa-pss'
      ? 8 * (hashLength + algorithm.saltLength + 1) + 2
      : 8 * (hashLength + DIGEST_INFO_LENGTH + 10) + 1;
  if (numbers.bits < least) {
    throw new TlsUsageError(`an RSA key of ${numbers.bits} bits is too short for ${algorithm.hash}`);
  }
}

/** RFC 8017 §9.2 note 1, for SHA-2: what stands before the hash. */
const DIGEST_INFO_LENGTH = 19;

function hashOf(algorithm: SignatureAlgorithm): string | null {
  return 'hash' in algorithm ? algorithm.hash : null;
}

function paddingOf(algorithm: SignatureAlgorithm): SigningOptions {
  switch (algorithm.kind) {
    case 'ecdsa':
      return { dsaEncoding: 'der' };
    case 'rsa-pkcs1':
      return { padding: constants.RSA_PKCS1_PADDING };
    case 'rsa-pss':
      return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.saltLength };
    default:
      return {};
  }
}
