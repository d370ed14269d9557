/**
 * RSA signatures: PSS and PKCS#1 v1.5, verified and made.
 *
 * Own code, since micro-rsa-dsa-dh 0.2.3 has neither CRT nor blinding and draws its salts from the global source.
 * The private operation is blinded, of fixed sequence, and its result is checked before it leaves (a fault in a CRT half
 * would give the key away). Limit: BigInt arithmetic is not constant-time; blinding is what hides the operands.
 *
 * @see RFC 8017 §5.2 (primitives), §8 (signature schemes); RFC 9846 §4.3.3 (schemes), §4.5.2
 * @module
 */
import { invert, pow } from '@noble/curves/abstract/modular.js';
import { bitLen, bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import { TlsError, TlsUsageError } from '../../errors/errors.ts';
import type { SignatureAlgorithm } from '../../params/algorithms.ts';
import type { PrivateKey, PublicKey, Random } from '../provider.ts';
import { constantTimeEqual } from '../secret.ts';
import { draw } from './draw.ts';
import { encodePkcs1, encodePss, verifyPss } from './rsa-encoding.ts';

export type RsaPublicKey = Extract<PublicKey, { kind: 'rsa' }>;
export type RsaPrivateKey = Extract<PrivateKey, { kind: 'rsa' }>;
export type RsaAlgorithm = Extract<SignatureAlgorithm, { kind: 'rsa-pss' | 'rsa-pkcs1' }>;

/** False for a wrong signature, a key outside the limits of this file, or one that may not be used so. */
export function verifyRsa(
  algorithm: RsaAlgorithm,
  key: RsaPublicKey,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!mayUse(key, algorithm)) return false;
  const numbers = publicNumbers(key);
  if (numbers === null) return false;

  // RFC 8017 §8.1.2, §8.2.2 step 1: as long as the modulus; §5.2.2: below it.
  if (signature.length !== numbers.length) return false;
  const s = bytesToNumberBE(signature);
  if (s >= numbers.n) return false;
  const message = pow(s, numbers.e, numbers.n);

  if (algorithm.kind === 'rsa-pkcs1') {
    // RFC 8017 §8.2.2: the encoding is made anew and compared whole, so there is nothing to parse.
    const expected = encodePkcs1(algorithm.hash, content, numbers.length);
    return expected !== null && constantTimeEqual(numberToBytesBE(message, numbers.length), expected);
  }
  // RFC 8017 §8.1.2 step 2c: one bit, and so sometimes one byte, shorter than the modulus.
  const bits = numbers.bits - 1;
  const length = Math.ceil(bits / 8);
  if (bitLen(message) > 8 * length) return false;
  return verifyPss(algorithm.hash, content, numberToBytesBE(message, length), algorithm.saltLength, bits);
}

/**
 * Signs. Draws the salt (PSS), then the blinding. Throws TlsUsageError when the key does not fit the algorithm, TlsError
 * `ERR_TLS_OWN_SIGNATURE` when the result does not verify (an inconsistent key, or a fault).
 */
export function signRsa(algorithm: RsaAlgorithm, key: RsaPrivateKey, content: Uint8Array, random: Random): Uint8Array {
  const numbers = publicNumbers(key);
  if (numbers === null) throw new TlsUsageError('the RSA key is outside the limits');
  if (!mayUse(key, algorithm)) throw new TlsUsageError(`the RSA key may not sign with ${algorithm.kind}`);

  const encoded =
    algorithm.kind === 'rsa-pkcs1'
      ? encodePkcs1(algorithm.hash, content, numbers.length)
      : encodePss(algorithm.hash, content, draw(random, algorithm.saltLength), numbers.bits - 1);
  if (encoded === null)
    throw new TlsUsageError(`an RSA key of ${numbers.bits} bits is too short for ${algorithm.hash}`);
  return numberToBytesBE(privateOperation(key, numbers, bytesToNumberBE(encoded), random), numbers.length);
}

/** Bits of the modulus that are accepted. What is too weak for today is the business of the certificate policy. */
const MODULUS_BITS = { min: 1024, max: 8192 } as const;

/**
 * A peer chooses its exponent, and the work of verifying grows with its length: 33 bits hold every exponent in use (65537,
 * seldom 3) and keep a certificate from buying more work than that.
 */
const MAX_EXPONENT_BITS = 33;

export interface PublicNumbers {
  readonly n: bigint;
  readonly e: bigint;
  readonly bits: number;
  /** Bytes of the modulus. */
  readonly length: number;
}

