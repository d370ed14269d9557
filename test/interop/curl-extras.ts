/**
 * What curl does in TLS 1.2 beyond a handshake and data: sessions between its own requests, OCSP, the key log.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { run } from '../peers.ts';
import type { InteropAuthority } from './authority.ts';
import { assertResumed12, assertSameKeyLog, ocspResponse, server12 } from './ends12.ts';
import { answerPosts } from './http.ts';
import type { Extra } from './peer.ts';
import { scratch, serveOwn } from './resumption-ends.ts';

/** curl and our server. */
export function curlExtras(authority: InteropAuthority): readonly Extra[] {
  const curl = (port: number, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const url = `https://localhost:${port}/`;
    const common = ['--silent', '--show-error', '--verbose', '--tls-max', '1.2', '--cacert', authority.ca];
    return run('curl', [...common, '--resolve', `localhost:${port}:127.0.0.1`, ...args, url, url], { env });
  };
  const resumes = async (own: readonly string[], t: Parameters<Extra['run']>[0]): Promise<void> => {
    // --www closes, so that the second request needs a connection of its own.
    const server = await serveOwn(t, authority, ['--www', '--max-version', '1.2', ...own]);
    const { code, stderr } = await curl(server.port, []);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /SSL re-using session ID/);
    const [full, resumed] = await server.connections(2);
    assertResumed12(full, false);
    assertResumed12(resumed);
  };
  return [
    { label: 'resumed by session ID', proves: ['resumed by ID'], run: (t) => resumes(['--session-cache'], t) },
    {
      label: 'a stapled OCSP response, and none',
      proves: ['staple'],
      async run(t) {
        const common = ['--www', '--max-version', '1.2'];
        const staples = await serveOwn(t, authority, [...common, '--ocsp', ocspResponse(authority)]);
        const good = await curl(staples.port, ['--cert-status', '--no-sessionid']);
        assert.equal(good.code, 0, good.stderr);
        assert.match(good.stderr, /SSL certificate status: good \(0\)/);
        const none = await serveOwn(t, authority, common);
        const bad = await curl(none.port, ['--cert-status', '--no-sessionid']);
        assert.notEqual(bad.code, 0);
        assert.match(bad.stderr, /No OCSP response received/);
      },
    },
    {
      label: 'the same key log',
      proves: ['key log'],
      async run(t) {
        const file = scratch()('keys');
        const listener = await server12(t, authority, { keyLog: true });
        const running = curl(listener.port, ['--data', 'x'], { SSLKEYLOGFILE: file });
        const own = await listener.next();
        await own.established;
        await answerPosts(own, 2, () => {});
        own.close();
        await running;
        assertSameKeyLog(own, file);
      },
    },
  ];
}
