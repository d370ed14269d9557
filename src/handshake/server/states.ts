/**
 * The server's opening: the states before the version is known.
 *
 * @see RFC 9846 Appendix A.2 (server states)
 * @module
 */
import type { Received } from '../../wire/message.ts';
import type { ClientHello, ClientHelloExtensions } from '../../wire/messages.ts';
import type { State as Server12State } from '../server12/states.ts';
import type { State as Server13State } from '../server13/states.ts';
import type { StateHandlers, TableOf } from '../shared/machine.ts';

export const table = {
  START: { client_hello: ['CHOOSING_CONFIG'] },
  CHOOSING_CONFIG: {
    'answer:chooseConfig': [
      'OPENING_SESSION',
      'WAIT_SECOND_CH',
      'CHOOSING_CREDENTIAL',
      'OPENING_SESSION_12',
      'CHOOSING_CREDENTIAL_12',
    ],
  },
} as const satisfies TableOf<OpeningState, State['kind']>;

export type OpeningState =
  | { readonly kind: 'START' }
  | {
      readonly kind: 'CHOOSING_CONFIG';
      readonly message: Received<ClientHello>;
      readonly extensions: ClientHelloExtensions;
    };

/** Every state of a server's connection. */
export type State = OpeningState | Server13State | Server12State;

export type Handlers<K extends keyof typeof table> = StateHandlers<State, typeof table, K>;
