/**
 * Every refusal that a peer can provoke in TLS 1.2. Its codes are counted beside those of TLS 1.3 in refusals.test.ts.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRefused } from '../connection/expect.ts';
import { fastProvider } from '../connection/fast-provider.ts';
import { THEMES_12 } from './cases12.ts';

for (const [theme, cases] of Object.entries(THEMES_12)) {
  test(`refusals of TLS 1.2: ${theme}`, async (t) => {
    assert.equal(new Set(cases.map(({ by, title }) => `${by} ${title}`)).size, cases.length, 'a case stands twice');
    for (const { title, by, code, alert, under, warnings, provoke } of cases) {
      await t.test(`${by}: ${title}`, () => {
        assertRefused(provoke(), { code, alert, under, warnings }, title);
      });
    }
    t.diagnostic(`refusals of TLS 1.2 with ${fastProvider.name}: ${cases.length} of ${theme}`);
  });
}
