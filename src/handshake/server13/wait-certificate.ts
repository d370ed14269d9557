/**
 * TLS 1.3 server: WAIT_CERT, WAIT_CV, then VERIFYING_PEER.
 *
 * Expects the client's Certificate, which may be empty where none is required, and its CertificateVerify.
 *
 * @see RFC 9846 §4.5.1.3 (Receiving a Certificate Message), §4.5.2 (CertificateVerify)
 * @module
 */
import { fail } from '../../errors/errors.ts';
import { readCertificateEntryExtensions } from '../../wire/extension-table.ts';
import { certificateVerifyContent, presentedKey, provePossession } from '../shared/authenticate.ts';
import type { PeerIdentity } from '../shared/config.ts';
import type { Handlers } from './states.ts';

/** Our CertificateRequest asks for no extension that a certificate entry could answer. */
const REQUESTED: ReadonlySet<number> = new Set();

export const waitCertificate: Handlers<'WAIT_CERT'> = {
  certificate({ hs }, message, env) {
    // §4.5.1: the context is the request's, which was empty.
    if (message.context.length !== 0) fail('ERR_TLS_BAD_REQUEST_CONTEXT');
    const transcript = hs.transcript.with(message.raw);
    if (message.entries.length === 0) {
      // §4.5.1.3: no certificate, at the server's discretion.
      if (hs.config.clientAuth === 'require') fail('ERR_TLS_CERTIFICATE_REQUIRED');
      return { next: { kind: 'WAIT_FINISHED', hs: { ...hs, transcript }, client: { by: 'nothing' } }, effects: [] };
    }
    const certificates = message.entries.map(({ certificate }) => certificate);
    const peerKey = presentedKey(certificates, hs.config, env.limits.certificates);
    // §4.5.1: the extensions of every entry answer the CertificateRequest's.
    for (const entry of message.entries) readCertificateEntryExtensions(entry.extensions, REQUESTED);

    const peer: PeerIdentity = {
      role: 'client',
      certificates,
      name: null,
      ocspResponse: null,
      signedCertificateTimestamps: [],
    };
    return { next: { kind: 'WAIT_CV', hs: { peer, peerKey, ...hs, transcript } }, effects: [] };
  },
};

export const waitCertificateVerify: Handlers<'WAIT_CV'> = {
  certificate_verify({ hs }, message, env) {
    // §4.5.2: the signature covers the transcript up to, not including, this message.
    const content = certificateVerifyContent('client', hs.transcript.hash());
    const possession = provePossession(env.crypto, hs.config.signatureSchemes, hs.peerKey, content, message);

    return {
      next: { kind: 'VERIFYING_PEER', hs: { ...hs, transcript: hs.transcript.with(message.raw) }, possession },
      effects: [{ do: 'ask', kind: 'verifyPeer', ask: hs.peer }],
    };
  },
};

/** Suspended: no record is read until the verdict arrives. */
export const verifyingPeer: Handlers<'VERIFYING_PEER'> = {
  // §4.5.1.3: a refusal never gets here; the driver fails with the refusal's own alert.
  'answer:verifyPeer'({ hs, possession }, verdict) {
    const { peer } = hs;
    return {
      next: {
        kind: 'WAIT_FINISHED',
        hs,
        client: { by: 'certificate', peer, scheme: possession.scheme, possession, verdict },
      },
      effects: [],
    };
  },
};
