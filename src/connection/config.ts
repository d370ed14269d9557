/**
 * Options to configs: checked once, completed with defaults, frozen, shareable by any number of connections.
 *
 * The one place below the adapters that names the platform's clock and random source.
 *
 * @see RFC 9846 §9.1 (mandatory suites), §9.2 (mandatory extensions), RFC 9325 (recommendations for use)
 * @module
 */
import type { Credential } from '../certs/credential.ts';
import { type Pin, readPins } from '../certs/pins.ts';
import type { RevocationPolicy } from '../certs/revocation.ts';
import { revocationCheckOf } from '../certs/revocation-check.ts';
import type { TrustStore } from '../certs/trust-store.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { CryptoProvider, Random } from '../crypto/provider.ts';
import { TlsConfigError, TlsUsageError } from '../errors/errors.ts';
import {
  type ClientConfig,
  type CommonConfig,
  canonicalName,
  type Deciders,
  type HelloShape,
  type Limits,
  type ServerConfig,
  type Transition,
} from '../handshake/shared/config.ts';
import {
  CIPHER_SUITES,
  CIPHER_SUITES_12,
  type CipherSuite,
  type CipherSuiteName,
  type GroupName,
  NAMED_GROUPS,
  type NamedGroup,
  SIGNATURE_SCHEMES,
  type SignatureScheme,
  type SignatureSchemeName,
} from '../params/algorithms.ts';
import { PSK_KEY_EXCHANGE_MODE, type VersionName } from '../params/registries.ts';
import { type AntiReplay, createAntiReplay } from '../sessions/anti-replay.ts';
import type { ServerSessionStore } from '../sessions/server-store.ts';
import { type ExternalPsk, MAX_TICKET_LIFETIME } from '../sessions/session.ts';
import { createTicketSealer, type TicketSealer } from '../sessions/ticket-sealer.ts';
import type { OidFilter } from '../wire/messages.ts';

interface CommonOptions {
  /** Default: the pure-JavaScript provider on noble. */
  readonly crypto?: CryptoProvider | undefined;
  /** Default: the platform's `crypto.getRandomValues`. */
  readonly random?: Random | undefined;
  /** Milliseconds since 1970-01-01 UTC. Default: `Date.now`. */
  readonly clock?: (() => number) | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** Default: TLS 1.2. */
  readonly minVersion?: VersionName | undefined;
  /** Default: TLS 1.3. */
  readonly maxVersion?: VersionName | undefined;
  /** RFC 5746 §4.1: refuse a peer of TLS 1.2 that does not know secure renegotiation. Default: false. */
  readonly requireSecureRenegotiation?: boolean | undefined;
  /**
   * Most preferred first, as all lists here, and for both versions: a version without a suite in it is not spoken. Default: those
   * with forward secrecy and an AEAD; static RSA, CBC and CCM only when they are listed.
   */
  readonly cipherSuites?: readonly CipherSuiteName[] | undefined;
  readonly groups?: readonly GroupName[] | undefined;
  /** Schemes accepted from the peer. */
  readonly signatureSchemes?: readonly SignatureSchemeName[] | undefined;
  /** Schemes accepted in certificates, where they are not `signatureSchemes` (signature_algorithms_cert, §4.3.3). */
  readonly certificateSchemes?: readonly SignatureSchemeName[] | undefined;
  /** RFC 8449: the longest inner plaintext, 64 to 16,385 bytes, that this side takes. Clients offer it only when it is set. */
  readonly recordSizeLimit?: number | undefined;
  /** Application protocols (RFC 7301), one character a byte. */
  readonly alpn?: readonly string[] | undefined;
  /** This side's certificates and keys; one is chosen by name and signature scheme. */
  readonly credentials?: readonly Credential[] | undefined;
  /** Anchors for the peer's certificates. */
  readonly trust?: TrustStore | undefined;
  /**
   * CRLs and OCSP responses that the peer's path is checked against: what `createRevocationPolicy` (isotls/certs/revocation)
   * makes. A client then asks for a staple, and a must-staple certificate needs one. Default: revocation is not checked, and a
   * must-staple certificate is accepted without a staple.
   */
  readonly revocation?: RevocationPolicy | undefined;
  /** Keys of which one must be in the peer's path, whatever `trust` would allow (RFC 7469 §2.6). Default: any will do. */
  readonly pins?: readonly Pin[] | undefined;
  /** Synchronous answers to questions; `null` for a kind asks by event even where there is a default. */
  readonly decide?: Deciders | undefined;
  /** PSK key exchange modes (§4.3.9). Default: psk_dhe_ke alone; psk_ke gives past connections away with the key. */
  readonly pskModes?: readonly ('psk_ke' | 'psk_dhe_ke')[] | undefined;
  /**
   * Names what `decide.verifyPeer` does, so that sessions made under it can be resumed by another config with the same name.
   * Without it they are of this config only.
   */
  readonly verificationName?: string | undefined;
  /** Emit `key-log` events (RFC 9850): whoever reads them can read the connection. */
  readonly keyLog?: boolean | undefined;
  /** Bytes of zero padding for a protected record with so many bytes of content (§5.4). */
  readonly padding?: ((contentLength: number) => number) | undefined;
  /** Records one key may protect before an automatic KeyUpdate; lower than the bound of §5.5. */
  readonly keyLimit?: number | undefined;
  /** Called with every transition of the state machine. */
  readonly observe?: ((transition: Transition) => void) | undefined;
}

