import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { toHex } from '../vectors/load.ts';
import { scripted, seeded } from './randomness.ts';
import { changed, refused, X25519_LOW_ORDER } from './shares.ts';

test('X25519MLKEM768: either part makes the share bad', () => {
  const { generate, respond } = nobleProvider.keyExchange('X25519MLKEM768');
  const client = generate(seeded('client'));
  const server = respond(client.share, seeded('server'));

  for (const [label, share] of Object.entries({
    empty: new Uint8Array(0),
    'one byte short': client.share.subarray(0, -1),
    'one byte long': Uint8Array.of(...client.share, 0),
    'the ML-KEM part alone': client.share.subarray(0, 1184),
    'the X25519 part alone': client.share.subarray(1184),
    "a server's share": server.share,
    // FIPS 203 §7.2: the first coefficient becomes 0xfff, above the modulus 3329.
    'a coefficient above the modulus': changed(changed(client.share, 0, 255), 1, (client.share[1] ?? 0) | 0x0f),
    // The last coefficient of the third vector becomes exactly 3329 = 0xd01.
    'a coefficient equal to the modulus': changed(
      changed(client.share, 1151, 0xd0),
      1150,
      ((client.share[1150] ?? 0) & 0x0f) | 0x10,
    ),
  }))
    refused('ERR_TLS_BAD_KEY_SHARE', () => respond(share, seeded('server')), `respond: ${label}`);

  for (const [label, share] of Object.entries({
    empty: new Uint8Array(0),
    'one byte short': server.share.subarray(0, -1),
    'one byte long': Uint8Array.of(...server.share, 0),
    "a client's share": client.share,
  }))
    refused('ERR_TLS_BAD_KEY_SHARE', () => client.agree(share), `agree: ${label}`);

  for (const [label, point] of Object.entries(X25519_LOW_ORDER)) {
    const toServer = Uint8Array.of(...client.share.subarray(0, 1184), ...point);
    refused('ERR_TLS_WEAK_SHARED_SECRET', () => respond(toServer, seeded('server')), label);
    const toClient = Uint8Array.of(...server.share.subarray(0, 1088), ...point);
    refused('ERR_TLS_WEAK_SHARED_SECRET', () => client.agree(toClient), label);
  }
});

// FIPS 203 §6.3: implicit rejection. The two sides then differ, and Finished fails.
test('X25519MLKEM768: a changed ciphertext gives another secret and no error', () => {
  const { generate, respond } = nobleProvider.keyExchange('X25519MLKEM768');
  const client = generate(seeded('client'));
  const { share, secret } = respond(client.share, seeded('server'));
  const other = client.agree(changed(share, 7, (share[7] ?? 0) ^ 1));
  assert.notEqual(toHex(other.subarray(0, 32)), toHex(secret.subarray(0, 32)));
  assert.equal(toHex(other.subarray(32)), toHex(secret.subarray(32)));
});

test('the secret of X25519MLKEM768 is that of ML-KEM, then that of X25519', () => {
  const seed = seeded('kem')(64);
  const a = seeded('a')(32);
  const b = seeded('b')(32);
  const hybrid = nobleProvider.keyExchange('X25519MLKEM768');
  const x25519 = nobleProvider.keyExchange('x25519');
  const client = hybrid.generate(scripted(seed, a));
  const server = hybrid.respond(client.share, scripted(seeded('m')(32), b));
  const alone = x25519.generate(scripted(a));
  assert.equal(toHex(client.share.subarray(1184)), toHex(alone.share));
  assert.equal(toHex(server.share.subarray(1088)), toHex(x25519.generate(scripted(b)).share));
  assert.equal(toHex(server.secret.subarray(32)), toHex(alone.agree(server.share.subarray(1088))));
});

for (const [name, curve, kemShare, ciphertext] of [
  ['SecP256r1MLKEM768', 'secp256r1', 1184, 1088],
  ['SecP384r1MLKEM1024', 'secp384r1', 1568, 1568],
] as const) {
  const { generate, respond } = nobleProvider.keyExchange(name);
  const seed = seeded('kem')(64);
  const message = seeded('m')(32);

  // draft-ietf-tls-ecdhe-mlkem §4.1 to §4.3: in shares and secret the ECDHE part comes first.
  test(`${name}: the parts stand in the order of the draft`, () => {
    const kem = name === 'SecP256r1MLKEM768' ? ml_kem768 : ml_kem1024;
    const ecdh = nobleProvider.keyExchange(curve);
    const [a, b] = [seeded('a'), seeded('b')].map((random) => random(curve === 'secp256r1' ? 32 : 48));
    assert.ok(a !== undefined && b !== undefined);
    const client = generate(scripted(seed, a));
    const server = respond(client.share, scripted(message, b));

    const [keyA, keyB] = [ecdh.generate(scripted(a)), ecdh.generate(scripted(b))];
    const { publicKey } = kem.keygen(seed);
    const { cipherText, sharedSecret } = kem.encapsulate(publicKey, message);
    assert.equal(publicKey.length, kemShare);
    assert.equal(cipherText.length, ciphertext);
    assert.equal(toHex(client.share), toHex(keyA.share) + toHex(publicKey));
    assert.equal(toHex(server.share), toHex(keyB.share) + toHex(cipherText));
    assert.equal(toHex(server.secret), toHex(keyA.agree(keyB.share)) + toHex(sharedSecret));
    assert.equal(toHex(client.agree(server.share)), toHex(server.secret));
  });

  test(`${name}: either part makes the share bad`, () => {
    const client = generate(seeded('client'));
    const server = respond(client.share, seeded('server'));
    const point = client.share.length - kemShare;
    const lastByte = (share: Uint8Array) => (share[point - 1] ?? 0) ^ 1;
    const parts = (share: Uint8Array): Readonly<Record<string, Uint8Array>> => ({
      empty: new Uint8Array(0),
      'one byte short': share.subarray(0, -1),
      'one byte long': Uint8Array.of(...share, 0),
      'the ECDHE part alone': share.subarray(0, point),
      'the ML-KEM part alone': share.subarray(point),
      'ML-KEM first': Uint8Array.of(...share.subarray(point), ...share.subarray(0, point)),
      'a point off the curve': changed(share, point - 1, lastByte(share)),
      'a compressed form': changed(share, 0, 2),
      infinity: Uint8Array.of(...new Uint8Array(point), ...share.subarray(point)),
    });

    for (const [label, share] of Object.entries({
      ...parts(client.share),
      // FIPS 203 §7.2: the first coefficient becomes 0xfff, above the modulus 3329.
      'a coefficient above the modulus': changed(
        changed(client.share, point, 255),
        point + 1,
        (client.share[point + 1] ?? 0) | 0x0f,
      ),
    }))
      refused('ERR_TLS_BAD_KEY_SHARE', () => respond(share, seeded('server')), `respond: ${label}`);
    for (const [label, share] of Object.entries(parts(server.share)))
      refused('ERR_TLS_BAD_KEY_SHARE', () => client.agree(share), `agree: ${label}`);
  });

  // FIPS 203 §6.3: implicit rejection, as in the other hybrid.
  test(`${name}: a changed ciphertext gives another secret and no error`, () => {
    const client = generate(seeded('client'));
    const { share, secret } = respond(client.share, seeded('server'));
    const last = share.length - 1;
    const other = client.agree(changed(share, last, (share[last] ?? 0) ^ 1));
    assert.notEqual(toHex(other.subarray(-32)), toHex(secret.subarray(-32)));
    assert.equal(toHex(other.subarray(0, -32)), toHex(secret.subarray(0, -32)));
  });
}
