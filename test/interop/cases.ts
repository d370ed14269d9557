/**
 * What is tried with every peer: connections by suite, group and certificate, then one or more per option.
 *
 * @see RFC 9846 §4.2.4 (HelloRetryRequest), §4.5.1 (Certificate), §4.7.3 (KeyUpdate), §6.2 (alerts)
 * @module
 */
import type { ClientOptions, ServerOptions } from '../../src/connection/config.ts';
import type { AlertName } from '../../src/errors/alerts.ts';
import {
  byName,
  CIPHER_SUITES,
  type CipherSuiteName,
  type GroupName,
  NAMED_GROUPS,
} from '../../src/params/algorithms.ts';
import type { VersionName } from '../../src/params/registries.ts';
import { CERTIFICATES, type CertificateKind, type Column, GROUPS, type Lacks, SUITES } from './matrix.ts';
import type { Peer, PeerTask } from './peer.ts';

export interface Case {
  readonly version: VersionName;
  readonly label: string;
  /** Columns that this connection fills when all is as it should be. */
  readonly proves: readonly Column[];
  readonly suite: CipherSuiteName;
  readonly group: GroupName;
  readonly task: PeerTask;
  /** Options of our client or server beyond suite and group. */
  readonly own: Omit<ClientOptions & ServerOptions, 'credentials'>;
  /** server_name that our client sends. Default: the name of the server. */
  readonly sni?: false | undefined;
  readonly rekey?: { readonly requestPeer: boolean } | undefined;
  readonly expect: {
    readonly alpn: string | null;
    /** Null: as the peer's shares have it. */
    readonly helloRetryRequest: boolean | null;
    /** The alert with which the server ends it; null: it succeeds. */
    readonly refusal: AlertName | null;
  };
}

export type Draft = { readonly [K in keyof Case]?: K extends 'task' | 'expect' ? Partial<Case[K]> : Case[K] } & {
  readonly label: string;
};

export const TASK = {
  versions: ['TLS 1.3'],
  extendedMainSecret: true,
  encryptThenMac: true,
  long: false,
  certificate: 'p256',
  clientCertificate: null,
  clientAuth: 'none',
  alpn: [],
  sni: true,
  cookie: false,
  rekey: false,
  bulk: 0,
  refused: false,
} as const satisfies Partial<PeerTask>;

/** 64 MiB. */
const BULK = 67_108_864;

/** Connections of our client to the peer's server. */
export function casesForServer(peer: Peer): readonly Case[] {
  const side = peer.server;
  if (side === undefined) return [];
  const can = abilities(side.lacks);
  const retries = can.groups.map((group) =>
    // §4.2.2: an empty list of shares asks for a HelloRetryRequest.
    draft({
      label: `HelloRetryRequest for ${group}, no share offered`,
      proves: ['HelloRetryRequest'],
      group,
      own: { keyShares: [] },
      expect: { helloRetryRequest: true },
    }),
  );
  if (side.choosesGroups) {
    retries.push(
      draft({
        label: 'HelloRetryRequest for another group than the share',
        proves: ['HelloRetryRequest'],
        group: 'secp384r1',
        own: { groups: ['x25519', 'secp384r1'], keyShares: ['x25519'] },
        task: { groups: ['secp384r1'] },
        expect: { helloRetryRequest: true },
      }),
    );
  }
  return [
    ...combinations(side.lacks),
    ...(can.fills('HelloRetryRequest') ? retries : []),
    ...(can.fills('cookie')
      ? [
          draft({
            label: 'HelloRetryRequest with a cookie',
            proves: ['cookie'],
            // s_server of OpenSSL 3.0 takes no change_cipher_spec between the two ClientHellos (its pull request 18453).
            own: { compatibilityMode: false },
            task: { cookie: true },
            expect: { helloRetryRequest: true },
          }),
        ]
      : []),
    ...clientCertificates(can),
    ...(can.fills('ALPN')
      ? [
          draft({
            label: 'ALPN',
            proves: ['ALPN'],
            own: { alpn: ['isotls/0', 'http/1.1'] },
            task: { alpn: ['http/1.1'] },
            expect: { alpn: 'http/1.1' },
          }),
        ]
      : []),
    ...(can.fills('SNI') ? [draft({ label: 'no server_name', proves: ['SNI'], sni: false })] : []),
    ...keyUpdates(can),
    ...bulk(can),
  ];
}

