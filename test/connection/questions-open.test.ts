/**
 * What may happen while a question is open: input, writing, closing, aborting, the end of the transport, and late answers.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServer } from '../../src/connection/connection.ts';
import type { AnyQuestion } from '../../src/connection/events.ts';
import type { AlertName } from '../../src/errors/alerts.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { answer, assertDead, assertEmpty, assertRefused } from './expect.ts';
import { bytesOf, NOW } from './pair.ts';
import {
  answerWell,
  ask,
  begin,
  finish,
  PLACES,
  type QuestionPlace,
  reference,
  replyTo,
  resultOf,
} from './question-places.ts';
import { alertsOf, faceRogue, plainRecord, type Rogue, TYPE, watch } from './rogue.ts';
import { FULL, MUTUAL, scriptOf } from './script.ts';

const place = (kind: QuestionPlace['kind'], role: QuestionPlace['role']): QuestionPlace => {
  const found = PLACES.find((at) => at.kind === kind && at.role === role);
  assert.ok(found !== undefined);
  return found;
};

/** A dummy record, which is dropped wherever these questions are asked, but for the client's own flight. */
const CCS = plainRecord(TYPE.change_cipher_spec, [1]);

const dropsDummies = ({ kind, role }: QuestionPlace): boolean => role === 'server' || kind === 'verifyPeer';

test('input waits behind a question, is counted, and is taken when the answer comes', () => {
  for (const at of PLACES.filter(dropsDummies)) {
    const expected = reference(at);
    const asked = ask(at);
    const { rogue, question } = asked;
    const { connection } = rogue.victim;
    assert.equal(connection.queuedInput, 0);
    for (let i = 1; i <= 3; i++) {
      assertEmpty(rogue.deliver(CCS.subarray(0, 2)), at.title);
      assertEmpty(rogue.deliver(CCS.subarray(2)), at.title);
      assert.equal(connection.queuedInput, i * CCS.length, at.title);
      assert.equal(connection.readable, false);
      assert.equal(connection.suspendedOn, question);
    }
    answerWell(at, asked, question);
    assert.equal(connection.queuedInput, 0, at.title);
    assert.equal(connection.readable, true);
    finish(at, asked);
    assert.deepEqual(resultOf(rogue), expected, at.title);
  }
});

test('the peer’s whole flight may wait behind a question and be taken by its answer', () => {
  for (const at of [place('verifyPeer', 'server'), place('verifyPeer', 'client')]) {
    const expected = reference(at);
    const asked = ask(at);
    const rest = scriptOf(at.scenario)[asked.rogue.role].slice(asked.rogue.played);
    // What the current keys protect: up to Finished.
    const [finished] = rest;
    assert.ok(finished?.content[0] === 20);
    assertEmpty(asked.rogue.send(TYPE.handshake, finished.content));
    answerWell(at, asked, asked.question);
    for (let open = asked.rogue.victim.connection.suspendedOn; open !== null; ) {
      answerWell(at, asked, open);
      open = asked.rogue.victim.connection.suspendedOn;
    }
    asked.rogue.play(rest.slice(1));
    assert.deepEqual(resultOf(asked.rogue), expected, at.title);
  }
});

test('beyond limits.queuedInput receive throws, takes nothing, and works again after the answer', () => {
  for (const at of PLACES.filter(dropsDummies)) {
    const expected = reference(at);
    const asked = ask(at, { limits: { queuedInput: 20 } });
    const { rogue, question } = asked;
    const { connection } = rogue.victim;
    rogue.deliver(CCS, CCS, CCS);
    assert.equal(connection.queuedInput, 18);
    // Two bytes fit; three do not, and of those none is taken.
    assert.throws(() => connection.receive(CCS.subarray(0, 3)), TlsUsageError, at.title);
    assert.throws(() => connection.receive(CCS), TlsUsageError, at.title);
    assert.equal(connection.queuedInput, 18, at.title);
    rogue.deliver(CCS.subarray(0, 2));
    assert.equal(connection.queuedInput, 20);
    assertEmpty(rogue.deliver(new Uint8Array(0)));
    answerWell(at, asked, question);
    rogue.deliver(CCS.subarray(2));
    finish(at, asked);
    assert.deepEqual(resultOf(rogue), expected, at.title);
  }
});

