/**
 * Alert names and numbers, and the levels they travel with.
 *
 * @see RFC 9846 §6 (Alert Protocol), Appendix B.2
 * @module
 */

/** Alert descriptions by their registry names. */
export const ALERTS = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  decryption_failed: 21,
  record_overflow: 22,
  decompression_failure: 30,
  handshake_failure: 40,
  no_certificate: 41,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  export_restriction: 60,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  certificate_unobtainable: 111,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  bad_certificate_hash_value: 114,
  unknown_psk_identity: 115,
  certificate_required: 116,
  general_error: 117,
  no_application_protocol: 120,
} as const;

/** An alert description by its registry name. */
export type AlertName = keyof typeof ALERTS;

/** AlertLevel: in TLS 1.3 it follows from the description (§6) and is ignored when read. */
export const ALERT_LEVEL = { warning: 1, fatal: 2 } as const;

const NAMES: ReadonlyMap<number, AlertName> = new Map(
  (Object.keys(ALERTS) as AlertName[]).map((name) => [ALERTS[name], name]),
);

/** The registry name of an alert number, or null for one the registry does not know. */
export function alertName(description: number): AlertName | null {
  return NAMES.get(description) ?? null;
}
