/**
 * What is tried with every peer in TLS 1.2: each suite, with groups and certificates in turns, then one or more per option.
 *
 * @see RFC 5246 §7.3 (handshake), §7.4.6 (no client certificate), RFC 7366 (EtM), RFC 7627 (EMS), RFC 8422 §5.1 (groups)
 * @module
 */
import type { AlertName } from '../../src/errors/alerts.ts';
import { byName, CIPHER_SUITES_12, type CipherSuite12, type GroupName } from '../../src/params/algorithms.ts';
import { type Case, type Draft, TASK } from './cases.ts';
import { CERTIFICATES, type CertificateKind, type Column, GROUPS_12, type Lacks } from './matrix.ts';
import type { Peer, PeerClient, PeerServer, PeerTask } from './peer.ts';

const FORWARD: CipherSuite12['name'] = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256';

/** Connections of our client to the peer's server. */
export function cases12ForServer(peer: Peer): readonly Case[] {
  if (peer.server === undefined) return [];
  const { lacks } = peer.server;
  return [
    ...common(peer.server),
    ...when(lacks, 'ALPN', {
      label: 'ALPN',
      own: { alpn: ['isotls/0', 'http/1.1'] },
      task: { alpn: ['http/1.1'] },
      expect: { alpn: 'http/1.1' },
    }),
    ...when(lacks, 'SNI', { label: 'no server_name', sni: false }),
  ].map((each) => complete(each, peer.server));
}

/** Connections of the peer's client to our server. */
export function cases12ForClient(peer: Peer): readonly Case[] {
  if (peer.client === undefined) return [];
  const { lacks } = peer.client;
  return [
    ...common(peer.client),
    ...when(
      lacks,
      'ALPN',
      {
        label: 'ALPN',
        own: { alpn: ['h2', 'http/1.1'] },
        task: { alpn: ['isotls/0', 'http/1.1'] },
        expect: { alpn: 'http/1.1' },
      },
      refused('ALPN without an overlap', 'no_application_protocol', { alpn: ['h2'] }, { alpn: ['isotls/0'] }),
    ),
    ...when(
      lacks,
      'SNI',
      { label: 'no server_name', task: { sni: false } },
      refused('another server_name', 'unrecognized_name', { serverNames: ['example.test'] }, {}),
    ),
  ].map((each) => complete(each, peer.client));
}

function common(side: PeerServer | PeerClient): readonly Draft[] {
  const { lacks, macThenEncrypt } = side;
  const certificates = CERTIFICATES.filter((kind) => !(`cert ${kind}` in lacks));
  // RFC 7366 §3: it is for CBC alone.
  const cbc = CIPHER_SUITES_12.filter(({ name, protection }) => protection.kind === 'cbc' && !(name in lacks))
    .filter(({ keyExchange }) => keyExchange === 'ecdhe_rsa')
    .map(({ name }) => name);
  return [
    ...combinations(lacks, macThenEncrypt === true, 'matchesStrength' in side && side.matchesStrength === true),
    ...when(
      lacks,
      'client cert sent',
      ...certificates.map((clientCertificate) => ({
        label: `client certificate ${clientCertificate}`,
        own: { clientAuth: 'require' as const },
        task: { clientAuth: 'require' as const, clientCertificate },
      })),
    ),
    ...when(lacks, 'client cert declined', {
      label: 'client certificate requested, none sent',
      own: { clientAuth: 'request' },
      task: { clientAuth: 'request' },
    }),
    ...when(
      lacks,
      'client cert missing',
      refused(
        'client certificate required, none sent',
        'handshake_failure',
        { clientAuth: 'require' },
        { clientAuth: 'require' },
      ),
    ),
    ...when(lacks, 'we offer both', {
      label: 'TLS 1.2 and 1.3 of ours, TLS 1.2 of the peer',
      own: { cipherSuites: ['TLS_AES_128_GCM_SHA256', FORWARD] },
    }),
    ...when(lacks, 'they offer both', {
      label: 'TLS 1.2 of ours, TLS 1.2 and 1.3 of the peer',
      task: { versions: ['TLS 1.2', 'TLS 1.3'] },
    }),
    ...when(lacks, 'no EMS', {
      label: 'the peer without extended_master_secret',
      task: { extendedMainSecret: false },
    }),
    ...(macThenEncrypt === true ? [] : when(lacks, 'no EtM', ...cbc.map(withoutEncryptThenMac))),
    ...when(lacks, '1 MiB', { label: '1 MiB both ways', task: { long: true } }),
  ];
}

