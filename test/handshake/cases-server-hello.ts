/**
 * ServerHello and EncryptedExtensions that a client refuses.
 *
 * @see RFC 9846 §4.2.3, §4.3, §4.4.1; RFC 7301 §3.1
 * @module
 */
import { importPsk } from '../../src/keys/import-psk.ts';
import { isGrease } from '../../src/params/registries.ts';
import type { ClientSession } from '../../src/sessions/session.ts';
import { readClientHelloExtensions } from '../../src/wire/extension-table.ts';
import * as encode from '../../src/wire/extensions.ts';
import { decodeHandshake } from '../../src/wire/message.ts';
import type { ClientHello, ServerHello } from '../../src/wire/messages.ts';
import { fastProvider } from '../connection/fast-provider.ts';
import { NAME } from '../connection/pair.ts';
import { makeRogue, type Scenario } from '../connection/rogue.ts';
import { EARLY, FULL, messageOf, OPTIONS, RESUME, scriptOf, session } from '../connection/script.ts';
import {
  appending,
  bodyOf,
  edit,
  flight,
  having,
  opaque,
  type Refusal,
  refusal,
  serverHello,
  without,
} from './refusal.ts';

const VERSION = ['ERR_TLS_UNSUPPORTED_VERSION', 'protocol_version'] as const;
const UNOFFERED_VERSION = ['ERR_TLS_UNOFFERED_VERSION', 'illegal_parameter'] as const;
const LEGACY = ['ERR_TLS_SERVER_LEGACY_VERSION', 'protocol_version'] as const;
const DOWNGRADE = ['ERR_TLS_DOWNGRADE', 'illegal_parameter'] as const;
const ECHO = ['ERR_TLS_SESSION_ID_ECHO', 'illegal_parameter'] as const;
const SUITE = ['ERR_TLS_UNOFFERED_CIPHER_SUITE', 'illegal_parameter'] as const;
const COMPRESSION = ['ERR_TLS_BAD_COMPRESSION', 'illegal_parameter'] as const;
const GROUP = ['ERR_TLS_UNOFFERED_GROUP', 'illegal_parameter'] as const;
const KEY_SHARE = ['ERR_TLS_BAD_KEY_SHARE', 'illegal_parameter'] as const;
const WEAK = ['ERR_TLS_WEAK_SHARED_SECRET', 'illegal_parameter'] as const;
const UNSOLICITED = ['ERR_TLS_UNSOLICITED_EXTENSION', 'unsupported_extension'] as const;
const MISPLACED = ['ERR_TLS_MISPLACED_EXTENSION', 'illegal_parameter'] as const;
const DUPLICATE = ['ERR_TLS_DUPLICATE_EXTENSION', 'illegal_parameter'] as const;
const DECODE = ['ERR_TLS_DECODE', 'decode_error'] as const;
const TRAILING = ['ERR_TLS_TRAILING_DATA', 'decode_error'] as const;
const PROTOCOL = ['ERR_TLS_UNOFFERED_PROTOCOL', 'illegal_parameter'] as const;
const UNOFFERED_PSK = ['ERR_TLS_UNOFFERED_PSK', 'illegal_parameter'] as const;
const PSK_MISMATCH = ['ERR_TLS_PSK_MISMATCH', 'illegal_parameter'] as const;
const LIMIT = ['ERR_TLS_BAD_RECORD_SIZE_LIMIT', 'illegal_parameter'] as const;
const EARLY_MISMATCH = ['ERR_TLS_EARLY_DATA_MISMATCH', 'illegal_parameter'] as const;

const bytes = (length: number, value = 0xa5): Uint8Array => new Uint8Array(length).fill(value);

/** The last eight bytes of a random, §4.2.3. */
function withTail(hello: ServerHello, tail: string): ServerHello {
  const random = hello.random.slice();
  random.set(Buffer.from(tail, 'latin1'), 24);
  return { ...hello, random };
}

function sharing(group: number, keyExchange: Uint8Array): (hello: ServerHello) => ServerHello {
  return (hello) => having(hello, encode.serverKeyShareExtension({ group, keyExchange }));
}

const P256: Scenario = {
  client: { ...FULL.client, groups: ['secp256r1', 'x25519'], keyShares: ['secp256r1'] },
  server: { ...FULL.server, groups: ['secp256r1'] },
};
const HYBRID: Scenario = {
  client: { ...FULL.client, groups: ['X25519MLKEM768'] },
  server: { ...FULL.server, groups: ['X25519MLKEM768'] },
};
/** Without compatibility mode: no session ID. */
const PLAIN: Scenario = { ...FULL, client: { ...FULL.client, compatibilityMode: false } };

