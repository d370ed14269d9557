/**
 * `isotls serve`: a server for development and tests, that stays up whatever its clients send.
 *
 * @see RFC 9846 §6 (Alert Protocol)
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { parseArgs } from 'node:util';
import type { TlsStream } from '../adapters/node-stream.ts';
import { accept } from '../adapters/node-tls.ts';
import { defineServerConfig } from '../connection/config.ts';
import { type Facts, factLines, factsOf, oneLine } from './facts.ts';
import { EXIT, type Io, UsageError } from './io.ts';
import { countOf, keyLogTo, orUsage } from './options.ts';
import { SERVE_OPTIONS, serverOptions } from './serve-options.ts';
import { traceTo } from './trace.ts';

/** A request is not read beyond this many bytes. */
const MAX_REQUEST = 65_536;
/** Milliseconds: to send a request, and to close once the reply has been sent. */
const REQUEST_TIME = 60_000;
const CLOSE_TIME = 5000;

/** `early` is what came as early data: whoever saw it on its way may have sent it again (RFC 9846 §8). */
type Serve = (stream: TlsStream, facts: Facts, early: Buffer) => void;

export async function runServe(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = orUsage(() =>
    parseArgs({ args: [...argv], options: SERVE_OPTIONS, allowPositionals: true }),
  );
  if (positionals.length > 0) throw new UsageError(`serve takes no argument ${positionals[0]}`);
  if (values.www === true && values.echo === true) throw new UsageError('--www or --echo, not both');
  const replySize = countOf('reply-size', values['reply-size'], 0, 1_073_741_824) ?? 0;
  const host = values.host ?? '127.0.0.1';
  const port = countOf('port', values.port, 0, 65_535) ?? 0;
  const json = values.json === true;
  const serve: Serve = values.www === true ? www(json, replySize) : echo;

  const options = serverOptions(values);
  const shared = defineServerConfig(options);
  const keyLog = keyLogTo(values.keylog);
  const streams = new Set<TlsStream>();
  let connections = 0;

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const number = ++connections;
    const peer = addressOf(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0);
    const trace = traceTo((line) => io.stderr.write(line), `#${number} `);
    // Observers know no connection: each gets a config of its own where its transitions are to be told apart. What outlives a
    // connection is in `options`, the same for all.
    const config = values.trace === true ? defineServerConfig({ ...options, observe: trace }) : shared;
    const early: Buffer[] = [];
    const stream = accept(socket, { config, onEarlyData: (data) => early.push(data) });
    streams.add(stream);
    if (keyLog !== null) stream.on('keylog', keyLog);

    let facts: Facts | null = null;
    stream.once('secureConnect', () => {
      if (stream.info === null) return;
      facts = factsOf(stream.info);
      if (!json) io.stderr.write(`#${number} ${peer} ${oneLineOf(facts)}\n`);
      serve(stream, facts, Buffer.concat(early));
    });
    let failure: Error | null = null;
    stream.on('error', (error: Error & { readonly code?: unknown }) => {
      failure = error;
      if (!json) io.stderr.write(`${error.code ?? error.name}: ${oneLine(error.message)} [#${number} ${peer}]\n`);
    });
    stream.once('close', () => {
      streams.delete(stream);
      if (json)
        io.stdout.write(
          `${JSON.stringify({ connection: number, peer, ...facts, earlyBytes: lengthOf(early), ...failureOf(failure) })}\n`,
        );
    });
  });

  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  io.stdout.write(`listening on ${addressOf(host, address.port)}\n`);
  // From here on, a connection that cannot be accepted (too many files, say) is one connection's trouble.
  server.on('error', (error) => io.stderr.write(`accept: ${error.message}\n`));

  await stopped(io);
  server.close();
  for (const stream of streams) stream.destroy();
  return EXIT.done;
}

/** Sends back what comes; the client's close_notify is answered with ours. */
const echo: Serve = (stream, _, early) => {
  if (early.length > 0) stream.write(early);
  stream.pipe(stream);
};

/** One reply with the connection's facts, when a blank line has ended the request; it does no harm to reply twice. */
function www(json: boolean, replySize: number): Serve {
  return (stream, facts, early) => {
    let timer = setTimeout(() => stream.destroy(), REQUEST_TIME);
    stream.once('close', () => clearTimeout(timer));
    let tail = '';
    let length = 0;
    let replied = false;
    const take = (bytes: Buffer): void => {
      if (replied) return;
      length += bytes.length;
      const text = tail + bytes.toString('latin1');
      tail = text.slice(-3);
      if (!text.includes('\n\n') && !text.includes('\r\n\r\n') && length < MAX_REQUEST) return;
      replied = true;
      stream.end(replyWith(facts, json, replySize));
      clearTimeout(timer);
      timer = setTimeout(() => stream.destroy(), CLOSE_TIME);
    };
    take(early);
    stream.on('data', take);
    stream.once('end', () => stream.end());
  };
}

/** The reply, in one write, so that up to 16 KiB are one record; filled up with dots to `size` bytes. */
function replyWith(facts: Facts, json: boolean, size: number): Buffer {
  const head = `HTTP/1.0 200 OK\r\nContent-Type: ${json ? 'application/json' : 'text/plain'}\r\nConnection: close\r\n\r\n`;
  const body = json ? `${JSON.stringify(facts)}\n` : factLines(facts);
  const reply = Buffer.from(head + body);
  // JSON takes white space after it, and nothing else.
  return reply.length >= size ? reply : Buffer.concat([reply, Buffer.alloc(size - reply.length, json ? ' ' : '.')]);
}

function oneLineOf(facts: Facts): string {
  const { version, cipherSuite, group, serverName, alpn, peerSubject, earlyDataAccepted } = facts;
  // What stood for the server: what it shares with the client, its signature, or in static RSA that it could decrypt.
  const shown = facts.resumed ? 'resumed' : facts.psk !== null ? 'psk' : (facts.ownScheme ?? 'RSA');
  const named = { sni: serverName, alpn, client: peerSubject };
  const details = Object.entries(named).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${oneLine(value)}`],
  );
  // Where no group stands for the key exchange, nothing does.
  const exchange = group === 'none' ? [] : [group];
  return [version, cipherSuite, ...exchange, shown, ...(earlyDataAccepted ? ['early-data'] : []), ...details].join(' ');
}

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

function failureOf(error: (Error & { readonly code?: unknown; readonly alert?: unknown }) | null): object {
  if (error === null) return {};
  return { error: { code: error.code ?? error.name, message: error.message, alert: error.alert ?? null } };
}

function addressOf(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function stopped({ stop }: Io): Promise<void> {
  return new Promise((resolve) => {
    if (stop?.aborted === true) resolve();
    stop?.addEventListener('abort', () => resolve(), { once: true });
  });
}
