/**
 * TLS 1.2 client: WAIT_TICKET_12, WAIT_CCS_12, WAIT_FINISHED_12, then CONNECTED_12.
 *
 * Expects what the server sends last in a full handshake and first in a resumed one: perhaps NewSessionTicket, then
 * change_cipher_spec and Finished under the new keys.
 *
 * @see RFC 5077 §3.3 (NewSessionTicket), RFC 5246 §7.1 (Change Cipher Spec), §7.4.9 (Finished), §7.2.2
 * @module
 */
import { type ClientSession, MAX_TICKET_LIFETIME } from '../../sessions/session.ts';
import { checkFinished12, encodeFinished12, exporterOf12, installKeys12, verifyData12 } from '../shared/agreement12.ts';
import type { Effect } from '../shared/effects.ts';
import type { Env } from '../shared/env.ts';
import { ignore } from './server-flight.ts';
import type { Agreed, Handlers } from './states.ts';

/** A session that only has an ID lasts as long as its server remembers it: a day is what most of them do. */
const ID_LIFETIME = 86_400;

export const waitTicket: Handlers<'WAIT_TICKET_12'> = {
  hello_request: ignore,
  new_session_ticket12({ hs }, message, env) {
    const { ticket: bytes, lifetimeHint } = message;
    // RFC 5077 §3.3: an empty ticket says that there is none after all; a hint of zero says nothing of the lifetime.
    const lifetime = Math.min(lifetimeHint === 0 ? MAX_TICKET_LIFETIME : lifetimeHint, MAX_TICKET_LIFETIME);
    const ticket = bytes.length === 0 ? hs.ticket : { bytes: bytes.slice(), lifetime, receivedAt: env.clock() };
    return {
      next: { kind: 'WAIT_CCS_12', hs: { ...hs, ticket, transcript: hs.transcript.with(message.raw) } },
      effects: [],
    };
  },
};

export const waitChangeCipherSpec: Handlers<'WAIT_CCS_12'> = {
  hello_request: ignore,
  change_cipher_spec({ hs }, _, env) {
    return {
      next: { kind: 'WAIT_FINISHED_12', hs },
      effects: [installKeys12(env.crypto, hs.agreement, 'read', 'server')],
    };
  },
};

export const waitFinished: Handlers<'WAIT_FINISHED_12'> = {
  hello_request: ignore,
  finished({ hs }, message, env) {
    const { agreement, order, info } = hs;
    // §7.4.9: over all messages before it, this side's Finished among them where that came first.
    const finished = checkFinished12(env.crypto, agreement, 'server', hs.transcript, message.verifyData);
    const first = order.kind === 'full' ? order.ownFinished : message.verifyData.slice();
    const session = sessionOf(hs, env);
    return {
      next: {
        kind: 'CONNECTED_12',
        info,
        exporter: exporterOf12(agreement, first),
        finished,
        sessionId: hs.sessionId,
      },
      effects: [
        ...(order.kind === 'full' ? [] : ownFinished({ ...hs, transcript: hs.transcript.with(message.raw) }, env)),
        { do: 'established', info },
        session === null
          ? ({ do: 'wipe', secrets: [hs.resumable.psk] } as const)
          : ({ do: 'session', session } as const),
      ],
    };
  },
};

/** §7.2.2: no new session keys here; the connection goes on under the old ones. */
export const connected: Handlers<'CONNECTED_12'> = {
  // §7.4.1.1: a client that does not want to negotiate again says so.
  hello_request: (state) => ({ next: state, effects: [{ do: 'send-warning', description: 'no_renegotiation' }] }),
};

/** §7.3: in a resumed handshake the client is the last to finish. */
function ownFinished({ agreement, transcript }: Agreed, env: Env): readonly Effect[] {
  return [
    { do: 'send-change-cipher-spec' },
    installKeys12(env.crypto, agreement, 'write', 'client'),
    { do: 'send', message: encodeFinished12(verifyData12(env.crypto, agreement, 'client', transcript)) },
  ];
}

/** What may be resumed later; null where the server gave neither ticket nor ID, or the session is not worth it. */
function sessionOf(hs: Agreed, env: Env): ClientSession | null {
  const { resumable, ticket, sessionId } = hs;
  // RFC 7627 §5.3: a session without extended_main_secret is not resumed.
  if (!resumable.extendedMainSecret || (ticket === null && sessionId.length === 0)) return null;
  return {
    ...resumable,
    // RFC 5077 §3.4: with a ticket, the ID means nothing.
    sessionId: ticket === null || ticket.bytes.length === 0 ? sessionId : new Uint8Array(0),
    ticket: ticket?.bytes ?? new Uint8Array(0),
    lifetime: ticket?.lifetime ?? ID_LIFETIME,
    receivedAt: ticket?.receivedAt ?? env.clock(),
  };
}
