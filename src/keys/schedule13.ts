/**
 * The key schedule of TLS 1.3: from PSK and shared secret to traffic secrets, keys and Finished values.
 *
 * Pure functions that follow the RFC's figure 5 from top to bottom. Callers wipe a secret once all that is derived from it
 * has been derived; intermediate values are wiped here.
 *
 * @see RFC 9846 §7.1 (Key Schedule), §7.2 (Updating Traffic Secrets), §7.3 (Traffic Key Calculation)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { wipe } from '../crypto/secret.ts';
import { AEAD_PARAMETERS, type CipherSuite13, HASH_LENGTH, type HashName } from '../params/algorithms.ts';
import { deriveSecret, hkdfExpandLabel, hkdfExtract } from './hkdf.ts';

/** Where a PSK comes from: its binder key has a label of its own (§4.3.11.2; RFC 9258 §5.2 for imported ones). */
export type PskKind = 'external' | 'resumption' | 'imported';

/** A key for one direction. The iv has 12 bytes. */
export interface TrafficKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

const NO_CONTEXT = new Uint8Array(0);
/** iv_length of every AEAD of TLS 1.3, §5.3. */
const IV_LENGTH = 12;
const BINDER_LABEL: Readonly<Record<PskKind, string>> = {
  external: 'ext binder',
  resumption: 'res binder',
  imported: 'imp binder',
};

/** Early Secret. `psk` null: none is in use, and the 0-value stands for it. */
export function deriveEarlySecret(crypto: CryptoProvider, hash: HashName, psk: Uint8Array | null): Uint8Array {
  return hkdfExtract(crypto, hash, zeros(hash), psk ?? zeros(hash));
}

/** binder_key of a PSK; the base key of its binder (§4.3.11.2). */
export function deriveBinderKey(
  crypto: CryptoProvider,
  hash: HashName,
  earlySecret: Uint8Array,
  kind: PskKind,
): Uint8Array {
  return deriveSecret(crypto, hash, earlySecret, BINDER_LABEL[kind], emptyHash(crypto, hash));
}

/** client_early_traffic_secret and early_exporter_secret; the hash covers ClientHello. */
export function deriveEarlyTrafficSecrets(
  crypto: CryptoProvider,
  hash: HashName,
  earlySecret: Uint8Array,
  transcriptHash: Uint8Array,
): { readonly client: Uint8Array; readonly exporter: Uint8Array } {
  return {
    client: deriveSecret(crypto, hash, earlySecret, 'c e traffic', transcriptHash),
    exporter: deriveSecret(crypto, hash, earlySecret, 'e exp master', transcriptHash),
  };
}

/** Handshake Secret. `sharedSecret` null: PSK alone (psk_ke), and the 0-value stands for it. */
export function deriveHandshakeSecret(
  crypto: CryptoProvider,
  hash: HashName,
  earlySecret: Uint8Array,
  sharedSecret: Uint8Array | null,
): Uint8Array {
  return extractNext(crypto, hash, earlySecret, sharedSecret);
}

/** [sender]_handshake_traffic_secret; the hash covers ClientHello to ServerHello. */
export function deriveHandshakeTrafficSecrets(
  crypto: CryptoProvider,
  hash: HashName,
  handshakeSecret: Uint8Array,
  transcriptHash: Uint8Array,
): { readonly client: Uint8Array; readonly server: Uint8Array } {
  return {
    client: deriveSecret(crypto, hash, handshakeSecret, 'c hs traffic', transcriptHash),
    server: deriveSecret(crypto, hash, handshakeSecret, 's hs traffic', transcriptHash),
  };
}

/** Main Secret. */
export function deriveMainSecret(crypto: CryptoProvider, hash: HashName, handshakeSecret: Uint8Array): Uint8Array {
  return extractNext(crypto, hash, handshakeSecret, null);
}

