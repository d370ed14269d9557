/**
 * Client: START. Sends the ClientHello, and prepares for early data where it offers some.
 *
 * @see RFC 9846 §4.2.2 (Client Hello), §4.3.10 (Early Data Indication), §7.1 (Key Schedule)
 * @module
 */
import { keyLogLine } from '../../keys/exporter.ts';
import { deriveEarlySecret, deriveEarlyTrafficSecrets } from '../../keys/schedule13.ts';
import { startTranscript } from '../../keys/transcript.ts';
import { byName, CIPHER_SUITES } from '../../params/algorithms.ts';
import type { ClientSession } from '../../sessions/session.ts';
import { firstClientHello, type Offer } from '../shared/client-hello.ts';
import type { ClientConfig } from '../shared/config.ts';
import type { Effect } from '../shared/effects.ts';
import type { Env } from '../shared/env.ts';
import type { Handlers } from './states.ts';

export const start: Handlers<'START'> = {
  start({ config, target }, _, env) {
    const offer = firstClientHello(config, target, env);
    return {
      next: { kind: 'WAIT_SH', config, target, offer, transcript: startTranscript([offer.raw]), retry: null },
      effects: [
        { do: 'send', message: offer.raw },
        ...(offer.earlyData === null ? [] : beginEarlyData(config, offer, offer.earlyData, env)),
      ],
    };
  },
};

function beginEarlyData(config: ClientConfig, offer: Offer, session: ClientSession, env: Env): readonly Effect[] {
  const suite = byName(CIPHER_SUITES, session.cipherSuite);
  if (suite === null) return [];
  const { crypto } = env;
  const { random } = offer.hello;
  const early = deriveEarlySecret(crypto, suite.hash, session.psk);
  // §7.1: over the whole ClientHello, binders and all.
  const hash = startTranscript([offer.raw]).bind(crypto, suite.hash).hash();
  const secrets = deriveEarlyTrafficSecrets(crypto, suite.hash, early, hash);
  return [
    // Appendix E.4: with early data the dummy record comes right behind the first ClientHello.
    ...(config.compatibilityMode ? [{ do: 'send-change-cipher-spec' } as const] : []),
    ...(config.keyLog
      ? [
          { do: 'key-log', line: keyLogLine('CLIENT_EARLY_TRAFFIC_SECRET', random, secrets.client) } as const,
          { do: 'key-log', line: keyLogLine('EARLY_EXPORTER_SECRET', random, secrets.exporter) } as const,
        ]
      : []),
    { do: 'install-keys', direction: 'write', level: 'early', suite, secret: secrets.client },
    { do: 'early-exporter', suite, secret: secrets.exporter },
    { do: 'allow-early-data', bytes: session.maxEarlyData },
    { do: 'wipe', secrets: [early, secrets.client] },
  ];
}
