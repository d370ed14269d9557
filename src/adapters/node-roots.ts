/**
 * The roots that come with Node (Mozilla's list) and with the system, as trust stores.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { createTrustStore, type TrustStore } from '../certs/trust-store.ts';
import { TlsConfigError } from '../errors/errors.ts';

let bundled: TrustStore | null = null;
let system: TrustStore | null = null;

/** The roots that Node brings with it. Made when first asked for, then shared. */
export function bundledTrust(): TrustStore {
  bundled ??= createTrustStore(nodeTls().rootCertificates);
  return bundled;
}

/**
 * The roots that the system trusts: from Node where it can read them (22.15 and later), else from the file that the variable
 * SSL_CERT_FILE names, or the first of the usual ones. Made when first asked for, then shared. Throws TlsConfigError ERR_CONFIG
 * where there are none.
 */
export function systemTrust(): TrustStore {
  system ??= createTrustStore(systemCertificates());
  return system;
}

function systemCertificates(): readonly string[] {
  const { getCACertificates } = nodeTls() as { getCACertificates?: (type: 'system') => string[] };
  const known = getCACertificates?.('system') ?? [];
  if (known.length > 0) return known;
  const named = process.env['SSL_CERT_FILE'];
  for (const path of named === undefined ? USUAL_FILES : [named]) {
    const text = textOf(path);
    if (text !== null) return [text];
  }
  throw new TlsConfigError('ERR_CONFIG', `no file of system roots: ${named ?? USUAL_FILES.join(', ')}`);
}

/** Node's own TLS. Importing it would take a tenth of the time of importing all of this library. */
function nodeTls(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls');
}

/** Debian, Red Hat, Alpine and macOS, FreeBSD, openSUSE. */
const USUAL_FILES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
  '/usr/local/share/certs/ca-root-nss.crt',
  '/etc/ssl/ca-bundle.pem',
];

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
