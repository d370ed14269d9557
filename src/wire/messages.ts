/**
 * The decoded handshake messages and extension bodies, as values. The codecs are beside this file.
 *
 * Extensions stay in a message as the list it carries (type and body, in order), so that a message encodes to the bytes it
 * was decoded from; `extension-table.ts` turns such a list into typed, checked bodies.
 *
 * @see RFC 9846 §4 (Handshake Protocol)
 * @module
 */

/** Extension, §4.3: the body is not yet looked at. */
export interface Extension {
  readonly type: number;
  readonly body: Uint8Array;
}

/** §4.2.2. `extensions` is null when nothing follows the compression methods (an old client). */
export interface ClientHello {
  readonly type: 'client_hello';
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly legacySessionId: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly legacyCompressionMethods: Uint8Array;
  readonly extensions: readonly Extension[] | null;
}

/** §4.2.3. */
export interface ServerHello {
  readonly type: 'server_hello';
  readonly legacyVersion: number;
  readonly random: Uint8Array;
  readonly legacySessionIdEcho: Uint8Array;
  readonly cipherSuite: number;
  readonly legacyCompressionMethod: number;
  readonly extensions: readonly Extension[] | null;
}

/** §4.2.4: a ServerHello whose random is SHA-256("HelloRetryRequest"). */
export interface HelloRetryRequest extends Omit<ServerHello, 'type'> {
  readonly type: 'hello_retry_request';
}

/** §4.4.1. */
export interface EncryptedExtensions {
  readonly type: 'encrypted_extensions';
  readonly extensions: readonly Extension[];
}

/** §4.4.2, TLS 1.3 form. */
export interface CertificateRequest13 {
  readonly type: 'certificate_request';
  readonly context: Uint8Array;
  readonly extensions: readonly Extension[];
}

export interface CertificateEntry {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly extensions: readonly Extension[];
}

/** §4.5.1, TLS 1.3 form. */
export interface Certificate13 {
  readonly type: 'certificate';
  readonly context: Uint8Array;
  readonly entries: readonly CertificateEntry[];
}

/** §4.5.2. */
export interface CertificateVerify {
  readonly type: 'certificate_verify';
  readonly scheme: number;
  readonly signature: Uint8Array;
}

/** §4.5.3. The length is checked against the hash by the handshake. */
export interface Finished {
  readonly type: 'finished';
  readonly verifyData: Uint8Array;
}

/** §4.6. */
export interface EndOfEarlyData {
  readonly type: 'end_of_early_data';
}

/** §4.7.1, TLS 1.3 form. Lifetime in seconds. */
export interface NewSessionTicket13 {
  readonly type: 'new_session_ticket';
  readonly lifetime: number;
  readonly ageAdd: number;
  readonly nonce: Uint8Array;
  readonly ticket: Uint8Array;
  readonly extensions: readonly Extension[];
}

/** §4.7.3. A value of request_update other than 0 and 1 does not decode (ERR_TLS_BAD_KEY_UPDATE). */
export interface KeyUpdate {
  readonly type: 'key_update';
  readonly requestUpdate: boolean;
}

export type HandshakeMessage13 =
  | ClientHello
  | ServerHello
  | HelloRetryRequest
  | EncryptedExtensions
  | CertificateRequest13
  | Certificate13
  | CertificateVerify
  | Finished
  | EndOfEarlyData
  | NewSessionTicket13
  | KeyUpdate;

// ---------------------------------------------------------------- extension bodies

/** §4.3.8. */
export interface KeyShareEntry {
  readonly group: number;
  readonly keyExchange: Uint8Array;
}

/** §4.3.11. */
export interface PskIdentity {
  readonly identity: Uint8Array;
  readonly obfuscatedTicketAge: number;
}

/** §4.3.11, as the client sends it. */
export interface OfferedPsks {
  readonly identities: readonly PskIdentity[];
  readonly binders: readonly Uint8Array[];
}

