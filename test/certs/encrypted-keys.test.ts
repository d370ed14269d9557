/**
 * Encrypted private keys: what openssl writes is read, the rest refused with its reason.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeElement,
  encodeNull,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
} from '../../src/certs/der-encode.ts';
import { type PassphraseLimits, readEncryptedPrivateKey } from '../../src/certs/encrypted-keys.ts';
import { generatePrivateKey, KEY_KINDS, type KeyKind } from '../../src/certs/issue.ts';
import { encodePrivateKey, readPrivateKey } from '../../src/certs/keys.ts';
import { decodePem, encodePem } from '../../src/certs/pem.ts';
import { derivePbkdf2, deriveScrypt, openAesCbc } from '../../src/crypto/noble/passphrase.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import { hasTool } from '../peers.ts';
import { bytes, hex, random } from './forge.ts';
import { scratch } from './status.ts';

const PASSPHRASE = 'correct horse';

/** The code and message of a refusal. */
function refusal(input: string | Uint8Array, passphrase = PASSPHRASE, limits?: PassphraseLimits): string {
  try {
    readEncryptedPrivateKey(input, passphrase, limits);
    return 'accepted';
  } catch (error) {
    assert.ok(error instanceof TlsConfigError, `not a TlsConfigError: ${error}`);
    return `${error.code} ${error.message}`;
  }
}

test('RFC 6070 and RFC 7914: PBKDF2 and scrypt', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  assert.equal(
    hex(derivePbkdf2('sha1', text('password'), text('salt'), 4096, 20)),
    '4b007901b765489abead49d926f721d065a429c1',
  );
  assert.equal(
    hex(derivePbkdf2('sha256', text('passwd'), text('salt'), 1, 64)),
    '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc' +
      '49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
  );
  assert.equal(
    hex(deriveScrypt(text('password'), text('NaCl'), { N: 1024, r: 8, p: 16 }, 64)),
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162' +
      '2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640',
  );
});

test('what openssl pkcs8 -topk8 writes', (t) => {
  if (!hasTool(t, 'openssl')) return;
  const files = scratch('encrypted');
  const encrypted = (kind: KeyKind, ...how: readonly string[]) => {
    const key = generatePrivateKey(kind, random);
    files.write('plain.pem', encodePem('PRIVATE KEY', encodePrivateKey(key)));
    const args = ['pkcs8', '-topk8', '-in', 'plain.pem', '-out', 'key.pem', '-passout', `pass:${PASSPHRASE}`, ...how];
    const { ok, text } = files.openssl(...args);
    assert.ok(ok, text);
    return { key, pem: new TextDecoder().decode(files.read('key.pem')) };
  };
  let read = 0;
  const ways = [
    ...['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'].map((cipher) => ['-v2', cipher]),
    ...['SHA1', 'SHA256', 'SHA384', 'SHA512'].map((hash) => ['-v2', 'aes-256-cbc', '-v2prf', `hmacWith${hash}`]),
    ['-v2', 'aes-256-cbc', '-iter', '10000'],
    ['-v2', 'aes-256-cbc', '-scrypt'],
    ['-v2', 'aes-128-cbc', '-scrypt', '-scrypt_N', '1024', '-scrypt_r', '4', '-scrypt_p', '2'],
  ];
  for (const [how, kind] of [
    ...ways.map((way) => [way, 'p256'] as const),
    ...KEY_KINDS.map((kind) => [['-v2', 'aes-256-cbc'], kind] as const),
  ]) {
    const { key, pem } = encrypted(kind, ...how);
    assert.deepEqual(readEncryptedPrivateKey(pem, PASSPHRASE), key, how.join(' '));
    assert.deepEqual(
      readEncryptedPrivateKey(decodePem(pem)[0]?.der ?? new Uint8Array(), new TextEncoder().encode(PASSPHRASE)),
      key,
    );
    assert.match(refusal(pem, 'wrong horse'), /^ERR_CONFIG_PASSPHRASE the passphrase does not open/);
    assert.match(refusal(pem, ''), /^ERR_CONFIG_PASSPHRASE/);
    read++;
  }
  // Four ways that are not supported, each named.
  for (const [how, reason] of [
    [['-v2', 'des3'], /a cipher that is not supported \(1\.2\.840\.113549\.3\.7\)/],
    [['-v2', 'aes-256-ofb'], /a cipher that is not supported/],
    [['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA224'], /a pseudorandom function that is not supported/],
    [['-v1', 'PBE-SHA1-3DES'], /an encryption that is not supported \(1\.2\.840\.113549\.1\.12\.1\.3\)/],
  ] as const) {
    const result = refusal(encrypted('p256', ...how).pem);
    assert.match(result, /^ERR_CONFIG_KEY /);
    assert.match(result, reason);
  }
  const { ok } = files.openssl(
    'rsa',
    '-aes256',
    '-traditional',
    '-in',
    'plain.pem',
    '-out',
    'old.pem',
    '-passout',
    'pass:x',
  );
  if (ok) assert.match(refusal(new TextDecoder().decode(files.read('old.pem'))), /old encryption of PEM/);
  t.diagnostic(`encrypted keys: ${read} files of openssl read, 5 kinds refused`);
});

