/**
 * Hellos of TLS 1.2 that the other side refuses.
 *
 * @see RFC 5246 §7.4.1; RFC 5746 §3.4, §3.6; RFC 7627 §5.3; RFC 7366 §3; RFC 7507 §3; RFC 8422 §5.1, §5.2; RFC 9846 Appendix E
 * @module
 */
import type { ClientSession } from '../../src/sessions/session.ts';
import * as encode from '../../src/wire/extensions.ts';
import { encodeHandshake12 } from '../../src/wire/message12.ts';
import { NAME } from '../connection/pair.ts';
import { makeRogue, type Scenario } from '../connection/rogue.ts';
import { EARLY, FULL, messageOf, RETRY, scriptOf } from '../connection/script.ts';
import { BOTH12, ECDSA, FULL12, OPTIONS12, RESUME_ID12, RESUME12, session12 } from '../connection/script12.ts';
import { appending, bodyOf, having, message, opaque, type Refusal, refusal, without } from './refusal.ts';
import { edit12, hello12, serverHello12 } from './refusal12.ts';

const VERSION = ['ERR_TLS_UNSUPPORTED_VERSION', 'protocol_version'] as const;
const LEGACY = ['ERR_TLS_BAD_LEGACY_VERSION', 'protocol_version'] as const;
const COMPRESSION = ['ERR_TLS_BAD_COMPRESSION', 'illegal_parameter'] as const;
const SUITE = ['ERR_TLS_NO_SHARED_CIPHER_SUITE', 'handshake_failure'] as const;
const SCHEME = ['ERR_TLS_NO_SHARED_SIGNATURE_SCHEME', 'handshake_failure'] as const;
const RENEGOTIATION = ['ERR_TLS_RENEGOTIATION_INFO', 'handshake_failure'] as const;
const INSECURE = ['ERR_TLS_INSECURE_RENEGOTIATION', 'handshake_failure'] as const;
const FORMATS = ['ERR_TLS_POINT_FORMATS', 'illegal_parameter'] as const;
const MAIN_SECRET = ['ERR_TLS_EXTENDED_MAIN_SECRET_CHANGED', 'handshake_failure'] as const;
const FALLBACK = ['ERR_TLS_INAPPROPRIATE_FALLBACK', 'inappropriate_fallback'] as const;
const DECODE = ['ERR_TLS_DECODE', 'decode_error'] as const;
const TRAILING = ['ERR_TLS_TRAILING_DATA', 'decode_error'] as const;
const DUPLICATE = ['ERR_TLS_DUPLICATE_EXTENSION', 'illegal_parameter'] as const;
const MISPLACED = ['ERR_TLS_MISPLACED_EXTENSION', 'illegal_parameter'] as const;
const UNSOLICITED = ['ERR_TLS_UNSOLICITED_EXTENSION', 'unsupported_extension'] as const;
const LIMIT = ['ERR_TLS_BAD_RECORD_SIZE_LIMIT', 'illegal_parameter'] as const;
const FRAGMENT = ['ERR_TLS_BAD_MAX_FRAGMENT_LENGTH', 'illegal_parameter'] as const;
const UNOFFERED_SUITE = ['ERR_TLS_UNOFFERED_CIPHER_SUITE', 'illegal_parameter'] as const;
const UNOFFERED_SESSION = ['ERR_TLS_UNOFFERED_SESSION', 'illegal_parameter'] as const;
const MISMATCH = ['ERR_TLS_SESSION_MISMATCH', 'illegal_parameter'] as const;
const DOWNGRADE = ['ERR_TLS_DOWNGRADE', 'illegal_parameter'] as const;

const FALLBACK_SCSV = 0x5600;
const RENEGOTIATION_SCSV = 0x00ff;
const CCM = 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM';
const CCM_CODE = 0xc0ac;

const bytes = (length: number, value = 0xa5): Uint8Array => new Uint8Array(length).fill(value);
/** A server that speaks both versions. */
const both = { maxVersion: 'TLS 1.3', cipherSuites: ['TLS_AES_128_GCM_SHA256', ECDSA] } as const;

