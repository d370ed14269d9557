/**
 * The rules of §5 to §9: records, alerts, shared secrets, replay, mandatory extensions.
 *
 * @see RFC 9846 §5 to §9.2
 * @module
 */
import {
  type AlertRule,
  algorithms,
  closure,
  covered,
  type Remark,
  records,
  refused,
  resumption,
  tables,
} from './rule.ts';

const recordRules: readonly AlertRule[] = [
  {
    ...{
      id: 'change-cipher-spec',
      section: '5',
      line: 3432,
      level: 'MUST',
      by: 'both',
      alerts: ['unexpected_message'],
    },
    rule: 'change_cipher_spec is the byte 0x01, and never protected',
    tests: [
      ...covered('client: change_cipher_spec of [0]', 'client: change_cipher_spec of [1,1]'),
      ...covered('client: a protected change_cipher_spec', 'server: change_cipher_spec of [0]'),
      ...covered('server: change_cipher_spec of [1,1]', 'server: a protected change_cipher_spec'),
      ...tables('any other change_cipher_spec is refused everywhere, and so is a protected one'),
    ],
  },
  {
    ...{ id: 'record-type', section: '5', line: 3442, level: 'MUST', by: 'both', alerts: ['unexpected_message'] },
    rule: 'a record type that is not expected, or not known, is refused',
    tests: [
      ...refused('client: protected data before there are keys in WAIT_SH'),
      ...refused('server: protected data before there are keys in START'),
      ...refused('client: an alert in the clear in CONNECTED', 'server: an alert in the clear in CONNECTED'),
      ...tables('record types that do not exist are refused everywhere, in the clear and under keys'),
    ],
  },
  {
    ...{ id: 'key-change-boundary', section: '5.1', line: 3464, level: 'MUST', by: 'both' },
    alerts: ['unexpected_message'],
    rule: 'a message before a change of keys ends with its record',
    tests: refused(
      'client: a part of a message behind server_hello in one record',
      'client: a whole message behind finished in one record',
      'client: two KeyUpdates in one record in CONNECTED',
      'server: a part of a message behind client_hello in one record',
      'server: a whole message behind end_of_early_data in one record, with early data',
      'server: a part of a message behind finished in one record',
      'server: two KeyUpdates in one record in CONNECTED',
    ),
  },
  {
    ...{ id: 'plaintext-length', section: '5.1', line: 3516, level: 'MUST', by: 'both', alerts: ['record_overflow'] },
    rule: 'a plaintext record holds 2^14 bytes at most',
    tests: refused(
      'client: a plaintext of 2^14 + 1 bytes in WAIT_SH',
      'client: a header that announces 65,535 bytes in WAIT_SH',
      'server: a plaintext of 2^14 + 1 bytes in START',
      'server: a header that announces 65,535 bytes in START',
    ),
  },
  {
    ...{ id: 'inner-length', section: '5.2', line: 3596, level: 'MUST', by: 'both', alerts: ['record_overflow'] },
    rule: 'content, type and padding of a protected record are 2^14 + 1 bytes at most',
    tests: refused(
      'client: a plaintext of 2^14 + 1 bytes in CONNECTED',
      'client: a plaintext of 2^14 + 1 bytes, padding included, in CONNECTED',
      'server: a plaintext of 2^14 + 1 bytes in CONNECTED',
      'server: a plaintext of 2^14 + 1 bytes, padding included, in CONNECTED',
    ),
  },
  {
    ...{ id: 'bad-record-mac', section: '5.2', line: 3641, level: 'MUST', by: 'both', alerts: ['bad_record_mac'] },
    rule: 'a record that does not open is an error',
    tests: refused(
      'client: a record with a wrong tag in WAIT_EE',
      'client: a record with another version in CONNECTED',
      'client: a record twice in CONNECTED',
      'server: a record with a wrong tag in WAIT_CERT',
      'server: a record with another version in CONNECTED',
      'server: a record out of order in CONNECTED',
    ),
  },
  {
    ...{ id: 'ciphertext-length', section: '5.2', line: 3645, level: 'MUST', by: 'both', alerts: ['record_overflow'] },
    rule: 'a ciphertext is 2^14 + 256 bytes at most',
    tests: refused(
      'client: a ciphertext of 2^14 + 257 bytes in WAIT_EE',
      'client: a ciphertext of 2^14 + 257 bytes in CONNECTED',
      'server: a ciphertext of 2^14 + 257 bytes in WAIT_CERT',
      'server: a ciphertext of 2^14 + 257 bytes in CONNECTED',
    ),
  },
  {
    ...{ id: 'sequence-wrap', section: '5.3', line: 3661, level: 'MUST', by: 'both', alerts: [], unnamed: true },
    rule: 'a sequence number never wraps: keys change, or the connection ends',
    tests: records('§5.3: a sequence number does not wrap'),
  },
  {
    ...{ id: 'empty-content', section: '5.4', line: 3699, level: 'MUST', by: 'both', alerts: ['unexpected_message'] },
    rule: 'handshake and alert records have content',
    tests: refused(
      'client: an empty handshake record in WAIT_EE',
      'client: an empty handshake record with padding in CONNECTED',
      'client: an empty alert record in CONNECTED',
      'server: an empty handshake record in WAIT_CERT',
      'server: an empty handshake record with padding in CONNECTED',
      'server: an empty alert record in CONNECTED',
    ),
  },
  {
    ...{ id: 'no-inner-type', section: '5.4', line: 3717, level: 'MUST', by: 'both', alerts: ['unexpected_message'] },
    rule: 'the plaintext of a protected record has a byte that is not zero',
    tests: refused(
      'client: a record that holds only padding in CONNECTED',
      'client: a record without even padding in WAIT_EE',
      'server: a record that holds only padding in CONNECTED',
      'server: a record without even padding in WAIT_CERT',
    ),
  },
];

