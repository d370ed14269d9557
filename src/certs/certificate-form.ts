/**
 * What a certificate must be in itself, wherever it stands in a path: what its issuer answers for, and what its key is worth.
 *
 * RFC 5280 asks more of authorities than it asks of those who validate. Rules of that kind are checked where breaking them could
 * deceive, and left out where real authorities break them (docs/certificates.md lists both).
 *
 * @see RFC 5280 §4.1.2, §4.2.1
 * @module
 */
import type { PublicKey } from '../crypto/provider.ts';
import { fail } from '../errors/errors.ts';
import type { Certificate } from './certificate.ts';
import { BROKEN_SIGNATURE_OIDS, EXTENSION_OID } from './oids.ts';

/** Judges what whoever issued the certificate is answerable for. Not for anchors, which are trusted as they are. */
export function checkIssuedForm(certificate: Certificate): void {
  const { serial, issuer, subject, validity } = certificate;
  // §4.1.2.2: positive, and at most twenty octets.
  const negative = ((serial[0] ?? 0) & 0x80) !== 0;
  if (negative || serial.length > 20 || serial.every((byte) => byte === 0)) fail('ERR_CERT_SERIAL', subject.name);
  // §4.1.2.5: through 2049, dates are in UTCTime.
  if (!validity.inUtcTime) fail('ERR_CERT_TIME', `${subject.name}: a GeneralizedTime before 2050`);
  // §4.1.2.4: an issuer has a name.
  if (issuer.key === '') fail('ERR_CERT_EMPTY_NAME', `the issuer of ${subject.name}`);
  checkSubject(certificate);
  checkCriticality(certificate);
  checkSignatureAlgorithm(certificate);
}

/** What holds for every certificate of a path, for anchors too. */
export function checkCommon(certificate: Certificate, time: Date): void {
  const { subject, validity, extensions, publicKey, publicKeyOid } = certificate;
  // §4.1.2.5: both ends belong to the period, to the second.
  const second = Math.floor(time.getTime() / 1000) * 1000;
  const { notBefore, notAfter } = validity;
  if (second < notBefore.getTime()) fail('ERR_CERT_NOT_YET_VALID', `${subject.name}: from ${notBefore.toISOString()}`);
  if (second > notAfter.getTime()) fail('ERR_CERT_EXPIRED', `${subject.name}: until ${notAfter.toISOString()}`);

  // §4.2: what is critical must be understood.
  if (extensions.unknownCritical.length > 0) {
    fail('ERR_CERT_UNKNOWN_CRITICAL_EXTENSION', `${subject.name}: ${extensions.unknownCritical.join(', ')}`);
  }
  // §4.2.1.1, §4.2.1.2, §4.2.2.1: hints, which nobody may be forced to follow.
  for (const name of ['authorityKeyIdentifier', 'subjectKeyIdentifier', 'authorityInfoAccess'] as const) {
    if (extensions.critical.has(EXTENSION_OID[name]))
      fail('ERR_CERT_CRITICALITY', `${subject.name}: ${name} is critical`);
  }
  if (publicKey === null) fail('ERR_CERT_UNSUPPORTED_KEY', `${subject.name}: ${publicKeyOid}`);
  checkKeyStrength(publicKey, subject.name);
}

/** True where the period of validity holds the moment. */
export function isCurrent({ validity }: Certificate, time: Date): boolean {
  return validity.notBefore <= time && time.getTime() < validity.notAfter.getTime() + 1000;
}

function checkSubject({ issuer, subject, extensions }: Certificate): void {
  if (subject.key !== '') return;
  // §4.1.2.6: an authority has a name, since it is the issuer of others.
  if (extensions.basicConstraints?.ca === true || extensions.subjectAltName === null) {
    fail('ERR_CERT_EMPTY_NAME', `the subject of a certificate by ${issuer.name}`);
  }
  // §4.2.1.6: where the subject is empty, who does not understand the other names must not accept the certificate.
  if (!extensions.critical.has(EXTENSION_OID.subjectAltName)) {
    fail('ERR_CERT_CRITICALITY', 'an empty subject, and a subjectAltName that is not critical');
  }
}

function checkCriticality({ subject, extensions }: Certificate): void {
  // §4.2.1.11, §4.2.1.14: what restricts the path is critical.
  for (const name of ['policyConstraints', 'inhibitAnyPolicy'] as const) {
    const oid = EXTENSION_OID[name];
    if (extensions.present.has(oid) && !extensions.critical.has(oid)) {
      fail('ERR_CERT_CRITICALITY', `${subject.name}: ${name} is not critical`);
    }
  }
}

function checkSignatureAlgorithm({ subject, signatureOid, signatureAlgorithm }: Certificate): void {
  // RFC 9846 §4.5.1.3: MD5 must be refused, SHA-1 should be.
  if (BROKEN_SIGNATURE_OIDS.includes(signatureOid)) fail('ERR_CERT_WEAK_SIGNATURE', `${subject.name}: ${signatureOid}`);
  if (signatureAlgorithm === null) fail('ERR_CERT_UNSUPPORTED_SIGNATURE', `${subject.name}: ${signatureOid}`);
}

function checkKeyStrength(key: PublicKey, who: string): void {
  if (key.kind !== 'rsa') return;
  const bits = key.modulus.length * 8 - Math.clz32(key.modulus[0] ?? 0) + 24;
  if (bits < MIN_RSA_BITS) fail('ERR_CERT_WEAK_KEY', `${who}: RSA with ${bits} bits`);
  // FIPS 186-5 A.1.1: the exponent is odd, above 2^16 and below 2^256; 3 is still seen in old roots and is not broken.
  const { exponent } = key;
  const trivial = exponent.length === 1 && (exponent[0] ?? 0) < 3;
  if (trivial || ((exponent[exponent.length - 1] ?? 0) & 1) === 0) fail('ERR_CERT_WEAK_KEY', `${who}: RSA exponent`);
  // Limit: larger ones would only make the verifier work. CA/Browser Forum BR §6.1.5: the length is one of whole octets.
  if (bits > MAX_RSA_BITS || bits % 8 !== 0 || exponent.length > MAX_RSA_EXPONENT_BYTES) {
    fail('ERR_CERT_UNSUPPORTED_KEY', `${who}: RSA with ${bits} bits and an exponent of ${exponent.length} bytes`);
  }
}

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
const MAX_RSA_EXPONENT_BYTES = 4;
