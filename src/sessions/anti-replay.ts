/**
 * Early data at most once: ClientHellos recorded by their validated binder, within a window of time.
 *
 * @see RFC 9846 §8.2 (Client Hello Recording), §8.3 (Freshness Checks)
 * @module
 */

/** What a server is asked to admit: early data of a client whose binder is verified. */
export interface EarlyDataClaim {
  /** §8.2: the validated binder, which no replay can change. */
  readonly key: Uint8Array;
  /** When, by the client's account of the ticket's age, this hello should have arrived: milliseconds since 1970-01-01 UTC. */
  readonly expectedArrival: number;
  readonly now: number;
  /** Bytes that the ticket allows. */
  readonly maxEarlyData: number;
}

export interface AntiReplay {
  /** True at most once for one claim. */
  admit(claim: EarlyDataClaim): boolean;
}

export interface AntiReplayOptions {
  /** When this store began to record: milliseconds since 1970-01-01 UTC. */
  readonly since: number;
  /** Milliseconds by which a hello may be early or late. Default: 10,000 (§8.3). */
  readonly window?: number | undefined;
  /** Hellos that are held at once; beyond, early data is refused. Default: 100,000. */
  readonly capacity?: number | undefined;
}

const DEFAULT_WINDOW = 10_000;
const DEFAULT_CAPACITY = 100_000;

/** A store in the memory of one process: it protects this process, not a fleet. */
export function createAntiReplay(options: AntiReplayOptions): AntiReplay {
  const { since, window = DEFAULT_WINDOW, capacity = DEFAULT_CAPACITY } = options;
  /** Key to the time until which it is kept, in order of arrival. */
  const seen = new Map<string, number>();
  return {
    admit({ key, expectedArrival, now }) {
      // §8.3: too early or too late to be fresh.
      if (Math.abs(now - expectedArrival) > window) return false;
      // §8.2: while the window reaches back before the start, a replay of what came then could not be told.
      if (expectedArrival - window < since) return false;
      for (const [old, until] of seen) {
        if (until >= now) break;
        seen.delete(old);
      }
      const name = String.fromCharCode(...key);
      if (seen.has(name) || seen.size >= capacity) return false;
      // A replay passes the freshness check until then, and no longer.
      seen.set(name, now + 2 * window);
      return true;
    },
  };
}
