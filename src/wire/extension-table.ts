/**
 * Which extension may appear in which message, and the readers that apply it: lists of extensions to typed bodies.
 *
 * A reader first checks the whole block (no type twice, none misplaced, none unasked for) and only then looks into bodies, in
 * the order in which the result names them.
 *
 * @see RFC 9846 §4.3 (Extensions, Table 1), §9.2 (Mandatory-to-Implement Extensions)
 * @module
 */
import { fail } from '../errors/errors.ts';
import { EXTENSION, extensionName, isGrease } from '../params/registries.ts';
import * as body from './extension-bodies.ts';
import type {
  CertificateEntryExtensions,
  CertificateRequestExtensions,
  ClientHelloExtensions,
  EncryptedExtensionsExtensions,
  Extension,
  HelloRetryRequestExtensions,
  NewSessionTicketExtensions,
  ServerHelloExtensions,
} from './messages.ts';
import type { ServerHello12Extensions } from './messages12.ts';

/** The messages that carry extensions, in the abbreviations of §4.3. */
export type ExtensionPlace = 'CH' | 'SH' | 'HRR' | 'EE' | 'CR' | 'CT' | 'NST';

/**
 * Table 1 of §4.3: the messages of TLS 1.3 in which each extension may appear, also for those that are recognized and not
 * acted upon. To it come the rows that RFC 8446 §4.2 had and Table 1 leaves out as not recommended, and the extensions of
 * TLS 1.2 alone, which a client that offers both versions may send.
 */
export const EXTENSION_PLACES: ReadonlyMap<number, readonly ExtensionPlace[]> = new Map<
  number,
  readonly ExtensionPlace[]
>([
  [EXTENSION.server_name, ['CH', 'EE', 'CR']],
  [EXTENSION.status_request, ['CH', 'CR', 'CT']],
  [EXTENSION.supported_groups, ['CH', 'EE']],
  [EXTENSION.signature_algorithms, ['CH', 'CR']],
  [EXTENSION.use_srtp, ['CH', 'EE']],
  [EXTENSION.heartbeat, ['CH', 'EE']],
  [EXTENSION.application_layer_protocol_negotiation, ['CH', 'EE']],
  [EXTENSION.client_certificate_type, ['CH', 'EE']],
  [EXTENSION.server_certificate_type, ['CH', 'EE']],
  [EXTENSION.padding, ['CH']],
  [EXTENSION.compress_certificate, ['CH', 'CR']],
  [EXTENSION.record_size_limit, ['CH', 'EE']],
  [EXTENSION.delegated_credential, ['CH', 'CR', 'CT']],
  [39 /* supported_ekt_ciphers */, ['CH', 'EE']],
  [EXTENSION.pre_shared_key, ['CH', 'SH']],
  [EXTENSION.early_data, ['CH', 'EE', 'NST']],
  [EXTENSION.supported_versions, ['CH', 'SH', 'HRR']],
  [EXTENSION.cookie, ['CH', 'HRR']],
  [EXTENSION.psk_key_exchange_modes, ['CH']],
  [EXTENSION.certificate_authorities, ['CH', 'CR']],
  [EXTENSION.oid_filters, ['CR']],
  [EXTENSION.post_handshake_auth, ['CH']],
  [EXTENSION.signature_algorithms_cert, ['CH', 'CR']],
  [EXTENSION.key_share, ['CH', 'SH', 'HRR']],
  [52 /* transparency_info */, ['CH', 'CR', 'CT']],
  [55 /* external_id_hash */, ['CH', 'EE']],
  [56 /* external_session_id */, ['CH', 'EE']],
  [EXTENSION.quic_transport_parameters, ['CH', 'EE']],
  [58 /* ticket_request */, ['CH', 'EE']],
  [64768 /* ech_outer_extensions */, ['CH']],
  [EXTENSION.encrypted_client_hello, ['CH', 'HRR', 'EE']],

  // RFC 8446 §4.2: not recommended, and so not in Table 1.
  [EXTENSION.max_fragment_length, ['CH', 'EE']],
  [EXTENSION.signed_certificate_timestamp, ['CH', 'CR', 'CT']],

  // TLS 1.2 alone (IANA registry, column "TLS 1.3": "-").
  [EXTENSION.ec_point_formats, ['CH']],
  [EXTENSION.status_request_v2, ['CH']],
  [EXTENSION.encrypt_then_mac, ['CH']],
  [EXTENSION.extended_main_secret, ['CH']],
  [EXTENSION.session_ticket, ['CH']],
  [EXTENSION.renegotiation_info, ['CH']],
]);

