import { test } from 'node:test';
import { runCryptoAgain } from './run-again.ts';

test('known answers and refusals are the same with the provider on node:crypto', async (t) => {
  await runCryptoAgain(t, (name) => !name.startsWith('wycheproof'));
});
