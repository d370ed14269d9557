/**
 * Application data, 64 MiB a measurement for who can do that in time, handed over 16 KiB at a time.
 *
 * `loopback`: a client here sends to, or is sent by, node:tls in another process; megabytes a second, and (`cpu`) a second of
 * this process's time. `memory`: both ends in one process without sockets, so that sealing and opening are both counted.
 *
 * @module
 */
import type { Readable, Writable } from 'node:stream';
import { defineClientConfig, defineServerConfig } from '../src/connection/config.ts';
import { createClient, createServer } from '../src/connection/connection.ts';
import type { TlsConnection } from '../src/connection/events.ts';
import { CIPHER_SUITES, type CipherSuiteName } from '../src/params/algorithms.ts';
import { loadContenders, NODE_SUITES, OWN_PROVIDERS } from './contenders.ts';
import { type Benchmark, beside, compareAll, type Figure } from './figure.ts';
import { bulkOrder, CHUNK, startOpposite } from './opposite-process.ts';
import type { Contender } from './peers.ts';
import { authorityPem, connectNode, issue, NAME, nodeContext, rsaSetting, settle, trust } from './setting.ts';

const MEGABYTE = 1_000_000;
const MOST_BYTES = 64 * 1024 * 1024;
const LEAST_BYTES = 256 * 1024;
/** A contender moves as much as it can in this time, about, up to MOST_BYTES. */
const ROUND_MS = 700;
const ROUNDS = 7;
const PATIENCE_MS = 10_000;
/** Whoever takes longer for one measurement, of LEAST_BYTES at least, is left out. */
const TRANSFER_MS = 30_000;

export const bulk: Benchmark = {
  name: 'bulk',
  async run(progress) {
    return [...(await overLoopback(progress)), ...(await inMemory(progress))];
  },
};

/** Moves so many bytes, and resolves when all have arrived. */
type Transfer = (bytes: number) => Promise<void>;

interface Run {
  readonly contender: Contender;
  readonly move: Transfer;
  readonly bytes: number;
  readonly wall: number[];
  readonly cpu: number[];
}

interface Lane {
  readonly contender: Contender;
  readonly up: Transfer;
  readonly down: Transfer;
  readonly stop: () => void;
}

async function overLoopback(progress: (line: string) => void): Promise<readonly Figure[]> {
  const lanes: Lane[] = [];
  for (const contender of await loadContenders(progress)) {
    if (contender.open === undefined) continue;
    progress(`loopback, ${contender.name}/${contender.provider} connects`);
    const lane = await openLane(contender).catch((error: Error) => error);
    if (lane instanceof Error) progress(`  it does not: ${lane.message}`);
    else lanes.push(lane);
  }
  const figures: Figure[] = [];
  for (const way of ['up', 'down'] as const) {
    const measured: Run[] = [];
    for (const lane of lanes) {
      progress(`loopback, ${way}, ${lane.contender.name}/${lane.contender.provider}`);
      const move: Transfer = (bytes) => within(TRANSFER_MS, lane[way](bytes));
      try {
        measured.push({ contender: lane.contender, move, bytes: await suitable(move), wall: [], cpu: [] });
      } catch (error) {
        progress(`  it is left out: ${(error as Error).message}`);
      }
    }
    for (let round = 0; round < ROUNDS; round++) {
      progress(`loopback, ${way}, round ${round + 1} of ${ROUNDS}`);
      for (const { move, bytes, wall, cpu } of round % 2 === 0 ? measured : [...measured].reverse()) {
        const start = performance.now();
        const before = process.cpuUsage();
        await move(bytes);
        const { user, system } = process.cpuUsage(before);
        wall.push(bytes / MEGABYTE / ((performance.now() - start) / 1000));
        cpu.push(bytes / MEGABYTE / ((user + system) / 1e6));
      }
    }
    const name = `bulk/loopback/aes-128-gcm/${way === 'up' ? 'client-to-server' : 'server-to-client'}`;
    const [own, others] = [true, false].map((is) => measured.filter((one) => (one.contender.name === 'isotls') === is));
    for (const { contender, ...ours } of own ?? []) {
      for (const { contender: peer, ...theirs } of others ?? []) {
        const common = { provider: contender.provider, peer: peer.name };
        figures.push({ ...common, name, unit: 'MB/s', ...beside(ours.wall, theirs.wall) });
        figures.push({ ...common, name: `${name}/cpu`, unit: 'MB/CPU-s', ...beside(ours.cpu, theirs.cpu) });
      }
    }
  }
  for (const { stop } of lanes) stop();
  return figures;
}

