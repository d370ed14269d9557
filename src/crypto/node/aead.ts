/**
 * AEADs on node:crypto, and our own contexts for short records.
 *
 * A call of node:crypto sets up a cipher for each record, which for short ones takes longer than sealing them in JavaScript. Our
 * own context is made once a key has seen some short records: a handshake alone does not pay for it.
 *
 * @see RFC 5116 (AEAD interface), RFC 5288 §3 (GCM), RFC 8439 §2.8 (ChaCha20-Poly1305), RFC 6655 (CCM)
 * @module
 */
import { type CipherCCM, type CipherCCMTypes, createCipheriv, createDecipheriv, type DecipherCCM } from 'node:crypto';
import { AEAD_PARAMETERS, type AeadName } from '../../params/algorithms.ts';
import { checkCcmLengths } from '../aead/ccm.ts';
import { createChaCha20Poly1305 } from '../aead/chacha20-poly1305.ts';
import { checkKey, checkLength, checkNonce, checkOpen, checkSeal, wipedError } from '../aead/checks.ts';
import { CONSTANT_TIME_GCM, createAesGcm } from '../aead/gcm.ts';
import { nobleProvider } from '../noble/provider.ts';
import type { Aead } from '../provider.ts';
import { plain } from './hash.ts';
import { type Feature, supports } from './support.ts';

interface OwnContext {
  /** Bytes of plaintext below which it is the faster one: measured on x64 with Node 20 and 26 (docs/performance.md). */
  readonly below: number;
  readonly create: (key: Uint8Array) => Aead;
}

const AES_GCM: OwnContext = { below: 100, create: (key) => createAesGcm(key, CONSTANT_TIME_GCM) };
const OWN: Partial<Record<AeadName, OwnContext>> = {
  'aes-128-gcm': AES_GCM,
  'aes-256-gcm': AES_GCM,
  'chacha20-poly1305': { below: 1000, create: createChaCha20Poly1305 },
};

/** Short records after which our own context is made. */
const PATIENCE = 8;

/** OpenSSL's names; of CCM they say nothing of the tag's length. */
const CIPHERS: Readonly<Record<AeadName, Feature>> = {
  'aes-128-gcm': 'aes-128-gcm',
  'aes-256-gcm': 'aes-256-gcm',
  'chacha20-poly1305': 'chacha20-poly1305',
  'aes-128-ccm': 'aes-128-ccm',
  'aes-128-ccm-8': 'aes-128-ccm',
  'aes-256-ccm': 'aes-256-ccm',
  'aes-256-ccm-8': 'aes-256-ccm',
};

/** Throws TlsUsageError for a key of the wrong length. Where the runtime lacks the cipher, it is crypto/noble's context. */
export function aeadContext(name: AeadName, key: Uint8Array): Aead {
  const { keyLength, tagLength } = AEAD_PARAMETERS[name];
  if (!supports(CIPHERS[name])) return nobleProvider.aead(name, key);
  checkKey(name, key, [keyLength]);
  const ownKey = plain(key);
  const native = createNative(name, ownKey, tagLength);
  const own = OWN[name];
  if (own === undefined) return native;

  let short: Aead | null = null;
  let seen = 0;
  let wiped = false;
  const { below, create } = own;

  function choose(length: number): Aead {
    if (length >= below || wiped) return native;
    if (short === null && ++seen > PATIENCE) short = create(ownKey);
    return short ?? native;
  }

  return {
    tagLength,
    seal(nonce, aad, plaintext, tail, out, offset) {
      choose(plaintext.length + tail.length).seal(nonce, aad, plaintext, tail, out, offset);
    },
    open(nonce, aad, ciphertext, out, offset) {
      return choose(ciphertext.length - tagLength).open(nonce, aad, ciphertext, out, offset);
    },
    openNew: native.openNew,
    wipe() {
      native.wipe();
      short?.wipe();
      wiped = true;
    },
  };
}

const NOTHING = new Uint8Array(0);

type NativeAead = Aead & Required<Pick<Aead, 'openNew'>>;

/**
 * `key` becomes its own. Not as a KeyObject: that takes 2 µs to make, which the few records of most keys never earn, and cannot
 * be overwritten.
 */
