import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CONTENT_TYPE, HANDSHAKE_TYPE } from '../../src/params/registries.ts';
import { decodeHandshake, encodeHandshake } from '../../src/wire/message.ts';
import { decodeRecordHeader, RECORD_HEADER_LENGTH } from '../../src/wire/record.ts';
import { fromHex } from '../vectors/load.ts';
import { skipWithoutVectors } from '../vectors/third-party.ts';
import { outcomeOf } from './read-all.ts';
import { KNOWN, refusalsOf } from './verdict.ts';

interface Capture {
  readonly connections: readonly {
    readonly sni: string | null;
    readonly flights: readonly { readonly side: 'client' | 'server'; readonly hex: string }[];
  }[];
}

/** The unencrypted hellos that one side sends: handshake records until anything else comes. */
function hellos(stream: Uint8Array): readonly Uint8Array[] {
  const payload: number[] = [];
  for (let at = 0; at + RECORD_HEADER_LENGTH <= stream.length; ) {
    const { type, length } = decodeRecordHeader(stream, at);
    if (type !== CONTENT_TYPE.handshake) break;
    payload.push(...stream.subarray(at + RECORD_HEADER_LENGTH, at + RECORD_HEADER_LENGTH + length));
    at += RECORD_HEADER_LENGTH + length;
  }
  const messages: Uint8Array[] = [];
  for (let at = 0; at + 4 <= payload.length; ) {
    const [type = 0, a = 0, b = 0, c = 0] = payload.slice(at, at + 4);
    const end = at + 4 + ((a << 16) | (b << 8) | c);
    const isHello = type === HANDSHAKE_TYPE.client_hello || type === HANDSHAKE_TYPE.server_hello;
    if (!isHello || end > payload.length) break;
    messages.push(Uint8Array.from(payload.slice(at, end)));
    at = end;
  }
  return messages;
}

test('hellos of real peers decode, are read and encode to the same bytes', (t) => {
  const folder = skipWithoutVectors(t, 'captures');
  if (folder === null) return;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  const counts = new Map<string, number>();
  for (const file of files.sort()) {
    const capture = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Capture;
    for (const { flights, sni } of capture.connections) {
      for (const side of ['client', 'server'] as const) {
        const sent = flights.filter((flight) => flight.side === side).map(({ hex }) => hex);
        for (const raw of hellos(fromHex(sent.join('')))) {
          const message = decodeHandshake(raw);
          assert.deepEqual(encodeHandshake(message), raw, file);
          assert.equal(outcomeOf(raw, KNOWN), null, file);
          assert.deepEqual(refusalsOf(raw, KNOWN), [], file);
          counts.set(message.type, (counts.get(message.type) ?? 0) + 1);
          if (message.type === 'client_hello' && sni !== null) {
            assert.ok(Buffer.from(raw).includes(sni), file);
          }
        }
      }
    }
  }
  assert.ok((counts.get('client_hello') ?? 0) >= 15 && (counts.get('server_hello') ?? 0) >= 15);
  const figures = [...counts].map(([type, count]) => `${count} ${type}`).join(', ');
  t.diagnostic(`wire captures: ${figures} in ${files.length} captures`);
});
