/**
 * TLS 1.3 server: WAIT_FINISHED.
 *
 * Expects the client's Finished, with which the handshake is complete.
 *
 * @see RFC 9846 §4.5.3 (Finished)
 * @module
 */
import { deriveResumptionSecret } from '../../keys/schedule13.ts';
import { checkFinished } from '../shared/authenticate.ts';
import type { ConnectionInfo } from '../shared/info.ts';
import { startTraffic } from '../shared/traffic.ts';
import type { ClientAuthentication, Handlers } from './states.ts';

export const waitFinished: Handlers<'WAIT_FINISHED'> = {
  finished({ hs, client }, message, env) {
    const { suite, secrets } = hs;
    // §4.5.3: over everything before it, with the client's handshake traffic secret.
    const finished = checkFinished(env.crypto, suite.hash, secrets.client, hs.transcript.hash(), message.verifyData);

    const info = authenticated(hs.info, client);
    return {
      next: {
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
      },
      effects: [
        { do: 'install-keys', direction: 'read', level: 'application', suite, secret: secrets.clientApplication },
        { do: 'wipe', secrets: [secrets.client, secrets.main] },
        { do: 'established', info },
      ],
    };
  },
};

function authenticated(info: ConnectionInfo, client: ClientAuthentication): ConnectionInfo {
  if (client.by === 'nothing') return info;
  return {
    ...info,
    signatureScheme: client.scheme,
    peerCertificates: client.peer.certificates,
    verdict: client.verdict,
  };
}
