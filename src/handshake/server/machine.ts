/**
 * The server's whole machine: its opening and the version it leads to.
 *
 * @see RFC 9846 Appendix A.2 (server states)
 * @module
 */
import { handlers as server13 } from '../server13/machine.ts';
import { table as server13Table } from '../server13/states.ts';
import { defineMachine, type HandlersOf, type Machine } from '../shared/machine.ts';
import { choosingConfig, start } from './start.ts';
import { type State, table } from './states.ts';

const opening: HandlersOf<State, typeof table> = { START: start, CHOOSING_CONFIG: choosingConfig };

export const serverMachine: Machine<State> = defineMachine<State>(
  'server',
  { ...table, ...server13Table },
  { ...opening, ...server13 },
);
