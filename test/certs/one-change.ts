/**
 * One good chain, and what becomes of it with one thing changed.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { encodeNull, encodeOid, encodeSequence, encodeText } from '../../src/certs/der-encode.ts';
import { isVerdict, type VerifyInput, verifyCertificateChain } from '../../src/certs/verifier.ts';
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { intermediate, NOW, root, server } from './forge.ts';

export const ROOT = root();
export const MIDDLE = intermediate(ROOT);
export const LEAF = server(MIDDLE);

export function verify(input: Partial<VerifyInput>) {
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

/** The code and the alert of a refusal, "ok" for a path. */
export function outcome(input: Partial<VerifyInput>): string {
  const verdict = verify(input);
  assert.ok(isVerdict(verdict));
  return verdict.ok ? 'ok' : `${verdict.error.code} ${verdict.error.alert}`;
}

/** A leaf straight below ROOT, with the options. */
export const below = (options: Parameters<typeof server>[1] = {}) => ({
  leaf: server(ROOT, options).der,
  intermediates: [],
});

/** LEAF below an intermediate with the options, which is below ROOT. */
export const through = (options: Parameters<typeof intermediate>[1]) => {
  const middle = intermediate(ROOT, options);
  return { leaf: server(middle).der, intermediates: [middle.der] };
};

/** LEAF below an anchor with the options. */
export const anchored = (options: Parameters<typeof root>[0]) => {
  const anchor = root(options);
  return { leaf: server(anchor).der, intermediates: [], anchors: [anchor.der] };
};

export const extra = (oid: string, critical: boolean, value = encodeNull()) => ({
  extraExtensions: [{ oid, critical, value }],
});

export type Case = readonly [what: string, expected: `${ErrorCode} ${AlertName}` | 'ok', input: Partial<VerifyInput>];

export function check(cases: readonly Case[]): void {
  for (const [what, expected, input] of cases) assert.equal(outcome(input), expected, what);
}

/** caIssuers, RFC 5280 §4.2.2.1. */
export const ACCESS = encodeSequence(
  encodeSequence(encodeOid('1.3.6.1.5.5.7.48.2'), encodeText(0x86, 'http://ca.example/')),
);
export const POLICIES = encodeSequence(encodeSequence(encodeOid('2.23.140.1.2.1')));
