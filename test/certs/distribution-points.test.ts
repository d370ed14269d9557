/**
 * Scopes of CRLs and distribution points of certificates: decoding, and what one covers of the other.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeElement, encodeNull, encodeSequence } from '../../src/certs/der-encode.ts';
import { ALL_REASONS, coveredReasons, decodeIssuingDistributionPoint } from '../../src/certs/distribution-points.ts';
import { encodeReasons, REASON_FLAGS, retagged } from '../../src/certs/issue-extensions.ts';
import { codeOf, root, server } from './forge.ts';
import { crlOf, withLists } from './status.ts';

const top = root();
const leaf = server(top);

test('an IssuingDistributionPoint and a DistributionPoint are decoded strictly', () => {
  const { issuer } = leaf.certificate;
  const read = (...fields: readonly Uint8Array[]) => decodeIssuingDistributionPoint(encodeSequence(...fields), issuer);
  const flag = (tag: number, ...content: readonly number[]) => encodeElement(tag, Uint8Array.from(content));
  const names = (tag: number) => encodeElement(0xa0, encodeElement(tag, encodeElement(0x86, Uint8Array.of(0x78))));
  const none = {
    names: null,
    onlyUserCertificates: false,
    onlyAuthorities: false,
    onlyAttributeCertificates: false,
    indirect: false,
    reasons: ALL_REASONS,
  };
  assert.deepEqual(read(), none);
  assert.deepEqual(read(flag(0x81, 0), flag(0x84, 0xff)), { ...none, indirect: true });
  assert.deepEqual(read(flag(0x82, 0xff)), { ...none, onlyAuthorities: true });
  assert.deepEqual(read(flag(0x85, 0xff)), { ...none, onlyAttributeCertificates: true });
  assert.deepEqual(read(names(0xa0)), { ...none, names: ['uri x'] });
  for (const [bit, name] of REASON_FLAGS.entries()) {
    assert.equal(read(retagged(encodeReasons([name]), 0x83)).reasons, 1 << (bit + 1), name);
  }
  assert.equal(read(retagged(encodeReasons(REASON_FLAGS), 0x83)).reasons, ALL_REASONS);

  const bad: readonly (readonly [string, readonly Uint8Array[]])[] = [
    ['something else', [encodeNull()]],
    ['something after', [flag(0x81, 0xff), encodeNull()]],
    ['a boolean of 1', [flag(0x81, 1)]],
    ['a boolean without content', [flag(0x82)]],
    ['a boolean of two octets', [flag(0x84, 0xff, 0xff)]],
    ['no reason', [flag(0x83, 0)]],
    ['reasons that are none', [flag(0x83, 7, 0x80)]],
    ['a name of a third kind', [names(0xa2)]],
    ['two names', [encodeElement(0xa0, encodeElement(0xa0), encodeElement(0xa0))]],
  ];
  for (const [what, fields] of bad) assert.equal(codeOf(() => read(...fields))?.startsWith('ERR_CERT_D'), true, what);

  const scope = read(names(0xa0));
  const covered = (...points: readonly Uint8Array[]) => {
    const extensions = { ...leaf.certificate.extensions, crlDistributionPoints: encodeSequence(...points) };
    return coveredReasons(scope, { ...leaf.certificate, extensions });
  };
  assert.equal(covered(encodeSequence(names(0xa0))), ALL_REASONS);
  const twice = (...reasons: Parameters<typeof encodeReasons>[0]) =>
    encodeSequence(names(0xa0), retagged(encodeReasons(reasons), 0x81));
  assert.equal(covered(twice('superseded'), twice('keyCompromise')), (1 << 4) | (1 << 1));
  for (const points of [[], [encodeNull()], [encodeSequence(names(0xa0), encodeNull())]]) {
    assert.equal(codeOf(() => covered(...points))?.startsWith('ERR_CERT_D'), true);
  }
  // In the certificate of a path that makes the list one that does not cover it.
  const odd = server(top, {
    extraExtensions: [{ oid: '2.5.29.31', critical: false, value: encodeSequence(encodeNull()) }],
  });
  assert.equal(withLists([odd, top], crlOf(top, { scope: { names: [{ uri: 'x' }] } })), 'ERR_CERT_CRL_SCOPE');
});
