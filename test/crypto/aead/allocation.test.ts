import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONTEXTS } from './contexts.ts';

test('a record allocates next to nothing', (t) => {
  const output = execFileSync(
    process.execPath,
    [
      '--expose-gc',
      '--min-semi-space-size=128',
      '--max-semi-space-size=128',
      '--import',
      'tsx',
      join(import.meta.dirname, 'allocation.ts'),
    ],
    { encoding: 'utf8' },
  );
  const results = JSON.parse(output) as { label: string; allocated: number; kept: number }[];
  assert.equal(results.length, CONTEXTS.length);
  for (const { label, allocated, kept } of results) {
    assert.ok(allocated < 64, `${label}: ${allocated} bytes allocated per record`);
    assert.ok(kept < 8, `${label}: ${kept} bytes kept per record`);
  }
  const most = Math.max(...results.map(({ allocated }) => allocated));
  t.diagnostic(`${results.length} AEADs: at most ${most.toFixed(2)} bytes of heap per record sealed and opened`);
});
