/**
 * Damaged and random input in every state: whatever comes, `receive` returns, and a connection fails at most once.
 *
 * Every run follows from its number, which failures name. ISOTLS_FUZZ multiplies the runs.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Place as AnyPlace, places } from '../machine/tables.ts';
import { places12 } from '../machine/tables12.ts';
import { seeded } from '../record/records.ts';
import { answer, assertDead, usualReply } from './expect.ts';
import { serverConfig } from './pair.ts';
import { FAST, type Item, joined, plainRecord, type Rogue, TYPE } from './rogue.ts';
import { scriptOf } from './script.ts';

type Below = (limit: number) => number;
/** Of either version. */
type Place = Pick<AnyPlace, 'role' | 'title' | 'scenario' | 'reach'>;

const FACTOR = Number(process.env['ISOTLS_FUZZ'] ?? 1);
const RUNS = 40 * FACTOR;

/** One thing to send; it may look at the victim for its keys. */
type Attack = (rogue: Rogue, next: readonly Item[], below: Below) => Uint8Array;

const bytes = (below: Below, most: number): Uint8Array => new Uint8Array(below(most + 1)).map(() => below(256));

/** Some bits of a copy, changed. */
function flipped(source: Uint8Array, below: Below): Uint8Array {
  const copy = source.slice();
  for (let i = 1 + below(4); i > 0 && copy.length > 0; i--) {
    const at = below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(8));
  }
  return copy;
}

/** A piece taken out, put in again elsewhere, or doubled. */
function spliced(source: Uint8Array, below: Below): Uint8Array {
  const [a, b] = [below(source.length + 1), below(source.length + 1)].sort((x, y) => x - y) as [number, number];
  const piece = source.subarray(a, b);
  const rest = joined(source.subarray(0, a), source.subarray(b));
  const at = below(rest.length + 1);
  switch (below(3)) {
    case 0:
      return rest;
    case 1:
      return joined(rest.subarray(0, at), piece, rest.subarray(at));
    default:
      return joined(source.subarray(0, b), piece, source.subarray(b));
  }
}

/** The header of a handshake message made to fit its body again. */
function reframed(raw: Uint8Array): Uint8Array {
  const length = raw.length - 4;
  return raw.length < 4
    ? raw
    : joined(Uint8Array.of(raw[0] ?? 0, length >> 16, (length >> 8) & 255, length & 255), raw.subarray(4));
}

const ATTACKS: readonly Attack[] = [
  (_, __, below) => bytes(below, 300),
  (_, __, below) => plainRecord(20 + below(5), bytes(below, 200), below(2) === 0 ? 0x0303 : below(65_536)),
  (rogue, _, below) => rogue.seal(below(30), bytes(below, 200), below(3) === 0 ? below(300) : 0),
  (rogue, _, below) => rogue.seal(TYPE.alert, [1 + below(2), below(256)]),
  (rogue, _, below) => {
    const body = bytes(below, 120);
    return rogue.seal(TYPE.handshake, joined(Uint8Array.of(below(26), 0, 0, body.length), body));
  },
  // The honest message, damaged before it is protected.
  (rogue, [item], below) =>
    item === undefined ? bytes(below, 9) : rogue.seal(item.type, flipped(item.content, below)),
  (rogue, [item], below) =>
    item === undefined ? bytes(below, 9) : rogue.seal(item.type, reframed(spliced(item.content, below))),
  (rogue, [item], below) =>
    item === undefined ? bytes(below, 9) : rogue.seal(item.type, spliced(item.content, below)),
  // Or after.
  (rogue, [item], below) =>
    item === undefined ? bytes(below, 9) : flipped(rogue.seal(item.type, item.content), below),
  // Another message than the one that is due, or two in one record.
  (rogue, next, below) => {
    const item = next[below(next.length)];
    return item === undefined ? bytes(below, 9) : rogue.seal(item.type, item.content);
  },
  (rogue, [one, two], below) =>
    rogue.seal(
      TYPE.handshake,
      joined(one?.content ?? bytes(below, 9), (two?.content ?? bytes(below, 9)).subarray(below(9))),
    ),
  // A large one, whole or in part.
  (rogue, _, below) => rogue.seal(TYPE.handshake, joined(Uint8Array.of(11, 0, 0x40, 0), new Uint8Array(below(16_000)))),
];

