/**
 * isotls/certs/revocation: policies for CRLs and OCSP responses, the lists and responses themselves, and the timestamps of
 * public logs.
 *
 * For `verifyCertificateChain` a policy is a plain object; the option of configs takes one that has been checked and decoded here.
 *
 * @see RFC 5280 §6.3 (CRLs), RFC 6960 (OCSP), RFC 7633 (must-staple), RFC 6962 (Certificate Transparency)
 * @module
 */
export { type CertificateRevocationList, decodeCrl } from './certs/crl.ts';
export { findRevocation, type Revocation, type RevocationReason } from './certs/crl-entries.ts';
export { decodeOcspResponse, type OcspResponse, type SingleResponse } from './certs/ocsp-response.ts';
export { checkRevocation, createRevocationPolicy, type RevocationPolicy } from './certs/revocation.ts';
export type { RevocationContext } from './certs/revocation-check.ts';
export {
  checkTimestamps,
  decodeTimestamp,
  decodeTimestampList,
  type SignedCertificateTimestamp,
  type TimestampInput,
  type TimestampReport,
  type TimestampSource,
  type TransparencyLog,
  type VerifiedTimestamp,
  verifyTimestamps,
} from './certs/sct.ts';
export { TlsConfigError, TlsError } from './errors/errors.ts';
export type { ErrorCode } from './errors/refusals.ts';
