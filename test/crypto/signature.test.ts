import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { blindedBy, ecdsaOn } from '../../src/crypto/noble/curves.ts';
import type { PrivateKey, PublicKey } from '../../src/crypto/provider.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import type { HashName, SignatureAlgorithm } from '../../src/params/algorithms.ts';
import { ofNoble, provider } from '../provider.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { RFC_6979, RFC_8032 } from './known-answers.ts';
import { RFC_8032_ED448 } from './known-answers-448.ts';
import { nodeEcPair, nodePublicKey, rfc8448RsaPair } from './node-keys.ts';
import { scripted, seeded } from './randomness.ts';

const CURVES = ['secp256r1', 'secp384r1', 'secp521r1'] as const;
const HASHES = ['sha1', 'sha256', 'sha384', 'sha512'] as const satisfies readonly HashName[];
const ED25519 = { kind: 'ed25519' } as const;
const ED448 = { kind: 'ed448' } as const;
const MESSAGE = new TextEncoder().encode('the signed content');

test('RFC 6979 A.2.5 to A.2.7: public keys, signatures with derived nonces, and their verification', (t) => {
  let signatures = 0;
  for (const { curve, x, point, signatures: vectors } of RFC_6979) {
    const key = { kind: 'ec', curve, scalar: fromHex(x) } as const;
    const publicKey = provider.publicKey(key);
    assert.deepEqual(publicKey, { kind: 'ec', curve, point: fromHex(point) });
    for (const [hash, message, r, s] of vectors) {
      const content = new TextEncoder().encode(message);
      // The provider always mixes in fresh bytes (§3.6); without them its function gives the published values.
      const made = blindedBy(seeded('blind'), () =>
        ecdsaOn(curve, hash).sign(content, key.scalar, { format: 'compact', lowS: false, extraEntropy: false }),
      );
      assert.equal(toHex(made), r + s, `${curve} ${hash} ${message}`);
      const der = derSignature(BigInt(`0x${r}`), BigInt(`0x${s}`));
      assert.equal(provider.verify({ kind: 'ecdsa', hash }, publicKey, content, der), true);
      signatures++;
    }
  }
  t.diagnostic(`RFC 6979: ${signatures} signatures on ${RFC_6979.length} curves`);
});

test('RFC 8032 §7.1: Ed25519', (t) => {
  for (const [name, seed, key, message, signature] of RFC_8032) {
    const privateKey = { kind: 'ed25519', seed: fromHex(seed) } as const;
    const publicKey = provider.publicKey(privateKey);
    assert.deepEqual(publicKey, { kind: 'ed25519', key: fromHex(key) }, name);
    const made = provider.sign(ED25519, privateKey, fromHex(message), seeded(name));
    assert.equal(toHex(made), signature, name);
    assert.equal(provider.verify(ED25519, publicKey, fromHex(message), made), true);
  }
  t.diagnostic(`RFC 8032: ${RFC_8032.length} signatures`);
});

test('RFC 8032 §7.4: Ed448', (t) => {
  for (const { name, seed, key, message, signature } of RFC_8032_ED448) {
    const privateKey = { kind: 'ed448', seed: fromHex(seed) } as const;
    const publicKey = provider.publicKey(privateKey);
    assert.deepEqual(publicKey, { kind: 'ed448', key: fromHex(key) }, name);
    const made = provider.sign(ED448, privateKey, fromHex(message), seeded(name));
    assert.equal(toHex(made), signature, name);
    assert.equal(provider.verify(ED448, publicKey, fromHex(message), made), true);
  }
  t.diagnostic(`RFC 8032: ${RFC_8032_ED448.length} signatures of Ed448`);
});

