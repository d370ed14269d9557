/**
 * Names: RFC 9525's rules, each kept and broken; addresses, against node's own parser.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import { matchesCertificate, matchesDnsName, matchesEmail, parseIp } from '../../src/certs/name-match.ts';
import { bytes, forge, hex, root, server } from './forge.ts';

const CASES: readonly [pattern: string, name: string, matches: boolean, why: string][] = [
  ['example.com', 'example.com', true, 'equal'],
  ['EXAMPLE.com', 'eXample.COM', true, '§6.3: case does not count'],
  ['example.com', 'example.com.', true, 'the reference name may be absolute'],
  ['example.com.', 'example.com', false, 'a presented name may not'],
  ['example.com', 'example.com..', false, 'one dot only'],
  ['example.com', 'www.example.com', false, 'no label more'],
  ['www.example.com', 'example.com', false, 'no label less'],
  ['example.com', 'example.org', false, 'another name'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example', true, 'A-labels'],
  ['xn--bcher-kva.example', 'bücher.example', false, 'U-labels are not converted here'],
  ['bücher.example', 'bücher.example', false, 'neither side may be other than ASCII'],
  // U+212A KELVIN SIGN lower-cases to k.
  ['\u212ate.example', 'kte.example', false, 'only ASCII letters have a case here'],
  ['kte.example', '\u212ate.example', false, 'only ASCII letters have a case here'],
  ['*.example.com', 'www.example.com', true, '§6.3: one label'],
  ['*.Example.COM', 'WWW.example.com.', true, 'with case and dot'],
  ['*.example.com', 'example.com', false, '§6.3: not none'],
  ['*.example.com', 'a.b.example.com', false, '§6.3: not two'],
  ['*.example.com', '.example.com', false, 'not an empty one'],
  ['*.example.com', '*.example.com', false, '§6.3: no wildcard in the reference name'],
  ['*.com', 'example.com', false, 'not all of a top-level domain'],
  ['*', 'localhost', false, 'not everything'],
  ['*.', 'localhost.', false, 'not everything'],
  ['*.*.com', 'www.example.com', false, '§6.3: one wildcard'],
  ['www.*.com', 'www.example.com', false, '§6.3: left-most label only'],
  ['w*.example.com', 'www.example.com', false, '§6.3: the whole label'],
  ['*w.example.com', 'www.example.com', false, '§6.3: the whole label'],
  ['w*w.example.com', 'www.example.com', false, '§6.3: the whole label'],
  ['**.example.com', 'www.example.com', false, '§6.3: one wildcard'],
  ['*.example.com.', 'www.example.com', false, 'a presented name may not be absolute'],
  ['*.xn--bcher-kva.example', 'a.xn--bcher-kva.example', true, 'A-labels below a wildcard'],
  ['*.0.0.1', '127.0.0.1', false, '§6.4: an address is not a host name'],
  ['127.0.0.1', '127.0.0.1', false, '§6.4: an address is not a host name'],
  ['::1', '::1', false, '§6.4: an address is not a host name'],
  ['*.2.3', '1.2.3', false, 'a name that ends in a number is none'],
  ['1.2.3', '1.2.3', false, 'a name that ends in a number is none'],
  ['host.123', 'host.123', false, 'a name that ends in a number is none'],
  ['123', '123', false, 'a name that ends in a number is none'],
  ['1.2.3.example', '1.2.3.example', true, 'numbers elsewhere'],
  ['a.b1', 'a.b1', true, 'a digit in the last label'],
  ['xn--*.example', 'xn--bcher-kva.example', false, '§6.3: no part of an A-label'],
  ['x*.example.com', 'xn--bcher-kva.example.com', false, '§6.3: no part of an A-label'],
  ['*.example.com', 'xn--bcher-kva.example.com', true, 'a whole A-label'],
  ['', '', false, 'nothing is not a name'],
  ['example.com', '', false, 'nothing is not a name'],
  ['', 'example.com', false, 'nothing is not a name'],
  ['.', '.', false, 'nothing is not a name'],
  ['example.com\0', 'example.com', false, 'no control characters'],
  ['example.com\0.evil.test', 'example.com', false, 'no control characters'],
  ['example.com', 'example.com\0.evil.test', false, 'no control characters'],
  [' example.com', 'example.com', false, 'no white space'],
  ['a_b.example.com', 'a_b.example.com', true, 'underscores are in use'],
  ['-a.example.com', '-a.example.com', false, 'RFC 1034 §3.5: no hyphen in front'],
  ['localhost', 'localhost', true, 'one label'],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`, true, 'a label of 63'],
  [`${'a'.repeat(64)}.example`, `${'a'.repeat(64)}.example`, false, 'not of 64'],
  [`${'a.'.repeat(126)}b`, `${'a.'.repeat(126)}b`, true, 'a name of 253'],
  [`${'a.'.repeat(127)}b`, `${'a.'.repeat(127)}b`, false, 'not of 255'],
];

test('host names against patterns', (t) => {
  for (const [pattern, name, matches, why] of CASES) {
    assert.equal(matchesDnsName(pattern, name), matches, `${pattern} and ${name}: ${why}`);
  }
  t.diagnostic(`DNS names: ${CASES.length} pairs`);
});

test('the subjectAltName decides alone, each kind of name for itself', () => {
  const authority = root();
  const leaf = server(authority, {
    subject: 'CN=common.example',
    names: ['a.example', '*.b.example', 'user@mail.example', '10.0.0.9'],
    ips: ['10.0.0.1', '2001:db8::1'],
  }).certificate;
  assert.equal(matchesCertificate(leaf, { dns: 'a.example' }), true);
  assert.equal(matchesCertificate(leaf, { dns: 'x.b.example' }), true);
  assert.equal(matchesCertificate(leaf, { dns: 'common.example' }), false);
  assert.equal(matchesCertificate(leaf, { dns: '10.0.0.1' }), false);
  assert.equal(matchesCertificate(leaf, { ip: '10.0.0.1' }), true);
  assert.equal(matchesCertificate(leaf, { ip: '10.0.0.9' }), false, 'an address in a dNSName');
  assert.equal(matchesCertificate(leaf, { ip: '2001:DB8:0::0:1' }), true);
  assert.equal(matchesCertificate(leaf, { ip: '::ffff:10.0.0.1' }), false, 'a mapped address is another address');
  assert.equal(matchesCertificate(leaf, { ip: 'a.example' }), false);
  assert.equal(matchesCertificate(leaf, { email: 'user@MAIL.example' }), true);
  assert.equal(matchesCertificate(leaf, { dns: 'mail.example' }), false);

  const nameless = forge({ subject: 'CN=common.example' }).certificate;
  assert.equal(matchesCertificate(nameless, { dns: 'common.example' }), false);
});

test('mail addresses', () => {
  assert.equal(matchesEmail('a@b.example', 'a@B.example'), true);
  assert.equal(matchesEmail('A@b.example', 'a@b.example'), false);
  assert.equal(matchesEmail('b.example', 'a@b.example'), false);
  assert.equal(matchesEmail('@b.example', '@b.example'), false);
  assert.equal(matchesEmail('a@', 'a@'), false);
  assert.equal(matchesEmail('"a"@b.example', 'a@b.example'), true, 'RFC 5321 §4.1.2: quotes are not part of it');
  assert.equal(matchesEmail('"a b"@b.example', '"a b"@b.example'), true);
  assert.equal(matchesEmail('a b@b.example', 'a b@b.example'), false);
  assert.equal(matchesEmail('a@c.example@b.example', 'a@c.example@b.example'), false);
  assert.equal(matchesEmail('a@[192.0.2.1]', 'a@[192.0.2.1]'), false, 'a host is a name');
  assert.equal(matchesEmail('a@bücher.example', 'a@bücher.example'), false, 'RFC 9549 §2.5: in A-labels');
  assert.equal(matchesEmail('\u00e9@b.example', '\u00e9@B.example'), true, 'RFC 9598 §5');

  // RFC 9598 Appendix B: the example, in its own encoding.
  const der = bytes(
    'a02b0608 2b060105 05070809 a01f0c1d e58cbbe7 949f4078 6e2d2d70 73733235 632e6578 616d706c 652e636f 6d',
  );
  const leaf = forge({ otherNames: [{ der }] }).certificate;
  assert.equal(matchesCertificate(leaf, { email: '医生@xn--pss25c.example.com' }), true);
  assert.equal(matchesCertificate(leaf, { email: '医@xn--pss25c.example.com' }), false);
  assert.equal(matchesCertificate(leaf, { dns: 'xn--pss25c.example.com' }), false);
});

test('address literals', (t) => {
  const good: readonly [text: string, bytes: string][] = [
    ['0.0.0.0', '00000000'],
    ['255.255.255.255', 'ffffffff'],
    ['::', '00'.repeat(16)],
    ['::1', `${'00'.repeat(15)}01`],
    ['1::', `0001${'00'.repeat(14)}`],
    ['2001:db8:0:0:8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['2001:DB8::8:800:200C:417A', '20010db80000000000080800200c417a'],
    ['::13.1.68.3', `${'00'.repeat(12)}0d014403`],
    ['::ffff:129.144.52.38', `${'00'.repeat(10)}ffff81903426`],
    ['1:2:3:4:5:6:1.2.3.4', '000100020003000400050006' + '01020304'],
    ['1:2:3:4:5:6:7::', '0001000200030004000500060007' + '0000'],
    ['::2:3:4:5:6:7:8', '0000' + '0002000300040005000600070008'],
  ];
  for (const [text, expected] of good) assert.equal(hex(parseIp(text) ?? new Uint8Array(0)), expected, text);

  const bad = [
    ...[
      '',
      '.',
      '1',
      '1.2.3',
      '1.2.3.4.5',
      '256.1.1.1',
      '01.2.3.4',
      '1.2.3.04',
      '0x1.2.3.4',
      '1..2.3',
      '1.2.3.4 ',
      ' 1.2.3.4',
    ],
    ...['-1.2.3.4', '1e1.2.3.4', '+1.2.3.4', '١.2.3.4', '1.2.3.4\n', '4294967295'],
    ...[
      ':',
      ':::',
      '1:',
      ':1',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1::2::3',
      '12345::',
      'g::',
      '::1%eth0',
      '[::1]',
      '::1/64',
    ],
    ...[
      '1:2:3:4:5:6:7:8::',
      '::1:2:3:4:5:6:7:8',
      '1:2:3:4:5:6:7:1.2.3.4',
      '::1.2.3',
      '::1.2.3.4:5',
      '1.2.3.4::',
      '::256.1.1.1',
      ' ::1',
    ],
    ...['1:2:3:4::5:6:7:8', 'example.com'],
  ];
  for (const text of bad) assert.equal(parseIp(text), null, JSON.stringify(text));

  // Node's parser says which texts are addresses; a zone is the one thing that it takes and we do not.
  let compared = 0;
  let state = 3;
  const next = (bound: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const alphabets = ['0123456789.', '0123456789.', ':::0af1', ':::0af1.2'] as const;
  for (let round = 0; round < 40_000; round++) {
    const alphabet = alphabets[round % alphabets.length] ?? '';
    const base = round % 3 === 0 ? (good[next(good.length)]?.[0] ?? '') : '';
    const characters = base === '' ? Array.from({ length: 1 + next(16) }, () => '') : [...base];
    const text = characters
      .map((old) => (old === '' || next(12) === 0 ? alphabet[next(alphabet.length)] : old))
      .join('');
    assert.equal(parseIp(text)?.length ?? 0, isIPv4(text) ? 4 : isIPv6(text) ? 16 : 0, text);
    compared++;
  }
  t.diagnostic(`addresses: ${good.length} good, ${bad.length} bad, ${compared} compared with node`);
});
