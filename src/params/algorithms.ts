/**
 * Cipher suites, key exchange groups and signature schemes, with what the protocol needs to know of each.
 *
 * @see RFC 9846 Appendix B.4 (cipher suites), §4.3.7 (groups), §4.3.3 (signature schemes); for the suites of TLS 1.2
 * RFC 5246 §A.5, RFC 5288, RFC 5289, RFC 6655, RFC 7251, RFC 7905, RFC 8422 §6
 * @module
 */

/** All that TLS 1.3, and what TLS 1.2 does by default, hash with. */
export type Sha2Name = 'sha256' | 'sha384' | 'sha512';

/**
 * SHA-1 is here for three things: HMAC of CBC suites, identifiers of OCSP, and the two signature schemes that work only when
 * listed by name. No certificate may be signed with it.
 */
export type HashName = Sha2Name | 'sha1';

/** Output length in bytes. */
export const HASH_LENGTH: Readonly<Record<HashName, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };

export type AeadName =
  | 'aes-128-gcm'
  | 'aes-256-gcm'
  | 'chacha20-poly1305'
  | 'aes-128-ccm'
  | 'aes-128-ccm-8'
  | 'aes-256-ccm'
  | 'aes-256-ccm-8';

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
  'aes-256-ccm': { keyLength: 32, tagLength: 16, recordLimit: CCM_RECORD_LIMIT },
  'aes-256-ccm-8': { keyLength: 32, tagLength: 8, recordLimit: CCM_RECORD_LIMIT },
};

export type CbcName = 'aes-128-cbc' | 'aes-256-cbc';

/** Key lengths in bytes. */
export const CBC_KEY_LENGTH: Readonly<Record<CbcName, number>> = { 'aes-128-cbc': 16, 'aes-256-cbc': 32 };

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

/** How the records of a suite of TLS 1.2 are protected. */
export type Protection12Kind =
  | { readonly kind: 'aead'; readonly aead: AeadName }
  | { readonly kind: 'cbc'; readonly cipher: CbcName; readonly mac: 'sha1' | 'sha256' | 'sha384' };

/** A TLS 1.2 cipher suite, which names the key exchange and the kind of certificate too. */
export interface CipherSuite12 {
  readonly name:
    | `TLS_ECDHE_ECDSA_WITH_${'AES_128_GCM_SHA256' | 'AES_256_GCM_SHA384' | 'CHACHA20_POLY1305_SHA256'}`
    | `TLS_ECDHE_RSA_WITH_${'AES_128_GCM_SHA256' | 'AES_256_GCM_SHA384' | 'CHACHA20_POLY1305_SHA256'}`
    | `TLS_RSA_WITH_${'AES_128_GCM_SHA256' | 'AES_256_GCM_SHA384'}`
    | `TLS_${'ECDHE_ECDSA' | 'RSA'}_WITH_AES_${'128' | '256'}_CCM${'' | '_8'}`
    | `TLS_${'ECDHE_ECDSA' | 'ECDHE_RSA'}_WITH_AES_${'128_CBC_SHA256' | '256_CBC_SHA384'}`
    | `TLS_RSA_WITH_AES_${'128' | '256'}_CBC_SHA256`
    | `TLS_${'ECDHE_ECDSA' | 'ECDHE_RSA' | 'RSA'}_WITH_AES_${'128' | '256'}_CBC_SHA`;
  readonly code: number;
  readonly version: 'TLS 1.2';
  /** RFC 8422 §2: ecdhe_ecdsa goes with the keys of EdDSA as well. */
  readonly keyExchange: 'ecdhe_ecdsa' | 'ecdhe_rsa' | 'rsa';
  readonly protection: Protection12Kind;
  /** Of the PRF and the transcript, not of the MAC. */
  readonly hash: 'sha256' | 'sha384';
  /** Used where the config names no suites; the others only when listed by name. */
  readonly byDefault: boolean;
}

export type CipherSuite = CipherSuite13 | CipherSuite12;
export type CipherSuiteName = CipherSuite['name'];

const suite13 = (
  name: CipherSuite13['name'],
  code: number,
  aead: AeadName,
  hash: CipherSuite13['hash'],
  byDefault: boolean,
): CipherSuite13 => ({ name, code, version: 'TLS 1.3', aead, hash, byDefault });

