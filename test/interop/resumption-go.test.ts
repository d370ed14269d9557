/**
 * Resumption in TLS 1.3 with Go's crypto/tls, in both roles, by a program built from go/resume.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { type Authority, makeAuthority, run, start } from '../peers.ts';
import { scratchFolder } from '../scratch.ts';
import { testWithBoth } from './own-provider.ts';
import { assertFull, assertResumed, connectOwn, scratch, serveOwn } from './resumption-ends.ts';

const BUILD_TIMEOUT_MS = 180_000;
let built: Promise<string> | null = null;

/** The program, and an authority; null where this machine has no Go. */
async function prepare(t: TestContext): Promise<{ readonly program: string; readonly authority: Authority } | null> {
  const authority = makeAuthority(t);
  if (authority === null) return null;
  built ??= build();
  try {
    return { program: await built, authority };
  } catch (error) {
    t.skip(`no Go program on this machine: ${(error as Error).message.trim()}`);
    return null;
  }
}

async function build(): Promise<string> {
  const binary = join(scratchFolder('go'), 'resume');
  const cwd = join(import.meta.dirname, 'go');
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };
  await promisify(execFile)('go', ['build', '-o', binary, './resume'], { cwd, env, timeout: BUILD_TIMEOUT_MS });
  return binary;
}

testWithBoth('Go resumes ours, by sealed tickets, from a store and after a HelloRetryRequest', async (t) => {
  const prepared = await prepare(t);
  if (prepared === null) return;
  const { program, authority } = prepared;
  for (const how of [[], ['--session-cache'], ['--groups', 'secp384r1']]) {
    const server = await serveOwn(t, authority, ['--www', ...how]);
    const { code, stdout, stderr } = await run(program, ['client', `${server.port}`, authority.ca, '3']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.toString().trim().split('\n'), ['full', 'reused', 'reused']);
    const [full, ...resumed] = await server.connections(3);
    assertFull(full);
    for (const facts of resumed) assertResumed(facts);
  }
});

testWithBoth('we resume with Go', async (t) => {
  const prepared = await prepare(t);
  if (prepared === null) return;
  const { program, authority } = prepared;
  const { chain, key } = authority.server();
  const server = start(t, program, ['server', chain, key]);
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
