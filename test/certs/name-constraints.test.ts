/**
 * Name constraints: each form of name against each form of subtree, what a wildcard covers, who is bound by whom, and every
 * combination of host and address against a second, plainer reckoning.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Certificate } from '../../src/certs/certificate.ts';
import { decodeDer } from '../../src/certs/der.ts';
import { encodeElement, encodeOid, encodeSequence, encodeText } from '../../src/certs/der-encode.ts';
import { readGeneralNames } from '../../src/certs/general-name.ts';
import { readNameConstraints } from '../../src/certs/general-subtree.ts';
import { encodeGeneralName, type GeneralNameInput } from '../../src/certs/issue-extensions.ts';
import { checkNameConstraints } from '../../src/certs/name-constraints.ts';
import { fail } from '../../src/errors/errors.ts';
import { bytes, codeOf } from './forge.ts';
import { paper } from './paper.ts';

interface Holder {
  readonly subject?: string;
  readonly issuer?: string;
  readonly names?: readonly GeneralNameInput[];
  readonly permitted?: readonly GeneralNameInput[];
  readonly excluded?: readonly GeneralNameInput[];
  readonly ca?: boolean;
}

function certificateOf({
  subject = '',
  issuer = 'CN=CA',
  names,
  permitted,
  excluded,
  ca = false,
}: Holder): Certificate {
  const san = names === undefined ? null : readGeneralNames(decodeDer(encodeSequence(...names.map(encodeGeneralName))));
  const texts = (kind: 'dns' | 'email' | 'uri') => (san ?? []).flatMap((n) => (n.kind === kind ? [n.text] : []));
  const list = (tag: number, subtrees: readonly GeneralNameInput[] | undefined) =>
    subtrees === undefined
      ? []
      : [encodeElement(tag, ...subtrees.map((base) => encodeSequence(encodeGeneralName(base))))];
  const constraints = [...list(0xa0, permitted), ...list(0xa1, excluded)];
  return paper({
    subject,
    issuer,
    extensions: {
      basicConstraints: { ca, pathLength: null },
      subjectAltName:
        san === null
          ? null
          : {
              dns: texts('dns'),
              email: texts('email'),
              uri: texts('uri'),
              ip: san.flatMap((n) => (n.kind === 'ip' ? [n.bytes] : [])),
              directoryNames: san.flatMap((n) => (n.kind === 'directory' ? [n.name] : [])),
              others: san.flatMap((n) => (n.kind === 'other' ? [n] : [])),
            },
      nameConstraints: constraints.length === 0 ? null : readNameConstraints(decodeDer(encodeSequence(...constraints))),
    },
  });
}

const free = { comparison: () => {} };

/** Leaf first. The last is the anchor. */
function judge(...path: readonly Holder[]): string | null {
  const last = path.length - 1;
  const certificates = path.map((holder, i) =>
    certificateOf({ ca: i > 0, subject: i === last ? 'CN=Root' : '', ...holder }),
  );
  return codeOf(() => checkNameConstraints(certificates, free));
}

const otherName = (oid: string, value: Uint8Array): GeneralNameInput => ({
  der: encodeElement(0xa0, encodeOid(oid), encodeElement(0xa0, value)),
});
const utf8Mailbox = (text: string) => otherName('1.3.6.1.5.5.7.8.9', encodeText(0x0c, text));
const registeredId: GeneralNameInput = { der: bytes('8802 2a03') };
const x400: GeneralNameInput = { der: bytes('a302 3000') };
const ediParty: GeneralNameInput = { der: bytes('a505 a103 0c01 61') };
const maskedIp = (hex: string): GeneralNameInput => ({ der: encodeElement(0x87, bytes(hex)) });

/** A Name with one part of two attributes, O and OU. */
function twoInOne(value: string): GeneralNameInput {
  const attributes = ['2.5.4.10', '2.5.4.11'].map((oid) => encodeSequence(encodeOid(oid), encodeText(0x0c, value)));
  return { der: encodeElement(0xa4, encodeSequence(encodeElement(0x31, ...attributes))) };
}

