/**
 * TLS 1.3 client: CONNECTED.
 *
 * The handshake is over; tickets and KeyUpdates may still come. Everything else is unexpected: a server that asks for a
 * certificate now was not offered post_handshake_auth (§4.7.2).
 *
 * @see RFC 9846 §4.7 (Post-Handshake Messages)
 * @module
 */
import { readNewSessionTicketExtensions } from '../../wire/extension-table.ts';
import { receiveKeyUpdate, requestKeyUpdate, settleKeyUpdates } from '../shared/traffic.ts';
import type { Handlers } from './states.ts';

export const connected: Handlers<'CONNECTED'> = {
  new_session_ticket(state, message) {
    // §4.7.1: a client that does not resume ignores tickets, but not malformed ones.
    readNewSessionTicketExtensions(message.extensions);
    return { next: state, effects: [] };
  },

  key_update(state, message, env) {
    const { traffic, effects } = receiveKeyUpdate(state.traffic, message, env);
    return { next: { ...state, traffic }, effects };
  },

  'update-keys'(state, { requestPeer }, env) {
    const { traffic, effects } = requestKeyUpdate(state.traffic, requestPeer, env);
    return { next: { ...state, traffic }, effects };
  },

  // §5.5: new keys before the old ones have protected as much as they may.
  'key-limit'(state, _, env) {
    const { traffic, effects } = requestKeyUpdate(state.traffic, false, env);
    return { next: { ...state, traffic }, effects };
  },

  'receive-ended'(state, _, env) {
    const { traffic, effects } = settleKeyUpdates(state.traffic, env);
    return { next: { ...state, traffic }, effects };
  },
};
