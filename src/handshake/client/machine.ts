/**
 * The client's whole machine: its opening and the version it leads to.
 *
 * @see RFC 9846 Appendix A.1 (client states)
 * @module
 */
import { handlers as client13 } from '../client13/machine.ts';
import { table as client13Table } from '../client13/states.ts';
import { defineMachine, type HandlersOf, type Machine } from '../shared/machine.ts';
import { start } from './start.ts';
import { type State, table } from './states.ts';
import { waitServerHello } from './wait-server-hello.ts';

const opening: HandlersOf<State, typeof table> = { START: start, WAIT_SH: waitServerHello };

export const clientMachine: Machine<State> = defineMachine<State>(
  'client',
  { ...table, ...client13Table },
  { ...opening, ...client13 },
);