/** The client’s GREASE is not to be taken for an offer. */
const GREASED: Scenario = { ...FULL, client: { ...FULL.client, grease: true } };
const greased = messageOf(scriptOf(GREASED).client, 'client_hello');
const grease = (of: (hello: ClientHello) => readonly number[]): number => {
  const hello = decodeHandshake(greased);
  const value = hello.type === 'client_hello' ? of(hello).find(isGrease) : undefined;
  if (value === undefined) throw new Error('there is no GREASE');
  return value;
};
const greaseExtension = grease((hello) => (hello.extensions ?? []).map(({ type }) => type));
const greaseSuite = grease((hello) => hello.cipherSuites);
const greaseGroup = grease((hello) => readClientHelloExtensions(hello.extensions).supportedGroups ?? []);
const greaseVersion = grease((hello) => readClientHelloExtensions(hello.extensions).supportedVersions ?? []);

const fields: readonly Refusal[] = [
  serverHello('of TLS 1.2', VERSION, (hello) => without(hello, 43)),
  serverHello('of TLS 1.2 without extensions', VERSION, (hello) => ({ ...hello, extensions: null })),
  serverHello('of TLS 1.0', VERSION, (hello) => ({ ...hello, legacyVersion: 0x0301, extensions: null })),
  serverHello('of TLS 1.2 with its downgrade sentinel', DOWNGRADE, (hello) =>
    withTail(without(hello, 43), 'DOWNGRD\x01'),
  ),
  serverHello('of TLS 1.1 with its downgrade sentinel', DOWNGRADE, (hello) => ({
    ...withTail(without(hello, 43), 'DOWNGRD\x00'),
    legacyVersion: 0x0302,
  })),
  serverHello('of TLS 1.2 with what is no sentinel', VERSION, (hello) => withTail(without(hello, 43), 'DOWNGRD\x02')),
  ...[0x0303, 0x0302, 0x0305, 0x7f1c, 0xfefd].map((version) =>
    serverHello(`with selected_version 0x${version.toString(16)}`, UNOFFERED_VERSION, (hello) =>
      having(hello, encode.selectedVersionExtension(version)),
    ),
  ),
  ...[0x0300, 0x0302, 0x0304].map((legacyVersion) =>
    serverHello(`with legacy_version 0x${legacyVersion.toString(16)}`, LEGACY, (hello) => ({
      ...hello,
      legacyVersion,
    })),
  ),
  serverHello('that echoes another session ID', ECHO, (hello) => ({ ...hello, legacySessionIdEcho: bytes(32) })),
  serverHello('that echoes no session ID', ECHO, (hello) => ({ ...hello, legacySessionIdEcho: bytes(0) })),
  serverHello('that echoes a part of the session ID', ECHO, (hello) => ({
    ...hello,
    legacySessionIdEcho: hello.legacySessionIdEcho.subarray(1),
  })),
  serverHello(
    'that echoes a session ID that was not sent',
    ECHO,
    (hello) => ({ ...hello, legacySessionIdEcho: bytes(32) }),
    PLAIN,
  ),
  ...[0x1302, 0x1303, 0xc02f, 0x0000, 0x1a1a].map((cipherSuite) =>
    serverHello(`with suite 0x${cipherSuite.toString(16)}`, SUITE, (hello) => ({ ...hello, cipherSuite })),
  ),
  ...[1, 64, 255].map((method) =>
    serverHello(`with compression ${method}`, COMPRESSION, (hello) => ({ ...hello, legacyCompressionMethod: method })),
  ),
];