/** The extensions that a ServerHello of TLS 1.2 may answer with (IANA registry), also those that are not acted upon. */
const SERVER_HELLO_12: ReadonlySet<number> = new Set<number>([
  EXTENSION.server_name,
  EXTENSION.max_fragment_length,
  EXTENSION.status_request,
  EXTENSION.ec_point_formats,
  EXTENSION.use_srtp,
  EXTENSION.heartbeat,
  EXTENSION.application_layer_protocol_negotiation,
  EXTENSION.status_request_v2,
  EXTENSION.signed_certificate_timestamp,
  EXTENSION.client_certificate_type,
  EXTENSION.server_certificate_type,
  EXTENSION.encrypt_then_mac,
  EXTENSION.extended_main_secret,
  EXTENSION.record_size_limit,
  EXTENSION.session_ticket,
  EXTENSION.renegotiation_info,
  // RFC 8422 §5.2 has no answer to it; some servers give one all the same, and it is not read.
  EXTENSION.supported_groups,
]);

/**
 * A ClientHello, of TLS 1.2 or 1.3. Unknown extensions and GREASE are ignored.
 *
 * Throws ERR_TLS_DUPLICATE_EXTENSION, ERR_TLS_MISPLACED_EXTENSION, ERR_TLS_PSK_NOT_LAST, ERR_TLS_PSK_BINDER_COUNT,
 * ERR_TLS_BAD_SERVER_NAME and, for a body that does not decode, ERR_TLS_DECODE or ERR_TLS_TRAILING_DATA.
 */
export function readClientHelloExtensions(list: readonly Extension[] | null): ClientHelloExtensions {
  const extensions = list ?? [];
  const block = checkBlock(extensions, 'CH');

  // §4.3.11: the binders cover all that precedes them, so pre_shared_key must be the last extension.
  if (block.has(EXTENSION.pre_shared_key) && extensions.at(-1)?.type !== EXTENSION.pre_shared_key) {
    fail('ERR_TLS_PSK_NOT_LAST');
  }

  // RFC 7685 §3 binds the client alone to fill padding with zeros; it is not read.
  return {
    serverName: block.read(EXTENSION.server_name, body.decodeServerName),
    maxFragmentLength: block.read(EXTENSION.max_fragment_length, body.decodeUint8),
    statusRequest: block.read(EXTENSION.status_request, body.decodeStatusRequest),
    supportedGroups: block.read(EXTENSION.supported_groups, body.decodeUint16List),
    ecPointFormats: block.read(EXTENSION.ec_point_formats, body.decodeUint8List),
    signatureAlgorithms: block.read(EXTENSION.signature_algorithms, body.decodeUint16List),
    signatureAlgorithmsCert: block.read(EXTENSION.signature_algorithms_cert, body.decodeUint16List),
    alpn: block.read(EXTENSION.application_layer_protocol_negotiation, body.decodeProtocolNames),
    signedCertificateTimestamp: block.read(EXTENSION.signed_certificate_timestamp, body.decodeEmpty) ?? false,
    encryptThenMac: block.read(EXTENSION.encrypt_then_mac, body.decodeEmpty) ?? false,
    extendedMainSecret: block.read(EXTENSION.extended_main_secret, body.decodeEmpty) ?? false,
    recordSizeLimit: block.read(EXTENSION.record_size_limit, body.decodeUint16),
    sessionTicket: block.read(EXTENSION.session_ticket, (ticket) => ticket),
    preSharedKey: block.read(EXTENSION.pre_shared_key, body.decodeOfferedPsks),
    earlyData: block.read(EXTENSION.early_data, body.decodeEmpty) ?? false,
    supportedVersions: block.read(EXTENSION.supported_versions, body.decodeSupportedVersions),
    cookie: block.read(EXTENSION.cookie, body.decodeCookie),
    pskKeyExchangeModes: block.read(EXTENSION.psk_key_exchange_modes, body.decodeUint8List),
    certificateAuthorities: block.read(EXTENSION.certificate_authorities, body.decodeCertificateAuthorities),
    postHandshakeAuth: block.read(EXTENSION.post_handshake_auth, body.decodeEmpty) ?? false,
    keyShare: block.read(EXTENSION.key_share, body.decodeClientKeyShares),
    renegotiationInfo: block.read(EXTENSION.renegotiation_info, body.decodeRenegotiationInfo),
  };
}

