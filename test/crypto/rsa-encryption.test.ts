import assert from 'node:assert/strict';
import { constants, privateDecrypt, publicEncrypt } from 'node:crypto';
import { test } from 'node:test';
import { TlsError, TlsUsageError } from '../../src/errors/errors.ts';
import { ofNoble, provider } from '../provider.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { nodeRsaPair, type RsaKey, rfc8448RsaPair } from './node-keys.ts';
import { seeded } from './randomness.ts';
import { runWycheproof, type WycheproofCase } from './wycheproof.ts';

const PAIR = nodeRsaPair(2048);

/** RFC 8017 §7.2.2 step 3, with all the branches that the library may not have. */
function messageOf(block: Uint8Array): Uint8Array | null {
  if (block[0] !== 0 || block[1] !== 2) return null;
  const zero = block.indexOf(0, 2);
  return zero < 10 ? null : block.subarray(zero + 1);
}

for (const bits of [1024, 1025, 1031, 2048]) {
  test(`a key of ${bits} bits agrees with node:crypto both ways`, () => {
    const { key, nodePrivate, nodePublic } = nodeRsaPair(bits);
    const length = Math.ceil(bits / 8);
    const publicKey = provider.publicKey(key);
    assert.ok(publicKey.kind === 'rsa');
    for (const messageLength of [0, 1, 48, length - 11]) {
      const random = seeded(`${bits} ${messageLength}`);
      const message = random(messageLength);
      const ours = provider.rsaEncrypt(publicKey, message, random);
      assert.equal(ours.length, length);
      // Raw, since node refuses PKCS#1 v1.5 decryption where it cannot hide what it saw.
      const block = privateDecrypt({ key: nodePrivate, padding: constants.RSA_NO_PADDING }, ours);
      assert.deepEqual(Uint8Array.from(messageOf(block) ?? assert.fail()), message);
      assert.deepEqual(provider.rsaDecryptRaw(key, ours, random), Uint8Array.from(block));

      const theirs = publicEncrypt({ key: nodePublic, padding: constants.RSA_PKCS1_PADDING }, message);
      assert.deepEqual(messageOf(provider.rsaDecryptRaw(key, theirs, random)), message);
    }
  });
}

test('whatever a block holds comes out whole, zeros in front', () => {
  const random = seeded('blocks');
  const blocks = [0, 1, 2, 8, 20, 254].map((zeros) => {
    const block = random(256);
    block[0] = 0;
    return block.fill(0, 0, zeros);
  });
  for (const block of [...blocks, new Uint8Array(256), Uint8Array.of(...new Uint8Array(255), 1)]) {
    const ciphertext = publicEncrypt({ key: PAIR.nodePublic, padding: constants.RSA_NO_PADDING }, block);
    assert.equal(toHex(provider.rsaDecryptRaw(PAIR.key, ciphertext, random)), toHex(block));
  }
});

test('a ciphertext out of range gives zeros after the same draws as any other', ofNoble, () => {
  const good = provider.rsaEncrypt({ ...PAIR.key }, new Uint8Array(48), seeded('good'));
  const draws = (ciphertext: Uint8Array): readonly number[] => {
    const random = seeded('draws');
    const block = provider.rsaDecryptRaw(PAIR.key, ciphertext, random);
    assert.equal(block.length, 256);
    if (ciphertext !== good) assert.equal(toHex(block), '00'.repeat(256));
    return random.drawn;
  };
  const expected = draws(good);
  assert.ok(expected.length > 0);
  const beyond = PAIR.key.modulus.slice();
  for (const bad of [
    new Uint8Array(0),
    good.subarray(1),
    Uint8Array.of(0, ...good),
    new Uint8Array(65_535).fill(0xff),
    new Uint8Array(256).fill(0xff),
    beyond,
  ]) {
    assert.deepEqual(draws(bad), expected, `${bad.length} bytes`);
  }
});

