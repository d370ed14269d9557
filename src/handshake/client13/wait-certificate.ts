/**
 * TLS 1.3 client: WAIT_CERT_CR and WAIT_CERT.
 *
 * Expects the server's Certificate, and before it perhaps a CertificateRequest.
 *
 * @see RFC 9846 §4.4.2 (Certificate Request), §4.5.1 (Certificate), §4.5.1.3 (receiving it)
 * @module
 */
import { fail } from '../../errors/errors.ts';
import { readCertificateEntryExtensions, readCertificateRequestExtensions } from '../../wire/extension-table.ts';
import type { Received } from '../../wire/message.ts';
import type { Certificate13 } from '../../wire/messages.ts';
import { presentedKey } from '../shared/authenticate.ts';
import type { PeerIdentity } from '../shared/config.ts';
import type { Env } from '../shared/env.ts';
import type { AuthenticationAsked, Handlers, PeerPresented } from './states.ts';

export const waitCertificateOrRequest: Handlers<'WAIT_CERT_CR'> = {
  certificate_request({ hs }, message) {
    // §4.4.2: the context is empty outside post-handshake authentication.
    if (message.context.length !== 0) fail('ERR_TLS_BAD_REQUEST_CONTEXT');
    const extensions = readCertificateRequestExtensions(message.extensions);
    // §4.4.2: signature_algorithms is there.
    const schemes = extensions.signatureAlgorithms;
    if (schemes === undefined) fail('ERR_TLS_MISSING_EXTENSION', 'signature_algorithms in CertificateRequest');

    return {
      next: {
        kind: 'WAIT_CERT',
        hs: {
          request: {
            context: message.context,
            schemes,
            // §4.3.3: without signature_algorithms_cert the other list speaks for certificates too.
            schemesCert: extensions.signatureAlgorithmsCert ?? schemes,
            authorities: extensions.certificateAuthorities ?? [],
            oidFilters: extensions.oidFilters ?? [],
            statusRequested: extensions.statusRequest,
            timestampsRequested: extensions.signedCertificateTimestamp,
          },
          ...hs,
          transcript: hs.transcript.with(message.raw),
        },
      },
      effects: [],
    };
  },

  certificate({ hs }, message, env) {
    return { next: { kind: 'WAIT_CV', hs: present({ request: null, ...hs }, message, env) }, effects: [] };
  },
};

export const waitCertificate: Handlers<'WAIT_CERT'> = {
  certificate({ hs }, message, env) {
    return { next: { kind: 'WAIT_CV', hs: present(hs, message, env) }, effects: [] };
  },
};

function present(hs: AuthenticationAsked, message: Received<Certificate13>, env: Env): PeerPresented {
  // §4.5.1: a server's context is empty.
  if (message.context.length !== 0) fail('ERR_TLS_BAD_REQUEST_CONTEXT');
  // §4.5.1.3: a server always shows a certificate.
  const certificates = message.entries.map(({ certificate }) => certificate);
  if (certificates.length === 0) fail('ERR_TLS_EMPTY_SERVER_CERTIFICATE');
  const peerKey = presentedKey(certificates, hs.config, env.limits.certificates);
  // §4.5.1: the extensions of every entry answer the ClientHello's.
  const [extensions] = message.entries.map((entry) => readCertificateEntryExtensions(entry.extensions, hs.offered));

  const peer: PeerIdentity = {
    role: 'server',
    certificates,
    name: hs.target.name,
    ocspResponse: extensions?.ocspResponse ?? null,
    signedCertificateTimestamps: extensions?.signedCertificateTimestamps ?? [],
  };
  return { peer, peerKey, ...hs, transcript: hs.transcript.with(message.raw) };
}
