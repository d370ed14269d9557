/**
 * What an authority of `isotls ca` keeps in its folder: its certificate and key, its intermediates with theirs, and the list of
 * what it has revoked.
 *
 * Private keys can be read by their owner alone, and a new one is always a new file: an old file would keep its permissions.
 *
 * @see RFC 7468 (PEM), RFC 5958 (private keys)
 * @module
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, decodeCertificate } from '../certs/certificate.ts';
import { REASON_NUMBER, type RevocationReason } from '../certs/crl-entries.ts';
import { type Authority, generatePrivateKey, issueCertificate, type KeyKind } from '../certs/issue.ts';
import type { RevokedInput } from '../certs/issue-status.ts';
import { encodePrivateKey, readPrivateKey } from '../certs/keys.ts';
import { decodePem, encodePem } from '../certs/pem.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { PrivateKey } from '../crypto/provider.ts';
import { TlsConfigError } from '../errors/errors.ts';

/** An authority and where it is kept. */
export interface KeptAuthority extends Authority {
  readonly folder: string;
}

export function random(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** Nothing outlives who signed it. */
export function earliest(a: Date, b: Date): Date {
  return a < b ? a : b;
}

export function readAuthority(folder: string): KeptAuthority {
  const [certificate] = readCertificates(join(folder, 'ca.pem'));
  const key = readPrivateKey(readFileSync(join(folder, 'ca-key.pem'), 'utf8'));
  return { certificate, key, folder };
}

/** Writes a new authority's certificate and key; never over an existing one: whoever trusts the old root would lose it. */
export function writeAuthority(folder: string, { certificate, key }: Authority): { certificate: string; key: string } {
  const files = { certificate: join(folder, 'ca.pem'), key: join(folder, 'ca-key.pem') };
  mkdirSync(folder, { recursive: true });
  for (const file of Object.values(files)) if (existsSync(file)) throw new Error(`EEXIST: ${file} exists already`);
  writeKey(files.key, key);
  writeFileSync(files.certificate, encodePem('CERTIFICATE', certificate.der), { flag: 'wx' });
  return files;
}

/** The authority's intermediate with a key of this kind; made on first use. */
export function intermediateOf(root: KeptAuthority, kind: KeyKind): KeptAuthority {
  const folder = join(root.folder, `${INTERMEDIATE}${kind}`);
  if (existsSync(join(folder, 'ca.pem'))) return readAuthority(folder);
  const key = generatePrivateKey(kind, random);
  const { notBefore, notAfter } = root.certificate.validity;
  const der = issueCertificate({
    subject: 'CN=isotls development intermediate',
    issuer: root,
    publicKey: nobleProvider.publicKey(key),
    ca: { pathLength: 0 },
    notBefore,
    notAfter,
    random,
  });
  const made = { certificate: decodeCertificate(der), key };
  writeAuthority(folder, made);
  return { ...made, folder };
}

/** The authority and all its intermediates. */
export function authoritiesIn(folder: string): readonly KeptAuthority[] {
  const intermediates = readdirSync(folder).filter((name) => name.startsWith(INTERMEDIATE));
  return [folder, ...intermediates.sort().map((name) => join(folder, name))].map(readAuthority);
}

const INTERMEDIATE = 'intermediate-';

/** The certificates of a PEM file; at least one. */
export function readCertificates(file: string): readonly [Certificate, ...Certificate[]] {
  const blocks = decodePem(readFileSync(file, 'utf8')).filter(({ label }) => label === 'CERTIFICATE');
  const [first, ...others] = blocks.map(({ der }) => decodeCertificate(der));
  if (first === undefined) throw new TlsConfigError('ERR_CONFIG_PEM', `${file} has no CERTIFICATE block`);
  return [first, ...others];
}

export function writeKey(file: string, key: PrivateKey): void {
  writeFileSync(file, encodePem('PRIVATE KEY', encodePrivateKey(key)), { mode: 0o600, flag: 'wx' });
}

/** What an authority has revoked; in its file a line each: serial number, date, reason, and the subject for who reads it. */
export function readRevoked({
  folder,
}: KeptAuthority): readonly (RevokedInput & { readonly reason: RevocationReason })[] {
  const file = join(folder, REVOKED);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    if (line.trim() === '') return [];
    const [serial = '', date = '', reason = ''] = line.split(' ');
    const usable = /^([0-9a-f]{2})+$/.test(serial) && !Number.isNaN(Date.parse(date)) && isReason(reason);
    if (!usable) throw new Error(`${file}:${index + 1}: not a serial number, a date and a reason`);
    return [{ serial: Uint8Array.from(Buffer.from(serial, 'hex')), date: new Date(date), reason }];
  });
}

export function appendRevoked({ folder }: KeptAuthority, of: Certificate, date: Date, reason: RevocationReason): void {
  const serial = Buffer.from(of.serial).toString('hex');
  appendFileSync(join(folder, REVOKED), `${serial} ${date.toISOString()} ${reason} ${of.subject.name}\n`);
}

const REVOKED = 'revoked.txt';

/** removeFromCRL is for delta CRLs, of which there are none here. */
export function isReason(text: string): text is RevocationReason {
  return Object.hasOwn(REASON_NUMBER, text) && text !== 'removeFromCRL';
}
