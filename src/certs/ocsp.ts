/**
 * What an OCSP response proves about one certificate: who signed it, whether that is somebody the issuer has authorized, and
 * whether it is current.
 *
 * Part of path validation, so it is read with our own decoder and may be imported everywhere.
 *
 * @see RFC 6960 §3.2 (Signed Response Acceptance Requirements), §4.2.2.2 (Authorized Responders)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { fail, TlsError } from '../errors/errors.ts';
import type { HashName } from '../params/algorithms.ts';
import { type Certificate, decodeCertificate, sameBytes } from './certificate.ts';
import type { Revocation } from './crl-entries.ts';
import { decodeDer } from './der.ts';
import type { OcspResponse, SingleResponse } from './ocsp-response.ts';
import { PURPOSE_OID } from './oids.ts';
import { readSubjectPublicKeyInfo } from './public-key.ts';
import { prematurity, staleness, type Tolerance } from './update-times.ts';

export interface OcspContext {
  readonly tolerance: Tolerance;
  readonly crypto: CryptoProvider;
  /** Called before each signature that is verified. */
  readonly account: { signature(): void };
  /** The nonce of the request; null: none was sent. */
  readonly nonce: Uint8Array | null;
  /** True if the certificate of a responder, issued by `issuer`, is known to be revoked. */
  readonly isRevoked: (responder: Certificate, issuer: Certificate) => boolean;
}

/** `null`: not revoked. */
export interface OcspAnswer {
  readonly revocation: Revocation | null;
}

/**
 * What a response says about `certificate`, which `issuer` has signed. Throws a TlsError ERR_CERT_OCSP_… that says why it
 * proves nothing.
 */
export function askOcsp(
  response: OcspResponse,
  certificate: Certificate,
  issuer: Certificate,
  context: OcspContext,
): OcspAnswer {
  const { tolerance, nonce } = context;
  // §3.2 (1): it is about this certificate.
  const singles = response.responses.filter((single) => isAbout(single, certificate, issuer, context.crypto));
  if (singles.length === 0) fail('ERR_CERT_OCSP_OTHER_CERTIFICATE', certificate.subject.name);
  // §4.4.1: the answer to this request, and no earlier one.
  if (nonce !== null && !sameBytes(nonce, response.nonce ?? new Uint8Array())) fail('ERR_CERT_OCSP_NONCE');
  // §4.4: what is critical must be understood.
  const critical = [response, ...singles].flatMap(({ unknownCritical }) => unknownCritical);
  if (critical.length > 0) fail('ERR_CERT_OCSP_CRITICAL_EXTENSION', critical.join(', '));
  checkResponder(response, issuer, context);

  const answers = singles.map((single) => answerOf(single, certificate, tolerance));
  const usable = answers.filter((answer): answer is OcspAnswer => !(answer instanceof TlsError));
  const revoked = usable.find(({ revocation }) => revocation !== null);
  const [best = answers[0]] = revoked === undefined ? usable : [revoked];
  if (best === undefined || best instanceof TlsError) throw best;
  return best;
}

/** What one of several responses about a certificate says, or why it says nothing. */
function answerOf(single: SingleResponse, certificate: Certificate, tolerance: Tolerance): OcspAnswer | TlsError {
  const { revocation, status } = single;
  const early = prematurity(single, tolerance);
  if (early !== null) return new TlsError('ERR_CERT_OCSP_EXPIRED', { detail: early });
  // A revocation is for good, and so stays one in an old response; all but a hold, which may have ended.
  if (revocation !== null && revocation.reason !== 'certificateHold') return { revocation };
  // §4.2.2.1. Limit: without nextUpdate a response is good for a day, so that it cannot be replayed for ever.
  const stale = staleness(single, tolerance, DAY);
  if (stale !== null) return new TlsError('ERR_CERT_OCSP_EXPIRED', { detail: stale });
  if (status === 'unknown') return new TlsError('ERR_CERT_OCSP_UNKNOWN', { detail: certificate.subject.name });
  return { revocation };
}

const DAY = 86_400;

/** §4.1.1: CertID names a certificate by hashes of its issuer's name and key, and by its serial number. */
function isAbout(
  single: SingleResponse,
  certificate: Certificate,
  issuer: Certificate,
  crypto: CryptoProvider,
): boolean {
  const { hash, issuerNameHash, issuerKeyHash, serial } = single;
  // The serial number first: hashes are made for the few that have it.
  if (hash === null || !sameBytes(serial, certificate.serial)) return false;
  return (
    sameBytes(issuerNameHash, digest(crypto, hash, certificate.issuer.der)) &&
    sameBytes(issuerKeyHash, digest(crypto, hash, keyBits(issuer)))
  );
}