async function openLane(contender: Contender): Promise<Lane> {
  const forge = contender.name.startsWith('node-forge');
  const setting = forge ? rsaSetting() : { identity: issue('p256'), authorityPem };
  const { certPem, keyPem } = setting.identity;
  const opposite = startOpposite();
  const options = forge
    ? { ciphers: 'AES128-SHA:@SECLEVEL=0', version: 'TLSv1.1' }
    : { ciphers: NODE_SUITES['TLS 1.3'], version: 'TLSv1.3' };
  const port = (await opposite.order({ do: 'listen', certPem, keyPem, ...options })) as number;
  const scene = { version: forge ? 'TLS 1.2' : 'TLS 1.3', name: NAME, ...setting } as const;
  const stream = contender.open?.(scene, port, null);
  if (stream === undefined) throw new Error(`${contender.name} has no client`);
  let failed: (error: Error) => void = () => {};
  stream.on('error', (error) => failed(error));
  const connected = await new Promise<boolean>((resolve) => {
    failed = () => resolve(false);
    stream.once('secureConnect', () => resolve(true));
    setTimeout(() => resolve(false), PATIENCE_MS).unref();
  });
  if (!connected) {
    stream.destroy();
    opposite.stop();
    throw new Error(`no connection within ${PATIENCE_MS / 1000} s`);
  }
  const guarded = (work: (resolve: () => void) => void): Promise<void> =>
    new Promise<void>((resolve, reject) => {
      failed = reject;
      work(resolve);
    });
  const arrive = (bytes: number, resolve: () => void): void => {
    let left = bytes;
    const take = (data: Buffer): void => {
      left -= data.length;
      if (left > 0) return;
      stream.off('data', take);
      resolve();
    };
    stream.on('data', take);
  };
  return {
    contender,
    up: (bytes) =>
      guarded((resolve) => {
        // The one byte that says that all has arrived.
        arrive(1, resolve);
        stream.write(bulkOrder('U', bytes));
        pour(stream, bytes);
      }),
    down: (bytes) =>
      guarded((resolve) => {
        arrive(bytes, resolve);
        stream.write(bulkOrder('D', bytes));
      }),
    stop() {
      stream.destroy();
      opposite.stop();
    },
  };
}

function within(ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`more than ${ms / 1000} s for one transfer`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function pour(stream: Writable, bytes: number): void {
  const chunk = Buffer.alloc(CHUNK);
  let sent = 0;
  const go = (): void => {
    while (sent < bytes) {
      sent += CHUNK;
      if (!stream.write(chunk)) return void stream.once('drain', go);
    }
  };
  go();
}

/** How many bytes take about ROUND_MS, found on the way to being warm. */
async function suitable(move: Transfer): Promise<number> {
  let bytes = LEAST_BYTES;
  for (;;) {
    const start = performance.now();
    await move(bytes);
    const ms = performance.now() - start;
    if (bytes >= MOST_BYTES || ms > ROUND_MS / 2) return bytes;
    bytes *= 2;
  }
}

async function inMemory(progress: (line: string) => void): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  const identity = issue('p256');
  for (const { name: suite } of CIPHER_SUITES.filter(({ byDefault }) => byDefault)) {
    const options = { group: 'X25519', suite };
    const pair = await connectNode(nodeContext(identity, options), options);
    const own = OWN_PROVIDERS.map((crypto) => {
      const common = { crypto, cipherSuites: [suite] };
      const client = createClient(defineClientConfig({ ...common, trust }), { name: NAME });
      const server = createServer(defineServerConfig({ ...common, credentials: [identity.credential] }));
      settle(client, server, client.start().transmit);
      return { crypto, client, server };
    });
    for (const direction of ['client-to-server', 'server-to-client'] as const) {
      progress(`memory, ${suite}, ${direction}`);
      const up = direction === 'client-to-server';
      const ours = [];
      for (const { crypto, client, server } of own) {
        const move: Transfer = async (bytes) => transfer(up ? client : server, up ? server : client, bytes);
        ours.push({ name: 'isotls', provider: crypto.name, measure: await rateOf(move) });
      }
      const move: Transfer = (bytes) =>
        transferNode(up ? pair.client : pair.server, up ? pair.server : pair.client, bytes);
      const theirs = [{ name: 'node:tls', provider: 'openssl', measure: await rateOf(move) }];
      figures.push(...(await compareAll(`bulk/memory/${short(suite)}/${direction}`, 'MB/s', ours, theirs, ROUNDS)));
    }
    pair.client.destroy();
    pair.server.destroy();
  }
  return figures;
}

async function rateOf(move: Transfer): Promise<() => Promise<number>> {
  const bytes = await suitable(move);
  return async () => {
    const start = performance.now();
    await move(bytes);
    return bytes / MEGABYTE / ((performance.now() - start) / 1000);
  };
}

function short(suite: CipherSuiteName): string {
  return suite
    .replace(/^TLS_/, '')
    .replace(/_SHA\d+$/, '')
    .replaceAll('_', '-')
    .toLowerCase();
}

function transfer(from: TlsConnection, to: TlsConnection, bytes: number): void {
  const chunk = new Uint8Array(CHUNK);
  let received = 0;
  for (let sent = 0; sent < bytes; sent += CHUNK) {
    for (const event of to.receive(from.write(chunk).transmit).events) {
      if (event.type === 'data') received += event.data.length;
    }
  }
  if (received < bytes) throw new Error('data was lost');
}

function transferNode(from: Writable, to: Readable, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let received = 0;
    const take = (data: Buffer): void => {
      received += data.length;
      if (received < bytes) return;
      to.off('data', take);
      resolve();
    };
    to.on('data', take);
    pour(from, bytes);
  });
}
