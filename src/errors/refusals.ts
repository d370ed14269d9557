/**
 * Every error code, with the alert it is answered by, its section and its sentence.
 *
 * One table, so that a code without an alert cannot exist. `null`: no alert is sent, since the peer has ended the
 * connection itself or has gone. A section without a number of its own document is RFC 9846's.
 *
 * @see RFC 9846 §6.2 (Error Alerts)
 * @module
 */
import type { AlertName } from './alerts.ts';

type Refusal = readonly [alert: AlertName | null, section: string, sentence: string];

export const REFUSALS = {
  // --- any layer
  ERR_TLS_INTERNAL: ['internal_error', '§6.2', 'the library met a state it does not know; this is a defect in it'],
  ERR_TLS_DECIDER: ['internal_error', '§6.2', 'a decider threw, or gave an answer of the wrong kind'],
  ERR_TLS_ABORTED: ['user_canceled', '§6.1', 'the connection was aborted by its owner'],
  ERR_TLS_PEER_ALERT: [null, '§6.2', 'the peer ended the connection with an alert'],
  ERR_TLS_TRUNCATED_HANDSHAKE: [null, '§6.1', 'the transport ended during the handshake'],
  ERR_TLS_PEER_CLOSED_HANDSHAKE: ['close_notify', '§6.1', 'the peer closed the connection during the handshake'],
  ERR_TLS_TRUNCATED: [null, '§6.1', 'the transport ended without close_notify: data may be missing'],
  ERR_TLS_HANDSHAKE_TIMEOUT: ['user_canceled', '§6.1', 'the handshake took longer than handshakeTimeout'],

  // --- wire: decoding
  ERR_TLS_DECODE: ['decode_error', '§6.2', 'a message could not be decoded: a length or a value is outside its range'],
  ERR_TLS_TRAILING_DATA: ['decode_error', '§6.2', 'data is left over after a complete structure'],
  ERR_TLS_MESSAGE_TOO_LONG: ['illegal_parameter', '§4', 'a handshake message is longer than limits.handshakeMessage'],
  ERR_TLS_UNKNOWN_MESSAGE_TYPE: ['unexpected_message', '§4', 'a handshake message has an unknown type'],
  ERR_TLS_CURVE_TYPE: ['illegal_parameter', 'RFC 8422 §5.4', 'the curve in ServerKeyExchange is not a named one'],
  ERR_TLS_DUPLICATE_EXTENSION: ['illegal_parameter', '§4.3', 'an extension appears twice in one block'],
  ERR_TLS_MISPLACED_EXTENSION: ['illegal_parameter', '§4.3', 'a known extension appears in a message where it may not'],
  ERR_TLS_UNSOLICITED_EXTENSION: ['unsupported_extension', '§4.3', 'an answer has an extension that was not asked for'],
  ERR_TLS_MISSING_EXTENSION: ['missing_extension', '§9.2', 'an extension that the message must have is missing'],
  // --- wire: encoding
  ERR_TLS_ENCODE: ['internal_error', '§3.4', 'a value to be sent does not fit the field that carries it'],

  // --- record
  ERR_TLS_RECORD_OVERFLOW: [
    'record_overflow',
    '§5.1',
    'a record is longer than the protocol or the agreed limit allows',
  ],
  ERR_TLS_RECORD_TYPE: ['unexpected_message', '§5', 'a record has a content type that is not expected here'],
  ERR_TLS_RECORD_VERSION: ['protocol_version', '§5.1', 'a record has a version that is not TLS'],
  ERR_TLS_NOT_TLS: ['unexpected_message', '§5.1', 'the first bytes are not a TLS record'],
  ERR_TLS_BAD_RECORD: ['bad_record_mac', '§5.2', 'a record could not be authenticated'],
  ERR_TLS_NO_INNER_TYPE: ['unexpected_message', '§5.4', 'a protected record holds only padding and no content type'],
  ERR_TLS_EMPTY_RECORD: ['unexpected_message', '§5.1', 'a handshake or alert record is empty'],
  ERR_TLS_TOO_MANY_EMPTY_RECORDS: [
    'unexpected_message',
    '§5.4',
    'more consecutive empty records than limits.emptyRecords',
  ],
  ERR_TLS_TOO_MANY_CHANGE_CIPHER_SPECS: ['unexpected_message', '§5', 'more change_cipher_spec records than the limit'],
  ERR_TLS_BAD_CHANGE_CIPHER_SPEC: [
    'unexpected_message',
    '§5',
    'a change_cipher_spec record is not the single byte 0x01, or not expected',
  ],
  ERR_TLS_TOO_MANY_WARNINGS: ['unexpected_message', '§6', 'more warning alerts than limits.warningAlerts'],
  ERR_TLS_INTERLEAVED_HANDSHAKE: [
    'unexpected_message',
    '§5.1',
    'another content type interrupts a fragmented handshake message',
  ],
  ERR_TLS_TOO_MUCH_EARLY_DATA: [
    'unexpected_message',
    '§4.7.1',
    'more early data than the server allows to be sent or skips',
  ],
  ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE: ['unexpected_message', '§5.1', 'a handshake message spans a change of keys'],
  ERR_TLS_BAD_ALERT: ['decode_error', '§6', 'an alert record is not exactly one alert of two bytes'],
  ERR_TLS_ALERT_LEVEL: ['illegal_parameter', 'RFC 5246 §7.2', 'in TLS 1.2, an alert is neither a warning nor fatal'],
  ERR_TLS_SEQUENCE_EXHAUSTED: ['internal_error', '§5.3', 'a record sequence number would wrap'],
  ERR_TLS_KEY_LIMIT: ['internal_error', '§5.5', 'a key has protected as many records as it may'],

  // --- handshake: order
  ERR_TLS_UNEXPECTED_MESSAGE: [
    'unexpected_message',
    '§4',
    'a handshake message arrived in a state that does not expect it',
  ],
  ERR_TLS_TOO_MANY_KEY_UPDATES: [
    'unexpected_message',
    '§4.7.3',
    'more KeyUpdates without data between than limits.keyUpdates',
  ],
  ERR_TLS_BAD_KEY_UPDATE: ['illegal_parameter', '§4.7.3', 'KeyUpdate.request_update is neither 0 nor 1'],

  // --- handshake: hellos
  ERR_TLS_UNSUPPORTED_VERSION: ['protocol_version', '§4.3.1', 'no version of TLS is shared with the peer'],
  ERR_TLS_BAD_LEGACY_VERSION: ['protocol_version', '§4.2.2', 'legacy_version is not 0x0303'],
  ERR_TLS_SERVER_LEGACY_VERSION: ['protocol_version', '§4.2.3', 'legacy_version is not 0x0303'],
  ERR_TLS_UNOFFERED_VERSION: ['illegal_parameter', '§4.3.1', 'the server chose a version that was not offered'],
  ERR_TLS_VERSION_CHANGED: ['illegal_parameter', '§4.2.4', 'the version differs from the one in HelloRetryRequest'],
  ERR_TLS_DOWNGRADE: ['illegal_parameter', '§4.2.3', 'the ServerHello random carries a downgrade sentinel'],
  ERR_TLS_INAPPROPRIATE_FALLBACK: [
    'inappropriate_fallback',
    'RFC 7507 §3',
    'the client fell back although both sides could do better',
  ],
  ERR_TLS_BAD_COMPRESSION: [
    'illegal_parameter',
    '§4.2.2',
    'legacy_compression_methods is not the single value 0, or in TLS 1.2 lacks it',
  ],
  ERR_TLS_SESSION_ID_ECHO: ['illegal_parameter', '§4.2.3', 'the server did not echo legacy_session_id'],
  ERR_TLS_NO_SHARED_CIPHER_SUITE: ['handshake_failure', '§4.2.1', 'no cipher suite is shared with the peer'],
  ERR_TLS_UNOFFERED_CIPHER_SUITE: [
    'illegal_parameter',
    '§4.2.3',
    'the server chose a cipher suite that was not offered',
  ],
  ERR_TLS_CIPHER_SUITE_CHANGED: [
    'illegal_parameter',
    '§4.2.4',
    'the cipher suite differs from the one in HelloRetryRequest',
  ],
  ERR_TLS_NO_SHARED_GROUP: ['handshake_failure', '§4.2.1', 'no key exchange group is shared with the peer'],
  ERR_TLS_UNOFFERED_GROUP: ['illegal_parameter', '§4.3.8', 'the group chosen is not one that was offered'],
  ERR_TLS_RETRY_GROUP: [
    'illegal_parameter',
    '§4.3.8',
    'HelloRetryRequest asks for a group that is not offered or whose share was sent',
  ],
  ERR_TLS_RETRY_WITHOUT_CHANGE: ['illegal_parameter', '§4.2.4', 'HelloRetryRequest would not change the ClientHello'],
  ERR_TLS_SECOND_RETRY: ['unexpected_message', '§4.2.4', 'a second HelloRetryRequest in one connection'],
  ERR_TLS_SECOND_HELLO_CHANGED: [
    'illegal_parameter',
    '§4.2.2',
    'the second ClientHello differs from the first where it may not',
  ],
  ERR_TLS_BAD_COOKIE: ['illegal_parameter', '§4.3.2', 'the cookie is missing or is not the one that was sent'],
  ERR_TLS_BAD_KEY_SHARE: [
    'illegal_parameter',
    '§4.3.8',
    'a key share has the wrong length or is not a valid public key',
  ],
  ERR_TLS_DUPLICATE_KEY_SHARE: [
    'illegal_parameter',
    '§4.3.8',
    'key_share has two entries for one group, or an order other than supported_groups',
  ],
  ERR_TLS_KEY_SHARE_NOT_IN_GROUPS: [
    'illegal_parameter',
    '§4.3.8',
    'key_share has an entry for a group that supported_groups lacks',
  ],
  ERR_TLS_WEAK_SHARED_SECRET: ['illegal_parameter', '§7.4.2', 'the shared secret is all zero'],
  ERR_TLS_PSK_NOT_LAST: ['illegal_parameter', '§4.3.11', 'pre_shared_key is not the last extension of the ClientHello'],
  ERR_TLS_PSK_BINDER_COUNT: [
    'illegal_parameter',
    '§4.3.11',
    'pre_shared_key does not have one binder for each identity',
  ],
  ERR_TLS_TOO_MANY_PSKS: [
    'illegal_parameter',
    '§4.3.11',
    'pre_shared_key has more identities than limits.pskIdentities',
  ],
  ERR_TLS_BAD_BINDER: ['decrypt_error', '§4.3.11', 'the binder of the chosen PSK is wrong'],
  ERR_TLS_PSK_MISMATCH: [
    'illegal_parameter',
    '§4.3.11',
    'the cipher suite or the key_share does not fit the PSK that the server selected',
  ],
  ERR_TLS_EARLY_DATA_MISMATCH: [
    'illegal_parameter',
    '§4.3.10',
    'early data was accepted under parameters that it was not sent for',
  ],
  ERR_TLS_UNOFFERED_PSK: ['illegal_parameter', '§4.3.11', 'the server selected a PSK that was not offered'],
  ERR_TLS_NO_APPLICATION_PROTOCOL: [
    'no_application_protocol',
    'RFC 7301 §3.2',
    'no application protocol is shared with the peer',
  ],
  ERR_TLS_UNOFFERED_PROTOCOL: [
    'illegal_parameter',
    'RFC 7301 §3.1',
    'the server chose an application protocol that was not offered',
  ],
  ERR_TLS_UNRECOGNIZED_NAME: [
    'unrecognized_name',
    'RFC 6066 §3',
    'the server has no identity for the name that was asked for',
  ],
  ERR_TLS_BAD_SERVER_NAME: ['illegal_parameter', 'RFC 6066 §3', 'server_name is not a host name'],
  ERR_TLS_BAD_RECORD_SIZE_LIMIT: ['illegal_parameter', 'RFC 8449 §4', 'record_size_limit is outside what may be sent'],
  ERR_TLS_BAD_MAX_FRAGMENT_LENGTH: [
    'illegal_parameter',
    'RFC 6066 §4',
    'max_fragment_length is not a code that was asked for',
  ],

  // --- handshake: hellos of TLS 1.2
  ERR_TLS_UNOFFERED_SESSION: [
    'illegal_parameter',
    'RFC 5246 §7.4.1.3',
    'the server resumes a session that was not offered',
  ],
  ERR_TLS_SESSION_MISMATCH: [
    'illegal_parameter',
    'RFC 5246 §7.4.1.3',
    'a session is resumed with another cipher suite than its own',
  ],
  ERR_TLS_EXTENDED_MAIN_SECRET_CHANGED: [
    'handshake_failure',
    'RFC 7627 §5.3',
    'a session and its resumption differ in extended_main_secret',
  ],
  ERR_TLS_RENEGOTIATION_INFO: [
    'handshake_failure',
    'RFC 5746 §3.4',
    'renegotiation_info is not empty in a first handshake',
  ],
  ERR_TLS_INSECURE_RENEGOTIATION: [
    'handshake_failure',
    'RFC 5746 §4.1',
    'the peer does not know secure renegotiation, which requireSecureRenegotiation asks for',
  ],
  ERR_TLS_TOO_MANY_RENEGOTIATIONS: [
    'unexpected_message',
    'RFC 5246 §7.4.1.1',
    'more requests for renegotiation than limits.warningAlerts with no data between',
  ],
  ERR_TLS_POINT_FORMATS: ['illegal_parameter', 'RFC 8422 §5.1.2', 'ec_point_formats lacks uncompressed points'],
  ERR_TLS_ENCRYPT_THEN_MAC: [
    'illegal_parameter',
    'RFC 7366 §3',
    'encrypt_then_mac is answered with a suite that has no MAC of its own',
  ],

  // --- handshake: authentication
  ERR_TLS_NO_SHARED_SIGNATURE_SCHEME: [
    'handshake_failure',
    '§4.3.3',
    'no credential fits the signature schemes that the peer accepts',
  ],
  ERR_TLS_UNOFFERED_SIGNATURE_SCHEME: [
    'illegal_parameter',
    '§4.5.2',
    'CertificateVerify uses a signature scheme that was not offered',
  ],
  ERR_TLS_SCHEME_KEY_MISMATCH: ['illegal_parameter', '§4.5.2', 'the signature scheme does not fit the certificate key'],
  ERR_TLS_BAD_CERTIFICATE_VERIFY: ['decrypt_error', '§4.5.2', 'the signature in CertificateVerify is wrong'],
  ERR_TLS_BAD_FINISHED: ['decrypt_error', '§4.5.3', 'verify_data in Finished is wrong'],
  ERR_TLS_EMPTY_SERVER_CERTIFICATE: ['decode_error', '§4.5.1.3', 'the server sent no certificate'],
  ERR_TLS_CERTIFICATE_REQUIRED: [
    'certificate_required',
    '§4.5.1.3',
    'the client sent no certificate and one is required',
  ],
  ERR_TLS_BAD_REQUEST_CONTEXT: ['illegal_parameter', '§4.5.1', 'certificate_request_context is not the one expected'],
  ERR_TLS_TOO_MANY_CERTIFICATES: [
    'bad_certificate',
    '§4.5.1',
    'a Certificate message has more entries than limits.certificates',
  ],
  ERR_TLS_CERTIFICATE_SUITE_MISMATCH: [
    'illegal_parameter',
    'RFC 5246 §7.4.2',
    'the key of the certificate does not go with the cipher suite',
  ],
  ERR_TLS_BAD_SERVER_KEY_EXCHANGE: ['decrypt_error', 'RFC 5246 §7.4.3', 'the signature in ServerKeyExchange is wrong'],
  ERR_TLS_NO_CLIENT_CERTIFICATE: [
    'handshake_failure',
    'RFC 5246 §7.4.6',
    'the client of TLS 1.2 sent no certificate and one is required',
  ],
  ERR_TLS_OWN_SIGNATURE: ['internal_error', '§4.5.2', 'the answer to sign is not a valid signature'],
  ERR_TLS_PEER_REFUSED: ['certificate_unknown', '§6.2', 'the peer was refused by its verifier'],

  // --- certs: one certificate
  ERR_CERT_DECODE: ['bad_certificate', 'RFC 5280 §4.1', 'a certificate is not well-formed DER'],
  ERR_CERT_DER_LENGTH: ['bad_certificate', 'X.690 §10.1', 'a length is not in the fewest octets'],
  ERR_CERT_DER_INDEFINITE: ['bad_certificate', 'X.690 §10.1', 'a length is indefinite'],
  ERR_CERT_DER_TRAILING: ['bad_certificate', 'RFC 5280 §4.1', 'bytes follow the end of a structure'],
  ERR_CERT_DER_BOOLEAN: ['bad_certificate', 'X.690 §11.1', 'a boolean is neither 00 nor ff'],
  ERR_CERT_DER_INTEGER: ['bad_certificate', 'X.690 §8.3.2', 'an integer is not in the fewest octets'],
  ERR_CERT_DER_BITS: ['bad_certificate', 'X.690 §11.2', 'a bit string has bits that may not be there'],
  ERR_CERT_DER_ORDER: ['bad_certificate', 'X.690 §11.6', 'the elements of a set are not in order'],
  ERR_CERT_DER_LIMIT: [
    'bad_certificate',
    'RFC 5280 §4.1',
    'a structure is too large, too deep or of too many elements',
  ],
  ERR_CERT_TIME: ['bad_certificate', 'RFC 5280 §4.1.2.5', 'a time is not in the form that RFC 5280 allows'],
  ERR_CERT_VERSION: ['bad_certificate', 'RFC 5280 §4.1.2.1', 'the certificate version does not allow what it holds'],
  ERR_CERT_SERIAL: ['bad_certificate', 'RFC 5280 §4.1.2.2', 'the serial number is zero, negative or over 20 octets'],
  ERR_CERT_ALGORITHM_MISMATCH: ['bad_certificate', 'RFC 5280 §4.1.1.2', 'the two signature algorithm fields differ'],
  ERR_CERT_DUPLICATE_EXTENSION: ['bad_certificate', 'RFC 5280 §4.2', 'a certificate extension appears twice'],
  ERR_CERT_EMPTY_NAME: ['bad_certificate', 'RFC 5280 §4.1.2.6', 'a certificate does not say who it is from or for'],
  ERR_CERT_CRITICALITY: [
    'bad_certificate',
    'RFC 5280 §4.2.1',
    'an extension is critical and must not be, or the reverse',
  ],
  ERR_CERT_CA_USAGE: [
    'bad_certificate',
    'RFC 5280 §4.2.1.9',
    'the extensions contradict each other about being an authority',
  ],
  ERR_CERT_CA_AS_LEAF: [
    'unsupported_certificate',
    'RFC 5280 §4.2.1.9',
    'the certificate of an authority stands for an end entity',
  ],
  ERR_CERT_UNKNOWN_CRITICAL_EXTENSION: [
    'unsupported_certificate',
    'RFC 5280 §4.2',
    'a critical extension is not understood',
  ],
  ERR_CERT_UNSUPPORTED_KEY: [
    'unsupported_certificate',
    'RFC 5280 §4.1.2.7',
    'the public key is of a kind that is not supported',
  ],
  ERR_CERT_UNSUPPORTED_SIGNATURE: [
    'unsupported_certificate',
    'RFC 5280 §4.1.1.2',
    'the signature algorithm is not supported',
  ],
  ERR_CERT_WEAK_SIGNATURE: ['bad_certificate', 'RFC 9846 §4.5.1.3', 'a certificate is signed with MD5, SHA-1 or older'],
  ERR_CERT_WEAK_KEY: ['bad_certificate', 'RFC 9846 §4.5.1.2', 'the public key is too small'],
  // --- certs: the path
  ERR_CERT_UNKNOWN_ISSUER: ['unknown_ca', 'RFC 5280 §6.1', 'no path leads to a trust anchor'],
  ERR_CERT_SIGNATURE: ['bad_certificate', 'RFC 5280 §6.1.3', 'the signature on a certificate is wrong'],
  ERR_CERT_EXPIRED: ['certificate_expired', 'RFC 5280 §6.1.3', 'a certificate has expired'],
  ERR_CERT_NOT_YET_VALID: ['certificate_expired', 'RFC 5280 §6.1.3', 'a certificate is not valid yet'],
  ERR_CERT_NOT_A_CA: ['bad_certificate', 'RFC 5280 §6.1.4', 'an issuer is not a certificate authority'],
  ERR_CERT_KEY_USAGE: ['unsupported_certificate', 'RFC 5280 §4.2.1.3', 'keyUsage does not allow this use'],
  ERR_CERT_EXTENDED_KEY_USAGE: [
    'unsupported_certificate',
    'RFC 5280 §4.2.1.12',
    'extendedKeyUsage does not allow this purpose',
  ],
  ERR_CERT_PATH_LENGTH: ['bad_certificate', 'RFC 5280 §6.1.4', 'the path is longer than pathLenConstraint allows'],
  ERR_CERT_NAME_CONSTRAINTS: ['bad_certificate', 'RFC 5280 §4.2.1.10', 'a name is outside what an issuer may certify'],
  ERR_CERT_POLICY: ['bad_certificate', 'RFC 5280 §6.1.5', 'no certificate policy holds along the path'],
  ERR_CERT_NAME_MISMATCH: ['bad_certificate', 'RFC 9525 §6', 'the certificate is not for the name that was asked for'],
  ERR_CERT_PIN: ['bad_certificate', 'RFC 7469 §2.6', 'no key of the path is one that is pinned'],
  ERR_CERT_BUDGET: ['bad_certificate', 'RFC 5280 §6.1', 'path building would take more work than its budget'],

  // --- certs: revocation and transparency
  ERR_CERT_REVOKED: ['certificate_revoked', 'RFC 5280 §6.3.3', 'a certificate has been revoked'],
  ERR_CERT_REVOCATION_UNKNOWN: [
    'certificate_unknown',
    'RFC 5280 §6.3.3',
    'nothing at hand says whether a certificate has been revoked',
  ],
  ERR_CERT_CRL_DECODE: ['certificate_unknown', 'RFC 5280 §5.1', 'a CRL is not well-formed'],
  ERR_CERT_CRL_ISSUER: ['certificate_unknown', 'RFC 5280 §6.3.3', 'the CRL is not one that its issuer may sign'],
  ERR_CERT_CRL_SIGNATURE: ['certificate_unknown', 'RFC 5280 §6.3.3', 'the signature on a CRL is wrong'],
  ERR_CERT_CRL_EXPIRED: ['certificate_unknown', 'RFC 5280 §5.1.2.5', 'a CRL is not current'],
  ERR_CERT_CRL_SCOPE: ['certificate_unknown', 'RFC 5280 §5.2.5', 'a CRL does not cover the certificate'],
  ERR_CERT_CRL_CRITICAL_EXTENSION: [
    'certificate_unknown',
    'RFC 5280 §5.2',
    'a critical extension of a CRL or of an entry is not understood',
  ],
  ERR_CERT_OCSP_DECODE: ['bad_certificate_status_response', 'RFC 6960 §4.2.1', 'an OCSP response is not well-formed'],
  ERR_CERT_OCSP_STATUS: ['bad_certificate_status_response', 'RFC 6960 §2.3', 'an OCSP responder gave an error'],
  ERR_CERT_OCSP_RESPONDER: [
    'bad_certificate_status_response',
    'RFC 6960 §4.2.2.2',
    'an OCSP response is not by a responder that the issuer has authorized',
  ],
  ERR_CERT_OCSP_SIGNATURE: [
    'bad_certificate_status_response',
    'RFC 6960 §3.2',
    'the signature on an OCSP response is wrong',
  ],
  ERR_CERT_OCSP_EXPIRED: ['bad_certificate_status_response', 'RFC 6960 §4.2.2.1', 'an OCSP response is not current'],
  ERR_CERT_OCSP_NONCE: [
    'bad_certificate_status_response',
    'RFC 6960 §4.4.1',
    'an OCSP response lacks the nonce of the request',
  ],
  ERR_CERT_OCSP_CRITICAL_EXTENSION: [
    'bad_certificate_status_response',
    'RFC 6960 §4.4',
    'a critical extension of an OCSP response is not understood',
  ],
  ERR_CERT_OCSP_OTHER_CERTIFICATE: [
    'bad_certificate_status_response',
    'RFC 6960 §3.2',
    'an OCSP response is for other certificates',
  ],
  ERR_CERT_OCSP_UNKNOWN: [
    'bad_certificate_status_response',
    'RFC 6960 §2.2',
    'the OCSP responder does not know the certificate',
  ],
  ERR_CERT_STAPLE_REQUIRED: [
    'bad_certificate_status_response',
    'RFC 7633 §4.2.3.1',
    'a stapled OCSP response is required and there is none',
  ],
  ERR_CERT_SCT_DECODE: ['bad_certificate', 'RFC 6962 §3.3', 'a list of SCTs is not well-formed'],
  ERR_CERT_SCT_MISSING: ['certificate_unknown', 'RFC 6962 §3.3', 'too few known logs have signed for the certificate'],

  // --- configuration and keys, thrown by define*Config and the key readers; never sent
  ERR_CONFIG: [null, '-', 'an option is missing, unknown or outside its range'],
  ERR_CONFIG_PEM: [null, 'RFC 7468', 'a PEM text could not be read'],
  ERR_CONFIG_KEY: [null, 'RFC 5958', 'a private key could not be read'],
  ERR_CONFIG_PASSPHRASE: [null, 'RFC 8018', 'the passphrase does not open the private key'],
  ERR_CONFIG_KEY_MISMATCH: [null, '-', 'the private key does not belong to the certificate'],
  ERR_USAGE: [null, '-', 'a call was made in a state or with an argument that does not allow it'],
} as const satisfies Readonly<Record<string, Refusal>>;

/** Every code that an error of this library can carry. */
export type ErrorCode = keyof typeof REFUSALS;

/** The alert that answers each code; null where none is sent. */
export const ALERT_FOR: Readonly<Record<ErrorCode, AlertName | null>> = Object.fromEntries(
  Object.entries(REFUSALS).map(([code, [alert]]) => [code, alert]),
) as Record<ErrorCode, AlertName | null>;
