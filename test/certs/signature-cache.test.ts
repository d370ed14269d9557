/**
 * Signatures seen before: they are not verified again, and nothing else is taken for granted.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { decodeWith } from '../../src/certs/signature-cache.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import { type VerifyInput, verifyCertificateChain } from '../../src/certs/verifier.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { DAY, type Entity, intermediate, NOW, reassemble, root, server } from './forge.ts';

/** A provider that counts what it verifies. */
function counting(): { readonly crypto: typeof nobleProvider; readonly count: () => number } {
  let verified = 0;
  const verify: typeof nobleProvider.verify = (...args) => {
    verified++;
    return nobleProvider.verify(...args);
  };
  return {
    crypto: { ...nobleProvider, verify },
    count: () => {
      const before = verified;
      verified = 0;
      return before;
    },
  };
}

const ROOT = root();
const MIDDLE = intermediate(ROOT);
const LEAF = server(MIDDLE);

function verify(leaf: Uint8Array, intermediates: readonly Entity[], more: Partial<VerifyInput>): string {
  const verdict = verifyCertificateChain({
    leaf,
    intermediates: intermediates.map(({ der }) => der),
    anchors: [ROOT.der],
    time: NOW,
    purpose: 'serverAuth',
    name: { dns: 'leaf.example' },
    ...more,
  });
  return verdict.ok ? 'ok' : verdict.error.code;
}

test('a chain that a store has seen costs no signature; one that shares an authority costs its own', () => {
  const anchors = createTrustStore([ROOT.der]);
  const { crypto, count } = counting();
  const input = { anchors, crypto };
  assert.deepEqual([verify(LEAF.der, [MIDDLE], input), count()], ['ok', 2]);
  assert.deepEqual([verify(LEAF.der, [MIDDLE], { ...input, budget: { signatures: 0 } }), count()], ['ok', 0]);
  assert.deepEqual([verify(server(MIDDLE).der, [MIDDLE], input), count()], ['ok', 1]);
  // Other stores and other providers have seen nothing.
  assert.deepEqual(
    [verify(LEAF.der, [MIDDLE], { ...input, anchors: createTrustStore([ROOT.der]) }), count()],
    ['ok', 2],
  );
  assert.deepEqual([verify(LEAF.der, [MIDDLE], { ...input, anchors: [ROOT.der] }), count()], ['ok', 2]);
  const other = counting();
  assert.deepEqual([verify(LEAF.der, [MIDDLE], { ...input, crypto: other.crypto }), other.count()], ['ok', 2]);
});

test('certificates of accepted paths are decoded once, those of refused ones anew', () => {
  const anchors = createTrustStore([ROOT.der]);
  const known = (der: Uint8Array) => decodeWith(anchors, nobleProvider, der);
  assert.notEqual(known(LEAF.der), known(LEAF.der));
  assert.equal(verify(LEAF.der, [MIDDLE], { anchors, name: { dns: 'other.example' } }), 'ERR_CERT_NAME_MISMATCH');
  assert.notEqual(known(LEAF.der), known(LEAF.der));
  assert.equal(verify(LEAF.der, [MIDDLE], { anchors }), 'ok');
  for (const { der } of [LEAF, MIDDLE]) {
    assert.equal(known(der), known(Uint8Array.from(der)));
    assert.deepEqual(known(der), decodeCertificate(der));
  }
  // The same end, and other bytes before it.
  const changed = Uint8Array.from(LEAF.der);
  const { der, serial } = decodeCertificate(LEAF.der);
  const last = serial.byteOffset - der.byteOffset + serial.length - 1;
  changed[last] = (changed[last] ?? 0) ^ 1;
  assert.deepEqual(known(changed), decodeCertificate(changed));
  assert.notDeepEqual(known(changed).serial, known(LEAF.der).serial);
});

test('all but the signature is judged again', () => {
  const anchors = createTrustStore([ROOT.der]);
  assert.equal(verify(LEAF.der, [MIDDLE], { anchors }), 'ok');
  const later = new Date(NOW.getTime() + 2 * DAY);
  assert.equal(verify(LEAF.der, [MIDDLE], { anchors, time: later }), 'ERR_CERT_EXPIRED');
  assert.equal(verify(LEAF.der, [MIDDLE], { anchors, name: { dns: 'other.example' } }), 'ERR_CERT_NAME_MISMATCH');
  assert.equal(verify(LEAF.der, [MIDDLE], { anchors, purpose: 'clientAuth' }), 'ERR_CERT_EXTENDED_KEY_USAGE');
  assert.equal(verify(LEAF.der, [], { anchors }), 'ERR_CERT_UNKNOWN_ISSUER');
});

test('another certificate under a signature that was seen is refused, and so is another issuer', () => {
  const anchors = createTrustStore([ROOT.der]);
  assert.equal(verify(LEAF.der, [MIDDLE], { anchors }), 'ok');
  const stranger = server(MIDDLE);
  const forged = reassemble(LEAF.der, ([, algorithm, signature]) => [
    stranger.certificate.tbs,
    algorithm.raw,
    signature.raw,
  ]);
  assert.equal(verify(forged, [MIDDLE], { anchors }), 'ERR_CERT_SIGNATURE');
  for (const at of [40, 200, LEAF.der.length - 30, LEAF.der.length - 1]) {
    const damaged = LEAF.der.map((byte, i) => (i === at ? byte ^ 1 : byte));
    assert.notEqual(verify(damaged, [MIDDLE], { anchors }), 'ok', `byte ${at}`);
  }
  // The same name with another key, also signed by the root.
  assert.equal(verify(LEAF.der, [intermediate(ROOT)], { anchors }), 'ERR_CERT_SIGNATURE');
});

test('only accepted paths are remembered, and not without end', () => {
  const anchors = createTrustStore([ROOT.der]);
  const { crypto, count } = counting();
  const input = { anchors, crypto };
  const strangers = root({ subject: 'CN=Strange' });
  const theirs = intermediate(strangers);
  for (const time of [1, 2]) {
    assert.equal(verify(server(theirs).der, [theirs], input), 'ERR_CERT_UNKNOWN_ISSUER');
    assert.equal(count(), 1, `time ${time}`);
  }
  assert.equal(verify(LEAF.der, [MIDDLE], input), 'ok');
  assert.equal(count(), 2);
  const leaves = Array.from({ length: 260 }, () => server(ROOT, { kind: 'ed25519', key: LEAF.key }).der);
  for (const leaf of leaves) assert.equal(verify(leaf, [], input), 'ok');
  assert.equal(count(), 260);
  assert.equal(verify(leaves[259] ?? LEAF.der, [], input), 'ok');
  assert.equal(count(), 0, 'the newest is known');
  assert.equal(verify(leaves[0] ?? LEAF.der, [], input), 'ok');
  assert.equal(count(), 1, 'the oldest is not');
});
