/**
 * Chains made to keep the verifier busy: each ends in a typed verdict, after no more work than its budget allows.
 *
 * Processor time is measured, not the clock, since others may use the machine.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { encodeElement, encodeOid, encodeSequence } from '../../src/certs/der-encode.ts';
import { generatePrivateKey } from '../../src/certs/issue.ts';
import { type VerifyInput, verifyCertificateChain } from '../../src/certs/verifier.ts';
import { bytes, type Entity, intermediate, NOW, random, reforge, root, server, withExtensions } from './forge.ts';

const TOP = root();
const MIDDLE = intermediate(TOP);
const LEAF = server(MIDDLE);

/** Processor time that one verification may take, in milliseconds. */
const LIMIT = 1000;

function outcome(t: TestContext, what: string, input: Partial<VerifyInput>): string {
  const start = process.cpuUsage();
  const verdict = verifyCertificateChain({
    leaf: LEAF.der,
    intermediates: [],
    anchors: [TOP.der],
    time: NOW,
    purpose: 'serverAuth',
    name: { dns: 'leaf.example' },
    ...input,
  });
  const { user, system } = process.cpuUsage(start);
  const milliseconds = Math.round((user + system) / 1000);
  assert.ok(milliseconds < LIMIT, `${what}: ${milliseconds} ms`);
  t.diagnostic(`hard input: ${what}, ${milliseconds} ms`);
  return verdict.ok ? `path of ${verdict.path.length}` : verdict.error.code;
}

/** The leaf without its authorityKeyIdentifier, which is its last extension. */
const unmarked = (leaf: Entity, signer: Entity) => withExtensions(leaf, signer.key, (list) => list.slice(0, -1));

test('a thousand intermediates of one name', (t) => {
  const key = generatePrivateKey('ed25519', random);
  const namesakes = Array.from({ length: 1000 }, () => intermediate(TOP, { key }).der);
  const others = namesakes.map((der, i) => (i < 100 ? intermediate(TOP).der : der));
  assert.equal(outcome(t, 'the right one among them', { intermediates: [...others, MIDDLE.der] }), 'path of 3');
  assert.equal(outcome(t, 'the right one is not there', { intermediates: namesakes }), 'ERR_CERT_SIGNATURE');
  const leaf = unmarked(LEAF, MIDDLE);
  assert.equal(outcome(t, 'and no identifier tells them apart', { leaf, intermediates: others }), 'ERR_CERT_BUDGET');
});

test('authorities that all certify each other', (t) => {
  const authorities = Array.from({ length: 8 }, (_, i) => root({ subject: `CN=${i}` }));
  const crossed = authorities.flatMap((issuer) =>
    authorities
      .filter((other) => other !== issuer)
      .map(({ certificate, key }) => intermediate(issuer, { subject: certificate.subject.name, key }).der),
  );
  const leaf = server(authorities[0] ?? TOP).der;
  assert.equal(outcome(t, 'cross-certificates without an anchor', { leaf, intermediates: crossed }), 'ERR_CERT_BUDGET');
});

test('forty intermediates', (t) => {
  const chain: Entity[] = [TOP];
  for (let i = 0; i < 40; i++) chain.push(intermediate(chain[i] ?? TOP, { subject: `CN=${i}` }));
  const leaf = server(chain[40] ?? TOP).der;
  const intermediates = chain.slice(1).map(({ der }) => der);
  assert.equal(outcome(t, 'one below the other', { leaf, intermediates: intermediates.reverse() }), 'path of 42');
});

test('signatures that take the longest', (t) => {
  const large = intermediate(TOP, { kind: 'p521' });
  const leaf = unmarked(server(large, { kind: 'p256' }), large);
  const namesakes = Array.from({ length: 40 }, () => intermediate(TOP, { kind: 'p521' }).der);
  assert.equal(outcome(t, 'forty keys on P-521', { leaf, intermediates: namesakes }), 'ERR_CERT_BUDGET');
});

test('blobs, depth and numbers', (t) => {
  const blob = new Uint8Array(16 * 1024 * 1024);
  blob.set([0x30, 0x83, 0xff, 0xff, 0xfb]);
  assert.equal(outcome(t, '16 MiB as the leaf', { leaf: blob }), 'ERR_CERT_DER_LIMIT');
  assert.equal(outcome(t, '16 MiB among the others', { intermediates: [blob, MIDDLE.der] }), 'path of 3');
  assert.equal(
    outcome(t, '16 MiB of zeros as the anchor', { anchors: [new Uint8Array(16 * 1024 * 1024)] }),
    'ERR_CERT_UNKNOWN_ISSUER',
  );

  const deep = new Uint8Array(0x3_0000).fill(0x30);
  assert.equal(outcome(t, 'sequences in sequences', { leaf: deep }), 'ERR_CERT_DECODE');
  const nulls = encodeSequence(bytes('0500'.repeat(100_000)));
  assert.equal(outcome(t, 'a hundred thousand elements', { leaf: nulls }), 'ERR_CERT_DER_LIMIT');
  const oid = encodeElement(0x06, new Uint8Array(60_000).fill(0x81), Uint8Array.of(1));
  const named = (value: Uint8Array) =>
    reforge(LEAF, MIDDLE.key, (fields) =>
      fields.map((field, i) =>
        i === 5 ? encodeSequence(encodeElement(0x31, encodeSequence(value, bytes('0c0161')))) : field,
      ),
    );
  assert.equal(
    outcome(t, 'an object identifier of 60,000 bytes', { leaf: named(oid), intermediates: [MIDDLE.der] }),
    'ERR_CERT_DER_LIMIT',
  );
  assert.equal(
    outcome(t, 'an ordinary one', { leaf: named(encodeOid('2.5.4.3')), intermediates: [MIDDLE.der] }),
    'path of 3',
  );

  // Each as large as one may be, all found under the name that is looked for.
  const padding = encodeSequence(encodeOid('1.2.3'), encodeElement(0x04, new Uint8Array(250_000)));
  const large = Array.from({ length: 9 }, () =>
    withExtensions(intermediate(TOP), TOP.key, (list) => [...list, padding]),
  );
  assert.equal(outcome(t, '2 MiB of namesakes', { intermediates: large }), 'ERR_CERT_BUDGET');
});
