/**
 * Records made by hand, and layers whose peers' keys the test knows.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { AlertName } from '../../src/errors/alerts.ts';
import { TlsError } from '../../src/errors/errors.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { CIPHER_SUITES, type CipherSuite13 } from '../../src/params/algorithms.ts';
import { createProtection13, type Protection13 } from '../../src/record/protection13.ts';
import {
  createRecordLayer,
  type Incoming,
  type RecordLayer,
  type RecordLayerOptions,
  type RecordLimits,
} from '../../src/record/record-layer.ts';
import { toHex } from '../vectors/load.ts';

export const LIMITS: RecordLimits = { handshakeMessage: 65_536, emptyRecords: 32, changeCipherSpecs: 32 };
export const TYPE = { ccs: 20, alert: 21, handshake: 22, data: 23 } as const;
export const SECRET = new Uint8Array(32).fill(0x5e);

export function suite(name: CipherSuite13['name'] = 'TLS_AES_128_GCM_SHA256'): CipherSuite13 {
  return CIPHER_SUITES.find((one) => one.name === name) ?? assert.fail(name);
}

export function layer(role: 'client' | 'server', options: Partial<RecordLayerOptions> = {}): RecordLayer {
  return createRecordLayer({ crypto: nobleProvider, role, limits: LIMITS, ...options });
}

/** A server that reads under SECRET, and the protection with which a client would write to it. */
export function keyedReader(options: Partial<RecordLayerOptions> = {}): { reader: RecordLayer; peer: Protection13 } {
  const reader = layer('server', options);
  reader.installReadKeys(suite(), SECRET);
  reader.acceptApplicationData(true);
  return { reader, peer: createProtection13(nobleProvider, suite(), SECRET) };
}

export function plain(type: number, content: Uint8Array | readonly number[], version = 0x0303): Uint8Array {
  const { length } = content;
  return Uint8Array.of(type, version >> 8, version & 0xff, length >> 8, length & 0xff, ...content);
}

export function sealed(
  peer: Protection13,
  type: number,
  content: Uint8Array | readonly number[],
  padding = 0,
): Uint8Array {
  const out = new Uint8Array(content.length + padding + peer.overhead);
  peer.seal(type, Uint8Array.from(content), padding, out, 0);
  return out;
}

/** A handshake message whose body is `length` bytes of its type. */
export function message(type: number, length: number): Uint8Array {
  return Uint8Array.of(type, length >> 16, (length >> 8) & 0xff, length & 0xff, ...new Uint8Array(length).fill(type));
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}

/** Everything that a layer has to say until it needs more input. */
export function drain(from: RecordLayer): Incoming[] {
  const all: Incoming[] = [];
  for (let one = from.next(); one !== null; one = from.next()) all.push(one);
  return all;
}

/** One line for each thing received, data joined where it is consecutive. */
export function describe(all: readonly Incoming[]): string[] {
  const lines: string[] = [];
  let data = '';
  const flush = (): void => {
    if (data !== '') lines.push(`data ${data}`);
    data = '';
  };
  for (const one of all) {
    if (one.kind === 'application_data') {
      data += toHex(one.data);
      continue;
    }
    flush();
    if (one.kind === 'change_cipher_spec') lines.push('change_cipher_spec');
    else lines.push(one.kind === 'alert' ? `alert ${one.level} ${one.description}` : `handshake ${toHex(one.raw)}`);
  }
  flush();
  return lines;
}

/** `action` ends with a TlsError of this code, answered by this alert. */
export function refuses(action: () => unknown, code: ErrorCode, alert: AlertName | null): void {
  assert.throws(action, (error: unknown) => {
    assert.ok(error instanceof TlsError, String(error));
    assert.equal(error.code, code);
    assert.equal(error.alert, alert);
    return true;
  });
}

/** The headers of the records in `bytes`: type, version and length of each. */
export function headers(bytes: Uint8Array): { type: number; version: number; length: number }[] {
  const list: { type: number; version: number; length: number }[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset < bytes.length; offset += 5 + view.getUint16(offset + 3)) {
    list.push({ type: view.getUint8(offset), version: view.getUint16(offset + 1), length: view.getUint16(offset + 3) });
  }
  return list;
}

/** Numbers that repeat from run to run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
