import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALERTS, alertName } from '../../src/errors/alerts.ts';
import { fail, TlsError } from '../../src/errors/errors.ts';
import { ALERT_FOR, REFUSALS } from '../../src/errors/refusals.ts';

test('every code names an alert of the registry, or none', (t) => {
  for (const [code, alert] of Object.entries(ALERT_FOR)) assert.ok(alert === null || alert in ALERTS, code);
  t.diagnostic(`${Object.keys(REFUSALS).length} error codes`);
});

test('fail throws a TlsError with the code, its alert, its section and the detail', () => {
  assert.throws(
    () => fail('ERR_TLS_BAD_FINISHED', '31 bytes'),
    (error) =>
      error instanceof TlsError &&
      error.code === 'ERR_TLS_BAD_FINISHED' &&
      error.alert === 'decrypt_error' &&
      error.section === 'RFC 9846 §4.5.3' &&
      error.message.endsWith('(31 bytes)'),
  );
});

test('alert numbers map back to their names', () => {
  assert.equal(alertName(116), 'certificate_required');
  assert.equal(alertName(255), null);
});
