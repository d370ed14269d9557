/**
 * TLS 1.2 client: what a ServerHello of TLS 1.2 leads to.
 *
 * Settles the suite and the extensions that come with it, and whether the session that was offered is resumed.
 *
 * @see RFC 5246 §7.4.1.3 (Server Hello); RFC 5746 §3.4, RFC 7627 §5.2 and §5.3, RFC 7366 §3, RFC 8422 §5.2
 * @module
 */
import { constantTimeEqual } from '../../crypto/secret.ts';
import { fail } from '../../errors/errors.ts';
import { startTranscript } from '../../keys/transcript.ts';
import type { CipherSuite12 } from '../../params/algorithms.ts';
import { EC_POINT_FORMAT, VERSION } from '../../params/registries.ts';
import type { ClientSession } from '../../sessions/session.ts';
import { readServerHello12Extensions } from '../../wire/extension-table.ts';
import type { Received } from '../../wire/message.ts';
import type { ServerHello } from '../../wire/messages.ts';
import type { ServerHello12Extensions } from '../../wire/messages12.ts';
import { type Agreement12, keyLog12, resume12 } from '../shared/agreement12.ts';
import type { ClientTarget, Offer } from '../shared/client-hello.ts';
import type { ClientConfig } from '../shared/config.ts';
import type { Effect } from '../shared/effects.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import {
  innerLimitOf,
  isMaxFragmentLength,
  MAX_RECORD_SIZE_LIMIT,
  MIN_RECORD_SIZE_LIMIT,
} from '../shared/record-limits.ts';
import { informationOf } from './own-flight.ts';
import type { Negotiated, State } from './states.ts';

type Next = Extract<State, { kind: 'WAIT_CERT_12' | 'WAIT_TICKET_12' | 'WAIT_CCS_12' }>;

interface Opening {
  readonly config: ClientConfig;
  readonly target: ClientTarget;
  readonly offer: Offer;
}

/** A ServerHello without supported_versions, once it is clear that TLS 1.2 was on offer. */
export function receiveServerHello12(opening: Opening, message: Received<ServerHello>, env: Env): Outcome<Next> {
  const { config, target, offer } = opening;
  const suite = checkSuite(config, message);
  const extensions = readServerHello12Extensions(message.extensions, new Set([...offer.offered]));
  checkExtensions(opening, extensions, suite);

  const hs: Negotiated = {
    config,
    target,
    suite,
    clientRandom: offer.hello.random,
    serverRandom: message.random,
    extendedMasterSecret: extensions.extendedMainSecret,
    encryptThenMac: extensions.encryptThenMac,
    transcript: startTranscript([offer.raw, message.raw]),
    sessionId: message.legacySessionIdEcho,
    alpn: extensions.alpn ?? null,
    ticketDue: extensions.sessionTicket,
    statusDue: extensions.statusRequest,
    timestamps: extensions.signedCertificateTimestamps ?? [],
  };
  const effects: Effect[] = [{ do: 'set-version', version: 'TLS 1.2' }, ...agreedLimits(config, extensions)];
  for (const { key } of offer.shares) key.wipe();

  const session = resumedSession(offer, message);
  if (session === null) return { next: { kind: 'WAIT_CERT_12', hs }, effects };
  return resume(hs, session, effects, env);
}

/** §7.4.1.3: the session is resumed if the server says its ID back, or for a ticket the one sent along (RFC 5077 §3.4). */
function resumedSession(offer: Offer, { legacySessionIdEcho }: ServerHello): ClientSession | null {
  const { legacySessionId } = offer.hello;
  if (legacySessionId.length === 0 || !constantTimeEqual(legacySessionIdEcho, legacySessionId)) return null;
  // RFC 9846 §4.2.2: the ID of compatibility mode stands for no session.
  if (offer.session12 === null) fail('ERR_TLS_UNOFFERED_SESSION');
  return offer.session12;
}

