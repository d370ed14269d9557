/**
 * Byte strings one behind the other, as most formulas of TLS have them.
 *
 * @module
 */

/** In an array of its own. The parts may be more than a call takes arguments. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
