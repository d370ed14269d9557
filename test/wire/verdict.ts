/**
 * What must become of any bytes that claim to be a handshake message, worked out from the grammar and the rules of §4.3
 * without the codecs: accepted, or refused with which code and which alert.
 *
 * @see RFC 9846 §4.3 (Extensions), §6 (decode_error and illegal_parameter), §6.2
 * @module
 */
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import {
  BODIES,
  type Found,
  interpret,
  type LengthField,
  Malformed,
  MESSAGES,
  type Place,
  readUint,
} from './grammar.ts';

/** A refusal: the alerts are written here once more and not looked up. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly alert: AlertName;
}

export const DECODE: Refusal = { code: 'ERR_TLS_DECODE', alert: 'decode_error' };
export const TRAILING: Refusal = { code: 'ERR_TLS_TRAILING_DATA', alert: 'decode_error' };
export const DUPLICATE: Refusal = { code: 'ERR_TLS_DUPLICATE_EXTENSION', alert: 'illegal_parameter' };
export const MISPLACED: Refusal = { code: 'ERR_TLS_MISPLACED_EXTENSION', alert: 'illegal_parameter' };
export const UNSOLICITED: Refusal = { code: 'ERR_TLS_UNSOLICITED_EXTENSION', alert: 'unsupported_extension' };
export const PSK_NOT_LAST: Refusal = { code: 'ERR_TLS_PSK_NOT_LAST', alert: 'illegal_parameter' };
const UNKNOWN_TYPE: Refusal = { code: 'ERR_TLS_UNKNOWN_MESSAGE_TYPE', alert: 'unexpected_message' };
const UNEXPECTED: Refusal = { code: 'ERR_TLS_UNEXPECTED_MESSAGE', alert: 'unexpected_message' };
const BAD_KEY_UPDATE: Refusal = { code: 'ERR_TLS_BAD_KEY_UPDATE', alert: 'illegal_parameter' };
const BAD_SERVER_NAME: Refusal = { code: 'ERR_TLS_BAD_SERVER_NAME', alert: 'illegal_parameter' };
const BINDER_COUNT: Refusal = { code: 'ERR_TLS_PSK_BINDER_COUNT', alert: 'illegal_parameter' };

/** Types of Table 1 by message, from the RFC's text (CH first), and what RFC 8446 and TLS 1.2 add. */
const TABLE: Readonly<Record<Place, readonly number[]>> = {
  CH: [
    ...[0, 5, 10, 13, 14, 15, 16, 19, 20, 21, 27, 28, 34, 39, 41, 42, 43, 44, 45, 47, 49, 50, 51, 52, 55, 56, 57, 58],
    ...[64768, 65037, 1, 18, 11, 17, 22, 23, 35, 65281],
  ],
  SH: [41, 43, 51],
  HRR: [43, 44, 51, 65037],
  EE: [0, 10, 14, 15, 16, 19, 20, 28, 39, 42, 55, 56, 57, 58, 65037, 1],
  CR: [0, 5, 13, 27, 34, 47, 48, 50, 52, 18],
  CT: [5, 34, 52, 18],
  NST: [42],
};
export const KNOWN: ReadonlySet<number> = new Set(Object.values(TABLE).flat());

const RETRY_RANDOM = 'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c';
const TLS12_ONLY = new Set([0, 12, 14, 16, 22, 254]);

/** An extension where it stands in the bytes. */
export interface PlacedExtension {
  readonly type: number;
  /** Of the whole extension: type, length, body. */
  readonly start: number;
  readonly end: number;
  readonly data: LengthField;
}

/** A block of extensions: one, or one for each certificate. */
export interface ExtensionBlock {
  readonly place: Place;
  readonly length: LengthField;
  readonly extensions: readonly PlacedExtension[];
}

export interface Anatomy {
  /** All length fields, the header's first, those inside extension bodies included where a body has its form. */
  readonly lengths: readonly LengthField[];
  readonly blocks: readonly ExtensionBlock[];
}

/** The message taken apart, or why it cannot be. */
export function dissect(raw: Uint8Array): Anatomy | Refusal {
  if (raw.length < 4) return DECODE;
  const end = 4 + readUint(raw, 1, 3);
  if (end > raw.length) return DECODE;
  if (end < raw.length) return TRAILING;

  const type = raw[0] ?? 0;
  if (TLS12_ONLY.has(type)) return UNEXPECTED;
  const node = MESSAGES[type];
  if (node === undefined) return UNKNOWN_TYPE;

  const header: LengthField = { path: 'header', offset: 1, size: 3, start: 4, end, parent: null };
  const found: Found = { lengths: [header], fields: [] };
  try {
    if (interpret(node, raw, 4, end, found, '', header) < end) return TRAILING;
  } catch (error) {
    if (error instanceof Malformed) return DECODE;
    throw error;
  }
  if (type === 24 && (raw[4] ?? 0) > 1) return BAD_KEY_UPDATE;

  const place = placeOf(type, raw);
  if (place === null) return { lengths: found.lengths, blocks: [] };
  const blocks = found.lengths
    .filter(({ path }) => path.endsWith('extensions'))
    .map((length) => ({ place, length, extensions: extensionsOf(raw, length, found.lengths) }));
  const inner: LengthField[] = [];
  for (const block of blocks) {
    for (const { type: extension, data } of block.extensions) {
      const body = BODIES[extension]?.[place];
      if (body === undefined) continue;
      const seen: Found = { lengths: [], fields: [] };
      if (interprets(body, raw, data, seen)) inner.push(...seen.lengths);
    }
  }
  return { lengths: [...found.lengths, ...inner], blocks };
}

