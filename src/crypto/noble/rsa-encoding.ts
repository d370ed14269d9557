/**
 * How a message becomes the integer that RSA signs: EMSA-PSS and EMSA-PKCS1-v1_5.
 *
 * @see RFC 8017 §9.1 (EMSA-PSS), §9.2 (EMSA-PKCS1-v1_5), Appendix B.2.1 (MGF1)
 * @module
 */
import { HASH_LENGTH, type HashName } from '../../params/algorithms.ts';
import { constantTimeEqual } from '../secret.ts';
import { digest } from './hash.ts';

/** EMSA-PSS-ENCODE with MGF1 on the same hash. Null when `bits` (modulus bits - 1) is too small for hash and salt. */
export function encodePss(hash: HashName, content: Uint8Array, salt: Uint8Array, bits: number): Uint8Array | null {
  const hashLength = HASH_LENGTH[hash];
  const length = Math.ceil(bits / 8);
  if (length < hashLength + salt.length + 2) return null;

  const encoded = new Uint8Array(length);
  const maskedLength = length - hashLength - 1;
  const h = digest(hash, EIGHT_ZEROS, digest(hash, content), salt);

  // DB is zeros, 1, salt; masked in place.
  const db = encoded.subarray(0, maskedLength);
  db[maskedLength - salt.length - 1] = 1;
  db.set(salt, maskedLength - salt.length);
  maskInPlace(hash, h, db);
  db[0] = (db[0] ?? 0) & topByteMask(bits);

  encoded.set(h, maskedLength);
  encoded[length - 1] = TRAILER;
  return encoded;
}

/** EMSA-PSS-VERIFY with exactly this salt length. `encoded` has ceil(bits / 8) bytes. */
export function verifyPss(
  hash: HashName,
  content: Uint8Array,
  encoded: Uint8Array,
  saltLength: number,
  bits: number,
): boolean {
  const hashLength = HASH_LENGTH[hash];
  const maskedLength = encoded.length - hashLength - 1;
  const saltOffset = maskedLength - saltLength;

  // RFC 8017 §9.1.2 steps 3 to 6: room for hash, salt and separator, the trailer, zeros above the highest bit.
  if (saltOffset < 1) return false;
  if (encoded[encoded.length - 1] !== TRAILER) return false;
  const mask = topByteMask(bits);
  if (((encoded[0] ?? 0) & ~mask) !== 0) return false;

  // Steps 7 to 10: unmasked, the data block is zeros and one 1 before the salt.
  const db = encoded.slice(0, maskedLength);
  const h = encoded.subarray(maskedLength, maskedLength + hashLength);
  maskInPlace(hash, h, db);
  db[0] = (db[0] ?? 0) & mask;
  if (db[saltOffset - 1] !== 1) return false;
  if (!db.subarray(0, saltOffset - 1).every((byte) => byte === 0)) return false;

  // Steps 11 to 14.
  const expected = digest(hash, EIGHT_ZEROS, digest(hash, content), db.subarray(saltOffset));
  return constantTimeEqual(h, expected);
}

/** EMSA-PKCS1-v1_5-ENCODE, or null when the modulus of `length` bytes is too short. */
export function encodePkcs1(hash: HashName, content: Uint8Array, length: number): Uint8Array | null {
  const prefix = DIGEST_INFO[hash];
  const infoOffset = length - prefix.length - HASH_LENGTH[hash];
  // RFC 8017 §9.2 step 3: at least eight bytes of padding.
  if (infoOffset < 11) return null;

  const encoded = new Uint8Array(length).fill(0xff);
  encoded[0] = 0;
  encoded[1] = 1;
  encoded[infoOffset - 1] = 0;
  encoded.set(prefix, infoOffset);
  encoded.set(digest(hash, content), infoOffset + prefix.length);
  return encoded;
}

const TRAILER = 0xbc;
const EIGHT_ZEROS = new Uint8Array(8);

/** RFC 8017 §9.2 note 1: DigestInfo up to the digest. The NULL parameters are there, as RFC 8017 A.2.4 demands. */
const DIGEST_INFO: Readonly<Record<HashName, Uint8Array>> = {
  // SEQUENCE { SEQUENCE { OID 1.3.14.3.2.26, NULL }, OCTET STRING digest }
  sha1: Uint8Array.of(0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14),
  sha256: digestInfo(1, 32),
  sha384: digestInfo(2, 48),
  sha512: digestInfo(3, 64),
};

function digestInfo(algorithm: number, hashLength: number): Uint8Array {
  // SEQUENCE { SEQUENCE { OID 2.16.840.1.101.3.4.2.algorithm, NULL }, OCTET STRING digest }
  const oid = [0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, algorithm];
  return Uint8Array.of(0x30, 17 + hashLength, 0x30, 13, ...oid, 0x05, 0x00, 0x04, hashLength);
}

/** The bits of the first byte that belong to an integer of `bits` bits. */
function topByteMask(bits: number): number {
  return 0xff >> (8 * Math.ceil(bits / 8) - bits);
}

/** XORs MGF1(seed) over `target`. */
function maskInPlace(hash: HashName, seed: Uint8Array, target: Uint8Array): void {
  const hashLength = HASH_LENGTH[hash];
  for (let offset = 0, counter = 0; offset < target.length; offset += hashLength, counter++) {
    const block = digest(hash, seed, Uint8Array.of(counter >>> 24, counter >>> 16, counter >>> 8, counter));
    for (let i = 0; i < hashLength && offset + i < target.length; i++)
      target[offset + i] = (target[offset + i] ?? 0) ^ (block[i] ?? 0);
  }
}
