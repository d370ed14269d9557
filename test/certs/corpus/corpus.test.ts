/**
 * Over two hundred chains in pairs that differ in one attribute: one is accepted, the other refused with its exact code. Each
 * is also put to openssl, and where that decides otherwise the table says why.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Verdict, verifyCertificateChain } from '../../../src/certs/verifier.ts';
import { NOW } from '../forge.ts';
import { type Built, buildChain, type Chain, type Pair } from './chain.ts';
import { CONSTRAINT_HOLDERS } from './constraint-holders.ts';
import { CONSTRAINTS } from './constraints.ts';
import { EXTENSIONS } from './extensions.ts';
import { FIELDS } from './fields.ts';
import { FORM } from './form.ts';
import { NAMES } from './names.ts';
import { askOpenssl, opensslVersion } from './openssl.ts';
import { PATHS } from './paths.ts';
import { POLICIES } from './policies.ts';

const PAIRS: readonly Pair[] = [
  ...FORM,
  ...FIELDS,
  ...EXTENSIONS,
  ...PATHS,
  ...NAMES,
  ...CONSTRAINTS,
  ...CONSTRAINT_HOLDERS,
  ...POLICIES,
];

interface Entry {
  readonly id: string;
  readonly pair: Pair;
  readonly side: 'good' | 'bad';
  readonly chain: Chain;
  readonly built: Built;
}

const entries: readonly Entry[] = PAIRS.flatMap((pair, index) =>
  (['good', 'bad'] as const).map((side) => ({
    id: `${index}-${side}`,
    pair,
    side,
    chain: pair[side],
    built: buildChain(pair[side]),
  })),
);

function useOf(chain: Chain) {
  return { name: { dns: 'leaf.example' }, ...chain.use };
}

function judge({ chain, built }: Entry): Verdict {
  return verifyCertificateChain({ ...built, time: NOW, purpose: 'serverAuth', ...useOf(chain) });
}

const label = ({ pair, side }: Entry) => `${pair.section}, ${pair.rule} (${side})`;

test('each chain is accepted, or refused with its code', (t) => {
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  for (const entry of entries) {
    const verdict = judge(entry);
    const expected = entry.side === 'good' ? 'accepted' : entry.pair.code;
    const met = verdict.ok ? 'accepted' : verdict.error.code;
    if (met !== expected) wrong.push(`${label(entry)}: ${expected}, met ${verdict.ok ? met : verdict.error.message}`);
    // "RFC 5280 §4.2", whatever follows.
    const section = /^[\w.]+ [\w.]+ §\d+(\.\d+)?|^X\.690/.exec(entry.pair.section)?.[0];
    assert.ok(section !== undefined, entry.pair.section);
    counts.set(section, (counts.get(section) ?? 0) + 1);
  }
  assert.deepEqual(wrong, []);
  assert.ok(entries.length >= 200, `${entries.length} chains`);
  t.diagnostic(`corpus: ${entries.length} chains in ${PAIRS.length} pairs`);
  for (const [section, count] of [...counts].sort()) t.diagnostic(`corpus: ${section}: ${count} chains`);
});

/** Differences are argued for this version; of others they are counted only. */
const ARGUED_VERSION = '3.0';

test('openssl verify -x509_strict decides the same, or the table says why not', async (t) => {
  const version = opensslVersion();
  if (version === null) {
    assert.notEqual(process.env['CI'], 'true', 'no openssl');
    return t.skip('no openssl');
  }
  const folder = mkdtempSync(join(tmpdir(), 'isotls-corpus-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const answers = await askOpenssl(
    folder,
    entries.map(({ id, built, chain }) => ({ id, built, use: useOf(chain) })),
  );

  const unargued: string[] = [];
  const vanished: string[] = [];
  let differences = 0;
  for (const entry of entries) {
    const answer = answers.get(entry.id) ?? null;
    const same = (answer === null) === (entry.side === 'good');
    const why = entry.pair.differs[entry.side];
    if (!same) differences++;
    if (!same && why === undefined) unargued.push(`${label(entry)}: openssl says ${answer ?? 'OK'}`);
    if (same && why !== undefined) vanished.push(`${label(entry)}: openssl says ${answer ?? 'OK'}`);
  }
  t.diagnostic(`corpus: openssl ${version} decides ${entries.length - differences} alike and ${differences} otherwise`);
  if (version !== ARGUED_VERSION) return;
  assert.deepEqual({ unargued, vanished }, { unargued: [], vanished: [] });
});