test('RFC 7914 §13: more work than is allowed is refused before any is done', () => {
  const rabbit = `-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHiME0GCSqGSIb3DQEFDTBAMB8GCSsGAQQB2kcECzASBAVNb3VzZQIDEAAAAgEI
AgEBMB0GCWCGSAFlAwQBKgQQyYmguHMsOwzGMPoyObk/JgSBkJb47EWd5iAqJlyy
+ni5ftd6gZgOPaLQClL7mEZc2KQay0VhjZm/7MbBUNbqOAXNM6OGebXxVp6sHUAL
iBGY/Dls7B1TsWeGObE0sS1MXEpuREuloZjcsNVcNXWPlLdZtkSH6uwWzR0PyG/Z
+ZXfNodZtd/voKlvLOw5B3opGIFaLkbtLZQwMiGtl42AS89lZg==
-----END ENCRYPTED PRIVATE KEY-----
`;
  assert.match(
    refusal(rabbit, 'Rabbit'),
    /^ERR_CONFIG_KEY .*scrypt over 1073741824 bytes, where 134217728 are allowed/,
  );
});

/** An EncryptedPrivateKeyInfo of our own making. */
interface Made {
  readonly scheme?: string;
  readonly derivation?: Uint8Array;
  readonly cipher?: Uint8Array;
  readonly ciphertext?: Uint8Array;
}

const iv = new Uint8Array(16).fill(7);
const sha256Prf = encodeSequence(encodeOid('1.2.840.113549.2.9'), encodeNull());
const aes = (oid = '2.16.840.1.101.3.4.1.42', vector: Uint8Array = encodeOctets(iv)) =>
  encodeSequence(encodeOid(oid), vector);
const pbkdf2 = (...parts: readonly Uint8Array[]) =>
  encodeSequence(encodeOid('1.2.840.113549.1.5.12'), encodeSequence(...parts));
const scrypt = (N: number, r: number, p: number, ...more: readonly Uint8Array[]) =>
  encodeSequence(
    encodeOid('1.3.6.1.4.1.11591.4.11'),
    encodeSequence(encodeOctets(Uint8Array.of(1, 2)), ...[N, r, p].map(encodeUnsigned), ...more),
  );
const salt = encodeOctets(Uint8Array.of(1, 2, 3, 4));

function made({
  scheme = '1.2.840.113549.1.5.13',
  derivation = pbkdf2(salt, encodeUnsigned(1), sha256Prf),
  cipher = aes(),
  ciphertext = new Uint8Array(32),
}: Made): Uint8Array {
  const parameters = encodeSequence(derivation, cipher);
  return encodeSequence(encodeSequence(encodeOid(scheme), parameters), encodeOctets(ciphertext));
}

