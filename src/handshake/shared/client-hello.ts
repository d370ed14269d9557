/**
 * Builds the ClientHello, and its second form after a HelloRetryRequest.
 *
 * @see RFC 9846 §4.2.2 (Client Hello), §4.2.4 (Hello Retry Request), §9.2 (mandatory extensions)
 * @module
 */
import type { EphemeralKey } from '../../crypto/provider.ts';
import { startTranscript, type Transcript } from '../../keys/transcript.ts';
import { HASH_LENGTH, type HashName, type NamedGroup } from '../../params/algorithms.ts';
import { EXTENSION, VERSION } from '../../params/registries.ts';
import { type ClientSession, type ExternalPsk, hashOfPsk, isUsableByClient } from '../../sessions/session.ts';
import {
  alpnExtension,
  certificateAuthoritiesExtension,
  cookieExtension,
  earlyDataExtension,
  ecPointFormatsExtension,
  encryptThenMacExtension,
  extendedMainSecretExtension,
  keyShareExtension,
  maxFragmentLengthExtension,
  paddingExtension,
  pskKeyExchangeModesExtension,
  recordSizeLimitExtension,
  renegotiationInfoExtension,
  serverNameExtension,
  sessionTicketExtension,
  signatureAlgorithmsCertExtension,
  signatureAlgorithmsExtension,
  signedCertificateTimestampExtension,
  statusRequestExtension,
  supportedGroupsExtension,
  supportedVersionsExtension,
} from '../../wire/extensions.ts';
import { encodeHandshake } from '../../wire/message.ts';
import type { ClientHello, Extension } from '../../wire/messages.ts';
import type { ClientConfig } from './config.ts';
import type { Env } from './env.ts';
import { encodeWithBinders, type OfferedPsk, offerOf } from './psk.ts';
import { sessionPolicyOf } from './session-policy.ts';

/** Whom a client wants to reach. */
export interface ClientTarget {
  /** DNS name or IP literal: what is verified. */
  readonly name: string;
  /** What server_name says; null: it is not sent. */
  readonly serverName: string | null;
  readonly alpn: readonly string[];
  /** PSKs to offer, as far as they are usable. */
  readonly psks: readonly (ClientSession | ExternalPsk)[];
  /** Offer early data with the first of them, if it allows any. */
  readonly earlyData: boolean;
}

export interface OfferedShare {
  readonly group: NamedGroup;
  readonly key: EphemeralKey;
}

/** A ClientHello that was sent, with the private halves of its shares. */
export interface Offer {
  readonly hello: ClientHello;
  readonly raw: Uint8Array;
  /** The types of its extensions: answers are judged by them. */
  readonly offered: ReadonlySet<number>;
  readonly shares: readonly OfferedShare[];
  readonly psks: readonly OfferedPsk[];
  /** The session that early data goes under; null: none is offered. */
  readonly earlyData: ClientSession | null;
  /** The session of TLS 1.2 that is offered; null: none. */
  readonly session12: ClientSession | null;
}

/** What a HelloRetryRequest asks to change. */
export interface RetryWish {
  readonly group: NamedGroup | null;
  readonly cookie: Uint8Array | null;
}

const SESSION_ID_LENGTH = 32;
const RANDOM_LENGTH = 32;

export function firstClientHello(config: ClientConfig, target: ClientTarget, env: Env): Offer {
  const random = env.random(RANDOM_LENGTH);
  const speaks13 = config.versions.includes('TLS 1.3');
  const session12 = usableSession12(config, target, env);
  const legacySessionId = sessionIdOf(config, session12, env);
  const shares = speaks13 ? config.keyShares.map((group) => generateShare(group, env)) : [];
  const grease = config.grease ? drawGrease(env) : NO_GREASE;
  const extensions: Extension[] = [];
  if (target.serverName !== null) extensions.push(serverNameExtension(target.serverName));
  extensions.push(
    supportedGroupsExtension([...grease.group, ...config.groups.map(({ code }) => code)]),
    signatureAlgorithmsExtension(config.signatureSchemes.map(({ code }) => code)),
  );
  if (target.alpn.length > 0) extensions.push(alpnExtension(target.alpn));
  if (speaks13) {
    // §4.3.1: all versions that may be negotiated.
    const versions = config.versions.map((version) => (version === 'TLS 1.3' ? VERSION.TLS13 : VERSION.TLS12));
    extensions.push(supportedVersionsExtension([...grease.version, ...versions]), keyShares(shares, grease.group));
    // §4.7.1: with it the server may send tickets, whether a PSK is offered now or not.
    extensions.push(pskKeyExchangeModesExtension(config.pskModes));
  }
  extensions.push(...wishes(config), ...wishes12(config, session12));
  const psks = usablePsks(config, target, env).map((psk) => offerOf(psk, env.clock()));
  // §4.3.10: early data goes under the first PSK.
  const first = psks[0]?.psk;
  const earlyData =
    target.earlyData &&
    first?.kind === 'client-session' &&
    first.maxEarlyData > 0 &&
    canSendEarly(config, target, first)
      ? first
      : null;
  if (earlyData !== null) extensions.push(earlyDataExtension());
  if (config.permuteExtensions) permute(extensions, env);
  // RFC 8701 §3.1: one unknown extension at either end, one of them with a body.
  if (grease.extensions.length > 0) {
    extensions.unshift({ type: grease.extensions[0] ?? 0, body: new Uint8Array(0) });
    extensions.push({ type: grease.extensions[1] ?? 0, body: Uint8Array.of(0) });
  }
  return offer(
    env,
    {
      type: 'client_hello',
      legacyVersion: VERSION.TLS12,
      random,
      legacySessionId,
      cipherSuites: config.helloShape.cipherSuites ?? [
        ...grease.suite,
        ...[...config.cipherSuites, ...config.cipherSuites12].map(({ code }) => code),
      ],
      legacyCompressionMethods: Uint8Array.of(0),
      extensions: config.helloShape.clientHello?.(extensions, 0) ?? extensions,
    },
    { shares, psks, earlyData, session12 },
    startTranscript(),
    config.helloLength,
  );
}

