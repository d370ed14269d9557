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
import { EXTENSION, PSK_KEY_EXCHANGE_MODE, VERSION } from '../../params/registries.ts';
import type { EarlyDataClaim } from '../../sessions/anti-replay.ts';
import { type ExternalPsk, hashOfPsk, isUsableByServer, type ServerSession } from '../../sessions/session.ts';
import { checkClientHelloPairs, readClientHelloExtensions } from '../../wire/extension-table.ts';
import { cookieExtension, selectedGroupExtension, selectedVersionExtension } from '../../wire/extensions.ts';
import { encodeHandshake, HELLO_RETRY_REQUEST_RANDOM } from '../../wire/message.ts';
import type { ClientHello, Extension } from '../../wire/messages.ts';
import type { ServerConfig } from '../shared/config.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import {
  checkedServerName,
  chooseAlpn,
  chooseCipherSuite,
  chooseGroup,
  type GroupChoice,
} from '../shared/negotiate.ts';
import { checkBinder } from '../shared/psk.ts';
import { isMaxFragmentLength, MIN_RECORD_SIZE_LIMIT } from '../shared/record-limits.ts';
import { sessionPolicyOf } from '../shared/session-policy.ts';
import { sendPskFlight } from './flight.ts';
import type {
  Answerable,
  Handlers,
  KeyAgreement,
  Negotiated,
  ReceivedHello,
  Retried,
  ServerPsk,
  State,
} from './states.ts';

type Next = Extract<State, { kind: 'OPENING_SESSION' | 'WAIT_SECOND_CH' | 'CHOOSING_CREDENTIAL' }>;
type AfterSession = Extract<
  State,
  { kind: 'WAIT_SECOND_CH' | 'CHOOSING_CREDENTIAL' | 'ADMITTING_EARLY_DATA' | 'WAIT_FINISHED' }
>;

const COOKIE_LENGTH = 32;

/** The first ClientHello, once the version is settled. */
export function receiveFirstHello(config: ServerConfig, hello: ReceivedHello, env: Env): Outcome<Next> {
  checkHello13(hello, env);
  return lookForSession(
    {
      config,
      hello,
      suite: chooseCipherSuite(config.cipherSuites, hello.message.cipherSuites),
      alpn: chooseAlpn(config.alpn, hello.extensions.alpn),
      serverName: checkedServerName(config, hello.extensions),
      before: startTranscript(),
      retried: null,
    },
    env,
  );
}

export const waitSecondClientHello: Handlers<'WAIT_SECOND_CH'> = {
  client_hello({ retried }, message, env) {
    const { config, suite, alpn } = retried;
    const hello = { message, extensions: readClientHelloExtensions(message.extensions) };
    checkSecondHello(retried, hello);
    checkHello13(hello, env);
    const serverName = checkedServerName(config, hello.extensions);
    // §4.2.2: suites and protocols are those of the first hello, so the choices stand.
    const answerable = { config, hello, suite, alpn, serverName, before: retried.transcript, retried };
    const outcome = lookForSession(answerable, env);
    // A second retry is not possible: the share that was asked for is there.
    if (outcome.next.kind === 'WAIT_SECOND_CH') fail('ERR_TLS_INTERNAL');
    return { next: outcome.next, effects: outcome.effects };
  },
};

/** Suspended: which of the client's PSKs to use, if any. */
export const openingSession: Handlers<'OPENING_SESSION'> = {
  'answer:openSession'({ hs }, opened, env): Outcome<AfterSession> {
    if (opened === null || !isUsable(hs, opened.psk, env)) return withoutPsk(hs, env);
    const { binders = [] } = hs.hello.extensions.preSharedKey ?? {};
    const hello = { raw: hs.hello.message.raw, binders };
    const accepted = checkBinder(env.crypto, opened.psk, opened.index, hello, hs.before);
    // §4.3.11: the suite goes with the PSK's hash. `isUsable` has seen to it that there is one.
    const suite = usableSuites(hs).find(({ hash }) => hash === hashOfPsk(opened.psk)) ?? hs.suite;
    return withPsk({ ...hs, suite }, accepted, env);
  },
};

/** Suspended: whether the early data may be read. */
export const admittingEarlyData: Handlers<'ADMITTING_EARLY_DATA'> = {
  'answer:admitEarlyData'({ hs, accepted, maxEarlyData }, admitted, env) {
    return sendPskFlight(hs, accepted, admitted ? maxEarlyData : null, env);
  },
};

/** Asks for a PSK where the client offers any in a mode that this server uses. */
function lookForSession(hs: Answerable, env: Env): Outcome<Next> {
  const { preSharedKey, pskKeyExchangeModes } = hs.hello.extensions;
  // §4.3.9: only in a mode that the client lists.
  const modes = hs.config.pskModes.filter((mode) => pskKeyExchangeModes?.includes(mode) === true);
  if (preSharedKey === undefined || modes.length === 0) return withoutPsk(hs, env);
  return {
    next: { kind: 'OPENING_SESSION', hs },
    effects: [
      {
        do: 'ask',
        kind: 'openSession',
        ask: {
          version: 'TLS 1.3',
          identities: preSharedKey.identities,
          serverName: hs.serverName,
          cipherSuites: usableSuites(hs),
          now: env.clock(),
        },
      },
    ],
  };
}