/** [sender]_application_traffic_secret_0 and exporter_secret; the hash covers ClientHello to the server's Finished. */
export function deriveApplicationTrafficSecrets(
  crypto: CryptoProvider,
  hash: HashName,
  mainSecret: Uint8Array,
  transcriptHash: Uint8Array,
): { readonly client: Uint8Array; readonly server: Uint8Array; readonly exporter: Uint8Array } {
  return {
    client: deriveSecret(crypto, hash, mainSecret, 'c ap traffic', transcriptHash),
    server: deriveSecret(crypto, hash, mainSecret, 's ap traffic', transcriptHash),
    exporter: deriveSecret(crypto, hash, mainSecret, 'exp master', transcriptHash),
  };
}

/** resumption_secret; the hash covers ClientHello to the client's Finished. */
export function deriveResumptionSecret(
  crypto: CryptoProvider,
  hash: HashName,
  mainSecret: Uint8Array,
  transcriptHash: Uint8Array,
): Uint8Array {
  return deriveSecret(crypto, hash, mainSecret, 'res master', transcriptHash);
}

/** The PSK of a ticket, §4.7.1. */
export function deriveResumptionPsk(
  crypto: CryptoProvider,
  hash: HashName,
  resumptionSecret: Uint8Array,
  ticketNonce: Uint8Array,
): Uint8Array {
  return hkdfExpandLabel(crypto, hash, resumptionSecret, 'resumption', ticketNonce, HASH_LENGTH[hash]);
}

/** The key and iv that a traffic secret stands for, §7.3. */
export function deriveTrafficKeys(crypto: CryptoProvider, suite: CipherSuite13, secret: Uint8Array): TrafficKeys {
  const { keyLength } = AEAD_PARAMETERS[suite.aead];
  return {
    key: hkdfExpandLabel(crypto, suite.hash, secret, 'key', NO_CONTEXT, keyLength),
    iv: hkdfExpandLabel(crypto, suite.hash, secret, 'iv', NO_CONTEXT, IV_LENGTH),
  };
}

/** application_traffic_secret_N+1 from application_traffic_secret_N, §7.2. */
export function deriveNextTrafficSecret(crypto: CryptoProvider, hash: HashName, secret: Uint8Array): Uint8Array {
  return hkdfExpandLabel(crypto, hash, secret, 'traffic upd', NO_CONTEXT, HASH_LENGTH[hash]);
}

/** finished_key, §4.5.3. */
export function deriveFinishedKey(crypto: CryptoProvider, hash: HashName, baseSecret: Uint8Array): Uint8Array {
  return hkdfExpandLabel(crypto, hash, baseSecret, 'finished', NO_CONTEXT, HASH_LENGTH[hash]);
}

/** verify_data of Finished (§4.5.3), and of a PSK binder with its binder key as base (§4.3.11.2). */
export function computeVerifyData(
  crypto: CryptoProvider,
  hash: HashName,
  baseSecret: Uint8Array,
  transcriptHash: Uint8Array,
): Uint8Array {
  const finishedKey = deriveFinishedKey(crypto, hash, baseSecret);
  const verifyData = crypto.hmac(hash, finishedKey, transcriptHash);
  wipe(finishedKey);
  return verifyData;
}

/** One step down the left side of the figure: Derive-Secret "derived" is the salt, the new input the IKM. */
function extractNext(crypto: CryptoProvider, hash: HashName, secret: Uint8Array, input: Uint8Array | null): Uint8Array {
  const salt = deriveSecret(crypto, hash, secret, 'derived', emptyHash(crypto, hash));
  const next = hkdfExtract(crypto, hash, salt, input ?? zeros(hash));
  wipe(salt);
  return next;
}

/** §7.1: "0" is a string of Hash.length zero bytes. */
function zeros(hash: HashName): Uint8Array {
  return new Uint8Array(HASH_LENGTH[hash]);
}

/** Transcript-Hash(""). */
function emptyHash(crypto: CryptoProvider, hash: HashName): Uint8Array {
  return crypto.hash(hash).digest();
}