/**
 * How a message may be refused when all of its extension blocks are read; empty when it must be accepted. More than one only
 * where several bodies of one block are wrong in different ways, since no order among them is prescribed.
 */
export function refusalsOf(raw: Uint8Array, asked: ReadonlySet<number>): readonly Refusal[] {
  const anatomy = dissect(raw);
  if ('code' in anatomy) return [anatomy];
  for (const block of anatomy.blocks) {
    const refusals = refusalsOfBlock(raw, block, asked);
    if (refusals.length > 0) return refusals;
  }
  return [];
}

function refusalsOfBlock(
  raw: Uint8Array,
  { place, extensions }: ExtensionBlock,
  asked: ReadonlySet<number>,
): readonly Refusal[] {
  const types = extensions.map(({ type }) => type);
  if (new Set(types).size < types.length) return [DUPLICATE];
  // §4.2.3: not a ServerHello of TLS 1.3.
  if (place === 'SH' && !types.includes(43)) return [];

  for (const type of types) {
    if (KNOWN.has(type) && !TABLE[place].includes(type)) return [MISPLACED];
    const needsRequest = place === 'SH' || place === 'HRR' || place === 'EE' || place === 'CT';
    const isGrease = type % 0x1010 === 0x0a0a && type >> 8 === type % 256;
    const excepted = place === 'HRR' && type === 44;
    if (needsRequest && !excepted && (isGrease || !asked.has(type))) return [UNSOLICITED];
  }
  if (place === 'CH' && types.includes(41) && types.at(-1) !== 41) return [PSK_NOT_LAST];

  return extensions.flatMap((extension) => refusalOfBody(raw, place, extension) ?? []);
}

function refusalOfBody(raw: Uint8Array, place: Place, { type, data }: PlacedExtension): Refusal | null {
  const node = BODIES[type]?.[place];
  if (node === undefined) return null;
  const found: Found = { lengths: [], fields: [] };
  try {
    if (interpret(node, raw, data.start, data.end, found) < data.end) return TRAILING;
  } catch (error) {
    if (error instanceof Malformed) return DECODE;
    throw error;
  }

  const count = (pattern: RegExp): number => found.fields.filter(({ path }) => pattern.test(path)).length;
  // RFC 7301 §3.1: an answer has exactly one name.
  if (type === 16 && place === 'EE' && count(/list\[\d+\]$/) > 1) return DECODE;
  // §4.3.11: a binder for each identity.
  if (type === 41 && place === 'CH' && count(/identity$/) !== count(/binders\[\d+\]$/)) return BINDER_COUNT;
  // RFC 6066 §3: ASCII, and one name of a type.
  if (type === 0 && place === 'CH') {
    const nameTypes = found.fields.filter(({ path }) => path.endsWith('name_type')).map(({ start }) => raw[start]);
    if (new Set(nameTypes).size < nameTypes.length) return BAD_SERVER_NAME;
    const host = found.fields.filter(({ path }) => path.endsWith('.name'))[nameTypes.indexOf(0)];
    const text = Array.from(raw.subarray(host?.start ?? 0, host?.end ?? 0), (byte) => String.fromCharCode(byte)).join(
      '',
    );
    if (!/^[!-~]*$/.test(text)) return BAD_SERVER_NAME;
  }
  return null;
}

function placeOf(type: number, raw: Uint8Array): Place | null {
  if (type === 2) return Buffer.from(raw.subarray(6, 38)).toString('hex') === RETRY_RANDOM ? 'HRR' : 'SH';
  const places: Readonly<Record<number, Place>> = { 1: 'CH', 4: 'NST', 8: 'EE', 11: 'CT', 13: 'CR' };
  return places[type] ?? null;
}

function extensionsOf(
  raw: Uint8Array,
  block: LengthField,
  lengths: readonly LengthField[],
): readonly PlacedExtension[] {
  return lengths
    .filter(({ parent, path }) => parent === block && path.endsWith('extension_data'))
    .map((data) => ({ type: readUint(raw, data.offset - 2, 2), start: data.offset - 2, end: data.end, data }));
}

function interprets(node: Parameters<typeof interpret>[0], raw: Uint8Array, data: LengthField, found: Found): boolean {
  try {
    return interpret(node, raw, data.start, data.end, found, data.path, data) === data.end;
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}
