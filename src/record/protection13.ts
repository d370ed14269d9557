/**
 * Protection of TLS 1.3 records with one key: nonce, additional data, inner content type and padding.
 *
 * Everything that a record needs besides its output is scratch that is made once per key.
 *
 * @see RFC 9846 §5.2 (Record Payload Protection), §5.3 (Per-Record Nonce), §5.4 (Record Padding)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { wipe } from '../crypto/secret.ts';
import { fail, TlsError, TlsUsageError } from '../errors/errors.ts';
import { deriveTrafficKeys } from '../keys/schedule13.ts';
import { AEAD_PARAMETERS, type CipherSuite13 } from '../params/algorithms.ts';
import { CONTENT_TYPE, VERSION } from '../params/registries.ts';
import { MAX_PLAINTEXT_LENGTH, RECORD_HEADER_LENGTH } from '../wire/record.ts';
import type { Mutable, RecordProtection } from './protection.ts';

/** §5.4: the ceiling of TLSInnerPlaintext in bytes, its content type included. */
export const MAX_INNER_LENGTH = MAX_PLAINTEXT_LENGTH + 1;

export interface Protection13 extends RecordProtection {
  /** Bytes that a record has beyond its content and padding: header, inner content type, tag. */
  readonly overhead: number;
  /** Bytes of the tag. */
  readonly tagLength: number;
  /**
   * Writes one whole record into `out` at `offset`, where `content.length + padding + overhead` bytes must be free. Throws
   * ERR_TLS_KEY_LIMIT when the key has sealed `recordLimit` records.
   */
  seal(type: number, content: Uint8Array, padding: number, out: Uint8Array, offset: number): void;
  /**
   * Opens a fragment into `out` at `offset`, where `fragment.length - tagLength` bytes must be free, and returns the length of
   * the content. -1, with the sequence number unchanged, when the record is not authentic. Throws ERR_TLS_SEQUENCE_EXHAUSTED.
   */
  open(version: number, fragment: Uint8Array, out: Uint8Array, offset: number): number;
  wipe(): void;
}

export interface Protection13Options {
  /** Replaces the limit of the AEAD, for tests. */
  readonly recordLimit?: number | undefined;
  /** Number of the first record, for tests and for inspecting the middle of a capture. */
  readonly sequence?: number | undefined;
}

/** A limit of RFC 8449 §4, at most the protocol's own. Throws TlsUsageError below 64 bytes, which nobody may ask for. */
export function checkedLimit(bytes: number): number {
  if (!Number.isInteger(bytes) || bytes < 64)
    throw new TlsUsageError(`a record size limit is at least 64, not ${bytes}`);
  return Math.min(bytes, MAX_INNER_LENGTH);
}

/** Derives key and iv from a traffic secret, §7.3. */
export function createProtection13(
  crypto: CryptoProvider,
  suite: CipherSuite13,
  secret: Uint8Array,
  options: Protection13Options = {},
): Protection13 {
  const { key, iv } = deriveTrafficKeys(crypto, suite, secret);
  const aead = crypto.aead(suite.aead, key);
  wipe(key);

  const recordLimit = options.recordLimit ?? AEAD_PARAMETERS[suite.aead].recordLimit;
  const { tagLength, openNew } = aead;
  const nonce = new Uint8Array(iv.length);
  const header = new Uint8Array(RECORD_HEADER_LENGTH);
  let tail = new Uint8Array(1);

  /** §5.3: the sequence number, big-endian and padded to the left, XORed with the iv. */
  function setNonce(): void {
    nonce.set(iv);
    const last = iv.length - 1;
    let high = Math.floor(protection.sequence / 2 ** 32);
    let low = protection.sequence >>> 0;
    for (let i = 0; i < 4; i++) {
      nonce[last - i] = (nonce[last - i] ?? 0) ^ (low & 0xff);
      nonce[last - 4 - i] = (nonce[last - 4 - i] ?? 0) ^ (high & 0xff);
      low >>>= 8;
      high >>>= 8;
    }
  }

  /** §5.2: additional_data is the header of the record. */
  function setHeader(version: number, length: number): void {
    header[0] = CONTENT_TYPE.application_data;
    header[1] = version >> 8;
    header[2] = version;
    header[3] = length >> 8;
    header[4] = length;
  }

  /** Sets nonce and additional data. False for what is too short for a tag. */
  function prepareOpen(version: number, fragment: Uint8Array): boolean {
    // §5.3: a sequence number never wraps; a double counts exactly up to here.
    if (protection.sequence >= Number.MAX_SAFE_INTEGER) fail('ERR_TLS_SEQUENCE_EXHAUSTED');
    setHeader(version, fragment.length);
    setNonce();
    return fragment.length >= tagLength;
  }

  /** §5.4: the last byte that is not zero is the content type. Returns the length of the content. */
  function findInnerType(inner: Uint8Array, start: number, length: number): number {
    let end = start + length - 1;
    while (end >= start && inner[end] === 0) end--;
    protection.innerType = end < start ? 0 : (inner[end] ?? 0);
    return Math.max(0, end - start);
  }

  const protection: Mutable<Protection13> = {
    sequence: options.sequence ?? 0,
    recordLimit,
    overhead: RECORD_HEADER_LENGTH + 1 + tagLength,
    tagLength,
    leastExpansion: tagLength,
    sealedLength: (contentLength, padding) => RECORD_HEADER_LENGTH + contentLength + 1 + padding + tagLength,
    innerType: 0,

    seal(type, content, padding, out, offset) {
      // §5.5: what a key may protect is bounded; §5.3: a sequence number never wraps.
      if (protection.sequence >= recordLimit) throw new TlsError('ERR_TLS_KEY_LIMIT', { origin: 'own' });

      // §5.4: the content is followed by its type and by zeros.
      if (tail.length !== 1 + padding) tail = new Uint8Array(1 + padding);
      tail[0] = type;
      setHeader(VERSION.TLS12, content.length + tail.length + tagLength);
      setNonce();
      out.set(header, offset);
      aead.seal(nonce, header, content, tail, out, offset + RECORD_HEADER_LENGTH);
      protection.sequence++;
    },

    open(version, fragment, out, offset) {
      if (!prepareOpen(version, fragment) || !aead.open(nonce, header, fragment, out, offset)) return -1;
      protection.sequence++;
      return findInnerType(out, offset, fragment.length - tagLength);
    },

    openNew:
      openNew === undefined
        ? null
        : (version, fragment) => {
            if (!prepareOpen(version, fragment)) return null;
            const inner = openNew(nonce, header, fragment);
            if (inner === null) return null;
            protection.sequence++;
            return inner.subarray(0, findInnerType(inner, 0, inner.length));
          },

    wipe() {
      aead.wipe();
      wipe(iv, nonce);
    },
  };
  return protection;
}
