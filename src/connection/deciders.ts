/**
 * Who answers a question: the config's decider, the default one, or nobody yet. And whether a reply is one.
 *
 * @see RFC 9846 §4.5.1.2 (Certificate Selection), §4.5.2 (CertificateVerify), Appendix C.2
 * @module
 */
import { chooseCredential, isCredential } from '../certs/credential.ts';
import { parseIp } from '../certs/name-match.ts';
import { type RevocationCheck, revocationCheckOf } from '../certs/revocation-check.ts';
import { isVerdict, type Verdict, verifyPath } from '../certs/verifier.ts';
import { constantTimeEqual } from '../crypto/secret.ts';
import { fail, TlsError } from '../errors/errors.ts';
import type {
  ClientConfig,
  DecryptedSecret,
  OpenedSession,
  PeerIdentity,
  QuestionKind,
  Questions,
  ServerConfig,
  SessionQuery,
} from '../handshake/shared/config.ts';
import type { AskEffect } from '../handshake/shared/effects.ts';
import { sessionPolicyOf } from '../handshake/shared/session-policy.ts';
import { byName, SIGNATURE_SCHEMES } from '../params/algorithms.ts';
import { isUsableByServer } from '../sessions/session.ts';
import { isServerConfig } from './config.ts';

/** What a decider gave: a reply still to be checked, or nothing, so that the owner is asked. */
export type Decision = { readonly reply: unknown } | null;

/**
 * Asks the config, then the defaults: path validation for `verifyPeer`, the config's credentials for `chooseCredential`, keys
 * in memory for `sign`.
 */
export function decide(config: ClientConfig | ServerConfig | null, question: AskEffect): Decision {
  if (config === null) return null;
  const decider = config.decide[question.kind];
  if (decider === null) return null;
  if (question.kind === 'decryptPreliminarySecret' && decider !== undefined) {
    return { reply: decrypted(() => config.decide.decryptPreliminarySecret?.(question.ask)) };
  }
  // The kind ties decider and ask together; a lookup by a variable loses that.
  if (decider !== undefined) return { reply: (decider as (ask: unknown) => unknown)(question.ask) };
  switch (question.kind) {
    case 'chooseConfig':
      return { reply: config };
    case 'chooseCredential':
      return { reply: chooseCredential(config.credentials, question.ask)?.credential ?? null };
    case 'verifyPeer':
      return config.trust === null ? null : { reply: verify(config, question.ask) };
    case 'sign': {
      const { credential, scheme, content } = question.ask;
      const algorithm = byName(SIGNATURE_SCHEMES, scheme)?.algorithm;
      if (credential.key === null || algorithm === undefined) return null;
      return { reply: config.crypto.sign(algorithm, credential.key, content, config.random) };
    }
    case 'decryptPreliminarySecret': {
      const { credential, ciphertext } = question.ask;
      const { key } = credential;
      if (key?.kind !== 'rsa') return null;
      return { reply: { raw: config.crypto.rsaDecryptRaw(key, ciphertext, config.random) } };
    }
    case 'openSession':
      return config.role === 'server' ? { reply: openSession(config, question.ask) } : null;
    case 'admitEarlyData':
      return config.role === 'server' ? { reply: config.antiReplay.admit(question.ask) } : null;
    default:
      return question satisfies never;
  }
}

/** True for an error in place of a reply, where one is allowed: whatever becomes of a ciphertext is no reason to fail. */
export function isRefusal(kind: QuestionKind, reply: unknown): reply is TlsError {
  return reply instanceof TlsError && kind !== 'decryptPreliminarySecret';
}

/** True if a reply is of the kind that the question takes; nothing else reaches the state machine. */
export function isReply<K extends QuestionKind>(kind: K, reply: unknown): reply is Questions[K]['reply'] {
  return CHECKS[kind](reply);
}

/** A refusal in disguise: an error in place of a reply, or a verdict that says no. */
export function refusalOf(reply: unknown): TlsError | null {
  if (reply instanceof TlsError) return reply;
  return isVerdict(reply) && !reply.ok ? reply.error : null;
}

