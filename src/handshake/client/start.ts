/**
 * Client: START. Sends the ClientHello.
 *
 * @see RFC 9846 §4.2.2 (Client Hello)
 * @module
 */
import { startTranscript } from '../../keys/transcript.ts';
import { firstClientHello } from '../shared/client-hello.ts';
import type { Handlers } from './states.ts';

export const start: Handlers<'START'> = {
  start({ config, target }, _, env) {
    const offer = firstClientHello(config, target, env);
    return {
      next: { kind: 'WAIT_SH', config, target, offer, transcript: startTranscript([offer.raw]), retry: null },
      effects: [{ do: 'send', message: offer.raw }],
    };
  },
};
