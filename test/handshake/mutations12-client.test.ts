import { test } from 'node:test';
import { FULL12, MUTUAL12, OPTIONS12, RENEW12, RESUME12, RSA12, STATUS12 } from '../connection/script12.ts';
import { noCount, report } from './damage.ts';
import { damageAll12 } from './damage12.ts';

/** A message that says the same in two scenarios is damaged in one. */
const PLAN = [
  [
    'full',
    FULL12,
    ['server_hello', 'certificate', 'server_key_exchange', 'server_hello_done', 'new_session_ticket', 'finished'],
  ],
  ['client authentication', MUTUAL12, ['certificate_request']],
  ['a status', STATUS12, ['server_hello', 'certificate_status']],
  ['all options', OPTIONS12, ['server_hello']],
  ['static RSA', RSA12, ['server_hello', 'server_hello_done']],
  ['resumption', RESUME12, ['server_hello', 'finished']],
  ['a new ticket', RENEW12, ['server_hello', 'new_session_ticket']],
] as const;

for (const [title, scenario, messages] of PLAN) {
  test(`TLS 1.2, ${title}: every damage to what the client receives`, (t) => {
    const count = noCount();
    damageAll12(scenario, 'client', messages, count);
    report(t, `TLS 1.2, ${title}, client`, count);
  });
}
