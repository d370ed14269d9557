/**
 * Keys and signature schemes: which scheme a key can sign with, and the end of a private key.
 *
 * @see RFC 9846 §4.3.3 (signature_algorithms); RFC 4055 §1.2, §3.3 (RSA-PSS keys)
 * @module
 */
import {
  type CipherSuite12,
  HASH_LENGTH,
  type SchemeKey,
  SIGNATURE_SCHEMES,
  type SignatureAlgorithm,
  type SignatureScheme,
} from '../params/algorithms.ts';
import type { VersionName } from '../params/registries.ts';
import type { PrivateKey, PublicKey } from './provider.ts';
import { wipe } from './secret.ts';

/** The kind of key that a scheme asks for and this key is: its curve, or for RSA its OID. */
export function keyOf(key: PublicKey | PrivateKey): SchemeKey {
  switch (key.kind) {
    case 'ec':
      return key.curve;
    case 'ed25519':
    case 'ed448':
      return key.kind;
    case 'rsa':
      return key.pss ? 'rsa-pss' : 'rsa';
  }
}

/**
 * Whether a scheme may be used with a key. §4.3.3: ECDSA is bound to a curve in TLS 1.3, and in TLS 1.2 to none. An RSA key
 * has to be long enough for the hash too.
 */
export function schemeFits(scheme: SignatureScheme, key: PublicKey, version: VersionName): boolean {
  if (key.kind === 'ec' && version === 'TLS 1.2') return scheme.algorithm.kind === 'ecdsa';
  return scheme.key === keyOf(key) && (key.kind !== 'rsa' || rsaKeyFits(key, scheme.algorithm));
}

/** RFC 5246 §7.4.2, RFC 8422 §5.3: whether a certificate with this key goes with a key exchange of TLS 1.2. */
export function fitsKeyExchange(key: PublicKey, keyExchange: CipherSuite12['keyExchange']): boolean {
  switch (keyExchange) {
    case 'ecdhe_ecdsa':
      // RFC 8422 §5.10: EdDSA goes with the suites that say ECDSA.
      return key.kind !== 'rsa';
    case 'ecdhe_rsa':
      return key.kind === 'rsa';
    case 'rsa':
      // RFC 4055 §1.2: a key for PSS encrypts nothing.
      return key.kind === 'rsa' && !key.pss;
  }
}

/** The schemes of TLS 1.3 and of certificates that this key can sign with, in the order of the registry table. */
export function schemesFor(key: PublicKey): readonly SignatureScheme[] {
  return SIGNATURE_SCHEMES.filter((scheme) => scheme.byDefault && schemeFits(scheme, key, 'TLS 1.3'));
}

/** Overwrites the secret fields of a key that is not used again. */
export function wipePrivateKey(key: PrivateKey): void {
  if (key.kind === 'ec') wipe(key.scalar);
  else if (key.kind !== 'rsa') wipe(key.seed);
  else wipe(key.privateExponent, key.prime1, key.prime2, key.exponent1, key.exponent2, key.coefficient);
}

function rsaKeyFits(key: Extract<PublicKey, { kind: 'rsa' }>, algorithm: SignatureAlgorithm): boolean {
  const bits = bitLength(key.modulus);
  // RFC 8017 §9.2: 11 bytes of padding and the 19 of DigestInfo.
  if (algorithm.kind === 'rsa-pkcs1') return Math.ceil(bits / 8) >= HASH_LENGTH[algorithm.hash] + 30;
  if (algorithm.kind !== 'rsa-pss') return false;

  // RFC 8017 §9.1.1: room for the hash, the salt and two bytes, in one bit less than the modulus.
  if (Math.ceil((bits - 1) / 8) < HASH_LENGTH[algorithm.hash] + algorithm.saltLength + 2) return false;
  // RFC 4055 §3.3: where the key has parameters, the hash is theirs and the salt no shorter.
  const limits = key.pss ? key.pssParameters : undefined;
  return limits === undefined || (limits.hash === algorithm.hash && limits.saltLength <= algorithm.saltLength);
}

/** Bits of an unsigned big-endian integer. */
function bitLength(integer: Uint8Array): number {
  const first = integer.findIndex((byte) => byte !== 0);
  if (first < 0) return 0;
  return 8 * (integer.length - first) - (Math.clz32(integer[first] ?? 0) - 24);
}
