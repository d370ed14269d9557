/**
 * The client's whole machine: its opening and the version it leads to.
 *
 * @see RFC 9846 Appendix A.1 (client states)
 * @module
 */
import { wipe } from '../../crypto/secret.ts';
import type { Exporter } from '../../keys/exporter.ts';
import { handlers as client12, wipeState as wipe12 } from '../client12/machine.ts';
import { table as client12Table } from '../client12/states.ts';
import { handlers as client13 } from '../client13/machine.ts';
import { table as client13Table } from '../client13/states.ts';
import { defineMachine, type HandlersOf, type Machine } from '../shared/machine.ts';
import { exporterOf13 } from '../shared/traffic.ts';
import { start } from './start.ts';
import { type State, table } from './states.ts';
import { waitServerHello } from './wait-server-hello.ts';

const opening: HandlersOf<State, typeof table> = { START: start, WAIT_SH: waitServerHello };

export const clientMachine: Machine<State> = /* @__PURE__ */ joinTables();

/** A call, so that a bundle of one role alone can leave out the other's machine. */
function joinTables(): Machine<State> {
  return defineMachine<State>({
    role: 'client',
    table: { ...table, ...client13Table, ...client12Table },
    handlers: { ...opening, ...client13, ...client12 },
    exporterOf,
    sessionIdOf,
    wipe: wipeState,
  });
}

function wipeState(state: State): void {
  switch (state.kind) {
    case 'START':
      return;
    case 'WAIT_SH':
      for (const { key } of state.offer.shares) key.wipe();
      return;
    case 'WAIT_EE':
    case 'WAIT_CERT_CR':
    case 'WAIT_CERT':
    case 'WAIT_CV':
    case 'VERIFYING_PEER':
    case 'WAIT_FINISHED':
      return wipe(...Object.values(state.hs.secrets));
    case 'CHOOSING_CREDENTIAL':
    case 'SIGNING':
      return wipe(...Object.values(state.hs.secrets), ...Object.values(state.hs.application));
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
    case 'WAIT_TICKET_12':
    case 'WAIT_CCS_12':
    case 'WAIT_FINISHED_12':
      return state.hs.sessionId;
    case 'CONNECTED_12':
      return state.sessionId;
    default:
      return null;
  }
}
