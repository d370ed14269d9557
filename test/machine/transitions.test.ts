import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pair } from '../connection/pair.ts';
import { type Role, type Scenario, watch } from '../connection/rogue.ts';
import { COOKIE, EARLY, FULL, GROUP, MUTUAL, RESUME, RETRY, record } from '../connection/script.ts';
import { TABLES } from './tables.ts';

const RESUME_RETRY = { ...RESUME.client, groups: ['x25519', 'secp256r1'], keyShares: ['x25519'] } as const;

/** The client shows no certificate where none is required. */
const NOBODY: Scenario = { client: FULL.client ?? {}, server: { ...FULL.server, clientAuth: 'request' } };

/** Everything that can move a connected state. */
function busy(pair: Pair): void {
  const { client, server } = pair;
  for (const end of [client, server]) {
    pair.took(end, end.connection.updateKeys({ requestPeer: true }));
    pair.settle();
    // Beyond keyLimit records of the largest size.
    pair.took(end, end.connection.write(new Uint8Array(6 * 16_384)));
    pair.settle();
  }
  pair.took(server, server.connection.issueTicket());
  pair.settle();
}

const SCENARIOS: readonly Scenario[] = [
  FULL,
  MUTUAL,
  RETRY,
  COOKIE,
  GROUP,
  NOBODY,
  RESUME,
  EARLY,
  // A session is looked for, and a second hello is needed; early data is claimed, and not admitted; a PSK is not taken.
  { ...RESUME, client: RESUME_RETRY, server: { ...RESUME.server, groups: ['secp256r1'] } },
  { ...EARLY, server: { ...EARLY.server, decide: { ...EARLY.server?.decide, admitEarlyData: () => false } } },
  { ...RESUME, server: { ...RESUME.server, decide: { ...RESUME.server?.decide, openSession: () => null } } },
  {
    client: { ...FULL.client, keyLimit: 4 },
    server: { ...FULL.server, keyLimit: 4 },
  },
];

test('every transition of the tables is taken, and no other', (t) => {
  for (const role of ['client', 'server'] as const) {
    const taken = new Set<string>();
    for (const scenario of SCENARIOS) for (const line of transitionsOf(role, scenario)) taken.add(line);
    const written = new Set(
      Object.entries(TABLES[role]).flatMap(([state, row]) =>
        Object.entries(row).flatMap(([input, next]) => next.map((to) => `${state} ${input} ${to}`)),
      ),
    );
    // Those of TLS 1.2 are walked in a test of their own.
    for (const line of written) if (line.includes('_12') || line.includes('hello_request')) written.delete(line);
    assert.deepEqual([...taken].sort(), [...written].sort(), role);
    t.diagnostic(`state machine: ${taken.size} of ${written.size} transitions of the ${role} taken`);
  }
});

function transitionsOf(role: Role, scenario: Scenario): readonly string[] {
  const seen = watch();
  record(
    { ...scenario, [role]: { ...scenario[role], observe: seen.observe } },
    scenario.client?.keyLimit ? busy : undefined,
  );
  return seen.transitions.map(({ from, input, to }) => `${from} ${input} ${to}`);
}
