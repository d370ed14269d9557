/**
 * GnuTLS as a peer: gnutls-serv and gnutls-cli, a process per connection, read through their debug output.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort, hasTool } from '../peers.ts';
import type { InteropAuthority } from './authority.ts';
import { gnutlsClientExtras, gnutlsServerExtras } from './gnutls-extras.ts';
import { readDebugOutput, readSession12 } from './gnutls-trace.ts';
import { GROUPS, type Lacks, lacksHybrids } from './matrix.ts';
import { EXPORTER_LABEL, type Fact, type Peer, type PeerTask, type Report, retriesFor, type Serving } from './peer.ts';
import { startPeer } from './process.ts';
import { payloadsFor, SERVER_NAME, sameBytes } from './suite.ts';
import { gnutlsPriorities } from './suite-names.ts';

const TELLS: readonly Fact[] = [
  ...(['version', 'cipherSuite', 'group', 'serverScheme', 'clientScheme', 'alpn', 'serverName'] as const),
  ...(['helloRetryRequest', 'clientCertificate', 'keyUpdates', 'closed'] as const),
];

/** Null where this machine has none. */
export async function startGnutls(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  if (!hasTool(t, 'gnutls-serv') || !hasTool(t, 'gnutls-cli')) return null;
  const name = nameOf();
  const lacks: Lacks = {
    ...lacksHybrids(`${name} has none`),
    '64 MiB': 'done with node:tls',
  };
  return {
    name,
    text: () => true,
    server: {
      lacks: {
        ...lacks,
        cookie: 'gnutls-serv sends none',
        'KeyUpdate theirs': 'gnutls-serv has no command for it; it answers ours',
      },
      tells: () => [...TELLS, 'exported'],
      choosesGroups: true,
      refusals: ['certificate_required'],
      serve: (sub, task) => serve(sub, authority, task),
    },
    client: {
      lacks,
      tells: () => [...TELLS, 'echoed', 'exported'],
      choosesGroups: true,
      retries: retriesFor(GROUPS.filter((group) => !(group in lacks))),
      closes: 'first',
      connect: (sub, port, task) => connect(sub, authority, port, task),
    },
  };
}

/** The same in TLS 1.2. */
export async function startGnutls12(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  if (!hasTool(t, 'gnutls-serv') || !hasTool(t, 'gnutls-cli')) return null;
  const tells = ({ certificate, suites }: PeerTask): readonly Fact[] => [
    ...(['version', 'cipherSuite', 'clientScheme', 'alpn', 'serverName', 'clientCertificate', 'closed'] as const),
    ...(['extendedMainSecret', 'encryptThenMac', 'exported'] as const),
    ...(certificate === 'rsa2048' && suites !== null ? [] : (['group', 'serverScheme'] as const)),
  ];
  return {
    name: nameOf(),
    text: () => true,
    server: {
      lacks: { 'fragment length': 'gnutls-serv agrees to it and sends longer records, which we refuse' },
      tells,
      choosesGroups: true,
      // So GnuTLS has it.
      refusals: ['decode_error'],
      serve: (sub, task) => serve(sub, authority, task),
      extras: gnutlsServerExtras(authority),
    },
    client: {
      lacks: { 'fragment length': 'gnutls-cli offers record_size_limit with it, which we answer (RFC 8449 §5)' },
      tells: (task) => [...tells(task), 'echoed'],
      choosesGroups: true,
      retries: {},
      closes: 'first',
      connect: (sub, port, task) => connect(sub, authority, port, task),
      extras: gnutlsClientExtras(authority),
    },
  };
}

function nameOf(): string {
  const about = execFileSync('gnutls-cli', ['--version'], { encoding: 'utf8' });
  return `GnuTLS ${/\d+\.\d+\.\d+/.exec(about)?.[0]}`;
}

