/**
 * Answers to questions: from a decider, given later, refusals, wrong ones, and deciders that misbehave.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCredential } from '../../src/certs/credential.ts';
import { createServer } from '../../src/connection/connection.ts';
import type { Step, TlsConnection } from '../../src/connection/events.ts';
import { TlsError, TlsUsageError } from '../../src/errors/errors.ts';
import { answer, assertRefused } from './expect.ts';
import { credential, NOW, seededRandom, serverConfig } from './pair.ts';
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
import { FAST, faceRogue, type Rogue, watch } from './rogue.ts';
import { accept, MUTUAL, scriptOf } from './script.ts';

/** Replies that are none, for any question. */
const NO_REPLIES: readonly (readonly [string, unknown])[] = [
  ['a Promise', Promise.resolve(accept())],
  ['undefined', undefined],
  ['1', 1],
  ['a string', 'yes'],
  ['an empty object', {}],
  ['an Error', new Error('no')],
  ['a function', () => true],
];

/** Replies that are none, for one kind of question: look-alikes above all. */
const WRONG: Readonly<Record<QuestionPlace['kind'], readonly (readonly [string, (right: unknown) => unknown])[]>> = {
  chooseConfig: [
    ['true', () => true],
    ['null', () => null],
    ['a copy of a config', (right) => ({ ...(right as object) })],
  ],
  chooseCredential: [
    ['true', () => true],
    ['a copy of a credential', (right) => ({ ...(right as object) })],
  ],
  verifyPeer: [
    ['true', () => true],
    ['null', () => null],
    ['what looks like a verdict', () => ({ ok: true, path: [] })],
    ['a copy of a verdict', (right) => ({ ...(right as object) })],
  ],
  sign: [
    ['true', () => true],
    ['null', () => null],
    ['an empty signature', () => new Uint8Array(0)],
    ['a signature that fits no message', () => new Uint8Array(65_536)],
    ['an array of numbers', () => [1, 2, 3]],
  ],
  decryptPreliminarySecret: [
    ['true', () => true],
    ['bytes alone', () => new Uint8Array(48)],
  ],
  openSession: [
    ['true', () => true],
    ['a session without an index', (right) => ({ psk: (right as { psk: unknown }).psk })],
    ['an index that is none', (right) => ({ ...(right as object), index: 0.5 })],
    ['a session that is none', () => ({ index: 0, psk: { kind: 'client-session' } })],
  ],
  admitEarlyData: [
    ['null', () => null],
    ['0', () => 0],
  ],
};

const wrongReplies = ({ kind }: QuestionPlace, right: unknown): readonly (readonly [string, unknown])[] => [
  ...NO_REPLIES,
  ...WRONG[kind].map(([title, make]) => [title, make(right)] as const),
];

const DECIDER = { code: 'ERR_TLS_DECIDER', alert: 'internal_error' } as const;

