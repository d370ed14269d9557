import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { auditedProvider, createNobleProvider, nobleProvider } from '../../src/crypto/noble/provider.ts';
import { nodeProvider } from '../../src/crypto/node/provider.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { AEAD_PARAMETERS, type AeadName } from '../../src/params/algorithms.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { RFC_8439 } from './known-answers.ts';
import { seeded } from './randomness.ts';

const NAMES = Object.keys(AEAD_PARAMETERS) as AeadName[];
/** The kernels in use, noble's for those who want audited code, and OpenSSL's. */
const PROVIDERS = [nobleProvider, createNobleProvider({ aes: 'fast' }), auditedProvider, nodeProvider];
const CCM_NAMES = NAMES.filter((name) => name.includes('ccm'));
const EMPTY = new Uint8Array(0);

test('RFC 8439 §2.8.2: the example of ChaCha20-Poly1305', () => {
  const { plaintext, aad, key, nonce, ciphertext, tag } = RFC_8439;
  const aead = nobleProvider.aead('chacha20-poly1305', fromHex(key));
  const out = new Uint8Array(ciphertext.length / 2 + 16);
  aead.seal(fromHex(nonce), fromHex(aad), fromHex(plaintext), EMPTY, out, 0);
  assert.equal(toHex(out), ciphertext + tag);
});

for (const { provider, name } of PROVIDERS.flatMap((provider) => NAMES.map((name) => ({ provider, name })))) {
  const TAG = AEAD_PARAMETERS[name].tagLength;
  const label = `${provider.name} ${name}`;

  test(`${label} agrees with node:crypto for every length, split, offset and alignment`, (t) => {
    const random = seeded(name);
    const aead = provider.aead(name, keyFor(name));
    const lengths = [...Array.from({ length: 131 }, (_, i) => i), 255, 256, 257, 1350, 4095, 16_384, 16_401];
    for (const length of lengths) {
      const nonce = random(12);
      const aad = random(length % 29);
      const inner = random(length);
      const tailLength = length % 4;
      const offset = length % 7;
      const expected = nodeSeal(name, keyFor(name), nonce, aad, inner);

      // Plaintext and tail lie apart, at any alignment.
      const split = Math.max(0, length - tailLength);
      const plaintext = unaligned(inner.subarray(0, split), length % 5);
      const tail = unaligned(inner.subarray(split), length % 3);
      const out = new Uint8Array(offset + length + TAG + 3).fill(0xa5);
      aead.seal(nonce, aad, plaintext, tail, out, offset);
      assert.equal(toHex(out.subarray(offset, offset + length + TAG)), toHex(expected), `seal ${length}`);
      assertUntouched(out, offset, length + TAG);
      assert.equal(toHex(plaintext), toHex(inner.subarray(0, split)), 'the plaintext is not changed');

      const opened = new Uint8Array(offset + length + 3).fill(0xa5);
      assert.equal(aead.open(nonce, aad, unaligned(expected, length % 5), opened, offset), true);
      assert.equal(toHex(opened.subarray(offset, offset + length)), toHex(inner), `open ${length}`);
      assertUntouched(opened, offset, length);
    }
    t.diagnostic(`${label}: ${lengths.length} lengths sealed and opened as node:crypto does`);
  });

  test(`${label} seals and opens in place`, () => {
    const random = seeded(`${name} in place`);
    const aead = provider.aead(name, keyFor(name));
    for (const length of [0, 1, 15, 16, 17, 1000]) {
      const nonce = random(12);
      const aad = random(5);
      const plaintext = random(length);
      const tail = Uint8Array.of(23);
      const expected = nodeSeal(name, keyFor(name), nonce, aad, Uint8Array.of(...plaintext, 23));

      const buffer = new Uint8Array(5 + length + 1 + TAG);
      buffer.set(plaintext, 5);
      aead.seal(nonce, aad, buffer.subarray(5, 5 + length), tail, buffer, 5);
      assert.equal(toHex(buffer.subarray(5)), toHex(expected));

      assert.equal(aead.open(nonce, aad, buffer.subarray(5), buffer, 5), true);
      assert.equal(toHex(buffer.subarray(5, 5 + length + 1)), `${toHex(plaintext)}17`);
    }
  });

  test(`${label} writes nothing when anything is forged`, () => {
    const random = seeded(`${name} forged`);
    const aead = provider.aead(name, keyFor(name));
    const nonce = random(12);
    const aad = random(13);
    const sealed = nodeSeal(name, keyFor(name), nonce, aad, random(40));
    const refused = (n: Uint8Array, a: Uint8Array, c: Uint8Array, label: string) => {
      const out = new Uint8Array(80).fill(0xa5);
      assert.equal(aead.open(n, a, c, out, 3), false, label);
      assertUntouched(out, 0, 0);
      // In place: the ciphertext stays what it was.
      const copy = c.slice();
      assert.equal(aead.open(n, a, copy, copy, 0), false, label);
      assert.equal(toHex(copy), toHex(c));
    };

    for (let bit = 0; bit < 8 * sealed.length; bit++)
      refused(nonce, aad, flipped(sealed, bit), `ciphertext bit ${bit}`);
    for (let bit = 0; bit < 8 * aad.length; bit++) refused(nonce, flipped(aad, bit), sealed, `aad bit ${bit}`);
    for (let bit = 0; bit < 8 * nonce.length; bit++) refused(flipped(nonce, bit), aad, sealed, `nonce bit ${bit}`);
    for (let length = 0; length < sealed.length; length++)
      refused(nonce, aad, sealed.subarray(0, length), `cut to ${length}`);
    refused(nonce, EMPTY, sealed, 'no aad');
  });

  test(`${label} keeps its own copy of the key, and refuses to work once wiped`, () => {
    // A Buffer, whose slice would share its memory.
    const key = Buffer.from(keyFor(name));
    const aead = provider.aead(name, key);
    key.fill(0);
    const nonce = new Uint8Array(12);
    const out = new Uint8Array(TAG);
    aead.seal(nonce, EMPTY, EMPTY, EMPTY, out, 0);
    assert.equal(toHex(out), toHex(nodeSeal(name, keyFor(name), nonce, EMPTY, EMPTY)));

    aead.wipe();
    const before = toHex(out);
    assert.throws(() => aead.seal(nonce, EMPTY, EMPTY, EMPTY, out, 0), TlsUsageError);
    assert.throws(() => aead.open(nonce, EMPTY, out, out, 0), TlsUsageError);
    assert.equal(toHex(out), before);
  });

  test(`${label} refuses keys, nonces and output ranges that do not fit`, () => {
    const { keyLength } = AEAD_PARAMETERS[name];
    for (const length of [0, keyLength - 1, keyLength + 1, 24])
      assert.throws(() => provider.aead(name, new Uint8Array(length)), TlsUsageError);

    const aead = provider.aead(name, keyFor(name));
    assert.equal(aead.tagLength, TAG);
    const out = new Uint8Array(24 + TAG).fill(0xa5);
    for (const length of [0, 8, 11, 13, 16])
      assert.throws(() => aead.seal(new Uint8Array(length), EMPTY, EMPTY, EMPTY, out, 0), TlsUsageError);

    const nonce = new Uint8Array(12);
    const plaintext = new Uint8Array(20);
    assert.throws(() => aead.seal(nonce, EMPTY, plaintext, EMPTY, out, 5), TlsUsageError);
    assert.throws(() => aead.seal(nonce, EMPTY, plaintext, Uint8Array.of(1), out, 4), TlsUsageError);
    assert.throws(() => aead.seal(nonce, EMPTY, EMPTY, EMPTY, out, -1), TlsUsageError);
    const sealed = nodeSeal(name, keyFor(name), nonce, EMPTY, plaintext);
    assert.throws(() => aead.open(nonce, EMPTY, sealed, out, 21), TlsUsageError);
    assertUntouched(out, 0, 0);
    aead.seal(nonce, EMPTY, plaintext, EMPTY, out, 4);
  });
}

