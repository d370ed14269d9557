/**
 * Resumption in TLS 1.3 with Go's crypto/tls, in both roles, by a program built from go/resume.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { type Authority, makeAuthority } from '../peers.ts';
import { scratchFolder } from '../scratch.ts';
import { testWithBoth } from './own-provider.ts';
import { programResumes, resumeWithProgram } from './resumption-program.ts';

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
  if (prepared !== null) await programResumes(t, prepared.authority, [prepared.program]);
});

testWithBoth('we resume with Go', async (t) => {
  const prepared = await prepare(t);
  if (prepared !== null) await resumeWithProgram(t, prepared.authority, [prepared.program]);
});
