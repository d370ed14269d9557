/**
 * Hashes and HMAC on node:crypto.
 *
 * @see FIPS 180-4 (Secure Hash Standard), RFC 2104 (HMAC)
 * @module
 */
import { createHash, createHmac, type Hash } from 'node:crypto';
import type { HashName } from '../../params/algorithms.ts';
import type { HashContext } from '../provider.ts';

export function hashContext(name: HashName): HashContext {
  return contextOf(createHash(name));
}

/** HMAC over the concatenation of `data`. */
export function hmacOf(name: HashName, key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array {
  const state = createHmac(name, key);
  for (const bytes of data) state.update(bytes);
  return plain(state.digest());
}

/** The bytes of a Buffer in an array of their own: a Buffer's slice shares its memory. */
export function plain(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}

function contextOf(state: Hash): HashContext {
  return {
    update(bytes) {
      state.update(bytes);
    },
    clone: () => contextOf(state.copy()),
    digest: () => plain(state.digest()),
  };
}
