/**
 * TLS 1.2 server: what is known of a full handshake once the client is known, on the way to Finished.
 *
 * @see RFC 5246 §7.3, §8.1
 * @module
 */
import type { ServerSession } from '../../sessions/session.ts';
import type { Agreement12 } from '../shared/agreement12.ts';
import type { Env } from '../shared/env.ts';
import type { ConnectionInfo } from '../shared/info.ts';
import { expiryOf } from '../shared/psk.ts';
import { sessionPolicyOf } from '../shared/session-policy.ts';
import type { Agreed, ClientAuthentication, FlightSent } from './states.ts';

export function agreed(hs: FlightSent, agreement: Agreement12, client: ClientAuthentication, env: Env): Agreed {
  const { config, ticketDue, sessionId } = hs;
  return {
    config,
    agreement,
    transcript: hs.transcript.bind(env.crypto, hs.suite.hash),
    info: informationOf(hs, client),
    client,
    resumable: resumable(hs, agreement, client, env),
    order: { kind: 'full' },
    ticketDue,
    sessionId,
  };
}

function informationOf(hs: FlightSent, client: ClientAuthentication): ConnectionInfo {
  const certified = client.by === 'certificate' ? client : null;
  return {
    role: 'server',
    version: 'TLS 1.2',
    cipherSuite: hs.suite.name,
    group: hs.ownKey.by === 'ecdhe' ? hs.ownKey.group.name : null,
    signatureScheme: certified?.possession.scheme ?? null,
    ownSignatureScheme: hs.scheme?.name ?? null,
    alpn: hs.alpn,
    serverName: hs.serverName,
    peerCertificates: certified?.peer.certificates ?? [],
    ownCertificates: hs.credential.chain,
    verdict: certified?.verdict ?? null,
    clientCertificateRequested: hs.config.clientAuth !== 'none',
    psk: null,
    resumed: false,
    earlyDataAccepted: false,
    helloRetryRequest: false,
    extendedMainSecret: hs.extendedMasterSecret,
    clientRandom: hs.clientRandom,
  };
}

function resumable(hs: FlightSent, agreement: Agreement12, client: ClientAuthentication, env: Env): ServerSession {
  const peerCertificates = client.by === 'certificate' ? client.peer.certificates : [];
  const now = env.clock();
  return {
    kind: 'server-session',
    version: 'TLS 1.2',
    cipherSuite: hs.suite.name,
    psk: agreement.master,
    extendedMainSecret: hs.extendedMasterSecret,
    ageAdd: 0,
    lifetime: hs.config.ticketLifetime,
    maxEarlyData: 0,
    alpn: hs.alpn,
    serverName: hs.serverName,
    policy: sessionPolicyOf(hs.config),
    authenticatedAt: now,
    peerCertificates,
    peerExpires: expiryOf(peerCertificates, hs.config),
    issuedAt: now,
    id: null,
  };
}
