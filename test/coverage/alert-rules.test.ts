/**
 * The table of alert rules against the text of RFC 9846 and against the tests that it names.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertRules } from './alert-rules.ts';
import { findTest } from './named-tests.ts';
import { readSentences } from './rfc-sentences.ts';
import type { AlertRule } from './rule.ts';
import { remarks } from './rules-record.ts';

test('every rule has tests that exist and end in its alert, or the reason why it has none', (t) => {
  assert.equal(new Set(alertRules.map(({ id }) => id)).size, alertRules.length, 'an id stands twice');
  for (const rule of alertRules) {
    if (!('tests' in rule)) {
      const reason = 'declined' in rule ? rule.declined : rule.unreachable;
      assert.ok(reason.length > 10, `${rule.id}: a reason is needed`);
      assert.ok(!('declined' in rule) || rule.level !== 'MUST', `${rule.id}: what must be done cannot be declined`);
      continue;
    }
    assert.ok(rule.tests.length > 0, `${rule.id} names no test`);
    assert.equal(
      new Set(rule.tests.map(({ name }) => name)).size,
      rule.tests.length,
      `${rule.id}: a test stands twice`,
    );
    assertTests(rule, rule.tests);
  }
  const tests = new Set(alertRules.flatMap((rule) => ('tests' in rule ? rule.tests.map(({ name }) => name) : [])));
  t.diagnostic(`alert rules of RFC 9846: ${summary()}; ${tests.size} tests named`);
  t.diagnostic(`\n${alertRules.map(describe).join('\n')}`);
});

test('every sentence of RFC 9846 that names an alert, or ends a connection, is in the table', (t) => {
  const sentences = readSentences();
  if (sentences === null) return t.skip('the text of RFC 9846 is not beside this checkout');
  const claimed = new Set([...alertRules, ...remarks].map(({ line }) => line));
  assert.deepEqual(
    sentences.filter(({ line }) => !claimed.has(line)).map(({ line, text }) => `${line}: ${text}`),
    [],
    'not in the table',
  );
  const byLine = new Map(sentences.map((sentence) => [sentence.line, sentence]));
  for (const { line, about } of remarks) assert.ok(byLine.has(line), `there is no sentence at line ${line}: ${about}`);
  for (const { id, line, section, level, alerts, unnamed } of alertRules) {
    const sentence = byLine.get(line);
    assert.ok(sentence !== undefined, `${id}: there is no sentence at line ${line}`);
    assert.equal(section, sentence.section, id);
    assert.equal(level === 'MUST', sentence.must, `${id}: ${level}`);
    assert.equal(unnamed === true, sentence.alerts.length === 0, `${id}: ${sentence.text}`);
    // An alert that is named is one of those that keep the rule; and if nothing is sent, none is prescribed.
    if (alerts.length > 0 && unnamed !== true) {
      assert.ok(
        alerts.some((alert) => sentence.alerts.includes(alert)),
        `${id}: ${sentence.text}`,
      );
    }
  }
  // A sentence that obliges cannot be passed over as a remark.
  const obliging = remarks.filter(({ line }) => byLine.get(line)?.must && byLine.get(line)?.alerts.length !== 0);
  assert.deepEqual(obliging, []);

  const naming = sentences.filter(({ alerts }) => alerts.length > 0);
  t.diagnostic(
    `text of RFC 9846 §4 to §10: ${naming.length} sentences name an alert, ${naming.filter(({ must }) => must).length} of ` +
      `them with MUST; ${sentences.length - naming.length} more end a connection; none is unlisted`,
  );
});

/** Each test exists; those that are cases end in an alert of the rule, and come from all who have to act. */
function assertTests(rule: AlertRule, tests: readonly { readonly file: string; readonly name: string }[]): void {
  const roles = new Set<string>();
  for (const one of tests) {
    const found = findTest(one);
    assert.ok(found !== null, `${rule.id}: ${one.file} has no test "${one.name}"`);
    // What is not a case says in its own way who is tested.
    if (found.plain) {
      roles.add('client').add('server');
      continue;
    }
    const { alert, by } = found.refusal;
    roles.add(by);
    assert.ok(
      alert === null ? rule.alerts.length === 0 : rule.alerts.includes(alert),
      `${rule.id}: "${one.name}" ends in ${alert}`,
    );
  }
  const wanted = rule.by === 'both' ? ['client', 'server'] : [rule.by];
  assert.deepEqual(
    wanted.filter((role) => !roles.has(role)),
    [],
    `${rule.id}: nobody tests this role`,
  );
}

function summary(): string {
  const must = alertRules.filter(({ level }) => level === 'MUST');
  const tested = alertRules.filter((rule) => 'tests' in rule);
  const unreachable = alertRules.filter((rule) => 'unreachable' in rule);
  return (
    `${alertRules.length} rules (${must.length} MUST), ${tested.length} tested, ${unreachable.length} unreachable, ` +
    `${alertRules.length - tested.length - unreachable.length} optional and not done`
  );
}

function describe(rule: AlertRule): string {
  const alerts = alertsOf(rule);
  const head = `§${rule.section.padEnd(8)} ${rule.level.padEnd(6)} ${rule.by.padEnd(6)} ${alerts.padEnd(42)} ${rule.rule}`;
  return [head, ...evidence(rule).map((line) => `${' '.repeat(10)}${line}`)].join('\n');
}

function alertsOf({ alerts }: AlertRule): string {
  if (alerts.length === 0) return 'none';
  return alerts.length > 2 ? `${alerts[0]} or ${alerts.length - 1} others` : alerts.join(' or ');
}

function evidence(rule: AlertRule): readonly string[] {
  if ('unreachable' in rule) return [`unreachable: ${rule.unreachable}`];
  if ('declined' in rule) return [`not done: ${rule.declined}`];
  return [...new Set(rule.tests.map(({ file }) => file))].map((file) => {
    const names = rule.tests.filter((one) => one.file === file).map(({ name }) => `"${name}"`);
    return `${file}: ${names.join(', ')}`;
  });
}
