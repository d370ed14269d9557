/**
 * Decodes a message and reads all its extension blocks, as the handshake would, and says how that ended.
 *
 * @module
 */
import { TlsError } from '../../src/errors/errors.ts';
import * as table from '../../src/wire/extension-table.ts';
import { decodeHandshake, type Received } from '../../src/wire/message.ts';
import type { HandshakeMessage13 } from '../../src/wire/messages.ts';

/** The TlsError that the codecs end with, or null. Anything else that they throw goes through. */
export function outcomeOf(raw: Uint8Array, asked: ReadonlySet<number>): TlsError | null {
  try {
    readExtensions(decodeHandshake(raw), asked);
    return null;
  } catch (error) {
    if (error instanceof TlsError) return error;
    throw error;
  }
}

/** What the blocks of a message say. */
export function readExtensions(message: Received<HandshakeMessage13>, asked: ReadonlySet<number>): unknown {
  switch (message.type) {
    case 'client_hello':
      return table.readClientHelloExtensions(message.extensions);
    case 'server_hello':
      return table.readServerHelloExtensions(message.extensions, asked);
    case 'hello_retry_request':
      return table.readHelloRetryRequestExtensions(message.extensions, asked);
    case 'encrypted_extensions':
      return table.readEncryptedExtensions(message.extensions, asked);
    case 'certificate_request':
      return table.readCertificateRequestExtensions(message.extensions);
    case 'certificate':
      return message.entries.map(({ extensions }) => table.readCertificateEntryExtensions(extensions, asked));
    case 'new_session_ticket':
      return table.readNewSessionTicketExtensions(message.extensions);
    default:
      return null;
  }
}
