/**
 * TLS 1.3 server: CONNECTED.
 *
 * The handshake is over; KeyUpdates may still come. Everything else is unexpected, a ClientHello above all (§4.2.2).
 *
 * @see RFC 9846 §4.7 (Post-Handshake Messages)
 * @module
 */
import { encodeHandshake } from '../../wire/message.ts';
import { receiveKeyUpdate, requestKeyUpdate, settleKeyUpdates } from '../shared/traffic.ts';
import type { Handlers } from './states.ts';

export const connected: Handlers<'CONNECTED'> = {
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

  // §4.7.1: at any time after the client's Finished.
  'issue-ticket'(state, ticket) {
    return {
      next: state,
      effects: [{ do: 'send', message: encodeHandshake({ type: 'new_session_ticket', ...ticket }) }],
    };
  },
};
