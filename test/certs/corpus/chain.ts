/**
 * The corpus' chains: root, authority, leaf, right in every respect but for what a case changes.
 *
 * Keys are the same in all chains and are drawn from a seed. A certificate is issued first and may then be taken apart: its
 * fields or extensions changed and signed again, or its bytes changed and not signed again.
 *
 * @module
 */
import { decodeCertificate } from '../../../src/certs/certificate.ts';
import { decodeDer, readOid } from '../../../src/certs/der.ts';
import { encodeElement, encodeOid, encodeSequence } from '../../../src/certs/der-encode.ts';
import { generatePrivateKey, signatureAlgorithmFor, signCertificate } from '../../../src/certs/issue.ts';
import { encodeExtension } from '../../../src/certs/issue-extensions.ts';
import type { VerifyInput } from '../../../src/certs/verifier.ts';
import type { PrivateKey } from '../../../src/crypto/provider.ts';
import type { ErrorCode } from '../../../src/errors/refusals.ts';
import { seeded } from '../../crypto/randomness.ts';
import { type Entity, type ForgeOptions, forge, NOW } from '../forge.ts';

type Bytes = Uint8Array;

/** One certificate: how it is issued, and what is then done to it. */
export interface Part extends ForgeOptions {
  /** The fields of the TBSCertificate, each one's DER; signed again. */
  readonly fields?: (fields: readonly Bytes[]) => readonly Bytes[];
  /** The extensions, each one's DER; signed again. */
  readonly extensions?: (list: readonly Bytes[]) => readonly Bytes[];
  /** The certificate, not signed again. */
  readonly raw?: (der: Bytes) => Bytes;
}

/** Who asked for what. */
export type Use = Partial<Pick<VerifyInput, 'name' | 'time' | 'purpose' | 'policies' | 'maxIntermediates'>>;

export interface Chain {
  readonly root?: Part;
  /** Null: the root issues the leaf. */
  readonly ca?: Part | null;
  /** An authority below `ca`. */
  readonly sub?: Part;
  readonly leaf?: Part;
  /** What is asked; default: serverAuth for leaf.example at NOW. */
  readonly use?: Use;
  /** Changes what is handed over: the order, doubles, strangers. */
  readonly arrange?: (all: Built) => Built;
}

/** DER, as it is handed to a verifier. */
export interface Built {
  readonly anchors: readonly Bytes[];
  readonly intermediates: readonly Bytes[];
  readonly leaf: Bytes;
}

/** Two chains that differ in one attribute: one kept to the rule, the other breaks it. */
export interface Pair {
  /** For example "RFC 5280 §4.1.2.2". */
  readonly section: string;
  readonly rule: string;
  readonly code: ErrorCode;
  readonly good: Chain;
  readonly bad: Chain;
  /** Where `openssl verify -x509_strict` (3.0) decides otherwise than we do: why. */
  readonly differs: { readonly good?: string; readonly bad?: string };
}

export function pair(
  section: string,
  rule: string,
  code: ErrorCode,
  good: Chain,
  bad: Chain,
  differs: Pair['differs'] = {},
): Pair {
  return { section, rule, code, good, bad, differs };
}

const random = seeded('corpus');
const keyOf = () => generatePrivateKey('p256', random);

export const KEYS = { root: keyOf(), ca: keyOf(), sub: keyOf(), leaf: keyOf(), other: keyOf() } as const;

export function buildChain({ root = {}, ca = {}, sub, leaf = {}, arrange = (all) => all }: Chain): Built {
  const top = make({ subject: 'CN=Root', ca: {}, key: KEYS.root, ...root }, null);
  const authorities: Entity[] = [];
  if (ca !== null) authorities.push(make({ subject: 'CN=CA', ca: {}, key: KEYS.ca, ...ca }, top));
  const above = authorities.at(-1) ?? top;
  if (sub !== undefined) authorities.push(make({ subject: 'CN=Sub', ca: {}, key: KEYS.sub, ...sub }, above));
  const end = make({ ...LEAF, ...leaf }, authorities.at(-1) ?? top);
  return arrange({ anchors: [top.der], intermediates: authorities.map(({ der }) => der).reverse(), leaf: end.der });
}

const LEAF: Part = {
  subject: 'CN=leaf.example',
  names: ['leaf.example'],
  purposes: ['serverAuth'],
  key: KEYS.leaf,
};

/** One more certificate, for a chain that `arrange` makes. The issuer is known by name and key alone. */
export function extra(part: Part, issuer: { readonly subject: string; readonly key: PrivateKey } | null): Bytes {
  return make(part, issuer === null ? null : forge({ ca: {}, ...issuer })).der;
}

function make(part: Part, issuer: Entity | null): Entity {
  const { fields, extensions, raw, ...options } = part;
  const entity = forge({ random, issuer, ...options });
  const signer = issuer?.key ?? entity.key;
  let { der } = entity;
  if (extensions !== undefined) der = resign(der, signer, (list) => list.map((field) => editList(field, extensions)));
  if (fields !== undefined) der = resign(der, signer, fields);
  if (raw !== undefined) der = raw(der);
  return { ...entity, der, certificate: decodedOr(der, entity) };
}

function resign(der: Bytes, signer: PrivateKey, edit: (fields: readonly Bytes[]) => readonly Bytes[]): Bytes {
  const fields = decodeDer(der).children[0]?.children.map(({ raw }) => raw) ?? [];
  return signCertificate(encodeSequence(...edit(fields)), signatureAlgorithmFor(signer), signer, random);
}

function editList(field: Bytes, edit: (list: readonly Bytes[]) => readonly Bytes[]): Bytes {
  if (field[0] !== 0xa3) return field;
  const list = decodeDer(field).children[0]?.children.map(({ raw }) => raw) ?? [];
  return encodeElement(0xa3, encodeSequence(...edit(list)));
}

/** What was broken on purpose may not decode; whoever it issues for needs its name and key identifier only. */
function decodedOr(der: Bytes, entity: Entity): Entity['certificate'] {
  try {
    return decodeCertificate(der);
  } catch {
    return entity.certificate;
  }
}

/** Positions of the fields of a TBSCertificate of version 3. */
export const FIELD = {
  version: 0,
  serial: 1,
  algorithm: 2,
  issuer: 3,
  validity: 4,
  subject: 5,
  key: 6,
  extensions: 7,
} as const;

/** Replaces one field. */
export function field(name: keyof typeof FIELD, value: Bytes): Part {
  return { fields: (fields) => fields.map((old, index) => (index === FIELD[name] ? value : old)) };
}

/** Writes an extension over the one with its object identifier, or behind the others. */
export function extension(oid: string, critical: boolean, value: Bytes): Part {
  const written = encodeExtension(oid, critical, value);
  return {
    extensions: (list) =>
      list.some((old) => oidOf(old) === oid)
        ? list.map((old) => (oidOf(old) === oid ? written : old))
        : [...list, written],
  };
}

/** Leaves an extension out. */
export function without(oid: string): Part {
  return { extensions: (list) => list.filter((old) => oidOf(old) !== oid) };
}

function oidOf(extensionDer: Bytes): string {
  const [oid] = decodeDer(extensionDer).children;
  return oid === undefined ? '' : readOid(oid);
}

/** A Name with a common name alone, of any string type. */
export function commonName(value: Bytes): Bytes {
  return encodeSequence(encodeElement(0x31, encodeSequence(encodeOid('2.5.4.3'), value)));
}

export function text(value: string): Bytes {
  return new TextEncoder().encode(value);
}

/** Seconds before or after NOW. */
export function at(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000);
}
