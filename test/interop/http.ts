/**
 * Just enough HTTP/1.1 to carry payloads through peers that speak nothing else: POST with a body, answered with the same body.
 *
 * @see RFC 9112 §6.3 (Message Body Length)
 * @module
 */
import assert from 'node:assert/strict';
import type { OwnEnd } from './own-end.ts';
import { sameBytes } from './suite.ts';

interface Message {
  readonly start: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
}

/** Sends each payload as a request and expects it back; the last asks to close. Returns the last answer's headers. */
export async function postPayloads(
  own: OwnEnd,
  payloads: readonly Uint8Array[],
  between: () => void,
): Promise<ReadonlyMap<string, string>> {
  let headers: ReadonlyMap<string, string> = new Map();
  for (const payload of payloads) {
    const connection = payload === payloads.at(-1) ? 'close' : 'keep-alive';
    const fields = `Host: localhost\r\nConnection: ${connection}\r\nContent-Length: ${payload.length}`;
    await own.write(Buffer.concat([Buffer.from(`POST / HTTP/1.1\r\n${fields}\r\n\r\n`, 'latin1'), payload]));
    const answer = await readMessage(own);
    assert.match(answer?.start ?? 'nothing', /^HTTP\/1\.1 200 /);
    sameBytes(answer?.body ?? new Uint8Array(0), payload);
    headers = answer?.headers ?? headers;
    if (payload === payloads[0]) between();
  }
  return headers;
}

/** Answers so many requests with their own bodies; the last answer lasts until the connection is closed. */
export async function answerPosts(own: OwnEnd, count: number, between: () => void): Promise<void> {
  for (let answered = 1; answered <= count; answered += 1) {
    const request = await readMessage(own);
    if (request === null) return;
    assert.match(request.start, /^POST /);
    const length = answered === count ? 'Connection: close' : `Content-Length: ${request.body.length}`;
    await own.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${length}\r\n\r\n`, 'latin1'), request.body]));
    if (answered === 1) between();
  }
}

/** Null at the end of the data. */
async function readMessage(own: OwnEnd): Promise<Message | null> {
  let text = '';
  while (!text.endsWith('\r\n\r\n')) {
    const byte = await own.readExactly(1).catch(() => null);
    if (byte === null) return null;
    text += String.fromCharCode(byte[0] ?? 0);
  }
  const [start = '', ...lines] = text.trimEnd().split('\r\n');
  const headers = new Map(
    lines.map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name.toLowerCase(), value.join(':').trim()] as const;
    }),
  );
  return { start, headers, body: await own.readExactly(Number(headers.get('content-length') ?? 0)) };
}
