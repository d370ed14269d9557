/**
 * The TLS 1.3 client's handlers, one for each row of its table.
 *
 * @see RFC 9846 Appendix A.1 (client states)
 * @module
 */
import type { HandlersOf } from '../shared/machine.ts';
import { connected } from './connected.ts';
import type { State, table } from './states.ts';
import { waitCertificate, waitCertificateOrRequest } from './wait-certificate.ts';
import { verifyingPeer, waitCertificateVerify } from './wait-certificate-verify.ts';
import { waitEncryptedExtensions } from './wait-encrypted-extensions.ts';
import { choosingCredential, signing, waitFinished } from './wait-finished.ts';

export const handlers: HandlersOf<State, typeof table> = {
  WAIT_EE: waitEncryptedExtensions,
  WAIT_CERT_CR: waitCertificateOrRequest,
  WAIT_CERT: waitCertificate,
  WAIT_CV: waitCertificateVerify,
  VERIFYING_PEER: verifyingPeer,
  WAIT_FINISHED: waitFinished,
  CHOOSING_CREDENTIAL: choosingCredential,
  SIGNING: signing,
  CONNECTED: connected,
};
