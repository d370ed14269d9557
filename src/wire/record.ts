/**
 * The record header and the two content types that have a body of their own: alert and change_cipher_spec.
 *
 * Only the shape is read here; which types, versions and lengths are welcome when is the record layer's matter.
 *
 * @see RFC 9846 §5.1 (Record Layer), §6 (Alert Protocol), §5 (change_cipher_spec)
 * @module
 */
import { fail } from '../errors/errors.ts';

/** Bytes of a TLSPlaintext or TLSCiphertext header: type, legacy_record_version, length. */
export const RECORD_HEADER_LENGTH = 5;

/** §5.1: the ceiling of TLSPlaintext.length in bytes. */
export const MAX_PLAINTEXT_LENGTH = 2 ** 14;

/** §5.2: the ceiling of TLSCiphertext.length in bytes, TLS 1.3. */
export const MAX_CIPHERTEXT_LENGTH_13 = 2 ** 14 + 256;

/** RFC 5246 §6.2.3: the ceiling of TLSCiphertext.length in bytes, TLS 1.2. */
export const MAX_CIPHERTEXT_LENGTH_12 = 2 ** 14 + 2048;

export interface RecordHeader {
  /** ContentType; not checked. */
  readonly type: number;
  /** legacy_record_version; not checked. */
  readonly version: number;
  /** Bytes of the fragment that follows; not checked. */
  readonly length: number;
}

/** Reads the header at `offset`; RECORD_HEADER_LENGTH bytes must be there, else ERR_TLS_DECODE. */
export function decodeRecordHeader(bytes: Uint8Array, offset = 0): RecordHeader {
  const [type, major, minor, high, low] = bytes.subarray(offset, offset + RECORD_HEADER_LENGTH);
  if (type === undefined || major === undefined || minor === undefined || high === undefined || low === undefined) {
    fail('ERR_TLS_DECODE', 'a record header is 5 bytes');
  }
  return { type, version: (major << 8) | minor, length: (high << 8) | low };
}

/** Writes a header into `out` at `offset`, where there must be room for it. */
export function writeRecordHeader(out: Uint8Array, offset: number, header: RecordHeader): void {
  out[offset] = header.type;
  out[offset + 1] = header.version >> 8;
  out[offset + 2] = header.version;
  out[offset + 3] = header.length >> 8;
  out[offset + 4] = header.length;
}

/** §6. Neither number is checked: unknown descriptions are error alerts, and the level means nothing in TLS 1.3. */
export interface Alert {
  readonly level: number;
  readonly description: number;
}

/** Throws ERR_TLS_BAD_ALERT. */
export function decodeAlert(fragment: Uint8Array): Alert {
  const [level, description] = fragment;
  // §5.1: a record of type alert holds exactly one alert, unfragmented.
  if (level === undefined || description === undefined || fragment.length !== 2) {
    fail('ERR_TLS_BAD_ALERT', `${fragment.length} bytes`);
  }
  return { level, description };
}

export function encodeAlert(alert: Alert): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(alert.level, alert.description);
}

/** Throws ERR_TLS_BAD_CHANGE_CIPHER_SPEC. */
export function checkChangeCipherSpec(fragment: Uint8Array): void {
  // §5: the single byte value 0x01 and nothing else.
  if (fragment.length !== 1 || fragment[0] !== 1) fail('ERR_TLS_BAD_CHANGE_CIPHER_SPEC');
}

export function encodeChangeCipherSpec(): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(1);
}
