/**
 * The reading half of the record layer: which record may come when, and what it holds.
 *
 * One record is taken at a time, and none ahead of what its keys are known for: only application data, which cannot change
 * keys, is opened in a run, so that consecutive records come out as one array.
 *
 * The rules of TLS 1.3 and of what precedes it are here; those in which TLS 1.2 differs begin with `setVersion`.
 *
 * @see RFC 9846 §5 (Record Protocol), §6 (Alert Protocol), §4.3.10 (Early Data Indication); RFC 8449 §4; RFC 5246 §6.2
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { fail } from '../errors/errors.ts';
import type { RecordKeys12 } from '../keys/schedule12.ts';
import type { CipherSuite12, CipherSuite13 } from '../params/algorithms.ts';
import { CONTENT_TYPE, VERSION, type VersionName } from '../params/registries.ts';
import {
  checkChangeCipherSpec,
  decodeAlert,
  MAX_CIPHERTEXT_LENGTH_12,
  MAX_CIPHERTEXT_LENGTH_13,
  MAX_PLAINTEXT_LENGTH,
} from '../wire/record.ts';
import { createDeframer } from './deframer.ts';
import { createJoiner, type Joiner } from './joiner.ts';
import type { RecordProtection } from './protection.ts';
import { createProtection12 } from './protection12.ts';
import { checkedLimit, createProtection13, MAX_INNER_LENGTH } from './protection13.ts';

/** Bounds on what a peer may make this side hold or do. */
export interface RecordLimits {
  /** Longest handshake message in bytes, its header not counted. */
  readonly handshakeMessage: number;
  /** Consecutive application data records without content. */
  readonly emptyRecords: number;
  /** change_cipher_spec records in one handshake. */
  readonly changeCipherSpecs: number;
}

export type Incoming =
  /** One whole message with its header, in an array of its own. */
  | { readonly kind: 'handshake'; readonly raw: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'alert'; readonly level: number; readonly description: number }
  /** TLS 1.2: the peer's next record is under the keys that were agreed. No part of a message is waiting. */
  | { readonly kind: 'change_cipher_spec' }
  /** The content of one or more consecutive records; the array is the receiver's. */
  | { readonly kind: 'application_data'; readonly data: Uint8Array<ArrayBuffer> };

/** How early data is skipped, §4.3.10, and how many bytes of it at most. */
export interface EarlyDataSkip {
  /** `trial`: records that do not open. `type`: records of type application_data, after HelloRetryRequest. */
  readonly by: 'trial' | 'type';
  readonly limit: number;
}

const { alert, application_data, change_cipher_spec, handshake } = CONTENT_TYPE;

/** Bytes that a run of application data reserves when nothing is known of its length. */
const RUN_START = 2 ** 12;
/** Bytes of a fragment from which on it is opened into an array of its own, where that saves a copy. */
const ALONE = 2 ** 13;

export class ReadHalf {
  readonly #options: { readonly crypto: CryptoProvider };
  readonly #limits: RecordLimits;
  readonly #deframer = createDeframer();
  readonly #joiner: Joiner;
  #protection: RecordProtection | null = null;
  #is12 = false;
  #wiped = false;
  #epoch = 0;
  #records = 0;
  #emptyRecords = 0;
  #changeCipherSpecs = 0;
  #changeCipherSpecAccepted = false;
  #plaintextAlertsAllowed = false;
  #applicationDataAccepted = false;
  /** TLS 1.3: content, content type and padding. TLS 1.2: content. */
  #innerLimit = MAX_INNER_LENGTH;
  #plaintextLimit = MAX_PLAINTEXT_LENGTH;
  /** Bytes of the last run: what the next one reserves, so that a peer cannot make us reserve more than it sends. */
  #lastRun = 0;
  #skip: { readonly by: 'trial' | 'type'; left: number } | null = null;
  /** A record that ended a run of application data, opened but not yet looked at. */
  #opened: { readonly type: number; readonly content: Uint8Array; readonly innerLength: number } | null = null;

