/**
 * Decoding of certificates: what openssl shows of them, what RFC 5280 refuses, and that damage never gets further.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { decodeDer } from '../../src/certs/der.ts';
import {
  encodeBitString,
  encodeBoolean,
  encodeElement,
  encodeNull,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeText,
  encodeUnsigned,
} from '../../src/certs/der-encode.ts';
import { decodeDistinguishedName, encodeDistinguishedName } from '../../src/certs/distinguished-name.ts';
import { KEY_KINDS } from '../../src/certs/issue.ts';
import { decodePem } from '../../src/certs/pem.ts';
import { decodePublicKey } from '../../src/certs/public-key.ts';
import {
  encodePssParameters,
  encodeSignatureAlgorithm,
  readAlgorithmIdentifier,
  signatureAlgorithmOf,
} from '../../src/certs/signature-algorithm.ts';
import { skipWithoutVectors } from '../vectors/third-party.ts';
import { bytes, codeOf, forge, hex, intermediate, reassemble, reforge, root, server, withExtensions } from './forge.ts';

const ROOT = root();
const LEAF = server(ROOT);

/** Fields as node's OpenSSL reads them. */
function agreesWithOpenssl(der: Uint8Array): void {
  const theirs = new X509Certificate(der);
  const ours = decodeCertificate(der);
  const readable = (date: string) => new Date(date).toISOString();
  assert.equal(ours.validity.notBefore.toISOString(), readable(theirs.validFrom));
  assert.equal(ours.validity.notAfter.toISOString(), readable(theirs.validTo));
  assert.equal(hex(ours.serial).replace(/^(00)+/, ''), theirs.serialNumber.toLowerCase().replace(/^(00)+/, ''));
  assert.equal(ours.extensions.basicConstraints?.ca ?? false, theirs.ca);
  assert.equal(
    hex(ours.subjectPublicKeyInfo),
    theirs.publicKey.export({ format: 'der', type: 'spki' }).toString('hex'),
  );
  const dns = (theirs.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('DNS:'));
  assert.deepEqual(ours.extensions.subjectAltName?.dns.map((name) => `DNS:${name}`) ?? [], dns);
  // keyUsage there is extendedKeyUsage, by object identifier.
  assert.deepEqual(ours.extensions.extendedKeyUsage ?? [], theirs.keyUsage ?? []);
  const theirSubject = (theirs.subject ?? '').split('\n').map((part) => part.replace(/^[^=]+=/, ''));
  const ourSubject = ours.subject.name.split(/(?<!\\), |(?<!\\)\+/).map((part) => part.replace(/^[^=]+=/, ''));
  // Node escapes other characters of other alphabets than we do.
  if (/^[\x20-\x7e\n]*$/.test(theirs.subject)) assert.deepEqual(ourSubject, theirSubject);
  assert.equal(
    createHash('sha256').update(ours.der).digest('hex'),
    theirs.fingerprint256.replaceAll(':', '').toLowerCase(),
  );
}

test('fields are those that OpenSSL reads: our own certificates, of every kind of key', () => {
  for (const kind of KEY_KINDS) {
    const authority = root({ kind });
    const leaf = server(authority, { kind, ips: ['127.0.0.1', '::1'], subject: 'C=CH, O=A\\, B, CN=leaf.example' });
    for (const { der } of [authority, leaf]) agreesWithOpenssl(der);
    assert.deepEqual(leaf.certificate.extensions.subjectAltName?.ip.map(hex), ['7f000001', `${'00'.repeat(15)}01`]);
    // RFC 5246 §7.4.2: a key of RSA may serve static RSA.
    const encrypts = kind.startsWith('rsa') && !kind.startsWith('rsa-pss');
    const usages = encrypts ? ['digitalSignature', 'keyEncipherment'] : ['digitalSignature'];
    assert.deepEqual(leaf.certificate.extensions.keyUsage, usages);
    assert.deepEqual(authority.certificate.extensions.keyUsage, ['keyCertSign', 'cRLSign']);
    assert.deepEqual(
      leaf.certificate.extensions.authorityKeyIdentifier,
      authority.certificate.extensions.subjectKeyIdentifier,
    );
  }
});

