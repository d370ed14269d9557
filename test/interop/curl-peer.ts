/**
 * curl as a peer, as a client: it posts the payloads to our server, which sends each back as the answer's body.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { alertName } from '../../src/errors/alerts.ts';
import { byName, CIPHER_SUITES, type GroupName } from '../../src/params/algorithms.ts';
import { hasTool, run } from '../peers.ts';
import type { InteropAuthority } from './authority.ts';
import { curlExtras } from './curl-extras.ts';
import { answerPosts } from './http.ts';
import { GROUPS, type Lacks, lacksHybrids, lacksOf12 } from './matrix.ts';
import { type Peer, type PeerTask, type Report, retriesFor } from './peer.ts';
import { payloadsFor, SERVER_NAME, sameBytes } from './suite.ts';
import { opensslCiphers, suiteOfOpenssl } from './suite-names.ts';

/** Null where this machine has none. */
export async function startCurl(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  if (!hasTool(t, 'curl')) return null;
  const about = execFileSync('curl', ['--version'], { encoding: 'utf8' });
  const [, version, major, minor] = /^curl (\S+) .*OpenSSL\/(\d+)\.(\d+)/.exec(about) ?? [];
  if (version === undefined) {
    t.skip(`this curl is not built on OpenSSL: ${about.split('\n')[0]}`);
    return null;
  }
  const hybrid = Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 5);
  const lacks: Lacks = {
    ...(hybrid ? {} : lacksHybrids(`its OpenSSL is ${major}.${minor}`)),
    'KeyUpdate theirs': 'curl has no option for it; it answers ours',
    exporter: 'curl has no option for it',
    '64 MiB': 'done with node:tls',
  };
  return {
    name: `curl ${version}`,
    client: {
      lacks,
      // Group and scheme are printed from 8.8 on; the group is the only one that its --curves names.
      tells: () => ['version', 'cipherSuite', 'alpn', 'helloRetryRequest', 'clientCertificate', 'echoed', 'closed'],
      choosesGroups: true,
      retries: retriesFor(GROUPS.filter((group) => !(group in lacks))),
      closes: 'second',
      connect: (sub, port, task) => connect(sub, authority, port, task),
      answer: (own, between) => answerPosts(own, payloadsFor(false).length, between),
    },
  };
}

/** The same in TLS 1.2. */
export async function startCurl12(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  const curl = await startCurl(t, authority);
  if (curl === null) return null;
  const lacks: Lacks = {
    ...lacksOf12('curl has no option for it'),
    'no EMS': 'curl has no option for it',
    'no EtM': 'curl has no option for it',
    exporter: 'curl has no option for it',
    'resumed by ticket': 'curl offers no tickets',
  };
  const { staple: _, 'key log': __, ...lacksNeither } = lacks;
  return {
    name: curl.name,
    client: {
      lacks: lacksNeither,
      tells: () => ['version', 'cipherSuite', 'alpn', 'clientCertificate', 'echoed', 'closed'],
      choosesGroups: true,
      retries: {},
      closes: 'second',
      connect: (sub, port, task) => connect(sub, authority, port, task),
      answer: (own, between, task) => answerPosts(own, payloadsFor(false, task).length, between),
      extras: curlExtras(authority),
    },
  };
}

async function connect(_t: TestContext, authority: InteropAuthority, port: number, task: PeerTask): Promise<Report> {
  const certificate = task.clientCertificate === null ? null : authority.client(task.clientCertificate);
  const payloads = payloadsFor(false, task).map((bytes, i) => {
    const [sent, received] = [join(authority.folder, `curl-sent-${i}`), join(authority.folder, `curl-received-${i}`)];
    writeFileSync(sent, bytes);
    writeFileSync(received, '');
    return { bytes, sent, received };
  });
  const options = [
    ...['--silent', '--show-error', '--http1.1', ...versions(task), '--cacert', authority.ca, '--header', 'Expect:'],
    ...(task.groups === null ? [] : ['--curves', curves(task.groups)]),
    ...(task.alpn.length === 0 ? ['--no-alpn'] : []),
    ...(certificate === null ? [] : ['--cert', certificate.chain, '--key', certificate.key]),
    // No server_name goes out for an address, and the certificates name this one.
    `https://${task.sni ? SERVER_NAME : '127.0.0.1'}:${port}/`,
    ...['--resolve', `${SERVER_NAME}:${port}:127.0.0.1`],
  ];
  // A request that fails would be tried again with the next one.
  const requests = payloads
    .slice(0, task.refused ? 1 : undefined)
    .map(({ sent, received }) => [...options, '--data-binary', `@${sent}`, '--output', received]);
  const { code, stderr } = await run('curl', [
    '--verbose',
    ...requests.flatMap((args, i) => (i === 0 ? args : ['--next', ...args])),
  ]);
  if (code !== 0 && !task.refused) throw new Error(`curl ended with ${code}: ${stderr.slice(-3000)}`);
  if (!task.refused) for (const { bytes, received } of payloads) sameBytes(readFileSync(received), bytes);
  return { ...readVerbose(stderr), echoed: payloads.reduce((sum, { bytes }) => sum + bytes.length, 0) };
}

function versions({ versions, suites }: PeerTask): readonly string[] {
  if (versions.includes('TLS 1.2')) {
    const most = versions.includes('TLS 1.3') ? [] : ['--tls-max', '1.2'];
    return ['--tlsv1.2', ...most, ...(suites === null ? [] : ['--ciphers', opensslCiphers(suites)])];
  }
  return ['--tlsv1.3', ...(suites === null ? [] : ['--tls13-ciphers', suites.join(':')])];
}

/** What `--verbose` says of the first connection; there is only one, as our server counts. */
function readVerbose(text: string): Report {
  const [, version, suite = ''] = /SSL connection using TLSv(1\.\d) \/ (\S+)/.exec(text) ?? [];
  const alpn = /ALPN: server accepted (\S+)/.exec(text)?.[1];
  const alerts = [...text.matchAll(/\(IN\), TLS alert, .* \((\d+)\)/g)].map(([, code]) =>
    alertName(Number(code) & 0xff),
  );
  return {
    version: version === undefined ? undefined : `TLS ${version}`,
    cipherSuite: byName(CIPHER_SUITES, suite)?.name ?? suiteOfOpenssl(suite),
    alpn: alpn ?? null,
    helloRetryRequest: [...text.matchAll(/\(OUT\), TLS handshake, Client hello \(1\)/g)].length === 2,
    clientCertificate: /\(OUT\), TLS handshake, CERT verify \(15\)/.test(text),
    alerts: alerts.filter((alert) => alert !== 'close_notify').map(String),
    closed: alerts.includes('close_notify'),
  };
}

/** OpenSSL's names. */
function curves(groups: readonly GroupName[]): string {
  const names: Partial<Record<GroupName, string>> = {
    x25519: 'X25519',
    x448: 'X448',
    secp256r1: 'P-256',
    secp384r1: 'P-384',
    secp521r1: 'P-521',
  };
  return groups.map((group) => names[group] ?? group).join(':');
}
