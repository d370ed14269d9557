/**
 * TLS 1.2 server: what a ClientHello leads to, then OPENING_SESSION_12.
 *
 * Checks the hello, finds what both sides have, and looks for a session that may stand for a full handshake.
 *
 * @see RFC 5246 §7.4.1.2 (Client Hello), §7.4.1.4.1; RFC 5746 §3.6; RFC 7627 §5.3; RFC 5077 §3.4; RFC 8422 §5.1
 * @module
 */
import { fail } from '../../errors/errors.ts';
import type { CipherSuite12, NamedGroup } from '../../params/algorithms.ts';
import { EC_POINT_FORMAT, SCSV, VERSION } from '../../params/registries.ts';
import { isUsableByServer, type ServerSession } from '../../sessions/session.ts';
import type { ServerConfig } from '../shared/config.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import { checkedServerName, chooseAlpn } from '../shared/negotiate.ts';
import { isMaxFragmentLength, MIN_RECORD_SIZE_LIMIT } from '../shared/record-limits.ts';
import { sessionPolicyOf } from '../shared/session-policy.ts';
import { allowedSchemes } from '../shared/signing12.ts';
import { sendResumedFlight } from './resumed-flight.ts';
import type { Answerable, Handlers, ReceivedHello, State } from './states.ts';

type Next = Extract<State, { kind: 'OPENING_SESSION_12' | 'CHOOSING_CREDENTIAL_12' }>;

const NO_COMPRESSION = 0;

/** The ClientHello, once the version is settled. */
export function receiveHello12(config: ServerConfig, hello: ReceivedHello, env: Env): Outcome<Next> {
  checkHello(hello);
  const { message, extensions } = hello;
  const schemes = allowedSchemes(config, extensions.signatureAlgorithms);
  const group = chooseGroup12(config.groups, extensions.supportedGroups);
  const hs: Answerable = {
    config,
    hello,
    suites: usableSuites(config, message.cipherSuites, group, schemes),
    group,
    schemes,
    alpn: chooseAlpn(config.alpn, extensions.alpn),
    serverName: checkedServerName(config, extensions),
    secureRenegotiation: secureRenegotiation(config, hello),
  };
  return lookForSession(hs, env);
}

/** Suspended: whether the client's session may stand for a full handshake. */
export const openingSession: Handlers<'OPENING_SESSION_12'> = {
  'answer:openSession'({ hs }, opened, env) {
    const session = opened?.psk;
    if (session?.kind !== 'server-session' || !mayResume(hs, session, env)) return withoutSession(hs);
    return sendResumedFlight(hs, session, env);
  },
};

/** RFC 5077 §3.4: a ticket, where there is one, counts before the session ID. */
function lookForSession(hs: Answerable, env: Env): Outcome<Next> {
  const { config, hello, serverName } = hs;
  const { sessionTicket } = hello.extensions;
  const { legacySessionId } = hello.message;
  const ticket = config.tickets12 && sessionTicket !== undefined && sessionTicket.length > 0 ? sessionTicket : null;
  const id = config.sessionStore !== null && legacySessionId.length > 0 ? legacySessionId : null;
  const identity = ticket ?? id;
  if (identity === null) return withoutSession(hs);
  return {
    next: { kind: 'OPENING_SESSION_12', hs },
    effects: [
      {
        do: 'ask',
        kind: 'openSession',
        ask: {
          version: 'TLS 1.2',
          identities: [{ identity, obfuscatedTicketAge: 0 }],
          serverName,
          cipherSuites: offeredSuites(hs),
          now: env.clock(),
        },
      },
    ],
  };
}

/** §7.4.1.2: under its own suite; RFC 7627 §5.3: and with extended_main_secret in both handshakes. */
function mayResume(hs: Answerable, session: ServerSession, env: Env): boolean {
  const { config, hello, serverName } = hs;
  const usable = isUsableByServer(session, {
    now: env.clock(),
    serverName,
    policy: sessionPolicyOf(config),
    version: 'TLS 1.2',
    cipherSuites: offeredSuites(hs),
    clientCertificateRequired: config.clientAuth === 'require',
  });
  if (!usable) return false;
  const { extendedMainSecret } = hello.extensions;
  // RFC 7627 §5.3: a client that had it and no longer says so is under attack, or broken.
  if (session.extendedMainSecret && !extendedMainSecret) fail('ERR_TLS_EXTENDED_MAIN_SECRET_CHANGED');
  // RFC 7627 §5.3: a session without it is not resumed, whatever the hello says now.
  return session.extendedMainSecret;
}

