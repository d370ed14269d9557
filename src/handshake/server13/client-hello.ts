/**
 * TLS 1.3 server: what a ClientHello leads to, and WAIT_SECOND_CH.
 *
 * Chooses suite, group and application protocol, or asks for a second ClientHello and holds it against the first.
 *
 * @see RFC 9846 §4.2.1 (Cryptographic Negotiation), §4.2.2 (Client Hello), §4.2.4 (Hello Retry Request), §9.2
 * @module
 */
import { constantTimeEqual } from '../../crypto/secret.ts';
import { fail } from '../../errors/errors.ts';
import { startTranscript, type Transcript } from '../../keys/transcript.ts';
import type { CipherSuite13 } from '../../params/algorithms.ts';
import { EXTENSION, VERSION } from '../../params/registries.ts';
import { checkClientHelloPairs, readClientHelloExtensions } from '../../wire/extension-table.ts';
import { cookieExtension, selectedGroupExtension, selectedVersionExtension } from '../../wire/extensions.ts';
import { encodeHandshake, HELLO_RETRY_REQUEST_RANDOM } from '../../wire/message.ts';
import type { ClientHello, Extension } from '../../wire/messages.ts';
import { canonicalName, type ServerConfig } from '../shared/config.ts';
import type { Effect } from '../shared/effects.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import { chooseAlpn, chooseCipherSuite, chooseGroup, type GroupChoice } from '../shared/negotiate.ts';
import type { Handlers, Negotiated, ReceivedHello, Retried, State } from './states.ts';

type Next = Extract<State, { kind: 'WAIT_SECOND_CH' | 'CHOOSING_CREDENTIAL' }>;

const COOKIE_LENGTH = 32;

/** The first ClientHello, once the version is settled. */
export function receiveFirstHello(
  config: ServerConfig,
  hello: ReceivedHello,
  raw: Uint8Array,
  env: Env,
): Outcome<Next> {
  checkHello13(hello);
  const serverName = checkServerName(config, hello);
  const suite = chooseCipherSuite(config.cipherSuites, hello.message.cipherSuites);
  const { supportedGroups, keyShare, earlyData } = hello.extensions;
  const choice = chooseGroup(config.groups, supportedGroups ?? [], keyShare ?? []);
  const alpn = chooseAlpn(config.alpn, hello.extensions.alpn);
  const transcript = startTranscript([raw]).bind(env.crypto, suite.hash);

  if (choice.share === null || config.cookie) return retry(config, hello, suite, choice, transcript, env);
  return choose(
    { config, hello, suite, group: choice.group, clientShare: choice.share, alpn, serverName, transcript },
    false,
    // §4.3.10: early data of a client whose PSK is not taken is skipped by trying to open it.
    earlyData ? [{ do: 'skip-early-data', by: 'trial' }] : [],
  );
}

export const waitSecondClientHello: Handlers<'WAIT_SECOND_CH'> = {
  client_hello({ retried }, message) {
    const { config, first, suite, group } = retried;
    const hello = { message, extensions: readClientHelloExtensions(message.extensions) };
    checkSecondHello(retried, hello);
    checkHello13(hello);
    const serverName = checkServerName(config, hello);
    // §4.2.2: the suites are those of the first hello, so the choice stands.
    const share = hello.extensions.keyShare?.find((entry) => entry.group === group.code);
    if (share === undefined) fail('ERR_TLS_SECOND_HELLO_CHANGED', 'no share for the group asked for');

    return choose(
      {
        config,
        hello,
        suite,
        group,
        clientShare: share.keyExchange,
        alpn: chooseAlpn(config.alpn, first.extensions.alpn),
        serverName,
        transcript: retried.transcript.with(message.raw),
      },
      true,
      [],
    );
  },
};

/** §4.2.2 and §9.2: what every ClientHello of TLS 1.3 fulfils. */
function checkHello13({ message, extensions }: ReceivedHello): void {
  // §4.2.2: legacy_version is 0x0303,
  if (message.legacyVersion !== VERSION.TLS12) {
    fail('ERR_TLS_BAD_LEGACY_VERSION', `0x${message.legacyVersion.toString(16)}`);
  }
  // §4.2.2: and the only compression is none.
  const { legacyCompressionMethods: methods } = message;
  if (methods.length !== 1 || methods[0] !== 0) fail('ERR_TLS_BAD_COMPRESSION');
  checkClientHelloPairs(extensions);
  // §4.3.3: a server that shows a certificate needs signature_algorithms, whatever PSK is offered beside it.
  if (extensions.signatureAlgorithms === undefined) fail('ERR_TLS_MISSING_EXTENSION', 'signature_algorithms');
}

/** RFC 6066 §3: a name that this server does not serve. */
function checkServerName(config: ServerConfig, { extensions }: ReceivedHello): string | null {
  const name = extensions.serverName === undefined ? null : canonicalName(extensions.serverName);
  if (name !== null && config.serverNames !== null && !config.serverNames.includes(name)) {
    fail('ERR_TLS_UNRECOGNIZED_NAME');
  }
  return name;
}

