/**
 * Keys made by node:crypto, in this library's shape and in node's.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { PrivateKey, PublicKey } from '../../src/crypto/provider.ts';
import type { CurveName } from '../../src/params/algorithms.ts';
import { fromHex, loadRfc8448 } from '../vectors/load.ts';

export type EcKey = Extract<PrivateKey, { kind: 'ec' }>;
export type RsaKey = Extract<PrivateKey, { kind: 'rsa' }>;

export interface NodePair<Key extends PrivateKey> {
  readonly key: Key;
  readonly nodePrivate: KeyObject;
  readonly nodePublic: KeyObject;
}

const JWK_CURVES: Readonly<Record<CurveName, string>> = { secp256r1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

export function nodeEcPair(curve: CurveName): NodePair<EcKey> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: JWK_CURVES[curve] });
  const { d } = privateKey.export({ format: 'jwk' });
  return { key: { kind: 'ec', curve, scalar: fromBase64Url(d) }, nodePrivate: privateKey, nodePublic: publicKey };
}

export function nodeRsaPair(bits: number, publicExponent = 0x10001): NodePair<RsaKey> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: bits, publicExponent });
  const { n, e, d, p, q, dp, dq, qi } = privateKey.export({ format: 'jwk' });
  return nodeRsa([n, e, d, p, q, dp, dq, qi].map(fromBase64Url));
}

/** The 1024-bit key of RFC 8448 §2. */
export function rfc8448RsaPair(): NodePair<RsaKey> {
  return nodeRsa(loadRfc8448().rsaKey.map(({ hex }) => fromHex(hex)));
}

/** A public key for node:crypto. */
export function nodePublicKey(key: PublicKey): KeyObject {
  if (key.kind === 'ed25519' || key.kind === 'ed448')
    return createPublicKey({
      key: { kty: 'OKP', crv: key.kind === 'ed448' ? 'Ed448' : 'Ed25519', x: toBase64Url(key.key) },
      format: 'jwk',
    });
  if (key.kind === 'rsa')
    return createPublicKey({
      key: { kty: 'RSA', n: toBase64Url(key.modulus), e: toBase64Url(key.exponent) },
      format: 'jwk',
    });
  const field = (key.point.length - 1) / 2;
  const x = toBase64Url(key.point.subarray(1, 1 + field));
  const y = toBase64Url(key.point.subarray(1 + field));
  return createPublicKey({ key: { kty: 'EC', crv: JWK_CURVES[key.curve], x, y }, format: 'jwk' });
}

function nodeRsa(numbers: readonly Uint8Array[]): NodePair<RsaKey> {
  const [n, e, d, p, q, dp, dq, qi] = numbers as readonly [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const key: RsaKey = {
    kind: 'rsa',
    pss: false,
    modulus: n,
    exponent: e,
    privateExponent: d,
    prime1: p,
    prime2: q,
    exponent1: dp,
    exponent2: dq,
    coefficient: qi,
  };
  const jwk = Object.fromEntries(
    Object.entries({ n, e, d, p, q, dp, dq, qi }).map(([name, value]) => [name, toBase64Url(value)]),
  );
  const nodePrivate = createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' });
  return { key, nodePrivate, nodePublic: createPublicKey(nodePrivate) };
}

function fromBase64Url(text: string | undefined): Uint8Array {
  return Uint8Array.from(Buffer.from(text ?? '', 'base64url'));
}

function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
