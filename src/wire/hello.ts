/**
 * ClientHello, ServerHello, HelloRetryRequest and EncryptedExtensions, without their headers.
 *
 * One codec serves TLS 1.2 and 1.3: the hellos look the same and differ in what their extensions say.
 *
 * @see RFC 9846 §4.2.2 (ClientHello), §4.2.3 (ServerHello), §4.2.4 (HelloRetryRequest), §4.4.1 (EncryptedExtensions)
 * @module
 */
import { decodeExtensionBlock, encodeExtensionBlock } from './extension-block.ts';
import type { ClientHello, EncryptedExtensions, HelloRetryRequest, ServerHello } from './messages.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

const RANDOM_LENGTH = 32;
const SESSION_ID = { max: 32 } as const;

/** §4.2.3: SHA-256 of "HelloRetryRequest", the random that makes one of a ServerHello. Never write to it. */
export const HELLO_RETRY_REQUEST_RANDOM: Uint8Array = Uint8Array.of(
  ...[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91],
  ...[0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c],
);

export function decodeClientHello(reader: Reader): ClientHello {
  return {
    type: 'client_hello',
    legacyVersion: reader.u16(),
    random: reader.bytes(RANDOM_LENGTH),
    legacySessionId: reader.vector8(SESSION_ID),
    cipherSuites: reader.list16((list) => list.u16(), { min: 2, max: 0xfffe }),
    legacyCompressionMethods: reader.vector8({ min: 1 }),
    // §4.2.2: extensions are present if bytes follow the compression methods; the caller sees that nothing follows them.
    extensions: reader.remaining === 0 ? null : decodeExtensionBlock(reader),
  };
}

export function encodeClientHello(writer: Writer, message: ClientHello): void {
  writer.u16(message.legacyVersion).bytes(message.random).vector8(message.legacySessionId);
  writer.block(2, () => {
    for (const suite of message.cipherSuites) writer.u16(suite);
  });
  writer.vector8(message.legacyCompressionMethods);
  if (message.extensions !== null) encodeExtensionBlock(writer, message.extensions);
}

export function decodeServerHello(reader: Reader): ServerHello | HelloRetryRequest {
  const fields = {
    legacyVersion: reader.u16(),
    random: reader.bytes(RANDOM_LENGTH),
    legacySessionIdEcho: reader.vector8(SESSION_ID),
    cipherSuite: reader.u16(),
    legacyCompressionMethod: reader.u8(),
    extensions: reader.remaining === 0 ? null : decodeExtensionBlock(reader),
  };
  // §4.2.3: the random tells a HelloRetryRequest from a ServerHello.
  const isRetry = fields.random.every((byte, i) => byte === HELLO_RETRY_REQUEST_RANDOM[i]);
  return isRetry ? { type: 'hello_retry_request', ...fields } : { type: 'server_hello', ...fields };
}

export function encodeServerHello(writer: Writer, message: ServerHello | HelloRetryRequest): void {
  writer.u16(message.legacyVersion).bytes(message.random).vector8(message.legacySessionIdEcho);
  writer.u16(message.cipherSuite).u8(message.legacyCompressionMethod);
  if (message.extensions !== null) encodeExtensionBlock(writer, message.extensions);
}

export function decodeEncryptedExtensions(reader: Reader): EncryptedExtensions {
  return { type: 'encrypted_extensions', extensions: decodeExtensionBlock(reader) };
}

export function encodeEncryptedExtensions(writer: Writer, message: EncryptedExtensions): void {
  encodeExtensionBlock(writer, message.extensions);
}