function retry(
  config: ServerConfig,
  first: ReceivedHello,
  suite: CipherSuite13,
  { group, share }: GroupChoice,
  transcript: Transcript,
  env: Env,
): Outcome<Next> {
  const cookie = config.cookie ? env.random(COOKIE_LENGTH) : null;
  const extensions: Extension[] = [selectedVersionExtension(VERSION.TLS13)];
  // §4.3.8: only a group whose share is missing is asked for.
  if (share === null) extensions.push(selectedGroupExtension(group.code));
  if (cookie !== null) extensions.push(cookieExtension(cookie));
  const message = encodeHandshake({
    type: 'hello_retry_request',
    legacyVersion: VERSION.TLS12,
    random: HELLO_RETRY_REQUEST_RANDOM,
    legacySessionIdEcho: first.message.legacySessionId,
    cipherSuite: suite.code,
    legacyCompressionMethod: 0,
    extensions: config.helloShape.serverExtensions?.('hello_retry_request', extensions) ?? extensions,
  });
  return {
    next: {
      kind: 'WAIT_SECOND_CH',
      retried: {
        config,
        first,
        suite,
        group,
        shareAsked: share === null,
        cookie: config.helloShape.cookie ?? cookie,
        // §4.1: ClientHello1 stands in the transcript as its hash.
        transcript: transcript.replacedByMessageHash().with(message),
      },
    },
    effects: [
      { do: 'send', message },
      // Appendix E.4: behind the first message of a server whose client sent a session ID.
      ...(first.message.legacySessionId.length > 0 ? [{ do: 'send-change-cipher-spec' } as const] : []),
      // §4.3.10: early data cannot follow a HelloRetryRequest; what is under way is skipped by its outer type.
      ...(first.extensions.earlyData ? [{ do: 'skip-early-data', by: 'type' } as const] : []),
    ],
  };
}

function choose(
  settled: Omit<Negotiated, 'helloRetryRequest' | 'schemesAsked'>,
  helloRetryRequest: boolean,
  effects: readonly Effect[],
): Outcome<Extract<State, { kind: 'CHOOSING_CREDENTIAL' }>> {
  const { config, hello, serverName } = settled;
  const schemes = hello.extensions.signatureAlgorithms ?? [];
  return {
    next: {
      kind: 'CHOOSING_CREDENTIAL',
      hs: {
        ...settled,
        helloRetryRequest,
        schemesAsked: config.clientAuth === 'none' ? null : config.signatureSchemes,
      },
    },
    effects: [
      ...effects,
      {
        do: 'ask',
        kind: 'chooseCredential',
        ask: {
          role: 'server',
          serverName,
          schemes,
          // §4.3.3: without signature_algorithms_cert the other list speaks for certificates too.
          schemesCert: hello.extensions.signatureAlgorithmsCert ?? schemes,
          authorities: hello.extensions.certificateAuthorities ?? [],
        },
      },
    ],
  };
}

/** §4.2.2: the second ClientHello is the first, but for what it says there. */
function checkSecondHello(retried: Retried, { message: second, extensions }: ReceivedHello): void {
  const first = retried.first.message;
  const sameFields =
    second.legacyVersion === first.legacyVersion &&
    constantTimeEqual(second.random, first.random) &&
    constantTimeEqual(second.legacySessionId, first.legacySessionId) &&
    constantTimeEqual(second.legacyCompressionMethods, first.legacyCompressionMethods) &&
    second.cipherSuites.length === first.cipherSuites.length &&
    second.cipherSuites.every((suite, i) => suite === first.cipherSuites[i]);
  if (!sameFields) fail('ERR_TLS_SECOND_HELLO_CHANGED');

  // §4.2.2: early_data is gone.
  if (extensions.earlyData) fail('ERR_TLS_SECOND_HELLO_CHANGED', 'early_data');
  // §4.3.2: the cookie comes back as it was sent, and only where one was.
  const { cookie } = retried;
  const echoed = extensions.cookie;
  const cookieHolds =
    cookie === null ? echoed === undefined : echoed !== undefined && constantTimeEqual(echoed, cookie);
  if (!cookieHolds) fail('ERR_TLS_BAD_COOKIE');
  // §4.3.8: where a share was asked for, key_share holds it alone; else it is as before.
  const changeable = new Set<number>(CHANGEABLE);
  if (retried.shareAsked) {
    changeable.add(EXTENSION.key_share);
    const [only, ...more] = extensions.keyShare ?? [];
    if (only?.group !== retried.group.code || more.length > 0) fail('ERR_TLS_SECOND_HELLO_CHANGED', 'key_share');
  }
  const before = kept(first, changeable);
  const after = kept(second, changeable);
  const same =
    before.length === after.length &&
    before.every((a, i) => a.type === after[i]?.type && constantTimeEqual(a.body, after[i].body));
  if (!same) fail('ERR_TLS_SECOND_HELLO_CHANGED', 'an extension');
}

/** §4.2.2: extensions that may come, go or change. */
const CHANGEABLE = [EXTENSION.cookie, EXTENSION.early_data, EXTENSION.pre_shared_key, EXTENSION.padding] as const;

function kept(hello: ClientHello, changeable: ReadonlySet<number>): readonly Extension[] {
  return (hello.extensions ?? []).filter(({ type }) => !changeable.has(type));
}
