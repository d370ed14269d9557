/**
 * The public face of a connection: checks that a call is allowed, lets the driver do it, and returns all that came of it.
 *
 * @see RFC 9846 §2 (Protocol Overview), §6.1 (Closure Alerts), §7.5 (Exporters)
 * @module
 */
import { parseIp } from '../certs/name-match.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { AlertName } from '../errors/alerts.ts';
import { TlsUsageError } from '../errors/errors.ts';
import { clientMachine } from '../handshake/client/machine.ts';
import { serverMachine } from '../handshake/server/machine.ts';
import { type ClientConfig, canonicalName, type ServerConfig } from '../handshake/shared/config.ts';
import type { ConnectionInfo } from '../handshake/shared/info.ts';
import { exportKeyingMaterial, exportKeyingMaterial13 } from '../keys/exporter.ts';
import type { ClientSession, ExternalPsk } from '../sessions/session.ts';
import { type ChannelBindingType, firstFinishedOf, serverEndPoint, TLS_EXPORTER } from './channel-binding.ts';
import {
  defineAlpn,
  defineLimits,
  isServerConfig,
  platformClock,
  platformRandom,
  type ServerOptions,
} from './config.ts';
import { isRefusal, isReply } from './deciders.ts';
import { createDriver, type Driver } from './driver.ts';
import type { AnswerArgs, AnyQuestion, Phase, Step, TlsConnection } from './events.ts';

/** What a connection does of its own choice. */
export interface ConnectionOptions {
  /**
   * TLS 1.2: this side may write on after the peer's close_notify, until `close()` answers it, as in TLS 1.3 and as most
   * implementations do. Default: false, it is answered at once and nothing else is sent (RFC 5246 §7.2.1), which cuts off the
   * answer to a peer that says all it has to say and closes its half.
   */
  readonly halfClose?: boolean | undefined;
}

/** Whom a client connects to. */
export interface ClientConnectionTarget {
  /** DNS name or IP literal: what is verified. */
  readonly name: string;
  /** What server_name says; false: nothing. Default: `name`, if it is a DNS name. */
  readonly sni?: string | false | undefined;
  /** Default: the config's. */
  readonly alpn?: readonly string[] | undefined;
  /** Sessions and keys to offer, most preferred first; those that do not fit the target or the config are left out. */
  readonly sessions?: readonly (ClientSession | ExternalPsk)[] | undefined;
  /** Whether to offer early data where the first session allows any, so that `writeEarlyData` works. Default: true. */
  readonly earlyData?: boolean | undefined;
}

/**
 * A client's connection. Nothing is sent before `start()`.
 *
 * @throws TlsUsageError for a target without a name, TlsConfigError for a bad ALPN name.
 * @example
 * const client = createClient(defineClientConfig({ trust }), { name: 'example.com' });
 * socket.write(client.start().transmit);
 */
export function createClient(
  config: ClientConfig,
  target: ClientConnectionTarget,
  { halfClose = false }: ConnectionOptions = {},
): TlsConnection {
  if (typeof target.name !== 'string' || target.name === '') throw new TlsUsageError('target.name is empty');
  const { crypto, random, clock, limits } = config;
  return new Connection(
    createDriver({
      machine: clientMachine,
      state: {
        kind: 'START',
        config,
        target: {
          name: target.name,
          serverName: serverNameOf(target),
          alpn: target.alpn === undefined ? config.alpn : defineAlpn(target.alpn),
          psks: [...(target.sessions ?? [])],
          earlyData: target.earlyData ?? true,
        },
      },
      config,
      env: { crypto, random, clock, limits, transport: 'tls' },
      halfClose,
    }),
    'client',
  );
}

/**
 * A server's connection. Without a full config the question `chooseConfig` is asked for each ClientHello.
 *
 * @example
 * const server = createServer(defineServerConfig({ credentials: [credential] }));
 * const { transmit, events } = server.receive(bytesFromTheTransport);
 */
