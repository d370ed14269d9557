import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PublicKey } from '../../src/crypto/provider.ts';
import { keyOf, schemeFits, schemesFor, wipePrivateKey } from '../../src/crypto/signer.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { SIGNATURE_SCHEMES } from '../../src/params/algorithms.ts';
import { provider } from '../provider.ts';
import { nodeEcPair, rfc8448RsaPair } from './node-keys.ts';
import { seeded } from './randomness.ts';

const RSA_KEY = (bits: number, pss: boolean) =>
  ({
    kind: 'rsa',
    pss,
    modulus: new Uint8Array(Math.ceil(bits / 8)).fill(0xff).fill(0xff >> (-bits & 7), 0, 1),
    exponent: Uint8Array.of(1, 0, 1),
  }) as const;

test('each key answers to its kind and has the schemes of that kind', () => {
  for (const [curve, scheme] of [
    ['secp256r1', 'ecdsa_secp256r1_sha256'],
    ['secp384r1', 'ecdsa_secp384r1_sha384'],
    ['secp521r1', 'ecdsa_secp521r1_sha512'],
  ] as const) {
    const { key } = nodeEcPair(curve);
    assert.equal(keyOf(key), curve);
    assert.equal(keyOf(provider.publicKey(key)), curve);
    assert.deepEqual(names(provider.publicKey(key)), [scheme]);
  }
  for (const [kind, length] of [
    ['ed25519', 32],
    ['ed448', 57],
  ] as const) {
    const key: PublicKey = { kind, key: new Uint8Array(length) };
    assert.equal(keyOf(key), kind);
    assert.deepEqual(names(key), [kind]);
  }

  assert.equal(keyOf(RSA_KEY(2048, false)), 'rsa');
  assert.deepEqual(names(RSA_KEY(2048, false)), [
    'rsa_pss_rsae_sha256',
    'rsa_pss_rsae_sha384',
    'rsa_pss_rsae_sha512',
    'rsa_pkcs1_sha256',
    'rsa_pkcs1_sha384',
    'rsa_pkcs1_sha512',
  ]);
  assert.equal(keyOf(RSA_KEY(2048, true)), 'rsa-pss');
  assert.deepEqual(names(RSA_KEY(2048, true)), ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512']);
});

test('§4.3.3: in TLS 1.2 ECDSA is bound to no curve, and SHA-1 is there for who names it', () => {
  const fitting = (key: PublicKey, version: 'TLS 1.2' | 'TLS 1.3'): readonly string[] =>
    SIGNATURE_SCHEMES.filter((scheme) => schemeFits(scheme, key, version)).map(({ name }) => name);
  const p384 = provider.publicKey(nodeEcPair('secp384r1').key);
  assert.deepEqual(fitting(p384, 'TLS 1.3'), ['ecdsa_secp384r1_sha384']);
  assert.deepEqual(fitting(p384, 'TLS 1.2'), [
    'ecdsa_secp256r1_sha256',
    'ecdsa_secp384r1_sha384',
    'ecdsa_secp521r1_sha512',
    'ecdsa_sha1',
  ]);
  assert.deepEqual(names(p384), ['ecdsa_secp384r1_sha384']);
  const rsa = RSA_KEY(2048, false);
  assert.deepEqual(fitting(rsa, 'TLS 1.2'), [...names(rsa), 'rsa_pkcs1_sha1']);
  assert.deepEqual(fitting(RSA_KEY(2048, true), 'TLS 1.2'), names(RSA_KEY(2048, true)));
  assert.deepEqual(fitting({ kind: 'ed25519', key: new Uint8Array(32) }, 'TLS 1.2'), ['ed25519']);
});

test('an RSA-PSS key with parameters has the schemes of its hash with enough salt', () => {
  const withParameters = (hash: 'sha256' | 'sha384' | 'sha512', saltLength: number) =>
    names({ ...RSA_KEY(2048, true), pssParameters: { hash, saltLength } });
  assert.deepEqual(withParameters('sha384', 48), ['rsa_pss_pss_sha384']);
  assert.deepEqual(withParameters('sha256', 20), ['rsa_pss_pss_sha256']);
  assert.deepEqual(withParameters('sha256', 33), []);
});

// RFC 8017 §9.1.1: emLen >= hLen + sLen + 2, emLen being one bit shorter than the modulus; 130 bytes for SHA-512.
test('a modulus too short for a hash leaves its schemes out, exactly where signing would fail', () => {
  assert.deepEqual(names(RSA_KEY(1024, true)), ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384']);
  assert.deepEqual(names(RSA_KEY(1033, true)), ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384']);
  assert.deepEqual(names(RSA_KEY(1034, true)), ['rsa_pss_pss_sha256', 'rsa_pss_pss_sha384', 'rsa_pss_pss_sha512']);

  const { key } = rfc8448RsaPair();
  const fitting = new Set(names(provider.publicKey(key)));
  assert.deepEqual(fitting.has('rsa_pss_rsae_sha512'), false);
  for (const { name, algorithm } of schemesFor({ ...RSA_KEY(4096, false) })) {
    const signing = () => provider.sign(algorithm, key, new Uint8Array(1), seeded(name));
    if (fitting.has(name)) signing();
    else assert.throws(signing, TlsUsageError, name);
  }
});

test('wiping zeroes every secret field and leaves the public ones', () => {
  const rsa = rfc8448RsaPair().key;
  wipePrivateKey(rsa);
  for (const [name, value] of Object.entries(rsa)) {
    if (!(value instanceof Uint8Array)) continue;
    const isPublic = name === 'modulus' || name === 'exponent';
    assert.equal(
      value.some((byte) => byte !== 0),
      isPublic,
      name,
    );
  }
  const ec = nodeEcPair('secp256r1').key;
  wipePrivateKey(ec);
  assert.deepEqual(ec.scalar, new Uint8Array(32));
  for (const kind of ['ed25519', 'ed448'] as const) {
    const seed = new Uint8Array(32).fill(7);
    wipePrivateKey({ kind, seed });
    assert.deepEqual(seed, new Uint8Array(32));
  }
});

function names(key: PublicKey): readonly string[] {
  return schemesFor(key).map((scheme) => scheme.name);
}
