/**
 * Protection of TLS 1.2 records by AES-CBC and HMAC: MAC-then-encrypt, and encrypt-then-MAC where both sides have it.
 *
 * In MAC-then-encrypt the padding is inside of what is authenticated by nothing. Whoever can tell bad padding from a bad MAC, by
 * an alert or by time, reads plaintext (Vaudenay; Canvel et al.; Lucky Thirteen). So for every record of one length the same is done:
 * the same bytes decrypted and looked at, a MAC over what the padding leaves or, if it is wrong, over all, and as many
 * compressions of the hash as the longest content would take. Limit: the last piece that goes into the hash is as long as
 * the content, and copying it takes its few nanoseconds more or less.
 *
 * @see RFC 5246 §6.2.3.1 (HMAC), §6.2.3.2 (CBC Block Cipher); RFC 7366 §3 (Encrypt-then-MAC)
 * @module
 */
import type { CryptoProvider, HashContext } from '../crypto/provider.ts';
import { constantTimeEqual, wipe } from '../crypto/secret.ts';
import { fail, TlsError, TlsUsageError } from '../errors/errors.ts';
import type { RecordKeys12 } from '../keys/schedule12.ts';
import { HASH_LENGTH, type Protection12Kind } from '../params/algorithms.ts';
import { VERSION } from '../params/registries.ts';
import { RECORD_HEADER_LENGTH, writeRecordHeader } from '../wire/record.ts';
import {
  ADDITIONAL_DATA_LENGTH,
  type Mutable,
  type Protection12Options,
  type RecordProtection,
  writeAdditionalData,
} from './protection.ts';

type CbcSuite = Extract<Protection12Kind, { kind: 'cbc' }>;

const BLOCK = 16;

/**
 * RFC 9846 §5.5 is silent on CBC. As for CCM: (blocks of all records)^2 / 2^128, with up to 1,090 blocks in a record, stays below
 * 2^-59 for 2^24 records.
 */
const CBC_RECORD_LIMIT = 2 ** 24;

