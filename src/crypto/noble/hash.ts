/**
 * SHA-2, HMAC, and SHA-1 for the few things that still need it.
 *
 * @see FIPS 180-4 (Secure Hash Standard), RFC 2104 (HMAC)
 * @module
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import type { HashName } from '../../params/algorithms.ts';
import type { HashContext } from '../provider.ts';

/** noble's functions by our names, for the algorithms that are built on a hash. */
export const HASHES = { sha1, sha256, sha384, sha512 } as const satisfies Record<HashName, unknown>;

export function hashContext(name: HashName): HashContext {
  return contextOf(HASHES[name].create());
}

/** The digest of the concatenation of `data`. */
export function digest(name: HashName, ...data: readonly Uint8Array[]): Uint8Array {
  const state = HASHES[name].create();
  for (const bytes of data) state.update(bytes);
  return state.digest();
}

/** HMAC over the concatenation of `data`. */
export function hmacOf(name: HashName, key: Uint8Array, ...data: readonly Uint8Array[]): Uint8Array {
  const state = hmac.create(HASHES[name], key);
  for (const bytes of data) state.update(bytes);
  return state.digest();
}

type HashState = ReturnType<(typeof HASHES)[HashName]['create']>;

function contextOf(state: HashState): HashContext {
  return {
    update(bytes) {
      state.update(bytes);
    },
    clone: () => contextOf(state.clone()),
    digest: () => state.digest(),
  };
}
