import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutationsOf } from './mutations.ts';
import { outcomeOf } from './read-all.ts';
import { fullMessages, rfc8448Messages } from './samples.ts';
import { refusalsOf } from './verdict.ts';

test('every mutation of every message ends as it must', (t) => {
  const counts = { mutations: 0, accepted: 0, messages: 0 };
  const alerts = new Map<string, number>();
  for (const { name, raw, asked } of [...rfc8448Messages(), ...fullMessages()]) {
    counts.messages++;
    for (const mutation of mutationsOf(raw, asked)) {
      counts.mutations++;
      const where = `${name}: ${mutation.name}`;
      const error = outcomeOf(mutation.raw, asked);
      if (mutation.expected.length === 0) {
        counts.accepted++;
        assert.equal(error, null, where);
        continue;
      }
      const allowed = mutation.expected.map(({ code, alert }) => `${code} ${alert}`);
      const seen = error === null ? 'accepted' : `${error.code} ${error.alert}`;
      assert.ok(allowed.includes(seen), `${where}: ${seen}, not ${allowed.join(' or ')}`);
      alerts.set(String(error?.alert), (alerts.get(String(error?.alert)) ?? 0) + 1);
    }
  }
  assert.ok(counts.mutations > 10_000 && counts.accepted > 500, JSON.stringify(counts));
  const refused = [...alerts].map(([alert, count]) => `${count} ${alert}`).join(', ');
  t.diagnostic(
    `wire mutations: ${counts.mutations} of ${counts.messages} messages, ${counts.accepted} accepted, ${refused}`,
  );
});

test('the grammar agrees where the mutation itself tells the outcome', (t) => {
  let compared = 0;
  for (const { name, raw, asked } of [...rfc8448Messages(), ...fullMessages()]) {
    for (const mutation of mutationsOf(raw, asked)) {
      if (mutation.by === 'grammar') continue;
      compared++;
      assert.deepEqual(refusalsOf(mutation.raw, asked), mutation.expected, `${name}: ${mutation.name}`);
    }
  }
  t.diagnostic(`wire mutations: ${compared} expectations by construction`);
});

test('an answer is refused for what was not asked, whatever is asked instead', () => {
  const [serverHello] = fullMessages().filter(({ name }) => name === 'full server_hello');
  assert.ok(serverHello !== undefined);
  assert.equal(outcomeOf(serverHello.raw, new Set([41, 43, 51])), null);
  assert.equal(outcomeOf(serverHello.raw, new Set([43, 51]))?.code, 'ERR_TLS_UNSOLICITED_EXTENSION');
});
