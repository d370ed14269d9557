/**
 * The key schedule of TLS 1.2: from the preliminary secret to the main secret, record keys, Finished values and exports.
 *
 * Pure functions. The main secret is "master" in names and labels here, as RFC 5246 has it. Callers wipe a secret once all
 * that is derived from it has been derived; intermediate values are wiped here.
 *
 * @see RFC 5246 §5 (PRF), §6.3 (Key Calculation), §7.4.9 (Finished), §8.1; RFC 7627 §4; RFC 5705 §4; RFC 9846 Appendix D
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { wipe } from '../crypto/secret.ts';
import { TlsUsageError } from '../errors/errors.ts';
import {
  AEAD_PARAMETERS,
  CBC_KEY_LENGTH,
  type CipherSuite12,
  HASH_LENGTH,
  type HashName,
} from '../params/algorithms.ts';
import { concatenate } from '../wire/concatenate.ts';

/** What one direction of a connection is protected with. Unused values are empty. */
export interface RecordKeys12 {
  /** CBC suites alone. */
  readonly macKey: Uint8Array;
  readonly key: Uint8Array;
  /** The implicit part of the nonce: 4 bytes for GCM and CCM, 12 for ChaCha20-Poly1305, none for CBC. */
  readonly iv: Uint8Array;
}

/** RFC 5246 §7.4.9: verify_data of all our suites, in bytes. */
export const VERIFY_DATA_LENGTH_12 = 12;

/** RFC 5246 §8.1: in bytes. */
const MASTER_SECRET_LENGTH = 48;

/** RFC 5246 §7.4.9, §8.1, §6.3, RFC 7627 §4: no exporter may use these (RFC 5705 §4). */
const LABEL = {
  master: 'master secret',
  extendedMaster: 'extended master secret',
  keyExpansion: 'key expansion',
  client: 'client finished',
  server: 'server finished',
} as const;

/** PRF(secret, label, seed), §5: `length` bytes. `label` is ASCII, otherwise TlsUsageError. */
export function prf12(
  crypto: CryptoProvider,
  hash: HashName,
  secret: Uint8Array,
  label: string,
  seed: Uint8Array,
  length: number,
): Uint8Array {
  const labelled = concatenate([encodeAscii(label), seed]);
  const output = new Uint8Array(length);
  // §5: A(1) = HMAC(secret, A(0)), where A(0) is label + seed.
  let a = crypto.hmac(hash, secret, labelled);
  for (let offset = 0; ; ) {
    const block = crypto.hmac(hash, secret, a, labelled);
    output.set(block.subarray(0, Math.min(block.length, length - offset)), offset);
    offset += block.length;
    wipe(block);
    if (offset >= length) break;
    const next = crypto.hmac(hash, secret, a);
    wipe(a);
    a = next;
  }
  wipe(a);
  return output;
}

/** The main secret of 48 bytes, RFC 5246 §8.1. */
export function deriveMasterSecret(
  crypto: CryptoProvider,
  hash: HashName,
  premaster: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): Uint8Array {
  const seed = concatenate([clientRandom, serverRandom]);
  return prf12(crypto, hash, premaster, LABEL.master, seed, MASTER_SECRET_LENGTH);
}

/** The main secret of 48 bytes, RFC 7627 §4; the hash covers ClientHello to ClientKeyExchange (§3). */
export function deriveExtendedMasterSecret(
  crypto: CryptoProvider,
  hash: HashName,
  premaster: Uint8Array,
  sessionHash: Uint8Array,
): Uint8Array {
  return prf12(crypto, hash, premaster, LABEL.extendedMaster, sessionHash, MASTER_SECRET_LENGTH);
}