const alertRules: readonly AlertRule[] = [
  {
    ...{ id: 'whole-alerts', section: '5.1', line: 3475, level: 'MUST', by: 'both', alerts: ['decode_error'] },
    unnamed: true,
    rule: 'a record of alerts holds exactly one',
    tests: refused(
      'client: an alert of one byte in WAIT_SH',
      'client: two alerts in one record in CONNECTED',
      'server: an alert of one byte in START',
      'server: two alerts in one record in CONNECTED',
    ),
  },
  {
    ...{ id: 'one-alert', section: '5.1', line: 3477, level: 'MUST', by: 'both', alerts: ['decode_error'] },
    unnamed: true,
    rule: 'a record of alerts is two bytes, never more',
    tests: refused(
      'client: an alert of three bytes in CONNECTED',
      'client: two alerts in one record in WAIT_EE',
      'server: an alert of three bytes in CONNECTED',
      'server: two alerts in one record in WAIT_CERT',
    ),
  },
  {
    ...{ id: 'error-alert-received', section: '6', line: 3772, level: 'MUST', by: 'both', alerts: [], unnamed: true },
    rule: 'after an error alert nothing is sent or received, and the owner is told',
    tests: [
      ...closure('§6.2: an error alert, received or sent, ends both directions at once'),
      ...refused('client: handshake_failure at level 2', 'server: handshake_failure at level 1'),
    ],
  },
  {
    ...{ id: 'alert-level', section: '6', line: 3779, level: 'MUST', by: 'both', alerts: [], unnamed: true },
    rule: 'error alerts go out as fatal, and end the connection whatever level they arrive with',
    tests: [
      ...closure('§6.2: an error alert, received or sent, ends both directions at once'),
      ...refused('client: decode_error at level 1', 'client: handshake_failure at level 0'),
      ...refused('server: decode_error at level 1', 'server: handshake_failure at level 255'),
    ],
  },
  {
    ...{ id: 'unknown-alert', section: '6', line: 3781, level: 'MUST', by: 'both', alerts: [], unnamed: true },
    rule: 'an alert of an unknown type is an error alert',
    tests: refused('client: an unknown alert', 'server: an unknown alert', 'server: an unknown alert in START'),
  },
  {
    ...{ id: 'not-parsed', section: '6', line: 3785, level: 'MUST', by: 'both', alerts: ['decode_error'] },
    rule: 'a message that does not parse is refused',
    tests: refused(
      'server: ClientHello cut short',
      'server: ClientHello with data behind its extensions',
      'server: ClientHello with a session ID of 33 bytes',
      'server: ClientHello without suites',
      'client: ServerHello with half a version',
      'client: encrypted_extensions with an empty protocol',
      'client: finished of 31 bytes',
      'server: finished of 33 bytes',
      'client: an empty KeyUpdate after the handshake',
    ),
  },
  {
    ...{ id: 'parsed-but-wrong', section: '6', line: 3789, level: 'MUST', by: 'both', alerts: ['illegal_parameter'] },
    rule: 'a message that parses and means nothing valid is refused',
    tests: refused(
      'server: ClientHello with P-256 off the curve',
      'server: ClientHello with x25519 of 31 bytes',
      'server: ClientHello with an ML-KEM key beyond its modulus',
      'client: ServerHello with P-256 off the curve',
      'client: ServerHello with P-256 compressed',
      'client: KeyUpdate with 3 after the handshake',
    ),
  },
  {
    ...{ id: 'after-closure', section: '6.1', line: 3838, level: 'MUST', by: 'both', alerts: [], unnamed: true },
    rule: 'what arrives after a closure alert is ignored',
    tests: closure('§6.1: what arrives after close_notify is ignored, and writing goes on'),
  },
  {
    ...{ id: 'close-notify-level', section: '6.1', line: 3839, level: 'MUST', by: 'both', alerts: ['close_notify'] },
    unnamed: true,
    rule: 'close_notify goes out as a warning',
    tests: closure('§6.1: close_notify goes out as a warning, before the write side closes, and reading goes on'),
  },
  {
    ...{ id: 'canceled-then-closed', section: '6.1', line: 3846, level: 'MUST', by: 'both', alerts: ['close_notify'] },
    rule: 'user_canceled is followed by close_notify',
    tests: closure('§6.1: user_canceled is followed by close_notify, whoever cancels'),
  },
  {
    ...{ id: 'read-until-closed', section: '6.1', line: 3848, level: 'SHOULD', by: 'both', alerts: ['close_notify'] },
    rule: 'after user_canceled reading goes on until close_notify',
    tests: [
      ...closure(
        '§6.1: data has ended where close_notify says so, and is truncated where the transport ends without it',
      ),
      ...refused('client: user_canceled and close_notify in WAIT_EE'),
      ...refused('server: user_canceled and close_notify in WAIT_CERT'),
    ],
  },
  {
    ...{ id: 'close-the-write-side', section: '6.1', line: 3857, level: 'MUST', by: 'both', alerts: ['close_notify'] },
    rule: 'close_notify is sent before the write side closes, unless an error alert was',
    tests: closure('§6.1: close_notify goes out as a warning, before the write side closes, and reading goes on'),
  },
  {
    ...{ id: 'end-of-data', section: '6.1', line: 3877, level: 'MUST', by: 'both', alerts: ['close_notify'] },
    rule: 'the owner is told that data has ended only when close_notify has come',
    tests: closure(
      '§6.1: data has ended where close_notify says so, and is truncated where the transport ends without it',
    ),
  },
  {
    ...{ id: 'fatal-alert', section: '6.2', line: 3891, level: 'MUST', by: 'both', alerts: [], unnamed: true },
    rule: 'a fatal alert, sent or received, closes the connection at once',
    tests: closure('§6.2: an error alert, received or sent, ends both directions at once'),
  },
  {
    ...{ id: 'fatal-error', section: '6.2', line: 3895, level: 'MUST', by: 'both', alerts: [], unnamed: true },
    rule: 'after a fatal error nothing more is sent or received but its alert',
    tests: closure('§6.2: an error alert, received or sent, ends both directions at once'),
  },
];