/** §4.2.2: the same ClientHello but for the share that was asked for, the cookie, and early_data, which goes. */
export function secondClientHello(
  config: ClientConfig,
  first: Offer,
  wish: RetryWish,
  before: Transcript,
  hash: HashName,
  env: Env,
): Offer {
  const shares = wish.group === null ? first.shares : [generateShare(wish.group, env)];
  const gone: readonly number[] = [EXTENSION.early_data, EXTENSION.pre_shared_key];
  const extensions = (first.hello.extensions ?? []).filter(({ type }) => !gone.includes(type));
  if (wish.group !== null) replace(extensions, keyShares(shares));
  // §4.3.2: the cookie comes back as it was.
  if (wish.cookie !== null) extensions.push(cookieExtension(wish.cookie));
  // §4.2.4: only PSKs of the hash that the server has chosen, with their ages and binders made anew.
  const psks = first.psks.filter(({ psk }) => hashOfPsk(psk) === hash).map(({ psk }) => offerOf(psk, env.clock()));
  return offer(
    env,
    { ...first.hello, extensions: config.helloShape.clientHello?.(extensions, 1) ?? extensions },
    { shares, psks, earlyData: null, session12: null },
    before,
  );
}

function offer(
  env: Env,
  plain: ClientHello,
  parts: Pick<Offer, 'shares' | 'psks' | 'earlyData' | 'session12'>,
  before: Transcript,
  length: number | null = null,
): Offer {
  const padded = length === null ? plain : pad(plain, length, parts.psks);
  const { hello, raw } =
    parts.psks.length === 0
      ? { hello: padded, raw: encodeHandshake(padded) }
      : encodeWithBinders(env.crypto, padded, parts.psks, before);
  return { hello, raw, offered: new Set((hello.extensions ?? []).map(({ type }) => type)), ...parts };
}

/** Sessions that may stand for a full handshake with this target, and external keys of a hash that is offered. */
function usablePsks(config: ClientConfig, target: ClientTarget, env: Env): readonly (ClientSession | ExternalPsk)[] {
  if (target.psks.length === 0) return [];
  const { cipherSuites } = config;
  const here = {
    now: env.clock(),
    policy: sessionPolicyOf(config),
    version: 'TLS 1.3',
    cipherSuites,
    ...target,
  } as const;
  return target.psks.filter((psk) =>
    psk.kind === 'external-psk' ? cipherSuites.some(({ hash }) => hash === psk.hash) : isUsableByClient(psk, here),
  );
}

/** The first session of TLS 1.2 that may be resumed here. One hello offers one. */
function usableSession12(config: ClientConfig, target: ClientTarget, env: Env): ClientSession | null {
  if (target.psks.length === 0 || config.cipherSuites12.length === 0) return null;
  const here = {
    now: env.clock(),
    policy: sessionPolicyOf(config),
    version: 'TLS 1.2',
    cipherSuites: config.cipherSuites12,
    ...target,
  } as const;
  for (const psk of target.psks) if (psk.kind === 'client-session' && isUsableByClient(psk, here)) return psk;
  return null;
}

function sessionIdOf(config: ClientConfig, session12: ClientSession | null, env: Env): Uint8Array {
  // RFC 5246 §7.4.1.2: the ID of the session to resume.
  if (session12 !== null && session12.sessionId.length > 0) return session12.sessionId;
  // Appendix E.4: compatibility mode needs one that is not empty; §4.2.2: and not predictable. RFC 5077 §3.4: with a ticket,
  // a server that says it back resumes the session.
  const needed = session12 !== null || (config.compatibilityMode && config.versions.includes('TLS 1.3'));
  return needed ? env.random(SESSION_ID_LENGTH) : new Uint8Array(0);
}

