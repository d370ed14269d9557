/**
 * The entries of a CRL, of every length and in large numbers.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCrl } from '../../src/certs/crl.ts';
import { findRevocation } from '../../src/certs/crl-entries.ts';
import { encodeElement, encodeSequence } from '../../src/certs/der-encode.ts';
import type { RevokedInput } from '../../src/certs/issue-status.ts';
import { codeOf, root, server } from './forge.ts';
import { contextAt, crlOf, refusalOf, YESTERDAY } from './status.ts';

test('entries are walked whatever their lengths', () => {
  const date = encodeElement(0x17, new TextEncoder().encode('260601000000Z'));
  const octets = (length: number) => encodeElement(0x04, new Uint8Array(length));
  const oid = encodeElement(0x06, Uint8Array.of(0x2a, 3));
  const entry = (serial: readonly number[], ...extensions: readonly Uint8Array[]) => {
    const list = extensions.length === 0 ? [] : [encodeSequence(...extensions)];
    return encodeSequence(encodeElement(0x02, Uint8Array.from(serial)), date, ...list);
  };
  const wanted = Uint8Array.of(5);
  const last = entry([5]);
  const find = (...entries: readonly Uint8Array[]) => {
    const bytes = Uint8Array.from(entries.flatMap((one) => [...one]));
    const outcome: { found?: boolean } = {};
    const code = codeOf(() => {
      outcome.found = findRevocation(bytes, wanted, 2) !== null;
    });
    return code ?? outcome.found;
  };
  assert.equal(find(), false);
  // Lengths in one, two, three and four octets, and at their borders.
  for (const length of [0, 1, 100, 127, 128, 129, 255, 256, 257, 65_535, 65_536, 70_000]) {
    assert.equal(find(entry([6], encodeSequence(oid, octets(length))), last), true, `${length}`);
    assert.equal(
      find(entry([6], encodeSequence(oid, octets(length)), encodeSequence(oid, octets(1)))),
      false,
      `${length}`,
    );
  }
  for (const serial of [[0], [0xff], [0, 0x80], [0, 0xff], [0xff, 0], [0xff, 0x7f], [1, 0], [0x80, 0x80]]) {
    assert.equal(find(entry(serial), last), true, serial.join());
  }
  for (const serial of [[], [0, 0], [0, 0x7f], [0xff, 0x80], [0xff, 0xff]]) {
    assert.equal(find(entry(serial), last), 'ERR_CERT_DECODE', serial.join());
  }
  const bad: readonly (readonly [string, Uint8Array])[] = [
    ['a SET', encodeElement(0x31, encodeElement(0x02, Uint8Array.of(1)), date)],
    ['a serial number of another type', encodeSequence(encodeElement(0x04, Uint8Array.of(1)), date)],
    [
      'extensions of another type',
      encodeSequence(encodeElement(0x02, Uint8Array.of(1)), date, encodeElement(0x31, encodeSequence(oid, octets(1)))),
    ],
    ['an extension of another type', entry([1], encodeElement(0x31, oid, octets(1)))],
    ['an identifier of another type', entry([1], encodeSequence(octets(2), octets(1)))],
    ['a value of another type', entry([1], encodeSequence(oid, oid))],
    ['a tag alone', Uint8Array.of(0x30)],
    ['a length cut short', Uint8Array.of(0x30, 0x82, 0x01)],
    ['a length of four octets', Uint8Array.of(0x30, 0x84, 0, 0, 0, last.length - 2, ...last.subarray(2))],
    ['a length of two octets for few', Uint8Array.of(0x30, 0x81, last.length - 2, ...last.subarray(2))],
    ['a length with a zero in front', Uint8Array.of(0x30, 0x82, 0, 0x80, ...new Uint8Array(128))],
    ['an indefinite length', Uint8Array.of(0x30, 0x80, ...last.subarray(2), 0, 0)],
    ['an end beyond the list', last.subarray(0, -1)],
    ['a date that leads out of the entry', Uint8Array.of(0x30, 3 + 2, 2, 1, 1, ...date)],
  ];
  for (const [what, one] of bad) assert.equal(find(one), 'ERR_CERT_DECODE', what);
});

const top = root();
const leaf = server(top);

test('100,000 entries are looked up in a moment', (t) => {
  const revoked = Array.from({ length: 100_000 }, (_, i): RevokedInput => {
    const serial = new Uint8Array(16).fill(0x40);
    new DataView(serial.buffer).setUint32(12, i);
    return { serial, date: YESTERDAY, reason: 'superseded' };
  });
  const der = crlOf(top, { revoked });
  const crl = decodeCrl(der);
  assert.equal(findRevocation(crl.entries, leaf.certificate.serial, 2), null);
  const started = performance.now();
  assert.equal(findRevocation(crl.entries, revoked[99_999]?.serial ?? new Uint8Array(), 2)?.reason, 'superseded');
  const lookup = performance.now() - started;
  const context = contextAt();
  assert.equal(refusalOf([leaf, top], { mode: 'hard', crls: [crl] }, context), null);
  const whole = performance.now();
  assert.equal(refusalOf([leaf, top], { mode: 'hard', crls: [crl] }, context), null);
  const second = performance.now() - whole;
  assert.equal(context.signatures, 1, 'the signature of a decoded list is verified once');
  // More serial numbers than answers are kept, twice: none is taken for another.
  for (let turn = 0; turn < 2; turn++) {
    for (let i = 0; i < 70; i++) {
      const listed = i % 2 === 0;
      const serial = listed ? (revoked[i]?.serial ?? new Uint8Array()) : Uint8Array.of(i);
      const subject = { ...leaf, certificate: { ...leaf.certificate, serial } };
      const code = refusalOf([subject, top], { mode: 'hard', crls: [crl] }, context)?.code ?? null;
      assert.equal(code, listed ? 'ERR_CERT_REVOKED' : null);
    }
  }
  t.diagnostic(
    `CRLs: ${der.length} bytes, 100,000 entries: look-up ${lookup.toFixed(1)} ms, check ${second.toFixed(1)} ms`,
  );
  assert.ok(lookup < 1000 && second < 1000);
});