test('a decider, an answer given later and the default lead to the same bytes and events', (t) => {
  for (const at of PLACES) {
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
  t.diagnostic(`questions: ${PLACES.length} places, each by default, by decider and answered later`);
});

test('a server without a config asks for one, and is as if it had had it', () => {
  const [at] = PLACES;
  assert.ok(at?.kind === 'chooseConfig');
  const expected = reference(at);
  const seen = watch();
  const random = seededRandom('server');
  const rogue = faceRogue('server', createServer({ random, clock: () => NOW, limits: {} }), seen);
  const [hello] = scriptOf(MUTUAL).client;
  assert.ok(hello !== undefined);
  rogue.play([hello]);
  const question = rogue.victim.connection.suspendedOn;
  assert.ok(question?.kind === 'chooseConfig');
  assert.equal(question.ask.serverName, 'server.test');
  assert.deepEqual(question.ask.alpn, ['h2', 'http/1.1']);
  assert.deepEqual(question.ask.raw, hello.content);
  answerWell(at, { rogue, random }, question);
  rogue.play(scriptOf(MUTUAL).client.slice(1));
  assert.deepEqual(resultOf(rogue), expected);
});

test('a TlsError for an answer is a refusal with its own alert', () => {
  const errors = [
    new TlsError('ERR_TLS_PEER_REFUSED'),
    new TlsError('ERR_TLS_PEER_REFUSED', { alert: 'access_denied', origin: 'own' }),
    new TlsError('ERR_CERT_EXPIRED'),
  ];
  for (const at of PLACES) {
    for (const error of errors) {
      const { code, alert } = error;
      const later = ask(at);
      answer(later.rogue, later.question, error);
      assert.equal(assertRefused(later.rogue, { code, alert, under: at.under }, at.title), error);

      const decided = begin(at, () => error);
      finish(at, decided);
      assert.equal(assertRefused(decided.rogue, { code, alert, under: at.under }, `${at.title}: decider`), error);
    }
  }
});

test('a TlsError without an alert ends the connection in silence', () => {
  for (const at of PLACES) {
    const later = ask(at);
    answer(later.rogue, later.question, new TlsError('ERR_TLS_PEER_REFUSED', { alert: null }));
    assertRefused(later.rogue, { code: 'ERR_TLS_PEER_REFUSED', alert: null, under: null }, at.title);
  }
});

test('an answer of the wrong kind throws TlsUsageError and changes nothing', (t) => {
  let wrong = 0;
  for (const at of PLACES) {
    const expected = reference(at);
    const later = ask(at);
    const { rogue, question } = later;
    const right = replyTo(at, later, question);
    const before = { events: rogue.victim.events.length, written: rogue.victim.written.length, state: rogue.state };
    for (const [title, reply] of wrongReplies(at, right)) {
      assert.throws(() => answer(rogue, question, reply), TlsUsageError, `${at.title}: ${title}`);
      assert.equal(rogue.victim.connection.suspendedOn, question, title);
      wrong++;
    }
    assert.deepEqual(
      { events: rogue.victim.events.length, written: rogue.victim.written.length, state: rogue.state },
      before,
    );
    answer(rogue, question, right);
    finish(at, later);
    assert.deepEqual(resultOf(rogue), expected, at.title);
  }
  t.diagnostic(`questions: ${wrong} wrong answers refused`);
});

test('a decider that gives the wrong kind fails the connection with internal_error', () => {
  for (const at of PLACES) {
    const { rogue, question, random } = ask(at);
    const right = replyTo(at, { rogue, random }, question);
    for (const [title, reply] of wrongReplies(at, right)) {
      const decided = begin(at, () => reply);
      finish(at, decided);
      assertRefused(decided.rogue, { ...DECIDER, under: at.under }, `${at.title}: ${title}`);
    }
  }
});

test('what a decider throws is kept as the cause', () => {
  for (const at of PLACES) {
    for (const thrown of [new Error('broken'), new TlsError('ERR_TLS_PEER_REFUSED'), 'a string', undefined]) {
      const decided = begin(at, () => {
        throw thrown;
      });
      finish(at, decided);
      const error = assertRefused(decided.rogue, { ...DECIDER, under: at.under }, at.title);
      assert.equal(error.cause, thrown);
      assert.equal(error.origin, 'own');
    }
  }
});

/** Every call there is. */
const CALLS: readonly (readonly [string, (connection: TlsConnection) => unknown])[] = [
  ['start', (connection) => connection.start()],
  ['receive', (connection) => connection.receive(new Uint8Array(1))],
  ['answer', (connection) => (connection as unknown as { answer(a: unknown, b: unknown): Step }).answer({}, {})],
  ['write', (connection) => connection.write(new Uint8Array(1))],
  ['writeEarlyData', (connection) => connection.writeEarlyData(new Uint8Array(1))],
  ['updateKeys', (connection) => connection.updateKeys()],
  ['issueTicket', (connection) => connection.issueTicket()],
  ['close', (connection) => connection.close()],
  ['transportEnded', (connection) => connection.transportEnded()],
  ['abort', (connection) => connection.abort()],
  ['exportKeyingMaterial', (connection) => connection.exportKeyingMaterial('label', null, 32)],
  ['exportEarlyKeyingMaterial', (connection) => connection.exportEarlyKeyingMaterial('label', new Uint8Array(0), 32)],
  ['channelBinding', (connection) => connection.channelBinding('tls-exporter')],
];

/** Makes every call, each of which must throw for being made from inside. */
function callAll(rogue: Rogue): void {
  for (const [name, call] of CALLS) {
    assert.throws(() => call(rogue.victim.connection), { name: 'TlsUsageError', message: /from inside/ }, name);
  }
}

test('a decider cannot call its connection, and does no harm by trying', () => {
  for (const at of PLACES) {
    const expected = reference(at);
    const decided = begin(at, (query) => {
      callAll(decided.rogue);
      return replyTo(at, decided, { kind: at.kind, id: 0, ask: query } as never);
    });
    finish(at, decided);
    assert.deepEqual(resultOf(decided.rogue), expected, at.title);

    const careless = begin(at, () => careless.rogue.victim.connection.abort());
    finish(at, careless);
    const error = assertRefused(careless.rogue, { ...DECIDER, under: at.under }, at.title);
    assert.ok(error.cause instanceof TlsUsageError);
  }
});

test('an observer cannot call its connection either, and what it throws fails the connection', () => {
  for (const at of PLACES.filter(({ kind }) => kind === 'sign' || kind === 'openSession')) {
    const expected = reference(at);
    let calls = 0;
    const looking = begin(at, undefined, {
      observe: () => {
        // The first transition of a client is observed before the test has its connection.
        if (calls++ > 0) callAll(looking.rogue);
      },
    });
    finish(at, looking);
    assert.ok(calls > 3);
    assert.deepEqual(resultOf(looking.rogue), expected, at.title);

    // At every transition in turn.
    for (let number = 1; number < calls; number++) {
      let seen = 0;
      const thrown = new Error('the observer is broken');
      const breaking = begin(at, undefined, {
        observe: () => {
          if (seen++ === number) throw thrown;
        },
      });
      finish(at, breaking);
      const { events } = breaking.rogue.victim;
      const failures = events.flatMap((event) => (event.type === 'failed' ? [event.error] : []));
      assert.deepEqual(
        failures.map(({ code, alert }) => [code, alert]),
        [['ERR_TLS_DECIDER', 'internal_error']],
      );
      assert.equal(failures[0]?.cause, thrown);
    }
  }
});

test('a question cannot be changed', () => {
  for (const at of PLACES) {
    const { question } = ask(at);
    assert.ok(Object.isFrozen(question), at.title);
  }
});

test('a credential may be declined by a client, and not by a server', () => {
  const [server, client] = ['server', 'client'].map((role) =>
    PLACES.find((at) => at.kind === 'chooseCredential' && at.role === role),
  );
  assert.ok(server !== undefined && client !== undefined);
  const declining = ask(client);
  answer(declining.rogue, declining.question, null);
  assert.equal(declining.rogue.state, 'CONNECTED');

  const { rogue, question } = ask(server);
  answer(rogue, question, null);
  const refusal = {
    code: 'ERR_TLS_NO_SHARED_SIGNATURE_SCHEME',
    alert: 'handshake_failure',
    under: 'plaintext',
  } as const;
  assertRefused(rogue, refusal);
});

test('a credential that cannot sign for the peer is refused, whoever chose it', () => {
  for (const role of ['client', 'server'] as const) {
    const at = PLACES.find((one) => one.kind === 'chooseCredential' && one.role === role);
    assert.ok(at !== undefined);
    const { rogue, question } = ask(at);
    // No peer of these tests lists RSA alone, so the credential has to be one that signs with nothing.
    const mute = createCredential({
      certificates: credential().chain,
      key: credential().key ?? 'external',
      schemes: [],
    });
    answer(rogue, question, mute);
    const refusal = {
      code: 'ERR_TLS_NO_SHARED_SIGNATURE_SCHEME',
      alert: 'handshake_failure',
      under: at.under,
    } as const;
    assertRefused(rogue, refusal, at.title);
  }
});

test('a config that is chosen later brings its own source of chance', () => {
  const [at] = PLACES;
  assert.ok(at !== undefined);
  const { rogue, question } = ask(at);
  const random = seededRandom('another');
  answer(rogue, question, serverConfig({ ...FAST, ...MUTUAL.server, random, observe: rogue.watch.observe }));
  const [hello] = rogue.heard();
  // The random of ServerHello is the first thing that the chosen source gives.
  assert.deepEqual(hello?.content.slice(6, 38), seededRandom('another')(32));
});
