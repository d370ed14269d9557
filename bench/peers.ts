/**
 * The JavaScript peers, each behind the Duplex that node:tls and isotls/node have too.
 *
 * They are dependencies of bench/package.json alone (`npm ci --prefix bench`); a peer that is not installed is left out, and
 * the run says so.
 *
 * @module
 */
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Identity } from './setting.ts';

export type Version = 'TLS 1.2' | 'TLS 1.3';

/** What a connection is made with. */
export interface Scene {
  readonly version: Version;
  readonly identity: Identity;
  readonly authorityPem: string;
  readonly name: string;
}

/** One implementation. Its streams emit `secureConnect`, and `session` with what `open` takes to resume. */
export interface Contender {
  readonly name: string;
  readonly provider: string;
  readonly open?: (scene: Scene, port: number, session: unknown) => Duplex;
  readonly listen?: (scene: Scene, onStream: (stream: Duplex) => void) => Server;
}

/** Those that are installed. */
export async function loadPeers(progress: (line: string) => void): Promise<readonly Contender[]> {
  const found: Contender[] = [];
  for (const load of [loadLemon, loadReclaim, loadForge]) {
    try {
      found.push(await load());
    } catch (error) {
      progress(`a peer is left out (npm ci --prefix bench installs them): ${(error as Error).message.split('\n')[0]}`);
    }
  }
  return found;
}

/** The namespace of a package that the type checker does not know. */
export async function importPeer<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}

const SUITES = { 'TLS 1.2': [0xc02b, 0xc02f], 'TLS 1.3': [0x1301] } as const;
const X25519 = 0x1d;
const SECP256R1 = 0x17;

interface Lemon {
  connect(options: object): Duplex;
  createServer(options: object, onStream: (stream: Duplex) => void): Server;
}

/** lemon-tls: both roles, on node:crypto. */
async function loadLemon(): Promise<Contender> {
  const lemon = await importPeer<Lemon>('lemon-tls');
  const common = ({ version }: Scene): object => ({
    minVersion: version.replace(' ', 'v'),
    maxVersion: version.replace(' ', 'v'),
    allowedCipherSuites: SUITES[version],
    groups: [X25519, SECP256R1],
  });
  return {
    name: 'lemon-tls',
    provider: 'node',
    open: (scene, port, session) =>
      lemon.connect({
        ...common(scene),
        port,
        host: '127.0.0.1',
        servername: scene.name,
        ca: scene.authorityPem,
        ...(session === null ? {} : { session }),
      }),
    listen: (scene, onStream) =>
      lemon.createServer({ ...common(scene), cert: scene.identity.certPem, key: scene.identity.keyPem }, onStream),
  };
}

/** It writes of every step to the console otherwise. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

interface ReclaimClient {
  startHandshake(options?: object): Promise<void>;
  handleReceivedBytes(bytes: Uint8Array): void;
  write(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  getPskFromTicket(ticket: unknown): Promise<unknown>;
}

interface Reclaim {
  makeTLSClient(options: object): ReclaimClient;
  setCryptoImplementation(implementation: unknown): void;
  loadX509FromPem(pem: string): unknown;
}

/** @reclaimprotocol/tls: client only; its pure-JavaScript implementation, as it runs everywhere. */
async function loadReclaim(): Promise<Contender> {
  const reclaim = await importPeer<Reclaim>('@reclaimprotocol/tls');
  const { pureJsCrypto } = await importPeer<{ pureJsCrypto: unknown }>('@reclaimprotocol/tls/purejs-crypto');
  reclaim.setCryptoImplementation(pureJsCrypto);
  return {
    name: '@reclaimprotocol/tls',
    provider: 'pure',
    open(scene, port, session) {
      const socket = netConnect({ port, host: '127.0.0.1', noDelay: true });
      const stream = new Carried(socket, {
        start: () => client.startHandshake(session === null ? {} : { psk: session }),
        received: (bytes) => client.handleReceivedBytes(bytes),
        write: (bytes) => client.write(bytes),
        end: () => client.end(),
      });
      const client = reclaim.makeTLSClient({
        host: scene.name,
        logger: SILENT,
        supportedProtocolVersions: [scene.version.replace(' ', '').replace('.', '_')],
        cipherSuites:
          scene.version === 'TLS 1.3'
            ? ['TLS_AES_128_GCM_SHA256']
            : ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
        namedCurves: ['X25519', 'SECP256R1'],
        rootCAs: [reclaim.loadX509FromPem(scene.authorityPem)],
        write({ header, content }: { header: Uint8Array; content: Uint8Array }) {
          socket.write(header);
          socket.write(content);
        },
        onHandshake: () => stream.emit('secureConnect'),
        onApplicationData: (bytes: Uint8Array) => stream.push(bytes),
        onTlsEnd: (error?: Error) => (error === undefined ? stream.push(null) : stream.destroy(error)),
        onSessionTicket: (ticket: unknown) =>
          void client.getPskFromTicket(ticket).then((psk) => stream.emit('session', psk)),
      });
      return stream;
    },
  };
}

