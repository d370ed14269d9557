import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transition } from '../../src/handshake/shared/config.ts';
import type { Pair } from '../connection/pair.ts';
import { makeRogue, type Role, type Scenario, watch } from '../connection/rogue.ts';
import {
  COOKIE,
  EARLY,
  FULL,
  GROUP,
  MUTUAL,
  messageOf,
  nameOf,
  RESUME,
  RETRY,
  record,
  scriptOf,
} from '../connection/script.ts';
import {
  BOTH12,
  FULL12,
  ID12,
  MUTUAL12,
  OPTIONS12,
  RENEW12,
  RESUME_ID12,
  RESUME12,
  RSA_MUTUAL12,
  RSA_STATUS12,
  RSA12,
  STATUS12,
  withoutTickets,
} from '../connection/script12.ts';
import { TABLES } from './tables.ts';
import { answer, places12, TABLES_12 } from './tables12.ts';

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

const nobody12: Scenario = {
  client: FULL12.client ?? {},
  server: { ...FULL12.server, clientAuth: 'request' },
};
const status12: Scenario = { client: { ...RSA12.client, requestStatus: true }, server: RSA_STATUS12.server ?? {} };

const SCENARIOS_12: readonly Scenario[] = [
  ...[FULL12, MUTUAL12, RSA12, RSA_MUTUAL12, STATUS12, RSA_STATUS12, nobody12].flatMap((one) => [
    one,
    withoutTickets(one),
  ]),
  ...[OPTIONS12, BOTH12, RESUME12, RENEW12, ID12, RESUME_ID12],
  // A session that is not taken, and a status without a request behind it.
  { ...RESUME12, server: { ...RESUME12.server, decide: { ...RESUME12.server?.decide, openSession: () => null } } },
  { ...status12, server: { ...status12.server, clientAuth: 'none' } },
];

/** What no honest peer of these scenarios does: to renegotiate, and to promise a status and send none. */
function dishonest(role: Role): readonly string[] {
  const lines: string[] = [];
  const take = ({ transitions }: { readonly transitions: readonly Transition[] }): void => {
    for (const { from, input, to } of transitions) lines.push(`${from} ${input} ${to}`);
  };
  for (const place of places12().filter((one) => one.role === role)) {
    const rogue = place.reach();
    answer(rogue, place.scenario);
    if (role === 'client') rogue.message(Uint8Array.of(0, 0, 0, 0));
    else if (place.state === 'CONNECTED_12') rogue.message(messageOf(scriptOf(place.scenario).client, 'client_hello'));
    take(rogue.watch);
  }
  if (role === 'server') return lines;
  for (const scenario of [
    STATUS12,
    RSA_STATUS12,
    { ...RSA_STATUS12, server: { ...RSA_STATUS12.server, clientAuth: 'none' } },
  ] as const) {
    const rogue = makeRogue('client', scenario);
    rogue.play(scriptOf(scenario).server.filter((item) => nameOf(item) !== 'certificate_status'));
    take(rogue.watch);
  }
  return lines;
}

test('every transition of the tables is taken, and no other', (t) => {
  for (const role of ['client', 'server'] as const) {
    const taken = new Set<string>();
    for (const scenario of [...SCENARIOS, ...SCENARIOS_12]) {
      for (const line of transitionsOf(role, scenario)) taken.add(line);
    }
    for (const line of dishonest(role)) taken.add(line);
    const written = new Set(
      Object.entries({ ...TABLES[role], ...TABLES_12[role] }).flatMap(([state, row]) =>
        Object.entries(row).flatMap(([input, next]) => next.map((to) => `${state} ${input} ${to}`)),
      ),
    );
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
