/**
 * IANA numbers that are not algorithms: versions, content types, message types, extension types, small enums.
 *
 * @see RFC 9846 Appendix B
 * @module
 */

/** ProtocolVersion. */
export const VERSION = { SSL30: 0x0300, TLS10: 0x0301, TLS11: 0x0302, TLS12: 0x0303, TLS13: 0x0304 } as const;

/** A version of TLS that this library speaks, as the registry writes it. */
export type VersionName = 'TLS 1.2' | 'TLS 1.3';

/** ContentType, §5.1. */
export const CONTENT_TYPE = {
  change_cipher_spec: 20,
  alert: 21,
  handshake: 22,
  application_data: 23,
} as const;

export type ContentTypeName = keyof typeof CONTENT_TYPE;

/** HandshakeType, §4 and, for the names of TLS 1.2, RFC 5246 §7.4, RFC 5077 §3.3, RFC 6066 §8. */
export const HANDSHAKE_TYPE = {
  hello_request: 0,
  client_hello: 1,
  server_hello: 2,
  new_session_ticket: 4,
  end_of_early_data: 5,
  encrypted_extensions: 8,
  certificate: 11,
  server_key_exchange: 12,
  certificate_request: 13,
  server_hello_done: 14,
  certificate_verify: 15,
  client_key_exchange: 16,
  finished: 20,
  certificate_status: 22,
  key_update: 24,
  message_hash: 254,
} as const;

export type HandshakeTypeName = keyof typeof HANDSHAKE_TYPE;

/** ExtensionType, §4.3 and the IANA registry, for every extension that this library reads or must recognize. */
export const EXTENSION = {
  server_name: 0,
  max_fragment_length: 1,
  status_request: 5,
  supported_groups: 10,
  ec_point_formats: 11,
  signature_algorithms: 13,
  use_srtp: 14,
  heartbeat: 15,
  application_layer_protocol_negotiation: 16,
  status_request_v2: 17,
  signed_certificate_timestamp: 18,
  client_certificate_type: 19,
  server_certificate_type: 20,
  padding: 21,
  encrypt_then_mac: 22,
  extended_main_secret: 23,
  compress_certificate: 27,
  record_size_limit: 28,
  delegated_credential: 34,
  session_ticket: 35,
  pre_shared_key: 41,
  early_data: 42,
  supported_versions: 43,
  cookie: 44,
  psk_key_exchange_modes: 45,
  certificate_authorities: 47,
  oid_filters: 48,
  post_handshake_auth: 49,
  signature_algorithms_cert: 50,
  key_share: 51,
  quic_transport_parameters: 57,
  encrypted_client_hello: 65037,
  renegotiation_info: 65281,
} as const;

export type ExtensionName = keyof typeof EXTENSION;

/** PskKeyExchangeMode, §4.3.9. */
export const PSK_KEY_EXCHANGE_MODE = { psk_ke: 0, psk_dhe_ke: 1 } as const;

/** KeyUpdateRequest, §4.7.3. */
export const KEY_UPDATE_REQUEST = { update_not_requested: 0, update_requested: 1 } as const;

/** CertificateStatusType, RFC 6066 §8. */
export const CERTIFICATE_STATUS_TYPE = { ocsp: 1 } as const;

/** ClientCertificateType of a CertificateRequest of TLS 1.2, RFC 5246 §7.4.4 and RFC 8422 §5.5. */
export const CLIENT_CERTIFICATE_TYPE = { rsa_sign: 1, ecdsa_sign: 64 } as const;

/** ECCurveType, RFC 8422 §5.4. */
export const EC_CURVE_TYPE = { named_curve: 3 } as const;

/** ECPointFormat, RFC 8422 §5.1.2. */
export const EC_POINT_FORMAT = { uncompressed: 0 } as const;

/** Signalling values in cipher_suites that are not suites (RFC 5746 §3.3, RFC 7507 §2). */
export const SCSV = { TLS_EMPTY_RENEGOTIATION_INFO_SCSV: 0x00ff, TLS_FALLBACK_SCSV: 0x5600 } as const;

/** The sixteen GREASE values of RFC 8701 §2 for two-byte registries: 0x0A0A, 0x1A1A … 0xFAFA. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

/** The registry name of an extension number, or "0x…" for one that this library does not know. */
export function extensionName(type: number): string {
  return EXTENSION_NAMES.get(type) ?? `0x${type.toString(16).padStart(4, '0')}`;
}

/** The name of a handshake message type, or null for one that this library does not know. */
export function handshakeTypeName(type: number): HandshakeTypeName | null {
  return HANDSHAKE_TYPE_NAMES.get(type) ?? null;
}

const EXTENSION_NAMES = new Map<number, ExtensionName>(
  (Object.keys(EXTENSION) as ExtensionName[]).map((name) => [EXTENSION[name], name]),
);
const HANDSHAKE_TYPE_NAMES = new Map<number, HandshakeTypeName>(
  (Object.keys(HANDSHAKE_TYPE) as HandshakeTypeName[]).map((name) => [HANDSHAKE_TYPE[name], name]),
);
