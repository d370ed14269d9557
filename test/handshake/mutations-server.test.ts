import { test } from 'node:test';
import { type Item, TYPE } from '../connection/rogue.ts';
import { EARLY, FULL, MUTUAL, OPTIONS, RESUME, RETRY, scriptOf } from '../connection/script.ts';
import { damage, damageAll, noCount, report } from './damage.ts';

/** A message that says the same in two scenarios is damaged in one. */
const PLAN = [
  ['full', FULL, ['client_hello', 'finished']],
  ['client authentication', MUTUAL, ['client_hello', 'certificate', 'certificate_verify', 'finished']],
  ['retry', RETRY, ['client_hello', 'finished']],
  ['all options', OPTIONS, ['client_hello', 'certificate']],
  ['resumption', RESUME, ['client_hello']],
  ['early data', EARLY, ['end_of_early_data', 'finished']],
] as const;

for (const [title, scenario, messages] of PLAN) {
  test(`${title}: every damage to what the server receives`, (t) => {
    report(t, `${title}, server`, damageAll(scenario, 'server', messages));
  });
}

test('key updates: every damage, both roles', (t) => {
  const count = noCount();
  for (const victim of ['client', 'server'] as const) {
    const peer = scriptOf(FULL)[victim === 'client' ? 'server' : 'client'];
    const update: Item = {
      type: TYPE.handshake,
      content: Uint8Array.of(24, 0, 0, 1, 1),
      level: 'application',
      epoch: 1,
    };
    damage([...peer, update], peer.length, FULL, victim, count);
  }
  report(t, 'KeyUpdate', count);
});
