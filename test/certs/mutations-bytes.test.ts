/**
 * Chains whose bytes are changed at random, and not signed again: nothing throws, and no change below the anchor is accepted.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { intermediate, root, server } from './forge.ts';
import { diceOf, mutateBytes, pick } from './mutation/mutate.ts';
import { ORIGINALS } from './mutation/originals.ts';
import { Verdicts } from './mutation/verdicts.ts';

const SEED = 20_261_123;
const ROUNDS = 50_000;
/** With real signatures, which take milliseconds. */
const REAL_ROUNDS = 600;

test('the originals are accepted', () => {
  const verdicts = new Verdicts();
  for (const [index, { ders, use }] of ORIGINALS.entries()) {
    assert.ok(verdicts.judge(ders, use, `original ${index}`), `original ${index}`);
  }
});

test(`${ROUNDS} mutations of bytes`, (t) => {
  const verdicts = new Verdicts();
  for (const { ders } of ORIGINALS) verdicts.trust(ders[0] as Uint8Array);
  const dice = diceOf(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const { ders, use } = pick(dice, ORIGINALS);
    // The anchor too, whose signature does not count: it may well be accepted.
    const victim = dice(ders.length);
    const mutated = mutateBytes(ders[victim] ?? new Uint8Array(0), dice);
    const label = `seed ${SEED}, round ${round}`;
    const accepted = verdicts.judge(
      ders.map((der, i) => (i === victim ? mutated : der)),
      use,
      label,
    );
    const unchanged = Buffer.from(mutated).equals(ders[victim] ?? new Uint8Array(0));
    assert.ok(!accepted || victim === 0 || unchanged, `${label}: accepted ${Buffer.from(mutated).toString('hex')}`);
  }
  verdicts.report(t, `mutated bytes (seed ${SEED})`);
});

test(`${REAL_ROUNDS} mutations of bytes under real signatures`, (t) => {
  const verdicts = new Verdicts();
  const dice = diceOf(SEED + 1);
  const top = root();
  const middle = intermediate(top);
  const ders = [top, middle, server(middle)].map(({ der }) => der);
  for (let round = 0; round < REAL_ROUNDS; round++) {
    const victim = 1 + dice(2);
    const original = ders[victim] ?? new Uint8Array(0);
    // Signatures and keys most of all: the last hundred bytes, and the point.
    const at = pick(dice, [
      original.length - 1 - dice(76),
      original.indexOf(0x04, 150) + dice(64),
      dice(original.length),
    ]);
    const mutated = Uint8Array.from(original);
    mutated[at] = (mutated[at] ?? 0) ^ (1 + dice(255));
    const label = `seed ${SEED + 1}, round ${round}`;
    assert.ok(
      !verdicts.judge(
        ders.map((der, i) => (i === victim ? mutated : der)),
        {},
        label,
        nobleProvider,
      ),
      label,
    );
  }
  verdicts.report(t, `mutated bytes, real signatures (seed ${SEED + 1})`);
});
