/**
 * NewSessionTicket of TLS 1.2, without its header.
 *
 * @see RFC 5077 §3.3 (NewSessionTicket Handshake Message)
 * @module
 */
import type { NewSessionTicket12 } from './messages12.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export function decodeNewSessionTicket12(reader: Reader): NewSessionTicket12 {
  // RFC 5077 §3.3: unlike in TLS 1.3, an empty ticket is a message with a meaning.
  return { type: 'new_session_ticket12', lifetimeHint: reader.u32(), ticket: reader.vector16() };
}

export function encodeNewSessionTicket12(writer: Writer, message: NewSessionTicket12): void {
  writer.u32(message.lifetimeHint).vector16(message.ticket);
}
