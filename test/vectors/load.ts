/**
 * The project's own vectors (vectors/), with types. vectors/README.md says what they are.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One value that RFC 8448 prints. */
export interface TraceValue {
  readonly section: number;
  /** Number of the step in its section, from 0. */
  readonly step: number;
  readonly side: 'client' | 'server';
  readonly title: string;
  readonly name: string;
  /** Length as the RFC declares it. */
  readonly octets: number;
  readonly hex: string;
  /** What the RFC prints instead of bytes. */
  readonly text?: string;
}

/** What is not in the RFC's text but follows from it; see vectors/README.md. */
export interface TraceDerived {
  readonly section: number;
  readonly step: number;
  readonly hashOf?: readonly string[];
  readonly transcriptHash?: string;
  readonly key?: string;
  readonly iv?: string;
  readonly sequenceNumber?: number;
  readonly innerType?: number;
}

export interface Rfc8448 {
  readonly traces: readonly { readonly section: number; readonly title: string }[];
  readonly rsaKey: readonly { readonly name: string; readonly hex: string }[];
  readonly values: readonly TraceValue[];
  readonly sameAs: readonly (Omit<TraceValue, 'name' | 'octets' | 'hex' | 'text'> & { readonly sameAs: string })[];
  readonly derived: readonly TraceDerived[];
}

/** A step of a trace that has values. */
export interface TraceStep {
  readonly section: number;
  readonly step: number;
  readonly side: 'client' | 'server';
  readonly title: string;
  readonly derived: TraceDerived | null;
  /** The bytes of a named value; throws if the step has none. */
  value(name: string): Uint8Array;
  has(name: string): boolean;
}

export interface KdfTest {
  readonly set: number;
  readonly id: number;
  readonly hash: 'sha256' | 'sha384';
  readonly mode: 'DHE' | 'PSK' | 'PSK-DHE';
  readonly psk: string | null;
  readonly dhe: string | null;
  readonly clientHello: string;
  readonly serverHello: string;
  readonly serverFinished: string;
  readonly clientFinished: string;
  readonly secrets: {
    readonly clientEarlyTraffic: string;
    readonly earlyExporter: string;
    readonly clientHandshakeTraffic: string;
    readonly serverHandshakeTraffic: string;
    readonly clientApplicationTraffic: string;
    readonly serverApplicationTraffic: string;
    readonly exporter: string;
    readonly resumption: string;
  };
}

export function loadRfc8448(): Rfc8448 {
  return read('rfc8448.json') as Rfc8448;
}

/** The steps of RFC 8448 that have values, in order; all sections, or one. */
export function rfc8448Steps(section?: number): readonly TraceStep[] {
  const data = loadRfc8448();
  const values = new Map<string, TraceValue[]>();
  for (const value of data.values) {
    const key = `${value.section}/${value.step}`;
    const list = values.get(key);
    if (list === undefined) values.set(key, [value]);
    else list.push(value);
  }
  const steps: TraceStep[] = [];
  for (const list of values.values()) {
    const [first] = list;
    if (first === undefined || (section !== undefined && first.section !== section)) continue;
    steps.push({
      section: first.section,
      step: first.step,
      side: first.side,
      title: first.title,
      derived: data.derived.find((d) => d.section === first.section && d.step === first.step) ?? null,
      has: (name) => list.some((value) => value.name === name),
      value(name) {
        const found = list.find((value) => value.name === name);
        if (found === undefined) throw new Error(`RFC 8448 §${first.section} step ${first.step} has no "${name}"`);
        return fromHex(found.hex);
      },
    });
  }
  return steps;
}

export function loadKdfTests(): readonly KdfTest[] {
  return (read('tls13-kdf.json') as { readonly tests: readonly KdfTest[] }).tests;
}

export interface Kdf12Test {
  readonly set: number;
  readonly id: number;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly premaster: string;
  readonly sessionHash: string;
  readonly clientRandom: string;
  readonly serverRandom: string;
  readonly master: string;
  readonly keyBlock: string;
}

export interface PrfTest {
  readonly hash: 'sha224' | 'sha256' | 'sha384' | 'sha512';
  readonly secret: string;
  readonly label: string;
  readonly seed: string;
  readonly output: string;
}

export function loadKdf12Tests(): { readonly tests: readonly Kdf12Test[]; readonly prf: readonly PrfTest[] } {
  return read('tls12-kdf.json') as { readonly tests: readonly Kdf12Test[]; readonly prf: readonly PrfTest[] };
}

export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  if (!/^([0-9a-f]{2})*$/i.test(hex)) throw new Error(`not hexadecimal: ${hex.slice(0, 40)}`);
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'vectors', name), 'utf8'));
}
