/**
 * What leaves a connection's key schedule: exported keying material, and the lines of a key log.
 *
 * @see RFC 9846 §7.5 (Exporters); RFC 9850 (SSLKEYLOGFILE)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { wipe } from '../crypto/secret.ts';
import type { HashName } from '../params/algorithms.ts';
import { deriveSecret, hkdfExpandLabel } from './hkdf.ts';

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
