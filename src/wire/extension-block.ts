/**
 * The list of extensions as messages carry it, bodies untouched.
 *
 * @see RFC 9846 §4.3 (Extensions)
 * @module
 */
import type { Extension } from './messages.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/**
 * `Extension extensions<0..2^16-1>`.
 *
 * The floors of 7 in ClientHello (§4.2.2) and 6 in ServerHello (§4.2.3) hold by themselves where TLS 1.3 is spoken, since
 * supported_versions is there; in TLS 1.2 (RFC 5246 §7.4.1.2) the floor is 0.
 */
export function decodeExtensionBlock(reader: Reader): readonly Extension[] {
  return reader.list16((list) => ({ type: list.u16(), body: list.vector16() }));
}

export function encodeExtensionBlock(writer: Writer, extensions: readonly Extension[]): void {
  writer.block(2, () => {
    for (const { type, body } of extensions) writer.u16(type).vector16(body);
  });
}
