import { test } from 'node:test';
import { runAgain } from './run-again.ts';

test('known answers and refusals are the same with the provider on node:crypto', (t) => {
  runAgain(t, (name) => !name.startsWith('wycheproof'));
});
