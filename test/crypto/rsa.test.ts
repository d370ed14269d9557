import assert from 'node:assert/strict';
import { constants, createHash, generatePrimeSync, type KeyObject, publicDecrypt, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { encodePkcs1, encodePss, verifyPss } from '../../src/crypto/noble/rsa-encoding.ts';
import type { PublicKey } from '../../src/crypto/provider.ts';
import { TlsError, TlsUsageError } from '../../src/errors/errors.ts';
import { HASH_LENGTH, type Sha2Name, type SignatureAlgorithm } from '../../src/params/algorithms.ts';
import { ofNoble, provider } from '../provider.ts';
import { rfc8448Steps, toHex } from '../vectors/load.ts';
import { nodePublicKey, nodeRsaPair, type RsaKey, rfc8448RsaPair } from './node-keys.ts';
import { scripted, seeded } from './randomness.ts';

const PSS_SHA256 = { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 } as const;
const HASHES = ['sha256', 'sha384', 'sha512'] as const;
const CONTENT = new TextEncoder().encode('the signed content');
const RFC_KEY = rfc8448RsaPair();
const PAIR = nodeRsaPair(2048);

// 1025 and 1033 bits: the PSS encoding is a byte shorter than the modulus. 1031: most of its first byte is not used.
for (const { bits, exponent } of [
  { bits: 1024, exponent: 0x10001 },
  { bits: 1025, exponent: 0x10001 },
  { bits: 1031, exponent: 3 },
  { bits: 1033, exponent: 0x10001 },
  { bits: 2048, exponent: 3 },
  { bits: 3072, exponent: 0x10001 },
])
  test(`a key of ${bits} bits with exponent ${exponent} agrees with node:crypto both ways`, () => {
    const { key, nodePrivate, nodePublic } = nodeRsaPair(bits, exponent);
    const publicKey = provider.publicKey(key);
    for (const hash of HASHES) {
      const algorithms: SignatureAlgorithm[] = [{ kind: 'rsa-pkcs1', hash }];
      for (const saltLength of [0, 20, HASH_LENGTH[hash]])
        if (Math.ceil((bits - 1) / 8) >= HASH_LENGTH[hash] + saltLength + 2)
          algorithms.push({ kind: 'rsa-pss', hash, saltLength });
      for (const algorithm of algorithms) {
        const label = JSON.stringify(algorithm);
        const ours = provider.sign(algorithm, key, CONTENT, seeded(label));
        assert.equal(ours.length, Math.ceil(bits / 8));
        assert.ok(verify(hash, CONTENT, nodeOptions(algorithm, nodePublic), ours), `node verifies ${label}`);
        const theirs = sign(hash, CONTENT, nodeOptions(algorithm, nodePrivate));
        assert.ok(provider.verify(algorithm, publicKey, CONTENT, theirs), `we verify ${label}`);
        if (algorithm.kind === 'rsa-pkcs1') assert.equal(toHex(ours), theirs.toString('hex'));
      }
    }
  });

test('RFC 8448: CertificateVerify is verified, and made again with its salt', ofNoble, (t) => {
  const algorithm = { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 } as const;
  for (const section of [3, 7]) {
    const message = (name: string) => {
      const step = rfc8448Steps(section).find(
        (candidate) => candidate.title.startsWith('construct') && candidate.has(name),
      );
      assert.ok(step !== undefined, name);
      return step.value(name);
    };
    const transcript = createHash('sha256');
    for (const name of ['ClientHello', 'ServerHello', 'EncryptedExtensions', 'Certificate'])
      transcript.update(message(name));
    // RFC 9846 §4.5.2: 64 spaces, the context string, a zero byte, the transcript hash.
    const context = Buffer.from(`${' '.repeat(64)}TLS 1.3, server CertificateVerify\0`, 'latin1');
    const content = Uint8Array.of(...context, ...transcript.digest());

    // Handshake header 4, scheme 2, length 2.
    const signature = message('CertificateVerify').subarray(8);
    assert.equal(provider.verify(algorithm, provider.publicKey(RFC_KEY.key), content, signature), true);

    const salt = saltOf(signature, RFC_KEY.nodePublic);
    const source = seeded('blinding');
    let first = true;
    const again = provider.sign(algorithm, RFC_KEY.key, content, (length) => {
      if (!first) return source(length);
      first = false;
      assert.equal(length, 32);
      return salt;
    });
    assert.equal(toHex(again), toHex(signature));
  }
  t.diagnostic('RFC 8448: CertificateVerify of §3 and §7 verified and made again');
});

test('signatures that are changed, cut, out of range or for other content do not verify', () => {
  const publicKey = provider.publicKey(PAIR.key);
  for (const algorithm of [
    { kind: 'rsa-pkcs1', hash: 'sha256' },
    { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 },
  ] as const) {
    const signature = provider.sign(algorithm, PAIR.key, CONTENT, seeded('refusals'));
    const accepts = (s: Uint8Array, content = CONTENT) => provider.verify(algorithm, publicKey, content, s);
    assert.equal(accepts(signature), true);
    for (const index of [0, 1, 100, 255]) {
      const copy = signature.slice();
      copy[index] = (copy[index] ?? 0) ^ 1;
      assert.equal(accepts(copy), false, `byte ${index}`);
    }
    const n = toBigInt(PAIR.key.modulus);
    for (const [label, other] of Object.entries({
      empty: new Uint8Array(0),
      zeros: new Uint8Array(256),
      one: new Uint8Array(256).fill(1, 255),
      'the modulus': PAIR.key.modulus,
      'the modulus - 1': fromBigInt(n - 1n),
      'a leading zero': Uint8Array.of(0, ...signature),
      'a byte short': signature.subarray(1),
    }))
      assert.equal(accepts(other), false, label);
    assert.equal(accepts(signature, CONTENT.subarray(1)), false, 'other content');
  }
});

test('the salt length is exactly that of the algorithm', () => {
  const publicKey = provider.publicKey(PAIR.key);
  const made = (saltLength: number) =>
    provider.sign({ kind: 'rsa-pss', hash: 'sha256', saltLength }, PAIR.key, CONTENT, seeded('salt'));
  for (const signed of [0, 31, 32, 33, 222])
    for (const expected of [0, 31, 32, 33, 222])
      assert.equal(
        provider.verify({ kind: 'rsa-pss', hash: 'sha256', saltLength: expected }, publicKey, CONTENT, made(signed)),
        signed === expected,
        `${signed} ${expected}`,
      );
  assert.throws(() => made(223), TlsUsageError);
});

test('hash and padding are those of the algorithm', () => {
  const publicKey = provider.publicKey(PAIR.key);
  const algorithms: readonly SignatureAlgorithm[] = HASHES.flatMap((hash) => [
    { kind: 'rsa-pkcs1', hash },
    { kind: 'rsa-pss', hash, saltLength: 32 },
  ]);
  for (const signed of algorithms) {
    const signature = provider.sign(signed, PAIR.key, CONTENT, seeded('cross'));
    for (const expected of algorithms)
      assert.equal(provider.verify(expected, publicKey, CONTENT, signature), signed === expected);
  }
});

// RFC 4055 §1.2, §3.3.
test('an RSA-PSS key does PSS alone, with its own hash and no shorter salt', () => {
  const pss = (hash: Sha2Name, saltLength: number) => ({ kind: 'rsa-pss', hash, saltLength }) as const;
  const withParameters = (key: RsaKey, hash: Sha2Name, saltLength: number): RsaKey => ({
    ...key,
    pss: true,
    pssParameters: { hash, saltLength },
  });
  const allowed = (key: RsaKey, algorithm: SignatureAlgorithm) => {
    // Made with the unrestricted key, so that only the restriction can refuse it.
    const signature = provider.sign(algorithm, PAIR.key, CONTENT, seeded('pss key'));
    const verifies = provider.verify(algorithm, provider.publicKey(key), CONTENT, signature);
    if (verifies) provider.sign(algorithm, key, CONTENT, seeded('pss key'));
    else assert.throws(() => provider.sign(algorithm, key, CONTENT, seeded('pss key')), TlsUsageError);
    return verifies;
  };

  const open: RsaKey = { ...PAIR.key, pss: true };
  assert.equal(allowed(open, pss('sha256', 32)), true);
  assert.equal(allowed(open, pss('sha512', 20)), true);
  assert.equal(allowed(open, { kind: 'rsa-pkcs1', hash: 'sha256' }), false);

  const limited = withParameters(PAIR.key, 'sha256', 32);
  assert.equal(allowed(limited, pss('sha256', 32)), true);
  assert.equal(allowed(limited, pss('sha256', 40)), true);
  assert.equal(allowed(limited, pss('sha256', 31)), false);
  assert.equal(allowed(limited, pss('sha384', 48)), false);
  assert.equal(allowed(limited, { kind: 'rsa-pkcs1', hash: 'sha256' }), false);
});

test('a modulus of 1024 to 8192 bits', () => {
  const algorithm = { kind: 'rsa-pkcs1', hash: 'sha256' } as const;
  // A key of 1023 bits is real, its signature right.
  const short = nodeRsaPair(1023);
  const signature = sign('sha256', CONTENT, short.nodePrivate);
  assert.equal(provider.verify(algorithm, provider.publicKey(short.key), CONTENT, signature), false);
  assert.throws(() => provider.sign(algorithm, short.key, CONTENT, seeded('short')), TlsUsageError);

  // s^3 = n + encoded: whoever chooses the modulus can make any signature right, and so test the limits.
  for (const [bits, verifies] of [
    [8191, true],
    [8192, true],
    [8193, false],
    [8200, false],
  ] as const) {
    const { key, signature: made } = ownModulus(bits, 3, 'odd');
    assert.equal(bitLength(key.modulus), bits);
    assert.equal(provider.verify(algorithm, key, CONTENT, made), verifies, `${bits} bits`);
  }
  for (const modulus of [new Uint8Array(0), new Uint8Array(256), new Uint8Array(1025).fill(1)]) {
    const key: PublicKey = { kind: 'rsa', pss: false, modulus, exponent: Uint8Array.of(3) };
    assert.equal(provider.verify(algorithm, key, CONTENT, new Uint8Array(modulus.length)), false);
  }
});

test('an odd modulus, an odd exponent of at least 3', () => {
  const algorithm = { kind: 'rsa-pkcs1', hash: 'sha256' } as const;
  for (const [exponent, parity, verifies] of [
    [3, 'odd', true],
    [3, 'even', false],
    [5, 'odd', true],
    [4, 'odd', false],
    [2, 'odd', false],
  ] as const) {
    const { key, signature } = ownModulus(2048, exponent, parity);
    assert.equal(provider.verify(algorithm, key, CONTENT, signature), verifies, `${parity}, ${exponent}`);
  }

  // With exponent 1 the encoded message is its own signature, with any modulus.
  const encoded = publicDecrypt(
    { key: PAIR.nodePublic, padding: constants.RSA_NO_PADDING },
    sign('sha256', CONTENT, PAIR.nodePrivate),
  );
  for (const exponent of [Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(0)]) {
    const key: PublicKey = { kind: 'rsa', pss: false, modulus: PAIR.key.modulus, exponent };
    assert.equal(provider.verify(algorithm, key, CONTENT, encoded), false);
  }
});

test('an exponent of at most 33 bits', () => {
  const algorithm = { kind: 'rsa-pkcs1', hash: 'sha256' } as const;
  for (const [exponent, verifies] of [
    [2n ** 32n + 15n, true],
    [2n ** 33n - 9n, true],
    [2n ** 33n + 17n, false],
    [2n ** 40n + 15n, false],
  ] as const) {
    const key = keyOfPrimes(toBigInt(PAIR.key.prime1), toBigInt(PAIR.key.prime2), exponent);
    const { prime1, prime2, modulus } = key;
    // The plain private operation, since signing has the same limits.
    const encoded = encodePkcs1('sha256', CONTENT, 256) ?? new Uint8Array(0);
    const order = (toBigInt(prime1) - 1n) * (toBigInt(prime2) - 1n);
    const signature = fromBigInt(power(toBigInt(encoded), inverse(exponent, order), toBigInt(modulus)), 256);
    assert.equal(provider.verify(algorithm, provider.publicKey(key), CONTENT, signature), verifies);
    const signing = () => provider.sign(algorithm, key, CONTENT, seeded('exponent'));
    if (verifies) assert.equal(toHex(signing()), toHex(signature));
    else assert.throws(signing, TlsUsageError);
  }
});

// RFC 8017 §5.2.2, §8.1.2 step 2c. With 1031 bits s + n is as long as s; n - 1 is its own signature, with 1025 bits longer
// than a PSS encoding can be.
test('integers out of range are refused without an exception', () => {
  for (const bits of [1024, 1025, 1031]) {
    const { key } = nodeRsaPair(bits);
    const publicKey = provider.publicKey(key);
    const n = toBigInt(key.modulus);
    for (const algorithm of [
      { kind: 'rsa-pkcs1', hash: 'sha256' },
      { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 },
    ] as const) {
      const signature = provider.sign(algorithm, key, CONTENT, seeded('range'));
      const accepts = (s: bigint) => provider.verify(algorithm, publicKey, CONTENT, fromBigInt(s, Math.ceil(bits / 8)));
      assert.equal(accepts(toBigInt(signature)), true);
      assert.equal(accepts(n - 1n), false);
      assert.equal(accepts(n), false);
      assert.equal(accepts(0n), false);
      assert.equal(accepts(1n), false);
      if (bits === 1031) assert.equal(accepts(toBigInt(signature) + n), false);
    }
  }
});

test('a fault in any part of the private key gives no signature', ofNoble, () => {
  const algorithm = { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 } as const;
  for (const part of ['exponent1', 'exponent2', 'coefficient', 'prime1', 'prime2', 'modulus', 'exponent'] as const)
    for (const bit of [1, 77]) {
      const value = RFC_KEY.key[part].slice();
      const index = Math.max(0, value.length - 1 - (bit >> 3));
      value[index] = (value[index] ?? 0) ^ (1 << (bit & 7));
      const faulty: RsaKey = { ...RFC_KEY.key, [part]: value };
      assert.throws(
        () => provider.sign(algorithm, faulty, CONTENT, seeded('fault')),
        (error) =>
          (error instanceof TlsError &&
            error.code === 'ERR_TLS_OWN_SIGNATURE' &&
            error.alert === 'internal_error' &&
            error.origin === 'own') ||
          // A public part may be changed beyond the limits.
          ((part === 'modulus' || part === 'exponent') && error instanceof TlsUsageError),
        `${part} bit ${bit}`,
      );
    }
});

test('blinding changes in every run and does not show in the result', ofNoble, () => {
  const algorithm = { kind: 'rsa-pkcs1', hash: 'sha256' } as const;
  const one = seeded('one');
  const two = seeded('two');
  const signature = provider.sign(algorithm, RFC_KEY.key, CONTENT, one);
  assert.equal(toHex(provider.sign(algorithm, RFC_KEY.key, CONTENT, two)), toHex(signature));
  // 144 bytes for the base, 8 for each exponent.
  assert.deepEqual(one.drawn, [144, 8, 8]);
  // A source of zeros blinds badly and still signs rightly.
  const zeros = (length: number) => new Uint8Array(length);
  assert.equal(toHex(provider.sign(algorithm, RFC_KEY.key, CONTENT, zeros)), toHex(signature));
  assert.throws(() => provider.sign(algorithm, RFC_KEY.key, CONTENT, scripted(new Uint8Array(8))), TlsUsageError);
});

test('primes of any lengths, in either order', () => {
  const algorithm = { kind: 'rsa-pkcs1', hash: 'sha512' } as const;
  const short = generatePrimeSync(400, { bigint: true });
  const long = generatePrimeSync(700, { bigint: true });
  for (const [p, q] of [
    [short, long],
    [long, short],
  ] as const) {
    const key = keyOfPrimes(p, q, 2n ** 32n + 15n);
    for (const seed of ['one', 'two', 'three']) {
      const signature = provider.sign(algorithm, key, CONTENT, seeded(seed));
      assert.ok(verify('sha512', CONTENT, nodePublicKey(provider.publicKey(key)), signature));
    }
  }
});

test('a key whose numbers are missing or zero gives no signature', ofNoble, () => {
  for (const part of ['prime1', 'prime2', 'exponent1', 'exponent2', 'coefficient'] as const)
    for (const value of [new Uint8Array(0), new Uint8Array(64), Uint8Array.of(1)])
      assert.throws(
        () => provider.sign(PSS_SHA256, { ...RFC_KEY.key, [part]: value }, CONTENT, seeded('zero')),
        (error) => error instanceof TlsError && error.code === 'ERR_TLS_OWN_SIGNATURE',
        `${part} of ${value.length} bytes`,
      );
});

// RFC 8017 §9.2 step 3, §9.1.1 step 3: what no key within the limits can reach is checked all the same.
test('encodings that do not fit are refused', () => {
  assert.equal(encodePkcs1('sha512', CONTENT, 93), null);
  assert.equal(encodePkcs1('sha512', CONTENT, 94)?.length, 94);
  assert.equal(encodePss('sha256', CONTENT, new Uint8Array(32), 8 * 65), null);
  const smallest = encodePss('sha256', CONTENT, new Uint8Array(32), 8 * 66 - 1);
  assert.equal(smallest !== null && verifyPss('sha256', CONTENT, smallest, 32, 8 * 66 - 1), true);
  for (const length of [0, 1, 33, 34, 64, 65])
    assert.equal(verifyPss('sha256', CONTENT, new Uint8Array(length).fill(0xbc), 32, 8 * length), false);
  // §9.1.2 step 6: bits above emBits.
  const above = smallest?.slice() ?? new Uint8Array(0);
  above[0] = (above[0] ?? 0) | 0x80;
  assert.equal(verifyPss('sha256', CONTENT, above, 32, 8 * 66 - 1), false);
});

/** A modulus under which a chosen number is the signature of CONTENT with PKCS#1 and SHA-256: n = s^e - encoded. */
function ownModulus(bits: number, exponent: number, parity: 'odd' | 'even') {
  const encoded = toBigInt(encodePkcs1('sha256', CONTENT, Math.ceil(bits / 8)) ?? new Uint8Array(1));
  const e = BigInt(exponent);
  // The root of a number between 2^(bits - 1) and 2^bits.
  const target = encoded + 3n * 2n ** BigInt(bits - 2);
  let s = 1n << BigInt(Math.ceil((bits + 1) / exponent) + 1);
  for (let next = s; ; s = next) {
    next = ((e - 1n) * s + target / s ** (e - 1n)) / e;
    if (next >= s) break;
  }
  if (((s ** e - encoded) % 2n === 1n) !== (parity === 'odd')) s += 1n;
  const modulus = fromBigInt(s ** e - encoded, Math.ceil(bits / 8));
  const key: PublicKey = { kind: 'rsa', pss: false, modulus, exponent: Uint8Array.of(exponent) };
  return { key, signature: fromBigInt(s, modulus.length) };
}

function keyOfPrimes(p: bigint, q: bigint, e: bigint): RsaKey {
  const d = inverse(e, (p - 1n) * (q - 1n));
  return {
    kind: 'rsa',
    pss: false,
    modulus: fromBigInt(p * q),
    exponent: fromBigInt(e),
    privateExponent: fromBigInt(d),
    prime1: fromBigInt(p),
    prime2: fromBigInt(q),
    exponent1: fromBigInt(d % (p - 1n)),
    exponent2: fromBigInt(d % (q - 1n)),
    coefficient: fromBigInt(inverse(q, p)),
  };
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let factor = base % modulus, left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value % modulus, modulus, 1n, 0n];
  while (a > 0n) [a, b, x, y] = [b % a, a, y - (b / a) * x, x];
  assert.equal(b, 1n, 'no inverse');
  return ((y % modulus) + modulus) % modulus;
}

