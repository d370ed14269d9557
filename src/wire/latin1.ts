/**
 * Names that are bytes on the wire and strings in the API, one character a byte.
 *
 * Application protocols are opaque bytes (RFC 7301 §3.1), so no text encoding may refuse or change one.
 *
 * @module
 */
import { fail } from '../errors/errors.ts';

export function decodeLatin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Throws ERR_TLS_ENCODE for a character above U+00FF. */
export function encodeLatin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) fail('ERR_TLS_ENCODE', 'a character above U+00FF');
    bytes[i] = code;
  }
  return bytes;
}
