/**
 * ClientHellos that a server refuses.
 *
 * @see RFC 9846 §4.2.1, §4.2.2, §4.3, §9.2
 * @module
 */
import * as encode from '../../src/wire/extensions.ts';
import { encodeHandshake } from '../../src/wire/message.ts';
import type { ClientHello, KeyShareEntry } from '../../src/wire/messages.ts';
import type { Scenario } from '../connection/rogue.ts';
import { EARLY, FULL, RESUME, session } from '../connection/script.ts';
import { appending, bodyOf, clientHello, having, message, opaque, type Refusal, without } from './refusal.ts';

const VERSION = ['ERR_TLS_UNSUPPORTED_VERSION', 'protocol_version'] as const;
const LEGACY = ['ERR_TLS_BAD_LEGACY_VERSION', 'protocol_version'] as const;
const COMPRESSION = ['ERR_TLS_BAD_COMPRESSION', 'illegal_parameter'] as const;
const MISSING = ['ERR_TLS_MISSING_EXTENSION', 'missing_extension'] as const;
const KEY_SHARE = ['ERR_TLS_BAD_KEY_SHARE', 'illegal_parameter'] as const;
const WEAK = ['ERR_TLS_WEAK_SHARED_SECRET', 'illegal_parameter'] as const;
const DECODE = ['ERR_TLS_DECODE', 'decode_error'] as const;
const TRAILING = ['ERR_TLS_TRAILING_DATA', 'decode_error'] as const;
const NAME = ['ERR_TLS_BAD_SERVER_NAME', 'illegal_parameter'] as const;
const SIGNATURE = ['ERR_TLS_NO_SHARED_SIGNATURE_SCHEME', 'handshake_failure'] as const;

const X25519 = 0x001d;
const P256 = 0x0017;
const HYBRID = 0x11ec;

/** A server that knows three groups, and a client that sends whatever share a case wants. */
const GROUPS: Scenario = { ...FULL, server: { ...FULL.server, groups: ['x25519', 'secp256r1', 'X25519MLKEM768'] } };

const bytes = (length: number, value = 0xa5): Uint8Array => new Uint8Array(length).fill(value);

/** A hello with these groups and shares. */
function sharing(groups: readonly number[], ...shares: readonly KeyShareEntry[]): (hello: ClientHello) => ClientHello {
  return (hello) => having(hello, encode.supportedGroupsExtension(groups), encode.keyShareExtension(shares));
}

function share(
  title: string,
  expected: typeof KEY_SHARE | typeof WEAK,
  group: number,
  keyExchange: Uint8Array,
): Refusal {
  return clientHello(title, expected, sharing([group], { group, keyExchange }), GROUPS);
}

/** §6 of RFC 7748: points of small order, whose shared secret is zero. */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

const versions: readonly Refusal[] = [
  clientHello('of TLS 1.2: without supported_versions', VERSION, (hello) => without(hello, 43)),
  clientHello('of TLS 1.2: without any extension', VERSION, (hello) => ({ ...hello, extensions: null })),
  clientHello('of SSL 3', VERSION, (hello) => ({ ...hello, legacyVersion: 0x0300, extensions: null })),
  clientHello('with 0x0304 in legacy_version alone', VERSION, (hello) => ({
    ...without(hello, 43),
    legacyVersion: 0x0304,
  })),
  clientHello('with TLS 1.2 alone in supported_versions', VERSION, (hello) =>
    having(hello, encode.supportedVersionsExtension([0x0303])),
  ),
  clientHello('with unknown versions alone', VERSION, (hello) =>
    having(hello, encode.supportedVersionsExtension([0x7f1c, 0x0305, 0x8a8a])),
  ),
  ...[0x0300, 0x0302, 0x0304, 0x7f17].map((legacyVersion) =>
    clientHello(`with legacy_version 0x${legacyVersion.toString(16)}`, LEGACY, (hello) => ({
      ...hello,
      legacyVersion,
    })),
  ),
  ...[[1], [1, 0], [0, 1], [0, 0], [64]].map((methods) =>
    clientHello(`with compression methods ${methods}`, COMPRESSION, (hello) => ({
      ...hello,
      legacyCompressionMethods: Uint8Array.from(methods),
    })),
  ),
  clientHello('with a session ID of 33 bytes', DECODE, (hello) => ({ ...hello, legacySessionId: bytes(33) })),
  clientHello('without suites', DECODE, (hello) => ({ ...hello, cipherSuites: [] })),
  clientHello('without compression methods', DECODE, (hello) => ({
    ...hello,
    legacyCompressionMethods: new Uint8Array(0),
  })),
];