export interface ClientOptions extends CommonOptions {
  /** Groups to send shares for in the first ClientHello. Default: X25519MLKEM768 and x25519, as far as `groups` has them. */
  readonly keyShares?: readonly GroupName[] | undefined;
  /** Appendix E.4. Default: true. */
  readonly compatibilityMode?: boolean | undefined;
  /** RFC 8701: offers values that no server may choose, to keep servers tolerant. Default: true. */
  readonly grease?: boolean | undefined;
  /** Sends the extensions in an order that differs from hello to hello. Default: true. */
  readonly permuteExtensions?: boolean | undefined;
  /** RFC 7685: pads the ClientHello to so many bytes, at most 16,384. Default: no padding. */
  readonly helloLength?: number | undefined;
  /** RFC 6066 §4: asks for records with so little content. Prefer `recordSizeLimit`. */
  readonly maxFragmentLength?: 512 | 1024 | 2048 | 4096 | undefined;
  /** Asks for a stapled OCSP response; it is handed to `verifyPeer`. Default: only with a `revocation` policy. */
  readonly requestStatus?: boolean | undefined;
  /** Asks for SCTs (RFC 6962); they are handed to `verifyPeer`. Default: false. */
  readonly requestTimestamps?: boolean | undefined;
  /** DER DistinguishedNames to send in certificate_authorities. */
  readonly authorities?: readonly Uint8Array[] | undefined;
}

