/**
 * A TLS connection over a Node stream, as a Duplex of its plaintext.
 *
 * `end()` sends close_notify and leaves the other half open; the peer's close_notify is the end of the readable side; a
 * transport that ends without one is an error, since an attacker can cut a connection anywhere.
 *
 * @see RFC 9846 §6.1 (Closure Alerts)
 * @module
 */
import { Duplex } from 'node:stream';
import type { TlsConnection, TlsEvent } from '../connection/events.ts';
import type { AlertName } from '../errors/alerts.ts';
import { TlsError } from '../errors/errors.ts';
import { SocketOutput } from './node-output.ts';
import { createPump, type Pump, type PumpOptions } from './pump.ts';

export interface StreamOptions extends PumpOptions {
  /** Milliseconds until a handshake that is not done fails; 0: never. Default: 120,000 for servers, 0 for clients. */
  readonly handshakeTimeout?: number | undefined;
  /** Whether the stream can be written to after the peer has ended its half, until `end()`. False: it ends too. Default: true. */
  readonly allowHalfOpen?: boolean | undefined;
}

export interface EarlyDataOptions {
  /** Client: see `connect`. */
  readonly earlyData?: Uint8Array | undefined;
  /** Server: see `accept`. */
  readonly onEarlyData?: ((data: Buffer, stream: TlsStream) => void) | undefined;
}

export interface SocketOptions {
  /** A socket of node:net that nobody else writes to: it keeps nothing of what it has written. */
  readonly ownsSocket?: boolean | undefined;
}

/** What became of early data; 'not-sent': no session allowed that much. */
export type EarlyDataStatus = 'accepted' | 'rejected' | 'not-sent';

type ConnectionInfo = NonNullable<TlsConnection['info']>;

/** Milliseconds that a socket is still read, and what comes thrown away, so that no reset overtakes our last alert. */
const LINGER = 1000;

/** Node itself: other runtimes' sockets need not be done with an array when they say so. */
export const onLibuv: boolean = !('deno' in process.versions) && !('bun' in process.versions);

/**
 * The plaintext of one connection. Made by `connect`, `createServer` and `accept`.
 *
 * Besides those of a Duplex it emits `secureConnect` when the handshake is done (both roles), `keylog` with each line of the
 * key log if the config says so (a Buffer that ends in a newline), `session` with each session that a client may offer to the
 * same server later, `earlyData` with an {@link EarlyDataStatus} before `secureConnect` where there was any, and `alert` with the
 * name of each alert that came from the peer. An `error` is a {@link TlsError}, or the transport's own.
 */
export class TlsStream extends Duplex {
  /** The connection, to be looked at and for its exporters. Calls that return a step are the stream's own to make. */
  readonly connection: TlsConnection;
  /** What carries the records. */
  readonly socket: Duplex;
  readonly #pump: Pump;
  readonly #output: SocketOutput;
  #timer: NodeJS.Timeout | undefined;
  #started = false;
  #peerEnded = false;
  #peerAlert: AlertName | null = null;
  #earlyDataStatus: EarlyDataStatus | null = null;

