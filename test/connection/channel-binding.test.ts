import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { connectedPair, credential, makePair } from './pair.ts';

test('both sides have the same channel bindings', () => {
  const pair = connectedPair();
  const [client, server] = [pair.client.connection, pair.server.connection];
  for (const type of ['tls-exporter', 'tls-server-end-point'] as const) {
    assert.deepEqual(client.channelBinding(type), server.channelBinding(type), type);
    assert.equal(client.channelBinding(type).length, 32);
  }
  assert.deepEqual(
    client.channelBinding('tls-exporter'),
    client.exportKeyingMaterial('EXPORTER-Channel-Binding', new Uint8Array(0), 32),
  );
  assert.notDeepEqual(
    client.channelBinding('tls-exporter'),
    connectedPair({}, { cookie: true }).client.connection.channelBinding('tls-exporter'),
  );
  // RFC 5929 §4.1: the hash is that of the certificate's signature, which is the authority's (P-256 with SHA-256).
  const [leaf] = credential().chain;
  assert.ok(leaf !== undefined);
  const expected = createHash('sha256').update(leaf).digest();
  assert.deepEqual(Buffer.from(client.channelBinding('tls-server-end-point')), expected);
});

test('a channel binding that does not exist throws', () => {
  const pair = connectedPair();
  assert.throws(() => pair.client.connection.channelBinding('tls-unique'), TlsUsageError);
  const { client } = makePair();
  assert.throws(() => client.connection.channelBinding('tls-exporter'), TlsUsageError);
  assert.throws(() => client.connection.channelBinding('tls-server-end-point'), TlsUsageError);
});
