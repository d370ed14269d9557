/**
 * The structures of TLS 1.3 written down once more, as data in the manner of the RFC's presentation language, and a plain
 * interpreter of them. It shares no code with src/wire, so it can say what the codecs must do with any bytes.
 *
 * @see RFC 9846 §3.4 (Vectors), Appendix B.3 (Handshake Protocol), RFC 6066 §3, §4, §8, RFC 6962 §3.3, RFC 7301 §3.1
 * @module
 */

type Size = 1 | 2 | 3 | 4;
type Prefix = 1 | 2 | 3;

export type Node =
  | { readonly kind: 'uint'; readonly size: Size }
  | { readonly kind: 'fixed'; readonly size: number }
  /** `opaque x<floor..ceiling>`, or elements when `element` is there. */
  | {
      readonly kind: 'vector';
      readonly prefix: Prefix;
      readonly floor: number;
      readonly ceiling: number;
      readonly element?: Node;
    }
  | { readonly kind: 'struct'; readonly fields: readonly (readonly [name: string, node: Node])[] }
  /** Present if any byte is left. */
  | { readonly kind: 'optional'; readonly node: Node }
  /** Whatever is left. */
  | { readonly kind: 'rest' }
  /** A uint8 that selects what follows it. */
  | { readonly kind: 'select'; readonly cases: Readonly<Record<number, Node>>; readonly otherwise: Node | null };

export const uint = (size: Size): Node => ({ kind: 'uint', size });
const fixed = (size: number): Node => ({ kind: 'fixed', size });
export const rest: Node = { kind: 'rest' };
const optional = (node: Node): Node => ({ kind: 'optional', node });
export const struct = (...fields: (readonly [string, Node])[]): Node => ({ kind: 'struct', fields });
/** Written with the numbers that the RFC's angle brackets have; the ceiling fixes the width of the length field (§3.4). */
export const vector = (floor: number, ceiling: number, element?: Node): Node => {
  const prefix: Prefix = ceiling < 2 ** 8 ? 1 : ceiling < 2 ** 16 ? 2 : 3;
  return { kind: 'vector', prefix, floor, ceiling, ...(element === undefined ? {} : { element }) };
};

export const EXTENSIONS = vector(
  0,
  2 ** 16 - 1,
  struct(['extension_type', uint(2)], ['extension_data', vector(0, 2 ** 16 - 1)]),
);

/** Message bodies by msg_type. ClientHello and ServerHello in the form that holds for TLS 1.2, too. */
export const MESSAGES: Readonly<Record<number, Node>> = {
  1: struct(
    ['legacy_version', uint(2)],
    ['random', fixed(32)],
    ['legacy_session_id', vector(0, 32)],
    ['cipher_suites', vector(2, 2 ** 16 - 2, uint(2))],
    ['legacy_compression_methods', vector(1, 2 ** 8 - 1)],
    ['extensions', optional(EXTENSIONS)],
  ),
  2: struct(
    ['legacy_version', uint(2)],
    ['random', fixed(32)],
    ['legacy_session_id_echo', vector(0, 32)],
    ['cipher_suite', uint(2)],
    ['legacy_compression_method', uint(1)],
    ['extensions', optional(EXTENSIONS)],
  ),
  4: struct(
    ['ticket_lifetime', uint(4)],
    ['ticket_age_add', uint(4)],
    ['ticket_nonce', vector(0, 255)],
    ['ticket', vector(1, 2 ** 16 - 1)],
    ['extensions', EXTENSIONS],
  ),
  5: struct(),
  8: struct(['extensions', EXTENSIONS]),
  11: struct(
    ['certificate_request_context', vector(0, 2 ** 8 - 1)],
    [
      'certificate_list',
      vector(0, 2 ** 24 - 1, struct(['cert_data', vector(1, 2 ** 24 - 1)], ['extensions', EXTENSIONS])),
    ],
  ),
  13: struct(['certificate_request_context', vector(0, 2 ** 8 - 1)], ['extensions', EXTENSIONS]),
  15: struct(['algorithm', uint(2)], ['signature', vector(0, 2 ** 16 - 1)]),
  20: struct(['verify_data', rest]),
  24: struct(['request_update', uint(1)]),
};

