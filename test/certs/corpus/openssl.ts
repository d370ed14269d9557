/**
 * What `openssl verify -x509_strict` says of a chain.
 *
 * @module
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NOW } from '../forge.ts';
import type { Built, Use } from './chain.ts';

/** "3.0", or null where there is no openssl. */
export function opensslVersion(): string | null {
  try {
    return /OpenSSL (\d+\.\d+)/.exec(execFileSync('openssl', ['version'], { encoding: 'utf8' }))?.[1] ?? null;
  } catch {
    return null;
  }
}

export interface Question {
  readonly id: string;
  readonly built: Built;
  readonly use: Use;
}

/** Null: accepted; else what openssl prints. Two processes at a time. */
export async function askOpenssl(
  folder: string,
  questions: readonly Question[],
): Promise<ReadonlyMap<string, string | null>> {
  mkdirSync(folder, { recursive: true });
  const answers = new Map<string, string | null>();
  const queue = questions.values();
  const work = async () => {
    for (const question of queue) answers.set(question.id, await ask(folder, question));
  };
  await Promise.all([work(), work()]);
  return answers;
}

function ask(folder: string, { id, built, use }: Question): Promise<string | null> {
  const file = (name: string, ders: readonly Uint8Array[]) => {
    const path = join(folder, `${id}-${name}.pem`);
    writeFileSync(path, ders.map(pemOf).join(''));
    return path;
  };
  const args = [
    ...['verify', '-x509_strict', '-no-CApath', '-no-CAstore', '-CAfile', file('anchors', built.anchors)],
    ...(built.intermediates.length === 0 ? [] : ['-untrusted', file('intermediates', built.intermediates)]),
    ...['-attime', String(Math.floor((use.time ?? NOW).getTime() / 1000))],
    ...['-purpose', use.purpose === 'clientAuth' ? 'sslclient' : 'sslserver'],
    ...nameArguments(use.name),
    '-policy_check',
    // Without one, openssl would take the set of those that are acceptable for empty.
    ...(use.policies ?? ['2.5.29.32.0']).flatMap((oid) => ['-policy', oid]),
    ...(use.policies === undefined ? [] : ['-explicit_policy']),
    file('leaf', [built.leaf]),
  ];
  return new Promise((resolve) => {
    execFile('openssl', args, { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) return resolve(null);
      const lines = `${stdout}${stderr}`.split('\n').filter((line) => /error|unable|routines/i.test(line));
      resolve(lines.join('; ').slice(0, 120) || `status ${error.code}`);
    });
  });
}

function nameArguments(name: Use['name']): readonly string[] {
  if (name === undefined) return [];
  if ('dns' in name) return ['-verify_hostname', name.dns];
  return 'ip' in name ? ['-verify_ip', name.ip] : ['-verify_email', name.email];
}

function pemOf(der: Uint8Array): string {
  const base64 = (
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n');
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
}
