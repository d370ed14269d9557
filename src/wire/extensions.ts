/**
 * Encoders: one function for each extension that this library sends, giving the whole Extension.
 *
 * A value that does not fit its field throws ERR_TLS_ENCODE; that values make sense is the matter of the config and the
 * handshake. A name without "server" or "selected" in it is the form that asks.
 *
 * @see RFC 9846 §4.3 (Extensions), RFC 6066, RFC 6962 §3.3, RFC 7301, RFC 7685, RFC 8449
 * @module
 */
import { EXTENSION } from '../params/registries.ts';
import { encodeLatin1 } from './latin1.ts';
import type { Extension, KeyShareEntry, OfferedPsks, OidFilter } from './messages.ts';
import { Writer } from './writer.ts';

/** RFC 6066 §3. */
const HOST_NAME = 0;
/** RFC 6066 §8. */
const OCSP = 1;

const EMPTY = new Uint8Array(0);

/** RFC 6066 §3: one host_name, in ASCII. */
export function serverNameExtension(name: string): Extension {
  return extension(EXTENSION.server_name, (writer) =>
    writer.block(2, () => writer.u8(HOST_NAME).vector16(encodeLatin1(name))),
  );
}

/** RFC 6066 §3: the server used the name. */
export function serverNameAcknowledgement(): Extension {
  return empty(EXTENSION.server_name);
}

/** RFC 6066 §4: 1 to 4 for 2^9 to 2^12 bytes, in the request and in the answer. */
export function maxFragmentLengthExtension(code: number): Extension {
  return extension(EXTENSION.max_fragment_length, (writer) => writer.u8(code));
}

/** RFC 6066 §8: OCSP, from responders that the server knows. */
export function statusRequestExtension(): Extension {
  return extension(EXTENSION.status_request, (writer) => writer.u8(OCSP).vector16(EMPTY).vector16(EMPTY));
}

/** §4.5.1.1: the form of CertificateRequest, which is empty. */
export function emptyStatusRequestExtension(): Extension {
  return empty(EXTENSION.status_request);
}

/** §4.5.1.1: the CertificateStatus of a CertificateEntry. */
export function ocspResponseExtension(der: Uint8Array): Extension {
  return extension(EXTENSION.status_request, (writer) => writer.u8(OCSP).vector24(der));
}

/** RFC 6962 §3.3: the SCTs of a CertificateEntry or, without a list, the request for them. */
export function signedCertificateTimestampExtension(list?: readonly Uint8Array[]): Extension {
  if (list === undefined) return empty(EXTENSION.signed_certificate_timestamp);
  return extension(EXTENSION.signed_certificate_timestamp, (writer) => vectors16(writer, list));
}

/** §4.3.7. */
export function supportedGroupsExtension(codes: readonly number[]): Extension {
  return extension(EXTENSION.supported_groups, (writer) => uint16List(writer, codes));
}

/** RFC 8422 §5.1.2: uncompressed points only, for peers of TLS 1.2. */
export function ecPointFormatsExtension(): Extension {
  return extension(EXTENSION.ec_point_formats, (writer) => writer.u8(1).u8(0));
}

/** §4.3.3. */
export function signatureAlgorithmsExtension(codes: readonly number[]): Extension {
  return extension(EXTENSION.signature_algorithms, (writer) => uint16List(writer, codes));
}

/** §4.3.3. */
export function signatureAlgorithmsCertExtension(codes: readonly number[]): Extension {
  return extension(EXTENSION.signature_algorithms_cert, (writer) => uint16List(writer, codes));
}

/** RFC 7301 §3.1: names in Latin-1, one character a byte, 1 to 255 each; exactly one in an answer. */
export function alpnExtension(names: readonly string[]): Extension {
  return extension(EXTENSION.application_layer_protocol_negotiation, (writer) =>
    writer.block(2, () => {
      for (const name of names) writer.vector8(encodeLatin1(name));
    }),
  );
}

/** RFC 7685 §3: `length` bytes of zero. */
export function paddingExtension(length: number): Extension {
  return { type: EXTENSION.padding, body: new Uint8Array(length) };
}

/** RFC 7366 §2. */
export function encryptThenMacExtension(): Extension {
  return empty(EXTENSION.encrypt_then_mac);
}

/** RFC 7627 §5.1. */
export function extendedMainSecretExtension(): Extension {
  return empty(EXTENSION.extended_main_secret);
}

/** RFC 8449 §4: in bytes. */
export function recordSizeLimitExtension(limit: number): Extension {
  return extension(EXTENSION.record_size_limit, (writer) => writer.u16(limit));
}

