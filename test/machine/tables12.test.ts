/**
 * Every state of TLS 1.2 with every message, change_cipher_spec, application data and alerts: what its row has is handled, and
 * everything else is refused.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALERTS } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { HANDSHAKE_TYPE, handshakeTypeName } from '../../src/params/registries.ts';
import { assertRefused, assertUntouched } from '../connection/expect.ts';
import { dataOf } from '../connection/pair.ts';
import { type Level, plainRecord, type Rogue, TYPE } from '../connection/rogue.ts';
import { scriptOf } from '../connection/script.ts';
import { fullMessages } from '../wire/samples.ts';
import { samples12 } from '../wire/samples12.ts';
import { answer, inputsOf12, inputsOfItem, type Place12, places12, TABLES_12 } from './tables12.ts';

const UNEXPECTED: ErrorCode = 'ERR_TLS_UNEXPECTED_MESSAGE';
const BAD_CCS = { code: 'ERR_TLS_BAD_CHANGE_CIPHER_SPEC', alert: 'unexpected_message' } as const;
const BAD_RECORD = { code: 'ERR_TLS_BAD_RECORD', alert: 'bad_record_mac' } as const;
const HELLO_REQUEST = Uint8Array.of(HANDSHAKE_TYPE.hello_request, 0, 0, 0);

/** Types that the registry leaves open, and some that it has given to other protocols. */
const UNKNOWN = [3, 6, 7, 9, 10, 17, 18, 19, 21, 23, 25, 26, 67, 128, 203, 253, 255];

/** Messages of both versions in full, and empty ones of all known types and some others. */
function* candidates(): Generator<{ readonly title: string; readonly raw: Uint8Array }> {
  for (const { name, raw } of samples12()) yield { title: name, raw };
  for (const { name, raw } of fullMessages()) yield { title: `${name} of TLS 1.3`, raw };
  for (const type of [...Object.values(HANDSHAKE_TYPE), ...UNKNOWN]) {
    yield { title: `empty message ${type}`, raw: Uint8Array.of(type, 0, 0, 0) };
  }
}

const has = ({ role, landing }: Place12, input: string): boolean =>
  Object.hasOwn(TABLES_12[role][landing] ?? {}, input);

const isExpected = (place: Place12, raw: Uint8Array): boolean =>
  inputsOf12(place.landing, raw).some((input) => has(place, input));

/** Delivers a record; behind a question it waits without any effect until the answer. */
function inject(rogue: Rogue, place: Place12, bytes: Uint8Array): void {
  const written = rogue.victim.written.length;
  const step = rogue.deliver(bytes);
  if (!place.suspended) return;
  assert.deepEqual(step.events, [], place.title);
  assert.equal(rogue.victim.connection.queuedInput, bytes.length, place.title);
  assertUntouched(rogue, place.state, written, place.title);
  answer(rogue, place.scenario);
}

/** What protects the victim's alerts once its questions are answered. */
function underOf(rogue: Rogue, place: Place12): Level {
  if (!place.suspended) return place.under;
  return rogue.watch.keys.some(({ direction }) => direction === 'write') ? 'application' : 'plaintext';
}

test('every message that a state of TLS 1.2 does not expect is refused with unexpected_message', (t) => {
  let refused = 0;
  for (const place of places12()) {
    for (const { title, raw } of candidates()) {
      if (isExpected(place, raw)) continue;
      const rogue = place.reach();
      inject(rogue, place, rogue.seal(TYPE.handshake, raw));
      const code = handshakeTypeName(raw[0] ?? 0) === null ? 'ERR_TLS_UNKNOWN_MESSAGE_TYPE' : UNEXPECTED;
      const refusal = { code, alert: 'unexpected_message', under: underOf(rogue, place) } as const;
      assertRefused(rogue, refusal, `${title} in ${place.title}`);
      refused++;
    }
  }
  assert.ok(refused > 2000, String(refused));
  t.diagnostic(`state machine 1.2: ${places12().length} places, ${refused} unexpected messages refused`);
});

