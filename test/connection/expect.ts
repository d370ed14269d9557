/**
 * What a test asserts of a connection that has refused its peer, and of one that has not.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { AnyQuestion, Step, TlsConnection } from '../../src/connection/events.ts';
import type { AlertName } from '../../src/errors/alerts.ts';
import type { TlsError } from '../../src/errors/errors.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import type { ServerConfig } from '../../src/handshake/shared/config.ts';
import { byName, SIGNATURE_SCHEMES } from '../../src/params/algorithms.ts';
import { fastProvider } from './fast-provider.ts';
import { credential, seededRandom } from './pair.ts';
import { alertsOf, type Level, plainRecord, type Rogue, TYPE } from './rogue.ts';
import { accept, clientCredential, sealer } from './script.ts';

export interface ExpectedRefusal {
  readonly code: ErrorCode;
  /** Null: the connection says nothing. */
  readonly alert: AlertName | null;
  /** The keys that protect the alert; null when there is none. */
  readonly under: Level | null;
  /** TLS 1.2: how many no_renegotiation warnings went before. */
  readonly warnings?: number | undefined;
}

/** The victim has failed, once, with this code, and its last record is this alert under these keys. */
export function assertRefused(rogue: Rogue, expected: ExpectedRefusal, what = ''): TlsError {
  const { victim } = rogue;
  const failures = victim.events.filter((event) => event.type === 'failed');
  assert.equal(failures.length, 1, `${what}: ${failures.length} failures in state ${rogue.state}`);
  assert.equal(victim.events.at(-1)?.type, 'failed', what);
  const error = failures[0]?.error as TlsError;
  assert.equal(`${error.code} ${error.alert}`, `${expected.code} ${expected.alert}`, `${what}: ${error.message}`);
  assert.equal(victim.connection.phase, 'failed', what);

  const before = expected.warnings ?? 0;
  const own = victim.events.flatMap((event) => (event.type === 'alert' && event.from === 'own' ? [event] : []));
  const heard = rogue.heard();
  if (expected.alert === null) {
    assert.deepEqual([own, alertsOf(heard)], [[], []], `${what}: an alert was sent`);
  } else {
    // §6.2: error alerts go out as fatal, §6.1: and that of closure as a warning.
    const level = expected.alert === 'close_notify' ? 1 : 2;
    const seen = { description: expected.alert, level, under: expected.under };
    const refused = { description: 'no_renegotiation', level: 1, under: expected.under };
    assert.deepEqual(alertsOf(heard), [...new Array(before).fill(refused), seen], what);
    assert.equal(heard.at(-1)?.type, TYPE.alert, `${what}: the alert is not the last record`);
    assert.equal(own.length, before + 1, what);
    assert.deepEqual(own.at(-1), { type: 'alert', from: 'own', description: expected.alert }, what);
  }
  assertDead(victim.connection, what);
  return error;
}

/** Nothing that arrives has any effect any more. */
export function assertDead(connection: TlsConnection, what = ''): void {
  const { phase } = connection;
  for (const bytes of [new Uint8Array(0), plainRecord(TYPE.alert, [2, 40]), new Uint8Array(100).fill(0x47)]) {
    assertEmpty(connection.receive(bytes), `${what}: receive after the end`);
  }
  assertEmpty(connection.transportEnded(), `${what}: transportEnded after the end`);
  assert.equal(connection.phase, phase, what);
  assert.equal(connection.readable, false, what);
  assert.equal(connection.writable, false, what);
}

export function assertEmpty(step: Step, what = ''): void {
  assert.equal(step.transmit.length, 0, `${what}: bytes were written`);
  assert.deepEqual(step.events, [], `${what}: there are events`);
}

/** The victim is as it was: no failure, and nothing written since it had written `written` arrays. */
export function assertUntouched(rogue: Rogue, state: string, written: number, what: string): void {
  const failed = rogue.victim.events.find((event) => event.type === 'failed');
  assert.equal(failed?.error.message, undefined, what);
  assert.equal(rogue.state, state, what);
  assert.equal(rogue.victim.written.length, written, `${what}: bytes were written`);
}

/** What the defaults would answer. `config` answers chooseConfig. */
export function usualReply(question: AnyQuestion, config?: ServerConfig, random = seededRandom('reply')): unknown {
  switch (question.kind) {
    case 'chooseConfig':
      if (config === undefined) throw new Error('a config is needed');
      return config;
    case 'chooseCredential':
      return question.ask.role === 'server' ? credential() : clientCredential();
    case 'verifyPeer':
      return accept();
    case 'sign': {
      const { scheme, content } = question.ask;
      const algorithm = byName(SIGNATURE_SCHEMES, scheme)?.algorithm;
      const { key } = question.ask.credential;
      const held = key ?? (algorithm?.kind === 'ed25519' ? clientCredential().key : credential().key);
      if (algorithm === undefined || held === null) throw new Error('there is no key');
      return fastProvider.sign(algorithm, held, content, random);
    }
    case 'openSession': {
      const [offered] = question.ask.identities;
      const psk = offered === undefined ? null : sealer.open(offered.identity);
      return psk === null ? null : { index: 0, psk };
    }
    case 'admitEarlyData':
      return true;
    case 'decryptPreliminarySecret': {
      const held = credential({ kind: 'rsa2048' }).key;
      if (held?.kind !== 'rsa') throw new Error('there is no key');
      return { raw: fastProvider.rsaDecryptRaw(held, question.ask.ciphertext, random) };
    }
    default:
      return question satisfies never;
  }
}

/** `answer` for a reply whose kind the compiler does not see. */
export function answer(rogue: Rogue, question: AnyQuestion, reply: unknown): Step {
  const untyped = rogue.victim.connection as unknown as { answer(question: unknown, reply: unknown): Step };
  return rogue.took(untyped.answer(question, reply));
}

/** Answers all that the victim asks until it asks nothing more. */
export function answerAll(rogue: Rogue, config?: ServerConfig): void {
  for (;;) {
    const question = rogue.victim.connection.suspendedOn;
    if (question === null) return;
    answer(rogue, question, usualReply(question, config));
  }
}
