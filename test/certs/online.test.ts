/**
 * Chains that real sites sent (x509-limbo's online set): accepted at their time for their name, and refused otherwise.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodePem } from '../../src/certs/pem.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import { type VerifyInput, verifyCertificateChain } from '../../src/certs/verifier.ts';
import { skipWithoutVectors } from '../vectors/third-party.ts';

interface LimboCase {
  readonly id: string;
  readonly trusted_certs: readonly string[];
  readonly untrusted_intermediates: readonly string[];
  readonly peer_certificate: string;
  readonly validation_time: string;
  readonly expected_result: 'SUCCESS' | 'FAILURE';
  readonly expected_peer_name: { readonly kind: 'DNS'; readonly value: string };
}

test('real chains', (t) => {
  const folder = skipWithoutVectors(t, 'x509');
  if (folder === null) return;
  const files = readdirSync(join(folder, 'online')).filter((name) => name.endsWith('.json'));
  let verdicts = 0;
  for (const file of files) {
    const limbo = JSON.parse(readFileSync(join(folder, 'online', file), 'utf8')) as LimboCase;
    const ders = (texts: readonly string[]) => texts.flatMap((text) => decodePem(text).map(({ der }) => der));
    const [leaf] = ders([limbo.peer_certificate]);
    assert.ok(leaf !== undefined && limbo.expected_result === 'SUCCESS' && limbo.expected_peer_name.kind === 'DNS');
    const input: VerifyInput = {
      leaf,
      intermediates: ders(limbo.untrusted_intermediates),
      anchors: createTrustStore(limbo.trusted_certs),
      time: new Date(limbo.validation_time),
      purpose: 'serverAuth',
      name: { dns: limbo.expected_peer_name.value },
    };
    const outcome = (change: Partial<VerifyInput>) => {
      const verdict = verifyCertificateChain({ ...input, ...change });
      verdicts++;
      return verdict.ok ? 'ok' : verdict.error.code;
    };
    assert.equal(outcome({}), 'ok', limbo.id);
    assert.equal(outcome({ anchors: ders(limbo.trusted_certs) }), 'ok', limbo.id);
    assert.equal(
      outcome({ name: { dns: `${limbo.expected_peer_name.value}.invalid` } }),
      'ERR_CERT_NAME_MISMATCH',
      limbo.id,
    );
    assert.equal(outcome({ time: new Date('2031-01-01T00:00:00Z') }), 'ERR_CERT_EXPIRED', limbo.id);
    assert.equal(outcome({ time: new Date('2020-01-01T00:00:00Z') }), 'ERR_CERT_NOT_YET_VALID', limbo.id);
    assert.equal(outcome({ anchors: [] }), 'ERR_CERT_UNKNOWN_ISSUER', limbo.id);
    assert.equal(outcome({ intermediates: [] }), 'ERR_CERT_UNKNOWN_ISSUER', limbo.id);
    const damaged = leaf.slice();
    damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1;
    assert.equal(outcome({ leaf: damaged }), 'ERR_CERT_SIGNATURE', limbo.id);
  }
  assert.ok(files.length >= 7);
  t.diagnostic(`x509-limbo online: ${files.length} chains, ${verdicts} verdicts as expected`);
});
