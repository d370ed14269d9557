/**
 * Resumption with nginx: its ticket keys in a file, so that we resume with another process of it.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { hasTool, makeAuthority, startNginx } from '../peers.ts';
import { assertFull, assertResumed, connectOwn, scratch } from './resumption-ends.ts';

test('we resume with an nginx that has started again with the same ticket keys, with early data', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null || !hasTool(t, 'nginx')) return;
  const file = scratch(t);
  writeFileSync(file('keys'), randomBytes(80));
  writeFileSync(file('request'), 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n');
  const options = {
    credential: authority.server(),
    page: 'a page of nginx\n',
    lines: [
      'ssl_session_cache off;',
      `ssl_session_ticket_key ${file('keys')};`,
      'ssl_early_data on;',
      'add_header X-Session "$ssl_session_reused$ssl_early_data";',
    ],
  };
  const args = ['--ca', authority.ca, '--session-out', file('s')];
  const request = 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n';
  const before = await startNginx(t, options);
  const first = await connectOwn(before.port, args, request);
  assertFull(first.facts);
  assert.match(first.text, /^X-Session: \.\r?$/m);
  await before.stop();

  const after = await startNginx(t, options);
  const second = await connectOwn(after.port, [...args, '--session-in', file('s')], request);
  assertResumed(second.facts);
  assert.match(second.text, /^X-Session: r\r?$/m);
  const third = await connectOwn(after.port, [...args, '--session-in', file('s'), '--early-data', file('request')]);
  assertResumed(third.facts, true);
  assert.match(third.text, /^X-Session: r1\r?$/m);
  assert.match(third.text, /a page of nginx/);
});
