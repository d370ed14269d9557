/**
 * The writing half of the record layer: handshake messages joined into few records, application data cut into as many as it
 * needs, each sealed straight into the bytes that are sent.
 *
 * @see RFC 9846 §5.1 (Record Layer), §5.4 (Record Padding), §5.5 (Limits on Key Usage); RFC 8449 §4; RFC 5246 §6.2
 * @module
 */
import type { CryptoProvider, Random } from '../crypto/provider.ts';
import { TlsError, TlsUsageError } from '../errors/errors.ts';
import type { RecordKeys12 } from '../keys/schedule12.ts';
import type { CipherSuite12, CipherSuite13 } from '../params/algorithms.ts';
import { CONTENT_TYPE, VERSION, type VersionName } from '../params/registries.ts';
import { concatenate } from '../wire/concatenate.ts';
import {
  encodeAlert,
  encodeChangeCipherSpec,
  MAX_PLAINTEXT_LENGTH,
  RECORD_HEADER_LENGTH,
  writeRecordHeader,
} from '../wire/record.ts';
import type { RecordProtection } from './protection.ts';
import { createProtection12 } from './protection12.ts';
import { checkedLimit, createProtection13, MAX_INNER_LENGTH } from './protection13.ts';

export interface WriteHalfOptions {
  readonly crypto: CryptoProvider;
  readonly role: 'client' | 'server';
  /** For the IVs of CBC. */
  readonly random?: Random | undefined;
  /** Bytes of zero padding for so many bytes of content; cut to what the record has room for. */
  readonly padding?: ((contentLength: number) => number) | null | undefined;
  /** Records after which a key should be replaced; null: half of what its AEAD allows. */
  readonly keyLimit?: number | null | undefined;
  /** Replaces the limit of the AEAD, for tests. */
  readonly recordLimit?: number | undefined;
}

/** Records that only alerts may use, so that a connection at the end of its key can still be closed in order. */
const RESERVED_FOR_ALERTS = 2;

export class WriteHalf {
  readonly #options: WriteHalfOptions;
  readonly #output: Uint8Array<ArrayBuffer>[] = [];
  #messages: Uint8Array[] = [];
  /** Memory of the caller's for what is sealed next. */
  #lent: Uint8Array<ArrayBuffer> | null = null;
  #protection: RecordProtection | null = null;
  #is12 = false;
  #wiped = false;
  #epoch = 0;
  /** TLS 1.3: content, content type and padding. TLS 1.2: content. */
  #innerLimit = MAX_INNER_LENGTH;
  #plaintextLimit = MAX_PLAINTEXT_LENGTH;
  #initial = true;

  constructor(options: WriteHalfOptions) {
    this.#options = options;
  }

