/**
 * The verifier: every refusal with its code and alert, each beside a neighbour that is accepted.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeBitString,
  encodeElement,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
} from '../../src/certs/der-encode.ts';
import { encodePublicKey } from '../../src/certs/keys.ts';
import {
  bytes,
  DAY,
  type Entity,
  forge,
  intermediate,
  NOW,
  reassemble,
  reforge,
  root,
  server,
  withExtensions,
} from './forge.ts';
import { anchored, below, check, extra, LEAF, MIDDLE, outcome, POLICIES, ROOT, through, verify } from './one-change.ts';

test('a good chain: the path is leaf, intermediate, anchor', () => {
  const verdict = verify({});
  assert.ok(verdict.ok);
  assert.deepEqual(
    verdict.path.map(({ subject }) => subject.name),
    ['CN=leaf.example', 'CN=Intermediate', 'CN=Root'],
  );
  assert.equal(verdict.reason, undefined);
  assert.ok(Object.isFrozen(verdict) && Object.isFrozen(verdict.path));
});

test('time', () => {
  const second = 1000;
  const start = LEAF.certificate.validity.notBefore.getTime();
  const end = LEAF.certificate.validity.notAfter.getTime();
  const at = (time: number) => ({ time: new Date(time) });
  const past = { notBefore: new Date(NOW.getTime() - 3 * DAY), notAfter: new Date(NOW.getTime() - 2 * DAY) };
  const future = { notBefore: new Date(NOW.getTime() + 2 * DAY), notAfter: new Date(NOW.getTime() + 3 * DAY) };
  check([
    ['at the first second', 'ok', at(start)],
    ['a second before', 'ERR_CERT_NOT_YET_VALID certificate_expired', at(start - second)],
    ['in the last second', 'ok', at(end + 999)],
    ['a second after', 'ERR_CERT_EXPIRED certificate_expired', at(end + second)],
    ['an expired leaf', 'ERR_CERT_EXPIRED certificate_expired', below(past)],
    ['an expired intermediate', 'ERR_CERT_EXPIRED certificate_expired', through(past)],
    ['an intermediate of the future', 'ERR_CERT_NOT_YET_VALID certificate_expired', through(future)],
    ['an expired anchor', 'ERR_CERT_EXPIRED certificate_expired', anchored(past)],
    ['an anchor of the future', 'ERR_CERT_NOT_YET_VALID certificate_expired', anchored(future)],
  ]);
});

test('issuers', () => {
  const leafAsIssuer = server(ROOT, { subject: 'CN=Not a CA' });
  const belowLeaf = server(leafAsIssuer);
  const otherRoot = root({ subject: 'CN=Other' });
  const sameName = root();
  const stranger = server(sameName);
  check([
    ['no anchor', 'ERR_CERT_UNKNOWN_ISSUER unknown_ca', { anchors: [] }],
    ['another anchor', 'ERR_CERT_UNKNOWN_ISSUER unknown_ca', { anchors: [otherRoot.der] }],
    ['another anchor and the right one', 'ok', { anchors: [otherRoot.der, ROOT.der] }],
    ['no intermediate', 'ERR_CERT_UNKNOWN_ISSUER unknown_ca', { intermediates: [] }],
    [
      'a self-signed root among the intermediates is no anchor',
      'ERR_CERT_UNKNOWN_ISSUER unknown_ca',
      { intermediates: [MIDDLE.der, ROOT.der], anchors: [] },
    ],
    ['an intermediate as anchor', 'ok', { anchors: [MIDDLE.der], intermediates: [] }],
    [
      'an anchor of the same name with another key',
      'ERR_CERT_SIGNATURE bad_certificate',
      { leaf: stranger.der, intermediates: [] },
    ],
    [
      'a leaf as issuer',
      'ERR_CERT_NOT_A_CA bad_certificate',
      { leaf: belowLeaf.der, intermediates: [leafAsIssuer.der] },
    ],
    [
      'a leaf as anchor of another',
      'ERR_CERT_NOT_A_CA bad_certificate',
      { leaf: belowLeaf.der, intermediates: [], anchors: [leafAsIssuer.der] },
    ],
    ['a self-signed leaf', 'ERR_CERT_UNKNOWN_ISSUER unknown_ca', { leaf: forge({ names: ['leaf.example'] }).der }],
  ]);
  const selfSigned = forge({ names: ['leaf.example'], purposes: ['serverAuth'] });
  const itself = { leaf: selfSigned.der, intermediates: [], anchors: [selfSigned.der] };
  check([
    ['a leaf that is an anchor', 'ok', itself],
    ['… for another name', 'ERR_CERT_NAME_MISMATCH bad_certificate', { ...itself, name: { dns: 'other.example' } }],
    [
      '… at another time',
      'ERR_CERT_EXPIRED certificate_expired',
      { ...itself, time: new Date(NOW.getTime() + 2 * DAY) },
    ],
    [
      '… for another purpose',
      'ERR_CERT_EXTENDED_KEY_USAGE unsupported_certificate',
      { ...itself, purpose: 'clientAuth' },
    ],
    // The same name and key in another certificate: as its own issuer it would be a loop.
    [
      '… issued again',
      'ERR_CERT_UNKNOWN_ISSUER unknown_ca',
      { ...itself, leaf: forge({ names: ['leaf.example'], purposes: ['serverAuth'], key: selfSigned.key }).der },
    ],
  ]);
});

test('authorities: basicConstraints, keyUsage, version', () => {
  const v1 = (entity: Entity, signer: Entity) => reforge(entity, signer.key, (fields) => fields.slice(1, -1));
  const CA_USAGE = 'ERR_CERT_CA_USAGE bad_certificate';
  const v1Middle = v1(MIDDLE, ROOT);
  const v1Root = v1(ROOT, ROOT);
  const without = (entity: Entity, signer: Entity, oid: string) =>
    withExtensions(entity, signer.key, (list) => list.filter((one) => !Buffer.from(one).includes(encodeOid(oid))));
  check([
    ['cA false', 'ERR_CERT_NOT_A_CA bad_certificate', through({ ca: undefined, keyUsage: ['keyCertSign'] })],
    [
      'no basicConstraints',
      'ERR_CERT_NOT_A_CA bad_certificate',
      { intermediates: [without(MIDDLE, ROOT, '2.5.29.19')] },
    ],
    ['no keyUsage', 'ok', through({ keyUsage: null })],
    [
      'keyUsage without keyCertSign',
      'ERR_CERT_KEY_USAGE unsupported_certificate',
      through({ keyUsage: ['cRLSign', 'digitalSignature'] }),
    ],
    ['an intermediate of version 1', 'ERR_CERT_VERSION bad_certificate', { intermediates: [v1Middle] }],
    ['an anchor of version 1', 'ok', { anchors: [v1Root] }],
    ['an anchor with cA false', 'ERR_CERT_NOT_A_CA bad_certificate', anchored({ ca: undefined })],
    [
      'an anchor without keyCertSign',
      'ERR_CERT_KEY_USAGE unsupported_certificate',
      anchored({ keyUsage: ['digitalSignature'] }),
    ],
    ['an anchor without keyUsage', 'ok', anchored({ keyUsage: null })],
    [
      'a leaf that is an authority too',
      'ERR_CERT_CA_AS_LEAF unsupported_certificate',
      below({ ca: {}, keyUsage: ['digitalSignature', 'keyCertSign'] }),
    ],
    [
      '… for another purpose than TLS',
      'ok',
      {
        ...below({ ca: {}, keyUsage: ['digitalSignature', 'keyCertSign'], purposes: undefined }),
        purpose: ['1.2.3.4'],
      },
    ],
    ['a leaf with keyCertSign that is none', CA_USAGE, below({ keyUsage: ['digitalSignature', 'keyCertSign'] })],
    ['a leaf with cRLSign', 'ok', below({ keyUsage: ['digitalSignature', 'cRLSign'] })],
  ]);
});

test('path length', () => {
  const chain = (top: Entity, ...lengths: (number | undefined)[]) => {
    const intermediates: Entity[] = [];
    let issuer = top;
    for (const [index, pathLength] of lengths.entries()) {
      issuer = intermediate(issuer, { subject: `CN=Level ${index}`, ca: { pathLength } });
      intermediates.push(issuer);
    }
    return { leaf: server(issuer).der, intermediates: intermediates.map(({ der }) => der), anchors: [top.der] };
  };
  const limited = (pathLength: number) => root({ ca: { pathLength } });
  // §6.1.4 (l): a self-issued authority is not counted.
  const zero = intermediate(ROOT, { ca: { pathLength: 0 } });
  const selfIssued = intermediate(zero, { ca: { pathLength: 0 } });
  const selfIssuedOnce = { leaf: server(selfIssued).der, intermediates: [zero.der, selfIssued.der] };
  const refused = 'ERR_CERT_PATH_LENGTH bad_certificate';
  check([
    ['0 with none below', 'ok', chain(ROOT, 0)],
    ['0 with one below', refused, chain(ROOT, 0, undefined)],
    ['1 with one below', 'ok', chain(ROOT, 1, 0)],
    ['1 with two below', refused, chain(ROOT, 1, undefined, undefined)],
    ['unlimited', 'ok', chain(ROOT, undefined, undefined, undefined)],
    ['anchor 0 with none below', 'ok', chain(limited(0))],
    ['anchor 0 with one below', refused, chain(limited(0), undefined)],
    ['anchor 1 with one below', 'ok', chain(limited(1), undefined)],
    ['0 with a self-issued one below', 'ok', selfIssuedOnce],
  ]);
});

test('purpose: extendedKeyUsage and keyUsage', () => {
  const EKU = 'ERR_CERT_EXTENDED_KEY_USAGE unsupported_certificate';
  const KU = 'ERR_CERT_KEY_USAGE unsupported_certificate';
  const any = extra('2.5.29.37', false, encodeSequence(encodeOid('2.5.29.37.0')));
  const custom = extra('2.5.29.37', false, encodeSequence(encodeOid('1.2.3.4'), encodeOid('1.2.3.5')));
  check([
    ['serverAuth for a client', EKU, { purpose: 'clientAuth' }],
    ['clientAuth for a server', EKU, below({ purposes: ['clientAuth'] })],
    ['both', 'ok', below({ purposes: ['clientAuth', 'serverAuth'] })],
    ['both for a client', 'ok', { ...below({ purposes: ['clientAuth', 'serverAuth'] }), purpose: 'clientAuth' }],
    ['none written', 'ok', below({ purposes: undefined })],
    ['anyExtendedKeyUsage on a leaf', EKU, below({ purposes: undefined, ...any })],
    ['anyExtendedKeyUsage on an intermediate', 'ok', through(any)],
    ['an intermediate for clients', EKU, through({ purposes: ['clientAuth'] })],
    ['an intermediate for servers', 'ok', through({ purposes: ['serverAuth'] })],
    ['an anchor for clients', EKU, anchored({ purposes: ['clientAuth'] })],
    ['an anchor for servers', 'ok', anchored({ purposes: ['serverAuth'] })],
    [
      'a list of purposes, one of them missing',
      EKU,
      { ...below({ purposes: undefined, ...custom }), purpose: ['1.2.3.4', '1.2.3.6'] },
    ],
    ['a list of purposes', 'ok', { ...below({ purposes: undefined, ...custom }), purpose: ['1.2.3.5', '1.2.3.4'] }],
    ['no purpose', 'ok', { purpose: [] }],
    ['no usage of TLS', KU, below({ keyUsage: ['nonRepudiation', 'dataEncipherment'] })],
    ['keyEncipherment alone, for static RSA', 'ok', below({ keyUsage: ['keyEncipherment'] })],
    ['digitalSignature among others', 'ok', below({ keyUsage: ['keyEncipherment', 'digitalSignature'] })],
    ['no keyUsage', 'ok', below({ keyUsage: null })],
    [
      'no digitalSignature, for another purpose than TLS',
      'ok',
      { ...below({ keyUsage: ['keyAgreement'], purposes: undefined, ...custom }), purpose: ['1.2.3.4'] },
    ],
  ]);
});

test('extensions that cannot be judged are refused, wherever they are', () => {
  const UNKNOWN = 'ERR_CERT_UNKNOWN_CRITICAL_EXTENSION unsupported_certificate';
  for (const [where, place] of [
    ['leaf', below],
    ['intermediate', through],
    ['anchor', anchored],
  ] as const) {
    check([
      [`unknown critical, ${where}`, UNKNOWN, place(extra('1.2.3.4', true))],
      [`unknown, ${where}`, 'ok', place(extra('1.2.3.4', false))],
      [`certificatePolicies critical, ${where}`, 'ok', place(extra('2.5.29.32', true, POLICIES))],
      [`certificatePolicies, ${where}`, 'ok', place(extra('2.5.29.32', false, POLICIES))],
      [`inhibitAnyPolicy, ${where}`, 'ok', place(extra('2.5.29.54', true, encodeUnsigned(0)))],
    ]);
  }
});

test('signatures', () => {
  const SIGNATURE = 'ERR_CERT_SIGNATURE bad_certificate';
  const flip = (der: Uint8Array, at: number) => der.map((byte, i) => (i === at ? byte ^ 1 : byte));
  const { der } = LEAF;
  const signedBy = (entity: Entity) => reforge(LEAF, entity.key, (fields) => fields);
  const sha1 = encodeSequence(encodeOid('1.2.840.10045.4.1'));
  // ecdsa-with-SHA224, RFC 5758 §3.2.
  const sha224 = encodeSequence(encodeOid('1.2.840.10045.4.3.1'));
  const withAlgorithm = (algorithm: Uint8Array) => {
    const inner = reforge(LEAF, MIDDLE.key, (fields) => fields.map((field, i) => (i === 2 ? algorithm : field)));
    return reassemble(inner, ([tbs, , signature]) => [tbs.raw, algorithm, signature.raw]);
  };
  check([
    ['signed again', 'ok', { leaf: signedBy(MIDDLE) }],
    ['signed by another key', SIGNATURE, { leaf: signedBy(ROOT) }],
    ['signed by itself', SIGNATURE, { leaf: signedBy(LEAF) }],
    ['a bit of the signature', SIGNATURE, { leaf: flip(der, der.length - 1) }],
    // The last byte of what is signed: a bit in the authority key identifier, which is not compared.
    ['a bit of what is signed', SIGNATURE, { leaf: flip(der, LEAF.certificate.tbs.length + 3) }],
    [
      'an empty signature',
      SIGNATURE,
      { leaf: reassemble(der, ([tbs, algorithm]) => [tbs.raw, algorithm.raw, encodeBitString(new Uint8Array(0))]) },
    ],
    [
      'the signature on the intermediate',
      SIGNATURE,
      { intermediates: [reforge(MIDDLE, LEAF.key, (fields) => fields)] },
    ],
    ['SHA-1', 'ERR_CERT_WEAK_SIGNATURE bad_certificate', { leaf: withAlgorithm(sha1) }],
    ['SHA-224', 'ERR_CERT_UNSUPPORTED_SIGNATURE unsupported_certificate', { leaf: withAlgorithm(sha224) }],
    ['the signature on the anchor does not count', 'ok', { anchors: [reforge(ROOT, LEAF.key, (fields) => fields)] }],
  ]);

  for (const kind of ['p384', 'p521', 'ed25519', 'rsa2048', 'rsa-pss2048'] as const) {
    const top = root({ kind });
    const good = server(top, { kind });
    const input = { intermediates: [], anchors: [top.der] };
    const bad = flip(good.der, good.certificate.tbs.length + 3);
    check([
      [`${kind}: good`, 'ok', { ...input, leaf: good.der }],
      [`${kind}: a bit of what is signed`, SIGNATURE, { ...input, leaf: bad }],
    ]);
  }
});

test('keys', () => {
  const spki = (algorithm: Uint8Array, bits: Uint8Array) => encodeSequence(algorithm, encodeBitString(bits));
  const rsa = (modulus: Uint8Array, exponent: Uint8Array) =>
    encodePublicKey({ kind: 'rsa', pss: false, modulus, exponent });
  const ones = (length: number, first = 0xff) => new Uint8Array(length).fill(0xff).fill(first, 0, 1);
  const withKey = (key: Uint8Array) => ({
    leaf: reforge(LEAF, MIDDLE.key, (fields) => fields.map((field, i) => (i === 6 ? key : field))),
  });
  const WEAK = 'ERR_CERT_WEAK_KEY bad_certificate';
  const UNSUPPORTED = 'ERR_CERT_UNSUPPORTED_KEY unsupported_certificate';
  const F4 = bytes('010001');
  check([
    ['RSA 2048', 'ok', withKey(rsa(ones(256), F4))],
    ['RSA 2047', WEAK, withKey(rsa(ones(256, 0x7f), F4))],
    ['RSA 1024', WEAK, withKey(rsa(ones(128), F4))],
    ['RSA 2049', UNSUPPORTED, withKey(rsa(ones(257, 0x01), F4))],
    ['RSA 2056', 'ok', withKey(rsa(ones(257), F4))],
    ['RSA 8192', 'ok', withKey(rsa(ones(1024), F4))],
    ['RSA 8200', UNSUPPORTED, withKey(rsa(ones(1025), F4))],
    ['exponent 1', WEAK, withKey(rsa(ones(256), bytes('01')))],
    ['exponent 0', WEAK, withKey(rsa(ones(256), bytes('00')))],
    ['exponent 3', 'ok', withKey(rsa(ones(256), bytes('03')))],
    ['an even exponent', WEAK, withKey(rsa(ones(256), bytes('010000')))],
    ['an exponent of 4 bytes', 'ok', withKey(rsa(ones(256), bytes('ffffffff')))],
    ['an exponent of 5 bytes', UNSUPPORTED, withKey(rsa(ones(256), bytes('0100000001')))],
    [
      'X25519, which cannot sign',
      UNSUPPORTED,
      withKey(spki(encodeSequence(encodeOid('1.3.101.110')), new Uint8Array(32))),
    ],
    [
      'malformed',
      'ERR_CERT_DECODE bad_certificate',
      withKey(spki(encodeSequence(encodeOid('1.3.101.112')), new Uint8Array(5))),
    ],
  ]);

  // An issuer's key is judged too, before anything is verified with it.
  const weak = reforge(MIDDLE, ROOT.key, (fields) => fields.map((field, i) => (i === 6 ? rsa(ones(128), F4) : field)));
  assert.equal(outcome({ intermediates: [weak] }), WEAK);
});

test('form: serial number, version, encoding', () => {
  const serial = (value: string) => ({
    leaf: reforge(LEAF, MIDDLE.key, (fields) =>
      fields.map((field, i) => (i === 1 ? encodeElement(0x02, bytes(value)) : field)),
    ),
  });
  const zero = serial('00').leaf;
  const middleSerial = (value: string) =>
    reforge(MIDDLE, ROOT.key, (fields) =>
      fields.map((field, i) => (i === 1 ? encodeElement(0x02, bytes(value)) : field)),
    );
  const SERIAL = 'ERR_CERT_SERIAL bad_certificate';
  const rootSerial = (value: string) => ({
    anchors: [
      reforge(ROOT, ROOT.key, (fields) =>
        fields.map((field, i) => (i === 1 ? encodeElement(0x02, bytes(value)) : field)),
      ),
    ],
  });
  check([
    ['serial 1', 'ok', serial('01')],
    ['serial 0', SERIAL, serial('00')],
    ['serial -1', SERIAL, serial('ff')],
    ['serial of 20 octets', 'ok', serial(`7f${'ff'.repeat(19)}`)],
    ['serial of 21 octets', SERIAL, serial(`00ff${'ff'.repeat(19)}`)],
    ['an anchor with serial 0', 'ok', rootSerial('00')],
    [
      'a leaf of version 1',
      'ERR_CERT_VERSION bad_certificate',
      { leaf: reforge(LEAF, MIDDLE.key, (fields) => fields.slice(1, -1)), name: undefined },
    ],
    [
      'a leaf of version 2',
      'ERR_CERT_VERSION bad_certificate',
      {
        leaf: reforge(LEAF, MIDDLE.key, (fields) => [encodeElement(0xa0, encodeUnsigned(1)), ...fields.slice(1, -1)]),
        name: undefined,
      },
    ],
    ['a leaf that is not a certificate', 'ERR_CERT_DECODE bad_certificate', { leaf: bytes('3000') }],
    ['an empty leaf', 'ERR_CERT_DECODE bad_certificate', { leaf: new Uint8Array(0) }],
    [
      'an intermediate that is not a certificate',
      'ERR_CERT_DECODE bad_certificate',
      { intermediates: [bytes('3000')] },
    ],
    ['one more that is not a certificate', 'ok', { intermediates: [bytes('3000'), MIDDLE.der] }],
    ['an anchor that is not a certificate', 'ERR_CERT_UNKNOWN_ISSUER unknown_ca', { anchors: [bytes('3000')] }],
    // Each certificate that was issued is judged, not only the leaf.
    ['an intermediate with serial 0', SERIAL, { intermediates: [middleSerial('00')] }],
    ['an intermediate with serial 1', 'ok', { intermediates: [middleSerial('01')] }],
    // A trusted leaf is a name and a key, as every anchor is.
    ['a leaf with serial 0 that is an anchor', 'ok', { leaf: zero, anchors: [zero], intermediates: [] }],
    ['one more anchor that is not a certificate', 'ok', { anchors: [bytes('3000'), ROOT.der] }],
  ]);
});

test('names', () => {
  const leaf = server(ROOT, { names: ['a.example', '*.b.example', 'x@mail.example'], ips: ['192.0.2.1', '::1'] });
  const input = { leaf: leaf.der, intermediates: [] };
  const MISMATCH = 'ERR_CERT_NAME_MISMATCH bad_certificate';
  check([
    ['dns', 'ok', { ...input, name: { dns: 'A.example' } }],
    ['dns, wildcard', 'ok', { ...input, name: { dns: 'x.b.example' } }],
    ['dns, another', MISMATCH, { ...input, name: { dns: 'b.example' } }],
    ['dns, empty', MISMATCH, { ...input, name: { dns: '' } }],
    ['common name', MISMATCH, { ...input, name: { dns: 'leaf.example' } }],
    ['ip', 'ok', { ...input, name: { ip: '192.0.2.1' } }],
    ['ip, version 6', 'ok', { ...input, name: { ip: '0::1' } }],
    ['ip, another', MISMATCH, { ...input, name: { ip: '192.0.2.2' } }],
    ['ip as dns', MISMATCH, { ...input, name: { dns: '192.0.2.1' } }],
    ['email', 'ok', { ...input, name: { email: 'x@MAIL.example' } }],
    ['email, another', MISMATCH, { ...input, name: { email: 'y@mail.example' } }],
    ['not asked for', 'ok', { ...input, name: undefined }],
    ['no subjectAltName', MISMATCH, { ...below({ names: undefined }) }],
  ]);
  const verdict = verify({ ...input, name: { dns: 'c.example' } });
  assert.ok(!verdict.ok);
  assert.match(verdict.error.message, /asked for c\.example.*a\.example, \*\.b\.example/);
});
