/**
 * The TLS 1.3 server's handlers, one for each row of its table.
 *
 * @see RFC 9846 Appendix A.2 (server states)
 * @module
 */
import type { HandlersOf } from '../shared/machine.ts';
import { admittingEarlyData, openingSession, waitSecondClientHello } from './client-hello.ts';
import { connected } from './connected.ts';
import { choosingCredential, signing } from './flight.ts';
import type { State, table } from './states.ts';
import { verifyingPeer, waitCertificate, waitCertificateVerify } from './wait-certificate.ts';
import { waitEndOfEarlyData, waitFinished } from './wait-finished.ts';

export const handlers: HandlersOf<State, typeof table> = {
  OPENING_SESSION: openingSession,
  ADMITTING_EARLY_DATA: admittingEarlyData,
  WAIT_SECOND_CH: waitSecondClientHello,
  CHOOSING_CREDENTIAL: choosingCredential,
  SIGNING: signing,
  WAIT_EOED: waitEndOfEarlyData,
  WAIT_CERT: waitCertificate,
  WAIT_CV: waitCertificateVerify,
  VERIFYING_PEER: verifyingPeer,
  WAIT_FINISHED: waitFinished,
  CONNECTED: connected,
};
