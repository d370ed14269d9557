/**
 * isotls: TLS without a transport. The paved path: configs, connections, credentials, trust, errors.
 *
 * @see RFC 9846 (TLS 1.3), RFC 5246 (TLS 1.2)
 * @module
 */
export { type Credential, type CredentialInput, type CredentialQuery, createCredential } from './certs/credential.ts';
export { createTrustStore, type TrustStore } from './certs/trust-store.ts';
export { acceptPeer, type Verdict } from './certs/verifier.ts';
export type { ChannelBindingType } from './connection/channel-binding.ts';
export {
  type ClientOptions,
  DEFAULT_LIMITS,
  defineClientConfig,
  defineServerConfig,
  type ServerOptions,
} from './connection/config.ts';
export {
  type ClientConnectionTarget,
  type ConnectionOptions,
  createClient,
  createServer,
} from './connection/connection.ts';
export type {
  AnswerArgs,
  AnyQuestion,
  Phase,
  Question,
  Step,
  TlsConnection,
  TlsEvent,
} from './connection/events.ts';
export {
  auditedProvider,
  createNobleProvider,
  type NobleProviderOptions,
  nobleProvider,
} from './crypto/noble/provider.ts';
export type { CryptoProvider, PrivateKey, PublicKey, Random } from './crypto/provider.ts';
export { ALERTS, type AlertName } from './errors/alerts.ts';
export { type ErrorOrigin, TlsConfigError, TlsError, TlsUsageError } from './errors/errors.ts';
export { ALERT_FOR, type ErrorCode } from './errors/refusals.ts';
export type {
  ClientConfig,
  ClientHelloInfo,
  Deciders,
  DecryptedSecret,
  EncryptedSecret,
  Limits,
  OpenedSession,
  PeerIdentity,
  QuestionKind,
  Questions,
  ServerConfig,
  SessionQuery,
  SignInput,
  Transition,
} from './handshake/shared/config.ts';
export type { ConnectionInfo } from './handshake/shared/info.ts';
export type { CipherSuiteName, GroupName, SignatureSchemeName } from './params/algorithms.ts';
export type { VersionName } from './params/registries.ts';
export type { ClientSession, ExternalPsk, ServerSession } from './sessions/session.ts';