const shares: readonly Refusal[] = [
  serverHello('with the client’s GREASE suite', SUITE, (hello) => ({ ...hello, cipherSuite: greaseSuite }), GREASED),
  serverHello(
    'with the client’s GREASE version',
    UNOFFERED_VERSION,
    (hello) => having(hello, encode.selectedVersionExtension(greaseVersion)),
    GREASED,
  ),
  serverHello('for the client’s GREASE group', GROUP, sharing(greaseGroup, bytes(1)), GREASED),
  serverHello('without key_share', ['ERR_TLS_MISSING_EXTENSION', 'missing_extension'], (hello) => without(hello, 51)),
  serverHello('for a group that was not offered', GROUP, sharing(0x0018, bytes(97, 4))),
  serverHello('for a group that was offered without a share', GROUP, sharing(0x001d, bytes(32)), P256),
  serverHello('for an unknown group', GROUP, sharing(0x1a1a, bytes(1))),
  ...[1, 31, 33].map((length) =>
    serverHello(`with x25519 of ${length} bytes`, KEY_SHARE, sharing(0x001d, bytes(length))),
  ),
  serverHello('with x25519 of all zero', WEAK, sharing(0x001d, bytes(32, 0))),
  serverHello('with an empty share', DECODE, sharing(0x001d, bytes(0))),
  serverHello('with P-256 off the curve', KEY_SHARE, sharing(0x0017, Uint8Array.of(4, ...bytes(64, 1))), P256),
  serverHello('with P-256 compressed', KEY_SHARE, sharing(0x0017, Uint8Array.of(2, ...bytes(32, 1))), P256),
  serverHello('with X25519MLKEM768 of a client’s length', KEY_SHARE, sharing(0x11ec, bytes(1216, 1)), HYBRID),
  serverHello('with X25519MLKEM768 a byte short', KEY_SHARE, sharing(0x11ec, bytes(1119, 1)), HYBRID),
  serverHello(
    'with a zero x25519 half beside ML-KEM',
    WEAK,
    sharing(0x11ec, Uint8Array.of(...bytes(1088, 1), ...bytes(32, 0))),
    HYBRID,
  ),
];

const extensions: readonly Refusal[] = [
  serverHello('with an unknown extension', UNSOLICITED, (hello) => appending(hello, opaque(0x7777))),
  serverHello('with the client’s GREASE', UNSOLICITED, (hello) => appending(hello, opaque(greaseExtension)), GREASED),
  serverHello('with a PSK that was not offered', UNSOLICITED, (hello) => appending(hello, opaque(41, 0, 0))),
  ...[0, 10, 13, 16, 42, 44, 45, 49, 65_281].map((type) =>
    serverHello(`with extension ${type}`, MISPLACED, (hello) => appending(hello, opaque(type))),
  ),
  ...[43, 51].map((type) =>
    serverHello(`with extension ${type} twice`, DUPLICATE, (hello) =>
      appending(hello, { type, body: bodyOf(hello, type) }),
    ),
  ),
  serverHello('with data behind its share', TRAILING, (hello) =>
    having(hello, { type: 51, body: Uint8Array.of(...bodyOf(hello, 51), 0) }),
  ),
  serverHello('with data behind its version', DECODE, (hello) => having(hello, opaque(43, 3, 4, 0))),
  serverHello('with half a version', DECODE, (hello) => having(hello, opaque(43, 3))),
];

const external = { identity: Uint8Array.of(7), key: bytes(32, 7) };
const [imported256, imported384] = importPsk(fastProvider, { ...external, context: Uint8Array.of(1) });
if (imported256 === undefined || imported384 === undefined) throw new Error('two keys are needed');
/** Keys of both hashes on offer, and all suites. */
const SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] as const;
const EXTERNAL: Scenario = {
  client: { ...FULL.client, cipherSuites: SUITES },
  server: { ...FULL.server, psks: [imported256, imported384], cipherSuites: [SUITES[0]] },
  target: { name: NAME, sessions: [imported256, imported384] },
};
const PSK_ALONE: Scenario = {
  ...RESUME,
  client: { ...RESUME.client, pskModes: ['psk_ke'] },
  server: { ...RESUME.server, pskModes: ['psk_ke'] },
};

const psks: readonly Refusal[] = [
  serverHello('with a PSK beyond those offered', UNOFFERED_PSK, (hello) => having(hello, opaque(41, 0, 1)), RESUME),
  serverHello('with PSK 0xffff', UNOFFERED_PSK, (hello) => having(hello, opaque(41, 0xff, 0xff)), RESUME),
  serverHello(
    'with early data and a PSK beyond those offered',
    UNOFFERED_PSK,
    (hello) => having(hello, opaque(41, 0, 1)),
    EARLY,
    'early',
  ),
  serverHello('with a PSK of another hash', PSK_MISMATCH, (hello) => having(hello, opaque(41, 0, 1)), EXTERNAL),
  serverHello(
    'with a suite of another hash than the PSK’s',
    PSK_MISMATCH,
    (hello) => ({ ...hello, cipherSuite: 0x1302 }),
    EXTERNAL,
  ),
  serverHello('with a PSK and no share where one is needed', PSK_MISMATCH, (hello) => without(hello, 51), RESUME),
  serverHello(
    'with a share where only psk_ke was offered',
    PSK_MISMATCH,
    (hello) => appending(hello, encode.serverKeyShareExtension({ group: 0x001d, keyExchange: bytes(32) })),
    PSK_ALONE,
  ),
  serverHello('with half a PSK', DECODE, (hello) => having(hello, opaque(41, 0)), RESUME),
];

