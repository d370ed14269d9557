/**
 * Handling of secret bytes: comparing without a timing signal, and wiping.
 *
 * JavaScript gives no promise about copies that the engine makes; wiping is best effort and docs/security.md says so.
 *
 * @see RFC 9846 Appendix C.3 (implementation pitfalls), §4.5.3
 * @module
 */

/** Compares two byte strings in time that depends on their lengths alone. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** True if every byte is zero, in time that depends on the length alone. */
export function isAllZero(bytes: Uint8Array): boolean {
  let seen = 0;
  for (let i = 0; i < bytes.length; i++) seen |= bytes[i] ?? 0;
  return seen === 0;
}

/** Overwrites secrets that are not used again. */
export function wipe(...secrets: readonly (Uint8Array | null | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}