export interface ServerOptions extends CommonOptions {
  /** Default: 'none'. */
  readonly clientAuth?: 'none' | 'request' | 'require' | undefined;
  /** Always answer with a HelloRetryRequest that carries a cookie. Default: false. */
  readonly cookie?: boolean | undefined;
  /** Names to serve; any other is refused with unrecognized_name. Default: any. */
  readonly serverNames?: readonly string[] | undefined;
  /** Writes before the client's Finished, to a peer that is not yet known to be live (§4.5.3). Default: false. */
  readonly allowEarlyServerData?: boolean | undefined;
  /** Keys from elsewhere that clients may use in place of a certificate. */
  readonly psks?: readonly ExternalPsk[] | undefined;
  /** Tickets to send after each handshake. Default: 2, but 1 after a resumption, which has used up one. */
  readonly tickets?: number | undefined;
  /** Tickets for clients of TLS 1.2 (RFC 5077), unless there is a `sessionStore`. Default: true. */
  readonly tickets12?: boolean | undefined;
  /** Seconds that a ticket lasts, at most 604,800. Default: 86,400. */
  readonly ticketLifetime?: number | undefined;
  /** Bytes of early data that tickets allow. Default: 0, none: early data can be replayed (§8). */
  readonly earlyData?: number | undefined;
  /** Default: one of this config, with keys of its own that rotate. */
  readonly ticketSealer?: TicketSealer | undefined;
  /** Keeps sessions here and makes tickets their names. Default: tickets hold their sessions. */
  readonly sessionStore?: ServerSessionStore | undefined;
  /** Default: in memory, for this config. */
  readonly antiReplay?: AntiReplay | undefined;
  /** DER DistinguishedNames to send in certificate_authorities. */
  readonly clientAuthorities?: readonly Uint8Array[] | undefined;
  /** §4.3.5: what a client's certificate has to have, both parts DER. */
  readonly oidFilters?: readonly OidFilter[] | undefined;
}

/** Options with the parts that only tests use. */
export type Internal<T> = T & { readonly helloShape?: HelloShape | undefined };

export const DEFAULT_LIMITS: Limits = Object.freeze({
  handshakeMessage: 65_536,
  pskIdentities: 8,
  tickets: 8,
  certificates: 16,
  emptyRecords: 32,
  changeCipherSpecs: 32,
  warningAlerts: 4,
  keyUpdates: 32,
  skippedEarlyData: 65_536,
  queuedInput: 262_144,
});

/**
 * Checks client options and completes them.
 *
 * @throws TlsConfigError `ERR_CONFIG` for an option that is unknown, empty or out of range.
 * @example
 * const config = defineClientConfig({ trust: createTrustStore([caPem]), alpn: ['http/1.1'] });
 */
export function defineClientConfig(options: ClientOptions): ClientConfig {
  const internal: Internal<ClientOptions> = options;
  const common = defineCommon(internal);
  if (options.maxFragmentLength !== undefined && !FRAGMENT_LENGTHS.includes(options.maxFragmentLength)) {
    refuse('maxFragmentLength is 512, 1024, 2048 or 4096');
  }
  const keyShares =
    options.keyShares === undefined
      ? common.groups.filter(({ name }) => name === 'X25519MLKEM768' || name === 'x25519')
      : pick('keyShares', NAMED_GROUPS, options.keyShares, true);
  // With neither of the two in `groups`, the most preferred group is the best guess.
  const first = common.groups[0];
  if (options.keyShares === undefined && keyShares.length === 0 && first !== undefined) keyShares.push(first);
  for (const { name } of keyShares) {
    // §4.3.8: each share corresponds to a group offered.
    if (!common.groups.some((group) => group.name === name)) refuse(`keyShares has ${name}, which groups lacks`);
  }
  // §4.3.8: and they stand in the same order.
  keyShares.sort((a, b) => common.groups.indexOf(a) - common.groups.indexOf(b));
  return Object.freeze({
    ...common,
    role: 'client' as const,
    keyShares: Object.freeze(keyShares),
    compatibilityMode: options.compatibilityMode ?? true,
    grease: options.grease ?? true,
    permuteExtensions: options.permuteExtensions ?? true,
    helloLength: checkRange('helloLength', options.helloLength, 0, 16_384),
    maxFragmentLength:
      options.maxFragmentLength === undefined ? null : FRAGMENT_LENGTHS.indexOf(options.maxFragmentLength) + 1,
    requestStatus: options.requestStatus ?? (common.revocation !== null && common.revocation.mode !== 'ignore'),
    requestTimestamps: options.requestTimestamps ?? false,
    authorities: Object.freeze([...(options.authorities ?? [])]),
  });
}

