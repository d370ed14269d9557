/**
 * Resumption in TLS 1.3 with Python's ssl, in both roles.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Authority, makeAuthority } from '../peers.ts';
import { testWithBoth } from './own-provider.ts';
import { type Command, programResumes, resumeWithProgram } from './resumption-program.ts';

const PROGRAM: Command = ['python3', join(import.meta.dirname, 'python', 'resume.py')];

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
  if (authority !== null) await programResumes(t, authority, PROGRAM);
});

testWithBoth('we resume with Python', async (t) => {
  const authority = authorityFor(t);
  if (authority !== null) await resumeWithProgram(t, authority, PROGRAM);
});
