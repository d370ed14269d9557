/**
 * Certificate policies: RFC 9618's examples, the rules one by one, and the graph against RFC 5280's tree on random paths.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Certificate } from '../../src/certs/certificate.ts';
import { decodeDer } from '../../src/certs/der.ts';
import type { CertificateExtensions } from '../../src/certs/extensions.ts';
import { ANY_POLICY_OID as ANY, checkPolicies } from '../../src/certs/policies.ts';
import {
  readCertificatePolicies,
  readInhibitAnyPolicy,
  readPolicyConstraints,
  readPolicyMappings,
} from '../../src/certs/policy-extensions.ts';
import { bytes, codeOf } from './forge.ts';
import { paper } from './paper.ts';
import { acceptsByTree } from './policy-tree.ts';

interface Link {
  readonly policies?: readonly string[];
  readonly map?: readonly (readonly [string, string])[];
  readonly explicit?: number;
  readonly noMapping?: number;
  readonly noAny?: number;
  readonly selfIssued?: boolean;
}

function certificateOf(link: Link, index: number): Certificate {
  const extensions: Partial<CertificateExtensions> = {
    certificatePolicies: link.policies ?? null,
    policyMappings: link.map?.map(([issuerDomain, subjectDomain]) => ({ issuerDomain, subjectDomain })) ?? null,
    policyConstraints:
      link.explicit === undefined && link.noMapping === undefined
        ? null
        : { requireExplicitPolicy: link.explicit ?? null, inhibitPolicyMapping: link.noMapping ?? null },
    inhibitAnyPolicy: link.noAny ?? null,
  };
  const subject = `CN=${index}`;
  return paper({ subject, issuer: link.selfIssued === true ? subject : `CN=above ${index}`, extensions });
}

/** Anchor first, as the RFC's figures have it; without one given, an anchor that says nothing. */
function pathOf(links: readonly Link[], anchor: Link = { selfIssued: true }): readonly Certificate[] {
  return [anchor, ...links].map(certificateOf).reverse();
}

const [A, B, C, D] = ['1.2.3.1', '1.2.3.2', '1.2.3.3', '1.2.3.4'] as const;

