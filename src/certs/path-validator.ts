/**
 * The rules that one certificate must keep to at its place in a path: as the leaf, as an issuer, and as signed by another.
 *
 * Each check fails with the exact offence. Limit: name constraints and policies are not evaluated yet, so that an issuer that
 * states any such constraint is refused.
 *
 * @see RFC 5280 §6.1 (path validation), RFC 9846 §4.5.1.2, §4.5.1.3
 * @module
 */
import type { CryptoProvider, PublicKey } from '../crypto/provider.ts';
import { fail } from '../errors/errors.ts';
import { type Certificate, isSelfIssued } from './certificate.ts';
import { matchesCertificate, type ReferenceName } from './name-match.ts';
import { ANY_PURPOSE_OID, BROKEN_SIGNATURE_OIDS, PURPOSE_OID } from './oids.ts';

/** What a path is validated for. */
export interface PathPolicy {
  readonly time: Date;
  /** Extended key usages that all must be allowed, as object identifiers. */
  readonly purposes: readonly string[];
  /** Null: the name is not checked. */
  readonly name: ReferenceName | null;
  readonly crypto: CryptoProvider;
}

/** Judges the peer's own certificate. `trusted`: it is itself an anchor, so that nothing about its signature counts. */
export function checkLeaf(leaf: Certificate, policy: PathPolicy, trusted: boolean): void {
  // RFC 9846 §4.5.1.2: X.509v3.
  if (leaf.version !== 3) fail('ERR_CERT_VERSION', `version ${leaf.version}`);
  if (!trusted) checkIssuedForm(leaf);
  checkCommon(leaf, policy);

  const { keyUsage, extendedKeyUsage } = leaf.extensions;
  // RFC 9846 §4.5.1.2: a TLS key signs, so that digitalSignature must be set where keyUsage is present.
  const forTls = policy.purposes.some((oid) => oid === PURPOSE_OID.serverAuth || oid === PURPOSE_OID.clientAuth);
  if (forTls && keyUsage !== null && !keyUsage.includes('digitalSignature')) {
    fail('ERR_CERT_KEY_USAGE', `${leaf.subject.name}: ${keyUsage.join(', ')}`);
  }
  // §4.2.1.12: the purpose is listed; anyExtendedKeyUsage is not enough for a leaf, as in the Web's rules.
  if (extendedKeyUsage !== null && !policy.purposes.every((oid) => extendedKeyUsage.includes(oid))) {
    fail('ERR_CERT_EXTENDED_KEY_USAGE', leaf.subject.name);
  }
  if (policy.name !== null && !matchesCertificate(leaf, policy.name)) {
    fail('ERR_CERT_NAME_MISMATCH', `asked for ${Object.values(policy.name).join()}; it is for ${presentedNames(leaf)}`);
  }
}

/**
 * Judges an authority at its place. `below`: the certificates from the leaf up to it, itself excluded.
 *
 * An anchor is trusted as a name and a key: its own signature, serial number and version do not count. What it says of itself
 * does: an expired, constrained or non-CA anchor is refused like any other issuer. RFC 5280 leaves that open; this is what
 * an owner of the anchor expects.
 */
export function checkIssuer(
  issuer: Certificate,
  below: readonly Certificate[],
  policy: PathPolicy,
  kind: 'intermediate' | 'anchor',
): void {
  // §6.1.4 (k): no issuer but an anchor is of an older version.
  if (kind === 'intermediate' && issuer.version !== 3)
    fail('ERR_CERT_VERSION', `${issuer.subject.name}: version ${issuer.version}`);
  if (kind === 'intermediate') checkIssuedForm(issuer);
  checkCommon(issuer, policy);
  if (issuer.version === 3) checkAuthority(issuer, below, policy);
}

/** Verifies the signature on `certificate` with the key of `issuer`. */
export function checkSignature(certificate: Certificate, issuer: Certificate, crypto: CryptoProvider): void {
  const { signatureAlgorithm, tbs, signature } = certificate;
  if (signatureAlgorithm === null) fail('ERR_CERT_UNSUPPORTED_SIGNATURE', certificate.signatureOid);
  if (issuer.publicKey === null) fail('ERR_CERT_UNSUPPORTED_KEY', issuer.publicKeyOid);
  // §6.1.3 (a)(1): the issuer's key verifies what was signed, byte for byte.
  if (!crypto.verify(signatureAlgorithm, issuer.publicKey, tbs, signature)) {
    fail('ERR_CERT_SIGNATURE', `${certificate.subject.name}, by ${issuer.subject.name}`);
  }
}

