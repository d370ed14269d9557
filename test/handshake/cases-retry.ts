/**
 * What is refused around a HelloRetryRequest: second ClientHellos by a server, the HelloRetryRequest and the ServerHello behind
 * it by a client.
 *
 * @see RFC 9846 §4.2.2, §4.2.4, §4.3.1, §4.3.2, §4.3.8
 * @module
 */
import * as encode from '../../src/wire/extensions.ts';
import type { ClientHello, Extension } from '../../src/wire/messages.ts';
import { makeRogue, plainRecord, type Scenario, TYPE } from '../connection/rogue.ts';
import { COOKIE, EARLY, FULL, GROUP, messageOf, messagesOf, RESUME, RETRY, scriptOf } from '../connection/script.ts';
import {
  appending,
  bodyOf,
  having,
  helloRetryRequest,
  opaque,
  type Refusal,
  refusal,
  secondHello,
  serverHello,
  without,
} from './refusal.ts';

const CHANGED = ['ERR_TLS_SECOND_HELLO_CHANGED', 'illegal_parameter'] as const;
const BAD_COOKIE = ['ERR_TLS_BAD_COOKIE', 'illegal_parameter'] as const;
const DECODE = ['ERR_TLS_DECODE', 'decode_error'] as const;
const UNSOLICITED = ['ERR_TLS_UNSOLICITED_EXTENSION', 'unsupported_extension'] as const;
const MISPLACED = ['ERR_TLS_MISPLACED_EXTENSION', 'illegal_parameter'] as const;
const RETRY_GROUP = ['ERR_TLS_RETRY_GROUP', 'illegal_parameter'] as const;

const KEY_SHARE = 51;
const COOKIE_TYPE = 44;
const EARLY_DATA = 42;

const p256Share = (hello: ClientHello): Uint8Array => bodyOf(hello, KEY_SHARE).subarray(6);

