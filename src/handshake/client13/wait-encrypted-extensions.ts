/**
 * TLS 1.3 client: WAIT_EE.
 *
 * Expects EncryptedExtensions and takes from it what the server granted.
 *
 * @see RFC 9846 §4.4.1 (Encrypted Extensions); RFC 7301 §3.1 (ALPN)
 * @module
 */
import { fail } from '../../errors/errors.ts';
import { readEncryptedExtensions } from '../../wire/extension-table.ts';
import type { Handlers } from './states.ts';

export const waitEncryptedExtensions: Handlers<'WAIT_EE'> = {
  encrypted_extensions({ hs }, message) {
    const extensions = readEncryptedExtensions(message.extensions, hs.offered);

    // RFC 7301 §3.1: the one protocol named is one that was offered.
    const alpn = extensions.alpn ?? null;
    if (alpn !== null && !hs.target.alpn.includes(alpn)) fail('ERR_TLS_UNOFFERED_PROTOCOL');

    return {
      next: { kind: 'WAIT_CERT_CR', hs: { ...hs, alpn, transcript: hs.transcript.with(message.raw) } },
      effects: [],
    };
  },
};
