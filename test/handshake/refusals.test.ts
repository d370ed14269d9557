import { test } from 'node:test';
import { assertRefused } from '../connection/expect.ts';
import { authenticationCases } from './cases-authentication.ts';
import { clientHelloCases } from './cases-client-hello.ts';
import { retryCases } from './cases-retry.ts';
import { serverHelloCases } from './cases-server-hello.ts';
import type { Refusal } from './refusal.ts';

const THEMES: Readonly<Record<string, readonly Refusal[]>> = {
  authenticationCases,
  clientHelloCases,
  retryCases,
  serverHelloCases,
};

for (const [theme, cases] of Object.entries(THEMES)) {
  for (const { title, by, code, alert, under, provoke } of cases) {
    test(`${by} refuses ${title}: ${code}`, () => {
      assertRefused(provoke(), { code, alert, under }, theme);
    });
  }
}