interface ForgeConnection {
  handshake(session: string | null): void;
  process(bytes: string): void;
  prepare(bytes: string): boolean;
  close(): void;
  readonly data: { getBytes(): string };
  readonly tlsData: { getBytes(): string };
}

interface Forge {
  readonly tls: {
    createConnection(options: object): ForgeConnection;
    createSessionCache(): object;
    readonly CipherSuites: Readonly<Record<string, unknown>>;
  };
  readonly pki: { createCaStore(pems: readonly string[]): object; certificateFromPem(pem: string): unknown };
}

/** node-forge: TLS 1.1 with static RSA and AES-CBC is the best it has; OpenSSL refuses its server, which lacks RFC 5746. */
async function loadForge(): Promise<Contender> {
  const { default: forge } = await importPeer<{ default: Forge }>('node-forge');
  const carry = (socket: Socket, options: object): Duplex => {
    let done: (() => void) | null = null;
    const stream = new Carried(socket, {
      start: () => ('server' in options && options.server === true ? undefined : connection.handshake(null)),
      received: (bytes) => connection.process(Buffer.from(bytes).toString('latin1')),
      write: (bytes) => void connection.prepare(Buffer.from(bytes).toString('latin1')),
      end: () => connection.close(),
    });
    const connection = forge.tls.createConnection({
      cipherSuites: [forge.tls.CipherSuites['TLS_RSA_WITH_AES_128_CBC_SHA']],
      verify: (_: unknown, verified: boolean) => verified,
      connected: () => stream.emit('secureConnect'),
      tlsDataReady: ({ tlsData }: ForgeConnection) => socket.write(Buffer.from(tlsData.getBytes(), 'latin1')),
      dataReady: ({ data }: ForgeConnection) => stream.push(Buffer.from(data.getBytes(), 'latin1')),
      closed: () => {
        stream.push(null);
        done?.();
        done = null;
      },
      error: (_: unknown, error: { message: string }) => stream.destroy(new Error(error.message)),
      ...options,
    });
    return stream;
  };
  return {
    name: 'node-forge (TLS up to 1.1)',
    provider: 'pure',
    open: (scene, port) =>
      carry(netConnect({ port, host: '127.0.0.1', noDelay: true }), {
        server: false,
        caStore: forge.pki.createCaStore([scene.authorityPem]),
        virtualHost: scene.name,
      }),
    listen: (scene, onStream) =>
      createServer({ noDelay: true }, (socket) =>
        onStream(
          carry(socket, {
            server: true,
            getCertificate: () => scene.identity.certPem,
            getPrivateKey: () => scene.identity.keyPem,
          }),
        ),
      ),
  };
}

interface Carriage {
  start(): Promise<void> | void;
  received(bytes: Uint8Array): void;
  write(bytes: Uint8Array): Promise<void> | void;
  end(): Promise<void> | void;
}

/** A socket under a library that has no stream of its own. */
class Carried extends Duplex {
  readonly #socket: Socket;
  readonly #carriage: Carriage;

  constructor(socket: Socket, carriage: Carriage) {
    super();
    this.#socket = socket;
    this.#carriage = carriage;
    const start = (): void =>
      settled(carriage.start(), (error) => {
        if (error !== null) this.destroy(error);
      });
    if (socket.connecting) socket.once('connect', start);
    socket.on('data', (bytes: Uint8Array) => carriage.received(bytes));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    settled(this.#carriage.write(chunk), (error) => {
      if (error !== null || !this.#socket.writableNeedDrain) callback(error);
      else this.#socket.once('drain', callback);
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    settled(this.#carriage.end(), (error) => {
      this.#socket.end();
      callback(error);
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }
}

function settled(result: Promise<void> | void, then: (error: Error | null) => void): void {
  if (result === undefined) then(null);
  else
    result.then(
      () => then(null),
      (error: Error) => then(error),
    );
}
