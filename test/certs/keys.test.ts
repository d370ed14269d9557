/**
 * Keys in every form that openssl writes, what we write read by openssl, and damaged keys refused.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeDer } from '../../src/certs/der.ts';
import {
  encodeBitString,
  encodeElement,
  encodeNull,
  encodeOctets,
  encodeOid,
  encodeSequence,
  encodeUnsigned,
} from '../../src/certs/der-encode.ts';
import { generatePrivateKey, KEY_KINDS } from '../../src/certs/issue.ts';
import { encodePrivateKey, encodePublicKey, readPrivateKey, readPublicKey } from '../../src/certs/keys.ts';
import { encodePem } from '../../src/certs/pem.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { PrivateKey } from '../../src/crypto/provider.ts';
import { wipePrivateKey } from '../../src/crypto/signer.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { hasTool } from '../peers.ts';
import { bytes, hex, random } from './forge.ts';

const EC = (curve: string) => ['genpkey', '-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`];
const RSA = (name: string, ...options: string[]) => [
  'genpkey',
  '-algorithm',
  name,
  '-pkeyopt',
  'rsa_keygen_bits:2048',
  ...options,
];

/** How openssl makes each key, and what it should be read as. */
const OPENSSL_KEYS: readonly [what: string, args: readonly string[], kind: string][] = [
  ['P-256', EC('P-256'), 'secp256r1'],
  ['P-384', EC('P-384'), 'secp384r1'],
  ['P-521', EC('P-521'), 'secp521r1'],
  ['Ed25519', ['genpkey', '-algorithm', 'ED25519'], 'ed25519'],
  ['Ed448', ['genpkey', '-algorithm', 'ED448'], 'ed448'],
  ['RSA', RSA('RSA'), 'rsa'],
  ['RSA-PSS', RSA('RSA-PSS'), 'rsa-pss'],
  [
    'RSA-PSS with parameters',
    RSA(
      'RSA-PSS',
      ...[
        '-pkeyopt',
        'rsa_pss_keygen_md:sha384',
        '-pkeyopt',
        'rsa_pss_keygen_mgf1_md:sha384',
        '-pkeyopt',
        'rsa_pss_keygen_saltlen:40',
      ],
    ),
    'rsa-pss sha384 40',
  ],
];

function kindOf(key: PrivateKey): string {
  if (key.kind === 'ec') return key.curve;
  if (key.kind !== 'rsa') return key.kind;
  const { pss, pssParameters } = key;
  return `rsa${pss ? '-pss' : ''}${pssParameters ? ` ${pssParameters.hash} ${pssParameters.saltLength}` : ''}`;
}

