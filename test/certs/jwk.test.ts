/**
 * JWKs: what Node exports is read, the RFCs' own examples too, and each damage is refused.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { createCredential } from '../../src/certs/credential.ts';
import { generatePrivateKey, KEY_KINDS } from '../../src/certs/issue.ts';
import { type Jwk, readPrivateJwk, readPublicJwk } from '../../src/certs/jwk.ts';
import { encodePrivateKey, encodePublicKey } from '../../src/certs/keys.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import { hex, random, root } from './forge.ts';

const KINDS = KEY_KINDS.filter((kind) => !kind.startsWith('rsa-pss'));

function jwkOf(key: ReturnType<typeof generatePrivateKey>): Jwk {
  const node = createPrivateKey({ key: Buffer.from(encodePrivateKey(key)), format: 'der', type: 'pkcs8' });
  return node.export({ format: 'jwk' }) as Jwk;
}

test('what Node exports is the key that it was made from', () => {
  for (const kind of KINDS) {
    const key = generatePrivateKey(kind, random);
    const jwk = jwkOf(key);
    const publicHalf = hex(encodePublicKey(nobleProvider.publicKey(key)));
    assert.equal(hex(encodePrivateKey(readPrivateJwk(jwk))), hex(encodePrivateKey(key)), kind);
    assert.equal(hex(encodePublicKey(readPublicJwk(jwk))), publicHalf, kind);
    const { d, ...publicJwk } = jwk;
    assert.equal(hex(encodePublicKey(readPublicJwk(publicJwk))), publicHalf, kind);
    assert.throws(() => readPrivateJwk(publicJwk), /without "d"/);
  }
});

test('the examples of the RFCs', () => {
  // RFC 8037 Appendix A.1.
  const ed25519 = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
    x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  };
  const key = readPrivateJwk(ed25519);
  assert.ok(key.kind === 'ed25519');
  assert.equal(hex(key.seed), '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
  // RFC 7517 Appendix A.2.
  const ec = {
    kty: 'EC',
    crv: 'P-256',
    x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
    use: 'enc',
    kid: '1',
  };
  assert.equal(readPrivateJwk(ec).kind, 'ec');
});

test('a credential from a JWK: the key belongs to the certificate, or is refused', () => {
  const authority = root();
  const jwk = jwkOf(authority.key);
  const credential = createCredential({ certificates: [authority.der], key: readPrivateJwk(jwk) });
  assert.deepEqual(credential.key, authority.key);
  assert.throws(
    () => createCredential({ certificates: [authority.der], key: readPrivateJwk(jwkOf(root().key)) }),
    (error) => error instanceof TlsConfigError && error.code === 'ERR_CONFIG_KEY_MISMATCH',
  );
});

test('each damage is refused, and no message says what the key is', () => {
  const ec = jwkOf(generatePrivateKey('p256', random));
  const okp = jwkOf(generatePrivateKey('ed25519', random));
  const rsa = jwkOf(generatePrivateKey('rsa2048', random));
  const otherEc = jwkOf(generatePrivateKey('p256', random));
  const otherOkp = jwkOf(generatePrivateKey('ed25519', random));
  const text = (jwk: Jwk, member: string) => String(jwk[member]);
  const cases: readonly [what: string, jwk: Jwk, message: RegExp][] = [
    ['no kty', { ...ec, kty: undefined }, /kty/],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }, /kty "oct"/],
    ['another curve', { ...ec, crv: 'secp256k1' }, /curve "secp256k1"/],
    ['a curve of key agreement', { ...okp, crv: 'X25519' }, /curve "X25519"/],
    ['a curve of another length', { ...ec, crv: 'P-384' }, /"x" has 32 bytes, not 48/],
    ['no x', { ...ec, x: undefined }, /"x" is missing/],
    ['x that is a number', { ...ec, x: 7 }, /"x" is missing or not base64url/],
    ['padding', { ...ec, x: `${text(ec, 'x')}=` }, /"x" is missing or not base64url/],
    ['base64 of the other alphabet', { ...okp, x: '+'.repeat(43) }, /"x" is missing or not base64url/],
    ['bits that do not count', { ...okp, d: `${'A'.repeat(42)}B` }, /"d" is not base64url in its only form/],
    ['a scalar of zero', { ...ec, d: 'A'.repeat(43) }, /outside its range/],
    ['the scalar of another key', { ...ec, d: text(otherEc, 'd') }, /does not belong/],
    ['the seed of another key', { ...okp, d: text(otherOkp, 'd') }, /does not belong/],
    ['a seed that is short', { ...okp, d: 'AAAA' }, /"d" has 3 bytes, not 32/],
    ['RSA with a zero in front', { ...rsa, e: 'AAEAAQ' }, /"e" has a zero in front/],
    ['RSA without its primes', { ...rsa, p: undefined }, /"p" is missing/],
    ['RSA with the primes exchanged', { ...rsa, p: rsa['q'], q: rsa['p'] }, /do not belong together/],
    ['RSA with another public exponent', { ...rsa, e: 'Aw' }, /do not belong together/],
    ['RSA with more primes', { ...rsa, oth: [] }, /more than two primes/],
  ];
  for (const [what, jwk, message] of cases) {
    assert.throws(
      () => readPrivateJwk(jwk),
      (error) => {
        assert.ok(error instanceof TlsConfigError && error.code === 'ERR_CONFIG_KEY', what);
        assert.match(error.message, message, what);
        if (typeof jwk['d'] === 'string' && jwk['d'].length > 20) assert.ok(!error.message.includes(jwk['d']), what);
        return true;
      },
      what,
    );
  }
});
