/**
 * Agreed lengths of records.
 *
 * @see RFC 8449 §4 (record_size_limit), RFC 6066 §4 (max_fragment_length)
 * @module
 */

/** RFC 8449 §4: a limit is 64 at least, */
export const MIN_RECORD_SIZE_LIMIT = 64;
/** and in TLS 1.3 at most 2^14 and the content type. */
export const MAX_RECORD_SIZE_LIMIT = 16_385;

/** RFC 6066 §4: 1 to 4 for 2^9 to 2^12 bytes of content; in TLS 1.3 a content type is beside it. */
export function innerLimitOf(maxFragmentLength: number): number {
  return 2 ** (8 + maxFragmentLength) + 1;
}

export function isMaxFragmentLength(code: number): boolean {
  return code >= 1 && code <= 4;
}
