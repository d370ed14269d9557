/**
 * RSA encryption on node:crypto, as static RSA key exchange of TLS 1.2 uses it.
 *
 * @see RFC 8017 §7.2 (RSAES-PKCS1-v1_5), §5.1 (primitives)
 * @module
 */
import { constants, privateDecrypt, publicEncrypt } from 'node:crypto';
import { fail, TlsError, TlsUsageError } from '../../errors/errors.ts';
import { publicNumbers, type RsaPrivateKey, type RsaPublicKey } from '../noble/rsa.ts';
import { plain } from './hash.ts';
import { privateKeyObject, publicKeyObject } from './key-objects.ts';

/** RFC 8017 §7.2.1: two bytes, eight of padding at least, and a zero. */
const LEAST_PADDING = 11;

/** As crypto/noble does, but for the padding's random bytes, which are OpenSSL's. */
export function encryptRsa(key: RsaPublicKey, message: Uint8Array): Uint8Array {
  const numbers = key.pss ? null : publicNumbers(key);
  const keyObject = numbers === null ? null : publicKeyObject(key);
  if (numbers === null || keyObject === null) fail('ERR_CERT_UNSUPPORTED_KEY', 'an RSA key that cannot encrypt');
  if (message.length > numbers.length - LEAST_PADDING)
    throw new TlsUsageError(`${message.length} bytes for ${numbers.length} of modulus`);
  return plain(publicEncrypt({ key: keyObject, padding: constants.RSA_PKCS1_PADDING }, message));
}

/** As crypto/noble does; OpenSSL blinds. What is out of range takes the same work and gives zeros. */
export function decryptRsaRaw(key: RsaPrivateKey, ciphertext: Uint8Array): Uint8Array {
  const numbers = publicNumbers(key);
  if (numbers === null) throw new TlsUsageError('the RSA key is outside the limits');
  const { length } = numbers;
  const padded = new Uint8Array(length);
  const modulus = key.modulus.subarray(key.modulus.length - length);
  const inRange = ciphertext.length === length && isBelow(ciphertext, modulus);
  if (inRange) padded.set(ciphertext);
  else padded[length - 1] = 2;

  let decrypted: Uint8Array;
  try {
    decrypted = plain(privateDecrypt({ key: privateKeyObject(key), padding: constants.RSA_NO_PADDING }, padded));
  } catch (cause) {
    if (cause instanceof TlsUsageError) throw cause;
    throw new TlsError('ERR_TLS_OWN_SIGNATURE', { origin: 'own', detail: 'RSA private key operation', cause });
  }
  return inRange ? decrypted : decrypted.fill(0);
}

/** Both are public, of one length, big-endian. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at !== -1 && (a[at] ?? 0) < (b[at] ?? 0);
}
