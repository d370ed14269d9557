import { test } from 'node:test';
import { runCryptoAgain } from './run-again.ts';

test('Wycheproof is passed with the provider on node:crypto too', async (t) => {
  await runCryptoAgain(t, (name) => name.startsWith('wycheproof'));
});
