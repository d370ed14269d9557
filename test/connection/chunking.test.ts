import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seeded } from '../record/records.ts';
import { assertSame, byRecord, deliver, randomly, streamOf } from './chunking.ts';
import type { Role, Scenario } from './rogue.ts';
import { EARLY, FULL, MUTUAL, RESUME, RETRY } from './script.ts';
import { MUTUAL12, OPTIONS12, RENEW12, RSA_STATUS12 } from './script12.ts';

const logging = (scenario: Scenario, tickets = 0): Scenario => ({
  ...scenario,
  client: { ...scenario.client, keyLog: true },
  server: { ...scenario.server, keyLog: true, tickets },
});
const SCENARIOS: readonly (readonly [string, Scenario])[] = [
  ['full', logging(FULL)],
  ['full with tickets', logging(FULL, 2)],
  ['client authentication', logging(MUTUAL)],
  ['retry and client authentication', logging(RETRY)],
  ['resumption', logging(RESUME)],
  ['early data', logging(EARLY)],
  ['TLS 1.2, client authentication', logging(MUTUAL12, 1)],
  ['TLS 1.2, CBC and all options', logging(OPTIONS12, 1)],
  ['TLS 1.2, static RSA and a status', logging(RSA_STATUS12, 1)],
  ['TLS 1.2, resumption with a new ticket', logging(RENEW12)],
];
const ROLES: readonly Role[] = ['client', 'server'];

for (const [title, scenario] of SCENARIOS) {
  for (const victim of ROLES) {
    test(`${title}: a ${victim} says the same whatever the chunks`, (t) => {
      const stream = streamOf(scenario, victim, [1, 300]);
      const tickets = scenario.server?.tickets !== 0;
      const expected = deliver(scenario, victim, stream, byRecord(stream));
      // It was a whole connection.
      const types = expected.events.map((event) => (JSON.parse(event) as { type: string }).type);
      assert.ok(types.includes('established') && types.includes('data') && types.includes('peer-closed'), types.join());

      assertSame(deliver(scenario, victim, stream, []), expected, 'all at once', tickets);
      assertSame(
        deliver(scenario, victim, stream, new Array(stream.length).fill(1)),
        expected,
        'byte by byte',
        tickets,
      );
      const below = seeded(stream.length);
      for (const most of [2, 3, 5, 8, 13, 40, 200, 1000]) {
        for (let run = 0; run < 5; run++) {
          assertSame(
            deliver(scenario, victim, stream, randomly(stream, most, below)),
            expected,
            `up to ${most} bytes`,
            tickets,
          );
        }
      }
      t.diagnostic(`chunking: ${title}, ${victim}: 42 cuts of ${stream.length} bytes, ${types.length} events`);
    });
  }
}

for (const victim of ROLES) {
  test(`a ${victim} takes large data in any chunks`, () => {
    const scenario = logging(FULL);
    const stream = streamOf(scenario, victim, [40_000, 16_384, 16_385]);
    const expected = deliver(scenario, victim, stream, byRecord(stream));
    assertSame(deliver(scenario, victim, stream, []), expected, 'all at once');
    const below = seeded(7);
    for (const most of [64, 1460, 16_384, 20_000, 70_000]) {
      assertSame(deliver(scenario, victim, stream, randomly(stream, most, below)), expected, `up to ${most} bytes`);
    }
  });

  test(`a ${victim} fails the same whatever the chunks`, (t) => {
    const scenario = logging(MUTUAL);
    // No request for a KeyUpdate: its answer is due at the end of the call, and a call that fails ends with the alert.
    const honest = streamOf(scenario, victim, [1, 300], false);
    const below = seeded(99);
    const codes = new Set<string>();
    let head = 0;
    let damaged = 0;
    // One bit of each record's header and of its fragment.
    for (const size of byRecord(honest)) {
      for (const offset of [0, 2, 3, 4, 5, 9]) {
        const stream = honest.slice();
        stream[head + offset] = (stream[head + offset] ?? 0) ^ 0x40;
        const expected = deliver(scenario, victim, stream, byRecord(honest));
        codes.add(expected.events.at(-1) ?? '');
        assertSame(deliver(scenario, victim, stream, []), expected, `${head + offset}: all at once`);
        assertSame(
          deliver(scenario, victim, stream, randomly(stream, 50, below)),
          expected,
          `${head + offset}: pieces`,
        );
        damaged++;
      }
      head += size;
    }
    assert.ok(codes.size > 4, [...codes].join('\n'));
    t.diagnostic(`chunking: ${victim}: ${damaged} damaged streams, ${codes.size} ends`);
  });
}
