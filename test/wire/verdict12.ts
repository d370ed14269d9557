/**
 * The structures and rules of TLS 1.2 written down once more: what must become of any bytes that claim to be one of its
 * messages, without the codecs of src/wire.
 *
 * @see RFC 5246 §7.4, RFC 8422 §5.4, §5.7, RFC 5077 §3.3, RFC 6066 §8, RFC 9846 §4.3 (the rules of extensions)
 * @module
 */
import {
  type Found,
  interpret,
  type LengthField,
  Malformed,
  MESSAGES,
  type Node,
  readUint,
  rest,
  struct,
  uint,
  vector,
} from './grammar.ts';
import {
  DECODE,
  DUPLICATE,
  KNOWN,
  MISPLACED,
  type PlacedExtension,
  type Refusal,
  TRAILING,
  UNSOLICITED,
} from './verdict.ts';

const CURVE_TYPE: Refusal = { code: 'ERR_TLS_CURVE_TYPE', alert: 'illegal_parameter' };
const UNKNOWN_TYPE: Refusal = { code: 'ERR_TLS_UNKNOWN_MESSAGE_TYPE', alert: 'unexpected_message' };
const UNEXPECTED: Refusal = { code: 'ERR_TLS_UNEXPECTED_MESSAGE', alert: 'unexpected_message' };

export type KeyExchange = 'ecdhe' | 'rsa';

const SERVER_KEY_EXCHANGE = 12;
const CLIENT_KEY_EXCHANGE = 16;

const messages = (keyExchange: KeyExchange): Readonly<Record<number, Node>> => ({
  0: struct(),
  1: MESSAGES[1] ?? rest,
  2: MESSAGES[2] ?? rest,
  4: struct(['ticket_lifetime_hint', uint(4)], ['ticket', vector(0, 2 ** 16 - 1)]),
  11: struct(['certificate_list', vector(0, 2 ** 24 - 1, vector(1, 2 ** 24 - 1))]),
  [SERVER_KEY_EXCHANGE]: struct(
    ['curve_type', uint(1)],
    ['namedcurve', uint(2)],
    ['point', vector(1, 2 ** 8 - 1)],
    ['algorithm', uint(2)],
    ['signature', vector(0, 2 ** 16 - 1)],
  ),
  13: struct(
    ['certificate_types', vector(1, 2 ** 8 - 1, uint(1))],
    ['supported_signature_algorithms', vector(2, 2 ** 16 - 2, uint(2))],
    ['certificate_authorities', vector(0, 2 ** 16 - 1, vector(1, 2 ** 16 - 1))],
  ),
  14: struct(),
  15: struct(['algorithm', uint(2)], ['signature', vector(0, 2 ** 16 - 1)]),
  [CLIENT_KEY_EXCHANGE]:
    keyExchange === 'ecdhe'
      ? struct(['ecdh_Yc', vector(1, 2 ** 8 - 1)])
      : struct(['pre_master_secret', vector(0, 2 ** 16 - 1)]),
  20: struct(['verify_data', rest]),
  22: { kind: 'select', cases: { 1: struct(['response', vector(1, 2 ** 24 - 1)]) }, otherwise: null },
});

const TLS13_ONLY = new Set([5, 8, 24, 254]);

/** What a ServerHello may have, by the IANA registry, and the form of its body where that is looked at. */
const SERVER_HELLO: ReadonlyMap<number, Node | null> = new Map<number, Node | null>([
  [0, struct()],
  [1, uint(1)],
  [5, struct()],
  [10, null],
  [11, struct(['ec_point_format_list', vector(1, 2 ** 8 - 1)])],
  [14, null],
  [15, null],
  [16, struct(['protocol_name_list', vector(2, 2 ** 16 - 1, vector(1, 2 ** 8 - 1))])],
  [17, null],
  [18, struct(['sct_list', vector(1, 2 ** 16 - 1, vector(1, 2 ** 16 - 1))])],
  [19, null],
  [20, null],
  [22, struct()],
  [23, struct()],
  [28, uint(2)],
  [35, struct()],
  [65281, struct(['renegotiated_connection', vector(0, 255)])],
]);

export interface Anatomy12 {
  readonly lengths: readonly LengthField[];
  /** Of a ServerHello that has any. */
  readonly block: { readonly length: LengthField; readonly extensions: readonly PlacedExtension[] } | null;
}

/** The message taken apart, or why it cannot be. */
export function dissect12(raw: Uint8Array, keyExchange: KeyExchange): Anatomy12 | Refusal {
  if (raw.length < 4) return DECODE;
  const end = 4 + readUint(raw, 1, 3);
  if (end > raw.length) return DECODE;
  if (end < raw.length) return TRAILING;
  const type = raw[0] ?? 0;
  if (TLS13_ONLY.has(type)) return UNEXPECTED;
  const node = messages(keyExchange)[type];
  if (node === undefined) return UNKNOWN_TYPE;
  // RFC 8422 §5.4: the form of another curve type is not known.
  if (type === SERVER_KEY_EXCHANGE && end > 4 && raw[4] !== 3) return CURVE_TYPE;

  const header: LengthField = { path: 'header', offset: 1, size: 3, start: 4, end, parent: null };
  const found: Found = { lengths: [header], fields: [] };
  try {
    if (interpret(node, raw, 4, end, found, '', header) < end) return TRAILING;
  } catch (error) {
    if (error instanceof Malformed) return DECODE;
    throw error;
  }
  const length = type === 2 ? found.lengths.find(({ path }) => path === 'extensions') : undefined;
  if (length === undefined) return { lengths: found.lengths, block: null };
  const extensions = found.lengths
    .filter(({ parent, path }) => parent === length && path.endsWith('extension_data'))
    .map((data) => ({ type: readUint(raw, data.offset - 2, 2), start: data.offset - 2, end: data.end, data }));
  return { lengths: found.lengths, block: { length, extensions } };
}

/** How a message may be refused, its extensions and its key exchange read; empty when it must be accepted. */
export function refusalsOf12(
  raw: Uint8Array,
  asked: ReadonlySet<number>,
  keyExchange: KeyExchange,
): readonly Refusal[] {
  const anatomy = dissect12(raw, keyExchange);
  if ('code' in anatomy) return [anatomy];
  if (anatomy.block === null) return [];
  const { extensions } = anatomy.block;
  const types = extensions.map(({ type }) => type);
  if (new Set(types).size < types.length) return [DUPLICATE];
  for (const type of types) {
    if (KNOWN.has(type) && !SERVER_HELLO.has(type)) return [MISPLACED];
    const isGrease = type % 0x1010 === 0x0a0a && type >> 8 === type % 256;
    // RFC 5746 §3.4: the SCSV asks as well.
    if (type !== 65281 && (isGrease || !asked.has(type))) return [UNSOLICITED];
  }
  return extensions.flatMap((extension) => refusalOfBody(raw, extension) ?? []);
}

function refusalOfBody(raw: Uint8Array, { type, data }: PlacedExtension): Refusal | null {
  const node = SERVER_HELLO.get(type) ?? null;
  if (node === null) return null;
  const found: Found = { lengths: [], fields: [] };
  try {
    if (interpret(node, raw, data.start, data.end, found) < data.end) return TRAILING;
  } catch (error) {
    if (error instanceof Malformed) return DECODE;
    throw error;
  }
  // RFC 7301 §3.1: an answer has exactly one name.
  return type === 16 && found.fields.filter(({ path }) => /list\[\d+\]$/.test(path)).length > 1 ? DECODE : null;
}
