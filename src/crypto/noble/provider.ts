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
import type { AesKernel } from '../aead/aes.ts';
import { createFastBlocks } from '../aead/aes-fast.ts';
import { createConstantTimeBlocks } from '../aead/aes-pair.ts';
import { createAesCcm } from '../aead/ccm.ts';
import { createChaCha20Poly1305 } from '../aead/chacha20-poly1305.ts';
import { checkKey } from '../aead/checks.ts';
import { createAesGcm, GCM_KERNELS } from '../aead/gcm.ts';
import { isLittleEndian } from '../aead/stage.ts';
import type { Aead, CryptoProvider } from '../provider.ts';
import { aeadContext } from './aead.ts';
import { cbcContext } from './cbc.ts';
import { hashContext, hmacOf } from './hash.ts';
import { keyExchangeOf } from './key-exchange.ts';
import { decryptRsaRaw, encryptRsa } from './rsa-encryption.ts';
import { makeSignature, publicKeyOf, verifySignature } from './signature.ts';

export interface NobleProviderOptions {
  /**
   * How AES-GCM is computed. `constant-time` (default): no table and no branch depends on a secret, at source level. `fast`: with
   * tables, 2 to 3 times as fast on long records; code on the same machine may learn of the key from its caches.
   */
  readonly aes?: AesKernel | undefined;
}

/** The default provider, or one with another AES. */
export function createNobleProvider({ aes = 'constant-time' }: NobleProviderOptions = {}): CryptoProvider {
  return {
    name: aes === 'fast' ? 'noble-fast' : 'noble',
    prefersChaCha20: true,
    groups: NAMED_GROUPS.map((group) => group.name),
    hash: hashContext,
    hmac: hmacOf,
    aead: (name, key) => ownAead(name, key, aes),
    cbc: cbcContext,
    keyExchange: keyExchangeOf,
    verify: verifySignature,
    sign: makeSignature,
    rsaDecryptRaw: decryptRsaRaw,
    rsaEncrypt: encryptRsa,
    publicKey: publicKeyOf,
  };
}

export const nobleProvider: CryptoProvider = /* @__PURE__ */ createNobleProvider();

/** The same with noble's own AEADs, called once per record: slower, and all of it audited code of the noble libraries. */
export const auditedProvider: CryptoProvider = { ...nobleProvider, name: 'noble-audited', aead: aeadContext };

function ownAead(name: AeadName, key: Uint8Array, aes: AesKernel): Aead {
  // The kernels' words are the machine's own: a big-endian one has noble's.
  if (!isLittleEndian) return aeadContext(name, key);
  checkKey(name, key, [AEAD_PARAMETERS[name].keyLength]);
  switch (name) {
    case 'aes-128-gcm':
    case 'aes-256-gcm':
      return createAesGcm(key, GCM_KERNELS[aes]);
    case 'chacha20-poly1305':
      return createChaCha20Poly1305(key);
    default:
      return createAesCcm(
        key,
        AEAD_PARAMETERS[name].tagLength,
        aes === 'fast' ? createFastBlocks : createConstantTimeBlocks,
      );
  }
}