for (const curve of CURVES) {
  test(`ECDSA on ${curve} with each hash agrees with node:crypto both ways`, () => {
    const random = seeded(curve);
    for (const hash of HASHES) {
      const { key, nodePrivate, nodePublic } = nodeEcPair(curve);
      const algorithm = { kind: 'ecdsa', hash } as const;
      const content = random(77);
      const ours = provider.sign(algorithm, key, content, random);
      assert.ok(verify(hash, content, nodePublic, ours), `node verifies ${hash}`);
      const publicKey = provider.publicKey(key);
      assert.ok(nodePublic.equals(nodePublicKey(publicKey)));
      assert.ok(provider.verify(algorithm, publicKey, content, sign(hash, content, nodePrivate)), hash);
      assertRefusals(algorithm, publicKey, content, ours);
    }
  });

  test(`${curve}: both values of s verify, other encodings of the signature do not`, () => {
    const { key } = nodeEcPair(curve);
    const algorithm = { kind: 'ecdsa', hash: 'sha256' } as const;
    const publicKey = provider.publicKey(key);
    const { n } = ecdsaOn(curve, 'sha256').Point.CURVE();
    const { r, s } = ecdsaOn(curve, 'sha256').Signature.fromBytes(
      provider.sign(algorithm, key, MESSAGE, seeded(curve)),
      'der',
    );
    const accepts = (signature: Uint8Array) => provider.verify(algorithm, publicKey, MESSAGE, signature);

    const der = derSignature(r, s);
    assert.equal(accepts(der), true);
    assert.equal(accepts(derSignature(r, n - s)), true);

    for (const [label, signature] of Object.entries({
      'r = 0': derSignature(0n, s),
      's = 0': derSignature(r, 0n),
      's = n': derSignature(r, n),
      's + n': derSignature(r, s + n),
      'r + n': derSignature(r + n, s),
      'trailing byte': Uint8Array.of(...der, 0),
      'trailing byte inside': sequence(Uint8Array.of(...integer(r), ...integer(s), 0)),
      'leading zero too many': sequence(Uint8Array.of(...integer(r), ...element(2, Uint8Array.of(0, ...body(s))))),
      'without its leading zero': sequence(Uint8Array.of(...integer(r), ...element(2, negative(s)))),
      'three integers': sequence(Uint8Array.of(...integer(r), ...integer(s), ...integer(s))),
      'long form of a short length': sequence(Uint8Array.of(...integer(r), 2, 0x81, body(s).length, ...body(s))),
      'indefinite length': Uint8Array.of(0x30, 0x80, ...integer(r), ...integer(s), 0, 0),
      'IEEE P1363': ecdsaOn(curve, 'sha256').Signature.fromBytes(der, 'der').toBytes('compact'),
    }))
      assert.equal(accepts(signature), false, label);
  });
}

test('ECDSA: public keys that are no uncompressed point of the curve verify nothing', () => {
  const { key } = nodeEcPair('secp256r1');
  const algorithm = { kind: 'ecdsa', hash: 'sha256' } as const;
  const { point } = provider.publicKey(key) as Extract<PublicKey, { kind: 'ec' }>;
  const signature = provider.sign(algorithm, key, MESSAGE, seeded('ecdsa'));
  const accepts = (bytes: Uint8Array) =>
    provider.verify(algorithm, { kind: 'ec', curve: 'secp256r1', point: bytes }, MESSAGE, signature);

  assert.equal(accepts(point), true);
  const last = point[64] ?? 0;
  for (const [label, bytes] of Object.entries({
    compressed: Uint8Array.of(2 + (last & 1), ...point.subarray(1, 33)),
    hybrid: Uint8Array.of(6 + (last & 1), ...point.subarray(1)),
    'off the curve': Uint8Array.of(...point.subarray(0, 64), last ^ 1),
    infinity: new Uint8Array(1),
    empty: new Uint8Array(0),
    long: Uint8Array.of(...point, 0),
  }))
    assert.equal(accepts(bytes), false, label);
});

test('a signature of another curve or hash does not verify', () => {
  const { key } = nodeEcPair('secp384r1');
  const publicKey = provider.publicKey(key);
  const signature = provider.sign({ kind: 'ecdsa', hash: 'sha384' }, key, MESSAGE, seeded('384'));
  const verifies = (hash: HashName, k: PublicKey) => provider.verify({ kind: 'ecdsa', hash }, k, MESSAGE, signature);
  assert.equal(verifies('sha384', publicKey), true);
  assert.equal(verifies('sha256', publicKey), false);
  assert.equal(verifies('sha384', provider.publicKey(nodeEcPair('secp256r1').key)), false);
});

for (const [algorithm, length, prefix] of [
  // RFC 8410 §7: PKCS#8 around the seed.
  [ED25519, 32, '302e020100300506032b657004220420'],
  [ED448, 57, '3047020100300506032b6571043b0439'],
] as const)
  test(`${algorithm.kind} agrees with node:crypto both ways`, () => {
    const { kind } = algorithm;
    const random = seeded(kind);
    for (let i = 0; i < 10; i++) {
      const seed = random(length);
      const nodePrivate = createPrivateKey({
        key: Buffer.from(prefix + toHex(seed), 'hex'),
        format: 'der',
        type: 'pkcs8',
      });
      const content = random(i * 13);
      const ours = provider.sign(algorithm, { kind, seed }, content, random);
      assert.equal(toHex(ours), sign(null, content, nodePrivate).toString('hex'));
      const publicKey = provider.publicKey({ kind, seed });
      assert.ok(createPublicKey(nodePrivate).equals(nodePublicKey(publicKey)));
      assertRefusals(algorithm, publicKey, content, ours);
    }
  });

