/**
 * Corpus: certificate policies along a path.
 *
 * @see RFC 5280 §4.2.1.4, §4.2.1.5, §4.2.1.11, §4.2.1.14, §6.1; RFC 9618 §5
 * @module
 */
import { encodeOid, encodeSequence } from '../../../src/certs/der-encode.ts';
import { EXTENSION_OID } from '../../../src/certs/oids.ts';
import { bytes } from '../forge.ts';
import { type Chain, extension, type Pair, pair } from './chain.ts';

const ANY = '2.5.29.32.0';
const [A, B, C, D] = [
  '1.3.6.1.4.1.55555.1',
  '1.3.6.1.4.1.55555.2',
  '1.3.6.1.4.1.55555.3',
  '1.3.6.1.4.1.55555.4',
] as const;

type Says = NonNullable<Chain['ca']>;

/** One chain: what the authorities say, what the leaf says, what is asked for. */
function path(ca: Says, leaf: Says, policies?: readonly string[], sub?: Says): Chain {
  return { ca, leaf, ...(sub === undefined ? {} : { sub }), ...(policies === undefined ? {} : { use: { policies } }) };
}

const has = (...policies: readonly string[]): Says => ({ policies });
const maps = (policies: readonly string[], ...policyMappings: readonly (readonly [string, string])[]): Says => ({
  policies,
  policyMappings,
});

function judge(section: string, rule: string, good: Chain, bad: Chain, differs = {}): Pair {
  return pair(section, rule, 'ERR_CERT_POLICY', good, bad, differs);
}

const ANCHOR = 'openssl does not look at the constraints of an anchor';