const clientHellos: readonly Refusal[] = [
  ...[0x0200, 0x0300, 0x0301, 0x0302].map((legacyVersion) =>
    hello12(`with version 0x${legacyVersion.toString(16)}`, VERSION, (hello) => ({ ...hello, legacyVersion })),
  ),
  hello12('with TLS 1.3 and 1.1 alone in supported_versions', VERSION, (hello) =>
    having(hello, encode.supportedVersionsExtension([0x0304, 0x0302])),
  ),
  ...[0x0300, 0x0302, 0x0304].map((legacyVersion) =>
    hello12(`with supported_versions behind version 0x${legacyVersion.toString(16)}`, LEGACY, (hello) => ({
      ...having(hello, encode.supportedVersionsExtension([0x0303])),
      legacyVersion,
    })),
  ),
  hello12(
    'that has fallen back',
    FALLBACK,
    (hello) => ({ ...hello, cipherSuites: [...hello.cipherSuites, FALLBACK_SCSV] }),
    FULL12,
    both,
  ),
  hello12('that has fallen back to TLS 1.1', FALLBACK, (hello) => ({
    ...hello,
    legacyVersion: 0x0302,
    cipherSuites: [...hello.cipherSuites, FALLBACK_SCSV],
  })),
  ...[[1], [1, 64], [255]].map((methods) =>
    hello12(`with compression methods ${methods}`, COMPRESSION, (hello) => ({
      ...hello,
      legacyCompressionMethods: Uint8Array.from(methods),
    })),
  ),
  hello12('without compression methods', DECODE, (hello) => ({ ...hello, legacyCompressionMethods: bytes(0) })),
  hello12('with a session ID of 33 bytes', DECODE, (hello) => ({ ...hello, legacySessionId: bytes(33) })),
  ...[[0x1301], [0xc02f, 0xc030], [RENEGOTIATION_SCSV], [0x1a1a]].map((cipherSuites) =>
    hello12(`with the suites ${cipherSuites}`, SUITE, (hello) => ({ ...hello, cipherSuites })),
  ),
  hello12('without signature_algorithms, where SHA-1 is off', SUITE, (hello) => without(hello, 13)),
  hello12('with SHA-1 alone, where it is off', SUITE, (hello) =>
    having(hello, encode.signatureAlgorithmsExtension([0x0203, 0x0201])),
  ),
  hello12('with schemes for other keys', SCHEME, (hello) =>
    having(hello, encode.signatureAlgorithmsExtension([0x0804, 0x0401])),
  ),
  hello12('without any extension, where SHA-1 is off', SUITE, (hello) => ({ ...hello, extensions: null })),
  hello12('with groups of others', SUITE, (hello) => having(hello, encode.supportedGroupsExtension([0x0100, 0x0018]))),
  hello12(
    'with a hybrid group alone',
    SUITE,
    (hello) => having(hello, encode.supportedGroupsExtension([0x11ec])),
    FULL12,
    { groups: ['X25519MLKEM768', 'x25519'] },
  ),
  ...[[1], [0], [12]].map((length) =>
    hello12(`with renegotiation_info of ${length} bytes`, length[0] === 0 ? DECODE : RENEGOTIATION, (hello) =>
      having(hello, length[0] === 0 ? opaque(65281) : encode.renegotiationInfoExtension(bytes(length[0] ?? 0))),
    ),
  ),
  hello12('with the SCSV and renegotiation_info that is not empty', RENEGOTIATION, (hello) => ({
    ...having(hello, encode.renegotiationInfoExtension(bytes(12))),
    cipherSuites: [...hello.cipherSuites, RENEGOTIATION_SCSV],
  })),
  hello12(
    'that resumes with renegotiation_info that is not empty',
    RENEGOTIATION,
    (hello) => having(hello, encode.renegotiationInfoExtension(bytes(12))),
    RESUME12,
  ),
  hello12('without secure renegotiation', INSECURE, (hello) => without(hello, 65281), FULL12, {
    requireSecureRenegotiation: true,
  }),
  ...[[1], [1, 2], [255]].map((formats) =>
    hello12(`with the point formats ${formats}`, FORMATS, (hello) =>
      having(hello, opaque(11, formats.length, ...formats)),
    ),
  ),
  hello12('without point formats in their list', DECODE, (hello) => having(hello, opaque(11, 0))),
  ...[RESUME12, RESUME_ID12].map((scenario) =>
    hello12(
      `that resumes ${scenario === RESUME12 ? 'a ticket' : 'an ID'} without the extended_main_secret of its session`,
      MAIN_SECRET,
      (hello) => without(hello, 23),
      scenario,
    ),
  ),
  hello12('with other protocols', ['ERR_TLS_NO_APPLICATION_PROTOCOL', 'no_application_protocol'], (hello) =>
    having(hello, encode.alpnExtension(['h2'])),
  ),
  hello12(
    'for a name that is not served',
    ['ERR_TLS_UNRECOGNIZED_NAME', 'unrecognized_name'],
    (hello) => having(hello, encode.serverNameExtension('other.test')),
    FULL12,
    { serverNames: [NAME] },
  ),
  hello12('with a name that has a zero byte', ['ERR_TLS_BAD_SERVER_NAME', 'illegal_parameter'], (hello) =>
    having(hello, encode.serverNameExtension('server.test\0.evil')),
  ),
  ...[0, 63].map((limit) =>
    hello12(`with record_size_limit ${limit}`, LIMIT, (hello) => having(hello, encode.recordSizeLimitExtension(limit))),
  ),
  ...[0, 5, 255].map((code) =>
    hello12(`with max_fragment_length ${code}`, FRAGMENT, (hello) =>
      having(hello, encode.maxFragmentLengthExtension(code)),
    ),
  ),
  ...[0, 10, 11, 13, 16, 23, 35, 65281].map((type) =>
    hello12(`with extension ${type} twice`, DUPLICATE, (hello) =>
      appending(hello, { type, body: bodyOf(hello, type) }),
    ),
  ),
  ...[10, 11, 13, 16, 23].map((type) =>
    hello12(`with data behind extension ${type}`, TRAILING, (hello) =>
      having(hello, { type, body: Uint8Array.of(...bodyOf(hello, type), 0) }),
    ),
  ),
  hello12('longer than the limit', ['ERR_TLS_MESSAGE_TOO_LONG', 'illegal_parameter'], () => message(1, [3, 3], 65_537)),
];