const CASES: readonly [why: string, links: readonly Link[], required: readonly string[] | null, accepted: boolean][] = [
  ['no policies, none asked for', [{}, {}], null, true],
  ['no policies, one asked for', [{}, {}], [A], false],
  ['any policy asked for, none there', [{}, {}], [ANY], false],
  ['any policy asked for, one there', [{ policies: [A] }, { policies: [A] }], [ANY], true],
  ['the policy throughout', [{ policies: [A] }, { policies: [A] }], [A], true],
  ['the policy only in the leaf', [{ policies: [B] }, { policies: [A] }], [A], false],
  ['the policy not in the leaf', [{ policies: [A] }, { policies: [B] }], [A], false],
  ['one of two', [{ policies: [A, B] }, { policies: [B] }], [A, B], true],
  ['another than asked for', [{ policies: [A] }, { policies: [A] }], [B], false],
  ['anyPolicy in the authority', [{ policies: [ANY] }, { policies: [A] }], [A], true],
  ['anyPolicy in both', [{ policies: [ANY] }, { policies: [ANY] }], [A], true],
  ['anyPolicy in the leaf', [{ policies: [A] }, { policies: [ANY] }], [A], true],
  ['anyPolicy in the leaf, below another', [{ policies: [B] }, { policies: [ANY] }], [A], false],
  ['§4.2.1.4: a policy twice', [{ policies: [A, A] }, { policies: [A] }], null, false],
  // §6.1.4 (a), (b)
  ['mapped', [{ policies: [A], map: [[A, B]] }, { policies: [B] }], [A], true],
  ['mapped away', [{ policies: [A], map: [[A, B]] }, { policies: [A] }], [A], false],
  [
    'mapped to two',
    [
      {
        policies: [A],
        map: [
          [A, B],
          [A, C],
        ],
      },
      { policies: [C] },
    ],
    [A],
    true,
  ],
  [
    'mapped to itself and another',
    [
      {
        policies: [A],
        map: [
          [A, A],
          [A, B],
        ],
      },
      { policies: [A] },
    ],
    [A],
    true,
  ],
  ["the name is that of the anchor's domain", [{ policies: [A], map: [[A, B]] }, { policies: [B] }], [B], false],
  ['twice mapped', [{ policies: [A], map: [[A, B]] }, { policies: [B], map: [[B, C]] }, { policies: [C] }], [A], true],
  ['anyPolicy stands for what is mapped', [{ policies: [ANY], map: [[A, B]] }, { policies: [B] }], [A], true],
  ['what is not there is not mapped', [{ policies: [C], map: [[A, B]] }, { policies: [B] }], [A], false],
  ['mapping from anyPolicy', [{ policies: [A], map: [[ANY, B]] }, { policies: [A] }], null, false],
  ['mapping to anyPolicy', [{ policies: [A], map: [[A, ANY]] }, { policies: [A] }], null, false],
  ['a leaf maps nothing', [{ policies: [A] }, { policies: [A], map: [[ANY, B]] }], [A], true],
  [
    'two policies become one',
    [
      {
        policies: [A, B],
        map: [
          [A, C],
          [B, C],
        ],
      },
      { policies: [C] },
    ],
    [B],
    true,
  ],
  // §6.1.4 (i): inhibitPolicyMapping
  [
    'mapping inhibited at once',
    [{ policies: [A], noMapping: 0 }, { policies: [A], map: [[A, B]] }, { policies: [B] }],
    [A],
    false,
  ],
  [
    'mapping inhibited later',
    [{ policies: [A], noMapping: 1 }, { policies: [A], map: [[A, B]] }, { policies: [B] }],
    [A],
    true,
  ],
  [
    'inhibited, and what was mapped is gone',
    [{ policies: [A], noMapping: 0 }, { policies: [A], map: [[A, B]] }, { policies: [A] }],
    [A],
    false,
  ],
  // §6.1.4 (i): requireExplicitPolicy
  ['explicit policy, none', [{ explicit: 0 }, {}], null, false],
  ['explicit policy, one', [{ policies: [A], explicit: 0 }, { policies: [A] }], null, true],
  ['explicit policy, lost in the leaf', [{ policies: [A], explicit: 0 }, { policies: [B] }], null, false],
  ['explicit policy from the leaf on', [{ explicit: 1 }, {}], null, false],
  ['explicit policy further on than the path', [{ explicit: 2 }, {}], null, true],
  [
    'a later certificate cannot relax it',
    [{ explicit: 0, policies: [A] }, { explicit: 5, policies: [A] }, {}],
    null,
    false,
  ],
  ['the leaf requires one itself', [{}, { explicit: 0 }], null, false],
  ['the leaf says of itself more than 0', [{}, { explicit: 1 }], null, true],
  ['self-issued ones do not count', [{ explicit: 1 }, { selfIssued: true }, {}], null, false],
  ['others do', [{ explicit: 2, policies: [A] }, {}, {}], null, false],
  // §6.1.4 (j): inhibitAnyPolicy
  ['anyPolicy inhibited at once', [{ policies: [A], noAny: 0 }, { policies: [ANY] }], [A], false],
  ['anyPolicy inhibited later', [{ policies: [A], noAny: 1 }, { policies: [ANY] }], [A], true],
  [
    'inhibited, but self-issued',
    [{ policies: [A], noAny: 0 }, { policies: [ANY], selfIssued: true }, { policies: [A] }],
    [A],
    true,
  ],
  [
    'inhibited, self-issued and the leaf',
    [
      { policies: [A], noAny: 0 },
      { policies: [ANY], selfIssued: true },
    ],
    [A],
    false,
  ],
  ['inhibited beside a policy of its own', [{ policies: [A], noAny: 0 }, { policies: [ANY, A] }], [A], true],
  // RFC 9618 §3.1: the tree that it shows.
  [
    'RFC 9618 §3.1, OID1',
    [
      {
        policies: [A, B, D],
        map: [
          [A, C],
          [A, '1.2.3.9'],
        ],
      },
      { policies: [C, B, '1.2.3.6'] },
    ],
    [A],
    true,
  ],
  ['RFC 9618 §3.1, OID3', [{ policies: [A, B, D], map: [[A, C]] }, { policies: [C, B] }], [C], false],
];

test('policies along a path', (t) => {
  for (const [why, links, required, accepted] of CASES) {
    const path = pathOf(links);
    assert.equal(
      codeOf(() => checkPolicies(path, required)),
      accepted ? null : 'ERR_CERT_POLICY',
      why,
    );
    // The tree knows no rule about a policy that stands twice.
    if (!why.startsWith('§4.2.1.4')) assert.equal(acceptsByTree(path, required), accepted, `the tree: ${why}`);
  }
  t.diagnostic(`policies: ${CASES.length} paths, each also by RFC 5280's tree`);
});

test('an anchor binds by its constraints, not by its policies', () => {
  const links: readonly Link[] = [{ policies: [A] }, { policies: [A] }];
  const judge = (anchor: Link, list = links, required: readonly string[] | null = null) =>
    codeOf(() => checkPolicies(pathOf(list, anchor), required));
  assert.equal(judge({ policies: [B], map: [[A, ANY]] }, links, [A]), null);
  assert.equal(judge({ explicit: 0 }), null);
  assert.equal(judge({ explicit: 0 }, [{}, {}]), 'ERR_CERT_POLICY');
  assert.equal(judge({ explicit: 3 }, [{}, {}]), null);
  assert.equal(judge({ noAny: 0 }, [{ policies: [ANY] }, { policies: [A] }], [A]), 'ERR_CERT_POLICY');
  const mapped: readonly Link[] = [{ policies: [A], map: [[A, B]] }, { policies: [B] }];
  assert.equal(judge({ noMapping: 0 }, mapped, [A]), 'ERR_CERT_POLICY');
  assert.equal(judge({ noMapping: 1 }, mapped, [A]), null);
});

