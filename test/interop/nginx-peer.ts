/**
 * nginx as a peer, as a server: it passes what our client posts to an echo behind it, and says of the connection what
 * its $ssl_ variables hold, as headers of the answer.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { byName, CIPHER_SUITES, type GroupName } from '../../src/params/algorithms.ts';
import { freePort, hasTool } from '../peers.ts';
import type { InteropAuthority } from './authority.ts';
import { postPayloads } from './http.ts';
import { type Lacks, lacksHybrids, lacksOf12 } from './matrix.ts';
import { nginxExtras } from './nginx-extras.ts';
import type { Peer, PeerTask, Report, Serving } from './peer.ts';
import { startPeer } from './process.ts';
import { opensslCiphers, suiteOfOpenssl } from './suite-names.ts';

/** Null where this machine has none. */
export async function startNginxPeer(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  if (!hasTool(t, 'nginx')) return null;
  const about = execFileSync('sh', ['-c', 'nginx -V 2>&1'], { encoding: 'utf8', env: withDaemons() });
  const [, version] = /nginx\/(\S+)/.exec(about) ?? [];
  const [, openssl = '3.0', major, minor] =
    /OpenSSL ((\d+)\.(\d+)\S*)/.exec(about.split('running with').at(-1) ?? '') ?? [];
  const hybrid = Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 5);
  const lacks: Lacks = {
    ...(hybrid ? {} : lacksHybrids(`its OpenSSL is ${openssl}`)),
    cookie: 'nginx sends none',
    'client cert missing': 'nginx answers with HTTP 400, not with an alert',
    'KeyUpdate theirs': 'nginx has no setting for it; it answers ours',
    exporter: 'nginx has no variable for it',
    close_notify: 'nginx takes any end for a clean one; its own close_notify came in every connection',
    '64 MiB': 'done with node:tls',
  };
  const echo = await startEcho(t);
  return {
    name: `nginx ${version}`,
    server: {
      lacks,
      tells: () => ['version', 'cipherSuite', 'group', 'alpn', 'serverName', 'clientCertificate'],
      choosesGroups: true,
      refusals: [],
      serve: (sub, task) => serve(sub, authority, echo, task),
    },
  };
}

/** The same in TLS 1.2. */
export async function startNginx12(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  const nginx = await startNginxPeer(t, authority);
  if (nginx === null) return null;
  const echo = await startEcho(t);
  const lacks: Lacks = {
    ...lacksOf12('nginx has no setting for it'),
    'client cert missing': 'nginx answers with HTTP 400, not with an alert',
    exporter: 'nginx has no variable for it',
    close_notify: 'nginx takes any end for a clean one; its own close_notify came in every connection',
  };
  const { staple: _, ...lacksOthers } = lacks;
  return {
    name: nginx.name,
    server: {
      lacks: { ...lacksOthers, 'fragment length': 'nginx says nothing of its records' },
      tells: ({ certificate, suites }) => [
        ...(['version', 'cipherSuite', 'alpn', 'serverName', 'clientCertificate'] as const),
        ...(certificate === 'rsa2048' && suites !== null ? [] : (['group'] as const)),
      ],
      choosesGroups: true,
      ownGroupOrder: true,
      refusals: [],
      serve: (sub, task) => serve(sub, authority, echo, task),
      extras: nginxExtras(authority),
    },
  };
}

/** An HTTP server that answers with the body of the request. */
async function startEcho(t: TestContext): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      response.writeHead(200, { 'Content-Length': body.length }).end(body);
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

let folders = 0;

async function serve(t: TestContext, authority: InteropAuthority, echo: number, task: PeerTask): Promise<Serving> {
  folders += 1;
  const folder = join(authority.folder, `nginx-${folders}`);
  mkdirSync(folder);
  const port = await freePort();
  const log = join(folder, 'error.log');
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration(authority, folder, log, port, echo, task));
  const nginx = startPeer(t, 'nginx', ['-p', folder, '-c', file, '-e', log], { PATH: withDaemons().PATH });
  let headers: ReadonlyMap<string, string> = new Map();
  return {
    host: '127.0.0.1',
    port,
    async talk(own, payloads, between) {
      headers = await postPayloads(own, payloads, between);
      // Where a client leaves first, nginx sends no close_notify; so it leaves first.
      assert.equal(await own.read(), null);
    },
    async report() {
      nginx.child.kill('SIGQUIT');
      await nginx.ended();
      return readAnswer(headers);
    },
  };
}

function configuration(
  authority: InteropAuthority,
  folder: string,
  log: string,
  port: number,
  echo: number,
  task: PeerTask,
): string {
  const { chain, key } = authority.server(task.certificate);
  const facts = ['protocol', 'cipher', 'curve', 'alpn_protocol', 'server_name', 'client_verify'];
  return `
    daemon off;
    master_process off;
    pid ${folder}/pid;
    error_log ${log};
    events { }
    http {
      access_log off;
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_protocols ${task.versions.map((version) => version.replace('TLS ', 'TLSv')).join(' ')};
        ssl_certificate ${chain};
        ssl_certificate_key ${key};
        ${suites(task)}
        ${task.extendedMainSecret ? '' : 'ssl_conf_command Options -ExtendedMasterSecret;'}
        ${task.encryptThenMac ? '' : 'ssl_conf_command Options -EncryptThenMac;'}
        ${task.groups === null ? '' : `ssl_ecdh_curve ${task.groups.map((group) => CURVES[group] ?? group).join(':')};`}
        ${task.clientAuth === 'none' ? '' : `ssl_verify_client optional; ssl_client_certificate ${authority.ca};`}
        ssl_verify_depth 3;
        client_body_buffer_size 2m;
        client_max_body_size 2m;
        proxy_buffers 8 256k;
        ${facts.map((fact) => `add_header X-${fact} "=$ssl_${fact}";`).join(' ')}
        location / { proxy_pass http://127.0.0.1:${echo}; }
      }
    }
  `;
}

function suites({ versions, suites }: PeerTask): string {
  if (suites === null) return '';
  return versions.includes('TLS 1.2')
    ? `ssl_ciphers ${opensslCiphers(suites)};`
    : `ssl_conf_command Ciphersuites ${suites.join(':')};`;
}

/** OpenSSL's names. */
const CURVES: Partial<Readonly<Record<GroupName, string>>> = {
  secp256r1: 'prime256v1',
  x25519: 'X25519',
  x448: 'X448',
};

function readAnswer(headers: ReadonlyMap<string, string>): Report {
  // Without the sign nginx would leave an empty one out.
  const fact = (name: string): string | null => headers.get(`x-${name}`)?.slice(1) || null;
  const curve = fact('curve');
  const cipher = fact('cipher') ?? '';
  const named = Object.entries(CURVES).find(([, name]) => name === curve)?.[0] ?? curve;
  return {
    version: fact('protocol')?.replace('TLSv', 'TLS '),
    cipherSuite: byName(CIPHER_SUITES, cipher)?.name ?? suiteOfOpenssl(cipher),
    group: (named as GroupName | null) ?? undefined,
    alpn: fact('alpn_protocol'),
    serverName: fact('server_name'),
    clientCertificate: fact('client_verify') === 'SUCCESS',
  };
}

/** Debian keeps daemons where an ordinary user's PATH does not lead. */
function withDaemons(): { readonly PATH: string } {
  return { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
}