/** What concerns servers of TLS 1.2 alone. */
function wishes12(config: ClientConfig, session12: ClientSession | null): readonly Extension[] {
  const suites = config.cipherSuites12;
  if (suites.length === 0) return [];
  return [
    // RFC 8422 §5.1.2: with ECC suites.
    ...(suites.some(({ keyExchange }) => keyExchange !== 'rsa') ? [ecPointFormatsExtension()] : []),
    // RFC 7627 §5.1: always.
    extendedMainSecretExtension(),
    // RFC 5746 §3.4: in a first handshake it is empty.
    renegotiationInfoExtension(new Uint8Array(0)),
    // RFC 5077 §3.2: empty, it asks for a ticket.
    sessionTicketExtension(session12?.ticket ?? new Uint8Array(0)),
    // RFC 7366 §2: with suites that have a MAC of their own.
    ...(suites.some(({ protection }) => protection.kind === 'cbc') ? [encryptThenMacExtension()] : []),
  ];
}

/** §4.3.10: suite and protocol of early data are the session's, so they have to be on offer. */
function canSendEarly(config: ClientConfig, target: ClientTarget, session: ClientSession): boolean {
  return (
    config.cipherSuites.some(({ name }) => name === session.cipherSuite) &&
    (session.alpn === null || target.alpn.includes(session.alpn))
  );
}

function generateShare(group: NamedGroup, env: Env): OfferedShare {
  return { group, key: env.crypto.keyExchange(group.name).generate(env.random) };
}

function keyShares(shares: readonly OfferedShare[], greaseGroups: readonly number[] = []): Extension {
  return keyShareExtension([
    ...greaseGroups.map((group) => ({ group, keyExchange: Uint8Array.of(0) })),
    ...shares.map(({ group, key }) => ({ group: group.code, keyExchange: key.share })),
  ]);
}

/** What the owner asks of the server beyond the handshake itself. */
function wishes(config: ClientConfig): readonly Extension[] {
  const { certificateSchemes, authorities, maxFragmentLength, recordSizeLimit } = config;
  return [
    ...(certificateSchemes === null
      ? []
      : [signatureAlgorithmsCertExtension(certificateSchemes.map(({ code }) => code))]),
    ...(authorities.length > 0 ? [certificateAuthoritiesExtension(authorities)] : []),
    ...(config.requestStatus ? [statusRequestExtension()] : []),
    ...(config.requestTimestamps ? [signedCertificateTimestampExtension()] : []),
    ...(maxFragmentLength === null ? [] : [maxFragmentLengthExtension(maxFragmentLength)]),
    ...(recordSizeLimit === null ? [] : [recordSizeLimitExtension(recordSizeLimit)]),
  ];
}

interface Grease {
  readonly suite: readonly number[];
  readonly group: readonly number[];
  readonly version: readonly number[];
  readonly extensions: readonly number[];
}

const NO_GREASE: Grease = { suite: [], group: [], version: [], extensions: [] };

/** RFC 8701 §2: values of the form 0x?A?A, the two extensions different. */
function drawGrease(env: Env): Grease {
  const [suite = 0, group = 0, version = 0, first = 0, second = 0] = env.random(5);
  const value = (seed: number): number => (((seed & 0xf) << 4) | 0xa) * 0x0101;
  const distinct = (first & 0xf) === (second & 0xf) ? first + 1 : second;
  return {
    suite: [value(suite)],
    group: [value(group)],
    version: [value(version)],
    extensions: [value(first), value(distinct)],
  };
}

/** Fisher and Yates; the bias of a remainder of 32 bits is of no consequence here. */
function permute(extensions: Extension[], env: Env): void {
  const draws = env.random(4 * extensions.length);
  const view = new DataView(draws.buffer, draws.byteOffset, draws.length);
  for (let i = extensions.length - 1; i > 0; i--) {
    const j = view.getUint32(4 * i) % (i + 1);
    const [a, b] = [extensions[i], extensions[j]];
    if (a === undefined || b === undefined) continue;
    extensions[i] = b;
    extensions[j] = a;
  }
}

/** RFC 7685 §3: an extension of zeros makes the whole message `length` bytes long, if it is not that long already. */
function pad(hello: ClientHello, length: number, psks: readonly OfferedPsk[]): ClientHello {
  const pskLength = psks.reduce((sum, psk) => sum + lengthOfOffer(psk), psks.length === 0 ? 0 : EXTENSION_HEADER + 4);
  const missing = length - encodeHandshake(hello).length - pskLength;
  if (missing < EXTENSION_HEADER) return hello;
  return { ...hello, extensions: [...(hello.extensions ?? []), paddingExtension(missing - EXTENSION_HEADER)] };
}

const EXTENSION_HEADER = 4;

/** §4.3.11: PskIdentity and PskBinderEntry, with their length fields. */
function lengthOfOffer({ identity, psk }: OfferedPsk): number {
  return 2 + identity.identity.length + 4 + 1 + HASH_LENGTH[hashOfPsk(psk)];
}

function replace(extensions: Extension[], replacement: Extension): void {
  const at = extensions.findIndex(({ type }) => type === replacement.type);
  if (at >= 0) extensions[at] = replacement;
}
