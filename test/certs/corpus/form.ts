import { decodeDer } from '../../../src/certs/der.ts';
import {
  encodeElement,
  encodeNull,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeText,
} from '../../../src/certs/der-encode.ts';
import { EXTENSION_OID } from '../../../src/certs/oids.ts';
import { bytes } from '../forge.ts';
import { commonName, extension, FIELD, field, type Pair, type Part, pair, text } from './chain.ts';

/** The header of the outermost element written anew. */
function header(octets: (length: number) => readonly number[]): Part {
  return { raw: (der) => Uint8Array.of(0x30, ...octets(der.length - 4), ...der.subarray(4)) };
}

const serial = (hex: string) => field('serial', encodeElement(0x02, bytes(hex)));

const ORDERED = encodeSequence(encodeOid('2.5.4.3'), encodeText(0x0c, 'leaf'));
const BEHIND = encodeSequence(encodeOid('2.5.4.10'), encodeText(0x0c, 'test'));

const der: readonly Pair[] = [
  pair(
    'X.690 §10.1',
    'a length has the fewest octets',
    'ERR_CERT_DER_LENGTH',
    { leaf: header((length) => [0x82, length >> 8, length & 0xff]) },
    { leaf: header((length) => [0x83, 0, length >> 8, length & 0xff]) },
    { bad: 'openssl decodes BER and verifies the signature on what it has re-encoded' },
  ),
  pair(
    'X.690 §10.1',
    'a length below 128 is one octet',
    'ERR_CERT_DER_LENGTH',
    { leaf: field('serial', bytes('0201 05')) },
    { leaf: field('serial', bytes('028101 05')) },
    { bad: 'openssl decodes BER and keeps the signed bytes as they are' },
  ),
  pair(
    'X.690 §10.1',
    'a length is definite',
    'ERR_CERT_DER_INDEFINITE',
    {},
    { leaf: { raw: (der) => Uint8Array.of(0x30, 0x80, ...der.subarray(4), 0, 0) } },
    { bad: 'openssl decodes BER' },
  ),
  pair(
    'RFC 5280 §4.1',
    'nothing follows a certificate',
    'ERR_CERT_DER_TRAILING',
    {},
    { leaf: { raw: (der) => Uint8Array.of(...der, 0) } },
    { bad: 'openssl reads as far as the certificate goes' },
  ),
  pair(
    'X.690 §11.1',
    'TRUE is ff',
    'ERR_CERT_DER_BOOLEAN',
    {
      leaf: {
        extensions: (list) => [
          ...list,
          encodeSequence(encodeOid('1.2.3.4'), bytes('0101 00'), encodeOctets(text('a'))),
        ],
      },
    },
    { leaf: { extensions: (list) => list.map((old, i) => (i === 0 ? swap(old, '0101ff', '010101') : old)) } },
    { bad: 'openssl takes any octet but 00 for TRUE' },
  ),
  pair(
    'X.690 §8.3.2',
    'an INTEGER has the fewest octets',
    'ERR_CERT_DER_INTEGER',
    { leaf: serial('00ff') },
    { leaf: serial('007f') },
  ),
  pair('X.690 §8.3.1', 'an INTEGER has an octet', 'ERR_CERT_DECODE', { leaf: serial('01') }, { leaf: serial('') }),
  pair(
    'X.690 §11.2.1',
    'unused bits are zero',
    'ERR_CERT_DER_BITS',
    { leaf: extension(EXTENSION_OID.keyUsage, true, bytes('0302 0780')) },
    { leaf: extension(EXTENSION_OID.keyUsage, true, bytes('0302 0781')) },
    { bad: 'openssl clears the bits and goes on' },
  ),
  pair(
    'X.690 §11.6',
    'the elements of a SET OF are in order',
    'ERR_CERT_DER_ORDER',
    { leaf: field('subject', encodeSequence(encodeElement(0x31, ORDERED, BEHIND))) },
    { leaf: field('subject', encodeSequence(encodeElement(0x31, BEHIND, ORDERED))) },
    { bad: 'openssl does not look at the order' },
  ),
  pair(
    'X.690 §10.2',
    'a string is primitive',
    'ERR_CERT_DECODE',
    { leaf: field('subject', commonName(encodeText(0x0c, 'leaf'))) },
    { leaf: field('subject', commonName(encodeElement(0x2c, encodeText(0x0c, 'leaf')))) },
    { bad: 'openssl decodes BER' },
  ),
  pair(
    'X.690 §8.19.2',
    'an arc has the fewest octets',
    'ERR_CERT_DECODE',
    { leaf: { extensions: (list) => [...list, encodeSequence(bytes('0603 2a8101'), encodeOctets(text('a')))] } },
    { leaf: { extensions: (list) => [...list, encodeSequence(bytes('0604 2a808101'), encodeOctets(text('a')))] } },
  ),
  pair(
    'RFC 5280 §4.1',
    'a certificate has three fields',
    'ERR_CERT_DECODE',
    {},
    { leaf: { raw: (old) => encodeSequence(...decodeDer(old).children.map(({ raw }) => raw), encodeNull()) } },
  ),
  pair(
    'RFC 5280 §4.1.1.3',
    'a signature is of whole octets',
    'ERR_CERT_DECODE',
    { leaf: { raw: (old) => withSignature(old, (signature) => signature) } },
    { leaf: { raw: (old) => withSignature(old, (signature) => Uint8Array.of(4, ...signature.subarray(1, -1), 0x80)) } },
  ),
];

