/**
 * Chains of three certificates verified a second, and how fast a store of roots opens, against pkijs and node:crypto.
 *
 * Everybody starts from the DER of leaf and intermediate and has the root at hand. `first`: both signatures are verified, and
 * ours reads the root as well; `again`: the trust store has seen them before. pkijs verifies with WebCrypto and node:crypto with
 * OpenSSL, both native, each time. X509Certificate does not build paths: what it does is the least that a path needs.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { Certificate, CertificateChainValidationEngine } from 'pkijs';
import { decodeCertificate } from '../src/certs/certificate.ts';
import { copyOf } from '../src/certs/der.ts';
import { decodeDistinguishedName } from '../src/certs/distinguished-name.ts';
import {
  createAuthority,
  generatePrivateKey,
  issueCertificate,
  type KeyKind,
  validityFrom,
} from '../src/certs/issue.ts';
import { createTrustStore, type TrustStore } from '../src/certs/trust-store.ts';
import { verifyCertificateChain } from '../src/certs/verifier.ts';
import { platformRandom as random } from '../src/connection/config.ts';
import { nobleProvider } from '../src/crypto/noble/provider.ts';
import { nodeProvider } from '../src/crypto/node/provider.ts';
import type { CryptoProvider } from '../src/crypto/provider.ts';
import { type Benchmark, compare, type Figure } from './figure.ts';

const NAME = 'leaf.bench.test';
const CHAINS_A_ROUND = 20;

export const certs: Benchmark = {
  name: 'certs',
  async run(progress) {
    const figures: Figure[] = [];
    for (const kind of ['p256', 'rsa2048'] as const) {
      const chain = makeChain(kind);
      const peers = [
        ['pkijs', () => verifyPkijs(chain)],
        ['node:crypto', () => verifyNode(chain)],
      ] as const;
      for (const [seen, crypto] of WAYS) {
        progress(`verify, ${kind}, ${seen}, ${crypto.name}`);
        for (const [peer, theirs] of peers) {
          const own = crypto === nobleProvider ? '' : `/${crypto.name}`;
          figures.push(
            await compare({
              name: `certs/verify/${seen}/${kind}${own}${peer === 'pkijs' ? '' : '/x509certificate'}`,
              provider: crypto.name,
              unit: 'chains/s',
              peer,
              ours: () => rate(CHAINS_A_ROUND, () => verifyOwn(chain, seen, crypto)),
              theirs: () => rate(CHAINS_A_ROUND, theirs),
            }),
          );
        }
      }
    }
    progress('opening the roots');
    figures.push(
      await compare({
        name: `certs/open/${rootCertificates.length}-roots`,
        provider: 'noble',
        unit: 'stores/s',
        peer: 'pkijs',
        ours: () => rate(5, openOwn),
        theirs: () => rate(1, openPkijs),
      }),
    );
    return figures;
  },
};

/** Whether the trust store has seen the chain before, and who verifies. */
const WAYS = [
  ['first', nobleProvider],
  ['first', nodeProvider],
  ['again', nobleProvider],
] as const satisfies readonly (readonly ['first' | 'again', CryptoProvider])[];

interface Chain {
  readonly leaf: Uint8Array<ArrayBuffer>;
  readonly middle: Uint8Array<ArrayBuffer>;
  readonly trust: TrustStore;
  readonly pkijsRoot: Certificate;
  readonly nodeRoot: X509Certificate;
}

function makeChain(kind: KeyKind): Chain {
  const now = new Date();
  const root = createAuthority({ name: 'Bench Root', kind, now, random });
  const key = generatePrivateKey(kind, random);
  const middle = issueCertificate({
    subject: 'CN=Bench Intermediate',
    issuer: root,
    publicKey: nobleProvider.publicKey(key),
    ca: { pathLength: 0 },
    ...validityFrom(now, 365),
    random,
  });
  const leaf = issueCertificate({
    subject: `CN=${NAME}`,
    issuer: { certificate: decodeCertificate(middle), key },
    publicKey: nobleProvider.publicKey(generatePrivateKey(kind, random)),
    names: [NAME],
    purposes: ['serverAuth'],
    ...validityFrom(now, 30),
    random,
  });
  return {
    leaf: copyOf(leaf),
    middle: copyOf(middle),
    trust: createTrustStore([root.certificate.der]),
    pkijsRoot: Certificate.fromBER(copyOf(root.certificate.der)),
    nodeRoot: new X509Certificate(root.certificate.der),
  };
}

/** `first`: with a trust store that has seen nothing yet, so that both signatures are verified. */
function verifyOwn({ leaf, middle, trust }: Chain, seen: 'first' | 'again', crypto: CryptoProvider): void {
  const verdict = verifyCertificateChain({
    leaf: copyOf(leaf),
    intermediates: [middle],
    anchors: seen === 'first' ? trust.certificates() : trust,
    time: new Date(),
    purpose: 'serverAuth',
    name: { dns: NAME },
    crypto,
  });
  if (!verdict.ok) throw verdict.error;
}

async function verifyPkijs({ leaf, middle, pkijsRoot }: Chain): Promise<void> {
  // The last one is the leaf.
  const engine = new CertificateChainValidationEngine({
    trustedCerts: [pkijsRoot],
    certs: [Certificate.fromBER(middle), Certificate.fromBER(leaf)],
    checkDate: new Date(),
  });
  const { result, resultMessage } = await engine.verify();
  if (!result) throw new Error(`pkijs: ${resultMessage}`);
}

function verifyNode({ leaf, middle, nodeRoot }: Chain): void {
  const [low, high] = [new X509Certificate(leaf), new X509Certificate(middle)];
  const now = Date.now();
  const good =
    low.checkIssued(high) &&
    high.checkIssued(nodeRoot) &&
    low.verify(high.publicKey) &&
    high.verify(nodeRoot.publicKey) &&
    [low, high, nodeRoot].every(
      ({ validFrom, validTo }) => Date.parse(validFrom) <= now && now <= Date.parse(validTo),
    ) &&
    low.checkHost(NAME) !== undefined;
  if (!good) throw new Error('node:crypto');
}

/** From the texts that Node has to a root found by its name. */
const LAST_ROOT = decodeDistinguishedName(
  new Uint8Array(createTrustStore(rootCertificates).subjects().at(-1) ?? new Uint8Array(0)),
);

function openOwn(): void {
  if (createTrustStore(rootCertificates).find(LAST_ROOT).length === 0) throw new Error('no root');
}

function openPkijs(): void {
  const roots = rootCertificates.map((pem) => {
    const base64 = pem.replace(/-----[^-]+-----/g, '');
    return Certificate.fromBER(Buffer.from(base64, 'base64'));
  });
  if (roots.length !== rootCertificates.length) throw new Error('no root');
}

async function rate(count: number, work: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < count; i++) await work();
  return count / ((performance.now() - start) / 1000);
}
