/**
 * The chains that are mutated: together they have every extension and every form of name, and each is accepted as it is.
 *
 * @module
 */
import { decodeCertificate } from '../../../src/certs/certificate.ts';
import { encodeElement, encodeOid, encodeText } from '../../../src/certs/der-encode.ts';
import { generatePrivateKey, type IssueInput, issueCertificate } from '../../../src/certs/issue.ts';
import type { VerifyInput } from '../../../src/certs/verifier.ts';
import type { PrivateKey } from '../../../src/crypto/provider.ts';
import { seeded } from '../../crypto/randomness.ts';
import { DAY, NOW } from '../forge.ts';
import { fakeSignatures } from './fake-signatures.ts';

export interface Original {
  /** Anchor first, leaf last; each is issued by the one before. */
  readonly ders: readonly Uint8Array[];
  readonly keys: readonly PrivateKey[];
  readonly use: Partial<VerifyInput>;
}

const random = seeded('mutations');
const KEYS = Array.from({ length: 4 }, () => generatePrivateKey('p256', random));

const [A, B, C] = ['1.3.6.1.4.1.55555.1', '1.3.6.1.4.1.55555.2', '1.3.6.1.4.1.55555.3'] as const;
const ANY = '2.5.29.32.0';
const MAILBOX = {
  der: encodeElement(0xa0, encodeOid('1.3.6.1.5.5.7.8.9'), encodeElement(0xa0, encodeText(0x0c, 'é@example.com'))),
};
const NAMES = [
  { dns: 'leaf.example.com' },
  { dns: '*.example.com' },
  { email: 'a@example.com' },
  { uri: 'https://leaf.example.com/' },
  { ip: '192.0.2.1' },
  { ip: '2001:db8::1' },
  { directory: 'O=Example, CN=leaf' },
  MAILBOX,
] as const;
const PERMITTED = [
  { dns: 'example.com' },
  { dns: 'example.net' },
  { email: 'example.com' },
  { email: '.example.net' },
  { uri: '.example.com' },
  { ip: '192.0.2.0/24' },
  { ip: '2001:db8::/32' },
  { directory: 'O=Example' },
] as const;
const EXCLUDED = [
  { dns: 'bad.example.net' },
  { email: 'root@example.com' },
  { uri: 'bad.example.com' },
  { ip: '192.0.2.128/25' },
  { directory: 'O=Example, OU=bad' },
  { der: Uint8Array.of(0x88, 2, 0x2a, 3) },
] as const;

type Options = Partial<IssueInput>;

/** Anchor first. */
function chain(use: Partial<VerifyInput>, ...options: readonly Options[]): Original {
  const ders: Uint8Array[] = [];
  options.forEach((option, index) => {
    const issuer = ders.at(-1);
    const isLeaf = index === options.length - 1;
    const key = KEYS[index] as PrivateKey;
    ders.push(
      issueCertificate({
        subject: isLeaf ? 'O=Example, CN=leaf' : index === 0 ? 'O=Example, CN=Root' : `O=Example, CN=CA ${index}`,
        notBefore: new Date(NOW.getTime() - DAY),
        notAfter: new Date(NOW.getTime() + DAY),
        random,
        crypto: fakeSignatures,
        issuer: {
          certificate: issuer === undefined ? null : decodeCertificate(issuer),
          key: issuer === undefined ? key : (KEYS[index - 1] as PrivateKey),
        },
        publicKey: fakeSignatures.publicKey(key),
        ...(isLeaf ? { names: ['leaf.example.com'], purposes: ['serverAuth'] } : { ca: {} }),
        ...option,
      }),
    );
  });
  return { ders, keys: KEYS, use };
}

const PLAIN = { name: { dns: 'leaf.example.com' } } as const;

export const ORIGINALS: readonly Original[] = [
  chain(PLAIN, {}, {}, {}),
  chain(
    { name: { dns: 'www.example.com' } },
    {},
    { nameConstraints: { permitted: PERMITTED, excluded: EXCLUDED } },
    { names: [], otherNames: NAMES },
  ),
  chain(
    { name: { ip: '192.0.2.1' } },
    { nameConstraints: { permitted: PERMITTED } },
    { nameConstraints: { excluded: EXCLUDED }, ca: { pathLength: 0 } },
    { names: [], otherNames: NAMES },
  ),
  chain(
    { name: { email: 'é@example.com' }, purpose: ['1.3.6.1.5.5.7.3.4'] },
    { nameConstraints: { permitted: [{ email: 'example.com' }] } },
    {},
    { names: [], otherNames: [MAILBOX], purposes: ['emailProtection'] },
  ),
  chain(
    { purpose: ['1.3.6.1.5.5.7.3.4'] },
    {},
    { nameConstraints: { permitted: [{ email: 'example.com' }], excluded: [{ email: 'root@example.com' }] } },
    { subject: 'O=Example, CN=leaf, emailAddress=a@example.com', names: [], purposes: ['emailProtection'] },
  ),
  chain(
    { ...PLAIN, policies: [A] },
    { policies: [ANY] },
    {
      policies: [A, B],
      policyMappings: [
        [A, B],
        [A, C],
        [B, C],
      ],
      policyConstraints: { requireExplicitPolicy: 0, inhibitPolicyMapping: 1 },
    },
    { policies: [C] },
  ),
  chain({ ...PLAIN, policies: [A, B] }, { inhibitAnyPolicy: 2 }, { policies: [ANY] }, { policies: [ANY] }),
  chain({ ...PLAIN, policies: [A] }, {}, { policies: [ANY], policyMappings: [[A, B]] }, { policies: [B] }),
  chain(
    PLAIN,
    { ca: { pathLength: 2 } },
    { purposes: ['serverAuth', 'clientAuth'], ca: { pathLength: 1 } },
    {
      ca: { pathLength: 0 },
      nameConstraints: { permitted: [{ dns: '' }] },
      policyConstraints: { requireExplicitPolicy: 5 },
    },
    {
      names: ['leaf.example.com'],
      authorityInfoAccess: { ocsp: ['http://ocsp.example/'] },
      crlDistributionPoints: ['http://crl.example/'],
      tlsFeatures: [5],
      policies: [A],
    },
  ),
  // A rollover: the second authority has the name of the first.
  chain(
    { ...PLAIN, policies: [A] },
    {},
    { subject: 'O=Example, CN=CA', policies: [A], inhibitAnyPolicy: 0, ca: { pathLength: 0 } },
    { subject: 'O=Example, CN=CA', policies: [ANY], ca: { pathLength: 0 }, names: ['ca.example'] },
    { policies: [A] },
  ),
];
