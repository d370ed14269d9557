import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRefused } from '../connection/expect.ts';
import { coverageCases } from './cases.ts';

test('refusals that RFC 9846 names an alert for', async (t) => {
  const names = coverageCases.map(({ by, title }) => `${by} ${title}`);
  assert.equal(new Set(names).size, names.length, 'a case stands twice');
  for (const { title, by, code, alert, under, provoke } of coverageCases) {
    await t.test(`${by}: ${title}`, () => {
      assertRefused(provoke(), { code, alert, under }, title);
    });
  }
  t.diagnostic(`refusals: ${coverageCases.length} cases of rules that name an alert`);
});