/** Null for a key outside the limits. */
export function publicNumbers(key: RsaPublicKey | RsaPrivateKey): PublicNumbers | null {
  // The upper limits come before any arithmetic.
  if (key.modulus.length > MODULUS_BITS.max / 8 || key.exponent.length > Math.ceil(MAX_EXPONENT_BITS / 8)) return null;
  const n = bytesToNumberBE(key.modulus);
  const e = bytesToNumberBE(key.exponent);
  const bits = bitLen(n);
  if (bits < MODULUS_BITS.min) return null;
  // RFC 8017 §3.1: odd primes make an odd modulus; e is odd, since it has no factor in common with p - 1, and at least 3.
  if (n % 2n === 0n || e % 2n === 0n || e < 3n || bitLen(e) > MAX_EXPONENT_BITS) return null;
  return { n, e, bits, length: Math.ceil(bits / 8) };
}

/** RFC 4055: whether a key may be used with an algorithm. */
export function mayUse(key: RsaPublicKey | RsaPrivateKey, algorithm: RsaAlgorithm): boolean {
  // RFC 4055 §1.2: an id-RSASSA-PSS key signs with PSS alone.
  if (algorithm.kind === 'rsa-pkcs1') return !key.pss;
  // RFC 4055 §3.3: where the key has parameters, the hash is theirs and the salt no shorter.
  const limits = key.pss ? key.pssParameters : undefined;
  return limits === undefined || (limits.hash === algorithm.hash && limits.saltLength <= algorithm.saltLength);
}

/** RSASP1 and RSADP (RFC 8017 §5.2.1, §5.1.2) by CRT: message^d mod n. */
export function privateOperation(
  key: RsaPrivateKey,
  { n, e, length }: PublicNumbers,
  message: bigint,
  random: Random,
): bigint {
  const [p, q, dP, dQ, qInv] = [key.prime1, key.prime2, key.exponent1, key.exponent2, key.coefficient].map(
    bytesToNumberBE,
  ) as [bigint, bigint, bigint, bigint, bigint];
  if (p * q !== n) throw wrongResult();

  // Base blinding: what the secret exponents work on is r^e times the message, so unknown to whoever chose the message.
  const r = (bytesToNumberBE(draw(random, length + 16)) % (n - 1n)) + 1n;
  const blinded = (message * pow(r, e, n)) % n;

  // Exponent blinding: other digits in every run. d + k (p - 1) acts like d modulo p.
  const mP = powerOfSecret(blinded % p, dP + blind(random) * (p - 1n), p);
  const mQ = powerOfSecret(blinded % q, dQ + blind(random) * (q - 1n), q);

  // Garner's formula. p is added because mQ may be the larger; q may exceed p.
  const h = ((mP + p - (mQ % p)) * qInv) % p;
  const result = mQ + h * q;

  // §4.5.2 asks nothing here, but a wrong half would reveal a factor of the modulus to whoever sees a signature. Looked at
  // before the blinding is taken off: what has been decrypted is not to be multiplied about more than it must.
  if (pow(result, e, n) !== blinded) throw wrongResult();
  return (result * invert(r, n)) % n;
}

/** 64 bits, the highest one set, so that the length of the blinded exponent says nothing. */
function blind(random: Random): bigint {
  return bytesToNumberBE(draw(random, 8)) | (1n << 63n);
}

const WINDOW = 5;

/**
 * base^exponent mod modulus in a sequence of operations given by the modulus alone: fixed windows, a multiplication for
 * each, every table entry touched. The exponent is below 2^64 times the modulus.
 */
function powerOfSecret(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const table: bigint[] = [1n];
  for (let i = 1; i < 1 << WINDOW; i++) table.push(((table[i - 1] ?? 0n) * base) % modulus);

  const windows = Math.ceil((bitLen(modulus) + 64) / WINDOW);
  const digits = windowsOf(exponent, windows);
  let power = 1n;
  for (let w = windows - 1; w >= 0; w--) {
    for (let i = 0; i < WINDOW; i++) power = (power * power) % modulus;
    const digit = digits[w] ?? 0;
    let factor = 1n;
    for (let i = 0; i < table.length; i++) factor = i === digit ? (table[i] ?? 1n) : factor;
    power = (power * factor) % modulus;
  }
  return power;
}

/** The digits of a number in base 2^WINDOW, lowest first. */
function windowsOf(number: bigint, count: number): readonly number[] {
  const digits: number[] = [];
  for (let w = 0; w < count; w++) digits.push(Number((number >> BigInt(w * WINDOW)) & BigInt((1 << WINDOW) - 1)));
  return digits;
}

function wrongResult(): TlsError {
  return new TlsError('ERR_TLS_OWN_SIGNATURE', { origin: 'own', detail: 'RSA private key operation' });
}
