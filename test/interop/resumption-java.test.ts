/**
 * Resumption with Java's JSSE, in both roles, of the oldest and the newest JDK that this machine has.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeAuthority } from '../peers.ts';
import { scratchFolder } from '../scratch.ts';
import { findJdks } from './java-peer.ts';
import { testProgram } from './resumption-program.ts';

const jdks = findJdks();
const JDKS = { oldest: jdks[0], newest: jdks.length > 1 ? jdks.at(-1) : undefined };
let compiled: Promise<string> | null = null;

for (const [which, jdk] of Object.entries(JDKS)) {
  testProgram(`Java's JSSE, ${which}`, async (t) => {
    if (jdk === undefined) {
      t.skip(which === 'oldest' ? 'no JDK from 17 on on this machine' : 'no second JDK on this machine');
      return null;
    }
    const authority = makeAuthority(t);
    if (authority === null) return null;
    compiled ??= compile(JDKS.oldest?.path ?? jdk.path);
    // The first compiler is enough for a program that runs for seconds.
    return { command: [jdk.path, '-XX:TieredStopAtLevel=1', '-cp', await compiled, 'Resume'], authority };
  });
}

/** The folder of the classes, which a newer Java takes as well. */
async function compile(java: string): Promise<string> {
  const folder = scratchFolder('java');
  const source = join(import.meta.dirname, 'java', 'Resume.java');
  await promisify(execFile)(java, ['-m', 'jdk.compiler/com.sun.tools.javac.Main', '-d', folder, source]);
  return folder;
}