/** The name alone in the leaf, the base alone in the root: is the name in the subtree (permitted), does it touch it (excluded)? */
const PAIRS: readonly [
  base: GeneralNameInput,
  name: GeneralNameInput,
  permits: boolean,
  excludes: boolean,
  why: string,
][] = [
  [{ dns: 'example.com' }, { dns: 'example.com' }, true, true, 'the host itself'],
  [{ dns: 'example.com' }, { dns: 'www.example.com' }, true, true, 'a label added'],
  [{ dns: 'example.com' }, { dns: 'a.b.www.example.com' }, true, true, 'labels added'],
  [{ dns: 'EXAMPLE.com' }, { dns: 'www.Example.COM' }, true, true, 'RFC 9549 §2.3: case does not count'],
  [{ dns: 'host.example.com' }, { dns: 'host1.example.com' }, false, false, 'the example of §4.2.1.10'],
  [{ dns: 'example.com' }, { dns: 'badexample.com' }, false, false, 'whole labels'],
  [{ dns: 'example.com' }, { dns: 'example.com.evil.test' }, false, false, 'from the right'],
  [{ dns: 'www.example.com' }, { dns: 'example.com' }, false, false, 'no label less'],
  [{ dns: '' }, { dns: 'example.com' }, true, true, 'an empty base is every name'],
  [{ dns: 'com' }, { dns: 'example.com' }, true, true, 'a top-level domain'],
  [{ dns: '.example.com' }, { dns: 'www.example.com' }, true, true, 'as practised, below'],
  [{ dns: '.example.com' }, { dns: 'a.www.example.com' }, true, true, 'as practised, further below'],
  [{ dns: '.example.com' }, { dns: 'example.com' }, false, false, 'as practised, not the host itself'],
  [{ dns: 'a_b.example.com' }, { dns: 'c.a_b.example.com' }, true, true, 'underscores'],
  [{ dns: 'xn--bcher-kva.example' }, { dns: 'www.XN--BCHER-KVA.example' }, true, true, 'A-labels'],
  [{ dns: 'example.com' }, { dns: '*.example.com' }, true, true, 'a wildcard below'],
  [{ dns: 'example.com' }, { dns: '*.www.example.com' }, true, true, 'a wildcard further below'],
  [{ dns: '.example.com' }, { dns: '*.example.com' }, true, true, 'a wildcard is below'],
  [{ dns: 'www.example.com' }, { dns: '*.example.com' }, false, true, 'a wildcard covers more than that, and that too'],
  [{ dns: '.www.example.com' }, { dns: '*.example.com' }, false, false, 'a wildcard is one label'],
  [{ dns: 'a.www.example.com' }, { dns: '*.example.com' }, false, false, 'a wildcard is one label'],
  [{ dns: 'ww.w.example.com' }, { dns: '*.w.example.com' }, false, true, 'a wildcard among short labels'],
  [{ dns: 'badexample.com' }, { dns: '*.example.com' }, false, false, 'whole labels under a wildcard'],
  [{ dns: '' }, { dns: '*.example.com' }, true, true, 'every name, a wildcard too'],
  [{ dns: 'example.com' }, { dns: '*.com' }, false, true, 'a wildcard above'],
  [{ dns: 'example.com' }, { dns: 'w*.example.com' }, false, true, 'no name: refused either way'],
  [{ dns: 'example.com' }, { dns: '*' }, false, true, 'no name: refused either way'],
  [{ dns: 'example.com' }, { dns: '.example.com' }, false, true, 'no name: refused either way'],
  [{ dns: 'example.com' }, { dns: 'example.com.' }, false, true, 'no presented name: refused either way'],
  [{ dns: 'example.org' }, { dns: '' }, false, true, 'no name: refused either way'],
  [{ dns: 'example.org' }, { der: bytes('8206 612e620063 64') }, false, true, 'a zero byte: refused either way'],
  [{ dns: '0.1' }, { dns: '10.0.0.1' }, true, true, 'a dNSName that looks like an address is compared as a name'],

  [{ ip: '192.0.2.0/24' }, { ip: '192.0.2.77' }, true, true, 'in the range'],
  [{ ip: '192.0.2.0/24' }, { ip: '192.0.3.77' }, false, false, 'beyond it'],
  [{ ip: '192.0.2.128/25' }, { ip: '192.0.2.127' }, false, false, 'a mask within a byte'],
  [{ ip: '192.0.2.128/25' }, { ip: '192.0.2.128' }, true, true, 'a mask within a byte'],
  [{ ip: '192.0.2.7/32' }, { ip: '192.0.2.7' }, true, true, 'one address'],
  [{ ip: '0.0.0.0/0' }, { ip: '203.0.113.9' }, true, true, 'every IPv4 address'],
  [{ ip: '0.0.0.0/0' }, { ip: '2001:db8::1' }, false, false, 'no IPv6 address'],
  [{ ip: '::/0' }, { ip: '2001:db8::1' }, true, true, 'every IPv6 address'],
  [{ ip: '::/0' }, { ip: '192.0.2.1' }, false, false, 'no IPv4 address'],
  [{ ip: '2001:db8::/32' }, { ip: '2001:db8:1::1' }, true, true, 'an IPv6 range'],
  [{ ip: '2001:db8::/32' }, { ip: '2001:db9::1' }, false, false, 'beyond it'],
  [{ ip: '10.0.0.0/8' }, { ip: '::ffff:10.0.0.1' }, false, false, 'a mapped address is another one'],
  [maskedIp('c0000205ffffff00'), { ip: '192.0.2.7' }, true, true, 'bits beyond the mask do not count'],

  [{ email: 'example.com' }, { email: 'a@example.com' }, true, true, 'at the host'],
  [{ email: 'example.com' }, { email: 'a@EXAMPLE.com' }, true, true, 'case of the host'],
  [{ email: 'example.com' }, { email: 'a@mail.example.com' }, false, false, 'at another host'],
  [{ email: '.example.com' }, { email: 'a@mail.example.com' }, true, true, 'in the domain'],
  [{ email: '.example.com' }, { email: 'a@example.com' }, false, false, 'not at the host itself'],
  [{ email: '.example.com' }, { email: 'a@badexample.com' }, false, false, 'whole labels'],
  [{ email: 'root@example.com' }, { email: 'root@example.com' }, true, true, 'the mailbox'],
  [{ email: 'root@example.com' }, { email: 'root@EXAMPLE.COM' }, true, true, 'the mailbox, case of the host'],
  [{ email: 'root@example.com' }, { email: 'Root@example.com' }, false, false, 'the local part has a case'],
  [{ email: 'root@example.com' }, { email: '"root"@example.com' }, true, true, 'quotes do not change the local part'],
  [{ email: 'root@example.com' }, { email: 'toor@example.com' }, false, false, 'another mailbox'],
  [{ email: '' }, { email: 'a@example.com' }, true, true, 'an empty base is every address'],
  [{ email: 'example.com' }, { email: '"a@evil.test"@example.com' }, true, true, 'the last @ divides'],
  [{ email: 'example.com' }, { email: 'a@evil.test@example.com' }, false, true, 'no address: refused either way'],
  [{ email: 'example.org' }, { email: 'example.com' }, false, true, 'no address: refused either way'],
  [{ email: 'example.org' }, { email: 'a@[192.0.2.1]' }, false, true, 'no host name: refused either way'],
  [{ email: 'example.com' }, utf8Mailbox('é@example.com'), true, true, 'RFC 9598 §6: SmtpUTF8Mailbox'],
  [{ email: 'example.com' }, utf8Mailbox('é@example.org'), false, false, 'RFC 9598 §6: SmtpUTF8Mailbox'],
  [{ email: '.example.com' }, utf8Mailbox('é@xn--bcher-kva.example.com'), true, true, 'RFC 9598 §6: in A-labels'],
  [{ email: '.example.com' }, utf8Mailbox('é@bücher.example.com'), false, true, 'RFC 9598 §3: not in U-labels'],

  [{ uri: 'host.example.com' }, { uri: 'http://host.example.com/a' }, true, true, 'the host'],
  [{ uri: 'host.example.com' }, { uri: 'HTTPS://HOST.example.com:443?q' }, true, true, 'the host, with a port'],
  [{ uri: 'host.example.com' }, { uri: 'ldap://user:pw@host.example.com' }, true, true, 'the host, with userinfo'],
  [{ uri: 'host.example.com' }, { uri: 'http://host.example.com@evil.test/' }, false, false, 'userinfo is no host'],
  [{ uri: 'host.example.com' }, { uri: 'http://evil.test/host.example.com' }, false, false, 'the path is no host'],
  [{ uri: 'example.com' }, { uri: 'http://host.example.com/' }, false, false, 'no label more'],
  [{ uri: '.example.com' }, { uri: 'http://my.host.example.com/' }, true, true, 'labels more'],
  [{ uri: '.example.com' }, { uri: 'http://example.com/' }, false, false, 'the example of §4.2.1.10'],
  [{ uri: '' }, { uri: 'http://example.com/' }, true, true, 'an empty base is every host'],
  [{ uri: '' }, { uri: 'urn:isbn:0' }, false, true, 'no authority: refused either way'],
  [{ uri: 'example.org' }, { uri: 'mailto:a@example.com' }, false, true, 'no authority: refused either way'],
  [{ uri: 'example.org' }, { uri: 'http://192.0.2.1/' }, false, true, 'an address: refused either way'],
  [{ uri: 'example.org' }, { uri: 'http://[2001:db8::1]/' }, false, true, 'an address: refused either way'],
  [{ uri: 'example.org' }, { uri: 'http:///path' }, false, true, 'no host: refused either way'],
  [{ uri: 'example.org' }, { uri: 'http://a%2eexample.com/' }, false, true, 'an encoded host: refused either way'],
  [{ uri: 'example.org' }, { uri: 'http://a.example.com\\.example.org/' }, false, true, 'no URI: refused either way'],
  [{ uri: 'example.org' }, { uri: '//example.org/' }, false, true, 'a relative URI: refused either way'],

  [{ directory: 'C=AT, O=Example' }, { directory: 'C=AT, O=Example' }, true, true, 'the name itself'],
  [{ directory: 'C=AT, O=Example' }, { directory: 'C=AT, O=Example, CN=x' }, true, true, 'a part added'],
  [{ directory: 'C=AT, O=Example' }, { directory: 'C=AT, O=  EXAMPLE , CN=x' }, true, true, '§7.1: case and spaces'],
  [{ directory: 'C=AT, O=Example' }, { directory: 'C=AT, O=Example2' }, false, false, 'whole values'],
  [{ directory: 'C=AT, O=Example' }, { directory: 'O=Example, C=AT' }, false, false, 'in order'],
  [{ directory: 'C=AT, O=Example' }, { directory: 'C=AT' }, false, false, 'no part less'],
  [{ directory: 'O=Example' }, { directory: 'C=AT, O=Example' }, false, false, 'from the front'],
  [{ directory: '' }, { directory: 'C=AT' }, true, true, 'an empty base is every name'],
  [{ directory: 'O=a' }, twoInOne('a'), false, false, 'a part of two attributes is another part'],
  [twoInOne('a'), twoInOne('A'), true, true, 'a part of two attributes'],

  [registeredId, registeredId, false, true, 'a form that nothing is known of'],
  [x400, x400, false, true, 'a form that nothing is known of'],
  [ediParty, ediParty, false, true, 'a form that nothing is known of'],
  [
    otherName('1.2.3', bytes('0500')),
    otherName('1.2.3', bytes('0500')),
    false,
    true,
    'a form that nothing is known of',
  ],
  [otherName('1.2.3', bytes('0500')), utf8Mailbox('é@example.com'), false, true, 'a form that nothing is known of'],
];

