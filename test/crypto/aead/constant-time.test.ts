import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Aead, BlockCipherCbc } from '../../../src/crypto/provider.ts';
import { seeded } from '../randomness.ts';
import { type Trace, traced } from './traced-arrays.ts';

const RUNS = 100;
/** Less than a batch of eight blocks, several, a counter's last byte running over, and ends within a block. */
const LENGTHS = [0, 1, 64, 270];

// The modules are imported where arrays are traced, and nowhere else in this file.
test('constant-time kernels read and write the same indices whatever keys and texts are', async (t) => {
  const traces = await traced(async (tracer) => {
    const { createAesGcm, GCM_KERNELS } = await import('../../../src/crypto/aead/gcm.ts');
    const { createConstantTimeBlocks } = await import('../../../src/crypto/aead/aes-pair.ts');
    const { createConstantTimeCbc } = await import('../../../src/crypto/aead/cbc.ts');
    const { createAesCcm } = await import('../../../src/crypto/aead/ccm.ts');
    const { createChaCha20Poly1305 } = await import('../../../src/crypto/aead/chacha20-poly1305.ts');
    const makers = {
      'aes-128-gcm': [16, (key: Uint8Array) => createAesGcm(key, GCM_KERNELS['constant-time'])],
      'aes-256-gcm': [32, (key: Uint8Array) => createAesGcm(key, GCM_KERNELS['constant-time'])],
      'aes-128-ccm': [16, (key: Uint8Array) => createAesCcm(key, 16, createConstantTimeBlocks)],
      'chacha20-poly1305': [32, createChaCha20Poly1305],
      'aes-128-cbc': [16, (key: Uint8Array) => asAead(createConstantTimeCbc('aes-128-cbc', key))],
      'aes-128-gcm, fast': [16, (key: Uint8Array) => createAesGcm(key, GCM_KERNELS.fast)],
    } as const;

    const all = new Map<string, Trace[]>();
    for (const [name, [keyLength, create]] of Object.entries(makers)) {
      const random = seeded(name);
      const inputs = () =>
        [random(keyLength), random(12), random(13), LENGTHS.map((length) => random(length))] as const;
      // The key set-up, sealing, opening and a forgery.
      const exercise = ([key, nonce, aad, texts]: ReturnType<typeof inputs>): void => {
        const context = create(key);
        for (const text of texts) {
          const out = new Uint8Array(text.length + 16);
          context.seal(nonce, aad, text, new Uint8Array(0), out, 0);
          const opened = new Uint8Array(text.length);
          assert.ok(context.open(nonce, aad, out, opened, 0));
          out[out.length - 1] = (out[out.length - 1] as number) ^ 1;
          assert.equal(context.open(nonce, aad, out, opened, 0), false);
        }
      };
      // Once unseen: what a module makes at its first use is not the record's.
      exercise(inputs());
      const runs: Trace[] = [];
      for (let run = 0; run < RUNS; run++) {
        runs.push(tracer.record(inputs, exercise));
      }
      all.set(name, runs);
    }
    return all;
  });

  for (const [name, runs] of traces) {
    const [first, ...others] = runs as [Trace, ...Trace[]];
    const different = others.filter(({ count, hash }) => count !== first.count || hash !== first.hash).length;
    if (name.includes('fast')) {
      // What the trace shows of tables: it can tell.
      assert.equal(different, RUNS - 1, name);
      continue;
    }
    assert.equal(different, 0, `${name}: ${different} of ${RUNS} runs differ`);
    t.diagnostic(`${name}: ${RUNS} keys and texts, ${first.count} reads and writes in the same order`);
  }
});

/** The cipher on the whole blocks of a text, there and back, in the shape of what else is exercised; the last byte stands for a tag. */
function asAead(cbc: BlockCipherCbc): Aead {
  return {
    tagLength: 16,
    seal(nonce, _aad, plaintext, _tail, out) {
      const iv = new Uint8Array(16);
      iv.set(nonce);
      cbc.encrypt(iv, plaintext.subarray(0, plaintext.length & ~15), out, 0);
    },
    open(nonce, _aad, ciphertext, out) {
      const iv = new Uint8Array(16);
      iv.set(nonce);
      cbc.decrypt(iv, ciphertext.subarray(0, out.length & ~15), out, 0);
      return (ciphertext.at(-1) as number) === 0;
    },
    wipe: cbc.wipe,
  };
}
