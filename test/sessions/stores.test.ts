import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAntiReplay } from '../../src/sessions/anti-replay.ts';
import { createClientSessionStore } from '../../src/sessions/client-store.ts';
import { createServerSessionStore } from '../../src/sessions/server-store.ts';
import type { ClientSession, ServerSession } from '../../src/sessions/session.ts';

const START = Date.UTC(2026, 10, 22);
const WINDOW = 10_000;

function claim(key: number, now: number, off = 0) {
  return { key: Uint8Array.of(key >> 8, key), expectedArrival: now + off, now, maxEarlyData: 1 };
}

test('§8.2: a claim is admitted once, however late within its window it is made again', () => {
  const store = createAntiReplay({ since: START });
  const now = START + 60_000;
  assert.equal(store.admit(claim(1, now)), true);
  assert.equal(store.admit(claim(1, now)), false);
  for (const later of [1, WINDOW - 1, WINDOW]) {
    assert.equal(store.admit({ ...claim(1, now), now: now + later }), false, `${later} ms`);
  }
  assert.equal(store.admit(claim(2, now + WINDOW)), true, 'another binder');
});

test('§8.3: what is early or late by more than the window is refused, to the millisecond', () => {
  const now = START + 60_000;
  for (const [off, admitted] of [
    [-WINDOW - 1, false],
    [-WINDOW, true],
    [0, true],
    [WINDOW, true],
    [WINDOW + 1, false],
  ] as const) {
    assert.equal(createAntiReplay({ since: START }).admit(claim(1, now, off)), admitted, `${off} ms`);
  }
});

test('§8.2: nothing is admitted while the window reaches back before the start', () => {
  for (const [after, admitted] of [
    [0, false],
    [WINDOW - 1, false],
    [WINDOW, true],
  ] as const) {
    assert.equal(createAntiReplay({ since: START }).admit(claim(1, START + after)), admitted, `${after} ms`);
  }
});

test('what can no longer be replayed makes room; a store that is full admits nothing', () => {
  const store = createAntiReplay({ since: START, capacity: 3 });
  const now = START + 60_000;
  assert.deepEqual(
    [1, 2, 3, 4].map((key) => store.admit(claim(key, now))),
    [true, true, true, false],
  );
  assert.equal(store.admit(claim(5, now + 2 * WINDOW)), false);
  assert.equal(store.admit(claim(5, now + 2 * WINDOW + 1)), true);
});

test('a store of sessions finds without removing, and lets the oldest go', () => {
  const store = createServerSessionStore(2);
  const [a, b, c] = [1, 2, 3].map((id) => Uint8Array.of(id));
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  for (const id of [a, b, c]) store.add(id, { id } as ServerSession);
  assert.equal(store.find(a), null);
  assert.equal(store.find(b)?.id, b);
  assert.equal(store.find(b)?.id, b);
  store.remove(b);
  assert.equal(store.find(b), null);
  assert.equal(store.find(c)?.id, c);
});

test('a client’s store gives each session once, the youngest first, and keeps its bounds', () => {
  const store = createClientSessionStore(2, 2);
  const session = (name: string, lifetime: number) => ({ name, lifetime }) as ClientSession;
  for (const lifetime of [1, 2, 3]) store.add(session('a', lifetime));
  assert.deepEqual(
    [store.take('a'), store.take('a'), store.take('a')].flat().map((one) => one.lifetime),
    [3, 2],
  );
  for (const name of ['b', 'c', 'd']) store.add(session(name, 1));
  assert.deepEqual(
    ['b', 'c', 'd'].map((name) => store.take(name).length),
    [0, 1, 1],
  );
});