test('openssl’s keys in all their forms are read as one key, whose public half openssl agrees on', (t) => {
  if (!hasTool(t, 'openssl')) return;
  const folder = mkdtempSync(join(tmpdir(), 'isotls-keys-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const pkcs8 = join(folder, 'pkcs8.pem');
  let forms = 0;
  for (const [what, args, kind] of OPENSSL_KEYS) {
    openssl(...args, '-out', pkcs8);
    const expected = readPrivateKey(readFileSync(pkcs8, 'utf8'));
    assert.equal(kindOf(expected), kind, what);

    const inputs: (string | Uint8Array)[] = [openssl('pkey', '-in', pkcs8, '-outform', 'DER')];
    // SEC 1 and PKCS#1: RSA-PSS has no such form.
    if (expected.kind === 'ec' || kind === 'rsa') {
      inputs.push(openssl('pkey', '-in', pkcs8, '-traditional').toString());
      inputs.push(openssl('pkey', '-in', pkcs8, '-traditional', '-outform', 'DER'));
    }
    for (const input of inputs) {
      assert.deepEqual(readPrivateKey(typeof input === 'string' ? input : Uint8Array.from(input)), expected, what);
      forms++;
    }

    const spki = openssl('pkey', '-in', pkcs8, '-pubout', '-outform', 'DER');
    const publicKey = nobleProvider.publicKey(expected);
    assert.equal(hex(encodePublicKey(publicKey)), spki.toString('hex'), what);
    assert.equal(hex(encodePublicKey(readPublicKey(Uint8Array.from(spki)))), spki.toString('hex'));
    assert.equal(
      hex(encodePublicKey(readPublicKey(openssl('pkey', '-in', pkcs8, '-pubout').toString()))),
      spki.toString('hex'),
    );
    forms += 3;
  }

  // ecparam writes the parameters in a block of their own before the key.
  const ecparam = openssl('ecparam', '-name', 'prime256v1', '-genkey').toString();
  assert.match(ecparam, /BEGIN EC PARAMETERS/);
  assert.equal(readPrivateKey(ecparam).kind, 'ec');
  t.diagnostic(`openssl's keys: ${OPENSSL_KEYS.length} kinds in ${forms + 1} forms`);
});

test('openssl reads what we write, and finds the same public half', () => {
  for (const kind of KEY_KINDS) {
    const key = generatePrivateKey(kind, random);
    const der = encodePrivateKey(key);
    const theirs = createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(theirs).export({ format: 'der', type: 'spki' });
    assert.equal(hex(encodePublicKey(nobleProvider.publicKey(key))), spki.toString('hex'), kind);
    assert.deepEqual(readPrivateKey(der), key, kind);
  }
  const bound = {
    ...generatePrivateKey('rsa-pss2048', random),
    pssParameters: { hash: 'sha512', saltLength: 64 },
  } as const;
  const theirs = createPrivateKey({ key: Buffer.from(encodePrivateKey(bound)), format: 'der', type: 'pkcs8' });
  assert.deepEqual(theirs.asymmetricKeyDetails?.hashAlgorithm, 'sha512');
  assert.deepEqual(readPrivateKey(encodePrivateKey(bound)), bound);
});

// RFC 8410 §10.3: the same seed without and with its public key (PKCS#8 version 1, with an attribute).
const RFC8410_SEED = 'd4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842';
const RFC8410_PLAIN = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----`;
const RFC8410_WITH_PUBLIC = `-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----`;

test('the examples of RFC 8410 §10.3', () => {
  for (const pem of [RFC8410_PLAIN, RFC8410_WITH_PUBLIC]) {
    const key = readPrivateKey(pem);
    assert.equal(key.kind === 'ed25519' && hex(key.seed), RFC8410_SEED);
  }
});

test('a key is found among other blocks, and shares no memory with its input', () => {
  const key = generatePrivateKey('p256', random);
  const der = encodePrivateKey(key);
  const text = encodePem('CERTIFICATE', bytes('3000')) + encodePem('PRIVATE KEY', der);
  assert.deepEqual(readPrivateKey(text), key);
  // A Buffer too, whose slice would share memory.
  for (const input of [der.slice(), Buffer.from(der)]) {
    const read = readPrivateKey(input);
    input.fill(0);
    assert.deepEqual(read, key);
    wipePrivateKey(read);
    assert.notDeepEqual(readPrivateKey(der), read);
  }
  const spki = Buffer.from(encodePublicKey(nobleProvider.publicKey(key)));
  const publicKey = readPublicKey(spki);
  spki.fill(0);
  assert.deepEqual(publicKey, nobleProvider.publicKey(key));
});

function configCode(call: () => unknown): ErrorCode | null {
  try {
    call();
    return null;
  } catch (error) {
    assert.ok(error instanceof TlsConfigError, `not a TlsConfigError: ${error}`);
    return error.code;
  }
}

test('refusals, each beside what is read', () => {
  const p256 = encodeOid('1.2.840.10045.3.1.7');
  const ecAlgorithm = encodeSequence(encodeOid('1.2.840.10045.2.1'), p256);
  const sec1 = (scalar: Uint8Array, ...more: Uint8Array[]) =>
    encodeSequence(encodeUnsigned(1), encodeOctets(scalar), ...more);
  const curve = (oid: Uint8Array) => encodeElement(0xa0, oid);
  const pkcs8 = (algorithm: Uint8Array, body: Uint8Array, version = 0) =>
    encodeSequence(encodeUnsigned(version), algorithm, encodeOctets(body));
  const one = Uint8Array.of(...new Uint8Array(31), 1);
  // FIPS 186-5: the order of P-256.
  const order = bytes('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
  const last = bytes('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550');
  const ed = encodeSequence(encodeOid('1.3.101.112'));
  const ed448 = encodeSequence(encodeOid('1.3.101.113'));

  const rsaKey = generatePrivateKey('rsa2048', random);
  assert.ok(rsaKey.kind === 'rsa');
  const { modulus, exponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient } = rsaKey;
  const parts = [modulus, exponent, privateExponent, prime1, prime2, exponent1, exponent2, coefficient];
  const pkcs1 = (values: readonly Uint8Array[], version = 0) =>
    encodeSequence(encodeUnsigned(version), ...values.map(encodeUnsigned));
  const flipped = (index: number) =>
    parts.map((part, i) =>
      i === index ? Uint8Array.of(...part.subarray(0, -1), (part[part.length - 1] ?? 0) ^ 2) : part,
    );

  const cases: readonly [what: string, readable: boolean, input: string | Uint8Array][] = [
    ['SEC 1', true, sec1(one, curve(p256))],
    ['SEC 1 without a curve', false, sec1(one)],
    ['SEC 1 with secp256k1', false, sec1(one, curve(encodeOid('1.3.132.0.10')))],
    ['SEC 1 of version 2', false, encodeSequence(encodeUnsigned(2), encodeOctets(one), curve(p256))],
    ['SEC 1 with a scalar that lacks leading zeros', true, sec1(Uint8Array.of(1), curve(p256))],
    ['scalar 0', false, sec1(new Uint8Array(32), curve(p256))],
    ['scalar n - 1', true, sec1(last, curve(p256))],
    ['scalar n', false, sec1(order, curve(p256))],
    ['scalar of 33 bytes', false, sec1(Uint8Array.of(0, ...one), curve(p256))],
    ['PKCS#8, EC', true, pkcs8(ecAlgorithm, sec1(one))],
    ['PKCS#8, EC, curve said twice', true, pkcs8(ecAlgorithm, sec1(one, curve(p256)))],
    ['PKCS#8, EC, two curves', false, pkcs8(ecAlgorithm, sec1(one, curve(encodeOid('1.3.132.0.34'))))],
    [
      'PKCS#8, EC, an inner curve that is not supported',
      false,
      pkcs8(ecAlgorithm, sec1(one, curve(encodeOid('1.3.132.0.10')))),
    ],
    ['PKCS#8, EC without a curve', false, pkcs8(encodeSequence(encodeOid('1.2.840.10045.2.1')), sec1(one))],
    ['PKCS#8 of version 2', false, pkcs8(ecAlgorithm, sec1(one), 2)],
    ['PKCS#8, an unknown algorithm', false, pkcs8(encodeSequence(encodeOid('1.3.101.110')), encodeOctets(one))],
    ['Ed25519', true, pkcs8(ed, encodeOctets(one))],
    ['Ed25519 of 31 bytes', false, pkcs8(ed, encodeOctets(one.subarray(1)))],
    ['Ed25519 without the inner string', false, pkcs8(ed, one)],
    [
      'Ed25519 with parameters',
      false,
      pkcs8(encodeSequence(encodeOid('1.3.101.112'), encodeNull()), encodeOctets(one)),
    ],
    ['Ed448', true, pkcs8(ed448, encodeOctets(new Uint8Array(57)))],
    ['Ed448 of 56 bytes', false, pkcs8(ed448, encodeOctets(new Uint8Array(56)))],
    ['Ed448 of 32 bytes', false, pkcs8(ed448, encodeOctets(one))],
    [
      'Ed448 with parameters',
      false,
      pkcs8(encodeSequence(encodeOid('1.3.101.113'), encodeNull()), encodeOctets(new Uint8Array(57))),
    ],
    ['PKCS#1', true, pkcs1(parts)],
    ['PKCS#1 with more than two primes', false, pkcs1(parts, 1)],
    ['PKCS#1, a part missing', false, pkcs1(parts.slice(1))],
    ['PKCS#1, a part too many', false, pkcs1([...parts, exponent])],
    ...parts.map((_, index): [string, boolean, Uint8Array] => [
      `PKCS#1, part ${index} damaged`,
      false,
      pkcs1(flipped(index)),
    ]),
    [
      'PKCS#1 with p = 1',
      false,
      pkcs1([modulus, exponent, privateExponent, Uint8Array.of(1), modulus, exponent1, exponent2, coefficient]),
    ],
    ['trailing byte', false, Uint8Array.of(...sec1(one, curve(p256)), 0)],
    ['a public key', false, encodePublicKey(nobleProvider.publicKey(rsaKey))],
    ['nothing', false, new Uint8Array(0)],
    ['PEM', true, encodePem('PRIVATE KEY', encodePrivateKey(rsaKey))],
    ['PEM, encrypted', false, encodePem('ENCRYPTED PRIVATE KEY', encodePrivateKey(rsaKey))],
    ['PEM, another label', false, encodePem('CERTIFICATE', encodePrivateKey(rsaKey))],
  ];
  for (const [what, readable, input] of cases) {
    assert.equal(
      configCode(() => readPrivateKey(input)),
      readable ? null : 'ERR_CONFIG_KEY',
      what,
    );
  }
  const encrypted = encodePem('ENCRYPTED PRIVATE KEY', encodePrivateKey(rsaKey));
  assert.throws(() => readPrivateKey(encrypted), /is encrypted/);
  assert.throws(() => readPrivateKey(encodePem('X', encodePrivateKey(rsaKey))), /no PRIVATE KEY/);
  assert.equal(
    configCode(() => readPrivateKey('no PEM')),
    'ERR_CONFIG_PEM',
  );

  const unsupported = encodeSequence(encodeSequence(encodeOid('1.3.101.111')), encodeBitString(new Uint8Array(56)));
  assert.equal(
    configCode(() => readPublicKey(unsupported)),
    'ERR_CONFIG_KEY',
  );
  assert.equal(
    configCode(() => readPublicKey(bytes('3000'))),
    'ERR_CONFIG_KEY',
  );
  assert.equal(
    configCode(() => readPublicKey(encodePem('CERTIFICATE', bytes('3000')))),
    'ERR_CONFIG_KEY',
  );
});