/**
 * A ServerHello of TLS 1.3. `offered` holds the extension types of the ClientHello that it answers.
 *
 * Without supported_versions the message is a ServerHello of TLS 1.2 or below (§4.2.3), to which other rules apply: its
 * duplicates are refused, nothing else is looked at, and every property is undefined.
 *
 * Throws ERR_TLS_DUPLICATE_EXTENSION, ERR_TLS_MISPLACED_EXTENSION, ERR_TLS_UNSOLICITED_EXTENSION, ERR_TLS_DECODE and
 * ERR_TLS_TRAILING_DATA, as the other readers of answers do.
 */
export function readServerHelloExtensions(
  list: readonly Extension[] | null,
  offered: ReadonlySet<number>,
): ServerHelloExtensions {
  const extensions = list ?? [];
  // §4.3.1: supported_versions is looked for before the rest is processed.
  if (!extensions.some(({ type }) => type === EXTENSION.supported_versions)) {
    checkNoDuplicates(extensions);
    return { supportedVersion: undefined, keyShare: undefined, preSharedKey: undefined };
  }

  const block = checkBlock(extensions, 'SH', offered);
  return {
    supportedVersion: block.read(EXTENSION.supported_versions, body.decodeUint16),
    keyShare: block.read(EXTENSION.key_share, body.decodeServerKeyShare),
    preSharedKey: block.read(EXTENSION.pre_shared_key, body.decodeUint16),
  };
}

/**
 * A ServerHello of TLS 1.2. `offered` holds the extension types of the ClientHello that it answers. renegotiation_info counts
 * as offered, since the SCSV asks for it as well as the extension does (RFC 5746 §3.4) and a client sends one of them.
 */
export function readServerHello12Extensions(
  list: readonly Extension[] | null,
  offered: ReadonlySet<number>,
): ServerHello12Extensions {
  const block = checkBlock(list ?? [], 'SH 1.2', new Set(offered).add(EXTENSION.renegotiation_info));
  return {
    serverName: block.read(EXTENSION.server_name, body.decodeEmpty) ?? false,
    maxFragmentLength: block.read(EXTENSION.max_fragment_length, body.decodeUint8),
    statusRequest: block.read(EXTENSION.status_request, body.decodeEmpty) ?? false,
    ecPointFormats: block.read(EXTENSION.ec_point_formats, body.decodeUint8List),
    alpn: block.read(EXTENSION.application_layer_protocol_negotiation, body.decodeSelectedProtocol),
    signedCertificateTimestamps: block.read(
      EXTENSION.signed_certificate_timestamp,
      body.decodeSignedCertificateTimestamps,
    ),
    encryptThenMac: block.read(EXTENSION.encrypt_then_mac, body.decodeEmpty) ?? false,
    extendedMainSecret: block.read(EXTENSION.extended_main_secret, body.decodeEmpty) ?? false,
    // RFC 5077 §3.2: the server's is empty.
    sessionTicket: block.read(EXTENSION.session_ticket, body.decodeEmpty) ?? false,
    recordSizeLimit: block.read(EXTENSION.record_size_limit, body.decodeUint16),
    renegotiationInfo: block.read(EXTENSION.renegotiation_info, body.decodeRenegotiationInfo),
  };
}