async function serve(t: TestContext, authority: InteropAuthority, task: PeerTask): Promise<Serving> {
  const files = authority.server(task.certificate);
  const port = await freePort();
  const server = startPeer(t, 'gnutls-serv', [
    ...['--port', String(port), '--echo', '--crlf', '--debug', '5', '--priority', priorities(task)],
    ...['--x509certfile', files.chain, '--x509keyfile', files.key],
    ...task.alpn.flatMap((name) => ['--alpn', name]),
    ...(task.clientAuth === 'none'
      ? ['--disable-client-cert']
      : ['--x509cafile', authority.ca, '--verify-client-cert']),
    ...['--keymatexport', EXPORTER_LABEL, '--keymatexportsize', '32'],
    ...(task.clientAuth === 'require' ? ['--require-client-cert'] : []),
  ]);
  return {
    host: '127.0.0.1',
    port,
    async report() {
      // What it prints to stdout comes out when it exits.
      server.child.kill('SIGTERM');
      await server.ended();
      return { ...readDebugOutput(server.stderr(), 'server'), ...printed(server.stdout(), task) };
    },
  };
}

let logs = 0;

async function connect(t: TestContext, authority: InteropAuthority, port: number, task: PeerTask): Promise<Report> {
  logs += 1;
  const file = join(authority.folder, `gnutls-${logs}.log`);
  const certificate = task.clientCertificate === null ? null : authority.client(task.clientCertificate);
  const client = startPeer(t, 'gnutls-cli', [
    ...['--port', String(port), '--logfile', file, '--debug', '5', '--priority', priorities(task)],
    ...[
      '--x509cafile',
      authority.ca,
      '--verify-hostname',
      SERVER_NAME,
      '--inline-commands',
      '--single-key-share',
      '--verbose',
    ],
    ...['--keymatexport', EXPORTER_LABEL, '--keymatexportsize', '32'],
    ...(task.sni ? ['--sni-hostname', SERVER_NAME] : ['--disable-sni']),
    ...task.alpn.flatMap((name) => ['--alpn', name]),
    ...(certificate === null ? [] : ['--x509certfile', certificate.chain, '--x509keyfile', certificate.key]),
    '127.0.0.1',
  ]);
  let echoed = 0;
  for (const payload of task.refused ? [] : payloadsFor(true, task)) {
    client.type(payload);
    await client.output(echoed + payload.length);
    sameBytes(Buffer.from(client.stdout().slice(echoed), 'latin1'), payload);
    echoed += payload.length;
    if (task.rekey && echoed === 1) client.type('^rekey^\n');
  }
  client.child.stdin?.end();
  await client.ended();
  return { ...readDebugOutput(client.stderr(), 'client'), ...printed(readFileSync(file, 'latin1'), task), echoed };
}

/** What it prints of a session: "- Application protocol: http/1.1", where there is one, and the exported key. */
function printed(text: string, { versions }: PeerTask): Report {
  if (!text.includes('Description: ')) return {};
  return {
    alpn: /^- Application protocol: (.*)$/m.exec(text)?.[1] ?? null,
    exported: /Key material: ([0-9a-f]{64})/.exec(text)?.[1],
    ...(versions.includes('TLS 1.2') ? readSession12(text) : {}),
  };
}

/** All suites that it has in TLS 1.3, and, if given, these groups alone, most preferred first. */
function priorities({ versions, suites, groups, extendedMainSecret, encryptThenMac }: PeerTask): string {
  const chosen = groups?.map((group) => `:+GROUP-${group.toUpperCase()}`).join('') ?? '';
  return [
    'NORMAL:-VERS-ALL',
    ...versions.map((version) => `:+VERS-${version.replace(' ', '')}`),
    ...(versions.includes('TLS 1.2')
      ? [suites === null ? '' : gnutlsPriorities(suites)]
      : [':+AES-128-CCM:+AES-128-CCM-8']),
    ...(groups === null ? [] : [`:-GROUP-ALL${chosen}`]),
    ...(extendedMainSecret ? [] : [':%NO_SESSION_HASH']),
    ...(encryptThenMac ? [] : [':%NO_ETM']),
  ].join('');
}