test('one name, one subtree', (t) => {
  const REFUSED = 'ERR_CERT_NAME_CONSTRAINTS';
  for (const [base, name, permits, excludes, why] of PAIRS) {
    const shown = `${JSON.stringify(base)} and ${JSON.stringify(name)}: ${why}`;
    assert.equal(judge({ names: [name] }, { permitted: [base] }), permits ? null : REFUSED, `permitted ${shown}`);
    assert.equal(judge({ names: [name] }, { excluded: [base] }), excludes ? REFUSED : null, `excluded ${shown}`);
    // §6.1.4 (g): what is excluded is so, whatever is permitted.
    const both = permits && !excludes ? null : REFUSED;
    assert.equal(judge({ names: [name] }, { permitted: [base], excluded: [base] }), both, `both ${shown}`);
  }
  t.diagnostic(`name constraints: ${PAIRS.length} pairs of name and subtree, permitted, excluded and both`);
});

test('forms do not touch each other', () => {
  const unknownForms: readonly GeneralNameInput[] = [registeredId, x400, ediParty];
  const names = [{ dns: 'a.test' }, { ip: '192.0.2.1' }, { email: 'a@a.test' }, { uri: 'http://a.test/' }];
  const bases = [
    { dns: 'b.test' },
    { ip: '198.51.100.0/24' },
    { email: 'b.test' },
    { uri: 'b.test' },
    { directory: 'CN=b' },
  ];
  for (const name of names) {
    for (const base of bases) {
      const same = Object.keys(name)[0] === Object.keys(base)[0];
      assert.equal(judge({ names: [name] }, { permitted: [base] }), same ? 'ERR_CERT_NAME_CONSTRAINTS' : null);
    }
    for (const unknown of unknownForms) {
      assert.equal(judge({ names: [name] }, { permitted: [unknown], excluded: [unknown] }), null);
      assert.equal(judge({ names: [unknown] }, { permitted: bases, excluded: bases }), null);
    }
  }
});

