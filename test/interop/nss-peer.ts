/**
 * NSS as a peer in TLS 1.2: selfserv and tstclnt, a process per connection, read through what they print.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  byName,
  CIPHER_SUITES_12,
  type CipherSuiteName,
  type GroupName,
  SIGNATURE_SCHEMES,
} from '../../src/params/algorithms.ts';
import { freePort, hasTool, run } from '../peers.ts';
import type { InteropAuthority } from './authority.ts';
import { type Lacks, lacksOf12, lacksSuites12, type Role } from './matrix.ts';
import { nssDatabase } from './nss-database.ts';
import { nssClientExtras, nssServerExtras } from './nss-extras.ts';
import type { OwnEnd } from './own-end.ts';
import { EXPORTER_LABEL, type Fact, type Peer, type PeerTask, type Report, type Serving } from './peer.ts';
import { startPeer } from './process.ts';
import { SERVER_NAME } from './suite.ts';

/** Null where this machine has none. */
export async function startNss12(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  for (const tool of ['certutil', 'pk12util', 'tstclnt', 'selfserv']) if (!hasTool(t, tool)) return null;
  const lacks: Lacks = {
    ...lacksSuites12(({ name }) => name.includes('_CCM'), 'NSS has no CCM'),
    ...lacksOf12('not asked of NSS: its programs have no option for it'),
    x448: 'NSS has no X448',
    'cert ed25519': 'this NSS has no EdDSA',
    'cert ed448': 'this NSS has no EdDSA',
    'no EMS': 'NSS always has it',
    close_notify: 'NSS does not tell how a connection ended; its own close_notify came in every one',
  };
  const { 'renegotiation refused': _, ...asServer } = lacks;
  const { staple: __, ...asClient } = asServer;
  const tells = ({ certificate, suites }: PeerTask): readonly Fact[] => [
    ...(['version', 'cipherSuite', 'extendedMainSecret'] as const),
    ...(certificate === 'rsa2048' && suites !== null ? [] : (['group'] as const)),
  ];
  return {
    name: `NSS ${versionOf()}`,
    server: {
      lacks: {
        ...asServer,
        '1 MiB': 'selfserv answers requests of a few kilobytes',
        'cert rsa-pss2048': 'selfserv does not show the one that pk12util imports',
      },
      matchesStrength: true,
      tells: (task) => [...tells(task), 'clientCertificate'],
      choosesGroups: true,
      ownGroupOrder: true,
      macThenEncrypt: true,
      refusals: ['bad_certificate'],
      serve: (sub, task) => serve(sub, authority, task),
      extras: nssServerExtras(authority),
    },
    client: {
      lacks: {
        ...asClient,
        'cert rsa-pss2048': 'tstclnt offers no rsa_pss_pss_* of itself',
        ALPN: 'tstclnt has no option for it',
        exporter: 'tstclnt prints none in TLS 1.2',
        '1 MiB': 'tstclnt sends what is in a file, as one request',
      },
      tells,
      choosesGroups: true,
      macThenEncrypt: true,
      retries: {},
      closes: 'second',
      connect: (_, port, task) => connect(authority, port, task),
      answer,
      extras: nssClientExtras(authority),
    },
  };
}

function versionOf(): string {
  const text = execFileSync('dpkg', ['-s', 'libnss3-tools'], { encoding: 'utf8' });
  return /^Version: (?:\d+:)?([\d.]+)/m.exec(text)?.[1] ?? '';
}

async function serve(t: TestContext, authority: InteropAuthority, task: PeerTask): Promise<Serving> {
  const port = await freePort();
  const server = startPeer(t, 'selfserv', [
    ...['-d', nssDatabase(authority, 'server', task.certificate), '-p', `${port}`, ...protocolArguments(task)],
    ...(task.certificate.startsWith('rsa') ? ['-n', 'own'] : ['-e', 'own']),
    ...{ none: [], request: ['-r'], require: ['-r', '-r'] }[task.clientAuth],
    ...(task.alpn.length === 0 ? [] : ['-Q']),
    ...['-x', `${EXPORTER_LABEL}:32`],
  ]);
  await server.until(/About to call accept/);
  return {
    host: '127.0.0.1',
    port,
    async talk(own) {
      await own.write(Buffer.from(REQUEST));
      let page = '';
      for (let chunk = await own.read(); chunk !== null; chunk = await own.read()) {
        page += Buffer.from(chunk).toString('latin1');
      }
      assert.match(page, /^HTTP\/1\.0 200 OK/);
      assert.ok(page.includes(REQUEST.trimEnd()));
    },
    async report() {
      server.child.kill('SIGTERM');
      await server.ended();
      return readOutput(server.stdout() + server.stderr(), 'server');
    },
  };
}

