/**
 * Resumption with Go's crypto/tls, in both roles, by a program built from go/resume.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeAuthority } from '../peers.ts';
import { scratchFolder } from '../scratch.ts';
import { testProgram } from './resumption-program.ts';

const BUILD_TIMEOUT_MS = 180_000;
let built: Promise<string> | null = null;

testProgram('Go', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null) return null;
  built ??= build();
  try {
    return { command: [await built], authority, ticketsOnly: true };
  } catch (error) {
    t.skip(`no Go program on this machine: ${(error as Error).message.trim()}`);
    return null;
  }
});

async function build(): Promise<string> {
  const binary = join(scratchFolder('go'), 'resume');
  const cwd = join(import.meta.dirname, 'go');
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };
  await promisify(execFile)('go', ['build', '-o', binary, './resume'], { cwd, env, timeout: BUILD_TIMEOUT_MS });
  return binary;
}
