/**
 * Credentials: a certificate chain with its key, and which one of several to show a peer.
 *
 * @see RFC 9846 §4.5.1.2 (Certificate Selection), §4.3.3, §4.3.4
 * @module
 */
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { CryptoProvider, PrivateKey, PublicKey } from '../crypto/provider.ts';
import { fitsKeyExchange, keyOf, schemeFits, schemesFor } from '../crypto/signer.ts';
import { TlsConfigError, TlsError } from '../errors/errors.ts';
import {
  byName,
  type CipherSuite12,
  type HashName,
  NAMED_GROUPS,
  SIGNATURE_SCHEMES,
  type SignatureAlgorithm,
  type SignatureScheme,
  type SignatureSchemeName,
} from '../params/algorithms.ts';
import type { VersionName } from '../params/registries.ts';
import { type Certificate, decodeCertificate, isSelfIssued, sameBytes } from './certificate.ts';
import { copyOf } from './der.ts';
import { encodePublicKey, readPrivateKey } from './keys.ts';
import { matchesCertificate, parseIp } from './name-match.ts';
import { matchesOidFilters } from './oid-filters.ts';
import { decodePem } from './pem.ts';

/** What an endpoint authenticates with. Made by `createCredential` alone; frozen. */
export interface Credential {
  /** DER, leaf first, in the order given. */
  readonly chain: readonly Uint8Array[];
  readonly leaf: Certificate;
  /** Null when the key is elsewhere and `sign` is asked for each signature. */
  readonly key: PrivateKey | null;
  /** Schemes that the key can sign with, most preferred first. */
  readonly schemes: readonly SignatureScheme[];
  /** DER of an OCSP response for the leaf, to be stapled where a peer asks for it; or null. */
  readonly ocspResponse: Uint8Array | null;
  /** Serialized SCTs (RFC 6962 §3.3) for the leaf; empty: none. */
  readonly signedCertificateTimestamps: readonly Uint8Array[];
}

export interface CredentialInput {
  /** PEM with the leaf first and its issuers after it (other blocks are skipped), or DER in that order. */
  readonly certificates: string | readonly Uint8Array[];
  /** PEM or DER, a key already read, or 'external' for one that another program holds. */
  readonly key: string | Uint8Array | PrivateKey | 'external';
  readonly crypto?: CryptoProvider | undefined;
  /** The only schemes to sign with, most preferred first; default: all that the key can do. */
  readonly schemes?: readonly SignatureSchemeName[] | undefined;
  readonly ocspResponse?: Uint8Array | undefined;
  readonly signedCertificateTimestamps?: readonly Uint8Array[] | undefined;
}

/**
 * Reads a chain and its key and checks that they belong together.
 *
 * Throws TlsConfigError: ERR_CONFIG_PEM, ERR_CONFIG_KEY, ERR_CONFIG_KEY_MISMATCH, or ERR_CONFIG for a certificate that does
 * not decode, a key of an unsupported kind or a scheme that the key cannot do.
 */
export function createCredential(input: CredentialInput): Credential {
  const chain = Object.freeze(chainOf(input.certificates));
  const certificates = chain.map(readOwnCertificate);
  const leaf = certificates[0];
  if (leaf === undefined) throw new TlsConfigError('ERR_CONFIG', 'a credential needs at least one certificate');
  if (leaf.publicKey === null) {
    throw new TlsConfigError('ERR_CONFIG', `the key of ${leaf.subject.name} is of a kind that is not supported`);
  }

  const key = privateKeyOf(input.key);
  const publicHalf = key === null ? null : (input.crypto ?? nobleProvider).publicKey(key);
  if (publicHalf !== null && !sameBytes(keyNumbers(publicHalf), keyNumbers(leaf.publicKey))) {
    throw new TlsConfigError('ERR_CONFIG_KEY_MISMATCH', 'the private key does not belong to the leaf certificate');
  }
  const schemes = Object.freeze(ownSchemes(leaf.publicKey, publicHalf, input.schemes));
  const ocspResponse = input.ocspResponse === undefined ? null : copyOf(input.ocspResponse);
  const signedCertificateTimestamps = Object.freeze((input.signedCertificateTimestamps ?? []).map(copyOf));
  const credential = Object.freeze({ chain, leaf, key, schemes, ocspResponse, signedCertificateTimestamps });
  CERTIFICATES.set(credential, certificates);
  return credential;
}

/** True for what `createCredential` has made, and for nothing else. */
export function isCredential(value: unknown): value is Credential {
  return typeof value === 'object' && value !== null && CERTIFICATES.has(value);
}

