/**
 * Chains at random: a graph of a few authorities with cross-certificates and flaws, and a leaf below one of them.
 *
 * Whether there is a path depends on all of it together, so that only another validator can say. Left out is what validators are
 * known to differ about: authorities as leaves, self-issued intermediates, constraints on directory names.
 *
 * @module
 */
import { generatePrivateKey, issueCertificate } from '../../src/certs/issue.ts';
import type { ExtensionInput } from '../../src/certs/issue-extensions.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import type { PrivateKey } from '../../src/crypto/provider.ts';
import { seeded } from '../crypto/randomness.ts';
import { DAY, type Entity, forge, NOW } from './forge.ts';

export interface RandomChain {
  readonly leaf: Uint8Array;
  readonly intermediates: readonly Uint8Array[];
  readonly anchors: readonly Uint8Array[];
  /** A DNS name or an IPv4 address. */
  readonly host: string;
}

const SUBTREES = [
  ...['example.com', 'leaf.example.com', '.example.com', 'com', 'other.test', 'xample.com', 'EXAMPLE.com'].map(
    (dns) => ({ dns }),
  ),
  ...['192.0.2.0/24', '10.0.0.0/8', '0.0.0.0/0', '192.0.2.1/32', '2001:db8::/32', '192.0.2.128/25'].map((ip) => ({
    ip,
  })),
];
const NAMES = [
  'leaf.example.com',
  '*.example.com',
  'example.com',
  'a.leaf.example.com',
  'other.test',
  'LEAF.Example.com',
];
const ADDRESSES = ['192.0.2.1', '10.1.2.3', '2001:db8::1', '192.0.2.200'];
const HOSTS = [
  'leaf.example.com',
  'leaf.example.com',
  'leaf.example.com',
  'Leaf.example.com',
  'b.example.com',
  '192.0.2.1',
];

/** Chains of one seed, always the same. */
export function randomChains(seed: string, count: number): readonly RandomChain[] {
  const random = seeded(seed);
  const keys = Array.from({ length: 8 }, () => generatePrivateKey('ed25519', random));
  const below = (limit: number): number => ((random(2)[0] ?? 0) * 256 + (random(1)[0] ?? 0)) % limit;
  const chance = (percent: number): boolean => below(100) < percent;
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const some = <T>(list: readonly T[], most: number): readonly T[] => {
    const chosen = Array.from({ length: below(most + 1) }, () => pick(list));
    return [...new Set(chosen)];
  };
  const LEAF_KEY = keys[6] as PrivateKey;
  const STRANGER = keys[7] as PrivateKey;

  /** Mostly nothing; now and then one thing that may be wrong, or may be none of its business. */
  function flaw(): ExtensionInput & { readonly notBefore?: Date; readonly notAfter?: Date; readonly forged?: true } {
    if (chance(62)) return {};
    const at = (from: number, to: number) => ({
      notBefore: new Date(NOW.getTime() + from * DAY),
      notAfter: new Date(NOW.getTime() + to * DAY),
    });
    return pick([
      at(-9, -2),
      at(2, 9),
      { ca: undefined },
      { keyUsage: ['cRLSign'] },
      { keyUsage: null },
      { purposes: ['clientAuth'] },
      { purposes: ['serverAuth', 'clientAuth'] },
      { purposes: ['any'] },
      { ca: { pathLength: below(3) } },
      { extraExtensions: [{ oid: '1.2.3.4', critical: chance(50), value: Uint8Array.of(5, 0) }] },
      { forged: true },
    ] as const);
  }

  function constraints(): ExtensionInput {
    if (chance(70)) return {};
    const permitted = some(SUBTREES, 2);
    const excluded = some(SUBTREES, 1);
    if (permitted.length + excluded.length === 0) return {};
    return {
      nameConstraints: { ...(permitted.length > 0 && { permitted }), ...(excluded.length > 0 && { excluded }) },
    };
  }

  function chain(): RandomChain {
    const nodes = keys
      .slice(0, 2 + below(4))
      .map((key, i) => forge({ subject: `CN=Authority ${i}`, ca: {}, key, random }));
    const issue = (
      issuer: Entity,
      key: PrivateKey,
      input: ExtensionInput & { readonly subject: string },
    ): Uint8Array => {
      const { forged, ...fault } = flaw();
      return issueCertificate({
        notBefore: new Date(NOW.getTime() - DAY),
        notAfter: new Date(NOW.getTime() + DAY),
        random,
        crypto: nodeProvider,
        publicKey: nodeProvider.publicKey(key),
        ...input,
        ...fault,
        issuer: { certificate: issuer.certificate, key: forged ? STRANGER : issuer.key },
      });
    };
    const intermediates = Array.from({ length: below(9) }, () => {
      const [issuer, subject] = [pick(nodes), pick(nodes)];
      if (issuer === subject) return null;
      return issue(issuer, subject.key, { subject: subject.certificate.subject.name, ca: {}, ...constraints() });
    });
    const [top, other] = nodes as [Entity, Entity];
    const anchor = forge({ subject: 'CN=Authority 0', ca: {}, key: top.key, random, ...constraints() });
    return {
      // A leaf has no flaws of an authority.
      leaf: issueCertificate({
        subject: 'CN=leaf',
        notBefore: new Date(NOW.getTime() - DAY),
        notAfter: new Date(NOW.getTime() + (chance(95) ? DAY : -60_000)),
        random,
        crypto: nodeProvider,
        publicKey: nodeProvider.publicKey(LEAF_KEY),
        issuer: pick(nodes),
        names: [...new Set(['leaf.example.com', ...some(NAMES, 2)])],
        ips: some(ADDRESSES, 1),
        purposes: chance(95) ? ['serverAuth'] : ['clientAuth'],
      }),
      intermediates: intermediates.filter((der) => der !== null),
      anchors: chance(80) ? [anchor.der] : [anchor.der, other.der],
      host: pick(HOSTS),
    };
  }
  return Array.from({ length: count }, chain);
}
