/**
 * The rules that one certificate must keep to at its place in a path: as the leaf, as an issuer, and as signed by another.
 *
 * Each check fails with the exact offence. What concerns a path as a whole (names, policies, pins, revocation) is judged when it
 * has reached an anchor, by `checkPath`.
 *
 * @see RFC 5280 §6.1 (path validation), RFC 9846 §4.5.1.2, §4.5.1.3
 * @module
 */
import type { CryptoProvider, PublicKey } from '../crypto/provider.ts';
import { fail } from '../errors/errors.ts';
import type { SignatureAlgorithm } from '../params/algorithms.ts';
import { type Certificate, isSelfIssued } from './certificate.ts';
import { checkCommon, checkIssuedForm } from './certificate-form.ts';
import { checkNameConstraints } from './name-constraints.ts';
import { matchesCertificate, type ReferenceName } from './name-match.ts';
import { ANY_PURPOSE_OID, PURPOSE_OID } from './oids.ts';
import { checkPins } from './pins.ts';
import { checkPolicies } from './policies.ts';
import type { RevocationCheck } from './revocation-check.ts';

/** What a path is validated for. */
export interface PathPolicy {
  readonly time: Date;
  /** Extended key usages that all must be allowed, as object identifiers. */
  readonly purposes: readonly string[];
  /** Null: the name is not checked. */
  readonly name: ReferenceName | null;
  /** Certificate policies of which one must hold; null: only what the certificates themselves require. */
  readonly policies: readonly string[] | null;
  /** SHA-256 of SubjectPublicKeyInfos of which one must be in the path; null: none is asked for. */
  readonly pins: readonly Uint8Array[] | null;
  /** Null: not checked. */
  readonly revocation: RevocationCheck | null;
  readonly crypto: CryptoProvider;
}

/** Where costly work is paid for. Each throws when its budget is used up. */
export interface WorkAccount {
  /** `cost`: in signatures with P-256 or RSA; default 1. */
  signature(cost?: number): void;
  comparison(): void;
}

/** Judges the peer's own certificate. `trusted`: it is itself an anchor, so that nothing about its issuer counts. */
export function checkLeaf(leaf: Certificate, policy: PathPolicy, trusted: boolean): void {
  // RFC 9846 §4.5.1.2: X.509v3.
  if (leaf.version !== 3) fail('ERR_CERT_VERSION', `version ${leaf.version}`);
  if (!trusted) checkIssuedForm(leaf);
  checkCommon(leaf, policy.time);
  if (!trusted) checkEndEntity(leaf, policy);

  const { keyUsage, extendedKeyUsage } = leaf.extensions;
  // §4.2.1.12: what goes with the purpose of TLS. Which of them a handshake needs, it asks for itself (RFC 9846 §4.5.1.2).
  if (isForTls(policy) && keyUsage !== null && !TLS_KEY_USAGES.some((usage) => keyUsage.includes(usage))) {
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
  checkCommon(issuer, policy.time);
  if (issuer.version === 3) checkAuthority(issuer, below, policy);
}

/** Verifies the signature on `certificate` with the key of `issuer`. */
export function checkSignature(
  certificate: Certificate,
  issuer: Certificate,
  crypto: CryptoProvider,
  account: Pick<WorkAccount, 'signature'>,
): void {
  const { signatureAlgorithm, tbs, signature } = certificate;
  if (signatureAlgorithm === null) fail('ERR_CERT_UNSUPPORTED_SIGNATURE', certificate.signatureOid);
  if (issuer.publicKey === null) fail('ERR_CERT_UNSUPPORTED_KEY', issuer.publicKeyOid);
  const fits = isKindOf(signatureAlgorithm, issuer.publicKey);
  if (fits) account.signature(costOf(issuer.publicKey));
  // §6.1.3 (a)(1): the issuer's key verifies what was signed, byte for byte.
  if (!fits || !crypto.verify(signatureAlgorithm, issuer.publicKey, tbs, signature)) {
    fail('ERR_CERT_SIGNATURE', `${certificate.subject.name}, by ${issuer.subject.name}`);
  }
}

/** Judges a path as a whole, leaf first and anchor last: each of its signatures has been verified. */
export function checkPath(path: readonly Certificate[], policy: PathPolicy, account: WorkAccount): void {
  const { time, crypto, policies, pins, revocation } = policy;
  checkNameConstraints(path, account);
  checkPolicies(path, policies);
  if (pins !== null) checkPins(path, pins, crypto);
  revocation?.(path, { time, crypto, account });
}

/** What sets a leaf apart from an authority. */
function checkEndEntity({ subject, extensions }: Certificate, policy: PathPolicy): void {
  const { basicConstraints, keyUsage } = extensions;
  const isAuthority = basicConstraints?.ca === true;
  // CA/Browser Forum BR §7.1.2.7.8: an authority's key is not a server's; who holds one could issue the other.
  if (isAuthority && isForTls(policy)) fail('ERR_CERT_CA_AS_LEAF', subject.name);
  // §4.2.1.9: keyCertSign is an authority's alone.
  if (!isAuthority && keyUsage?.includes('keyCertSign') === true) {
    fail('ERR_CERT_CA_USAGE', `${subject.name} has keyCertSign and is no authority`);
  }
  // §4.2.1.9: so is a path length.
  if (!isAuthority && basicConstraints !== null && basicConstraints.pathLength !== null) {
    fail('ERR_CERT_CA_USAGE', `${subject.name} has a pathLenConstraint and is no authority`);
  }
}

/** What an authority must allow: to be one, to sign certificates, so many below it, for this purpose. */
function checkAuthority(issuer: Certificate, below: readonly Certificate[], policy: PathPolicy): void {
  const { basicConstraints, keyUsage, extendedKeyUsage } = issuer.extensions;
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
}

const TLS_KEY_USAGES = ['digitalSignature', 'keyEncipherment', 'keyAgreement'] as const;

function isForTls({ purposes }: PathPolicy): boolean {
  return purposes.some((oid) => oid === PURPOSE_OID.serverAuth || oid === PURPOSE_OID.clientAuth);
}

/** A key of another kind cannot have made the signature, which need not be tried then. */
function isKindOf(algorithm: SignatureAlgorithm, key: PublicKey): boolean {
  switch (algorithm.kind) {
    case 'ecdsa':
      return key.kind === 'ec';
    case 'rsa-pkcs1':
    case 'rsa-pss':
      return key.kind === 'rsa';
    default:
      return key.kind === algorithm.kind;
  }
}

/** What verifying costs beside P-256, in the slowest provider. */
function costOf(key: PublicKey): number {
  if (key.kind === 'ed448') return 2;
  return key.kind === 'ec' ? CURVE_COST[key.curve] : 1;
}

const CURVE_COST = { secp256r1: 1, secp384r1: 2, secp521r1: 4 } as const;

function presentedNames(leaf: Certificate): string {
  const names = leaf.extensions.subjectAltName;
  if (names === null) return 'no name, since it has no subjectAltName';
  const shown = [...names.dns, ...names.email].map((name) => name.replace(/[^\x21-\x7e]/g, '?').slice(0, 64));
  const addresses = names.ip.length > 0 ? [`${names.ip.length} addresses`] : [];
  const listed = [...shown.slice(0, 8), ...(shown.length > 8 ? ['…'] : []), ...addresses];
  return listed.length > 0 ? listed.join(', ') : 'names of other kinds';
}
