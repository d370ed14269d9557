/**
 * Cipher suites, key exchange groups and signature schemes, with what the protocol needs to know of each.
 *
 * @see RFC 9846 Appendix B.4 (cipher suites), §4.3.7 (groups), §4.3.3 (signature schemes)
 * @module
 */

export type HashName = 'sha256' | 'sha384' | 'sha512';

/** Output length in bytes. */
export const HASH_LENGTH: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };

export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305' | 'aes-128-ccm' | 'aes-128-ccm-8';

export interface AeadParameters {
  /** Bytes of the key. */
  readonly keyLength: number;
  /** Bytes of the tag. */
  readonly tagLength: number;
  /** How many records of full size one key may protect (§5.5). */
  readonly recordLimit: number;
}

// §5.5: 2^24.5 full-size records keep the advantage of an attacker below 2^-57.
const GCM_RECORD_LIMIT = 23_726_566;

// §5.5 is silent on CCM. RFC 9001 Appendix B.2 bounds the advantage by (blocks of all records)^2 / 2^128; a full record
// takes 2,053 blocks, so that 2^23 records stay below 2^-59.
const CCM_RECORD_LIMIT = 8_388_608;

/** All have nonces of 12 bytes (§5.3). */
export const AEAD_PARAMETERS: Readonly<Record<AeadName, AeadParameters>> = {
  'aes-128-gcm': { keyLength: 16, tagLength: 16, recordLimit: GCM_RECORD_LIMIT },
  'aes-256-gcm': { keyLength: 32, tagLength: 16, recordLimit: GCM_RECORD_LIMIT },
  // §5.5: the sequence number would wrap first; bounded by what a double counts exactly.
  'chacha20-poly1305': { keyLength: 32, tagLength: 16, recordLimit: Number.MAX_SAFE_INTEGER },
  'aes-128-ccm': { keyLength: 16, tagLength: 16, recordLimit: CCM_RECORD_LIMIT },
  // RFC 6655 §6.1: the same with half a tag. A forgery that fails ends the connection: there is one try.
  'aes-128-ccm-8': { keyLength: 16, tagLength: 8, recordLimit: CCM_RECORD_LIMIT },
};

/** A TLS 1.3 cipher suite. */
export interface CipherSuite13 {
  readonly name:
    | 'TLS_AES_128_GCM_SHA256'
    | 'TLS_AES_256_GCM_SHA384'
    | 'TLS_CHACHA20_POLY1305_SHA256'
    | 'TLS_AES_128_CCM_SHA256'
    | 'TLS_AES_128_CCM_8_SHA256';
  readonly code: number;
  readonly version: 'TLS 1.3';
  readonly aead: AeadName;
  readonly hash: 'sha256' | 'sha384';
  /** Used where the config names no suites; the others only when listed by name. */
  readonly byDefault: boolean;
}

export type CipherSuite = CipherSuite13;
export type CipherSuiteName = CipherSuite['name'];

const suite13 = (
  name: CipherSuite13['name'],
  code: number,
  aead: AeadName,
  hash: CipherSuite13['hash'],
  byDefault: boolean,
): CipherSuite13 => ({ name, code, version: 'TLS 1.3', aead, hash, byDefault });

export const CIPHER_SUITES: readonly CipherSuite[] = [
  suite13('TLS_AES_128_GCM_SHA256', 0x1301, 'aes-128-gcm', 'sha256', true),
  suite13('TLS_AES_256_GCM_SHA384', 0x1302, 'aes-256-gcm', 'sha384', true),
  suite13('TLS_CHACHA20_POLY1305_SHA256', 0x1303, 'chacha20-poly1305', 'sha256', true),
  suite13('TLS_AES_128_CCM_SHA256', 0x1304, 'aes-128-ccm', 'sha256', false),
  suite13('TLS_AES_128_CCM_8_SHA256', 0x1305, 'aes-128-ccm-8', 'sha256', false),
];

export type CurveName = 'secp256r1' | 'secp384r1' | 'secp521r1';

/** ECDHE with ML-KEM, both of whose secrets go into the key schedule. */
export type HybridGroupName = 'X25519MLKEM768' | 'SecP256r1MLKEM768' | 'SecP384r1MLKEM1024';

export type GroupName = CurveName | 'x25519' | 'x448' | HybridGroupName;

/**
 * A key exchange group. The lengths are those of KeyShareEntry.key_exchange in bytes, by sender: §4.3.8.2, for the hybrids
 * draft-ietf-tls-ecdhe-mlkem §4.1 and §4.2.
 */
export interface NamedGroup {
  readonly name: GroupName;
  readonly code: number;
  readonly clientShareLength: number;
  readonly serverShareLength: number;
  /** Has a post-quantum part, which keeps what is recorded today secret tomorrow. */
  readonly hybrid: boolean;
  /** Used where the config names no groups; the others only when listed by name. */
  readonly byDefault: boolean;
}

const group = (
  name: GroupName,
  code: number,
  [clientShareLength, serverShareLength]: readonly [number, number],
  { hybrid = false, byDefault = false }: { readonly hybrid?: boolean; readonly byDefault?: boolean },
): NamedGroup => ({ name, code, clientShareLength, serverShareLength, hybrid, byDefault });