test('fields are those that OpenSSL reads: chains of real sites', (t) => {
  const folder = skipWithoutVectors(t, 'x509');
  if (folder === null) return;
  let count = 0;
  for (const name of readdirSync(join(folder, 'online'))) {
    const { trusted_certs, untrusted_intermediates, peer_certificate } = JSON.parse(
      readFileSync(join(folder, 'online', name), 'utf8'),
    );
    for (const pem of [...trusted_certs, ...untrusted_intermediates, peer_certificate]) {
      for (const { der } of decodePem(pem)) {
        agreesWithOpenssl(der);
        count++;
      }
    }
  }
  assert.ok(count >= 21);
  t.diagnostic(`certificates of real sites: ${count} decoded as OpenSSL does`);
});

test('the view is frozen and keeps no hold on the caller’s bytes', () => {
  let certificate = LEAF.certificate;
  for (const input of [LEAF.der.slice(), Buffer.from(LEAF.der)]) {
    certificate = decodeCertificate(input);
    input.fill(0);
    assert.equal(hex(certificate.der), hex(LEAF.der));
    assert.equal(certificate.der.constructor, Uint8Array);
  }
  assert.ok(
    Object.isFrozen(certificate) && Object.isFrozen(certificate.extensions) && Object.isFrozen(certificate.validity),
  );
});

const extension = (oid: string, value: Uint8Array, critical = false) =>
  encodeSequence(encodeOid(oid), ...(critical ? [encodeBoolean(true)] : []), encodeOctets(value));

