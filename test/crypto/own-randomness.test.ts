import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomBytes } from '@noble/hashes/utils.js';
import { blindedBy, ecdsaOn, ed448Signer, ed25519Signer } from '../../src/crypto/noble/curves.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { PrivateKey, Random } from '../../src/crypto/provider.ts';
import { schemesFor } from '../../src/crypto/signer.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import {
  AEAD_PARAMETERS,
  type AeadName,
  CBC_KEY_LENGTH,
  type CbcName,
  HASH_LENGTH,
  type HashName,
  type SignatureAlgorithm,
} from '../../src/params/algorithms.ts';
import { toHex } from '../vectors/load.ts';
import { rfc8448RsaPair } from './node-keys.ts';
import { seeded } from './randomness.ts';

// In place before any curve is built: those are made at their first use.
const real = globalThis.crypto.getRandomValues;
let calls = 0;
before(() => {
  globalThis.crypto.getRandomValues = () => {
    calls++;
    throw new Error('the global source of randomness was used');
  };
});
after(() => {
  globalThis.crypto.getRandomValues = real;
});

const KEYS: readonly PrivateKey[] = [
  { kind: 'ec', curve: 'secp256r1', scalar: new Uint8Array(32).fill(3) },
  { kind: 'ec', curve: 'secp384r1', scalar: new Uint8Array(48).fill(3) },
  { kind: 'ec', curve: 'secp521r1', scalar: new Uint8Array(66).fill(3).fill(0, 0, 1) },
  { kind: 'ed25519', seed: new Uint8Array(32).fill(3) },
  { kind: 'ed448', seed: new Uint8Array(57).fill(3) },
  rfc8448RsaPair().key,
  { ...rfc8448RsaPair().key, pss: true },
];

test('every operation with the same seed gives the same bytes, and none asks the global source', (t) => {
  const first = everything(seeded('one'));
  const second = everything(seeded('one'));
  const other = everything(seeded('two'));
  assert.deepEqual([...second], [...first]);
  assert.equal(calls, 0);

  // What randomness must change, it changes; what it only blinds stays.
  for (const [label, value] of first) {
    const blindedOnly = /^(public|true|aead|cbc|hash|hmac) |rsa decrypted|ed25519|ed448|rsa-pkcs1/.test(label);
    assert.equal(other.get(label) === value, blindedOnly, label);
  }
  t.diagnostic(`${first.size} results of the noble provider reproduced from a seed, global source unused`);
});

test('the stub catches what asks the global source', () => {
  const earlier = calls;
  assert.throws(() => randomBytes(1));
  assert.equal(calls, earlier + 1);
});

test('a secret multiplication outside of its scope throws, also after an inner scope and after an exception', () => {
  const content = new Uint8Array(1);
  const scalar = new Uint8Array(32).fill(3);
  const signing = () => ecdsaOn('secp256r1', 'sha256').sign(content, scalar);
  assert.throws(signing, TlsUsageError);
  blindedBy(seeded('outer'), () => {
    assert.throws(
      () =>
        blindedBy(seeded('inner'), () => {
          throw new Error('inside');
        }),
      /inside/,
    );
    signing();
  });
  assert.throws(signing, TlsUsageError);
  assert.throws(() => ed25519Signer().sign(content, scalar), TlsUsageError);
  assert.throws(() => ed448Signer().sign(content, new Uint8Array(57).fill(3)), TlsUsageError);
});

function everything(random: Random): ReadonlyMap<string, string> {
  const results = new Map<string, string>();
  for (const group of nobleProvider.groups) {
    const exchange = nobleProvider.keyExchange(group);
    const client = exchange.generate(random);
    const server = exchange.respond(client.share, random);
    results.set(`${group} client share`, toHex(client.share));
    results.set(`${group} server share`, toHex(server.share));
    results.set(`${group} secret`, toHex(client.agree(server.share)));
    client.wipe();
  }
  const content = new Uint8Array(50).fill(9);
  for (const key of KEYS) {
    const publicKey = nobleProvider.publicKey(key);
    const kind = key.kind === 'ec' ? key.curve : key.kind;
    results.set(`public ${kind}`, JSON.stringify(publicKey));
    const algorithms: readonly SignatureAlgorithm[] =
      key.kind === 'ec'
        ? (['sha256', 'sha384', 'sha512'] as const).map((hash) => ({ kind: 'ecdsa', hash }))
        : schemesFor(publicKey).map((scheme) => scheme.algorithm);
    for (const algorithm of algorithms) {
      const signature = nobleProvider.sign(algorithm, key, content, random);
      const label = `${kind} ${JSON.stringify(algorithm)}`;
      results.set(`signature ${label}`, toHex(signature));
      results.set(`true ${label}`, String(nobleProvider.verify(algorithm, publicKey, content, signature)));
    }
  }
  for (const name of Object.keys(AEAD_PARAMETERS) as AeadName[]) {
    const aead = nobleProvider.aead(name, new Uint8Array(AEAD_PARAMETERS[name].keyLength));
    const out = new Uint8Array(50 + aead.tagLength);
    aead.seal(new Uint8Array(12), new Uint8Array(0), content, new Uint8Array(0), out, 0);
    results.set(`aead ${name}`, toHex(out));
    assert.ok(aead.open(new Uint8Array(12), new Uint8Array(0), out, out, 0));
  }
  for (const name of Object.keys(CBC_KEY_LENGTH) as CbcName[]) {
    const out = new Uint8Array(32);
    const cbc = nobleProvider.cbc(name, new Uint8Array(CBC_KEY_LENGTH[name]));
    cbc.encrypt(new Uint8Array(16), content.subarray(0, 32), out, 0);
    results.set(`cbc ${name}`, toHex(out));
  }
  const { key } = rfc8448RsaPair();
  results.set('rsa encrypted', toHex(nobleProvider.rsaEncrypt({ ...key }, content, random)));
  results.set('rsa decrypted', toHex(nobleProvider.rsaDecryptRaw(key, new Uint8Array(128).fill(1), random)));
  for (const hash of Object.keys(HASH_LENGTH) as HashName[]) {
    const state = nobleProvider.hash(hash);
    state.update(content);
    results.set(`hash ${hash}`, toHex(state.clone().digest()));
    results.set(`hmac ${hash}`, toHex(nobleProvider.hmac(hash, content, content)));
  }
  return results;
}
