/**
 * Python's ssl as a peer, by python/peer.py.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { alertName } from '../../src/errors/alerts.ts';
import { byCode, byName, CIPHER_SUITES, NAMED_GROUPS, SIGNATURE_SCHEMES } from '../../src/params/algorithms.ts';
import type { InteropAuthority } from './authority.ts';
import { type Lacks, lacksCcm, lacksHybrids, lacksOf12 } from './matrix.ts';
import type { Fact, Peer, PeerTask, Report } from './peer.ts';
import { checked, plainFacts, type RawReport, startProgram } from './program.ts';
import { suiteOfOpenssl } from './suite-names.ts';

const TELLS: readonly Fact[] = [
  ...(['version', 'cipherSuite', 'group', 'serverScheme', 'clientScheme', 'alpn', 'serverName'] as const),
  ...(['helloRetryRequest', 'keyUpdates', 'closed'] as const),
];

/** Null where this machine has none. */
export async function startPython(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  try {
    await promisify(execFile)('python3', ['-c', 'import ssl; assert ssl.HAS_TLSv1_3; ssl.SSLContext._msg_callback']);
  } catch (error) {
    t.skip(`no Python with TLS 1.3 on this machine: ${(error as Error).message.trim()}`);
    return null;
  }
  const program = await startProgram(t, authority, 'python3', [join(import.meta.dirname, 'python', 'peer.py')]);
  const { version, openssl } = program.hello;
  const lacks: Lacks = {
    ...lacksCcm("Python's ssl cannot choose TLS 1.3 suites before 3.15"),
    ...lacksHybrids(`its OpenSSL is ${openssl}`),
    'KeyUpdate theirs': "Python's ssl has no call for it; it answers ours",
    exporter: "Python's ssl has no call for it",
    '64 MiB': 'done with node:tls',
  };
  return {
    name: `Python ${version}`,
    server: {
      lacks: { ...lacks, cookie: "Python's ssl sends none" },
      tells: () => [...TELLS, 'clientCertificate'],
      choosesGroups: true,
      refusals: ['certificate_required'],
      async serve(_t, task) {
        const { report, ...address } = await program.serve(task);
        return { ...address, report: async () => translate(checked(await report(), task.refused)) };
      },
    },
    client: {
      lacks,
      tells: ({ clientAuth }) => [
        ...TELLS,
        'echoed',
        ...(clientAuth === 'none' ? [] : (['clientCertificate'] as const)),
      ],
      choosesGroups: true,
      // Its call takes one group, so that a list is only OpenSSL's own, which begins with X25519.
      retries: { x448: null, secp256r1: null, secp384r1: null, secp521r1: null },
      async connect(_t, port, task) {
        return translate(checked(await program.connect(port, task), task.refused));
      },
    },
  };
}

/** The same in TLS 1.2. */
export async function startPython12(t: TestContext, authority: InteropAuthority): Promise<Peer | null> {
  const peer = await startPython(t, authority);
  if (peer?.server === undefined || peer.client === undefined) return null;
  const lacks: Lacks = {
    ...lacksOf12("not asked of Python's ssl"),
    'resumed by ticket': "not asked of Python's ssl",
    'resumed by ID': "not asked of Python's ssl",
    'no EMS': "Python's ssl has no option for it",
    'no EtM': "Python's ssl has no option for it",
    exporter: "Python's ssl has no call for it",
  };
  const tells = ({ certificate, suites }: PeerTask): readonly Fact[] => [
    ...(['version', 'cipherSuite', 'clientScheme', 'alpn', 'serverName', 'closed'] as const),
    ...(['extendedMainSecret', 'encryptThenMac'] as const),
    ...(certificate === 'rsa2048' && suites !== null ? [] : (['group', 'serverScheme'] as const)),
  ];
  return {
    name: peer.name,
    server: {
      ...peer.server,
      lacks,
      ownGroupOrder: true,
      tells: (task) => [...tells(task), 'clientCertificate'],
      refusals: ['handshake_failure'],
    },
    client: { ...peer.client, lacks, retries: {}, tells: (task) => [...tells(task), 'echoed'] },
  };
}

function translate(raw: RawReport): Report {
  const scheme = (code: unknown) => byCode(SIGNATURE_SCHEMES, Number(code))?.name;
  return {
    ...plainFacts(raw),
    version: String(raw['protocol']).replace('TLSv', 'TLS '),
    cipherSuite: byName(CIPHER_SUITES, String(raw['cipher']))?.name ?? suiteOfOpenssl(String(raw['cipher'])),
    group: byCode(NAMED_GROUPS, Number(raw['group']))?.name,
    serverScheme: scheme(raw['serverScheme']),
    clientScheme: raw['clientScheme'] === null ? null : scheme(raw['clientScheme']),
    alerts: Array.isArray(raw['alerts']) ? raw['alerts'].map((code) => alertName(Number(code)) ?? `alert ${code}`) : [],
  };
}