/** RFC 6066 §8, OCSPStatusRequest: DER of each ResponderID, and of the request's extensions. */
export interface StatusRequest {
  readonly responderIds: readonly Uint8Array[];
  readonly requestExtensions: Uint8Array;
}

/** §4.3.5. Both DER. */
export interface OidFilter {
  readonly oid: Uint8Array;
  readonly values: Uint8Array;
}

/** What each extension says in a ClientHello. A property is undefined when the extension is absent. */
export interface ClientHelloExtensions {
  /** RFC 6066 §3: the host_name, lower or upper case as sent. */
  readonly serverName: string | undefined;
  /** RFC 6066 §4: 1 to 4 for 2^9 to 2^12 bytes; other values are kept for the handshake to refuse. */
  readonly maxFragmentLength: number | undefined;
  readonly statusRequest: StatusRequest | 'other' | undefined;
  readonly supportedGroups: readonly number[] | undefined;
  readonly ecPointFormats: readonly number[] | undefined;
  readonly signatureAlgorithms: readonly number[] | undefined;
  readonly signatureAlgorithmsCert: readonly number[] | undefined;
  /** RFC 7301: the names as bytes in Latin-1, one character a byte. */
  readonly alpn: readonly string[] | undefined;
  readonly signedCertificateTimestamp: boolean;
  readonly encryptThenMac: boolean;
  readonly extendedMainSecret: boolean;
  readonly recordSizeLimit: number | undefined;
  /** RFC 5077: empty when a ticket is asked for. */
  readonly sessionTicket: Uint8Array | undefined;
  readonly preSharedKey: OfferedPsks | undefined;
  readonly earlyData: boolean;
  readonly supportedVersions: readonly number[] | undefined;
  readonly cookie: Uint8Array | undefined;
  readonly pskKeyExchangeModes: readonly number[] | undefined;
  /** DER of each DistinguishedName. */
  readonly certificateAuthorities: readonly Uint8Array[] | undefined;
  readonly postHandshakeAuth: boolean;
  readonly keyShare: readonly KeyShareEntry[] | undefined;
  readonly renegotiationInfo: Uint8Array | undefined;
}

/** ServerHello, TLS 1.3 and, where marked, TLS 1.2. */
export interface ServerHelloExtensions {
  readonly supportedVersion: number | undefined;
  readonly keyShare: KeyShareEntry | undefined;
  readonly preSharedKey: number | undefined;
}

export interface HelloRetryRequestExtensions {
  readonly supportedVersion: number | undefined;
  readonly selectedGroup: number | undefined;
  readonly cookie: Uint8Array | undefined;
}

export interface EncryptedExtensionsExtensions {
  readonly serverName: boolean;
  readonly maxFragmentLength: number | undefined;
  readonly supportedGroups: readonly number[] | undefined;
  /** RFC 7301: exactly one name. */
  readonly alpn: string | undefined;
  readonly recordSizeLimit: number | undefined;
  readonly earlyData: boolean;
}

export interface CertificateRequestExtensions {
  readonly signatureAlgorithms: readonly number[] | undefined;
  readonly signatureAlgorithmsCert: readonly number[] | undefined;
  readonly certificateAuthorities: readonly Uint8Array[] | undefined;
  readonly oidFilters: readonly OidFilter[] | undefined;
  readonly statusRequest: boolean;
  readonly signedCertificateTimestamp: boolean;
}

export interface CertificateEntryExtensions {
  /** RFC 6066 §8: the DER of the OCSP response. */
  readonly ocspResponse: Uint8Array | undefined;
  /** RFC 6962 §3.3: each serialized SCT. */
  readonly signedCertificateTimestamps: readonly Uint8Array[] | undefined;
}

export interface NewSessionTicketExtensions {
  /** max_early_data_size in bytes. */
  readonly maxEarlyDataSize: number | undefined;
}
