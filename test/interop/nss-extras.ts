/**
 * What selfserv and tstclnt of NSS do in TLS 1.2 beyond a handshake and data: sessions, OCSP, renegotiation.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { eventually } from '../eventually.ts';
import { freePort, type Running, run, start } from '../peers.ts';
import type { InteropAuthority } from './authority.ts';
import { type Address, assertResumed12, client12, ocspResponse, server12 } from './ends12.ts';
import { nssDatabase } from './nss-database.ts';
import type { Extra } from './peer.ts';
import { REQUEST, scratch, serveOwn, visitSelfserv } from './resumption-ends.ts';

const VERSION = ['-V', 'tls1.2:tls1.2', '-v'] as const;

/** Our client and selfserv, which answers a request with a page that repeats it. */
export function nssServerExtras(authority: InteropAuthority): readonly Extra[] {
  const serve = async (t: TestContext, args: readonly string[]): Promise<Running & Address> => {
    const port = await freePort();
    const database = nssDatabase(authority, 'server', 'p256');
    const running = start(t, 'selfserv', ['-d', database, '-e', 'own', '-p', `${port}`, ...VERSION, ...args]);
    await running.until(/About to call accept/);
    return { ...running, host: '127.0.0.1', port };
  };
  const resumes = async (t: TestContext, args: readonly string[], word: RegExp): Promise<void> => {
    const server = await serve(t, args);
    const file = scratch()('session');
    const own = ['--ca', authority.ca, '--max-version', '1.2', '--session-out', file];
    assertResumed12((await visitSelfserv(server.port, own)).facts, false);
    assertResumed12((await visitSelfserv(server.port, [...own, '--session-in', file])).facts);
    await server.until(word);
  };
  return [
    {
      label: 'resumed by ticket',
      proves: ['resumed by ticket'],
      run: (t) => resumes(t, ['-u'], /\b[1-9] stateless resumes/),
    },
    { label: 'resumed by session ID', proves: ['resumed by ID'], run: (t) => resumes(t, [], /\b[1-9] cache hits/) },
    {
      label: 'a renegotiation that the peer asks for: refused',
      proves: ['renegotiation refused'],
      async run(t) {
        // Three times: request a certificate in a second handshake.
        const server = await serve(t, ['-r', '-r', '-r']);
        const own = await client12(t, authority, server);
        await own.established;
        await own.write(Buffer.from(REQUEST));
        // selfserv then waits for a handshake that does not come.
        await eventually(() => own.ownAlerts.length > 0);
        assert.deepEqual(own.ownAlerts, ['no_renegotiation']);
        assert.equal(own.connection.phase, 'open');
      },
    },
  ];
}

/** tstclnt and our server. */
export function nssClientExtras(authority: InteropAuthority): readonly Extra[] {
  const visit = (port: number, args: readonly string[]) => {
    const file = scratch()('request');
    writeFileSync(file, REQUEST);
    const database = nssDatabase(authority, 'client', null);
    return run('tstclnt', ['-4', '-h', 'localhost', '-p', `${port}`, '-d', database, ...VERSION, '-A', file, ...args]);
  };
  const resumes = async (
    t: TestContext,
    own: readonly string[],
    args: readonly string[],
    word: RegExp,
  ): Promise<void> => {
    const server = await serveOwn(t, authority, ['--www', '--max-version', '1.2', ...own]);
    const { code, stderr } = await visit(server.port, ['-L', '2', ...args]);
    assert.equal(code, 0, stderr.slice(-2000));
    assert.match(stderr, word);
    const [full, resumed] = await server.connections(2);
    assertResumed12(full, false);
    assertResumed12(resumed);
  };
  return [
    {
      label: 'resumed by ticket',
      proves: ['resumed by ticket'],
      run: (t) => resumes(t, [], ['-u'], /\b[1-9] stateless resumes/),
    },
    {
      label: 'resumed by session ID',
      proves: ['resumed by ID'],
      run: (t) => resumes(t, ['--session-cache'], [], /\b[1-9] cache hits/),
    },
    {
      label: 'a stapled OCSP response',
      proves: ['staple'],
      async run(t) {
        const own = ['--www', '--max-version', '1.2', '--ocsp', ocspResponse(authority)];
        const server = await serveOwn(t, authority, own);
        const { code, stderr } = await visit(server.port, ['-T']);
        assert.equal(code, 0, stderr.slice(-2000));
        assert.match(stderr, /Received 1 Cert Status items/);
      },
    },
    {
      label: 'a renegotiation that the peer begins: refused',
      proves: ['renegotiation refused'],
      async run(t) {
        const listener = await server12(t, authority);
        const running = visit(listener.port, ['-r', '1']);
        const own = await listener.next();
        await own.established;
        await eventually(() => own.ownAlerts.length > 0);
        assert.deepEqual(own.ownAlerts.slice(0, 1), ['no_renegotiation']);
        // tstclnt goes on waiting for the handshake.
        own.destroy();
        await running;
      },
    },
  ];
}
