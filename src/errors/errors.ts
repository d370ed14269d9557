/**
 * The error classes. `TlsError` says what a peer (or a bad credential) did; the other two say what the caller did.
 *
 * @see RFC 9846 §6.2 (Error Alerts)
 * @module
 */
import type { AlertName } from './alerts.ts';
import { ALERT_FOR, type ErrorCode, REFUSALS } from './refusals.ts';

/** Who broke the rule: the peer, or this side. */
export type ErrorOrigin = 'peer' | 'own';

export interface TlsErrorOptions {
  /** What was received and what was allowed. Never a secret, never plaintext. */
  readonly detail?: string | undefined;
  readonly origin?: ErrorOrigin | undefined;
  /** Replaces the alert of the code; for a verifier's own refusals. */
  readonly alert?: AlertName | null | undefined;
  readonly cause?: unknown;
}

/** A connection or a certificate path that failed. `alert` is what is sent to the peer, null where nothing is. */
export class TlsError extends Error {
  override readonly name = 'TlsError';
  readonly code: ErrorCode;
  readonly alert: AlertName | null;
  readonly origin: ErrorOrigin;
  /** The section that was broken, for example "RFC 9846 §4.5.2". */
  readonly section: string;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, options: TlsErrorOptions = {}) {
    const [, section, sentence] = REFUSALS[code];
    super(
      options.detail === undefined ? sentence : `${sentence} (${options.detail})`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.alert = options.alert === undefined ? ALERT_FOR[code] : options.alert;
    this.origin = options.origin ?? 'peer';
    this.section = section.startsWith('§') ? `RFC 9846 ${section}` : section;
    this.detail = options.detail;
  }
}

/** A call that the connection's state or the arguments do not allow. The connection is unchanged. */
export class TlsUsageError extends Error {
  override readonly name = 'TlsUsageError';
  readonly code = 'ERR_USAGE' as const;
}

/** An option that cannot be used; thrown when a config is defined, never during a connection. */
export class TlsConfigError extends Error {
  override readonly name = 'TlsConfigError';
  readonly code: Extract<ErrorCode, `ERR_CONFIG${string}`>;

  constructor(
    code: Extract<ErrorCode, `ERR_CONFIG${string}`>,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
    this.code = code;
  }
}

/** Ends what is being done with a TlsError; caught by the driver alone, which sends its alert. */
export function fail(code: ErrorCode, detail?: string): never {
  throw new TlsError(code, { detail });
}
