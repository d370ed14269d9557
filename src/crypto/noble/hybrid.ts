/**
 * The hybrid groups: an ECDHE group and ML-KEM side by side, secret as long as either of them holds.
 *
 * Shares and secrets are the parts one after the other. Which comes first differs: ML-KEM in X25519MLKEM768, the ECDHE
 * part in the other two. Random bytes are drawn for ML-KEM first in all of them.
 *
 * @see draft-ietf-tls-ecdhe-mlkem §4; FIPS 203 §7 (ML-KEM)
 * @module
 */
import { ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { fail } from '../../errors/errors.ts';
import type { HybridGroupName } from '../../params/algorithms.ts';
import type { KeyExchange, Random } from '../provider.ts';
import { wipe } from '../secret.ts';
import { draw } from './draw.ts';

/** One size of ML-KEM. */
export interface Kem {
  generate(random: Random): KemKey;
  /** Throws TlsError `ERR_TLS_BAD_KEY_SHARE` for a key of the right length whose coefficients are not below the modulus. */
  encapsulate(
    encapsulationKey: Uint8Array,
    random: Random,
  ): {
    readonly ciphertext: Uint8Array;
    readonly secret: Uint8Array;
  };
}

export interface KemKey {
  readonly encapsulationKey: Uint8Array;
  /** Any ciphertext of the right length decapsulates (FIPS 203 §6.3). */
  decapsulate(ciphertext: Uint8Array): Uint8Array;
  wipe(): void;
}

/** The ML-KEM of a group on noble. */
export function nobleKem(name: HybridGroupName): Kem {
  const { kem } = PARTS[name];
  return {
    generate(random) {
      // FIPS 203 Algorithm 19: the seed is d and z.
      const seed = draw(random, SEED_LENGTH);
      const { publicKey, secretKey } = kem.keygen(seed);
      wipe(seed);
      return {
        encapsulationKey: publicKey,
        decapsulate: (ciphertext) => kem.decapsulate(ciphertext, secretKey),
        wipe: () => wipe(secretKey),
      };
    },

    encapsulate(encapsulationKey, random) {
      const message = draw(random, MESSAGE_LENGTH);
      try {
        const { cipherText, sharedSecret } = kem.encapsulate(encapsulationKey, message);
        return { ciphertext: cipherText, secret: sharedSecret };
      } catch {
        // draft §4.2, FIPS 203 §7.2: every coefficient of the key is below the modulus. The length is checked before.
        return fail('ERR_TLS_BAD_KEY_SHARE', 'an ML-KEM encapsulation key that fails the modulus check');
      } finally {
        wipe(message);
      }
    },
  };
}

interface KemParameters {
  readonly kem: typeof ml_kem768;
  /** Bytes of the client's part. */
  readonly encapsulationKeyLength: number;
  /** Bytes of the server's part. */
  readonly ciphertextLength: number;
}

interface Parts extends KemParameters {
  /** Bytes of either side's ECDHE part. */
  readonly classicalLength: number;
  readonly kemFirst: boolean;
}

// FIPS 203 §8, Table 3.
const ML_KEM_768: KemParameters = { kem: ml_kem768, encapsulationKeyLength: 1184, ciphertextLength: 1088 };
const ML_KEM_1024: KemParameters = { kem: ml_kem1024, encapsulationKeyLength: 1568, ciphertextLength: 1568 };

/** draft §4.1: "due to historical reasons" one group has ML-KEM in front. */
const PARTS: Readonly<Record<HybridGroupName, Parts>> = {
  X25519MLKEM768: { ...ML_KEM_768, classicalLength: 32, kemFirst: true },
  SecP256r1MLKEM768: { ...ML_KEM_768, classicalLength: 65, kemFirst: false },
  SecP384r1MLKEM1024: { ...ML_KEM_1024, classicalLength: 97, kemFirst: false },
};

const SEED_LENGTH = 64;
const MESSAGE_LENGTH = 32;

/** The hybrid with this name. `classical` is its ECDHE group, whose refusals of shares are this group's. */
export function hybrid(name: HybridGroupName, classical: KeyExchange, kem: Kem = nobleKem(name)): KeyExchange {
  const { encapsulationKeyLength, ciphertextLength, classicalLength, kemFirst } = PARTS[name];
  return {
    generate(random) {
      const kemKey = kem.generate(random);
      const classicalKey = classical.generate(random);
      return {
        share: inOrder(kemKey.encapsulationKey, classicalKey.share),
        agree(serverShare) {
          // draft §4.2: the length fits.
          checkLength(serverShare, ciphertextLength + classicalLength);
          const { kemPart, classicalPart } = split(serverShare, ciphertextLength);
          const classicalSecret = classicalKey.agree(classicalPart);
          return joinedSecret(kemKey.decapsulate(kemPart), classicalSecret);
        },
        wipe() {
          kemKey.wipe();
          classicalKey.wipe();
        },
      };
    },

    respond(clientShare, random) {
      // draft §4.1: the length fits.
      checkLength(clientShare, encapsulationKeyLength + classicalLength);
      const { kemPart, classicalPart } = split(clientShare, encapsulationKeyLength);
      const { ciphertext, secret: kemSecret } = kem.encapsulate(kemPart, random);
      const { share, secret } = classical.respond(classicalPart, random);
      return { share: inOrder(ciphertext, share), secret: joinedSecret(kemSecret, secret) };
    },
  };

  function split(share: Uint8Array, kemLength: number) {
    const at = kemFirst ? kemLength : share.length - kemLength;
    const [first, second] = [share.subarray(0, at), share.subarray(at)];
    return kemFirst ? { kemPart: first, classicalPart: second } : { kemPart: second, classicalPart: first };
  }

  /** draft §4.3: the secrets stand in the order of the shares. The parts are wiped. */
  function joinedSecret(kemSecret: Uint8Array, classicalSecret: Uint8Array): Uint8Array {
    const both = inOrder(kemSecret, classicalSecret);
    wipe(kemSecret, classicalSecret);
    return both;
  }

  function inOrder(kemPart: Uint8Array, classicalPart: Uint8Array): Uint8Array {
    return kemFirst ? joined(kemPart, classicalPart) : joined(classicalPart, kemPart);
  }
}

function checkLength(share: Uint8Array, length: number): void {
  if (share.length !== length) fail('ERR_TLS_BAD_KEY_SHARE', `${share.length} bytes, not ${length}`);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
