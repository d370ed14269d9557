/**
 * The end of a connection: either half closed, both, aborted, cut off, or failed.
 *
 * @see RFC 9846 §6.1 (Closure Alerts), §6.2 (Error Alerts)
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TlsEvent } from '../../src/connection/events.ts';
import { ALERTS, type AlertName } from '../../src/errors/alerts.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { places } from '../machine/tables.ts';
import { assertDead, assertEmpty, assertRefused } from './expect.ts';
import { connectedPair, dataOf, type End, type Pair } from './pair.ts';
import { alertsOf, FAST, plainRecord, type Rogue, type Role, TYPE } from './rogue.ts';
import { MUTUAL, victimAt } from './script.ts';

const ROLES: readonly Role[] = ['client', 'server'];
const CLOSE = Uint8Array.of(1, ALERTS.close_notify);

const types = (events: readonly TlsEvent[]): readonly string[] => events.map(({ type }) => type);

/** The ends of a connected pair, the one of this role first. */
function ends(role: Role): { readonly pair: Pair; readonly own: End; readonly peer: End } {
  const pair = connectedPair(FAST, FAST);
  const [own, peer] = role === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
  return { pair, own, peer };
}

for (const role of ROLES) {
  test(`a ${role} that has closed its half goes on reading`, () => {
    const { pair, own, peer } = ends(role);
    const { transmit, events } = own.connection.close();
    assert.deepEqual(events, [{ type: 'alert', from: 'own', description: 'close_notify' }]);
    pair.took(own, { transmit, events: [] });
    assert.deepEqual([own.connection.phase, own.connection.readable, own.connection.writable], ['open', true, false]);
    pair.settle();
    assert.deepEqual(types(peer.events).slice(-2), ['alert', 'peer-closed']);
    assert.deepEqual(
      [peer.connection.phase, peer.connection.readable, peer.connection.writable],
      ['open', false, true],
    );

    // The peer writes on, also under new keys; what it asks for in return cannot be given any more.
    pair.took(peer, peer.connection.write(new Uint8Array(20_000).fill(1)));
    pair.took(peer, peer.connection.updateKeys({ requestPeer: true }));
    pair.took(peer, peer.connection.write(new Uint8Array(10).fill(2)));
    const written = own.written.length;
    pair.settle();
    assert.equal(dataOf(own).length, 20_010);
    assert.equal(own.written.length, written, 'nothing follows close_notify');

    pair.took(peer, peer.connection.close());
    assert.equal(peer.connection.phase, 'closed');
    pair.settle();
    assert.equal(own.connection.phase, 'closed');
    assert.equal(own.events.at(-1)?.type, 'peer-closed');
    assertDead(own.connection);
    assertDead(peer.connection);
  });

  test(`a ${role} ignores what follows the peer’s close_notify, and writes on`, () => {
    const rogue = victimAt(role, MUTUAL);
    const close = rogue.seal(TYPE.alert, CLOSE);
    const data = rogue.seal(TYPE.application_data, [1, 2, 3]);
    const step = rogue.deliver(close, data, Uint8Array.of(0, 0, 0, 0, 0));
    assert.deepEqual(types(step.events), ['alert', 'peer-closed']);
    assert.equal(step.transmit.length, 0);
    for (const bytes of [data, plainRecord(TYPE.alert, [2, 40]), new Uint8Array(5).fill(0x47)]) {
      assertEmpty(rogue.deliver(bytes), 'after close_notify');
    }
    const { connection } = rogue.victim;
    assert.deepEqual([connection.phase, connection.readable, connection.writable], ['open', false, true]);
    rogue.took(connection.write(Uint8Array.of(9)));
    assert.deepEqual(rogue.heard().at(-1)?.content, Uint8Array.of(9));
    rogue.took(connection.updateKeys());
    // The end of the transport after an authenticated close is none.
    assertEmpty(connection.transportEnded());
    assert.equal(connection.phase, 'open');
    rogue.took(connection.close());
    assert.equal(connection.phase, 'closed');
    const last = rogue.heard().at(-1);
    assert.deepEqual([last?.type, last?.content, last?.level], [TYPE.alert, CLOSE, 'application']);
  });

  test(`data that comes with the peer’s close_notify is delivered before it by a ${role}`, () => {
    const rogue = victimAt(role, MUTUAL);
    const step = rogue.deliver(rogue.seal(TYPE.application_data, [1, 2, 3]), rogue.seal(TYPE.alert, CLOSE));
    assert.deepEqual(types(step.events), ['data', 'alert', 'peer-closed']);
  });

  test(`a ${role} tells truncation from closure`, () => {
    const rogue = victimAt(role, MUTUAL);
    const { connection } = rogue.victim;
    // Part of a record is lost with the transport.
    rogue.deliver(rogue.seal(TYPE.application_data, [1]).subarray(0, 9));
    const step = rogue.took(connection.transportEnded());
    assert.deepEqual(types(step.events), ['truncated']);
    assert.equal(step.transmit.length, 0);
    assertEmpty(connection.transportEnded(), 'twice');
    assertEmpty(connection.receive(rogue.seal(TYPE.alert, CLOSE)), 'too late');
    assert.deepEqual([connection.phase, connection.readable, connection.writable], ['open', false, true]);
    // It may still write: half of a transport can end alone.
    assert.ok(connection.write(Uint8Array.of(1)).transmit.length > 0);
    connection.close();
    assert.equal(connection.phase, 'closed');

    const closed = victimAt(role, MUTUAL);
    closed.took(closed.victim.connection.close());
    assert.deepEqual(types(closed.victim.connection.transportEnded().events), ['truncated']);
    assert.equal(closed.victim.connection.phase, 'closed');
  });

  test(`abort ends an open connection of a ${role} at once`, () => {
    const expected: readonly (readonly [AlertName | undefined, readonly (readonly [AlertName, number])[]])[] = [
      [undefined, [['close_notify', 1]]],
      ['close_notify', [['close_notify', 1]]],
      [
        'user_canceled',
        [
          ['user_canceled', 1],
          ['close_notify', 1],
        ],
      ],
      ['internal_error', [['internal_error', 2]]],
      ['access_denied', [['access_denied', 2]]],
      ['general_error', [['general_error', 2]]],
    ];
    for (const [alert, alerts] of expected) {
      const rogue = victimAt(role, MUTUAL);
      const { connection } = rogue.victim;
      rogue.took(alert === undefined ? connection.abort() : connection.abort(alert));
      assertAborted(rogue, alerts, 'application');
    }
  });

  test(`nothing follows the close_notify of a ${role}, whatever happens`, () => {
    const ways: readonly (readonly [string, (rogue: Rogue) => void, string])[] = [
      ['abort', (rogue) => rogue.took(rogue.victim.connection.abort()), 'ERR_TLS_ABORTED'],
      ['abort canceled', (rogue) => rogue.took(rogue.victim.connection.abort('user_canceled')), 'ERR_TLS_ABORTED'],
      [
        'abort with an error',
        (rogue) => rogue.took(rogue.victim.connection.abort('internal_error')),
        'ERR_TLS_ABORTED',
      ],
      [
        'a bad record',
        (rogue) => rogue.deliver(plainRecord(TYPE.application_data, new Uint8Array(40))),
        'ERR_TLS_BAD_RECORD',
      ],
      ['an alert', (rogue) => rogue.alert('internal_error'), 'ERR_TLS_PEER_ALERT'],
    ];
    for (const [title, happen, code] of ways) {
      const rogue = victimAt(role, MUTUAL);
      rogue.took(rogue.victim.connection.close());
      happen(rogue);
      const last = rogue.victim.events.at(-1);
      assert.ok(last?.type === 'failed' && last.error.code === code, title);
      assert.deepEqual(rogue.heard().at(-1)?.content, CLOSE, title);
      assert.equal(alertsOf(rogue.heard()).length, 1, title);
      assertDead(rogue.victim.connection, title);
    }
  });

  test(`a ${role} that has failed forgets the connection, and says so once`, () => {
    const rogue = victimAt(role, MUTUAL);
    rogue.deliver(plainRecord(TYPE.application_data, new Uint8Array(40)));
    assertRefused(rogue, { code: 'ERR_TLS_BAD_RECORD', alert: 'bad_record_mac', under: 'application' });
    const { connection } = rogue.victim;
    assert.throws(() => connection.write(Uint8Array.of(1)), TlsUsageError);
    assert.throws(() => connection.exportKeyingMaterial('label', null, 32), TlsUsageError);
    assertEmpty(connection.close());
    assertEmpty(connection.abort());
    // What was negotiated may still be looked at.
    assert.equal(connection.info?.version, 'TLS 1.3');
  });
}

