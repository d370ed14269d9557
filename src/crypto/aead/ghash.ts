/**
 * GHASH under one key, as GCM needs it, whichever kernel computes it.
 *
 * @see NIST SP 800-38D §6.4 (GHASH Function)
 * @module
 */

export interface Ghash {
  /** Begins a message of about that many blocks. Messages under different keys do not overlap in time. */
  start(blocks: number): void;
  /** Takes whole blocks of four little-endian words from `from` to `to`. */
  absorb(words: Int32Array, from: number, to: number): void;
  /** Writes the hash of all blocks so far as four words at `at`. */
  finish(words: Int32Array, at: number): void;
  wipe(): void;
}
