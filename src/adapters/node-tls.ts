/**
 * TLS over node:net, and over any other Duplex: clients, servers, and STARTTLS on a connection that is already there.
 *
 * @see RFC 9846 (TLS 1.3)
 * @module
 */
import {
  createServer as createNetServer,
  connect as netConnect,
  type OnReadOpts,
  type Server,
  type ServerOpts,
} from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type ClientOptions,
  defineClientConfig,
  defineServerConfig,
  type ServerOptions,
} from '../connection/config.ts';
import {
  type ClientConnectionTarget,
  type ConnectionOptions,
  createClient,
  createServer as createServerConnection,
} from '../connection/connection.ts';
import { TlsConfigError } from '../errors/errors.ts';
import { bundledTrust } from './node-roots.ts';
import { onLibuv, type StreamOptions, TlsStream } from './node-stream.ts';
import type { AsyncDeciders } from './pump.ts';

type ClientConfig = ReturnType<typeof defineClientConfig>;
type ServerConfig = ReturnType<typeof defineServerConfig>;

interface Destination {
  /** Where to connect to. Default: localhost. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** The DNS name or IP address that the peer's certificate must be for. Default: `host`. */
  readonly servername?: string | undefined;
  /** What server_name says; false: nothing. Default: `servername`, if it is a DNS name. */
  readonly sni?: string | false | undefined;
  /** Sessions from `session` events of earlier streams to the same name, and keys from elsewhere; most preferred first. */
  readonly sessions?: ClientConnectionTarget['sessions'];
  /**
   * Sent right behind the ClientHello where the first usable session allows that much (RFC 9846 §4.3.10), and never again: with
   * 'rejected' or 'not-sent' in the `earlyData` event it is for the owner to write it. Whoever sees it on its way can send it to
   * the server again and again: only for what does no harm when it is done twice. It has no forward secrecy either.
   */
  readonly earlyData?: Uint8Array | undefined;
  /** A stream to speak TLS over, instead of a connection to `host` and `port`. It ends with the TLS stream. */
  readonly socket?: Duplex | undefined;
}

/** A config made by `defineClientConfig`, or its options. Without `trust`, the roots that Node brings are trusted. */
export type ConnectOptions = Destination &
  StreamOptions &
  (
    | ({ readonly config: ClientConfig } & Pick<ClientOptions, 'alpn'>)
    | ({ readonly config?: undefined } & ClientOptions)
  );

/** A config made by `defineServerConfig`, or its options; without credentials, `onQuestion.chooseConfig` gives a config. */
export type AcceptOptions = StreamOptions &
  EarlyDataDelivery &
  ({ readonly config: ServerConfig } | ({ readonly config?: undefined } & ServerOptions));

interface EarlyDataDelivery {
  /**
   * Takes early data (RFC 9846 §4.3.10), before `secureConnect`; nothing of it is ever read from the stream. Needed where the
   * config's `earlyData` is not 0.
   *
   * It may be a replay: an attacker can send a client's early data again, to another server that opens the same tickets, or to
   * this one after a restart that has lost its `antiReplay` store. Do with it only what does no harm when it is done twice.
   */
  readonly onEarlyData?: ((data: Buffer, stream: TlsStream) => void) | undefined;
}

/** Bytes that libuv reads at once. */
const INPUT_LENGTH = 65_536;
let input: Uint8Array<ArrayBuffer> | null = null;

const SERVER_HANDSHAKE_TIMEOUT = 120_000;

/** A Duplex ends its two halves on their own: what is to be written when the peer ends its half still goes out. */
const DUPLEX: ConnectionOptions = { halfClose: true };

/**
 * Connects to a server. The stream can be written to at once: what is written goes out when the handshake is done.
 *
 * @throws TlsConfigError for an option that cannot be used. What the network or the peer does is an `error` event.
 * @example
 * const stream = connect({ host: 'example.com', port: 443, alpn: ['http/1.1'] });
 * stream.end('GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n');
 * stream.once('secureConnect', () => console.error(stream.info?.cipherSuite));
 * stream.pipe(process.stdout);
 */
export function connect(options: ConnectOptions): TlsStream {
  const {
    host = 'localhost',
    port,
    servername,
    sni,
    sessions,
    earlyData,
    socket,
    acceptTruncation,
    handshakeTimeout,
    allowHalfOpen,
    ...rest
  } = options;
  const { onQuestion } = options;
  const config = rest.config ?? clientConfigOf(rest, onQuestion);
  // What is written to the stream is never early data: nobody would know that it can be replayed (RFC 9846 §8).
  const early = earlyData !== undefined && earlyData.length > 0;
  const target = { name: servername ?? host, sni, alpn: rest.alpn, sessions, earlyData: early };
  const connection = createClient(config, target, DUPLEX);
  if (socket === undefined && port === undefined) throw new TypeError('connect needs a port or a socket');

  const streamOptions = { acceptTruncation, handshakeTimeout, allowHalfOpen, onQuestion, earlyData };
  if (socket !== undefined) return new TlsStream(connection, socket, streamOptions);
  const ours = netConnect({
    host,
    port: port ?? 0,
    allowHalfOpen: true,
    noDelay: true,
    ...readingInto((bytes) => stream.received(bytes)),
  });
  const stream: TlsStream = new TlsStream(connection, ours, { ...streamOptions, ownsSocket: true });
  return stream;
}