/** §4.3.11, §4.7.1: a PSK of the suite's hash; a session under the policy that it was made under. */
function isUsable(hs: Answerable, psk: ServerSession | ExternalPsk, env: Env): boolean {
  const cipherSuites = usableSuites(hs);
  if (psk.kind === 'external-psk') return cipherSuites.some(({ hash }) => hash === psk.hash);
  return isUsableByServer(psk, {
    now: env.clock(),
    serverName: hs.serverName,
    policy: sessionPolicyOf(hs.config),
    version: 'TLS 1.3',
    cipherSuites,
    clientCertificateRequired: hs.config.clientAuth === 'require',
  });
}

/** Suites that both sides have, best first; after a HelloRetryRequest the one that it named (§4.2.4). */
function usableSuites({ config, hello, suite, retried }: Answerable): readonly CipherSuite13[] {
  if (retried !== null) return [suite];
  const offered = new Set(hello.message.cipherSuites);
  return config.cipherSuites.filter(({ code }) => offered.has(code));
}

function withoutPsk(
  hs: Answerable,
  env: Env,
): Outcome<Extract<Next, { kind: 'WAIT_SECOND_CH' | 'CHOOSING_CREDENTIAL' }>> {
  const { config, hello } = hs;
  const { signatureAlgorithms, supportedGroups, keyShare, earlyData } = hello.extensions;
  // §4.3.3: a server that shows a certificate needs signature_algorithms, whatever PSK is offered beside it.
  if (signatureAlgorithms === undefined) fail('ERR_TLS_MISSING_EXTENSION', 'signature_algorithms');
  const choice = chooseGroup(config.groups, supportedGroups ?? [], keyShare ?? []);
  const agreement = agreementOf(hs, choice);
  if (agreement === null) return retry(hs, choice, env);

  return {
    next: { kind: 'CHOOSING_CREDENTIAL', hs: { agreement, transcript: throughHello(hs, env), ...hs } },
    effects: [
      // §4.3.10: early data of a client whose PSK is not taken is skipped by trying to open it.
      ...(earlyData && hs.retried === null ? [{ do: 'skip-early-data', by: 'trial' } as const] : []),
      {
        do: 'ask',
        kind: 'chooseCredential',
        ask: {
          role: 'server',
          serverName: hs.serverName,
          schemes: signatureAlgorithms,
          // §4.3.3: without signature_algorithms_cert the other list speaks for certificates too.
          schemesCert: hello.extensions.signatureAlgorithmsCert ?? signatureAlgorithms,
          authorities: hello.extensions.certificateAuthorities ?? [],
        },
      },
    ],
  };
}

function withPsk(
  hs: Answerable,
  accepted: ServerPsk,
  env: Env,
): Outcome<Exclude<AfterSession, { kind: 'CHOOSING_CREDENTIAL' }>> {
  const { config, hello } = hs;
  const { supportedGroups, keyShare, pskKeyExchangeModes, earlyData } = hello.extensions;
  const may = (mode: number): boolean => config.pskModes.includes(mode) && pskKeyExchangeModes?.includes(mode) === true;
  let agreement: KeyAgreement | null = null;
  // §4.3.9: with a key exchange where both can, since only it keeps past connections secret.
  if (may(PSK_KEY_EXCHANGE_MODE.psk_dhe_ke)) {
    const mutual = config.groups.some(({ code }) => supportedGroups?.includes(code) === true);
    // §4.2.1: without a common group a PSK alone will do, if it may.
    if (mutual || !may(PSK_KEY_EXCHANGE_MODE.psk_ke)) {
      const choice = chooseGroup(config.groups, supportedGroups ?? [], keyShare ?? []);
      agreement = agreementOf(hs, choice);
      if (agreement === null) return retry(hs, choice, env);
    }
  }
  const negotiated: Negotiated = { agreement, transcript: throughHello(hs, env), ...hs };
  const { psk, index } = accepted;
  const used = psk.kind === 'server-session' && psk.id !== null ? [{ do: 'consume-session', id: psk.id } as const] : [];
  const claim = earlyData ? claimOf(negotiated, psk, index, env) : null;
  if (claim !== null) {
    return {
      next: { kind: 'ADMITTING_EARLY_DATA', hs: negotiated, accepted, maxEarlyData: claim.maxEarlyData },
      effects: [...used, { do: 'ask', kind: 'admitEarlyData', ask: claim }],
    };
  }
  const flight = sendPskFlight(negotiated, accepted, null, env);
  if (flight.next.kind === 'WAIT_EOED') fail('ERR_TLS_INTERNAL');
  return { next: flight.next, effects: [...used, ...flight.effects] };
}

