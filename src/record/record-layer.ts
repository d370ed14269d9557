/**
 * The record layer of one connection: bytes in, messages out; messages in, bytes out.
 *
 * The two halves share nothing. Neither decides anything about the handshake: keys, limits and what is acceptable when are
 * set from outside.
 *
 * @see RFC 9846 §5 (Record Protocol), RFC 5246 §6 (TLS Record Protocol)
 * @module
 */
import type { CryptoProvider, Random } from '../crypto/provider.ts';
import type { RecordKeys12 } from '../keys/schedule12.ts';
import type { CipherSuite12, CipherSuite13 } from '../params/algorithms.ts';
import type { VersionName } from '../params/registries.ts';
import { type EarlyDataSkip, type Incoming, ReadHalf, type RecordLimits } from './read-half.ts';
import { WriteHalf } from './write-half.ts';

export type { EarlyDataSkip, Incoming, RecordLimits } from './read-half.ts';

/** The options but `limits` are looked up when they are needed: a server learns some of them from the ClientHello. */
export interface RecordLayerOptions {
  readonly crypto: CryptoProvider;
  readonly role: 'client' | 'server';
  readonly limits: RecordLimits;
  /** For the IVs of CBC suites, which cannot be written without it. */
  readonly random?: Random | undefined;
  /** Bytes of zero padding for a protected record of TLS 1.3 with so many bytes of content; cut to what the record has room for. */
  readonly padding?: ((contentLength: number) => number) | null | undefined;
  /** Records after which `writeLimitNear` turns true; by default half of what the AEAD allows. */
  readonly keyLimit?: number | null | undefined;
  /** Records that one key may seal at all, instead of what its AEAD allows. For tests. */
  readonly recordLimit?: number | undefined;
}

export interface RecordLayer {
  /** Takes a copy of the input: the array is the caller's again. */
  feed(bytes: Uint8Array): void;
  /** Like `feed` without the copy: the array must not change until `release`, which copies what is left of it. */
  borrow(bytes: Uint8Array): void;
  release(): void;
  /**
   * The next thing that arrived; null: more input is needed. Throws TlsError, and is not called again after that. What was
   * received before a bad record is returned first.
   */
  next(): Incoming | null;
  /** Bytes fed and not yet consumed, a partial record included. */
  readonly buffered: number;

  /**
   * The version that was negotiated; until then, and in TLS 1.3, nothing changes. In TLS 1.2, from here on: records have the
   * version 0x0303, or ERR_TLS_RECORD_VERSION; under keys they are protected whatever their type; change_cipher_spec is handed
   * up; limits count content alone.
   */
  setVersion(version: VersionName): void;

  /** §5.1: throws ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE when a part of a message is waiting. */
  installReadKeys(suite: CipherSuite13, secret: Uint8Array): void;
  /** Messages that wait go out under the old keys first. */
  installWriteKeys(suite: CipherSuite13, secret: Uint8Array): void;

  /** The same for TLS 1.2, after the peer's change_cipher_spec. The keys remain the caller's, to be wiped. */
  installReadKeys12(suite: CipherSuite12, keys: RecordKeys12, encryptThenMac: boolean): void;
  /** The same for TLS 1.2, after `sendChangeCipherSpec`. */
  installWriteKeys12(suite: CipherSuite12, keys: RecordKeys12, encryptThenMac: boolean): void;

  /** §4.2.2: a second ClientHello after early data goes in the clear again. */
  removeWriteKeys(): void;
  /** §5.1: throws ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE when something of a message is waiting. */
  checkRecordBoundary(): void;

  /** §5: whether an unprotected change_cipher_spec of exactly 0x01 is dropped or refused. At first refused. Not for TLS 1.2. */
  acceptChangeCipherSpec(accepted: boolean): void;
  /** Whether an unprotected alert is taken although there are keys; ends by itself with the first record that opens. */
  allowPlaintextAlerts(allowed: boolean): void;
  /** Whether application data may arrive. At first it may not. */
  acceptApplicationData(accepted: boolean): void;
  /**
   * §4.3.10: discards early data. By trial: records that do not open, until one opens; beyond the limit ERR_TLS_BAD_RECORD.
   * By type: records of type application_data until the next handshake record; beyond the limit ERR_TLS_TOO_MUCH_EARLY_DATA.
   */
  skipEarlyData(how: EarlyDataSkip | null): void;

  /**
   * RFC 8449: the longest inner plaintext (content, content type, padding; in TLS 1.2 content alone) in bytes that is accepted
   * from here on. Unprotected records are not subject to it.
   */
  setOwnRecordLimit(bytes: number): void;
  /** RFC 8449: the longest that is written from here on. */
  setPeerRecordLimit(bytes: number): void;
  /** RFC 6066 §4, TLS 1.2: the longest content in bytes, both ways, from here on, also of records without protection. */
  setFragmentLimit(bytes: number): void;

