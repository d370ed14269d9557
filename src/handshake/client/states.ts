/**
 * The client's opening: the states before the version is known.
 *
 * @see RFC 9846 Appendix A.1 (client states)
 * @module
 */
import type { Transcript } from '../../keys/transcript.ts';
import type { CipherSuite13, NamedGroup } from '../../params/algorithms.ts';
import type { State as Client12State } from '../client12/states.ts';
import type { State as Client13State } from '../client13/states.ts';
import type { ClientTarget, Offer } from '../shared/client-hello.ts';
import type { ClientConfig } from '../shared/config.ts';
import type { StateHandlers, TableOf } from '../shared/machine.ts';

export const table = {
  START: { start: ['WAIT_SH'] },
  WAIT_SH: {
    hello_request: ['WAIT_SH'],
    server_hello: ['WAIT_EE', 'WAIT_CERT_12', 'WAIT_TICKET_12', 'WAIT_CCS_12'],
    hello_retry_request: ['WAIT_SH'],
  },
} as const satisfies TableOf<OpeningState, State['kind']>;

/** What a HelloRetryRequest has fixed. */
export interface Retry {
  readonly suite: CipherSuite13;
  /** Null when it asked for a cookie only. */
  readonly group: NamedGroup | null;
}

export type OpeningState =
  | { readonly kind: 'START'; readonly config: ClientConfig; readonly target: ClientTarget }
  | {
      readonly kind: 'WAIT_SH';
      readonly config: ClientConfig;
      readonly target: ClientTarget;
      readonly offer: Offer;
      readonly transcript: Transcript;
      readonly retry: Retry | null;
    };

/** Every state of a client's connection. */
export type State = OpeningState | Client13State | Client12State;

export type Handlers<K extends keyof typeof table> = StateHandlers<State, typeof table, K>;
