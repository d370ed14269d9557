/**
 * What nginx does in TLS 1.2 beyond a handshake and data: sessions, the ones in tickets across a restart, and OCSP.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { isotls } from '../cli/in-process.ts';
import { startNginx } from '../peers.ts';
import type { InteropAuthority } from './authority.ts';
import { assertResumed12, ocspResponse } from './ends12.ts';
import { ownProvider } from './own-provider.ts';
import type { Extra } from './peer.ts';
import { type Facts, scratch } from './resumption-ends.ts';

/** Our client and nginx. */
export function nginxExtras(authority: InteropAuthority): readonly Extra[] {
  const serve = (t: TestContext, lines: readonly string[]) =>
    startNginx(t, {
      credential: authority.server(),
      page: 'a page of nginx\n',
      protocols: 'TLSv1.2',
      lines: [...lines, 'add_header X-Session "=$ssl_session_reused";'],
    });
  // By URL: a client that leaves first may get no close_notify from nginx.
  const visit = async (port: number, args: readonly string[]): Promise<{ facts: Facts; text: string }> => {
    const own = ['--ca', authority.ca, '--max-version', '1.2', '--json', '--provider', ownProvider().name, ...args];
    const result = await isotls(['connect', `https://localhost:${port}/`, ...own]);
    assert.equal(result.code, 0, result.stderr);
    return { facts: JSON.parse(result.stderr) as Facts, text: result.stdout.toString() };
  };
  return [
    {
      label: 'resumed by ticket across a restart',
      proves: ['resumed by ticket'],
      async run(t) {
        const file = scratch();
        writeFileSync(file('keys'), randomBytes(80));
        const lines = ['ssl_session_cache off;', `ssl_session_ticket_key ${file('keys')};`];
        const before = await serve(t, lines);
        const first = await visit(before.port, ['--session-out', file('s')]);
        assertResumed12(first.facts, false);
        assert.match(first.text, /^X-Session: =\.\r?$/m);
        await before.stop();
        const after = await serve(t, lines);
        const second = await visit(after.port, ['--session-in', file('s')]);
        assertResumed12(second.facts);
        assert.match(second.text, /^X-Session: =r\r?$/m);
      },
    },
    {
      label: 'resumed by session ID',
      proves: ['resumed by ID'],
      async run(t) {
        const file = scratch();
        const server = await serve(t, ['ssl_session_cache builtin:100;', 'ssl_session_tickets off;']);
        const first = await visit(server.port, ['--session-out', file('s')]);
        assertResumed12(first.facts, false);
        const second = await visit(server.port, ['--session-in', file('s')]);
        assertResumed12(second.facts);
        assert.match(second.text, /^X-Session: =r\r?$/m);
      },
    },
    {
      label: 'a stapled OCSP response',
      proves: ['staple'],
      async run(t) {
        const response = ocspResponse(authority);
        const server = await serve(t, ['ssl_stapling on;', `ssl_stapling_file ${response};`]);
        const { facts } = await visit(server.port, ['--ocsp']);
        assert.equal(facts['ocspStapleBytes'], statSync(response).size);
      },
    },
  ];
}