test('the padding has no zeros, from a source that gives many', ofNoble, () => {
  let zeros = 0;
  const base = seeded('zeros');
  const mostlyZeros = (length: number): Uint8Array =>
    base(length).map((byte) => {
      if (byte < 200) zeros++;
      return byte < 200 ? 0 : byte;
    });
  const ciphertext = provider.rsaEncrypt({ ...PAIR.key }, Uint8Array.of(0, 7, 0), mostlyZeros);
  const block = provider.rsaDecryptRaw(PAIR.key, ciphertext, seeded('blind'));
  assert.equal(block.indexOf(0, 2), 256 - 4);
  assert.deepEqual(messageOf(block), Uint8Array.of(0, 7, 0));
  assert.ok(zeros > 300);
  assert.throws(
    () => provider.rsaEncrypt({ ...PAIR.key }, new Uint8Array(48), (length) => new Uint8Array(length)),
    TlsUsageError,
  );
});

test('what cannot be encrypted with, or decrypted with, is refused', () => {
  const random = seeded('refused');
  const publicKey = { ...PAIR.key };
  assert.throws(() => provider.rsaEncrypt(publicKey, new Uint8Array(256 - 10), random), TlsUsageError);
  const unusable = [
    { ...publicKey, pss: true },
    { ...publicKey, modulus: new Uint8Array(64).fill(0xff) },
    { ...publicKey, modulus: new Uint8Array(2048).fill(0xff) },
    { ...publicKey, exponent: Uint8Array.of(2) },
  ];
  for (const key of unusable) {
    assert.throws(
      () => provider.rsaEncrypt(key, new Uint8Array(48), random),
      (error) => error instanceof TlsError && error.code === 'ERR_CERT_UNSUPPORTED_KEY',
    );
  }
  assert.throws(
    () => provider.rsaDecryptRaw({ ...PAIR.key, modulus: Uint8Array.of(1) }, new Uint8Array(256), random),
    TlsUsageError,
  );
});

// OpenSSL computes with the whole exponent where the halves do not fit.
test('a key whose halves do not fit is found out whatever was sent', ofNoble, () => {
  const random = seeded('inconsistent');
  const inconsistent: RsaKey = { ...PAIR.key, exponent1: PAIR.key.exponent2 };
  for (const ciphertext of [new Uint8Array(256).fill(1), new Uint8Array(3)]) {
    assert.throws(
      () => provider.rsaDecryptRaw(inconsistent, ciphertext, random),
      (error) => error instanceof TlsError && error.code === 'ERR_TLS_OWN_SIGNATURE',
    );
  }
});

test('blinding: other draws, the same block', () => {
  const { key } = rfc8448RsaPair();
  const ciphertext = provider.rsaEncrypt({ ...key }, Uint8Array.of(1, 2, 3), seeded('c'));
  const one = provider.rsaDecryptRaw(key, ciphertext, seeded('one'));
  assert.deepEqual(provider.rsaDecryptRaw(key, ciphertext, seeded('two')), one);
});

interface DecryptCase extends WycheproofCase {
  readonly msg: string;
  readonly ct: string;
}
interface DecryptGroup {
  readonly privateKey: Readonly<Record<string, string>>;
}

test('rsa_pkcs1_2048', (t) => {
  const random = seeded('wycheproof');
  runWycheproof<DecryptGroup, DecryptCase>(t, 'rsa_pkcs1_2048', (vector, { privateKey }) => {
    const part = (name: string): Uint8Array => fromHex((privateKey[name] ?? '').replace(/^(00)+/, ''));
    const key: RsaKey = {
      kind: 'rsa',
      pss: false,
      modulus: part('modulus'),
      exponent: part('publicExponent'),
      privateExponent: part('privateExponent'),
      prime1: part('prime1'),
      prime2: part('prime2'),
      exponent1: part('exponent1'),
      exponent2: part('exponent2'),
      coefficient: part('coefficient'),
    };
    const message = messageOf(provider.rsaDecryptRaw(key, fromHex(vector.ct), random));
    if (message === null) return 'refused';
    // The operation has no padding check of its own: a wrong padding may leave something, but never the message.
    if (toHex(message) !== vector.msg) return 'refused';
    return 'accepted';
  });
});
