/**
 * Sessions that a client keeps, each to be offered once.
 *
 * @see RFC 9846 Appendix C.4 (tickets are not reused), §4.7.1
 * @module
 */
import type { ClientSession } from './session.ts';

export interface ClientSessionStore {
  add(session: ClientSession): void;
  /** Removes and returns the youngest session for a name, as a list to pass as `target.sessions`; empty: there is none. */
  take(name: string): readonly ClientSession[];
}

/** A store in memory: at most `perName` sessions a name and `names` names, the oldest going first. */
export function createClientSessionStore(perName: number = 8, names: number = 1000): ClientSessionStore {
  const sessions = new Map<string, ClientSession[]>();
  return {
    add(session) {
      const list = sessions.get(session.name) ?? [];
      sessions.delete(session.name);
      sessions.set(session.name, [...list, session].slice(-perName));
      for (const oldest of sessions.keys()) {
        if (sessions.size <= names) break;
        sessions.delete(oldest);
      }
    },
    take(name) {
      const list = sessions.get(name) ?? [];
      const session = list.pop();
      if (list.length === 0) sessions.delete(name);
      return session === undefined ? [] : [session];
    },
  };
}
