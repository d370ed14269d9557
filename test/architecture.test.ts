import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import {
  type Breach,
  checkCycles,
  checkExports,
  checkGlobals,
  checkHeaders,
  checkImports,
  checkLines,
  checkSuppressions,
  LINE_LIMIT,
} from './architecture/rules.ts';
import { readSource, type Source } from './architecture/source.ts';

const checkout = join(import.meta.dirname, '..');
const src = readFolder('src');

suite('the house', () => {
  test('the scanner has read every file to its end, and no import less than a plain search finds', () => {
    for (const { path, text, code, imports } of src) {
      assert.equal(code.trimEnd().length, text.trimEnd().length, path);
      const plain = text.match(/^(?:import|export|\}).* from '[^']+';$/gm) ?? [];
      assert.ok(imports.length >= plain.length, `${path}: ${imports.length} of ${plain.length}`);
    }
  });
  test('each folder imports what the table allows', (t) => {
    t.diagnostic(`${src.length} files of src, ${src.reduce((sum, { imports }) => sum + imports.length, 0)} imports`);
    assert.ok(src.length > 50 && src.some(({ imports }) => imports.length > 5), 'the files were not read');
    assert.deepEqual(checkImports(src), []);
  });
  test('no import leads back to its own file', () => assert.deepEqual(checkCycles(src), []));
  test(`no file is over ${LINE_LIMIT} lines`, () => {
    assert.deepEqual(checkLines([...src, ...readFolder('test'), ...readFolder('bench'), ...readFolder('scripts')]), []);
  });
  test('no default export, no export of everything', () => assert.deepEqual(checkExports(src), []));
  test('every file has its header', () => assert.deepEqual(checkHeaders(src), []));
  test('no check is switched off', () => assert.deepEqual(checkSuppressions(src), []));
  test('below the adapters: no clock, no chance, no timer, no output, no promise', () => {
    assert.deepEqual(checkGlobals(src), []);
  });
});

suite('the rules can fail', () => {
  const refused: readonly (readonly [
    rule: string,
    check: (sources: readonly Source[]) => readonly Breach[],
    files: Readonly<Record<string, string>>,
    breach: RegExp,
  ])[] = [
    [
      'a folder above',
      checkImports,
      { 'src/wire/a.ts': `import { b } from '../record/b.ts';`, 'src/record/b.ts': '' },
      /wire may not import src\/record\/b\.ts/,
    ],
    [
      'a type from above',
      checkImports,
      { 'src/keys/a.ts': `import type { B } from '../connection/b.ts';`, 'src/connection/b.ts': '' },
      /keys may not/,
    ],
    [
      'an inline type from above',
      checkImports,
      { 'src/keys/a.ts': `type B = import('../record/b.ts').B;`, 'src/record/b.ts': '' },
      /keys may not/,
    ],
    [
      'a re-export from above',
      checkImports,
      { 'src/wire/a.ts': `export {\n  b,\n} from\n  "../record/b.ts";`, 'src/record/b.ts': '' },
      /wire may not/,
    ],
    [
      'an import for its effect',
      checkImports,
      { 'src/wire/a.ts': `import '../record/b.ts';`, 'src/record/b.ts': '' },
      /wire may not/,
    ],
    [
      'another machine',
      checkImports,
      { 'src/handshake/client13/a.ts': `import { b } from '../server13/b.ts';`, 'src/handshake/server13/b.ts': '' },
      /client13 may not/,
    ],
    [
      'the record layer from a machine',
      checkImports,
      { 'src/handshake/client13/a.ts': `import { b } from '../../record/b.ts';`, 'src/record/b.ts': '' },
      /client13 may not/,
    ],
    [
      'the other role from an opening',
      checkImports,
      { 'src/handshake/client/a.ts': `import { b } from '../server13/b.ts';`, 'src/handshake/server13/b.ts': '' },
      /client may not/,
    ],
    [
      'the default provider from the schedule',
      checkImports,
      { 'src/keys/a.ts': `import { b } from '../crypto/noble/b.ts';`, 'src/crypto/noble/b.ts': '' },
      /keys may not/,
    ],
    [
      'noble outside its folder',
      checkImports,
      { 'src/keys/a.ts': `import { sha256 } from '@noble/hashes/sha2.js';` },
      /keys may not import @noble/,
    ],
    [
      'pkijs where every client loads it',
      checkImports,
      { 'src/certs/verifier.ts': `import { CRL } from 'pkijs';` },
      /certs may not import pkijs/,
    ],
    [
      'node in the core',
      checkImports,
      { 'src/crypto/noble/a.ts': `import { createHash } from 'node:crypto';` },
      /may not import node:crypto/,
    ],
    [
      'node in a general adapter',
      checkImports,
      { 'src/adapters/pump.ts': `import net from 'node:net';` },
      /adapters may not import node:net/,
    ],
    [
      'the native provider in a general adapter',
      checkImports,
      { 'src/adapters/pump.ts': `import { b } from '../crypto/node/b.ts';`, 'src/crypto/node/b.ts': '' },
      /adapters may not/,
    ],
    [
      'an adapter in the main entry',
      checkImports,
      {
        'src/index.ts': `export { connect } from './adapters/node-tls.ts';`,
        'src/adapters/node-tls.ts': '',
      },
      /may not import src\/adapters/,
    ],
    [
      'an entry file from inside',
      checkImports,
      { 'src/cli/a.ts': `import { b } from '../index.ts';`, 'src/index.ts': '' },
      /cli may not import src\/index\.ts/,
    ],
    ['a folder that has no row', checkImports, { 'src/utils/a.ts': '' }, /no folder utils/],
    [
      'an import without its ending',
      checkImports,
      { 'src/wire/a.ts': `import { b } from './b';`, 'src/wire/b.ts': '' },
      /is not a file of src/,
    ],
    [
      'a cycle of two',
      checkCycles,
      { 'src/wire/a.ts': `import './b.ts';`, 'src/wire/b.ts': `import type { A } from './a.ts';` },
      /src\/wire\/a\.ts → src\/wire\/b\.ts → src\/wire\/a\.ts/,
    ],
    [
      'a cycle of three across folders',
      checkCycles,
      { 'src/x/a.ts': `import '../y/b.ts';`, 'src/y/b.ts': `import './c.ts';`, 'src/y/c.ts': `import '../x/a.ts';` },
      /cycle/,
    ],
    ['501 lines', checkLines, { 'src/wire/a.ts': 'x;\n'.repeat(501) }, /501 lines/],
    ['a default export', checkExports, { 'src/wire/a.ts': 'export default 1;' }, /default export/],
    [
      'a default export by name',
      checkExports,
      { 'src/wire/a.ts': 'const a = 1; export { a as default };' },
      /default export/,
    ],
    ['a barrel', checkExports, { 'src/index.ts': `export * from './wire/a.ts';` }, /export of everything/],
    [
      'no header',
      checkHeaders,
      { 'src/wire/a.ts': 'export const a = 1;\n/**\n * Late.\n *\n * @module\n */\n' },
      /no header/,
    ],
    [
      'a header without @module',
      checkHeaders,
      { 'src/wire/a.ts': '/**\n * What.\n */\nexport const a = 1;\n' },
      /no header/,
    ],
    ['a suppression', checkSuppressions, { 'src/wire/a.ts': '// @ts-ignore\nlet a;' }, /@ts-ignore/],
  ];
  for (const [rule, check, files, breach] of refused) {
    test(rule, () => {
      const breaches = check(Object.entries(files).map(([path, text]) => readSource(path, text)));
      assert.equal(breaches.length, 1, breaches.join('\n'));
      assert.match(breaches[0] ?? '', breach);
    });
  }

  for (const use of [
    'Buffer.from(a)',
    'process.env',
    'console.log(a)',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'setImmediate(f)',
    'queueMicrotask(f)',
    'Date.now()',
    'Math.random()',
    'new Date()',
    'new Date',
    'Date()',
    'performance.now()',
    'crypto.getRandomValues(a)',
    'globalThis.crypto',
    'const { getRandomValues } = c',
    'async () => 1',
    'Promise.resolve()',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template to be found
    '`${process.pid}`',
  ]) {
    test(`${use} in the core`, () => {
      assert.equal(checkGlobals([readSource('src/record/a.ts', `${use};\n`)]).length, 1);
    });
  }
});

