/**
 * isotls/certs: chain validation, trust anchors, credentials, PEM and keys, without a connection.
 *
 * @see RFC 5280 (certificates and paths), RFC 9525 (names)
 * @module
 */
export { type Certificate, decodeCertificate } from './certs/certificate.ts';
export { type Credential, type CredentialInput, type CredentialQuery, createCredential } from './certs/credential.ts';
export type { DistinguishedName } from './certs/distinguished-name.ts';
export type { CertificateExtensions, KeyUsageName, SubjectAltName } from './certs/extensions.ts';
export { type Jwk, readPrivateJwk, readPublicJwk } from './certs/jwk.ts';
export { encodePrivateKey, encodePublicKey, readPrivateKey, readPublicKey } from './certs/keys.ts';
export { matchesCertificate, type ReferenceName } from './certs/name-match.ts';
export type { PathBudget } from './certs/path-budget.ts';
export type { PathRefusal } from './certs/path-builder.ts';
export { decodePem, encodePem, type PemBlock } from './certs/pem.ts';
export { type Pin, pinOf } from './certs/pins.ts';
export { createTrustStore, type RawAnchor, type TrustStore } from './certs/trust-store.ts';
export { acceptPeer, type Verdict, type VerifyInput, verifyCertificateChain } from './certs/verifier.ts';
export type { CryptoProvider, PrivateKey, PublicKey } from './crypto/provider.ts';
export { type ErrorOrigin, TlsConfigError, TlsError } from './errors/errors.ts';
export type { ErrorCode } from './errors/refusals.ts';
