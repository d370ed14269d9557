/**
 * The key exchange groups: X25519, X448 and ECDH on the NIST curves here, and the hybrids made of them in hybrid.ts.
 *
 * Ephemeral private keys are what `random` returns, without any derivation, so that published handshakes can be run again.
 *
 * @see RFC 9846 §4.3.8.2 (ECDHE parameters), §7.4.2 (ECDHE shared secret); RFC 7748 §5, §6
 * @module
 */
import type { MontgomeryECDH } from '@noble/curves/abstract/montgomery.js';
import { x448 as x448Ladder } from '@noble/curves/ed448.js';
import { x25519 as x25519Ladder } from '@noble/curves/ed25519.js';
import { bytesToNumberBE } from '@noble/curves/utils.js';
import { fail, TlsUsageError } from '../../errors/errors.ts';
import type { CurveName, GroupName } from '../../params/algorithms.ts';
import type { KeyExchange, Random } from '../provider.ts';
import { isAllZero, wipe } from '../secret.ts';
import { type NistCurve, nistCurve, x448PublicKey, x25519PublicKey } from './curves.ts';
import { draw } from './draw.ts';
import { hybrid } from './hybrid.ts';

/** Throws TlsUsageError for a group that is not one of these. */
export function keyExchangeOf(group: GroupName): KeyExchange {
  const exchange: KeyExchange | undefined = KEY_EXCHANGES[group];
  if (exchange === undefined) throw new TlsUsageError(`the group ${String(group)} is not supported`);
  return exchange;
}

const X25519 = /* @__PURE__ */ montgomery(x25519Ladder, 32, x25519PublicKey);
const P256 = /* @__PURE__ */ ecdh('secp256r1');
const P384 = /* @__PURE__ */ ecdh('secp384r1');

const KEY_EXCHANGES: Readonly<Record<GroupName, KeyExchange>> = {
  X25519MLKEM768: hybrid('X25519MLKEM768', X25519),
  SecP256r1MLKEM768: hybrid('SecP256r1MLKEM768', P256),
  SecP384r1MLKEM1024: hybrid('SecP384r1MLKEM1024', P384),
  x25519: X25519,
  x448: montgomery(x448Ladder, 56, x448PublicKey),
  secp256r1: P256,
  secp384r1: P384,
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

/** X25519 or X448: keys, shares and secrets of `length` bytes. */
function montgomery(
  ladder: MontgomeryECDH,
  length: number,
  publicKey: (privateKey: Uint8Array) => Uint8Array,
): KeyExchange {
  return diffieHellman({
    // RFC 7748 §6: that many random bytes; clamping is part of the function.
    privateKey: (random) => draw(random, length),
    publicKey,

    sharedSecret(privateKey, peerShare) {
      // §4.3.8.2: the share is the bytes of RFC 7748's function; every string of that length is a coordinate.
      if (peerShare.length !== length) badShare(`${peerShare.length} bytes, not ${length}`);

      // §7.4.2: a secret of all zero bytes ends the handshake. noble refuses the points of small order, which give it.
      let secret: Uint8Array;
      try {
        secret = ladder.getSharedSecret(privateKey, peerShare);
      } catch {
        return fail('ERR_TLS_WEAK_SHARED_SECRET');
      }
      if (isAllZero(secret)) fail('ERR_TLS_WEAK_SHARED_SECRET');
      return secret;
    },
  });
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

function badShare(detail: string): never {
  return fail('ERR_TLS_BAD_KEY_SHARE', detail);
}
