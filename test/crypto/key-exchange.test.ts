import assert from 'node:assert/strict';
import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import { test } from 'node:test';
import type { EphemeralKey, Random } from '../../src/crypto/provider.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { byName, type CurveName, type GroupName, NAMED_GROUPS } from '../../src/params/algorithms.ts';
import { provider } from '../provider.ts';
import { fromHex, rfc8448Steps, toHex } from '../vectors/load.ts';
import { RFC_7748_X448, RFC_7748_X448_EXCHANGE, RFC_7748_X448_ITERATED } from './known-answers-448.ts';
import { scripted, seeded } from './randomness.ts';
import { changed, refuses, X25519_LOW_ORDER } from './shares.ts';

const NODE_CURVES: Readonly<Record<CurveName, string>> = {
  secp256r1: 'prime256v1',
  secp384r1: 'secp384r1',
  secp521r1: 'secp521r1',
};
const CURVES = Object.keys(NODE_CURVES) as CurveName[];

/** Orders of the curves (FIPS 186-5, SP 800-186 §3.2.1). */
const ORDERS: Readonly<Record<CurveName, string>> = {
  secp256r1: 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
  secp384r1: `${'f'.repeat(48)}c7634d81f4372ddf581a0db248b0a77aecec196accc52973`,
  secp521r1: `01${'f'.repeat(64)}fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409`,
};

test('every group has shares of the registered lengths and both sides agree', () => {
  assert.deepEqual(
    [...provider.groups],
    NAMED_GROUPS.map((group) => group.name),
  );
  for (const name of provider.groups) {
    const group = byName(NAMED_GROUPS, name);
    const exchange = provider.keyExchange(name);
    const client = exchange.generate(seeded(`client ${name}`));
    const server = exchange.respond(client.share, seeded(`server ${name}`));
    assert.equal(client.share.length, group?.clientShareLength);
    assert.equal(server.share.length, group?.serverShareLength);
    assert.equal(toHex(client.agree(server.share)), toHex(server.secret));
  }
});

