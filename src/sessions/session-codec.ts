/**
 * Sessions as bytes: what a ticket seals, and what a client keeps in a file.
 *
 * The first byte is the form's number, the next two the version of TLS: what is of another form or version does not decode.
 *
 * @see RFC 9846 §4.7.1 (the content of a ticket is the server's own)
 * @module
 */
import { fail, TlsError } from '../errors/errors.ts';
import { byCode, byName, CIPHER_SUITES, CIPHER_SUITES_12, type CipherSuite } from '../params/algorithms.ts';
import { VERSION, type VersionName } from '../params/registries.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import type { ClientSession, ServerSession } from './session.ts';

const FORM = { 'server-session': 3, 'client-session': 4 } as const;

export function encodeServerSession(session: ServerSession): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writeCommon(writer, session);
  writeTime(writer, session.issuedAt);
  return writer.finish();
}

/** Null for bytes that are not a server session of this form. */
export function decodeServerSession(bytes: Uint8Array): ServerSession | null {
  return orNull(() => {
    const reader = new Reader(bytes);
    const common = readCommon(reader, 'server-session');
    const issuedAt = readTime(reader);
    reader.finish();
    return { kind: 'server-session', issuedAt, id: null, ...common };
  });
}

/** What a client writes to a file: whoever reads it can impersonate both sides of the resumed connection. */
export function encodeClientSession(session: ClientSession): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writeCommon(writer, session);
  writeTime(writer, session.receivedAt);
  writer.vector16(session.ticket).vector8(session.sessionId).vector16(utf8.encode(session.name));
  return writer.finish();
}

/** Null for bytes that are not a client session of this form. */
export function decodeClientSession(bytes: Uint8Array): ClientSession | null {
  return orNull(() => {
    const reader = new Reader(bytes);
    const common = readCommon(reader, 'client-session');
    const receivedAt = readTime(reader);
    const ticket = reader.vector16().slice();
    const sessionId = reader.vector8({ max: 32 }).slice();
    const name = text(reader.vector16());
    reader.finish();
    return { kind: 'client-session', receivedAt, ticket, sessionId, name, ...common };
  });
}

type Common = Omit<ClientSession, 'kind' | 'ticket' | 'sessionId' | 'receivedAt' | 'name'>;

const SUITES: Readonly<Record<VersionName, readonly CipherSuite[]>> = {
  'TLS 1.2': CIPHER_SUITES_12,
  'TLS 1.3': CIPHER_SUITES,
};

const utf8 = new TextEncoder();

const VERSIONS: ReadonlyMap<number, VersionName> = new Map([
  [VERSION.TLS12, 'TLS 1.2'],
  [VERSION.TLS13, 'TLS 1.3'],
]);

function writeCommon(writer: Writer, session: ClientSession | ServerSession): void {
  const suite = byName(SUITES[session.version], session.cipherSuite);
  writer
    .u8(FORM[session.kind])
    .u16(session.version === 'TLS 1.3' ? VERSION.TLS13 : VERSION.TLS12)
    .u16(suite?.code ?? 0)
    .vector8(session.psk)
    .u8(session.extendedMainSecret ? 1 : 0);
  writer.u32(session.ageAdd).u32(session.lifetime).u32(session.maxEarlyData);
  writeOptional(writer, session.alpn);
  writeOptional(writer, session.serverName);
  writer.vector16(utf8.encode(session.policy));
  writeTime(writer, session.authenticatedAt);
  writer.block(3, (list) => {
    for (const certificate of session.peerCertificates) list.vector24(certificate);
  });
  writer.u8(session.peerExpires === null ? 0 : 1);
  writeTime(writer, session.peerExpires ?? 0);
}

function readCommon(reader: Reader, kind: ClientSession['kind'] | ServerSession['kind']): Common {
  if (reader.u8() !== FORM[kind]) fail('ERR_TLS_DECODE', 'a session of another form');
  const version = VERSIONS.get(reader.u16());
  if (version === undefined) fail('ERR_TLS_DECODE', 'a session of an unknown version');
  const suite = byCode(SUITES[version], reader.u16());
  if (suite === null) fail('ERR_TLS_DECODE', 'a session of an unknown suite');
  const psk = reader.vector8({ min: 1 }).slice();
  const extendedMainSecret = reader.u8() === 1;
  const [ageAdd, lifetime, maxEarlyData] = [reader.u32(), reader.u32(), reader.u32()];
  const alpn = readOptional(reader);
  const serverName = readOptional(reader);
  const policy = text(reader.vector16());
  const authenticatedAt = readTime(reader);
  const list = new Reader(reader.vector24());
  const peerCertificates: Uint8Array[] = [];
  while (list.remaining > 0) peerCertificates.push(list.vector24().slice());
  const expires = reader.u8() === 1;
  const expiry = readTime(reader);
  return {
    version,
    cipherSuite: suite.name,
    psk,
    extendedMainSecret,
    ageAdd,
    lifetime,
    maxEarlyData,
    alpn,
    serverName,
    policy,
    authenticatedAt,
    peerCertificates,
    peerExpires: expires ? expiry : null,
  };
}

/** Milliseconds in eight bytes; what a Date holds fits. */
function writeTime(writer: Writer, time: number): void {
  const whole = Math.max(0, Math.trunc(time));
  writer.u32(Math.floor(whole / 0x1_0000_0000)).u32(whole % 0x1_0000_0000);
}

function readTime(reader: Reader): number {
  return reader.u32() * 0x1_0000_0000 + reader.u32();
}

function writeOptional(writer: Writer, value: string | null): void {
  writer.u8(value === null ? 0 : 1).vector16(utf8.encode(value ?? ''));
}

function readOptional(reader: Reader): string | null {
  const present = reader.u8() === 1;
  const value = text(reader.vector16());
  return present ? value : null;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function orNull<T>(decode: () => T): T | null {
  try {
    return decode();
  } catch (error) {
    if (error instanceof TlsError) return null;
    throw error;
  }
}