test('refusals of form, each beside what is accepted', () => {
  const { key } = ROOT;
  const edit = (index: number, replacement: Uint8Array) =>
    reforge(LEAF, key, (fields) => fields.map((field, i) => (i === index ? replacement : field)));
  const version = (value: Uint8Array) => edit(0, encodeElement(0xa0, value));
  const field = (index: number) => decodeDer(LEAF.certificate.tbs).children[index]?.raw ?? new Uint8Array(0);
  const add = (...more: Uint8Array[]) => withExtensions(LEAF, key, (list) => [...list, ...more]);
  const only = (...list: Uint8Array[]) => withExtensions(LEAF, key, () => list);
  const unique = encodeElement(0x81, bytes('00ff'));

  const cases: readonly [what: string, expected: string | null, der: Uint8Array][] = [
    ['unchanged', null, reforge(LEAF, key, (fields) => fields)],
    ['trailing byte', 'ERR_CERT_DER_TRAILING', Uint8Array.of(...LEAF.der, 0)],
    [
      'a fourth part',
      'ERR_CERT_DECODE',
      reassemble(LEAF.der, (parts) => [...parts.map(({ raw }) => raw), encodeNull()]),
    ],
    ['only two parts', 'ERR_CERT_DECODE', reassemble(LEAF.der, ([tbs, algorithm]) => [tbs.raw, algorithm.raw])],
    [
      'signature not of whole bytes',
      'ERR_CERT_DECODE',
      reassemble(LEAF.der, ([tbs, alg]) => [tbs.raw, alg.raw, encodeBitString(bytes('80'), 7)]),
    ],
    ['version 3 again', null, version(encodeUnsigned(2))],
    ['version 4', 'ERR_CERT_VERSION', version(encodeUnsigned(3))],
    ['version 2 with extensions', 'ERR_CERT_VERSION', version(encodeUnsigned(1))],
    ['version 1 encoded', 'ERR_CERT_DECODE', version(encodeUnsigned(0))],
    ['version 1 with extensions', 'ERR_CERT_VERSION', reforge(LEAF, key, (fields) => fields.slice(1))],
    ['version 1 without extensions', null, reforge(LEAF, key, (fields) => fields.slice(1, -1))],
    [
      'version 1 with unique identifier',
      'ERR_CERT_VERSION',
      reforge(LEAF, key, (fields) => [...fields.slice(1, -1), unique]),
    ],
    [
      'version 3 with unique identifier',
      null,
      reforge(LEAF, key, (fields) => [...fields.slice(0, -1), unique, ...fields.slice(-1)]),
    ],
    ['serial not an integer', 'ERR_CERT_DECODE', edit(1, encodeOctets(bytes('01')))],
    [
      'inner algorithm another',
      'ERR_CERT_ALGORITHM_MISMATCH',
      edit(2, encodeSignatureAlgorithm({ kind: 'ecdsa', hash: 'sha384' })),
    ],
    ['issuer without a name', null, edit(3, encodeSequence())],
    [
      'validity with three times',
      'ERR_CERT_DECODE',
      edit(4, encodeSequence(...[1, 2, 3].map(() => encodeText(0x17, '260101000000Z')))),
    ],
    ['subject without a name', null, edit(5, encodeSequence())],
    ['subject with an empty part', 'ERR_CERT_DECODE', edit(5, encodeSequence(encodeElement(0x31)))],
    ['extensions empty', 'ERR_CERT_DECODE', only()],
    [
      'extensions with two lists',
      'ERR_CERT_DECODE',
      edit(7, encodeElement(0xa3, field(7).subarray(2), field(7).subarray(2))),
    ],
    [
      'an extension twice',
      'ERR_CERT_DUPLICATE_EXTENSION',
      add(extension('1.2.3.4', encodeNull()), extension('1.2.3.4', encodeNull())),
    ],
    ['an extension once', null, add(extension('1.2.3.4', encodeNull()))],
    ['an unknown extension that is not DER', null, add(extension('1.2.3.4', bytes('ff')))],
    [
      'an extension with more',
      'ERR_CERT_DECODE',
      add(encodeSequence(encodeOid('1.2.3.4'), encodeOctets(encodeNull()), encodeNull())),
    ],
    ['basicConstraints', null, only(extension('2.5.29.19', bytes('30 06 01 01 ff 02 01 00')))],
    ['basicConstraints, cA FALSE encoded', null, only(extension('2.5.29.19', bytes('30 03 01 01 00')))],
    [
      'basicConstraints with a negative length',
      'ERR_CERT_DECODE',
      only(extension('2.5.29.19', bytes('30 06 01 01 ff 02 01 ff'))),
    ],
    ['basicConstraints with a length and no cA', null, only(extension('2.5.29.19', bytes('30 03 02 01 00')))],
    ['basicConstraints with more', 'ERR_CERT_DECODE', only(extension('2.5.29.19', bytes('30 05 01 01 ff 05 00')))],
    ['basicConstraints with trailing bytes', 'ERR_CERT_DER_TRAILING', only(extension('2.5.29.19', bytes('30 00 00')))],
    ['keyUsage', null, only(extension('2.5.29.15', bytes('03 02 07 80')))],
    ['keyUsage without a bit', 'ERR_CERT_DECODE', only(extension('2.5.29.15', bytes('03 02 07 00')))],
    ['keyUsage of no bytes', 'ERR_CERT_DECODE', only(extension('2.5.29.15', bytes('03 01 00')))],
    ['keyUsage not a bit string', 'ERR_CERT_DECODE', only(extension('2.5.29.15', bytes('04 01 80')))],
    ['extendedKeyUsage', null, only(extension('2.5.29.37', encodeSequence(encodeOid('1.3.6.1.5.5.7.3.1'))))],
    ['extendedKeyUsage empty', 'ERR_CERT_DECODE', only(extension('2.5.29.37', encodeSequence()))],
    ['extendedKeyUsage of texts', 'ERR_CERT_DECODE', only(extension('2.5.29.37', encodeSequence(encodeText(12, 'x'))))],
    ['subjectAltName', null, only(extension('2.5.29.17', encodeSequence(encodeText(0x82, 'a'))))],
    ['subjectAltName empty', 'ERR_CERT_DECODE', only(extension('2.5.29.17', encodeSequence()))],
    [
      'subjectAltName with an address of 5 bytes',
      'ERR_CERT_DECODE',
      only(extension('2.5.29.17', encodeSequence(encodeText(0x87, 'abcde')))),
    ],
    [
      'subjectAltName with an address of 4 bytes',
      null,
      only(extension('2.5.29.17', encodeSequence(encodeText(0x87, 'abcd')))),
    ],
    [
      'subjectAltName of an unknown form',
      'ERR_CERT_DECODE',
      only(extension('2.5.29.17', encodeSequence(encodeText(0x89, 'a')))),
    ],
    [
      'subjectAltName, another known form',
      null,
      only(extension('2.5.29.17', encodeSequence(encodeText(0x86, 'spiffe://a/b')))),
    ],
    ['subjectKeyIdentifier not octets', 'ERR_CERT_DECODE', only(extension('2.5.29.14', encodeNull()))],
    ['authorityKeyIdentifier', null, only(extension('2.5.29.35', bytes('30 03 80 01 00')))],
    [
      'authorityKeyIdentifier of an unknown form',
      'ERR_CERT_DECODE',
      only(extension('2.5.29.35', bytes('30 03 83 01 00'))),
    ],
  ];
  for (const [what, expected, der] of cases) {
    assert.equal(
      codeOf(() => decodeCertificate(der)),
      expected,
      what,
    );
  }
});