export const POLICIES: readonly Pair[] = [
  judge('RFC 5280 §6.1.1 (f)', 'a policy that is asked for', path(has(A), has(A), [A]), path(has(A), has(A), [B])),
  judge(
    'RFC 5280 §6.1.1 (f)',
    'one of those asked for',
    path(has(A, B), has(B), [A, B]),
    path(has(A, B), has(B), [A, C]),
  ),
  judge('RFC 5280 §6.1.1 (c)', 'any policy, when any is asked for', path(has(A), has(A), [ANY]), path({}, {}, [ANY])),
  judge(
    'RFC 9618 §5.3 (e)',
    'a policy in every certificate',
    path(has(A), has(A), [A], has(A)),
    path(has(A), has(A), [A], {}),
  ),
  judge(
    'RFC 9618 §5.3 (d)(1)',
    'the same policy in every certificate',
    path(has(A, B), has(A), [A]),
    path(has(B), has(A), [A]),
  ),
  judge('RFC 9618 §5.3 (d)(1)', 'anyPolicy in the authority', path(has(ANY), has(A), [A]), path(has(ANY), has(B), [A])),
  judge('RFC 9618 §5.3 (d)(2)', 'anyPolicy in the leaf', path(has(A), has(ANY), [A]), path(has(B), has(ANY), [A])),
  judge('RFC 9618 §5.5 (g)', 'anyPolicy throughout', path(has(ANY), has(ANY), [A]), path(has(ANY), {}, [A]), {}),
  judge('RFC 5280 §4.2.1.4', 'each policy once', path(has(A, B), has(A)), path(has(A, A), has(A))),
  judge(
    'RFC 9618 §5.4 (b)(1)',
    'a policy that is mapped',
    path(maps([A], [A, B]), has(B), [A]),
    path(maps([A], [A, B]), has(A), [A]),
  ),
  judge(
    'RFC 9618 §5.4 (b)(1)',
    'mapped to two',
    path(maps([A], [A, B], [A, C]), has(C), [A]),
    path(maps([A], [A, B], [A, C]), has(D), [A]),
  ),
  judge(
    'RFC 9618 §5.4 (b)(1)',
    'two mapped to one',
    path(maps([A, B], [A, C], [B, C]), has(C), [B]),
    path(maps([A, B], [A, C], [B, C]), has(C), [C]),
  ),
  judge(
    'RFC 9618 §5.4 (b)(2)',
    'anyPolicy for what is mapped',
    path(maps([ANY], [A, B]), has(B), [A]),
    path(maps([C], [A, B]), has(B), [A]),
  ),
  judge(
    'RFC 5280 §4.2.1.5',
    'mapped to itself besides',
    path(maps([A], [A, A], [A, B]), has(A), [A]),
    path(maps([A], [A, C], [A, B]), has(A), [A]),
  ),
  judge(
    'RFC 9618 §5.4 (b)',
    'mapped twice',
    path(maps([A], [A, B]), has(C), [A], maps([B], [B, C])),
    path(maps([A], [A, B]), has(C), [A], maps([B], [B, D])),
  ),
  judge(
    'RFC 5280 §6.1.4 (a)',
    'anyPolicy is not mapped',
    path(maps([A], [A, B]), has(B)),
    path(maps([ANY], [ANY, B]), has(B)),
  ),
  judge(
    'RFC 5280 §6.1.4 (a)',
    'nothing is mapped to anyPolicy',
    path(maps([A], [A, B]), has(B)),
    path(maps([A], [A, ANY]), has(B)),
  ),
  judge(
    'RFC 5280 §6.1.4 (i)(1)',
    'an explicit policy is required',
    path({ ...has(A), policyConstraints: { requireExplicitPolicy: 0 } }, has(A)),
    path({ ...has(A), policyConstraints: { requireExplicitPolicy: 0 } }, has(B)),
  ),
  judge(
    'RFC 5280 §6.1.4 (i)(1)',
    'an explicit policy is required further on',
    path({ policyConstraints: { requireExplicitPolicy: 2 } }, {}),
    path({ policyConstraints: { requireExplicitPolicy: 1 } }, {}),
  ),
  judge(
    'RFC 5280 §6.1.4 (h)(1)',
    'self-issued certificates are not counted',
    path({ policyConstraints: { requireExplicitPolicy: 3 } }, {}, undefined, { subject: 'CN=CA' }),
    path({ policyConstraints: { requireExplicitPolicy: 1 } }, {}, undefined, { subject: 'CN=CA' }),
  ),
  judge(
    'RFC 5280 §6.1.5 (b)',
    'a leaf requires a policy of itself',
    path({}, { policyConstraints: { requireExplicitPolicy: 1 } }),
    path({}, { policyConstraints: { requireExplicitPolicy: 0 } }),
  ),
  judge(
    'RFC 5280 §6.1.4 (i)(2)',
    'mapping is inhibited',
    path({ ...has(A), policyConstraints: { inhibitPolicyMapping: 1 } }, has(B), [A], maps([A], [A, B])),
    path({ ...has(A), policyConstraints: { inhibitPolicyMapping: 0 } }, has(B), [A], maps([A], [A, B])),
  ),
  judge(
    'RFC 5280 §6.1.4 (j)',
    'anyPolicy is inhibited',
    path({ ...has(A), inhibitAnyPolicy: 1 }, has(ANY), [A]),
    path({ ...has(A), inhibitAnyPolicy: 0 }, has(ANY), [A]),
  ),
  judge(
    'RFC 9618 §5.3 (d)(2)',
    'anyPolicy is inhibited, but for the self-issued',
    path({ ...has(A), inhibitAnyPolicy: 0 }, has(A), [A], { subject: 'CN=CA', ...has(ANY) }),
    path({ ...has(A), inhibitAnyPolicy: 0 }, has(A), [A], { subject: 'CN=CB', ...has(ANY) }),
  ),
  judge(
    'RFC 5937 §3',
    'an anchor requires a policy',
    { root: { policyConstraints: { requireExplicitPolicy: 0 } }, ca: has(A), leaf: has(A) },
    { root: { policyConstraints: { requireExplicitPolicy: 0 } } },
    { bad: ANCHOR },
  ),
  judge(
    'RFC 5937 §3',
    'an anchor inhibits anyPolicy',
    { root: { inhibitAnyPolicy: 0 }, ca: has(A), leaf: has(A), use: { policies: [A] } },
    { root: { inhibitAnyPolicy: 0 }, ca: has(ANY), leaf: has(A), use: { policies: [A] } },
    { bad: ANCHOR },
  ),
  pair(
    'RFC 5280 §4.2.1.4',
    'there is a policy',
    'ERR_CERT_DECODE',
    { leaf: extension(EXTENSION_OID.certificatePolicies, false, encodeSequence(encodeSequence(encodeOid(A)))) },
    { leaf: extension(EXTENSION_OID.certificatePolicies, false, encodeSequence()) },
    { bad: 'openssl takes an empty list for none' },
  ),
  pair(
    'RFC 5280 §4.2.1.5',
    'a mapping has two ends',
    'ERR_CERT_DECODE',
    { ca: maps([A], [A, B]), leaf: has(B) },
    {
      ca: { ...has(A), ...extension(EXTENSION_OID.policyMappings, true, encodeSequence(encodeSequence(encodeOid(A)))) },
      leaf: has(B),
    },
  ),
  pair(
    'RFC 5280 §4.2.1.11',
    'there is a constraint',
    'ERR_CERT_DECODE',
    { ca: extension(EXTENSION_OID.policyConstraints, true, bytes('3003 800105')) },
    { ca: extension(EXTENSION_OID.policyConstraints, true, bytes('3000')) },
  ),
  pair(
    'RFC 5280 §4.2.1.14',
    'a count is not negative',
    'ERR_CERT_DECODE',
    { ca: { ...has(A), ...extension(EXTENSION_OID.inhibitAnyPolicy, true, bytes('020100')) } },
    { ca: { ...has(A), ...extension(EXTENSION_OID.inhibitAnyPolicy, true, bytes('0201ff')) } },
  ),
];
