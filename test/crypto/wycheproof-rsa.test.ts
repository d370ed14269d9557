import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Sha2Name, SignatureAlgorithm } from '../../src/params/algorithms.ts';
import { provider } from '../provider.ts';
import { fromHex } from '../vectors/load.ts';
import { type Outcome, runWycheproof, type WycheproofCase } from './wycheproof.ts';

interface SignatureCase extends WycheproofCase {
  readonly msg: string;
  readonly sig: string;
}

interface RsaGroup {
  readonly sha: string;
  readonly publicKey: { readonly modulus: string; readonly publicExponent: string };
}

interface PssGroup extends RsaGroup {
  readonly mgf: string;
  readonly mgfSha: string;
  readonly sLen: number;
}

const HASHES: Readonly<Record<string, Sha2Name>> = { 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' };

for (const name of [
  'rsa_pss_2048_sha256_mgf1_32',
  'rsa_pss_2048_sha384_mgf1_48',
  'rsa_pss_3072_sha256_mgf1_32',
  'rsa_pss_4096_sha384_mgf1_48',
  'rsa_pss_4096_sha512_mgf1_64',
  'rsa_pss_misc',
])
  test(name, (t) => {
    runWycheproof<PssGroup, SignatureCase>(t, name, (vector, group) => {
      const hash = HASHES[group.sha];
      assert.equal(group.mgf, 'MGF1');
      if (hash === undefined) return { outOfScope: 'hash that TLS 1.3 does not use' };
      if (group.mgfSha !== group.sha) return { outOfScope: 'other hash in MGF1' };
      return check({ kind: 'rsa-pss', hash, saltLength: group.sLen }, vector, group);
    });
  });

// Open in Wycheproof: a DigestInfo without the NULL. RFC 8017 A.2.4 wants the NULL, so it is refused.
for (const bits of [2048, 3072, 4096])
  for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
    const name = `rsa_signature_${bits}_${hash}`;
    test(name, (t) => {
      runWycheproof<RsaGroup, SignatureCase>(
        t,
        name,
        (vector, group) => {
          assert.equal(HASHES[group.sha], hash);
          return check({ kind: 'rsa-pkcs1', hash }, vector, group);
        },
        ({ flags }) => {
          assert.deepEqual(flags, ['MissingNull']);
          return 'refused';
        },
      );
    });
  }

function check(algorithm: SignatureAlgorithm, { msg, sig }: SignatureCase, { publicKey }: RsaGroup): Outcome {
  const key = {
    kind: 'rsa',
    pss: false,
    modulus: fromHex(publicKey.modulus.replace(/^(00)+/, '')),
    exponent: fromHex(publicKey.publicExponent.replace(/^(00)+/, '')),
  } as const;
  return provider.verify(algorithm, key, fromHex(msg), fromHex(sig)) ? 'accepted' : 'refused';
}
