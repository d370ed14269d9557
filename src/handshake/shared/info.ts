/**
 * What was negotiated, for the owner of a connection.
 *
 * @see RFC 9846 §4.2.1 (Cryptographic Negotiation)
 * @module
 */
import type { Verdict } from '../../certs/verifier.ts';
import type { CipherSuiteName, GroupName, SignatureSchemeName } from '../../params/algorithms.ts';
import type { VersionName } from '../../params/registries.ts';

export interface ConnectionInfo {
  readonly role: 'client' | 'server';
  readonly version: VersionName;
  readonly cipherSuite: CipherSuiteName;
  /** Null when the keys come from a PSK alone (psk_ke). */
  readonly group: GroupName | null;
  /** The scheme of the peer's CertificateVerify; null when the peer showed no certificate. */
  readonly signatureScheme: SignatureSchemeName | null;
  /** The scheme of this side's CertificateVerify; null when it showed no certificate. */
  readonly ownSignatureScheme: SignatureSchemeName | null;
  /** The application protocol (RFC 7301), or null. */
  readonly alpn: string | null;
  /** server_name as the client sent it (RFC 6066 §3), or null. */
  readonly serverName: string | null;
  /** DER, leaf first; empty when the peer showed no certificate. */
  readonly peerCertificates: readonly Uint8Array[];
  /** DER, leaf first; empty when this side showed no certificate. */
  readonly ownCertificates: readonly Uint8Array[];
  /** How the peer's certificates were judged; null when it showed none. */
  readonly verdict: Verdict | null;
  readonly clientCertificateRequested: boolean;
  /** What stood in for a certificate, if anything did. */
  readonly psk: 'session' | 'external' | null;
  readonly resumed: boolean;
  readonly earlyDataAccepted: boolean;
  readonly helloRetryRequest: boolean;
  /** RFC 7627: true for TLS 1.3, whose secrets always cover the handshake. Without it TLS 1.2 exports nothing. */
  readonly extendedMainSecret: boolean;
  readonly clientRandom: Uint8Array;
}