test('malformed subtrees are refused, whatever the names', () => {
  const malformed: readonly GeneralNameInput[] = [
    ...[
      '*.example.com',
      'example.com.',
      '.',
      '..example.com',
      'a..b',
      'exa mple.com',
      '-a.example',
      'http://a.test',
    ].map((dns) => ({ der: encodeText(0x82, dns) })),
    ...['*.example.com', 'a@', '@example.com', 'a@.example.com', 'a@b@c.test', 'example.com.'].map((email) => ({
      der: encodeText(0x81, email),
    })),
    ...['http://example.com', '*.example.com', 'example.com/', 'example.com:80'].map((uri) => ({
      der: encodeText(0x86, uri),
    })),
    maskedIp('c0000200ff00ff00'),
    maskedIp('c000020000ffffff'),
    maskedIp('c0000200fffffffd'),
    maskedIp(`${'20010db8'.repeat(4)}ffffffff00000000ffffffff00000000`),
  ];
  for (const base of malformed) {
    assert.equal(judge({}, { permitted: [base] }), 'ERR_CERT_NAME_CONSTRAINTS', JSON.stringify(base));
    assert.equal(judge({}, { excluded: [base] }), 'ERR_CERT_NAME_CONSTRAINTS', JSON.stringify(base));
  }
});