test('damaged keys are read or refused with a TlsConfigError', (t) => {
  let refused = 0;
  let rounds = 0;
  for (const kind of ['p256', 'ed25519', 'ed448', 'rsa2048'] as const) {
    const original = encodePrivateKey(generatePrivateKey(kind, random));
    for (let i = 0; i < original.length; i += kind === 'rsa2048' ? 7 : 1) {
      const damaged = original.slice();
      damaged[i] = (damaged[i] ?? 0) ^ (1 << (i % 8));
      rounds++;
      try {
        readPrivateKey(damaged);
      } catch (error) {
        assert.ok(error instanceof TlsConfigError, `${kind} at ${i}: ${error}`);
        refused++;
      }
    }
  }
  assert.ok(refused > rounds / 4);
  t.diagnostic(`keys: ${rounds} damaged, ${refused} of them refused, no other exception`);
});

test('RSA keys that we make: two primes with both top bits set, far apart, a modulus of the full length', (t) => {
  if (!hasTool(t, 'openssl')) return;
  for (let round = 0; round < 2; round++) {
    const key = generatePrivateKey('rsa2048', random);
    assert.ok(key.kind === 'rsa');
    assert.equal(key.modulus.length, 256);
    assert.ok((key.modulus[0] ?? 0) >= 0x80);
    for (const prime of [key.prime1, key.prime2]) {
      assert.equal(prime.length, 128);
      assert.ok((prime[0] ?? 0) >= 0xc0);
    }
    assert.equal(decodeDer(encodePrivateKey(key)).children.length, 3);
    // OpenSSL tests both primes and the relations between all parts.
    const pem = encodePem('PRIVATE KEY', encodePrivateKey(key));
    assert.match(execFileSync('openssl', ['pkey', '-check', '-noout'], { input: pem }).toString(), /valid/);
  }
});