function withoutSession(hs: Answerable): Outcome<Extract<Next, { kind: 'CHOOSING_CREDENTIAL_12' }>> {
  const { suites, schemes, serverName, hello } = hs;
  // §7.4.1.3: nothing in common that could be used.
  if (suites.length === 0) fail('ERR_TLS_NO_SHARED_CIPHER_SUITE');
  const { supportedGroups, signatureAlgorithmsCert } = hello.extensions;
  return {
    next: { kind: 'CHOOSING_CREDENTIAL_12', hs },
    effects: [
      {
        do: 'ask',
        kind: 'chooseCredential',
        ask: {
          role: 'server',
          version: 'TLS 1.2',
          serverName,
          schemes,
          schemesCert: signatureAlgorithmsCert ?? schemes,
          authorities: hello.extensions.certificateAuthorities ?? [],
          keyExchanges: [...new Set(suites.map(({ keyExchange }) => keyExchange))],
          groups: supportedGroups ?? null,
        },
      },
    ],
  };
}

function checkHello({ message, extensions }: ReceivedHello): void {
  // RFC 9846 §4.2.2: with supported_versions, legacy_version has one value; §4.3.1: without it, a higher one is of no account.
  if (extensions.supportedVersions !== undefined && message.legacyVersion !== VERSION.TLS12) {
    fail('ERR_TLS_BAD_LEGACY_VERSION', `0x${message.legacyVersion.toString(16)}`);
  }
  // §7.4.1.2: no compression is among the methods.
  if (!message.legacyCompressionMethods.includes(NO_COMPRESSION)) fail('ERR_TLS_BAD_COMPRESSION');
  // RFC 5746 §3.6: in a first handshake there is nothing to bind to.
  if (extensions.renegotiationInfo !== undefined && extensions.renegotiationInfo.length > 0) {
    fail('ERR_TLS_RENEGOTIATION_INFO');
  }
  // RFC 8422 §5.1.2: uncompressed points are always among the formats.
  if (extensions.ecPointFormats?.includes(EC_POINT_FORMAT.uncompressed) === false) fail('ERR_TLS_POINT_FORMATS');
  const { recordSizeLimit, maxFragmentLength } = extensions;
  // RFC 8449 §4: a limit below 64 cannot be kept to.
  if (recordSizeLimit !== undefined && recordSizeLimit < MIN_RECORD_SIZE_LIMIT) {
    fail('ERR_TLS_BAD_RECORD_SIZE_LIMIT', `${recordSizeLimit}`);
  }
  // RFC 6066 §4: a value that is not one of the four.
  if (recordSizeLimit === undefined && maxFragmentLength !== undefined && !isMaxFragmentLength(maxFragmentLength)) {
    fail('ERR_TLS_BAD_MAX_FRAGMENT_LENGTH', `${maxFragmentLength}`);
  }
}

/** RFC 5746 §3.6: the extension and the signalling suite say the same. */
function secureRenegotiation(config: ServerConfig, { message, extensions }: ReceivedHello): boolean {
  const secure =
    extensions.renegotiationInfo !== undefined || message.cipherSuites.includes(SCSV.TLS_EMPTY_RENEGOTIATION_INFO_SCSV);
  // RFC 5746 §4.3: refused only where the owner says so.
  if (!secure && config.requireSecureRenegotiation) fail('ERR_TLS_INSECURE_RENEGOTIATION');
  return secure;
}

/** RFC 8422 §5.1.1: the first of our groups that the client lists; without a list any will do. No hybrid. */
function chooseGroup12(own: readonly NamedGroup[], supported: readonly number[] | undefined): NamedGroup | null {
  const listed = supported === undefined ? null : new Set(supported);
  const classic = own.filter(({ hybrid }) => !hybrid);
  if (listed === null) return classic.find(({ name }) => name === 'secp256r1') ?? classic[0] ?? null;
  return classic.find(({ code }) => listed.has(code)) ?? null;
}

/** §7.4.1.3: ECDHE needs a group, and a scheme to sign with. */
function usableSuites(
  config: ServerConfig,
  offered: readonly number[],
  group: NamedGroup | null,
  schemes: readonly number[],
): readonly CipherSuite12[] {
  const listed = new Set(offered);
  const ephemeral = group !== null && schemes.length > 0;
  return config.cipherSuites12.filter(
    ({ code, keyExchange }) => listed.has(code) && (keyExchange === 'rsa' || ephemeral),
  );
}

/** A session needs neither group nor scheme. */
function offeredSuites({ config, hello }: Answerable): readonly CipherSuite12[] {
  const listed = new Set(hello.message.cipherSuites);
  return config.cipherSuites12.filter(({ code }) => listed.has(code));
}
