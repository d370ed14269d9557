/**
 * isotls/sessions: what outlives a connection. Tickets, stores, keys from elsewhere, replay protection.
 *
 * @see RFC 9846 §4.7.1 (New Session Ticket Message), §8 (0-RTT and Anti-Replay); RFC 9258 (PSK importer)
 * @module
 */
export { type ImportedPsk, importPsk, type PskToImport } from './keys/import-psk.ts';
export {
  type AntiReplay,
  type AntiReplayOptions,
  createAntiReplay,
  type EarlyDataClaim,
} from './sessions/anti-replay.ts';
export { type ClientSessionStore, createClientSessionStore } from './sessions/client-store.ts';
export { createServerSessionStore, type ServerSessionStore } from './sessions/server-store.ts';
export { type ClientSession, type ExternalPsk, MAX_TICKET_LIFETIME, type ServerSession } from './sessions/session.ts';
export {
  decodeClientSession,
  decodeServerSession,
  encodeClientSession,
  encodeServerSession,
} from './sessions/session-codec.ts';
export {
  createTicketKey,
  createTicketSealer,
  type TicketKey,
  type TicketSealer,
  type TicketSealerOptions,
} from './sessions/ticket-sealer.ts';