/**
 * Speaks TLS as the server over a stream that is already there, for example after STARTTLS.
 *
 * @example
 * socket.write('220 ready\r\n', () => accept(socket, { config }).on('data', onMail));
 */
export function accept(socket: Duplex, options: AcceptOptions): TlsStream {
  return acceptWith(socket, serverConfigOf(options), options);
}

/**
 * A server on node:net; it still has to `listen`. `onConnection` is called for each client whose handshake is done.
 *
 * The server stays up whatever a client sends: a handshake that fails is a `tlsClientError` event (error, stream), and a
 * connection that fails later is an `error` event of its stream, which nobody has to listen to. Key-log lines, where the config
 * says so, are `keylog` events (line, stream).
 *
 * @throws TlsConfigError for an option that cannot be used.
 * @example
 * const credentials = [createCredential({ certificates: readFileSync('c.pem', 'utf8'), key: readFileSync('k.pem', 'utf8') })];
 * const server = createServer({ credentials }, (stream) => stream.end(`Hello over ${stream.info?.version}\n`));
 * server.listen(8443);
 */
export function createServer(
  options: AcceptOptions & { readonly net?: ServerOpts | undefined },
  onConnection?: (stream: TlsStream) => void,
): Server {
  const config = serverConfigOf(options);
  const server = createNetServer({ noDelay: true, ...options.net, allowHalfOpen: true }, (socket) => {
    const stream = acceptWith(socket, config, options, true);
    let established = false;
    stream.on('error', (error) => {
      if (!established) server.emit('tlsClientError', error, stream);
    });
    stream.on('keylog', (line) => server.emit('keylog', line, stream));
    stream.once('secureConnect', () => {
      established = true;
      server.emit('secureConnection', stream);
    });
  });
  if (onConnection !== undefined) server.on('secureConnection', onConnection);
  return server;
}

/**
 * Node tells of bytes at once where it reads them: one array can take what all sockets read. On Windows a read may be under way
 * while another one is told of; Deno cannot do it.
 */
function readingInto(received: (bytes: Uint8Array) => void): { readonly onread?: OnReadOpts } {
  if (!onLibuv || process.platform === 'win32') return {};
  input ??= new Uint8Array(INPUT_LENGTH);
  const callback = (length: number, buffer: Uint8Array): boolean => {
    received(buffer.subarray(0, length));
    return true;
  };
  return { onread: { buffer: input, callback } };
}

function acceptWith(
  socket: Duplex,
  config: Parameters<typeof createServerConnection>[0],
  options: StreamOptions & EarlyDataDelivery,
  ownsSocket = false,
): TlsStream {
  const { acceptTruncation, allowHalfOpen, onQuestion, onEarlyData } = options;
  const { handshakeTimeout = SERVER_HANDSHAKE_TIMEOUT } = options;
  const connection = createServerConnection(config, DUPLEX);
  return new TlsStream(connection, socket, {
    acceptTruncation,
    allowHalfOpen,
    onQuestion,
    onEarlyData,
    handshakeTimeout,
    ownsSocket,
  });
}

function clientConfigOf(options: ClientOptions & StreamOptions, onQuestion: AsyncDeciders | undefined): ClientConfig {
  const { onQuestion: _, ...tls } = options;
  const decide = askingFor(onQuestion, tls.decide);
  const judged = tls.trust !== undefined || decide.verifyPeer !== undefined;
  return defineClientConfig({ ...tls, decide, ...(judged ? {} : { trust: bundledTrust() }) });
}

function serverConfigOf(options: AcceptOptions): Parameters<typeof createServerConnection>[0] {
  const { onEarlyData, onQuestion } = options;
  const { earlyData = 0 } = options.config ?? options;
  // Early data that nobody takes would be lost, and early data among the other would be taken for it.
  if (earlyData > 0 && onEarlyData === undefined) throw new TlsConfigError('ERR_CONFIG', 'earlyData needs onEarlyData');
  if (options.config !== undefined) return options.config;
  const { acceptTruncation, handshakeTimeout, allowHalfOpen, onQuestion: _, onEarlyData: __, config, ...tls } = options;
  // Nothing to serve with before the question is answered.
  if (tls.credentials === undefined && onQuestion?.chooseConfig !== undefined) return tls;
  return defineServerConfig({ ...tls, decide: askingFor(onQuestion, tls.decide) });
}

/** Deciders that leave to `onQuestion` what it answers: null asks by event, even where the config could decide. */
function askingFor(
  onQuestion: AsyncDeciders | undefined,
  decide: ClientOptions['decide'],
): NonNullable<ClientOptions['decide']> {
  const asked = Object.entries(onQuestion ?? {}).filter(([, answer]) => answer !== undefined);
  return { ...Object.fromEntries(asked.map(([kind]) => [kind, null])), ...decide };
}
