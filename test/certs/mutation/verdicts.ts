/**
 * Collects what mutated chains come to: each must end in a verdict, and a refusal must be one of ours.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createTrustStore, type TrustStore } from '../../../src/certs/trust-store.ts';
import { type VerifyInput, verifyCertificateChain } from '../../../src/certs/verifier.ts';
import { TlsError } from '../../../src/errors/errors.ts';
import { REFUSALS } from '../../../src/errors/refusals.ts';
import { NOW } from '../forge.ts';
import { fakeSignatures } from './fake-signatures.ts';
import type { Original } from './originals.ts';

export class Verdicts {
  readonly #codes = new Map<string, number>();
  readonly #stores = new Map<Uint8Array, TrustStore>();

  /** Anchors that are not mutated are decoded once. */
  trust(anchor: Uint8Array): void {
    this.#stores.set(anchor, createTrustStore([anchor]));
  }

  /** `ders`: anchor first, leaf last. True: accepted. A failure names what to run again. */
  judge(ders: readonly Uint8Array[], use: Original['use'], label: string, crypto = fakeSignatures): boolean {
    const [anchor, ...rest] = ders;
    const leaf = rest.pop();
    assert.ok(anchor !== undefined && leaf !== undefined);
    const input: VerifyInput = {
      leaf,
      intermediates: rest,
      anchors: this.#stores.get(anchor) ?? [anchor],
      time: NOW,
      purpose: 'serverAuth',
      crypto,
      ...use,
    };
    let code = 'accepted';
    try {
      const verdict = verifyCertificateChain(input);
      if (!verdict.ok) {
        assert.ok(verdict.error instanceof TlsError && verdict.error.code in REFUSALS, String(verdict.error));
        code = verdict.error.code;
      }
    } catch (error) {
      throw new Error(`${label}: ${error}\n${ders.map((der) => Buffer.from(der).toString('hex')).join('\n')}`, {
        cause: error,
      });
    }
    this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    return code === 'accepted';
  }

  count(code: string): number {
    return this.#codes.get(code) ?? 0;
  }

  report(t: TestContext, title: string): void {
    const total = [...this.#codes.values()].reduce((sum, count) => sum + count, 0);
    const refused = [...this.#codes].filter(([code]) => code !== 'accepted').sort((a, b) => b[1] - a[1]);
    t.diagnostic(`${title}: ${total} chains, ${this.count('accepted')} accepted, ${refused.length} kinds of refusal`);
    t.diagnostic(
      `${title}: ${refused.map(([code, count]) => `${code.slice('ERR_CERT_'.length)} ${count}`).join(', ')}`,
    );
  }
}
