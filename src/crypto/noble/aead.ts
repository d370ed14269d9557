/**
 * AES-GCM, ChaCha20-Poly1305 and AES-CCM as contexts bound to a key, whose cipher is called once per record.
 *
 * Each returns fresh arrays, and none when the tag does not match, so nothing reaches `out` before a record is known to be
 * authentic, and the output may be the same range as the input.
 *
 * @see RFC 5116 (AEAD interface), RFC 5288 §3 (GCM), RFC 8439 §2.8 (ChaCha20-Poly1305),
 * RFC 5116 §5.3 (CCM)
 * @module
 */
import { gcm } from '@noble/ciphers/aes.js';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { TlsUsageError } from '../../errors/errors.ts';
import { AEAD_PARAMETERS, type AeadName } from '../../params/algorithms.ts';
import type { Aead } from '../provider.ts';
import { wipe } from '../secret.ts';
import { ccm } from './ccm.ts';

const NONCE_LENGTH = 12;

/** Throws TlsUsageError for a key of the wrong length. The context keeps a copy of the key. */
export function aeadContext(name: AeadName, key: Uint8Array): Aead {
  const { keyLength, tagLength } = AEAD_PARAMETERS[name];
  if (key.length !== keyLength) throw new TlsUsageError(`${name} needs a key of ${keyLength} bytes, not ${key.length}`);

  const cipher = CIPHERS[name];
  // Not slice: that of a node Buffer shares its memory.
  const ownKey = Uint8Array.from(key);
  let wiped = false;

  function record(nonce: Uint8Array, aad: Uint8Array) {
    // A wiped key is all zero: sealing with it would publish the plaintext.
    if (wiped) throw new TlsUsageError('the AEAD context was wiped');
    if (nonce.length !== NONCE_LENGTH)
      throw new TlsUsageError(`a nonce has ${NONCE_LENGTH} bytes, not ${nonce.length}`);
    return cipher(ownKey, nonce, aad);
  }

  return {
    tagLength,

    seal(nonce, aad, plaintext, tail, out, offset) {
      const inner = tail.length === 0 ? plaintext : joined(plaintext, tail);
      checkRoom(out, offset, inner.length + tagLength);
      out.set(record(nonce, aad).encrypt(inner), offset);
    },

    open(nonce, aad, ciphertext, out, offset) {
      const opened = record(nonce, aad);
      if (ciphertext.length < tagLength) return false;
      checkRoom(out, offset, ciphertext.length - tagLength);
      let plaintext: Uint8Array;
      try {
        plaintext = opened.decrypt(ciphertext);
      } catch {
        // Lengths are checked above: what is left is a tag that does not match.
        return false;
      }
      out.set(plaintext, offset);
      return true;
    },

    wipe() {
      wipe(ownKey);
      wiped = true;
    },
  };
}

/** One message under a key and nonce. `decrypt` throws when the tag does not match. */
type Cipher = (
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
) => { encrypt(plaintext: Uint8Array): Uint8Array; decrypt(ciphertext: Uint8Array): Uint8Array };

const CIPHERS: Readonly<Record<AeadName, Cipher>> = {
  'aes-128-gcm': gcm,
  'aes-256-gcm': gcm,
  'chacha20-poly1305': chacha20poly1305,
  'aes-128-ccm': (key, nonce, aad) => ccm(key, nonce, aad, 16),
  'aes-128-ccm-8': (key, nonce, aad) => ccm(key, nonce, aad, 8),
  'aes-256-ccm': (key, nonce, aad) => ccm(key, nonce, aad, 16),
  'aes-256-ccm-8': (key, nonce, aad) => ccm(key, nonce, aad, 8),
};

function joined(plaintext: Uint8Array, tail: Uint8Array): Uint8Array {
  const inner = new Uint8Array(plaintext.length + tail.length);
  inner.set(plaintext);
  inner.set(tail, plaintext.length);
  return inner;
}

function checkRoom(out: Uint8Array, offset: number, length: number): void {
  if (offset < 0 || offset + length > out.length)
    throw new TlsUsageError(`${length} bytes at ${offset} do not fit into ${out.length}`);
}
