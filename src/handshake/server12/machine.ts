/**
 * The TLS 1.2 server's handlers, one for each row of its table.
 *
 * @see RFC 5246 §7.3 (Handshake Protocol Overview)
 * @module
 */
import { wipe } from '../../crypto/secret.ts';
import type { HandlersOf } from '../shared/machine.ts';
import { decrypting, verifyingPeer, waitCertificate, waitCertificateVerify, waitKeyExchange } from './client-flight.ts';
import { openingSession } from './client-hello.ts';
import { choosingCredential, signing } from './flight.ts';
import type { State, table } from './states.ts';
import { connected, waitChangeCipherSpec, waitFinished } from './wait-finished.ts';

export const handlers: HandlersOf<State, typeof table> = {
  OPENING_SESSION_12: openingSession,
  CHOOSING_CREDENTIAL_12: choosingCredential,
  SIGNING_12: signing,
  WAIT_CERT_12: waitCertificate,
  WAIT_CKE_12: waitKeyExchange,
  DECRYPTING_12: decrypting,
  WAIT_CV_12: waitCertificateVerify,
  VERIFYING_PEER_12: verifyingPeer,
  WAIT_CCS_12: waitChangeCipherSpec,
  WAIT_FINISHED_12: waitFinished,
  CONNECTED_12: connected,
};

/** Overwrites the secrets that a state holds. */
export function wipeState(state: State): void {
  switch (state.kind) {
    case 'SIGNING_12':
    case 'WAIT_CERT_12':
    case 'WAIT_CKE_12':
      if (state.hs.ownKey.by === 'ecdhe') state.hs.ownKey.key.wipe();
      return;
    case 'DECRYPTING_12':
      return wipe(state.replacement);
    case 'WAIT_CV_12':
    case 'VERIFYING_PEER_12':
      return wipe(state.agreement.master);
    case 'WAIT_CCS_12':
    case 'WAIT_FINISHED_12':
      return wipe(state.hs.agreement.master);
    case 'CONNECTED_12':
      return wipe(state.exporter.secret);
    default:
      return;
  }
}
