/**
 * The key exchange groups: X25519, ECDH on the NIST curves, and the hybrid X25519MLKEM768.
 *
 * Ephemeral private keys are what `random` returns, without any derivation, so that published handshakes can be run again.
 *
 * @see RFC 9846 §4.3.8.2 (ECDHE parameters), §7.4.2 (ECDHE shared secret); RFC 7748; draft-ietf-tls-ecdhe-mlkem §4; FIPS 203
 * @module
 */
import { x25519 as x25519Ladder } from '@noble/curves/ed25519.js';
import { bytesToNumberBE } from '@noble/curves/utils.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { fail, TlsUsageError } from '../../errors/errors.ts';
import type { CurveName, GroupName } from '../../params/algorithms.ts';
import type { KeyExchange, Random } from '../provider.ts';
import { isAllZero, wipe } from '../secret.ts';
import { type NistCurve, nistCurve, x25519PublicKey } from './curves.ts';
import { draw } from './draw.ts';

/** Throws TlsUsageError for a group that is not one of these. */
export function keyExchangeOf(group: GroupName): KeyExchange {
  const exchange: KeyExchange | undefined = KEY_EXCHANGES[group];
  if (exchange === undefined) throw new TlsUsageError(`the group ${String(group)} is not supported`);
  return exchange;
}

const X25519_LENGTH = 32;

const X25519: KeyExchange = diffieHellman({
  // RFC 7748 §6.1: 32 random bytes; clamping is part of the function.
  privateKey: (random) => draw(random, X25519_LENGTH),
  publicKey: x25519PublicKey,
  sharedSecret: x25519SharedSecret,
});

const KEY_EXCHANGES: Readonly<Record<GroupName, KeyExchange>> = {
  X25519MLKEM768: hybrid(),
  x25519: X25519,
  secp256r1: ecdh('secp256r1'),
  secp384r1: ecdh('secp384r1'),
  secp521r1: ecdh('secp521r1'),
};

/** A Diffie-Hellman group: one function gives the share, another the secret, alike for both sides. */
interface DiffieHellman {
  privateKey(random: Random): Uint8Array;
  publicKey(privateKey: Uint8Array): Uint8Array;
  sharedSecret(privateKey: Uint8Array, peerShare: Uint8Array): Uint8Array;
}

function diffieHellman(group: DiffieHellman): KeyExchange {
  return {
    generate(random) {
      const privateKey = group.privateKey(random);
      let wiped = false;
      return {
        share: group.publicKey(privateKey),
        agree(peerShare) {
          // A wiped key is a known key.
          if (wiped) throw new TlsUsageError('the ephemeral key was wiped');
          return group.sharedSecret(privateKey, peerShare);
        },
        wipe() {
          wipe(privateKey);
          wiped = true;
        },
      };
    },

    respond(clientShare, random) {
      const privateKey = group.privateKey(random);
      try {
        const secret = group.sharedSecret(privateKey, clientShare);
        return { share: group.publicKey(privateKey), secret };
      } finally {
        wipe(privateKey);
      }
    },
  };
}

function x25519SharedSecret(privateKey: Uint8Array, peerShare: Uint8Array): Uint8Array {
  // §4.3.8.2: the share is the 32 bytes of RFC 7748's function; every such string is a coordinate.
  if (peerShare.length !== X25519_LENGTH) badShare(`${peerShare.length} bytes, not ${X25519_LENGTH}`);

  // §7.4.2: a secret of all zero bytes ends the handshake. noble refuses the points of small order, which give it.
  let secret: Uint8Array;
  try {
    secret = x25519Ladder.getSharedSecret(privateKey, peerShare);
  } catch {
    return fail('ERR_TLS_WEAK_SHARED_SECRET');
  }
  if (isAllZero(secret)) fail('ERR_TLS_WEAK_SHARED_SECRET');
  return secret;
}

function ecdh(name: CurveName): KeyExchange {
  return diffieHellman({
    privateKey: (random) => randomScalar(nistCurve(name), random),

    publicKey(privateKey) {
      const { Point, multiplySecret } = nistCurve(name);
      return multiplySecret(Point.BASE, bytesToNumberBE(privateKey)).toBytes(false);
    },

    sharedSecret(privateKey, peerShare) {
      const { Point, multiplySecret } = nistCurve(name);
      const peer = decodePoint(name, peerShare);
      // §7.4.2: the x-coordinate alone, with leading zeros, as long as the field. The cofactor is 1: never infinity.
      const product = multiplySecret(peer, bytesToNumberBE(privateKey));
      return Point.Fp.toBytes(product.toAffine().x);
    },
  });
}