/** The keys of both directions, RFC 5246 §6.3. */
export function deriveKeyBlock(
  crypto: CryptoProvider,
  suite: CipherSuite12,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): { readonly client: RecordKeys12; readonly server: RecordKeys12 } {
  const [macLength, keyLength, ivLength] = keyLengths(suite);
  // §6.3: the randoms in the other order than for the main secret.
  const seed = concatenate([serverRandom, clientRandom]);
  const block = prf12(crypto, suite.hash, master, LABEL.keyExpansion, seed, 2 * (macLength + keyLength + ivLength));
  let offset = 0;
  const pair = (length: number): readonly [Uint8Array, Uint8Array] => {
    const start = offset;
    offset += 2 * length;
    return [block.slice(start, start + length), block.slice(start + length, offset)];
  };
  const macKeys = pair(macLength);
  const keys = pair(keyLength);
  const ivs = pair(ivLength);
  wipe(block);
  return {
    client: { macKey: macKeys[0], key: keys[0], iv: ivs[0] },
    server: { macKey: macKeys[1], key: keys[1], iv: ivs[1] },
  };
}

/** verify_data of Finished, RFC 5246 §7.4.9: 12 bytes. `sender`: whose Finished it is. */
export function computeVerifyData12(
  crypto: CryptoProvider,
  hash: HashName,
  master: Uint8Array,
  sender: 'client' | 'server',
  transcriptHash: Uint8Array,
): Uint8Array {
  return prf12(crypto, hash, master, LABEL[sender], transcriptHash, VERIFY_DATA_LENGTH_12);
}

/**
 * An export of `length` bytes, RFC 5705 §4. No context (null) and an empty one give different bytes, unlike in TLS 1.3.
 *
 * Throws TlsUsageError for a label that is empty, not ASCII or one of the handshake's own, for a context over 65,535 bytes and
 * for a length that is none. Without extended_main_secret exports are not bound to the connection (RFC 7627 §5.4): that they
 * are refused then is the caller's matter.
 */
export function exportKeyingMaterial12(
  crypto: CryptoProvider,
  hash: HashName,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
  label: string,
  context: Uint8Array | null,
  length: number,
): Uint8Array {
  // RFC 5705 §4: labels that the handshake uses would give out its secrets.
  if (label === '' || Object.values<string>(LABEL).includes(label)) {
    throw new TlsUsageError(`an exporter may not have the label "${label}"`);
  }
  if (!Number.isSafeInteger(length) || length < 0 || length > MAX_EXPORT_LENGTH) {
    throw new TlsUsageError(`an exporter gives 0 to ${MAX_EXPORT_LENGTH} bytes, not ${length}`);
  }
  if (context === null) {
    return prf12(crypto, hash, master, label, concatenate([clientRandom, serverRandom]), length);
  }
  // RFC 5705 §4: context_value_length is a uint16.
  if (context.length > 0xffff) throw new TlsUsageError('the context of an exporter has at most 65,535 bytes');
  const contextLength = Uint8Array.of(context.length >> 8, context.length);
  return prf12(crypto, hash, master, label, concatenate([clientRandom, serverRandom, contextLength, context]), length);
}

/** Limit: the PRF knows none; TLS 1.3 gives at most 255 blocks, and nobody needs more than this. */
const MAX_EXPORT_LENGTH = 65_535;

/** Bytes of MAC key, key and fixed IV. */
function keyLengths({ protection }: CipherSuite12): readonly [mac: number, key: number, iv: number] {
  // RFC 5246 §6.2.3.2: CBC has its IVs in the records.
  if (protection.kind === 'cbc') return [HASH_LENGTH[protection.mac], CBC_KEY_LENGTH[protection.cipher], 0];
  const { keyLength } = AEAD_PARAMETERS[protection.aead];
  // RFC 7905 §2: the whole nonce is implicit; RFC 5288 §3, RFC 6655 §3: the salt of 4 bytes.
  return [0, keyLength, protection.aead === 'chacha20-poly1305' ? 12 : 4];
}
function encodeAscii(label: string): Uint8Array {
  const bytes = new Uint8Array(label.length);
  for (let i = 0; i < label.length; i++) {
    const code = label.charCodeAt(i);
    // §5: ASCII, without a length byte or trailing null.
    if (code === 0 || code > 0x7f) throw new TlsUsageError('a label is ASCII');
    bytes[i] = code;
  }
  return bytes;
}
