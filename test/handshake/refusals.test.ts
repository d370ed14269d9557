/**
 * Every refusal that a peer can provoke in TLS 1.3, and the proof that with those of TLS 1.2 none is left out.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, REFUSALS } from '../../src/errors/refusals.ts';
import { assertRefused } from '../connection/expect.ts';
import { fastProvider } from '../connection/fast-provider.ts';
import { alertCases } from './cases-alert.ts';
import { authenticationCases } from './cases-authentication.ts';
import { clientHelloCases } from './cases-client-hello.ts';
import { recordCases } from './cases-record.ts';
import { retryCases } from './cases-retry.ts';
import { serverHelloCases } from './cases-server-hello.ts';
import { THEMES_12 } from './cases12.ts';
import type { Refusal } from './refusal.ts';

const THEMES: Readonly<Record<string, readonly Refusal[]>> = {
  'ClientHello, server': clientHelloCases,
  HelloRetryRequest: retryCases,
  'ServerHello and EncryptedExtensions, client': serverHelloCases,
  authentication: authenticationCases,
  records: recordCases,
  'alerts and what follows the handshake': alertCases,
};

/** Why no bytes of a peer lead to these codes. */
const OUT_OF_REACH: Partial<Record<ErrorCode, string>> = {
  ERR_TLS_INTERNAL: 'a defect of this library',
  ERR_TLS_DECIDER: 'the owner’s code; see questions',
  ERR_TLS_ABORTED: 'the owner’s wish',
  ERR_TLS_TRUNCATED: 'raised by adapters from the event truncated',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'raised by adapters',
  ERR_TLS_ENCODE: 'a value of this side',
  ERR_TLS_SEQUENCE_EXHAUSTED: 'takes 2^53 records',
  ERR_TLS_KEY_LIMIT: 'this side’s writing; new keys come long before',
  ERR_TLS_OWN_SIGNATURE: 'a fault in this side’s RSA',
  ERR_TLS_PEER_REFUSED: 'for a verifier of the owner’s; see questions',
};

const seen = new Map<ErrorCode, Set<string>>();

for (const [theme, cases] of Object.entries(THEMES)) {
  test(`refusals: ${theme}`, async (t) => {
    assert.equal(new Set(cases.map(({ by, title }) => `${by} ${title}`)).size, cases.length, 'a case stands twice');
    for (const { title, by, code, alert, under, provoke } of cases) {
      await t.test(`${by}: ${title}`, () => {
        assertRefused(provoke(), { code, alert, under }, title);
        const roles = seen.get(code) ?? new Set();
        seen.set(code, roles.add(by));
      });
    }
    t.diagnostic(`refusals with ${fastProvider.name}: ${cases.length} of ${theme}`);
  });
}

test('every code that a peer can cause is caused by a test', (t) => {
  const codes = (Object.keys(REFUSALS) as ErrorCode[]).filter((code) => code.startsWith('ERR_TLS_'));
  // refusals12.test.ts fails where one of its cases ends in another code than it names.
  for (const { code, by } of Object.values(THEMES_12).flat()) seen.set(code, (seen.get(code) ?? new Set()).add(by));
  const missing = codes.filter((code) => !seen.has(code) && OUT_OF_REACH[code] === undefined);
  assert.deepEqual(missing, []);
  // What is reached needs no excuse.
  assert.deepEqual(
    Object.keys(OUT_OF_REACH).filter((code) => seen.has(code as ErrorCode)),
    [],
  );
  const covered = codes.filter((code) => seen.has(code));
  t.diagnostic(`refusals: ${covered.length} of ${codes.length} codes ERR_TLS_ caused by a peer`);
  for (const [code, reason] of Object.entries(OUT_OF_REACH)) t.diagnostic(`refusals: out of reach: ${code}: ${reason}`);
  const others = [...seen.keys()].filter((code) => !code.startsWith('ERR_TLS_'));
  t.diagnostic(`refusals: beside them ${others.length} codes of certificates; the rest are in test/certs`);
});
