import assert from 'node:assert/strict';
import { constants, createHash, type KeyObject, publicDecrypt, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { PublicKey } from '../../src/crypto/provider.ts';
import { TlsError, TlsUsageError } from '../../src/errors/errors.ts';
import { HASH_LENGTH, type HashName, type SignatureAlgorithm } from '../../src/params/algorithms.ts';
import { rfc8448Steps, toHex } from '../vectors/load.ts';
import { nodeRsaPair, type RsaKey, rfc8448RsaPair } from './node-keys.ts';
import { scripted, seeded } from './randomness.ts';

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
    const publicKey = nobleProvider.publicKey(key);
    for (const hash of HASHES) {
      const algorithms: SignatureAlgorithm[] = [{ kind: 'rsa-pkcs1', hash }];
      for (const saltLength of [0, 20, HASH_LENGTH[hash]])
        if (Math.ceil((bits - 1) / 8) >= HASH_LENGTH[hash] + saltLength + 2)
          algorithms.push({ kind: 'rsa-pss', hash, saltLength });
      for (const algorithm of algorithms) {
        const label = JSON.stringify(algorithm);
        const ours = nobleProvider.sign(algorithm, key, CONTENT, seeded(label));
        assert.equal(ours.length, Math.ceil(bits / 8));
        assert.ok(verify(hash, CONTENT, nodeOptions(algorithm, nodePublic), ours), `node verifies ${label}`);
        const theirs = sign(hash, CONTENT, nodeOptions(algorithm, nodePrivate));
        assert.ok(nobleProvider.verify(algorithm, publicKey, CONTENT, theirs), `we verify ${label}`);
        if (algorithm.kind === 'rsa-pkcs1') assert.equal(toHex(ours), theirs.toString('hex'));
      }
    }
  });