/** Connections of the peer's client to our server. */
export function casesForClient(peer: Peer): readonly Case[] {
  const side = peer.client;
  if (side === undefined) return [];
  const can = abilities(side.lacks);
  const retries = Object.entries(side.retries) as [GroupName, readonly GroupName[] | null][];
  const cases = [
    ...combinations(side.lacks),
    ...retries.map(([group, groups]) =>
      draft({
        label: `HelloRetryRequest for ${group}`,
        proves: ['HelloRetryRequest'],
        group,
        task: { groups },
        expect: { helloRetryRequest: true },
      }),
    ),
    ...(can.fills('cookie')
      ? [
          side.redrawsShares === true
            ? draft({
                label: 'other shares after a HelloRetryRequest with a cookie alone: refused',
                own: { cookie: true },
                task: { refused: true },
                expect: { refusal: 'illegal_parameter' },
              })
            : draft({
                label: 'HelloRetryRequest with a cookie',
                proves: ['cookie'],
                own: { cookie: true },
                expect: { helloRetryRequest: true },
              }),
          ...retries.slice(0, 1).map(([group, groups]) =>
            draft({
              label: `HelloRetryRequest with a cookie and for ${group}`,
              proves: ['cookie'],
              group,
              own: { cookie: true },
              task: { groups },
              expect: { helloRetryRequest: true },
            }),
          ),
        ]
      : []),
    ...clientCertificates(can),
    ...(can.fills('ALPN')
      ? [
          draft({
            label: 'ALPN',
            proves: ['ALPN'],
            own: { alpn: ['h2', 'http/1.1'] },
            task: { alpn: ['isotls/0', 'http/1.1'] },
            expect: { alpn: 'http/1.1' },
          }),
          draft({
            label: 'ALPN without an overlap',
            proves: ['ALPN'],
            own: { alpn: ['h2'] },
            task: { alpn: ['isotls/0'], refused: true },
            expect: { refusal: 'no_application_protocol' },
          }),
        ]
      : []),
    ...(can.fills('SNI') ? [draft({ label: 'no server_name', proves: ['SNI'], task: { sni: false } })] : []),
    ...keyUpdates(can),
    ...bulk(can),
  ];
  // A client that can be told sends a share for the group in question; with another, one retry more or less is its own affair.
  return cases.map((each) => {
    if (each.expect.helloRetryRequest !== false) return each;
    if (side.choosesGroups) return { ...each, task: { ...each.task, groups: [each.group] } };
    return { ...each, expect: { ...each.expect, helloRetryRequest: null } };
  });
}

interface Abilities {
  readonly suites: readonly CipherSuiteName[];
  readonly groups: readonly GroupName[];
  readonly certificates: readonly CertificateKind[];
  fills(column: Column): boolean;
}

function abilities(lacks: Lacks): Abilities {
  const fills = (column: Column): boolean => !(column in lacks);
  return {
    suites: SUITES.filter(fills),
    groups: GROUPS.filter(fills),
    certificates: CERTIFICATES.filter((kind) => fills(`cert ${kind}`)),
    fills,
  };
}

function combinations(lacks: Lacks): readonly Case[] {
  const { suites, groups, certificates } = abilities(lacks);
  return groups.flatMap((group, i) =>
    certificates.flatMap((certificate, j) =>
      suites
        // Every group meets every certificate, and the suites take turns, so that each pair of the three is there.
        .filter((_, k) => k === (i + j) % suites.length)
        .map((suite) =>
          draft({
            label: `${suite}, ${group}, ${certificate}`,
            proves: [suite, group, `cert ${certificate}`],
            suite,
            group,
            task: { certificate },
          }),
        ),
    ),
  );
}

function clientCertificates(can: Abilities): readonly Case[] {
  return [
    ...(can.fills('client cert sent')
      ? can.certificates.map((clientCertificate) =>
          draft({
            label: `client certificate ${clientCertificate}`,
            proves: ['client cert sent'],
            own: { clientAuth: 'require' },
            task: { clientAuth: 'require', clientCertificate },
          }),
        )
      : []),
    ...(can.fills('client cert declined')
      ? [
          draft({
            label: 'client certificate requested, none sent',
            proves: ['client cert declined'],
            own: { clientAuth: 'request' },
            task: { clientAuth: 'request' },
          }),
        ]
      : []),
    ...(can.fills('client cert missing')
      ? [
          draft({
            label: 'client certificate required, none sent',
            proves: ['client cert missing'],
            own: { clientAuth: 'require' },
            task: { clientAuth: 'require', refused: true },
            expect: { refusal: 'certificate_required' },
          }),
        ]
      : []),
  ];
}

function keyUpdates(can: Abilities): readonly Case[] {
  const theirs = can.suites.map((suite) =>
    draft({ label: `KeyUpdate by the peer, ${suite}`, proves: ['KeyUpdate theirs'], suite, task: { rekey: true } }),
  );
  return [
    draft({ label: 'KeyUpdate by us', proves: ['KeyUpdate ours'], rekey: { requestPeer: false } }),
    draft({ label: 'KeyUpdate by us and asked for', proves: ['KeyUpdate asked for'], rekey: { requestPeer: true } }),
    ...(can.fills('KeyUpdate theirs') ? theirs : []),
  ];
}

function bulk(can: Abilities): readonly Case[] {
  if (!can.fills('64 MiB')) return [];
  // The suites that are used by default; the others differ from them in nothing but their AEAD.
  const suites = CIPHER_SUITES.filter(({ byDefault }) => byDefault).map(({ name }) => name);
  return suites.map((suite) => draft({ label: `64 MiB, ${suite}`, proves: ['64 MiB'], suite, task: { bulk: BULK } }));
}

function draft({ task, expect, suite = 'TLS_AES_128_GCM_SHA256', group = 'x25519', ...rest }: Draft): Case {
  return {
    proves: [],
    own: {},
    ...rest,
    version: 'TLS 1.3',
    suite,
    group,
    task: {
      ...TASK,
      suites: byName(CIPHER_SUITES, suite)?.byDefault === true ? null : [suite],
      groups: byName(NAMED_GROUPS, group)?.byDefault === true ? null : [group],
      ...task,
    },
    expect: { alpn: null, helloRetryRequest: false, refusal: null, ...expect },
  };
}
