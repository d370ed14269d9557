/**
 * TLS 1.2 server: WAIT_CCS_12, WAIT_FINISHED_12, then CONNECTED_12.
 *
 * Expects change_cipher_spec and the client's Finished under the new keys, and in a full handshake answers with its own.
 *
 * @see RFC 5246 §7.1 (Change Cipher Spec), §7.4.9 (Finished); RFC 5077 §3.3; RFC 5746 §4.4
 * @module
 */
import {
  checkFinished12,
  encodeFinished12,
  exporterOf12,
  installKeys12,
  keyLog12,
  verifyData12,
} from '../shared/agreement12.ts';
import type { Effect } from '../shared/effects.ts';
import type { Env } from '../shared/env.ts';
import type { Agreed, Handlers } from './states.ts';
import { encodeTicket12 } from './ticket.ts';

export const waitChangeCipherSpec: Handlers<'WAIT_CCS_12'> = {
  change_cipher_spec({ hs }, _, env) {
    return {
      next: { kind: 'WAIT_FINISHED_12', hs },
      effects: [installKeys12(env.crypto, hs.agreement, 'read', 'client')],
    };
  },
};

export const waitFinished: Handlers<'WAIT_FINISHED_12'> = {
  finished({ hs }, message, env) {
    const { agreement, order, info, client, sessionId } = hs;
    // §7.4.9: over all messages before it, this side's Finished among them where that came first.
    const finished = checkFinished12(env.crypto, agreement, 'client', hs.transcript, message.verifyData);
    const first = order.kind === 'resumed' ? order.ownFinished : message.verifyData.slice();
    return {
      next: { kind: 'CONNECTED_12', info, exporter: exporterOf12(agreement, first), client, finished, sessionId },
      effects: [
        ...(order.kind === 'resumed' ? [] : ownFlight({ ...hs, transcript: hs.transcript.with(message.raw) }, env)),
        { do: 'established', info },
      ],
    };
  },
};

/** No new handshake inside this connection: the client is told so, and the connection goes on. */
export const connected: Handlers<'CONNECTED_12'> = {
  // RFC 5246 §7.4.1.2: a ClientHello now asks for renegotiation.
  client_hello: (state) => ({ next: state, effects: [{ do: 'send-warning', description: 'no_renegotiation' }] }),
};

/** A ticket where one is due, change_cipher_spec and Finished; a session with an ID goes into the store. */
function ownFlight(hs: Agreed, env: Env): readonly Effect[] {
  const { config, agreement, resumable, ticketDue, sessionId } = hs;
  const { crypto } = env;
  const ticket = ticketDue ? [encodeTicket12(config, resumable, env)] : [];
  const transcript = ticket.reduce((all, message) => all.with(message), hs.transcript);
  const kept = { ...resumable, id: sessionId, psk: resumable.psk.slice() };
  return [
    // §7.3: what would follow the Finished in its record cannot have seen this side's.
    { do: 'check-record-boundary' },
    ...ticket.map((message) => ({ do: 'send', message }) as const),
    ...keyLog12(config, agreement),
    { do: 'send-change-cipher-spec' },
    installKeys12(crypto, agreement, 'write', 'server'),
    { do: 'send', message: encodeFinished12(verifyData12(crypto, agreement, 'server', transcript)) },
    ...(sessionId.length > 0 ? [{ do: 'store-session', id: sessionId, session: kept } as const] : []),
  ];
}
