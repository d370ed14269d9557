import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const IMPORTS = `import { test, suite } from 'node:test'; import assert from 'node:assert/strict';\n`;

test('a passing run: one line per file, skips with their reason, figures by file, then the summary', () => {
  const { status, stdout } = runTests({
    'one.test.ts': `test('a', (t) => t.diagnostic('7 vectors'));
      test('b', (t) => t.diagnostic('matrix\\n  x y\\n\\n  1 2'));
      test('c', (t) => t.skip('no peer')); test('d', { skip: 'no peer' }, () => {});
      test('e', { todo: 'later' }, () => { throw new Error('known') });`,
    'sub/two.test.ts': `suite('s', () => test('inner', async (t) => { await t.test('x', (t) => t.diagnostic('deep')) }));`,
  });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^✔ test\/one\.test\.ts {2}2 passed, 2 skipped, 1 todo {2}[\d.]+ s$/m);
  assert.match(stdout, /^ {2}﹣ c and 1 more: no peer$/m);
  assert.match(stdout, /^✔ test\/sub\/two\.test\.ts/m);
  const tail = stdout.slice(stdout.indexOf('\nFigures\n'));
  const figures =
    '\nFigures\ntest/one.test.ts\n  7 vectors\n  matrix\n    x y\n\n    1 2\ntest/sub/two.test.ts\n  deep\n';
  assert.ok(tail.startsWith(`${figures}\nℹ tests 7\nℹ suites 1\nℹ pass 4\nℹ fail 0\nℹ cancelled 0\n`), tail);
  assert.match(tail, /ℹ skipped 2\nℹ todo 1\nℹ duration_ms \d+\n$/);
});

test('an assertion that fails is shown with its path, place and difference', () => {
  const { status, stdout } = runTests({
    'bad.test.ts': `test('outer', async (t) => { await t.test('inner', () => assert.equal(41, 42)) }); test('good', () => {});`,
    'good.test.ts': `test('fine', () => {});`,
  });
  assert.equal(status, 1);
  assert.match(stdout, /^✖ test\/bad\.test\.ts {2}1 passed, 1 failed/m);
  assert.match(stdout, /✖ outer › inner\n {4}at test\/bad\.test\.ts\n/);
  assert.match(stdout, /41 !== 42/);
  assert.match(stdout, /\nFailed files\n {2}test\/bad\.test\.ts: 1\n {4}✖ .+\n {6}\S/);
  assert.match(stdout, /ℹ fail 2\n/);
});

for (const [what, source, shown] of [
  ['throws while loading', `throw new Error('at load');`, /Error: at load/],
  ['exits in a test', `test('x', () => { console.log('last words'); process.exit(0) }); test('y', () => {});`, null],
  [
    'exits before its last test',
    `import { setTimeout as after } from 'node:timers/promises';
     test('x', () => {}); test('y', async () => { await after(300); process.exit(0) }); test('z', () => {});`,
    /2 of its tests never ended/,
  ],
  ['fails after its tests', `test('x', () => { setTimeout(() => { throw new Error('late') }, 20) });`, /late/],
  ['holds no test', ``, /the file holds no test/],
] as const) {
  test(`a file that ${what} fails the run`, () => {
    const { status, stdout } = runTests({ 'file.test.ts': source });
    assert.equal(status, 1, stdout);
    assert.match(stdout, /^✖ test\/file\.test\.ts/m);
    assert.match(stdout, /ℹ fail 1\n/);
    if (shown !== null) assert.match(stdout, shown);
  });
}

// Fails in its first run, or in every one.
const failsOnce = (folder: string) => `import { existsSync, writeFileSync } from 'node:fs';
  test('busy', () => { const before = existsSync('${folder}'); writeFileSync('${folder}', ''); assert.ok(before, 'too slow') });`;

test('a file with other programs that fails is run again: the second run decides, and the first is named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'isotls-runner-'));
  const { status, stdout } = runTests({
    'interop/busy.test.ts': failsOnce(join(folder, 'busy')),
    'wire/good.test.ts': `test('fine', () => {});`,
  });
  rmSync(folder, { recursive: true });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /^✖ test\/interop\/busy\.test\.ts {2}0 passed, 1 failed/m);
  assert.match(
    stdout,
    /^Once more, since other programs take part: test\/interop\/busy\.test\.ts\n✔ test\/interop\/busy/m,
  );
  assert.match(
    stdout,
    /\nUnsteady files, which passed when they were run again\n {2}test\/interop\/busy\.test\.ts: 1\n/,
  );
  assert.doesNotMatch(stdout, /Failed files/);
  assert.match(stdout, /ℹ tests 2\nℹ suites 0\nℹ pass 2\nℹ fail 0\n/);
});

test('a file that fails twice fails the run, and so does one without other programs, or one of many', () => {
  const twice = runTests({ 'interop/bad.test.ts': `test('x', () => { throw new Error('always') });` });
  assert.equal(twice.status, 1);
  assert.match(twice.stdout, /\nFailed files\n {2}test\/interop\/bad\.test\.ts: 1\n/);
  assert.doesNotMatch(twice.stdout, /Unsteady/);
  const folder = mkdtempSync(join(tmpdir(), 'isotls-runner-'));
  const own = runTests({ 'wire/own.test.ts': failsOnce(join(folder, 'own')) });
  const files = ['a', 'b', 'c', 'd'].map((name) => [`cli/${name}.test.ts`, failsOnce(join(folder, name))] as const);
  const many = runTests(Object.fromEntries(files));
  rmSync(folder, { recursive: true });
  for (const { status, stdout } of [own, many]) {
    assert.equal(status, 1, stdout);
    assert.doesNotMatch(stdout, /Once more/);
  }
});

test('arguments select files by a part of their path; selecting none is an error', () => {
  const files = { 'wire/a.test.ts': `test('a', () => {});`, 'keys/b.test.ts': `test('b', () => {});` };
  const one = runTests(files, 'wire/');
  assert.match(one.stdout, /wire\/a\.test\.ts/);
  assert.doesNotMatch(one.stdout, /b\.test\.ts/);
  assert.equal(runTests(files, 'nowhere').status, 1);
});

function runTests(files: Readonly<Record<string, string>>, ...selected: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'isotls-runner-'));
  try {
    for (const [name, source] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), IMPORTS + source);
    }
    // Without this the inner run would take itself for a part of ours.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const runner = join(import.meta.dirname, '..', 'run.ts');
    const cwd = join(import.meta.dirname, '..', '..');
    return spawnSync(process.execPath, ['--import', 'tsx', runner, '--root', folder, ...selected], {
      cwd,
      env,
      encoding: 'utf8',
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