export type Place = 'CH' | 'SH' | 'HRR' | 'EE' | 'CR' | 'CT' | 'NST';

const EMPTY = struct();
const KEY_SHARE_ENTRY = struct(['group', uint(2)], ['key_exchange', vector(1, 2 ** 16 - 1)]);
const SIGNATURE_SCHEMES = struct(['supported_signature_algorithms', vector(2, 2 ** 16 - 2, uint(2))]);
const GROUPS = struct(['named_group_list', vector(2, 2 ** 16 - 1, uint(2))]);
const AUTHORITIES = struct(['authorities', vector(3, 2 ** 16 - 1, vector(1, 2 ** 16 - 1))]);
const PROTOCOL_NAMES = vector(2, 2 ** 16 - 1, vector(1, 2 ** 8 - 1));
const COOKIE = struct(['cookie', vector(1, 2 ** 16 - 1)]);
const OCSP = 1;

/** Extension bodies by type and message. An extension that is not here is not looked into. */
export const BODIES: Readonly<Record<number, Partial<Readonly<Record<Place, Node>>>>> = {
  // server_name: RFC 6066 §3 promises that the data of other name types begins with a 16-bit length.
  0: {
    CH: struct([
      'server_name_list',
      vector(1, 2 ** 16 - 1, struct(['name_type', uint(1)], ['name', vector(1, 2 ** 16 - 1)])),
    ]),
    EE: EMPTY,
  },
  // max_fragment_length
  1: { CH: uint(1), EE: uint(1) },
  // status_request
  5: {
    CH: {
      kind: 'select',
      cases: {
        [OCSP]: struct(
          ['responder_id_list', vector(0, 2 ** 16 - 1, vector(1, 2 ** 16 - 1))],
          ['request_extensions', vector(0, 2 ** 16 - 1)],
        ),
      },
      otherwise: rest,
    },
    CR: EMPTY,
    CT: { kind: 'select', cases: { [OCSP]: struct(['ocsp_response', vector(1, 2 ** 24 - 1)]) }, otherwise: null },
  },
  // supported_groups
  10: { CH: GROUPS, EE: GROUPS },
  // ec_point_formats
  11: { CH: struct(['ec_point_format_list', vector(1, 2 ** 8 - 1)]) },
  // signature_algorithms
  13: { CH: SIGNATURE_SCHEMES, CR: SIGNATURE_SCHEMES },
  // application_layer_protocol_negotiation
  16: { CH: struct(['protocol_name_list', PROTOCOL_NAMES]), EE: struct(['protocol_name_list', PROTOCOL_NAMES]) },
  // signed_certificate_timestamp
  18: { CH: EMPTY, CR: EMPTY, CT: struct(['sct_list', vector(1, 2 ** 16 - 1, vector(1, 2 ** 16 - 1))]) },
  // encrypt_then_mac, extended_main_secret
  22: { CH: EMPTY },
  23: { CH: EMPTY },
  // record_size_limit
  28: { CH: uint(2), EE: uint(2) },
  // session_ticket
  35: { CH: rest },
  // pre_shared_key
  41: {
    CH: struct(
      [
        'identities',
        vector(7, 2 ** 16 - 1, struct(['identity', vector(1, 2 ** 16 - 1)], ['obfuscated_ticket_age', uint(4)])),
      ],
      ['binders', vector(33, 2 ** 16 - 1, vector(32, 255))],
    ),
    SH: struct(['selected_identity', uint(2)]),
  },
  // early_data
  42: { CH: EMPTY, EE: EMPTY, NST: struct(['max_early_data_size', uint(4)]) },
  // supported_versions
  43: { CH: struct(['versions', vector(2, 254, uint(2))]), SH: uint(2), HRR: uint(2) },
  // cookie
  44: { CH: COOKIE, HRR: COOKIE },
  // psk_key_exchange_modes
  45: { CH: struct(['ke_modes', vector(1, 255)]) },
  // certificate_authorities
  47: { CH: AUTHORITIES, CR: AUTHORITIES },
  // oid_filters
  48: {
    CR: struct([
      'filters',
      vector(
        0,
        2 ** 16 - 1,
        struct(
          ['certificate_extension_oid', vector(1, 2 ** 8 - 1)],
          ['certificate_extension_values', vector(0, 2 ** 16 - 1)],
        ),
      ),
    ]),
  },
  // post_handshake_auth
  49: { CH: EMPTY },
  // signature_algorithms_cert
  50: { CH: SIGNATURE_SCHEMES, CR: SIGNATURE_SCHEMES },
  // key_share
  51: {
    CH: struct(['client_shares', vector(0, 2 ** 16 - 1, KEY_SHARE_ENTRY)]),
    SH: struct(['server_share', KEY_SHARE_ENTRY]),
    HRR: struct(['selected_group', uint(2)]),
  },
  // renegotiation_info
  65281: { CH: struct(['renegotiated_connection', vector(0, 255)]) },
};

