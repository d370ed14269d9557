/**
 * Corpus: which names an authority may certify, one form of name after the other.
 *
 * @see RFC 5280 §4.2.1.10, §6.1.3 (b) (c), §6.1.4 (g); RFC 9549 §2.2, RFC 9598 §6
 * @module
 */
import { encodeElement, encodeOid, encodeText } from '../../../src/certs/der-encode.ts';
import type { GeneralNameInput, SubtreeInput } from '../../../src/certs/issue-extensions.ts';
import { bytes } from '../forge.ts';
import { type Chain, type Pair, type Part, pair } from './chain.ts';

export const CODE = 'ERR_CERT_NAME_CONSTRAINTS';
export const ANYONE = { name: undefined };

/** An authority that permits or excludes, and a leaf with these names. Nobody is asked for by name. */
export function under(
  constraints: NonNullable<Part['nameConstraints']>,
  names: readonly GeneralNameInput[],
  more: Chain = {},
): Chain {
  return {
    use: ANYONE,
    ...more,
    ca: { nameConstraints: constraints, ...more.ca },
    leaf: { subject: 'O=leaf', names: [], otherNames: names, ...more.leaf },
  };
}

/** The same constraints, two names. */
function names(
  rule: string,
  constraints: NonNullable<Part['nameConstraints']>,
  good: GeneralNameInput,
  bad: GeneralNameInput,
  differs = {},
  section = 'RFC 5280 §4.2.1.10',
): Pair {
  return pair(section, rule, CODE, under(constraints, [good]), under(constraints, [bad]), differs);
}

export const permit = (...permitted: readonly SubtreeInput[]) => ({ permitted });
export const exclude = (...excluded: readonly SubtreeInput[]) => ({ excluded });
export const dns = (name: string) => ({ dns: name });
export const uri = (name: string) => ({ uri: name });
const email = (name: string) => ({ email: name });
export const ip = (name: string) => ({ ip: name });
const directory = (name: string) => ({ directory: name });
const otherName = (value: Uint8Array): GeneralNameInput => ({
  der: encodeElement(0xa0, encodeOid('1.3.6.1.5.5.7.8.9'), encodeElement(0xa0, value)),
});
const mailbox = (text: string) => otherName(encodeText(0x0c, text));

const WILDCARD = 'openssl compares the wildcard as a label of its own';

const hosts: readonly Pair[] = [
  names('a host within the subtree', permit(dns('example.com')), dns('example.com'), dns('example.org')),
  names('labels added to the left', permit(dns('example.com')), dns('a.b.example.com'), dns('badexample.com')),
  names(
    'the example of host and host1',
    permit(dns('host.example.com')),
    dns('www.host.example.com'),
    dns('host1.example.com'),
  ),
  names(
    'one of several subtrees',
    permit(dns('example.com'), dns('example.org')),
    dns('a.example.org'),
    dns('a.example.net'),
  ),
  names('an excluded subtree', exclude(dns('example.com')), dns('example.org'), dns('www.example.com')),
  names('an excluded host itself', exclude(dns('example.com')), dns('com'), dns('EXAMPLE.com')),
  names(
    'excluded within what is permitted',
    { permitted: [dns('example.com')], excluded: [dns('sub.example.com')] },
    dns('a.example.com'),
    dns('a.sub.example.com'),
  ),
  names('an empty base is every host', exclude(dns('')), ip('192.0.2.1'), dns('example.com')),
  names(
    'a leading period, as practised: not the host itself',
    permit(dns('.example.com')),
    dns('www.example.com'),
    dns('example.com'),
  ),
  names(
    'a leading period, as practised, excluded',
    exclude(dns('.example.com')),
    dns('example.com'),
    dns('www.example.com'),
  ),
  names('a wildcard within', permit(dns('example.com')), dns('*.example.com'), dns('*.com')),
  names(
    'a wildcard covers more than one host',
    permit(dns('www.example.com')),
    dns('www.example.com'),
    dns('*.example.com'),
  ),
  names(
    'a wildcard touches what is excluded',
    exclude(dns('www.example.com')),
    dns('ftp.example.com'),
    dns('*.example.com'),
    { bad: WILDCARD },
  ),
  names(
    'a wildcard is one label deep',
    exclude(dns('a.www.example.com')),
    dns('*.example.com'),
    dns('*.www.example.com'),
    { bad: WILDCARD },
  ),
  names(
    'what is no host name',
    permit(dns('example.com')),
    dns('www.example.com'),
    {
      der: encodeText(0x82, 'a\0.example.com'),
    },
    { bad: 'openssl compares the octets, of which a zero byte is one' },
  ),
  names('a final dot', permit(dns('example.com')), dns('www.example.com'), dns('www.example.com.')),
  pair(
    'RFC 5280 §4.2.1.10',
    'each of the names',
    CODE,
    under(permit(dns('example.com')), [dns('a.example.com'), dns('b.example.com')]),
    under(permit(dns('example.com')), [dns('a.example.com'), dns('b.example.org')]),
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'a common name is no host name',
    CODE,
    under(permit(dns('example.com')), [ip('192.0.2.1')], { leaf: { subject: 'CN=example.org' } }),
    under(permit(dns('example.com')), [dns('example.org')], { leaf: { subject: 'CN=example.org' } }),
    { good: 'openssl takes the common name for a host name where there is no dNSName' },
  ),
];

