/**
 * Keys in files: private keys from PKCS#8, SEC 1 and PKCS#1, public keys from SubjectPublicKeyInfo, and back.
 *
 * A private key is checked to be consistent when it is read: a damaged RSA key would give its factors away with its first
 * signature.
 *
 * @see RFC 5958 (PKCS#8), RFC 5915 (EC), RFC 8017 Appendix A.1.2 (RSA), RFC 8410 §7 (Ed25519, Ed448), RFC 5280 §4.1.2.7
 * @module
 */
import type { PrivateKey, PublicKey } from '../crypto/provider.ts';
import { TlsConfigError, TlsError } from '../errors/errors.ts';
import type { CurveName } from '../params/algorithms.ts';
import {
  contextTag,
  copyOf,
  type DerElement,
  decodeDer,
  decodeDerCopy,
  fieldsOf,
  readOctets,
  readSmallInteger,
  readUnsigned,
  TAG,
} from './der.ts';
import {
  encodeBitString,
  encodeElement,
  encodeNull,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
} from './der-encode.ts';
import { CURVE_OID, KEY_OID } from './oids.ts';
import { decodePem } from './pem.ts';
import { decodePublicKey, FIELD_LENGTH, readCurve } from './public-key.ts';
import { encodePssParameters, readAlgorithmIdentifier, readPssParameters } from './signature-algorithm.ts';

type RsaPrivateKey = Extract<PrivateKey, { kind: 'rsa' }>;

/**
 * Reads a private key: PEM (the first private key among its blocks) or DER, as PKCS#8, SEC 1 or PKCS#1. The result shares no
 * memory with the input. Throws TlsConfigError ERR_CONFIG_KEY or ERR_CONFIG_PEM.
 */
export function readPrivateKey(input: string | Uint8Array): PrivateKey {
  const der = typeof input === 'string' ? privateKeyBlock(input) : input;
  return refusing('private key', () => {
    const root = decodeDerCopy(der);
    const [, second] = root.children;
    if (second?.tag === TAG.SEQUENCE) return readPkcs8(root);
    if (second?.tag === TAG.OCTET_STRING) return readEcPrivateKey(root, null);
    if (second?.tag === TAG.INTEGER) return checkRsa(readRsaPrivateKey(root));
    return refuse('neither PKCS#8, SEC 1 nor PKCS#1');
  });
}

/** Reads a public key from PEM ("PUBLIC KEY") or the DER of a SubjectPublicKeyInfo. Throws TlsConfigError ERR_CONFIG_KEY. */
export function readPublicKey(spki: string | Uint8Array): PublicKey {
  const der =
    typeof spki === 'string'
      ? (decodePem(spki).find(({ label }) => label === 'PUBLIC KEY')?.der ?? refuse('no PUBLIC KEY block'))
      : copyOf(spki);
  return refusing('public key', () => decodePublicKey(der) ?? refuse('a kind of key that is not supported'));
}

/** PKCS#8, PrivateKeyInfo version 0. */
export function encodePrivateKey(key: PrivateKey): Uint8Array {
  return encodeSequence(encodeUnsigned(0), encodeKeyAlgorithm(key), encodeOctets(encodePrivateFields(key)));
}

/** SubjectPublicKeyInfo. */
export function encodePublicKey(key: PublicKey): Uint8Array {
  return encodeSequence(encodeKeyAlgorithm(key), encodeBitString(publicKeyBits(key)));
}

/** What the BIT STRING of a SubjectPublicKeyInfo holds; key identifiers are hashes of it (RFC 5280 §4.2.1.2). */
export function publicKeyBits(key: PublicKey): Uint8Array {
  switch (key.kind) {
    case 'ec':
      return key.point;
    case 'ed25519':
    case 'ed448':
      return key.key;
    case 'rsa':
      return encodeSequence(encodeUnsigned(key.modulus), encodeUnsigned(key.exponent));
  }
}

/** True if a big-endian scalar is a private key of the curve: between 1 and the order less 1. */
export function isScalarInRange(curve: CurveName, scalar: Uint8Array): boolean {
  const value = integer(scalar);
  return value > 0n && value < ORDER[curve];
}

const PRIVATE_KEY_LABELS: ReadonlySet<string> = new Set(['PRIVATE KEY', 'EC PRIVATE KEY', 'RSA PRIVATE KEY']);

/** Orders of the curves' groups, FIPS 186-5 with SP 800-186 §3.2.1. */
const ORDER: Readonly<Record<CurveName, bigint>> = {
  secp256r1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp384r1: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  secp521r1:
    0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
};

function privateKeyBlock(text: string): Uint8Array {
  const blocks = decodePem(text);
  const block = blocks.find(({ label }) => PRIVATE_KEY_LABELS.has(label));
  if (block !== undefined) return block.der;
  if (blocks.some(({ label }) => label === 'ENCRYPTED PRIVATE KEY')) return refuse('the private key is encrypted');
  return refuse('no PRIVATE KEY block');
}

