/**
 * One message of each kind of TLS 1.2, with all extensions that it may carry.
 *
 * @module
 */
import * as encode from '../../src/wire/extensions.ts';
import {
  encodeEcdheParams,
  encodeEcdhePublic,
  encodeEncryptedPreMasterSecret,
  encodeSignedEcdheParams,
} from '../../src/wire/key-exchange12.ts';
import { encodeHandshake12 } from '../../src/wire/message12.ts';
import type { HandshakeMessage12 } from '../../src/wire/messages12.ts';
import { KNOWN } from './verdict.ts';
import type { KeyExchange } from './verdict12.ts';

export interface Sample12 {
  readonly name: string;
  readonly message: HandshakeMessage12;
  readonly raw: Uint8Array;
  readonly asked: ReadonlySet<number>;
  readonly keyExchange: KeyExchange;
}

const bytes = (length: number, value = 0xa5): Uint8Array => new Uint8Array(length).fill(value);
const HELLO = { legacyVersion: 0x0303, random: bytes(32, 9) } as const;
const PARAMS = encodeEcdheParams(0x001d, bytes(32, 4));

const MESSAGES: readonly HandshakeMessage12[] = [
  { type: 'hello_request' },
  {
    ...HELLO,
    type: 'client_hello',
    legacySessionId: bytes(32, 1),
    cipherSuites: [0xc02f, 0x00ff],
    legacyCompressionMethods: bytes(1, 0),
    extensions: null,
  },
  {
    ...HELLO,
    type: 'server_hello',
    legacySessionIdEcho: bytes(32, 1),
    cipherSuite: 0xc027,
    legacyCompressionMethod: 0,
    extensions: [
      encode.serverNameAcknowledgement(),
      encode.maxFragmentLengthExtension(2),
      encode.emptyStatusRequestExtension(),
      encode.supportedGroupsExtension([0x001d]),
      encode.ecPointFormatsExtension(),
      encode.alpnExtension(['h2']),
      encode.signedCertificateTimestampExtension([bytes(4), bytes(1)]),
      encode.encryptThenMacExtension(),
      encode.extendedMainSecretExtension(),
      encode.recordSizeLimitExtension(512),
      encode.sessionTicketExtension(bytes(0)),
      encode.renegotiationInfoExtension(bytes(0)),
    ],
  },
  {
    ...HELLO,
    type: 'server_hello',
    legacySessionIdEcho: bytes(0),
    cipherSuite: 0xc02f,
    legacyCompressionMethod: 0,
    extensions: null,
  },
  { type: 'certificate12', certificates: [bytes(5), bytes(1), bytes(300)] },
  { type: 'certificate12', certificates: [] },
  { type: 'certificate_status', response: bytes(7) },
  { type: 'server_key_exchange', body: encodeSignedEcdheParams(PARAMS, 0x0804, bytes(64)) },
  {
    type: 'certificate_request12',
    certificateTypes: [1, 64],
    signatureAlgorithms: [0x0403, 0x0804],
    authorities: [bytes(4), bytes(1)],
  },
  { type: 'certificate_request12', certificateTypes: [64], signatureAlgorithms: [0x0403], authorities: [] },
  { type: 'server_hello_done' },
  { type: 'certificate_verify', scheme: 0x0403, signature: bytes(70) },
  { type: 'client_key_exchange', body: encodeEcdhePublic(bytes(65)) },
  { type: 'finished', verifyData: bytes(12) },
  { type: 'new_session_ticket12', lifetimeHint: 0xffffffff, ticket: bytes(20) },
  { type: 'new_session_ticket12', lifetimeHint: 0, ticket: bytes(0) },
];

export function samples12(): readonly Sample12[] {
  const sample = (message: HandshakeMessage12, keyExchange: KeyExchange): Sample12 => ({
    name: `${message.type} (${keyExchange})`,
    message,
    raw: encodeHandshake12(message),
    asked: KNOWN,
    keyExchange,
  });
  const encrypted = { type: 'client_key_exchange', body: encodeEncryptedPreMasterSecret(bytes(256)) } as const;
  return [...MESSAGES.map((message) => sample(message, 'ecdhe')), sample(encrypted, 'rsa')];
}