test('distances are refused', () => {
  const constraint = (hex: string) => {
    const base = { dns: 'a.test' };
    const subtree = encodeSequence(encodeGeneralName(base), bytes(hex));
    return codeOf(() => {
      const nameConstraints = readNameConstraints(decodeDer(encodeSequence(encodeElement(0xa0, subtree))));
      const root = paper({ subject: 'CN=Root', extensions: { nameConstraints } });
      checkNameConstraints([certificateOf({ names: [base] }), root], free);
    });
  };
  assert.equal(constraint(''), null);
  assert.equal(constraint('800101'), 'ERR_CERT_NAME_CONSTRAINTS');
  assert.equal(constraint('810100'), 'ERR_CERT_NAME_CONSTRAINTS');
  assert.equal(constraint('810105'), 'ERR_CERT_NAME_CONSTRAINTS');
  assert.equal(constraint('800100'), 'ERR_CERT_DECODE', 'X.690 §11.5: a default that is encoded');
  assert.equal(constraint('8001ff'), 'ERR_CERT_DECODE', 'a negative distance');
});

test('what is no NameConstraints at all', () => {
  for (const [hex, why] of [
    ['3000', 'neither list'],
    ['3002a000', 'an empty list'],
    ['3004a002 3000', 'a subtree without a base'],
    ['3006a004 3002 0500', 'a base that is no GeneralName'],
    ['300aa008 3006 8704 c0000201', 'an address without a mask'],
    ['3008a106 3004 8202 61ff', 'a base that is no IA5String'],
    ['300ea105 3003 820161 a005 3003 820161', 'in the wrong order'],
    ['3009a107 3005 820161 0500', 'a field too many'],
    ['0500', 'no sequence'],
  ] as const) {
    assert.equal(
      codeOf(() => readNameConstraints(decodeDer(bytes(hex)))),
      'ERR_CERT_DECODE',
      why,
    );
  }
});

