/**
 * `isotls connect`: stdin to a TLS peer, the peer to stdout, and what was agreed to stderr.
 *
 * @see RFC 9846 §6.1 (Closure Alerts); RFC 9112 §9.8 (TLS Connection Closure)
 * @module
 */
import { once } from 'node:events';
import { isIP } from 'node:net';
import { parseArgs } from 'node:util';
import type { TlsStream } from '../adapters/node-stream.ts';
import { TlsError } from '../errors/errors.ts';
import { CONNECT_OPTIONS, createVisits, firstOf, PATIENCE, type Visit } from './connect-visits.ts';
import { type Facts, factLines, factsOf } from './facts.ts';
import { describeFailure } from './failure.ts';
import { createResponseReader, getRequest } from './http.ts';
import { EXIT, type Io, UsageError } from './io.ts';
import { countOf, orUsage } from './options.ts';

export async function runConnect(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = orUsage(() =>
    parseArgs({ args: [...argv], options: CONNECT_OPTIONS, allowPositionals: true }),
  );
  const target = targetOf(positionals);
  const reconnects = countOf('reconnect', values.reconnect, 0, 10_000) ?? 0;
  const visit = createVisits(
    values,
    { ...target, alpn: target.url === null ? undefined : ['http/1.1'] },
    reconnects,
    io,
  );

  const first = visit();
  const over = endOf(first.stream);
  const traffic = target.url === null ? relay(first, io) : fetchOver(first, target.url, io);
  const error = await over;
  if (first.stream.info !== null) {
    const { keyUpdates, staple } = first;
    report(io, values.json === true, {
      ...factsOf(first.stream.info),
      ...(first.earlyData ? { earlyData: first.stream.earlyDataStatus } : {}),
      ...(values.ocsp === true ? { ocspStapleBytes: staple.bytes } : {}),
      tickets: first.tickets,
      keyUpdatesSent: keyUpdates.sent,
      keyUpdatesReceived: keyUpdates.received,
      bytesSent: traffic.sent,
      bytesReceived: traffic.received,
    });
  }
  if (error !== null && !(traffic.complete && isUnclean(error))) return failed(error, io);
  for (let turn = 1; turn <= reconnects && io.stop?.aborted !== true; turn++) {
    const failure = await reconnect(turn, visit(), values.json === true, io);
    if (failure !== null) return failed(failure, io);
  }
  return EXIT.done;
}

/** A connection that is there to be resumed: handshake, ticket, close; one line of what came of it. */
async function reconnect(turn: number, visit: Visit, json: boolean, io: Io): Promise<Error | null> {
  const { stream } = visit;
  const started = performance.now();
  let milliseconds = 0;
  const over = endOf(stream);
  stream.resume();
  stream.once('secureConnect', async () => {
    milliseconds = Math.round(performance.now() - started);
    await visit.ticket();
    stream.end();
    // Servers need not close because we do.
    setTimeout(() => stream.destroy(), PATIENCE).unref();
  });
  const error = await over;
  if (stream.info === null) return error ?? new TlsError('ERR_TLS_TRUNCATED_HANDSHAKE');
  const facts = factsOf(stream.info);
  const early = visit.earlyData ? { earlyData: stream.earlyDataStatus } : {};
  const line = json
    ? JSON.stringify({ reconnect: turn, ...facts, ...early, tickets: visit.tickets, milliseconds })
    : `reconnect ${turn}: ${lineOf(facts, early)}, ${milliseconds} ms`;
  io.stderr.write(`${line}\n`);
  return error === null || isUnclean(error) ? null : error;
}

function lineOf(facts: Facts, early: object): string {
  const { version, cipherSuite, group, resumed, psk } = facts;
  const shown = resumed ? 'resumed' : psk === null ? 'full handshake' : 'external key';
  const parts = Object.entries(early).map(([, status]) => `early data ${status}`);
  return [`${version} ${cipherSuite} ${group}`, shown, ...parts].join(', ');
}

function report(io: Io, json: boolean, summary: object): void {
  io.stderr.write(json ? `${JSON.stringify(summary)}\n` : factLines(summary));
}

function failed(error: Error, io: Io): number {
  const { code, line } = describeFailure(error);
  io.stderr.write(`${line}\n`);
  return code;
}

/** Plaintext bytes both ways, and whether what was asked for has come in full. */
interface Traffic {
  sent: number;
  received: number;
  complete: boolean;
}

/** Copies both ways until the peer closes. The end of stdin is our close_notify. */
function relay(visit: Visit, io: Io): Traffic {
  const { stream } = visit;
  const traffic = receiveInto(stream, io);
  io.stdin.on('data', (chunk: Buffer) => {
    traffic.sent += chunk.length;
  });
  io.stdin.pipe(stream, { end: false });
  io.stdin.once('end', async () => {
    if (stream.info === null) await firstOf(stream, ['secureConnect', 'close']);
    await visit.ticket();
    stream.end();
  });
  stream.once('close', () => io.stdin.unpipe(stream));
  return traffic;
}

/** One request; the response, as it comes, to stdout. */
function fetchOver(visit: Visit, url: URL, io: Io): Traffic {
  const { stream } = visit;
  const traffic = receiveInto(stream, io);
  const response = createResponseReader();
  stream.on('data', async (bytes: Buffer) => {
    response.take(bytes);
    if (!response.complete || traffic.complete) return;
    traffic.complete = true;
    await visit.ticket();
    stream.end();
    setTimeout(() => stream.destroy(), PATIENCE).unref();
  });
  const request = getRequest(url);
  traffic.sent = request.length;
  stream.write(request);
  return traffic;
}

function receiveInto(stream: TlsStream, io: Io): Traffic {
  const traffic: Traffic = { sent: 0, received: 0, complete: false };
  stream.on('data', (bytes: Buffer) => {
    traffic.received += bytes.length;
  });
  stream.pipe(io.stdout, { end: false });
  stream.once('end', () => stream.end());
  return traffic;
}

/** How a stream ended, once its transport is done too: an alert on its way out would be lost with the process. */
async function endOf(stream: TlsStream): Promise<Error | null> {
  const error = await new Promise<Error | null>((resolve) => {
    stream.once('error', resolve);
    stream.once('close', () => resolve(null));
  });
  if (!stream.socket.destroyed) await once(stream.socket, 'close');
  return error;
}

/** A transport that went down without close_notify. */
function isUnclean(error: Error): boolean {
  return error instanceof TlsError ? error.code === 'ERR_TLS_TRUNCATED' : 'syscall' in error;
}

function targetOf(positionals: readonly string[]): { host: string; port: number; url: URL | null } {
  const [text] = positionals;
  if (text === undefined || positionals.length !== 1)
    throw new UsageError('connect takes one HOST[:PORT] or https://URL');
  if (text.includes('://')) {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || url.protocol !== 'https:') throw new UsageError(`${text} is not an https:// URL`);
    return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port === '' ? 443 : url.port), url };
  }
  const [, bracketed, plain, port = '443'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? (isIP(text) === 6 ? text : undefined);
  if (host === undefined || Number(port) > 65_535) throw new UsageError(`${text} is not HOST[:PORT]`);
  return { host, port: Number(port), url: null };
}
