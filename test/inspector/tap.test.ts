import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { explain, titleOf } from '../../src/inspector/explain.ts';
import { align, drawNarrow, drawPair, drawSighting, PAIR_COLUMNS, type Paint } from '../../src/inspector/flow.ts';
import type { Sighting } from '../../src/inspector/sighting.ts';
import { createTap, type Tap } from '../../src/inspector/tap.ts';
import { rfc8448Steps, type TraceStep, toHex } from '../vectors/load.ts';

const LABELS: Readonly<Record<string, string>> = {
  'c e traffic': 'CLIENT_EARLY_TRAFFIC_SECRET',
  'c hs traffic': 'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  's hs traffic': 'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'c ap traffic': 'CLIENT_TRAFFIC_SECRET_0',
  's ap traffic': 'SERVER_TRAFFIC_SECRET_0',
};

/** The key log that the RFC's endpoints would have written. */
function keyLogOf(steps: readonly TraceStep[]): readonly string[] {
  return steps.flatMap((step) => {
    const label = LABELS[/"tls13 (. (?:hs|ap|e) traffic)"/.exec(step.title)?.[1] ?? ''];
    return label === undefined ? [] : [`${label} ${'00'.repeat(32)} ${toHex(step.value('expanded'))}`];
  });
}

function recordsOf(steps: readonly TraceStep[]): readonly TraceStep[] {
  return steps.filter((step) => step.has('complete record'));
}

function createLoggedTap(steps: readonly TraceStep[]): Tap {
  const tap = createTap(nobleProvider);
  for (const line of keyLogOf(steps)) tap.keyLog(line);
  return tap;
}

function bytesOf(seen: readonly Sighting[]): string {
  return seen
    .map((sighting) => {
      if (sighting.kind === 'message') return toHex(sighting.message.raw);
      return sighting.kind === 'data' ? toHex(sighting.data) : '';
    })
    .join('');
}

const TITLES = {
  3: [
    'client ClientHello',
    'server ServerHello',
    'server Finished',
    'client Finished',
    'client alert close_notify',
    'server alert close_notify',
  ],
  4: [
    'client ClientHello',
    'server ServerHello',
    'server Finished',
    'client EndOfEarlyData',
    'client Finished',
    'client alert close_notify',
    'server alert close_notify',
  ],
  5: [
    'client ClientHello',
    'server HelloRetryRequest',
    'client ClientHello',
    'server ServerHello',
    'server Finished',
    'client Finished',
    'client alert close_notify',
    'server alert close_notify',
  ],
} as const;

for (const section of [3, 4, 5] as const) {
  test(`RFC 8448 §${section}: every record opens to the payload that the RFC prints`, (t) => {
    const steps = rfc8448Steps(section);
    const tap = createLoggedTap(steps);
    const seen: Sighting[] = [];
    let compared = 0;
    for (const step of recordsOf(steps)) {
      const found = tap.see(step.side, step.value('complete record'));
      seen.push(...found);
      const [first] = found;
      if (first?.kind === 'alert') {
        assert.equal(toHex(step.value('payload')), `01${first.description.toString(16).padStart(2, '0')}`);
      } else assert.equal(bytesOf(found), toHex(step.value('payload')), `step ${step.step}`);
      compared += 1;
    }
    assert.ok(compared >= 8);
    const titles = seen.map((sighting) => `${sighting.from} ${titleOf(sighting)}`);
    assert.deepEqual(
      titles.filter((title) => /Hello|Finished|Early|close/.test(title)),
      TITLES[section],
    );
    if (section === 4) {
      assert.deepEqual(
        seen.filter(({ protection }) => protection === 'early').map((sighting) => titleOf(sighting)),
        ['application data', 'EndOfEarlyData'],
      );
    }
    t.diagnostic(`tap: RFC 8448 §${section}, ${compared} records opened and compared`);
  });
}