test('everything that a state of TLS 1.2 expects leads where the table says', (t) => {
  let handled = 0;
  for (const place of places12()) {
    const { next, landing, role } = place;
    if (next === null) continue;
    const rogue = place.reach();
    const from = rogue.watch.transitions.length;
    answer(rogue, place.scenario);
    rogue.play([next]);
    const inputs = inputsOfItem(landing, next);
    const taken = rogue.watch.transitions.slice(from).find(({ input }) => inputs.includes(input));
    assert.equal(taken?.from, landing, place.title);
    assert.ok(TABLES_12[role][landing]?.[taken.input]?.includes(taken.to), place.title);
    assert.notEqual(rogue.victim.connection.phase, 'failed', place.title);
    handled++;
  }
  t.diagnostic(`state machine 1.2: ${handled} expected inputs handled`);
});

test('a HelloRequest during the handshake is ignored, and not in the transcript', () => {
  for (const place of places12()) {
    if (place.role === 'server') continue;
    const rogue = place.reach();
    if (place.landing === 'CONNECTED_12') {
      const { length } = rogue.heard();
      rogue.message(HELLO_REQUEST);
      const [warning, ...more] = rogue.heard().slice(length);
      assert.deepEqual([...(warning?.content ?? [])], [1, ALERTS.no_renegotiation], place.title);
      assert.deepEqual([warning?.type, warning?.level, more.length], [TYPE.alert, 'application', 0]);
    } else {
      inject(rogue, place, rogue.seal(TYPE.handshake, HELLO_REQUEST));
    }
    assert.equal(rogue.state, place.landing, place.title);
    rogue.play(scriptOf(place.scenario)[rogue.role].slice(rogue.played));
    assert.equal(rogue.state, 'CONNECTED_12', place.title);
    assert.equal(rogue.victim.connection.phase, 'open', place.title);
    rogue.send(TYPE.application_data, [1, 2]);
    assert.deepEqual([...dataOf(rogue.victim)], [1, 2], place.title);
  }
});

test('a known message is refused for its place before it is looked into', () => {
  for (const place of places12()) {
    for (const type of [HANDSHAKE_TYPE.certificate, HANDSHAKE_TYPE.client_hello, HANDSHAKE_TYPE.finished]) {
      const garbage = Uint8Array.of(type, 0, 0, 2, 0xff, 0xff);
      if (place.suspended || isExpected(place, garbage)) continue;
      const rogue = place.reach();
      rogue.message(garbage);
      assertRefused(rogue, { code: UNEXPECTED, alert: 'unexpected_message', under: place.under }, place.title);
    }
  }
});

test('application data is taken when the handshake is over, and not before', () => {
  for (const place of places12()) {
    const rogue = place.reach();
    inject(rogue, place, rogue.seal(TYPE.application_data, [1, 2, 3]));
    if (place.landing === 'CONNECTED_12') {
      assert.deepEqual([...dataOf(rogue.victim)], [1, 2, 3], place.title);
      continue;
    }
    const refusal = {
      code: 'ERR_TLS_RECORD_TYPE',
      alert: 'unexpected_message',
      under: underOf(rogue, place),
    } as const;
    assertRefused(rogue, refusal, `application data in ${place.title}`);
  }
});

