/**
 * DER: every rule that makes it the only encoding, each with the nearest encoding that keeps it.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DER_LIMITS,
  decodeDer,
  elementAt,
  fieldsOf,
  listOf,
  readBitStringBytes,
  readBits,
  readBoolean,
  readOid,
  readSmallInteger,
  readTime,
  readUnsigned,
  setOf,
} from '../../src/certs/der.ts';
import {
  encodeElement,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeTime,
  encodeUnsigned,
} from '../../src/certs/der-encode.ts';
import { bytes, codeOf, hex } from './forge.ts';

// From X.690: each line is a rule, an encoding that breaks it, and one that does not.
const RULES: readonly [rule: string, code: string, bad: string, good: string][] = [
  ['§10.1: length in the fewest octets', 'ERR_CERT_DER_LENGTH', '04 81 01 00', '04 01 00'],
  [
    '§10.1: length without leading zeros',
    'ERR_CERT_DER_LENGTH',
    `04 82 00 80 ${'00'.repeat(128)}`,
    `04 81 80 ${'00'.repeat(128)}`,
  ],
  ['§10.1: definite length', 'ERR_CERT_DER_INDEFINITE', '30 80 05 00 00 00', '30 02 05 00'],
  ['nothing after the element', 'ERR_CERT_DER_TRAILING', '05 00 00', '05 00'],
  ['§8.1.3: all of the content', 'ERR_CERT_DECODE', '04 02 00', '04 02 00 00'],
  ['content of a constructed element is elements', 'ERR_CERT_DECODE', '30 03 05 00 00', '30 04 05 00 05 00'],
  ['children within their parent', 'ERR_CERT_DECODE', '30 03 04 02 00', '30 04 04 02 00 00'],
  ['§11.1: TRUE is ff', 'ERR_CERT_DER_BOOLEAN', '01 01 01', '01 01 ff'],
  ['§8.2.1: a boolean is one octet', 'ERR_CERT_DER_BOOLEAN', '01 02 ff ff', '01 01 00'],
  ['§8.3.1: an integer is not empty', 'ERR_CERT_DECODE', '02 00', '02 01 00'],
  ['§8.3.2: no leading zeros', 'ERR_CERT_DER_INTEGER', '02 02 00 7f', '02 02 00 80'],
  ['§8.3.2: no leading ones', 'ERR_CERT_DER_INTEGER', '02 02 ff 80', '02 02 ff 7f'],
  ['§8.6.2: bit string has its first octet', 'ERR_CERT_DECODE', '03 00', '03 01 00'],
  ['§8.6.2.2: at most seven unused bits', 'ERR_CERT_DECODE', '03 02 08 00', '03 02 07 00'],
  ['§8.6.2.3: no unused bits where there are none', 'ERR_CERT_DER_BITS', '03 01 01', '03 02 01 00'],
  ['§11.2.1: unused bits are zero', 'ERR_CERT_DER_BITS', '03 02 01 01', '03 02 01 02'],
  ['§10.2: bit strings are primitive', 'ERR_CERT_DECODE', '23 04 03 02 00 00', '03 02 00 00'],
  ['§10.2: octet strings are primitive', 'ERR_CERT_DECODE', '24 03 04 01 00', '04 01 00'],
  ['§10.2: strings are primitive, empty ones too', 'ERR_CERT_DECODE', '24 00', '04 00'],
  ['§8.8.2: null is empty', 'ERR_CERT_DECODE', '05 01 00', '05 00'],
  ['§8.19.1: an object identifier is not empty', 'ERR_CERT_DECODE', '06 00', '06 01 2a'],
  ['§8.19.2: arcs are complete', 'ERR_CERT_DECODE', '06 02 2a 86', '06 03 2a 86 48'],
  ['§8.19.2: arcs without leading zeros', 'ERR_CERT_DECODE', '06 03 2a 80 01', '06 02 2a 01'],
  ['sequences are constructed', 'ERR_CERT_DECODE', '10 00', '30 00'],
  ['sets are constructed', 'ERR_CERT_DECODE', '11 00', '31 00'],
  ['tag numbers below 31', 'ERR_CERT_DECODE', '9f 1f 00', '9e 00'],
  // Read as a low tag, the number would be the right length of what follows.
  ['tag numbers below 31, 33 for one', 'ERR_CERT_DECODE', `9f 21 20 ${'00'.repeat(32)}`, `9e 20 ${'00'.repeat(32)}`],
];

test('each rule of DER is kept: the bad encoding is refused, its neighbour is not', (t) => {
  for (const [rule, code, bad, good] of RULES) {
    assert.equal(
      codeOf(() => decodeDer(bytes(bad))),
      code,
      rule,
    );
    assert.equal(
      codeOf(() => decodeDer(bytes(good))),
      null,
      rule,
    );
  }
  t.diagnostic(`DER: ${RULES.length} rules, each with a bad and a good encoding`);
});

test('size, depth and number of elements are bounded', () => {
  const nested = (depth: number) => {
    let element = bytes('0500');
    for (let i = 0; i < depth; i++) element = encodeSequence(element);
    return element;
  };
  assert.equal(
    codeOf(() => decodeDer(nested(DER_LIMITS.depth))),
    null,
  );
  assert.equal(
    codeOf(() => decodeDer(nested(DER_LIMITS.depth + 1))),
    'ERR_CERT_DER_LIMIT',
  );
  assert.equal(
    codeOf(() => decodeDer(nested(5000))),
    'ERR_CERT_DER_LIMIT',
  );

  const nulls = (count: number) => encodeSequence(bytes('0500'.repeat(count)));
  assert.equal(
    codeOf(() => decodeDer(nulls(DER_LIMITS.elements - 1))),
    null,
  );
  assert.equal(
    codeOf(() => decodeDer(nulls(DER_LIMITS.elements))),
    'ERR_CERT_DER_LIMIT',
  );

  const octets = (length: number) => encodeOctets(new Uint8Array(length));
  assert.equal(
    codeOf(() => decodeDer(octets(DER_LIMITS.bytes - 5))),
    null,
  );
  assert.equal(
    codeOf(() => decodeDer(octets(DER_LIMITS.bytes - 4))),
    'ERR_CERT_DER_LIMIT',
  );
  assert.equal(
    codeOf(() => decodeDer(new Uint8Array(0))),
    'ERR_CERT_DECODE',
  );
});

test('elements are views of the bytes they were read from', () => {
  const input = bytes('30 08 02 01 05 a0 03 04 01 07');
  const element = decodeDer(input);
  assert.equal(hex(element.raw), hex(input));
  assert.deepEqual(
    element.children.map(({ tag, raw, content }) => [tag, hex(raw), hex(content)]),
    [
      [0x02, '020105', '05'],
      [0xa0, 'a003040107', '040107'],
    ],
  );
  assert.equal(element.children[1]?.children[0]?.content.buffer, input.buffer);
});

test('fields are taken in order, optional ones by their tag, and none may be left', () => {
  const element = decodeDer(bytes('30 06 02 01 05 01 01 ff'));
  const fields = fieldsOf(element);
  assert.equal(fields.optional(0x01), null);
  assert.equal(
    codeOf(() => fieldsOf(element).next(0x01)),
    'ERR_CERT_DECODE',
    'another tag',
  );
  assert.equal(readSmallInteger(fields.next(0x02)), 5);
  assert.equal(
    codeOf(() => fields.end()),
    'ERR_CERT_DECODE',
  );
  const flag = fields.optional(0x01);
  assert.ok(flag !== null && readBoolean(flag));
  fields.end();
  assert.equal(
    codeOf(() => fields.next()),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => fieldsOf(element, 0x31)),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => listOf(decodeDer(bytes('3000')))),
    'ERR_CERT_DECODE',
  );
});

test('integers', () => {
  const read = (text: string) => readSmallInteger(decodeDer(bytes(text)));
  assert.equal(read('020100'), 0);
  assert.equal(read('02020080'), 128);
  assert.equal(read('02047fffffff'), 0x7fff_ffff);
  assert.equal(
    codeOf(() => read('02050080000000')),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => read('02050100000000')),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => read('0201ff')),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => read('040100')),
    'ERR_CERT_DECODE',
  );
  assert.equal(hex(readUnsigned(decodeDer(bytes('02020080')))), '80');
  assert.equal(hex(encodeUnsigned(0)), '020100');
  assert.equal(hex(encodeUnsigned(128)), '02020080');
  assert.equal(hex(encodeUnsigned(bytes('00007f'))), '02017f');
});

test('bit strings', () => {
  assert.deepEqual(readBits(decodeDer(bytes('0302 05 a0'))), { bytes: bytes('a0'), unused: 5 });
  assert.equal(hex(readBitStringBytes(decodeDer(bytes('0302 00 a0')))), 'a0');
  assert.equal(
    codeOf(() => readBitStringBytes(decodeDer(bytes('0302 05 a0')))),
    'ERR_CERT_DECODE',
  );
});

test('the elements of a SET OF are in order', () => {
  const code = (text: string) => codeOf(() => setOf(decodeDer(bytes(text))));
  // Equal ones may stand side by side: X.690 orders them, and forbids nothing.
  for (const good of ['3103 020101', '3106 020101 020102', '3106 020101 020101', '3107 020101 02020080']) {
    assert.equal(code(good), null, good);
  }
  assert.equal(code('3106 020102 020101'), 'ERR_CERT_DER_ORDER');
  assert.equal(code('3107 02020080 020101'), 'ERR_CERT_DER_ORDER');
  assert.equal(code('3100'), 'ERR_CERT_DECODE');
});

test('object identifiers, large arcs among them', () => {
  // The last two: X.667's example 2.25.<UUID as an integer>, and the arc on each side of 2^53.
  for (const text of [
    '1.2.840.113549.1.1.11',
    '2.5.29.17',
    '0.9.2342.19200300.100.1.25',
    '1.39',
    '2.999.3',
    '2.25.329800735698586629295641978511506172918',
    '2.9007199254740993',
    '2.18446744073709551616.1',
    '1.3.9007199254740991',
    '1.3.9007199254740993',
  ]) {
    assert.equal(readOid(decodeDer(encodeOid(text))), text);
  }
  // X.690 §8.19.5: {joint-iso-itu-t 100 3}… written 2.100.3.
  assert.equal(readOid(decodeDer(bytes('06 03 81 34 03'))), '2.100.3');
});

test('times', () => {
  const utc = (text: string) => readTime(decodeDer(encodeElement(0x17, Buffer.from(text)))).toISOString();
  const general = (text: string) => readTime(decodeDer(encodeElement(0x18, Buffer.from(text)))).toISOString();
  // RFC 5280 §4.1.2.5.1: 50 to 99 is 19xx, 00 to 49 is 20xx.
  assert.equal(utc('500101000000Z'), '1950-01-01T00:00:00.000Z');
  assert.equal(utc('491231235959Z'), '2049-12-31T23:59:59.000Z');
  assert.equal(utc('240229000000Z'), '2024-02-29T00:00:00.000Z');
  assert.equal(general('20500101000000Z'), '2050-01-01T00:00:00.000Z');
  assert.equal(general('99991231235959Z'), '9999-12-31T23:59:59.000Z');
  assert.equal(general('20200101000000Z'), '2020-01-01T00:00:00.000Z');
  const bad: readonly (() => unknown)[] = [
    () => utc('2401010000Z'),
    () => utc('240101000000+0000'),
    () => utc('240101000000'),
    () => utc('230229000000Z'),
    () => utc('240001000000Z'),
    () => utc('241301000000Z'),
    () => utc('240132000000Z'),
    () => utc('240101240000Z'),
    () => utc('240101006000Z'),
    () => utc('240101000060Z'),
    () => utc('20240101000000Z'),
    () => utc('24010100000\u00b2Z'),
    () => general('240101000000Z'),
    () => general('20500101000000.5Z'),
    () => general('20500101000000+0100'),
    () => general('205001010000Z'),
    () => readTime(decodeDer(encodeElement(0x16, Buffer.from('240101000000Z')))),
  ];
  for (const call of bad) assert.equal(codeOf(call), 'ERR_CERT_TIME', String(call));
  assert.equal(Buffer.from(encodeTime(new Date('2049-12-31T23:59:59.900Z'))).toString('latin1', 2), '491231235959Z');
  assert.equal(Buffer.from(encodeTime(new Date('2050-01-01T00:00:00Z'))).toString('latin1', 2), '20500101000000Z');
});

test('an extent is found without looking inside', () => {
  const input = bytes('00 30 82 00 80');
  assert.equal(
    codeOf(() => elementAt(input, 1)),
    'ERR_CERT_DER_LENGTH',
  );
  assert.deepEqual(elementAt(bytes('05 00 04 02 00 00 01'), 2), { tag: 4, contentStart: 4, end: 6 });
  assert.equal(
    codeOf(() => elementAt(bytes('04 02 00'), 0)),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => elementAt(bytes('04'), 0)),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => elementAt(bytes('04 01 00'), 3)),
    'ERR_CERT_DECODE',
  );
});

test('whatever bytes come, only a TlsError is thrown', (t) => {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 16;
  };
  let accepted = 0;
  const rounds = 20_000;
  for (let round = 0; round < rounds; round++) {
    const input = Uint8Array.from(
      { length: next() % 40 },
      () => [0x30, 0x31, 0xa0, 0x02, 0x03, next() & 0xff][next() % 6] ?? 0,
    );
    if (codeOf(() => decodeDer(input)) === null) accepted++;
  }
  t.diagnostic(`DER: ${rounds} random inputs, ${accepted} of them well-formed, no other exception`);
});
