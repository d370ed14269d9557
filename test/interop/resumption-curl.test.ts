/**
 * Resumption in TLS 1.3 by curl, which keeps its sessions for as long as it runs.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { hasTool, makeAuthority, run } from '../peers.ts';
import { testWithBoth } from './own-provider.ts';
import { assertFull, assertResumed, serveOwn } from './resumption-ends.ts';

testWithBoth('curl resumes ours, by sealed tickets, from a store and after a HelloRetryRequest', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null || !hasTool(t, 'curl')) return;
  for (const how of [[], ['--session-cache'], ['--groups', 'secp384r1'], ['--cookie']]) {
    // --www closes, so that each request needs a connection of its own.
    const server = await serveOwn(t, authority, ['--www', ...how]);
    const url = `https://localhost:${server.port}/`;
    const common = ['--silent', '--show-error', '--verbose', '--tlsv1.3', '--cacert', authority.ca];
    const resolve = ['--resolve', `localhost:${server.port}:127.0.0.1`];
    const { code, stderr } = await run('curl', [...common, ...resolve, url, url, url]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /SSL re-using session ID/);
    const [full, ...resumed] = await server.connections(3);
    assertFull(full);
    for (const facts of resumed) assertResumed(facts);
    assert.equal(full?.['helloRetryRequest'], how.length === 2 || how[0] === '--cookie');
  }
});
