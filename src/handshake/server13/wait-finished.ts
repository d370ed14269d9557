/**
 * TLS 1.3 server: WAIT_EOED, then WAIT_FINISHED.
 *
 * Expects EndOfEarlyData where early data was accepted, and the client's Finished, with which the handshake is complete.
 *
 * @see RFC 9846 §4.6 (End of Early Data), §4.5.3 (Finished), §4.7.1 (New Session Ticket Message)
 * @module
 */
import { deriveResumptionSecret } from '../../keys/schedule13.ts';
import { checkFinished } from '../shared/authenticate.ts';
import type { ServerConfig } from '../shared/config.ts';
import type { ConnectionInfo } from '../shared/info.ts';
import { expiryOf } from '../shared/psk.ts';
import { startTraffic } from '../shared/traffic.ts';
import { issueTickets } from './connected.ts';
import type { ClientAuthentication, Handlers, Resumable, State } from './states.ts';

type Connected = Extract<State, { kind: 'CONNECTED' }>;

export const waitEndOfEarlyData: Handlers<'WAIT_EOED'> = {
  end_of_early_data({ hs, client }, message) {
    const { suite, secrets } = hs;
    return {
      next: { kind: 'WAIT_FINISHED', hs: { ...hs, transcript: hs.transcript.with(message.raw) }, client },
      // §4.6: what follows is under the handshake keys.
      effects: [{ do: 'install-keys', direction: 'read', level: 'handshake', suite, secret: secrets.client }],
    };
  },
};

export const waitFinished: Handlers<'WAIT_FINISHED'> = {
  finished({ hs, client }, message, env) {
    const { suite, secrets } = hs;
    // §4.5.3: over everything before it, with the client's handshake traffic secret.
    const finished = checkFinished(env.crypto, suite.hash, secrets.client, hs.transcript.hash(), message.verifyData);

    const info = authenticated(hs.info, client);
    const connected: Connected = {
      kind: 'CONNECTED',
      info,
      traffic: startTraffic(suite, {
        own: secrets.serverApplication,
        peer: secrets.clientApplication,
        exporter: secrets.exporter,
        // §7.1: the resumption secret covers the client's Finished too.
        resumption: deriveResumptionSecret(
          env.crypto,
          suite.hash,
          secrets.main,
          hs.transcript.with(message.raw).hash(),
        ),
      }),
      client,
      finished,
      config: hs.config,
      resumable:
        client.by === 'certificate' ? certified(hs.resumable, hs.config, client.peer.certificates) : hs.resumable,
      tickets: 0,
    };
    // §4.7.1: a ticket is of use to a client that resumes in a mode of ours.
    const useful = hs.pskModes.some((mode) => hs.config.pskModes.includes(mode));
    const wanted = info.resumed ? hs.config.resumptionTickets : hs.config.tickets;
    const issued = issueTickets(connected, useful ? wanted : 0, hs.config.earlyData, env);
    return {
      next: issued.next,
      effects: [
        { do: 'install-keys', direction: 'read', level: 'application', suite, secret: secrets.clientApplication },
        { do: 'wipe', secrets: [secrets.client, secrets.main] },
        { do: 'established', info },
        ...issued.effects,
      ],
    };
  },
};

function authenticated(info: ConnectionInfo, client: ClientAuthentication): ConnectionInfo {
  if (client.by !== 'certificate') return info;
  return {
    ...info,
    signatureScheme: client.scheme,
    peerCertificates: client.peer.certificates,
    verdict: client.verdict,
  };
}

function certified(resumable: Resumable, config: ServerConfig, peerCertificates: readonly Uint8Array[]): Resumable {
  return { ...resumable, peerCertificates, peerExpires: expiryOf(peerCertificates, config) };
}
