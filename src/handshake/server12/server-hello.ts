/**
 * TLS 1.2 server: ServerHello with its extensions, for full handshakes and resumed ones.
 *
 * @see RFC 5246 §7.4.1.3 (Server Hello); RFC 9846 §4.2.3 (downgrade protection); RFC 5746 §3.6, RFC 7627 §5.1, RFC 8449 §4
 * @module
 */
import type { Random } from '../../crypto/provider.ts';
import { VERSION } from '../../params/registries.ts';
import {
  alpnExtension,
  ecPointFormatsExtension,
  emptyStatusRequestExtension,
  encryptThenMacExtension,
  extendedMainSecretExtension,
  maxFragmentLengthExtension,
  recordSizeLimitExtension,
  renegotiationInfoExtension,
  serverNameAcknowledgement,
  sessionTicketExtension,
  signedCertificateTimestampExtension,
} from '../../wire/extensions.ts';
import { encodeHandshake } from '../../wire/message.ts';
import type { Extension } from '../../wire/messages.ts';
import type { Hellos12 } from '../shared/agreement12.ts';
import type { ServerConfig } from '../shared/config.ts';
import type { Effect } from '../shared/effects.ts';
import { innerLimitOf } from '../shared/record-limits.ts';
import type { Answerable } from './states.ts';

const RANDOM_LENGTH = 32;
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/** RFC 8449 §4: in TLS 1.2 content alone counts. */
const MAX_CONTENT = 16_384;

/** RFC 9846 §4.2.3: "DOWNGRD" and 0x01, by which a client of TLS 1.3 sees that somebody has meddled. */
const DOWNGRADE_SENTINEL = Uint8Array.of(0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x01);

export function drawServerRandom({ versions }: ServerConfig, env: { readonly random: Random }): Uint8Array {
  const random = env.random(RANDOM_LENGTH).slice();
  // RFC 9846 §4.2.3: a server that could have done better says so.
  if (versions.includes('TLS 1.3')) random.set(DOWNGRADE_SENTINEL, RANDOM_LENGTH - DOWNGRADE_SENTINEL.length);
  return random;
}

/** RFC 5077 §3.2: a client that asks for a ticket gets one, where its session is worth resuming (RFC 7627 §5.3). */
export function ticketWanted({ config, hello }: Answerable): boolean {
  const { sessionTicket, extendedMainSecret } = hello.extensions;
  return config.tickets12 && config.sessionStore === null && sessionTicket !== undefined && extendedMainSecret;
}

/** What differs between a full handshake and a resumed one. */
export interface HelloKind {
  readonly sessionId: Uint8Array;
  /** RFC 6066 §8: CertificateStatus follows. */
  readonly status: boolean;
  readonly resumed: boolean;
}

export function encodeServerHello12(
  hs: Answerable &
    Hellos12 & {
      readonly ticketDue: boolean;
      readonly credential?: { readonly signedCertificateTimestamps: readonly Uint8Array[] };
    },
  { sessionId, status, resumed }: HelloKind,
): Uint8Array {
  const { config, hello, suite } = hs;
  const asked = hello.extensions;
  const extensions: Extension[] = [];
  // RFC 5746 §3.6: empty in every handshake that is not a renegotiation, resumed ones too.
  if (hs.secureRenegotiation) extensions.push(renegotiationInfoExtension(NO_BYTES));
  // RFC 6066 §3: not in a resumed handshake.
  if (hs.serverName !== null && !resumed) extensions.push(serverNameAcknowledgement());
  if (hs.extendedMasterSecret) extensions.push(extendedMainSecretExtension());
  if (hs.encryptThenMac) extensions.push(encryptThenMacExtension());
  // RFC 8422 §5.2: with an ECC suite, to a client that lists formats.
  if (asked.ecPointFormats !== undefined && suite.keyExchange !== 'rsa') {
    extensions.push(ecPointFormatsExtension());
  }
  if (hs.ticketDue) extensions.push(sessionTicketExtension(NO_BYTES));
  if (status) extensions.push(emptyStatusRequestExtension());
  if (hs.alpn !== null) extensions.push(alpnExtension([hs.alpn]));
  const timestamps = hs.credential?.signedCertificateTimestamps ?? [];
  if (asked.signedCertificateTimestamp && timestamps.length > 0) {
    extensions.push(signedCertificateTimestampExtension(timestamps));
  }
  // RFC 8449 §5: with it, max_fragment_length does not count.
  if (asked.recordSizeLimit !== undefined) {
    extensions.push(recordSizeLimitExtension(Math.min(config.recordSizeLimit ?? MAX_CONTENT, MAX_CONTENT)));
  } else if (asked.maxFragmentLength !== undefined) {
    extensions.push(maxFragmentLengthExtension(asked.maxFragmentLength));
  }
  const shaped = config.helloShape.serverExtensions?.('server_hello', extensions) ?? extensions;
  return encodeHandshake({
    type: 'server_hello',
    legacyVersion: VERSION.TLS12,
    random: hs.serverRandom,
    legacySessionIdEcho: sessionId,
    cipherSuite: suite.code,
    legacyCompressionMethod: 0,
    // RFC 5246 §7.4.1.3: a client that sent no extensions gets none; without any, there is no block.
    extensions: shaped.length === 0 ? null : shaped,
  });
}

/** RFC 8449 §4, RFC 6066 §4. */
export function agreedLimits({ config, hello }: Answerable): readonly Effect[] {
  const { recordSizeLimit, maxFragmentLength } = hello.extensions;
  if (recordSizeLimit !== undefined) {
    return [
      { do: 'set-limits', direction: 'write', bytes: recordSizeLimit },
      { do: 'set-limits', direction: 'read', bytes: Math.min(config.recordSizeLimit ?? MAX_CONTENT, MAX_CONTENT) },
    ];
  }
  if (maxFragmentLength === undefined) return [];
  // Its content type is not protected in TLS 1.2.
  return [{ do: 'set-fragment-limit', bytes: innerLimitOf(maxFragmentLength) - 1 }];
}
