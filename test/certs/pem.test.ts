/**
 * PEM: the RFC's own example, what is skipped, and what is refused.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodePem, encodePem } from '../../src/certs/pem.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import { bytes, hex } from './forge.ts';

// RFC 7468 §13, Figure 15.
const RFC_EXAMPLE = `-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEn1LlwLN/KBYQRVH6HfIMTzfEqJOVztLe
kLchp2hi78cCaMY81FBlYs8J9l7krc+M4aBeCGYFjba+hiXttJWPL7ydlE+5UG4U
Nkn3Eos8EiZByi9DVsyfy9eejh+8AXgp
-----END PUBLIC KEY-----
`;

test('the example of RFC 7468 §13 is read and written', () => {
  const [block] = decodePem(RFC_EXAMPLE);
  assert.equal(block?.label, 'PUBLIC KEY');
  assert.equal(hex(block?.der.subarray(0, 8) ?? new Uint8Array(0)), '3076301006072a86');
  assert.equal(block?.der.length, 120);
  assert.equal(encodePem('PUBLIC KEY', block?.der ?? new Uint8Array(0)), RFC_EXAMPLE);
});

test('lengths around the ends of lines and of base64 groups', () => {
  for (const length of [1, 2, 3, 47, 48, 49, 96, 97]) {
    const der = Uint8Array.from({ length }, (_, i) => (i * 37) & 0xff);
    const text = encodePem('X', der);
    assert.ok(text.split('\n').every((line) => line.length <= 64));
    assert.deepEqual(decodePem(text), [{ label: 'X', der }]);
  }
});

test('what is between and around blocks is skipped; ends of lines and white space do not count', () => {
  const text = `subject=CN=a\n-----BEGIN A-----\nAQ==\n-----END A-----\nissuer: - - -\n-----BEGIN B C-----\r\nAg\r\n ==\t\r\n-----END B C-----\rend`;
  assert.deepEqual(decodePem(text), [
    { label: 'A', der: bytes('01') },
    { label: 'B C', der: bytes('02') },
  ]);
  assert.deepEqual(decodePem('-----BEGIN A-----\nAQ==\n-----END A-----'), [{ label: 'A', der: bytes('01') }]);
});

test('refusals', () => {
  const block = (body: string, end = 'A') => `-----BEGIN A-----\n${body}\n-----END ${end}-----\n`;
  const bad: readonly [what: string, text: string][] = [
    ['no block', 'AQ=='],
    ['nothing', ''],
    ['no end', '-----BEGIN A-----\nAQ==\n'],
    ['no beginning', 'AQ==\n-----END A-----\n'],
    ['another end', block('AQ==', 'B')],
    ['a block in a block', `-----BEGIN A-----\n${block('AQ==')}`],
    ['empty', block('')],
    ['not base64', block('AQ!=')],
    ['base64url', block('-_==')],
    ['padding missing', block('AQ')],
    ['padding too long', block('AQ===')],
    ['padding inside', block('AQ==AQ==')],
    ['unused bits set', block('AR==')],
    ['no end after a good block', `${block('AQ==')}-----BEGIN A-----\nAQ==\n`],
    ['a malformed block after a good one', `${block('AQ==')}${block('?')}`],
    ['an encrypted key of the old kind', block('Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAQ==')],
  ];
  for (const [what, text] of bad) {
    assert.throws(
      () => decodePem(text),
      (error) => error instanceof TlsConfigError && error.code === 'ERR_CONFIG_PEM',
      what,
    );
  }
  assert.equal(decodePem(block('AQ==')).length, 1);
  // Who gives an encrypted key is told so.
  assert.throws(() => decodePem(block('Proc-Type: 4,ENCRYPTED\n\nAQ==')), /A is encrypted/);
});
