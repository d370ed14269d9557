/**
 * The server's whole machine: its opening and the versions it leads to.
 *
 * @see RFC 9846 Appendix A.2 (server states)
 * @module
 */
import { wipe } from '../../crypto/secret.ts';
import type { Exporter } from '../../keys/exporter.ts';
import { handlers as server12, wipeState as wipe12 } from '../server12/machine.ts';
import { table as server12Table } from '../server12/states.ts';
import { handlers as server13 } from '../server13/machine.ts';
import { table as server13Table } from '../server13/states.ts';
import { defineMachine, type HandlersOf, type Machine } from '../shared/machine.ts';
import { exporterOf13 } from '../shared/traffic.ts';
import { choosingConfig, start } from './start.ts';
import { type State, table } from './states.ts';

const opening: HandlersOf<State, typeof table> = { START: start, CHOOSING_CONFIG: choosingConfig };

export const serverMachine: Machine<State> = /* @__PURE__ */ joinTables();

/** A call, so that a bundle of one role alone can leave out the other's machine. */
function joinTables(): Machine<State> {
  return defineMachine<State>({
    role: 'server',
    table: { ...table, ...server13Table, ...server12Table },
    handlers: { ...opening, ...server13, ...server12 },
    exporterOf,
    sessionIdOf,
    wipe: wipeState,
  });
}

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
      return wipe12(state);
  }
}

function exporterOf(state: State): Exporter | null {
  if (state.kind === 'CONNECTED_12') return state.exporter;
  return state.kind === 'CONNECTED' ? exporterOf13(state.traffic) : null;
}

function sessionIdOf(state: State): Uint8Array | null {
  switch (state.kind) {
    case 'WAIT_CCS_12':
    case 'WAIT_FINISHED_12':
      return state.hs.sessionId;
    case 'CONNECTED_12':
      return state.sessionId;
    default:
      return null;
  }
}