/** A peer's UncompressedPointRepresentation as a point of the curve other than infinity. */
function decodePoint(name: CurveName, share: Uint8Array) {
  const { Point, fieldLength } = nistCurve(name);
  // §4.3.8.2: X and Y, each as long as the field, after legacy_form 4. Infinity and compressed points have other lengths.
  const length = 1 + 2 * fieldLength;
  if (share.length !== length) badShare(`${share.length} bytes, not ${length}`);
  if (share[0] !== 4) badShare('not an uncompressed point');

  // §4.3.8.2: the coordinates are in range and fulfil the equation of the curve. noble checks both.
  try {
    return Point.fromBytes(share);
  } catch {
    return badShare('not a point of the curve');
  }
}

/**
 * A scalar in 1 … n - 1 without bias: FIPS 186-5 A.2.2 (rejection sampling), without its shift by one, so that a published
 * private key can be given through `random`.
 */
function randomScalar({ Point, fieldLength, orderBits }: NistCurve, random: Random): Uint8Array {
  const excess = 8 * fieldLength - orderBits;
  for (let attempt = 0; attempt < MAX_DRAWS; attempt++) {
    const candidate = draw(random, fieldLength);
    candidate[0] = (candidate[0] ?? 0) & (0xff >> excess);
    if (Point.Fn.isValidNot0(bytesToNumberBE(candidate))) return candidate;
    wipe(candidate);
  }
  throw new TlsUsageError(`random gave no scalar in ${MAX_DRAWS} draws`);
}

/** A draw fails with probability below 2^-32 (P-256, the worst): a source that fails so often is broken. */
const MAX_DRAWS = 8;

const ENCAPSULATION_KEY_LENGTH = 1184;
const CIPHERTEXT_LENGTH = 1088;
const ML_KEM_SEED_LENGTH = 64;
const ML_KEM_MESSAGE_LENGTH = 32;

/** draft-ietf-tls-ecdhe-mlkem §4: the ML-KEM part comes first, in the shares and in the secret. */
function hybrid(): KeyExchange {
  return {
    generate(random) {
      // FIPS 203 Algorithm 19: the seed is d and z.
      const seed = draw(random, ML_KEM_SEED_LENGTH);
      const kem = ml_kem768.keygen(seed);
      wipe(seed);
      const classical = X25519.generate(random);
      return {
        share: joined(kem.publicKey, classical.share),
        agree(serverShare) {
          // draft §4.2: 1088 bytes of ciphertext and 32 of X25519. Any ciphertext of this length decapsulates (FIPS 203 §6.3).
          const length = CIPHERTEXT_LENGTH + X25519_LENGTH;
          if (serverShare.length !== length) badShare(`${serverShare.length} bytes, not ${length}`);
          const classicalSecret = classical.agree(serverShare.subarray(CIPHERTEXT_LENGTH));
          const kemSecret = ml_kem768.decapsulate(serverShare.subarray(0, CIPHERTEXT_LENGTH), kem.secretKey);
          return joinedSecret(kemSecret, classicalSecret);
        },
        wipe() {
          wipe(kem.secretKey);
          classical.wipe();
        },
      };
    },

    respond(clientShare, random) {
      // draft §4.1: 1184 bytes of encapsulation key and 32 of X25519.
      const length = ENCAPSULATION_KEY_LENGTH + X25519_LENGTH;
      if (clientShare.length !== length) badShare(`${clientShare.length} bytes, not ${length}`);
      const kem = encapsulate(clientShare.subarray(0, ENCAPSULATION_KEY_LENGTH), random);
      const classical = X25519.respond(clientShare.subarray(ENCAPSULATION_KEY_LENGTH), random);
      return {
        share: joined(kem.cipherText, classical.share),
        secret: joinedSecret(kem.sharedSecret, classical.secret),
      };
    },
  };
}

function encapsulate(encapsulationKey: Uint8Array, random: Random) {
  const message = draw(random, ML_KEM_MESSAGE_LENGTH);
  try {
    return ml_kem768.encapsulate(encapsulationKey, message);
  } catch {
    // draft §4.2, FIPS 203 §7.2: every coefficient of the key is below the modulus. The length is checked before.
    return badShare('an ML-KEM encapsulation key that fails the modulus check');
  } finally {
    wipe(message);
  }
}

function badShare(detail: string): never {
  return fail('ERR_TLS_BAD_KEY_SHARE', detail);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** The two secrets in one; the parts are wiped. */
function joinedSecret(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = joined(first, second);
  wipe(first, second);
  return both;
}