/**
 * Checks server options and completes them.
 *
 * @throws TlsConfigError `ERR_CONFIG` for an option that is unknown, empty or out of range.
 * @example
 * const config = defineServerConfig({ credentials: [createCredential({ certificates: pem, key: keyPem })] });
 */
export function defineServerConfig(options: ServerOptions): ServerConfig {
  const internal: Internal<ServerOptions> = options;
  const common = defineCommon(internal);
  const clientAuth = options.clientAuth ?? 'none';
  if (!['none', 'request', 'require'].includes(clientAuth)) refuse('clientAuth is none, request or require');
  if (common.credentials.length === 0 && common.decide.chooseCredential === undefined) {
    refuse('a server needs credentials, or decide.chooseCredential');
  }
  const tickets = options.tickets ?? 2;
  if (!Number.isSafeInteger(tickets) || tickets < 0 || tickets > 255) refuse('tickets is 0 to 255');
  const ticketLifetime = options.ticketLifetime ?? 86_400;
  // §4.7.1: no more than seven days.
  if (!Number.isSafeInteger(ticketLifetime) || ticketLifetime < 1 || ticketLifetime > MAX_TICKET_LIFETIME) {
    refuse(`ticketLifetime is 1 to ${MAX_TICKET_LIFETIME} seconds`);
  }
  const earlyData = options.earlyData ?? 0;
  if (!Number.isSafeInteger(earlyData) || earlyData < 0 || earlyData > 0xffff_ffff)
    refuse('earlyData is 0 to 2^32 - 1');
  if (clientAuth !== 'none' && common.trust === null && common.decide.verifyPeer === undefined) {
    refuse('clientAuth needs trust, or decide.verifyPeer');
  }
  const oids = (options.oidFilters ?? []).map(({ oid }) => oid.join());
  // §4.3.5: an OID does not appear twice.
  if (new Set(oids).size !== oids.length) refuse('oidFilters has an OID twice');
  const config: ServerConfig = Object.freeze({
    ...common,
    role: 'server' as const,
    clientAuth,
    cookie: options.cookie ?? false,
    serverNames: options.serverNames === undefined ? null : Object.freeze(options.serverNames.map(canonicalName)),
    allowEarlyServerData: options.allowEarlyServerData ?? false,
    psks: Object.freeze([...(options.psks ?? [])]),
    tickets,
    resumptionTickets: options.tickets ?? 1,
    tickets12: options.tickets12 ?? true,
    ticketLifetime,
    earlyData,
    ticketSealer: options.ticketSealer ?? createTicketSealer({ crypto: common.crypto }),
    sessionStore: options.sessionStore ?? null,
    antiReplay: options.antiReplay ?? createAntiReplay({ since: common.clock() }),
    clientAuthorities: Object.freeze([...(options.clientAuthorities ?? [])]),
    oidFilters: Object.freeze([...(options.oidFilters ?? [])]),
  });
  serverConfigs.add(config);
  return config;
}

const serverConfigs = new WeakSet<object>();

/** True for what `defineServerConfig` has made, and for nothing else. */
export function isServerConfig(value: unknown): value is ServerConfig {
  return typeof value === 'object' && value !== null && serverConfigs.has(value);
}

/** The platform's own random source. */
export const platformRandom: Random = /* @__PURE__ */ Object.assign(drawFromPlatform, { platform: true as const });

/** Bytes that the platform gives at most a call. */
const QUOTA = 65_536;

function drawFromPlatform(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  if (length <= QUOTA) return globalThis.crypto.getRandomValues(bytes);
  for (let at = 0; at < length; at += QUOTA) globalThis.crypto.getRandomValues(bytes.subarray(at, at + QUOTA));
  return bytes;
}

export const platformClock = (): number => Date.now();

/** Limits with the defaults filled in; each a whole number above zero. */
export function defineLimits(limits: Partial<Limits> | undefined): Limits {
  const merged: Limits = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(merged)) {
    if (!(name in DEFAULT_LIMITS)) refuse(`limits has no ${name}`);
    if (!Number.isSafeInteger(value) || value < 0) refuse(`limits.${name} is not a whole number`);
  }
  return Object.freeze(merged);
}