test('RFC 8448: CertificateVerify is verified, and made again with its salt', (t) => {
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
    assert.equal(nobleProvider.verify(algorithm, nobleProvider.publicKey(RFC_KEY.key), content, signature), true);

    const salt = saltOf(signature, RFC_KEY.nodePublic);
    const source = seeded('blinding');
    let first = true;
    const again = nobleProvider.sign(algorithm, RFC_KEY.key, content, (length) => {
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
  const publicKey = nobleProvider.publicKey(PAIR.key);
  for (const algorithm of [
    { kind: 'rsa-pkcs1', hash: 'sha256' },
    { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 },
  ] as const) {
    const signature = nobleProvider.sign(algorithm, PAIR.key, CONTENT, seeded('refusals'));
    const accepts = (s: Uint8Array, content = CONTENT) => nobleProvider.verify(algorithm, publicKey, content, s);
    assert.equal(accepts(signature), true);
    for (const index of [0, 1, 100, 255]) {
      const copy = signature.slice();
      copy[index] = (copy[index] ?? 0) ^ 1;
      assert.equal(accepts(copy), false, `byte ${index}`);
    }
    const n = toBigInt(PAIR.key.modulus);
    const plusModulus = (toBigInt(signature) + n).toString(16);
    for (const [label, other] of Object.entries({
      empty: new Uint8Array(0),
      zeros: new Uint8Array(256),
      one: new Uint8Array(256).fill(1, 255),
      'the modulus': PAIR.key.modulus,
      'the modulus - 1': fromBigInt(n - 1n),
      'a leading zero': Uint8Array.of(0, ...signature),
      'a byte short': signature.subarray(1),
      's + n': Uint8Array.from(Buffer.from(plusModulus.padStart(plusModulus.length > 512 ? 514 : 512, '0'), 'hex')),
    }))
      assert.equal(accepts(other), false, label);
    assert.equal(accepts(signature, CONTENT.subarray(1)), false, 'other content');
  }
});

test('the salt length is exactly that of the algorithm', () => {
  const publicKey = nobleProvider.publicKey(PAIR.key);
  const made = (saltLength: number) =>
    nobleProvider.sign({ kind: 'rsa-pss', hash: 'sha256', saltLength }, PAIR.key, CONTENT, seeded('salt'));
  for (const signed of [0, 31, 32, 33, 222])
    for (const expected of [0, 31, 32, 33, 222])
      assert.equal(
        nobleProvider.verify(
          { kind: 'rsa-pss', hash: 'sha256', saltLength: expected },
          publicKey,
          CONTENT,
          made(signed),
        ),
        signed === expected,
        `${signed} ${expected}`,
      );
  assert.throws(() => made(223), TlsUsageError);
});

test('hash and padding are those of the algorithm', () => {
  const publicKey = nobleProvider.publicKey(PAIR.key);
  const algorithms: readonly SignatureAlgorithm[] = HASHES.flatMap((hash) => [
    { kind: 'rsa-pkcs1', hash },
    { kind: 'rsa-pss', hash, saltLength: 32 },
  ]);
  for (const signed of algorithms) {
    const signature = nobleProvider.sign(signed, PAIR.key, CONTENT, seeded('cross'));
    for (const expected of algorithms)
      assert.equal(nobleProvider.verify(expected, publicKey, CONTENT, signature), signed === expected);
  }
});

// RFC 4055 §1.2, §3.3.
test('an RSA-PSS key does PSS alone, with its own hash and no shorter salt', () => {
  const pss = (hash: HashName, saltLength: number) => ({ kind: 'rsa-pss', hash, saltLength }) as const;
  const withParameters = (key: RsaKey, hash: HashName, saltLength: number): RsaKey => ({
    ...key,
    pss: true,
    pssParameters: { hash, saltLength },
  });
  const allowed = (key: RsaKey, algorithm: SignatureAlgorithm) => {
    // Made with the unrestricted key, so that only the restriction can refuse it.
    const signature = nobleProvider.sign(algorithm, PAIR.key, CONTENT, seeded('pss key'));
    const verifies = nobleProvider.verify(algorithm, nobleProvider.publicKey(key), CONTENT, signature);
    if (verifies) nobleProvider.sign(algorithm, key, CONTENT, seeded('pss key'));
    else assert.throws(() => nobleProvider.sign(algorithm, key, CONTENT, seeded('pss key')), TlsUsageError);
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

test('public keys outside of the limits verify nothing, whatever they would say', () => {
  const algorithm = { kind: 'rsa-pkcs1', hash: 'sha256' } as const;
  const accepts = (modulus: Uint8Array, exponent: Uint8Array, signature: Uint8Array) => {
    const key: PublicKey = { kind: 'rsa', pss: false, modulus, exponent };
    return nobleProvider.verify(algorithm, key, CONTENT, signature);
  };

  // A key of 1023 bits is real, its signature right.
  const short = nodeRsaPair(1023);
  assert.equal(accepts(short.key.modulus, short.key.exponent, sign('sha256', CONTENT, short.nodePrivate)), false);
  assert.throws(() => nobleProvider.sign(algorithm, short.key, CONTENT, seeded('short')), TlsUsageError);

  // With exponent 1 the encoded message is its own signature, with any modulus.
  const encoded = publicDecrypt(
    { key: PAIR.nodePublic, padding: constants.RSA_NO_PADDING },
    sign('sha256', CONTENT, PAIR.nodePrivate),
  );
  assert.equal(accepts(PAIR.key.modulus, Uint8Array.of(1), encoded), false);
  assert.equal(accepts(PAIR.key.modulus, new Uint8Array(0), encoded), false);

  const good = sign('sha256', CONTENT, PAIR.nodePrivate);
  for (const [label, exponent] of Object.entries({
    even: Uint8Array.of(1, 0, 0),
    two: Uint8Array.of(2),
    '34 bits': Uint8Array.of(2, 0, 0, 0, 1),
    'as long as the modulus': PAIR.key.privateExponent,
  }))
    assert.equal(accepts(PAIR.key.modulus, exponent, good), false, label);
  for (const [label, modulus] of Object.entries({
    empty: new Uint8Array(0),
    zero: new Uint8Array(256),
    even: PAIR.key.modulus.map((byte, i) => (i === 255 ? byte & 0xfe : byte)),
    '8193 bits': new Uint8Array(1025).fill(1),
  }))
    assert.equal(accepts(modulus, PAIR.key.exponent, good), false, label);

  // An exponent of 32 bits is within.
  const wide = nodeRsaPair(1024, 0xfffffffb);
  assert.equal(accepts(wide.key.modulus, wide.key.exponent, sign('sha256', CONTENT, wide.nodePrivate)), true);
});

test('a fault in any part of the private key gives no signature', () => {
  const algorithm = { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 } as const;
  for (const part of ['exponent1', 'exponent2', 'coefficient', 'prime1', 'prime2', 'modulus', 'exponent'] as const)
    for (const bit of [1, 77]) {
      const value = RFC_KEY.key[part].slice();
      const index = Math.max(0, value.length - 1 - (bit >> 3));
      value[index] = (value[index] ?? 0) ^ (1 << (bit & 7));
      const faulty: RsaKey = { ...RFC_KEY.key, [part]: value };
      assert.throws(
        () => nobleProvider.sign(algorithm, faulty, CONTENT, seeded('fault')),
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

test('blinding changes in every run and does not show in the result', () => {
  const algorithm = { kind: 'rsa-pkcs1', hash: 'sha256' } as const;
  const one = seeded('one');
  const two = seeded('two');
  const signature = nobleProvider.sign(algorithm, RFC_KEY.key, CONTENT, one);
  assert.equal(toHex(nobleProvider.sign(algorithm, RFC_KEY.key, CONTENT, two)), toHex(signature));
  // 144 bytes for the base, 8 for each exponent.
  assert.deepEqual(one.drawn, [144, 8, 8]);
  // A source of zeros blinds badly and still signs rightly.
  const zeros = (length: number) => new Uint8Array(length);
  assert.equal(toHex(nobleProvider.sign(algorithm, RFC_KEY.key, CONTENT, zeros)), toHex(signature));
  assert.throws(() => nobleProvider.sign(algorithm, RFC_KEY.key, CONTENT, scripted(new Uint8Array(8))), TlsUsageError);
});

test('the primes may come in either order', () => {
  const { prime1, prime2, exponent1, exponent2, modulus } = RFC_KEY.key;
  const p = toBigInt(prime1);
  const q = toBigInt(prime2);
  let coefficient = 1n;
  // p^-1 mod q by Fermat, to exchange the primes.
  for (let power = q - 2n, base = p % q; power > 0n; power >>= 1n) {
    if (power & 1n) coefficient = (coefficient * base) % q;
    base = (base * base) % q;
  }
  const exchanged: RsaKey = {
    ...RFC_KEY.key,
    prime1: prime2,
    prime2: prime1,
    exponent1: exponent2,
    exponent2: exponent1,
    coefficient: fromBigInt(coefficient),
  };
  const algorithm = { kind: 'rsa-pkcs1', hash: 'sha512' } as const;
  const signature = nobleProvider.sign(algorithm, exchanged, CONTENT, seeded('exchanged'));
  assert.equal(signature.length, modulus.length);
  assert.ok(verify('sha512', CONTENT, RFC_KEY.nodePublic, signature));
});

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

function fromBigInt(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return Uint8Array.from(Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex'));
}