/** Delivers in random pieces; answers what is asked. Throws whatever the connection throws. */
function attack(rogue: Rogue, place: Place, below: Below): void {
  const { connection } = rogue.victim;
  const script = scriptOf(place.scenario)[rogue.role];
  for (let round = 1 + below(4); round > 0 && connection.phase !== 'failed'; round--) {
    const make = ATTACKS[below(ATTACKS.length)];
    const input = make?.(rogue, script.slice(rogue.played), below) ?? new Uint8Array(0);
    for (let at = 0; at < input.length; ) {
      const size = 1 + below(below(3) === 0 ? 7 : input.length);
      rogue.deliver(input.subarray(at, at + size));
      at += size;
    }
    for (let question = connection.suspendedOn; question !== null && below(4) > 0; question = connection.suspendedOn) {
      const config = (): ReturnType<typeof serverConfig> =>
        serverConfig({ ...FAST, ...place.scenario.server, observe: rogue.watch.observe });
      answer(rogue, question, usualReply(question, question.kind === 'chooseConfig' ? config() : undefined));
    }
    // The honest peer goes on, as if nothing had happened.
    const [next] = script.slice(rogue.played);
    if (next !== undefined && below(3) === 0) rogue.play([next]);
  }
}

const PLACES: readonly (readonly [version: string, role: Place['role'], places: readonly Place[]])[] = (
  ['client', 'server'] as const
).flatMap((role) => [
  ['TLS 1.3', role, places()],
  ['TLS 1.2', role, places12()],
]);

for (const [version, role, some] of PLACES) {
  test(`${version}: no input makes a ${role} throw, or fail twice, or for a reason of its own`, (t) => {
    const ends = new Map<string, number>();
    let runs = 0;
    const all = some.filter((place) => place.role === role);
    for (const [number, place] of all.entries()) {
      for (let run = 0; run < RUNS; run++) {
        const what = `${place.title}, run ${number}/${run}`;
        const rogue = place.reach();
        try {
          attack(rogue, place, seeded(number * 1_000_003 + run * 7919 + 1));
        } catch (error) {
          assert.fail(`${what}: ${error instanceof Error ? error.stack : error}`);
        }
        runs++;
        const end = endOf(rogue, what);
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }
    }
    // It is the peer's fault, always; and not always the same one.
    assert.equal(ends.get('ERR_TLS_INTERNAL'), undefined);
    assert.equal(ends.get('ERR_TLS_DECIDER'), undefined);
    assert.ok(ends.size > 8, [...ends.keys()].join());
    t.diagnostic(
      `fuzz: ${version}: ${runs} runs against a ${role} in ${all.length} places, ${ends.size} different ends`,
    );
  });
}

function endOf(rogue: Rogue, what: string): string {
  const { connection, events } = rogue.victim;
  const failures = events.flatMap((event) => (event.type === 'failed' ? [event.error] : []));
  assert.ok(failures.length <= 1, `${what}: failed ${failures.length} times`);
  assert.equal(connection.phase === 'failed', failures.length === 1, what);
  const [error] = failures;
  if (error === undefined) return connection.phase;
  assert.equal(events.at(-1)?.type, 'failed', `${what}: events after the failure`);
  assert.equal(error.origin, 'peer', `${what}: ${error.code} ${error.message}`);
  if (error.alert !== null) {
    const last = rogue.heard().at(-1);
    assert.equal(last?.type, TYPE.alert, `${what}: the alert is not the last record`);
  }
  assertDead(connection, what);
  return error.code;
}
