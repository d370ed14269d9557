import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AEAD_PARAMETERS,
  ALL_CIPHER_SUITES,
  CBC_KEY_LENGTH,
  CIPHER_SUITES,
  CIPHER_SUITES_12,
  HASH_LENGTH,
  NAMED_GROUPS,
  SIGNATURE_SCHEMES,
} from '../../src/params/algorithms.ts';

/**
 * The IANA registry, TLS Cipher Suites, for what there is of TLS 1.2: RFC 5246 §A.5, RFC 5288 §3, RFC 5289 §3.1 and §3.2, RFC 6655
 * §3, RFC 7251 §2, RFC 7905 §2, RFC 8422 §6.
 */
const REGISTRY = `
  002F TLS_RSA_WITH_AES_128_CBC_SHA
  0035 TLS_RSA_WITH_AES_256_CBC_SHA
  003C TLS_RSA_WITH_AES_128_CBC_SHA256
  003D TLS_RSA_WITH_AES_256_CBC_SHA256
  009C TLS_RSA_WITH_AES_128_GCM_SHA256
  009D TLS_RSA_WITH_AES_256_GCM_SHA384
  C009 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
  C00A TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA
  C013 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA
  C014 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA
  C023 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
  C024 TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384
  C027 TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256
  C028 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384
  C02B TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  C02C TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
  C02F TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
  C030 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
  C09C TLS_RSA_WITH_AES_128_CCM
  C09D TLS_RSA_WITH_AES_256_CCM
  C0A0 TLS_RSA_WITH_AES_128_CCM_8
  C0A1 TLS_RSA_WITH_AES_256_CCM_8
  C0AC TLS_ECDHE_ECDSA_WITH_AES_128_CCM
  C0AD TLS_ECDHE_ECDSA_WITH_AES_256_CCM
  C0AE TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8
  C0AF TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8
  CCA8 TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
  CCA9 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256`;

test('the suites of TLS 1.2 are these, with their numbers', () => {
  const expected = REGISTRY.trim().split(/\n */);
  const actual = CIPHER_SUITES_12.map(
    ({ code, name }) => `${code.toString(16).toUpperCase().padStart(4, '0')} ${name}`,
  );
  assert.deepEqual([...actual].sort(), expected);
});

test('the name of a suite says how it works', () => {
  for (const { name, keyExchange, protection, hash } of CIPHER_SUITES_12) {
    const [, exchange, cipher = '', suffix] =
      /^TLS_(\w+?)_WITH_(AES_\d+_(?:GCM|CCM_8|CCM|CBC)|CHACHA20_POLY1305)(?:_(SHA\d*))?$/.exec(name) ?? [];
    assert.equal(keyExchange, exchange?.toLowerCase(), name);
    const spelled = cipher.toLowerCase().replaceAll('_', '-');
    assert.equal(protection.kind === 'cbc' ? protection.cipher : protection.aead, spelled, name);
    // RFC 5246 §5, RFC 6655 §3: SHA-256 in the PRF unless the name says SHA-384.
    assert.equal(hash, suffix === 'SHA384' ? 'sha384' : 'sha256', name);
    if (protection.kind === 'cbc')
      assert.equal(protection.mac, suffix === 'SHA' ? 'sha1' : suffix?.toLowerCase(), name);
  }
});

test('by default: ECDHE with AES-GCM and ChaCha20-Poly1305, no SHA-1', () => {
  for (const { name, byDefault } of CIPHER_SUITES_12) {
    assert.equal(byDefault, /^TLS_ECDHE_.*(GCM|POLY1305)/.test(name), name);
  }
  for (const { name, byDefault, handshake13 } of SIGNATURE_SCHEMES) {
    assert.equal(byDefault, !name.endsWith('sha1'), name);
    assert.equal(handshake13, !name.endsWith('sha1') && !name.startsWith('rsa_pkcs1'), name);
  }
  const sha1 = SIGNATURE_SCHEMES.filter(({ byDefault }) => !byDefault).map(({ name, code }) => [name, code]);
  assert.deepEqual(sha1, [
    ['ecdsa_sha1', 0x0203],
    ['rsa_pkcs1_sha1', 0x0201],
  ]);
});

test('what is preferred comes first: forward secrecy, then AEADs', () => {
  const rank = (name: string): number => (name.includes('ECDHE') ? 0 : 2) + (name.includes('CBC') ? 1 : 0);
  const ranks = CIPHER_SUITES_12.map(({ name }) => rank(name));
  assert.deepEqual(ranks, [...ranks].sort());
});

test('no number and no name stands twice', () => {
  for (const table of [ALL_CIPHER_SUITES, NAMED_GROUPS, SIGNATURE_SCHEMES]) {
    assert.equal(new Set(table.map(({ code }) => code)).size, table.length);
    assert.equal(new Set(table.map(({ name }) => name)).size, table.length);
  }
  assert.equal(ALL_CIPHER_SUITES.length, CIPHER_SUITES.length + CIPHER_SUITES_12.length);
});

test('lengths are those that the names say', () => {
  for (const [name, { keyLength, tagLength }] of Object.entries(AEAD_PARAMETERS)) {
    assert.equal(8 * keyLength, Number(/^aes-(\d+)/.exec(name)?.[1] ?? 256), name);
    assert.equal(tagLength, name.endsWith('-8') ? 8 : 16, name);
  }
  for (const [name, length] of Object.entries(CBC_KEY_LENGTH)) assert.equal(`aes-${8 * length}-cbc`, name);
  for (const [name, length] of Object.entries(HASH_LENGTH)) {
    assert.equal(8 * length, name === 'sha1' ? 160 : Number(name.slice(3)), name);
  }
});
