/**
 * Writes the generated pages of docs/; with `--check` it only says which are not current, and fails.
 *
 * @module
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderCoverage } from './coverage-docs.ts';
import { renderErrors } from './error-docs.ts';
import { renderImportTable } from './import-docs.ts';
import { renderStates } from './state-docs.ts';

const docs = join(import.meta.dirname, '..', 'docs');
const check = process.argv.includes('--check');
const pages: Readonly<Record<string, string>> = {
  'errors.md': renderErrors(),
  'rfc-coverage.md': renderCoverage(),
  'states.md': await renderStates(),
  'design.md': renderImportTable(readFileSync(join(docs, 'design.md'), 'utf8')),
};

for (const [name, text] of Object.entries(pages)) {
  const file = join(docs, name);
  if (!check) {
    writeFileSync(file, text);
  } else if (readOrNull(file) !== text) {
    console.error(`docs/${name} is not current: run npm run docs`);
    process.exitCode = 1;
  }
}

function readOrNull(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
