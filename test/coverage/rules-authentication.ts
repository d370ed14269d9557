/**
 * The rules of §4.4 to §4.7: EncryptedExtensions, authentication, and what follows the handshake.
 *
 * @see RFC 9846 §4.4 to §4.7
 * @module
 */
import { type AlertRule, covered, refused, resumption, tables } from './rule.ts';

export const authenticationRules: readonly AlertRule[] = [
  {
    ...{ id: 'forbidden-in-ee', section: '4.4.1', line: 2660, level: 'MUST', by: 'client' },
    alerts: ['illegal_parameter'],
    rule: 'EncryptedExtensions has no extension that is of another message',
    tests: refused(
      'client: encrypted_extensions with extension 13',
      'client: encrypted_extensions with extension 41',
      'client: encrypted_extensions with extension 43',
      'client: encrypted_extensions with extension 51',
    ),
  },
  {
    ...{ id: 'no-acceptable-chain', section: '4.5.1.2', line: 2965, level: 'MUST', by: 'both' },
    alerts: ['unsupported_certificate', 'unknown_ca', 'certificate_expired', 'bad_certificate', 'certificate_unknown'],
    rule: 'without a chain that can be accepted, the alert is one of those for certificates',
    tests: refused(
      'client: a certificate of an unknown authority',
      'client: a certificate that has expired',
      'client: a certificate for another purpose',
      'client: a certificate for another name',
      'server: a certificate of an unknown authority',
      'server: a certificate that has expired',
      'server: a certificate for another purpose',
      'client: certificate with an unknown kind of key',
    ),
  },
  {
    ...{ id: 'empty-server-certificate', section: '4.5.1.3', line: 2981, level: 'MUST', by: 'client' },
    alerts: ['decode_error'],
    rule: 'a server’s Certificate is not empty',
    tests: refused('client: certificate that is empty'),
  },
  {
    ...{ id: 'empty-client-certificate', section: '4.5.1.3', line: 2984, level: 'MAY', by: 'server' },
    alerts: ['certificate_required'],
    rule: 'a server that requires a client’s certificate may end the handshake without one',
    tests: refused('server: certificate that is empty', 'server: certificate that is empty, after a retry'),
  },
  {
    ...{ id: 'unacceptable-client-chain', section: '4.5.1.3', line: 2987, level: 'MAY', by: 'server' },
    ...{ alerts: ['unknown_ca', 'certificate_expired', 'unsupported_certificate'], unnamed: true },
    rule: 'a server may end the handshake when a client’s chain is not acceptable',
    tests: refused(
      'server: a certificate of an unknown authority',
      'server: a certificate that has expired',
      'server: a certificate with a critical extension that nobody knows',
    ),
  },
  {
    ...{
      id: 'md5-certificate',
      section: '4.5.1.3',
      line: 2993,
      level: 'MUST',
      by: 'both',
      alerts: ['bad_certificate'],
    },
    rule: 'no certificate is validated by a signature with MD5',
    tests: covered('client: a certificate signed with MD5 and RSA', 'server: a certificate signed with MD5 and RSA'),
  },
  {
    ...{ id: 'sha1-certificate', section: '4.5.1.3', line: 2995, level: 'SHOULD', by: 'both' },
    alerts: ['bad_certificate'],
    rule: 'no certificate is validated by a signature with SHA-1',
    tests: covered(
      'client: a certificate signed with SHA-1 and RSA',
      'client: a certificate signed with SHA-1 and ECDSA',
      'server: a certificate signed with SHA-1 and RSA',
      'server: a certificate signed with SHA-1 and ECDSA',
    ),
  },
  {
    ...{ id: 'certificate-verify', section: '4.5.2', line: 3106, level: 'MUST', by: 'both', alerts: ['decrypt_error'] },
    rule: 'the signature of CertificateVerify is right',
    tests: refused(
      'client: certificate_verify with byte -1 of its signature changed',
      'client: certificate_verify signed in the other role',
      'client: certificate_verify signed over an older transcript',
      'client: certificate_verify with an empty signature',
      'server: certificate_verify with byte -1 of its signature changed',
      'server: certificate_verify signed in the other role',
      'server: certificate_verify signed over an older transcript',
      'server: certificate_verify with an empty signature',
    ),
  },
  {
    ...{ id: 'finished', section: '4.5.3', line: 3115, level: 'MUST', by: 'both', alerts: ['decrypt_error'] },
    rule: 'verify_data of Finished is right',
    tests: refused(
      'client: finished with a bit changed',
      'client: finished of the other side',
      'client: finished wrong, with a PSK',
      'client: finished wrong, with early data',
      'server: finished with a bit changed',
      'server: finished of the other side',
      'server: finished wrong, with a PSK',
      'server: finished wrong, with early data',
    ),
  },
  {
    ...{ id: 'end-of-early-data-of-server', section: '4.6', line: 3181, level: 'MUST', by: 'client' },
    alerts: ['unexpected_message'],
    rule: 'a server sends no EndOfEarlyData',
    tests: [
      ...covered('client: EndOfEarlyData in WAIT_SH', 'client: EndOfEarlyData in WAIT_EE'),
      ...covered('client: EndOfEarlyData in WAIT_FINISHED'),
      ...refused('client: EndOfEarlyData after the handshake'),
    ],
  },
  {
    ...{ id: 'too-much-early-data', section: '4.7.1', line: 3290, level: 'SHOULD', by: 'server' },
    alerts: ['unexpected_message'],
    rule: 'no more early data comes than max_early_data_size',
    tests: [
      ...refused('server: more early data than the ticket allows'),
      ...resumption('more early data than the ticket allows is unexpected_message'),
    ],
  },
  {
    ...{ id: 'post-handshake-request', section: '4.7.2', line: 3329, level: 'MUST', by: 'client' },
    alerts: ['unexpected_message'],
    rule: 'a client that has not sent post_handshake_auth takes no CertificateRequest after the handshake',
    tests: refused(
      'client: a CertificateRequest after the handshake',
      'client: a CertificateRequest with a context after the handshake',
    ),
  },
  {
    ...{ id: 'early-key-update', section: '4.7.3', line: 3346, level: 'MUST', by: 'both' },
    alerts: ['unexpected_message'],
    rule: 'no KeyUpdate comes before the peer’s Finished',
    tests: [
      ...covered('client: KeyUpdate in WAIT_SH', 'client: KeyUpdate in WAIT_EE', 'client: KeyUpdate in WAIT_CV'),
      ...covered('client: KeyUpdate in WAIT_FINISHED', 'server: KeyUpdate in START', 'server: KeyUpdate in WAIT_CERT'),
      ...covered('server: KeyUpdate in WAIT_FINISHED', 'server: KeyUpdate under early keys'),
      ...tables('every message that a state does not expect is refused with unexpected_message'),
    ],
  },
  {
    ...{
      id: 'key-update-value',
      section: '4.7.3',
      line: 3363,
      level: 'MUST',
      by: 'both',
      alerts: ['illegal_parameter'],
    },
    rule: 'request_update is 0 or 1',
    tests: refused(
      'client: KeyUpdate with 2 after the handshake',
      'client: KeyUpdate with 255 after the handshake',
      'server: KeyUpdate with 2 after the handshake',
      'server: KeyUpdate with 255 after the handshake',
    ),
  },
];
