/**
 * Trust stores: what they are made from, what they find, and when they do the work.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { encodeElement } from '../../src/certs/der-encode.ts';
import { decodePem, encodePem } from '../../src/certs/pem.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import { bytes, hex, reforge, root, server } from './forge.ts';

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

test('the store keeps no hold on the caller’s bytes', () => {
  const input = Buffer.from(ONE.der);
  const store = createTrustStore([input]);
  input.fill(0);
  assert.equal(store.find(ONE.certificate.subject).length, 1);
  store.subjects()[0]?.fill(0);
  assert.equal(store.find(server(ONE).certificate.issuer).length, 1);
});

test('the bundle of this system: every certificate decodes and is found by its subject', (t) => {
  const bundle = ['/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/cert.pem'].find((file) => existsSync(file));
  if (bundle === undefined) {
    t.skip('this machine has no bundle of certificates');
    return;
  }
  const text = readFileSync(bundle, 'utf8');
  const store = createTrustStore([text]);
  for (const { der } of decodePem(text)) {
    const certificate = decodeCertificate(der);
    assert.ok(
      store.find(certificate.subject).some((found) => hex(found.der) === hex(der)),
      certificate.subject.name,
    );
  }
  t.diagnostic(`trust store: ${store.size} certificates of this system`);
});