function defineCommon(options: Internal<CommonOptions>): CommonConfig {
  const crypto = options.crypto ?? nobleProvider;
  const suites = defineSuites(options, crypto);
  const groups =
    options.groups === undefined
      ? NAMED_GROUPS.filter(({ name, byDefault }) => byDefault && crypto.groups.includes(name))
      : pick('groups', NAMED_GROUPS, options.groups);
  for (const { name } of groups) {
    if (!crypto.groups.includes(name)) refuse(`the provider ${crypto.name} has no group ${name}`);
  }
  const keyLimit = options.keyLimit ?? null;
  if (keyLimit !== null && (!Number.isSafeInteger(keyLimit) || keyLimit < 4)) refuse('keyLimit is at least 4 records');
  return {
    crypto,
    random: options.random ?? platformRandom,
    clock: options.clock ?? platformClock,
    limits: defineLimits(options.limits),
    ...suites,
    requireSecureRenegotiation: options.requireSecureRenegotiation ?? false,
    groups: Object.freeze(groups),
    signatureSchemes: Object.freeze(
      options.signatureSchemes === undefined
        ? SIGNATURE_SCHEMES.filter(({ byDefault }) => byDefault)
        : pick<SignatureScheme>('signatureSchemes', SIGNATURE_SCHEMES, options.signatureSchemes),
    ),
    certificateSchemes:
      options.certificateSchemes === undefined
        ? null
        : Object.freeze(pick<SignatureScheme>('certificateSchemes', SIGNATURE_SCHEMES, options.certificateSchemes)),
    alpn: defineAlpn(options.alpn),
    credentials: Object.freeze([...(options.credentials ?? [])]),
    trust: options.trust ?? null,
    revocation: defineRevocation(options),
    pins: definePins(options),
    decide: Object.freeze({ ...options.decide }),
    pskModes: Object.freeze((options.pskModes ?? ['psk_dhe_ke']).map(pskMode)),
    verificationName: options.verificationName ?? null,
    keyLog: options.keyLog ?? false,
    padding: options.padding ?? null,
    recordSizeLimit: checkRange('recordSizeLimit', options.recordSizeLimit, 64, 16_385),
    keyLimit,
    observe: options.observe ?? null,
    helloShape: options.helloShape ?? {},
  };
}

/** RFC 6066 §4, in the order of their codes from 1. */
const FRAGMENT_LENGTHS: readonly number[] = [512, 1024, 2048, 4096];

/** The option if it is set and in range; null if it is not set. */
function checkRange(name: string, value: number | undefined, least: number, most: number): number | null {
  if (value === undefined) return null;
  if (!Number.isSafeInteger(value) || value < least || value > most) refuse(`${name} is ${least} to ${most}`);
  return value;
}

/** A policy that nobody applies would be worse than none. */
function defineRevocation({ revocation, decide }: CommonOptions): RevocationPolicy | null {
  if (revocation === undefined) return null;
  if (decide?.verifyPeer !== undefined)
    refuse('revocation is checked by the default verifyPeer, and this is another one');
  if (revocationCheckOf(revocation) === null)
    refuse('revocation is not made by createRevocationPolicy (isotls/certs/revocation)');
  return revocation;
}

function definePins({ pins, decide }: CommonOptions): readonly Uint8Array[] | null {
  if (pins === undefined) return null;
  if (decide?.verifyPeer !== undefined) refuse('pins are checked by the default verifyPeer, and this is another one');
  try {
    return Object.freeze(readPins(pins));
  } catch (error) {
    if (error instanceof TlsUsageError) refuse(error.message);
    throw error;
  }
}

