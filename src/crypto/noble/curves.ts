/**
 * noble's curves, bound so that every random byte comes from the caller.
 *
 * noble blinds each multiplication by a secret with bytes of `crypto.getRandomValues`. Here the same formulas run either on
 * bytes of the `Random` in force (`blindedBy`, for signing keys, which live long) or without blinding on noble's
 * fixed-window path of constant operation count (`multiplySecret`, for ephemeral keys, which are used once).
 *
 * @see RFC 7748 (X25519), RFC 8032 (Ed25519), FIPS 186-5 and SP 800-186 (NIST curves)
 * @module
 */
import { normalizeZ, ScalarMultiplier } from '@noble/curves/abstract/curve.js';
import { type EdDSA, type EdwardsPoint, eddsa, edwards } from '@noble/curves/abstract/edwards.js';
import { invertCt } from '@noble/curves/abstract/modular.js';
import {
  type ECDSA,
  ecdsa,
  type WeierstrassPoint,
  type WeierstrassPointCons,
  weierstrass,
} from '@noble/curves/abstract/weierstrass.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { TlsUsageError } from '../../errors/errors.ts';
import type { CurveName, HashName } from '../../params/algorithms.ts';
import type { Random } from '../provider.ts';
import { draw } from './draw.ts';
import { HASHES } from './hash.ts';

/** A NIST curve without any source of randomness. */
export interface NistCurve {
  readonly Point: WeierstrassPointCons<bigint>;
  /** Bytes of a coordinate, which for these curves is also the length of a scalar. */
  readonly fieldLength: number;
  /** Bits of the order. */
  readonly orderBits: number;
  /** [scalar] point, scalar in 1 … n - 1, in a sequence of operations that does not depend on the scalar. */
  multiplySecret(point: WeierstrassPoint<bigint>, scalar: bigint): WeierstrassPoint<bigint>;
}

export function nistCurve(name: CurveName): NistCurve {
  return NIST_CURVES[name]();
}

/** ECDSA on a curve with a hash. Signing draws its blinding from the `Random` of `blindedBy`; verifying draws nothing. */
export function ecdsaOn(curve: CurveName, hash: HashName): ECDSA {
  const made = ecdsaPairs.get(`${curve} ${hash}`);
  if (made !== undefined) return made;

  const { Point } = nistCurve(curve);
  const pair = blindedBy(UNBLINDED, () => ecdsa(Point, HASHES[hash], { lowS: false, randomBytes: blinding }));
  ecdsaPairs.set(`${curve} ${hash}`, pair);
  return pair;
}

/** Ed25519 for signing, whose blinding comes from the `Random` of `blindedBy`. */
export const ed25519Signer: () => EdDSA = once(() => {
  // noble tries its source once, when a curve is made.
  const Point = blindedBy(UNBLINDED, () => edwards(ed25519.Point.CURVE(), { randomBytes: blinding }));
  return eddsa(Point, HASHES.sha512, { adjustScalarBytes, zip215: false, randomBytes: blinding });
});

/** Runs `work` with noble's blinding bytes taken from `random`. */
export function blindedBy<T>(random: Random, work: () => T): T {
  const outer = source;
  source = random;
  try {
    return work();
  } finally {
    source = outer;
  }
}

/** For keys that are multiplied once, at set-up: the blind is constant, which costs nothing and hides nothing. */
export const UNBLINDED: Random = (length) => new Uint8Array(length);

/** The X25519 public key of 32 bytes: RFC 7748 §6.1's X25519(k, 9), on the Edwards form, whose base point has tables. */
export function x25519PublicKey(privateKey: Uint8Array): Uint8Array {
  const { Point } = ed25519;
  // RFC 7748 §5: decodeScalar25519. The base point has prime order, so the scalar may be reduced by it.
  const scalar = bytesToNumberLE(adjustScalarBytes(Uint8Array.from(privateKey))) % Point.Fn.ORDER;
  // A clamped scalar is 8 times a number below the order: never zero modulo it.
  const { Y, Z } = edwardsMultiplier().mulCT(Point.BASE, scalar, normalizeEdwards).p as EdwardsPoint;
  // RFC 7748 §4.1: u = (1 + y) / (1 - y).
  const { Fp } = Point;
  return numberToBytesLE(Fp.mul(Fp.add(Z, Y), invertCt(Fp.sub(Z, Y), Fp.ORDER)), 32);
}

let source: Random | null = null;

/** noble's source of blinding bytes. Throws outside of `blindedBy`, so that nothing secret runs without it by oversight. */
function blinding(length = 32): Uint8Array<ArrayBuffer> {
  if (source === null) throw new TlsUsageError('a secret multiplication outside of blindedBy');
  return draw(source, length);
}

const NIST_CURVES: Readonly<Record<CurveName, () => NistCurve>> = {
  secp256r1: once(() => nistCurveOf(p256)),
  secp384r1: once(() => nistCurveOf(p384)),
  secp521r1: once(() => nistCurveOf(p521)),
};

const ecdsaPairs = new Map<`${CurveName} ${HashName}`, ECDSA>();

const edwardsMultiplier = once(() => new ScalarMultiplier(ed25519.Point));

/** Tables with Z = 1, as noble keeps its own. */
const normalizeEdwards = (points: EdwardsPoint[]): EdwardsPoint[] => normalizeZ(ed25519.Point, points);

function nistCurveOf({ Point: { CURVE } }: ECDSA): NistCurve {
  const parameters = CURVE();
  // noble tries its source once, when a curve is made.
  const Point = blindedBy(UNBLINDED, () => weierstrass(parameters, { randomBytes: blinding }));
  const multiplier = new ScalarMultiplier(Point);
  const normalize = (points: WeierstrassPoint<bigint>[]) => normalizeZ(Point, points);
  return {
    Point,
    fieldLength: Point.Fp.BYTES,
    orderBits: Point.Fn.BITS,
    multiplySecret: (point, scalar) => multiplier.mulCT(point, scalar, normalize).p as WeierstrassPoint<bigint>,
  };
}

/** RFC 7748 §5, RFC 8032 §5.1.5: clears the three lowest bits and the highest, sets the second highest. In place. */
function adjustScalarBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const first = bytes[0] ?? 0;
  const last = bytes[31] ?? 0;
  bytes[0] = first & 248;
  bytes[31] = (last & 127) | 64;
  return bytes as Uint8Array<ArrayBuffer>;
}

/** Makes a value at its first use: curves cost time to build, and a connection needs few of them. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
