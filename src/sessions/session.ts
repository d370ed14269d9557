/**
 * What is kept of a connection so that a later one can be resumed from it, and pre-shared keys from elsewhere.
 *
 * A session records what authenticated it. It is worth that only under the same policy: `isUsableBy…` says whether it may stand
 * for a full handshake here and now.
 *
 * @see RFC 9846 §4.7.1 (New Session Ticket Message), §4.3.11 (Pre-Shared Key Extension), Appendix C.4
 * @module
 */
import { byName, CIPHER_SUITES, type CipherSuiteName, type HashName } from '../params/algorithms.ts';
import type { VersionName } from '../params/registries.ts';

/** §4.7.1: neither side uses a ticket, nor what it was made from, for longer than seven days. In seconds. */
export const MAX_TICKET_LIFETIME = 604_800;

interface CommonSession {
  /** A session is resumed under its own version alone. */
  readonly version: VersionName;
  readonly cipherSuite: CipherSuiteName;
  /** TLS 1.2: the master secret. */
  readonly psk: Uint8Array;
  /** RFC 7627: true for TLS 1.3. */
  readonly extendedMainSecret: boolean;
  /** ticket_age_add; 0 in TLS 1.2. */
  readonly ageAdd: number;
  /** Seconds from issue. */
  readonly lifetime: number;
  /** Bytes of early data that the ticket allows; 0: none. */
  readonly maxEarlyData: number;
  readonly alpn: string | null;
  /** server_name of the connection, or null. */
  readonly serverName: string | null;
  /** Names the verification and client-auth policy under which the peer was accepted. */
  readonly policy: string;
  /** When the last CertificateVerify was checked: milliseconds since 1970-01-01 UTC, as all times here. */
  readonly authenticatedAt: number;
  /** DER, leaf first; empty when the peer showed none. */
  readonly peerCertificates: readonly Uint8Array[];
  /** When the first of the peer's certificates ends; null when it showed none. */
  readonly peerExpires: number | null;
}

/** A client's side of a ticket. Offer it once: a second use lets observers link the connections. */
export interface ClientSession extends CommonSession {
  readonly kind: 'client-session';
  /** Empty for a session of TLS 1.2 that only has an ID. */
  readonly ticket: Uint8Array;
  /** TLS 1.2: the ID that the server gave; empty for a ticket. */
  readonly sessionId: Uint8Array;
  readonly receivedAt: number;
  /** The name that was verified. */
  readonly name: string;
}

/** A server's side of a ticket: sealed into it, or kept in a store. */
export interface ServerSession extends CommonSession {
  readonly kind: 'server-session';
  readonly issuedAt: number;
  /** Its key in a stateful store; null when the ticket holds all. */
  readonly id: Uint8Array | null;
}

/** A key that both sides have from elsewhere. */
export interface ExternalPsk {
  readonly kind: 'external-psk';
  readonly identity: Uint8Array;
  readonly key: Uint8Array;
  /** §4.3.11: the hash that goes with it. */
  readonly hash: HashName;
  /** 'imported' for what `importPsk` has made (RFC 9258). */
  readonly binder: 'external' | 'imported';
}

/** What a client needs to know to offer a session. */
export interface ClientCircumstances {
  readonly now: number;
  readonly name: string;
  readonly serverName: string | null;
  readonly policy: string;
  /** The version that the session is offered for, and the suites of that version that this side has. */
  readonly version: VersionName;
  readonly cipherSuites: readonly { readonly name: string; readonly hash: HashName }[];
}

/** Whether a client may offer this session: same name, same policy, neither too old nor of a peer whose certificate ended. */
export function isUsableByClient(session: ClientSession, here: ClientCircumstances): boolean {
  return (
    session.version === here.version &&
    here.cipherSuites.some((suite) => goesWith(session, suite)) &&
    // RFC 7627 §5.3: without it, a session of TLS 1.2 is not worth resuming.
    session.extendedMainSecret &&
    session.name === here.name &&
    // §4.7.1: only under the same server_name is the ticket likely to be known.
    session.serverName === here.serverName &&
    session.policy === here.policy &&
    isFresh(session, session.receivedAt, here.now)
  );
}

export interface ServerCircumstances {
  readonly now: number;
  readonly serverName: string | null;
  readonly policy: string;
  readonly version: VersionName;
  /** The suites of that version that both sides have. */
  readonly cipherSuites: readonly { readonly name: string; readonly hash: HashName }[];
  readonly clientCertificateRequired: boolean;
}

/** Whether a server may take this session in place of a full handshake. */
export function isUsableByServer(session: ServerSession, here: ServerCircumstances): boolean {
  return (
    session.version === here.version &&
    here.cipherSuites.some((suite) => goesWith(session, suite)) &&
    session.serverName === here.serverName &&
    session.policy === here.policy &&
    (!here.clientCertificateRequired || session.peerCertificates.length > 0) &&
    isFresh(session, session.issuedAt, here.now)
  );
}

/** §4.7.1: a session goes with every suite of its hash. RFC 5246 §7.4.1.2: in TLS 1.2 with its own suite alone. */
function goesWith(session: CommonSession, suite: { readonly name: string; readonly hash: HashName }): boolean {
  if (session.version === 'TLS 1.2') return suite.name === session.cipherSuite;
  return byName(CIPHER_SUITES, session.cipherSuite)?.hash === suite.hash;
}

/** §4.7.1: within its lifetime, within seven days of the last CertificateVerify, and while the peer's certificates last. */
function isFresh(session: CommonSession, since: number, now: number): boolean {
  const age = now - since;
  return (
    age >= 0 &&
    age < Math.min(session.lifetime, MAX_TICKET_LIFETIME) * 1000 &&
    now - session.authenticatedAt < MAX_TICKET_LIFETIME * 1000 &&
    (session.peerExpires === null || now < session.peerExpires)
  );
}

/** Any PSK that a handshake can rest on. */
export type Psk = ClientSession | ServerSession | ExternalPsk;

/** §4.3.11: the hash that a PSK is bound to. */
export function hashOfPsk(psk: Psk): HashName {
  if (psk.kind === 'external-psk') return psk.hash;
  return byName(CIPHER_SUITES, psk.cipherSuite)?.hash ?? 'sha256';
}

/** The secret itself. */
export function secretOfPsk(psk: Psk): Uint8Array {
  return psk.kind === 'external-psk' ? psk.key : psk.psk;
}
