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
import type { EncryptedExtensionsExtensions } from '../../wire/messages.ts';
import type { ClientConfig } from '../shared/config.ts';
import type { Effect } from '../shared/effects.ts';
import { innerLimitOf, MAX_RECORD_SIZE_LIMIT, MIN_RECORD_SIZE_LIMIT } from '../shared/record-limits.ts';
import type { Handlers, Negotiated } from './states.ts';

export const waitEncryptedExtensions: Handlers<'WAIT_EE'> = {
  encrypted_extensions({ hs }, message) {
    const extensions = readEncryptedExtensions(message.extensions, hs.offered);

    // RFC 7301 §3.1: the one protocol named is one that was offered.
    const alpn = extensions.alpn ?? null;
    if (alpn !== null && !hs.target.alpn.includes(alpn)) fail('ERR_TLS_UNOFFERED_PROTOCOL');

    const limits = agreedLimits(hs.config, extensions);
    const earlyDataAccepted = extensions.earlyData;
    if (earlyDataAccepted) checkEarlyData(hs, alpn);
    const parameters = { alpn, earlyDataAccepted, ...hs, transcript: hs.transcript.with(message.raw) };
    const effects = [...limits, ...(hs.earlyData === null ? [] : answerToEarlyData(hs, earlyDataAccepted))];
    // Appendix A.1: with a PSK the server's Finished is next.
    if (hs.psk !== null) {
      const authentication = { by: 'psk', selected: hs.psk } as const;
      return { next: { kind: 'WAIT_FINISHED', hs: { request: null, authentication, ...parameters } }, effects };
    }
    return { next: { kind: 'WAIT_CERT_CR', hs: parameters }, effects };
  },
};

/** RFC 8449 §4 and RFC 6066 §4: how long records may be from here on. */
function agreedLimits(config: ClientConfig, extensions: EncryptedExtensionsExtensions): readonly Effect[] {
  const { recordSizeLimit, maxFragmentLength } = extensions;
  if (recordSizeLimit !== undefined) {
    // RFC 8449 §5: both in one answer are refused; §4: so is less than 64, or more than the protocol has.
    if (maxFragmentLength !== undefined) fail('ERR_TLS_BAD_RECORD_SIZE_LIMIT', 'max_fragment_length beside it');
    if (recordSizeLimit < MIN_RECORD_SIZE_LIMIT || recordSizeLimit > MAX_RECORD_SIZE_LIMIT) {
      fail('ERR_TLS_BAD_RECORD_SIZE_LIMIT', `${recordSizeLimit}`);
    }
    return [
      { do: 'set-limits', direction: 'write', bytes: recordSizeLimit },
      { do: 'set-limits', direction: 'read', bytes: config.recordSizeLimit ?? MAX_RECORD_SIZE_LIMIT },
    ];
  }
  if (maxFragmentLength === undefined) return [];
  // RFC 6066 §4: the server's answer is the value asked for.
  if (maxFragmentLength !== config.maxFragmentLength) fail('ERR_TLS_BAD_MAX_FRAGMENT_LENGTH', `${maxFragmentLength}`);
  const bytes = innerLimitOf(maxFragmentLength);
  return [
    { do: 'set-limits', direction: 'write', bytes },
    { do: 'set-limits', direction: 'read', bytes },
  ];
}

/** §4.3.10, §4.3.11: early data is accepted only under the first PSK, its suite and its protocol. */
function checkEarlyData({ psk, earlyData, suite }: Negotiated, alpn: string | null): void {
  if (psk?.index !== 0 || earlyData === null) fail('ERR_TLS_EARLY_DATA_MISMATCH', 'not the first PSK');
  if (suite.name !== earlyData.cipherSuite || alpn !== earlyData.alpn) fail('ERR_TLS_EARLY_DATA_MISMATCH');
}

function answerToEarlyData({ suite, secrets }: Negotiated, accepted: boolean): readonly Effect[] {
  if (accepted) return [{ do: 'early-data', status: 'accepted' }];
  return [
    { do: 'early-data', status: 'rejected' },
    { do: 'install-keys', direction: 'write', level: 'handshake', suite, secret: secrets.client },
  ];
}
