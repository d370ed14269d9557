/**
 * Go's crypto/tls as a peer, by a program built from go/peer.go.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { ALL_CIPHER_SUITES, byCode, NAMED_GROUPS, SIGNATURE_SCHEMES } from '../../src/params/algorithms.ts';
import type { InteropAuthority } from './authority.ts';
import { type Lacks, lacksCcm, lacksOf12, lacksSuites12, type Role } from './matrix.ts';
import type { Fact, Peer, PeerTask, Report } from './peer.ts';
import { checked, plainFacts, type RawReport, startProgram } from './program.ts';

const BUILD_TIMEOUT_MS = 180_000;

/** Null where this machine has none. */
export async function startGo(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  const binary = await build(t, authority);
  if (binary === null) return null;
  const program = await startProgram(t, authority, binary, []);
  const name = `Go ${program.hello['version']}`;
  const lacks: Lacks = {
    ...lacksCcm('crypto/tls has no CCM'),
    x448: 'crypto/tls has no X448',
    'cert ed448': 'crypto/tls has no Ed448',
    'cert rsa-pss2048': 'crypto/tls takes no rsa_pss_pss_*',
    'KeyUpdate theirs': 'crypto/tls has no call for it; it answers ours',
    '64 MiB': 'done with node:tls',
  };
  const tells =
    (peer: Role) =>
    (task: PeerTask): readonly Fact[] => [
      ...([
        'version',
        'cipherSuite',
        'group',
        'alpn',
        'serverName',
        'helloRetryRequest',
        'exported',
        'closed',
      ] as const),
      ...(peer === 'client' ? (['serverScheme', 'echoed'] as const) : (['clientCertificate'] as const)),
      ...(peer === 'server' && task.clientCertificate !== null ? (['clientScheme'] as const) : []),
    ];
  return {
    name,
    server: {
      lacks: { ...lacks, cookie: 'crypto/tls sends none' },
      tells: tells('server'),
      choosesGroups: true,
      refusals: ['certificate_required'],
      async serve(_t, task) {
        const { report, ...address } = await program.serve(task);
        return { ...address, report: async () => translate(checked(await report(), task.refused), 'server') };
      },
    },
    client: {
      lacks,
      tells: tells('client'),
      choosesGroups: true,
      // It has an order of its own: hybrids first, with a share for the first group and for X25519 beside its hybrid.
      retries: {
        SecP256r1MLKEM768: ['X25519MLKEM768', 'SecP256r1MLKEM768'],
        SecP384r1MLKEM1024: ['X25519MLKEM768', 'SecP384r1MLKEM1024'],
        x25519: ['SecP256r1MLKEM768', 'x25519'],
        secp256r1: ['x25519', 'secp256r1'],
        secp384r1: null,
        secp521r1: null,
      },
      async connect(_t, port, task) {
        return translate(checked(await program.connect(port, task), task.refused), 'client');
      },
    },
  };
}

async function build(t: TestContext, authority: InteropAuthority): Promise<string | null> {
  const binary = join(authority.folder, 'go-peer');
  const cwd = join(import.meta.dirname, 'go');
  const env = { ...process.env, GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };
  try {
    await promisify(execFile)('go', ['build', '-o', binary, '.'], { cwd, env, timeout: BUILD_TIMEOUT_MS });
  } catch (error) {
    t.skip(`no Go program on this machine: ${(error as Error).message.trim()}`);
    return null;
  }
  return binary;
}

/** The same in TLS 1.2. */
export async function startGo12(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  const binary = await build(t, authority);
  if (binary === null) return null;
  const program = await startProgram(t, authority, binary, []);
  const lacks: Lacks = {
    ...lacksSuites12(({ name }) => name.includes('_CCM'), 'crypto/tls has no CCM'),
    ...lacksSuites12(
      ({ name }) => /_CBC_SHA384$|RSA_WITH_AES_256_CBC_SHA256$/.test(name),
      'crypto/tls has not this CBC suite',
    ),
    ...lacksOf12('not asked of crypto/tls'),
    'resumed by ticket': 'not asked of crypto/tls',
    'resumed by ID': 'not asked of crypto/tls',
    x448: 'crypto/tls has no X448',
    'cert ed448': 'crypto/tls has no Ed448',
    'cert rsa-pss2048': 'crypto/tls takes no rsa_pss_pss_*',
    'no EMS': 'crypto/tls always has it',
  };
  const tells = ({ certificate, suites }: PeerTask): readonly Fact[] => [
    ...(['version', 'cipherSuite', 'alpn', 'serverName', 'exported', 'closed'] as const),
    ...(certificate === 'rsa2048' && suites !== null ? [] : (['group'] as const)),
  ];
  return {
    name: `Go ${program.hello['version']}`,
    server: {
      lacks,
      tells: (task) => [...tells(task), 'clientCertificate'],
      choosesGroups: true,
      ownGroupOrder: true,
      macThenEncrypt: true,
      refusals: ['handshake_failure', 'bad_certificate'],
      async serve(_t, task) {
        const { report, ...address } = await program.serve(task);
        return { ...address, report: async () => translate(checked(await report(), task.refused), 'server') };
      },
    },
    client: {
      lacks,
      tells: (task) => [...tells(task), 'echoed'],
      choosesGroups: true,
      macThenEncrypt: true,
      retries: {},
      async connect(_t, port, task) {
        return translate(checked(await program.connect(port, task), task.refused), 'client');
      },
    },
  };
}

function translate(raw: RawReport, role: Role): Report {
  // A server of TLS 1.2 has its own scheme there.
  const own = role === 'server' && raw['protocol'] === 'TLS 1.2';
  const scheme = own ? undefined : byCode(SIGNATURE_SCHEMES, Number(raw['peerScheme']))?.name;
  return {
    ...plainFacts(raw),
    version: String(raw['protocol']),
    cipherSuite: byCode(ALL_CIPHER_SUITES, Number(raw['suite']))?.name,
    group: byCode(NAMED_GROUPS, Number(raw['group']))?.name,
    ...(role === 'client' ? { serverScheme: scheme } : { clientScheme: scheme }),
    ...(role === 'server' ? { clientCertificate: Number(raw['peerCertificates']) > 0 } : {}),
    alerts: Array.isArray(raw['alerts']) ? raw['alerts'].map(String) : [],
  };
}
