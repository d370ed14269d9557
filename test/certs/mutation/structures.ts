/**
 * Chains whose structure is changed at random and signed again, so that the checks behind the signature are reached: nothing
 * throws. The signatures are of the kind that fake-signatures.ts describes.
 *
 * @module
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { decodeDer } from '../../../src/certs/der.ts';
import { encodeBitString, encodeSequence } from '../../../src/certs/der-encode.ts';
import type { PrivateKey } from '../../../src/crypto/provider.ts';
import { fakeSignatures } from './fake-signatures.ts';
import { all, bytesOf, copyOf, diceOf, mutateTree, type Node, poolOf, treeOf } from './mutate.ts';
import { ORIGINALS, type Original } from './originals.ts';
import { Verdicts } from './verdicts.ts';

const tbsTree = (der: Uint8Array): Node => {
  const [tbs] = decodeDer(der).children;
  assert.ok(tbs !== undefined);
  return treeOf(tbs);
};

/** Elements of all originals: names, extensions, times, numbers. */
const TREES = ORIGINALS.map(({ ders }) => ders.map((der) => tbsTree(der)));
const POOL = poolOf(TREES.flat().flatMap((tree) => all(tree).slice(1)));
const ALGORITHM = decodeDer(ORIGINALS[0]?.ders[0] ?? new Uint8Array(0)).children[1]?.raw ?? new Uint8Array(0);

function signed(tree: Node, key: PrivateKey): Uint8Array {
  const tbs = bytesOf(tree);
  const signature = fakeSignatures.sign(
    { kind: 'ecdsa', hash: 'sha256' },
    key,
    tbs,
    (length) => new Uint8Array(length),
  );
  return encodeSequence(tbs, ALGORITHM, encodeBitString(signature));
}

/** Judges so many mutants, and reports what they came to. */
export function mutateStructures(t: TestContext, seed: number, rounds: number): void {
  const verdicts = new Verdicts();
  for (const { ders } of ORIGINALS) verdicts.trust(ders[0] as Uint8Array);
  const dice = diceOf(seed);
  for (let round = 0; round < rounds; round++) {
    const chosen = dice(ORIGINALS.length);
    const { ders, keys, use } = ORIGINALS[chosen] as Original;
    const victim = dice(ders.length);
    const tree = copyOf(TREES[chosen]?.[victim] as Node);
    // Mostly in the extensions, where the rules of a path are.
    const extensions = tree.children?.at(-1);
    mutateTree(extensions?.tag === 0xa3 && dice(4) > 0 ? extensions : tree, POOL, dice);
    const mutated = signed(tree, keys[Math.max(victim - 1, 0)] as PrivateKey);
    verdicts.judge(
      ders.map((der, i) => (i === victim ? mutated : der)),
      use,
      `seed ${seed}, round ${round}`,
    );
  }
  // Behind the signature: each of these was reached.
  for (const code of [
    'NAME_CONSTRAINTS',
    'POLICY',
    'NAME_MISMATCH',
    'PATH_LENGTH',
    'KEY_USAGE',
    'EXTENDED_KEY_USAGE',
    'NOT_A_CA',
  ]) {
    assert.ok(verdicts.count(`ERR_CERT_${code}`) > 50, `${code}: ${verdicts.count(`ERR_CERT_${code}`)}`);
  }
  assert.ok(verdicts.count('accepted') > 500);
  verdicts.report(t, `mutated structure (seed ${seed})`);
}