export function createCbcProtection12(
  crypto: CryptoProvider,
  { cipher: name, mac: hash }: CbcSuite,
  keys: RecordKeys12,
  options: Protection12Options,
): RecordProtection {
  const { encryptThenMac, random } = options;
  const cipher = crypto.cbc(name, keys.key);
  const mac = createRecordMac(crypto, hash, keys.macKey);
  const macLength = HASH_LENGTH[hash];
  const recordLimit = options.recordLimit ?? CBC_RECORD_LIMIT;
  const header = new Uint8Array(ADDITIONAL_DATA_LENGTH);
  let scratch = new Uint8Array(0);

  /** Room for the plaintext of one record with its MAC and padding. */
  function room(length: number): Uint8Array {
    if (scratch.length < length) scratch = new Uint8Array(length);
    return scratch.subarray(0, length);
  }

  /** Bytes that are encrypted for so much content: MAC where it belongs there, at least one byte of padding, whole blocks. */
  const encryptedLength = (contentLength: number): number =>
    wholeBlocks(contentLength + (encryptThenMac ? 0 : macLength) + 1);

  /** RFC 5246 §6.2.3.2: content length of a MAC-then-encrypt record, or -1. */
  function openMacThenEncrypt(plaintext: Uint8Array, version: number, type: number): number {
    const most = plaintext.length - macLength - 1;
    const padding = paddingLength(plaintext, most);
    // From here on bad padding is padding of no length.
    const length = most - (padding.length & padding.mask);
    writeAdditionalData(header, protection.sequence, type, version, length);
    const expected = mac.compute(header, plaintext, length, most);
    const found = bytesAt(plaintext, length, macLength, most);
    const authentic = constantTimeEqual(expected, found) ? -1 : 0;
    wipe(expected, found);
    return (authentic & padding.mask) === 0 ? -1 : length;
  }

  const protection: Mutable<RecordProtection> = {
    sequence: options.sequence ?? 0,
    recordLimit,
    openNew: null,
    leastExpansion: BLOCK + macLength + 1,
    innerType: 0,
    sealedLength: (contentLength) =>
      RECORD_HEADER_LENGTH + BLOCK + encryptedLength(contentLength) + (encryptThenMac ? macLength : 0),

    seal(type, content, _padding, out, offset) {
      // RFC 9846 §5.5: what a key may protect is bounded; RFC 5246 §6.1: a sequence number never wraps.
      if (protection.sequence >= recordLimit) throw new TlsError('ERR_TLS_KEY_LIMIT', { origin: 'own' });
      if (random === undefined) throw new TlsUsageError('CBC needs a source of randomness for its IVs');

      const length = encryptedLength(content.length);
      const plaintext = room(length);
      plaintext.set(content);
      let end = content.length;
      if (!encryptThenMac) {
        writeAdditionalData(header, protection.sequence, type, VERSION.TLS12, content.length);
        plaintext.set(mac.compute(header, content, content.length, content.length), end);
        end += macLength;
      }
      // RFC 5246 §6.2.3.2: every byte of the padding, and its length, is the length of the padding.
      plaintext.fill(length - end - 1, end);

      const start = offset + RECORD_HEADER_LENGTH;
      const fragmentLength = BLOCK + length + (encryptThenMac ? macLength : 0);
      writeRecordHeader(out, offset, { type, version: VERSION.TLS12, length: fragmentLength });
      // RFC 5246 §6.2.3.2: the IV is unpredictable, and so never that of another record.
      const iv = random(BLOCK);
      out.set(iv, start);
      cipher.encrypt(iv, plaintext, out, start + BLOCK);
      plaintext.fill(0);
      if (encryptThenMac) {
        // RFC 7366 §3: over IV and ciphertext, with their length.
        const sealed = out.subarray(start, start + BLOCK + length);
        writeAdditionalData(header, protection.sequence, type, VERSION.TLS12, sealed.length);
        out.set(mac.compute(header, sealed, sealed.length, sealed.length), start + BLOCK + length);
      }
      protection.sequence++;
    },

    open(version, fragment, out, offset, type) {
      // RFC 5246 §6.1: a sequence number never wraps; a double counts exactly up to here.
      if (protection.sequence >= Number.MAX_SAFE_INTEGER) fail('ERR_TLS_SEQUENCE_EXHAUSTED');
      const end = encryptThenMac ? fragment.length - macLength : fragment.length;
      const length = end - BLOCK;
      // For all to see: too short for IV, MAC and padding, or not whole blocks.
      if (length < wholeBlocks(encryptThenMac ? 1 : macLength + 1) || length % BLOCK !== 0) return -1;

      if (encryptThenMac) {
        // RFC 7366 §3: the MAC comes first, and where it is wrong nothing comes after it.
        writeAdditionalData(header, protection.sequence, type, version, end);
        const expected = mac.compute(header, fragment, end, end);
        if (!constantTimeEqual(expected, fragment.subarray(end))) return -1;
      }

      const plaintext = room(length);
      cipher.decrypt(fragment.subarray(0, BLOCK), fragment.subarray(BLOCK, end), plaintext, 0);
      const contentLength = encryptThenMac ? contentBefore(plaintext) : openMacThenEncrypt(plaintext, version, type);
      if (contentLength >= 0) {
        out.set(plaintext.subarray(0, contentLength), offset);
        protection.innerType = type;
        protection.sequence++;
      }
      plaintext.fill(0);
      return contentLength;
    },

    wipe() {
      cipher.wipe();
      wipe(scratch, header);
    },
  };
  return protection;
}

/** RFC 5246 §6.2.3.1: HMAC over the pseudo-header and `length` bytes of `data`. */
interface RecordMac {
  /** Does as many compressions as for `most` bytes of data, which is at most 255 more than `length`. */
  compute(header: Uint8Array, data: Uint8Array, length: number, most: number): Uint8Array;
}

