/**
 * Finds the tests that the table of rules names: cases by what they are made of, other tests by their titles in the source.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertCases } from '../handshake/cases-alert.ts';
import { authenticationCases } from '../handshake/cases-authentication.ts';
import { clientHelloCases } from '../handshake/cases-client-hello.ts';
import { recordCases } from '../handshake/cases-record.ts';
import { retryCases } from '../handshake/cases-retry.ts';
import { serverHelloCases } from '../handshake/cases-server-hello.ts';
import type { Refusal } from '../handshake/refusal.ts';
import { coverageCases } from './cases.ts';
import type { TestName } from './rule.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Files whose tests are made of cases. */
const CASES: Readonly<Record<string, readonly Refusal[]>> = {
  'test/handshake/refusals.test.ts': [
    ...clientHelloCases,
    ...retryCases,
    ...serverHelloCases,
    ...authenticationCases,
    ...recordCases,
    ...alertCases,
  ],
  'test/coverage/refusals.test.ts': coverageCases,
};

/** `plain`: a test that is there and says in its own way what it asserts. Null: there is no such test. */
export type FoundTest = { readonly plain: true } | { readonly plain: false; readonly refusal: Refusal };

export function findTest({ file, name }: TestName): FoundTest | null {
  const cases = CASES[file];
  if (cases !== undefined) {
    const refusal = cases.find(({ by, title }) => `${by}: ${title}` === name);
    return refusal === undefined ? null : { plain: false, refusal };
  }
  return titlesOf(file).has(name) ? { plain: true } : null;
}

const titles = new Map<string, ReadonlySet<string>>();

/** The titles of a file's own tests that are written out; `test.skip` and `test.todo` are none. */
function titlesOf(file: string): ReadonlySet<string> {
  const known = titles.get(file);
  if (known !== undefined) return known;
  const path = join(ROOT, file);
  const source = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const found = new Set([...source.matchAll(/^test\(\s*'((?:[^'\\\n]|\\.)*)'/gm)].map(([, title]) => title ?? ''));
  titles.set(file, found);
  return found;
}