function readPkcs8(root: DerElement): PrivateKey {
  const fields = fieldsOf(root);
  // RFC 5958 §2: version 1 adds the public key.
  if (readSmallInteger(fields.next(TAG.INTEGER)) > 1) refuse('an unknown version of PKCS#8');
  const { oid, parameters } = readAlgorithmIdentifier(fields.next(TAG.SEQUENCE));
  const body = decodeDer(readOctets(fields.next(TAG.OCTET_STRING)));
  fields.optional(contextTag(0, 'constructed'));
  fields.optional(contextTag(1, 'primitive'));
  fields.end();

  switch (oid) {
    case KEY_OID.ec:
      return readEcPrivateKey(body, readCurve(parameters) ?? refuse('a curve that is not supported'));
    case KEY_OID.ed25519:
      return { kind: 'ed25519', seed: readSeed(body, parameters, 32) };
    case KEY_OID.ed448:
      return { kind: 'ed448', seed: readSeed(body, parameters, 57) };
    case KEY_OID.rsa:
      return checkRsa(readRsaPrivateKey(body));
    case KEY_OID.rsaPss: {
      const key = { ...readRsaPrivateKey(body), pss: true };
      if (parameters === null) return checkRsa(key);
      const pssParameters = readPssParameters(parameters) ?? refuse('RSASSA-PSS parameters that are not supported');
      return checkRsa({ ...key, pssParameters });
    }
    default:
      return refuse(`an algorithm that is not supported (${oid})`);
  }
}

/** RFC 5915 §3: the curve stands in the key or, inside PKCS#8, outside of it. */
function readEcPrivateKey(root: DerElement, outerCurve: CurveName | null): PrivateKey {
  const fields = fieldsOf(root);
  if (readSmallInteger(fields.next(TAG.INTEGER)) !== 1) refuse('an unknown version of ECPrivateKey');
  const scalar = readOctets(fields.next(TAG.OCTET_STRING));
  const innerField = fields.optional(contextTag(0, 'constructed'));
  fields.optional(contextTag(1, 'constructed'));
  fields.end();

  const innerCurve = innerField === null ? null : readCurve(innerField.children[0] ?? null);
  if (innerField !== null && innerCurve === null) refuse('a curve that is not supported');
  const curve = outerCurve ?? innerCurve ?? refuse('an EC key without a curve');
  if (innerCurve !== null && innerCurve !== curve) refuse('an EC key with two curves');

  // §3: as long as the order; shorter ones, without leading zeros, are seen in old files.
  const length = FIELD_LENGTH[curve];
  if (scalar.length > length || !isScalarInRange(curve, scalar)) refuse('an EC scalar outside its range');
  const padded = new Uint8Array(length);
  padded.set(scalar, length - scalar.length);
  return { kind: 'ec', curve, scalar: padded };
}

function readSeed(body: DerElement, parameters: DerElement | null, length: number): Uint8Array {
  // RFC 8410 §7: CurvePrivateKey is an OCTET STRING inside the OCTET STRING.
  const seed = readOctets(body);
  if (parameters !== null || seed.length !== length) refuse('an Ed25519 or Ed448 key of another length');
  return seed.slice();
}

function readRsaPrivateKey(root: DerElement): RsaPrivateKey {
  const fields = fieldsOf(root);
  // RFC 8017 Appendix A.1.2: version 1 has more than two primes.
  if (readSmallInteger(fields.next(TAG.INTEGER)) !== 0) refuse('an RSA key with more than two primes');
  const [modulus, exponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient] = Array.from(
    { length: 8 },
    () => readUnsigned(fields.next(TAG.INTEGER)).slice(),
  ) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  fields.end();
  return {
    kind: 'rsa',
    pss: false,
    modulus,
    exponent,
    privateExponent,
    prime1,
    prime2,
    exponent1,
    exponent2,
    coefficient,
  };
}

/** RFC 8017 §3.2: the parts of a key with two primes belong together. */
export function checkRsa(key: RsaPrivateKey): RsaPrivateKey {
  const [n, e, d, p, q] = [key.modulus, key.exponent, key.privateExponent, key.prime1, key.prime2].map(integer) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const fits =
    p > 2n &&
    q > 2n &&
    p * q === n &&
    (d * e) % (p - 1n) === 1n &&
    (d * e) % (q - 1n) === 1n &&
    integer(key.exponent1) === d % (p - 1n) &&
    integer(key.exponent2) === d % (q - 1n) &&
    (integer(key.coefficient) * q) % p === 1n;
  return fits ? key : refuse('an RSA key whose parts do not belong together');
}

function encodePrivateFields(key: PrivateKey): Uint8Array {
  switch (key.kind) {
    case 'ec':
      return encodeSequence(encodeUnsigned(1), encodeOctets(key.scalar));
    case 'ed25519':
    case 'ed448':
      return encodeOctets(key.seed);
    case 'rsa': {
      const { modulus, exponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient } = key;
      const parts = [modulus, exponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient];
      return encodeSequence(encodeUnsigned(0), ...parts.map(encodeUnsigned));
    }
  }
}

function encodeKeyAlgorithm(key: PrivateKey | PublicKey): Uint8Array {
  switch (key.kind) {
    case 'ec':
      return encodeSequence(encodeOid(KEY_OID.ec), encodeOid(CURVE_OID[key.curve]));
    case 'ed25519':
    case 'ed448':
      return encodeSequence(encodeOid(KEY_OID[key.kind]));
    case 'rsa': {
      if (!key.pss) return encodeSequence(encodeOid(KEY_OID.rsa), encodeNull());
      const parameters = key.pssParameters === undefined ? [] : [encodePssParameters(key.pssParameters)];
      return encodeElement(TAG.SEQUENCE, encodeOid(KEY_OID.rsaPss), ...parameters);
    }
  }
}

/** Unsigned big-endian. */
function integer(bytes: Uint8Array): bigint {
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return BigInt(`0x0${digits}`);
}

function refuse(reason: string): never {
  throw new TlsConfigError('ERR_CONFIG_KEY', reason);
}

/** The decoders below speak of certificates; here a file of the caller's own is at fault. */
function refusing<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    throw new TlsConfigError('ERR_CONFIG_KEY', `the ${what} is malformed: ${error.detail ?? error.message}`, {
      cause: error,
    });
  }
}