/** The suites of TLS 1.3, in the order in which they are preferred by default. */
export const CIPHER_SUITES: readonly CipherSuite13[] = [
  suite13('TLS_AES_128_GCM_SHA256', 0x1301, 'aes-128-gcm', 'sha256', true),
  suite13('TLS_AES_256_GCM_SHA384', 0x1302, 'aes-256-gcm', 'sha384', true),
  suite13('TLS_CHACHA20_POLY1305_SHA256', 0x1303, 'chacha20-poly1305', 'sha256', true),
  suite13('TLS_AES_128_CCM_SHA256', 0x1304, 'aes-128-ccm', 'sha256', false),
  suite13('TLS_AES_128_CCM_8_SHA256', 0x1305, 'aes-128-ccm-8', 'sha256', false),
];

const aead12 = (
  name: CipherSuite12['name'],
  code: number,
  keyExchange: CipherSuite12['keyExchange'],
  aead: AeadName,
  hash: CipherSuite12['hash'] = 'sha256',
  byDefault = false,
): CipherSuite12 => ({
  name,
  code,
  version: 'TLS 1.2',
  keyExchange,
  protection: { kind: 'aead', aead },
  hash,
  byDefault,
});

const cbc12 = (
  name: CipherSuite12['name'],
  code: number,
  keyExchange: CipherSuite12['keyExchange'],
  cipher: CbcName,
  mac: 'sha1' | 'sha256' | 'sha384',
): CipherSuite12 => ({
  name,
  code,
  version: 'TLS 1.2',
  keyExchange,
  protection: { kind: 'cbc', cipher, mac },
  // RFC 5246 §5, RFC 5289 §3.1: SHA-256 where the suite does not say more.
  hash: mac === 'sha384' ? 'sha384' : 'sha256',
  byDefault: false,
});

/**
 * The suites of TLS 1.2, in the order in which they are preferred by default: forward secrecy, then AEADs, then AES-128.
 *
 * Static RSA has no forward secrecy and a long history of oracles, as MAC-then-encrypt has; CCM is for small devices.
 */