test('a leaf that is its own anchor is judged by its own policies', () => {
  const leaf = [certificateOf({ policies: [A] }, 0)];
  assert.equal(
    codeOf(() => checkPolicies(leaf, [A])),
    null,
  );
  assert.equal(
    codeOf(() => checkPolicies(leaf, [B])),
    'ERR_CERT_POLICY',
  );
  assert.equal(
    codeOf(() => checkPolicies(leaf, null)),
    null,
  );
});

test('the graph decides as the tree does', (t) => {
  let state = 20_260_601;
  const below = (bound: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const policies = [A, B, C, ANY];
  const some = (list: readonly string[], odds: number) => list.filter(() => below(100) < odds);
  const linkOf = (): Link => ({
    ...(below(12) === 0 ? {} : { policies: some(policies, 55) }),
    ...(below(3) > 0
      ? {}
      : {
          map: Array.from(
            { length: 1 + below(3) },
            () => [policies[below(3)] as string, policies[below(3)] as string] as const,
          ),
        }),
    ...(below(8) > 0 ? {} : { explicit: below(3) }),
    ...(below(8) > 0 ? {} : { noMapping: below(3) }),
    ...(below(8) > 0 ? {} : { noAny: below(3) }),
    selfIssued: below(6) === 0,
  });
  const counts = { accepted: 0, refused: 0 };
  for (let round = 0; round < 20_000; round++) {
    const links = Array.from({ length: 1 + below(5) }, linkOf);
    const path = pathOf(links);
    const required = below(3) === 0 ? null : some(policies, 40);
    const expected = acceptsByTree(path, required);
    counts[expected ? 'accepted' : 'refused']++;
    const code = codeOf(() => checkPolicies(path, required));
    assert.equal(code, expected ? null : 'ERR_CERT_POLICY', JSON.stringify({ round, links, required }));
  }
  assert.ok(counts.accepted > 4_000 && counts.refused > 4_000, JSON.stringify(counts));
  t.diagnostic(
    `policies: ${counts.accepted} accepted and ${counts.refused} refused random paths as the tree has them (seed 20260601)`,
  );
});

test('RFC 9618 §3.2: mappings that double the tree at every certificate', () => {
  const everyWay = Array.from({ length: 100 }, (_, i) => `1.2.4.${i}`);
  const map = everyWay.flatMap((from) => everyWay.map((to) => [from, to] as const));
  const links = [...Array.from({ length: 30 }, () => ({ policies: everyWay, map })), { policies: everyWay }];
  const started = performance.now();
  assert.equal(
    codeOf(() => checkPolicies(pathOf(links), everyWay.slice(0, 1))),
    null,
  );
  // The tree would have 100 to the power of 31 nodes.
  assert.ok(performance.now() - started < 10_000);
});

test('the extensions about policies', () => {
  const read = <T>(reader: (element: ReturnType<typeof decodeDer>) => T, hex: string) => reader(decodeDer(bytes(hex)));
  const refused = (reader: (element: ReturnType<typeof decodeDer>) => unknown, hex: string) =>
    codeOf(() => reader(decodeDer(bytes(hex))));

  assert.deepEqual(read(readCertificatePolicies, '300e 3006 0604 551d2000 3004 0602 2a03'), [ANY, '1.2.3']);
  // With a CPS pointer.
  assert.deepEqual(read(readCertificatePolicies, '3017 3015 0602 2a03 300f 300d 0608 2b06010505070201 1601 61'), [
    '1.2.3',
  ]);
  assert.equal(refused(readCertificatePolicies, '3000'), 'ERR_CERT_DECODE', 'no policy');
  assert.equal(
    refused(readCertificatePolicies, '3008 3006 0602 2a03 3000'),
    'ERR_CERT_DECODE',
    'an empty list of qualifiers',
  );
  assert.deepEqual(read(readPolicyMappings, '300a 3008 0602 2a03 0602 2a04'), [
    { issuerDomain: '1.2.3', subjectDomain: '1.2.4' },
  ]);
  assert.equal(refused(readPolicyMappings, '3006 3004 0602 2a03'), 'ERR_CERT_DECODE', 'half a mapping');
  assert.deepEqual(read(readPolicyConstraints, '3006 800100 810102'), {
    requireExplicitPolicy: 0,
    inhibitPolicyMapping: 2,
  });
  assert.deepEqual(read(readPolicyConstraints, '3003 810102'), {
    requireExplicitPolicy: null,
    inhibitPolicyMapping: 2,
  });
  assert.equal(refused(readPolicyConstraints, '3000'), 'ERR_CERT_DECODE', 'no constraint');
  assert.equal(refused(readPolicyConstraints, '3003 8001ff'), 'ERR_CERT_DECODE', 'a negative count');
  assert.equal(refused(readPolicyConstraints, '3006 810102 800100'), 'ERR_CERT_DECODE', 'in the wrong order');
  assert.equal(read(readInhibitAnyPolicy, '020103'), 3);
  assert.equal(
    read(readInhibitAnyPolicy, `0209 01${'00'.repeat(8)}`),
    Number.MAX_SAFE_INTEGER,
    'a count has no upper bound',
  );
});