export function createServer(
  config: ServerConfig | Pick<ServerOptions, 'limits' | 'clock' | 'random'>,
  { halfClose = false }: ConnectionOptions = {},
): TlsConnection {
  const full = isServerConfig(config) ? config : null;
  return new Connection(
    createDriver({
      machine: serverMachine,
      state: { kind: 'START' },
      config: full,
      env: {
        crypto: full?.crypto ?? nobleProvider,
        random: config.random ?? platformRandom,
        clock: config.clock ?? platformClock,
        limits: full?.limits ?? defineLimits(config.limits),
        transport: 'tls',
      },
      halfClose,
    }),
    'server',
  );
}

/** RFC 6066 §3: server_name is a DNS name, never an IP address, and has no trailing dot. */
function serverNameOf({ name, sni }: ClientConnectionTarget): string | null {
  if (sni === false) return null;
  if (sni !== undefined) return canonicalName(sni);
  return parseIp(name) === null ? canonicalName(name) : null;
}

class Connection implements TlsConnection {
  readonly #driver: Driver;
  readonly #role: 'client' | 'server';
  /** Questions that `transportEnded` or `abort` took back: their late answers are let go. */
  readonly #cancelled: WeakSet<AnyQuestion> = new WeakSet();
  #started = false;

  constructor(driver: Driver, role: 'client' | 'server') {
    this.#driver = driver;
    this.#role = role;
  }

  get phase(): Phase {
    return this.#driver.phase;
  }

  get info(): ConnectionInfo | null {
    return this.#driver.info;
  }

  get suspendedOn(): AnyQuestion | null {
    return this.#driver.question;
  }

  get queuedInput(): number {
    return this.#driver.question === null ? 0 : this.#driver.records.buffered;
  }

  get readable(): boolean {
    return this.#driver.reads && this.#driver.question === null;
  }

  get writable(): boolean {
    const { phase, writes, hasApplicationKeys, config } = this.#driver;
    if (!writes) return false;
    if (phase === 'open') return true;
    // §4.5.3: a server may write before the client's Finished, if its owner accepts what that means.
    return hasApplicationKeys && config?.role === 'server' && config.allowEarlyServerData;
  }

