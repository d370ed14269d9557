/**
 * Resumption with a program of ours in another language (go/resume, java/Resume.java, python/resume.py): as client it prints "full"
 * or "reused" for each connection, as server "listening PORT" and then the same.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Authority, run, start } from '../peers.ts';
import { assertResumed12 } from './ends12.ts';
import { testWithBoth } from './own-provider.ts';
import { assertFull, assertResumed, connectOwn, type Facts, scratch, serveOwn } from './resumption-ends.ts';

/** The program and what comes before its own arguments. */
export type Command = readonly [program: string, ...args: readonly string[]];

interface Prepared {
  readonly command: Command;
  readonly authority: Authority;
  /** True where the language's client resumes in TLS 1.2 by tickets alone. */
  readonly ticketsOnly?: boolean;
}

/** What there is to work with, or null where this machine has no such program. */
export type Prepare = (t: TestContext) => Promise<Prepared | null>;

/** Tests in both roles: it resumes ours by sealed tickets and from a store, and in TLS 1.3 after a HelloRetryRequest. */
export function testProgram(language: string, prepare: Prepare): void {
  for (const version of ['1.3', '1.2'] as const) {
    testWithBoth(`${language} resumes ours in TLS ${version}`, async (t) => {
      const prepared = await prepare(t);
      if (prepared !== null) await programResumes(t, version, prepared);
    });
    testWithBoth(`we resume with ${language} in TLS ${version}`, async (t) => {
      const prepared = await prepare(t);
      if (prepared !== null) await resumeWithProgram(t, version, prepared);
    });
  }
}

type Version = '1.2' | '1.3';

async function programResumes(t: TestContext, version: Version, prepared: Prepared): Promise<void> {
  const { command, authority, ticketsOnly = false } = prepared;
  const [program, ...args] = command;
  const store = ['--session-cache'];
  const retry = ['--groups', 'secp384r1'];
  for (const how of version === '1.3' ? [[], store, retry] : ticketsOnly ? [[]] : [[], store]) {
    const server = await serveOwn(t, authority, ['--www', ...how]);
    const visits = ['client', version, `${server.port}`, authority.ca, '3'];
    const { code, stdout, stderr } = await run(program, [...args, ...visits]);
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.toString().trim().split('\n'), ['full', 'reused', 'reused']);
    const [full, ...resumed] = await server.connections(3);
    assertResumption(version, full, false);
    for (const facts of resumed) assertResumption(version, facts, true);
  }
}

/** The program echoes a line. */
async function resumeWithProgram(t: TestContext, version: Version, { command, authority }: Prepared): Promise<void> {
  const [program, ...args] = command;
  const { chain, key } = authority.server();
  const server = start(t, program, [...args, 'server', version, chain, key]);
  const port = Number((await server.until(/^listening (\d+)$/m))[1]);
  const session = scratch()('session');
  for (const line of ['one\n', 'two\n', 'three\n']) {
    const isFirst = line === 'one\n';
    const own = ['--ca', authority.ca, '--session-out', session, ...(isFirst ? [] : ['--session-in', session])];
    const { facts, text } = await connectOwn(port, own, line);
    assertResumption(version, facts, !isFirst);
    assert.equal(text, line);
  }
  await server.until(/full\nreused\nreused\n/);
}

function assertResumption(version: Version, facts: Facts | undefined, resumed: boolean): void {
  if (version === '1.2') assertResumed12(facts, resumed);
  else if (resumed) assertResumed(facts);
  else assertFull(facts);
}
