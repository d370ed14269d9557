import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALERTS } from '../../src/errors/alerts.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { HANDSHAKE_TYPE, handshakeTypeName } from '../../src/params/registries.ts';
import { answerAll, assertRefused, assertUntouched } from '../connection/expect.ts';
import { makeClient, makeServer, serverConfig } from '../connection/pair.ts';
import { FAST, plainRecord, type Rogue, TYPE } from '../connection/rogue.ts';
import { RETRY } from '../connection/script.ts';
import { fullMessages } from '../wire/samples.ts';
import { type Place, places, TABLES } from './tables.ts';

const UNEXPECTED: ErrorCode = 'ERR_TLS_UNEXPECTED_MESSAGE';

/** Types that the registry leaves open, and some that it has given to other protocols. */
const UNKNOWN = [3, 6, 7, 9, 10, 17, 18, 19, 21, 23, 25, 26, 67, 128, 203, 253, 255];

/** Every known message, those of TLS 1.3 in full and all of them empty, and empty ones of other types. */
function* candidates(place: Place): Generator<{ readonly title: string; readonly raw: Uint8Array }> {
  for (const { name, raw } of fullMessages()) yield { title: name, raw };
  // All 256 where nothing has to be agreed on before.
  const types = isFirst(place)
    ? Array.from({ length: 256 }, (_, type) => type)
    : [...Object.values(HANDSHAKE_TYPE), ...UNKNOWN];
  for (const type of types) yield { title: `empty message ${type}`, raw: Uint8Array.of(type, 0, 0, 0) };
}

/** The inputs that a message may be, by its type. */
function inputsOf(raw: Uint8Array): readonly string[] {
  const name = handshakeTypeName(raw[0] ?? 0);
  if (name === 'server_hello') return ['server_hello', 'hello_retry_request'];
  return name === null ? [] : [name];
}

function isExpected({ role }: Place, state: string, raw: Uint8Array): boolean {
  return inputsOf(raw).some((input) => Object.hasOwn(TABLES[role][state] ?? {}, input));
}

/** Sends one record and answers what is asked; true if the victim got new read keys meanwhile. */
function inject(rogue: Rogue, place: Place, bytes: Uint8Array): boolean {
  const suspended = rogue.victim.connection.suspendedOn !== null;
  const written = rogue.victim.written.length;
  const keys = rogue.watch.keys.filter(({ direction }) => direction === 'read').length;
  const step = rogue.deliver(bytes);
  if (suspended) {
    // Whatever it is, it waits.
    assert.deepEqual(step.events, [], place.title);
    assert.equal(rogue.victim.connection.queuedInput, bytes.length, place.title);
    assertUntouched(rogue, place.state, written, place.title);
    answerFor(rogue, place);
  }
  return rogue.watch.keys.filter(({ direction }) => direction === 'read').length > keys;
}

/** The keys that protect an alert once the questions of this state are answered. */
function underAfter(rogue: Rogue): Place['under'] {
  return rogue.watch.keys.filter(({ direction }) => direction === 'write').at(-1)?.level ?? 'plaintext';
}

test('every message that a state does not expect is refused with unexpected_message', (t) => {
  let refused = 0;
  for (const place of places()) {
    for (const { title, raw } of candidates(place)) {
      const rogue = place.reach();
      const landing = landingOf(place);
      if (isExpected(place, landing, raw)) continue;
      const rekeyed = inject(rogue, place, rogue.seal(TYPE.handshake, raw));
      const known = handshakeTypeName(raw[0] ?? 0) !== null;
      const code = rekeyed ? 'ERR_TLS_RECORD_TYPE' : known ? UNEXPECTED : 'ERR_TLS_UNKNOWN_MESSAGE_TYPE';
      const under = isSuspended(place) ? underAfter(rogue) : place.under;
      assertRefused(rogue, { code, alert: 'unexpected_message', under }, `${title} in ${place.title}`);
      refused++;
    }
  }
  assert.ok(refused > 1200, String(refused));
  t.diagnostic(`state machine: ${places().length} places, ${refused} unexpected messages refused`);
});

