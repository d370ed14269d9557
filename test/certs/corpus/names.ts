/**
 * Corpus: whether a certificate is for the name that was asked for.
 *
 * @see RFC 9525 §6, RFC 9549 §2.5, RFC 9598 §5
 * @module
 */
import { encodeElement, encodeOid, encodeSequence, encodeText } from '../../../src/certs/der-encode.ts';
import type { GeneralNameInput } from '../../../src/certs/issue-extensions.ts';
import { EXTENSION_OID } from '../../../src/certs/oids.ts';
import { type Chain, extension, type Pair, pair, type Use } from './chain.ts';

type Name = NonNullable<Use['name']>;

/** A leaf with these names, asked for this one. */
function asked(names: readonly (string | GeneralNameInput)[], name: string | Name): Chain {
  const encoded = names.map((entry) => (typeof entry === 'string' ? { der: encodeText(0x82, entry) } : entry));
  return {
    leaf: { subject: 'CN=common.example', names: [], otherNames: encoded },
    use: { name: typeof name === 'string' ? { dns: name } : name },
  };
}

/** The same presented names, asked for two ways. */
function ask(
  section: string,
  rule: string,
  names: readonly (string | GeneralNameInput)[],
  good: string | Name,
  bad: string | Name,
  differs = {},
): Pair {
  return pair(`RFC ${section}`, rule, 'ERR_CERT_NAME_MISMATCH', asked(names, good), asked(names, bad), differs);
}

/** The same name asked for, presented two ways. */
function present(
  section: string,
  rule: string,
  name: string | Name,
  good: string | GeneralNameInput,
  bad: string | GeneralNameInput,
  differs = {},
): Pair {
  return pair(`RFC ${section}`, rule, 'ERR_CERT_NAME_MISMATCH', asked([good], name), asked([bad], name), differs);
}

const mailbox = (text: string): GeneralNameInput => ({
  der: encodeElement(0xa0, encodeOid('1.3.6.1.5.5.7.8.9'), encodeElement(0xa0, encodeText(0x0c, text))),
});

const PARTIAL = 'openssl lets a wildcard be part of a label';