function pskMode(name: string): number {
  if (name !== 'psk_ke' && name !== 'psk_dhe_ke') refuse(`pskModes has no ${name}`);
  return PSK_KEY_EXCHANGE_MODE[name];
}

/** Application protocol names: 1 to 255 bytes each, RFC 7301 §3.1. */
export function defineAlpn(names: readonly string[] | undefined): readonly string[] {
  const list = names ?? [];
  for (const name of list) {
    if (name.length === 0 || name.length > 255) refuse('an alpn name has 1 to 255 bytes');
    for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) > 0xff) refuse('alpn names have one character a byte');
  }
  return Object.freeze([...list]);
}

/** The versions in range that have a suite, and their suites. */
function defineSuites(
  { minVersion, maxVersion, cipherSuites }: CommonOptions,
  crypto: CryptoProvider,
): Pick<CommonConfig, 'versions' | 'cipherSuites' | 'cipherSuites12'> {
  const least = VERSIONS.indexOf(minVersion ?? 'TLS 1.2');
  const most = VERSIONS.indexOf(maxVersion ?? 'TLS 1.3');
  if (least < 0) refuse('minVersion is TLS 1.2 or TLS 1.3');
  if (most < 0) refuse('maxVersion is TLS 1.2 or TLS 1.3');
  if (least > most) refuse('minVersion is above maxVersion');
  const listed: readonly CipherSuite[] | null =
    cipherSuites === undefined ? null : pick('cipherSuites', [...CIPHER_SUITES, ...CIPHER_SUITES_12], cipherSuites);
  const range = VERSIONS.slice(least, most + 1);
  const suites13 = range.includes('TLS 1.3') ? suitesOf(CIPHER_SUITES, listed, crypto) : [];
  const suites12 = range.includes('TLS 1.2') ? suitesOf(CIPHER_SUITES_12, listed, crypto) : [];
  const versions: VersionName[] = [
    ...(suites13.length > 0 ? (['TLS 1.3'] as const) : []),
    ...(suites12.length > 0 ? (['TLS 1.2'] as const) : []),
  ];
  if (versions.length === 0) refuse('cipherSuites has none of a version that is allowed');
  if (minVersion !== undefined && !versions.includes(minVersion)) refuse(`cipherSuites has none of ${minVersion}`);
  if (maxVersion !== undefined && !versions.includes(maxVersion)) refuse(`cipherSuites has none of ${maxVersion}`);
  return {
    versions: Object.freeze(versions),
    cipherSuites: Object.freeze(suites13),
    cipherSuites12: Object.freeze(suites12),
  };
}

/** Oldest first. */
const VERSIONS: readonly VersionName[] = ['TLS 1.2', 'TLS 1.3'];

/** Those of one version that are listed, in the order of the list; by default those that need no naming. */
function suitesOf<S extends CipherSuite>(
  table: readonly S[],
  listed: readonly CipherSuite[] | null,
  crypto: CryptoProvider,
): readonly S[] {
  if (listed !== null) return listed.flatMap(({ code }) => table.filter((suite) => suite.code === code));
  const suites = table.filter(({ byDefault }) => byDefault);
  return crypto.prefersChaCha20 ? suites.sort((a, b) => rank(a) - rank(b)) : suites;

  function rank({ name }: S): number {
    return name.includes('CHACHA20') ? 0 : 1;
  }
}

/** The registry entries with these names, in this order, each once. */
function pick<T extends NamedGroup | CipherSuite | SignatureScheme>(
  option: string,
  table: readonly T[],
  names: readonly string[],
  mayBeEmpty = false,
): T[] {
  if (names.length === 0 && !mayBeEmpty) refuse(`${option} is empty`);
  if (new Set(names).size !== names.length) refuse(`${option} names something twice`);
  return names.map((name) => table.find((entry) => entry.name === name) ?? refuse(`${option} has no ${name}`));
}

function refuse(sentence: string): never {
  throw new TlsConfigError('ERR_CONFIG', sentence);
}
