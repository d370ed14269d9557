/**
 * The TLS 1.2 client's handlers, one for each row of its table.
 *
 * @see RFC 5246 §7.3 (Handshake Protocol Overview)
 * @module
 */
import { wipe } from '../../crypto/secret.ts';
import type { HandlersOf } from '../shared/machine.ts';
import { choosingCredential, signing, verifyingPeer } from './own-flight.ts';
import {
  waitCertificate,
  waitDone,
  waitKeyExchange,
  waitRequest,
  waitStatusOrKeyExchange,
  waitStatusOrRequest,
} from './server-flight.ts';
import type { State, table } from './states.ts';
import { connected, waitChangeCipherSpec, waitFinished, waitTicket } from './wait-finished.ts';

export const handlers: HandlersOf<State, typeof table> = {
  WAIT_CERT_12: waitCertificate,
  WAIT_STATUS_SKE_12: waitStatusOrKeyExchange,
  WAIT_SKE_12: waitKeyExchange,
  WAIT_STATUS_CR_12: waitStatusOrRequest,
  WAIT_CR_12: waitRequest,
  WAIT_SHD_12: waitDone,
  VERIFYING_PEER_12: verifyingPeer,
  CHOOSING_CREDENTIAL_12: choosingCredential,
  SIGNING_12: signing,
  WAIT_TICKET_12: waitTicket,
  WAIT_CCS_12: waitChangeCipherSpec,
  WAIT_FINISHED_12: waitFinished,
  CONNECTED_12: connected,
};

/** Overwrites the secrets that a state holds. */
export function wipeState(state: State): void {
  switch (state.kind) {
    case 'SIGNING_12':
      return wipe(state.agreement.master);
    case 'WAIT_TICKET_12':
    case 'WAIT_CCS_12':
    case 'WAIT_FINISHED_12':
      return wipe(state.hs.agreement.master, state.hs.resumable.psk);
    case 'CONNECTED_12':
      return wipe(state.exporter.secret);
    default:
      return;
  }
}