/** What an authority must allow: to be one, to sign certificates, so many below it, for this purpose. */
function checkAuthority(issuer: Certificate, below: readonly Certificate[], policy: PathPolicy): void {
  const { basicConstraints, keyUsage, extendedKeyUsage, nameConstraints } = issuer.extensions;
  const who = issuer.subject.name;
  // §6.1.4 (k): basicConstraints is present and says cA.
  if (basicConstraints?.ca !== true) fail('ERR_CERT_NOT_A_CA', who);
  // §6.1.4 (n): keyCertSign is set where keyUsage is present.
  if (keyUsage !== null && !keyUsage.includes('keyCertSign'))
    fail('ERR_CERT_KEY_USAGE', `${who}: ${keyUsage.join(', ')}`);
  // §6.1.4 (l), (m): self-issued certificates and the leaf are not counted.
  const authorities = below.slice(1).filter((certificate) => !isSelfIssued(certificate)).length;
  if (basicConstraints.pathLength !== null && authorities > basicConstraints.pathLength) {
    fail('ERR_CERT_PATH_LENGTH', `${who} allows ${basicConstraints.pathLength}, there are ${authorities}`);
  }
  // §4.2.1.12: not in RFC 5280's algorithm, but what every TLS stack takes it to mean: an authority is bound by its own list.
  const purposes = extendedKeyUsage?.includes(ANY_PURPOSE_OID) === true ? null : extendedKeyUsage;
  if (purposes !== null && !policy.purposes.every((oid) => purposes.includes(oid))) {
    fail('ERR_CERT_EXTENDED_KEY_USAGE', who);
  }
  // §4.2.1.10. Limit: subtrees are not evaluated yet, so that no name can be said to be within them.
  if (nameConstraints !== null)
    fail('ERR_CERT_NAME_CONSTRAINTS', `${who} has name constraints, which are not supported yet`);
}

/** What whoever issued the certificate is answerable for. */
function checkIssuedForm(certificate: Certificate): void {
  const { serial } = certificate;
  // §4.1.2.2: positive, and at most twenty octets.
  const negative = ((serial[0] ?? 0) & 0x80) !== 0;
  if (negative || serial.length > 20 || serial.every((byte) => byte === 0)) {
    fail('ERR_CERT_SERIAL', certificate.subject.name);
  }
  // RFC 9846 §4.5.1.3: MD5 must be refused, SHA-1 should be.
  if (BROKEN_SIGNATURE_OIDS.includes(certificate.signatureOid)) {
    fail('ERR_CERT_WEAK_SIGNATURE', `${certificate.subject.name}: ${certificate.signatureOid}`);
  }
  if (certificate.signatureAlgorithm === null) {
    fail('ERR_CERT_UNSUPPORTED_SIGNATURE', `${certificate.subject.name}: ${certificate.signatureOid}`);
  }
}

/** What holds for every certificate of a path. */
function checkCommon(certificate: Certificate, { time }: PathPolicy): void {
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
  if (publicKey === null) fail('ERR_CERT_UNSUPPORTED_KEY', `${subject.name}: ${publicKeyOid}`);
  checkKeyStrength(publicKey, subject.name);
}

function checkKeyStrength(key: PublicKey, who: string): void {
  if (key.kind !== 'rsa') return;
  const bits = key.modulus.length * 8 - Math.clz32(key.modulus[0] ?? 0) + 24;
  if (bits < MIN_RSA_BITS) fail('ERR_CERT_WEAK_KEY', `${who}: RSA with ${bits} bits`);
  // FIPS 186-5 A.1.1: the exponent is odd, above 2^16 and below 2^256; 3 is still seen in old roots and is not broken.
  const { exponent } = key;
  const trivial = exponent.length === 1 && (exponent[0] ?? 0) < 3;
  if (trivial || ((exponent[exponent.length - 1] ?? 0) & 1) === 0) fail('ERR_CERT_WEAK_KEY', `${who}: RSA exponent`);
  // Limit: larger ones would only make the verifier work.
  if (bits > MAX_RSA_BITS || exponent.length > MAX_RSA_EXPONENT_BYTES) {
    fail('ERR_CERT_UNSUPPORTED_KEY', `${who}: RSA with ${bits} bits and an exponent of ${exponent.length} bytes`);
  }
}

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
const MAX_RSA_EXPONENT_BYTES = 4;

function presentedNames(leaf: Certificate): string {
  const names = leaf.extensions.subjectAltName;
  if (names === null) return 'no name, since it has no subjectAltName';
  const shown = [...names.dns, ...names.email].map((name) => name.replace(/[^\x21-\x7e]/g, '?').slice(0, 64));
  const addresses = names.ip.length > 0 ? [`${names.ip.length} addresses`] : [];
  const listed = [...shown.slice(0, 8), ...(shown.length > 8 ? ['…'] : []), ...addresses];
  return listed.length > 0 ? listed.join(', ') : 'names of other kinds';
}
