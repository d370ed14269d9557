/**
 * Cipher suites, key exchange groups and signature schemes, with what the protocol needs to know of each.
 *
 * @see RFC 9846 Appendix B.4 (cipher suites), §4.3.7 (groups), §4.3.3 (signature schemes)
 * @module
 */

export type HashName = 'sha256' | 'sha384' | 'sha512';

/** Output length in bytes. */
export const HASH_LENGTH: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 };

export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';

/** Key length in bytes, and how many records of full size one key may protect (§5.5). */
export const AEAD_PARAMETERS: Readonly<Record<AeadName, { readonly keyLength: number; readonly recordLimit: number }>> =
  {
    // §5.5: 2^24.5 full-size records keep the advantage of an attacker below 2^-57.
    'aes-128-gcm': { keyLength: 16, recordLimit: 23_726_566 },
    'aes-256-gcm': { keyLength: 32, recordLimit: 23_726_566 },
    // §5.5: the sequence number would wrap first; bounded by what a double counts exactly.
    'chacha20-poly1305': { keyLength: 32, recordLimit: Number.MAX_SAFE_INTEGER },
  };

/** A TLS 1.3 cipher suite. All its AEADs have 12-byte nonces and, these three, 16-byte tags. */
export interface CipherSuite13 {
  readonly name: 'TLS_AES_128_GCM_SHA256' | 'TLS_AES_256_GCM_SHA384' | 'TLS_CHACHA20_POLY1305_SHA256';
  readonly code: number;
  readonly version: 'TLS 1.3';
  readonly aead: AeadName;
  readonly hash: 'sha256' | 'sha384';
}

export type CipherSuite = CipherSuite13;
export type CipherSuiteName = CipherSuite['name'];

export const CIPHER_SUITES: readonly CipherSuite[] = [
  { name: 'TLS_AES_128_GCM_SHA256', code: 0x1301, version: 'TLS 1.3', aead: 'aes-128-gcm', hash: 'sha256' },
  { name: 'TLS_AES_256_GCM_SHA384', code: 0x1302, version: 'TLS 1.3', aead: 'aes-256-gcm', hash: 'sha384' },
  { name: 'TLS_CHACHA20_POLY1305_SHA256', code: 0x1303, version: 'TLS 1.3', aead: 'chacha20-poly1305', hash: 'sha256' },
];

export type CurveName = 'secp256r1' | 'secp384r1' | 'secp521r1';

export type GroupName = CurveName | 'x25519' | 'X25519MLKEM768';

/** A key exchange group. The lengths are those of KeyShareEntry.key_exchange in bytes, by sender (§4.3.8.2, RFC 10024). */
export interface NamedGroup {
  readonly name: GroupName;
  readonly code: number;
  readonly clientShareLength: number;
  readonly serverShareLength: number;
}

export const NAMED_GROUPS: readonly NamedGroup[] = [
  { name: 'X25519MLKEM768', code: 0x11ec, clientShareLength: 1216, serverShareLength: 1120 },
  { name: 'x25519', code: 0x001d, clientShareLength: 32, serverShareLength: 32 },
  { name: 'secp256r1', code: 0x0017, clientShareLength: 65, serverShareLength: 65 },
  { name: 'secp384r1', code: 0x0018, clientShareLength: 97, serverShareLength: 97 },
  { name: 'secp521r1', code: 0x0019, clientShareLength: 133, serverShareLength: 133 },
];

/** What a signature is made with, apart from the key. Certificates and TLS schemes both reduce to it. */
export type SignatureAlgorithm =
  | { readonly kind: 'ecdsa'; readonly hash: HashName }
  | { readonly kind: 'ed25519' }
  | { readonly kind: 'rsa-pkcs1'; readonly hash: HashName }
  | { readonly kind: 'rsa-pss'; readonly hash: HashName; readonly saltLength: number };

export type SignatureSchemeName =
  | 'ecdsa_secp256r1_sha256'
  | 'ecdsa_secp384r1_sha384'
  | 'ecdsa_secp521r1_sha512'
  | 'ed25519'
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
export type SchemeKey = CurveName | 'ed25519' | 'rsa' | 'rsa-pss';

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
