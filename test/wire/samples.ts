/**
 * Messages to test with: all that RFC 8448 prints, and one of each kind that carries every extension it may.
 *
 * @module
 */
import * as encode from '../../src/wire/extensions.ts';
import { encodeHandshake, HELLO_RETRY_REQUEST_RANDOM } from '../../src/wire/message.ts';
import type { Extension, HandshakeMessage13 } from '../../src/wire/messages.ts';
import { rfc8448Steps } from '../vectors/load.ts';
import { KNOWN } from './verdict.ts';

export interface Sample {
  readonly name: string;
  readonly raw: Uint8Array;
  /** What the peer had requested, for messages that answer. */
  readonly asked: ReadonlySet<number>;
}

/** The complete handshake messages of RFC 8448, in order. */
export function rfc8448Messages(): readonly Sample[] {
  const samples: Sample[] = [];
  for (const step of rfc8448Steps()) {
    const [, kind] = /^construct an? (\w+) handshake message/.exec(step.title) ?? [];
    if (kind === undefined) continue;
    // A ClientHello with binders is printed without them first; the payload of the record has them.
    const name = step.has(kind) ? kind : 'ServerHello';
    const raw = step.value(name);
    const isWhole = raw.length === 4 + (((raw[1] ?? 0) << 16) | ((raw[2] ?? 0) << 8) | (raw[3] ?? 0));
    if (isWhole) samples.push({ name: `RFC 8448 §${step.section} ${step.side} ${kind}`, raw, asked: KNOWN });
  }
  const resumed = rfc8448Steps(4).find(
    ({ side, title }) => side === 'client' && title.startsWith('send handshake record'),
  );
  if (resumed === undefined) throw new Error('RFC 8448 §4 has no ClientHello');
  samples.push({ name: 'RFC 8448 §4 client ClientHello', raw: resumed.value('payload'), asked: KNOWN });
  return samples;
}

/** One message of each type with all extensions that this library can encode for it. */
export function fullMessages(): readonly Sample[] {
  return FULL.map((message) => ({ name: `full ${message.type}`, raw: encodeHandshake(message), asked: KNOWN }));
}

const bytes = (length: number, value = 0xa5): Uint8Array => new Uint8Array(length).fill(value);
const opaque = (type: number, ...body: readonly number[]): Extension => ({ type, body: Uint8Array.from(body) });

const SHARE = { group: 0x001d, keyExchange: bytes(32, 3) };
const HELLO = { legacyVersion: 0x0303, random: bytes(32, 9), extensions: null } as const;

const CLIENT_EXTENSIONS: readonly Extension[] = [
  opaque(0x4a4a, 1, 2, 3),
  encode.serverNameExtension('www.Example-1.org'),
  encode.maxFragmentLengthExtension(2),
  // OCSP with one responder and request extensions: two bytes each.
  opaque(5, 1, 0, 4, 0, 2, 0x30, 0x00, 0, 2, 0x30, 0x00),
  encode.supportedGroupsExtension([0x2a2a, 0x11ec, 0x001d, 0x0017]),
  encode.ecPointFormatsExtension(),
  encode.signatureAlgorithmsExtension([0x0403, 0x0804]),
  encode.signatureAlgorithmsCertExtension([0x0403, 0x0804, 0x0401]),
  encode.alpnExtension(['h2', 'http/1.1', '\xca\xca']),
  encode.signedCertificateTimestampExtension(),
  encode.encryptThenMacExtension(),
  encode.extendedMainSecretExtension(),
  encode.recordSizeLimitExtension(16385),
  encode.sessionTicketExtension(bytes(3)),
  encode.earlyDataExtension(),
  encode.supportedVersionsExtension([0x1a1a, 0x0304, 0x0303]),
  encode.cookieExtension(bytes(5)),
  encode.pskKeyExchangeModesExtension([0x0b, 1]),
  encode.certificateAuthoritiesExtension([bytes(4), bytes(1)]),
  encode.postHandshakeAuthExtension(),
  encode.keyShareExtension([{ group: 0x2a2a, keyExchange: bytes(1) }, SHARE]),
  encode.renegotiationInfoExtension(bytes(0)),
  encode.paddingExtension(7),
  encode.preSharedKeyExtension({
    identities: [
      { identity: bytes(6), obfuscatedTicketAge: 0xfffffffe },
      { identity: bytes(1), obfuscatedTicketAge: 0 },
    ],
    binders: [bytes(32), bytes(48)],
  }),
];