// ---------------------------------------------------------------- ServerHello

/** A client that offers this session whatever the config would say of it: suites are two, so that the wrong one can be chosen. */
const twoSuites = { cipherSuites: [ECDSA, CCM] } as const;
const offering = (session: ClientSession): Scenario => ({
  client: { ...RESUME12.client, ...twoSuites },
  server: { ...RESUME12.server, ...twoSuites },
  target: { name: NAME, sessions: [session] },
});

/** A sentinel in the last bytes of the random. */
const sentinel =
  (last: number) =>
  <M extends { readonly random: Uint8Array }>(hello: M): M => ({
    ...hello,
    random: Uint8Array.of(...hello.random.subarray(0, 24), 0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, last),
  });

const serverHellos: readonly Refusal[] = [
  ...[0x0300, 0x0301, 0x0302, 0x0304, 0x0403].flatMap((legacyVersion) =>
    [FULL12, BOTH12].map((scenario) =>
      serverHello12(
        `with version 0x${legacyVersion.toString(16)} for ${scenario === FULL12 ? 'one version' : 'both'}`,
        VERSION,
        (hello) => ({ ...hello, legacyVersion }),
        scenario,
      ),
    ),
  ),
  ...[0, 1].map((last) => serverHello12(`with sentinel ${last} in its random`, DOWNGRADE, sentinel(last), BOTH12)),
  serverHello12('to a client of TLS 1.3 alone', VERSION, (hello) => hello, BOTH12, { minVersion: 'TLS 1.3' }),
  ...[0xc02c, 0x1301, 0xc02f, 0x002f, 0x00ff, 0x5600].map((cipherSuite) =>
    serverHello12(`with suite 0x${cipherSuite.toString(16)}`, UNOFFERED_SUITE, (hello) => ({ ...hello, cipherSuite })),
  ),
  serverHello12(
    'with a suite of TLS 1.3 for both versions',
    UNOFFERED_SUITE,
    (hello) => ({ ...hello, cipherSuite: 0x1301 }),
    BOTH12,
  ),
  ...[1, 64].map((legacyCompressionMethod) =>
    serverHello12(`with compression ${legacyCompressionMethod}`, COMPRESSION, (hello) => ({
      ...hello,
      legacyCompressionMethod,
    })),
  ),
  serverHello12('with a session ID of 33 bytes', DECODE, (hello) => ({ ...hello, legacySessionIdEcho: bytes(33) })),
  refusal('client', 'the session ID of compatibility mode said back', UNOFFERED_SESSION, 'plaintext', () => {
    const rogue = makeRogue('client', BOTH12);
    const [hello] = rogue.heard();
    const id = hello?.content.slice(39, 71) ?? bytes(0);
    const answer = messageOf(scriptOf(BOTH12).server, 'server_hello');
    rogue.message(edit12(answer, (one) => ({ ...one, legacySessionIdEcho: id }) as never));
    return rogue;
  }),
  serverHello12(
    'that resumes with another suite',
    MISMATCH,
    (hello) => ({ ...hello, cipherSuite: CCM_CODE }),
    offering(session12),
  ),
  serverHello12('that resumes without extended_main_secret', MAIN_SECRET, (hello) => without(hello, 23), RESUME12),
  serverHello12(
    'that resumes an ID without extended_main_secret',
    MAIN_SECRET,
    (hello) => without(hello, 23),
    RESUME_ID12,
  ),
  ...[1, 24].flatMap((length) =>
    [FULL12, RESUME12].map((scenario) =>
      serverHello12(
        `with renegotiation_info of ${length} bytes, ${scenario === FULL12 ? 'full' : 'resumed'}`,
        RENEGOTIATION,
        (hello) => having(hello, encode.renegotiationInfoExtension(bytes(length))),
        scenario,
      ),
    ),
  ),
  serverHello12('without renegotiation_info, which is required', INSECURE, (hello) => without(hello, 65281), FULL12, {
    requireSecureRenegotiation: true,
  }),
  ...[[1], [2, 1]].map((formats) =>
    serverHello12(`with the point formats ${formats}`, FORMATS, (hello) =>
      having(hello, opaque(11, formats.length, ...formats)),
    ),
  ),
  serverHello12(
    'with encrypt_then_mac beside an AEAD',
    ['ERR_TLS_ENCRYPT_THEN_MAC', 'illegal_parameter'],
    (hello) => ({ ...having(hello, encode.encryptThenMacExtension()), cipherSuite: 0xc02b }),
    OPTIONS12,
    { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', ECDSA] },
  ),
  serverHello12('with another protocol', ['ERR_TLS_UNOFFERED_PROTOCOL', 'illegal_parameter'], (hello) =>
    having(hello, encode.alpnExtension(['h3'])),
  ),
  serverHello12('with two protocols', DECODE, (hello) => having(hello, encode.alpnExtension(['h2', 'http/1.1']))),
  serverHello12('with no protocol', DECODE, (hello) => having(hello, opaque(16, 0, 0))),
  ...[0, 1, 5, 16, 18, 22, 28].map((type) =>
    serverHello12(
      `with extension ${type}, which was not asked for`,
      UNSOLICITED,
      (hello) => having(without(hello, 0, 16), opaque(type)),
      // No name, no protocols, nothing else.
      { ...FULL12, target: { name: '192.0.2.1', alpn: [] }, server: { ...FULL12.server, alpn: [] } },
    ),
  ),
  ...[23, 35].map((type) =>
    serverHello12(`with extension ${type} for a client that did not send it`, UNSOLICITED, (hello) => hello, FULL12, {
      helloShape: { clientHello: (extensions) => extensions.filter((one) => one.type !== type) },
    }),
  ),
  serverHello12('with an unknown extension', UNSOLICITED, (hello) => appending(hello, opaque(0x7777))),
  serverHello12('with GREASE', UNSOLICITED, (hello) => appending(hello, opaque(0x3a3a))),
  ...[13, 21, 41, 42, 44, 45, 47, 49, 50, 51].map((type) =>
    serverHello12(`with extension ${type}`, MISPLACED, (hello) => appending(hello, opaque(type))),
  ),
  serverHello12('with supported_versions for a client of TLS 1.2', UNSOLICITED, (hello) =>
    appending(hello, encode.selectedVersionExtension(0x0303)),
  ),
  serverHello12(
    'with TLS 1.2 in supported_versions',
    ['ERR_TLS_UNOFFERED_VERSION', 'illegal_parameter'],
    (hello) => appending(hello, encode.selectedVersionExtension(0x0303)),
    BOTH12,
  ),
  ...[11, 16, 23, 35, 65281].map((type) =>
    serverHello12(`with extension ${type} twice`, DUPLICATE, (hello) =>
      appending(having(hello, opaque(type, 0)), opaque(type, 0)),
    ),
  ),
  ...[0, 23, 35].map((type) =>
    serverHello12(`with a body in extension ${type}`, TRAILING, (hello) => having(hello, opaque(type, 0))),
  ),
  ...[5, 22].map((type) =>
    serverHello12(`with a body in extension ${type}`, TRAILING, (hello) => having(hello, opaque(type, 0)), OPTIONS12),
  ),
  ...[0, 63].map((limit) =>
    serverHello12(
      `with record_size_limit ${limit}`,
      LIMIT,
      (hello) => having(hello, encode.recordSizeLimitExtension(limit)),
      OPTIONS12,
    ),
  ),
  serverHello12(
    'with record_size_limit and max_fragment_length',
    LIMIT,
    (hello) => having(hello, encode.maxFragmentLengthExtension(4)),
    OPTIONS12,
  ),
  ...[0, 1, 3, 5].map((code) =>
    serverHello12(
      `with max_fragment_length ${code} where 4 was asked for`,
      FRAGMENT,
      (hello) => having(without(hello, 28), encode.maxFragmentLengthExtension(code)),
      OPTIONS12,
    ),
  ),
  serverHello12('with data behind its extensions', TRAILING, (hello) =>
    message(2, Uint8Array.of(...encodeBody(hello), 0)),
  ),
  refusal(
    'client',
    'a ServerHello of TLS 1.2 behind a HelloRetryRequest',
    ['ERR_TLS_VERSION_CHANGED', 'illegal_parameter'],
    'plaintext',
    () => {
      const client = { ...RETRY.client, ...both };
      const rogue = makeRogue('client', { ...RETRY, client });
      rogue.message(messageOf(scriptOf(RETRY).server, 'server_hello'));
      rogue.message(messageOf(scriptOf(BOTH12).server, 'server_hello'));
      return rogue;
    },
  ),
  refusal('client', 'a ServerHello of TLS 1.2 for early data', VERSION, 'early', () => {
    const rogue = makeRogue('client', { ...EARLY, client: { ...EARLY.client, ...both } });
    rogue.message(messageOf(scriptOf(BOTH12).server, 'server_hello'));
    return rogue;
  }),
  refusal(
    'client',
    'a HelloRequest for a client of TLS 1.3 alone',
    ['ERR_TLS_UNEXPECTED_MESSAGE', 'unexpected_message'],
    'plaintext',
    () => {
      const rogue = makeRogue('client', FULL);
      rogue.message(message(0, []));
      return rogue;
    },
  ),
  refusal(
    'client',
    'a HelloRequest behind a HelloRetryRequest',
    ['ERR_TLS_UNEXPECTED_MESSAGE', 'unexpected_message'],
    'plaintext',
    () => {
      const rogue = makeRogue('client', { ...RETRY, client: { ...RETRY.client, ...both } });
      rogue.message(messageOf(scriptOf(RETRY).server, 'server_hello'));
      rogue.message(message(0, []));
      return rogue;
    },
  ),
];

function encodeBody(hello: Parameters<typeof encodeHandshake12>[0]): Uint8Array {
  return encodeHandshake12(hello).subarray(4);
}

export const helloCases12: readonly Refusal[] = [...clientHellos, ...serverHellos];
