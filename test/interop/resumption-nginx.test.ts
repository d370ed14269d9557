/**
 * Resumption with nginx: its ticket keys in a file, so that we resume with another process of it.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isotls } from '../cli/in-process.ts';
import { hasTool, makeAuthority, startNginx } from '../peers.ts';
import { ownProvider, testWithBoth } from './own-provider.ts';
import { assertFull, assertResumed, connectOwn, type Facts, scratch } from './resumption-ends.ts';

testWithBoth('we resume with an nginx that has started again with the same ticket keys, with early data', async (t) => {
  const authority = makeAuthority(t);
  if (authority === null || !hasTool(t, 'nginx')) return;
  const file = scratch();
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
  // By URL, and with stdin open: a client that leaves first may get no close_notify from nginx.
  const visit = async (port: number, more: readonly string[] = []): ReturnType<typeof connectOwn> => {
    const own = ['--json', '--provider', ownProvider().name, ...args, ...more];
    const result = await isotls(['connect', `https://localhost:${port}/`, ...own]);
    assert.equal(result.code, 0, result.stderr);
    return { facts: JSON.parse(result.stderr) as Facts, text: result.stdout.toString() };
  };
  const before = await startNginx(t, options);
  const first = await visit(before.port);
  assertFull(first.facts);
  assert.match(first.text, /^X-Session: \.\r?$/m);
  await before.stop();

  const after = await startNginx(t, options);
  const second = await visit(after.port, ['--session-in', file('s')]);
  assertResumed(second.facts);
  assert.match(second.text, /^X-Session: r\r?$/m);
  // Early data go only under the protocol of the session, which for a URL is this one.
  const early = ['--alpn', 'http/1.1', '--session-in', file('s'), '--early-data', file('request')];
  // nginx says that data were early only while the handshake is under way: not when our Finished is there before its answer.
  for (let turn = 1; ; turn++) {
    const third = await connectOwn(after.port, [...args, ...early], null);
    assertResumed(third.facts, true);
    assert.match(third.text, /^X-Session: r1?\r?$/m);
    assert.match(third.text, /a page of nginx/);
    if (/^X-Session: r1/m.test(third.text)) break;
    assert.ok(turn < 8, 'nginx has not once said that data were early');
  }
});
