import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsUsageError } from '../../src/errors/errors.ts';
import type { AeadName, HashName } from '../../src/params/algorithms.ts';
import { provider } from '../provider.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { type Outcome, refusedBy, runWycheproof, type WycheproofCase } from './wycheproof.ts';

interface AeadGroup {
  readonly ivSize: number;
  readonly keySize: number;
  readonly tagSize: number;
}

interface AeadCase extends WycheproofCase {
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
}

interface MacCase extends WycheproofCase {
  readonly key: string;
  readonly msg: string;
  readonly tag: string;
}

const EMPTY = new Uint8Array(0);

test('AES-GCM with keys of 128 and 256 bits', (t) => {
  runWycheproof<AeadGroup, AeadCase>(t, 'aes_gcm', (vector, { keySize, ivSize, tagSize }) => {
    assert.equal(tagSize, 128);
    if (ivSize !== 96) return { outOfScope: 'nonce other than 12 bytes' };
    if (keySize === 192) return { outOfScope: '192-bit key' };
    return checkAead(keySize === 128 ? 'aes-128-gcm' : 'aes-256-gcm', vector);
  });
});

// RFC 5116 §5.3, RFC 6655 §6.1: nonces of 12 bytes, tags of 16 or 8. Wycheproof has no bad tag of 8 bytes: aead.test.ts has.
test('AES-CCM with keys of 128 bits', (t) => {
  const tags = new Map([
    [128, 'aes-128-ccm'],
    [64, 'aes-128-ccm-8'],
  ] as const);
  const counts = { 128: 0, 64: 0 };
  runWycheproof<AeadGroup, AeadCase>(t, 'aes_ccm', (vector, { keySize, ivSize, tagSize }) => {
    if (keySize !== 128) return { outOfScope: '192- or 256-bit key' };
    if (tagSize !== 128 && tagSize !== 64) return { outOfScope: 'tag other than 16 or 8 bytes' };
    if (ivSize !== 96) return { outOfScope: 'nonce other than 12 bytes' };
    counts[tagSize]++;
    return checkAead(tags.get(tagSize) ?? assert.fail(), vector);
  });
  t.diagnostic(`wycheproof aes_ccm: ${counts[128]} of them with tags of 16 bytes, ${counts[64]} of 8`);
});

test('ChaCha20-Poly1305', (t) => {
  runWycheproof<AeadGroup, AeadCase>(t, 'chacha20_poly1305', (vector) => checkAead('chacha20-poly1305', vector));
});

for (const [file, hash] of [
  ['hmac_sha256', 'sha256'],
  ['hmac_sha384', 'sha384'],
] as const satisfies readonly (readonly [string, HashName])[]) {
  test(`HMAC with ${hash}`, (t) => {
    runWycheproof<{ readonly tagSize: number }, MacCase>(t, file, ({ key, msg, tag }, { tagSize }) => {
      const whole = provider.hmac(hash, fromHex(key), fromHex(msg));
      return toHex(whole.subarray(0, tagSize / 8)) === tag ? 'accepted' : 'refused';
    });
  });
}

/** Opens; and for a valid test also seals, which must give the same bytes. */
function checkAead(name: AeadName, { key, iv, aad, msg, ct, tag, result }: AeadCase): Outcome {
  return refusedBy(
    (error) => error instanceof TlsUsageError,
    () => {
      const aead = provider.aead(name, fromHex(key));
      const ciphertext = fromHex(ct + tag);
      const plaintext = new Uint8Array(fromHex(ct).length);
      const opened = aead.open(fromHex(iv), fromHex(aad), ciphertext, plaintext, 0);

      const sealed = new Uint8Array(ciphertext.length);
      aead.seal(fromHex(iv), fromHex(aad), fromHex(msg), EMPTY, sealed, 0);
      assert.equal(toHex(sealed) === ct + tag, result === 'valid');

      if (!opened) return 'refused';
      assert.equal(toHex(plaintext), msg);
      return 'accepted';
    },
  );
}