test('one byte at a time gives the same sightings, and the same counts', () => {
  const steps = rfc8448Steps(3);
  const [whole, split] = [createLoggedTap(steps), createLoggedTap(steps)];
  const seen: { readonly whole: Sighting[]; readonly split: Sighting[] } = { whole: [], split: [] };
  for (const step of recordsOf(steps)) {
    const record = step.value('complete record');
    seen.whole.push(...whole.see(step.side, record));
    for (const byte of record) seen.split.push(...split.see(step.side, Uint8Array.of(byte)));
  }
  assert.deepEqual(seen.split, seen.whole);
  assert.deepEqual(split.count('server'), whole.count('server'));
  assert.deepEqual(whole.count('client'), { records: 4, encrypted: 3, bytes: 201 + 58 + 72 + 24 });
});

test('without the key log, or with a bit of a record changed, a record stays sealed', () => {
  const steps = rfc8448Steps(3);
  const blind = createTap(nobleProvider);
  const seen = recordsOf(steps).flatMap((step) => blind.see(step.side, step.value('complete record')));
  assert.deepEqual(
    seen.map((sighting) => sighting.kind),
    ['message', 'message', ...Array(7).fill('sealed')],
  );

  const tap = createLoggedTap(steps);
  for (const step of recordsOf(steps).slice(0, 2)) tap.see(step.side, step.value('complete record'));
  const record = recordsOf(steps)[2]?.value('complete record') ?? new Uint8Array(0);
  record[100] = (record[100] ?? 0) ^ 1;
  assert.deepEqual(
    tap.see('server', record).map(({ kind }) => kind),
    ['sealed'],
  );
});

test('early data stays sealed without its secret, and what follows is opened all the same', () => {
  const steps = rfc8448Steps(4);
  const tap = createTap(nobleProvider);
  for (const line of keyLogOf(steps)) if (!line.startsWith('CLIENT_EARLY')) tap.keyLog(line);
  const seen = recordsOf(steps).flatMap((step) => tap.see(step.side, step.value('complete record')));
  const sealed = seen.filter(({ kind }) => kind === 'sealed');
  assert.deepEqual(
    sealed.map(({ from, protection }) => `${from} ${protection}`),
    // EndOfEarlyData is under the early keys too, and comes when the handshake keys are known.
    ['client early', 'client handshake'],
  );
});

test('a conversation beside another: the same at the same height, in 78 columns or in 158', () => {
  const plain: Paint = (_, text) => text;
  const seenIn = (section: 3 | 4): readonly Sighting[] => {
    const steps = rfc8448Steps(section);
    const tap = createLoggedTap(steps);
    return recordsOf(steps).flatMap((step) => tap.see(step.side, step.value('complete record')));
  };
  const [full, resumed] = [seenIn(3), seenIn(4)];
  const pairs = align(full, resumed);
  assert.deepEqual(
    pairs.flatMap(([first]) => first ?? []),
    full,
  );
  assert.deepEqual(
    pairs.flatMap(([, second]) => second ?? []),
    resumed,
  );
  const titles = (side: 0 | 1): string[] =>
    pairs.flatMap((pair) => {
      const sighting = pair[side];
      return sighting !== null && pair[1 - side] === null ? [titleOf(sighting)] : [];
    });
  assert.deepEqual(titles(0), ['Certificate', 'CertificateVerify', 'NewSessionTicket']);
  assert.deepEqual(titles(1), ['application data', 'EndOfEarlyData']);

  for (const [columns, width, rows] of [
    [80, 78, 1],
    [PAIR_COLUMNS.whole, 158, 2],
  ] as const) {
    const lines = drawPair(full, resumed, columns, plain).trimEnd().split('\n');
    assert.equal(lines.length, 1 + rows * pairs.length);
    for (const line of lines) assert.equal(line.length, width, line);
  }
  for (const line of drawNarrow(resumed, plain).trimEnd().split('\n')) assert.equal(line.length, 38);
});

test('what is drawn is 78 columns wide, whatever there is to say', () => {
  const plain: Paint = (_, text) => text;
  const steps = rfc8448Steps(5);
  const tap = createLoggedTap(steps);
  for (const step of recordsOf(steps)) {
    for (const sighting of tap.see(step.side, step.value('complete record'))) {
      assert.ok(explain(sighting).length > 0);
      const lines = drawSighting(sighting, plain).trimEnd().split('\n');
      assert.deepEqual(
        lines.map((line) => line.length),
        [78, 78],
        lines.join('\n'),
      );
      assert.ok(lines[0]?.includes(sighting.from === 'client' ? '▶' : '◀'));
    }
  }
});
