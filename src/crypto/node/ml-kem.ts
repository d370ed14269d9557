/**
 * ML-KEM on node:crypto, where the runtime has it (support.ts).
 *
 * Key pairs come from the caller's random bytes; encapsulation draws OpenSSL's own.
 *
 * @see FIPS 203 §7 (ML-KEM), RFC 9935 (its keys in certificates and PKCS#8)
 * @module
 */
import * as nodeCrypto from 'node:crypto';
import { fail } from '../../errors/errors.ts';
import { draw } from '../noble/draw.ts';
import type { Kem } from '../noble/hybrid.ts';
import { wipe } from '../secret.ts';
import { BIT_STRING, INTEGER, OCTET_STRING, OID, SEED, sequence, tagged } from './der.ts';
import { plain } from './hash.ts';

export type KemName = 'ml-kem-768' | 'ml-kem-1024';

/** The last part of the OID 2.16.840.1.101.3.4.4.n, and the bytes of an encapsulation key. */
const PARAMETERS: Readonly<Record<KemName, { readonly oid: number; readonly length: number }>> = {
  'ml-kem-768': { oid: 2, length: 1184 },
  'ml-kem-1024': { oid: 3, length: 1568 },
};

/** FIPS 203 Algorithm 19: d and z. */
const SEED_LENGTH = 64;
const ZERO = Uint8Array.of(0);

export function nativeKem(name: KemName): Kem {
  const { oid, length } = PARAMETERS[name];
  const algorithm = sequence(tagged(OID, Uint8Array.of(0x60, 0x86, 0x48, 1, 0x65, 3, 4, 4, oid)));
  return {
    generate(random) {
      const seed = draw(random, SEED_LENGTH);
      const der = sequence(tagged(INTEGER, ZERO), algorithm, tagged(OCTET_STRING, tagged(SEED, seed)));
      const privateKey = nodeCrypto.createPrivateKey({
        key: der,
        format: 'der',
        type: 'pkcs8',
      } as nodeCrypto.PrivateKeyInput);
      wipe(seed, der);
      const spki = nodeCrypto.createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
      return {
        encapsulationKey: plain(spki.subarray(spki.length - length)),
        decapsulate: (ciphertext) => plain(nodeCrypto.decapsulate(privateKey, ciphertext)),
        // Limit: OpenSSL's copy of the key goes with the garbage.
        wipe() {},
      };
    },

    encapsulate(encapsulationKey) {
      const der = sequence(algorithm, tagged(BIT_STRING, ZERO, encapsulationKey));
      try {
        const publicKey = nodeCrypto.createPublicKey({
          key: der,
          format: 'der',
          type: 'spki',
        } as nodeCrypto.PublicKeyInput);
        const { ciphertext, sharedKey } = nodeCrypto.encapsulate(publicKey);
        return { ciphertext: plain(ciphertext), secret: plain(sharedKey) };
      } catch {
        // FIPS 203 §7.2: every coefficient of the key is below the modulus. The length is checked before.
        return fail('ERR_TLS_BAD_KEY_SHARE', 'an ML-KEM encapsulation key that fails the modulus check');
      }
    },
  };
}
