/**
 * Corpus: the fields of a certificate. Algorithms, keys, times, names.
 *
 * @see RFC 5280 §4.1.1.2, §4.1.2.4 to §4.1.2.7, §6.1.3 (a)
 * @module
 */
import { generateKeyPairSync } from 'node:crypto';
import { decodeDer } from '../../../src/certs/der.ts';
import {
  encodeBitString,
  encodeElement,
  encodeNull,
  encodeOid,
  encodeSequence,
  encodeText,
  encodeUnsigned,
} from '../../../src/certs/der-encode.ts';
import { encodeDistinguishedName } from '../../../src/certs/distinguished-name.ts';
import { EXTENSION_OID } from '../../../src/certs/oids.ts';
import { bytes } from '../forge.ts';
import { at, commonName, extension, FIELD, field, type Pair, type Part, pair, without } from './chain.ts';

const ECDSA_SHA256 = encodeOid('1.2.840.10045.4.3.2');
const algorithm = (...parts: readonly Uint8Array[]): Part => ({
  fields: (fields) => fields.map((old, i) => (i === FIELD.algorithm ? encodeSequence(...parts) : old)),
  raw: (old) => {
    const [tbs, , signature] = decodeDer(old).children;
    if (tbs === undefined || signature === undefined) throw new Error('no certificate');
    return encodeSequence(tbs.raw, encodeSequence(...parts), signature.raw);
  },
});
const rsa = (bits: number, exponent = 0x10001): Part => {
  const jwk = generateKeyPairSync('rsa', { modulusLength: bits, publicExponent: exponent }).publicKey.export({
    format: 'jwk',
  });
  const modulus = Uint8Array.from(Buffer.from(jwk.n ?? '', 'base64url'));
  return field('key', rsaKey(modulus, encodeUnsigned(exponent)));
};

function rsaKey(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  const identifier = encodeSequence(encodeOid('1.2.840.113549.1.1.1'), encodeNull());
  return encodeSequence(identifier, encodeBitString(encodeSequence(encodeUnsigned(modulus), exponent)));
}

const ecKey = (curve: string, point: Uint8Array): Part =>
  field(
    'key',
    encodeSequence(encodeSequence(encodeOid('1.2.840.10045.2.1'), encodeOid(curve)), encodeBitString(point)),
  );

/** The generators of secp256r1 and secp256k1 (SEC 2 §2.4.2, §2.4.1). */
const P256_POINT = bytes(
  '04 6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296 4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
);
const K256_POINT = bytes(
  '04 79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798 483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
);

const algorithms: readonly Pair[] = [
  pair(
    'RFC 5280 §4.1.1.2',
    'the algorithm is the same inside and outside',
    'ERR_CERT_ALGORITHM_MISMATCH',
    { leaf: algorithm(ECDSA_SHA256) },
    {
      leaf: {
        ...algorithm(ECDSA_SHA256),
        fields: (fields) =>
          fields.map((old, i) => (i === FIELD.algorithm ? encodeSequence(encodeOid('1.2.840.10045.4.3.3')) : old)),
      },
    },
  ),
  pair(
    'RFC 5758 §3.2',
    'ECDSA has no parameters',
    'ERR_CERT_UNSUPPORTED_SIGNATURE',
    { leaf: algorithm(ECDSA_SHA256) },
    { leaf: algorithm(ECDSA_SHA256, encodeNull()) },
    {
      bad: 'openssl ignores the parameters',
    },
  ),
  pair(
    'RFC 9846 §4.5.1.3',
    'SHA-1 is for anchors only',
    'ERR_CERT_WEAK_SIGNATURE',
    { root: algorithm(encodeOid('1.2.840.10045.4.1')) },
    { ca: algorithm(encodeOid('1.2.840.10045.4.1')) },
  ),
  pair(
    'RFC 9846 §4.5.1.3',
    'no MD5',
    'ERR_CERT_WEAK_SIGNATURE',
    { leaf: algorithm(ECDSA_SHA256) },
    { leaf: algorithm(encodeOid('1.2.840.113549.1.1.4'), encodeNull()) },
  ),
  pair(
    'RFC 5280 §4.1.1.2',
    'an algorithm that is known',
    'ERR_CERT_UNSUPPORTED_SIGNATURE',
    { leaf: algorithm(ECDSA_SHA256) },
    { leaf: algorithm(encodeOid('1.2.3.4')) },
  ),
  pair(
    'RFC 5280 §6.1.3 (a)(1)',
    'the signature is of these bytes',
    'ERR_CERT_SIGNATURE',
    {},
    { leaf: { raw: (old) => flip(old, 25) } },
  ),
  pair(
    'RFC 5280 §6.1.3 (a)(1)',
    "the signature is the issuer's",
    'ERR_CERT_SIGNATURE',
    {},
    { leaf: { raw: (old) => flip(old, old.length - 3) } },
  ),
  pair(
    'RFC 5480 §2.1.1',
    'a curve that TLS has',
    'ERR_CERT_UNSUPPORTED_KEY',
    { leaf: ecKey('1.2.840.10045.3.1.7', P256_POINT) },
    { leaf: ecKey('1.3.132.0.10', K256_POINT) },
    {
      bad: 'openssl knows more curves',
    },
  ),
  pair(
    'RFC 9846 §4.5.1.2',
    'an RSA key of 2048 bits',
    'ERR_CERT_WEAK_KEY',
    { leaf: rsa(2048) },
    { leaf: rsa(1024) },
    {
      bad: 'openssl judges the size of keys by its security level, which the command leaves at 80 bits',
    },
  ),
  pair(
    'RFC 5280 §4.1.2.7',
    'an RSA exponent that is odd',
    'ERR_CERT_WEAK_KEY',
    { leaf: rsa(2048, 3) },
    { leaf: field('key', rsaKey(Uint8Array.of(...new Uint8Array(255).fill(0xff), 0xfd), encodeUnsigned(4))) },
    {
      bad: 'openssl does not judge the exponent of a key that it does not use',
    },
  ),
];

