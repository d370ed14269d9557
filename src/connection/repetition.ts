/**
 * Counts what a peer may repeat without getting anywhere, and refuses it beyond the limits.
 *
 * @see RFC 9846 §4.7.3 (KeyUpdate), §6 (Alert Protocol); RFC 5246 §7.4.1.1 (HelloRequest)
 * @module
 */
import { fail } from '../errors/errors.ts';
import type { Limits } from '../handshake/shared/config.ts';
import { HANDSHAKE_TYPE } from '../params/registries.ts';

export interface Repetition {
  /** A handshake message has arrived; `open`: the handshake is over. Throws TlsError beyond a limit. */
  message(type: number, open: boolean): void;
  /** An alert that does not end the connection. Throws TlsError beyond the limit. */
  warning(): void;
  /** Application data: the connection gets somewhere. */
  data(): void;
}

export function countRepetition(limits: Limits): Repetition {
  let keyUpdates = 0;
  let renegotiations = 0;
  let warnings = 0;
  return {
    message(type, open) {
      if (type === HANDSHAKE_TYPE.key_update && ++keyUpdates > limits.keyUpdates) fail('ERR_TLS_TOO_MANY_KEY_UPDATES');
      // A ClientHello in an open connection asks for the same as a HelloRequest.
      const renegotiates = type === HANDSHAKE_TYPE.hello_request || (type === HANDSHAKE_TYPE.client_hello && open);
      if (renegotiates && ++renegotiations > limits.warningAlerts) fail('ERR_TLS_TOO_MANY_RENEGOTIATIONS');
    },
    warning() {
      if (++warnings > limits.warningAlerts) fail('ERR_TLS_TOO_MANY_WARNINGS');
    },
    data() {
      keyUpdates = 0;
      renegotiations = 0;
    },
  };
}
