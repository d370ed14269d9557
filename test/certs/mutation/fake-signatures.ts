/**
 * Signatures that cost nothing: a hash of public key and content, which anyone could make and any change breaks.
 *
 * They stand in for ECDSA where a hundred thousand certificates are signed anew. What is checked before and after a signature is
 * the same as ever.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { nobleProvider } from '../../../src/crypto/noble/provider.ts';
import type { CryptoProvider, PrivateKey, PublicKey } from '../../../src/crypto/provider.ts';

const publicKeys = new Map<PrivateKey, PublicKey>();

export const fakeSignatures: CryptoProvider = {
  ...nobleProvider,
  name: 'fake-signatures',
  publicKey(key) {
    const known = publicKeys.get(key) ?? nobleProvider.publicKey(key);
    publicKeys.set(key, known);
    return known;
  },
  sign: (_, key, content) => mark(fakeSignatures.publicKey(key), content),
  verify: (_, key, content, signature) => Buffer.from(mark(key, content)).equals(signature),
};

function mark(key: PublicKey, content: Uint8Array): Uint8Array {
  const point = key.kind === 'ec' ? key.point : new Uint8Array(0);
  return Uint8Array.from(createHash('sha256').update(point).update(content).digest());
}
