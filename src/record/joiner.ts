/**
 * Handshake messages out of record fragments: a message may span records, and a record may hold several messages.
 *
 * @see RFC 9846 §5.1 (Record Layer), §4 (Handshake Protocol)
 * @module
 */
import { fail } from '../errors/errors.ts';
import { HANDSHAKE_HEADER_LENGTH } from '../wire/message.ts';
import { createByteQueue } from './byte-queue.ts';

export interface Joiner {
  /** True if no part of a message is waiting. */
  isEmpty(): boolean;
  /** Takes a copy of the content of a handshake record. */
  push(fragment: Uint8Array): void;
  /**
   * The next whole message with its header, in an array of its own, or null until there is one. Throws
   * ERR_TLS_MESSAGE_TOO_LONG as soon as a header announces more than the limit.
   */
  next(): Uint8Array<ArrayBuffer> | null;
  wipe(): void;
}

/** `limit`: the longest body that is accepted, in bytes, the header of four bytes not counted. */
export function createJoiner(limit: number): Joiner {
  const queue = createByteQueue();
  return {
    isEmpty: () => queue.length === 0,
    push: (fragment) => queue.append(fragment, 0, fragment.length),
    next() {
      if (queue.length < HANDSHAKE_HEADER_LENGTH) return null;
      const length = (queue.at(1) << 16) | (queue.at(2) << 8) | queue.at(3);
      // Limit: a length of up to 16 MiB is only a claim; it is refused before anything is kept for it.
      if (length > limit) fail('ERR_TLS_MESSAGE_TOO_LONG', `${length} bytes where at most ${limit} are accepted`);

      const end = HANDSHAKE_HEADER_LENGTH + length;
      if (queue.length < end) return null;
      const message = new Uint8Array(end);
      message.set(queue.view(0, end));
      queue.drop(end);
      queue.trim();
      return message;
    },
    wipe: () => queue.wipe(),
  };
}