const MAX_SIGNATURE = 0xffff;

const CHECKS: { readonly [K in QuestionKind]: (reply: unknown) => boolean } = {
  chooseConfig: isServerConfig,
  chooseCredential: (reply) => reply === null || isCredential(reply),
  verifyPeer: isVerdict,
  decryptPreliminarySecret: isDecryptedSecret,
  openSession: (reply) => reply === null || isOpenedSession(reply),
  admitEarlyData: (reply) => typeof reply === 'boolean',
  sign: (reply) => reply instanceof Uint8Array && reply.length > 0 && reply.length <= MAX_SIGNATURE,
};

/** The first identity that is a known key, or a session that may be used here. */
function openSession(config: ServerConfig, query: SessionQuery): OpenedSession | null {
  const here = {
    now: query.now,
    serverName: query.serverName,
    policy: sessionPolicyOf(config),
    version: query.version,
    cipherSuites: query.cipherSuites,
    clientCertificateRequired: config.clientAuth === 'require',
  };
  for (const [index, { identity }] of query.identities.entries()) {
    const external = config.psks.find(
      (psk) => query.cipherSuites.some(({ hash }) => hash === psk.hash) && constantTimeEqual(psk.identity, identity),
    );
    if (external !== undefined) return { index, psk: external };
    const session = config.sessionStore?.find(identity) ?? config.ticketSealer.open(identity);
    if (session !== null && isUsableByServer(session, here)) return { index, psk: session };
  }
  return null;
}

/**
 * RFC 5246 §7.4.7.1: what a decider throws, or gives in place of a reply, may depend on the padding: it counts as null, like a
 * secret that was not found.
 */
function decrypted(decide: () => unknown): DecryptedSecret {
  try {
    const reply = decide();
    return isDecryptedSecret(reply) ? reply : null;
  } catch {
    return null;
  }
}

/** Of the right shape; what is in it is nobody's business here. */
function isDecryptedSecret(reply: unknown): reply is DecryptedSecret {
  if (reply === null) return true;
  if (typeof reply !== 'object' || reply instanceof TlsError) return false;
  return (
    ('raw' in reply && reply.raw instanceof Uint8Array) ||
    ('preliminary' in reply && reply.preliminary instanceof Uint8Array)
  );
}

/** Servers staple, in the place of what the policy has; of clients no staple is asked for here. */
function revocationFor(
  { revocation }: ClientConfig | ServerConfig,
  { role, ocspResponse }: PeerIdentity,
): RevocationCheck | null {
  if (revocation === null) return null;
  // Not null: the config would have been refused.
  const checkFor = revocationCheckOf(revocation) ?? fail('ERR_TLS_INTERNAL', 'a policy without its check');
  if (role === 'client') return checkFor({ requireStaple: false });
  return checkFor(ocspResponse === null ? {} : { ocspResponse });
}

function isOpenedSession(reply: unknown): reply is OpenedSession {
  if (typeof reply !== 'object' || reply === null || !('index' in reply) || !('psk' in reply)) return false;
  const { index, psk } = reply;
  if (!Number.isSafeInteger(index) || typeof psk !== 'object' || psk === null || !('kind' in psk)) return false;
  return psk.kind === 'server-session' || psk.kind === 'external-psk';
}

function verify(config: ClientConfig | ServerConfig, peer: PeerIdentity): Verdict | TlsError {
  const [leaf, ...intermediates] = peer.certificates;
  if (leaf === undefined || config.trust === null) return new TlsError('ERR_TLS_INTERNAL');
  const input = {
    leaf,
    intermediates,
    anchors: config.trust,
    time: new Date(config.clock()),
    purpose: peer.role === 'server' ? 'serverAuth' : 'clientAuth',
    crypto: config.crypto,
    ...(peer.name === null ? {} : { name: parseIp(peer.name) === null ? { dns: peer.name } : { ip: peer.name } }),
    ...(config.pins === null ? {} : { pins: config.pins }),
  } as const;
  return verifyPath(input, revocationFor(config, peer));
}
