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
import { connect } from '../adapters/node-tls.ts';
import { acceptPeer } from '../certs/verifier.ts';
import { TlsError } from '../errors/errors.ts';
import { factLines, factsOf } from './facts.ts';
import { describeFailure } from './failure.ts';
import { createResponseReader, getRequest } from './http.ts';
import { EXIT, type Io, UsageError } from './io.ts';
import {
  credentialsOf,
  keyLogTo,
  orUsage,
  refuseLater,
  schemesOf,
  TLS_OPTIONS,
  tlsOptions,
  trustOf,
} from './options.ts';
import { countKeyUpdates, traceTo } from './trace.ts';

const OPTIONS = {
  ...TLS_OPTIONS,
  servername: { type: 'string' },
  'key-update': { type: 'boolean' },
  'dangerously-skip-verification': { type: 'boolean' },
} as const;

const LATER = {
  'session-in': { type: 'string' },
  'session-out': { type: 'string' },
  'early-data': { type: 'string' },
  psk: { type: 'string' },
  'psk-identity': { type: 'string' },
  'psk-hash': { type: 'string' },
  ocsp: { type: 'boolean' },
  crl: { type: 'string' },
  'record-size-limit': { type: 'string' },
  reconnect: { type: 'string' },
} as const;

/** Milliseconds that a server gets to close after a complete response. */
const PATIENCE = 1000;

export async function runConnect(argv: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = orUsage(() =>
    parseArgs({ args: [...argv], options: { ...OPTIONS, ...LATER }, allowPositionals: true }),
  );
  refuseLater(values, LATER);
  const target = targetOf(positionals);
  const skip = values['dangerously-skip-verification'] === true;
  if (skip && values.ca !== undefined) {
    throw new UsageError('--ca has no meaning with --dangerously-skip-verification');
  }

  const keyLog = keyLogTo(values.keylog);
  const keyUpdates = countKeyUpdates();
  const trace = values.trace === true ? traceTo((line) => io.stderr.write(line)) : null;
  const tls = tlsOptions(values);
  const stream = connect({
    ...tls,
    alpn: tls.alpn ?? (target.url === null ? undefined : ['http/1.1']),
    signatureSchemes: schemesOf(values['signature-schemes']),
    credentials: credentialsOf(values),
    trust: trustOf(values.ca),
    ...(skip ? { decide: { verifyPeer: () => acceptPeer('verification was skipped') } } : {}),
    observe(transition) {
      keyUpdates.observe(transition);
      trace?.(transition);
    },
    host: target.host,
    port: target.port,
    servername: values.servername,
  });
  if (keyLog !== null) stream.on('keylog', keyLog);
  if (values['key-update'] === true) stream.once('secureConnect', () => stream.updateKeys({ requestPeer: true }));
  io.stop?.addEventListener('abort', () => stream.destroy(), { once: true });

  const over = endOf(stream);
  const traffic = target.url === null ? relay(stream, io) : fetchOver(stream, target.url, io);
  const error = await over;
  // What is still on its way out, an alert for instance, would be lost with the process.
  if (!stream.socket.destroyed) await once(stream.socket, 'close');
  if (stream.info !== null) {
    const summary = {
      ...factsOf(stream.info),
      keyUpdatesSent: keyUpdates.sent,
      keyUpdatesReceived: keyUpdates.received,
      bytesSent: traffic.sent,
      bytesReceived: traffic.received,
    };
    io.stderr.write(values.json === true ? `${JSON.stringify(summary)}\n` : factLines(summary));
  }
  if (error === null || (traffic.complete && isUnclean(error))) return EXIT.done;
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
function relay(stream: TlsStream, io: Io): Traffic {
  const traffic = receiveInto(stream, io);
  io.stdin.on('data', (chunk: Buffer) => {
    traffic.sent += chunk.length;
  });
  io.stdin.pipe(stream);
  stream.once('close', () => io.stdin.unpipe(stream));
  return traffic;
}

/** One request; the response, as it comes, to stdout. */
function fetchOver(stream: TlsStream, url: URL, io: Io): Traffic {
  const traffic = receiveInto(stream, io);
  const response = createResponseReader();
  stream.on('data', (bytes: Buffer) => {
    response.take(bytes);
    if (!response.complete || traffic.complete) return;
    traffic.complete = true;
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

function endOf(stream: TlsStream): Promise<Error | null> {
  return new Promise((resolve) => {
    stream.once('error', resolve);
    stream.once('close', () => resolve(null));
  });
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
