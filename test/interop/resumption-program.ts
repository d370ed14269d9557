/**
 * Resumption with a program of ours in another language (go/resume, python/resume.py): as client it prints "full" or "reused" for
 * each connection, as server "listening PORT" and then the same.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Authority, run, start } from '../peers.ts';
import { assertFull, assertResumed, connectOwn, scratch, serveOwn } from './resumption-ends.ts';

/** The program and what comes before its own arguments. */
export type Command = readonly [program: string, ...args: readonly string[]];

/** It resumes ours, by sealed tickets, from a store and after a HelloRetryRequest. */
export async function programResumes(t: TestContext, authority: Authority, command: Command): Promise<void> {
  const [program, ...args] = command;
  for (const how of [[], ['--session-cache'], ['--groups', 'secp384r1']]) {
    const server = await serveOwn(t, authority, ['--www', ...how]);
    const { code, stdout, stderr } = await run(program, [...args, 'client', `${server.port}`, authority.ca, '3']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.toString().trim().split('\n'), ['full', 'reused', 'reused']);
    const [full, ...resumed] = await server.connections(3);
    assertFull(full);
    for (const facts of resumed) assertResumed(facts);
  }
}

/** We resume with it, which echoes a line. */
export async function resumeWithProgram(t: TestContext, authority: Authority, command: Command): Promise<void> {
  const [program, ...args] = command;
  const { chain, key } = authority.server();
  const server = start(t, program, [...args, 'server', chain, key]);
  const port = Number((await server.until(/^listening (\d+)$/m))[1]);
  const own = ['--ca', authority.ca, '--session-out', scratch(t)('session')];
  assertFull((await connectOwn(port, own, 'one\n')).facts);
  for (const line of ['two\n', 'three\n']) {
    const { facts, text } = await connectOwn(port, [...own, '--session-in', own[3] ?? ''], line);
    assertResumed(facts);
    assert.equal(text, line);
  }
  await server.until(/full\nreused\nreused\n/);
}
