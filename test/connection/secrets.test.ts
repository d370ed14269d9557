/**
 * Secrets that have served are overwritten; best effort, as docs/security.md says, but no array of ours is forgotten.
 *
 * @see RFC 9846 §6.2 (failed connections), Appendix C.3
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { places } from '../machine/tables.ts';
import { fastProvider } from './fast-provider.ts';
import { plainRecord, type Rogue, type Role, type Scenario, TYPE } from './rogue.ts';
import { EARLY, FULL, MUTUAL, RESUME, RETRY, victimAt } from './script.ts';

const ROLES: readonly Role[] = ['client', 'server'];
const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/** Secrets that keys were made from and that are not overwritten. */
function left(rogue: Rogue): readonly string[] {
  return rogue.watch.keys
    .filter(({ original }) => !isZero(original))
    .map(({ direction, level }, i) => `${direction} ${level} ${i}`);
}

test('no traffic secret outlives a connection that failed, in whatever state', (t) => {
  let secrets = 0;
  for (const place of places()) {
    for (const fail of [
      (rogue: Rogue) => rogue.victim.connection.abort('internal_error'),
      (rogue: Rogue) => rogue.victim.connection.transportEnded(),
      (rogue: Rogue) => rogue.deliver(plainRecord(99, [0])),
    ]) {
      const rogue = place.reach();
      fail(rogue);
      if (rogue.victim.connection.phase !== 'failed') continue;
      assert.deepEqual(left(rogue), [], place.title);
      secrets += rogue.watch.keys.length;
    }
  }
  assert.ok(secrets > 100);
  t.diagnostic(`secrets: ${secrets} traffic secrets seen overwritten after failures`);
});

test('handshake secrets go with the handshake, traffic secrets with their update, all of them with the end', () => {
  for (const role of ROLES) {
    for (const scenario of [FULL, MUTUAL, RETRY, RESUME, EARLY]) {
      const rogue = victimAt(role, scenario);
      const remaining = rogue.watch.keys.filter(({ original }) => !isZero(original));
      assert.deepEqual(remaining.map(({ direction, level }) => `${level} ${direction}`).sort(), [
        'application read',
        'application write',
      ]);
      const { connection } = rogue.victim;
      rogue.took(connection.updateKeys());
      const [read, old, current] = [...rogue.watch.keys.filter(({ level }) => level === 'application')].sort((a, b) =>
        a.direction.localeCompare(b.direction),
      );
      assert.ok(read && old && current);
      assert.deepEqual(
        [read, old, current].map(({ original }) => isZero(original)),
        [false, true, false],
      );
      rogue.alert('close_notify', 1);
      assert.equal(isZero(current.original), false, 'it may still write');
      rogue.took(connection.close());
      assert.equal(connection.phase, 'closed');
      assert.deepEqual(left(rogue), []);
    }
  }
});

/** A provider that keeps every shared secret it has given, and tells of every ephemeral key that was wiped. */
function recording(): { readonly crypto: CryptoProvider; readonly shared: Uint8Array[]; readonly wiped: () => number } {
  const shared: Uint8Array[] = [];
  let wiped = 0;
  const keep = (secret: Uint8Array): Uint8Array => {
    shared.push(secret);
    return secret;
  };
  const crypto: CryptoProvider = {
    ...fastProvider,
    keyExchange(group) {
      const exchange = fastProvider.keyExchange(group);
      return {
        generate(random) {
          const key = exchange.generate(random);
          return { share: key.share, agree: (share) => keep(key.agree(share)), wipe: () => void wiped++ };
        },
        respond(share, random) {
          const made = exchange.respond(share, random);
          return { share: made.share, secret: keep(made.secret) };
        },
      };
    },
  };
  return { crypto, shared, wiped: () => wiped };
}

test('shared secrets and ephemeral keys do not outlive the ServerHello', () => {
  for (const role of ROLES) {
    const { crypto, shared, wiped } = recording();
    victimAt(role, FULL, undefined, { [role]: { crypto } });
    assert.equal(shared.length, 1);
    assert.ok(shared.every(isZero), role);
    assert.equal(wiped(), role === 'client' ? 1 : 0);
  }
});

test('a client that ends before the ServerHello wipes its ephemeral keys', () => {
  const { crypto, wiped } = recording();
  const two: Scenario = {
    ...FULL,
    client: { ...FULL.client, crypto, groups: ['x25519', 'secp256r1'], keyShares: ['x25519', 'secp256r1'] },
  };
  const rogue = victimAt('client', { ...FULL }, 'WAIT_SH', two);
  rogue.deliver(plainRecord(TYPE.alert, [2, 40]));
  assert.equal(wiped(), 2);
});

test('a client whose shares are replaced after a HelloRetryRequest wipes both', () => {
  const { crypto, wiped } = recording();
  victimAt('client', RETRY, undefined, { client: { crypto } });
  assert.equal(wiped(), 2);
});