/** A length field in the bytes, with what it counts. `parent` is the one around it. */
export interface LengthField {
  readonly path: string;
  readonly offset: number;
  readonly size: Prefix;
  readonly start: number;
  readonly end: number;
  readonly parent: LengthField | null;
}

/** A leaf of the structure: an integer, or bytes. */
export interface Field {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

/** What an interpretation finds on its way. */
export interface Found {
  readonly lengths: LengthField[];
  readonly fields: Field[];
}

/** The bytes do not have the structure. */
export class Malformed extends Error {}

/** Where `node` ends, beginning at `start`; it may not reach beyond `end`. Throws Malformed. */
export function interpret(
  node: Node,
  bytes: Uint8Array,
  start: number,
  end: number,
  found: Found = { lengths: [], fields: [] },
  path = '',
  parent: LengthField | null = null,
): number {
  const leaf = (length: number): number => {
    if (start + length > end) throw new Malformed(`${path}: ${length} bytes at ${start} of ${end}`);
    found.fields.push({ path, start, end: start + length });
    return start + length;
  };
  switch (node.kind) {
    case 'uint':
    case 'fixed':
      return leaf(node.size);
    case 'rest':
      return leaf(end - start);
    case 'optional':
      return start === end ? start : interpret(node.node, bytes, start, end, found, path, parent);
    case 'struct': {
      let at = start;
      for (const [name, field] of node.fields) {
        at = interpret(field, bytes, at, end, found, path === '' ? name : `${path}.${name}`, parent);
      }
      return at;
    }
    case 'select': {
      if (start >= end) throw new Malformed(`${path}: nothing to select by`);
      const chosen = node.cases[bytes[start] ?? 0] ?? node.otherwise;
      if (chosen === null) throw new Malformed(`${path}: ${bytes[start]} selects nothing`);
      found.fields.push({ path: `${path}.type`, start, end: start + 1 });
      return interpret(chosen, bytes, start + 1, end, found, path, parent);
    }
    case 'vector': {
      const from = start + node.prefix;
      if (from > end) throw new Malformed(`${path}: no room for a length field`);
      const length = readUint(bytes, start, node.prefix);
      const to = from + length;
      if (length < node.floor || length > node.ceiling || to > end) throw new Malformed(`${path}: length ${length}`);
      const field: LengthField = { path, offset: start, size: node.prefix, start: from, end: to, parent };
      found.lengths.push(field);
      if (node.element === undefined) {
        found.fields.push({ path, start: from, end: to });
        return to;
      }
      let index = 0;
      for (let at = from; at < to; index++) {
        at = interpret(node.element, bytes, at, to, found, `${path}[${index}]`, field);
      }
      return to;
    }
  }
}

export function readUint(bytes: Uint8Array, offset: number, size: number): number {
  return bytes.subarray(offset, offset + size).reduce((value, byte) => value * 256 + byte, 0);
}
