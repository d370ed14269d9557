/**
 * Pins in a connection: checked for either role, refused with the right alert, and sessions bound to them.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { type Pin, pinOf } from '../../src/certs/pins.ts';
import { acceptPeer } from '../../src/certs/verifier.ts';
import { defineClientConfig } from '../../src/connection/config.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import { createTicketSealer } from '../../src/sessions/ticket-sealer.ts';
import { type Clients, connectedPair, credential, failureOf, makePair, type Servers, trust } from './pair.ts';

const server = credential();
const client = credential({ kind: 'p384', names: ['client.test'], purposes: ['clientAuth'] });
const pinOfLeaf = (of: typeof server): string => pinOf(decodeCertificate(of.chain[0] ?? new Uint8Array(0)));
const root = pinOf(decodeCertificate(trust.certificates()[0] ?? new Uint8Array(0)));
const other = new Uint8Array(32).fill(7);

for (const version of ['TLS 1.3', 'TLS 1.2'] as const) {
  const only: Clients = { minVersion: version, maxVersion: version };

  test(`${version}: the server's path needs a pinned key, the leaf's or another`, () => {
    const outcome = (pins: readonly Pin[]): unknown => {
      const pair = connectedPair({ ...only, pins }, { credentials: [server] });
      const alert = pair.server.events.find((event) => event.type === 'alert');
      return [failureOf(pair.client)?.code ?? null, alert?.type === 'alert' ? alert.description : null];
    };
    assert.deepEqual(outcome([pinOfLeaf(server)]), [null, null]);
    assert.deepEqual(outcome([other, root]), [null, null]);
    assert.deepEqual(outcome([other, pinOfLeaf(client)]), ['ERR_CERT_PIN', 'bad_certificate']);
  });

  test(`${version}: so does the client's, where a server has pins`, () => {
    const outcome = (pins: readonly Pin[]): unknown => {
      const servers: Servers = { credentials: [server], clientAuth: 'require', pins };
      return failureOf(connectedPair({ ...only, credentials: [client] }, servers).server)?.code ?? null;
    };
    assert.equal(outcome([pinOfLeaf(client)]), null);
    assert.equal(outcome([pinOfLeaf(server)]), 'ERR_CERT_PIN');
  });
}

test('a session is of its pins', () => {
  const servers: Servers = { credentials: [server], ticketSealer: createTicketSealer({ crypto: nobleProvider }) };
  const resumed = (before: Clients, after: Clients): unknown => {
    const session = connectedPair(before, servers).client.events.find((event) => event.type === 'session');
    assert.ok(session?.type === 'session');
    const pair = makePair(after, servers, { sessions: [session.session] });
    pair.took(pair.client, pair.client.connection.start());
    pair.settle();
    return failureOf(pair.client)?.code ?? pair.client.connection.info?.resumed;
  };
  const pins = [pinOfLeaf(server), root];
  assert.equal(resumed({ pins }, { pins: [...pins].reverse() }), true);
  assert.equal(resumed({}, { pins }), false);
  assert.equal(resumed({ pins }, {}), false);
  assert.equal(resumed({}, { pins: [other] }), 'ERR_CERT_PIN');
});

test('pins that cannot be used are refused when the config is defined', () => {
  const refused = (options: Clients, message: RegExp): void =>
    assert.throws(
      () => defineClientConfig({ trust, ...options }),
      (error) => error instanceof TlsConfigError && message.test(error.message),
    );
  refused({ pins: [] }, /at least one pin/);
  refused({ pins: [other.subarray(1)] }, /32 bytes/);
  refused({ pins: ['not base64'] }, /base64/);
  refused({ pins: [root], decide: { verifyPeer: () => acceptPeer('seen') } }, /default verifyPeer/);
});
