/**
 * Alerts that RFC 9846 §6.1 and §6.2 require to be sent, or to have an effect, where nobody has broken a rule.
 *
 * @see RFC 9846 §6.1 (Closure Alerts), §6.2 (Error Alerts)
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsError, TlsUsageError } from '../../src/errors/errors.ts';
import { answer, assertDead, assertEmpty } from '../connection/expect.ts';
import { alertsOf, type Level, makeRogue, type Rogue, type Role, TYPE } from '../connection/rogue.ts';
import { MUTUAL, scriptOf, victimAt } from '../connection/script.ts';

const ROLES: readonly Role[] = ['client', 'server'];
const WARNING = 1;

/** The alerts that the victim's peer finds on the wire. */
const alerts = (rogue: Rogue): readonly string[] =>
  alertsOf(rogue.heard()).map(({ description, level, under }) => `${description} ${level} ${under}`);

const CANCELED = (under: Level): readonly string[] => [
  `user_canceled ${WARNING} ${under}`,
  `close_notify ${WARNING} ${under}`,
];

test('§6.1: close_notify goes out as a warning, before the write side closes, and reading goes on', () => {
  for (const role of ROLES) {
    const rogue = victimAt(role, MUTUAL);
    rogue.took(rogue.victim.connection.close());
    assert.deepEqual(alerts(rogue), [`close_notify ${WARNING} application`], role);
    assert.equal(rogue.victim.connection.writable, false, role);
    assert.throws(() => rogue.victim.connection.write(Uint8Array.of(1)), TlsUsageError, role);

    rogue.send(TYPE.application_data, [7]);
    assert.deepEqual([...(rogue.victim.events.findLast((event) => event.type === 'data')?.data ?? [])], [7], role);
    // The last alert is one, however often the owner closes.
    rogue.took(rogue.victim.connection.close());
    assert.equal(alerts(rogue).length, 1, role);

    rogue.alert('close_notify', WARNING);
    assert.equal(rogue.victim.connection.phase, 'closed', role);
    assertDead(rogue.victim.connection, role);
  }
});

test('§6.1: what arrives after close_notify is ignored, and writing goes on', () => {
  for (const role of ROLES) {
    const rogue = victimAt(role, MUTUAL);
    const afterwards = [
      rogue.seal(TYPE.alert, [WARNING, 0]),
      rogue.seal(TYPE.application_data, [1, 2, 3]),
      rogue.seal(TYPE.alert, [2, 40]),
      new Uint8Array(40).fill(0x55),
    ];
    // In one call with it, and in calls of their own.
    rogue.deliver(...afterwards);
    for (const bytes of afterwards) assertEmpty(rogue.deliver(bytes), role);
    const types = rogue.victim.events.map(({ type }) => type);
    assert.deepEqual(types.slice(-2), ['alert', 'peer-closed'], role);
    assert.equal(types.includes('data') || types.includes('failed'), false, role);

    rogue.took(rogue.victim.connection.write(Uint8Array.of(9)));
    assert.deepEqual([...(rogue.heard().at(-1)?.content ?? [])], [9], role);
    rogue.took(rogue.victim.connection.close());
    assert.deepEqual(alerts(rogue), [`close_notify ${WARNING} application`], role);
    assert.equal(rogue.victim.connection.phase, 'closed', role);
  }
});

test('§6.1: user_canceled is followed by close_notify, whoever cancels', () => {
  const ways: readonly (readonly [string, (rogue: Rogue) => unknown])[] = [
    ['close', (rogue) => rogue.took(rogue.victim.connection.close())],
    ['abort', (rogue) => rogue.took(rogue.victim.connection.abort())],
    ['abort by name', (rogue) => rogue.took(rogue.victim.connection.abort('user_canceled'))],
  ];
  for (const [way, cancel] of ways) {
    for (const [role, state, under] of [
      ['client', 'WAIT_SH', 'plaintext'],
      ['client', 'WAIT_CV', 'handshake'],
      ['server', 'START', 'plaintext'],
      ['server', 'WAIT_CERT', 'application'],
    ] as const) {
      const rogue = victimAt(role, MUTUAL, state);
      cancel(rogue);
      assert.deepEqual(alerts(rogue), CANCELED(under), `${way} by the ${role} in ${state}`);
      assert.equal(rogue.heard().at(-1)?.type, TYPE.alert, way);
      assertDead(rogue.victim.connection, way);
    }
  }

  // An answer may cancel too.
  const asking = { ...MUTUAL, client: { ...MUTUAL.client, decide: { verifyPeer: null } } };
  const rogue = makeRogue('client', asking);
  rogue.play(scriptOf(MUTUAL).server);
  const question = rogue.victim.connection.suspendedOn;
  assert.equal(question?.kind, 'verifyPeer');
  answer(rogue, question, new TlsError('ERR_TLS_HANDSHAKE_TIMEOUT', { origin: 'own' }));
  assert.deepEqual(alerts(rogue), CANCELED('handshake'));
  assertDead(rogue.victim.connection);
});

test('§6.1: data has ended where close_notify says so, and is truncated where the transport ends without it', () => {
  for (const role of ROLES) {
    const cut = victimAt(role, MUTUAL);
    cut.send(TYPE.application_data, [1]);
    cut.took(cut.victim.connection.transportEnded());
    assert.deepEqual(
      cut.victim.events.slice(-2).map(({ type }) => type),
      ['data', 'truncated'],
      role,
    );
    // §6.1: nor does user_canceled end anything.
    const canceled = victimAt(role, MUTUAL);
    canceled.alert('user_canceled', WARNING);
    canceled.send(TYPE.application_data, [1]);
    canceled.took(canceled.victim.connection.transportEnded());
    assert.deepEqual(
      canceled.victim.events.slice(-3).map(({ type }) => type),
      ['alert', 'data', 'truncated'],
      role,
    );
    const whole = victimAt(role, MUTUAL);
    whole.alert('close_notify', WARNING);
    whole.took(whole.victim.connection.transportEnded());
    assert.equal(whole.victim.events.at(-1)?.type, 'peer-closed', role);
  }
});

test('§6.2: an error alert, received or sent, ends both directions at once', () => {
  for (const role of ROLES) {
    const told = victimAt(role, MUTUAL);
    const after = [told.seal(TYPE.alert, [2, 40]), told.seal(TYPE.application_data, [1])];
    const written = told.victim.written.length;
    told.deliver(...after);
    assert.equal(told.victim.written.length, written, role);
    assert.equal(told.victim.events.at(-1)?.type, 'failed', role);
    assert.throws(() => told.victim.connection.write(Uint8Array.of(1)), TlsUsageError, role);
    assertDead(told.victim.connection, role);

    const telling = victimAt(role, MUTUAL);
    telling.deliver(telling.seal(TYPE.handshake, [24, 0, 0, 1, 9]), telling.seal(TYPE.application_data, [1]));
    assert.deepEqual(alerts(telling), ['illegal_parameter 2 application'], role);
    assert.equal(telling.heard().at(-1)?.type, TYPE.alert, role);
    assert.equal(
      telling.victim.events.some(({ type }) => type === 'data'),
      false,
      role,
    );
    assert.throws(() => telling.victim.connection.write(Uint8Array.of(1)), TlsUsageError, role);
    assertDead(telling.victim.connection, role);
  }
});