function swap(value: Uint8Array, from: string, to: string): Uint8Array {
  return bytes(Buffer.from(value).toString('hex').replace(from, to));
}

function withSignature(old: Uint8Array, edit: (bits: Uint8Array) => Uint8Array): Uint8Array {
  const [tbs, algorithm, signature] = decodeDer(old).children;
  if (tbs === undefined || algorithm === undefined || signature === undefined) throw new Error('no certificate');
  return encodeSequence(tbs.raw, algorithm.raw, encodeElement(0x03, edit(signature.content)));
}

const version = (value: Uint8Array | null): Part => ({
  fields: (fields) => [...(value === null ? [] : [encodeElement(0xa0, value)]), ...fields.slice(1)],
});

/** Version 1: no version field, no extensions. */
const OLD: Part = { fields: (fields) => fields.slice(1, FIELD.extensions) };

const uniqueId = (kept: (fields: readonly Uint8Array[]) => readonly Uint8Array[]): Part => ({
  fields: (fields) =>
    kept([...fields.slice(0, FIELD.extensions), bytes('8202 00ff'), ...fields.slice(FIELD.extensions)]),
});

const versions: readonly Pair[] = [
  pair(
    'RFC 5280 §4.1.2.1',
    'extensions need version 3',
    'ERR_CERT_VERSION',
    { leaf: version(bytes('020102')) },
    { leaf: version(bytes('020101')) },
  ),
  pair(
    'RFC 5280 §4.1.2.1',
    'extensions need version 3, not none',
    'ERR_CERT_VERSION',
    { leaf: version(bytes('020102')) },
    { leaf: version(null) },
  ),
  pair(
    'RFC 5280 §4.1.2.1',
    'there is no version 4',
    'ERR_CERT_VERSION',
    { leaf: version(bytes('020102')) },
    { leaf: version(bytes('020103')) },
    { bad: 'openssl does not judge versions' },
  ),
  pair(
    'X.690 §11.5',
    'the default version is not encoded',
    'ERR_CERT_DECODE',
    { leaf: version(bytes('020102')) },
    { leaf: version(bytes('020100')) },
  ),
  pair(
    'RFC 9846 §4.5.1.2',
    'an end entity is of version 3',
    'ERR_CERT_VERSION',
    {},
    { leaf: OLD, use: { name: undefined } },
    { bad: 'openssl takes a leaf of any version' },
  ),
  pair(
    'RFC 5280 §6.1.4 (k)',
    'only an anchor is of version 1',
    'ERR_CERT_VERSION',
    { root: OLD },
    { ca: OLD },
    {
      good: 'openssl: -x509_strict wants basicConstraints of a root too',
    },
  ),
  pair(
    'RFC 5280 §4.1.2.8',
    'unique identifiers need version 2',
    'ERR_CERT_VERSION',
    { leaf: uniqueId((fields) => fields) },
    { leaf: uniqueId((fields) => fields.slice(1, -1)), use: { name: undefined } },
    { bad: 'openssl does not judge versions' },
  ),
];

const serials: readonly Pair[] = [
  pair(
    'RFC 5280 §4.1.2.2',
    'a serial number has at most 20 octets',
    'ERR_CERT_SERIAL',
    { leaf: serial('7f'.repeat(20)) },
    { leaf: serial('7f'.repeat(21)) },
    {
      bad: 'openssl does not judge the length',
    },
  ),
  pair(
    'RFC 5280 §4.1.2.2',
    'the sign octet counts',
    'ERR_CERT_SERIAL',
    { leaf: serial(`00${'ff'.repeat(19)}`) },
    { leaf: serial(`00${'ff'.repeat(20)}`) },
    {
      bad: 'openssl does not judge the length',
    },
  ),
  pair(
    'RFC 5280 §4.1.2.2',
    'a serial number is not zero',
    'ERR_CERT_SERIAL',
    { leaf: serial('01') },
    { leaf: serial('00') },
    {
      bad: 'openssl accepts zero',
    },
  ),
  pair(
    'RFC 5280 §4.1.2.2',
    'a serial number is not negative',
    'ERR_CERT_SERIAL',
    { leaf: serial('7f') },
    { leaf: serial('80') },
    {
      bad: 'openssl accepts negative numbers',
    },
  ),
  pair(
    'RFC 5280 §4.1.2.2',
    'an authority has one too',
    'ERR_CERT_SERIAL',
    { root: serial('00') },
    { ca: serial('00') },
    {
      bad: 'openssl accepts zero',
    },
  ),
];

export const FORM: readonly Pair[] = [...der, ...versions, ...serials];
