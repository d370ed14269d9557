/**
 * Corpus: whose names an authority's constraints bind, and how the constraints are written.
 *
 * @see RFC 5280 §4.2.1.10, §6.1.3 (b) (c), §6.1.4 (g)
 * @module
 */
import { encodeElement, encodeOid, encodeSequence, encodeText } from '../../../src/certs/der-encode.ts';
import { encodeGeneralName, type GeneralNameInput } from '../../../src/certs/issue-extensions.ts';
import { EXTENSION_OID } from '../../../src/certs/oids.ts';
import { bytes } from '../forge.ts';
import { extension, type Pair, type Part, pair } from './chain.ts';
import { ANYONE, CODE, dns, exclude, ip, permit, under, uri } from './constraints.ts';

const registered: GeneralNameInput = { der: bytes('8802 2a03') };
const UPN: GeneralNameInput = {
  der: encodeElement(0xa0, encodeOid('1.3.6.1.4.1.311.20.2.3'), encodeElement(0xa0, encodeText(0x0c, 'a'))),
};

const holders: readonly Pair[] = [
  pair(
    'RFC 5280 §6.1.4 (g)(1)',
    'the intersection of two',
    CODE,
    {
      use: ANYONE,
      root: { nameConstraints: permit(dns('example.com')) },
      ca: { nameConstraints: permit(dns('a.example.com')) },
      leaf: { names: ['a.example.com'] },
    },
    {
      use: ANYONE,
      root: { nameConstraints: permit(dns('example.com')) },
      ca: { nameConstraints: permit(dns('a.example.com')) },
      leaf: { names: ['b.example.com'] },
    },
  ),
  pair(
    'RFC 5280 §6.1.4 (g)(1)',
    'an intersection that is empty',
    CODE,
    {
      use: ANYONE,
      root: { nameConstraints: permit(dns('example.com')) },
      ca: { nameConstraints: permit(ip('192.0.2.0/24')) },
      leaf: { names: ['a.example.com'] },
    },
    {
      use: ANYONE,
      root: { nameConstraints: permit(dns('example.com')) },
      ca: { nameConstraints: permit(dns('example.org')) },
      leaf: { names: ['a.example.com'] },
    },
  ),
  pair(
    'RFC 5280 §6.1.4 (g)(2)',
    'the union of two',
    CODE,
    {
      use: ANYONE,
      root: { nameConstraints: exclude(dns('a.example')) },
      ca: { nameConstraints: exclude(dns('b.example')) },
      leaf: { names: ['c.example'] },
    },
    {
      use: ANYONE,
      root: { nameConstraints: exclude(dns('a.example')) },
      ca: { nameConstraints: exclude(dns('b.example')) },
      leaf: { names: ['a.example'] },
    },
  ),
  pair(
    'RFC 5280 §6.1.1 (d)',
    'an anchor binds too',
    CODE,
    { use: ANYONE, root: { nameConstraints: permit(dns('example.com')) }, leaf: { names: ['example.com'] } },
    { use: ANYONE, root: { nameConstraints: permit(dns('example.com')) }, leaf: { names: ['example.org'] } },
  ),
  pair(
    'RFC 5280 §6.1.3 (b)',
    "an authority's names are bound",
    CODE,
    {
      use: ANYONE,
      root: { nameConstraints: permit(dns('example.com')) },
      ca: { names: ['ca.example.com'] },
      leaf: { names: ['example.com'] },
    },
    {
      use: ANYONE,
      root: { nameConstraints: permit(dns('example.com')) },
      ca: { names: ['ca.example.org'] },
      leaf: { names: ['example.com'] },
    },
  ),
  pair(
    'RFC 5280 §6.1.3 (b)',
    "a self-issued authority's are not",
    CODE,
    {
      use: ANYONE,
      ca: { nameConstraints: permit(dns('example.com')) },
      sub: { subject: 'CN=CA', names: ['ca.example.org'] },
      leaf: { names: ['example.com'] },
    },
    {
      use: ANYONE,
      ca: { nameConstraints: permit(dns('example.com')) },
      sub: { subject: 'CN=CB', names: ['ca.example.org'] },
      leaf: { names: ['example.com'] },
    },
  ),
  pair(
    'RFC 5280 §6.1.3 (b)',
    "a self-issued leaf's are",
    CODE,
    {
      use: ANYONE,
      ca: { nameConstraints: permit(dns('example.com')) },
      leaf: { subject: 'CN=CA', names: ['example.com'] },
    },
    {
      use: ANYONE,
      ca: { nameConstraints: permit(dns('example.com')) },
      leaf: { subject: 'CN=CA', names: ['example.org'] },
    },
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'critical or not',
    CODE,
    { use: ANYONE, ca: written(permitted(dns('example.com'))), leaf: { names: ['example.com'] } },
    { use: ANYONE, ca: written(permitted(dns('example.com'))), leaf: { names: ['example.org'] } },
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'only an authority has constraints',
    CODE,
    { ca: { nameConstraints: permit(dns('leaf.example')) } },
    { leaf: { nameConstraints: permit(dns('leaf.example')) } },
    { bad: 'openssl has nobody to apply them to' },
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'a form that is not known, and a name of it',
    CODE,
    under(permit(registered), [dns('a.example')]),
    under(permit(registered), [registered]),
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'an otherName that is excluded',
    CODE,
    under(exclude(UPN), [dns('a.example')]),
    under(exclude(UPN), [UPN]),
  ),
];

