/**
 * The messages that end or follow the handshake: Finished, EndOfEarlyData, NewSessionTicket and KeyUpdate of TLS 1.3,
 * without their headers.
 *
 * @see RFC 9846 §4.5.3 (Finished), §4.6 (EndOfEarlyData), §4.7.1 (NewSessionTicket), §4.7.3 (KeyUpdate)
 * @module
 */
import { fail } from '../errors/errors.ts';
import { KEY_UPDATE_REQUEST } from '../params/registries.ts';
import { decodeExtensionBlock, encodeExtensionBlock } from './extension-block.ts';
import type { EndOfEarlyData, Finished, KeyUpdate, NewSessionTicket13 } from './messages.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** §4.5.3: verify_data has no length of its own; it must be as long as the hash, which only the handshake knows. */
export function decodeFinished(reader: Reader): Finished {
  return { type: 'finished', verifyData: reader.rest() };
}

export function encodeFinished(writer: Writer, message: Finished): void {
  writer.bytes(message.verifyData);
}

export function decodeEndOfEarlyData(): EndOfEarlyData {
  return { type: 'end_of_early_data' };
}

export function decodeNewSessionTicket13(reader: Reader): NewSessionTicket13 {
  return {
    type: 'new_session_ticket',
    lifetime: reader.u32(),
    ageAdd: reader.u32(),
    nonce: reader.vector8(),
    ticket: reader.vector16({ min: 1 }),
    extensions: decodeExtensionBlock(reader),
  };
}

export function encodeNewSessionTicket13(writer: Writer, message: NewSessionTicket13): void {
  writer.u32(message.lifetime).u32(message.ageAdd).vector8(message.nonce).vector16(message.ticket);
  encodeExtensionBlock(writer, message.extensions);
}

export function decodeKeyUpdate(reader: Reader): KeyUpdate {
  const request = reader.u8();
  // A message of the wrong length is no KeyUpdate, whatever its first byte says.
  reader.finish();
  // §4.7.3: request_update is 0 or 1.
  if (request !== KEY_UPDATE_REQUEST.update_not_requested && request !== KEY_UPDATE_REQUEST.update_requested) {
    fail('ERR_TLS_BAD_KEY_UPDATE', `request_update is ${request}`);
  }
  return { type: 'key_update', requestUpdate: request === KEY_UPDATE_REQUEST.update_requested };
}

export function encodeKeyUpdate(writer: Writer, message: KeyUpdate): void {
  writer.u8(message.requestUpdate ? KEY_UPDATE_REQUEST.update_requested : KEY_UPDATE_REQUEST.update_not_requested);
}
