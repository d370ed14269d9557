/**
 * What node:tls does in TLS 1.2 beyond a handshake and data: sessions.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { constants } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { InteropAuthority } from './authority.ts';
import { assertResumed12 } from './ends12.ts';
import type { Extra } from './peer.ts';
import { connectOwn, REQUEST, scratch, serveOwn } from './resumption-ends.ts';

const { SSL_OP_NO_TICKET } = constants;

/** Our client and a server of node:tls. */
export function nodeServerExtras(authority: InteropAuthority): readonly Extra[] {
  const resumes = async (t: TestContext, secureOptions: number): Promise<void> => {
    const { chain, key } = authority.server();
    const reused: boolean[] = [];
    const stored = new Map<string, Buffer>();
    const files = { cert: readFileSync(chain), key: readFileSync(key) };
    const server = createServer({ ...files, maxVersion: 'TLSv1.2', secureOptions }, (socket: TLSSocket) => {
      reused.push(socket.isSessionReused());
      socket.end('hello\n');
    });
    server.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
      stored.set(id.toString('hex'), data);
      done();
    });
    server.on('resumeSession', (id: Buffer, done: (error: null, data: Buffer | null) => void) => {
      done(null, stored.get(id.toString('hex')) ?? null);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const file = scratch()('session');
    const own = ['--ca', authority.ca, '--max-version', '1.2', '--session-out', file];
    assertResumed12((await connectOwn(port, own)).facts, false);
    for (const turn of [1, 2]) {
      const { facts, text } = await connectOwn(port, [...own, '--session-in', file]);
      assertResumed12(facts);
      assert.equal(text, 'hello\n', `turn ${turn}`);
    }
    assert.deepEqual(reused, [false, true, true]);
    // Sessions are stored in the one case, and sealed in tickets in the other.
    assert.equal(stored.size > 0, secureOptions === SSL_OP_NO_TICKET);
  };
  return [
    { label: 'resumed by ticket', proves: ['resumed by ticket'], run: (t) => resumes(t, 0) },
    { label: 'resumed by session ID', proves: ['resumed by ID'], run: (t) => resumes(t, SSL_OP_NO_TICKET) },
  ];
}

/** A client of node:tls and our server. */
export function nodeClientExtras(authority: InteropAuthority): readonly Extra[] {
  const visit = async (port: number, session: Buffer | undefined) => {
    const socket = connect({
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      ca: authority.caText,
      maxVersion: 'TLSv1.2',
      session,
    });
    await once(socket, 'secureConnect');
    const facts = { reused: socket.isSessionReused(), ticket: socket.getTLSTicket() };
    socket.end(REQUEST);
    socket.resume();
    const next = socket.getSession();
    await once(socket, 'close');
    return { ...facts, session: next };
  };
  const resumes = async (t: TestContext, args: readonly string[]): Promise<void> => {
    const server = await serveOwn(t, authority, ['--www', '--max-version', '1.2', ...args]);
    const first = await visit(server.port, undefined);
    assert.equal(first.reused, false);
    // Sessions with an ID have no ticket.
    assert.equal(first.ticket === undefined, args.includes('--session-cache'));
    const second = await visit(server.port, first.session);
    assert.equal(second.reused, true);
    const [full, resumed] = await server.connections(2);
    assertResumed12(full, false);
    assertResumed12(resumed);
  };
  return [
    { label: 'resumed by ticket', proves: ['resumed by ticket'], run: (t) => resumes(t, []) },
    { label: 'resumed by session ID', proves: ['resumed by ID'], run: (t) => resumes(t, ['--session-cache']) },
  ];
}
