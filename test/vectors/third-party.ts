/**
 * Where the vector files are that are not ours to publish: Wycheproof, real chains, captures.
 *
 * They are read from the folder named by ISOTLS_VECTORS, else from ../shared/vectors beside the checkout. Under CI=true a
 * missing set fails the test; elsewhere the test is skipped, and says why.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';

export type ThirdPartySet = 'wycheproof' | 'x509' | 'captures';

/** The folder of a vector set, or null where this machine does not have it. */
export function thirdPartyFolder(name: ThirdPartySet): string | null {
  const folder = join(vectorsRoot(), name);
  return existsSync(folder) ? folder : null;
}

/**
 * The folder of a vector set, for use in a test. Where it is missing, the test `t` fails (CI=true) or is marked as skipped,
 * and null is returned: the test must then return.
 */
export function skipWithoutVectors(t: TestContext, name: ThirdPartySet): string | null {
  const folder = thirdPartyFolder(name);
  if (folder !== null) return folder;

  const reason = `no ${name} vectors in ${vectorsRoot()} (set ISOTLS_VECTORS)`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  t.skip(reason);
  return null;
}

function vectorsRoot(): string {
  const named = process.env['ISOTLS_VECTORS'];
  const checkout = join(import.meta.dirname, '..', '..');
  return named === undefined || named === '' ? join(checkout, '..', 'shared', 'vectors') : resolve(checkout, named);
}
