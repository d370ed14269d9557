import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { skipWithoutVectors, thirdPartyFolder } from './third-party.ts';

const SETS = ['wycheproof', 'x509', 'captures'] as const;

test('the third-party vectors are there, all of them or none', (t) => {
  const found = SETS.filter((name) => thirdPartyFolder(name) !== null);
  t.diagnostic(`third-party vector sets found: ${found.length === 0 ? 'none' : found.join(', ')}`);
  assert.ok(found.length === 0 || found.length === SETS.length, `only ${found.join(', ')}`);
});

test('a missing set skips the test with a reason, and fails it under CI=true', () => {
  const reasons: string[] = [];
  const t = { skip: (reason: string) => reasons.push(reason) } as unknown as TestContext;

  withEnvironment({ ISOTLS_VECTORS: '/nowhere', CI: 'false' }, () => {
    assert.equal(skipWithoutVectors(t, 'x509'), null);
  });
  assert.deepEqual(reasons, ['no x509 vectors in /nowhere (set ISOTLS_VECTORS)']);

  withEnvironment({ ISOTLS_VECTORS: '/nowhere', CI: 'true' }, () => {
    assert.throws(() => skipWithoutVectors(t, 'x509'), /no x509 vectors/);
  });
  assert.equal(reasons.length, 1);
});

function withEnvironment(values: Readonly<Record<string, string>>, run: () => void): void {
  const before = { ...process.env };
  Object.assign(process.env, values);
  try {
    run();
  } finally {
    process.env = before;
  }
}