async function connect(authority: InteropAuthority, port: number, task: PeerTask): Promise<Report> {
  const file = join(authority.folder, 'nss-request');
  writeFileSync(file, REQUEST);
  const { code, stdout, stderr } = await run('tstclnt', [
    // No server_name goes out for an address, and the certificates name this one.
    ...['-4', '-h', task.sni ? SERVER_NAME : '127.0.0.1', '-p', `${port}`, ...protocolArguments(task), '-A', file],
    ...['-d', nssDatabase(authority, 'client', task.clientCertificate)],
    ...(task.clientCertificate === null ? [] : ['-n', 'own']),
  ]);
  if (!task.refused) {
    assert.equal(code, 0, stderr.slice(-2000));
    assert.ok(stdout.toString('latin1').includes(REQUEST));
  }
  return readOutput(stderr, 'client');
}

/** Sends the request back once it is there. */
async function answer(own: OwnEnd): Promise<void> {
  await own.write(await own.readExactly(REQUEST.length));
}

const REQUEST = `GET /${'isotls/'.repeat(400)} HTTP/1.0\r\n\r\n`;

const EXPORTED = /^Exported Keying Material:\n.*\n.*\n +Keying Material:\n((?: +(?:[0-9a-f]{2}:?)+\n){2})/m;

function protocolArguments({ versions, suites, groups }: PeerTask): readonly string[] {
  const [least = '', most = least] = versions.map((version) => version.replace('TLS ', 'tls'));
  const codes = CIPHER_SUITES_12.filter(({ name }) => suites?.includes(name) === true).map(
    ({ code }) => `:${code.toString(16).padStart(4, '0').toUpperCase()}`,
  );
  return [
    ...['-V', `${least}:${most}`, '-v'],
    ...(codes.length === 0 ? [] : ['-c', codes.join('')]),
    ...(groups === null ? [] : ['-I', groups.map((group) => GROUP_NAMES[group] ?? group).join(',')]),
  ];
}

const GROUP_NAMES: Partial<Readonly<Record<GroupName, string>>> = {
  secp256r1: 'P256',
  secp384r1: 'P384',
  secp521r1: 'P521',
};

/** "SSL version 3.3 using 128-bit AES with 160-bit SHA1 MAC", "Server Auth: 2048-bit RSA, Key Exchange: 255-bit ECDHE". */
function readOutput(text: string, role: Role): Report {
  const [, version, bits, cipher = '', mac = ''] =
    /SSL version 3\.(\d) using (\d+)-bit (\S+) with \d+-bit (\S+) MAC/.exec(text) ?? [];
  const [, auth = '', strength = '', exchange = ''] =
    /Server Auth: \d+-bit (\S+), Key Exchange: (\d+)-bit (\w+)/.exec(text) ?? [];
  const exported = EXPORTED.exec(text)?.[1];
  const alert = /SSL_ERROR_(\w+)_ALERT/.exec(text)?.[1];
  return {
    version: version === '3' ? 'TLS 1.2' : undefined,
    cipherSuite: suiteOf(exchange === 'RSA' ? 'rsa' : auth.startsWith('RSA') ? 'ecdhe_rsa' : 'ecdhe_ecdsa', {
      cipher: `${cipher}${bits}`,
      mac,
    }),
    group: exchange === 'ECDHE' ? GROUP_OF_BITS[strength] : undefined,
    serverScheme: byName(SIGNATURE_SCHEMES, /Signature Scheme: (\w+)/.exec(text)?.[1] ?? '')?.name,
    extendedMainSecret: /Extended Master Secret: Yes/.test(text),
    // A client has no word for it.
    clientCertificate: role === 'client' ? undefined : /^selfserv: Subject: CN=client/m.test(text),
    exported: exported?.replace(/[^0-9a-f]/g, ''),
    alerts: alert === undefined ? [] : [alert.toLowerCase()],
  };
}

const GROUP_OF_BITS: Readonly<Record<string, GroupName>> = {
  '255': 'x25519',
  '256': 'secp256r1',
  '384': 'secp384r1',
  '521': 'secp521r1',
};

function suiteOf(
  keyExchange: 'rsa' | 'ecdhe_rsa' | 'ecdhe_ecdsa',
  { cipher, mac }: { readonly cipher: string; readonly mac: string },
): CipherSuiteName | undefined {
  return CIPHER_SUITES_12.find((suite) => {
    if (suite.keyExchange !== keyExchange) return false;
    const { protection } = suite;
    if (protection.kind === 'cbc') {
      return cipher === `AES${protection.cipher.slice(4, 7)}` && mac.toLowerCase() === protection.mac;
    }
    const names = {
      'aes-128-gcm': 'AES-GCM128',
      'aes-256-gcm': 'AES-GCM256',
      'chacha20-poly1305': 'CHACHA20POLY1305256',
    };
    return protection.aead in names && names[protection.aead as keyof typeof names] === cipher;
  })?.name;
}