function createNative(name: AeadName, key: Uint8Array, tagLength: number): NativeAead {
  const cipher = CIPHERS[name] as CipherCCMTypes;
  const needsLength = name.includes('ccm');
  // The others' tags have 16 bytes unless something else is said; an object to be read is a microsecond for each record.
  const options = (needsLength ? { authTagLength: tagLength } : undefined) as { authTagLength: number };
  let wiped = false;

  function openNew(nonce: Uint8Array, aad: Uint8Array, ciphertext: Uint8Array): Uint8Array<ArrayBuffer> | null {
    if (wiped) throw wipedError();
    const length = ciphertext.length - tagLength;
    checkNonce(nonce);
    checkLength(length);
    if (length < 0) return null;
    if (needsLength) checkCcmLengths(aad.length, length);
    const state = createDecipheriv(cipher, key, nonce, options);
    state.setAuthTag(ciphertext.subarray(length));
    let plaintext: Uint8Array;
    try {
      setAdditionalData(state, aad, length);
      plaintext = state.update(ciphertext.subarray(0, length));
      state.final();
    } catch {
      // What goes in is checked above: what is left is a tag that does not match.
      return null;
    }
    const { buffer, byteOffset } = plaintext;
    // The runtime's own arrays may be parts of a larger one.
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== length) return plain(plaintext);
    return new Uint8Array(buffer, byteOffset, length);
  }

  function setAdditionalData(state: CipherCCM | DecipherCCM, aad: Uint8Array, plaintextLength: number): void {
    const lengthOption = (needsLength ? { plaintextLength } : undefined) as { plaintextLength: number };
    state.setAAD(aad, lengthOption);
  }

  return {
    tagLength,

    seal(nonce, aad, plaintext, tail, out, offset) {
      if (wiped) throw wipedError();
      checkSeal(nonce, plaintext, tail, out, offset, tagLength);
      const length = plaintext.length + tail.length;
      if (needsLength) checkCcmLengths(aad.length, length);
      const state = createCipheriv(cipher, key, nonce, options);
      setAdditionalData(state, aad, length);
      const inner = tail.length === 0 ? ownIfEmpty(plaintext) : joined(plaintext, tail, out, offset);
      // One call: each makes an array of its own, and OpenSSL's CCM takes the whole message at once.
      const ciphertext = state.update(inner);
      out.set(ciphertext, offset);
      release(ciphertext);
      state.final();
      out.set(state.getAuthTag(), offset + length);
    },

    open(nonce, aad, ciphertext, out, offset) {
      if (wiped) throw wipedError();
      const length = ciphertext.length - tagLength;
      checkOpen(nonce, ciphertext, out, offset, length);
      if (length < 0) return false;
      const plaintext = openNew(nonce, aad, ciphertext);
      if (plaintext === null) return false;
      out.set(plaintext, offset);
      // It is the plaintext's only copy outside of `out`.
      plaintext.fill(0);
      release(plaintext);
      return true;
    },

    openNew,

    wipe() {
      key.fill(0);
      wiped = true;
    },
  };
}

/** Bytes from which on freeing a result is worth a call. */
const LARGE = 4096;

/** Frees a result at once where the runtime can (Node 22): otherwise the next one is in memory that no cache holds. */
function release({ buffer, length }: Uint8Array): void {
  // An array that is a part of a larger one is not alone in its memory.
  if (length < LARGE || buffer.byteLength !== length) return;
  (buffer as { transfer?: (length: number) => unknown }).transfer?.(0);
}

/** OpenSSL's CCM takes no view of nothing for a message of no bytes: it has to point nowhere. */
function ownIfEmpty(plaintext: Uint8Array): Uint8Array {
  return plaintext.length === 0 ? NOTHING : plaintext;
}

/** Plaintext and tail in a row, where their ciphertext will be. */
function joined(plaintext: Uint8Array, tail: Uint8Array, out: Uint8Array, offset: number): Uint8Array {
  out.set(plaintext, offset);
  out.set(tail, offset + plaintext.length);
  return out.subarray(offset, offset + plaintext.length + tail.length);
}
