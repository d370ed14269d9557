/**
 * The rules of §4 to §4.2.4: order, negotiation, hellos.
 *
 * @see RFC 9846 §4, §4.2.1 to §4.2.4
 * @module
 */
import { type AlertRule, covered, refused, tables } from './rule.ts';

const NO_TLS12 = 'TLS 1.2 is not negotiated, and there is no renegotiation';

export const keyExchangeRules: readonly AlertRule[] = [
  {
    ...{ id: 'message-order', section: '4', line: 1056, level: 'MUST', by: 'both', alerts: ['unexpected_message'] },
    rule: 'a handshake message out of order is refused',
    tests: [
      ...tables('every message that a state does not expect is refused with unexpected_message'),
      ...covered('client: Finished in WAIT_EE', 'client: Finished in WAIT_CV', 'server: Finished in WAIT_CERT'),
    ],
  },
  {
    ...{ id: 'no-shared-group', section: '4.2.1', line: 1145, level: 'MUST', by: 'server' },
    alerts: ['handshake_failure', 'insufficient_security'],
    rule: 'no group of supported_groups is one of the server’s',
    tests: refused('server: ClientHello with groups of others'),
  },
  {
    ...{ id: 'no-shared-parameters', section: '4.2.1', line: 1181, level: 'MUST', by: 'server' },
    alerts: ['handshake_failure', 'insufficient_security'],
    rule: 'no cipher suite, group or signature scheme is shared',
    tests: refused(
      'server: ClientHello with the suites 4866',
      'server: ClientHello with the suites 255',
      'server: ClientHello with groups of others',
      'server: ClientHello with RSA alone',
      'server: ClientHello with SHA-1 alone',
    ),
  },
  {
    ...{ id: 'no-renegotiation', section: '4.2.2', line: 1215, level: 'MUST', by: 'server' },
    alerts: ['unexpected_message'],
    rule: 'a ClientHello that is neither the first nor the answer to HelloRetryRequest is refused',
    tests: [
      ...covered('server: ClientHello in WAIT_CERT', 'server: ClientHello in WAIT_CV'),
      ...covered('server: ClientHello in WAIT_FINISHED'),
      ...refused('server: a ClientHello after the handshake'),
    ],
  },
  {
    ...{ id: 'client-legacy-version', section: '4.2.2', line: 1252, level: 'MUST', by: 'server' },
    alerts: ['protocol_version'],
    rule: 'legacy_version of a ClientHello is 0x0303',
    tests: refused(
      'server: ClientHello with legacy_version 0x300',
      'server: ClientHello with legacy_version 0x302',
      'server: ClientHello with legacy_version 0x304',
    ),
  },
  {
    ...{ id: 'client-compression', section: '4.2.2', line: 1286, level: 'MUST', by: 'server' },
    alerts: ['illegal_parameter'],
    rule: 'legacy_compression_methods is the one value null',
    tests: refused(
      'server: ClientHello with compression methods 1',
      'server: ClientHello with compression methods 0,1',
      'server: ClientHello with compression methods 0,0',
    ),
  },
  {
    ...{ id: 'older-hello-tail', section: '4.2.2', line: 1317, level: 'MUST', by: 'server', alerts: ['decode_error'] },
    rule: 'a ClientHello of an older version ends with its compression methods or with its extensions',
    tests: covered('server: ClientHello of TLS 1.2 with data behind its extensions'),
  },
  {
    ...{ id: 'feature-not-supplied', section: '4.2.2', line: 1320, level: 'MAY', by: 'client' },
    ...{ alerts: [], unnamed: true },
    rule: 'a client may give up where the server leaves out what an extension asked for',
    declined: 'what was agreed is in ConnectionInfo (alpn: null, for example), for the owner to judge',
  },
  {
    ...{ id: 'server-legacy-version', section: '4.2.3', line: 1353, level: 'MUST', by: 'client' },
    alerts: ['protocol_version'],
    rule: 'legacy_version of a ServerHello of TLS 1.3 is 0x0303',
    tests: refused(
      'client: ServerHello with legacy_version 0x300',
      'client: ServerHello with legacy_version 0x302',
      'client: ServerHello with legacy_version 0x304',
      'client: HelloRetryRequest with another legacy_version',
    ),
  },
  {
    ...{ id: 'session-id-echo', section: '4.2.3', line: 1368, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'legacy_session_id_echo is what the client sent',
    tests: refused(
      'client: ServerHello that echoes another session ID',
      'client: ServerHello that echoes no session ID',
      'client: ServerHello that echoes a session ID that was not sent',
      'client: HelloRetryRequest of another session',
    ),
  },
  {
    ...{ id: 'unoffered-suite', section: '4.2.3', line: 1374, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'the server’s cipher suite is one that was offered',
    tests: refused('client: ServerHello with suite 0x1302', 'client: ServerHello with suite 0xc02f'),
  },
  {
    ...{ id: 'server-compression', section: '4.2.3', line: 1379, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'legacy_compression_method is null',
    tests: refused('client: ServerHello with compression 1', 'client: HelloRetryRequest with compression'),
  },
  {
    ...{ id: 'downgrade-sentinel', section: '4.2.3', line: 1426, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'a ServerHello of an older version has no downgrade sentinel at the end of its random',
    tests: refused(
      'client: ServerHello of TLS 1.2 with its downgrade sentinel',
      'client: ServerHello of TLS 1.1 with its downgrade sentinel',
    ),
  },
  {
    ...{ id: 'renegotiated-to-13', section: '4.2.3', line: 1439, level: 'MUST', by: 'client' },
    alerts: ['protocol_version'],
    rule: 'a client that renegotiates TLS 1.2 takes no ServerHello of TLS 1.3',
    unreachable: NO_TLS12,
  },
  {
    ...{ id: 'retry-without-change', section: '4.2.4', line: 1467, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'a HelloRetryRequest changes something in the ClientHello',
    tests: refused('client: HelloRetryRequest that changes nothing'),
  },
  {
    ...{ id: 'second-retry', section: '4.2.4', line: 1469, level: 'MUST', by: 'client' },
    alerts: ['unexpected_message'],
    rule: 'there is one HelloRetryRequest in a connection',
    tests: refused('client: a second HelloRetryRequest'),
  },
  {
    ...{ id: 'retry-suite', section: '4.2.4', line: 1484, level: 'MUST', by: 'client' },
    ...{ alerts: ['illegal_parameter'], unnamed: true },
    rule: 'the cipher suite of a HelloRetryRequest is one that was offered',
    tests: refused('client: HelloRetryRequest with another suite'),
  },
  {
    ...{ id: 'suite-after-retry', section: '4.2.4', line: 1488, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'the ServerHello keeps the cipher suite of the HelloRetryRequest',
    tests: refused('client: ServerHello with another suite than HelloRetryRequest'),
  },
  {
    ...{ id: 'version-after-retry', section: '4.2.4', line: 1499, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'the ServerHello keeps the selected_version of the HelloRetryRequest',
    tests: refused(
      'client: ServerHello of TLS 1.2 behind a HelloRetryRequest',
      'client: ServerHello of TLS 1.2 in supported_versions behind a HelloRetryRequest',
    ),
  },
];
