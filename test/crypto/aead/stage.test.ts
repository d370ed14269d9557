/**
 * The stage between calls: every word is zero again, of which both secrecy and ChaCha20's key block depend.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createConstantTimeBlocks } from '../../../src/crypto/aead/aes-pair.ts';
import { createAesCcm } from '../../../src/crypto/aead/ccm.ts';
import { createChaCha20Poly1305 } from '../../../src/crypto/aead/chacha20-poly1305.ts';
import { createAesGcm, GCM_KERNELS } from '../../../src/crypto/aead/gcm.ts';
import { CAPACITY, words } from '../../../src/crypto/aead/stage.ts';
import type { Aead } from '../../../src/crypto/provider.ts';

const CONTEXTS: Readonly<Record<string, () => Aead>> = {
  'chacha20-poly1305': () => createChaCha20Poly1305(new Uint8Array(32).fill(1)),
  'aes-128-gcm, constant-time': () => createAesGcm(new Uint8Array(16).fill(2), GCM_KERNELS['constant-time']),
  'aes-256-gcm, fast': () => createAesGcm(new Uint8Array(32).fill(3), GCM_KERNELS.fast),
  'aes-128-ccm': () => createAesCcm(new Uint8Array(16).fill(4), 16, createConstantTimeBlocks),
};

for (const [name, create] of Object.entries(CONTEXTS)) {
  test(`${name} leaves nothing on the stage, whatever the lengths, when a forged text is opened too`, () => {
    const nonce = new Uint8Array(12).fill(5);
    const context = create();
    for (const length of [
      0,
      1,
      15,
      16,
      63,
      64,
      65,
      200,
      320,
      1350,
      CAPACITY - 1,
      CAPACITY,
      CAPACITY + 1,
      2 * CAPACITY + 7,
    ]) {
      for (const aadLength of [0, 5, 13, 16, 17, 300]) {
        const aad = new Uint8Array(aadLength).fill(6);
        const sealed = new Uint8Array(length + 1 + context.tagLength);
        const label = `${length} bytes, ${aadLength} of additional data`;
        context.seal(nonce, aad, new Uint8Array(length).fill(0xff), Uint8Array.of(23), sealed, 0);
        assert.equal(dirty(), -1, `sealed ${label}`);
        assert.equal(context.open(nonce, aad, sealed, new Uint8Array(length + 1), 0), true, label);
        assert.equal(dirty(), -1, `opened ${label}`);
        sealed[0] = (sealed[0] as number) ^ 1;
        assert.equal(context.open(nonce, aad, sealed, new Uint8Array(length + 1), 0), false, label);
        assert.equal(dirty(), -1, `forged ${label}`);
      }
    }
  });
}

/** The index of a word that is not zero, or -1. */
function dirty(): number {
  return words.findIndex((word) => word !== 0);
}