/** What a peer has said about the certificates it can use. */
export interface CredentialQuery {
  /** The role of the side that is choosing. */
  readonly role: 'client' | 'server';
  /** The host name of server_name; null: none was sent. */
  readonly serverName: string | null;
  /** signature_algorithms. */
  readonly schemes: readonly number[];
  /** signature_algorithms_cert; empty: `schemes` count for certificates too (§4.3.3). */
  readonly schemesCert: readonly number[];
  /** Default: TLS 1.3. */
  readonly version?: VersionName | undefined;
  /** TLS 1.2: the key exchanges that the certificate may be for. */
  readonly keyExchanges?: readonly CipherSuite12['keyExchange'][] | undefined;
  /** TLS 1.2, RFC 8422 §5.1.1: supported_groups, which name the curves of certificates too; null: any. */
  readonly groups?: readonly number[] | null | undefined;
  /** DER of each name in certificate_authorities; empty: any. */
  readonly authorities: readonly Uint8Array[];
  /** oid_filters (§4.3.5), both parts DER; absent: none. */
  readonly oidFilters?: readonly { readonly oid: Uint8Array; readonly values: Uint8Array }[] | undefined;
}

/**
 * Chooses a credential and the scheme to sign with, or null when none can be used.
 *
 * Of those that can sign for the peer it prefers, in this order: a leaf for the name asked for; a chain signed with schemes
 * that the peer lists; a chain from an authority that the peer lists; the earlier in `credentials`.
 */
export function chooseCredential(
  credentials: readonly Credential[],
  query: CredentialQuery,
): { readonly credential: Credential; readonly scheme: SignatureScheme | null } | null {
  let best: { readonly credential: Credential; readonly rank: number } | null = null;
  for (const credential of credentials) {
    if (!isUsable(credential, query)) continue;
    const rank = rankOf(credential, query);
    if (best === null || rank > best.rank) best = { credential, rank };
  }
  if (best === null) return null;
  const { credential } = best;
  const scheme = query.version === 'TLS 1.2' ? schemeFor12(credential, query.schemes) : schemeFor13(credential, query);
  return { credential, scheme };
}

/** The scheme to sign a handshake of TLS 1.2 with, those made for the key's curve first; null: none that the peer lists. */
export function schemeFor12(credential: Credential, offered: readonly number[]): SignatureScheme | null {
  const { publicKey } = credential.leaf;
  if (publicKey === null) return null;
  // A credential that names its schemes keeps to them.
  const restricted = credential.schemes.length < schemesFor(publicKey).length;
  const others = restricted ? [] : SIGNATURE_SCHEMES.filter((scheme) => schemeFits(scheme, publicKey, 'TLS 1.2'));
  return [...credential.schemes, ...others].find(({ code }) => offered.includes(code)) ?? null;
}

/** RFC 5246 §7.4.2: whether key, keyUsage and schemes of a credential go with a key exchange of TLS 1.2. */
export function servesKeyExchange(
  credential: Credential,
  keyExchange: CipherSuite12['keyExchange'],
  offered: readonly number[],
): boolean {
  const { publicKey, extensions } = credential.leaf;
  if (publicKey === null || !fitsKeyExchange(publicKey, keyExchange)) return false;
  const needed = keyExchange === 'rsa' ? 'keyEncipherment' : 'digitalSignature';
  if (extensions.keyUsage !== null && !extensions.keyUsage.includes(needed)) return false;
  return keyExchange === 'rsa' || schemeFor12(credential, offered) !== null;
}

/** The decoded chain of each credential, which is also the proof that `createCredential` made it. */
const CERTIFICATES = new WeakMap<object, readonly Certificate[]>();

function isUsable(credential: Credential, query: CredentialQuery): boolean {
  // §4.3.4: a client without a chain to a listed authority sends no certificate.
  if (query.role === 'client' && !fromListedAuthority(credential, query.authorities)) return false;
  // §4.3.5: of the extensions that are understood, all values asked for are there.
  if (query.role === 'client' && !matchesOidFilters(credential.leaf, query.oidFilters ?? [])) return false;
  if (query.version === 'TLS 1.2') return isUsable12(credential, query);
  const { keyUsage } = credential.leaf.extensions;
  // §4.5.1.2: with keyUsage, digitalSignature must be set.
  if (keyUsage !== null && !keyUsage.includes('digitalSignature')) return false;
  return schemeFor13(credential, query) !== null;
}

/** §4.5.1.2: the key can sign with a scheme that the peer lists. */
function schemeFor13(credential: Credential, query: CredentialQuery): SignatureScheme | null {
  const { publicKey } = credential.leaf;
  const usable = credential.schemes.find(
    (scheme) =>
      scheme.handshake13 &&
      query.schemes.includes(scheme.code) &&
      publicKey !== null &&
      schemeFits(scheme, publicKey, 'TLS 1.3'),
  );
  return usable ?? null;
}