test('the subject counts as a directoryName, and its addresses where there is no subjectAltName', () => {
  const permitted = [{ directory: 'O=Example' }];
  const REFUSED = 'ERR_CERT_NAME_CONSTRAINTS';
  assert.equal(judge({ subject: 'O=Example, CN=a' }, { permitted }), null);
  assert.equal(judge({ subject: 'O=Other, CN=a' }, { permitted }), REFUSED);
  assert.equal(judge({ subject: '' }, { permitted }), null, 'an empty subject is no name');
  assert.equal(judge({ subject: 'O=Example', names: [{ directory: 'O=Other' }] }, { permitted }), REFUSED);
  assert.equal(judge({ subject: 'O=Other', names: [{ directory: 'O=Example' }] }, { permitted }), REFUSED);
  assert.equal(judge({ subject: 'O=Other', names: [{ dns: 'a.test' }] }, { excluded: [{ directory: '' }] }), REFUSED);

  const mail = 'O=Example, emailAddress=a@example.com';
  assert.equal(judge({ subject: mail }, { permitted: [{ email: 'example.com' }] }), null);
  assert.equal(judge({ subject: mail }, { permitted: [{ email: 'example.org' }] }), REFUSED);
  assert.equal(judge({ subject: mail }, { excluded: [{ email: 'example.com' }] }), REFUSED);
  assert.equal(judge({ subject: mail, names: [{ dns: 'a.test' }] }, { excluded: [{ email: 'example.com' }] }), null);
  assert.equal(judge({ subject: 'CN=1.2.840.113549.1.9.1=a' }, { excluded: [{ email: '' }] }), null);
  // A common name is no host name.
  assert.equal(judge({ subject: 'CN=evil.test' }, { permitted: [{ dns: 'example.com' }] }), null);
});

test('who is bound by whom', () => {
  const REFUSED = 'ERR_CERT_NAME_CONSTRAINTS';
  const permitted = [{ dns: 'example.com' }];
  const leaf = { names: [{ dns: 'www.example.com' }] };
  const stranger = { names: [{ dns: 'www.example.org' }] };
  const ca = { subject: 'CN=CA', issuer: 'CN=Root' };
  assert.equal(judge(leaf, { ...ca, permitted }, {}), null);
  assert.equal(judge(stranger, { ...ca, permitted }, {}), REFUSED);
  assert.equal(judge(stranger, ca, { permitted }), REFUSED, 'across an authority');
  // §6.1.4 (g): the intersection and the union.
  assert.equal(judge(leaf, { ...ca, permitted: [{ dns: 'www.example.com' }] }, { permitted }), null);
  assert.equal(judge(leaf, { ...ca, permitted: [{ dns: 'ftp.example.com' }] }, { permitted }), REFUSED);
  assert.equal(judge(leaf, { ...ca, permitted: [{ dns: 'example.org' }] }, { permitted }), REFUSED);
  assert.equal(judge(leaf, { ...ca, excluded: [{ dns: 'www.example.com' }] }, { permitted }), REFUSED);
  assert.equal(judge(leaf, { ...ca, permitted: [{ ip: '192.0.2.0/24' }] }, { permitted }), null);
  assert.equal(judge(leaf, ca, { permitted: [{ dns: 'example.net' }, ...permitted] }), null, 'one of several');
  assert.equal(judge({ names: [...leaf.names, ...stranger.names] }, ca, { permitted }), REFUSED, 'each name');
  // An authority's own names are bound by those above, not by its own constraints.
  assert.equal(judge(leaf, { ...ca, names: [{ dns: 'ca.test' }], permitted }, {}), null);
  assert.equal(judge(leaf, { ...ca, names: [{ dns: 'ca.test' }] }, { permitted }), REFUSED);
  // §6.1.3 (b): self-issued ones are not, unless last.
  const rollover = { subject: 'CN=Root', issuer: 'CN=Root', names: [{ dns: 'ca.test' }] };
  assert.equal(judge(leaf, rollover, { permitted }), null);
  assert.equal(judge({ ...rollover, names: stranger.names }, { permitted }), REFUSED);
  // §4.2.1.10: only an authority has them.
  assert.equal(judge({ ...leaf, permitted }, {}), REFUSED);
  assert.equal(judge({ ...leaf, permitted, ca: true }, {}), null);
  assert.equal(judge({ ...leaf, subject: 'CN=a', permitted, ca: true }), null, 'one that is its own anchor');
});

