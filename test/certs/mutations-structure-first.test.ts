/**
 * Mutants of structure, the first half: nothing throws (mutation/structures.ts).
 *
 * @module
 */
import { test } from 'node:test';
import { mutateStructures } from './mutation/structures.ts';

test('25000 mutations of structure, signed again', (t) => mutateStructures(t, 20_261_124, 25_000));