/** §4.3.10: early data can be accepted only under the first PSK, its suite and its protocol, and never after a retry. */
function claimOf(
  { config, suite, alpn, hello, retried }: Negotiated,
  psk: ServerSession | ExternalPsk,
  index: number,
  env: Env,
): EarlyDataClaim | null {
  if (retried !== null || index !== 0 || psk.kind === 'external-psk' || config.earlyData === 0) return null;
  if (psk.maxEarlyData === 0 || psk.cipherSuite !== suite.name || psk.alpn !== alpn) return null;
  const { identities = [], binders = [] } = hello.extensions.preSharedKey ?? {};
  const [identity, binder] = [identities[0], binders[0]];
  if (identity === undefined || binder === undefined) return null;
  // §8.3: by the client's account of the ticket's age.
  const age = (identity.obfuscatedTicketAge - psk.ageAdd + 0x1_0000_0000) % 0x1_0000_0000;
  return { key: binder, expectedArrival: psk.issuedAt + age, now: env.clock(), maxEarlyData: psk.maxEarlyData };
}

/** The share to agree with; null when it has to be asked for. After a retry it is the one asked for. */
function agreementOf({ config, hello, retried }: Answerable, choice: GroupChoice): KeyAgreement | null {
  if (retried === null)
    return choice.share === null || config.cookie ? null : { group: choice.group, share: choice.share };
  const share = hello.extensions.keyShare?.find(({ group }) => group === retried.group.code);
  if (share === undefined) fail('ERR_TLS_SECOND_HELLO_CHANGED', 'no share for the group asked for');
  return { group: retried.group, share: share.keyExchange };
}

function throughHello({ before, hello, suite }: Answerable, env: Env): Transcript {
  return before.bind(env.crypto, suite.hash).with(hello.message.raw);
}

/** §4.2.2 and §9.2: what every ClientHello of TLS 1.3 fulfils. */
function checkHello13({ message, extensions }: ReceivedHello, env: Env): void {
  // §4.2.2: legacy_version is 0x0303,
  if (message.legacyVersion !== VERSION.TLS12) {
    fail('ERR_TLS_BAD_LEGACY_VERSION', `0x${message.legacyVersion.toString(16)}`);
  }
  // §4.2.2: and the only compression is none.
  const { legacyCompressionMethods: methods } = message;
  if (methods.length !== 1 || methods[0] !== 0) fail('ERR_TLS_BAD_COMPRESSION');
  checkClientHelloPairs(extensions);
  // RFC 8449 §4: a limit below 64 cannot be kept to. More than the protocol has may be meant for a later version.
  const { recordSizeLimit, maxFragmentLength } = extensions;
  if (recordSizeLimit !== undefined && recordSizeLimit < MIN_RECORD_SIZE_LIMIT) {
    fail('ERR_TLS_BAD_RECORD_SIZE_LIMIT', `${recordSizeLimit}`);
  }
  // RFC 6066 §4: a value that is not one of the four.
  if (recordSizeLimit === undefined && maxFragmentLength !== undefined && !isMaxFragmentLength(maxFragmentLength)) {
    fail('ERR_TLS_BAD_MAX_FRAGMENT_LENGTH', `${maxFragmentLength}`);
  }
  // Limit: each identity costs a look-up or a decryption.
  const identities = extensions.preSharedKey?.identities.length ?? 0;
  if (identities > env.limits.pskIdentities) fail('ERR_TLS_TOO_MANY_PSKS', `${identities}`);
}

function retry(
  hs: Answerable,
  { group, share }: GroupChoice,
  env: Env,
): Outcome<Extract<State, { kind: 'WAIT_SECOND_CH' }>> {
  const { config, hello: first, suite, alpn } = hs;
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
        alpn,
        shareAsked: share === null,
        cookie: config.helloShape.cookie ?? cookie,
        // §4.1: ClientHello1 stands in the transcript as its hash.
        transcript: throughHello(hs, env).replacedByMessageHash().with(message),
      },
    },
    effects: [
      { do: 'set-version', version: 'TLS 1.3' },
      // §5.1: a ClientHello ends with its record; what is behind it would be a second one that answers nothing.
      { do: 'check-record-boundary' },
      { do: 'send', message },
      // Appendix E.4: behind the first message of a server whose client sent a session ID.
      ...(first.message.legacySessionId.length > 0 ? [{ do: 'send-change-cipher-spec' } as const] : []),
      // §4.3.10: early data cannot follow a HelloRetryRequest; what is under way is skipped by its outer type.
      ...(first.extensions.earlyData ? [{ do: 'skip-early-data', by: 'type' } as const] : []),
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
  // §4.2.2: these may come, go or change.
  const changeable = new Set<number>([
    EXTENSION.cookie,
    EXTENSION.early_data,
    EXTENSION.pre_shared_key,
    EXTENSION.padding,
  ]);
  // §4.3.8: where a share was asked for, key_share holds it alone; else it is as before.
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

function kept(hello: ClientHello, changeable: ReadonlySet<number>): readonly Extension[] {
  return (hello.extensions ?? []).filter(({ type }) => !changeable.has(type));
}