  /** One message with its header. It waits, to share a record with others; the array must not change until then. */
  sendHandshake(raw: Uint8Array): void;
  sendAlert(level: number, description: number): void;
  /** TLS 1.3: the dummy of Appendix E.4, never protected. TLS 1.2: what `installWriteKeys12` follows. */
  sendChangeCipherSpec(): void;
  /** Nothing is written for empty plaintext. Throws TlsUsageError without keys, ERR_TLS_KEY_LIMIT past what a key may seal. */
  sendApplicationData(plaintext: Uint8Array): void;
  /** The next application data are sealed into this array, if they fit. Until `take`, which may then return a view of it. */
  lendOutput(memory: Uint8Array<ArrayBuffer>): void;
  /** Everything written since the last call, waiting messages included. */
  take(): Uint8Array<ArrayBuffer>;

  /** How many times keys were installed. */
  readonly readEpoch: number;
  readonly writeEpoch: number;
  /** Numbers of the next records under the current keys. */
  readonly readSequence: number;
  readonly writeSequence: number;
  /** Records received so far, dropped ones included. */
  readonly recordsRead: number;
  /** §5.5: the write key should be updated now. Never true in TLS 1.2, whose keys end with ERR_TLS_KEY_LIMIT. */
  readonly writeLimitNear: boolean;
  /** Bytes of application data that one `sendApplicationData` may write before `writeLimitNear` has to be looked at. */
  readonly writableBeforeKeyLimit: number;
  /** Overwrites the keys; nothing can be read or written under them any more. */
  wipe(): void;
}

export function createRecordLayer(options: RecordLayerOptions): RecordLayer {
  return new TwoHalves(options);
}

// A class for the reason that byte-queue.ts gives.
class TwoHalves implements RecordLayer {
  readonly #read: ReadHalf;
  readonly #write: WriteHalf;

  constructor(options: RecordLayerOptions) {
    this.#read = new ReadHalf(options, options.limits);
    this.#write = new WriteHalf(options);
  }

  get buffered(): number {
    return this.#read.buffered;
  }
  get readEpoch(): number {
    return this.#read.epoch;
  }
  get writeEpoch(): number {
    return this.#write.epoch;
  }
  get readSequence(): number {
    return this.#read.sequence;
  }
  get writeSequence(): number {
    return this.#write.sequence;
  }
  get recordsRead(): number {
    return this.#read.records;
  }
  get writeLimitNear(): boolean {
    return this.#write.limitNear;
  }
  get writableBeforeKeyLimit(): number {
    return this.#write.writableBeforeKeyLimit;
  }

  feed(bytes: Uint8Array): void {
    this.#read.feed(bytes);
  }
  borrow(bytes: Uint8Array): void {
    this.#read.borrow(bytes);
  }
  release(): void {
    this.#read.release();
  }
  next(): Incoming | null {
    return this.#read.next();
  }

  setVersion(version: VersionName): void {
    this.#read.setVersion(version);
    this.#write.setVersion(version);
  }
  installReadKeys(suite: CipherSuite13, secret: Uint8Array): void {
    this.#read.installKeys(suite, secret);
  }
  installWriteKeys(suite: CipherSuite13, secret: Uint8Array): void {
    this.#write.installKeys(suite, secret);
  }
  installReadKeys12(suite: CipherSuite12, keys: RecordKeys12, encryptThenMac: boolean): void {
    this.#read.installKeys12(suite, keys, encryptThenMac);
  }
  installWriteKeys12(suite: CipherSuite12, keys: RecordKeys12, encryptThenMac: boolean): void {
    this.#write.installKeys12(suite, keys, encryptThenMac);
  }
  removeWriteKeys(): void {
    this.#write.removeKeys();
  }
  checkRecordBoundary(): void {
    this.#read.checkBoundary();
  }

  acceptChangeCipherSpec(accepted: boolean): void {
    this.#read.acceptChangeCipherSpec(accepted);
  }
  allowPlaintextAlerts(allowed: boolean): void {
    this.#read.allowPlaintextAlerts(allowed);
  }
  acceptApplicationData(accepted: boolean): void {
    this.#read.acceptApplicationData(accepted);
  }
  skipEarlyData(how: EarlyDataSkip | null): void {
    this.#read.skipEarlyData(how);
  }
  setOwnRecordLimit(bytes: number): void {
    this.#read.setLimit(bytes);
  }
  setPeerRecordLimit(bytes: number): void {
    this.#write.setLimit(bytes);
  }
  setFragmentLimit(bytes: number): void {
    this.#read.setFragmentLimit(bytes);
    this.#write.setFragmentLimit(bytes);
  }

  sendHandshake(raw: Uint8Array): void {
    this.#write.sendHandshake(raw);
  }
  sendAlert(level: number, description: number): void {
    this.#write.sendAlert(level, description);
  }
  sendChangeCipherSpec(): void {
    this.#write.sendChangeCipherSpec();
  }
  sendApplicationData(plaintext: Uint8Array): void {
    this.#write.sendApplicationData(plaintext);
  }
  lendOutput(memory: Uint8Array<ArrayBuffer>): void {
    this.#write.lend(memory);
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#write.take();
  }
  wipe(): void {
    this.#read.wipe();
    this.#write.wipe();
  }
}