const addresses: readonly Pair[] = [
  names('an address in the range', permit(ip('192.0.2.0/24')), ip('192.0.2.255'), ip('192.0.3.0')),
  names('a mask within an octet', permit(ip('192.0.2.128/25')), ip('192.0.2.128'), ip('192.0.2.127')),
  names('an excluded range', exclude(ip('192.0.2.0/24')), ip('192.0.3.1'), ip('192.0.2.1')),
  names('an IPv6 range', permit(ip('2001:db8::/32')), ip('2001:db8:ffff::'), ip('2001:db9::')),
  names('a permitted IPv4 range leaves no IPv6 address', permit(ip('0.0.0.0/0')), ip('203.0.113.1'), ip('2001:db8::1')),
  names('an excluded IPv4 range leaves IPv6 alone', exclude(ip('0.0.0.0/0')), ip('2001:db8::1'), ip('203.0.113.1')),
  names('forms are apart', permit(ip('192.0.2.0/24')), dns('example.com'), ip('198.51.100.1')),
  pair(
    'RFC 4632 §3.1',
    'a mask is ones, then zeros',
    CODE,
    under(permit({ der: bytes('8708 c0000200 ffffff00') }), [ip('192.0.2.0')]),
    under(permit({ der: bytes('8708 c0000200 ffff00ff') }), [ip('192.0.2.0')]),
    {
      bad: 'openssl applies any mask',
    },
  ),
];

const mail: readonly Pair[] = [
  names('mail at a host', permit(email('example.com')), email('a@example.com'), email('a@mail.example.com')),
  names('mail in a domain', permit(email('.example.com')), email('a@mail.example.com'), email('a@example.com')),
  names('one mailbox', permit(email('root@example.com')), email('root@example.com'), email('toor@example.com')),
  names(
    'the local part has a case',
    permit(email('root@example.com')),
    email('root@EXAMPLE.com'),
    email('Root@example.com'),
  ),
  names('mail that is excluded', exclude(email('example.com')), email('a@example.org'), email('a@EXAMPLE.com')),
  names(
    'the last @ divides',
    permit(email('example.com')),
    email('a@example.com'),
    email('"a@example.com"@example.org'),
  ),
  names(
    'SmtpUTF8Mailbox is mail',
    permit(email('example.com')),
    mailbox('é@example.com'),
    mailbox('é@example.org'),
    {},
    'RFC 9598 §6',
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'mail in the subject, where there is no subjectAltName',
    CODE,
    under(permit(email('example.com')), [], { leaf: { subject: 'CN=a, emailAddress=a@example.com' } }),
    under(permit(email('example.com')), [], { leaf: { subject: 'CN=a, emailAddress=a@example.org' } }),
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'mail in the subject, beside a subjectAltName',
    CODE,
    under(permit(email('example.com')), [email('a@example.com')], {
      leaf: { subject: 'CN=a, emailAddress=b@example.com' },
    }),
    under(permit(email('example.com')), [email('a@example.org')], {
      leaf: { subject: 'CN=a, emailAddress=b@example.com' },
    }),
  ),
];

const uris: readonly Pair[] = [
  names(
    'the host of a URI',
    permit(uri('host.example.com')),
    uri('http://host.example.com/a'),
    uri('http://a.host.example.com/'),
  ),
  names(
    'hosts below a domain',
    permit(uri('.example.com')),
    uri('http://my.host.example.com/'),
    uri('http://example.com/'),
  ),
  names(
    'a port is no host',
    permit(uri('example.com')),
    uri('https://example.com:8443/'),
    uri('https://example.org:443/'),
  ),
  names(
    'a user is no host',
    permit(uri('example.com')),
    uri('ldap://a@example.com/'),
    uri('ldap://example.com@example.org/'),
    {
      good: 'openssl 3.0 takes the user for a part of the host',
    },
  ),
  names('an excluded host', exclude(uri('example.com')), uri('http://example.org/'), uri('http://EXAMPLE.com/')),
  names('a URI with an authority', exclude(uri('example.org')), uri('http://example.com/'), uri('urn:isbn:0')),
  names('a URI with a host name', exclude(uri('example.org')), uri('http://example.com/'), uri('http://192.0.2.1/'), {
    bad: 'openssl takes the address for a name, and it is not the one excluded',
  }),
];

const directories: readonly Pair[] = [
  pair(
    'RFC 5280 §4.2.1.10',
    'the subject within a subtree',
    CODE,
    under(permit(directory('O=Example')), [], { leaf: { subject: 'O=Example, CN=a' } }),
    under(permit(directory('O=Example')), [], { leaf: { subject: 'CN=a, O=Example' } }),
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'the subject not excluded',
    CODE,
    under(exclude(directory('C=AT')), [], { leaf: { subject: 'C=CH, CN=a' } }),
    under(exclude(directory('C=AT')), [], { leaf: { subject: 'C=AT, CN=a' } }),
  ),
  pair(
    'RFC 5280 §7.1',
    'without case',
    CODE,
    under(permit(directory('O=Example')), [], { leaf: { subject: 'O=EXAMPLE, CN=a' } }),
    under(permit(directory('O=Example')), [], { leaf: { subject: 'O=EXAMPLES, CN=a' } }),
  ),
  pair(
    'RFC 5280 §4.2.1.10',
    'an empty subject is no name',
    CODE,
    under(permit(directory('O=Example')), [dns('a.example')], { leaf: { subject: '' } }),
    under(permit(directory('O=Example')), [dns('a.example')], { leaf: { subject: 'CN=a' } }),
  ),
  names('a directoryName', permit(directory('O=leaf')), directory('O=leaf, CN=a'), directory('O=other')),
];

export const CONSTRAINTS: readonly Pair[] = [...hosts, ...addresses, ...mail, ...uris, ...directories];
