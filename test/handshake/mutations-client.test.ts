import { test } from 'node:test';
import { COOKIE, EARLY, FULL, MUTUAL, OPTIONS, RESUME, RETRY } from '../connection/script.ts';
import { damageAll, report } from './damage.ts';

const HELLOS = ['server_hello', 'encrypted_extensions'];
const AUTHENTICATION = ['certificate', 'certificate_verify', 'finished'];

/** A message that says the same in two scenarios is damaged in one. */
const PLAN = [
  ['full', FULL, [...HELLOS, ...AUTHENTICATION, 'new_session_ticket']],
  ['client authentication', MUTUAL, ['certificate_request', 'certificate_verify']],
  ['retry', RETRY, ['server_hello', 'certificate_request', 'finished']],
  ['cookie', COOKIE, ['server_hello']],
  ['all options', OPTIONS, ['encrypted_extensions', 'certificate_request', 'certificate']],
  ['resumption', RESUME, [...HELLOS, 'finished']],
  ['early data', EARLY, [...HELLOS, 'finished']],
] as const;

for (const [title, scenario, messages] of PLAN) {
  test(`${title}: every damage to what the client receives`, (t) => {
    report(t, `${title}, client`, damageAll(scenario, 'client', messages));
  });
}
