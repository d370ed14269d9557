/**
 * The questions of TLS 1.2: answered by default, by a decider and later; refused; answered wrongly; and what may happen while
 * they are open. What bad answers to decryptPreliminarySecret lead to is in test/handshake/server12.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsError, TlsUsageError } from '../../src/errors/errors.ts';
import { answer, assertDead, assertEmpty, assertRefused } from './expect.ts';
import { bytesOf } from './pair.ts';
import {
  answerWell,
  ask,
  begin,
  finish,
  PLACES_12,
  type QuestionPlace,
  reference,
  replyTo,
  resultOf,
} from './question-places.ts';
import { plainRecord, type Rogue, TYPE } from './rogue.ts';
import { scriptOf } from './script.ts';

const DECIDER = { code: 'ERR_TLS_DECIDER', alert: 'internal_error' } as const;
/** RFC 5246 §7.4.7.1: to this question no error is an answer. */
const REFUSABLE = PLACES_12.filter(({ kind }) => kind !== 'decryptPreliminarySecret');

test('a decider, an answer given later and the default lead to the same bytes and events', (t) => {
  for (const at of PLACES_12) {
    const expected = reference(at);
    const later = ask(at);
    answerWell(at, later, later.question);
    finish(at, later);
    assert.deepEqual(resultOf(later.rogue), expected, `${at.title}: answered later`);

    let asked = 0;
    const decided = begin(at, (query) => {
      asked++;
      return replyTo(at, decided, { kind: at.kind, id: 0, ask: query } as never);
    });
    finish(at, decided);
    assert.equal(asked, 1, at.title);
    assert.deepEqual(resultOf(decided.rogue), expected, `${at.title}: decider`);
  }
  t.diagnostic(`questions of TLS 1.2: ${PLACES_12.length} places, each by default, by decider and answered later`);
});

test('a TlsError for an answer is a refusal with its own alert, but for a secret', () => {
  for (const at of PLACES_12) {
    for (const error of [new TlsError('ERR_TLS_PEER_REFUSED'), new TlsError('ERR_CERT_EXPIRED')]) {
      const { code, alert } = error;
      const later = ask(at);
      if (!REFUSABLE.includes(at)) {
        assert.throws(() => answer(later.rogue, later.question, error), TlsUsageError);
        continue;
      }
      answer(later.rogue, later.question, error);
      assert.equal(assertRefused(later.rogue, { code, alert, under: at.under }, at.title), error);
      const decided = begin(at, () => error);
      finish(at, decided);
      assert.equal(assertRefused(decided.rogue, { code, alert, under: at.under }, at.title), error);
    }
  }
});

test('an answer of the wrong kind throws TlsUsageError and changes nothing', (t) => {
  let wrong = 0;
  for (const at of PLACES_12) {
    const expected = reference(at);
    const later = ask(at);
    const { rogue, question } = later;
    const { length } = rogue.victim.events;
    for (const reply of [
      Promise.resolve(null),
      undefined,
      1,
      'yes',
      {},
      new Error('no'),
      () => true,
      new Uint8Array(0),
    ]) {
      assert.throws(() => answer(rogue, question, reply), TlsUsageError, at.title);
      assert.equal(rogue.victim.connection.suspendedOn, question);
      wrong++;
    }
    assert.equal(rogue.victim.events.length, length);
    answer(rogue, question, replyTo(at, later, question));
    finish(at, later);
    assert.deepEqual(resultOf(rogue), expected, at.title);
  }
  t.diagnostic(`questions of TLS 1.2: ${wrong} wrong answers refused`);
});

test('a decider that throws, or gives the wrong kind, fails the connection, but for a secret', () => {
  for (const at of REFUSABLE) {
    const thrown = new Error('broken');
    const broken = begin(at, () => {
      throw thrown;
    });
    finish(at, broken);
    assert.equal(assertRefused(broken.rogue, { ...DECIDER, under: at.under }, at.title).cause, thrown);
    const wrong = begin(at, () => Promise.resolve());
    finish(at, wrong);
    assertRefused(wrong.rogue, { ...DECIDER, under: at.under }, at.title);
  }
});

/** What the honest peer says next, sealed with what the victim reads with now. */
function upcoming(at: QuestionPlace, rogue: Rogue): Uint8Array | null {
  const next = scriptOf(at.scenario)[rogue.role][rogue.played];
  if (next === undefined) return null;
  return next.type === TYPE.change_cipher_spec
    ? plainRecord(next.type, next.content)
    : rogue.seal(next.type, next.content);
}

test('what arrives behind a question waits, is counted, and is taken when the answer comes', () => {
  let waited = 0;
  for (const at of PLACES_12) {
    const asked = ask(at);
    const { rogue, question } = asked;
    const { connection } = rogue.victim;
    const next = upcoming(at, rogue);
    if (next === null) continue;
    const written = bytesOf(rogue.victim).length;
    assertEmpty(rogue.deliver(next.subarray(0, 3)), at.title);
    assertEmpty(rogue.deliver(next.subarray(3)), at.title);
    assert.deepEqual([connection.queuedInput, connection.readable], [next.length, false], at.title);
    const from = rogue.watch.transitions.length;
    answerWell(at, asked, question);
    // Others may be asked behind it.
    for (let open = connection.suspendedOn; open !== null; open = connection.suspendedOn) answerWell(at, asked, open);
    assert.equal(connection.queuedInput, 0, at.title);
    // A server's client cannot have said more than its hello before the server has.
    if (connection.phase === 'failed') continue;
    assert.ok(
      rogue.watch.transitions.slice(from).some(({ input }) => !input.startsWith('answer:')),
      at.title,
    );
    assert.ok(bytesOf(rogue.victim).length >= written);
    waited++;
  }
  assert.ok(waited >= 6, `${waited}`);
});

test('abort and the end of the transport cancel a question, and its late answer is let go', () => {
  for (const at of PLACES_12) {
    const aborted = ask(at);
    const step = aborted.rogue.took(aborted.rogue.victim.connection.abort('internal_error'));
    assert.deepEqual([...step.transmit], [21, 3, 3, 0, 2, 2, 80], at.title);
    assert.equal(aborted.rogue.victim.connection.suspendedOn, null);
    assertEmpty(answer(aborted.rogue, aborted.question, replyTo(at, aborted, aborted.question)), at.title);
    assertDead(aborted.rogue.victim.connection, at.title);

    const ended = ask(at);
    ended.rogue.took(ended.rogue.victim.connection.transportEnded());
    assertRefused(ended.rogue, { code: 'ERR_TLS_TRUNCATED_HANDSHAKE', alert: null, under: null }, at.title);
    assertEmpty(answer(ended.rogue, ended.question, replyTo(at, ended, ended.question)), at.title);
  }
});

test('each question is asked once, can be answered once, and cannot be changed', () => {
  for (const at of PLACES_12) {
    const asked = ask(at);
    assert.ok(Object.isFrozen(asked.question));
    answerWell(at, asked, asked.question);
    assert.throws(() => answer(asked.rogue, asked.question, replyTo(at, asked, asked.question)), TlsUsageError);
    finish(at, asked);
    resultOf(asked.rogue);
    const kinds = asked.rogue.victim.events.flatMap((event) =>
      event.type === 'question' ? [event.question.kind] : [],
    );
    assert.deepEqual(kinds, [at.kind]);
  }
});