  /** @internal */
  constructor(connection: TlsConnection, socket: Duplex, options: StreamOptions & EarlyDataOptions & SocketOptions) {
    super({ allowHalfOpen: options.allowHalfOpen ?? true });
    this.connection = connection;
    this.socket = socket;
    const { earlyData, onEarlyData, ownsSocket = false } = options;
    const output = new SocketOutput(socket, ownsSocket && onLibuv);
    this.#output = output;
    this.#pump = createPump(
      connection,
      {
        send: (bytes) => output.send(bytes),
        memory: (length) => output.lend(length),
        finish: () => {
          output.flush();
          if (socket.writable) socket.end();
        },
        hold: (held) => {
          if (held) socket.pause();
          else socket.resume();
        },
      },
      {
        established: () => {
          clearTimeout(this.#timer);
          this.emit('secureConnect');
        },
        data: (bytes) => this.push(bytes),
        earlyData: (bytes) => {
          if (onEarlyData !== undefined)
            return onEarlyData(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), this);
          // A config from `chooseConfig` that nobody could check before.
          const detail = 'early data, and no onEarlyData';
          this.#pump.abort(new TlsError('ERR_TLS_DECIDER', { detail, origin: 'own' }));
        },
        ended: () => this.#endRead(),
        failed: (error) => this.destroy(error),
        other: (event) => this.#report(event),
      },
      options,
    );
    const timeout = options.handshakeTimeout ?? 0;
    if (timeout > 0) {
      this.#timer = setTimeout(() => this.#pump.abort(new TlsError('ERR_TLS_HANDSHAKE_TIMEOUT')), timeout);
    }
    this.#attach(earlyData);
  }

  /** What was negotiated; null until `secureConnect`. */
  get info(): ConnectionInfo | null {
    return this.connection.info;
  }

  /** The application protocol (RFC 7301), or null. */
  get alpnProtocol(): string | null {
    return this.info?.alpn ?? null;
  }

  /** True once the peer's certificates were validated; false for a peer without any, or accepted without validation. */
  get authorized(): boolean {
    const verdict = this.info?.verdict;
    return verdict?.ok === true && verdict.path.length > 0;
  }

  /** The last alert that came from the peer, close_notify apart; null if none did. */
  get peerAlert(): AlertName | null {
    return this.#peerAlert;
  }

  /** What became of early data: of what a client had to send, of what a server was sent; null: there was none, or it is not known yet. */
  get earlyDataStatus(): EarlyDataStatus | null {
    return this.#earlyDataStatus;
  }

  /** RFC 9846 §4.7.3: new keys for what is written, and with `requestPeer` for what is read. Throws until established. */
  updateKeys(options?: { readonly requestPeer?: boolean | undefined }): void {
    this.#pump.apply(this.connection.updateKeys(options));
  }

  /** @internal What `node-tls.ts` reads where the socket does not say it. */
  received(bytes: Uint8Array): void {
    this.#pump.received(bytes);
  }

  override _read(): void {
    this.#pump.wanted();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#pump.write(chunk, callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    // Together they fill records that each alone would not.
    this.#pump.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#pump.close(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.#timer);
    if (this.#started) {
      const closed = error === null && this.connection.phase === 'closed';
      this.#pump.abort(error instanceof TlsError ? error : null);
      linger(this.socket, closed);
    } else this.socket.destroy();
    callback(error);
  }

  #attach(earlyData: Uint8Array | undefined): void {
    const { socket } = this;
    const start = (): void => {
      if (this.destroyed) return;
      this.#started = true;
      socket.on('data', (bytes: Uint8Array) => this.#pump.received(bytes));
      socket.on('end', () => this.#pump.ended());
      socket.on('drain', () => {
        this.#output.reclaim();
        this.#pump.drained();
      });
      this.#pump.start();
      if (earlyData !== undefined && earlyData.length > 0) this.#sendEarly(earlyData);
    };
    socket.on('error', (error: Error) => this.#lose(error));
    socket.on('close', () => this.#lose(null));
    if ('connecting' in socket && socket.connecting) socket.once('connect', start);
    // So that whoever made the stream can listen to it first.
    else process.nextTick(start);
  }

  /** RFC 9846 §4.3.10: right behind the ClientHello; all of it, or nothing where no session allows that much. */
  #sendEarly(data: Uint8Array): void {
    if (this.connection.earlyDataCapacity < data.length) this.#settleEarlyData('not-sent');
    else this.#pump.apply(this.connection.writeEarlyData(data));
  }

  #settleEarlyData(status: EarlyDataStatus): void {
    // Early data offered in the ClientHello, of which there then was none, is still answered.
    if (this.#earlyDataStatus !== null) return;
    this.#earlyDataStatus = status;
    this.emit('earlyData', status);
  }

  #endRead(): void {
    this.#peerEnded = true;
    this.push(null);
  }

  #report(event: TlsEvent): void {
    if (event.type === 'key-log') this.emit('keylog', Buffer.from(`${event.line}\n`, 'latin1'));
    if (event.type === 'session') this.emit('session', event.session);
    if (event.type === 'early-data') this.#settleEarlyData(event.status);
    if (event.type !== 'alert' || event.from !== 'peer' || event.description === 'close_notify') return;
    this.#peerAlert = event.description;
    this.emit('alert', event.description);
  }

  /** The transport broke (an error), or closed. */
  #lose(error: Error | null): void {
    this.#pump.lost();
    // All had come and gone.
    if (this.destroyed || (this.#peerEnded && this.writableFinished)) return;
    this.destroy(error ?? (this.#peerEnded ? undefined : new TlsError('ERR_TLS_TRUNCATED')));
  }
}

/**
 * Lets a socket that we have finished end in order: when all has been sent and the peer has ended too, or has had its time to.
 * `patient`: what was written is still the reader's, however slow it is; else everything has to be over soon.
 */
function linger(socket: Duplex, patient: boolean): void {
  if (socket.destroyed) return;
  let timer: NodeJS.Timeout | undefined;
  const limit = (): void => {
    timer = setTimeout(() => socket.destroy(), LINGER);
  };
  const check = (): void => {
    if (socket.writableFinished && socket.readableEnded) socket.destroy();
  };
  socket.once('close', () => clearTimeout(timer));
  socket.once('finish', check);
  socket.once('end', check);
  if (patient && !socket.writableFinished) socket.once('finish', limit);
  else limit();
  socket.resume();
  check();
}
