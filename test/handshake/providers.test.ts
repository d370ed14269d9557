/**
 * The refusals, the ciphertexts of Bleichenbacher's attack and the key schedules once more, wholly with each provider: the other
 * runs of these files mix the two, for speed.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { passOn, runAgain } from '../run-again.ts';

const TESTS = join(import.meta.dirname, '..');
const inTests = (...path: readonly string[]): string => join(TESTS, ...path);

const REFUSALS = [
  inTests('handshake', 'refusals.test.ts'),
  inTests('handshake', 'refusals12.test.ts'),
  inTests('coverage', 'refusals.test.ts'),
];
const SCHEDULES = readdirSync(inTests('keys'))
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => inTests('keys', name));
/** With noble it is the run that everyone sees. */
const BLEICHENBACHER = inTests('handshake', 'server12', 'bleichenbacher.test.ts');

for (const [provider, files] of [
  ['noble', REFUSALS],
  ['node', [...REFUSALS, BLEICHENBACHER, ...SCHEDULES]],
] as const) {
  test(`every refusal with the provider ${provider}`, async (t) => {
    const result = await runAgain(provider, files);
    assert.ok(result.stdout.includes(`# refusals with ${provider}: `), 'another provider was used');
    passOn(t, provider, result);
  });
}