// RFC 3610 §2.2: additional data without any, of a length around whole blocks, and the last length with two bytes for it.
test('CCM agrees with node:crypto for every length of the additional data', () => {
  const random = seeded('ccm aad');
  for (const { provider, name } of PROVIDERS.flatMap((provider) => CCM_NAMES.map((name) => ({ provider, name })))) {
    const aead = provider.aead(name, keyFor(name));
    for (const length of [...Array.from({ length: 67 }, (_, i) => i), 255, 256, 0xfeff]) {
      const nonce = random(12);
      const aad = random(length);
      const plaintext = random(length % 40);
      const out = new Uint8Array(plaintext.length + aead.tagLength);
      aead.seal(nonce, aad, plaintext, EMPTY, out, 0);
      assert.equal(toHex(out), toHex(nodeSeal(name, keyFor(name), nonce, aad, plaintext)), `${name} ${length}`);
      assert.equal(aead.open(nonce, aad, out, out, 0), true);
    }
    assert.throws(
      () => aead.seal(new Uint8Array(12), new Uint8Array(0xff00), EMPTY, EMPTY, new Uint8Array(16), 0),
      TlsUsageError,
    );
  }
});

// RFC 5116 §5.3: P_MAX. One byte less than a counter of three bytes has room for.
test('CCM seals up to 2^24 - 1 bytes', () => {
  const aead = nobleProvider.aead('aes-128-ccm', keyFor('aes-128-ccm'));
  const nonce = new Uint8Array(12).fill(0xff);
  const longest = new Uint8Array(0xff_ffff);
  const out = new Uint8Array(longest.length + 17);
  aead.seal(nonce, EMPTY, longest, EMPTY, out, 0);
  const expected = nodeSeal('aes-128-ccm', keyFor('aes-128-ccm'), nonce, EMPTY, longest);
  assert.ok(Buffer.compare(out.subarray(0, -1), expected) === 0);
  assert.throws(() => aead.seal(nonce, EMPTY, new Uint8Array(0x100_0000), EMPTY, out, 0), TlsUsageError);
});

function keyFor(name: AeadName): Uint8Array {
  return seeded(`key of ${name}`)(AEAD_PARAMETERS[name].keyLength);
}

function nodeSeal(
  name: AeadName,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  // OpenSSL's name for CCM says nothing of the tag's length.
  const authTagLength = AEAD_PARAMETERS[name].tagLength;
  const cipher = createCipheriv(name.replace(/-8$/, '') as 'aes-128-ccm', key, nonce, { authTagLength });
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  // CCM asks for a pointer, also to nothing.
  const sealed = [cipher.update(unaligned(plaintext, 1)), cipher.final(), cipher.getAuthTag()];
  return new Uint8Array(Buffer.concat(sealed));
}

/** A copy that begins `shift` bytes into its buffer. */
function unaligned(bytes: Uint8Array, shift: number): Uint8Array {
  const buffer = new Uint8Array(bytes.length + shift);
  buffer.set(bytes, shift);
  return buffer.subarray(shift);
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/** Everything outside of the range still has the filling 0xa5. */
function assertUntouched(out: Uint8Array, offset: number, length: number): void {
  const outside = [...out.subarray(0, offset), ...out.subarray(offset + length)];
  assert.ok(
    outside.every((byte) => byte === 0xa5),
    'written outside of the range',
  );
}