test('every message that a state expects leads where the table says', (t) => {
  let handled = 0;
  for (const place of places()) {
    const { next } = place;
    if (next === null) continue;
    const rogue = place.reach();
    const from = rogue.watch.transitions.length;
    const landing = landingOf(place);
    inject(rogue, place, rogue.seal(TYPE.handshake, next));
    const taken = rogue.watch.transitions.slice(from).find(({ input }) => inputsOf(next).includes(input));
    assert.equal(taken?.from, landing, place.title);
    assert.ok(TABLES[place.role][landing]?.[taken.input]?.includes(taken.to), place.title);
    assert.equal(rogue.victim.connection.phase === 'failed', false, place.title);
    handled++;
  }
  t.diagnostic(`state machine: ${handled} expected messages handled`);
});

test('a known message is refused for its place before it is looked into', () => {
  for (const place of places()) {
    for (const type of [HANDSHAKE_TYPE.certificate, HANDSHAKE_TYPE.client_hello]) {
      const garbage = Uint8Array.of(type, 0, 0, 2, 0xff, 0xff);
      if (isSuspended(place) || isExpected(place, place.state, garbage)) continue;
      const rogue = place.reach();
      rogue.message(garbage);
      assertRefused(rogue, { code: UNEXPECTED, alert: 'unexpected_message', under: place.under }, place.title);
    }
  }
});

test('application data is taken exactly where the peer may write it', () => {
  for (const place of places()) {
    const rogue = place.reach();
    const bytes = rogue.seal(TYPE.application_data, [1, 2, 3]);
    const rekeyed = inject(rogue, place, bytes);
    if (place.takesData) {
      assert.deepEqual(
        rogue.victim.events.flatMap((event) => (event.type === 'data' ? [...event.data] : [])),
        [1, 2, 3],
        place.title,
      );
      continue;
    }
    // Without keys the record is not protected, and does not open under those that come.
    const code = rekeyed ? 'ERR_TLS_BAD_RECORD' : 'ERR_TLS_RECORD_TYPE';
    const under = isSuspended(place) ? underAfter(rogue) : place.under;
    const alert = rekeyed ? 'bad_record_mac' : 'unexpected_message';
    assertRefused(rogue, { code, alert, under }, `application data in ${place.title}`);
  }
});

test('a dummy change_cipher_spec is dropped from the first ClientHello to the peer’s Finished', () => {
  for (const place of places()) {
    const suspended = isSuspended(place);
    const rogue = place.reach();
    const written = rogue.victim.written.length;
    inject(rogue, place, plainRecord(TYPE.change_cipher_spec, [1]));
    if (place.dropsChangeCipherSpec) {
      if (!suspended) assertUntouched(rogue, place.state, written, place.title);
      assert.notEqual(rogue.victim.connection.phase, 'failed', place.title);
    } else {
      const under = suspended ? underAfter(rogue) : place.under;
      const refusal = { code: 'ERR_TLS_BAD_CHANGE_CIPHER_SPEC', alert: 'unexpected_message', under } as const;
      assertRefused(rogue, refusal, `change_cipher_spec in ${place.title}`);
    }
  }
});

test('any other change_cipher_spec is refused everywhere, and so is a protected one', () => {
  for (const place of places()) {
    if (isSuspended(place)) continue;
    for (const content of [[0], [2], [1, 1], []]) {
      const rogue = place.reach();
      rogue.deliver(plainRecord(TYPE.change_cipher_spec, content));
      const refusal = {
        code: 'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
        alert: 'unexpected_message',
        under: place.under,
      } as const;
      assertRefused(rogue, refusal, `change_cipher_spec of ${content} in ${place.title}`);
    }
    const rogue = place.reach();
    if (rogue.reads === 'plaintext') continue;
    rogue.send(TYPE.change_cipher_spec, [1]);
    const refusal = {
      code: 'ERR_TLS_BAD_CHANGE_CIPHER_SPEC',
      alert: 'unexpected_message',
      under: place.under,
    } as const;
    assertRefused(rogue, refusal, `a protected change_cipher_spec in ${place.title}`);
  }
});

