/**
 * The rules of §4.3: extensions, and what their bodies say.
 *
 * @see RFC 9846 §4.3 to §4.3.11
 * @module
 */
import { type AlertRule, refused } from './rule.ts';

export const extensionRules: readonly AlertRule[] = [
  {
    ...{ id: 'data-after-extension', section: '4.3', line: 1563, level: 'MUST', by: 'both', alerts: ['decode_error'] },
    rule: 'nothing is left over in the body of an extension',
    tests: refused(
      'server: ClientHello with data behind extension 13',
      'server: ClientHello with data behind extension 43',
      'server: ClientHello with data behind extension 51',
      'client: ServerHello with data behind its share',
      'client: encrypted_extensions with a name in server_name',
      'client: certificate_request with a body in status_request',
    ),
  },
  {
    ...{ id: 'unsolicited-extension', section: '4.3', line: 1586, level: 'MUST', by: 'both' },
    alerts: ['unsupported_extension'],
    rule: 'an answer has no extension that was not asked for',
    tests: refused(
      'client: ServerHello with an unknown extension',
      'client: ServerHello with a PSK that was not offered',
      'client: HelloRetryRequest with an unknown extension',
      'client: encrypted_extensions with an unknown extension',
      'client: encrypted_extensions with early_data',
      'client: certificate with an OCSP response',
      'server: certificate with an unknown extension',
      'server: certificate with SCTs',
    ),
  },
  {
    ...{ id: 'misplaced-extension', section: '4.3', line: 1593, level: 'MUST', by: 'both' },
    alerts: ['illegal_parameter'],
    rule: 'an extension that is known stands only in the messages that it is specified for',
    tests: refused(
      'server: ClientHello with oid_filters',
      'client: ServerHello with extension 16',
      'client: HelloRetryRequest with server_name',
      'client: encrypted_extensions with extension 43',
      'client: certificate_request with extension 51',
      'client: certificate with extension 0',
      'server: certificate with extension 0',
      'client: a ticket with server_name after the handshake',
    ),
  },
  {
    ...{ id: 'legacy-version-beyond', section: '4.3.1', line: 1730, level: 'MAY', by: 'server' },
    ...{ alerts: ['protocol_version'], unnamed: true },
    rule: 'a server may refuse a legacy_version of 0x0304 or later',
    tests: refused(
      'server: ClientHello with 0x0304 in legacy_version alone',
      'server: ClientHello with legacy_version 0x304',
    ),
  },
  {
    ...{ id: 'unoffered-version', section: '4.3.1', line: 1759, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'selected_version was offered and is not of TLS 1.2 or before',
    tests: refused(
      'client: ServerHello with selected_version 0x303',
      'client: ServerHello with selected_version 0x302',
      'client: ServerHello with selected_version 0x305',
      'client: HelloRetryRequest for TLS 1.2',
    ),
  },
  {
    ...{ id: 'signature-algorithms-missing', section: '4.3.3', line: 1813, level: 'MUST', by: 'server' },
    alerts: ['missing_extension'],
    rule: 'a server that would use a certificate needs signature_algorithms',
    tests: refused(
      'server: ClientHello without extension 13',
      'server: ClientHello with a PSK that is not taken, without signature schemes',
    ),
  },
  {
    ...{ id: 'oid-filters-ignored', section: '4.3.5', line: 2026, level: 'MAY', by: 'server' },
    alerts: ['unsupported_certificate'],
    rule: 'a server may refuse a certificate that its oid_filters exclude',
    declined: 'the filters are advice to the client; the verifier of the owner judges what it shows',
  },
  {
    ...{ id: 'duplicate-group', section: '4.3.7', line: 2113, level: 'MAY', by: 'both' },
    alerts: ['illegal_parameter'],
    rule: 'a group that stands twice in supported_groups may be refused',
    declined: 'the first entry counts; a second changes nothing',
  },
  {
    ...{ id: 'key-share-rules', section: '4.3.8', line: 2187, level: 'MAY', by: 'server' },
    alerts: ['illegal_parameter'],
    rule: 'key_share has one entry for a group, and only groups of supported_groups',
    tests: refused(
      'server: ClientHello with two shares for one group',
      'server: ClientHello with two shares for an unknown group',
      'server: ClientHello with a share for a group that is not listed',
    ),
  },
  {
    ...{ id: 'retry-group', section: '4.3.8', line: 2210, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'a HelloRetryRequest asks for a group that was offered and whose share was not sent',
    tests: refused(
      'client: HelloRetryRequest for a group that is not offered',
      'client: HelloRetryRequest for an unknown group',
      'client: HelloRetryRequest for a group whose share was sent',
      'client: HelloRetryRequest for a group whose share was sent, with a cookie',
    ),
  },
  {
    ...{ id: 'group-after-retry', section: '4.3.8', line: 2237, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'the ServerHello’s share is of the group that the HelloRetryRequest asked for',
    tests: refused('client: ServerHello for the group of the first hello behind a HelloRetryRequest'),
  },
  {
    ...{ id: 'psk-modes-missing', section: '4.3.9', line: 2305, level: 'MUST', by: 'server' },
    ...{ alerts: ['missing_extension'], unnamed: true },
    rule: 'pre_shared_key comes with psk_key_exchange_modes',
    tests: refused('server: ClientHello with a PSK and without its modes'),
  },
  {
    ...{ id: 'early-record', section: '4.3.10', line: 2437, level: 'MUST', by: 'server', alerts: ['bad_record_mac'] },
    rule: 'once early data is accepted, a record of it that does not open is an error',
    tests: refused('server: an early record that does not open'),
  },
  {
    ...{ id: 'binder-wrong', section: '4.3.11', line: 2542, level: 'MUST', by: 'server' },
    ...{ alerts: ['decrypt_error'], unnamed: true },
    rule: 'the binder of the PSK that is taken validates',
    tests: refused(
      'server: ClientHello with a wrong binder',
      'server: ClientHello changed under its binder',
      'server: ClientHello with early data and a wrong binder',
      'server: second ClientHello with the binder of the first',
    ),
  },
  {
    ...{ id: 'binder-missing', section: '4.3.11', line: 2542, level: 'MUST', by: 'server' },
    ...{ alerts: ['illegal_parameter'], unnamed: true },
    rule: 'the PSK that is taken has a binder',
    tests: refused(
      'server: ClientHello with fewer binders than PSKs',
      'server: ClientHello with more binders than PSKs',
    ),
  },
  {
    ...{ id: 'psk-index', section: '4.3.11', line: 2555, level: 'MUST', by: 'client', alerts: ['illegal_parameter'] },
    rule: 'selected_identity is one of those offered',
    tests: refused(
      'client: ServerHello with a PSK beyond those offered',
      'client: ServerHello with PSK 0xffff',
      'client: ServerHello with early data and a PSK beyond those offered',
    ),
  },
  {
    ...{ id: 'psk-hash', section: '4.3.11', line: 2555, level: 'MUST', by: 'client', alerts: ['illegal_parameter'] },
    rule: 'the cipher suite’s hash is the PSK’s',
    tests: refused(
      'client: ServerHello with a PSK of another hash',
      'client: ServerHello with a suite of another hash than the PSK’s',
    ),
  },
  {
    ...{ id: 'psk-share', section: '4.3.11', line: 2555, level: 'MUST', by: 'client', alerts: ['illegal_parameter'] },
    rule: 'key_share is there where psk_dhe_ke alone was offered',
    tests: refused('client: ServerHello with a PSK and no share where one is needed'),
  },
  {
    ...{ id: 'early-data-identity', section: '4.3.11', line: 2560, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'early data is accepted with the first PSK only',
    tests: refused(
      'client: encrypted_extensions with early_data under the second PSK',
      'client: encrypted_extensions with early_data without a PSK',
    ),
  },
  {
    ...{ id: 'psk-last', section: '4.3.11', line: 2566, level: 'MUST', by: 'server', alerts: ['illegal_parameter'] },
    rule: 'pre_shared_key is the last extension of a ClientHello',
    tests: refused('server: ClientHello with a PSK that is not last'),
  },
];