const negotiation: readonly Refusal[] = [
  ...[[0x1302], [0x1303, 0xc02f], [0x00ff], [0x1a1a]].map((cipherSuites) =>
    clientHello(
      `with the suites ${cipherSuites}`,
      ['ERR_TLS_NO_SHARED_CIPHER_SUITE', 'handshake_failure'],
      (hello) => ({
        ...hello,
        cipherSuites,
      }),
    ),
  ),
  clientHello(
    'with groups of others',
    ['ERR_TLS_NO_SHARED_GROUP', 'handshake_failure'],
    sharing([0x0018, 0x0100], { group: 0x0018, keyExchange: bytes(97) }),
  ),
  clientHello(
    'with two shares for one group',
    ['ERR_TLS_DUPLICATE_KEY_SHARE', 'illegal_parameter'],
    sharing([X25519], { group: X25519, keyExchange: bytes(32) }, { group: X25519, keyExchange: bytes(32, 7) }),
  ),
  clientHello(
    'with two shares for an unknown group',
    ['ERR_TLS_DUPLICATE_KEY_SHARE', 'illegal_parameter'],
    sharing([X25519, 0x7777], { group: 0x7777, keyExchange: bytes(1) }, { group: 0x7777, keyExchange: bytes(1) }),
  ),
  clientHello(
    'with a share for a group that is not listed',
    ['ERR_TLS_KEY_SHARE_NOT_IN_GROUPS', 'illegal_parameter'],
    sharing([X25519], { group: X25519, keyExchange: bytes(32) }, { group: P256, keyExchange: bytes(65) }),
  ),
  clientHello('with RSA alone', SIGNATURE, (hello) =>
    having(hello, encode.signatureAlgorithmsExtension([0x0804, 0x0401, 0x0807])),
  ),
  clientHello('with the scheme of another curve', SIGNATURE, (hello) =>
    having(hello, encode.signatureAlgorithmsExtension([0x0503, 0x0603])),
  ),
  clientHello('with SHA-1 alone', SIGNATURE, (hello) =>
    having(hello, encode.signatureAlgorithmsExtension([0x0203, 0x0201])),
  ),
  clientHello('with other protocols', ['ERR_TLS_NO_APPLICATION_PROTOCOL', 'no_application_protocol'], (hello) =>
    having(hello, encode.alpnExtension(['h2', 'http/1.0', 'HTTP/1.1'])),
  ),
  clientHello(
    'for a name that is not served',
    ['ERR_TLS_UNRECOGNIZED_NAME', 'unrecognized_name'],
    (hello) => having(hello, encode.serverNameExtension('other.test')),
    { ...FULL, server: { ...FULL.server, serverNames: ['server.test'] } },
  ),
];

const shares: readonly Refusal[] = [
  ...[1, 31, 33, 64].map((length) => share(`with x25519 of ${length} bytes`, KEY_SHARE, X25519, bytes(length))),
  ...LOW_ORDER.map((point, i) => share(`with x25519 point ${i} of small order`, WEAK, X25519, point)),
  ...[1, 33, 64, 66, 97].map((length) => share(`with P-256 of ${length} bytes`, KEY_SHARE, P256, bytes(length, 4))),
  share('with P-256 off the curve', KEY_SHARE, P256, Uint8Array.of(4, ...bytes(32, 1), ...bytes(32, 2))),
  share('with P-256 coordinates beyond the field', KEY_SHARE, P256, Uint8Array.of(4, ...bytes(64, 0xff))),
  share('with the zero point of P-256', KEY_SHARE, P256, Uint8Array.of(4, ...bytes(64, 0))),
  share('with the point at infinity of P-256', KEY_SHARE, P256, Uint8Array.of(0)),
  ...[32, 1184, 1215, 1217].map((length) =>
    share(`with X25519MLKEM768 of ${length} bytes`, KEY_SHARE, HYBRID, bytes(length, 1)),
  ),
  // FIPS 203 §7.2: coefficients are below q = 3329.
  share(
    'with an ML-KEM key beyond its modulus',
    KEY_SHARE,
    HYBRID,
    Uint8Array.of(...bytes(1184, 0xff), ...bytes(32, 9)),
  ),
  share('with a zero x25519 half beside ML-KEM', WEAK, HYBRID, Uint8Array.of(...bytes(1184, 1), ...bytes(32, 0))),
  clientHello('with an empty share', DECODE, sharing([X25519], { group: X25519, keyExchange: bytes(0) }), GROUPS),
];

