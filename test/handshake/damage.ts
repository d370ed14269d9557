/**
 * Every systematic damage to a message, in the live handshake: the rogue protects what it has damaged, so that it arrives as if
 * its sender had meant it.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { CIPHER_SUITES, NAMED_GROUPS, SIGNATURE_SCHEMES } from '../../src/params/algorithms.ts';
import { handshakeTypeName } from '../../src/params/registries.ts';
import { decodeHandshake } from '../../src/wire/message.ts';
import type { ClientHello } from '../../src/wire/messages.ts';
import { assertRefused } from '../connection/expect.ts';
import { NAME } from '../connection/pair.ts';
import { FAST, type Item, makeRogue, type Rogue, type Role, type Scenario, TYPE } from '../connection/rogue.ts';
import { EARLY, messagesOf, nameOf, RESUME, type Script, scriptOf, session } from '../connection/script.ts';
import { mutationsOf } from '../wire/mutations.ts';
import { type Circumstances, predict } from './predict.ts';

export interface Count {
  cases: number;
  accepted: number;
  readonly alerts: Map<string, number>;
}

export const noCount = (): Count => ({ cases: 0, accepted: 0, alerts: new Map() });

export function report(t: TestContext, title: string, { cases, accepted, alerts }: Count): void {
  assert.ok(cases > 0);
  const refused = [...alerts].sort().map(([alert, number]) => `${number} ${alert}`);
  t.diagnostic(`live mutations: ${title}: ${cases} cases, ${accepted} accepted, ${refused.join(', ')}`);
}

/** Damages the messages of these names in what the victim receives. */
export function damageAll(scenario: Scenario, victim: Role, names: readonly string[]): Count {
  const count = noCount();
  const peer = scriptOf(scenario)[victim === 'client' ? 'server' : 'client'];
  for (const [at, item] of peer.entries()) {
    if (item.type === TYPE.handshake && names.includes(nameOf(item))) damage(peer, at, scenario, victim, count);
  }
  return count;
}

/** Plays the script up to one message, each damage in its place, and then the rest. */
export function damage(peer: readonly Item[], at: number, scenario: Scenario, victim: Role, count: Count): void {
  const honest = peer[at]?.content ?? new Uint8Array(0);
  const here = circumstances(peer, at, scenario, victim);
  for (const mutation of mutationsOf(honest, here.asked)) {
    if (!mutation.framed) continue;
    const what = `${handshakeTypeName(honest[0] ?? 0)}: ${mutation.name}`;
    const predicted = predict(mutation.raw, here);
    const rogue = makeRogue(victim, scenario);
    rogue.play(peer.slice(0, at));
    assert.notEqual(rogue.victim.connection.phase, 'failed', what);
    rogue.message(mutation.raw);
    rogue.play(peer.slice(at + 1));

    count.cases++;
    if (predicted.codes.length === 0) {
      count.accepted++;
      assertOpen(rogue, what);
      continue;
    }
    const code = codeOf(rogue);
    assert.ok(
      code !== null && predicted.codes.includes(code as never),
      `${what}: ${code}, not ${predicted.codes} ${predicted.alert}`,
    );
    assertRefused(rogue, { ...predicted, code: code as never }, what);
    count.alerts.set(`${predicted.alert}`, (count.alerts.get(`${predicted.alert}`) ?? 0) + 1);
  }
}

function codeOf({ victim }: Rogue): string | null {
  return victim.events.find((event) => event.type === 'failed')?.error.code ?? null;
}

/** The connection stands, and data still arrives. */
function assertOpen(rogue: Rogue, what: string): void {
  assert.equal(codeOf(rogue), null, what);
  if (rogue.watch.transitions.at(-2)?.input === 'key_update') return;
  rogue.send(TYPE.application_data, [7]);
  assert.equal(rogue.victim.events.at(-1)?.type, 'data', what);
}

function circumstances(peer: readonly Item[], at: number, scenario: Scenario, victim: Role): Circumstances {
  const script: Script = scriptOf(scenario);
  const hellos = messagesOf(script.client, 'client_hello').map(helloOf);
  const item = peer[at];
  const honest = item?.content ?? new Uint8Array(0);
  // The hello that a server's message answers, or the first one that a second is held against.
  const answers = peer
    .slice(0, at + 1)
    .filter(({ type, content }) => type === TYPE.handshake && content[0] === 2).length;
  const hello = (victim === 'server' ? hellos[0] : hellos[answers - 1]) ?? hellos.at(-1);
  if (hello === undefined) throw new Error('there is no hello');
  const [request] = messagesOf(script.server, 'certificate_request').map(decodeHandshake);
  const asking =
    victim === 'client' ? (hello.extensions ?? []) : request?.type === 'certificate_request' ? request.extensions : [];
  const server = { ...FAST, ...scenario.server };
  const client = { ...FAST, ...scenario.client };
  const own = victim === 'client' ? client : server;
  return {
    victim,
    honest,
    asked: new Set(asking.map(({ type }) => type)),
    mutual: scenario.server?.clientAuth === 'require',
    psk: scenario === RESUME || scenario === EARLY,
    early: scenario === EARLY,
    hello,
    retried:
      honest[0] === 1
        ? peer.slice(0, at).some(({ content, type }) => type === TYPE.handshake && content[0] === 1)
        : answers > 1,
    second: victim === 'server' ? (messagesOf(script.client, 'client_hello')[1] ?? null) : null,
    resumes: scenario === RESUME ? { ticket: session.ticket, serverName: NAME } : null,
    suites: codes(CIPHER_SUITES, own.cipherSuites),
    groups: codes(NAMED_GROUPS, own.groups),
    schemes: codes(SIGNATURE_SCHEMES, ['ecdsa_secp256r1_sha256']),
    alpn: own.alpn ?? [],
  };
}

function helloOf(raw: Uint8Array): ClientHello {
  const message = decodeHandshake(raw);
  if (message.type !== 'client_hello') throw new Error('not a ClientHello');
  return message;
}

function codes(
  table: readonly { readonly name: string; readonly code: number }[],
  names: readonly string[] = [],
): readonly number[] {
  return table.filter(({ name }) => names.includes(name)).map(({ code }) => code);
}
