/**
 * Resumption in TLS 1.3 with Python's ssl, in both roles.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Authority, makeAuthority, run, start } from '../peers.ts';
import { testWithBoth } from './own-provider.ts';
import { assertFull, assertResumed, connectOwn, scratch, serveOwn } from './resumption-ends.ts';

const PROGRAM = join(import.meta.dirname, 'python', 'resume.py');

/** Null where this machine has no Python with TLS 1.3. */
function authorityFor(t: TestContext): Authority | null {
  try {
    execFileSync('python3', ['-c', 'import ssl; assert ssl.HAS_TLSv1_3'], { stdio: 'ignore' });
  } catch {
    t.skip('no Python with TLS 1.3 on this machine');
    return null;
  }
  return makeAuthority(t);
}

testWithBoth('Python resumes ours, by sealed tickets, from a store and after a HelloRetryRequest', async (t) => {
  const authority = authorityFor(t);
  if (authority === null) return;
  for (const how of [[], ['--session-cache'], ['--groups', 'secp384r1']]) {
    const server = await serveOwn(t, authority, ['--www', ...how]);
    const { code, stdout, stderr } = await run('python3', [PROGRAM, 'client', `${server.port}`, authority.ca, '3']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.toString().trim().split('\n'), ['full', 'reused', 'reused']);
    const [full, ...resumed] = await server.connections(3);
    assertFull(full);
    for (const facts of resumed) assertResumed(facts);
  }
});

testWithBoth('we resume with Python', async (t) => {
  const authority = authorityFor(t);
  if (authority === null) return;
  const { chain, key } = authority.server();
  const server = start(t, 'python3', [PROGRAM, 'server', chain, key]);
  const port = Number((await server.until(/^listening (\d+)$/m))[1]);
  const own = ['--ca', authority.ca, '--session-out', scratch(t)('session')];
  assertFull((await connectOwn(port, own, 'one\n')).facts);
  for (const line of ['two\n', 'three\n']) {
    const { facts, text } = await connectOwn(port, [...own, '--session-in', own[3] ?? ''], line);
    assertResumed(facts);
    assert.equal(text, line);
  }
  await server.until(/full\nreused\nreused\n/);
});