test('names of every form in a subjectAltName', () => {
  const value = encodeSequence(
    encodeText(0x82, 'a.example'),
    encodeText(0x81, 'x@b.example'),
    encodeElement(0x87, bytes('7f000001')),
    encodeText(0x86, 'spiffe://c/d'),
    encodeElement(0xa4, encodeSequence()),
    encodeElement(0x88, bytes('2a0304')),
    encodeText(0x82, 'e.example'),
  );
  const der = withExtensions(LEAF, ROOT.key, () => [extension('2.5.29.17', value)]);
  const names = decodeCertificate(der).extensions.subjectAltName;
  assert.deepEqual(names?.dns, ['a.example', 'e.example']);
  assert.deepEqual(names?.email, ['x@b.example']);
  assert.deepEqual(names?.ip.map(hex), ['7f000001']);
  assert.deepEqual(names?.uri, ['spiffe://c/d']);
  assert.deepEqual(
    names?.directoryNames.map(({ der }) => hex(der)),
    ['3000'],
  );
  assert.deepEqual(
    names?.others.map(({ tag, der }) => [tag, hex(der)]),
    [[8, '88032a0304']],
  );
});

test('critical extensions that are not understood are listed, others are not', () => {
  const der = withExtensions(LEAF, ROOT.key, (list) => [
    ...list,
    extension('1.2.3.4', encodeNull(), true),
    extension('1.2.3.5', encodeNull(), false),
    extension('2.5.29.36', encodeSequence(encodeElement(0x80, bytes('00'))), true),
    extension('2.5.29.54', encodeUnsigned(0), true),
    extension('1.3.6.1.5.5.7.1.1', encodeSequence(encodeSequence(encodeOid('1.2.3'), encodeText(0x86, 'a'))), true),
  ]);
  assert.deepEqual(decodeCertificate(der).extensions.unknownCritical, ['1.2.3.4']);
  assert.deepEqual(LEAF.certificate.extensions.unknownCritical, []);
});

test('signature algorithms, parameters included', () => {
  const read = (der: Uint8Array) => signatureAlgorithmOf(readAlgorithmIdentifier(decodeDer(der)));
  const withNull = (oid: string) => encodeSequence(encodeOid(oid), encodeNull());
  const without = (oid: string) => encodeSequence(encodeOid(oid));
  for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
    for (const algorithm of [
      { kind: 'ecdsa', hash },
      { kind: 'rsa-pkcs1', hash },
      { kind: 'rsa-pss', hash, saltLength: 17 },
    ] as const) {
      assert.deepEqual(read(encodeSignatureAlgorithm(algorithm)), algorithm);
    }
  }
  assert.deepEqual(read(without('1.3.101.112')), { kind: 'ed25519' });
  assert.equal(read(withNull('1.3.101.112')), null);
  assert.deepEqual(read(without('1.3.101.113')), { kind: 'ed448' });
  assert.equal(read(withNull('1.3.101.113')), null);
  assert.equal(read(withNull('1.2.840.10045.4.3.2')), null);
  assert.deepEqual(read(without('1.2.840.113549.1.1.11')), { kind: 'rsa-pkcs1', hash: 'sha256' });
  assert.equal(read(encodeSequence(encodeOid('1.2.840.113549.1.1.11'), encodeUnsigned(0))), null);
  // SHA-1 and MD5 with RSA, SHA-1 with ECDSA, SHA-224 with ECDSA, X448.
  for (const oid of [
    '1.2.840.113549.1.1.5',
    '1.2.840.113549.1.1.4',
    '1.2.840.10045.4.1',
    '1.2.840.10045.4.3.1',
    '1.3.101.111',
  ]) {
    assert.equal(read(without(oid)), null, oid);
  }

  // RFC 4055 §3.1: the defaults are SHA-1, a salt of 20 and trailer 1.
  const pss = (parameters: Uint8Array) => read(encodeSequence(encodeOid('1.2.840.113549.1.1.10'), parameters));
  const sha = (n: number) => withNull(`2.16.840.1.101.3.4.2.${n}`);
  const mgf = (n: number) => encodeSequence(encodeOid('1.2.840.113549.1.1.8'), sha(n));
  const fields = (hash: Uint8Array, mask: Uint8Array, ...rest: Uint8Array[]) =>
    encodeSequence(encodeElement(0xa0, hash), encodeElement(0xa1, mask), ...rest);
  assert.deepEqual(pss(fields(sha(1), mgf(1))), { kind: 'rsa-pss', hash: 'sha256', saltLength: 20 });
  assert.deepEqual(pss(fields(without('2.16.840.1.101.3.4.2.1'), mgf(1))), {
    kind: 'rsa-pss',
    hash: 'sha256',
    saltLength: 20,
  });
  assert.deepEqual(pss(fields(sha(2), mgf(2), encodeElement(0xa3, encodeUnsigned(1))))?.kind, 'rsa-pss');
  assert.equal(pss(fields(sha(2), mgf(2), encodeElement(0xa3, encodeUnsigned(2)))), null);
  assert.equal(pss(fields(sha(2), mgf(1))), null);
  assert.equal(pss(fields(sha(4), mgf(4))), null);
  assert.equal(pss(fields(sha(1), encodeSequence(encodeOid('1.2.3'), sha(1)))), null);
  assert.equal(pss(fields(sha(1), mgf(1), encodeElement(0xa2, encodeUnsigned(5000)))), null);
  assert.equal(pss(encodeSequence()), null);
  assert.equal(read(without('1.2.840.113549.1.1.10')), null);
  assert.equal(
    codeOf(() => pss(fields(sha(1), mgf(1), encodeNull()))),
    'ERR_CERT_DECODE',
  );
});

