/**
 * Resumption in TLS 1.3 with node:tls, each end across a restart of the server with the same ticket keys.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server } from 'node:tls';
import { makeAuthority } from '../peers.ts';
import { testWithBoth } from './own-provider.ts';
import { assertFull, assertResumed, connectOwn, REQUEST, scratch, serveOwn } from './resumption-ends.ts';

testWithBoth('we resume with a server of node:tls that has started again with the same ticket keys', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return;
  const { chain, key } = authority.server();
  const ticketKeys = randomBytes(48);
  const reused: boolean[] = [];
  const listen = async (): Promise<Server> => {
    const files = { cert: readFileSync(chain), key: readFileSync(key) };
    const server = createServer({ ...files, minVersion: 'TLSv1.3', allowHalfOpen: true, ticketKeys }, (socket) => {
      reused.push(socket.isSessionReused());
      // Our client says that it is done first: its close_notify would otherwise meet a closed socket.
      socket.once('end', () => socket.end('hello\n')).resume();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    return server;
  };
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
  const args = ['--ca', authority.ca, '--session-out', scratch()('session')];

  const before = await listen();
  assertFull((await connectOwn(portOf(before), args)).facts);
  before.close();
  const after = await listen();
  for (const turn of [1, 2]) {
    const { facts, text } = await connectOwn(portOf(after), [...args, '--session-in', args[3] ?? '']);
    assertResumed(facts);
    assert.equal(text, 'hello\n', `turn ${turn}`);
  }
  assert.deepEqual(reused, [false, true, true]);
});

testWithBoth(
  'a client of node:tls resumes ours, several tickets, after a restart with the same --ticket-keys',
  async (t) => {
    const authority = makeAuthority(t);
    if (authority === null) return;
    const keys = scratch()('keys');
    const ca = readFileSync(authority.ca);
    const visit = async (port: number, session: Buffer | undefined) => {
      const tickets: Buffer[] = [];
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca, minVersion: 'TLSv1.3', session });
      socket.on('session', (ticket: Buffer) => tickets.push(ticket));
      await once(socket, 'secureConnect');
      const reused = socket.isSessionReused();
      socket.end(REQUEST);
      socket.resume();
      await once(socket, 'close');
      return { reused, tickets };
    };
    const args = ['--www', '--tickets', '3', '--ticket-keys', keys];

    const before = await serveOwn(t, authority, args);
    const first = await visit(before.port, undefined);
    assert.equal(first.reused, false);
    assert.equal(first.tickets.length, 3);
    assertFull((await before.connections(1))[0]);
    await before.stop();

    const after = await serveOwn(t, authority, args);
    for (const ticket of first.tickets) assert.equal((await visit(after.port, ticket)).reused, true);
    for (const facts of await after.connections(3)) assertResumed(facts);
  },
);
