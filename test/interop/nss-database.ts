/**
 * Databases for NSS. Each certificate has one of its own: NSS gives all certificates of one subject the same nickname.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { InteropAuthority } from './authority.ts';
import type { CertificateKind, Role } from './matrix.ts';

/** "sql:FOLDER" of a database that trusts the authority and has one key and its certificate, by the name "own". */
export function nssDatabase(authority: InteropAuthority, role: Role, kind: CertificateKind | null): string {
  const folder = join(authority.folder, `nss-${role}-${kind}`);
  const database = `sql:${folder}`;
  if (existsSync(folder)) return database;
  mkdirSync(folder);
  const quiet = { stdio: 'pipe' } as const;
  const { intermediate } = authority.server();
  execFileSync('certutil', ['-N', '-d', database, '--empty-password'], quiet);
  execFileSync('certutil', ['-A', '-d', database, '-n', 'root', '-t', 'CT,,', '-i', authority.ca], quiet);
  execFileSync('certutil', ['-A', '-d', database, '-n', 'intermediate', '-t', ',,', '-i', intermediate], quiet);
  if (kind === null) return database;
  const { leaf, key } = role === 'server' ? authority.server(kind) : authority.client(kind);
  const file = join(folder, 'own.p12');
  const bundle = ['pkcs12', '-export', '-in', leaf, '-inkey', key, '-name', 'own', '-passout', 'pass:', '-out', file];
  execFileSync('openssl', bundle, quiet);
  execFileSync('pk12util', ['-i', file, '-d', database, '-W', '', '-K', ''], quiet);
  return database;
}