// RFC 8032 §5.1.7 and, beyond it, keys of small order; Wycheproof has the rest.
test('Ed25519: encodings that are not canonical, S not reduced and keys of small order are refused', () => {
  const seed = seeded('strict')(32);
  const publicKey = provider.publicKey({ kind: 'ed25519', seed });
  const signature = provider.sign(ED25519, { kind: 'ed25519', seed }, MESSAGE, seeded('strict'));

  // S + L: the same signature modulo the order (L of RFC 8032 §5.1, little-endian).
  const order = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');
  const unreduced = signature.slice();
  let carry = 0;
  for (let i = 0; i < 32; i++) {
    carry += (unreduced[32 + i] ?? 0) + (order[i] ?? 0);
    unreduced[32 + i] = carry & 0xff;
    carry >>= 8;
  }
  assert.equal(provider.verify(ED25519, publicKey, MESSAGE, unreduced), false);

  // With the neutral element as key and R, S = 0 fulfils the equation for every message.
  const neutral = new Uint8Array(32).fill(1, 0, 1);
  const forged = Uint8Array.of(...neutral, ...new Uint8Array(32));
  assert.equal(provider.verify(ED25519, { kind: 'ed25519', key: neutral }, MESSAGE, forged), false);
  // y = p + 1: the neutral element, not reduced.
  const notReduced = fromHex('eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
  assert.equal(provider.verify(ED25519, { kind: 'ed25519', key: notReduced }, MESSAGE, forged), false);

  for (const length of [0, 31, 33])
    assert.equal(provider.verify(ED25519, { kind: 'ed25519', key: new Uint8Array(length) }, MESSAGE, signature), false);
});

// RFC 8032 §5.2.7 and, beyond it, keys of small order.
test('Ed448: S not reduced, its unused bits set and keys of small order are refused', () => {
  const seed = seeded('strict')(57);
  const publicKey = provider.publicKey({ kind: 'ed448', seed });
  const signature = provider.sign(ED448, { kind: 'ed448', seed }, MESSAGE, seeded('strict'));
  const accepts = (bytes: Uint8Array) => provider.verify(ED448, publicKey, MESSAGE, bytes);
  assert.equal(accepts(signature), true);

  // S + L: the same signature modulo the order (L of RFC 8032 §5.2).
  const order = 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n;
  const s = BigInt(`0x${toHex(Uint8Array.from(signature.subarray(57)).reverse())}`);
  const withS = (value: bigint) =>
    Uint8Array.of(...signature.subarray(0, 57), ...fromHex(value.toString(16).padStart(114, '0')).reverse());
  assert.equal(accepts(withS(s)), true);
  assert.equal(accepts(withS(s + order)), false);
  assert.equal(accepts(withS(s | (1n << 448n))), false, 'the last byte');

  // With a point of small order as key and R, S = 0 fulfils the equation for every message.
  const neutral = new Uint8Array(57).fill(1, 0, 1);
  // y = p - 1: of order 2.
  const negative = new Uint8Array(57).fill(255, 0, 56).fill(254, 0, 1).fill(254, 28, 29);
  for (const key of [neutral, negative, new Uint8Array(57)]) {
    const forged = Uint8Array.of(...neutral, ...new Uint8Array(57));
    assert.equal(provider.verify(ED448, { kind: 'ed448', key }, MESSAGE, forged), false);
  }
  for (const length of [0, 32, 56, 58])
    assert.equal(provider.verify(ED448, { kind: 'ed448', key: new Uint8Array(length) }, MESSAGE, signature), false);
});

test('seeds of another length are usage errors', () => {
  for (const kind of ['ed25519', 'ed448'] as const)
    for (const length of [0, 31, 33, 56, 58]) {
      const key = { kind, seed: new Uint8Array(length) } as const;
      assert.throws(() => provider.publicKey(key), TlsUsageError);
      assert.throws(() => provider.sign({ kind }, key, MESSAGE, seeded('seed')), TlsUsageError);
    }
});

test('a key of another kind verifies nothing and may not sign', () => {
  const keys: readonly PrivateKey[] = [
    nodeEcPair('secp256r1').key,
    { kind: 'ed25519', seed: seeded('seed')(32) },
    { kind: 'ed448', seed: seeded('seed')(57) },
    rfc8448RsaPair().key,
  ];
  const algorithms: Readonly<Record<PrivateKey['kind'], readonly SignatureAlgorithm[]>> = {
    ec: [{ kind: 'ecdsa', hash: 'sha256' }],
    ed25519: [ED25519],
    ed448: [ED448],
    rsa: [
      { kind: 'rsa-pkcs1', hash: 'sha256' },
      { kind: 'rsa-pss', hash: 'sha256', saltLength: 32 },
    ],
  };
  for (const key of keys)
    for (const [kind, list] of Object.entries(algorithms))
      for (const algorithm of list) {
        const publicKey = provider.publicKey(key);
        if (kind === key.kind) {
          const signature = provider.sign(algorithm, key, MESSAGE, seeded('fits'));
          assert.equal(provider.verify(algorithm, publicKey, MESSAGE, signature), true);
          continue;
        }
        assert.throws(() => provider.sign(algorithm, key, MESSAGE, seeded('x')), TlsUsageError);
        for (const length of [64, 114])
          assert.equal(provider.verify(algorithm, publicKey, MESSAGE, new Uint8Array(length)), false);
      }
});

test('private scalars out of range or of another length are usage errors', () => {
  const { n } = ecdsaOn('secp256r1', 'sha256').Point.CURVE();
  for (const scalar of [new Uint8Array(32), fromHex(n.toString(16)), new Uint8Array(31).fill(1), new Uint8Array(0)]) {
    const key = { kind: 'ec', curve: 'secp256r1', scalar } as const;
    assert.throws(() => provider.publicKey(key), TlsUsageError);
    assert.throws(() => provider.sign({ kind: 'ecdsa', hash: 'sha256' }, key, MESSAGE, seeded('n')), TlsUsageError);
  }
});

// RFC 6979 §3.6: fresh bytes change the nonce; a broken source does not repeat it for another message.
test('ECDSA nonces depend on the fresh bytes and on the message', ofNoble, () => {
  const { key } = nodeEcPair('secp256r1');
  const nonceOf = (content: Uint8Array, entropy: number) => {
    const fixed = (length: number) => new Uint8Array(length).fill(entropy);
    const der = provider.sign({ kind: 'ecdsa', hash: 'sha256' }, key, content, fixed);
    return ecdsaOn('secp256r1', 'sha256').Signature.fromBytes(der, 'der').r;
  };
  assert.equal(nonceOf(MESSAGE, 1), nonceOf(MESSAGE, 1));
  assert.notEqual(nonceOf(MESSAGE, 1), nonceOf(MESSAGE, 2));
  assert.notEqual(nonceOf(MESSAGE, 1), nonceOf(MESSAGE.subarray(1), 1));
  assert.throws(
    () => provider.sign({ kind: 'ecdsa', hash: 'sha256' }, key, MESSAGE, scripted(new Uint8Array(31))),
    TlsUsageError,
  );
});

/** Every single-bit change of some bytes, cuts, another content. */
function assertRefusals(
  algorithm: SignatureAlgorithm,
  key: PublicKey,
  content: Uint8Array,
  signature: Uint8Array,
): void {
  const refused = (c: Uint8Array, s: Uint8Array, label: string) =>
    assert.equal(provider.verify(algorithm, key, c, s), false, label);
  assert.equal(provider.verify(algorithm, key, content, signature), true);
  for (const index of [0, 1, 2, 3, 4, 10, signature.length - 1]) {
    const copy = Uint8Array.from(signature);
    copy[index] = (copy[index] ?? 0) ^ 1;
    refused(content, copy, `byte ${index} changed`);
  }
  refused(content, signature.subarray(0, -1), 'cut');
  refused(content, signature.subarray(1), 'cut in front');
  refused(content, new Uint8Array(0), 'empty');
  refused(content, new Uint8Array(signature.length), 'zeros');
  refused(Uint8Array.of(...content, 0), signature, 'other content');
}

/** DER by hand, so that it can be made wrong. */
function derSignature(r: bigint, s: bigint): Uint8Array {
  return sequence(Uint8Array.of(...integer(r), ...integer(s)));
}

function sequence(content: Uint8Array): Uint8Array {
  return element(0x30, content);
}

function integer(value: bigint): Uint8Array {
  return element(2, body(value));
}

function element(tag: number, content: Uint8Array): Uint8Array {
  const length = content.length < 128 ? [content.length] : [0x81, content.length];
  return Uint8Array.of(tag, ...length, ...content);
}

function body(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const bytes = fromHex(hex.padStart(hex.length + (hex.length % 2), '0'));
  return (bytes[0] ?? 0) >= 128 ? Uint8Array.of(0, ...bytes) : bytes;
}

/** The integer's bytes such that DER reads them as negative. */
function negative(value: bigint): Uint8Array {
  const bytes = body(value);
  return bytes[0] === 0 ? bytes.subarray(1) : Uint8Array.of((bytes[0] ?? 0) | 0x80, ...bytes.subarray(1));
}