type Message = Parameters<typeof flight<'encrypted_extensions'>>[5];
const grants = (
  title: string,
  expected: readonly [code: Refusal['code'], alert: Refusal['alert']],
  change: Message,
  scenario = FULL,
  under?: Refusal['under'],
): Refusal => flight('client', 'encrypted_extensions', title, expected, scenario, change, under ?? 'handshake');

/** The server's answer to early data, with another ServerHello, for a client that offers these sessions. */
function mismatch(
  title: string,
  sessions: readonly ClientSession[],
  change: (hello: ServerHello) => ServerHello = (hello) => hello,
): Refusal {
  const scenario = { ...EARLY, client: { ...EARLY.client, cipherSuites: SUITES }, target: { name: NAME, sessions } };
  return refusal('client', `encrypted_extensions with early_data ${title}`, EARLY_MISMATCH, 'early', () => {
    const rogue = makeRogue('client', scenario);
    const { server } = scriptOf(EARLY);
    rogue.message(edit(messageOf(server, 'server_hello'), change));
    rogue.message(messageOf(server, 'encrypted_extensions'));
    return rogue;
  });
}

const granted: readonly Refusal[] = [
  grants('with a protocol that was not offered', PROTOCOL, (ee) => having(ee, encode.alpnExtension(['http/1.0']))),
  grants('with two protocols', DECODE, (ee) => having(ee, encode.alpnExtension(['h2', 'http/1.1']))),
  grants('with no protocol in the list', DECODE, (ee) => having(ee, opaque(16, 0, 0))),
  grants('with an empty protocol', DECODE, (ee) => having(ee, opaque(16, 0, 1, 0))),
  grants('with a name in server_name', TRAILING, (ee) => having(ee, encode.serverNameExtension('server.test'))),
  grants('with an unknown extension', UNSOLICITED, (ee) => appending(ee, opaque(0x7777))),
  grants('with the client’s GREASE', UNSOLICITED, (ee) => appending(ee, opaque(greaseExtension)), GREASED),
  grants('with a protocol where none was offered', UNSOLICITED, (ee) => having(ee, encode.alpnExtension(['h2'])), {
    client: { decide: FULL.client?.decide },
    server: { decide: FULL.server?.decide },
  }),
  ...[0, 63, 16_386, 65_535].map((limit) =>
    grants(
      `with record_size_limit ${limit}`,
      LIMIT,
      (ee) => having(ee, encode.recordSizeLimitExtension(limit)),
      OPTIONS,
    ),
  ),
  grants(
    'with record_size_limit and max_fragment_length',
    LIMIT,
    (ee) => appending(ee, encode.maxFragmentLengthExtension(4)),
    OPTIONS,
  ),
  ...[0, 1, 3, 5].map((code) =>
    grants(
      `with max_fragment_length ${code} where 4 was asked for`,
      ['ERR_TLS_BAD_MAX_FRAGMENT_LENGTH', 'illegal_parameter'],
      (ee) => appending(without(ee, 28), encode.maxFragmentLengthExtension(code)),
      OPTIONS,
    ),
  ),
  grants('with record_size_limit', UNSOLICITED, (ee) => appending(ee, encode.recordSizeLimitExtension(64))),
  grants('with early_data', UNSOLICITED, (ee) => appending(ee, opaque(42))),
  ...[5, 13, 21, 41, 43, 44, 45, 47, 48, 49, 50, 51, 18, 35, 65_281].map((type) =>
    grants(`with extension ${type}`, MISPLACED, (ee) => appending(ee, opaque(type))),
  ),
  ...[0, 16].map((type) =>
    grants(`with extension ${type} twice`, DUPLICATE, (ee) => appending(ee, { type, body: bodyOf(ee, type) })),
  ),
  ...[
    mismatch('under a suite that it was not sent for', [{ ...session, cipherSuite: SUITES[2] }]),
    mismatch('under the second PSK', [session, session], (hello) => having(hello, opaque(41, 0, 1))),
    mismatch('without a PSK', [session], (hello) => without(hello, 41)),
  ],
  grants(
    'with early_data under a protocol that it was not sent for',
    EARLY_MISMATCH,
    (ee) => having(ee, encode.alpnExtension(['h2'])),
    EARLY,
    'early',
  ),
  grants('with early_data that has a body', TRAILING, (ee) => having(ee, opaque(42, 0)), EARLY, 'early'),
];

export const serverHelloCases: readonly Refusal[] = [...fields, ...shares, ...extensions, ...psks, ...granted];
