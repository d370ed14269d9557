/**
 * The preliminary secret out of what an RSA key has decrypted, without ever telling whether it was one.
 *
 * Whoever learns of a ciphertext whether its padding is right can decrypt any other, and sign, with the server's key
 * (Bleichenbacher). So nothing here branches, indexes or ends early by a byte of `raw`: a bad message gives a secret too, and
 * the handshake fails at Finished, like one whose client has made a mistake.
 *
 * @see RFC 5246 §7.4.7.1 (RSA-Encrypted Premaster Secret Message), RFC 8017 §7.2.2, RFC 9846 Appendix D (names)
 * @module
 */
import { TlsUsageError } from '../../errors/errors.ts';

/** RFC 5246 §7.4.7.1: client_version and 46 random bytes. */
export const PRELIMINARY_SECRET_LENGTH = 48;

/** RFC 8017 §7.2.1: 0, 2, eight bytes of padding at least, 0. */
const LEAST_PADDING = 11;

/**
 * `raw`: the decrypted block, as long as the modulus, zeros in front. `clientVersion`: ClientHello.legacy_version.
 * `random48`: 48 random bytes, drawn before anything was decrypted, which stand in for a message that is none.
 *
 * The first two bytes are always those of `clientVersion`: the construction that RFC 5246 recommends, in which a wrong version
 * is not compared with anything.
 */
export function preliminarySecretFrom(raw: Uint8Array, clientVersion: number, random48: Uint8Array): Uint8Array {
  if (random48.length !== PRELIMINARY_SECRET_LENGTH) throw new TlsUsageError('48 random bytes are needed');
  const start = raw.length - PRELIMINARY_SECRET_LENGTH;
  const useRaw = start < LEAST_PADDING ? 0 : paddingMask(raw, start);
  const secret = new Uint8Array(PRELIMINARY_SECRET_LENGTH);
  for (let i = 0; i < PRELIMINARY_SECRET_LENGTH; i++) {
    // A block that is too short has none of these bytes, which is for all to see: its length is the key's.
    const byte = start < LEAST_PADDING ? 0 : (raw[start + i] as number);
    secret[i] = (byte & useRaw) | ((random48[i] as number) & ~useRaw);
  }
  secret[0] = clientVersion >> 8;
  secret[1] = clientVersion;
  return secret;
}

/** -1 if the block is 0, 2, bytes that are not zero, and a zero right before `start`; else 0. */
function paddingMask(raw: Uint8Array, start: number): number {
  let wrong = (raw[0] as number) | ((raw[1] as number) ^ 2) | (raw[start - 1] as number);
  for (let i = 2; i < start - 1; i++) wrong |= isZero(raw[i] as number);
  return -isZero(wrong);
}

/** 1 for zero, 0 for 1 to 2^31 - 1. */
function isZero(value: number): number {
  return (value - 1) >>> 31;
}
