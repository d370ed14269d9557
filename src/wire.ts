/**
 * isotls/wire: bytes to values and back. Records, alerts, handshake messages and their extensions, without any state.
 *
 * @see RFC 9846 §4 (Handshake Protocol), §5 (Record Protocol), §6 (Alert Protocol)
 * @module
 */
export { ALERTS, type AlertName, alertName } from './errors/alerts.ts';
export { TlsError } from './errors/errors.ts';
export type { ErrorCode } from './errors/refusals.ts';
export {
  ALL_CIPHER_SUITES,
  CIPHER_SUITES,
  CIPHER_SUITES_12,
  type CipherSuite,
  NAMED_GROUPS,
  type NamedGroup,
  SIGNATURE_SCHEMES,
  type SignatureScheme,
} from './params/algorithms.ts';
export {
  checkClientHelloPairs,
  EXTENSION_PLACES,
  type ExtensionPlace,
  readCertificateEntryExtensions,
  readCertificateRequestExtensions,
  readClientHelloExtensions,
  readEncryptedExtensions,
  readHelloRetryRequestExtensions,
  readNewSessionTicketExtensions,
  readServerHello12Extensions,
  readServerHelloExtensions,
} from './wire/extension-table.ts';
export {
  decodeEcdheParams,
  decodeEcdhePublic,
  decodeEncryptedPreMasterSecret,
  type EcdheParams,
  encodeEcdheParams,
  encodeEcdhePublic,
  encodeEncryptedPreMasterSecret,
  encodeSignedEcdheParams,
} from './wire/key-exchange12.ts';
export {
  decodeHandshake,
  encodeHandshake,
  HANDSHAKE_HEADER_LENGTH,
  HELLO_RETRY_REQUEST_RANDOM,
  type Received,
} from './wire/message.ts';
export { decodeHandshake12, encodeHandshake12 } from './wire/message12.ts';
export type {
  Certificate13,
  CertificateEntry,
  CertificateEntryExtensions,
  CertificateRequest13,
  CertificateRequestExtensions,
  CertificateVerify,
  ClientHello,
  ClientHelloExtensions,
  EncryptedExtensions,
  EncryptedExtensionsExtensions,
  EndOfEarlyData,
  Extension,
  Finished,
  HandshakeMessage13,
  HelloRetryRequest,
  HelloRetryRequestExtensions,
  KeyShareEntry,
  KeyUpdate,
  NewSessionTicket13,
  NewSessionTicketExtensions,
  OfferedPsks,
  OidFilter,
  PskIdentity,
  ServerHello,
  ServerHelloExtensions,
  StatusRequest,
} from './wire/messages.ts';
export type {
  Certificate12,
  CertificateRequest12,
  CertificateStatus,
  ClientKeyExchange,
  HandshakeMessage12,
  HelloRequest,
  NewSessionTicket12,
  ServerHello12Extensions,
  ServerHelloDone,
  ServerKeyExchange,
} from './wire/messages12.ts';
export {
  type Alert,
  decodeAlert,
  decodeRecordHeader,
  encodeAlert,
  MAX_CIPHERTEXT_LENGTH_12,
  MAX_CIPHERTEXT_LENGTH_13,
  MAX_PLAINTEXT_LENGTH,
  RECORD_HEADER_LENGTH,
  type RecordHeader,
  writeRecordHeader,
} from './wire/record.ts';