test('change_cipher_spec is taken exactly where the table has it', (t) => {
  let refused = 0;
  for (const place of places12()) {
    // In the clear, and where there are keys under them, too.
    for (const sealed of place.reads === 'application' ? [false, true] : [false]) {
      const rogue = place.reach();
      const written = rogue.victim.written.length;
      inject(
        rogue,
        place,
        sealed ? rogue.seal(TYPE.change_cipher_spec, [1]) : plainRecord(TYPE.change_cipher_spec, [1]),
      );
      if (has(place, 'change_cipher_spec')) {
        assert.equal(rogue.state, 'WAIT_FINISHED_12', place.title);
        continue;
      }
      if (place.dropsChangeCipherSpec) {
        assertUntouched(rogue, place.state, written, place.title);
        // What was dropped as TLS 1.3 wants it is refused when the version turns out to be the other one.
        rogue.play(scriptOf(place.scenario)[rogue.role].slice(rogue.played, rogue.played + 1));
        assertRefused(rogue, { ...BAD_CCS, under: place.under }, place.title);
        continue;
      }
      const refusal = place.reads === 'application' && !sealed ? BAD_RECORD : BAD_CCS;
      assertRefused(rogue, { ...refusal, under: underOf(rogue, place) }, `change_cipher_spec in ${place.title}`);
      refused++;
    }
  }
  t.diagnostic(`state machine 1.2: ${refused} times change_cipher_spec refused`);
});

test('any other change_cipher_spec is refused everywhere', () => {
  for (const place of places12()) {
    if (place.suspended) continue;
    for (const content of [[0], [2], [1, 1], []]) {
      const rogue = place.reach();
      rogue.send(TYPE.change_cipher_spec, content);
      const what = `change_cipher_spec of ${content} in ${place.title}`;
      // RFC 5246 §6.2.1: of empty records there are those of application data alone.
      const empty = content.length === 0 && !isFirst(place);
      const refusal = empty ? ({ code: 'ERR_TLS_EMPTY_RECORD', alert: 'unexpected_message' } as const) : BAD_CCS;
      assertRefused(rogue, { ...refusal, under: place.under }, what);
    }
  }
});

test('record types that do not exist are refused everywhere', () => {
  for (const place of places12()) {
    if (place.suspended) continue;
    for (const type of [0, 1, 19, 24, 25, 26, 64, 255]) {
      const rogue = place.reach();
      rogue.deliver(plainRecord(type, [1]));
      const code = isFirst(place) ? 'ERR_TLS_NOT_TLS' : 'ERR_TLS_RECORD_TYPE';
      const what = `type ${type} in ${place.title}`;
      assertRefused(rogue, { code, alert: 'unexpected_message', under: place.under }, what);
    }
  }
});

test('alerts are taken in every state', () => {
  for (const place of places12()) {
    const closed = place.reach();
    inject(closed, place, closed.seal(TYPE.alert, [1, ALERTS.close_notify]));
    if (place.landing === 'CONNECTED_12') {
      // RFC 5246 §7.2.1: answered at once.
      assert.equal(closed.victim.connection.phase, 'closed', place.title);
      assert.deepEqual([...(closed.heard().at(-1)?.content ?? [])], [1, ALERTS.close_notify], place.title);
    } else {
      // RFC 5246 §7.2.1: here, too.
      const refusal = { alert: 'close_notify', under: underOf(closed, place) } as const;
      assertRefused(closed, { code: 'ERR_TLS_PEER_CLOSED_HANDSHAKE', ...refusal }, place.title);
    }

    const failed = place.reach();
    inject(failed, place, failed.seal(TYPE.alert, [2, ALERTS.handshake_failure]));
    assertRefused(failed, { code: 'ERR_TLS_PEER_ALERT', alert: null, under: null }, place.title);

    // RFC 5246 §7.2: a warning changes nothing. A server that has not seen a hello knows of no version.
    const warned = place.reach();
    inject(warned, place, warned.seal(TYPE.alert, [1, ALERTS.no_renegotiation]));
    assert.equal(warned.state, place.landing, place.title);
    assert.notEqual(warned.victim.connection.phase, 'failed', place.title);

    if (place.reads !== 'application') continue;
    const clear = place.reach();
    clear.deliver(plainRecord(TYPE.alert, [2, ALERTS.handshake_failure]));
    assertRefused(clear, { ...BAD_RECORD, under: place.under }, `${place.title}: in the clear`);
  }
});

/** Nothing has come from the peer. */
function isFirst({ state }: Place12): boolean {
  return state === 'START' || state === 'WAIT_SH';
}
