/**
 * The default provider: all cryptography in JavaScript, on the noble libraries, in every runtime.
 *
 * It draws no randomness of its own, keeps nothing between calls but tables of the curves' base points, and knows no
 * hardware: hence ChaCha20 before AES.
 *
 * @see RFC 9846 §9.1 (mandatory cipher suites), Appendix C.1 (random numbers)
 * @module
 */
import { NAMED_GROUPS } from '../../params/algorithms.ts';
import { createChaCha20Poly1305 } from '../aead/chacha20-poly1305.ts';
import { isLittleEndian } from '../aead/stage.ts';
import type { CryptoProvider } from '../provider.ts';
import { aeadContext } from './aead.ts';
import { cbcContext } from './cbc.ts';
import { hashContext, hmacOf } from './hash.ts';
import { keyExchangeOf } from './key-exchange.ts';
import { decryptRsaRaw, encryptRsa } from './rsa-encryption.ts';
import { makeSignature, publicKeyOf, verifySignature } from './signature.ts';

export const nobleProvider: CryptoProvider = {
  name: 'noble',
  prefersChaCha20: true,
  groups: NAMED_GROUPS.map((group) => group.name),
  hash: hashContext,
  hmac: hmacOf,
  // The kernels' words are the machine's own: a big-endian one has noble's.
  aead: (name, key) =>
    name === 'chacha20-poly1305' && isLittleEndian ? createChaCha20Poly1305(key) : aeadContext(name, key),
  cbc: cbcContext,
  keyExchange: keyExchangeOf,
  verify: verifySignature,
  sign: makeSignature,
  rsaDecryptRaw: decryptRsaRaw,
  rsaEncrypt: encryptRsa,
  publicKey: publicKeyOf,
};

/** The same with noble's own AEADs, called once per record: slower, and all of it audited code of the noble libraries. */
export const auditedProvider: CryptoProvider = { ...nobleProvider, name: 'noble-audited', aead: aeadContext };
