/**
 * Channel bindings: a name for this very connection, for protocols above to authenticate with.
 *
 * @see RFC 5929 §4 (tls-server-end-point), §3 (tls-unique), RFC 9266 (tls-exporter)
 * @module
 */
import { decodeCertificate } from '../certs/certificate.ts';
import type { CryptoProvider } from '../crypto/provider.ts';
import { TlsUsageError } from '../errors/errors.ts';
import type { ConnectionInfo } from '../handshake/shared/info.ts';
import type { Exporter } from '../keys/exporter.ts';
import type { HashName } from '../params/algorithms.ts';

export type ChannelBindingType = 'tls-exporter' | 'tls-server-end-point' | 'tls-unique';

/** RFC 9266 §2: the exporter's label and the length in bytes; the context is empty. */
export const TLS_EXPORTER = { label: 'EXPORTER-Channel-Binding', length: 32 } as const;

/**
 * RFC 5929 §4.1: the hash of the server's certificate, with the hash of its own signature.
 *
 * Throws TlsUsageError where this side does not have the certificate (a server that resumed a session), or where its signature
 * has no hash of its own (Ed25519, Ed448), for which nothing is defined.
 */
export function serverEndPoint(crypto: CryptoProvider, info: ConnectionInfo): Uint8Array {
  const [certificate] = info.role === 'client' ? info.peerCertificates : info.ownCertificates;
  if (certificate === undefined) throw new TlsUsageError('the certificate of the server is not at hand');
  const digest = crypto.hash(hashOf(certificate));
  digest.update(certificate);
  return digest.digest();
}

/**
 * RFC 5929 §3.1: verify_data of the Finished that came first. Throws TlsUsageError for TLS 1.3, which has no such binding, and
 * without extended_main_secret, where another connection could have the same value (RFC 7627 §5.4).
 */
export function firstFinishedOf(exporter: Exporter | null): Uint8Array {
  if (exporter === null) throw new TlsUsageError('there is nothing to bind to yet');
  if (exporter.version === 'TLS 1.3') throw new TlsUsageError('tls-unique is not defined for TLS 1.3');
  if (!exporter.extendedMasterSecret) throw new TlsUsageError('tls-unique needs extended_main_secret');
  return exporter.firstFinished.slice();
}

function hashOf(certificate: Uint8Array): HashName {
  const algorithm = decodeCertificate(certificate).signatureAlgorithm;
  if (algorithm === null || !('hash' in algorithm)) {
    throw new TlsUsageError('tls-server-end-point is not defined for the signature of this certificate');
  }
  // RFC 5929 §4.1: SHA-256 in the place of SHA-1.
  return algorithm.hash === 'sha1' ? 'sha256' : algorithm.hash;
}
