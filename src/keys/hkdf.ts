/**
 * HKDF and the two functions that TLS 1.3 builds on it.
 *
 * @see RFC 5869 (HKDF); RFC 9846 §7.1 (HKDF-Expand-Label, Derive-Secret)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { wipe } from '../crypto/secret.ts';
import { TlsUsageError } from '../errors/errors.ts';
import { HASH_LENGTH, type HashName } from '../params/algorithms.ts';

const LABEL_PREFIX = 'tls13 ';
const NOTHING = new Uint8Array(0);

/** HKDF-Extract: Hash.length bytes. An empty salt and one of Hash.length zero bytes give the same. */
export function hkdfExtract(crypto: CryptoProvider, hash: HashName, salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return crypto.hmac(hash, salt, ikm);
}

/** HKDF-Expand to `length` bytes. Throws TlsUsageError beyond 255 * Hash.length. */
export function hkdfExpand(
  crypto: CryptoProvider,
  hash: HashName,
  prk: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const hashLength = HASH_LENGTH[hash];
  // RFC 5869 §2.3: the block counter is one byte.
  if (!Number.isInteger(length) || length < 0 || length > 255 * hashLength) {
    throw new TlsUsageError(`HKDF-Expand with ${hash} gives 0 to ${255 * hashLength} bytes, not ${length}`);
  }

  const output = new Uint8Array(length);
  let block = NOTHING as Uint8Array;
  for (let offset = 0, counter = 1; offset < length; offset += hashLength, counter++) {
    const previous = block;
    block = expandBlock(crypto, hash, prk, previous, info, counter);
    wipe(previous);
    output.set(block.subarray(0, Math.min(hashLength, length - offset)), offset);
  }
  wipe(block);
  return output;
}

/** T(counter) of RFC 5869 §2.3: over the block before it, info, and its number. */
function expandBlock(
  crypto: CryptoProvider,
  hash: HashName,
  prk: Uint8Array,
  previous: Uint8Array,
  info: Uint8Array,
  counter: number,
): Uint8Array {
  // In one array: to hand a part to a native library costs as much as to hash it.
  const message = new Uint8Array(previous.length + info.length + 1);
  message.set(previous);
  message.set(info, previous.length);
  message[message.length - 1] = counter;
  const block = crypto.hmac(hash, prk, message);
  wipe(message);
  return block;
}

/**
 * HKDF-Expand-Label, §7.1. `label` is ASCII of 1 to 249 characters, `context` at most 255 bytes; otherwise TlsUsageError.
 */
export function hkdfExpandLabel(
  crypto: CryptoProvider,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const info = encodeHkdfLabel(length, label, context);
  const hashLength = HASH_LENGTH[hash];
  if (length > hashLength) return hkdfExpand(crypto, hash, secret, info.subarray(0, -1), length);

  // RFC 5869 §2.3: one block, and nothing before it.
  info[info.length - 1] = 1;
  const block = crypto.hmac(hash, secret, info);
  if (length === hashLength) return block;
  const output = block.slice(0, length);
  wipe(block);
  return output;
}

/** Derive-Secret, §7.1, with the hash of the messages already computed. */
export function deriveSecret(
  crypto: CryptoProvider,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  transcriptHash: Uint8Array,
): Uint8Array {
  return hkdfExpandLabel(crypto, hash, secret, label, transcriptHash, HASH_LENGTH[hash]);
}

/** struct HkdfLabel, §7.1, and a byte for the number of the block. */
function encodeHkdfLabel(length: number, label: string, context: Uint8Array): Uint8Array {
  const full = LABEL_PREFIX + label;
  // §7.1: label<7..255> counts the prefix, context<0..255>, uint16 length.
  if (label.length === 0 || full.length > 255) throw new TlsUsageError('a label has 1 to 249 characters');
  if (context.length > 255) throw new TlsUsageError('the context of HKDF-Expand-Label has at most 255 bytes');
  if (!Number.isInteger(length) || length < 0 || length > 0xffff)
    throw new TlsUsageError('a length below 65536 is needed');

  const out = new Uint8Array(4 + full.length + context.length + 1);
  out[0] = length >> 8;
  out[1] = length;
  out[2] = full.length;
  for (let i = 0; i < full.length; i++) {
    const code = full.charCodeAt(i);
    // §7.1: labels are ASCII without a trailing NUL.
    if (code === 0 || code > 0x7f) throw new TlsUsageError('a label is ASCII');
    out[3 + i] = code;
  }
  out[3 + full.length] = context.length;
  out.set(context, 4 + full.length);
  return out;
}
