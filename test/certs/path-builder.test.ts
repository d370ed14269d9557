/**
 * Path building: dead ends, cross-certificates, loops, order, and what one verification may cost.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeElement, encodeNull, encodeSequence, encodeText } from '../../src/certs/der-encode.ts';
import { generatePrivateKey } from '../../src/certs/issue.ts';
import { issueCrl } from '../../src/certs/issue-status.ts';
import { mostSpecific, UNREADABLE } from '../../src/certs/path-builder.ts';
import { type Verdict, type VerifyInput, verifyCertificateChain } from '../../src/certs/verifier.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsError } from '../../src/errors/errors.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { DAY, type Entity, intermediate, NOW, random, root, server, withExtensions } from './forge.ts';

const EXPIRED = { notBefore: new Date(NOW.getTime() - 3 * DAY), notAfter: new Date(NOW.getTime() - 2 * DAY) };

function verify(
  leaf: Entity,
  intermediates: readonly Entity[],
  anchors: readonly Entity[],
  more: Partial<VerifyInput> = {},
): Verdict {
  return verifyCertificateChain({
    leaf: leaf.der,
    intermediates: intermediates.map(({ der }) => der),
    anchors: anchors.map(({ der }) => der),
    time: NOW,
    purpose: 'serverAuth',
    ...more,
  });
}

function pathOf(verdict: Verdict): string {
  if (!verdict.ok) return `${verdict.error.code}: ${verdict.error.detail ?? ''}`;
  return verdict.path.map(({ subject, issuer }) => `${subject.name.slice(3)}(${issuer.name.slice(3)})`).join(' ');
}

/** Every order of a list. */
function permutations<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((first, i) => permutations(list.filter((_, j) => j !== i)).map((rest) => [first, ...rest]));
}

test('intermediates in any order, some of them twice, some of no use', () => {
  const top = root();
  const a = intermediate(top, { subject: 'CN=A' });
  const b = intermediate(a, { subject: 'CN=B' });
  const c = intermediate(b, { subject: 'CN=C' });
  const leaf = server(c);
  const stranger = intermediate(root({ subject: 'CN=Strange' }), { subject: 'CN=X' });
  for (const order of permutations([a, b, c, stranger])) {
    const expected = 'leaf.example(C) C(B) B(A) A(Root) Root(Root)';
    assert.equal(pathOf(verify(leaf, [...order, ...order], [top])), expected);
  }
});

test('a dead end is left again: expired, not an authority, another key of the same name', () => {
  const top = root();
  const good = intermediate(top);
  const dead: readonly Entity[] = [
    intermediate(top, { key: good.key, ...EXPIRED }),
    intermediate(top, { key: good.key, ca: undefined }),
    intermediate(top, { key: good.key, extraExtensions: [{ oid: '1.2.3', critical: true, value: encodeNull() }] }),
    intermediate(top),
  ];
  const leaf = server(good);
  for (const order of permutations([...dead.slice(0, 3), good])) {
    assert.equal(pathOf(verify(leaf, order, [top])), 'leaf.example(Intermediate) Intermediate(Root) Root(Root)');
  }
  assert.match(pathOf(verify(leaf, [...dead, good], [top])), /^leaf/);
  const verdict = verify(leaf, dead, [top]);
  assert.ok(!verdict.ok);
  assert.deepEqual(verdict.trace.map(({ error }) => error.code).sort(), [
    'ERR_CERT_EXPIRED',
    'ERR_CERT_NOT_A_CA',
    'ERR_CERT_SIGNATURE',
    'ERR_CERT_UNKNOWN_CRITICAL_EXTENSION',
  ]);
});

test('a cross-certificate leads to the anchor that is there', () => {
  const oldRoot = root({ subject: 'CN=Old' });
  const newRoot = root({ subject: 'CN=New' });
  const cross = intermediate(oldRoot, { subject: 'CN=New', key: newRoot.key });
  const middle = intermediate(newRoot);
  const leaf = server(middle);
  const both = [middle, cross];
  assert.equal(pathOf(verify(leaf, both, [oldRoot])), 'leaf.example(Intermediate) Intermediate(New) New(Old) Old(Old)');
  assert.equal(pathOf(verify(leaf, both, [newRoot])), 'leaf.example(Intermediate) Intermediate(New) New(New)');
  // Both: the shorter one. An expired old root (as in 2021) does not matter then, on either side.
  assert.equal(pathOf(verify(leaf, both, [oldRoot, newRoot])), 'leaf.example(Intermediate) Intermediate(New) New(New)');
  const expired = root({ subject: 'CN=Old', key: oldRoot.key, ...EXPIRED });
  assert.match(pathOf(verify(leaf, both, [expired, newRoot])), /New\(New\)$/);
  assert.match(pathOf(verify(leaf, both, [expired])), /^ERR_CERT_EXPIRED/);
  // An expired cross-certificate neither.
  const expiredCross = intermediate(oldRoot, { subject: 'CN=New', key: newRoot.key, ...EXPIRED });
  assert.match(pathOf(verify(leaf, [middle, expiredCross], [newRoot])), /New\(New\)$/);
});

