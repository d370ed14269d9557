/**
 * isotls/certs/issue: a small authority for development and tests. Makes keys, signs certificates.
 *
 * @see RFC 5280 §4 (Certificate and Certificate Extensions Profile)
 * @module
 */
export { type Certificate, decodeCertificate } from './certs/certificate.ts';
export type { KeyUsageName } from './certs/extensions.ts';
export {
  type Authority,
  createAuthority,
  generatePrivateKey,
  type IssueInput,
  issueCertificate,
  KEY_KINDS,
  type KeyKind,
  validityFrom,
} from './certs/issue.ts';
export type {
  DistributionPointInput,
  ExtensionInput,
  ExtraExtension,
  GeneralNameInput,
  PurposeInput,
  ReasonFlag,
  SubtreeInput,
} from './certs/issue-extensions.ts';
export {
  type CrlInput,
  encodeOcspError,
  issueCrl,
  issueOcspResponse,
  type OcspInput,
  type RevokedInput,
  type ScopeInput,
  type StatusInput,
} from './certs/issue-status.ts';
export { encodePrivateKey, encodePublicKey, readPrivateKey, readPublicKey } from './certs/keys.ts';
export { encodePem } from './certs/pem.ts';
export { nobleProvider } from './crypto/noble/provider.ts';
export type { CryptoProvider, PrivateKey, PublicKey, Random } from './crypto/provider.ts';
export { TlsConfigError } from './errors/errors.ts';