function withoutEncryptThenMac(suite: CipherSuite12['name']): Draft {
  return {
    label: `the peer without encrypt_then_mac, ${suite}`,
    suite,
    task: { certificate: 'rsa2048', encryptThenMac: false },
  };
}

function refused(
  label: string,
  refusal: AlertName,
  own: NonNullable<Draft['own']>,
  task: Partial<PeerTask>,
): Omit<Draft, 'proves'> {
  return { label, own, task: { ...task, refused: true }, expect: { refusal } };
}

/** Cases that fill a column, unless the peer lacks it. */
function when(lacks: Lacks, column: Column, ...cases: readonly Omit<Draft, 'proves'>[]): readonly Draft[] {
  return column in lacks ? [] : cases.map((each) => ({ ...each, proves: [column] }));
}

const CERTIFICATES_OF: Readonly<Record<CipherSuite12['keyExchange'], readonly CertificateKind[]>> = {
  ecdhe_ecdsa: ['p256', 'p384', 'p521', 'ed25519', 'ed448'],
  ecdhe_rsa: ['rsa2048', 'rsa-pss2048'],
  rsa: ['rsa2048'],
};

/** Every suite, group and certificate at least once. */
function combinations(lacks: Lacks, macThenEncrypt: boolean, matchesStrength: boolean): readonly Draft[] {
  const groups = GROUPS_12.filter((group) => !(group in lacks));
  return (['ecdhe_ecdsa', 'ecdhe_rsa', 'rsa'] as const).flatMap((keyExchange) => {
    const suites = CIPHER_SUITES_12.filter((suite) => suite.keyExchange === keyExchange && !(suite.name in lacks));
    const certificates = CERTIFICATES_OF[keyExchange].filter((kind) => !(`cert ${kind}` in lacks));
    if (suites.length === 0 || certificates.length === 0) return [];
    const count = Math.max(suites.length, certificates.length, keyExchange === 'rsa' ? 1 : groups.length);
    return Array.from({ length: count }, (_, i): Draft => {
      const { name: suite, protection } = turn(suites, i);
      const certificate = turn(certificates, i);
      // RFC 8422 §5.1: a client whose groups lack the certificate's curve would not be shown it.
      const fitting = groups.filter((group) => group !== 'x448' || !(certificate in CURVES));
      const curve = matchesStrength && !suite.includes('_AES_128_') ? CURVES[certificate] : undefined;
      const group = curve ?? turn(fitting, i + Math.floor(i / Math.max(certificates.length, groups.length)));
      const mac: readonly Column[] = macThenEncrypt && protection.kind === 'cbc' ? ['no EtM'] : [];
      if (keyExchange === 'rsa')
        return {
          label: `${suite}, ${certificate}`,
          proves: [suite, `cert ${certificate}`, ...mac],
          suite,
          task: { certificate },
        };
      return {
        label: `${suite}, ${group}, ${certificate}`,
        proves: [suite, group, `cert ${certificate}`, ...mac],
        suite,
        group,
        task: { certificate },
      };
    });
  });
}

function turn<T>(list: readonly T[], i: number): T {
  const item = list[i % list.length];
  if (item === undefined) throw new RangeError('an empty list');
  return item;
}

const CURVES: Partial<Readonly<Record<CertificateKind, GroupName>>> = {
  p256: 'secp256r1',
  p384: 'secp384r1',
  p521: 'secp521r1',
};

function complete(
  { task, expect, own, suite = FORWARD, group = 'x25519', ...rest }: Draft,
  side: PeerServer | PeerClient | undefined,
): Case {
  const all: PeerTask = {
    ...TASK,
    versions: ['TLS 1.2'],
    encryptThenMac: side?.macThenEncrypt !== true,
    suites: byName(CIPHER_SUITES_12, suite)?.byDefault === true ? null : [suite],
    groups: group === 'x448' ? [group] : null,
    ...task,
  };
  // The first is what is asked for; the others are for the keys of the certificates (RFC 8422 §5.1).
  const curves = [all.certificate, all.clientCertificate].flatMap((kind) => (kind === null ? [] : CURVES[kind])) ?? [];
  const groups = [...new Set([group, ...curves.filter((curve) => curve !== undefined)])];
  // All of them prefer X25519 by themselves.
  const isOwnOrder = side !== undefined && 'ownGroupOrder' in side && side.ownGroupOrder === true;
  return {
    proves: [],
    ...rest,
    version: 'TLS 1.2',
    suite,
    group,
    own: { groups, ...own },
    task: isOwnOrder && group !== 'x25519' ? { ...all, groups } : all,
    expect: { alpn: null, helloRetryRequest: false, refusal: null, ...expect },
  };
}
