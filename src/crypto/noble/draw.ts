/**
 * Drawing from the caller's source of randomness.
 *
 * @see RFC 9846 Appendix C.1 (Random Number Generation and Seeding)
 * @module
 */
import { TlsUsageError } from '../../errors/errors.ts';
import type { Random } from '../provider.ts';

/** A copy of `length` random bytes, which may be changed and wiped. A source that gives another length is refused. */
export function draw(random: Random, length: number): Uint8Array<ArrayBuffer> {
  const bytes = random(length);
  if (bytes.length !== length) throw new TlsUsageError(`random gave ${bytes.length} bytes instead of ${length}`);
  return Uint8Array.from(bytes);
}
