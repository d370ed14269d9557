/**
 * Keeps count of which printed values of an RFC 8448 trace have been compared, and how.
 *
 * Two ways are kept apart. "Wire": the value is in `Step.transmit` (protected records opened by node:crypto under the RFC's own
 * key) or is a secret in an install-keys or key-log effect. "Boundary": the running machine passed it to or got it from
 * its crypto provider. A value that the test computes itself counts as neither.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import type { HashName } from '../../src/params/algorithms.ts';
import { fromHex, loadRfc8448, type TraceValue, toHex } from './load.ts';

export interface HmacCall {
  readonly key: string;
  readonly data: string;
  readonly result: string;
}

/** A provider that also writes down its HMAC calls, on which the whole key schedule rests. */
export function recordingHmac(crypto: CryptoProvider, log: HmacCall[]): CryptoProvider {
  return {
    ...crypto,
    hmac(hash: HashName, key: Uint8Array, ...data: readonly Uint8Array[]) {
      const hex = { key: toHex(key), data: data.map(toHex).join('') };
      const result = crypto.hmac(hash, key, ...data);
      log.push({ ...hex, result: toHex(result) });
      return result;
    },
  };
}

const traceValues = loadRfc8448().values;

export class TraceLog {
  readonly section: number;
  readonly wire = new Set<TraceValue>();
  readonly boundary = new Set<TraceValue>();
  readonly values: readonly TraceValue[];

  constructor(section: number) {
    this.section = section;
    this.values = traceValues.filter((value) => value.section === section);
  }

  /** All values of the steps with this side and title. */
  find(side: 'client' | 'server', title: string | RegExp, name?: string): readonly TraceValue[] {
    return this.values.filter(
      (value) =>
        value.side === side &&
        (typeof title === 'string' ? value.title === title : title.test(value.title)) &&
        (name === undefined || value.name === name),
    );
  }

  one(side: 'client' | 'server', title: string | RegExp, name: string): TraceValue {
    const [value, ...more] = this.find(side, title, name);
    assert.ok(value !== undefined && more.length === 0, `§${this.section} ${side} ${String(title)} ${name}`);
    return value;
  }

  bytes(side: 'client' | 'server', title: string | RegExp, name: string): Uint8Array<ArrayBuffer> {
    return fromHex(this.one(side, title, name).hex);
  }

  /** Asserts that bytes seen on the wire or in an effect are this value. */
  compare(value: TraceValue, actual: Uint8Array | string): void {
    const hex = typeof actual === 'string' ? actual : toHex(actual);
    assert.equal(hex, value.hex, `RFC 8448 §${value.section} step ${value.step} "${value.title}": ${value.name}`);
    this.wire.add(value);
  }

  /** Marks the values of the key schedule that the machine's own HMAC calls contain. */
  compareHmacCalls(calls: readonly HmacCall[]): void {
    const steps = new Map<number, TraceValue[]>();
    for (const value of this.values) steps.set(value.step, [...(steps.get(value.step) ?? []), value]);
    for (const values of steps.values()) {
      const hex = (name: string): string | undefined => values.find((value) => value.name === name)?.hex;
      const mark = (...names: readonly string[]): void => {
        for (const value of values) if (names.includes(value.name)) this.boundary.add(value);
      };
      const [salt, ikm, secret] = [hex('salt'), hex('IKM'), hex('secret')];
      if (
        secret !== undefined &&
        calls.some((c) => sameKey(c.key, salt ?? '') && c.data === ikm && c.result === secret)
      ) {
        mark('salt', 'IKM', 'secret');
      }
      const prk = hex('PRK');
      for (const [infoName, outName] of [
        ['info', 'expanded'],
        ['key info', 'key expanded'],
        ['iv info', 'iv expanded'],
      ] as const) {
        const info = hex(infoName);
        const out = hex(outName);
        if (info === undefined || out === undefined) continue;
        if (calls.some((c) => c.key === prk && c.data === `${info}01` && c.result.startsWith(out))) {
          mark('PRK', infoName, outName);
          // The transcript hash is the context at the end of info.
          const hash = hex('hash');
          if (hash !== undefined && info.endsWith(hash)) mark('hash');
        }
      }
      const finished = hex('finished');
      if (finished !== undefined && calls.some((c) => c.key === hex('expanded') && c.result === finished))
        mark('finished');
      const binderHash = hex('binder hash');
      if (binderHash !== undefined && calls.some((c) => c.key === hex('expanded') && c.data === binderHash))
        mark('binder hash');
    }
  }
}

/** HMAC pads its key with zeros, so an empty salt and one of Hash.length zeros are one key. */
function sameKey(a: string, b: string): boolean {
  return a.replace(/^(00)*$/, '') === b.replace(/^(00)*$/, '');
}