test('a question in the middle of a call queues the rest of that call, whatever its size', () => {
  const seen = watch();
  const rogue = faceRogue('server', createServer({ clock: () => NOW, limits: { queuedInput: 10 } }), seen);
  const [hello] = scriptOf(FULL).client;
  assert.ok(hello !== undefined);
  rogue.deliver(plainRecord(TYPE.handshake, hello.content), CCS, CCS, CCS);
  assert.equal(rogue.victim.connection.suspendedOn?.kind, 'chooseConfig');
  assert.equal(rogue.victim.connection.queuedInput, 3 * CCS.length);
  assert.throws(() => rogue.victim.connection.receive(CCS), TlsUsageError);
  assert.equal(rogue.victim.connection.queuedInput, 3 * CCS.length);
});

test('a fault in what was queued is found after the answer, not before', () => {
  for (const at of PLACES) {
    const { rogue, question, random } = ask(at);
    assertEmpty(rogue.deliver(Uint8Array.of(99, 3, 3, 0, 1, 0)), at.title);
    answerWell(at, { rogue, random }, question);
    const under = rogue.watch.keys.filter(({ direction }) => direction === 'write').at(-1)?.level ?? 'plaintext';
    assertRefused(rogue, { code: 'ERR_TLS_RECORD_TYPE', alert: 'unexpected_message', under }, at.title);
  }
});

test('a server that may write early does so while it verifies its client', () => {
  const at = place('verifyPeer', 'server');
  const expected = reference(at);
  const asked = ask(at, { allowEarlyServerData: true });
  const { rogue, question } = asked;
  const { connection } = rogue.victim;
  assert.equal(connection.writable, true);
  const before = bytesOf(rogue.victim).length;
  rogue.took(connection.write(Uint8Array.of(1, 2, 3)));
  const heard = rogue.heard().at(-1);
  assert.deepEqual(
    [heard?.type, heard?.level, heard?.content],
    [TYPE.application_data, 'application', Uint8Array.of(1, 2, 3)],
  );
  assert.equal(connection.suspendedOn, question);
  answerWell(at, asked, question);
  finish(at, asked);
  const { bytes, events } = resultOf(rogue);
  assert.deepEqual(events, expected.events);
  // Up to the data it wrote what it always writes.
  assert.deepEqual(bytes.subarray(0, before), expected.bytes.subarray(0, before));
});

test('nothing else is written while a question is open', () => {
  for (const at of PLACES) {
    const { rogue, question } = ask(at);
    const { connection } = rogue.victim;
    assert.equal(connection.writable, false, at.title);
    for (const call of [
      () => connection.write(Uint8Array.of(1)),
      () => connection.updateKeys(),
      () => connection.issueTicket(),
      () => connection.start(),
      () => connection.writeEarlyData(Uint8Array.of(1)),
      () => connection.exportKeyingMaterial('label', null, 32),
    ]) {
      assert.throws(call, TlsUsageError, at.title);
    }
    assert.equal(connection.suspendedOn, question);
  }
});

/** What ends a connection whose question is open, with what is written then. */
const ENDS: readonly (readonly [
  title: string,
  end: (rogue: Rogue) => unknown,
  code: string,
  alerts: readonly (readonly [AlertName, number])[],
])[] = [
  [
    'abort',
    (rogue) => rogue.took(rogue.victim.connection.abort()),
    'ERR_TLS_ABORTED',
    [
      ['user_canceled', 1],
      ['close_notify', 1],
    ],
  ],
  [
    'close',
    (rogue) => rogue.took(rogue.victim.connection.close()),
    'ERR_TLS_ABORTED',
    [
      ['user_canceled', 1],
      ['close_notify', 1],
    ],
  ],
  [
    'abort with access_denied',
    (rogue) => rogue.took(rogue.victim.connection.abort('access_denied')),
    'ERR_TLS_ABORTED',
    [['access_denied', 2]],
  ],
  [
    'the end of the transport',
    (rogue) => rogue.took(rogue.victim.connection.transportEnded()),
    'ERR_TLS_TRUNCATED_HANDSHAKE',
    [],
  ],
];