/** §4.2.2.2: signed by the issuer itself, or by whom the issuer has given a certificate for that purpose. */
function checkResponder(response: OcspResponse, issuer: Certificate, context: OcspContext): void {
  const refusals: TlsError[] = [];
  for (const responder of candidates(response, issuer, context.crypto)) {
    try {
      if (responder !== issuer) checkDelegation(responder, issuer, context);
      return checkSignature(response, responder, context);
    } catch (error) {
      if (!(error instanceof TlsError) || error.code === 'ERR_CERT_BUDGET') throw error;
      refusals.push(error);
    }
  }
  throw refusals[0] ?? new TlsError('ERR_CERT_OCSP_RESPONDER', { detail: responderText(response) });
}

/** The issuer and the certificates in the response, as far as the ResponderID names them. */
function candidates(response: OcspResponse, issuer: Certificate, crypto: CryptoProvider): readonly Certificate[] {
  const { responder, certificates } = response;
  const known = [issuer, ...certificates.slice(0, MAX_CERTIFICATES).flatMap(decodedOrNone)];
  return known.filter((certificate) =>
    'name' in responder
      ? responder.name.key === certificate.subject.key
      : sameBytes(responder.keyHash, digest(crypto, 'sha1', keyBits(certificate))),
  );
}

/** Limit: a responder needs one certificate; a few more do no harm. */
const MAX_CERTIFICATES = 4;

function checkDelegation(responder: Certificate, issuer: Certificate, context: OcspContext): void {
  const { extensions, publicKey, validity, subject } = responder;
  const refuse = (why: string): never => fail('ERR_CERT_OCSP_RESPONDER', `${subject.name}: ${why}`);
  // §4.2.2.2: issued directly by the issuer, for this purpose and no other's sake: anyExtendedKeyUsage is not enough.
  if (responder.issuer.key !== issuer.subject.key) refuse(`issued by ${responder.issuer.name}`);
  if (extensions.extendedKeyUsage?.includes(PURPOSE_OID.ocspSigning) !== true) refuse('not for OCSP signing');
  if (extensions.keyUsage?.includes('digitalSignature') === false) refuse('its keyUsage does not allow signatures');
  // RFC 5280 §6.1.3: what holds for every certificate.
  const time = context.tolerance.time.getTime();
  if (time < validity.notBefore.getTime() || time >= validity.notAfter.getTime() + 1000)
    refuse('not valid at the time');
  if (extensions.unknownCritical.length > 0) refuse(`critical: ${extensions.unknownCritical.join(', ')}`);
  if (publicKey === null) return refuse('a key that is not supported');
  if (publicKey.kind === 'rsa' && publicKey.modulus.length < MIN_RSA_BYTES) refuse('its key is too small');

  const { signatureAlgorithm, signature, tbs } = responder;
  if (signatureAlgorithm === null || issuer.publicKey === null) return refuse('a signature that is not supported');
  context.account.signature();
  // §4.2.2.2: with the key that signed the certificate in question.
  if (!context.crypto.verify(signatureAlgorithm, issuer.publicKey, tbs, signature)) refuse('its signature is wrong');
  // §4.2.2.2.1: nocheck trusts it for its lifetime; otherwise what is at hand may tell.
  if (!extensions.ocspNoCheck && context.isRevoked(responder, issuer)) refuse('it is revoked');
}

const MIN_RSA_BYTES = 256;

/** §3.2 (2). */
function checkSignature(response: OcspResponse, responder: Certificate, { crypto, account }: OcspContext): void {
  const { signatureAlgorithm, signatureOid, tbs, signature } = response;
  if (signatureAlgorithm === null) return fail('ERR_CERT_OCSP_SIGNATURE', `not supported: ${signatureOid}`);
  if (responder.publicKey === null) return fail('ERR_CERT_OCSP_SIGNATURE', 'a key that is not supported');
  account.signature();
  if (!crypto.verify(signatureAlgorithm, responder.publicKey, tbs, signature)) {
    fail('ERR_CERT_OCSP_SIGNATURE', responder.subject.name);
  }
}

/** A certificate that does not decode is nobody's. */
function decodedOrNone(der: Uint8Array): readonly Certificate[] {
  try {
    return [decodeCertificate(der)];
  } catch (error) {
    if (error instanceof TlsError) return [];
    throw error;
  }
}

function responderText({ responder }: OcspResponse): string {
  return 'name' in responder ? responder.name.name : 'a key that no certificate at hand has';
}

/** §4.1.1: the bits of the key, without tag, length and unused bits. */
function keyBits(certificate: Certificate): Uint8Array {
  return readSubjectPublicKeyInfo(decodeDer(certificate.subjectPublicKeyInfo)).bits;
}

/** Here a hash is a name, and need not withstand attacks: the signature covers what it names. */
function digest(crypto: CryptoProvider, hash: HashName, bytes: Uint8Array): Uint8Array {
  const context = crypto.hash(hash);
  context.update(bytes);
  return context.digest();
}
