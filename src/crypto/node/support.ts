/**
 * What this runtime's node:crypto has: Node 20 lacks ML-KEM, and Deno and Bun more.
 *
 * Nothing is tried before it is wanted: each answer is found once.
 *
 * @module
 */
import * as nodeCrypto from 'node:crypto';

/** Algorithms by OpenSSL's names, and keys of RFC 8037 (kty OKP) as JWK. */
export type Feature =
  | 'ed448'
  | 'x448'
  | 'secp521r1'
  | 'okp-jwk'
  | 'ml-kem-768'
  | 'ml-kem-1024'
  | 'aes-128-gcm'
  | 'aes-256-gcm'
  | 'chacha20-poly1305'
  | 'aes-128-ccm'
  | 'aes-256-ccm';

const answers = new Map<Feature, boolean>();

export function supports(feature: Feature): boolean {
  let answer = answers.get(feature);
  if (answer === undefined) {
    answer = tryFeature(feature);
    answers.set(feature, answer);
  }
  return answer;
}

function tryFeature(feature: Feature): boolean {
  try {
    switch (feature) {
      case 'ed448':
      case 'x448':
        nodeCrypto.generateKeyPairSync(feature as 'x448');
        return true;
      case 'secp521r1':
        nodeCrypto.createECDH(feature).generateKeys();
        return true;
      case 'okp-jwk': {
        // 32 zeros.
        const key = { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) };
        const spki = nodeCrypto.createPublicKey({ key, format: 'jwk' }).export({ format: 'der', type: 'spki' });
        return spki.length === 44 && spki.subarray(12).every((byte) => byte === 0);
      }
      case 'ml-kem-768':
      case 'ml-kem-1024':
        // Node 24.7 and later; not named imports, which older ones would refuse to link.
        if (typeof nodeCrypto.encapsulate !== 'function' || typeof nodeCrypto.decapsulate !== 'function') return false;
        nodeCrypto.generateKeyPairSync(feature);
        return true;
      default: {
        const key = new Uint8Array(feature.startsWith('aes-128') ? 16 : 32);
        const options = { authTagLength: 16 };
        nodeCrypto.createCipheriv(feature as nodeCrypto.CipherCCMTypes, key, new Uint8Array(12), options);
        return true;
      }
    }
  } catch {
    return false;
  }
}
