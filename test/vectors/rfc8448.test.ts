/**
 * RFC 8448 through the running machines, both roles, with both providers, byte for byte.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { TraceValue } from './load.ts';
import { peerRecords, type Role, replay } from './rfc8448-replay.ts';
import { TraceLog } from './trace-log.ts';

const SECTIONS = [3, 4, 5, 6, 7];
const ROLES: readonly Role[] = ['client', 'server'];

for (const provider of [nobleProvider, nodeProvider]) {
  const { name } = provider;
  for (const section of SECTIONS) {
    test(`RFC 8448 §${section} runs byte for byte in both roles with ${name}`, (t) => {
      const runs = ROLES.map((role) => replay(section, role, provider).log);
      const all = new TraceLog(section).values;
      const wire = all.filter((value) => runs.some((log) => has(log.wire, value)));
      const boundary = all.filter((value) => !wire.includes(value) && runs.some((log) => has(log.boundary, value)));
      const left = all.filter((value) => !wire.includes(value) && !boundary.includes(value));

      t.diagnostic(
        `RFC 8448 §${section} with ${name}: ${wire.length} of ${all.length} fields compared on the wire and in effects, ` +
          `${boundary.length} more at the crypto provider's boundary, ${left.length} not`,
      );
      for (const value of left)
        t.diagnostic(`  §${section} step ${value.step} ${value.side} ${value.name}: ${reason(value)}`);
      // What is not compared has a reason, every other field is.
      assert.deepEqual(
        left.filter((value) => reason(value) === 'no reason known'),
        [],
      );
    });

    for (const role of ROLES) {
      test(`RFC 8448 §${section}, ${role} with ${name}: one flipped bit in any peer record ends the replay`, (t) => {
        let flips = 0;
        for (const [record, { payload, complete }] of peerRecords(section, role).entries()) {
          const length = complete.hex.length / 2 - 5;
          // Every sixteenth byte, the first and the last: enough to reach each message and each tag.
          for (let byte = 0; byte < length; byte += byte === 0 ? 7 : 16) {
            assert.throws(
              () => replay(section, role, provider, { record, byte }),
              `§${section} ${payload.title} byte ${byte}`,
            );
            flips += 1;
          }
          assert.throws(() => replay(section, role, provider, { record, byte: length - 1 }));
          flips += 1;
        }
        t.diagnostic(`RFC 8448 §${section} ${role} with ${name}: ${flips} flipped bits, each refused`);
      });
    }
  }
}

function has(set: ReadonlySet<TraceValue>, value: TraceValue): boolean {
  return [...set].some((other) => other.step === value.step && other.name === value.name && other.side === value.side);
}

function reason(value: TraceValue): string {
  if (value.name === 'private key') return 'injected, never leaves';
  return 'no reason known';
}
