/**
 * Names the policy under which a peer is accepted, so that a session is worth something only under the same one.
 *
 * @see RFC 9846 §4.7.1, Appendix C.2 (Certificates and Authentication)
 * @module
 */
import type { RevocationPolicy } from '../../certs/revocation.ts';
import type { ClientConfig, ServerConfig } from './config.ts';

const names = new WeakMap<ClientConfig | ServerConfig, string>();

/**
 * Who is trusted, who judges, what is shown and what is asked for: equal names mean equal answers to a peer. Where the owner
 * judges with code of its own and has not named it, the name is this config's alone.
 */
export function sessionPolicyOf(config: ClientConfig | ServerConfig): string {
  const known = names.get(config) ?? describe(config);
  names.set(config, known);
  return known;
}

function describe(config: ClientConfig | ServerConfig): string {
  const parts = [
    config.role,
    judgeOf(config),
    `trust ${fingerprint(config, config.trust?.certificates() ?? [])}`,
    `revocation ${revocationOf(config, config.revocation)}`,
    `pins ${fingerprint(config, config.pins ?? [])}`,
  ];
  if (config.role === 'server') {
    parts.push(`clientAuth ${config.clientAuth}`);
    parts.push(
      `shows ${fingerprint(
        config,
        config.credentials.flatMap(({ chain }) => chain.slice(0, 1)),
      )}`,
    );
  }
  return parts.join('; ');
}

function judgeOf(config: ClientConfig | ServerConfig): string {
  if (config.decide.verifyPeer === undefined) return 'path validation';
  if (config.verificationName !== null) return `named ${config.verificationName}`;
  return `unnamed ${hex(config.random(16))}`;
}

/** A newer list may revoke the peer of an older session. */
function revocationOf(config: ClientConfig | ServerConfig, policy: RevocationPolicy | null): string {
  if (policy === null || policy.mode === 'ignore') return 'not checked';
  const { mode, demand = 'path', requireStaple = false, clockSkew, maxAge, crls = [], ocspResponse } = policy;
  const lists = fingerprint(
    config,
    crls.map((crl) => (crl instanceof Uint8Array ? crl : crl.der)),
  );
  const response = fingerprint(config, ocspResponse === undefined ? [] : [ocspResponse]);
  return [mode, demand, requireStaple, clockSkew, maxAge, lists, response].join(' ');
}

/** A digest of a set of certificates, in whatever order they stand. */
function fingerprint(config: ClientConfig | ServerConfig, certificates: readonly Uint8Array[]): string {
  const digests = certificates.map((der) => digest(config, der)).sort();
  return digest(config, new TextEncoder().encode(digests.join()));
}

function digest({ crypto }: ClientConfig | ServerConfig, bytes: Uint8Array): string {
  const context = crypto.hash('sha256');
  context.update(bytes);
  return hex(context.digest());
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
