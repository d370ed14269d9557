/**
 * Random chains put to Go's crypto/x509: both accept the same ones.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseIp } from '../../src/certs/name-match.ts';
import { verifyCertificateChain } from '../../src/certs/verifier.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { run } from '../peers.ts';
import { NOW } from './forge.ts';
import { type RandomChain, randomChains } from './random-chains.ts';

const SEED = 'against Go';
const COUNT = 300;

/** Each answer is empty, or says what is wrong. */
async function askGo(t: TestContext, chains: readonly RandomChain[]): Promise<readonly string[] | null> {
  const folder = mkdtempSync(join(tmpdir(), 'isotls-go-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const binary = join(folder, 'verify');
  const source = join(import.meta.dirname, 'go', 'verify.go');
  const env = { GO111MODULE: 'off', GOTOOLCHAIN: 'local' };
  // Go is no peer that every machine must have.
  const built = await run('go', ['build', '-o', binary, source], { timeout: 180_000, env }).catch(() => null);
  if (built?.code !== 0) {
    t.skip(`no Go program on this machine: ${built?.stderr.trim() ?? 'there is no go'}`);
    return null;
  }
  const base64 = (der: Uint8Array) => Buffer.from(der).toString('base64');
  const cases = chains.map(({ leaf, intermediates, anchors, host }) => ({
    leaf: base64(leaf),
    intermediates: intermediates.map(base64),
    anchors: anchors.map(base64),
    time: NOW.toISOString(),
    host,
  }));
  const { code, stdout, stderr } = await run(binary, [], { stdin: JSON.stringify(cases), timeout: 60_000 });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout.toString());
}

test('random chains are decided as by Go', async (t) => {
  const chains = randomChains(SEED, COUNT);
  const answers = await askGo(t, chains);
  if (answers === null) return;
  const differences: string[] = [];
  let accepted = 0;
  for (const [index, { leaf, intermediates, anchors, host }] of chains.entries()) {
    const verdict = verifyCertificateChain({
      leaf,
      intermediates,
      anchors,
      time: NOW,
      purpose: 'serverAuth',
      name: parseIp(host) === null ? { dns: host } : { ip: host },
      crypto: nodeProvider,
    });
    if (verdict.ok) accepted++;
    const theirs = answers[index] ?? 'no answer';
    const ours = verdict.ok ? '' : verdict.error.message;
    if ((ours === '') !== (theirs === '')) differences.push(`${index}: isotls "${ours}", Go "${theirs}"`);
  }
  assert.deepEqual(differences, []);
  // A test of nothing but refusals would be worth little.
  assert.ok(accepted > COUNT / 5 && accepted < (COUNT * 4) / 5, `${accepted} accepted`);
  t.diagnostic(`Go: ${COUNT} random chains decided alike, ${accepted} accepted, seed "${SEED}"`);
});