export const CIPHER_SUITES_12: readonly CipherSuite12[] = [
  aead12('TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 0xc02b, 'ecdhe_ecdsa', 'aes-128-gcm', 'sha256', true),
  aead12('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 0xc02f, 'ecdhe_rsa', 'aes-128-gcm', 'sha256', true),
  aead12('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 0xc02c, 'ecdhe_ecdsa', 'aes-256-gcm', 'sha384', true),
  aead12('TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 0xc030, 'ecdhe_rsa', 'aes-256-gcm', 'sha384', true),
  aead12('TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 0xcca9, 'ecdhe_ecdsa', 'chacha20-poly1305', 'sha256', true),
  aead12('TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 0xcca8, 'ecdhe_rsa', 'chacha20-poly1305', 'sha256', true),
  aead12('TLS_ECDHE_ECDSA_WITH_AES_128_CCM', 0xc0ac, 'ecdhe_ecdsa', 'aes-128-ccm'),
  aead12('TLS_ECDHE_ECDSA_WITH_AES_256_CCM', 0xc0ad, 'ecdhe_ecdsa', 'aes-256-ccm'),
  aead12('TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 0xc0ae, 'ecdhe_ecdsa', 'aes-128-ccm-8'),
  aead12('TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8', 0xc0af, 'ecdhe_ecdsa', 'aes-256-ccm-8'),
  cbc12('TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 0xc023, 'ecdhe_ecdsa', 'aes-128-cbc', 'sha256'),
  cbc12('TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256', 0xc027, 'ecdhe_rsa', 'aes-128-cbc', 'sha256'),
  cbc12('TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384', 0xc024, 'ecdhe_ecdsa', 'aes-256-cbc', 'sha384'),
  cbc12('TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384', 0xc028, 'ecdhe_rsa', 'aes-256-cbc', 'sha384'),
  cbc12('TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 0xc009, 'ecdhe_ecdsa', 'aes-128-cbc', 'sha1'),
  cbc12('TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 0xc013, 'ecdhe_rsa', 'aes-128-cbc', 'sha1'),
  cbc12('TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 0xc00a, 'ecdhe_ecdsa', 'aes-256-cbc', 'sha1'),
  cbc12('TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 0xc014, 'ecdhe_rsa', 'aes-256-cbc', 'sha1'),
  aead12('TLS_RSA_WITH_AES_128_GCM_SHA256', 0x009c, 'rsa', 'aes-128-gcm'),
  aead12('TLS_RSA_WITH_AES_256_GCM_SHA384', 0x009d, 'rsa', 'aes-256-gcm', 'sha384'),
  aead12('TLS_RSA_WITH_AES_128_CCM', 0xc09c, 'rsa', 'aes-128-ccm'),
  aead12('TLS_RSA_WITH_AES_256_CCM', 0xc09d, 'rsa', 'aes-256-ccm'),
  aead12('TLS_RSA_WITH_AES_128_CCM_8', 0xc0a0, 'rsa', 'aes-128-ccm-8'),
  aead12('TLS_RSA_WITH_AES_256_CCM_8', 0xc0a1, 'rsa', 'aes-256-ccm-8'),
  cbc12('TLS_RSA_WITH_AES_128_CBC_SHA256', 0x003c, 'rsa', 'aes-128-cbc', 'sha256'),
  cbc12('TLS_RSA_WITH_AES_256_CBC_SHA256', 0x003d, 'rsa', 'aes-256-cbc', 'sha256'),
  cbc12('TLS_RSA_WITH_AES_128_CBC_SHA', 0x002f, 'rsa', 'aes-128-cbc', 'sha1'),
  cbc12('TLS_RSA_WITH_AES_256_CBC_SHA', 0x0035, 'rsa', 'aes-256-cbc', 'sha1'),
];

/** Both versions. */
export const ALL_CIPHER_SUITES: readonly CipherSuite[] = [...CIPHER_SUITES, ...CIPHER_SUITES_12];

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
  | { readonly kind: 'rsa-pss'; readonly hash: Sha2Name; readonly saltLength: number };

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
  | 'rsa_pkcs1_sha512'
  | 'ecdsa_sha1'
  | 'rsa_pkcs1_sha1';

/**
 * The kind of certificate key that a scheme needs: the curve is fixed for ECDSA in TLS 1.3, the key's OID for RSA (§4.3.3).
 * 'ec' is any curve, which in TLS 1.2 holds for all of ECDSA: `schemeFits` (crypto/signer.ts) knows.
 */
export type SchemeKey = CurveName | 'ec' | 'ed25519' | 'ed448' | 'rsa' | 'rsa-pss';

export interface SignatureScheme {
  readonly name: SignatureSchemeName;
  readonly code: number;
  readonly key: SchemeKey;
  readonly algorithm: SignatureAlgorithm;
  /** §4.3.3: RSA PKCS#1 v1.5 speaks for certificates only, never for CertificateVerify of TLS 1.3. */
  readonly handshake13: boolean;
  /** Used where the config names no schemes; the others only when listed by name. */
  readonly byDefault: boolean;
}

const scheme = (
  name: SignatureSchemeName,
  code: number,
  key: SchemeKey,
  algorithm: SignatureAlgorithm,
): SignatureScheme => ({
  name,
  code,
  key,
  algorithm,
  handshake13: algorithm.kind !== 'rsa-pkcs1' && !isSha1(algorithm),
  // RFC 9155 §2: neither offered nor used.
  byDefault: !isSha1(algorithm),
});

function isSha1(algorithm: SignatureAlgorithm): boolean {
  return 'hash' in algorithm && algorithm.hash === 'sha1';
}

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
  scheme('ecdsa_sha1', 0x0203, 'ec', { kind: 'ecdsa', hash: 'sha1' }),
  scheme('rsa_pkcs1_sha1', 0x0201, 'rsa', { kind: 'rsa-pkcs1', hash: 'sha1' }),
];

/** The entry of a registry table with this code, or null for a code that this library does not implement. */
export function byCode<T extends { readonly code: number }>(table: readonly T[], code: number): T | null {
  return table.find((entry) => entry.code === code) ?? null;
}

/** The entry of a registry table with this name, or null. */
export function byName<T extends { readonly name: string }>(table: readonly T[], name: string): T | null {
  return table.find((entry) => entry.name === name) ?? null;
}
