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
export function hybrid(name: HybridGroupName, classical: KeyExchange): KeyExchange {
  const { kem, encapsulationKeyLength, ciphertextLength, classicalLength, kemFirst } = PARTS[name];
  return {
    generate(random) {
      // FIPS 203 Algorithm 19: the seed is d and z.
      const seed = draw(random, SEED_LENGTH);
      const kemKey = kem.keygen(seed);
      wipe(seed);
      const classicalKey = classical.generate(random);
      return {
        share: inOrder(kemKey.publicKey, classicalKey.share),
        agree(serverShare) {
          // draft §4.2: the length fits. Any ciphertext of this length decapsulates (FIPS 203 §6.3).
          checkLength(serverShare, ciphertextLength + classicalLength);
          const { kemPart, classicalPart } = split(serverShare, ciphertextLength);
          const classicalSecret = classicalKey.agree(classicalPart);
          return joinedSecret(kem.decapsulate(kemPart, kemKey.secretKey), classicalSecret);
        },
        wipe() {
          wipe(kemKey.secretKey);
          classicalKey.wipe();
        },
      };
    },

    respond(clientShare, random) {
      // draft §4.1: the length fits.
      checkLength(clientShare, encapsulationKeyLength + classicalLength);
      const { kemPart, classicalPart } = split(clientShare, encapsulationKeyLength);
      const { cipherText, sharedSecret } = encapsulate(kemPart, random);
      const { share, secret } = classical.respond(classicalPart, random);
      return { share: inOrder(cipherText, share), secret: joinedSecret(sharedSecret, secret) };
    },
  };

  function encapsulate(encapsulationKey: Uint8Array, random: Random) {
    const message = draw(random, MESSAGE_LENGTH);
    try {
      return kem.encapsulate(encapsulationKey, message);
    } catch {
      // draft §4.2, FIPS 203 §7.2: every coefficient of the key is below the modulus. The length is checked before.
      return fail('ERR_TLS_BAD_KEY_SHARE', 'an ML-KEM encapsulation key that fails the modulus check');
    } finally {
      wipe(message);
    }
  }

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
