/**
 * Reads what GnuTLS says of a connection in its debug output, level 5, which `gnutls-cli` and `gnutls-serv` write to stderr.
 *
 * @see https://www.gnutls.org/manual/gnutls.html (gnutls-cli Invocation)
 * @module
 */
import { alertName } from '../../src/errors/alerts.ts';
import type { CipherSuiteName, GroupName, SignatureSchemeName } from '../../src/params/algorithms.ts';
import type { Report } from './peer.ts';
import { suiteOfGnutls } from './suite-names.ts';

const SUITES: Readonly<Record<string, CipherSuiteName>> = {
  GNUTLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  GNUTLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  GNUTLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  GNUTLS_CHACHA20_POLY1305: 'TLS_CHACHA20_POLY1305_SHA256',
  GNUTLS_AES_128_CCM_SHA256: 'TLS_AES_128_CCM_SHA256',
  GNUTLS_AES_128_CCM_8_SHA256: 'TLS_AES_128_CCM_8_SHA256',
};

const GROUPS: Readonly<Record<string, GroupName>> = {
  X25519: 'x25519',
  X448: 'x448',
  SECP256R1: 'secp256r1',
  SECP384R1: 'secp384r1',
  SECP521R1: 'secp521r1',
};

const SCHEMES: Readonly<Record<string, SignatureSchemeName>> = {
  'ECDSA-SECP256R1-SHA256': 'ecdsa_secp256r1_sha256',
  'ECDSA-SECP384R1-SHA384': 'ecdsa_secp384r1_sha384',
  'ECDSA-SECP521R1-SHA512': 'ecdsa_secp521r1_sha512',
  'EdDSA-Ed25519': 'ed25519',
  'EdDSA-Ed448': 'ed448',
  'RSA-PSS-RSAE-SHA256': 'rsa_pss_rsae_sha256',
  'RSA-PSS-RSAE-SHA384': 'rsa_pss_rsae_sha384',
  'RSA-PSS-RSAE-SHA512': 'rsa_pss_rsae_sha512',
  'RSA-PSS-SHA256': 'rsa_pss_pss_sha256',
  'RSA-PSS-SHA384': 'rsa_pss_pss_sha384',
  'RSA-PSS-SHA512': 'rsa_pss_pss_sha512',
};

const SCHEMES_12: Readonly<Record<string, SignatureSchemeName>> = {
  ...SCHEMES,
  'ECDSA-SHA256': 'ecdsa_secp256r1_sha256',
  'ECDSA-SHA384': 'ecdsa_secp384r1_sha384',
  'ECDSA-SHA512': 'ecdsa_secp521r1_sha512',
  'RSA-SHA256': 'rsa_pkcs1_sha256',
  'RSA-SHA384': 'rsa_pkcs1_sha384',
  'RSA-SHA512': 'rsa_pkcs1_sha512',
};

/** The report of the side that wrote the output. */
export function readDebugOutput(text: string, role: 'client' | 'server'): Report {
  const signed = last(text, /signing TLS 1\.3 handshake data: using (\S+)/g);
  const verified = last(text, /verifying TLS 1\.3 handshake data using (\S+)/g);
  const [byServer, byClient] = role === 'client' ? [verified, signed] : [signed, verified];
  const name = role === 'client' ? /sent server name: '(.*)'/g : /Requested server name: '(.*)'/g;
  const certificate =
    role === 'client'
      ? /\bCERTIFICATE was queued \[(\d+) bytes\]/g
      : /\bCERTIFICATE \(11\) was received\. Length (\d+)/g;
  const alerts = [...text.matchAll(/Alert\[\d\|(\d+)\] - .* - was received/g)].map(([, code]) =>
    alertName(Number(code)),
  );
  const suite = last(text, /Selected cipher suite: (\S+)/g) ?? '';
  return {
    version: versionOf(text),
    cipherSuite: SUITES[suite] ?? suiteOfGnutls(suite),
    group: GROUPS[last(text, /Selected group (\S+)/g) ?? ''],
    serverScheme: SCHEMES[byServer ?? ''],
    clientScheme: byClient === null ? null : SCHEMES[byClient],
    serverName: last(text, name) || null,
    helloRetryRequest: /HELLO RETRY REQUEST .*was (received|queued)/.test(text),
    // An empty list of certificates makes a message of a few bytes.
    clientCertificate: Number(last(text, certificate) ?? 0) > 32,
    keyUpdates: [...text.matchAll(/KEY_UPDATE \(24\) was received/g)].length,
    alerts: alerts.filter((alert) => alert !== 'close_notify').map(String),
    closed: alerts.includes('close_notify'),
  };
}

/**
 * What `--verbose` prints of a session of TLS 1.2: "- Server Signature: RSA-SHA256", "- Options: extended master secret, EtM,".
 * ECDSA names no curve there.
 */
export function readSession12(text: string): Report {
  const scheme = (who: string): SignatureSchemeName | undefined =>
    SCHEMES_12[last(text, new RegExp(`^- ${who} Signature: (\\S+)$`, 'gm')) ?? ''];
  const options = last(text, /^- Options: (.*)$/gm) ?? '';
  return {
    serverScheme: scheme('Server'),
    clientScheme: scheme('Client') ?? null,
    extendedMainSecret: options.includes('extended master secret'),
    encryptThenMac: options.includes('EtM'),
  };
}

function versionOf(text: string): Report['version'] {
  if (/Negotiated version: 3\.4$|Selected version TLS1\.3$/m.test(text)) return 'TLS 1.3';
  return /Server's version: 3\.3$|Selected version TLS1\.2$/m.test(text) ? 'TLS 1.2' : undefined;
}

function last(text: string, pattern: RegExp): string | null {
  return [...text.matchAll(pattern)].at(-1)?.[1] ?? null;
}
