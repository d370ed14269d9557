/**
 * The default provider: all cryptography in JavaScript, on the noble libraries and kernels of our own, in every runtime.
 *
 * It draws no randomness of its own, keeps nothing between calls but tables of the curves' base points, and knows no
 * hardware: hence ChaCha20 before AES.
 *
 * @see RFC 9846 §9.1 (mandatory cipher suites), Appendix C.1 (random numbers)
 * @module
 */
import { AEAD_PARAMETERS, type AeadName, NAMED_GROUPS } from '../../params/algorithms.ts';
import type { AesBlocks, AesKernel } from '../aead/aes.ts';
import { createFastBlocks } from '../aead/aes-fast.ts';
import { createConstantTimeBlocks } from '../aead/aes-pair.ts';
import { createConstantTimeCbc } from '../aead/cbc.ts';
import { createAesCcm } from '../aead/ccm.ts';
import { createChaCha20Poly1305 } from '../aead/chacha20-poly1305.ts';
import { checkKey } from '../aead/checks.ts';
import { CONSTANT_TIME_GCM, createAesGcm, GCM_KERNELS, type GcmKernel } from '../aead/gcm.ts';
import type { Aead, CryptoProvider } from '../provider.ts';
import { aeadContext } from './aead.ts';
import { cbcContext } from './cbc.ts';
import { hashContext, hmacOf } from './hash.ts';
import { keyExchangeOf } from './key-exchange.ts';
import { decryptRsaRaw, encryptRsa } from './rsa-encryption.ts';
import { makeSignature, publicKeyOf, verifySignature } from './signature.ts';

export interface NobleProviderOptions {
  /**
   * How AES is computed. `constant-time` (default): no table and no branch depends on a secret, at source level. `fast`: with
   * tables, 2 to 3 times as fast on long records; code on the same machine may learn of the key from its caches.
   */
  readonly aes?: AesKernel | undefined;
}

/** The default provider, or one with another AES. */
export function createNobleProvider({ aes = 'constant-time' }: NobleProviderOptions = {}): CryptoProvider {
  return aes === 'fast' ? providerOn('noble-fast', GCM_KERNELS.fast, createFastBlocks, cbcContext) : createDefault();
}

export const nobleProvider: CryptoProvider = /* @__PURE__ */ createDefault();

/** The same with noble's own AEADs, called once per record: slower, and all of it audited code of the noble libraries. */
export const auditedProvider: CryptoProvider = /* @__PURE__ */ createAudited();

/** Apart from the function above, and both of these calls, so that a bundle takes only what it uses. */
function createDefault(): CryptoProvider {
  return providerOn('noble', CONSTANT_TIME_GCM, createConstantTimeBlocks, createConstantTimeCbc);
}

function createAudited(): CryptoProvider {
  return { ...nobleProvider, name: 'noble-audited', aead: aeadContext, cbc: cbcContext };
}

function providerOn(
  name: string,
  gcm: GcmKernel,
  createBlocks: (key: Uint8Array) => AesBlocks,
  cbc: CryptoProvider['cbc'],
): CryptoProvider {
  return {
    name,
    prefersChaCha20: true,
    groups: NAMED_GROUPS.map((group) => group.name),
    hash: hashContext,
    hmac: hmacOf,
    aead: (aead, key) => ownAead(aead, key, gcm, createBlocks),
    cbc,
    keyExchange: keyExchangeOf,
    verify: verifySignature,
    sign: makeSignature,
    rsaDecryptRaw: decryptRsaRaw,
    rsaEncrypt: encryptRsa,
    publicKey: publicKeyOf,
  };
}

function ownAead(name: AeadName, key: Uint8Array, gcm: GcmKernel, createBlocks: (key: Uint8Array) => AesBlocks): Aead {
  const { keyLength, tagLength } = AEAD_PARAMETERS[name];
  checkKey(name, key, [keyLength]);
  switch (name) {
    case 'aes-128-gcm':
    case 'aes-256-gcm':
      return createAesGcm(key, gcm);
    case 'chacha20-poly1305':
      return createChaCha20Poly1305(key);
    default:
      return createAesCcm(key, tagLength, createBlocks);
  }
}
