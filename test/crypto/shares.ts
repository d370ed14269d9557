/**
 * Bad key shares, and what is to become of them.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { TlsError } from '../../src/errors/errors.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import type { GroupName } from '../../src/params/algorithms.ts';
import { provider } from '../provider.ts';
import { fromHex } from '../vectors/load.ts';
import { seeded } from './randomness.ts';

/** RFC 7748 §6.1, §7: points whose product with any scalar is zero, reduced and not. */
export const X25519_LOW_ORDER: Readonly<Record<string, Uint8Array>> = lowOrderPoints();

function lowOrderPoints(): Readonly<Record<string, Uint8Array>> {
  const zero = new Uint8Array(32);
  const prime = new Uint8Array(32).fill(255).fill(0xed, 0, 1).fill(0x7f, 31);
  return {
    zero,
    one: changed(zero, 0, 1),
    'of order 8': fromHex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
    'of order 8, the other': fromHex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157'),
    'p - 1': changed(prime, 0, 0xec),
    p: prime,
    'p + 1': changed(prime, 0, 0xee),
    'zero with the highest bit': changed(zero, 31, 0x80),
  };
}

/** Both the server (`respond`) and the client (`agree`) refuse each share with this code. */
export function refuses(group: GroupName, code: ErrorCode, shares: Readonly<Record<string, Uint8Array>>): void {
  const exchange = provider.keyExchange(group);
  for (const [label, share] of Object.entries(shares)) {
    refused(code, () => exchange.respond(share, seeded('respond')), `respond: ${label}`);
    refused(code, () => exchange.generate(seeded('agree')).agree(share), `agree: ${label}`);
  }
}

export function refused(code: ErrorCode, work: () => unknown, label: string): void {
  assert.throws(
    work,
    (error) => error instanceof TlsError && error.code === code && error.alert === 'illegal_parameter',
    label,
  );
}

export function changed(bytes: Uint8Array, index: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[index] = value;
  return copy;
}
