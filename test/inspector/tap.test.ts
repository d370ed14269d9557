import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { explain, titleOf } from '../../src/inspector/explain.ts';
import { drawSighting, type Paint } from '../../src/inspector/flow.ts';
import { createTap, type Sighting, type Tap } from '../../src/inspector/tap.ts';
import { rfc8448Steps, type TraceStep, toHex } from '../vectors/load.ts';

const LABELS: Readonly<Record<string, string>> = {
  'c hs traffic': 'CLIENT_HANDSHAKE_TRAFFIC_SECRET',
  's hs traffic': 'SERVER_HANDSHAKE_TRAFFIC_SECRET',
  'c ap traffic': 'CLIENT_TRAFFIC_SECRET_0',
  's ap traffic': 'SERVER_TRAFFIC_SECRET_0',
};

/** The key log that the RFC's endpoints would have written. */
function keyLogOf(steps: readonly TraceStep[]): readonly string[] {
  return steps.flatMap((step) => {
    const label = LABELS[/"tls13 (. .. traffic)"/.exec(step.title)?.[1] ?? ''];
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

for (const section of [3, 5]) {
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
      titles.filter((title) => /Hello|Finished|close/.test(title)),
      section === 3
        ? [
            'client ClientHello',
            'server ServerHello',
            'server Finished',
            'client Finished',
            'client alert close_notify',
            'server alert close_notify',
          ]
        : [
            'client ClientHello',
            'server HelloRetryRequest',
            'client ClientHello',
            'server ServerHello',
            'server Finished',
            'client Finished',
            'client alert close_notify',
            'server alert close_notify',
          ],
    );
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