test('public keys: what is supported, what is not, and what is malformed', () => {
  const spki = (algorithm: Uint8Array, bits: Uint8Array) => encodeSequence(algorithm, encodeBitString(bits));
  const ec = (curve: string, point: Uint8Array) =>
    spki(encodeSequence(encodeOid('1.2.840.10045.2.1'), encodeOid(curve)), point);
  const P256 = '1.2.840.10045.3.1.7';
  const point = Uint8Array.of(4, ...new Uint8Array(64));
  assert.equal(decodePublicKey(ec(P256, point))?.kind, 'ec');
  assert.equal(decodePublicKey(ec(P256, Uint8Array.of(2, ...new Uint8Array(32)))), null, 'compressed');
  assert.equal(decodePublicKey(ec('1.3.132.0.10', point)), null, 'secp256k1');
  assert.equal(decodePublicKey(spki(encodeSequence(encodeOid('1.2.840.10045.2.1')), point)), null, 'no curve');
  assert.equal(
    codeOf(() => decodePublicKey(ec(P256, point.subarray(1)))),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => decodePublicKey(ec(P256, Uint8Array.of(...point, 0)))),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => decodePublicKey(ec('1.3.132.0.34', point))),
    'ERR_CERT_DECODE',
  );

  for (const [oid, kind, length] of [
    ['1.3.101.112', 'ed25519', 32],
    ['1.3.101.113', 'ed448', 57],
  ] as const) {
    const plain = encodeSequence(encodeOid(oid));
    assert.equal(decodePublicKey(spki(plain, new Uint8Array(length)))?.kind, kind);
    for (const malformed of [
      spki(plain, new Uint8Array(length - 1)),
      spki(plain, new Uint8Array(length + 1)),
      spki(encodeSequence(encodeOid(oid), encodeNull()), new Uint8Array(length)),
    ])
      assert.equal(
        codeOf(() => decodePublicKey(malformed)),
        'ERR_CERT_DECODE',
      );
  }
  assert.equal(decodePublicKey(spki(encodeSequence(encodeOid('1.2.840.10040.4.1')), new Uint8Array(32))), null, 'DSA');

  const rsa = encodeSequence(encodeUnsigned(bytes('c0ffee')), encodeUnsigned(3));
  const plain = encodeSequence(encodeOid('1.2.840.113549.1.1.1'), encodeNull());
  assert.deepEqual(decodePublicKey(spki(plain, rsa)), {
    kind: 'rsa',
    pss: false,
    modulus: bytes('c0ffee'),
    exponent: bytes('03'),
  });
  assert.equal(
    codeOf(() => decodePublicKey(spki(encodeSequence(encodeOid('1.2.840.113549.1.1.1')), rsa))),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => decodePublicKey(spki(plain, encodeSequence(encodeUnsigned(5))))),
    'ERR_CERT_DECODE',
  );
  assert.equal(
    codeOf(() => decodePublicKey(spki(plain, bytes('30 06 02 01 ff 02 01 03')))),
    'ERR_CERT_DECODE',
  );

  const pssOid = encodeOid('1.2.840.113549.1.1.10');
  assert.deepEqual(decodePublicKey(spki(encodeSequence(pssOid), rsa)), {
    kind: 'rsa',
    pss: true,
    modulus: bytes('c0ffee'),
    exponent: bytes('03'),
  });
  const bound = encodeSequence(pssOid, encodePssParameters({ hash: 'sha384', saltLength: 48 }));
  const key = decodePublicKey(spki(bound, rsa));
  assert.deepEqual(key?.kind === 'rsa' && key.pssParameters, { hash: 'sha384', saltLength: 48 });
  assert.equal(decodePublicKey(spki(encodeSequence(pssOid, encodeSequence()), rsa)), null, 'SHA-1 parameters');
});

