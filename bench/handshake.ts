/**
 * Full TLS 1.3 handshakes a second, client and server in one process, against node:tls over an in-memory stream pair.
 *
 * Both sides validate the chain. Each figure counts both ends' work.
 *
 * @module
 */
import { defineClientConfig, defineServerConfig } from '../src/connection/config.ts';
import { createClient, createServer } from '../src/connection/connection.ts';
import type { GroupName } from '../src/params/algorithms.ts';
import { type Benchmark, compare, type Figure } from './figure.ts';
import { connectNode, type Identity, issue, NAME, nodeContext, settle, trust } from './setting.ts';

const CASES: readonly {
  readonly kind: 'p256' | 'ed25519' | 'rsa2048';
  readonly group: GroupName;
  readonly node: string;
}[] = [
  { kind: 'p256', group: 'x25519', node: 'X25519' },
  { kind: 'p256', group: 'secp256r1', node: 'prime256v1' },
  { kind: 'ed25519', group: 'x25519', node: 'X25519' },
  { kind: 'rsa2048', group: 'x25519', node: 'X25519' },
  // This Node's OpenSSL may lack the hybrid: its peer is then x25519, and the name says so.
  { kind: 'p256', group: 'X25519MLKEM768', node: 'X25519' },
];

const SUITE = 'TLS_AES_128_GCM_SHA256';
const OURS_A_ROUND = 6;
const THEIRS_A_ROUND = 60;

export const handshake: Benchmark = {
  name: 'handshake',
  async run(progress) {
    const figures: Figure[] = [];
    for (const { kind, group, node } of CASES) {
      progress(`${kind}, ${group}`);
      const identity = issue(kind);
      const options = { group: node, suite: SUITE };
      const context = nodeContext(identity, options);
      figures.push(
        await compare({
          name: `handshake/tls13/full/${kind}/${group}`,
          provider: 'noble',
          unit: 'handshakes/s',
          peer:
            node.toLowerCase() === group.toLowerCase() || group === 'secp256r1' ? 'node:tls' : `node:tls with ${node}`,
          ours: () => rate(OURS_A_ROUND, () => ownHandshake(identity, group)),
          theirs: () =>
            rate(THEIRS_A_ROUND, async () => {
              const pair = await connectNode(context, options);
              pair.client.destroy();
              pair.server.destroy();
            }),
        }),
      );
    }
    return figures;
  },
};

function ownHandshake({ credential }: Identity, group: GroupName): void {
  const client = createClient(
    defineClientConfig({ trust, groups: [group], keyShares: [group], cipherSuites: [SUITE] }),
    { name: NAME },
  );
  const server = createServer(defineServerConfig({ credentials: [credential] }));
  settle(client, server, client.start().transmit);
  if (client.phase !== 'open' || server.phase !== 'open') throw new Error('the handshake failed');
}

async function rate(count: number, work: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) await work();
  return count / ((performance.now() - start) / 1000);
}
