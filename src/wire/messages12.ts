/**
 * The handshake messages that TLS 1.2 has alone, or in a form of its own, as values. The codecs are beside this file.
 *
 * Names that TLS 1.3 uses for another form carry a 12. Hellos, CertificateVerify and Finished are the same in both versions
 * and stand in messages.ts.
 *
 * @see RFC 5246 §7.4 (Handshake Protocol), RFC 5077 §3.3, RFC 6066 §8, RFC 8422 §5
 * @module
 */
import type { CertificateVerify, ClientHello, Finished, ServerHello } from './messages.ts';

/** RFC 5246 §7.4.1.1. Never part of the transcript. */
export interface HelloRequest {
  readonly type: 'hello_request';
}

/** RFC 5246 §7.4.2 and §7.4.6: DER, leaf first. Empty: a client that has none. */
export interface Certificate12 {
  readonly type: 'certificate12';
  readonly certificates: readonly Uint8Array[];
}

/** RFC 6066 §8, whose one status type is ocsp: the DER of the OCSP response, never empty. */
export interface CertificateStatus {
  readonly type: 'certificate_status';
  readonly response: Uint8Array;
}

/** RFC 5246 §7.4.3. The form of the body follows from the cipher suite: `decodeEcdheParams`. */
export interface ServerKeyExchange {
  readonly type: 'server_key_exchange';
  readonly body: Uint8Array;
}

/** RFC 5246 §7.4.4. */
export interface CertificateRequest12 {
  readonly type: 'certificate_request12';
  /** ClientCertificateType, one or more. */
  readonly certificateTypes: readonly number[];
  /** SignatureScheme, one or more. */
  readonly signatureAlgorithms: readonly number[];
  /** DER of each DistinguishedName. */
  readonly authorities: readonly Uint8Array[];
}

/** RFC 5246 §7.4.5. */
export interface ServerHelloDone {
  readonly type: 'server_hello_done';
}

/** RFC 5246 §7.4.7. The form of the body follows from the cipher suite: `decodeEcdhePublic`, `decodeEncryptedPreMasterSecret`. */
export interface ClientKeyExchange {
  readonly type: 'client_key_exchange';
  readonly body: Uint8Array;
}

/** RFC 5077 §3.3. */
export interface NewSessionTicket12 {
  readonly type: 'new_session_ticket12';
  /** Seconds; 0: unspecified. */
  readonly lifetimeHint: number;
  /** Empty: the server has changed its mind. */
  readonly ticket: Uint8Array;
}

export type HandshakeMessage12 =
  | HelloRequest
  | ClientHello
  | ServerHello
  | Certificate12
  | CertificateStatus
  | ServerKeyExchange
  | CertificateRequest12
  | ServerHelloDone
  | ClientKeyExchange
  | CertificateVerify
  | Finished
  | NewSessionTicket12;

/** What each extension says in a ServerHello of TLS 1.2. A property is undefined when the extension is absent. */
export interface ServerHello12Extensions {
  readonly serverName: boolean;
  readonly maxFragmentLength: number | undefined;
  /** RFC 6066 §8: a CertificateStatus may follow. */
  readonly statusRequest: boolean;
  readonly ecPointFormats: readonly number[] | undefined;
  /** RFC 7301: exactly one name. */
  readonly alpn: string | undefined;
  /** RFC 6962 §3.3: each serialized SCT. */
  readonly signedCertificateTimestamps: readonly Uint8Array[] | undefined;
  readonly encryptThenMac: boolean;
  readonly extendedMainSecret: boolean;
  /** RFC 5077 §3.2: a NewSessionTicket follows. */
  readonly sessionTicket: boolean;
  readonly recordSizeLimit: number | undefined;
  /** RFC 5746 §3.2: renegotiated_connection; undefined: a server that does not know the extension. */
  readonly renegotiationInfo: Uint8Array | undefined;
}