const otherRules: readonly AlertRule[] = [
  {
    ...{ id: 'zero-secret', section: '7.4.2', line: 4293, level: 'MUST', by: 'both', alerts: ['illegal_parameter'] },
    unnamed: true,
    rule: 'the shared secret of X25519 and X448 is not zero',
    tests: [
      ...refused('server: ClientHello with x25519 point 0 of small order'),
      ...refused('server: ClientHello with a zero x25519 half beside ML-KEM'),
      ...refused('client: ServerHello with x25519 of all zero'),
      ...refused('client: ServerHello with a zero x25519 half beside ML-KEM'),
      ...algorithms('x448: a share whose secret is zero is refused by either side with illegal_parameter'),
    ],
  },
  {
    ...{ id: 'replayed-hello', section: '8.2', line: 4428, level: 'MAY', by: 'server', alerts: ['illegal_parameter'] },
    rule: 'a ClientHello seen before is refused, or its early data is',
    tests: resumption('replayed early data is refused by the same server, and the handshake goes on'),
  },
  {
    ...{ id: 'apparent-replay', section: '8.2', line: 4432, level: 'MUST', by: 'server', alerts: [], unnamed: true },
    rule: 'what only looks like a replay loses its early data and no more',
    tests: resumption('replayed early data is refused by the same server, and the handshake goes on'),
  },
  {
    ...{ id: 'mandatory-extensions', section: '9.2', line: 4603, level: 'MUST', by: 'server' },
    alerts: ['missing_extension'],
    rule: 'a ClientHello has signature_algorithms and supported_groups, or a PSK; supported_groups goes with key_share',
    tests: refused(
      'server: ClientHello without extension 13',
      'server: ClientHello without extension 10',
      'server: ClientHello without extension 51',
      'server: ClientHello without groups and shares',
      'server: ClientHello with a PSK and groups, without shares',
      'server: ClientHello with a PSK and shares, without groups',
    ),
  },
  {
    ...{ id: 'server-name-required', section: '9.2', line: 4610, level: 'SHOULD', by: 'server' },
    alerts: ['missing_extension'],
    rule: 'a server that requires server_name refuses a ClientHello without it',
    declined: 'no option requires a name: a client without one gets the config that serves any',
  },
];