  get sequence(): number {
    return this.#protection?.sequence ?? 0;
  }
  get epoch(): number {
    return this.#epoch;
  }
  /** §5.5: the key should be replaced now. TLS 1.2 has no way to do that. */
  get limitNear(): boolean {
    if (this.#protection === null || this.#is12) return false;
    return this.#protection.sequence >= this.#softLimit(this.#protection);
  }
  /** Bytes of application data that can be written before `limitNear`: a whole number of full records, at least one. */
  get writableBeforeKeyLimit(): number {
    const most = this.#mostContent();
    if (this.#protection === null) return most;
    return Math.max(1, this.#softLimit(this.#protection) - this.#protection.sequence) * most;
  }

  #softLimit({ recordLimit }: RecordProtection): number {
    if (this.#is12) return recordLimit - RESERVED_FOR_ALERTS;
    return Math.min(this.#options.keyLimit ?? Number.POSITIVE_INFINITY, Math.floor(recordLimit / 2));
  }

  setVersion(version: VersionName): void {
    this.#is12 = version === 'TLS 1.2';
    this.#initial = false;
  }

  installKeys(suite: CipherSuite13, secret: Uint8Array): void {
    const { crypto, recordLimit } = this.#options;
    this.#replace(() => createProtection13(crypto, suite, secret, { recordLimit }));
  }

  installKeys12(suite: CipherSuite12, keys: RecordKeys12, encryptThenMac: boolean): void {
    const { crypto, random, recordLimit } = this.#options;
    this.#replace(() => createProtection12(crypto, suite, keys, { encryptThenMac, random, recordLimit }));
  }

  #replace(create: () => RecordProtection): void {
    // §5.1: what precedes a key change ends with its record, and goes out under the old key.
    this.#flush();
    this.#protection?.wipe();
    this.#protection = create();
    this.#epoch++;
  }

  /** What waits goes out under the keys; what follows, in the clear. */
  removeKeys(): void {
    this.#flush();
    this.#protection?.wipe();
    this.#protection = null;
  }

  setLimit(bytes: number): void {
    this.#innerLimit = checkedLimit(bytes);
  }

  setFragmentLimit(bytes: number): void {
    this.setLimit(bytes);
    this.#plaintextLimit = Math.min(bytes, MAX_PLAINTEXT_LENGTH);
  }

  sendHandshake(raw: Uint8Array): void {
    this.#messages.push(raw);
  }

  sendAlert(level: number, description: number): void {
    this.#flush();
    this.#write(CONTENT_TYPE.alert, encodeAlert({ level, description }), 0);
  }

  sendChangeCipherSpec(): void {
    this.#flush();
    const content = encodeChangeCipherSpec();
    // RFC 5246 §7.1: under the keys in force, which for us are none, since nothing is renegotiated.
    if (this.#is12) this.#write(CONTENT_TYPE.change_cipher_spec, content, RESERVED_FOR_ALERTS);
    // §5: change_cipher_spec is never protected.
    else this.#writePlaintext(CONTENT_TYPE.change_cipher_spec, content, VERSION.TLS12);
  }

  sendApplicationData(plaintext: Uint8Array): void {
    // §5.1: application data is always protected.
    if (this.#protection === null) throw new TlsUsageError('application data cannot be sent before there are keys');
    this.#flush();
    this.#write(CONTENT_TYPE.application_data, plaintext, RESERVED_FOR_ALERTS);
  }

  lend(memory: Uint8Array<ArrayBuffer>): void {
    this.#lent = memory;
  }

  take(): Uint8Array<ArrayBuffer> {
    this.#flush();
    this.#lent = null;
    const output = this.#output;
    if (output.length > 1) return concatenate(output.splice(0));
    return output.pop() ?? new Uint8Array(0);
  }

  wipe(): void {
    this.#wiped = true;
    this.#protection?.wipe();
    this.#protection = null;
    this.#messages = [];
  }

  /** §5.1: messages are coalesced into as few records as their length needs. */
  #flush(): void {
    const [first, ...others] = this.#messages;
    if (first === undefined) return;
    this.#messages = [];
    const content = others.length === 0 ? first : concatenate([first, ...others]);
    this.#write(CONTENT_TYPE.handshake, content, RESERVED_FOR_ALERTS);
    this.#initial = false;
  }

  #write(type: number, content: Uint8Array, reserved: number): void {
    // Without keys, it would go out as plaintext.
    if (this.#wiped) throw new TlsUsageError('nothing can be sent: the keys are gone');
    if (this.#protection === null) {
      // §5.1: 0x0301 for an initial ClientHello, 0x0303 for everything after it and everything of a server.
      const isInitial = this.#initial && this.#options.role === 'client' && type === CONTENT_TYPE.handshake;
      this.#writePlaintext(type, content, isInitial ? VERSION.TLS10 : VERSION.TLS12);
      return;
    }
    this.#seal(this.#protection, type, content, reserved);
  }

  #writePlaintext(type: number, content: Uint8Array, version: number): void {
    const most = this.#plaintextLimit;
    const count = Math.ceil(content.length / most);
    const out = new Uint8Array(content.length + count * RECORD_HEADER_LENGTH);
    let offset = 0;
    for (let start = 0; start < content.length; start += most) {
      const fragment = content.subarray(start, start + most);
      writeRecordHeader(out, offset, { type, version, length: fragment.length });
      out.set(fragment, offset + RECORD_HEADER_LENGTH);
      offset += RECORD_HEADER_LENGTH + fragment.length;
    }
    this.#output.push(out);
  }

  /** Seals content into one array of the right size. Empty content gives no record. */
  #seal(protection: RecordProtection, type: number, content: Uint8Array, reserved: number): void {
    const most = this.#mostContent();
    const count = Math.ceil(content.length / most);
    // §5.5: refused before anything is sealed, so that nothing is sent in part.
    if (protection.sequence + count + reserved > protection.recordLimit) {
      throw new TlsError('ERR_TLS_KEY_LIMIT', { origin: 'own', detail: `${protection.recordLimit} records` });
    }

    const paddings = this.#paddings(content.length, most);
    // All records but the last are full; padding is what tells them apart.
    const lastLength = content.length - (count - 1) * most;
    const unpadded =
      count === 0 ? 0 : (count - 1) * protection.sealedLength(most, 0) + protection.sealedLength(lastLength, 0);
    const out = this.#allocate(unpadded + paddings.reduce((a, b) => a + b, 0));
    let offset = 0;
    for (let start = 0, i = 0; start < content.length; start += most, i++) {
      const fragment = count === 1 ? content : content.subarray(start, start + most);
      const padding = paddings[i] ?? 0;
      protection.seal(type, fragment, padding, out, offset);
      offset += protection.sealedLength(fragment.length, padding);
    }
    this.#output.push(out);
  }

  /** Lent memory serves once, and only as a whole: what follows must not overwrite it. */
  #allocate(length: number): Uint8Array<ArrayBuffer> {
    const lent = this.#lent;
    this.#lent = null;
    return lent !== null && lent.length >= length ? lent.subarray(0, length) : new Uint8Array(length);
  }

  /** Bytes of content that one record may have. */
  #mostContent(): number {
    // §5.4: the content type takes one byte of the limit; RFC 8449 §4: in TLS 1.2 nothing does.
    return this.#is12 ? Math.min(this.#innerLimit, MAX_PLAINTEXT_LENGTH) : this.#innerLimit - 1;
  }

  /** The padding of each record, asked for before the output is allocated. Empty: no record has any. */
  #paddings(contentLength: number, most: number): readonly number[] {
    const { padding } = this.#options;
    if (padding === null || padding === undefined || this.#is12) return [];
    const paddings: number[] = [];
    for (let start = 0; start < contentLength; start += most) {
      const length = Math.min(most, contentLength - start);
      const wanted = Math.trunc(padding(length)) || 0;
      // §5.4: content, type and padding together stay within the limit.
      paddings.push(Math.max(0, Math.min(wanted, most - length)));
    }
    return paddings;
  }
}