const FULL: readonly HandshakeMessage13[] = [
  {
    ...HELLO,
    type: 'client_hello',
    legacySessionId: bytes(32, 1),
    cipherSuites: [0x8a8a, 0x1301, 0x1302, 0x00ff],
    legacyCompressionMethods: bytes(1, 0),
    extensions: CLIENT_EXTENSIONS,
  },
  {
    ...HELLO,
    type: 'client_hello',
    legacySessionId: bytes(0),
    cipherSuites: [0xc02f],
    legacyCompressionMethods: Uint8Array.of(1, 0),
  },
  {
    ...HELLO,
    type: 'server_hello',
    legacySessionIdEcho: bytes(32, 1),
    cipherSuite: 0x1301,
    legacyCompressionMethod: 0,
    extensions: [
      encode.selectedPskExtension(1),
      encode.serverKeyShareExtension(SHARE),
      encode.selectedVersionExtension(0x0304),
    ],
  },
  // TLS 1.2: with extensions that Table 1 would not let pass, and without any.
  {
    ...HELLO,
    type: 'server_hello',
    legacySessionIdEcho: bytes(8),
    cipherSuite: 0xc02f,
    legacyCompressionMethod: 0,
    extensions: [encode.renegotiationInfoExtension(bytes(0)), encode.extendedMainSecretExtension()],
  },
  {
    ...HELLO,
    type: 'server_hello',
    legacySessionIdEcho: bytes(0),
    cipherSuite: 0xc02f,
    legacyCompressionMethod: 0,
  },
  {
    ...HELLO,
    type: 'hello_retry_request',
    random: HELLO_RETRY_REQUEST_RANDOM,
    legacySessionIdEcho: bytes(0),
    cipherSuite: 0x1303,
    legacyCompressionMethod: 0,
    extensions: [
      encode.selectedVersionExtension(0x0304),
      encode.cookieExtension(bytes(9)),
      encode.selectedGroupExtension(0x0017),
    ],
  },
  {
    type: 'encrypted_extensions',
    extensions: [
      encode.serverNameAcknowledgement(),
      encode.maxFragmentLengthExtension(2),
      encode.supportedGroupsExtension([0x001d]),
      encode.alpnExtension(['h2']),
      encode.recordSizeLimitExtension(64),
      encode.earlyDataExtension(),
      opaque(57, 1, 2, 3),
    ],
  },
  {
    type: 'certificate_request',
    context: bytes(2),
    extensions: [
      opaque(0xdada, 5),
      encode.signatureAlgorithmsExtension([0x0403]),
      encode.signatureAlgorithmsCertExtension([0x0401]),
      encode.certificateAuthoritiesExtension([bytes(2)]),
      encode.oidFiltersExtension([
        { oid: bytes(3), values: bytes(2) },
        { oid: bytes(1), values: bytes(0) },
      ]),
      encode.emptyStatusRequestExtension(),
      encode.signedCertificateTimestampExtension(),
    ],
  },
  {
    type: 'certificate',
    context: bytes(1),
    entries: [
      {
        certificate: bytes(5),
        extensions: [
          encode.ocspResponseExtension(bytes(3)),
          encode.signedCertificateTimestampExtension([bytes(4), bytes(1)]),
        ],
      },
      { certificate: bytes(1), extensions: [] },
      { certificate: bytes(2), extensions: [encode.ocspResponseExtension(bytes(1))] },
    ],
  },
  { type: 'certificate', context: bytes(0), entries: [] },
  { type: 'certificate_verify', scheme: 0x0403, signature: bytes(70) },
  { type: 'finished', verifyData: bytes(48) },
  { type: 'end_of_early_data' },
  {
    type: 'new_session_ticket',
    lifetime: 0xffffffff,
    ageAdd: 0x80000000,
    nonce: bytes(1),
    ticket: bytes(20),
    extensions: [encode.maxEarlyDataSizeExtension(0xffffffff), opaque(0x3a3a, 1)],
  },
  { type: 'key_update', requestUpdate: true },
  { type: 'key_update', requestUpdate: false },
];
