/**
 * Signatures: ECDSA and EdDSA here, RSA in rsa.ts; which key goes with which algorithm; and public halves.
 *
 * @see RFC 9846 §4.3.3 (signature schemes); FIPS 186-5 §6 (ECDSA); RFC 6979 §3.6 (nonces); RFC 8032 §5 (Ed25519, Ed448)
 * @module
 */
import type { EdDSA } from '@noble/curves/abstract/edwards.js';
import { ed448 } from '@noble/curves/ed448.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberBE } from '@noble/curves/utils.js';
import { TlsUsageError } from '../../errors/errors.ts';
import type { CurveName, HashName, SignatureAlgorithm } from '../../params/algorithms.ts';
import type { PrivateKey, PublicKey, Random } from '../provider.ts';
import { blindedBy, ecdsaOn, ed448Signer, ed25519Signer, nistCurve, UNBLINDED } from './curves.ts';
import { draw } from './draw.ts';
import { signRsa, verifyRsa } from './rsa.ts';

/** False for whatever is not a right signature by this key with this algorithm; throws for nothing that a peer sends. */
export function verifySignature(
  algorithm: SignatureAlgorithm,
  key: PublicKey,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  switch (algorithm.kind) {
    case 'ecdsa':
      return key.kind === 'ec' && verifyEcdsa(key.curve, algorithm.hash, key.point, content, signature);
    case 'ed25519':
    case 'ed448':
      return key.kind === algorithm.kind && verifyEddsa(algorithm.kind, key.key, content, signature);
    case 'rsa-pkcs1':
    case 'rsa-pss':
      return key.kind === 'rsa' && verifyRsa(algorithm, key, content, signature);
  }
}

/** Throws TlsUsageError when the key does not fit the algorithm, TlsError `ERR_TLS_OWN_SIGNATURE` as `signRsa` does. */
export function makeSignature(
  algorithm: SignatureAlgorithm,
  key: PrivateKey,
  content: Uint8Array,
  random: Random,
): Uint8Array {
  switch (algorithm.kind) {
    case 'ecdsa':
      if (key.kind !== 'ec') return misfit(key, algorithm);
      return signEcdsa(key.curve, algorithm.hash, key.scalar, content, random);
    case 'ed25519':
    case 'ed448':
      if (key.kind !== algorithm.kind) return misfit(key, algorithm);
      // RFC 8032 §5.1.6: the nonce is derived; `random` blinds the two multiplications and does not show in the result.
      return blindedBy(random, () => EDDSA[key.kind].signer().sign(content, checkedSeed(key)));
    case 'rsa-pkcs1':
    case 'rsa-pss':
      if (key.kind !== 'rsa') return misfit(key, algorithm);
      return signRsa(algorithm, key, content, random);
  }
}

/** The public half of a private key. */
export function publicKeyOf(key: PrivateKey): PublicKey {
  switch (key.kind) {
    case 'ec': {
      const { Point, multiplySecret } = nistCurve(key.curve);
      const scalar = checkedScalar(key.curve, key.scalar);
      return { kind: 'ec', curve: key.curve, point: multiplySecret(Point.BASE, scalar).toBytes(false) };
    }
    case 'ed25519':
    case 'ed448':
      return {
        kind: key.kind,
        key: blindedBy(UNBLINDED, () => EDDSA[key.kind].signer().getPublicKey(checkedSeed(key))),
      };
    case 'rsa': {
      const { pss, pssParameters, modulus, exponent } = key;
      return { kind: 'rsa', modulus, exponent, pss, pssParameters };
    }
  }
}

function verifyEcdsa(
  curve: CurveName,
  hash: HashName,
  point: Uint8Array,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  // RFC 5480 §2.2 as PublicKey has it: uncompressed points alone.
  if (point[0] !== 4) return false;
  try {
    // §4.3.3: Ecdsa-Sig-Value in DER; noble refuses every other encoding. Both values of s are right (FIPS 186-5 §6.4).
    return ecdsaOn(curve, hash).verify(signature, content, point, { format: 'der', lowS: false });
  } catch {
    return false;
  }
}

function signEcdsa(
  curve: CurveName,
  hash: HashName,
  scalar: Uint8Array,
  content: Uint8Array,
  random: Random,
): Uint8Array {
  checkedScalar(curve, scalar);
  // RFC 6979 §3.6: the nonce is derived from key, message and fresh bytes: neither a bad source nor a fault repeats it.
  const extraEntropy = draw(random, NONCE_ENTROPY_LENGTH);
  return blindedBy(random, () =>
    ecdsaOn(curve, hash).sign(content, scalar, { format: 'der', lowS: false, extraEntropy }),
  );
}

const NONCE_ENTROPY_LENGTH = 32;

/** `verifier` draws nothing; `signer` runs inside of `blindedBy`. Keys are `length` bytes, signatures twice that. */
const EDDSA: Readonly<
  Record<'ed25519' | 'ed448', { readonly length: number; readonly verifier: EdDSA; readonly signer: () => EdDSA }>
> = {
  ed25519: { length: 32, verifier: ed25519, signer: ed25519Signer },
  ed448: { length: 57, verifier: ed448, signer: ed448Signer },
};

/**
 * RFC 8032 §5.1.7 and §5.2.7 with the cofactor, as it is written there: canonical encodings, S below the order; and,
 * stricter than it, no public key of small order, under which one signature would fit several messages.
 */
function verifyEddsa(kind: 'ed25519' | 'ed448', key: Uint8Array, content: Uint8Array, signature: Uint8Array): boolean {
  const { length, verifier } = EDDSA[kind];
  if (key.length !== length || signature.length !== 2 * length) return false;
  return verifier.verify(signature, content, key, { zip215: false });
}

function checkedSeed({ kind, seed }: Extract<PrivateKey, { readonly seed: Uint8Array }>): Uint8Array {
  const { length } = EDDSA[kind];
  if (seed.length !== length) throw new TlsUsageError(`the private seed is not ${length} bytes`);
  return seed;
}

function checkedScalar(curve: CurveName, bytes: Uint8Array): bigint {
  const { Point, fieldLength } = nistCurve(curve);
  const scalar = bytesToNumberBE(bytes);
  if (bytes.length !== fieldLength || !Point.Fn.isValidNot0(scalar))
    throw new TlsUsageError(`the private scalar is not ${fieldLength} bytes in 1 … n - 1`);
  return scalar;
}

function misfit(key: PrivateKey, algorithm: SignatureAlgorithm): never {
  throw new TlsUsageError(`a key of kind ${key.kind} cannot sign with ${algorithm.kind}`);
}
