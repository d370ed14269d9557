/**
 * TLS 1.3 client: CONNECTED.
 *
 * The handshake is over; tickets and KeyUpdates may still come. Everything else is unexpected: a server that asks for a
 * certificate now was not offered post_handshake_auth (§4.7.2).
 *
 * @see RFC 9846 §4.7 (Post-Handshake Messages)
 * @module
 */
import { deriveResumptionPsk } from '../../keys/schedule13.ts';
import { type ClientSession, MAX_TICKET_LIFETIME } from '../../sessions/session.ts';
import { readNewSessionTicketExtensions } from '../../wire/extension-table.ts';
import { nearKeyLimit, receivedKeyUpdate, receiveEnded, updateKeys } from '../shared/traffic.ts';
import type { Handlers } from './states.ts';

export const connected: Handlers<'CONNECTED'> = {
  new_session_ticket(state, message, env) {
    const { maxEarlyDataSize } = readNewSessionTicketExtensions(message.extensions);
    // §4.7.1: a lifetime of zero says that the ticket is to be discarded. Limit: so are more tickets than are kept.
    if (message.lifetime === 0 || state.tickets >= env.limits.tickets) return { next: state, effects: [] };

    const { traffic, resumable } = state;
    const session: ClientSession = {
      kind: 'client-session',
      version: 'TLS 1.3',
      extendedMainSecret: true,
      sessionId: new Uint8Array(0),
      psk: deriveResumptionPsk(env.crypto, traffic.suite.hash, traffic.secrets.resumption, message.nonce),
      ticket: message.ticket.slice(),
      ageAdd: message.ageAdd,
      // §4.7.1: never longer than seven days, whatever the server says.
      lifetime: Math.min(message.lifetime, MAX_TICKET_LIFETIME),
      receivedAt: env.clock(),
      maxEarlyData: maxEarlyDataSize ?? 0,
      ...resumable,
    };
    return { next: { ...state, tickets: state.tickets + 1 }, effects: [{ do: 'session', session }] };
  },

  key_update: receivedKeyUpdate,
  'update-keys': updateKeys,
  'key-limit': nearKeyLimit,
  'receive-ended': receiveEnded,
};
