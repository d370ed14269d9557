/**
 * Java's JSSE as a peer: java/Peer.java, run from its source by a JDK of this machine. Facts come from the SSLSession and from
 * JSSE's debug output.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { byName, CIPHER_SUITES, NAMED_GROUPS, SIGNATURE_SCHEMES } from '../../src/params/algorithms.ts';
import type { InteropAuthority } from './authority.ts';
import { type Lacks, lacksCcm, lacksHybrids, type Role } from './matrix.ts';
import type { Fact, Peer, Report } from './peer.ts';
import { checked, type Program, plainFacts, type RawReport, startProgram } from './program.ts';

const FOLDER = '/usr/lib/jvm';

export interface Jdk {
  readonly path: string;
  readonly major: number;
}

/** The JDKs of this machine, oldest first, each version once. */
export function findJdks(): readonly Jdk[] {
  const installed = existsSync(FOLDER) ? readdirSync(FOLDER).map((name) => join(FOLDER, name, 'bin', 'java')) : [];
  const found = new Map<number, Jdk>();
  for (const path of ['java', ...installed]) {
    const major = majorOf(path);
    // A JRE without the compiler does not run a source file.
    if (major !== null && major >= 17 && !found.has(major)) found.set(major, { path, major });
  }
  return [...found.values()].sort((a, b) => a.major - b.major);
}

function majorOf(java: string): number | null {
  try {
    const text = execFileSync(java, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const modules = execFileSync(java, ['--list-modules'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const major = /^\S+ (\d+)/.exec(text)?.[1];
    return major !== undefined && modules.includes('jdk.compiler@') ? Number(major) : null;
  } catch {
    return null;
  }
}

export async function startJavaPeer(t: TestContext, authority: InteropAuthority, jdk: Jdk): Promise<Peer> {
  const source = join(import.meta.dirname, 'java', 'Peer.java');
  // The first compiler is enough for a program that runs for seconds.
  const options = ['-XX:TieredStopAtLevel=1', '-Xshare:auto', '-Djavax.net.debug=ssl,handshake'];
  const program = await startProgram(t, authority, jdk.path, [...options, source]);
  const choosesGroups = jdk.major >= 20;
  const lacks: Lacks = {
    ...lacksCcm('JSSE has no CCM'),
    ...(jdk.major >= 27 ? {} : lacksHybrids('JSSE has hybrid groups from Java 27 on')),
    ...(jdk.major >= 25 ? {} : { exporter: 'JSSE has exporters from Java 25 on' }),
    '64 MiB': 'done with node:tls',
  };
  const tells: readonly Fact[] = [
    ...(['version', 'cipherSuite', 'group', 'serverScheme', 'clientScheme', 'alpn', 'serverName'] as const),
    ...(['helloRetryRequest', 'clientCertificate', 'keyUpdates', 'closed'] as const),
    ...(jdk.major >= 25 ? (['exported'] as const) : []),
  ];
  return {
    name: `Java ${program.hello['version']}`,
    server: {
      lacks: { ...lacks, cookie: 'JSSE sends none' },
      tells: () => tells,
      choosesGroups,
      refusals: [
        // 17 still has the alert of TLS 1.2; in between it changed.
        ...(jdk.major < 25 ? ['bad_certificate'] : []),
        ...(jdk.major > 17 ? ['certificate_required'] : []),
      ],
      async serve(_t, task) {
        const { report, ...address } = await program.serve(task);
        return { ...address, report: async () => translate(program, checked(await report(), task.refused), 'server') };
      },
    },
    client: {
      lacks,
      tells: () => [...tells, 'echoed'],
      choosesGroups,
      redrawsShares: true,
      // It sends shares for the first of the elliptic curves and the first of X25519 and X448.
      retries: choosesGroups
        ? {
            x25519: ['x448', 'x25519'],
            x448: ['x25519', 'x448'],
            secp256r1: ['secp384r1', 'secp256r1'],
            secp384r1: ['secp256r1', 'secp384r1'],
            secp521r1: ['secp256r1', 'secp521r1'],
          }
        : { x448: null, secp384r1: null, secp521r1: null },
      async connect(_t, port, task) {
        return translate(program, checked(await program.connect(port, task), task.refused), 'client');
      },
    },
  };
}

async function translate(program: Program, raw: RawReport, role: Role): Promise<Report> {
  const log = await program.log();
  return {
    ...readDebugOutput(log, role),
    ...plainFacts(raw),
    version: raw['protocol'] === 'TLSv1.3' ? 'TLS 1.3' : undefined,
    cipherSuite: byName(CIPHER_SUITES, String(raw['cipher']))?.name,
  };
}

/** Messages stand in the output as `Produced|Consuming … ("NAME": { … })`, each after a line that begins with javax.net.ssl. */
function readDebugOutput(log: string, role: Role): Report {
  const entries = log.split(/^(?=javax\.net\.ssl\|)/m);
  const entriesWith = (direction: RegExp, message: string): readonly string[] =>
    entries.filter((entry) => direction.test(entry.split('\n')[0] ?? '') && entry.includes(`"${message}": {`));
  const produced = /\|Produced /;
  const consumed = /\|Consuming /;
  const [byClient, byServer] = role === 'client' ? [produced, consumed] : [consumed, produced];
  const schemeOf = (direction: RegExp) => {
    const name = /"signature algorithm": (\w+)/.exec(entriesWith(direction, 'CertificateVerify')[0] ?? '')?.[1];
    return name === undefined ? null : byName(SIGNATURE_SCHEMES, name)?.name;
  };
  const group = /"named group": (\w+)/.exec(
    /"key_share \(51\)": \{[^}]*/.exec(entriesWith(byServer, 'ServerHello').at(-1) ?? '')?.[0] ?? '',
  );
  const serverName = /type=host_name \(0\), value=(\S+)/.exec(entriesWith(byClient, 'ClientHello')[0] ?? '');
  const alerts = entries
    .filter((entry) => entry.includes('|Received alert message'))
    .map((entry) => /"description": "(\w+)"/.exec(entry)?.[1] ?? '');
  return {
    group: byName(NAMED_GROUPS, group?.[1] ?? '')?.name,
    serverScheme: schemeOf(byServer) ?? undefined,
    clientScheme: schemeOf(byClient),
    serverName: serverName?.[1] ?? null,
    helloRetryRequest: entries.some((entry) => entry.includes('"HelloRetryRequest": {')),
    clientCertificate: entriesWith(byClient, 'Certificate').some((entry) => entry.includes('"certificate" : {')),
    keyUpdates: entriesWith(consumed, 'KeyUpdate').length,
    alerts: alerts.filter((name) => name !== 'close_notify'),
    closed: alerts.includes('close_notify'),
  };
}
