/**
 * What leaves a connection's key schedule: exported keying material, and the lines of a key log.
 *
 * @see RFC 9846 §7.5 (Exporters); RFC 9850 (SSLKEYLOGFILE)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { wipe } from '../crypto/secret.ts';
import { TlsUsageError } from '../errors/errors.ts';
import type { HashName } from '../params/algorithms.ts';
import { deriveSecret, hkdfExpandLabel } from './hkdf.ts';
import { exportKeyingMaterial12 } from './schedule12.ts';

/** The labels of RFC 9850 §2.1 and §2.2. */
export type KeyLogLabel =
  | 'CLIENT_RANDOM'
  | 'CLIENT_EARLY_TRAFFIC_SECRET'
  | 'EARLY_EXPORTER_SECRET'
  | 'CLIENT_HANDSHAKE_TRAFFIC_SECRET'
  | 'SERVER_HANDSHAKE_TRAFFIC_SECRET'
  | 'CLIENT_TRAFFIC_SECRET_0'
  | 'SERVER_TRAFFIC_SECRET_0'
  | 'EXPORTER_SECRET';

/** What a connection exports from: exporter_secret of TLS 1.3, or the master secret of TLS 1.2 with what goes with it. */
export type Exporter = Exporter13 | Exporter12;

export interface Exporter13 {
  readonly version: 'TLS 1.3';
  readonly hash: HashName;
  readonly secret: Uint8Array;
}

export interface Exporter12 {
  readonly version: 'TLS 1.2';
  readonly hash: HashName;
  /** The master secret. */
  readonly secret: Uint8Array;
  readonly clientRandom: Uint8Array;
  readonly serverRandom: Uint8Array;
  /** RFC 7627 §5.4: without it, nothing may be exported. */
  readonly extendedMasterSecret: boolean;
  /** RFC 5929 §3.1: verify_data of the Finished that came first, 12 bytes. */
  readonly firstFinished: Uint8Array;
}

/** Keying material of `length` bytes (§7.5, RFC 5705 §4). Throws TlsUsageError for TLS 1.2 without extended_main_secret. */
export function exportKeyingMaterial(
  crypto: CryptoProvider,
  exporter: Exporter,
  label: string,
  context: Uint8Array | null,
  length: number,
): Uint8Array {
  const { hash, secret } = exporter;
  if (exporter.version === 'TLS 1.3') return exportKeyingMaterial13(crypto, hash, secret, label, context, length);
  // RFC 7627 §5.4: another connection could have the same master secret.
  if (!exporter.extendedMasterSecret) throw new TlsUsageError('nothing is exported without extended_main_secret');
  const { clientRandom, serverRandom } = exporter;
  return exportKeyingMaterial12(crypto, hash, secret, clientRandom, serverRandom, label, context, length);
}

/**
 * TLS-Exporter, §7.5: `length` bytes, at most 255 * Hash.length. `secret` is exporter_secret, or early_exporter_secret for
 * 0-RTT. No context and an empty one are the same in TLS 1.3. Throws TlsUsageError for a label that is not ASCII of 1 to 249
 * characters, or a length out of range.
 */
export function exportKeyingMaterial13(
  crypto: CryptoProvider,
  hash: HashName,
  exporterSecret: Uint8Array,
  label: string,
  context: Uint8Array | null,
  length: number,
): Uint8Array {
  const labelSecret = deriveSecret(crypto, hash, exporterSecret, label, crypto.hash(hash).digest());
  const contextHash = crypto.hash(hash);
  if (context !== null) contextHash.update(context);
  const material = hkdfExpandLabel(crypto, hash, labelSecret, 'exporter', contextHash.digest(), length);
  wipe(labelSecret);
  return material;
}

/** One line of a key log, without its line end (RFC 9850 §2): label, client random and secret, both as hexadecimal. */
export function keyLogLine(label: KeyLogLabel, clientRandom: Uint8Array, secret: Uint8Array): string {
  return `${label} ${toHex(clientRandom)} ${toHex(secret)}`;
}

function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
