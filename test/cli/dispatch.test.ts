import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { oneLine } from '../../src/cli/facts.ts';
import { createResponseReader, getRequest } from '../../src/cli/http.ts';
import { run, runIsotls } from '../peers.ts';
import { isotls } from './in-process.ts';

test('help on stdout; without a command on stderr, with exit code 1', async () => {
  const help = await isotls(['help']);
  assert.equal(help.code, 0);
  for (const command of ['connect', 'serve', 'demo', 'ca'])
    assert.match(help.stdout.toString(), new RegExp(`isotls ${command}`));
  const nothing = await isotls([]);
  assert.equal(nothing.code, 1);
  assert.match(nothing.stderr, /isotls connect/);
  for (const command of ['connect', 'serve', 'demo']) {
    const topic = await isotls(['help', command]);
    assert.equal((await isotls([command, '--help'])).stdout.toString(), topic.stdout.toString());
  }
});

test('commands that do not exist, or not yet, are usage errors', async () => {
  for (const [argv, sentence] of [
    [['nonsense'], /^usage: there is no command nonsense/],
    [['inspect', 'x.pcap'], /^usage: inspect is not supported yet\n$/],
    [['demo', '--fast'], /^usage: .*--fast/],
    [['ca', 'nonsense'], /^usage: /],
  ] as const) {
    const result = await isotls(argv);
    assert.equal(result.code, 1);
    assert.match(result.stderr, sentence);
  }
});

test('the program: its first line, its exit code, and an output that nobody reads', async () => {
  const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');
  assert.match(readFileSync(main, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  const result = await runIsotls(['connect', 'nowhere:70000']);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /^usage: /);
  const piped = await run('sh', ['-c', `"${process.execPath}" --import tsx "${main}" demo | head -1`]);
  assert.equal(piped.stderr, '');
});

test('where a response ends', () => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc', true],
    ['HTTP/1.1 200 OK\r\ncontent-length:3\r\n\r\nab', false],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', true],
    ['HTTP/1.1 204 No Content\r\n\r\n', true],
    ['HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n', true],
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx', true],
    ['HTTP/1.1 100 Continue\r\n\r\n', false],
    ['HTTP/1.1 200 OK\r\n\r\nno length', false],
    ['HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n', false],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx', false],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n', false],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', false],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\nx', false],
    ['HTTP/1.0 200 ok\nContent-length: 2\n\nok', true],
    ['not HTTP at all', false],
  ];
  for (const [text, complete] of cases) {
    const [whole, split] = [createResponseReader(), createResponseReader()];
    whole.take(Buffer.from(text));
    for (const byte of Buffer.from(text)) split.take(Uint8Array.of(byte));
    assert.equal(whole.complete, complete, text);
    assert.equal(split.complete, complete, `${text}, byte by byte`);
  }
  assert.match(
    getRequest(new URL('https://example.com:8443/a?b=c#d')),
    /^GET \/a\?b=c HTTP\/1\.1\r\nHost: example\.com:8443\r\n/,
  );
});

test('what peers call themselves cannot move the cursor', () => {
  assert.equal(oneLine('CN=a\u001b[2Jb\nc\u202e'), 'CN=a\\u{1b}[2Jb\\u{a}c\\u{202e}');
});
