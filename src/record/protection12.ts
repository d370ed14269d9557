/**
 * Protection of TLS 1.2 records with one key: AEADs here, CBC in protection12-cbc.ts.
 *
 * Everything that a record needs besides its output is scratch that is made once per key.
 *
 * @see RFC 5246 §6.2.3.3 (AEAD Ciphers); RFC 5288 §3 (GCM), RFC 6655 §3 (CCM), RFC 7905 §2 (ChaCha20-Poly1305)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { wipe } from '../crypto/secret.ts';
import { fail, TlsError } from '../errors/errors.ts';
import type { RecordKeys12 } from '../keys/schedule12.ts';
import { AEAD_PARAMETERS, type AeadName, type CipherSuite12 } from '../params/algorithms.ts';
import { VERSION } from '../params/registries.ts';
import { RECORD_HEADER_LENGTH, writeRecordHeader } from '../wire/record.ts';
import {
  ADDITIONAL_DATA_LENGTH,
  type Mutable,
  type Protection12Options,
  type RecordProtection,
  writeAdditionalData,
  writeSequence,
} from './protection.ts';
import { createCbcProtection12 } from './protection12-cbc.ts';

/** The keys remain the caller's, to be wiped. Throws TlsUsageError for keys of other lengths than the suite's. */
export function createProtection12(
  crypto: CryptoProvider,
  suite: CipherSuite12,
  keys: RecordKeys12,
  options: Protection12Options,
): RecordProtection {
  const { protection } = suite;
  return protection.kind === 'aead'
    ? createAeadProtection12(crypto, protection.aead, keys, options)
    : createCbcProtection12(crypto, protection, keys, options);
}

const EXPLICIT_LENGTH = 8;
const NO_TAIL = new Uint8Array(0);

function createAeadProtection12(
  crypto: CryptoProvider,
  name: AeadName,
  keys: RecordKeys12,
  options: Protection12Options,
): RecordProtection {
  const aead = crypto.aead(name, keys.key);
  // RFC 7905 §2: no part of the nonce is sent; RFC 5288 §3: eight bytes are.
  const explicit = name === 'chacha20-poly1305' ? 0 : EXPLICIT_LENGTH;
  const iv = Uint8Array.from(keys.iv);
  const recordLimit = options.recordLimit ?? AEAD_PARAMETERS[name].recordLimit;
  const { tagLength, openNew } = aead;
  const expansion = explicit + tagLength;
  const nonce = new Uint8Array(12);
  nonce.set(iv);
  const aad = new Uint8Array(ADDITIONAL_DATA_LENGTH);

  /** RFC 7905 §2: the sequence number, padded to the left, XORed with the iv. */
  function maskNonce(): void {
    writeSequence(protection.sequence, nonce, 4);
    for (let i = 4; i < 12; i++) nonce[i] = (nonce[i] ?? 0) ^ (iv[i] ?? 0);
  }

  /** Sets nonce and additional data, and returns ciphertext and tag; null for what is too short for them. */
  function prepareOpen(version: number, fragment: Uint8Array, type: number): Uint8Array | null {
    // RFC 5246 §6.1: a sequence number never wraps; a double counts exactly up to here.
    if (protection.sequence >= Number.MAX_SAFE_INTEGER) fail('ERR_TLS_SEQUENCE_EXHAUSTED');
    const length = fragment.length - expansion;
    if (length < 0) return null;

    if (explicit === 0) maskNonce();
    // RFC 5288 §3: what the peer takes for nonce_explicit is its own business.
    else for (let i = 0; i < EXPLICIT_LENGTH; i++) nonce[4 + i] = fragment[i] ?? 0;
    writeAdditionalData(aad, protection.sequence, type, version, length);
    return explicit === 0 ? fragment : fragment.subarray(explicit);
  }

  const protection: Mutable<RecordProtection> = {
    sequence: options.sequence ?? 0,
    recordLimit,
    leastExpansion: expansion,
    innerType: 0,
    sealedLength: (contentLength) => RECORD_HEADER_LENGTH + expansion + contentLength,

    seal(type, content, _padding, out, offset) {
      // RFC 9846 §5.5: what a key may protect is bounded; RFC 5246 §6.1: a sequence number never wraps.
      if (protection.sequence >= recordLimit) throw new TlsError('ERR_TLS_KEY_LIMIT', { origin: 'own' });

      writeRecordHeader(out, offset, { type, version: VERSION.TLS12, length: content.length + expansion });
      const start = offset + RECORD_HEADER_LENGTH;
      if (explicit === 0) maskNonce();
      else {
        // RFC 5288 §3: nonce_explicit never repeats under a key, which the sequence number sees to.
        writeSequence(protection.sequence, nonce, 4);
        writeSequence(protection.sequence, out, start);
      }
      writeAdditionalData(aad, protection.sequence, type, VERSION.TLS12, content.length);
      aead.seal(nonce, aad, content, NO_TAIL, out, start + explicit);
      protection.sequence++;
    },

    open(version, fragment, out, offset, type) {
      const ciphertext = prepareOpen(version, fragment, type);
      if (ciphertext === null || !aead.open(nonce, aad, ciphertext, out, offset)) return -1;
      protection.sequence++;
      protection.innerType = type;
      return fragment.length - expansion;
    },

    openNew:
      openNew === undefined
        ? null
        : (version, fragment, type) => {
            const ciphertext = prepareOpen(version, fragment, type);
            const content = ciphertext === null ? null : openNew(nonce, aad, ciphertext);
            if (content === null) return null;
            protection.sequence++;
            protection.innerType = type;
            return content;
          },

    wipe() {
      aead.wipe();
      wipe(iv, nonce);
    },
  };
  return protection;
}
