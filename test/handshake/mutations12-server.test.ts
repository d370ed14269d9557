import { test } from 'node:test';
import { FULL12, MUTUAL12, RESUME12, RSA12 } from '../connection/script12.ts';
import { noCount, report } from './damage.ts';
import { damageAll12 } from './damage12.ts';

/** A message that says the same in two scenarios is damaged in one. */
const PLAN = [
  ['full', FULL12, ['client_hello', 'client_key_exchange', 'finished']],
  [
    'client authentication',
    MUTUAL12,
    ['client_hello', 'certificate', 'client_key_exchange', 'certificate_verify', 'finished'],
  ],
  ['resumption', RESUME12, ['client_hello', 'finished']],
  // What decrypts costs a private operation: bleichenbacher.test.ts has many more.
  ['static RSA', RSA12, ['client_hello']],
] as const;

for (const [title, scenario, messages] of PLAN) {
  test(`TLS 1.2, ${title}: every damage to what the server receives`, (t) => {
    const count = noCount();
    damageAll12(scenario, 'server', messages, count);
    report(t, `TLS 1.2, ${title}, server`, count);
  });
}