export const recordAndAlertRules: readonly AlertRule[] = [...recordRules, ...alertRules, ...otherRules];

/** Sentences that name an alert, or the end of a connection, and ask for nothing that could be tested. */
export const remarks: readonly Remark[] = [
  { line: 3408, about: 'KeyUpdates that are not answered use up the limits of §5.5' },
  { line: 3766, about: 'what close_notify is for' },
  { line: 3771, about: 'what error alerts are for' },
  { line: 3844, about: 'what a user who cancels late would better do' },
  { line: 3852, about: 'either side may close its write side' },
  { line: 3853, about: 'why a transport that closes first is not the end of data' },
  { line: 3860, about: 'what changed since TLS 1.2' },
  { line: 3864, about: 'nobody has to wait for close_notify' },
  { line: 3869, about: 'what application protocols may do at close_notify' },
  { line: 3873, about: 'what application protocols may do about delayed ones' },
  { line: 3897, about: 'what "abort" means where no alert is named' },
  { line: 3901, about: 'what "abort with an alert" means: that alert, or none' },
  { line: 3930, about: 'the meaning of handshake_failure' },
  { line: 3975, about: 'the meaning of insufficient_security' },
  { line: 4005, about: 'unknown_psk_identity is optional; it is never sent here' },
  { line: 4621, about: 'middleboxes: the handshake protects against downgrades' },
  { line: 4642, about: 'middleboxes that terminate TLS' },
  { line: 4652, about: 'middleboxes that terminate TLS' },
];