  start(): Step {
    this.#enter();
    if (this.#started) throw new TlsUsageError('the connection has started already');
    if (this.#role === 'client' && this.phase !== 'handshake') {
      throw new TlsUsageError(`the connection cannot start in phase ${this.phase}`);
    }
    this.#started = true;
    if (this.#role === 'client') this.#driver.dispatch({ name: 'start', value: null });
    return this.#step();
  }

  receive(bytes: Uint8Array): Step {
    this.#enter();
    if (this.#role === 'client' && !this.#started) throw new TlsUsageError('start() comes before receive()');
    const { question, reads, records } = this.#driver;
    const limit = this.#driver.limits.queuedInput;
    if (reads && question !== null && records.buffered + bytes.length > limit) {
      throw new TlsUsageError(`a question is open and more than ${limit} bytes would be queued behind it`);
    }
    this.#driver.receive(bytes);
    return this.#step();
  }

  answer(...[question, reply]: AnswerArgs): Step {
    this.#enter();
    if (this.#cancelled.has(question)) return this.#step();
    const open = this.#driver.question;
    if (open === null || question !== open) throw new TlsUsageError('this question is not open');
    if (!isReply(question.kind, reply) && !isRefusal(question.kind, reply)) {
      throw new TlsUsageError(`this is not a reply to ${question.kind}`);
    }
    this.#driver.answer(question.kind, reply);
    return this.#step();
  }

  write(plaintext: Uint8Array, into?: Uint8Array<ArrayBuffer>): Step {
    this.#enter();
    if (!this.writable) throw new TlsUsageError(`nothing can be written in phase ${this.phase}`);
    if (into !== undefined) {
      if (into.buffer === plaintext.buffer) throw new TlsUsageError('into shares its memory with the plaintext');
      this.#driver.records.lendOutput(into);
    }
    if (plaintext.length > 0) this.#driver.write(plaintext);
    return this.#step();
  }

  get earlyDataCapacity(): number {
    return this.#driver.earlyDataCapacity();
  }

  writeEarlyData(plaintext: Uint8Array): Step {
    this.#enter();
    const earlyDataCapacity = this.#driver.earlyDataCapacity();
    if (earlyDataCapacity === 0) throw new TlsUsageError('no early data can be written here');
    if (plaintext.length > earlyDataCapacity) {
      throw new TlsUsageError(`${plaintext.length} bytes of early data, ${earlyDataCapacity} are allowed`);
    }
    this.#driver.writeEarlyData(plaintext);
    return this.#step();
  }

  updateKeys(options: { readonly requestPeer?: boolean | undefined } = {}): Step {
    this.#enter();
    if (this.phase !== 'open' || !this.#driver.writes) {
      throw new TlsUsageError(`keys cannot be updated in phase ${this.phase}`);
    }
    if (this.#driver.version === 'TLS 1.2') throw new TlsUsageError('TLS 1.2 has no KeyUpdate');
    this.#driver.dispatch({ name: 'update-keys', value: { requestPeer: options.requestPeer ?? false } });
    return this.#step();
  }

  issueTicket(options: { readonly earlyData?: number | undefined } = {}): Step {
    this.#enter();
    const { config } = this.#driver;
    if (config?.role !== 'server' || this.phase !== 'open' || !this.#driver.writes) {
      throw new TlsUsageError('no ticket can be issued here');
    }
    if (this.#driver.version === 'TLS 1.2') throw new TlsUsageError('TLS 1.2 issues tickets in its handshake alone');
    const earlyData = options.earlyData ?? config.earlyData;
    if (!Number.isSafeInteger(earlyData) || earlyData < 0 || earlyData > 0xffff_ffff) {
      throw new TlsUsageError('earlyData is 0 to 2^32 - 1');
    }
    this.#driver.dispatch({ name: 'issue-ticket', value: { earlyData } });
    return this.#step();
  }

  close(): Step {
    this.#enter();
    // §6.1: a handshake that is given up is canceled.
    if (this.phase === 'handshake') return this.#abort('user_canceled');
    if (this.#driver.writes) this.#driver.closeWrite();
    return this.#step();
  }

  transportEnded(): Step {
    this.#enter();
    this.#cancel();
    this.#driver.transportEnded();
    return this.#step();
  }

  abort(alert?: AlertName): Step {
    this.#enter();
    // §6.1: after the handshake close_notify alone says that no more will come.
    return this.#abort(alert ?? (this.phase === 'handshake' ? 'user_canceled' : 'close_notify'));
  }

  exportKeyingMaterial(label: string, context: Uint8Array | null, length: number): Uint8Array {
    this.#enter();
    const { config } = this.#driver;
    const exporter = this.#driver.exporter();
    if (this.phase !== 'open' || exporter === null || config === null) {
      throw new TlsUsageError(`nothing can be exported in phase ${this.phase}`);
    }
    return exportKeyingMaterial(config.crypto, exporter, label, context, length);
  }

  channelBinding(type: ChannelBindingType): Uint8Array {
    if (type === 'tls-exporter') {
      return this.exportKeyingMaterial(TLS_EXPORTER.label, new Uint8Array(0), TLS_EXPORTER.length);
    }
    this.#enter();
    const { info, config } = this.#driver;
    const exporter = this.#driver.exporter();
    if (type === 'tls-unique') return firstFinishedOf(exporter);
    if (info === null || config === null) throw new TlsUsageError(`nothing to bind to in phase ${this.phase}`);
    return serverEndPoint(config.crypto, info);
  }

  exportEarlyKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array {
    this.#enter();
    const { earlyExporter, config } = this.#driver;
    if (earlyExporter === null || config === null) throw new TlsUsageError('there is no early data to export from');
    return exportKeyingMaterial13(
      config.crypto,
      earlyExporter.suite.hash,
      earlyExporter.secret,
      label,
      context,
      length,
    );
  }

  #abort(alert: AlertName): Step {
    this.#cancel();
    this.#driver.abort(alert);
    return this.#step();
  }

  /** Takes back an open question: its answer will come too late. */
  #cancel(): void {
    const { question } = this.#driver;
    if (question !== null) this.#cancelled.add(question);
  }

  /** Deciders and observers look on; they do not drive. */
  #enter(): void {
    if (this.#driver.busy) throw new TlsUsageError('the connection was called from inside a decider or an observer');
  }

  #step(): Step {
    return { transmit: this.#driver.records.take(), events: this.#driver.takeEvents() };
  }
}