  /** `crypto` is looked up when keys are installed. */
  constructor(options: { readonly crypto: CryptoProvider }, limits: RecordLimits) {
    this.#options = options;
    this.#limits = limits;
    this.#joiner = createJoiner(limits.handshakeMessage);
  }

  get buffered(): number {
    return this.#deframer.buffered;
  }
  get sequence(): number {
    return this.#protection?.sequence ?? 0;
  }
  get epoch(): number {
    return this.#epoch;
  }
  get records(): number {
    return this.#records;
  }

  feed(bytes: Uint8Array): void {
    if (!this.#wiped) this.#deframer.append(bytes);
  }

  borrow(bytes: Uint8Array): void {
    if (!this.#wiped) this.#deframer.borrow(bytes);
  }

  release(): void {
    this.#deframer.release();
  }

  /** The next thing that arrived, or null when more input is needed. Throws TlsError, after which it is not called again. */
  next(): Incoming | null {
    // Without keys, what follows would be taken for plaintext.
    if (this.#wiped) return null;
    for (;;) {
      const raw = this.#joiner.next();
      if (raw !== null) return { kind: 'handshake', raw };

      const opened = this.#opened;
      this.#opened = null;
      if (opened !== null) {
        const incoming = this.#takeContent(opened.type, opened.content, opened.innerLength);
        if (incoming !== null) return incoming;
        continue;
      }

      if (this.#records === 0) this.#checkFirstBytes();
      if (!this.#deframer.readHeader()) return null;
      this.#checkHeader();
      const fragment = this.#deframer.fragment();
      if (fragment === null) return null;
      const incoming = this.#takeRecord(fragment);
      if (incoming !== null) return incoming;
    }
  }

  setVersion(version: VersionName): void {
    this.#is12 = version === 'TLS 1.2';
    // RFC 5246 §7.1: what was dropped as TLS 1.3 wants it would have been out of place in TLS 1.2.
    if (this.#is12 && this.#changeCipherSpecs > 0) fail('ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'before the ServerHello');
    // RFC 5246 §6.2.1: there is no content type beside the content.
    if (this.#is12) this.#innerLimit = Math.min(this.#innerLimit, MAX_PLAINTEXT_LENGTH);
  }

  installKeys(suite: CipherSuite13, secret: Uint8Array): void {
    this.#replace(() => createProtection13(this.#options.crypto, suite, secret));
  }

  installKeys12(suite: CipherSuite12, keys: RecordKeys12, encryptThenMac: boolean): void {
    this.#replace(() => createProtection12(this.#options.crypto, suite, keys, { encryptThenMac }));
  }

  #replace(create: () => RecordProtection): void {
    this.checkBoundary();
    this.#protection?.wipe();
    this.#protection = create();
    this.#epoch++;
  }

  /** §5.1: a message that precedes a key change, or could, ends with its record. */
  checkBoundary(): void {
    if (!this.#joiner.isEmpty() || this.#opened !== null) fail('ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE');
  }

  acceptChangeCipherSpec(accepted: boolean): void {
    this.#changeCipherSpecAccepted = accepted;
  }

  allowPlaintextAlerts(allowed: boolean): void {
    this.#plaintextAlertsAllowed = allowed;
  }

  acceptApplicationData(accepted: boolean): void {
    this.#applicationDataAccepted = accepted;
  }

  skipEarlyData(how: EarlyDataSkip | null): void {
    this.#skip = how === null ? null : { by: how.by, left: how.limit };
  }

  setLimit(bytes: number): void {
    const limit = checkedLimit(bytes);
    this.#innerLimit = this.#is12 ? Math.min(limit, MAX_PLAINTEXT_LENGTH) : limit;
  }

  setFragmentLimit(bytes: number): void {
    this.setLimit(bytes);
    this.#plaintextLimit = Math.min(bytes, MAX_PLAINTEXT_LENGTH);
  }

  wipe(): void {
    this.#wiped = true;
    this.#protection?.wipe();
    this.#protection = null;
    this.#joiner.wipe();
    this.#opened?.content.fill(0);
    this.#opened = null;
  }

  /** Deviation: §5.1 has the version ignored, but a peer that does not speak TLS is told so at its first bytes. */
  #checkFirstBytes(): void {
    const type = this.#deframer.at(0);
    if (type !== -1 && !isContentType(type)) fail('ERR_TLS_NOT_TLS', `the first byte is 0x${type.toString(16)}`);
    const major = this.#deframer.at(1);
    if (major !== -1 && major !== 3) fail('ERR_TLS_RECORD_VERSION', `the major version is ${major}`);
  }

  /** What a header says is judged before its fragment is waited for. */
  #checkHeader(): void {
    const { type, length } = this.#deframer;
    // RFC 5246 §6.2.1: the version that was negotiated; TLS 1.3 has it ignored (§5.1).
    if (!this.#isRightVersion()) {
      fail('ERR_TLS_RECORD_VERSION', `0x${this.#deframer.version.toString(16)} in TLS 1.2`);
    }
    // §5: a type that is not defined, or not expected in this state.
    if (!this.#isExpected(type)) {
      if (type === change_cipher_spec) fail('ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'not expected here');
      fail('ERR_TLS_RECORD_TYPE', `type ${type}, ${this.#protection === null ? 'without' : 'with'} keys`);
    }
    // §5.1, §5.2, RFC 5246 §6.2: the ceilings of TLSPlaintext.length and TLSCiphertext.length.
    const ciphertext = this.#is12 ? MAX_CIPHERTEXT_LENGTH_12 : MAX_CIPHERTEXT_LENGTH_13;
    const ceiling = this.#isProtected(type) ? ciphertext : this.#plaintextLimit;
    if (length > ceiling) fail('ERR_TLS_RECORD_OVERFLOW', `${length} bytes where ${ceiling} are allowed`);
    if (!this.#isProtected(type)) this.#checkInterleaving(type);
  }

  #isRightVersion(): boolean {
    return !this.#is12 || this.#deframer.version === VERSION.TLS12;
  }

  /**
   * §5.1: no other record comes between the fragments of a handshake message. RFC 5246 §6.2.1 lets alerts and application data
   * in; change_cipher_spec is where keys change, and no message may straddle that.
   */
  #checkInterleaving(type: number): void {
    if (type === handshake || this.#joiner.isEmpty()) return;
    if (!this.#is12 || type === change_cipher_spec) fail('ERR_TLS_INTERLEAVED_HANDSHAKE');
  }

  /**
   * §5.2: the outer type of a protected record is always application_data, and application data is always protected.
   * RFC 5246 §6.2.3: once there are keys, every record is protected and keeps its type.
   */
  #isProtected(type: number): boolean {
    return type === application_data || (this.#is12 && this.#protection !== null);
  }

  #isExpected(type: number): boolean {
    switch (type) {
      case change_cipher_spec:
        // RFC 5246 §7.1: when it is welcome in TLS 1.2, the handshake knows.
        return this.#is12 || this.#changeCipherSpecAccepted;
      case alert:
        return this.#is12 || this.#protection === null || this.#plaintextAlertsAllowed;
      case handshake:
        return this.#is12 || this.#protection === null;
      case application_data:
        // §4.3.10: after HelloRetryRequest, early data is still on its way.
        return this.#protection !== null || this.#skip?.by === 'type';
      default:
        return false;
    }
  }

  #takeRecord(fragment: Uint8Array): Incoming | null {
    const { type } = this.#deframer;
    if (this.#isProtected(type)) {
      if (this.#protection === null) return this.#skipRecord(fragment.length);
      return this.#openRecords(this.#protection, fragment);
    }

    // A view of the input: what is kept of it is copied before it is consumed.
    this.#records++;
    const incoming = this.#takePlaintext(type, fragment);
    this.#deframer.consume();
    return incoming;
  }

  #takePlaintext(type: number, fragment: Uint8Array): Incoming | null {
    if (type === change_cipher_spec && !this.#is12) {
      this.#changeCipherSpecs++;
      if (this.#changeCipherSpecs > this.#limits.changeCipherSpecs) fail('ERR_TLS_TOO_MANY_CHANGE_CIPHER_SPECS');
      // §5: dropped without further processing, if it is exactly 0x01.
      checkChangeCipherSpec(fragment);
      return null;
    }
    // §4.3.10: what is skipped by its type ends at the second ClientHello.
    if (type === handshake && this.#skip?.by === 'type') this.#skip = null;
    // Unprotected records are not subject to the limit of RFC 8449.
    return this.#takeContent(type, fragment, 0);
  }

  /** Opens one record and, if it is application data, those that follow it. */
  #openRecords(protection: RecordProtection, fragment: Uint8Array): Incoming | null {
    if (this.#standsAlone(protection)) return this.#openAlone(protection, fragment);
    const { leastExpansion } = protection;
    const most = Math.max(0, fragment.length - leastExpansion);
    let out = new Uint8Array(this.#runLength(most, Math.max(RUN_START, this.#lastRun)));
    const length = protection.open(this.#deframer.version, fragment, out, 0, this.#deframer.type);
    if (length === -1) return this.#refuseRecord(fragment);
    this.#consumeOpened();

    const { innerType } = protection;
    // What there is beside the content in TLS 1.2 is not part of the plaintext that limits count.
    const innerLength = this.#is12 ? length : most;
    const content = out.subarray(0, length);
    if (innerType !== application_data || length === 0) return this.#takeContent(innerType, content, innerLength);
    this.#checkContent(innerType, length, innerLength);

    let end = length;
    while (this.#runContinues(protection)) {
      const more = this.#deframer.fragment();
      if (more === null) break;
      const nextLength = more.length - leastExpansion;
      if (end + nextLength > out.length) {
        const grown = new Uint8Array(end + this.#runLength(nextLength, end));
        grown.set(out.subarray(0, end));
        out = grown;
      }
      const added = protection.open(this.#deframer.version, more, out, end, application_data);
      // The same record fails again in the next call, when the data before it has been delivered.
      if (added === -1) break;
      this.#consumeOpened();
      if (protection.innerType !== application_data || added === 0 || (this.#is12 && added > this.#innerLimit)) {
        const rest = out.subarray(end, end + nextLength);
        const innerLength = this.#is12 ? added : nextLength;
        this.#opened = { type: protection.innerType, content: rest.slice(0, added), innerLength };
        rest.fill(0);
        break;
      }
      end += added;
    }
    this.#lastRun = end;
    // A run that padding has left mostly empty does not keep its memory.
    const data = end * 2 < out.length ? out.slice(0, end) : out.subarray(0, end);
    return { kind: 'application_data', data };
  }

  /** A long record for which the AEAD makes an array in any case: handing that on costs less than copying it into a run. */
  #standsAlone({ openNew }: RecordProtection): boolean {
    return openNew !== null && this.#deframer.length >= ALONE;
  }

  #openAlone(protection: RecordProtection, fragment: Uint8Array): Incoming | null {
    const { type, version } = this.#deframer;
    const content = protection.openNew?.(version, fragment, type) ?? null;
    if (content === null) return this.#refuseRecord(fragment);
    this.#consumeOpened();

    const { innerType, leastExpansion } = protection;
    const innerLength = this.#is12 ? content.length : fragment.length - leastExpansion;
    if (innerType !== application_data || content.length === 0) {
      return this.#takeContent(innerType, content, innerLength);
    }
    this.#checkContent(innerType, content.length, innerLength);
    // What padding has left mostly empty does not keep its memory.
    const data = content.length * 2 < innerLength ? content.slice() : content;
    return { kind: 'application_data', data };
  }

  #refuseRecord(fragment: Uint8Array): null {
    // §4.3.10: what does not open may be early data under keys that this server does not have.
    if (this.#skip?.by === 'trial') return this.#skipRecord(fragment.length);
    // §5.2: every failure of deprotection is answered alike.
    fail('ERR_TLS_BAD_RECORD');
  }

  /** Bytes for the opened records ahead, of which the first needs `atLeast`. */
  #runLength(atLeast: number, enough: number): number {
    if (!this.#applicationDataAccepted || !this.#joiner.isEmpty()) return atLeast;
    return Math.max(atLeast, this.#deframer.lengthAhead(application_data, enough));
  }

  /** A whole record follows that is neither of another type nor too long; anything else is for the next call to judge. */
  #runContinues(protection: RecordProtection): boolean {
    if (!this.#deframer.readHeader() || this.#deframer.type !== application_data || !this.#isRightVersion())
      return false;
    if (this.#standsAlone(protection)) return false;
    const most = this.#deframer.length - protection.leastExpansion;
    // In TLS 1.2 the content may be shorter than that, by the padding of CBC.
    return most > 0 && (this.#is12 ? this.#deframer.length <= MAX_CIPHERTEXT_LENGTH_12 : most <= this.#innerLimit);
  }

  #consumeOpened(): void {
    this.#deframer.consume();
    this.#records++;
    // §4.3.10: the first record that opens begins the client's second flight.
    this.#skip = null;
    // Once the peer has protected a record, it protects its alerts too.
    this.#plaintextAlertsAllowed = false;
  }

  /** The content of one record, in plaintext or opened. Null: it is gathered, or there is none. */
  #takeContent(type: number, content: Uint8Array, innerLength: number): Incoming | null {
    this.#checkContent(type, content.length, innerLength);
    if (type === change_cipher_spec) {
      checkChangeCipherSpec(content);
      return { kind: 'change_cipher_spec' };
    }
    if (type === handshake) {
      this.#joiner.push(content);
      return null;
    }
    if (type === alert) return { kind: 'alert', ...decodeAlert(content) };
    return content.length === 0 ? null : { kind: 'application_data', data: content.slice() };
  }

  #checkContent(type: number, length: number, innerLength: number): void {
    // §5.4, RFC 8449 §4: the limit covers content, content type and padding.
    if (innerLength > this.#innerLimit) {
      fail('ERR_TLS_RECORD_OVERFLOW', `${innerLength} bytes of plaintext where ${this.#innerLimit} are allowed`);
    }
    // §5.4: a plaintext without a content type.
    if (type === 0) fail('ERR_TLS_NO_INNER_TYPE');
    // §5: change_cipher_spec is never protected in TLS 1.3.
    if (type === change_cipher_spec && !this.#is12) fail('ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'protected');
    // §5: a type that is not defined.
    if (!isContentType(type)) fail('ERR_TLS_RECORD_TYPE', `inner type ${type}`);
    this.#checkInterleaving(type);
    // §4.5.3: application data before the handshake allows it.
    if (type === application_data && !this.#applicationDataAccepted) {
      fail('ERR_TLS_RECORD_TYPE', 'application data is not accepted yet');
    }
    if (length > 0) {
      this.#emptyRecords = 0;
      return;
    }
    // §5.1, §5.4, RFC 5246 §6.2.1: only application data may have no content.
    if (type !== application_data) fail('ERR_TLS_EMPTY_RECORD');
    this.#emptyRecords++;
    if (this.#emptyRecords > this.#limits.emptyRecords) fail('ERR_TLS_TOO_MANY_EMPTY_RECORDS');
  }

  /** Discards a record of early data; the sequence number stays. */
  #skipRecord(length: number): null {
    const skip = this.#skip;
    if (skip === null) fail('ERR_TLS_INTERNAL');
    // §4.7.1: padding cannot be told from data here; inner type and tag are not counted.
    skip.left -= Math.max(1, length - 17);
    // §5.2: beyond the limit, a record that does not open is a bad record. §4.7.1: too much early data.
    if (skip.left < 0) fail(skip.by === 'trial' ? 'ERR_TLS_BAD_RECORD' : 'ERR_TLS_TOO_MUCH_EARLY_DATA');
    this.#deframer.consume();
    this.#records++;
    return null;
  }
}

function isContentType(type: number): boolean {
  return type >= change_cipher_spec && type <= application_data;
}
