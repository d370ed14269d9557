/**
 * Keys from passphrases, and the cipher that private keys are stored under: for reading encrypted PKCS#8, and nothing else.
 *
 * @see RFC 8018 §5.2 (PBKDF2), RFC 7914 (scrypt), NIST SP 800-38A §6.2 (CBC)
 * @module
 */
import { cbc } from '@noble/ciphers/aes.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import type { HashName } from '../../params/algorithms.ts';
import { HASHES } from './hash.ts';

/** PBKDF2 with HMAC of this hash. */
export function derivePbkdf2(
  hash: HashName,
  passphrase: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Uint8Array {
  return pbkdf2(HASHES[hash], passphrase, salt, { c: iterations, dkLen: length });
}

/** Cost of scrypt: CPU and memory (a power of two), block size, parallelization. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export function deriveScrypt(passphrase: Uint8Array, salt: Uint8Array, cost: ScryptCost, length: number): Uint8Array {
  return scrypt(passphrase, salt, { ...cost, dkLen: length, maxmem: 2 ** 31 });
}

/** Decrypts AES-CBC with the padding of RFC 8018 §6.1.1 taken off; null where it is not there. */
export function openAesCbc(key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array | null {
  if (ciphertext.length === 0 || ciphertext.length % 16 !== 0) return null;
  try {
    return cbc(key, iv).decrypt(ciphertext);
  } catch {
    // Of all that noble checks only the padding is left. This is the caller's own file, so that no oracle is opened.
    return null;
  }
}