function nodeOptions(algorithm: SignatureAlgorithm, key: KeyObject) {
  if (algorithm.kind !== 'rsa-pss') return { key, padding: constants.RSA_PKCS1_PADDING };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.saltLength };
}

/** The salt inside of a PSS signature with SHA-256 and 32 bytes of salt (RFC 8017 §9.1.2 steps 5 to 11). */
function saltOf(signature: Uint8Array, key: KeyObject): Uint8Array {
  const encoded = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
  const maskedLength = encoded.length - 33;
  const h = encoded.subarray(maskedLength, -1);
  const mask: number[] = [];
  for (let counter = 0; mask.length < maskedLength; counter++)
    mask.push(
      ...createHash('sha256')
        .update(h)
        .update(Uint8Array.of(0, 0, 0, counter))
        .digest(),
    );
  return Uint8Array.from(encoded.subarray(0, maskedLength), (byte, i) => byte ^ (mask[i] ?? 0)).subarray(-32);
}

function toBigInt(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

function fromBigInt(value: bigint, length = 1): Uint8Array {
  const hex = value.toString(16);
  return Uint8Array.from(Buffer.from(hex.padStart(Math.max(2 * length, hex.length + (hex.length % 2)), '0'), 'hex'));
}

function bitLength(bytes: Uint8Array): number {
  return toBigInt(bytes).toString(2).length;
}
