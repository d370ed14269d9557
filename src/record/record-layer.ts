/**
 * The record layer of one connection: bytes in, messages out; messages in, bytes out.
 *
 * The two halves share nothing. Neither decides anything about the handshake: keys, limits and what is acceptable when are
 * set from outside.
 *
 * @see RFC 9846 §5 (Record Protocol)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import type { CipherSuite13 } from '../params/algorithms.ts';
import { type EarlyDataSkip, type Incoming, ReadHalf, type RecordLimits } from './read-half.ts';
import { WriteHalf } from './write-half.ts';

export type { EarlyDataSkip, Incoming, RecordLimits } from './read-half.ts';

/** The options but `limits` are looked up when they are needed: a server learns some of them from the ClientHello. */
export interface RecordLayerOptions {
  readonly crypto: CryptoProvider;
  readonly role: 'client' | 'server';
  readonly limits: RecordLimits;
  /** Bytes of zero padding for a protected record with so many bytes of content; cut to what the record has room for. */
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

  /** §5.1: throws ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE when a part of a message is waiting. */
  installReadKeys(suite: CipherSuite13, secret: Uint8Array): void;
  /** Messages that wait go out under the old keys first. */
  installWriteKeys(suite: CipherSuite13, secret: Uint8Array): void;

  /** §4.2.2: a second ClientHello after early data goes in the clear again. */
  removeWriteKeys(): void;

  /** §5: whether an unprotected change_cipher_spec of exactly 0x01 is dropped or refused. At first refused. */
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

  /** RFC 8449: the longest inner plaintext (content, content type, padding) in bytes that is accepted from here on. */
  setOwnRecordLimit(bytes: number): void;
  /** RFC 8449: the longest that is written from here on. */
  setPeerRecordLimit(bytes: number): void;

  /** One message with its header. It waits, to share a record with others; the array must not change until then. */
  sendHandshake(raw: Uint8Array): void;
  sendAlert(level: number, description: number): void;
  /** The dummy of Appendix E.4, never protected. */
  sendChangeCipherSpec(): void;
  /** Nothing is written for empty plaintext. Throws TlsUsageError without keys, ERR_TLS_KEY_LIMIT past what a key may seal. */
  sendApplicationData(plaintext: Uint8Array): void;
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
  /** §5.5: the write key should be updated now. */
  readonly writeLimitNear: boolean;
  /** Bytes of application data that one `sendApplicationData` may write before `writeLimitNear` has to be looked at. */
  readonly writableBeforeKeyLimit: number;
  /** Overwrites the keys; nothing can be read or written under them any more. */
  wipe(): void;
}

export function createRecordLayer(options: RecordLayerOptions): RecordLayer {
  const read = new ReadHalf(options, options.limits);
  const write = new WriteHalf(options);
  return {
    feed: (bytes) => read.feed(bytes),
    borrow: (bytes) => read.borrow(bytes),
    release: () => read.release(),
    next: () => read.next(),
    get buffered() {
      return read.buffered;
    },
    installReadKeys: (suite, secret) => read.installKeys(suite, secret),
    installWriteKeys: (suite, secret) => write.installKeys(suite, secret),
    removeWriteKeys: () => write.removeKeys(),
    acceptChangeCipherSpec: (accepted) => read.acceptChangeCipherSpec(accepted),
    allowPlaintextAlerts: (allowed) => read.allowPlaintextAlerts(allowed),
    acceptApplicationData: (accepted) => read.acceptApplicationData(accepted),
    skipEarlyData: (how) => read.skipEarlyData(how),
    setOwnRecordLimit: (bytes) => read.setLimit(bytes),
    setPeerRecordLimit: (bytes) => write.setLimit(bytes),
    sendHandshake: (raw) => write.sendHandshake(raw),
    sendAlert: (level, description) => write.sendAlert(level, description),
    sendChangeCipherSpec: () => write.sendChangeCipherSpec(),
    sendApplicationData: (plaintext) => write.sendApplicationData(plaintext),
    take: () => write.take(),
    get readEpoch() {
      return read.epoch;
    },
    get writeEpoch() {
      return write.epoch;
    },
    get readSequence() {
      return read.sequence;
    },
    get writeSequence() {
      return write.sequence;
    },
    get recordsRead() {
      return read.records;
    },
    get writeLimitNear() {
      return write.limitNear;
    },
    get writableBeforeKeyLimit() {
      return write.writableBeforeKeyLimit;
    },
    wipe() {
      read.wipe();
      write.wipe();
    },
  };
}