/** The retry scenario with two suites and a session to resume. */
const SUITES: Scenario = {
  ...GROUP,
  client: { ...GROUP.client, cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'] },
};

const fields: readonly Refusal[] = [
  secondHello('with another legacy_version', CHANGED, RETRY, (hello) => ({ ...hello, legacyVersion: 0x0302 })),
  secondHello('with another random', CHANGED, RETRY, (hello) => ({ ...hello, random: flipped(hello.random) })),
  secondHello('with another session ID', CHANGED, RETRY, (hello) => ({
    ...hello,
    legacySessionId: flipped(hello.legacySessionId),
  })),
  secondHello('without its session ID', CHANGED, RETRY, (hello) => ({ ...hello, legacySessionId: new Uint8Array(0) })),
  secondHello('with a suite more', CHANGED, RETRY, (hello) => ({
    ...hello,
    cipherSuites: [...hello.cipherSuites, 0x1302],
  })),
  secondHello('with a suite less', CHANGED, SUITES, (hello) => ({ ...hello, cipherSuites: [0x1301] })),
  secondHello('with its suites in another order', CHANGED, SUITES, (hello) => ({
    ...hello,
    cipherSuites: [...hello.cipherSuites].reverse(),
  })),
  secondHello('with other compression methods', CHANGED, RETRY, (hello) => ({
    ...hello,
    legacyCompressionMethods: Uint8Array.of(0, 1),
  })),
  secondHello('without extensions', CHANGED, GROUP, (hello) => ({ ...hello, extensions: [] })),
];

/** Everything that the hellos of these scenarios hold and that has to stay, with another body that decodes. */
const OTHERS: readonly Extension[] = [
  encode.serverNameExtension('other.test'),
  encode.supportedGroupsExtension([0x0017, 0x001d]),
  encode.signatureAlgorithmsExtension([0x0403]),
  encode.alpnExtension(['http/1.1', 'h2']),
  encode.supportedVersionsExtension([0x0304, 0x0303]),
  encode.pskKeyExchangeModesExtension([1, 0]),
];

const extensions: readonly Refusal[] = [
  ...OTHERS.flatMap((other) => [
    secondHello(`with another extension ${other.type}`, CHANGED, RETRY, (hello) => having(hello, other)),
    secondHello(`without extension ${other.type}`, CHANGED, RETRY, (hello) => without(hello, other.type)),
    secondHello(`with extension ${other.type} elsewhere`, CHANGED, COOKIE, (hello) => moved(hello, other.type)),
  ]),
  ...Array.from({ length: 6 }, (_, i) =>
    secondHello(`with extensions ${i} and ${i + 1} swapped`, CHANGED, COOKIE, (hello) => ({
      ...hello,
      extensions: swapped(hello.extensions ?? [], i),
    })),
  ),
  secondHello('with an extension more', CHANGED, RETRY, (hello) => appending(hello, opaque(0x7777))),
  secondHello(
    'with another GREASE extension',
    CHANGED,
    RETRY,
    (hello) => appending(hello, opaque(0x2a2a)),
    (hello) => appending(hello, opaque(0x1a1a)),
  ),
  secondHello('with early_data', CHANGED, COOKIE, (hello) => appending(hello, opaque(EARLY_DATA))),
  secondHello(
    'that keeps early_data',
    CHANGED,
    COOKIE,
    (hello) => appending(hello, opaque(EARLY_DATA)),
    (hello) => appending(hello, opaque(EARLY_DATA)),
  ),
];

const answers: readonly Refusal[] = [
  secondHello('without the cookie', BAD_COOKIE, RETRY, (hello) => without(hello, COOKIE_TYPE)),
  secondHello('with another cookie', BAD_COOKIE, RETRY, (hello) =>
    having(hello, { type: COOKIE_TYPE, body: flipped(bodyOf(hello, COOKIE_TYPE)) }),
  ),
  secondHello('with a part of the cookie', BAD_COOKIE, COOKIE, (hello) =>
    having(hello, encode.cookieExtension(bodyOf(hello, COOKIE_TYPE).subarray(2, -1))),
  ),
  secondHello('with a longer cookie', BAD_COOKIE, COOKIE, (hello) =>
    having(hello, encode.cookieExtension(Uint8Array.of(...bodyOf(hello, COOKIE_TYPE).subarray(2), 0))),
  ),
  secondHello('with a cookie where there was none', BAD_COOKIE, GROUP, (hello) =>
    appending(hello, encode.cookieExtension(new Uint8Array(32))),
  ),
  secondHello('with an empty cookie', DECODE, COOKIE, (hello) => having(hello, opaque(COOKIE_TYPE, 0, 0))),
  secondHello('without shares', CHANGED, GROUP, (hello) => having(hello, encode.keyShareExtension([]))),
  secondHello('without key_share', CHANGED, GROUP, (hello) => without(hello, KEY_SHARE)),
  secondHello('with the share of the first', CHANGED, GROUP, (hello) =>
    having(hello, encode.keyShareExtension([{ group: 0x001d, keyExchange: new Uint8Array(32).fill(9) }])),
  ),
  secondHello('with a second share', CHANGED, GROUP, (hello) =>
    having(
      hello,
      encode.keyShareExtension([
        { group: 0x0017, keyExchange: p256Share(hello) },
        { group: 0x001d, keyExchange: new Uint8Array(32).fill(9) },
      ]),
    ),
  ),
  secondHello('with a share that is no point', ['ERR_TLS_BAD_KEY_SHARE', 'illegal_parameter'], GROUP, (hello) =>
    having(hello, encode.keyShareExtension([{ group: 0x0017, keyExchange: new Uint8Array(65).fill(4) }])),
  ),
  secondHello('with another share where none was asked for', CHANGED, COOKIE, (hello) =>
    having(hello, encode.keyShareExtension([{ group: 0x001d, keyExchange: new Uint8Array(32).fill(9) }])),
  ),
  secondHello(
    'with the binder of the first',
    ['ERR_TLS_BAD_BINDER', 'decrypt_error'],
    { ...RESUME, server: { ...RESUME.server, cookie: true } },
    (hello) => {
      const [first] = messagesOf(scriptOf(RESUME).client, 'client_hello');
      if (first === undefined) throw new Error('there is no hello');
      return having(hello, { type: 41, body: first.subarray(first.length - bodyOf(hello, 41).length) });
    },
  ),
];

const requests: readonly Refusal[] = [
  helloRetryRequest('that changes nothing', ['ERR_TLS_RETRY_WITHOUT_CHANGE', 'illegal_parameter'], GROUP, (retry) =>
    without(retry, KEY_SHARE),
  ),
  helloRetryRequest('for a group that is not offered', RETRY_GROUP, GROUP, (retry) =>
    having(retry, encode.selectedGroupExtension(0x0018)),
  ),
  helloRetryRequest('for an unknown group', RETRY_GROUP, GROUP, (retry) =>
    having(retry, encode.selectedGroupExtension(0x1a1a)),
  ),
  helloRetryRequest('for a group whose share was sent', RETRY_GROUP, GROUP, (retry) =>
    having(retry, encode.selectedGroupExtension(0x001d)),
  ),
  helloRetryRequest('for a group whose share was sent, with a cookie', RETRY_GROUP, RETRY, (retry) =>
    having(retry, encode.selectedGroupExtension(0x001d)),
  ),
  helloRetryRequest('with an empty cookie', DECODE, COOKIE, (retry) => having(retry, opaque(COOKIE_TYPE, 0, 0))),
  helloRetryRequest('with a whole share', ['ERR_TLS_TRAILING_DATA', 'decode_error'], GROUP, (retry) =>
    having(retry, opaque(KEY_SHARE, 0, 0x17, 0, 1, 4)),
  ),
  helloRetryRequest('with an unknown extension', UNSOLICITED, GROUP, (retry) => appending(retry, opaque(0x7777))),
  helloRetryRequest('with server_name', MISPLACED, GROUP, (retry) => appending(retry, opaque(0))),
  helloRetryRequest('with pre_shared_key', MISPLACED, GROUP, (retry) => appending(retry, opaque(41, 0, 0))),
  helloRetryRequest('with an extension twice', ['ERR_TLS_DUPLICATE_EXTENSION', 'illegal_parameter'], COOKIE, (retry) =>
    appending(retry, { type: COOKIE_TYPE, body: bodyOf(retry, COOKIE_TYPE) }),
  ),
  helloRetryRequest('of another session', ['ERR_TLS_SESSION_ID_ECHO', 'illegal_parameter'], GROUP, (retry) => ({
    ...retry,
    legacySessionIdEcho: flipped(retry.legacySessionIdEcho),
  })),
  helloRetryRequest('with another suite', ['ERR_TLS_UNOFFERED_CIPHER_SUITE', 'illegal_parameter'], GROUP, (retry) => ({
    ...retry,
    cipherSuite: 0x1302,
  })),
  helloRetryRequest('with compression', ['ERR_TLS_BAD_COMPRESSION', 'illegal_parameter'], GROUP, (retry) => ({
    ...retry,
    legacyCompressionMethod: 1,
  })),
  helloRetryRequest(
    'with another legacy_version',
    ['ERR_TLS_SERVER_LEGACY_VERSION', 'protocol_version'],
    GROUP,
    (retry) => ({
      ...retry,
      legacyVersion: 0x0302,
    }),
  ),
  helloRetryRequest('for TLS 1.2', ['ERR_TLS_UNOFFERED_VERSION', 'illegal_parameter'], GROUP, (retry) =>
    having(retry, encode.selectedVersionExtension(0x0303)),
  ),
  helloRetryRequest('without supported_versions', ['ERR_TLS_UNSUPPORTED_VERSION', 'protocol_version'], GROUP, (retry) =>
    without(retry, 43),
  ),
  refusal('client', 'a second HelloRetryRequest', ['ERR_TLS_SECOND_RETRY', 'unexpected_message'], 'plaintext', () => {
    const rogue = makeRogue('client', RETRY);
    const retry = messageOf(scriptOf(RETRY).server, 'server_hello');
    rogue.message(retry);
    rogue.message(retry);
    return rogue;
  }),
  refusal('client', 'a HelloRetryRequest that is cut short, to early data', DECODE, 'early', () => {
    const rogue = makeRogue('client', EARLY);
    const retry = messageOf(scriptOf(COOKIE).server, 'server_hello');
    rogue.message(Uint8Array.of(2, 0, 0, retry.length - 5, ...retry.subarray(4, -1)));
    return rogue;
  }),
];

const afterwards: readonly Refusal[] = [
  serverHello(
    'with another suite than HelloRetryRequest',
    ['ERR_TLS_CIPHER_SUITE_CHANGED', 'illegal_parameter'],
    (hello) => ({ ...hello, cipherSuite: 0x1302 }),
    SUITES,
  ),
  serverHello(
    'of TLS 1.2 behind a HelloRetryRequest',
    ['ERR_TLS_VERSION_CHANGED', 'illegal_parameter'],
    (hello) => without(hello, 43),
    GROUP,
  ),
  serverHello(
    'of TLS 1.2 in supported_versions behind a HelloRetryRequest',
    ['ERR_TLS_UNOFFERED_VERSION', 'illegal_parameter'],
    (hello) => having(hello, encode.selectedVersionExtension(0x0303)),
    GROUP,
  ),
  serverHello(
    'for the group of the first hello behind a HelloRetryRequest',
    ['ERR_TLS_UNOFFERED_GROUP', 'illegal_parameter'],
    (hello) =>
      having(hello, encode.serverKeyShareExtension({ group: 0x001d, keyExchange: new Uint8Array(32).fill(9) })),
    GROUP,
  ),
  serverHello(
    'for a group without share behind a cookie',
    ['ERR_TLS_UNOFFERED_GROUP', 'illegal_parameter'],
    (hello) =>
      having(hello, encode.serverKeyShareExtension({ group: 0x0017, keyExchange: new Uint8Array(65).fill(4) })),
    { ...COOKIE, client: { ...FULL.client, groups: ['x25519', 'secp256r1'], keyShares: ['x25519'] } },
  ),
];

const skipped: readonly Refusal[] = [
  refusal(
    'server',
    'more early data behind a HelloRetryRequest than it skips',
    ['ERR_TLS_TOO_MUCH_EARLY_DATA', 'unexpected_message'],
    'plaintext',
    () => {
      const rogue = makeRogue('server', {
        ...EARLY,
        server: { ...EARLY.server, cookie: true, limits: { skippedEarlyData: 1000 } },
      });
      rogue.message(messageOf(scriptOf(EARLY).client, 'client_hello'));
      rogue.deliver(plainRecord(TYPE.application_data, new Uint8Array(1017)));
      if (rogue.victim.connection.phase === 'failed') throw new Error('that was not too much');
      rogue.deliver(plainRecord(TYPE.application_data, new Uint8Array(18)));
      return rogue;
    },
  ),
  refusal(
    'server',
    'early data behind a HelloRetryRequest to a hello that announced none',
    ['ERR_TLS_RECORD_TYPE', 'unexpected_message'],
    'plaintext',
    () => {
      const rogue = makeRogue('server', COOKIE);
      rogue.message(messageOf(scriptOf(COOKIE).client, 'client_hello'));
      rogue.deliver(plainRecord(TYPE.application_data, new Uint8Array(100)));
      return rogue;
    },
  ),
];

function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}

/** To the front; the first one to the end. */
function moved(hello: ClientHello, type: number): ClientHello {
  const one = { type, body: bodyOf(hello, type) };
  const rest = without(hello, type).extensions ?? [];
  return { ...hello, extensions: hello.extensions?.[0]?.type === type ? [...rest, one] : [one, ...rest] };
}

function swapped(list: readonly Extension[], at: number): readonly Extension[] {
  const [one, two] = [list[at], list[at + 1]];
  if (one === undefined || two === undefined) throw new Error(`there is no extension ${at + 1}`);
  return [...list.slice(0, at), two, one, ...list.slice(at + 2)];
}

export const retryCases: readonly Refusal[] = [
  ...fields,
  ...extensions,
  ...answers,
  ...requests,
  ...afterwards,
  ...skipped,
];
