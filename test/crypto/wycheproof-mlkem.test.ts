import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { TlsError, TlsUsageError } from '../../src/errors/errors.ts';
import { provider } from '../provider.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { scripted, seeded } from './randomness.ts';
import { type Outcome, refusedBy, runWycheproof, type WycheproofCase } from './wycheproof.ts';

interface KemCase extends WycheproofCase {
  readonly seed: string;
  readonly ek: string;
  readonly dk: string;
  readonly m: string;
  readonly c: string;
  readonly K: string;
}

const HYBRID = provider.keyExchange('X25519MLKEM768');
const OWN_X25519 = seeded('wycheproof ml-kem')(32);
const PEER_SHARE = provider.keyExchange('x25519').generate(seeded('peer')).share;

// Wycheproof's set here has ML-KEM-768 alone: no file of it tests ML-KEM-1024.
// Seeds, encapsulation messages, keys and ciphertexts all go through the hybrid group.
test('ML-KEM-768 key generation, in the hybrid', (t) => {
  runWycheproof<unknown, KemCase>(t, 'mlkem_768_keygen_seed', ({ seed, ek, dk }) => {
    const { share } = HYBRID.generate(scripted(fromHex(seed), OWN_X25519));
    assert.equal(toHex(share.subarray(0, 1184)), ek);
    // The decapsulation key does not show in the hybrid.
    assert.equal(toHex(ml_kem768.keygen(fromHex(seed)).secretKey), dk);
    return 'accepted';
  });
});

test('ML-KEM-768 encapsulation, in the hybrid', (t) => {
  runWycheproof<unknown, KemCase>(t, 'mlkem_768_encaps', ({ m, ek, c, K }) =>
    refused(() => {
      const { share, secret } = HYBRID.respond(joined(fromHex(ek), PEER_SHARE), scripted(fromHex(m), OWN_X25519));
      assert.equal(toHex(share.subarray(0, 1088)), c);
      assert.equal(toHex(secret.subarray(0, 32)), K);
      return 'accepted';
    }),
  );
});

test('ML-KEM-768 decapsulation, in the hybrid', (t) => {
  runWycheproof<unknown, KemCase>(t, 'mlkem_768', ({ seed, ek, c, K }) =>
    refused(() => {
      const key = HYBRID.generate(scripted(fromHex(seed), OWN_X25519));
      assert.equal(toHex(key.share.subarray(0, 1184)), ek);
      assert.equal(toHex(key.agree(joined(fromHex(c), PEER_SHARE)).subarray(0, 32)), K);
      return 'accepted';
    }),
  );
});

// Expanded keys never enter through the provider: this set tests the function that the hybrid calls.
test('ML-KEM-768 decapsulation with expanded keys', (t) => {
  runWycheproof<unknown, KemCase>(t, 'mlkem_768_semi_expanded_decaps', ({ dk, c, K }) =>
    refusedBy(
      (error) => error instanceof Error && !(error instanceof assert.AssertionError),
      () => {
        assert.equal(toHex(ml_kem768.decapsulate(fromHex(c), fromHex(dk))), K);
        return 'accepted';
      },
    ),
  );
});

/** A bad share is the peer's fault, a seed or message of the wrong length is that of `random`. */
function refused(work: () => Outcome): Outcome {
  return refusedBy(
    (error) =>
      error instanceof TlsUsageError ||
      (error instanceof TlsError && error.code === 'ERR_TLS_BAD_KEY_SHARE' && error.alert === 'illegal_parameter'),
    work,
  );
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  return Uint8Array.of(...first, ...second);
}
