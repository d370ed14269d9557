/**
 * The provider that tests of cryptography use: noble's, or the one that ISOTLS_PROVIDER names (noble, noble-fast, node).
 *
 * @module
 */
import { createNobleProvider, nobleProvider } from '../src/crypto/noble/provider.ts';
import { nodeProvider } from '../src/crypto/node/provider.ts';
import type { CryptoProvider } from '../src/crypto/provider.ts';

const PROVIDERS: readonly CryptoProvider[] = [nobleProvider, createNobleProvider({ aes: 'fast' }), nodeProvider];
const wanted = process.env['ISOTLS_PROVIDER'] ?? 'noble';

export const provider: CryptoProvider = find();

/** For tests of what OpenSSL does in its own way: it draws its own randomness, and signs with d where the halves do not fit. */
export const ofNoble = { skip: provider === nodeProvider ? 'OpenSSL does this in its own way' : false };

function find(): CryptoProvider {
  const found = PROVIDERS.find(({ name }) => name === wanted);
  if (found === undefined)
    throw new Error(`no provider ${wanted}: there are ${PROVIDERS.map((p) => p.name).join(', ')}`);
  return found;
}