test('two anchors of one name: the one whose key signed', () => {
  const one = root();
  const two = root();
  const leaf = server(two);
  assert.match(pathOf(verify(leaf, [], [one, two])), /^leaf/);
  assert.match(pathOf(verify(leaf, [], [two, one])), /^leaf/);
  assert.match(pathOf(verify(leaf, [], [one])), /^ERR_CERT_SIGNATURE/);
});

test('authorities that certify each other are no loop without end', () => {
  const a = root({ subject: 'CN=A' });
  const b = root({ subject: 'CN=B' });
  const aByB = intermediate(b, { subject: 'CN=A', key: a.key });
  const bByA = intermediate(a, { subject: 'CN=B', key: b.key });
  const leaf = server(a);
  assert.match(pathOf(verify(leaf, [aByB, bByA], [])), /^ERR_CERT_UNKNOWN_ISSUER/);
  assert.match(pathOf(verify(leaf, [a, aByB, bByA, b], [])), /^ERR_CERT_UNKNOWN_ISSUER/);
  assert.equal(pathOf(verify(leaf, [aByB, bByA], [b])), 'leaf.example(A) A(B) B(B)');
});

test('the most specific refusal wins, and the trace has them all', () => {
  const top = root();
  const good = intermediate(top);
  const expired = intermediate(top, { key: good.key, ...EXPIRED });
  const fake = intermediate(top);
  const leaf = server(good);
  const verdict = verify(leaf, [fake, expired], [top]);
  assert.ok(!verdict.ok);
  assert.equal(verdict.error.code, 'ERR_CERT_EXPIRED');
  assert.deepEqual(
    new Set(verdict.trace.map(({ path, error }) => `${path.length} ${error.code}`)),
    new Set(['2 ERR_CERT_SIGNATURE', '2 ERR_CERT_EXPIRED']),
  );
  assert.match(pathOf(verify(leaf, [fake], [top])), /^ERR_CERT_SIGNATURE/);
  assert.match(pathOf(verify(leaf, [], [top])), /^ERR_CERT_UNKNOWN_ISSUER: CN=Intermediate/);
});

test('no more intermediates than asked for', () => {
  const top = root();
  const a = intermediate(top, { subject: 'CN=A' });
  const b = intermediate(a, { subject: 'CN=B' });
  const leaf = server(b);
  assert.match(pathOf(verify(leaf, [a, b], [top], { maxIntermediates: 2 })), /^leaf/);
  assert.match(pathOf(verify(leaf, [a, b], [top], { maxIntermediates: 1 })), /^ERR_CERT_BUDGET/);
  assert.match(pathOf(verify(leaf, [a, b], [top], { maxIntermediates: 0 })), /^ERR_CERT_BUDGET/);
  assert.match(pathOf(verify(server(top), [a, b], [top], { maxIntermediates: 0 })), /^leaf/);

  let issuer = top;
  const chain: Entity[] = [];
  for (let i = 0; i < 49; i++) {
    issuer = intermediate(issuer, { subject: `CN=${i}`, kind: 'ed25519' });
    chain.push(issuer);
  }
  assert.match(pathOf(verify(server(issuer), chain, [top])), /^ERR_CERT_BUDGET/);
  assert.match(pathOf(verify(server(chain[47] ?? top), chain, [top])), /^leaf/);
});

test('self-issued intermediates are not counted', () => {
  const top = root();
  const a = intermediate(top, { subject: 'CN=A' });
  const rolled = intermediate(a, { subject: 'CN=A' });
  const again = intermediate(rolled, { subject: 'CN=A' });
  const chain = [a, rolled, again];
  assert.match(pathOf(verify(server(again), chain, [top], { maxIntermediates: 1 })), /^leaf/);
  assert.match(pathOf(verify(server(again), chain, [top], { maxIntermediates: 0 })), /^ERR_CERT_BUDGET/);
});

