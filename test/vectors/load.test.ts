import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex, loadKdfTests, loadRfc8448, rfc8448Steps } from './load.ts';

test('RFC 8448: every value has the length that the RFC declares', (t) => {
  const { values, sameAs, traces } = loadRfc8448();
  for (const value of values) assert.equal(fromHex(value.hex).length, value.octets, `${value.section}/${value.step}`);
  assert.equal(values.length, 543);
  assert.equal(traces.length, 5);
  assert.equal(rfc8448Steps().length + sameAs.length, 272);
  t.diagnostic(
    `rfc8448: ${values.length} values in ${rfc8448Steps().length + sameAs.length} steps of ${traces.length} traces`,
  );
});

test('RFC 8448: the RSA key of section 2 is consistent', () => {
  const key = new Map(loadRfc8448().rsaKey.map(({ name, hex }) => [name, BigInt(`0x${hex}`)]));
  const number = (name: string): bigint => key.get(name) ?? assert.fail(name);
  assert.equal(number('prime1') * number('prime2'), number('modulus (public)'));
  const phi = (number('prime1') - 1n) * (number('prime2') - 1n);
  assert.equal((number('public exponent') * number('exponent1')) % (number('prime1') - 1n), 1n);
  assert.equal((number('public exponent') * number('exponent2')) % (number('prime2') - 1n), 1n);
  assert.equal((number('coefficient') * number('prime2')) % number('prime1'), 1n);
  assert.equal(
    (number('public exponent') * number('private exponent')) %
      (phi / gcd(number('prime1') - 1n, number('prime2') - 1n)),
    1n,
  );
});

test('TLS 1.3 KDF: 260 tests, each with the inputs of its mode', () => {
  const tests = loadKdfTests();
  assert.equal(tests.length, 260);
  for (const one of tests) {
    assert.equal(one.psk !== null, one.mode !== 'DHE');
    assert.equal(one.dhe !== null, one.mode !== 'PSK');
    assert.equal(Object.keys(one.secrets).length, 8);
  }
});

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}