test('RFC 7748 §5.2 and §6.1: X25519', () => {
  const { generate } = provider.keyExchange('x25519');
  for (const [scalar, u, result] of [
    [
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
    ],
    [
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ],
  ] as const)
    assert.equal(toHex(generate(scripted(fromHex(scalar))).agree(fromHex(u))), result);

  const a = generate(scripted(fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a')));
  const b = generate(scripted(fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb')));
  assert.equal(toHex(a.share), '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a');
  assert.equal(toHex(b.share), 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f');
  const shared = '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742';
  assert.equal(toHex(a.agree(b.share)), shared);
  assert.equal(toHex(b.agree(a.share)), shared);
});

test('RFC 7748 §5.2 and §6.2: X448', () => {
  const { generate } = provider.keyExchange('x448');
  for (const { scalar, u, result } of RFC_7748_X448)
    assert.equal(toHex(generate(scripted(fromHex(scalar))).agree(fromHex(u))), result);

  const { a, publicA, b, publicB, shared } = RFC_7748_X448_EXCHANGE;
  const keyA = generate(scripted(fromHex(a)));
  const keyB = generate(scripted(fromHex(b)));
  assert.equal(toHex(keyA.share), publicA);
  assert.equal(toHex(keyB.share), publicB);
  assert.equal(toHex(keyA.agree(keyB.share)), shared);
  assert.equal(toHex(keyB.agree(keyA.share)), shared);

  let k = new Uint8Array(56).fill(5, 0, 1);
  let u = k;
  for (let round = 1; round <= 1000; round++) {
    [k, u] = [Uint8Array.from(generate(scripted(k)).agree(u)), k];
    if (round === 1) assert.equal(toHex(k), RFC_7748_X448_ITERATED.once);
  }
  assert.equal(toHex(k), RFC_7748_X448_ITERATED.thousand);
});

test('RFC 8448: ephemeral keys injected through random give the published shares and secrets', (t) => {
  const keys = rfc8448Steps().filter((step) => step.has('private key') && step.has('public key'));
  const made = new Map<string, EphemeralKey>();
  for (const step of keys) {
    const group = step.title.includes('P-256') ? 'secp256r1' : 'x25519';
    const key = provider.keyExchange(group).generate(scripted(step.value('private key')));
    assert.equal(toHex(key.share), toHex(step.value('public key')), `§${step.section} ${step.title}`);
    // In §5 the P-256 keys come after the x25519 key that was not used.
    made.set(`${step.section} ${step.side}`, key);
  }
  for (const section of [3, 4, 5, 6, 7]) {
    const client = made.get(`${section} client`);
    const server = made.get(`${section} server`);
    const extract = rfc8448Steps(section).find(({ title }) => title.includes('extract secret "handshake"'));
    assert.ok(client !== undefined && server !== undefined && extract !== undefined);
    const secret = toHex(extract.value('IKM'));
    assert.equal(toHex(client.agree(server.share)), secret);
    assert.equal(toHex(server.agree(client.share)), secret);
  }
  t.diagnostic(`RFC 8448: ${keys.length} key pairs, 5 shared secrets`);
});

for (const [name, crv, length, prefix] of [
  // RFC 8410 §7: PKCS#8 around the private key.
  ['x25519', 'X25519', 32, '302e020100300506032b656e04220420'],
  ['x448', 'X448', 56, '3046020100300506032b656f043a0438'],
] as const)
  test(`${crv} agrees with node:crypto`, () => {
    const random = seeded(`${name} node`);
    const { generate, respond } = provider.keyExchange(name);
    for (let i = 0; i < 20; i++) {
      const privateKey = random(length);
      const peer = random(length);
      const node = createPrivateKey({
        key: Buffer.from(prefix + toHex(privateKey), 'hex'),
        format: 'der',
        type: 'pkcs8',
      });
      const ours = generate(scripted(privateKey));
      const jwk = createPublicKey(node).export({ format: 'jwk' });
      assert.equal(Buffer.from(ours.share).toString('base64url'), jwk['x']);
      const server = respond(ours.share, scripted(peer));
      const nodePeer = createPublicKey({
        key: { kty: 'OKP', crv, x: Buffer.from(server.share).toString('base64url') },
        format: 'jwk',
      });
      assert.equal(toHex(server.secret), diffieHellman({ privateKey: node, publicKey: nodePeer }).toString('hex'));
    }
  });

for (const curve of CURVES) {
  test(`ECDH on ${curve} agrees with node:crypto`, () => {
    const random = seeded(`node ${curve}`);
    for (let i = 0; i < 8; i++) {
      const node = createECDH(NODE_CURVES[curve]);
      node.generateKeys();
      const key = provider.keyExchange(curve).generate(random);
      assert.equal(toHex(key.agree(node.getPublicKey())), node.computeSecret(key.share).toString('hex'));
      const { share, secret } = provider.keyExchange(curve).respond(node.getPublicKey(), random);
      assert.equal(toHex(secret), node.computeSecret(share).toString('hex'));
    }
  });

  test(`${curve}: scalars outside of 1 … n - 1 are drawn again, and a stuck source is refused`, () => {
    const order = fromHex(ORDERS[curve]);
    const zero = new Uint8Array(order.length);
    const one = changed(zero, order.length - 1, 1);
    const last = changed(order, order.length - 1, (order[order.length - 1] ?? 0) - 1);
    const { generate } = provider.keyExchange(curve);

    assert.equal(
      toHex(generate(scripted(zero, order, new Uint8Array(order.length).fill(255), last)).share),
      share(last),
    );
    assert.equal(toHex(generate(scripted(one)).share), share(one));
    assert.throws(() => generate((length) => new Uint8Array(length)), TlsUsageError);
    assert.throws(() => generate(() => new Uint8Array(16).fill(1)), TlsUsageError);

    function share(scalar: Uint8Array): string {
      const node = createECDH(NODE_CURVES[curve]);
      node.setPrivateKey(scalar);
      return node.getPublicKey('hex');
    }
  });

  test(`${curve}: what is not an uncompressed point of the curve is refused, by both sides`, () => {
    const good = provider.keyExchange(curve).generate(seeded('good')).share;
    const field = (good.length - 1) / 2;
    const x = good.subarray(1, 1 + field);
    const y = good.subarray(1 + field);
    const node = createECDH(NODE_CURVES[curve]);
    node.generateKeys();
    const otherCurve = CURVES.find((name) => name !== curve) ?? 'secp256r1';

    refuses(curve, 'ERR_TLS_BAD_KEY_SHARE', {
      empty: new Uint8Array(0),
      'infinity as SEC 1 writes it': new Uint8Array(1),
      'infinity padded with zeros': new Uint8Array(good.length),
      'zero coordinates': changed(new Uint8Array(good.length), 0, 4),
      compressed: node.getPublicKey(null, 'compressed'),
      hybrid: node.getPublicKey(null, 'hybrid'),
      'one byte short': good.subarray(0, -1),
      'one byte long': Uint8Array.of(...good, 0),
      'without its form': good.subarray(1),
      'form 2 with both coordinates': changed(good, 0, 2),
      'form 0': changed(good, 0, 0),
      'off the curve': changed(good, good.length - 1, (good[good.length - 1] ?? 0) ^ 1),
      'coordinates exchanged': Uint8Array.of(4, ...y, ...x),
      'coordinates not reduced': new Uint8Array(good.length).fill(255).fill(4, 0, 1),
      'another curve': provider.keyExchange(otherCurve).generate(seeded('other')).share,
    });
  });
}

test('x25519: shares of other lengths are refused, and those whose secret is zero', () => {
  refuses('x25519', 'ERR_TLS_BAD_KEY_SHARE', {
    empty: new Uint8Array(0),
    'one byte short': new Uint8Array(31).fill(9),
    'one byte long': new Uint8Array(33).fill(9),
    'a P-256 share': provider.keyExchange('secp256r1').generate(seeded('p256')).share,
  });
  refuses('x25519', 'ERR_TLS_WEAK_SHARED_SECRET', X25519_LOW_ORDER);
});

// RFC 7748 §6.2, §7: the points of order 1, 2 and 4 on curve448 and its twist, reduced and not.
test('x448: shares of other lengths are refused, and those whose secret is zero', () => {
  refuses('x448', 'ERR_TLS_BAD_KEY_SHARE', {
    empty: new Uint8Array(0),
    'one byte short': new Uint8Array(55).fill(9),
    'one byte long': new Uint8Array(57).fill(9),
    'an X25519 share': new Uint8Array(32).fill(9),
  });
  const zero = new Uint8Array(56);
  // p = 2^448 - 2^224 - 1, little-endian.
  const prime = new Uint8Array(56).fill(255).fill(254, 28, 29);
  refuses('x448', 'ERR_TLS_WEAK_SHARED_SECRET', {
    zero,
    one: changed(zero, 0, 1),
    'p - 1': changed(prime, 0, 254),
    p: prime,
    'p + 1': new Uint8Array(56).fill(255, 28),
  });
});

// Clamped it stays four times the order of the base point: its share would be the zero that peers refuse.
test('x448: the one private key without a share is refused as a broken source', () => {
  const order = 2n ** 446n - 13818066809895115352007386748515426880336692474882178609894547503885n;
  const bytes = fromHex((4n * order).toString(16)).reverse();
  assert.equal(bytes.length, 56);
  assert.throws(() => provider.keyExchange('x448').generate(scripted(bytes)), TlsUsageError);
});

test('a wiped key does not agree, and what random returned is not touched', () => {
  for (const name of provider.groups) {
    const exchange = provider.keyExchange(name);
    const given: Uint8Array[] = [];
    const source = seeded(name);
    const keep: Random = (length) => {
      const bytes = source(length);
      given.push(bytes);
      return bytes;
    };
    const key = exchange.generate(keep);
    const server = exchange.respond(key.share, keep);
    key.wipe();
    assert.throws(() => key.agree(server.share), TlsUsageError);
    assert.ok(given.every((bytes) => bytes.some((byte) => byte !== 0)));
  }
});

test('a group that the provider does not have is a usage error', () => {
  assert.throws(() => provider.keyExchange('ffdhe2048' as GroupName), TlsUsageError);
});
