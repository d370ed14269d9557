/**
 * The AEAD contexts under test, and node:crypto as what they are checked against.
 *
 * @module
 */
import { createCipheriv } from 'node:crypto';
import { createChaCha20Poly1305 } from '../../../src/crypto/aead/chacha20-poly1305.ts';
import type { Aead } from '../../../src/crypto/provider.ts';

export interface Context {
  readonly label: string;
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly keyLength: number;
  readonly create: (key: Uint8Array) => Aead;
}

export const CONTEXTS: readonly Context[] = [
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
