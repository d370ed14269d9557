/**
 * Trust stores: what they are made from, what they find, and when they do the work.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { bundledTrust, systemTrust } from '../../src/adapters/node-roots.ts';
import { decodeAnchor, decodeCertificate, sameBytes } from '../../src/certs/certificate.ts';
import { encodeElement, encodeSequence, encodeText } from '../../src/certs/der-encode.ts';
import { decodePem, encodePem } from '../../src/certs/pem.ts';
import { pinOf, readPins } from '../../src/certs/pins.ts';
import { createTrustStore, type RawAnchor } from '../../src/certs/trust-store.ts';
import { verifyCertificateChain } from '../../src/certs/verifier.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import { bytes, hex, NOW, reassemble, reforge, root, server } from './forge.ts';

const ONE = root({ subject: 'CN=One' });
const TWO = root({ subject: 'CN=Two' });
const TWO_AGAIN = root({ subject: 'CN=two' });

test('DER and PEM, several certificates in a text, other blocks skipped', () => {
  const pem =
    encodePem('CERTIFICATE', TWO.der) + encodePem('X509 CRL', bytes('3000')) + encodePem('CERTIFICATE', TWO_AGAIN.der);
  const store = createTrustStore([ONE.der, pem]);
  assert.equal(store.size, 3);
  const found = (entity: typeof ONE) => store.find(entity.certificate.subject).map(({ der }) => hex(der));
  assert.deepEqual(found(ONE), [hex(ONE.der)]);
  // Case does not count, so that both are found under either name.
  assert.deepEqual(found(TWO), [hex(TWO.der), hex(TWO_AGAIN.der)]);
  assert.deepEqual(found(root({ subject: 'CN=Three' })), []);
  assert.deepEqual(
    store.subjects().map(hex),
    [ONE, TWO, TWO_AGAIN].map(({ certificate }) => hex(certificate.subject.der)),
  );
  assert.equal(store.find(ONE.certificate.subject)[0], store.find(ONE.certificate.subject)[0], 'decoded once');
});

test('an anchor of version 1 is found by its subject too', () => {
  const v1 = reforge(ONE, ONE.key, (fields) => fields.slice(1, -1));
  assert.equal(createTrustStore([v1]).find(ONE.certificate.subject)[0]?.version, 1);
});

test('what is not a certificate is refused when the store is made', () => {
  const code = (input: Uint8Array | string) => {
    try {
      createTrustStore([ONE.der, input]);
      return null;
    } catch (error) {
      assert.ok(error instanceof TlsConfigError);
      return error.code;
    }
  };
  assert.equal(code(TWO.der), null);
  assert.equal(code(new Uint8Array(0)), 'ERR_CONFIG');
  assert.equal(code(bytes('3000')), 'ERR_CONFIG');
  assert.equal(code(TWO.der.subarray(0, 100)), 'ERR_CONFIG');
  assert.equal(code('nothing'), 'ERR_CONFIG_PEM');
  assert.equal(code(encodePem('X509 CRL', TWO.der)), 'ERR_CONFIG_PEM');
});

test('a certificate that turns out malformed anchors nothing, and the others are found', () => {
  // The extensions are not looked at before the certificate is wanted.
  const broken = reforge(TWO, TWO.key, (fields) => [...fields.slice(0, -1), encodeElement(0xa3, bytes('3000'))]);
  const store = createTrustStore([broken, TWO_AGAIN.der]);
  assert.deepEqual(
    store.find(TWO.certificate.subject).map(({ der }) => hex(der)),
    [hex(TWO_AGAIN.der)],
  );
});

test('an anchor of a name and a key, without a certificate', () => {
  const { subject, subjectPublicKeyInfo } = ONE.certificate;
  const raw = { subject: subject.der, subjectPublicKeyInfo };
  const leaf = server(ONE);
  const verdict = (anchor: RawAnchor, time = NOW) =>
    verifyCertificateChain({
      leaf: leaf.der,
      intermediates: [],
      anchors: createTrustStore([anchor]),
      time,
      purpose: 'serverAuth',
      name: { dns: 'leaf.example' },
    });
  const good = verdict(raw);
  assert.ok(good.ok);
  assert.deepEqual(
    good.path.map((certificate) => [certificate.subject.name, certificate.der.length > 0]),
    [
      ['CN=leaf.example', true],
      ['CN=One', false],
    ],
  );
  const code = (anchor: RawAnchor) => {
    const result = verdict(anchor);
    return result.ok ? 'ok' : result.error.code;
  };
  assert.equal(code({ ...raw, subjectPublicKeyInfo: TWO.certificate.subjectPublicKeyInfo }), 'ERR_CERT_SIGNATURE');
  assert.equal(code({ ...raw, subject: TWO.certificate.subject.der }), 'ERR_CERT_UNKNOWN_ISSUER');
  const permitted = (name: string) => encodeSequence(encodeElement(0xa0, encodeSequence(encodeText(0x82, name))));
  assert.equal(code({ ...raw, nameConstraints: permitted('example') }), 'ok');
  assert.equal(code({ ...raw, nameConstraints: permitted('test') }), 'ERR_CERT_NAME_CONSTRAINTS');

  const store = createTrustStore([raw, TWO.der]);
  assert.equal(store.size, 2);
  assert.deepEqual(store.certificates().map(hex), [hex(TWO.der)]);
  assert.deepEqual(store.subjects().map(hex), [hex(subject.der), hex(TWO.certificate.subject.der)]);
  for (const wrong of [
    { ...raw, subject: bytes('05') },
    { ...raw, subjectPublicKeyInfo: bytes('3000') },
    // id-dsa, which nothing here verifies with.
    { ...raw, subjectPublicKeyInfo: bytes('3010 3009 06072a8648ce380401 0303000500') },
    { ...raw, nameConstraints: bytes('3002a000') },
  ]) {
    assert.throws(() => createTrustStore([wrong]), { name: 'TlsConfigError', code: 'ERR_CONFIG' }, hex(wrong.subject));
  }
});

test('what an anchor’s issuer did wrong with version, serial or signature does not count', () => {
  const { key } = ONE;
  const odd: readonly Uint8Array[] = [
    // Version 1 with extensions; a serial of zero; a negative one of 21 octets; another algorithm inside than outside.
    reforge(ONE, key, (fields) => fields.slice(1)),
    reforge(ONE, key, (fields) => fields.map((field, i) => (i === 1 ? bytes('020100') : field))),
    reforge(ONE, key, (fields) =>
      fields.map((field, i) => (i === 1 ? encodeElement(2, bytes('ff7f'.padEnd(42, '0'))) : field)),
    ),
    reforge(ONE, key, (fields) => fields.map((field, i) => (i === 2 ? bytes('300406022a03') : field))),
    reassemble(ONE.der, ([tbs, algorithm]) => [tbs.raw, algorithm.raw, bytes('030100')]),
  ];
  for (const [index, anchor] of odd.entries()) {
    const input = {
      leaf: server(ONE).der,
      intermediates: [],
      time: NOW,
      purpose: 'serverAuth' as const,
      name: { dns: 'leaf.example' },
    };
    assert.equal(verifyCertificateChain({ ...input, anchors: [anchor] }).ok, true, `anchor ${index}`);
  }
});

test('pins are hashes of keys', () => {
  const anchor = decodePem(rootCertificates.find((pem) => decodedName(pem).endsWith('CN=ISRG Root X1')) ?? '')[0];
  assert.ok(anchor !== undefined);
  // As https://letsencrypt.org/certificates/ and RFC 7469 clients know it.
  assert.equal(pinOf(decodeCertificate(anchor.der)), 'C5+lpZ7tcVwmwQIMcRtPbsQtWLABXhQzejna0wHFr8M=');
  const theirs = new X509Certificate(anchor.der).publicKey.export({ format: 'der', type: 'spki' });
  assert.equal(pinOf(decodeCertificate(anchor.der)), createHash('sha256').update(theirs).digest('base64'));
  assert.deepEqual(
    readPins([pinOf(ONE.certificate)]),
    readPins([Buffer.from(pinOf(ONE.certificate), 'base64')]).map((pin) => Uint8Array.from(pin)),
  );
});

test('the roots of Node and of the system: each decodes, is found, and has signed itself', (t) => {
  const store = bundledTrust();
  assert.equal(store.size, rootCertificates.length);
  let sha1 = 0;
  for (const der of store.certificates()) {
    const certificate = decodeAnchor(der);
    const found = store.find(certificate.subject);
    assert.ok(
      found.some((other) => sameBytes(other.der, der)),
      certificate.subject.name,
    );
    const { publicKey, signatureAlgorithm, tbs, signature } = certificate;
    if (signatureAlgorithm === null) sha1++;
    // Roots alone may have SHA-1, since nobody asks who signed them.
    const algorithm = signatureAlgorithm ?? ({ kind: 'rsa-pkcs1', hash: 'sha1' } as const);
    assert.ok(
      publicKey !== null && nobleProvider.verify(algorithm, publicKey, tbs, signature),
      certificate.subject.name,
    );
  }
  t.diagnostic(`roots of Node: ${store.size} decoded and verified, ${sha1} of them signed with SHA-1`);
  assert.equal(bundledTrust(), store, 'made once');
});

test('the store keeps no hold on the caller’s bytes', () => {
  const input = Buffer.from(ONE.der);
  const store = createTrustStore([input]);
  input.fill(0);
  assert.equal(store.find(ONE.certificate.subject).length, 1);
  store.subjects()[0]?.fill(0);
  assert.equal(store.find(server(ONE).certificate.issuer).length, 1);
});

test('the bundle of this system: every certificate decodes and is found by its subject', (t) => {
  if (!existsSync('/etc/ssl/certs/ca-certificates.crt')) {
    t.skip('this machine has no bundle of certificates');
    return;
  }
  const store = systemTrust();
  for (const der of store.certificates()) {
    const certificate = decodeCertificate(der);
    assert.ok(
      store.find(certificate.subject).some((found) => hex(found.der) === hex(der)),
      certificate.subject.name,
    );
  }
  t.diagnostic(`trust store: ${store.size} certificates of this system`);
});

function decodedName(pem: string): string {
  return decodePem(pem)
    .map(({ der }) => decodeCertificate(der).subject.name)
    .join();
}