test('hosts and addresses in every combination', (t) => {
  const hosts = ['none', 'good.test', 'bad.test'] as const;
  const ranges = ['none', '192.0.2.0/24', '2001:db8::/32'] as const;
  const dnsNames = [[], ['good.test'], ['bad.test'], ['a.good.test', 'b.bad.test'], ['*.test']] as const;
  const addresses = [[], ['192.0.2.1'], ['2001:db8::1'], ['192.0.2.1', '2001:db8::1'], ['198.51.100.1']] as const;
  const counts = { accepted: 0, refused: 0 };
  const bases = (host: string, range: string) => [
    ...(host === 'none' ? [] : [{ dns: host }]),
    ...(range === 'none' ? [] : [{ ip: range }]),
  ];
  const isIn = (name: string, base: string): boolean => {
    if (base.includes('/'))
      return base.startsWith('192.0.2') ? name.startsWith('192.0.2.') : name.startsWith('2001:db8:');
    return name === base || name.endsWith(`.${base}`);
  };
  for (const permittedHost of hosts) {
    for (const excludedHost of hosts) {
      for (const permittedRange of ranges) {
        for (const excludedRange of ranges) {
          for (const dns of dnsNames) {
            for (const ips of addresses) {
              const permitted = bases(permittedHost, permittedRange);
              const excluded = bases(excludedHost, excludedRange);
              const expand = (name: string) => (name === '*.test' ? ['good.test', 'bad.test', 'x.test'] : [name]);
              const right = (names: readonly string[], permit: string, exclude: string) =>
                names
                  .flatMap(expand)
                  .every(
                    (name) => (permit === 'none' || isIn(name, permit)) && (exclude === 'none' || !isIn(name, exclude)),
                  );
              const expected = right(dns, permittedHost, excludedHost) && right(ips, permittedRange, excludedRange);
              const names = [...dns.map((name) => ({ dns: name })), ...ips.map((ip) => ({ ip }))];
              const authority = {
                ...(permitted.length === 0 ? {} : { permitted }),
                ...(excluded.length === 0 ? {} : { excluded }),
              };
              const code = judge({ ...(names.length === 0 ? {} : { names }) }, { subject: 'CN=CA', ...authority }, {});
              counts[expected ? 'accepted' : 'refused']++;
              assert.equal(code, expected ? null : 'ERR_CERT_NAME_CONSTRAINTS', JSON.stringify({ authority, names }));
            }
          }
        }
      }
    }
  }
  t.diagnostic(
    `name constraints: every combination of hosts and addresses, ${counts.accepted} accepted, ${counts.refused} refused`,
  );
});

test('the work is names times subtrees of their form, and is paid for', () => {
  const names = Array.from({ length: 30 }, (_, i) => ({ dns: `n${i}.good.test` }));
  const bases = Array.from({ length: 20 }, (_, i) => ({ dns: i === 0 ? 'good.test' : `b${i}.test` }));
  const others = Array.from({ length: 50 }, () => ({ ip: '192.0.2.0/24' }));
  const path = [
    certificateOf({ names }),
    certificateOf({ ca: true, permitted: [...bases, ...others], excluded: bases.slice(1) }),
  ];
  const spend = (budget: number) => {
    let spent = 0;
    const account = { comparison: () => (++spent > budget ? fail('ERR_CERT_BUDGET') : undefined) };
    return { code: codeOf(() => checkNameConstraints(path, account)), spent };
  };
  // Each subtree once, to read it; then each name with each dNSName.
  const work = 89 + 30 * 39;
  assert.deepEqual(spend(1e9), { code: null, spent: work });
  assert.deepEqual(spend(work), { code: null, spent: work });
  assert.equal(spend(work - 1).code, 'ERR_CERT_BUDGET');
});

test('a refusal says whose constraint and which name', () => {
  const refusal = (name: GeneralNameInput, constraints: Holder): string => {
    const path = [certificateOf({ names: [name] }), certificateOf({ subject: 'O=Strict', ca: true, ...constraints })];
    try {
      checkNameConstraints(path, free);
    } catch (error) {
      return (error as { readonly detail?: string }).detail ?? '';
    }
    return 'accepted';
  };
  assert.equal(refusal({ dns: 'a.test' }, { permitted: [{ dns: 'b.test' }] }), 'O=Strict does not permit "a.test"');
  assert.equal(refusal({ dns: 'a.test' }, { excluded: [{ dns: 'test' }] }), 'O=Strict excludes "a.test"');
  assert.equal(
    refusal({ ip: '192.0.2.1' }, { excluded: [{ ip: '192.0.2.0/24' }] }),
    'O=Strict excludes address 192.0.2.1',
  );
  assert.equal(refusal({ directory: 'CN=x' }, { excluded: [{ directory: '' }] }), 'O=Strict excludes "CN=x"');
  assert.match(refusal(registeredId, { permitted: [registeredId] }), /cannot be compared with a registeredID$/);
  assert.match(
    refusal({ der: bytes('8204 1b5b326a') }, { permitted: [{ dns: '' }] }),
    /"\ufffd\[2j"$/,
    'nothing for a terminal',
  );
});
