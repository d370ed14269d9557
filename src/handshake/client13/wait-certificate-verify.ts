/**
 * TLS 1.3 client: WAIT_CV, then VERIFYING_PEER.
 *
 * Expects CertificateVerify, checks that the peer holds the key it presented, and asks for a verdict on its certificates.
 *
 * @see RFC 9846 §4.5.2 (CertificateVerify), Appendix A.1 (client states)
 * @module
 */
import { certificateVerifyContent, provePossession } from '../shared/authenticate.ts';
import type { Handlers } from './states.ts';

export const waitCertificateVerify: Handlers<'WAIT_CV'> = {
  certificate_verify({ hs }, message, env) {
    // §4.5.2: the signature covers the transcript up to, not including, this message.
    const content = certificateVerifyContent('server', hs.transcript.hash());
    const possession = provePossession(env.crypto, hs.config.signatureSchemes, hs.peerKey, content, message);

    return {
      next: { kind: 'VERIFYING_PEER', hs: { ...hs, transcript: hs.transcript.with(message.raw) }, possession },
      effects: [{ do: 'ask', kind: 'verifyPeer', ask: hs.peer }],
    };
  },
};

/** Suspended, and not a state of the RFC: no record is read until the verdict arrives. */
export const verifyingPeer: Handlers<'VERIFYING_PEER'> = {
  // §4.5.1.3: a refusal never gets here; the driver fails with the refusal's own alert.
  'answer:verifyPeer'({ hs, possession }, verdict) {
    return {
      next: {
        kind: 'WAIT_FINISHED',
        hs: { authentication: { by: 'certificate', peer: hs.peer, possession, verdict }, ...hs },
      },
      effects: [],
    };
  },
};