function isUsable12(credential: Credential, { keyExchanges = [], groups = null, schemes }: CredentialQuery): boolean {
  const { publicKey } = credential.leaf;
  // RFC 8422 §5.1.1: the curve of the certificate is one that the client lists.
  const curve = publicKey?.kind === 'ec' ? byName(NAMED_GROUPS, publicKey.curve) : null;
  if (curve !== null && groups !== null && !groups.includes(curve.code)) return false;
  return keyExchanges.some((keyExchange) => servesKeyExchange(credential, keyExchange, schemes));
}

function rankOf(credential: Credential, query: CredentialQuery): number {
  const named = query.serverName !== null && isFor(credential.leaf, query.serverName);
  const schemes = query.schemesCert.length > 0 ? query.schemesCert : query.schemes;
  // §4.5.1.2: a chain that the peer can verify, if there is one; else any chain.
  const verifiable = certificatesOf(credential).every((_, index, chain) => isVerifiable(chain, index, schemes));
  return (named ? 4 : 0) + (verifiable ? 2 : 0) + (fromListedAuthority(credential, query.authorities) ? 1 : 0);
}

function isFor(leaf: Certificate, name: string): boolean {
  return matchesCertificate(leaf, parseIp(name) === null ? { dns: name } : { ip: name });
}

/** True if the signature on one certificate of a chain is of a kind that the peer lists. */
function isVerifiable(chain: readonly Certificate[], index: number, schemes: readonly number[]): boolean {
  const certificate = chain[index];
  // §4.5.1.2: self-signed certificates are not validated, so that any algorithm will do.
  if (certificate === undefined || isSelfIssued(certificate)) return true;
  const algorithm = certificate.signatureAlgorithm;
  if (algorithm === null) return false;

  // §4.3.3: the scheme names the issuer's kind of key as well. The issuer of the last one may not be at hand.
  const issuerKey = chain[index + 1]?.publicKey ?? null;
  return SIGNATURE_SCHEMES.some(
    (scheme) =>
      schemes.includes(scheme.code) &&
      scheme.algorithm.kind === algorithm.kind &&
      hashOf(scheme.algorithm) === hashOf(algorithm) &&
      (issuerKey === null || scheme.key === keyOf(issuerKey)),
  );
}

/** Null for EdDSA, whose hash is part of the algorithm. */
function hashOf(algorithm: SignatureAlgorithm): HashName | null {
  return 'hash' in algorithm ? algorithm.hash : null;
}

/** §4.3.4: some certificate of the chain is issued by a listed authority. */
function fromListedAuthority(credential: Credential, authorities: readonly Uint8Array[]): boolean {
  if (authorities.length === 0) return true;
  return certificatesOf(credential).some(({ issuer }) => authorities.some((name) => sameBytes(name, issuer.der)));
}

function certificatesOf(credential: Credential): readonly Certificate[] {
  return CERTIFICATES.get(credential) ?? credential.chain.map(decodeCertificate);
}

function chainOf(certificates: CredentialInput['certificates']): readonly Uint8Array[] {
  if (typeof certificates !== 'string') return certificates.map(copyOf);
  return decodePem(certificates)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ der }) => der);
}

function readOwnCertificate(der: Uint8Array, index: number): Certificate {
  try {
    return decodeCertificate(der);
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    throw new TlsConfigError('ERR_CONFIG', `certificate ${index} of the chain: ${error.message}`, { cause: error });
  }
}

function privateKeyOf(key: CredentialInput['key']): PrivateKey | null {
  if (key === 'external') return null;
  return typeof key === 'string' || key instanceof Uint8Array ? readPrivateKey(key) : key;
}

/** What has to agree. RSASSA-PSS parameters may stand in one place only; `ownSchemes` keeps to both. */
function keyNumbers(key: PublicKey): Uint8Array {
  return encodePublicKey(key.kind === 'rsa' ? { ...key, pssParameters: undefined } : key);
}

function ownSchemes(
  certified: PublicKey,
  held: PublicKey | null,
  names: CredentialInput['schemes'],
): readonly SignatureScheme[] {
  const heldSchemes = held === null ? null : schemesFor(held);
  const usual = schemesFor(certified).filter((scheme) => heldSchemes === null || heldSchemes.includes(scheme));
  if (names === undefined) return usual;
  return names.map((name) => {
    const scheme = byName(SIGNATURE_SCHEMES, name);
    // SHA-1 is TLS 1.2's alone, and is had by name alone.
    const version = scheme?.byDefault === false ? 'TLS 1.2' : 'TLS 1.3';
    const fits = (key: PublicKey): boolean => scheme !== null && schemeFits(scheme, key, version);
    if (scheme === null || !fits(certified) || !(held === null || fits(held)))
      throw new TlsConfigError('ERR_CONFIG', `the key of this credential cannot do ${name}`);
    return scheme;
  });
}
