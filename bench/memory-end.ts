/**
 * One end of bench/memory.ts: opens connections, waits until all have been idle, and prints the bytes that each costs.
 *
 * The other ends are node:tls in another process, so that only one end is on the account.
 *
 * @module
 */
import { type AddressInfo, createServer as createNetServer, connect as netConnect } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { loadContenders, NODE_SUITES } from './contenders.ts';
import { bulkOrder, startOpposite } from './opposite-process.ts';
import type { Contender, Scene } from './peers.ts';
import { NAME, rsaSetting } from './setting.ts';

const COUNT = 1000;
/** Before it is measured: so much of the code and its caches is there. */
const WARM_UP = 50;

const [, , role, name = ''] = process.argv;
const { authorityPem, identity } = rsaSetting();
const scene: Scene = { version: 'TLS 1.3', identity, authorityPem, name: NAME };
const forge = name.startsWith('node-forge');
const options = forge
  ? { ciphers: 'AES128-SHA:@SECLEVEL=0', version: 'TLSv1.1' }
  : { ciphers: NODE_SUITES['TLS 1.3'], version: 'TLSv1.3' };

const contenders = await loadContenders(() => {});
const contender: Contender = contenders.find((one) => `${one.name}/${one.provider}` === name) ?? {
  name: 'node:net',
  provider: 'none',
  open: (_, port) => plainClient(port),
  listen: (_, onStream) => createNetServer({ noDelay: true }, onStream),
};
const opposite = startOpposite();
const kept: Duplex[] = [];
const add = role === 'client' ? await clients() : await servers();
await add(WARM_UP);
const before = await settledBytes();
await add(COUNT);
const after = await settledBytes();
const each = (kind: 'heap' | 'resident'): number => Math.round((after[kind] - before[kind]) / COUNT);
console.log(JSON.stringify({ heap: each('heap'), resident: each('resident') }));
process.exit();

function plainClient(port: number): Duplex {
  const socket = netConnect({ port, host: '127.0.0.1', noDelay: true });
  socket.once('connect', () => socket.emit('secureConnect'));
  return socket;
}

async function clients(): Promise<(count: number) => Promise<void>> {
  const { certPem, keyPem } = identity;
  const plain = contender.name === 'node:net';
  const port = (await opposite.order(
    plain ? { do: 'listen-plain' } : { do: 'listen', certPem, keyPem, ...options },
  )) as number;
  return async (count) => {
    for (let i = 0; i < count; i++) {
      await new Promise<void>((resolve, reject) => {
        const stream = contender.open?.(scene, port, null);
        if (stream === undefined) return reject(new Error('no client'));
        kept.push(stream);
        stream.once('error', reject);
        stream.once('secureConnect', () => {
          stream.write(bulkOrder('D', 100));
          stream.once('data', () => resolve());
        });
      });
    }
  };
}

async function servers(): Promise<(count: number) => Promise<void>> {
  const server = contender.listen?.(scene, (stream) => {
    kept.push(stream);
    stream.on('error', () => {});
    stream.on('data', () => {});
  });
  if (server === undefined) throw new Error('no server');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const plain = contender.name === 'node:net';
  return async (count) => {
    await opposite.order({ do: 'stay', port, count, name: NAME, authorityPem, ...options, plain });
  };
}

/** Bytes once nothing more can be let go. */
async function settledBytes(): Promise<{ readonly heap: number; readonly resident: number }> {
  const least = { heap: Number.POSITIVE_INFINITY, resident: Number.POSITIVE_INFINITY };
  for (let i = 0; i < 6; i++) {
    await delay(200);
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    // `external` includes arrayBuffers.
    least.heap = Math.min(least.heap, heapUsed + external);
    least.resident = Math.min(least.resident, rss);
  }
  return least;
}
