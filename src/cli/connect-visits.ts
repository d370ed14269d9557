/**
 * The connections of one `connect`: the first, and those that resume it.
 *
 * @see RFC 9846 §2.2 (Resumption and Pre-Shared Key), Appendix C.4 (tickets are not reused)
 * @module
 */
import type { parseArgs } from 'node:util';
import type { TlsStream } from '../adapters/node-stream.ts';
import { connect } from '../adapters/node-tls.ts';
import { createRevocationPolicy, type RevocationPolicy } from '../certs/revocation.ts';
import { acceptPeer } from '../certs/verifier.ts';
import type { ClientSession } from '../sessions/session.ts';
import { traceFlow } from './flow.ts';
import { type Io, UsageError } from './io.ts';
import {
  countOf,
  credentialsOf,
  crlsOf,
  keyLogTo,
  readBytes,
  schemesOf,
  TLS_OPTIONS,
  tlsOptions,
  trustOf,
} from './options.ts';
import { PSK_OPTIONS, pskOf, readSession, writeSession } from './session-options.ts';
import { countKeyUpdates, measureStaple } from './trace.ts';

export const CONNECT_OPTIONS = {
  ...TLS_OPTIONS,
  ...PSK_OPTIONS,
  servername: { type: 'string' },
  'session-in': { type: 'string' },
  'session-out': { type: 'string' },
  'early-data': { type: 'string' },
  reconnect: { type: 'string' },
  ocsp: { type: 'boolean' },
  crl: { type: 'string', multiple: true },
  'key-update': { type: 'boolean' },
  'dangerously-skip-verification': { type: 'boolean' },
} as const;

export type ConnectValues = ReturnType<typeof parseArgs<{ options: typeof CONNECT_OPTIONS }>>['values'];

interface Target {
  readonly host: string;
  readonly port: number;
  /** Unless --alpn says otherwise. */
  readonly alpn: readonly string[] | undefined;
}

/** Milliseconds that a server gets to close after a complete response, and to send a ticket where one is wanted. */
export const PATIENCE = 1000;

/** One connection, and what is noted while it goes on. */
export interface Visit {
  readonly stream: TlsStream;
  readonly keyUpdates: ReturnType<typeof countKeyUpdates>;
  readonly staple: ReturnType<typeof measureStaple>;
  /** Early data was to be sent. */
  readonly earlyData: boolean;
  /** How many have come. */
  readonly tickets: number;
  /** Resolves when a ticket has come, if one is wanted, or none will. */
  ticket(): Promise<void>;
}

/** Opens connections one after the other; each offers the youngest session of those before it, once. */
export function createVisits(values: ConnectValues, target: Target, reconnects: number, io: Io): () => Visit {
  const psk = pskOf(values);
  const options = optionsOf(values, target);
  const sessionOut = values['session-out'];
  const earlyData = values['early-data'] === undefined ? null : readBytes('early-data', values['early-data']);
  const keyLog = keyLogTo(values.keylog);
  let session: ClientSession | null = values['session-in'] === undefined ? null : readSession(values['session-in']);
  if (earlyData !== null && session === null && reconnects === 0) {
    throw new UsageError('--early-data needs --session-in, or --reconnect for the connections after the first');
  }
  let left = reconnects + 1;

  return () => {
    const keyUpdates = countKeyUpdates();
    const staple = measureStaple();
    const early = session === null ? null : earlyData;
    let tickets = 0;
    const stream = connect({
      ...options,
      sessions: [session, psk].filter((one) => one !== null),
      ...(early === null ? {} : { earlyData: early }),
      observe(transition) {
        keyUpdates.observe(transition);
        staple.observe(transition);
      },
    });
    // Appendix C.4: a second use would let onlookers link the connections.
    session = null;
    left -= 1;
    const wanted = left > 0 || sessionOut !== undefined;
    stream.on('session', (next: ClientSession) => {
      tickets += 1;
      session = next;
      if (sessionOut === undefined) return;
      try {
        writeSession(sessionOut, next);
      } catch (error) {
        stream.destroy(error instanceof Error ? error : undefined);
      }
    });
    if (keyLog !== null) stream.on('keylog', keyLog);
    if (values.trace === true) traceFlow(stream, (text) => io.stderr.write(text));
    if (values['key-update'] === true) stream.once('secureConnect', () => stream.updateKeys({ requestPeer: true }));
    io.stop?.addEventListener('abort', () => stream.destroy(), { once: true });
    return {
      stream,
      keyUpdates,
      staple,
      earlyData: early !== null,
      get tickets() {
        return tickets;
      },
      async ticket() {
        if (!wanted || tickets > 0) return;
        await firstOf(stream, ['session', 'end', 'close'], PATIENCE);
      },
    };
  };
}

function optionsOf(values: ConnectValues, target: Target) {
  const skip = values['dangerously-skip-verification'] === true;
  for (const option of ['ca', 'crl'] as const) {
    if (!skip || values[option] === undefined) continue;
    throw new UsageError(`--${option} has no meaning with --dangerously-skip-verification`);
  }
  const tls = tlsOptions(values);
  return {
    ...tls,
    // The flow is read with it.
    keyLog: tls.keyLog || values.trace === true,
    alpn: tls.alpn ?? target.alpn,
    signatureSchemes: schemesOf(values['signature-schemes']),
    credentials: credentialsOf(values),
    trust: trustOf(values.ca),
    // Its name stands in session files: they are of use to the next command that skips verification, and to no other.
    ...(skip
      ? {
          decide: { verifyPeer: () => acceptPeer('verification was skipped') },
          verificationName: 'dangerously-skip-verification',
        }
      : {}),
    recordSizeLimit: countOf('record-size-limit', values['record-size-limit'], 64, 16_385),
    requestStatus: values.ocsp,
    revocation: skip ? undefined : revocationOf(values),
    host: target.host,
    port: target.port,
    servername: values.servername,
  };
}

/** Whoever hands in a list wants an answer for the leaf; whoever asks for a staple takes what comes. */
function revocationOf({ crl, ocsp }: ConnectValues): RevocationPolicy | undefined {
  if (crl !== undefined) return createRevocationPolicy({ mode: 'hard', demand: 'leaf', crls: crlsOf(crl) });
  return ocsp === true ? createRevocationPolicy({ mode: 'soft' }) : undefined;
}

/** Resolves with the first of these events, or after so many milliseconds. Never rejects. */
export function firstOf(stream: TlsStream, events: readonly string[], milliseconds?: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = milliseconds === undefined ? undefined : setTimeout(done, milliseconds);
    for (const event of events) stream.once(event, done);
    if (stream.destroyed) done();

    function done(): void {
      clearTimeout(timer);
      for (const event of events) stream.off(event, done);
      resolve();
    }
  });
}
