/**
 * npm's current `node`, whose OpenSSL has X25519MLKEM768: kept in `.cache/`, outside node_modules, where it would take the place
 * of the machine's own node in npm scripts.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FOLDER = join(import.meta.dirname, '..', '..', '.cache', 'peers', 'node');
const BINARY = join(FOLDER, 'node_modules', 'node', 'bin', 'node');
const INSTALL_TIMEOUT_MS = 240_000;

/** The path of a node that runs, or why there is none. Installs it when it is not there. */
export async function findCurrentNode(): Promise<{ readonly path: string } | { readonly reason: string }> {
  const runs = promisify(execFile);
  try {
    if (!existsSync(BINARY)) {
      mkdirSync(FOLDER, { recursive: true });
      const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
      await runs('npm', ['install', ...quiet, '--prefix', FOLDER, 'node@latest'], { timeout: INSTALL_TIMEOUT_MS });
    }
    await runs(BINARY, ['--version']);
    return { path: BINARY };
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    return { reason: `npm's current node does not install here: ${(stderr || message).trim().split('\n')[0]}` };
  }
}