test('files that are malformed or ask for too much', (t) => {
  const wrong = /^ERR_CONFIG_PASSPHRASE/;
  assert.match(refusal(made({})), wrong);
  assert.match(refusal(made({ derivation: pbkdf2(salt, encodeUnsigned(1), encodeUnsigned(32), sha256Prf) })), wrong);
  assert.match(refusal(made({ derivation: scrypt(2, 1, 1, encodeUnsigned(32)) })), wrong);
  const cases: readonly (readonly [Uint8Array | string, RegExp, PassphraseLimits?])[] = [
    [new Uint8Array(), /cannot be read/],
    [encodeSequence(), /cannot be read/],
    [Uint8Array.of(...made({}), 0), /cannot be read/],
    [encodePem('PRIVATE KEY', encodePrivateKey(generatePrivateKey('p256', random))), /no ENCRYPTED PRIVATE KEY block/],
    [made({ scheme: '1.2.3' }), /an encryption that is not supported \(1\.2\.3\)/],
    [made({ derivation: encodeSequence(encodeOid('1.2.3')) }), /a key derivation that is not supported \(1\.2\.3\)/],
    [made({ derivation: encodeNull() }), /PBES2 parameters cannot be read/],
    [made({ cipher: aes('1.2.3') }), /a cipher that is not supported/],
    [made({ cipher: aes(undefined, encodeNull()) }), /an initialization vector cannot be read/],
    [made({ cipher: aes(undefined, encodeOctets(new Uint8Array(15))) }), /an initialization vector of 15 bytes/],
    [
      made({ derivation: pbkdf2(salt, encodeUnsigned(2_000_001), sha256Prf) }),
      /2000001 iterations, where 1 to 2000000 are allowed/,
    ],
    [made({ derivation: pbkdf2(salt, encodeUnsigned(0), sha256Prf) }), /0 iterations/],
    [
      made({ derivation: pbkdf2(salt, encodeElement(0x02, bytes('7fffffffffffffff')), sha256Prf) }),
      /iterations|cannot be read/,
    ],
    [
      made({ derivation: pbkdf2(salt, encodeUnsigned(11), sha256Prf) }),
      /11 iterations, where 1 to 10/,
      { iterations: 10 },
    ],
    [
      made({ derivation: pbkdf2(salt, encodeUnsigned(1), encodeUnsigned(16), sha256Prf) }),
      /a key of 16 bytes for a cipher of 32/,
    ],
    [
      made({ derivation: pbkdf2(encodeSequence(encodeOid('1.2.3')), encodeUnsigned(1), sha256Prf) }),
      /PBKDF2 parameters cannot be read/,
    ],
    [made({ derivation: scrypt(3, 1, 1) }), /out of range/],
    [made({ derivation: scrypt(1, 1, 1) }), /out of range/],
    [made({ derivation: scrypt(2, 0, 1) }), /out of range/],
    [made({ derivation: scrypt(2, 1, 0) }), /out of range/],
    [made({ derivation: scrypt(2 ** 20, 8, 1) }), /scrypt over 1073741824 bytes/],
    [made({ derivation: scrypt(2 ** 30, 2 ** 20, 2 ** 20) }), /scrypt over/],
    [made({ derivation: scrypt(4, 1, 1) }), /scrypt over 512 bytes, where 511/, { scryptBytes: 511 }],
    [made({ derivation: scrypt(2, 1, 1, encodeUnsigned(16)) }), /a key of another length/],
    [made({ derivation: scrypt(2, 1, 1, encodeNull()) }), /scrypt parameters cannot be read/],
  ];
  for (const [input, reason, limits] of cases) {
    const result = refusal(input, PASSPHRASE, limits);
    assert.match(result, /^ERR_CONFIG_KEY /, `${reason}`);
    assert.match(result, reason);
  }
  assert.match(refusal('no PEM'), /^ERR_CONFIG_PEM/);
  t.diagnostic(`encrypted keys: ${cases.length} malformed files refused`);
});

test('padding: RFC 8018 §6.1.1', () => {
  const key = new Uint8Array(16);
  for (const length of [0, 1, 15, 17]) assert.equal(openAesCbc(key, iv, new Uint8Array(length)), null);
  assert.equal(openAesCbc(key, iv, new Uint8Array(16)), null);
});

test('the plain reader says that a key is encrypted', () => {
  const pem = encodePem('ENCRYPTED PRIVATE KEY', made({}));
  assert.throws(() => readPrivateKey(pem), /encrypted/);
});
