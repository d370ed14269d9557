/**
 * Runs tests of test/crypto again with the provider on node:crypto.
 *
 * @module
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runAgain } from '../../run-again.ts';

const FOLDER = join(import.meta.dirname, '..');
/** What is about bytes that the caller draws, which OpenSSL does not use, and what names its providers itself. */
const NOT_AGAIN = ['own-randomness.test.ts', 'aead.test.ts'];

/** Every file whose name `wanted` takes. */
export async function runCryptoAgain(t: TestContext, wanted: (name: string) => boolean): Promise<void> {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts') && !NOT_AGAIN.includes(name));
  const files = names.filter(wanted).map((name) => join(FOLDER, name));
  const { stdout, passed, skipped } = await runAgain('node', files);
  const vectors = [...stdout.matchAll(/wycheproof \w+: (\d+) passed/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  t.diagnostic(`node:crypto: ${passed} tests of ${files.length} files, ${skipped} skipped, ${vectors} of Wycheproof`);
}