export const NAMES: readonly Pair[] = [
  ask('9525 §6.3', 'all labels match', ['www.example.com'], 'www.example.com', 'ftp.example.com'),
  ask('9525 §6.3', 'no label more', ['example.com'], 'example.com', 'www.example.com'),
  ask('9525 §6.3', 'no label less', ['www.example.com'], 'www.example.com', 'example.com'),
  ask('9525 §6.3', 'whole labels', ['example.com'], 'example.com', 'badexample.com'),
  ask('9525 §6.3', 'case does not count', ['Example.COM'], 'eXAMPLE.com', 'eXAMPLE.org'),
  ask('9525 §6.2', 'any of the names presented', ['a.example', 'b.example'], 'b.example', 'c.example'),
  ask('9525 §6.3', 'an absolute name is the same name', ['example.com'], 'example.com.', 'example.com..', {
    good: 'openssl compares the final dot',
  }),
  present('9525 §6.3', 'a presented name has no final dot', 'example.com', 'example.com', 'example.com.'),
  pair(
    'RFC 9525 §2',
    'a common name is no host name',
    'ERR_CERT_NAME_MISMATCH',
    { leaf: { subject: 'CN=leaf.example', names: ['leaf.example'] } },
    { leaf: { subject: 'CN=leaf.example', names: [] } },
    {
      bad: 'openssl takes the common name where there is no dNSName, unless told not to',
    },
  ),
  pair(
    'RFC 9525 §2',
    'a common name does not add to the names',
    'ERR_CERT_NAME_MISMATCH',
    { leaf: { subject: 'CN=leaf.example', names: ['leaf.example'] } },
    { leaf: { subject: 'CN=leaf.example', names: ['other.example'] } },
  ),
  ask('9525 §6.3', 'a wildcard is one label', ['*.example.com'], 'www.example.com', 'a.www.example.com'),
  ask('9525 §6.3', 'a wildcard is not no label', ['*.example.com'], 'www.example.com', 'example.com'),
  ask(
    '9525 §6.3',
    'a wildcard stands for a whole A-label',
    ['*.example.com'],
    'xn--bcher-kva.example.com',
    'xn--bcher-kva.example.org',
  ),
  present('9525 §6.3', 'a wildcard is the left-most label', 'www.example.com', '*.example.com', 'www.*.com'),
  present('9525 §6.3', 'there is one wildcard', 'www.a.example.com', '*.a.example.com', '*.*.example.com'),
  present(
    '9525 §6.3',
    'a wildcard is all of its label, at the end of it',
    'www.example.com',
    '*.example.com',
    'w*.example.com',
    { bad: PARTIAL },
  ),
  present(
    '9525 §6.3',
    'a wildcard is all of its label, at the start of it',
    'www.example.com',
    '*.example.com',
    '*w.example.com',
    { bad: PARTIAL },
  ),
  present(
    '9525 §6.3',
    'a wildcard is all of its label, inside of it',
    'www.example.com',
    '*.example.com',
    'w*w.example.com',
  ),
  present(
    '9525 §6.3',
    'a wildcard is no part of an A-label',
    'xn--bcher-kva.example.com',
    '*.example.com',
    'xn--*.example.com',
  ),
  present('9525 §7.1', 'a wildcard is not for all of a top-level domain', 'example.com', 'example.com', '*.com'),
  present('9525 §6.3', 'a wildcard does not stand alone', 'example.com', 'example.com', '*'),
  ask('9525 §6.3', 'no wildcard is asked for', ['*.example.com'], 'www.example.com', '*.example.com', {
    bad: 'openssl compares the two texts first',
  }),
  ask(
    '9525 §6.3',
    'names are asked for in A-labels',
    ['xn--bcher-kva.example'],
    'xn--bcher-kva.example',
    'bücher.example',
  ),
  present('1034 §3.5', 'underscores are in use', 'a_b.example', 'a_b.example', 'a-b.example'),
  ask('1034 §3.5', 'a label does not end with a hyphen', ['a-b.example', 'a-.example'], 'a-b.example', 'a-.example', {
    bad: 'openssl compares it like any other name',
  }),
  present('5280 §4.2.1.6', 'an empty name is no name', 'example.com', 'example.com', ''),
  present('5280 §4.2.1.6', 'a zero byte does not end a name', 'example.com', 'example.com', 'example.com\0.evil.test'),
  ask('3696 §2', 'a name does not end in a number', ['host.7.example', 'host.7'], 'host.7.example', 'host.7', {
    bad: 'openssl compares it like any other name',
  }),
  present('9525 §6.4', 'an address is an iPAddress', { ip: '192.0.2.1' }, { ip: '192.0.2.1' }, { dns: '192.0.2.1' }),
  ask('9525 §6.4', 'all octets of an address match', [{ ip: '192.0.2.1' }], { ip: '192.0.2.1' }, { ip: '192.0.2.2' }),
  ask(
    '9525 §6.4',
    'an IPv6 address, however it is written',
    [{ ip: '2001:db8::1' }],
    { ip: '2001:DB8:0:0::1' },
    { ip: '2001:db8::2' },
  ),
  ask(
    '9525 §6.4',
    'a mapped address is another one',
    [{ ip: '192.0.2.1' }],
    { ip: '192.0.2.1' },
    { ip: '::ffff:192.0.2.1' },
  ),
  ask(
    '9525 §6.4',
    'an address is no host name',
    [{ ip: '192.0.2.1' }, '192.0.2.1'],
    { ip: '192.0.2.1' },
    { dns: '192.0.2.1' },
    {
      bad: 'openssl compares any text with a dNSName',
    },
  ),
  pair(
    'RFC 9525 §6.4',
    'an address in the common name is none',
    'ERR_CERT_NAME_MISMATCH',
    asked([{ ip: '192.0.2.1' }], { ip: '192.0.2.1' }),
    { leaf: { subject: 'CN=192.0.2.1', names: [] }, use: { name: { ip: '192.0.2.1' } } },
  ),
  ask(
    '9549 §2.5',
    'the local part has a case',
    [{ email: 'a@b.example' }],
    { email: 'a@b.example' },
    { email: 'A@b.example' },
  ),
  ask('9549 §2.5', 'the host has none', [{ email: 'a@b.example' }], { email: 'a@B.EXAMPLE' }, { email: 'a@c.example' }),
  present(
    '9549 §2.5',
    'a mail address is an rfc822Name',
    { email: 'a@b.example' },
    { email: 'a@b.example' },
    { dns: 'a@b.example' },
  ),
  ask(
    '9598 §5',
    'beyond ASCII, a mail address is an otherName',
    [mailbox('é@b.example')],
    { email: 'é@b.example' },
    { email: 'e@b.example' },
    {},
  ),
  pair(
    'RFC 5280 §4.1.2.6',
    'an emailAddress of the subject does not count',
    'ERR_CERT_NAME_MISMATCH',
    { leaf: { subject: 'emailAddress=a@b.example', names: ['a@b.example'] }, use: { name: { email: 'a@b.example' } } },
    { leaf: { subject: 'emailAddress=a@b.example', names: [] }, use: { name: { email: 'a@b.example' } } },
    {
      bad: 'openssl takes the subject where there is no rfc822Name',
    },
  ),
  pair(
    'RFC 9525 §6.2',
    'there is a subjectAltName',
    'ERR_CERT_NAME_MISMATCH',
    { leaf: extension(EXTENSION_OID.subjectAltName, true, encodeSequence(encodeText(0x82, 'leaf.example'))) },
    { leaf: { subject: 'O=leaf', names: [] } },
  ),
];
