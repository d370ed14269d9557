/**
 * What this runtime's node:crypto has: Node 20 lacks ML-KEM, and Deno and Bun more.
 *
 * Nothing is tried before it is wanted: each answer is found once.
 *
 * @module
 */
import * as nodeCrypto from 'node:crypto';

export type Feature = 'ed448' | 'x448' | 'ml-kem-768' | 'ml-kem-1024';

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
    if (feature === 'ed448' || feature === 'x448') {
      nodeCrypto.generateKeyPairSync(feature as 'x448');
      return true;
    }
    // Node 24.7 and later; not a named import, which older ones would refuse to link.
    if (typeof nodeCrypto.encapsulate !== 'function' || typeof nodeCrypto.decapsulate !== 'function') return false;
    nodeCrypto.generateKeyPairSync(feature);
    return true;
  } catch {
    return false;
  }
}