function flip(old: Uint8Array, index: number): Uint8Array {
  const copy = Uint8Array.from(old);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

const time = (tag: number, value: string) => encodeText(tag, value);
const UTC = 0x17;
const GENERALIZED = 0x18;
const validity = (from: Uint8Array, to: Uint8Array): Part => field('validity', encodeSequence(from, to));
const from = (tag: number, value: string) => validity(time(tag, value), time(UTC, '270101000000Z'));
const until = (tag: number, value: string) => validity(time(UTC, '260101000000Z'), time(tag, value));

const times: readonly Pair[] = [
  pair(
    'RFC 5280 §4.1.2.5.1',
    'UTCTime has seconds',
    'ERR_CERT_TIME',
    { leaf: from(UTC, '260101000000Z') },
    { leaf: from(UTC, '2601010000Z') },
  ),
  pair(
    'RFC 5280 §4.1.2.5.1',
    'UTCTime is in Greenwich',
    'ERR_CERT_TIME',
    { leaf: from(UTC, '260101000000Z') },
    { leaf: from(UTC, '260101000000+0000') },
  ),
  pair(
    'RFC 5280 §4.1.2.5.1',
    'a year from 50 on is in the twentieth century',
    'ERR_CERT_NOT_YET_VALID',
    { leaf: from(UTC, '500101000000Z') },
    { leaf: validity(time(UTC, '490101000000Z'), time(UTC, '491231000000Z')) },
  ),
  pair(
    'RFC 5280 §4.1.2.5.2',
    'GeneralizedTime has seconds',
    'ERR_CERT_TIME',
    { leaf: until(GENERALIZED, '20500101000000Z') },
    { leaf: until(GENERALIZED, '205001010000Z') },
  ),
  pair(
    'RFC 5280 §4.1.2.5.2',
    'GeneralizedTime has no fraction',
    'ERR_CERT_TIME',
    { leaf: until(GENERALIZED, '20500101000000Z') },
    { leaf: until(GENERALIZED, '20500101000000.5Z') },
  ),
  pair(
    'RFC 5280 §4.1.2.5.2',
    'GeneralizedTime is in Greenwich',
    'ERR_CERT_TIME',
    { leaf: until(GENERALIZED, '20500101000000Z') },
    { leaf: until(GENERALIZED, '20500101000000+0100') },
  ),
  pair(
    'RFC 5280 §4.1.2.5',
    'a day that there is',
    'ERR_CERT_TIME',
    { leaf: from(UTC, '240229000000Z') },
    { leaf: from(UTC, '250229000000Z') },
  ),
  pair(
    'RFC 5280 §4.1.2.5',
    'a month that there is',
    'ERR_CERT_TIME',
    { leaf: from(UTC, '251201000000Z') },
    { leaf: from(UTC, '251301000000Z') },
  ),
  pair(
    'RFC 5280 §4.1.2.5',
    'an hour that there is',
    'ERR_CERT_TIME',
    { leaf: from(UTC, '250101235959Z') },
    { leaf: from(UTC, '250101240000Z') },
  ),
  pair(
    'RFC 5280 §4.1.2.5',
    'a second that there is',
    'ERR_CERT_TIME',
    { leaf: from(UTC, '250101000059Z') },
    { leaf: from(UTC, '250101000060Z') },
  ),
  pair(
    'RFC 5280 §4.1.2.5',
    'a time is one of two types',
    'ERR_CERT_TIME',
    { leaf: from(UTC, '260101000000Z') },
    { leaf: from(0x0c, '260101000000Z') },
  ),
  pair(
    'RFC 5280 §4.1.2.5',
    'without an end',
    'ERR_CERT_EXPIRED',
    { leaf: until(GENERALIZED, '99991231235959Z') },
    { leaf: until(UTC, '260531235959Z') },
  ),
  pair(
    'RFC 5280 §6.1.3 (a)(2)',
    'from notBefore on',
    'ERR_CERT_NOT_YET_VALID',
    { leaf: { notBefore: at(0) } },
    { leaf: { notBefore: at(1) } },
  ),
  pair(
    'RFC 5280 §6.1.3 (a)(2)',
    'until notAfter, that second included',
    'ERR_CERT_EXPIRED',
    { leaf: { notAfter: at(0) } },
    { leaf: { notAfter: at(-1) } },
    { good: 'openssl takes the last second of the period for the first behind it' },
  ),
  pair(
    'RFC 5280 §6.1.3 (a)(2)',
    'authorities too, from notBefore on',
    'ERR_CERT_NOT_YET_VALID',
    { ca: { notBefore: at(0) } },
    { ca: { notBefore: at(1) } },
  ),
  pair(
    'RFC 5280 §6.1.3 (a)(2)',
    'authorities too, until notAfter',
    'ERR_CERT_EXPIRED',
    { ca: { notAfter: at(0) } },
    { ca: { notAfter: at(-1) } },
    { good: 'openssl takes the last second of the period for the first behind it' },
  ),
  pair(
    'RFC 5280 §6.1.1 (d)',
    'an anchor says how long it is one',
    'ERR_CERT_EXPIRED',
    { root: { notAfter: at(0) } },
    { root: { notAfter: at(-1) } },
    { good: 'openssl takes the last second of the period for the first behind it' },
  ),
  pair(
    'RFC 5280 §6.1.1 (b)',
    'at the time asked for',
    'ERR_CERT_EXPIRED',
    { use: { time: at(86_400) } },
    { use: { time: at(86_401) } },
    { good: 'openssl takes the last second of the period for the first behind it' },
  ),
];

const CRITICAL_SAN = extension(EXTENSION_OID.subjectAltName, true, encodeSequence(encodeText(0x82, 'leaf.example')));

const names: readonly Pair[] = [
  pair(
    'RFC 5280 §4.1.2.6',
    'without a subject, the subjectAltName is critical',
    'ERR_CERT_CRITICALITY',
    { leaf: { subject: '' } },
    {
      leaf: {
        subject: '',
        ...extension(EXTENSION_OID.subjectAltName, false, encodeSequence(encodeText(0x82, 'leaf.example'))),
      },
    },
  ),
  pair(
    'RFC 5280 §4.1.2.6',
    'a subject or a subjectAltName',
    'ERR_CERT_EMPTY_NAME',
    { leaf: { subject: 'CN=leaf.example', ...CRITICAL_SAN } },
    { leaf: { subject: '', ...without(EXTENSION_OID.subjectAltName) }, use: { name: undefined } },
  ),
  pair(
    'RFC 5280 §4.1.2.6',
    'an authority has a subject',
    'ERR_CERT_EMPTY_NAME',
    { ca: { subject: 'CN=CA' } },
    { ca: { subject: '', names: ['ca.example'] } },
  ),
  pair(
    'RFC 5280 §4.1.2.4',
    'an issuer has a name',
    'ERR_CERT_EMPTY_NAME',
    { root: { subject: 'CN=Root' } },
    { leaf: field('issuer', encodeSequence()) },
  ),
  pair(
    'RFC 5280 §4.1.2.4',
    'a relative name has an attribute',
    'ERR_CERT_DECODE',
    { leaf: field('subject', encodeDistinguishedName('CN=a')) },
    { leaf: field('subject', encodeSequence(encodeElement(0x31))) },
  ),
  pair(
    'RFC 5280 §4.1.2.4',
    'an attribute has a value',
    'ERR_CERT_DECODE',
    { leaf: field('subject', commonName(encodeText(0x13, 'a'))) },
    { leaf: field('subject', commonName(new Uint8Array(0))) },
  ),
];

export const FIELDS: readonly Pair[] = [...algorithms, ...times, ...names];
