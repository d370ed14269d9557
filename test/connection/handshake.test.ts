import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOf, connectedPair, dataOf, failureOf, NAME } from './pair.ts';

test('a client and a server shake hands and exchange data both ways', () => {
  const pair = connectedPair({ alpn: ['h2', 'http/1.1'] }, { alpn: ['http/1.1'] });
  const { client, server } = pair;
  assert.equal(failureOf(client), null);
  assert.equal(failureOf(server), null);
  assert.equal(client.connection.phase, 'open');
  assert.equal(server.connection.phase, 'open');
  const { info } = client.connection;
  assert.equal(info?.version, 'TLS 1.3');
  assert.equal(info.group, 'X25519MLKEM768');
  assert.equal(info.alpn, 'http/1.1');
  assert.equal(info.serverName, NAME);
  assert.equal(server.connection.info?.serverName, NAME);
  assert.equal(info.verdict?.ok, true);

  pair.took(client, client.connection.write(new TextEncoder().encode('ping')));
  pair.settle();
  assert.equal(new TextDecoder().decode(dataOf(server)), 'ping');
  const big = new Uint8Array(100_000).map((_, i) => i);
  pair.took(server, server.connection.write(big));
  pair.settle();
  assert.deepEqual(dataOf(client), big);
  // One data event for records that arrive together.
  assert.equal(client.events.filter((event) => event.type === 'data').length, 1);

  pair.took(client, client.connection.close());
  pair.settle();
  assert.equal(server.events.at(-1)?.type, 'peer-closed');
  pair.took(server, server.connection.close());
  pair.settle();
  assert.equal(client.connection.phase, 'closed');
  assert.equal(server.connection.phase, 'closed');
  assert.ok(bytesOf(client).length > 0);
});