suite('the rules let pass', () => {
  test('what the table allows', () => {
    const files = {
      'src/errors/e.ts': '',
      'src/params/p.ts': `import '../errors/e.ts';`,
      'src/wire/w.ts': `import '../params/p.ts'; import { e } from '../errors/e.ts';`,
      'src/certs/encrypted-keys.ts': `import * as pkijs from 'pkijs';`,
      'src/crypto/node/a.ts': `import { createHash } from 'node:crypto';`,
      'src/adapters/node-tls.ts': `import net from 'node:net'; import { p } from '../crypto/node/a.ts';`,
    };
    assert.deepEqual(checkImports(Object.entries(files).map(([path, text]) => readSource(path, text))), []);
  });

  for (const harmless of [
    '// process.exit, console.log',
    '/* Date.now() */',
    `'Math.random()'`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template to be let pass
    '`setTimeout(${a}) process`',
    'a.process()',
    'const o = { console: 1 }',
    'new Date(clock())',
    'type P = Promise<void>',
    `a / 2; // don't`,
    `/'process/.test(a)`,
    'interface A { process?: string }',
    'a.setTimeout(1)',
    'crypto.aead(suite)',
  ]) {
    test(harmless, () => assert.deepEqual(checkGlobals([readSource('src/record/a.ts', `${harmless};\n`)]), []));
  }

  test('the defaults of a config, and the clock of an adapter for Node', () => {
    const defaults = 'Date.now(); globalThis.crypto.getRandomValues(a);';
    assert.deepEqual(checkGlobals([readSource('src/connection/config.ts', defaults)]), []);
    assert.deepEqual(
      checkGlobals([readSource('src/adapters/node-tls.ts', 'Buffer.from(process.pid + Date.now())')]),
      [],
    );
  });
});

function readFolder(folder: string): readonly Source[] {
  const root = join(checkout, folder);
  if (!existsSync(root)) return [];
  return (
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      // What the benchmarks install is not ours.
      .filter((name) => name.endsWith('.ts') && !name.startsWith('node_modules'))
      .map((name) => readSource(`${folder}/${name.replaceAll('\\', '/')}`, readFileSync(join(root, name), 'utf8')))
  );
}
