/**
 * The provider of our end in the connection that is made next. Connections with peers are made one after the other, and go through
 * many hands until our end is configured: so it stands here.
 *
 * @module
 */
import { type TestContext, test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';

/** Both providers, as `--provider` names them. */
export const OWN_PROVIDERS: readonly CryptoProvider[] = [nobleProvider, nodeProvider];

let current: CryptoProvider = nobleProvider;

export function ownProvider(): CryptoProvider {
  return current;
}

export function useProvider(provider: CryptoProvider): void {
  current = provider;
}

/** Declares a test with each of our providers. */
export function testWithBoth(name: string, run: (t: TestContext) => Promise<void>): void {
  for (const provider of OWN_PROVIDERS) {
    test(`${name}: ours on ${provider.name}`, async (t) => {
      useProvider(provider);
      await run(t);
    });
  }
}