test('names: RFC 5280 §7.1 equality, and nothing that would write to a terminal', () => {
  const name = (tag: number, value: string | Uint8Array, oid = '2.5.4.3') =>
    decodeDistinguishedName(
      encodeSequence(
        encodeElement(
          0x31,
          encodeSequence(encodeOid(oid), encodeElement(tag, typeof value === 'string' ? Buffer.from(value) : value)),
        ),
      ),
    );
  const reference = name(0x0c, 'Example Inc').key;
  assert.equal(name(0x13, 'Example Inc').key, reference, 'PrintableString');
  assert.equal(name(0x0c, '  example   INC ').key, reference, 'case and spaces');
  assert.equal(name(0x1e, Buffer.from('Example Inc', 'utf16le').swap16()).key, reference, 'BMPString');
  assert.notEqual(name(0x0c, 'ExampleInc').key, reference);
  assert.notEqual(name(0x0c, 'Example Inc', '2.5.4.10').key, reference, 'another attribute');
  assert.equal(name(0x14, bytes('e9')).name, 'CN=é', 'TeletexString is read as Latin-1, as everyone writes it');
  assert.notEqual(name(0x04, 'Example Inc').key, reference, 'not text');
  assert.equal(name(0x04, 'ab').name, 'CN=#04026162', 'RFC 4514 §2.4: what is not text is shown as its DER');
  // One value must not be able to imitate two.
  const two = decodeDistinguishedName(encodeDistinguishedName('CN=a, O=b')).key;
  assert.notEqual(name(0x0c, 'a",2.5.4.10="b').key, two);

  const hostile = name(0x0c, 'a\u001b[2J\u202eb\nc').name;
  assert.ok(/^CN=[^\p{C}]*$/u.test(hostile), JSON.stringify(hostile));
  assert.equal(decodeDistinguishedName(encodeDistinguishedName('C=CH, O=A\\, B, CN=x')).name, 'C=CH, O=A\\, B, CN=x');
  assert.equal(
    codeOf(() => name(0x0c, bytes('ff'))),
    null,
    'text that is not UTF-8 is shown as such',
  );
});

test('a certificate that is damaged anywhere decodes or fails with a TlsError', (t) => {
  const originals = [
    LEAF,
    ROOT,
    intermediate(ROOT, { kind: 'rsa-pss2048' }),
    forge({ kind: 'ed25519', names: ['a', 'b'] }),
  ];
  let state = 7;
  const next = (bound: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  let decoded = 0;
  const rounds = 2000;
  for (let round = 0; round < rounds; round++) {
    const original = originals[round % originals.length]?.der ?? new Uint8Array(0);
    const damaged = original.slice();
    for (let i = next(3); i >= 0; i--)
      damaged[next(damaged.length)] = [0, 1, 0x7f, 0x80, 0xff, next(256)][next(6)] ?? 0;
    if (codeOf(() => decodeCertificate(damaged)) === null) decoded++;
  }
  for (let length = 0; length < LEAF.der.length; length++) {
    assert.equal(
      codeOf(() => decodeCertificate(LEAF.der.subarray(0, length))),
      'ERR_CERT_DECODE',
    );
  }
  t.diagnostic(
    `certificates: ${rounds} damaged (${decoded} still decode) and ${LEAF.der.length} cut, no other exception`,
  );
});
