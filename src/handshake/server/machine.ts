/**
 * The server's whole machine: its opening and the version it leads to.
 *
 * @see RFC 9846 Appendix A.2 (server states)
 * @module
 */
import { wipe } from '../../crypto/secret.ts';
import { handlers as server13 } from '../server13/machine.ts';
import { table as server13Table } from '../server13/states.ts';
import { defineMachine, type HandlersOf, type Machine } from '../shared/machine.ts';
import { choosingConfig, start } from './start.ts';
import { type State, table } from './states.ts';

const opening: HandlersOf<State, typeof table> = { START: start, CHOOSING_CONFIG: choosingConfig };

export const serverMachine: Machine<State> = defineMachine<State>({
  role: 'server',
  table: { ...table, ...server13Table },
  handlers: { ...opening, ...server13 },
  trafficOf: (state) => (state.kind === 'CONNECTED' ? state.traffic : null),
  wipe: wipeState,
});

function wipeState(state: State): void {
  switch (state.kind) {
    case 'START':
    case 'CHOOSING_CONFIG':
    case 'OPENING_SESSION':
    case 'ADMITTING_EARLY_DATA':
    case 'WAIT_SECOND_CH':
    case 'CHOOSING_CREDENTIAL':
      return;
    case 'SIGNING':
      return wipe(...Object.values(state.flight.secrets));
    case 'WAIT_EOED':
    case 'WAIT_CERT':
    case 'WAIT_CV':
    case 'VERIFYING_PEER':
    case 'WAIT_FINISHED':
      return wipe(...Object.values(state.hs.secrets));
    case 'CONNECTED':
      return wipe(...Object.values(state.traffic.secrets));
    default:
      state satisfies never;
  }
}