/** RFC 5077 §3.2: the ticket is the whole body; empty asks for one. */
export function sessionTicketExtension(ticket: Uint8Array): Extension {
  return { type: EXTENSION.session_ticket, body: ticket };
}

/** §4.3.11, which must be the last extension of a ClientHello. */
export function preSharedKeyExtension(psks: OfferedPsks): Extension {
  return extension(EXTENSION.pre_shared_key, (writer) =>
    writer
      .block(2, () => {
        for (const { identity, obfuscatedTicketAge } of psks.identities) {
          writer.vector16(identity).u32(obfuscatedTicketAge);
        }
      })
      .block(2, () => {
        for (const binder of psks.binders) writer.vector8(binder);
      }),
  );
}

/** §4.3.11.2: bytes that Truncate() takes off the end of a ClientHello: the binders list with its length fields. */
export function bindersLength(binders: readonly Uint8Array[]): number {
  return binders.reduce((total, binder) => total + 1 + binder.length, 2);
}

/** §4.3.11: index of the chosen identity. */
export function selectedPskExtension(index: number): Extension {
  return extension(EXTENSION.pre_shared_key, (writer) => writer.u16(index));
}

/** §4.3.10, ClientHello and EncryptedExtensions. */
export function earlyDataExtension(): Extension {
  return empty(EXTENSION.early_data);
}

/** §4.7.1, NewSessionTicket. */
export function maxEarlyDataSizeExtension(bytes: number): Extension {
  return extension(EXTENSION.early_data, (writer) => writer.u32(bytes));
}

/** §4.3.1, ClientHello. */
export function supportedVersionsExtension(versions: readonly number[]): Extension {
  return extension(EXTENSION.supported_versions, (writer) =>
    writer.block(1, () => {
      for (const version of versions) writer.u16(version);
    }),
  );
}

/** §4.3.1, ServerHello and HelloRetryRequest. */
export function selectedVersionExtension(version: number): Extension {
  return extension(EXTENSION.supported_versions, (writer) => writer.u16(version));
}

/** §4.3.2: 1 byte or more. */
export function cookieExtension(cookie: Uint8Array): Extension {
  return extension(EXTENSION.cookie, (writer) => writer.vector16(cookie));
}

/** §4.3.9. */
export function pskKeyExchangeModesExtension(modes: readonly number[]): Extension {
  return extension(EXTENSION.psk_key_exchange_modes, (writer) => writer.vector8(Uint8Array.from(modes)));
}

/** §4.3.4: DER of each DistinguishedName. */
export function certificateAuthoritiesExtension(names: readonly Uint8Array[]): Extension {
  return extension(EXTENSION.certificate_authorities, (writer) => vectors16(writer, names));
}

/** §4.3.5. */
export function oidFiltersExtension(filters: readonly OidFilter[]): Extension {
  return extension(EXTENSION.oid_filters, (writer) =>
    writer.block(2, () => {
      for (const { oid, values } of filters) writer.vector8(oid).vector16(values);
    }),
  );
}

/** §4.3.6. */
export function postHandshakeAuthExtension(): Extension {
  return empty(EXTENSION.post_handshake_auth);
}

/** §4.3.8, ClientHello. */
export function keyShareExtension(entries: readonly KeyShareEntry[]): Extension {
  return extension(EXTENSION.key_share, (writer) =>
    writer.block(2, () => {
      for (const entry of entries) keyShareEntry(writer, entry);
    }),
  );
}

/** §4.3.8, ServerHello. */
export function serverKeyShareExtension(entry: KeyShareEntry): Extension {
  return extension(EXTENSION.key_share, (writer) => keyShareEntry(writer, entry));
}

/** §4.3.8, HelloRetryRequest. */
export function selectedGroupExtension(group: number): Extension {
  return extension(EXTENSION.key_share, (writer) => writer.u16(group));
}

/** RFC 5746 §3.2: empty in a first handshake. */
export function renegotiationInfoExtension(verifyData: Uint8Array): Extension {
  return extension(EXTENSION.renegotiation_info, (writer) => writer.vector8(verifyData));
}

function extension(type: number, write: (writer: Writer) => unknown): Extension {
  const writer = new Writer();
  write(writer);
  return { type, body: writer.finish() };
}

function empty(type: number): Extension {
  return { type, body: EMPTY };
}

function uint16List(writer: Writer, codes: readonly number[]): void {
  writer.block(2, () => {
    for (const code of codes) writer.u16(code);
  });
}

function vectors16(writer: Writer, elements: readonly Uint8Array[]): void {
  writer.block(2, () => {
    for (const element of elements) writer.vector16(element);
  });
}

function keyShareEntry(writer: Writer, entry: KeyShareEntry): void {
  writer.u16(entry.group).vector16(entry.keyExchange);
}
