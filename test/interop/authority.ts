/**
 * The authority of test/peers.ts, with certificates for Ed448 keys, which it does not make.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Authority, type CredentialFiles, makeAuthority } from '../peers.ts';
import type { CertificateKind } from './matrix.ts';

export interface InteropAuthority extends Pick<Authority, 'folder' | 'ca' | 'caText'> {
  /** For localhost. */
  server(kind?: CertificateKind): CredentialFiles;
  /** For clientAuth. */
  client(kind?: CertificateKind): CredentialFiles;
}

/** Null when the machine has no openssl: `t` is then marked as skipped. */
export function makeInteropAuthority(t: TestContext): InteropAuthority | null {
  const authority = makeAuthority(t);
  if (authority === null) return null;
  const { folder, ca, caText } = authority;
  return {
    folder,
    ca,
    caText,
    server: (kind) => (kind === 'ed448' ? ed448(authority, 'server') : authority.server(kind)),
    client: (kind) => (kind === 'ed448' ? ed448(authority, 'client') : authority.client(kind)),
  };
}

const made = new Map<string, CredentialFiles>();

function ed448({ folder, server }: Authority, role: 'server' | 'client'): CredentialFiles {
  const name = `${role}-ed448`;
  const known = made.get(name);
  if (known !== undefined) return known;

  const { intermediate } = server();
  const file = (suffix: string): string => join(folder, `${name}${suffix}`);
  const extensions = [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    `extendedKeyUsage=${role}Auth`,
    ...(role === 'server' ? ['subjectAltName=DNS:localhost'] : []),
  ];
  openssl('genpkey', '-algorithm', 'ED448', '-out', file('.key'));
  openssl(
    ...['req', '-x509', '-config', '/dev/null', '-days', '30', '-subj', `/O=isotls/CN=${role}`],
    ...['-CA', intermediate, '-CAkey', intermediate.replace(/\.pem$/, '.key'), '-key', file('.key')],
    ...['-out', file('.pem'), ...extensions.flatMap((extension) => ['-addext', extension])],
  );
  writeFileSync(file('-chain.pem'), readFileSync(file('.pem'), 'utf8') + readFileSync(intermediate, 'utf8'));
  const files = { chain: file('-chain.pem'), leaf: file('.pem'), intermediate, key: file('.key') };
  made.set(name, files);
  return files;
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', [...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}
