/**
 * Whether a CRL or an OCSP response is current: thisUpdate has come, nextUpdate has not, and it is not too old.
 *
 * @see RFC 5280 §5.1.2.4, §5.1.2.5; RFC 6960 §4.2.2.1
 * @module
 */

/** What the caller allows. Seconds. */
export interface Tolerance {
  readonly time: Date;
  /** How far clocks may differ. */
  readonly clockSkew: number;
  /** The longest time since thisUpdate; null: as long as nextUpdate says. */
  readonly maxAge: number | null;
}

export interface UpdateTimes {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
}

/** Why it must not be used at all: it is from the future. Null: it may be used. */
export function prematurity({ thisUpdate }: UpdateTimes, { time, clockSkew }: Tolerance): string | null {
  return thisUpdate.getTime() > time.getTime() + clockSkew * 1000 ? `of ${thisUpdate.toISOString()}` : null;
}

/**
 * Why it says nothing about now, or null. `ageWithoutEnd`: the longest age in seconds where nextUpdate is absent and no maxAge
 * is set.
 */
export function staleness(times: UpdateTimes, tolerance: Tolerance, ageWithoutEnd: number): string | null {
  const { thisUpdate, nextUpdate } = times;
  const { clockSkew, maxAge } = tolerance;
  const now = tolerance.time.getTime();
  if (nextUpdate !== null && nextUpdate.getTime() < now - clockSkew * 1000) return `until ${nextUpdate.toISOString()}`;
  const longest = maxAge ?? (nextUpdate === null ? ageWithoutEnd : null);
  if (longest === null || now - thisUpdate.getTime() <= (longest + clockSkew) * 1000) return null;
  return `of ${thisUpdate.toISOString()}, more than ${longest} seconds old`;
}
