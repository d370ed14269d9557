/**
 * Decoders: one function for each extension body, named after the message that carries it where the form depends on that.
 *
 * Each takes the whole body and leaves nothing over (§4.3: trailing data is forbidden). Which extension may appear where is
 * `extension-table.ts`; what a value means is the handshake's.
 *
 * @see RFC 9846 §4.3 (Extensions), RFC 6066, RFC 6962 §3.3, RFC 7301, RFC 8449
 * @module
 */
import { fail } from '../errors/errors.ts';
import { decodeLatin1 } from './latin1.ts';
import type { KeyShareEntry, OfferedPsks, OidFilter, PskIdentity, StatusRequest } from './messages.ts';
import { Reader } from './reader.ts';

/** RFC 6066 §3. */
const HOST_NAME = 0;
/** RFC 6066 §8. */
const OCSP = 1;

/** An extension whose presence is all it says; also ServerName's acknowledgement (RFC 6066 §3). */
export function decodeEmpty(body: Uint8Array): true {
  return whole(body, () => true);
}

/** An extension that is one uint8: MaxFragmentLength (RFC 6066 §4). */
export function decodeUint8(body: Uint8Array): number {
  return whole(body, (reader) => reader.u8());
}

/** An extension that is one uint16: selected_version, selected_group, selected_identity, RecordSizeLimit (RFC 8449 §4). */
export function decodeUint16(body: Uint8Array): number {
  return whole(body, (reader) => reader.u16());
}

/** max_early_data_size of a ticket in bytes, §4.7.1. */
export function decodeUint32(body: Uint8Array): number {
  return whole(body, (reader) => reader.u32());
}

/**
 * The host_name of a ServerNameList, or undefined when the list has none. Names of other types are skipped: RFC 6066 §3 lets
 * each begin with a 16-bit length.
 */
export function decodeServerName(body: Uint8Array): string | undefined {
  const names = whole(body, (reader) =>
    reader.list16((list) => ({ type: list.u8(), name: list.vector16({ min: 1 }) }), { min: 1 }),
  );
  // RFC 6066 §3: no more than one name of a type. The form is right, so this is illegal_parameter (§6).
  if (new Set(names.map(({ type }) => type)).size !== names.length) {
    fail('ERR_TLS_BAD_SERVER_NAME', 'two names of one type');
  }

  const host = names.find(({ type }) => type === HOST_NAME)?.name;
  // RFC 6066 §3: ASCII. Control characters, above all NUL, would read differently elsewhere.
  if (host?.some((byte) => byte <= 0x20 || byte >= 0x7f))
    fail('ERR_TLS_BAD_SERVER_NAME', 'a byte that is not in a name');
  return host === undefined ? undefined : decodeLatin1(host);
}

/** CertificateStatusRequest of a ClientHello, RFC 6066 §8. The form of a type other than OCSP is not known. */
export function decodeStatusRequest(body: Uint8Array): StatusRequest | 'other' {
  const reader = new Reader(body);
  if (reader.u8() !== OCSP) return 'other';
  const responderIds = reader.list16((list) => list.vector16({ min: 1 }));
  const requestExtensions = reader.vector16();
  reader.finish();
  return { responderIds, requestExtensions };
}

/** CertificateStatus of a CertificateEntry, §4.5.1.1 and RFC 6066 §8: the DER of the OCSP response. */
export function decodeCertificateStatus(body: Uint8Array): Uint8Array {
  return whole(body, (reader) => {
    // RFC 6066 §8: the type selects the form of the rest, and OCSP is the one that there is.
    const type = reader.u8();
    if (type !== OCSP) fail('ERR_TLS_DECODE', `certificate status type ${type}`);
    return reader.vector24({ min: 1 });
  });
}

/** SignedCertificateTimestampList of a CertificateEntry, RFC 6962 §3.3: each serialized SCT. */
export function decodeSignedCertificateTimestamps(body: Uint8Array): readonly Uint8Array[] {
  return whole(body, (reader) => reader.list16((list) => list.vector16({ min: 1 }), { min: 1 }));
}

