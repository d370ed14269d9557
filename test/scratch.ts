/**
 * Folders for what a test writes. They go with the process, not with the test: a program that it started may still be writing,
 * and a removal that fails in an `after` hook keeps the hooks behind it from ending that program.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `isotls-${name}-`));
  if (folders.length === 0) process.once('exit', removeAll);
  folders.push(folder);
  return folder;
}

function removeAll(): void {
  for (const folder of folders) {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    } catch {
      // Whoever still writes there keeps it.
    }
  }
}
