/**
 * `connect --trace`: what a capture of the connection shows, drawn while it goes by.
 *
 * The bytes are those of the socket, opened with the key log: nobody's account of the connection is relied on.
 *
 * @see RFC 9846 §2 (Protocol Overview), RFC 5246 §7.3; RFC 9850 (key log)
 * @module
 */
import type { TlsStream } from '../adapters/node-stream.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import { TlsError } from '../errors/errors.ts';
import { drawHead, drawLegend, drawSighting } from '../inspector/flow.ts';
import type { Sender } from '../inspector/sighting.ts';
import { createTap } from '../inspector/tap.ts';

/** Draws the flow of a client's stream that is not connected yet, and whose key-log events are on. */
export function traceFlow(stream: TlsStream, write: (text: string) => void): void {
  const { socket } = stream;
  const tap = createTap(nobleProvider);
  const seen: { readonly from: Sender; readonly bytes: Uint8Array }[] = [];
  const plain = (_style: string, text: string): string => text;
  let headed = false;

  // The key that opens bytes is logged in the same turn as they come or go: they are looked at behind it.
  const note = (from: Sender, bytes: Uint8Array): void => {
    seen.push({ from, bytes: bytes.slice() });
    if (seen.length === 1) queueMicrotask(draw);
  };

  const send = socket.write.bind(socket) as (chunk: Uint8Array) => boolean;
  socket.write = (chunk: Uint8Array): boolean => {
    note('client', chunk);
    return send(chunk);
  };
  // A socket gives what it reads to the stream, or where the runtime knows no such way, in `data` events.
  const receive = stream.received.bind(stream);
  stream.received = (bytes): void => {
    note('server', bytes);
    receive(bytes);
  };
  socket.once('connect', () => socket.prependListener('data', (bytes: Uint8Array) => note('server', bytes)));
  stream.on('keylog', (line: Buffer) => tap.keyLog(line.toString('latin1').trim()));

  function draw(): void {
    if (!headed) write(`${drawLegend(plain)}${drawHead(plain)}`);
    headed = true;
    for (const { from, bytes } of seen.splice(0)) {
      try {
        for (const sighting of tap.see(from, bytes)) write(drawSighting(sighting, plain));
      } catch (error) {
        // What does not decode is the connection's to refuse.
        if (!(error instanceof TlsError)) throw error;
        write(`  ${error.code}: ${error.message}\n`);
      }
    }
  }
}