/** NamedGroupList (§4.3.7), or SignatureSchemeList (§4.3.3): one element or more. */
export function decodeUint16List(body: Uint8Array): readonly number[] {
  return whole(body, (reader) => reader.list16((list) => list.u16(), { min: 2, max: 0xfffe }));
}

/** ECPointFormatList, RFC 8422 §5.1.2, or PskKeyExchangeModes (§4.3.9): one element or more. */
export function decodeUint8List(body: Uint8Array): readonly number[] {
  return whole(body, (reader) => reader.list8((list) => list.u8(), { min: 1 }));
}

/** ProtocolNameList of a ClientHello, RFC 7301 §3.1: each name in Latin-1, one character a byte. */
export function decodeProtocolNames(body: Uint8Array): readonly string[] {
  return whole(body, (reader) => reader.list16(decodeProtocolName, { min: 2 }));
}

/** ProtocolNameList of an answer, RFC 7301 §3.1. */
export function decodeSelectedProtocol(body: Uint8Array): string {
  const [name, ...more] = decodeProtocolNames(body);
  // RFC 7301 §3.1: exactly one name. A list of several is a form that the answer does not have.
  if (name === undefined || more.length > 0) fail('ERR_TLS_DECODE', `${1 + more.length} protocol names`);
  return name;
}

/** RenegotiationInfo, RFC 5746 §3.2. */
export function decodeRenegotiationInfo(body: Uint8Array): Uint8Array {
  return whole(body, (reader) => reader.vector8());
}

/** SupportedVersions of a ClientHello, §4.3.1. */
export function decodeSupportedVersions(body: Uint8Array): readonly number[] {
  return whole(body, (reader) => reader.list8((list) => list.u16(), { min: 2, max: 254 }));
}

/** Cookie, §4.3.2. */
export function decodeCookie(body: Uint8Array): Uint8Array {
  return whole(body, (reader) => reader.vector16({ min: 1 }));
}

/** KeyShareClientHello, §4.3.8. An empty list asks for a HelloRetryRequest. */
export function decodeClientKeyShares(body: Uint8Array): readonly KeyShareEntry[] {
  return whole(body, (reader) => reader.list16(decodeKeyShareEntry));
}

/** KeyShareServerHello, §4.3.8. */
export function decodeServerKeyShare(body: Uint8Array): KeyShareEntry {
  return whole(body, decodeKeyShareEntry);
}

/** OfferedPsks, §4.3.11. */
export function decodeOfferedPsks(body: Uint8Array): OfferedPsks {
  const psks = whole(body, (reader) => ({
    identities: reader.list16(decodePskIdentity, { min: 7 }),
    binders: reader.list16((list) => list.vector8({ min: 32 }), { min: 33 }),
  }));
  // §4.3.11: one binder for each identity, in the same order.
  if (psks.identities.length !== psks.binders.length) {
    fail('ERR_TLS_PSK_BINDER_COUNT', `${psks.identities.length} identities, ${psks.binders.length} binders`);
  }
  return psks;
}

/** CertificateAuthoritiesExtension, §4.3.4: DER of each DistinguishedName. */
export function decodeCertificateAuthorities(body: Uint8Array): readonly Uint8Array[] {
  return whole(body, (reader) => reader.list16((list) => list.vector16({ min: 1 }), { min: 3 }));
}

/** OIDFilterExtension, §4.3.5. */
export function decodeOidFilters(body: Uint8Array): readonly OidFilter[] {
  return whole(body, (reader) => reader.list16((list) => ({ oid: list.vector8({ min: 1 }), values: list.vector16() })));
}

function decodeProtocolName(reader: Reader): string {
  return decodeLatin1(reader.vector8({ min: 1 }));
}

function decodeKeyShareEntry(reader: Reader): KeyShareEntry {
  return { group: reader.u16(), keyExchange: reader.vector16({ min: 1 }) };
}

function decodePskIdentity(reader: Reader): PskIdentity {
  return { identity: reader.vector16({ min: 1 }), obfuscatedTicketAge: reader.u32() };
}

function whole<T>(body: Uint8Array, read: (reader: Reader) => T): T {
  const reader = new Reader(body);
  const value = read(reader);
  // §4.3: data after the structure is forbidden.
  reader.finish();
  return value;
}
