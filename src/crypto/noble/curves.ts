/**
 * noble's curves, bound so that every random byte comes from the caller.
 *
 * noble blinds each multiplication by a secret with bytes of `crypto.getRandomValues`. Here the same formulas run either on
 * bytes of the `Random` in force (`blindedBy`, for signing keys, which live long) or without blinding on noble's
 * fixed-window path of constant operation count (`multiplySecret`, for ephemeral keys, which are used once).
 *
 * @see RFC 7748 (X25519, X448), RFC 8032 (Ed25519, Ed448), FIPS 186-5 and SP 800-186 (NIST curves)
 * @module
 */
import { normalizeZ, ScalarMultiplier } from '@noble/curves/abstract/curve.js';
import {
  type EdDSA,
  type EdwardsPoint,
  type EdwardsPointCons,
  eddsa,
  edwards,
} from '@noble/curves/abstract/edwards.js';
import { invertCt } from '@noble/curves/abstract/modular.js';
import {
  type ECDSA,
  ecdsa,
  type WeierstrassPoint,
  type WeierstrassPointCons,
  weierstrass,
} from '@noble/curves/abstract/weierstrass.js';
import { ed448 } from '@noble/curves/ed448.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { shake256 } from '@noble/hashes/sha3.js';
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
export const ed25519Signer: () => EdDSA = /* @__PURE__ */ once(() => {
  // noble tries its source once, when a curve is made.
  const Point = blindedBy(UNBLINDED, () => edwards(ed25519.Point.CURVE(), { randomBytes: blinding }));
  return eddsa(Point, HASHES.sha512, { adjustScalarBytes: clamp25519, zip215: false, randomBytes: blinding });
});

/** Ed448 for signing, likewise. */
export const ed448Signer: () => EdDSA = /* @__PURE__ */ once(() => {
  const { Fp, Fn, CURVE } = ed448.Point;
  const Point = blindedBy(UNBLINDED, () => edwards(CURVE(), { Fp, Fn, randomBytes: blinding }));
  const options = { adjustScalarBytes: clamp448, domain: dom4, zip215: false, randomBytes: blinding };
  return eddsa(Point, (message: Uint8Array) => shake256(message, { dkLen: 114 }), options);
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
  // A clamped scalar is 8 times a number below the order: never zero modulo it.
  const { Y, Z } = edwards25519()(clamp25519(Uint8Array.from(privateKey)));
  // RFC 7748 §4.1: u = (1 + y) / (1 - y).
  const { Fp } = ed25519.Point;
  return numberToBytesLE(Fp.mul(Fp.add(Z, Y), invertCt(Fp.sub(Z, Y), Fp.ORDER)), 32);
}

/** The X448 public key of 56 bytes: RFC 7748 §6.2's X448(k, 5), likewise. */
export function x448PublicKey(privateKey: Uint8Array): Uint8Array {
  const { X, Y } = edwards448()(clamp448(Uint8Array.from(privateKey)));
  // RFC 7748 §4.2: the 4-isogeny, u = y^2 / x^2, takes base point to base point.
  const { Fp } = ed448.Point;
  return numberToBytesLE(Fp.mul(Fp.sqr(Y), invertCt(Fp.sqr(X), Fp.ORDER)), 56);
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

const edwards25519 = /* @__PURE__ */ once(() => baseMultiplier(ed25519.Point));
const edwards448 = /* @__PURE__ */ once(() => baseMultiplier(ed448.Point));

/** [scalar] B for a clamped little-endian scalar, which B's prime order allows to reduce. */
function baseMultiplier(Point: EdwardsPointCons): (clamped: Uint8Array<ArrayBuffer>) => EdwardsPoint {
  const multiplier = new ScalarMultiplier(Point);
  // Tables with Z = 1, as noble keeps its own.
  const normalize = (points: EdwardsPoint[]) => normalizeZ(Point, points);
  return (clamped) => {
    const scalar = bytesToNumberLE(clamped) % Point.Fn.ORDER;
    // Only four times the order of edwards448 is clamped and zero modulo it: no honest source gives it.
    if (scalar === 0n) throw new TlsUsageError('random gave a private key whose share would be zero');
    return multiplier.mulCT(Point.BASE, scalar, normalize).p as EdwardsPoint;
  };
}

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
function clamp25519(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const first = bytes[0] ?? 0;
  const last = bytes[31] ?? 0;
  bytes[0] = first & 248;
  bytes[31] = (last & 127) | 64;
  return bytes as Uint8Array<ArrayBuffer>;
}

/**
 * RFC 7748 §5, RFC 8032 §5.2.5: clears the two lowest bits and sets the highest of 56 bytes; Ed448 clears a 57th. In place.
 */
function clamp448(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  bytes[0] = (bytes[0] ?? 0) & 252;
  bytes[55] = (bytes[55] ?? 0) | 128;
  bytes.fill(0, 56);
  return bytes as Uint8Array<ArrayBuffer>;
}

/** RFC 8032 §2: dom4(0, "") in front of what is hashed; TLS and certificates have no context (RFC 9846 §4.3.3). */
function dom4(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const tagged = new Uint8Array(DOM4.length + data.length);
  tagged.set(DOM4);
  tagged.set(data, DOM4.length);
  return tagged;
}

const DOM4: Uint8Array = new TextEncoder().encode('SigEd448\0\0');

/** Makes a value at its first use: curves cost time to build, and a connection needs few of them. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