function permitted(...bases: readonly GeneralNameInput[]): Uint8Array {
  return encodeSequence(encodeElement(0xa0, ...bases.map((base) => encodeSequence(encodeGeneralName(base)))));
}

function written(value: Uint8Array, critical = false): Part {
  return extension(EXTENSION_OID.nameConstraints, critical, value);
}

/** Constraints that cannot be read are the authority's fault; it is then no issuer at all. */
const malformed: readonly Pair[] = [
  pair(
    'RFC 5280 §4.2.1.10',
    'there is a subtree',
    'ERR_CERT_DECODE',
    { ca: written(permitted(dns('example')), true) },
    { ca: written(encodeSequence(), true) },
    {
      bad: 'openssl takes no subtrees for no constraint',
    },
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'a list has a subtree',
    'ERR_CERT_DECODE',
    { ca: written(permitted(dns('example')), true) },
    { ca: written(encodeSequence(encodeElement(0xa0)), true) },
    {
      bad: 'openssl takes no subtrees for no constraint',
    },
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'a range has a mask',
    'ERR_CERT_DECODE',
    { ca: written(permitted({ der: bytes('8708 c0000200 ffffff00') }), true) },
    { ca: written(permitted({ der: bytes('8704 c0000200') }), true) },
    {
      bad: 'openssl compares it with addresses only, and the leaf has none',
    },
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'a minimum is zero',
    CODE,
    { ca: { nameConstraints: permit(dns('example')) } },
    { ca: { nameConstraints: permit({ dns: 'example', minimum: 1 }) } },
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'there is no maximum',
    CODE,
    { ca: { nameConstraints: permit(dns('example')) } },
    { ca: { nameConstraints: permit({ dns: 'example', maximum: 9 }) } },
  ),
  pair(
    'X.690 §11.5',
    'the default minimum is not encoded',
    'ERR_CERT_DECODE',
    { ca: { nameConstraints: permit(dns('example')) } },
    {
      ca: written(
        encodeSequence(encodeElement(0xa0, encodeSequence(encodeGeneralName(dns('example')), bytes('800100')))),
        true,
      ),
    },
    {
      bad: 'openssl decodes BER',
    },
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'a base has no wildcard',
    CODE,
    { ca: { nameConstraints: exclude(dns('example.com')) } },
    { ca: { nameConstraints: exclude(dns('*.example.com')) } },
    {
      bad: 'openssl takes the base as a text that no name is under',
    },
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'a base is a name',
    CODE,
    { ca: { nameConstraints: exclude(uri('example.com')) } },
    { ca: { nameConstraints: exclude(uri('http://example.com/')) } },
    {
      bad: 'openssl takes the base as a text that no name is under',
    },
  ),
];

export const CONSTRAINT_HOLDERS: readonly Pair[] = [...holders, ...malformed];
