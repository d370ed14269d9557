import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderCoverage } from '../../scripts/coverage-docs.ts';
import { renderErrors } from '../../scripts/error-docs.ts';
import { renderImportTable } from '../../scripts/import-docs.ts';
import { renderStates } from '../../scripts/state-docs.ts';
import { REFUSALS } from '../../src/errors/refusals.ts';
import { alertRules } from '../coverage/alert-rules.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');

test('docs/errors.md is what the table of errors says: npm run docs', () => {
  const text = renderErrors();
  for (const code of Object.keys(REFUSALS)) assert.ok(text.includes(`| \`${code}\` |`), code);
  assert.equal(readFileSync(join(docs, 'errors.md'), 'utf8'), text);
});

test('docs/rfc-coverage.md is what the table of alert rules says: npm run docs', () => {
  const text = renderCoverage();
  for (const { rule, section } of alertRules) {
    assert.ok(text.includes(`| ${rule} |`), rule);
    assert.ok(text.includes(`\n## §${section} `), section);
  }
  assert.equal(readFileSync(join(docs, 'rfc-coverage.md'), 'utf8'), text);
});

test('docs/states.md is what the state tables say: npm run docs', async () => {
  const text = await renderStates();
  for (const state of ['WAIT_SH', 'WAIT_CV', 'CONNECTED']) assert.match(text, new RegExp(`--> ${state}`));
  assert.equal(readFileSync(join(docs, 'states.md'), 'utf8'), text);
});

test('docs/design.md has the import table that is enforced: npm run docs', () => {
  const text = readFileSync(join(docs, 'design.md'), 'utf8');
  assert.match(text, /\| `handshake\/client13` \|/);
  assert.equal(text, renderImportTable(text));
});