/** In the order in which they are preferred by default. */
export const NAMED_GROUPS: readonly NamedGroup[] = [
  group('X25519MLKEM768', 0x11ec, [1216, 1120], { hybrid: true, byDefault: true }),
  group('SecP256r1MLKEM768', 0x11eb, [1249, 1153], { hybrid: true }),
  group('SecP384r1MLKEM1024', 0x11ed, [1665, 1665], { hybrid: true }),
  group('x25519', 0x001d, [32, 32], { byDefault: true }),
  group('x448', 0x001e, [56, 56], {}),
  group('secp256r1', 0x0017, [65, 65], { byDefault: true }),
  group('secp384r1', 0x0018, [97, 97], { byDefault: true }),
  group('secp521r1', 0x0019, [133, 133], { byDefault: true }),
];

/** What a signature is made with, apart from the key. Certificates and TLS schemes both reduce to it. */
export type SignatureAlgorithm =
  | { readonly kind: 'ecdsa'; readonly hash: HashName }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'ed448' }
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName }
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly saltLength: number };

export type SignatureSchemeName =
  | 'ecdsa_secp256r1_sha256'
  | 'ecdsa_secp384r1_sha384'
  | 'ecdsa_secp521r1_sha512'
  | 'ed25519'
  | 'ed448'
  | 'rsa_pss_rsae_sha256'
  | 'rsa_pss_rsae_sha384'
  | 'rsa_pss_rsae_sha512'
  | 'rsa_pss_pss_sha256'
  | 'rsa_pss_pss_sha384'
  | 'rsa_pss_pss_sha512'
  | 'rsa_pkcs1_sha256'
  | 'rsa_pkcs1_sha384'
  | 'rsa_pkcs1_sha512';

/** The kind of certificate key that a scheme needs: the curve is fixed for ECDSA in TLS 1.3, the key's OID for RSA (§4.3.3). */
export type SchemeKey = CurveName | 'ed25519' | 'ed448' | 'rsa' | 'rsa-pss';

export interface SignatureScheme {
  readonly name: SignatureSchemeName;
  readonly code: number;
  readonly key: SchemeKey;
  readonly algorithm: SignatureAlgorithm;
  /** §4.3.3: RSA PKCS#1 v1.5 speaks for certificates only, never for CertificateVerify of TLS 1.3. */
  readonly handshake13: boolean;
}

const scheme = (
  name: SignatureSchemeName,
  code: number,
  key: SchemeKey,
  algorithm: SignatureAlgorithm,
): SignatureScheme => ({ name, code, key, algorithm, handshake13: algorithm.kind !== 'rsa-pkcs1' });

/** In the order in which they are offered and preferred by default. */
export const SIGNATURE_SCHEMES: readonly SignatureScheme[] = [
  scheme('ecdsa_secp256r1_sha256', 0x0403, 'secp256r1', { kind: 'ecdsa', hash: 'sha256' }),
  scheme('ecdsa_secp384r1_sha384', 0x0503, 'secp384r1', { kind: 'ecdsa', hash: 'sha384' }),
  scheme('ecdsa_secp521r1_sha512', 0x0603, 'secp521r1', { kind: 'ecdsa', hash: 'sha512' }),
  scheme('ed25519', 0x0807, 'ed25519', { kind: 'ed25519' }),
  scheme('ed448', 0x0808, 'ed448', { kind: 'ed448' }),
  scheme('rsa_pss_pss_sha256', 0x0809, 'rsa-pss', { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 }),
  scheme('rsa_pss_pss_sha384', 0x080a, 'rsa-pss', { kind: 'rsa-pss', hash: 'sha384', saltLength: 48 }),
  scheme('rsa_pss_pss_sha512', 0x080b, 'rsa-pss', { kind: 'rsa-pss', hash: 'sha512', saltLength: 64 }),
  scheme('rsa_pss_rsae_sha256', 0x0804, 'rsa', { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 }),
  scheme('rsa_pss_rsae_sha384', 0x0805, 'rsa', { kind: 'rsa-pss', hash: 'sha384', saltLength: 48 }),
  scheme('rsa_pss_rsae_sha512', 0x0806, 'rsa', { kind: 'rsa-pss', hash: 'sha512', saltLength: 64 }),
  scheme('rsa_pkcs1_sha256', 0x0401, 'rsa', { kind: 'rsa-pkcs1', hash: 'sha256' }),
  scheme('rsa_pkcs1_sha384', 0x0501, 'rsa', { kind: 'rsa-pkcs1', hash: 'sha384' }),
  scheme('rsa_pkcs1_sha512', 0x0601, 'rsa', { kind: 'rsa-pkcs1', hash: 'sha512' }),
];

/** The entry of a registry table with this code, or null for a code that this library does not implement. */
export function byCode<T extends { readonly code: number }>(table: readonly T[], code: number): T | null {
  return table.find((entry) => entry.code === code) ?? null;
}

/** The entry of a registry table with this name, or null. */
export function byName<T extends { readonly name: string }>(table: readonly T[], name: string): T | null {
  return table.find((entry) => entry.name === name) ?? null;
}
