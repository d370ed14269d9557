/**
 * Every question in every role that asks it, and how a connection gets there.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { AnyQuestion, TlsEvent } from '../../src/connection/events.ts';
import type { Random } from '../../src/crypto/provider.ts';
import type { Deciders, QuestionKind } from '../../src/handshake/shared/config.ts';
import { answer, usualReply } from './expect.ts';
import { bytesOf, seededRandom, serverConfig } from './pair.ts';
import { FAST, type Level, makeRogue, type Rogue, type Role, type Scenario } from './rogue.ts';
import { EARLY, MUTUAL, RESUME, scriptOf } from './script.ts';
import { MUTUAL12, RESUME12, RSA12 } from './script12.ts';

export interface QuestionPlace {
  readonly kind: QuestionKind;
  readonly role: Role;
  readonly title: string;
  readonly scenario: Scenario;
  /** What protects the alerts that are sent while the question is open. */
  readonly under: Level;
}

const place = (kind: QuestionKind, role: Role, under: Level, scenario = MUTUAL): QuestionPlace => ({
  kind,
  role,
  title: `${kind} of the ${role}`,
  scenario,
  under,
});

export const PLACES: readonly QuestionPlace[] = [
  place('chooseConfig', 'server', 'plaintext'),
  place('openSession', 'server', 'plaintext', RESUME),
  place('admitEarlyData', 'server', 'plaintext', EARLY),
  place('chooseCredential', 'server', 'plaintext'),
  place('sign', 'server', 'plaintext'),
  place('verifyPeer', 'server', 'application'),
  place('verifyPeer', 'client', 'handshake'),
  place('chooseCredential', 'client', 'handshake'),
  place('sign', 'client', 'handshake'),
];

/** The same in TLS 1.2. */
export const PLACES_12: readonly QuestionPlace[] = [
  place('chooseConfig', 'server', 'plaintext', MUTUAL12),
  place('openSession', 'server', 'plaintext', RESUME12),
  place('chooseCredential', 'server', 'plaintext', MUTUAL12),
  place('sign', 'server', 'plaintext', MUTUAL12),
  place('decryptPreliminarySecret', 'server', 'plaintext', RSA12),
  place('verifyPeer', 'server', 'plaintext', MUTUAL12),
  place('verifyPeer', 'client', 'plaintext', MUTUAL12),
  place('chooseCredential', 'client', 'plaintext', MUTUAL12),
  place('sign', 'client', 'plaintext', MUTUAL12),
];

/** A connection with its random source, which the reply to `sign` draws from as the default would. */
export interface Asked {
  readonly rogue: Rogue;
  readonly random: Random;
}

/** A connection whose decider for this question is replaced: `null` asks by event, `undefined` is the default. */
export function begin(
  { role, kind, scenario }: QuestionPlace,
  decider: ((ask: never) => unknown) | null | undefined,
  also: Scenario['client'] & Scenario['server'] = {},
): Asked {
  const random = seededRandom(role);
  const decide = { ...scenario[role]?.decide, ...(decider === undefined ? {} : { [kind]: decider }) } as Deciders;
  return { rogue: makeRogue(role, { ...scenario, [role]: { ...scenario[role], ...also, decide, random } }), random };
}

/** Plays the peer's side until the question is open. */
export function ask(
  at: QuestionPlace,
  also: Scenario['client'] & Scenario['server'] = {},
): Asked & { readonly question: AnyQuestion } {
  const asked = begin(at, null, also);
  const { rogue } = asked;
  for (const item of scriptOf(at.scenario)[rogue.role]) {
    if (rogue.victim.connection.suspendedOn !== null) break;
    rogue.play([item]);
  }
  const question = rogue.victim.connection.suspendedOn;
  assert.ok(question !== null, at.title);
  assert.equal(question.kind, at.kind);
  const last = rogue.victim.events.at(-1);
  assert.ok(last?.type === 'question' && last.question === question, 'the question is the last event');
  assert.equal(rogue.victim.connection.readable, false);
  return { ...asked, question };
}

/** The items of the peer that are still to come. */
export function finish(at: QuestionPlace, { rogue }: Asked): void {
  rogue.play(scriptOf(at.scenario)[rogue.role].slice(rogue.played));
}

export function replyTo(at: QuestionPlace, { rogue, random }: Asked, question: AnyQuestion): unknown {
  const config = () => serverConfig({ ...FAST, ...at.scenario.server, random, observe: rogue.watch.observe });
  return usualReply(question, question.kind === 'chooseConfig' ? config() : undefined, random);
}

/** What the run with default deciders writes, and says but for questions. */
export function reference(at: QuestionPlace): { readonly bytes: Uint8Array; readonly events: readonly string[] } {
  const asked = begin(at, undefined);
  asked.rogue.play(scriptOf(at.scenario)[asked.rogue.role]);
  return resultOf(asked.rogue);
}

export function resultOf({ victim }: Rogue): { readonly bytes: Uint8Array; readonly events: readonly string[] } {
  assert.equal(victim.connection.phase, 'open', victim.events.map(describe).join('\n'));
  return { bytes: bytesOf(victim), events: victim.events.filter(({ type }) => type !== 'question').map(describe) };
}

/** Answers as the default would. */
export function answerWell(at: QuestionPlace, asked: Asked, question: AnyQuestion): void {
  answer(asked.rogue, question, replyTo(at, asked, question));
}

function describe(event: TlsEvent): string {
  if (event.type === 'data') return `data ${Buffer.from(event.data).toString('hex')} ${event.early}`;
  if (event.type === 'failed') return `failed ${event.error.code}`;
  return event.type;
}