test('record types that do not exist are refused everywhere, in the clear and under keys', () => {
  for (const place of places()) {
    if (isSuspended(place)) continue;
    for (const type of [0, 1, 19, 24, 25, 26, 64, 255]) {
      const clear = place.reach();
      clear.deliver(plainRecord(type, [1]));
      const code = isFirst(place) ? 'ERR_TLS_NOT_TLS' : 'ERR_TLS_RECORD_TYPE';
      const what = `type ${type} in ${place.title}`;
      assertRefused(clear, { code, alert: 'unexpected_message', under: place.under }, what);

      const rogue = place.reach();
      if (rogue.reads === 'plaintext') continue;
      rogue.send(type, [1]);
      // §5.4: a zero is padding, and the content before it is taken for the type.
      assertRefused(rogue, { code: 'ERR_TLS_RECORD_TYPE', alert: 'unexpected_message', under: place.under }, what);
    }
  }
});

test('alerts are taken in every state', () => {
  for (const place of places()) {
    const closed = place.reach();
    inject(closed, place, closed.seal(TYPE.alert, [1, ALERTS.close_notify]));
    if (isSuspended(place) && closed.reads === 'early') {
      // It waited behind the question, and a client that has keys uses them.
      const refusal = { code: 'ERR_TLS_RECORD_TYPE', alert: 'unexpected_message', under: 'application' } as const;
      assertRefused(closed, refusal, place.title);
      continue;
    }
    if (closed.state === 'CONNECTED') {
      assert.equal(closed.victim.events.at(-1)?.type, 'peer-closed', place.title);
      assert.equal(closed.victim.connection.phase, 'open', place.title);
    } else {
      // §6.1: each side says so before it closes its half.
      const under = isSuspended(place) ? underAfter(closed) : place.under;
      const refusal = { code: 'ERR_TLS_PEER_CLOSED_HANDSHAKE', alert: 'close_notify', under } as const;
      assertRefused(closed, refusal, place.title);
    }

    const failed = place.reach();
    inject(failed, place, failed.seal(TYPE.alert, [1, ALERTS.handshake_failure]));
    assertRefused(failed, { code: 'ERR_TLS_PEER_ALERT', alert: null, under: null }, place.title);

    const canceled = place.reach();
    inject(canceled, place, canceled.seal(TYPE.alert, [1, ALERTS.user_canceled]));
    assert.notEqual(canceled.victim.connection.phase, 'failed', place.title);
  }
});

test('an alert in plaintext is taken until the peer has protected a record', () => {
  for (const place of places()) {
    if (isSuspended(place)) continue;
    const rogue = place.reach();
    rogue.deliver(plainRecord(TYPE.alert, [2, ALERTS.handshake_failure]));
    const refusal = place.takesPlaintextAlert
      ? ({ code: 'ERR_TLS_PEER_ALERT', alert: null, under: null } as const)
      : ({ code: 'ERR_TLS_RECORD_TYPE', alert: 'unexpected_message', under: place.under } as const);
    assertRefused(rogue, refusal, place.title);
  }
});

test('a client that has not started receives nothing', () => {
  const client = makeClient(FAST);
  assert.throws(() => client.receive(new Uint8Array(0)), TlsUsageError);
  assert.equal(client.start().events.length, 0);
  // A server needs no start.
  assert.equal(makeServer(FAST).receive(new Uint8Array(0)).events.length, 0);
});

/** Nothing has come from the peer. */
function isFirst({ state, scenario }: Place): boolean {
  return state === 'START' || (state === 'WAIT_SH' && scenario !== RETRY);
}

function answerFor(rogue: Rogue, { scenario }: Place): void {
  answerAll(rogue, serverConfig({ ...FAST, ...scenario.server, observe: rogue.watch.observe }));
}

function isSuspended({ role, state }: Place): boolean {
  return Object.keys(TABLES[role][state] ?? {}).every((input) => input.startsWith('answer:'));
}

const landings = new Map<string, string>();

/** The state that a place leads to when its questions are answered: itself, if it asks none. */
function landingOf(place: Place): string {
  let landing = landings.get(place.title);
  if (landing === undefined) {
    const rogue = place.reach();
    answerFor(rogue, place);
    landing = rogue.state;
    landings.set(place.title, landing);
  }
  return landing;
}