for (const [title, end, code, alerts] of ENDS) {
  test(`${title} takes back an open question; its late answer is an empty step`, () => {
    for (const at of PLACES) {
      const asked = ask(at);
      const { rogue, question } = asked;
      const { connection } = rogue.victim;
      const reply = replyTo(at, asked, question);
      end(rogue);
      assert.equal(connection.phase, 'failed', at.title);
      assert.equal(connection.suspendedOn, null);
      const failed = rogue.victim.events.at(-1);
      assert.ok(failed?.type === 'failed' && failed.error.code === code, at.title);
      assert.deepEqual(
        alertsOf(rogue.heard()),
        alerts.map(([description, level]) => ({ description, level, under: at.under })),
        at.title,
      );
      // Late, wrong and repeated answers are all let go.
      for (const late of [reply, true, reply]) assertEmpty(answer(rogue, question, late), at.title);
      assertDead(connection, at.title);
    }
  });
}

test('an answer is taken once, and only for the question that was asked', () => {
  for (const at of PLACES) {
    const expected = reference(at);
    const asked = ask(at);
    const { rogue, question } = asked;
    const reply = replyTo(at, asked, question);
    const forged: readonly unknown[] = [
      { ...question },
      Object.create(question),
      { kind: question.kind, id: question.id, ask: question.ask },
      ask(at).question,
      null,
      undefined,
      question.kind,
      {},
    ];
    for (const one of forged) {
      assert.throws(() => answer(rogue, one as AnyQuestion, reply), TlsUsageError, `${at.title}: ${String(one)}`);
    }
    assert.equal(rogue.victim.connection.suspendedOn, question);
    answer(rogue, question, reply);
    assert.throws(() => answer(rogue, question, reply), TlsUsageError, `${at.title}: twice`);
    for (const one of forged) assert.throws(() => answer(rogue, one as AnyQuestion, reply), TlsUsageError, at.title);
    finish(at, asked);
    assert.deepEqual(resultOf(rogue), expected, at.title);
    for (const one of [question, ...forged]) {
      assert.throws(() => answer(rogue, one as AnyQuestion, reply), TlsUsageError, `${at.title}: when it is over`);
    }
  }
});

test('all questions of a handshake are asked in turn, each with an id of its own', () => {
  const kinds: Readonly<Record<'client' | 'server', readonly string[]>> = {
    server: ['chooseConfig', 'chooseCredential', 'sign', 'verifyPeer'],
    client: ['verifyPeer', 'chooseCredential', 'sign'],
  };
  for (const role of ['client', 'server'] as const) {
    const at = place('verifyPeer', role);
    const expected = reference(at);
    const nobody = Object.fromEntries(kinds[role].map((kind) => [kind, null]));
    const scenario = { ...MUTUAL, [role]: { ...MUTUAL[role], decide: nobody } };
    const first: QuestionPlace = { ...at, kind: role === 'server' ? 'chooseConfig' : 'verifyPeer', scenario };
    const asked = begin(first, null);
    const { rogue } = asked;
    // The script is that of the honest pair, whose deciders answer.
    const rest = scriptOf(MUTUAL)[rogue.role];
    const questions: AnyQuestion[] = [];
    for (;;) {
      const question = rogue.victim.connection.suspendedOn;
      if (question !== null) {
        questions.push(question);
        answerWell(first, asked, question);
        continue;
      }
      const [next] = rest.slice(rogue.played);
      if (next === undefined) break;
      rogue.play([next]);
    }
    assert.deepEqual(
      questions.map(({ kind }) => kind),
      kinds[role],
    );
    assert.deepEqual(
      questions.map(({ id }) => id),
      questions.map((_, i) => i + 1),
    );
    assert.deepEqual(resultOf(rogue), expected, role);
  }
});
