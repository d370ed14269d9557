/**
 * Verdicts: who can make one, which arguments are refused, and that damage is never accepted.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptPeer, isVerdict, type VerifyInput, verifyCertificateChain } from '../../src/certs/verifier.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { intermediate, NOW, root, server } from './forge.ts';

const ROOT = root();
const MIDDLE = intermediate(ROOT);
const LEAF = server(MIDDLE);

function verify(input: Partial<VerifyInput>) {
  return verifyCertificateChain({
    leaf: LEAF.der,
    intermediates: [MIDDLE.der],
    anchors: [ROOT.der],
    time: NOW,
    purpose: 'serverAuth',
    name: { dns: 'leaf.example' },
    ...input,
  });
}

test('wrong arguments are usage errors', () => {
  const wrong: readonly unknown[] = [
    { policies: '2.5.29.32.0' },
    { policies: ['anyPolicy'] },
    { policies: [7] },
    { pins: [] },
    { pins: ['sha256'] },
    { pins: [new Uint8Array(31)] },
    { pins: 'C5+lpZ7tcVwmwQIMcRtPbsQtWLABXhQzejna0wHFr8M=' },
    { revocation: { crls: [] } },
    { revocation: null },
    { time: new Date(Number.NaN) },
    { time: NOW.getTime() },
    { purpose: 'codeSigning' },
    { purpose: ['serverAuth'] },
    { purpose: ['1.3.6.'] },
    { name: { ip: 'leaf.example' } },
    { name: {} },
    { name: { dns: 'a', ip: '::1' } },
    { name: { uri: 'a' } },
    { name: { dns: 7 } },
    { maxIntermediates: -1 },
    { maxIntermediates: 1.5 },
    { budget: { steps: Number.NaN } },
    { budget: { signatures: Number.POSITIVE_INFINITY } },
    { budget: { paths: -1 } },
    { budget: { nameConstraintComparisons: '7' } },
  ];
  for (const input of wrong)
    assert.throws(() => verify(input as Partial<VerifyInput>), TlsUsageError, JSON.stringify(input));
  assert.equal(verify({ policies: undefined, pins: undefined, revocation: undefined, budget: undefined }).ok, true);
});

test('verdicts cannot be made elsewhere', () => {
  const good = verify({});
  assert.equal(isVerdict(good), true);
  assert.equal(isVerdict(verify({ anchors: [] })), true);
  const own = acceptPeer('pinned by hand');
  assert.deepEqual(own, { ok: true, path: [], reason: 'pinned by hand' });
  assert.equal(isVerdict(own), true);
  for (const value of [
    { ...good },
    { ok: true, path: [] },
    structuredClone({ ok: true }),
    Promise.resolve(good),
    true,
    null,
    undefined,
    1,
  ]) {
    assert.equal(isVerdict(value), false);
  }
  assert.throws(() => acceptPeer(''), TlsUsageError);
  assert.throws(() => acceptPeer(' '), TlsUsageError);
  assert.throws(() => acceptPeer(undefined as unknown as string), TlsUsageError);
});

test('the provider given verifies', () => {
  let calls = 0;
  const crypto: typeof nobleProvider = {
    ...nobleProvider,
    verify: (...args) => {
      calls++;
      return nobleProvider.verify(...args);
    },
  };
  assert.equal(verify({ crypto }).ok, true);
  assert.equal(calls, 2);
});

test('a defect of the provider is not taken for a refusal', () => {
  const crypto: typeof nobleProvider = {
    ...nobleProvider,
    verify: () => {
      throw new RangeError('a defect');
    },
  };
  assert.throws(() => verify({ crypto }), RangeError);
});

test('whatever is damaged in a chain, the result is a verdict, and it is a refusal', (t) => {
  let state = 11;
  const next = (bound: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const damage = (der: Uint8Array) => {
    const damaged = der.slice();
    const at = next(damaged.length);
    damaged[at] = (damaged[at] ?? 0) ^ (1 + next(255));
    return damaged;
  };
  const codes = new Map<string, number>();
  const rounds = 300;
  for (let round = 0; round < rounds; round++) {
    const which = round % 2;
    const verdict = verify(which === 0 ? { leaf: damage(LEAF.der) } : { intermediates: [damage(MIDDLE.der)] });
    assert.ok(!verdict.ok, 'a damaged chain was accepted');
    codes.set(verdict.error.code, (codes.get(verdict.error.code) ?? 0) + 1);
  }
  t.diagnostic(`verifier: ${rounds} damaged chains, all refused, with ${codes.size} different codes`);
});
