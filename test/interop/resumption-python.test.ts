/**
 * Resumption with Python's ssl, in both roles.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { makeAuthority } from '../peers.ts';
import { testProgram } from './resumption-program.ts';

testProgram('Python', async (t) => {
  try {
    execFileSync('python3', ['-c', 'import ssl; assert ssl.HAS_TLSv1_3'], { stdio: 'ignore' });
  } catch {
    t.skip('no Python with TLS 1.3 on this machine');
    return null;
  }
  const authority = makeAuthority(t);
  if (authority === null) return null;
  return { command: ['python3', join(import.meta.dirname, 'python', 'resume.py')], authority };
});
