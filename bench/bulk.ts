/**
 * Application data in one direction through two connections in one process: megabytes a second, sealing and opening both
 * counted, against node:tls over an in-memory stream pair.
 *
 * @module
 */
import { defineClientConfig, defineServerConfig } from '../src/connection/config.ts';
import { createClient, createServer } from '../src/connection/connection.ts';
import type { TlsConnection } from '../src/connection/events.ts';
import { CIPHER_SUITES, type CipherSuiteName } from '../src/params/algorithms.ts';
import { type Benchmark, compare, type Figure } from './figure.ts';
import { connectNode, issue, NAME, nodeContext, settle, trust } from './setting.ts';

const MEGABYTE = 1_000_000;
const OURS_BYTES = 4 * MEGABYTE;
const THEIRS_BYTES = 32 * MEGABYTE;
/** What an application hands over at a time. */
const CHUNK = 65_536;

export const bulk: Benchmark = {
  name: 'bulk',
  async run(progress) {
    const figures: Figure[] = [];
    const identity = issue('p256');
    for (const { name: suite } of CIPHER_SUITES.filter(({ byDefault }) => byDefault)) {
      const options = { group: 'X25519', suite };
      const pair = await connectNode(nodeContext(identity, options), options);
      const client = createClient(defineClientConfig({ trust, cipherSuites: [suite] }), { name: NAME });
      const server = createServer(defineServerConfig({ credentials: [identity.credential] }));
      settle(client, server, client.start().transmit);
      for (const direction of ['client-to-server', 'server-to-client'] as const) {
        progress(`${suite}, ${direction}`);
        const up = direction === 'client-to-server';
        figures.push(
          await compare({
            name: `bulk/memory/${short(suite)}/${direction}`,
            provider: 'noble',
            unit: 'MB/s',
            peer: 'node:tls',
            ours: () => transfer(up ? client : server, up ? server : client),
            theirs: () => transferNode(up ? pair.client : pair.server, up ? pair.server : pair.client),
          }),
        );
      }
      pair.client.destroy();
      pair.server.destroy();
    }
    return figures;
  },
};

function short(suite: CipherSuiteName): string {
  return suite
    .replace(/^TLS_/, '')
    .replace(/_SHA\d+$/, '')
    .replaceAll('_', '-')
    .toLowerCase();
}

function transfer(from: TlsConnection, to: TlsConnection): number {
  const chunk = new Uint8Array(CHUNK);
  let received = 0;
  const start = performance.now();
  for (let sent = 0; sent < OURS_BYTES; sent += CHUNK) {
    for (const event of to.receive(from.write(chunk).transmit).events) {
      if (event.type === 'data') received += event.data.length;
    }
  }
  if (received < OURS_BYTES) throw new Error('data was lost');
  return received / MEGABYTE / ((performance.now() - start) / 1000);
}

function transferNode(from: NodeJS.ReadWriteStream, to: NodeJS.ReadWriteStream): Promise<number> {
  const chunk = Buffer.alloc(CHUNK);
  const start = performance.now();
  return new Promise((resolve) => {
    let received = 0;
    const take = (data: Buffer): void => {
      received += data.length;
      if (received < THEIRS_BYTES) return;
      to.off('data', take);
      resolve(received / MEGABYTE / ((performance.now() - start) / 1000));
    };
    to.on('data', take);
    let sent = 0;
    const pour = (): void => {
      while (sent < THEIRS_BYTES) {
        sent += CHUNK;
        if (!from.write(chunk)) return void from.once('drain', pour);
      }
    };
    pour();
  });
}
