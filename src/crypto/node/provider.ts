/**
 * The accelerated provider: node:crypto wherever it is the faster one, synchronous calls only, for Node, Deno and Bun.
 *
 * What the runtime lacks is computed by crypto/noble, so that the same groups and schemes work everywhere. Signing, RSA padding
 * and ML-KEM encapsulation draw OpenSSL's randomness; ephemeral keys come from the caller's, as always.
 *
 * @see RFC 9846 §9.1 (mandatory cipher suites), Appendix C.1 (random numbers)
 * @module
 */
import { NAMED_GROUPS } from '../../params/algorithms.ts';
import type { CryptoProvider } from '../provider.ts';
import { aeadContext } from './aead.ts';
import { cbcContext } from './cbc.ts';
import { hashContext, hmacOf } from './hash.ts';
import { keyExchangeOf } from './key-exchange.ts';
import { decryptRsaRaw, encryptRsa } from './rsa-encryption.ts';
import { makeSignature, publicKeyOf, verifySignature } from './signature.ts';

export const nodeProvider: CryptoProvider = {
  name: 'node',
  // OpenSSL uses the processor's AES.
  prefersChaCha20: false,
  groups: NAMED_GROUPS.map((group) => group.name),
  hash: hashContext,
  hmac: hmacOf,
  aead: aeadContext,
  cbc: cbcContext,
  keyExchange: keyExchangeOf,
  verify: verifySignature,
  sign: makeSignature,
  rsaDecryptRaw: decryptRsaRaw,
  rsaEncrypt: encryptRsa,
  publicKey: publicKeyOf,
};