test('what refuses a whole path leaves the other paths to be tried', () => {
  const permitted = (name: string) => ({
    extraExtensions: [
      {
        oid: '2.5.29.30',
        critical: true,
        value: encodeSequence(encodeElement(0xa0, encodeSequence(encodeText(0x82, name)))),
      },
    ],
  });
  const top = root();
  const elsewhere = intermediate(top, permitted('other.example'));
  const here = intermediate(top, { ...permitted('leaf.example'), key: elsewhere.key });
  const leaf = server(here);
  for (const order of permutations([elsewhere, here])) {
    const verdict = verify(leaf, order, [top]);
    assert.equal(pathOf(verdict), 'leaf.example(Intermediate) Intermediate(Root) Root(Root)');
    assert.ok(verdict.ok && verdict.path[1]?.der.length === here.der.length);
  }
  const verdict = verify(leaf, [elsewhere], [top]);
  assert.match(pathOf(verdict), /^ERR_CERT_NAME_CONSTRAINTS/);
  assert.ok(!verdict.ok);
  assert.deepEqual(verdict.trace[0]?.path, ['CN=leaf.example', 'CN=Intermediate', 'CN=Root']);
});

test('of issuers that fit alike, those that are valid come first, then the latest', () => {
  const top = root();
  const at = (days: number) => ({ notBefore: new Date(NOW.getTime() - days * DAY) });
  const older = intermediate(top, at(9));
  const newer = intermediate(top, { ...at(8), key: older.key });
  const expired = intermediate(top, { key: older.key, ...EXPIRED });
  for (const order of permutations([older, newer, expired])) {
    const verdict = verify(server(older), order, [top], { budget: { signatures: 2, paths: 1 } });
    assert.ok(verdict.ok);
    assert.deepEqual(verdict.path[1]?.der, newer.der);
  }
  // One step to the valid one, one to the anchor: the expired one, though younger, has not been looked at.
  assert.match(pathOf(verify(server(older), [expired, newer], [top], { budget: { steps: 2 } })), /^leaf/);
});

test('a budget that is used up ends the search, also where the one who used it has not noticed', () => {
  const top = root();
  const middle = intermediate(top);
  const leaf = server(middle);
  const one = (budget: VerifyInput['budget']) => pathOf(verify(leaf, [middle], [top], { budget }));
  assert.match(one({ paths: 1, signatures: 2, steps: 2 }), /^leaf/);
  assert.match(one({ paths: 0 }), /^ERR_CERT_BUDGET: paths: 0/);
  assert.match(one({ signatures: 1 }), /^ERR_CERT_BUDGET: signatures: 1/);
  assert.match(one({ steps: 1 }), /^ERR_CERT_BUDGET: steps: 1/);
  const size = middle.der.length;
  assert.match(one({ bytes: size }), /^leaf/);
  assert.match(one({ bytes: size - 1 }), /^ERR_CERT_BUDGET: bytes: /);
  // A signature with P-521 costs four with P-256.
  const large = root({ kind: 'p521' });
  const largeLeaf = server(large);
  assert.match(pathOf(verify(largeLeaf, [], [large], { budget: { signatures: 4 } })), /^leaf/);
  assert.match(
    pathOf(verify(largeLeaf, [], [large], { budget: { signatures: 3 } })),
    /^ERR_CERT_BUDGET: signatures: 3/,
  );
  // In the mode soft a list whose signature could not be paid for would be passed over.
  const crl = issueCrl(top, { revoked: [], thisUpdate: NOW, nextUpdate: new Date(NOW.getTime() + DAY), random });
  const revocation = { mode: 'soft', crls: [crl] } as const;
  assert.match(pathOf(verify(leaf, [middle], [top], { revocation, budget: { signatures: 3 } })), /^leaf/);
  assert.match(pathOf(verify(leaf, [middle], [top], { revocation, budget: { signatures: 2 } })), /^ERR_CERT_BUDGET/);
});

