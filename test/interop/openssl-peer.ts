/**
 * OpenSSL as a peer: s_server and s_client, a process per connection, read through their message trace.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { CipherSuiteName, GroupName } from '../../src/params/algorithms.ts';
import { freePort, hasTool } from '../peers.ts';
import type { InteropAuthority } from './authority.ts';
import { GROUPS, type Lacks, lacksHybrids } from './matrix.ts';
import { opensslClientExtras, opensslServerExtras } from './openssl-extras.ts';
import { readTrace } from './openssl-trace.ts';
import { EXPORTER_LABEL, type Fact, type Peer, type PeerTask, type Report, retriesFor, type Serving } from './peer.ts';
import { type PeerProcess, startPeer } from './process.ts';
import { payloadsFor, SERVER_NAME, sameBytes } from './suite.ts';
import { opensslCiphers } from './suite-names.ts';

const TELLS: readonly Fact[] = [
  ...(['version', 'cipherSuite', 'group', 'serverScheme', 'clientScheme', 'alpn', 'serverName'] as const),
  ...(['helloRetryRequest', 'clientCertificate', 'keyUpdates', 'closed'] as const),
];

const NO_SIZE_LIMIT = 'OpenSSL has no record_size_limit (RFC 8449)';

/** Null where this machine has none. */
export async function startOpenssl(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  if (!hasTool(t, 'openssl')) return null;
  const { name, hybrid } = about();
  const lacks: Lacks = {
    ...(hybrid ? {} : lacksHybrids('OpenSSL has it from 3.5 on')),
    '64 MiB': 'done with node:tls',
  };
  return {
    name,
    text: (task) => task.rekey,
    server: {
      lacks,
      tells: () => TELLS,
      choosesGroups: true,
      refusals: ['certificate_required'],
      serve: (sub, task) => serve(sub, authority, task),
    },
    client: {
      lacks: { ...lacks, exporter: 's_client prints it among the data' },
      tells: () => [...TELLS, 'echoed'],
      choosesGroups: true,
      retries: retriesFor(GROUPS.filter((group) => !(group in lacks))),
      closes: 'second',
      connect: (sub, port, task) => connect(sub, authority, port, task),
    },
  };
}

/** The same in TLS 1.2. */
export async function startOpenssl12(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  if (!hasTool(t, 'openssl')) return null;
  const tells = ({ certificate, suites }: PeerTask): readonly Fact[] => [
    ...(['version', 'cipherSuite', 'clientScheme', 'alpn', 'serverName', 'clientCertificate', 'closed'] as const),
    ...(['extendedMainSecret', 'encryptThenMac'] as const),
    ...(certificate === 'rsa2048' && suites !== null ? [] : (['group', 'serverScheme'] as const)),
  ];
  return {
    name: about().name,
    server: {
      lacks: { 'record size': NO_SIZE_LIMIT },
      tells,
      choosesGroups: true,
      refusals: ['handshake_failure'],
      serve: (sub, task) => serve(sub, authority, task),
      extras: opensslServerExtras(authority),
    },
    client: {
      lacks: { 'record size': NO_SIZE_LIMIT },
      tells: (task) => [...tells(task), 'echoed'],
      choosesGroups: true,
      retries: {},
      closes: 'second',
      connect: (sub, port, task) => connect(sub, authority, port, task),
      extras: opensslClientExtras(authority),
    },
  };
}

function about(): { readonly name: string; readonly hybrid: boolean } {
  const [, name = 'OpenSSL', major, minor] = /^(OpenSSL (\d+)\.(\d+)\S*)/.exec(openssl('version')) ?? [];
  return { name, hybrid: Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 5) };
}

let traces = 0;

function traceFile(authority: InteropAuthority): string {
  traces += 1;
  return join(authority.folder, `trace-${traces}.txt`);
}

async function serve(t: TestContext, authority: InteropAuthority, task: PeerTask): Promise<Serving> {
  const files = authority.server(task.certificate);
  const port = await freePort();
  const file = traceFile(authority);
  const args = [
    ...['s_server', '-accept', `127.0.0.1:${port}`, '-naccept', '1', '-trace', '-msgfile', file],
    ...protocolArguments(task),
    ...['-cert', files.leaf, '-key', files.key, '-cert_chain', files.intermediate],
    // Without it stdout carries the data alone, but stdin carries no commands.
    ...(task.rekey ? ['-keymatexport', EXPORTER_LABEL, '-keymatexportlen', '32'] : ['-brief']),
    ...(task.alpn.length === 0 ? [] : ['-alpn', task.alpn.join(',')]),
    ...(task.cookie ? ['-stateless'] : []),
    ...(task.clientAuth === 'none' ? [] : [task.clientAuth === 'require' ? '-Verify' : '-verify', '5']),
    ...(task.clientAuth === 'none' ? [] : ['-verify_return_error', '-CAfile', authority.ca]),
  ];
  const server = startPeer(t, 'openssl', args, environment(authority, task));
  // What it prints is what it received; what it reads it sends.
  if (task.rekey) rekeyThenEcho(server).catch(() => server.stop());
  else if (server.child.stdout && server.child.stdin) server.child.stdout.pipe(server.child.stdin);
  return {
    host: '127.0.0.1',
    port,
    async report() {
      await server.ended();
      const exported = /Keying material: ([0-9A-F]{64})\n/.exec(server.stdout())?.[1]?.toLowerCase();
      return { ...readTrace(readFileSync(file, 'latin1'), 'server'), exported };
    },
  };
}

