/**
 * node:tls as a peer: the node that runs the tests, or another one. Its facts come from the TLSSocket and from the trace that
 * `enableTrace` writes; where both say something, both have to agree.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { ALL_CIPHER_SUITES, byName } from '../../src/params/algorithms.ts';
import type { InteropAuthority } from './authority.ts';
import { GROUPS, type Lacks, lacksHybrids, lacksOf12, type Role } from './matrix.ts';
import { nodeClientExtras, nodeServerExtras } from './node-extras.ts';
import { readTrace } from './openssl-trace.ts';
import { type Fact, type Peer, type PeerTask, type Report, retriesFor } from './peer.ts';
import { checked, type Program, plainFacts, type RawReport, startProgram } from './program.ts';

const NO_KEY_UPDATE = 'node:tls has no call for it';

/** Starts `peer.mjs` under `node`. `bulk`: whether it is the one for 64 MiB. */
export async function startNodePeer(
  t: TestContext,
  authority: InteropAuthority,
  node: string,
  options: { readonly bulk: boolean; readonly hybrid: boolean },
): Promise<Peer> {
  const program = await startProgram(t, authority, node, [join(import.meta.dirname, 'node', 'peer.mjs')]);
  const { version, openssl } = program.hello;
  const lacks: Lacks = {
    ...(options.hybrid ? {} : lacksHybrids(`its OpenSSL is ${openssl}; done with npm's current node`)),
    ...(options.bulk ? {} : { '64 MiB': "done with the machine's own node" }),
    cookie: 'node:tls sends none',
    'KeyUpdate theirs': NO_KEY_UPDATE,
  };
  const { cookie: _, ...lacksAsClient } = lacks;
  const tells: readonly Fact[] = [
    ...(['version', 'cipherSuite', 'group', 'serverScheme', 'clientScheme', 'alpn', 'serverName'] as const),
    ...(['helloRetryRequest', 'clientCertificate', 'keyUpdates', 'closed', 'exported'] as const),
  ];
  return {
    name: `node:tls ${version}`,
    server: {
      lacks,
      tells: (task) => (task.bulk > 0 ? ['version', 'cipherSuite'] : tells),
      choosesGroups: true,
      refusals: ['certificate_required'],
      async serve(_t, task) {
        const { report, ...address } = await program.serve(task);
        return {
          ...address,
          report: async () => translate(program, checked(await report(), task.refused), 'server', task),
        };
      },
    },
    client: {
      lacks: lacksAsClient,
      tells: (task) => (task.bulk > 0 ? ['version', 'cipherSuite', 'bulk'] : [...tells, 'echoed']),
      choosesGroups: true,
      retries: retriesFor(GROUPS.filter((group) => !(group in lacks))),
      async connect(_t, port, task) {
        return translate(program, checked(await program.connect(port, task), task.refused), 'client', task);
      },
    },
  };
}

/** The same in TLS 1.2. */
export async function startNodePeer12(t: TestContext, authority: InteropAuthority, node: string): Promise<Peer> {
  const program = await startProgram(t, authority, node, [join(import.meta.dirname, 'node', 'peer.mjs')]);
  const lacks: Lacks = {
    ...lacksOf12("node:tls has no option for it; OpenSSL's own programs show it"),
    'no EMS': 'node:tls has no option for it',
    'no EtM': 'node:tls has no option for it',
  };
  const tells = ({ certificate, suites }: PeerTask): readonly Fact[] => [
    ...(['version', 'cipherSuite', 'clientScheme', 'alpn', 'serverName', 'clientCertificate', 'closed'] as const),
    ...(['extendedMainSecret', 'encryptThenMac', 'exported'] as const),
    ...(certificate === 'rsa2048' && suites !== null ? [] : (['group', 'serverScheme'] as const)),
  ];
  return {
    name: `node:tls ${program.hello['version']}`,
    server: {
      lacks,
      tells,
      choosesGroups: true,
      ownGroupOrder: true,
      refusals: ['handshake_failure'],
      async serve(_t, task) {
        const { report, ...address } = await program.serve(task);
        return {
          ...address,
          report: async () => translate(program, checked(await report(), task.refused), 'server', task),
        };
      },
      extras: nodeServerExtras(authority),
    },
    client: {
      lacks,
      tells: (task) => [...tells(task), 'echoed'],
      choosesGroups: true,
      retries: {},
      async connect(_t, port, task) {
        return translate(program, checked(await program.connect(port, task), task.refused), 'client', task);
      },
      extras: nodeClientExtras(authority),
    },
  };
}

async function translate(program: Program, raw: RawReport, role: Role, task: PeerTask): Promise<Report> {
  const said: Report = {
    ...plainFacts(raw),
    version: String(raw['protocol']).replace('TLSv', 'TLS '),
    cipherSuite: byName(ALL_CIPHER_SUITES, String(raw['cipher']))?.name,
  };
  // Bulk data are not traced.
  if (task.bulk > 0) return said;
  const traced = readTrace(await program.log(), role);
  if (!task.refused) {
    assert.equal(said.version, traced.version);
    assert.equal(said.cipherSuite, traced.cipherSuite);
    assert.equal(said.alpn, traced.alpn);
    const { name } = (raw['ephemeral'] ?? {}) as { readonly name?: string };
    if (name !== undefined && traced.group !== undefined) assert.equal(GROUP_NAMES[name] ?? name, traced.group);
  }
  return { ...said, ...traced };
}

/** What getEphemeralKeyInfo calls the groups. */
const GROUP_NAMES: Readonly<Record<string, string>> = {
  X25519: 'x25519',
  X448: 'x448',
  prime256v1: 'secp256r1',
};
