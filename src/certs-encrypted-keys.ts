/**
 * isotls/certs/encrypted-keys: private keys under a passphrase.
 *
 * An entry of its own, since it loads pkijs.
 *
 * @see RFC 5958 §3, RFC 8018 §6.2 (PBES2)
 * @module
 */
export { type PassphraseLimits, readEncryptedPrivateKey } from './certs/encrypted-keys.ts';
export type { PrivateKey } from './crypto/provider.ts';
export { TlsConfigError } from './errors/errors.ts';