function assertAborted(rogue: Rogue, alerts: readonly (readonly [AlertName, number])[], under: string): void {
  const failed = rogue.victim.events.at(-1);
  assert.ok(failed?.type === 'failed');
  assert.equal(failed.error.code, 'ERR_TLS_ABORTED');
  assert.equal(failed.error.origin, 'own');
  assert.deepEqual(
    alertsOf(rogue.heard()),
    alerts.map(([description, level]) => ({ description, level, under })),
  );
  assertDead(rogue.victim.connection);
}

test('a handshake that is given up is canceled, under the keys of its state', () => {
  let states = 0;
  for (const place of places()) {
    if (place.state === 'CONNECTED') continue;
    for (const end of [
      (rogue: Rogue) => rogue.victim.connection.abort(),
      (rogue: Rogue) => rogue.victim.connection.close(),
    ]) {
      const rogue = place.reach();
      rogue.took(end(rogue));
      assertAborted(
        rogue,
        [
          ['user_canceled', 1],
          ['close_notify', 1],
        ],
        place.under,
      );
    }
    const rogue = place.reach();
    rogue.took(rogue.victim.connection.transportEnded());
    assertRefused(rogue, { code: 'ERR_TLS_TRUNCATED_HANDSHAKE', alert: null, under: null }, place.title);
    states++;
  }
  assert.ok(states > 20);
});

test('two peers that close at the same time are both closed', () => {
  const { pair, own, peer } = ends('client');
  pair.took(own, own.connection.close());
  pair.took(peer, peer.connection.close());
  pair.settle();
  assert.deepEqual([own.connection.phase, peer.connection.phase], ['closed', 'closed']);
});