/** The data come after the description of the session. Before the first echo goes out, keys are updated. */
async function rekeyThenEcho(server: PeerProcess): Promise<void> {
  let echoed = 0;
  while (server.runs()) {
    const [, after = ''] = server.stdout().split(/Keying material: [0-9A-F]+\n/);
    const text = after.replaceAll(/SSL_do_handshake -> \d+\n|Read BLOCK\n/g, '');
    if (text.length > echoed) {
      if (echoed === 0) {
        // A command is one only at the start of what a read returns.
        server.type('K\n');
        await server.until(/SSL_do_handshake -> 1\n/);
      }
      server.type(text.slice(echoed));
      echoed = text.length;
    }
    await delay(5);
  }
}

async function connect(t: TestContext, authority: InteropAuthority, port: number, task: PeerTask): Promise<Report> {
  const file = traceFile(authority);
  const certificate = task.clientCertificate === null ? null : authority.client(task.clientCertificate);
  const args = [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-brief', '-trace', '-msgfile', file],
    ...protocolArguments(task),
    ...['-CAfile', authority.ca, '-verify_return_error', '-verify_hostname', SERVER_NAME],
    ...(task.sni ? ['-servername', SERVER_NAME] : ['-noservername']),
    ...(task.rekey ? [] : ['-nocommands']),
    ...(task.alpn.length === 0 ? [] : ['-alpn', task.alpn.join(',')]),
    ...(certificate === null ? [] : ['-cert', certificate.leaf, '-key', certificate.key]),
    ...(certificate === null ? [] : ['-cert_chain', certificate.intermediate]),
  ];
  const client = startPeer(t, 'openssl', args, environment(authority, task));
  let echoed = 0;
  if (!task.refused) {
    await client.until(/CONNECTION ESTABLISHED/);
    for (const payload of payloadsFor(task.rekey, task)) {
      client.type(payload);
      await client.output(echoed + payload.length);
      sameBytes(Buffer.from(client.stdout().slice(echoed), 'latin1'), payload);
      echoed += payload.length;
      if (task.rekey && echoed === 1) {
        client.type('K\n');
        await client.until(/KEYUPDATE/);
      }
    }
  }
  // Our server closes, or has refused.
  await client.ended();
  return { ...readTrace(readFileSync(file, 'latin1'), 'client'), echoed };
}

function protocolArguments({ versions, suites, groups, encryptThenMac }: PeerTask): readonly string[] {
  const [version] = versions;
  const only = version === 'TLS 1.3' ? '-tls1_3' : '-tls1_2';
  const list = (names: readonly CipherSuiteName[]): readonly string[] =>
    version === 'TLS 1.3' ? ['-ciphersuites', names.join(':')] : ['-cipher', opensslCiphers(names)];
  return [
    ...(versions.length > 1 ? [] : [only]),
    ...(suites === null ? [] : list(suites)),
    ...(groups === null ? [] : ['-groups', groupList(groups)]),
    ...(encryptThenMac ? [] : ['-no_etm']),
  ];
}

/** OpenSSL has no option against extended_master_secret, but a line for its configuration. */
function environment({ folder }: InteropAuthority, { extendedMainSecret }: PeerTask): Readonly<Record<string, string>> {
  if (extendedMainSecret) return {};
  const file = join(folder, 'no-ems.cnf');
  const sections = [
    '[init]',
    'ssl_conf = ssl',
    '[ssl]',
    'system_default = tls',
    '[tls]',
    'Options = -ExtendedMasterSecret',
  ];
  writeFileSync(file, ['openssl_conf = init', ...sections, ''].join('\n'));
  return { OPENSSL_CONF: file };
}

function groupList(groups: readonly GroupName[]): string {
  const names: Partial<Record<GroupName, string>> = { secp256r1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
  return groups.map((group) => names[group] ?? group).join(':');
}

function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', [...args], { encoding: 'utf8' });
}