/** A HelloRetryRequest. §4.3.2: cookie is the one answer that needs no request. */
export function readHelloRetryRequestExtensions(
  list: readonly Extension[] | null,
  offered: ReadonlySet<number>,
): HelloRetryRequestExtensions {
  const block = checkBlock(list ?? [], 'HRR', offered);
  return {
    supportedVersion: block.read(EXTENSION.supported_versions, body.decodeUint16),
    selectedGroup: block.read(EXTENSION.key_share, body.decodeUint16),
    cookie: block.read(EXTENSION.cookie, body.decodeCookie),
  };
}

export function readEncryptedExtensions(
  list: readonly Extension[],
  offered: ReadonlySet<number>,
): EncryptedExtensionsExtensions {
  const block = checkBlock(list, 'EE', offered);
  return {
    serverName: block.read(EXTENSION.server_name, body.decodeEmpty) ?? false,
    maxFragmentLength: block.read(EXTENSION.max_fragment_length, body.decodeUint8),
    supportedGroups: block.read(EXTENSION.supported_groups, body.decodeUint16List),
    alpn: block.read(EXTENSION.application_layer_protocol_negotiation, body.decodeSelectedProtocol),
    recordSizeLimit: block.read(EXTENSION.record_size_limit, body.decodeUint16),
    earlyData: block.read(EXTENSION.early_data, body.decodeEmpty) ?? false,
  };
}

/** A CertificateRequest. §4.4.2: unknown extensions are ignored. server_name is of use in RFC 9261 alone and is not read. */
export function readCertificateRequestExtensions(list: readonly Extension[]): CertificateRequestExtensions {
  const block = checkBlock(list, 'CR');
  return {
    signatureAlgorithms: block.read(EXTENSION.signature_algorithms, body.decodeUint16List),
    signatureAlgorithmsCert: block.read(EXTENSION.signature_algorithms_cert, body.decodeUint16List),
    certificateAuthorities: block.read(EXTENSION.certificate_authorities, body.decodeCertificateAuthorities),
    oidFilters: block.read(EXTENSION.oid_filters, body.decodeOidFilters),
    // §4.5.1.1: a server asks with an empty body.
    statusRequest: block.read(EXTENSION.status_request, body.decodeEmpty) ?? false,
    signedCertificateTimestamp: block.read(EXTENSION.signed_certificate_timestamp, body.decodeEmpty) ?? false,
  };
}

/** One CertificateEntry. `requested` holds the types in the ClientHello, or for a client's entry in the CertificateRequest. */
export function readCertificateEntryExtensions(
  list: readonly Extension[],
  requested: ReadonlySet<number>,
): CertificateEntryExtensions {
  const block = checkBlock(list, 'CT', requested);
  return {
    ocspResponse: block.read(EXTENSION.status_request, body.decodeCertificateStatus),
    signedCertificateTimestamps: block.read(
      EXTENSION.signed_certificate_timestamp,
      body.decodeSignedCertificateTimestamps,
    ),
  };
}

/** A NewSessionTicket. §4.7.1: unknown extensions are ignored. */
export function readNewSessionTicketExtensions(list: readonly Extension[]): NewSessionTicketExtensions {
  const block = checkBlock(list, 'NST');
  return { maxEarlyDataSize: block.read(EXTENSION.early_data, body.decodeUint32) };
}