const extensions: readonly Refusal[] = [
  ...[13, 10, 51].map((type) => clientHello(`without extension ${type}`, MISSING, (hello) => without(hello, type))),
  clientHello('without groups and shares', MISSING, (hello) => without(hello, 10, 51)),
  clientHello('with a PSK and without its modes', MISSING, (hello) => without(hello, 45), RESUME),
  clientHello('with a PSK and groups, without shares', MISSING, (hello) => without(hello, 51), RESUME),
  clientHello('with a PSK and shares, without groups', MISSING, (hello) => without(hello, 10), RESUME),
  clientHello('with a PSK that is not taken, without signature schemes', MISSING, (hello) => without(hello, 13), {
    ...RESUME,
    server: { ...RESUME.server, decide: { ...RESUME.server?.decide, openSession: () => null } },
  }),
  ...[0, 10, 13, 16, 43, 45, 51].map((type) =>
    clientHello(`with extension ${type} twice`, ['ERR_TLS_DUPLICATE_EXTENSION', 'illegal_parameter'], (hello) =>
      appending(hello, { type, body: bodyOf(hello, type) }),
    ),
  ),
  clientHello('with an unknown extension twice', ['ERR_TLS_DUPLICATE_EXTENSION', 'illegal_parameter'], (hello) =>
    appending(hello, opaque(0x7777), opaque(0x7777, 1)),
  ),
  clientHello('with GREASE twice', ['ERR_TLS_DUPLICATE_EXTENSION', 'illegal_parameter'], (hello) =>
    appending(hello, opaque(0x1a1a), opaque(0x1a1a)),
  ),
  clientHello('with oid_filters', ['ERR_TLS_MISPLACED_EXTENSION', 'illegal_parameter'], (hello) =>
    appending(hello, opaque(48, 0, 0)),
  ),
  clientHello('with a name that has a zero byte', NAME, (hello) =>
    having(hello, encode.serverNameExtension('server.test\0.evil')),
  ),
  clientHello('with two host names', NAME, (hello) => having(hello, opaque(0, 0, 8, 0, 0, 1, 0x61, 0, 0, 1, 0x62))),
  ...[0, 10, 13, 16, 43, 45, 51].map((type) =>
    clientHello(`with data behind extension ${type}`, TRAILING, (hello) =>
      having(hello, { type, body: Uint8Array.of(...bodyOf(hello, type), 0) }),
    ),
  ),
  ...[0, 10, 13, 16, 43, 45, 51].map((type) =>
    clientHello(`with an empty body of extension ${type}`, DECODE, (hello) => having(hello, opaque(type))),
  ),
  ...[0, 1, 63].map((limit) =>
    clientHello(`with record_size_limit ${limit}`, ['ERR_TLS_BAD_RECORD_SIZE_LIMIT', 'illegal_parameter'], (hello) =>
      having(hello, encode.recordSizeLimitExtension(limit)),
    ),
  ),
  ...[0, 5, 255].map((code) =>
    clientHello(`with max_fragment_length ${code}`, ['ERR_TLS_BAD_MAX_FRAGMENT_LENGTH', 'illegal_parameter'], (hello) =>
      having(hello, encode.maxFragmentLengthExtension(code)),
    ),
  ),
  clientHello('with data behind its extensions', TRAILING, (hello) => message(1, Uint8Array.of(...body(hello), 0))),
  clientHello('cut short', DECODE, (hello) => message(1, body(hello).subarray(0, -1))),
  clientHello('longer than the limit', ['ERR_TLS_MESSAGE_TOO_LONG', 'illegal_parameter'], () =>
    message(1, [3, 3], 65_537),
  ),
];

const psks: readonly Refusal[] = [
  clientHello(
    'with a PSK that is not last',
    ['ERR_TLS_PSK_NOT_LAST', 'illegal_parameter'],
    (hello) => appending(hello, opaque(0x7777)),
    RESUME,
  ),
  clientHello(
    'with fewer binders than PSKs',
    ['ERR_TLS_PSK_BINDER_COUNT', 'illegal_parameter'],
    offering(2, 1),
    RESUME,
  ),
  clientHello('with more binders than PSKs', ['ERR_TLS_PSK_BINDER_COUNT', 'illegal_parameter'], offering(1, 2), RESUME),
  clientHello('with nine PSKs', ['ERR_TLS_TOO_MANY_PSKS', 'illegal_parameter'], offering(9, 9), RESUME),
  clientHello('with a wrong binder', ['ERR_TLS_BAD_BINDER', 'decrypt_error'], offering(1, 1), RESUME),
  clientHello('with a binder that is too long', ['ERR_TLS_BAD_BINDER', 'decrypt_error'], offering(1, 1, 48), RESUME),
  clientHello('with a binder that is too short', DECODE, offering(1, 1, 31), RESUME),
  clientHello(
    'changed under its binder',
    ['ERR_TLS_BAD_BINDER', 'decrypt_error'],
    (hello) => ({ ...hello, random: bytes(32) }),
    RESUME,
  ),
  clientHello(
    'with early data and a wrong binder',
    ['ERR_TLS_BAD_BINDER', 'decrypt_error'],
    (hello) => ({ ...hello, random: bytes(32) }),
    EARLY,
  ),
];

/** The ticket of the session several times, with binders that are wrong. */
function offering(identities: number, binders: number, length = 32): (hello: ClientHello) => ClientHello {
  const identity = { identity: session.ticket, obfuscatedTicketAge: 0 };
  return (hello) =>
    having(
      hello,
      encode.preSharedKeyExtension({
        identities: Array.from({ length: identities }, () => identity),
        binders: Array.from({ length: binders }, () => bytes(length)),
      }),
    );
}

function body(hello: ClientHello): Uint8Array {
  return encodeHandshake(hello).subarray(4);
}

export const clientHelloCases: readonly Refusal[] = [...versions, ...negotiation, ...shares, ...extensions, ...psks];
