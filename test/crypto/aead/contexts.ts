/**
 * The AEAD contexts under test, and node:crypto as what they are checked against.
 *
 * @module
 */
import { createCipheriv } from 'node:crypto';
import type { AesKernel } from '../../../src/crypto/aead/aes.ts';
import { createChaCha20Poly1305 } from '../../../src/crypto/aead/chacha20-poly1305.ts';
import { createAesGcm, GCM_KERNELS } from '../../../src/crypto/aead/gcm.ts';
import type { Aead } from '../../../src/crypto/provider.ts';

export interface Context {
  readonly label: string;
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly keyLength: number;
  readonly create: (key: Uint8Array) => Aead;
}

const gcm = (bits: 128 | 256, kernel: AesKernel): Context => ({
  label: `aes-${bits}-gcm ${kernel}`,
  cipher: `aes-${bits}-gcm`,
  keyLength: bits / 8,
  create: (key) => createAesGcm(key, GCM_KERNELS[kernel]),
});

export const CONTEXTS: readonly Context[] = [
  gcm(128, 'constant-time'),
  gcm(256, 'constant-time'),
  gcm(128, 'fast'),
  gcm(256, 'fast'),
  { label: 'chacha20-poly1305', cipher: 'chacha20-poly1305', keyLength: 32, create: createChaCha20Poly1305 },
];

/** What node:crypto seals. */
export function nodeSeal(
  cipher: Context['cipher'],
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const context =
    cipher === 'chacha20-poly1305'
      ? createCipheriv(cipher, key, nonce, { authTagLength: 16 })
      : createCipheriv(cipher, key, nonce);
  context.setAAD(aad, { plaintextLength: plaintext.length });
  return new Uint8Array(Buffer.concat([context.update(plaintext), context.final(), context.getAuthTag()]));
}
