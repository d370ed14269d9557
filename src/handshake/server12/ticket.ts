/**
 * TLS 1.2 server: NewSessionTicket.
 *
 * @see RFC 5077 §3.3 (NewSessionTicket Handshake Message)
 * @module
 */
import type { ServerSession } from '../../sessions/session.ts';
import { encodeHandshake12 } from '../../wire/message12.ts';
import type { ServerConfig } from '../shared/config.ts';
import type { Env } from '../shared/env.ts';

/** A ticket that holds the session, sealed by the keys that seal those of TLS 1.3. */
export function encodeTicket12(config: ServerConfig, session: ServerSession, env: Env): Uint8Array {
  const now = env.clock();
  const lifetime = config.ticketLifetime;
  const ticket = config.ticketSealer.seal({ ...session, issuedAt: now, lifetime }, now, env.random);
  return encodeHandshake12({ type: 'new_session_ticket12', lifetimeHint: lifetime, ticket });
}