/** The extensions that a ClientHello of TLS 1.3 must have beside each other. Throws ERR_TLS_MISSING_EXTENSION. */
export function checkClientHelloPairs(extensions: ClientHelloExtensions): void {
  const { preSharedKey, signatureAlgorithms, supportedGroups, keyShare, pskKeyExchangeModes } = extensions;

  // §9.2: without pre_shared_key there must be signature_algorithms and supported_groups.
  if (preSharedKey === undefined) {
    if (signatureAlgorithms === undefined) fail('ERR_TLS_MISSING_EXTENSION', 'signature_algorithms');
    if (supportedGroups === undefined) fail('ERR_TLS_MISSING_EXTENSION', 'supported_groups');
  }

  // §9.2: supported_groups and key_share come together.
  if (supportedGroups !== undefined && keyShare === undefined) fail('ERR_TLS_MISSING_EXTENSION', 'key_share');
  if (supportedGroups === undefined && keyShare !== undefined) fail('ERR_TLS_MISSING_EXTENSION', 'supported_groups');

  // §4.3.9: pre_shared_key needs psk_key_exchange_modes; §9.2 calls it required, which gives the alert.
  if (preSharedKey !== undefined && pskKeyExchangeModes === undefined) {
    fail('ERR_TLS_MISSING_EXTENSION', 'psk_key_exchange_modes');
  }
}

/** A checked block: each type at most once. */
interface Block {
  has(type: number): boolean;
  read<T>(type: number, decode: (body: Uint8Array) => T): T | undefined;
}

/**
 * The rules of §4.3 for one block. `requested` is null for the messages that ask (CH, CR) or tell (NST); there unknown
 * extensions are ignored.
 *
 * An extension may be both misplaced and unasked for, for example oid_filters in EncryptedExtensions. §4.3 then demands two
 * alerts at once. Misplaced wins: illegal_parameter is demanded whatever the peer had sent, and again by §4.4.1 for
 * EncryptedExtensions in particular, while unsupported_extension is for responses, which such an extension can never be.
 * Erratum 6820 of RFC 8446 took "prohibited in the given message" out of the meaning of unsupported_extension (§6.2).
 */
function checkBlock(
  list: readonly Extension[],
  place: ExtensionPlace | 'SH 1.2',
  requested: ReadonlySet<number> | null = null,
): Block {
  const bodies = checkNoDuplicates(list);

  for (const { type } of list) {
    // §4.3: a recognized extension that is not specified for this message.
    if (isMisplaced(type, place)) {
      fail('ERR_TLS_MISPLACED_EXTENSION', `${extensionName(type)} in ${place}`);
    }
    // §4.3: a response needs its request; RFC 8701 §3.1: no response to GREASE, although it was sent.
    if (requested !== null && !isAnswer(type, requested)) {
      fail('ERR_TLS_UNSOLICITED_EXTENSION', `${extensionName(type)} in ${place}`);
    }
  }

  return {
    has: (type) => bodies.has(type),
    read(type, decode) {
      const found = bodies.get(type);
      return found === undefined ? undefined : decode(found);
    },
  };
}

function isMisplaced(type: number, place: ExtensionPlace | 'SH 1.2'): boolean {
  const places = EXTENSION_PLACES.get(type);
  if (places === undefined) return false;
  return place === 'SH 1.2' ? !SERVER_HELLO_12.has(type) : !places.includes(place);
}

function isAnswer(type: number, requested: ReadonlySet<number>): boolean {
  // §4.3.2: cookie needs no request; by the table HelloRetryRequest is the only answer that has it.
  if (type === EXTENSION.cookie) return true;
  return requested.has(type) && !isGrease(type);
}

function checkNoDuplicates(list: readonly Extension[]): ReadonlyMap<number, Uint8Array> {
  const bodies = new Map<number, Uint8Array>();
  for (const { type, body } of list) {
    // §4.3: no type twice in a block, known or not.
    if (bodies.has(type)) fail('ERR_TLS_DUPLICATE_EXTENSION', extensionName(type));
    bodies.set(type, body);
  }
  return bodies;
}
