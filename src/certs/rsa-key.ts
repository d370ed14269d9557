/**
 * RSA key generation on bigint, from the caller's random bytes.
 *
 * For authorities of tests and of development: a key that lives long is better made by a tool that runs in constant time.
 *
 * @see FIPS 186-5 Appendix A.1.3 (probable primes), B.3.1 (Miller-Rabin)
 * @module
 */
import type { PrivateKey, Random } from '../crypto/provider.ts';

/** A fresh key with the exponent 65537. `bits` is the length of the modulus, a multiple of 16 and at least 2048. */
export function generateRsaKey(bits: number, pss: boolean, random: Random): Extract<PrivateKey, { kind: 'rsa' }> {
  for (;;) {
    const p = generatePrime(bits / 2, random);
    const q = generatePrime(bits / 2, random);
    // A.1.3 step 5.4: the primes are far apart.
    const distance = p > q ? p - q : q - p;
    if (distance <= 1n << BigInt(bits / 2 - 100)) continue;

    const d = inverse(EXPONENT, leastCommonMultiple(p - 1n, q - 1n));
    // A.1.1 criterion 3: the private exponent is longer than half the modulus.
    if (d <= 1n << BigInt(bits / 2)) continue;
    return {
      kind: 'rsa',
      pss,
      modulus: toBytes(p * q),
      exponent: toBytes(EXPONENT),
      privateExponent: toBytes(d),
      prime1: toBytes(p),
      prime2: toBytes(q),
      exponent1: toBytes(d % (p - 1n)),
      exponent2: toBytes(d % (q - 1n)),
      coefficient: toBytes(inverse(q, p)),
    };
  }
}

const EXPONENT = 65537n;

/** B.3.1, Table B.1: five rounds give 2^-144 or less for random candidates of 1024 bits; more cost little. */
const ROUNDS = 8;

/** Small primes, so that most candidates never meet an exponentiation. */
const SIEVE: readonly bigint[] = smallPrimes(2000).map(BigInt);

function generatePrime(bits: number, random: Random): bigint {
  // A.1.3 step 4.4: at least sqrt(2) · 2^(bits - 1); both top bits set are more than that, and give the modulus its length.
  const top = 3n << BigInt(bits - 2);
  for (;;) {
    const candidate = toInteger(random(bits / 8)) | top | 1n;
    if (SIEVE.some((prime) => candidate % prime === 0n)) continue;
    // A.1.3 step 4.5: the exponent is prime, so that it has an inverse when it does not divide.
    if ((candidate - 1n) % EXPONENT !== 0n && isProbablePrime(candidate, random)) return candidate;
  }
}

function isProbablePrime(candidate: bigint, random: Random): boolean {
  let odd = candidate - 1n;
  let twos = 0;
  for (; (odd & 1n) === 0n; odd >>= 1n) twos++;
  for (let round = 0; round < ROUNDS; round++) {
    const base = randomBase(candidate, random);
    if (!passes(base, odd, twos, candidate)) return false;
  }
  return true;
}

function passes(base: bigint, odd: bigint, twos: number, candidate: bigint): boolean {
  let z = power(base, odd, candidate);
  if (z === 1n || z === candidate - 1n) return true;
  for (let i = 1; i < twos; i++) {
    z = (z * z) % candidate;
    if (z === candidate - 1n) return true;
  }
  return false;
}

/** B.3.1 step 4.1: a base between 1 and candidate - 1, both excluded. */
function randomBase(candidate: bigint, random: Random): bigint {
  const length = Math.ceil(candidate.toString(16).length / 2);
  for (;;) {
    const base = toInteger(random(length));
    if (base > 1n && base < candidate - 1n) return base;
  }
}

/** Square and multiply, four bits at a time. */
function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const table = [1n];
  for (let i = 1; i < 16; i++) table.push(((table[i - 1] ?? 1n) * base) % modulus);
  let result = 1n;
  for (const digit of exponent.toString(16)) {
    for (let i = 0; i < 4; i++) result = (result * result) % modulus;
    const value = Number.parseInt(digit, 16);
    if (value !== 0) result = (result * (table[value] ?? 1n)) % modulus;
  }
  return result;
}

/** Extended Euclid; the two have no common factor. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b] = [modulus, value % modulus];
  let [x, y] = [0n, 1n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return x < 0n ? x + modulus : x;
}

function leastCommonMultiple(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}

function smallPrimes(limit: number): number[] {
  const primes: number[] = [];
  for (let n = 3; n < limit; n += 2) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return primes;
}

function toInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`);
}

function toBytes(value: bigint): Uint8Array {
  const digits = value.toString(16);
  const even = digits.padStart(digits.length + (digits.length % 2), '0');
  return Uint8Array.from(even.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
