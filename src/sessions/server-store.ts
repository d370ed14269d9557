/**
 * Sessions that a server keeps itself: the ticket is only their name, and each is used once.
 *
 * @see RFC 9846 §8.1 (Single-Use Tickets), §4.7.1
 * @module
 */
import type { ServerSession } from './session.ts';

/** Where a server keeps its sessions. `find` leaves them: a session is removed once its binder has been verified. */
export interface ServerSessionStore {
  add(id: Uint8Array, session: ServerSession): void;
  find(id: Uint8Array): ServerSession | null;
  remove(id: Uint8Array): void;
}

const DEFAULT_CAPACITY = 20_000;

/** A store in memory. Beyond `capacity` sessions the oldest goes. */
export function createServerSessionStore(capacity: number = DEFAULT_CAPACITY): ServerSessionStore {
  const sessions = new Map<string, ServerSession>();
  return {
    add(id, session) {
      sessions.set(keyOf(id), session);
      // A Map keeps the order of insertion.
      for (const oldest of sessions.keys()) {
        if (sessions.size <= capacity) break;
        sessions.delete(oldest);
      }
    },
    find: (id) => sessions.get(keyOf(id)) ?? null,
    remove(id) {
      sessions.delete(keyOf(id));
    },
  };
}

function keyOf(id: Uint8Array): string {
  return String.fromCharCode(...id);
}
