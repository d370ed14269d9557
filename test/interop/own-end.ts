/**
 * Our ends of a connection over node:net, moved by hand: nothing of the adapters takes part, so that what fails here is the
 * library's core or the peer.
 *
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type ClientOptions,
  defineClientConfig,
  defineServerConfig,
  type ServerOptions,
} from '../../src/connection/config.ts';
import {
  type ClientConnectionTarget,
  createClient,
  createServer as createTls,
} from '../../src/connection/connection.ts';
import type { Step, TlsConnection } from '../../src/connection/events.ts';
import type { AlertName } from '../../src/errors/alerts.ts';
import { TlsError } from '../../src/errors/errors.ts';
import type { Transition } from '../../src/handshake/shared/config.ts';
import type { ConnectionInfo } from '../../src/handshake/shared/info.ts';
import type { ClientSession } from '../../src/sessions/session.ts';
import { ownProvider } from './own-provider.ts';

/** How a connection ended for us: both close_notify alerts, a cut transport, or a failure. */
export type Ending = 'closed' | 'truncated' | TlsError;

export interface OwnEnd {
  readonly connection: TlsConnection;
  readonly established: Promise<ConnectionInfo>;
  /** Resolves when reading is over. Never rejects. */
  readonly ending: Promise<Ending>;
  /** Alerts received. */
  readonly alerts: readonly (AlertName | null)[];
  /** Alerts sent. */
  readonly ownAlerts: readonly (AlertName | null)[];
  /** Lines of the key log, where the config asks for them. */
  readonly keyLog: readonly string[];
  /** A client's sessions. */
  readonly sessions: readonly ClientSession[];
  /** KeyUpdate messages received. */
  readonly keyUpdates: number;
  /** What has arrived, at least one byte; null at the end of the peer's data. */
  read(): Promise<Uint8Array | null>;
  readExactly(length: number): Promise<Uint8Array>;
  write(plaintext: Uint8Array): Promise<void>;
  /** Passes on what a call on `connection` returned. */
  apply(step: Step): void;
  /** close_notify, and the end of our half of the transport. */
  close(): void;
  destroy(): void;
}

/** Connects to a peer; while nobody listens yet, it tries again, for 30 s. */
export async function connectOwn(
  address: { readonly host: string; readonly port: number },
  options: ClientOptions,
  target: ClientConnectionTarget,
): Promise<OwnEnd> {
  const counter = countKeyUpdates();
  const config = defineClientConfig({ crypto: ownProvider(), ...options, observe: counter.observe });
  const own = attach(await dial(address), createClient(config, target), counter);
  own.apply(own.connection.start());
  return own;
}

export interface OwnListener {
  readonly port: number;
  /** The next connection that arrives. */
  next(): Promise<OwnEnd>;
  close(): void;
}

/** Listens on a free port of 127.0.0.1. */
export async function listenOwn(options: ServerOptions): Promise<OwnListener> {
  const counter = countKeyUpdates();
  const config = defineServerConfig({ crypto: ownProvider(), ...options, observe: counter.observe });
  const arrived: OwnEnd[] = [];
  let wake = (): void => {};
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    arrived.push(attach(socket, createTls(config), counter));
    wake();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async next() {
      for (;;) {
        const own = arrived.shift();
        if (own !== undefined) return own;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: () => server.close(),
  };
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve: Deferred<T>['resolve'] = () => {};
  let reject: Deferred<T>['reject'] = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

interface Counter {
  count: number;
  observe(transition: Transition): void;
}

function countKeyUpdates(): Counter {
  const counter: Counter = {
    count: 0,
    observe({ input }) {
      if (input === 'key_update') counter.count += 1;
    },
  };
  return counter;
}

async function dial(address: { readonly host: string; readonly port: number }): Promise<Socket> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const socket = connect({ ...address, allowHalfOpen: true, noDelay: true });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' || Date.now() > deadline) throw error;
      await delay(20);
    }
  }
}

/** Plaintext bytes that may wait to be read before the transport has to wait. */
const WAITING_LIMIT = 1_048_576;
/** Plaintext bytes sealed between two looks at the transport. */
const SLICE = 65_536;

function attach(socket: Socket, connection: TlsConnection, counter: Counter): OwnEnd {
  const chunks: Uint8Array[] = [];
  const alerts: (AlertName | null)[] = [];
  const ownAlerts: (AlertName | null)[] = [];
  const keyLog: string[] = [];
  const sessions: ClientSession[] = [];
  let waiting = 0;
  let over = false;
  let wake = (): void => {};
  const established = deferred<ConnectionInfo>();
  const ending = deferred<Ending>();
  // Whoever is interested waits for it; the others are not to bring the process down.
  established.promise.catch(() => {});

  socket.on('data', (bytes: Buffer) => apply(connection.receive(bytes)));
  socket.on('end', () => apply(connection.transportEnded()));
  // A reset transport has ended; the connection says what that means.
  socket.on('error', () => apply(connection.transportEnded()));
  socket.on('close', () => apply(connection.transportEnded()));

  return {
    connection,
    established: established.promise,
    ending: ending.promise,
    alerts,
    ownAlerts,
    keyLog,
    sessions,
    get keyUpdates() {
      return counter.count;
    },
    read,
    async readExactly(length) {
      const all = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const chunk = await read();
        if (chunk === null) throw new Error(`the peer's data ended after ${at} of ${length} bytes`);
        const part = chunk.subarray(0, length - at);
        all.set(part, at);
        at += part.length;
        if (part.length < chunk.length) unread(chunk.subarray(part.length));
      }
      return all;
    },
    async write(plaintext) {
      for (let at = 0; at < plaintext.length; at += SLICE) {
        apply(connection.write(plaintext.subarray(at, at + SLICE)));
        if (socket.writableNeedDrain && !socket.destroyed) await Promise.race([once(socket, 'drain'), ending.promise]);
      }
    },
    apply,
    close() {
      if (connection.phase === 'open') apply(connection.close());
      socket.end();
    },
    destroy: () => socket.destroy(),
  };

  function apply({ transmit, events }: Step): void {
    if (transmit.length > 0 && !socket.destroyed) socket.write(transmit);
    for (const event of events) {
      if (event.type === 'established') established.resolve(event.info);
      else if (event.type === 'alert') (event.from === 'peer' ? alerts : ownAlerts).push(event.description);
      else if (event.type === 'key-log') keyLog.push(event.line);
      else if (event.type === 'session') sessions.push(event.session);
      else if (event.type === 'data') {
        chunks.push(event.data);
        waiting += event.data.length;
        if (waiting > WAITING_LIMIT) socket.pause();
        wake();
      } else if (event.type === 'peer-closed') end('closed');
      else if (event.type === 'truncated') end('truncated');
      else if (event.type === 'question') end(new TlsError('ERR_TLS_INTERNAL', { detail: event.question.kind }));
      else if (event.type === 'failed') {
        established.reject(event.error);
        socket.end();
        end(event.error);
      }
    }
  }

  function end(how: Ending): void {
    over = true;
    ending.resolve(how);
    wake();
  }

  async function read(): Promise<Uint8Array | null> {
    for (;;) {
      const chunk = chunks.shift();
      if (chunk !== undefined) {
        waiting -= chunk.length;
        if (waiting < WAITING_LIMIT / 2) socket.resume();
        return chunk;
      }
      if (over) return null;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  function unread(rest: Uint8Array): void {
    chunks.unshift(rest);
    waiting += rest.length;
  }
}
