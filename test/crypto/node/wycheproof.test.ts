import { test } from 'node:test';
import { runAgain } from './run-again.ts';

test('Wycheproof is passed with the provider on node:crypto too', (t) => {
  runAgain(t, (name) => name.startsWith('wycheproof'));
});