function resume(hs: Negotiated, session: ClientSession, before: readonly Effect[], env: Env): Outcome<Next> {
  // §7.4.1.3: with its own suite.
  if (hs.suite.name !== session.cipherSuite) {
    fail('ERR_TLS_SESSION_MISMATCH', `${hs.suite.name} where the session has ${session.cipherSuite}`);
  }
  // RFC 7627 §5.3: both handshakes with extended_main_secret, or none.
  if (hs.extendedMasterSecret !== session.extendedMainSecret) fail('ERR_TLS_EXTENDED_MAIN_SECRET_CHANGED');
  const agreement: Agreement12 = resume12(hs, session.psk);
  const { config, alpn } = hs;
  const { peerCertificates } = session;
  const next = {
    config,
    agreement,
    transcript: hs.transcript.bind(env.crypto, hs.suite.hash),
    info: { ...informationOf(hs), resumed: true, psk: 'session' as const, peerCertificates, verdict: null },
    resumable: { ...session, alpn, psk: session.psk.slice() },
    order: { kind: 'resumed' } as const,
    // RFC 5077 §3.3: without a new ticket, the old one may serve again.
    ticket: { bytes: session.ticket, lifetime: session.lifetime, receivedAt: session.receivedAt },
    sessionId: session.sessionId,
  };
  return {
    next: { kind: hs.ticketDue ? 'WAIT_TICKET_12' : 'WAIT_CCS_12', hs: next },
    effects: [...before, ...keyLog12(config, agreement)],
  };
}

function checkSuite(config: ClientConfig, message: ServerHello): CipherSuite12 {
  // §7.4.1.3: the version is TLS 1.2; what is newer says so in supported_versions.
  if (message.legacyVersion !== VERSION.TLS12) {
    fail('ERR_TLS_UNSUPPORTED_VERSION', `the server chose 0x${message.legacyVersion.toString(16)}`);
  }
  // §7.4.1.3: a suite that was offered, and one of this version.
  const suite = config.cipherSuites12.find(({ code }) => code === message.cipherSuite);
  if (suite === undefined) fail('ERR_TLS_UNOFFERED_CIPHER_SUITE', `0x${message.cipherSuite.toString(16)}`);
  // §7.4.1.3: no compression was offered.
  if (message.legacyCompressionMethod !== 0) fail('ERR_TLS_BAD_COMPRESSION');
  return suite;
}

function checkExtensions({ config, target }: Opening, extensions: ServerHello12Extensions, suite: CipherSuite12): void {
  const { renegotiationInfo, ecPointFormats, alpn, maxFragmentLength, recordSizeLimit } = extensions;
  // RFC 5746 §3.4: in a first handshake there is nothing to bind to.
  if (renegotiationInfo !== undefined && renegotiationInfo.length > 0) fail('ERR_TLS_RENEGOTIATION_INFO');
  // RFC 5746 §4.1: a server that does not know it is accepted, unless the owner says otherwise.
  if (renegotiationInfo === undefined && config.requireSecureRenegotiation) fail('ERR_TLS_INSECURE_RENEGOTIATION');
  // RFC 8422 §5.2: uncompressed points are always among the formats.
  if (ecPointFormats !== undefined && !ecPointFormats.includes(EC_POINT_FORMAT.uncompressed)) {
    fail('ERR_TLS_POINT_FORMATS');
  }
  // RFC 7366 §3: only with a suite that has a MAC of its own.
  if (extensions.encryptThenMac && suite.protection.kind === 'aead') fail('ERR_TLS_ENCRYPT_THEN_MAC');
  // RFC 7301 §3.1: one of those offered.
  if (alpn !== undefined && !target.alpn.includes(alpn)) fail('ERR_TLS_UNOFFERED_PROTOCOL');
  // RFC 8449 §5: one of the two.
  if (recordSizeLimit !== undefined && (maxFragmentLength !== undefined || recordSizeLimit < MIN_RECORD_SIZE_LIMIT)) {
    fail('ERR_TLS_BAD_RECORD_SIZE_LIMIT', `${recordSizeLimit}`);
  }
  // RFC 6066 §4: the very length that was asked for.
  if (maxFragmentLength !== undefined && maxFragmentLength !== config.maxFragmentLength) {
    fail('ERR_TLS_BAD_MAX_FRAGMENT_LENGTH', `${maxFragmentLength}`);
  }
}

/** RFC 8449 §4: in TLS 1.2 the limit is one of content alone; the record layer is told how much that is. */
function agreedLimits(
  config: ClientConfig,
  { recordSizeLimit, maxFragmentLength }: ServerHello12Extensions,
): readonly Effect[] {
  if (recordSizeLimit !== undefined) {
    return [
      { do: 'set-limits', direction: 'write', bytes: recordSizeLimit },
      { do: 'set-limits', direction: 'read', bytes: config.recordSizeLimit ?? MAX_RECORD_SIZE_LIMIT },
    ];
  }
  if (maxFragmentLength === undefined || !isMaxFragmentLength(maxFragmentLength)) return [];
  // Its content type is not protected in TLS 1.2.
  return [{ do: 'set-fragment-limit', bytes: innerLimitOf(maxFragmentLength) - 1 }];
}