/** HMAC from the hash, so that what depends on the key alone is done once and compressions can be counted. */
function createRecordMac(crypto: CryptoProvider, hash: CbcSuite['mac'], key: Uint8Array): RecordMac {
  if (key.length !== HASH_LENGTH[hash]) throw new TlsUsageError(`a MAC key of ${key.length} bytes for ${hash}`);
  // FIPS 180-4 §5.1: bytes of a block and of the length field at its end.
  const [shift, lengthField] = hash === 'sha384' ? [7, 16] : [6, 8];
  const block = 1 << shift;
  const keyed = (pad: number): HashContext => {
    const padded = new Uint8Array(block).fill(pad);
    for (let i = 0; i < key.length; i++) padded[i] = pad ^ (key[i] ?? 0);
    const context = crypto.hash(hash);
    context.update(padded);
    wipe(padded);
    return context;
  };
  // RFC 2104 §2: ipad and opad.
  const inner = keyed(0x36);
  const outer = keyed(0x5c);
  const filler = new Uint8Array(256 + 2 * block);

  /** Compressions for so much data, from the key's block to the one with the length: no division, no branch. */
  const compressions = (length: number): number =>
    ((block + ADDITIONAL_DATA_LENGTH + length + lengthField) >> shift) + 1;

  return {
    compute(header, data, length, most) {
      const context = inner.clone();
      context.update(header);
      context.update(data.subarray(0, length));
      const digest = context.digest();
      // Whole blocks from a state between two blocks: each is one compression, at once. Never none, which would be quicker
      // than the difference of a block.
      const rest = inner.clone();
      rest.update(filler.subarray(0, (1 + compressions(most) - compressions(length)) << shift));
      const finished = outer.clone();
      finished.update(digest);
      wipe(digest);
      return finished.digest();
    },
  };
}

/** RFC 7366 §3: the content of an authentic plaintext, or -1 where the padding is wrong, which only the peer itself can have done. */
function contentBefore(plaintext: Uint8Array): number {
  const most = plaintext.length - 1;
  const { length, mask } = paddingLength(plaintext, most);
  return mask === 0 ? -1 : most - length;
}

/**
 * The padding at the end of a plaintext, of which there are `most` bytes at most, beside its own length. The mask is -1 for
 * padding that is right and 0 otherwise. Looks at the same bytes for every padding.
 */
function paddingLength(plaintext: Uint8Array, most: number): { readonly length: number; readonly mask: number } {
  const last = plaintext.length - 1;
  const length = plaintext[last] as number;
  // §6.2.3.2: the padding leaves room for the MAC.
  let wrong = (most - length) >>> 31;
  const checked = Math.min(255, last);
  for (let i = 1; i <= checked; i++) {
    // -1 for a byte of the padding.
    const inside = ~((length - i) >> 31);
    wrong |= inside & ((plaintext[last - i] as number) ^ length);
  }
  return { length, mask: maskOfZero(wrong) };
}

/**
 * A copy of `count` bytes of `bytes` from the secret place `at`, which is at most `most` and at most 255 before it. All that they
 * could be is read, in one order.
 */
function bytesAt(bytes: Uint8Array, at: number, count: number, most: number): Uint8Array {
  const first = Math.max(0, most - 255);
  const rotated = new Uint8Array(count);
  let rotation = 0;
  for (let i = first, k = 0; i < most + count; i++) {
    const begins = maskOfZero(i ^ at);
    const inside = ~((i - at) >> 31) & ((i - at - count) >> 31);
    rotated[k] = (rotated[k] as number) | ((bytes[i] as number) & inside);
    rotation |= k & begins;
    k = k + 1 === count ? 0 : k + 1;
  }
  // Each byte to its place, again without an index that is secret.
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    let value = 0;
    for (let k = 0; k < count; k++) {
      const wanted = rotation + i;
      // wanted modulo count: it is below twice that.
      const wrapped = wanted - (count & ~((wanted - count) >> 31));
      value |= (rotated[k] as number) & maskOfZero(k ^ wrapped);
    }
    out[i] = value;
  }
  wipe(rotated);
  return out;
}

/** -1 for zero, 0 for 1 to 2^31 - 1. */
function maskOfZero(value: number): number {
  return (value - 1) >> 31;
}

function wholeBlocks(length: number): number {
  return Math.ceil(length / BLOCK) * BLOCK;
}
