import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { MAX_TICKET_LIFETIME, type ServerSession } from '../../src/sessions/session.ts';
import { createTicketKey, createTicketSealer } from '../../src/sessions/ticket-sealer.ts';
import { seeded } from '../crypto/randomness.ts';

const random = seeded('tickets');
const NOW = Date.UTC(2026, 10, 22);
const DAY = 86_400_000;

const SESSION: ServerSession = {
  kind: 'server-session',
  version: 'TLS 1.3',
  cipherSuite: 'TLS_AES_128_GCM_SHA256',
  psk: random(32),
  extendedMainSecret: true,
  ageAdd: 0xfedcba98,
  lifetime: 86_400,
  maxEarlyData: 16_384,
  alpn: 'h2',
  serverName: 'server.test',
  policy: 'a policy',
  authenticatedAt: NOW - 5,
  peerCertificates: [random(100), random(3)],
  peerExpires: NOW + DAY,
  issuedAt: NOW,
  id: null,
};

for (const crypto of [nobleProvider, nodeProvider]) {
  test(`a ticket is opened as it was sealed, and not with a single bit changed, with ${crypto.name}`, (t) => {
    const sealer = createTicketSealer({ crypto });
    const ticket = sealer.seal(SESSION, NOW, random);
    assert.deepEqual(sealer.open(ticket), SESSION);
    assert.notDeepEqual(sealer.seal(SESSION, NOW, random), ticket);
    for (let bit = 0; bit < 8 * ticket.length; bit++) {
      const changed = ticket.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.equal(sealer.open(changed), null, `bit ${bit}`);
    }
    for (let length = 0; length < ticket.length; length++) {
      assert.equal(sealer.open(ticket.subarray(0, length)), null, `${length} bytes`);
    }
    assert.equal(sealer.open(Uint8Array.of(...ticket, 0)), null, 'a byte more');
    assert.deepEqual(sealer.open(ticket), SESSION);
    t.diagnostic(
      `tickets with ${crypto.name}: ${8 * ticket.length} bits changed, ${ticket.length} lengths cut: none opens`,
    );
  });
}

test('a ticket of one provider is opened by the other, under the same keys', () => {
  const keys = [createTicketKey(random, NOW)];
  const [first, second] = [nobleProvider, nodeProvider].map((crypto) => createTicketSealer({ crypto, keys }));
  assert.deepEqual(second?.open(first?.seal(SESSION, NOW, random) ?? new Uint8Array(0)), SESSION);
  assert.deepEqual(first?.open(second?.seal(SESSION, NOW, random) ?? new Uint8Array(0)), SESSION);
});

test('a ticket of another key is not opened, nor one under another key of the same name', () => {
  const key = createTicketKey(random, NOW);
  const ticket = createTicketSealer({ crypto: nobleProvider, keys: [key] }).seal(SESSION, NOW, random);
  for (const other of [createTicketKey(random, NOW), { ...key, key: random(32) }, { ...key, name: random(16) }]) {
    assert.equal(createTicketSealer({ crypto: nobleProvider, keys: [other] }).open(ticket), null);
  }
});

test('keys rotate: a new one seals, and the old ones open for as long as a ticket of theirs may live', () => {
  const sealer = createTicketSealer({ crypto: nobleProvider });
  const lives = 1 + MAX_TICKET_LIFETIME / 86_400;
  const tickets = Array.from({ length: 20 }, (_, day) => sealer.seal(SESSION, NOW + day * DAY, random));
  assert.equal(new Set(tickets.map((ticket) => Buffer.from(ticket.subarray(0, 16)).toString('hex'))).size, 20);
  for (const [day, ticket] of tickets.entries()) {
    assert.equal(sealer.open(ticket) !== null, day >= 19 - lives, `day ${day}`);
  }
  assert.equal(sealer.keys().length, lives + 1);
});

test('of several keys the youngest whose time has come seals, and one that is to come opens already', () => {
  const [old, young, coming] = [-2, -1, 1].map((hours) => createTicketKey(random, NOW + hours * 3_600_000));
  assert.ok(old !== undefined && young !== undefined && coming !== undefined);
  const sealer = createTicketSealer({ crypto: nobleProvider, keys: [coming, old, young], rotation: null });
  assert.deepEqual(sealer.seal(SESSION, NOW, random).subarray(0, 16), young.name);
  assert.deepEqual(sealer.seal(SESSION, NOW + 2 * 3_600_000, random).subarray(0, 16), coming.name);
  const other = createTicketSealer({ crypto: nobleProvider, keys: [coming], rotation: null });
  assert.deepEqual(sealer.open(other.seal(SESSION, NOW + 2 * 3_600_000, random)), SESSION);
});

test('keys of other lengths are refused', () => {
  const key = createTicketKey(random, NOW);
  for (const wrong of [{ name: random(15) }, { name: random(17) }, { key: random(16) }, { key: random(33) }]) {
    assert.throws(() => createTicketSealer({ crypto: nobleProvider, keys: [{ ...key, ...wrong }] }), TlsUsageError);
  }
});
