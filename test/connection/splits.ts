/**
 * Every way of cutting a stream in two.
 *
 * @module
 */
import { test } from 'node:test';
import { assertSame, byRecord, deliver, streamOf } from './chunking.ts';
import type { Role, Scenario } from './rogue.ts';
import { EARLY, RETRY } from './script.ts';
import { MUTUAL12, RESUME_CBC12, withoutTickets } from './script12.ts';

/** No tickets: they would only make the streams longer. */
const SCENARIOS: readonly (readonly [string, Scenario])[] = [
  ['retry and client authentication', { ...RETRY, server: { ...RETRY.server, tickets: 0 } }],
  ['early data', { ...EARLY, server: { ...EARLY.server, tickets: 0 } }],
  ['TLS 1.2, client authentication', withoutTickets(MUTUAL12)],
  ['TLS 1.2, CBC and resumption', RESUME_CBC12],
];

export function testSplits(victim: Role): void {
  for (const [title, scenario] of SCENARIOS) {
    test(`${title}: a ${victim} says the same wherever the stream is cut in two`, (t) => {
      const stream = streamOf(scenario, victim, [9]);
      const expected = deliver(scenario, victim, stream, byRecord(stream));
      for (let at = 0; at <= stream.length; at++) {
        assertSame(deliver(scenario, victim, stream, [at]), expected, `cut at ${at}`);
      }
      t.diagnostic(`chunking: ${title}, ${victim}: ${stream.length + 1} splits`);
    });
  }
}