test('a maze of certificates of one name ends at the budget', (t) => {
  // Each key certifies each other key, all under one name: n! paths, none of which ends at an anchor.
  const keys = Array.from({ length: 8 }, () => generatePrivateKey('p256', random));
  const name = { subject: 'CN=Maze' };
  const nodes = keys.map((key) => root({ ...name, key }));
  const maze = nodes.flatMap((issuer) =>
    keys.filter((key) => key !== issuer.key).map((key) => intermediate(issuer, { ...name, key })),
  );
  const start = nodes[0];
  assert.ok(start !== undefined);
  const leaf = server(start);

  let verified = 0;
  const crypto: typeof nobleProvider = {
    ...nobleProvider,
    verify: (...args) => {
      verified++;
      return nobleProvider.verify(...args);
    },
  };
  const verdict = verify(leaf, maze, [], { crypto });
  assert.ok(!verdict.ok);
  assert.equal(verdict.error.code, 'ERR_CERT_BUDGET');
  assert.ok(verified <= 64, `${verified} signatures`);

  verified = 0;
  assert.match(
    pathOf(verify(leaf, maze, [], { crypto, budget: { signatures: 5 } })),
    /^ERR_CERT_BUDGET: signatures: 5/,
  );
  assert.equal(verified, 5);
  assert.match(pathOf(verify(leaf, maze, [], { crypto, budget: { steps: 3 } })), /^ERR_CERT_BUDGET: steps: 3/);
  const quick = server(root());
  assert.match(pathOf(verify(quick, [], [], { budget: { steps: 0, signatures: 0 } })), /^ERR_CERT_UNKNOWN_ISSUER/);
  t.diagnostic(`path building: a maze of ${maze.length} certificates ends at the budget`);
});

test('a pair is verified once, however often it is met', () => {
  const top = root();
  const b = intermediate(root({ subject: 'CN=Other' }), { subject: 'CN=B' });
  const bAgain = intermediate(root({ subject: 'CN=Other' }), { subject: 'CN=B', key: b.key });
  const c = intermediate(b, { subject: 'CN=C' });
  const a = intermediate(c, { subject: 'CN=A' });
  const aAgain = intermediate(c, { subject: 'CN=A', key: a.key });
  let verified = 0;
  const crypto: typeof nobleProvider = {
    ...nobleProvider,
    verify: (...args) => {
      verified++;
      return nobleProvider.verify(...args);
    },
  };
  const verdict = verify(server(a), [a, aAgain, b, bAgain, c], [top], { crypto });
  assert.match(pathOf(verdict), /^ERR_CERT_UNKNOWN_ISSUER/);
  assert.ok(!verdict.ok);
  // Through either A to C and on to either B: four dead ends, of six different pairs.
  assert.equal(verdict.trace.length, 4);
  assert.equal(verified, 6);
});

test('which refusal is the most specific', () => {
  const refusal = (code: ErrorCode, ...path: string[]) => ({ path, error: new TlsError(code) });
  const unknown = refusal('ERR_CERT_UNKNOWN_ISSUER', 'leaf', 'a', 'b');
  const signature = refusal('ERR_CERT_SIGNATURE', 'leaf', 'a', 'b');
  const expired = refusal('ERR_CERT_EXPIRED', 'leaf', 'a');
  const budget = refusal('ERR_CERT_BUDGET', 'leaf');
  const unreadable = refusal('ERR_CERT_TIME', UNREADABLE);
  const revoked = refusal('ERR_CERT_REVOKED', 'leaf', 'a');
  const deeper = refusal('ERR_CERT_NOT_A_CA', 'leaf', 'a', 'b');
  const anchor = refusal('ERR_CERT_DECODE');
  for (const [list, expected] of [
    [[unknown, signature, expired], expired],
    [[unknown, signature, anchor], signature],
    [[unknown, anchor], unknown],
    [[anchor], anchor],
    [[expired, deeper, unknown], deeper],
    [[unknown, signature, budget], budget],
    [[expired, budget], expired],
    [[unknown, unreadable, budget], budget],
    [[unknown, unreadable], unreadable],
    [[deeper, revoked], revoked],
  ] as const) {
    for (const trace of permutations(list)) assert.equal(mostSpecific(trace), expected.error);
  }
  assert.equal(mostSpecific([]).code, 'ERR_CERT_UNKNOWN_ISSUER');
});

test('of several issuers of one name the one whose key identifier fits is tried first', () => {
  const top = root();
  const good = intermediate(top);
  const others = [intermediate(top), intermediate(top), intermediate(top)];
  const leaf = server(good);
  const budget = { signatures: 2 };
  assert.match(pathOf(verify(leaf, [...others, good], [top], { budget })), /^leaf/);
  // Only an order: without identifiers that fit, the right issuer is still found.
  const unmarked = withExtensions(leaf, good.key, (list) => list.slice(0, -1));
  const entity = { ...leaf, der: unmarked };
  assert.match(pathOf(verify(entity, [...others, good], [top])), /^leaf/);
  assert.match(pathOf(verify(entity, [...others, good], [top], { budget })), /^ERR_CERT_BUDGET/);
});
