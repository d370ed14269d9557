/**
 * Runs a Wycheproof file: each test is accepted or refused as it says, or counted as out of scope with a reason.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { skipWithoutVectors } from '../vectors/third-party.ts';

export interface WycheproofCase {
  readonly tcId: number;
  readonly comment?: string;
  readonly flags?: readonly string[];
  readonly result: 'valid' | 'acceptable' | 'invalid';
}

export type Outcome = 'accepted' | 'refused' | { readonly outOfScope: string };

/**
 * Runs every test of NAME_test.json. `check` must fail the test itself where an accepted result has a wrong value.
 * `acceptable` says what this library does with tests that Wycheproof leaves open; without it there may be none.
 */
export function runWycheproof<Group, Case extends WycheproofCase>(
  t: TestContext,
  name: string,
  check: (test: Case, group: Group) => Outcome,
  acceptable?: (test: Case) => 'accepted' | 'refused',
): void {
  const folder = skipWithoutVectors(t, 'wycheproof');
  if (folder === null) return;

  const file = JSON.parse(readFileSync(join(folder, `${name}_test.json`), 'utf8')) as {
    readonly numberOfTests: number;
    readonly testGroups: readonly (Group & { readonly tests: readonly Case[] })[];
  };
  let passed = 0;
  const outOfScope = new Map<string, number>();
  for (const group of file.testGroups) {
    for (const test of group.tests) {
      const label = `${name} ${test.tcId}: ${test.comment ?? ''} ${(test.flags ?? []).join(' ')}`;
      const outcome = labelled(label, () => check(test, group));
      if (typeof outcome === 'object') {
        outOfScope.set(outcome.outOfScope, (outOfScope.get(outcome.outOfScope) ?? 0) + 1);
        continue;
      }
      assert.equal(outcome, expected(test, acceptable), label);
      passed++;
    }
  }

  const left = [...outOfScope.values()].reduce((sum, count) => sum + count, 0);
  assert.equal(passed + left, file.numberOfTests);
  assert.ok(passed > 0, `${name}: every test is out of scope`);
  const reasons = [...outOfScope].map(([reason, count]) => `${count} ${reason}`).join(', ');
  t.diagnostic(`wycheproof ${name}: ${passed} passed, ${left} out of scope${left === 0 ? '' : ` (${reasons})`}`);
}

/** Runs `work`: 'refused' if it throws what `isRefusal` knows, else its own answer. */
export function refusedBy(isRefusal: (error: unknown) => boolean, work: () => Outcome): Outcome {
  try {
    return work();
  } catch (error) {
    if (isRefusal(error)) return 'refused';
    throw error;
  }
}

function expected<Case extends WycheproofCase>(
  test: Case,
  acceptable: ((test: Case) => 'accepted' | 'refused') | undefined,
): 'accepted' | 'refused' {
  if (test.result === 'valid') return 'accepted';
  if (test.result === 'invalid') return 'refused';
  assert.ok(acceptable !== undefined, 'an acceptable test without a rule');
  return acceptable(test);
}

function labelled<T>(label: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new Error(label, { cause: error });
  }
}
