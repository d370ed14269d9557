/**
 * RSA encryption as static RSA key exchange of TLS 1.2 uses it: PKCS#1 v1.5 one way, the bare private operation the other.
 *
 * Decryption takes no padding off and tells nobody what it saw: that is left to code without a branch (RFC 5246 §7.4.7.1).
 *
 * @see RFC 8017 §7.2 (RSAES-PKCS1-v1_5), §5.1 (primitives)
 * @module
 */
import { pow } from '@noble/curves/abstract/modular.js';
import { bytesToNumberBE, numberToBytesBE } from '@noble/curves/utils.js';
import { fail, TlsUsageError } from '../../errors/errors.ts';
import type { Random } from '../provider.ts';
import { wipe } from '../secret.ts';
import { draw } from './draw.ts';
import { privateOperation, publicNumbers, type RsaPrivateKey, type RsaPublicKey } from './rsa.ts';

/** RFC 8017 §7.2.1: two bytes, eight of padding at least, and a zero. */
const LEAST_PADDING = 11;

/** Draws that may bring nothing but zeros before the source is held to be broken. */
const MOST_DRAWS = 64;

/**
 * RSAES-PKCS1-v1_5, as long as the modulus.
 *
 * Throws TlsError ERR_CERT_UNSUPPORTED_KEY for a key that this provider does not compute with or that may not encrypt
 * (id-RSASSA-PSS), and TlsUsageError for a message that is too long for the modulus.
 */
export function encryptRsa(key: RsaPublicKey, message: Uint8Array, random: Random): Uint8Array {
  const numbers = key.pss ? null : publicNumbers(key);
  if (numbers === null) fail('ERR_CERT_UNSUPPORTED_KEY', 'an RSA key that cannot encrypt');
  const { n, e, length } = numbers;
  if (message.length > length - LEAST_PADDING)
    throw new TlsUsageError(`${message.length} bytes for ${length} of modulus`);

  // RFC 8017 §7.2.1: 0, 2, padding without zeros, 0, message.
  const encoded = new Uint8Array(length);
  encoded[1] = 2;
  drawNonZero(random, encoded.subarray(2, length - message.length - 1));
  encoded.set(message, length - message.length);
  const ciphertext = numberToBytesBE(pow(bytesToNumberBE(encoded), e, n), length);
  wipe(encoded);
  return ciphertext;
}

/**
 * RSADP (RFC 8017 §5.1.2), blinded: ciphertext^d mod n, padded on the left to the length of the modulus.
 *
 * RFC 8017 §7.2.2 wants a ciphertext of another length, or not below the modulus, refused. Here it gives zeros, which no
 * padding check takes for a message, after the same work and the same draws as for any other: what follows does not depend on
 * why a message is bad. Throws TlsUsageError for a key outside the limits, TlsError ERR_TLS_OWN_SIGNATURE for one that is not
 * consistent; neither depends on the ciphertext.
 */
export function decryptRsaRaw(key: RsaPrivateKey, ciphertext: Uint8Array, random: Random): Uint8Array {
  const numbers = publicNumbers(key);
  if (numbers === null) throw new TlsUsageError('the RSA key is outside the limits');
  const { n, length } = numbers;
  // The length comes first: a peer may send 65,535 bytes.
  const representative = ciphertext.length === length ? bytesToNumberBE(ciphertext) : n;
  const inRange = representative < n;
  const decrypted = toFixedBytes(privateOperation(key, numbers, inRange ? representative : 2n, random), length);
  return inRange ? decrypted : decrypted.fill(0);
}

/**
 * The number in `length` bytes, in a sequence of operations that depends on the length alone: a bit above the number keeps the
 * BigInt as long whatever its leading zeros are, which tell good padding from bad.
 */
function toFixedBytes(value: bigint, length: number): Uint8Array {
  const marked = value | (1n << BigInt(8 * length));
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[length - 1 - i] = Number(BigInt.asUintN(8, marked >> BigInt(8 * i)));
  return bytes;
}

/** Fills `out` with random bytes that are not zero. */
function drawNonZero(random: Random, out: Uint8Array): void {
  let filled = 0;
  for (let draws = 0; filled < out.length; draws++) {
    if (draws === MOST_DRAWS) throw new TlsUsageError('random gives nothing but zeros');
    for (const byte of draw(random, out.length - filled)) if (byte !== 0) out[filled++] = byte;
  }
}
