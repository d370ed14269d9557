import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ml_kem768, ml_kem1024 } from '@noble/post-quantum/ml-kem.js';
import { provider } from '../provider.ts';
import { fromHex, toHex } from '../vectors/load.ts';
import { scripted, seeded } from './randomness.ts';
import { changed, refused, X25519_LOW_ORDER } from './shares.ts';

test('X25519MLKEM768: either part makes the share bad', () => {
  const { generate, respond } = provider.keyExchange('X25519MLKEM768');
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
  const { generate, respond } = provider.keyExchange('X25519MLKEM768');
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
  const hybrid = provider.keyExchange('X25519MLKEM768');
  const x25519 = provider.keyExchange('x25519');
  const client = hybrid.generate(scripted(seed, a));
  const server = hybrid.respond(client.share, scripted(seeded('m')(32), b));
  const alone = x25519.generate(scripted(a));
  assert.equal(toHex(client.share.subarray(1184)), toHex(alone.share));
  assert.equal(toHex(server.share.subarray(1088)), toHex(x25519.generate(scripted(b)).share));
  assert.equal(toHex(server.secret.subarray(32)), toHex(alone.agree(server.share.subarray(1088))));
});

// Made with Go 1.26.8, crypto/mlkem and crypto/mlkem/mlkemtest, since Wycheproof's set here has no ML-KEM-1024. Key and
// ciphertext are given by their SHA-256; `rejected` is the secret of the ciphertext with the lowest bit of its first byte changed.
const GO_ML_KEM_1024 = [
  {
    seed: '026aa6d24bbc569af207191d1f29cc7effcf8ac89b8f5a6b0c8a34e5ad819d35f235e7849f639cec12d9016ff25cf9d2856180a56ce938707aabd1f76e1fe7d2',
    message: 'c0c6f1cd60bee8c5610f67d57b9203eb0c16ebb083bfb0f98eec9fda248f905a',
    encapsulationKey: '73085f6cd71af6e0336312a96e1bf2f425bfe97dab839dffe5f3003ff8cf223d',
    ciphertext: '87b27bebc9ca4ba553762718428cc99549e755ce169236666a86f66a4047e139',
    secret: 'd1fd01fcd2f804f3ad0c4aa4b06fd4c56eb0256f1c69fc1ed18c2f774237159f',
    rejected: '70d7f41512a9e558a14d9fa7b9d92564870441bf008c6220f88f3bc97b960f6c',
  },
  {
    seed: 'd857f2cc5f35c5f1df9bd26b447c49b753d94b9f16ed4a611145c581a8ba266450dd70cc80e1280c20ec0309fc1a7a93f4ca1edb0e9303e4db49292381740cce',
    message: '720b4286a45763b57115947b7ee73484ad5c45526730b248b1f6668db574d052',
    encapsulationKey: '1b17a4d7f1ffc592a301b7a4c43a12b7e21b1ed83493d00242a33a0342d3f429',
    ciphertext: '57c13dec38271f6505db80185e044afad0a91691915b1af42f55ba56b440dd5f',
    secret: 'a5eb4b68a6e2c173410a691d967e8f15bb2ac5243329a149bec2048523ed2125',
    rejected: '78ed7b10c1c94cee74d0803b1821cbfc41101aa7d91bca9a466e8138ee46ff37',
  },
  {
    seed: 'b348bcebd791bfad57b6b4eb70863eb31dcd5d4061a47e5456823e3d98a714550fafb17f3c80048a912b94baf23cbf2aa7d91748b845cc15b2873e7617efc0bb',
    message: 'e469ed04f83227ba1380002dd5e7c99a9678391496034b778c3861bcb0fd1c5e',
    encapsulationKey: '3fe5dc9baae8cba1388b7132c42b78f66957b94de28dd5a0cc2bfa3236350fdb',
    ciphertext: '4dca7c01a6a82fc9cb278e7de8e4ed68a1075402ed2e7c3602270c9a7854bf96',
    secret: '64ec1fe3440adc3659bb5b1e48873dcfccfbf0dfc7d517aa46f5010a7788b6d6',
    rejected: 'cf8bd3751ad71609ac60621af7af49b3c4b8b27eb651c2372cb9db5ac4b99c4c',
  },
] as const;

test('ML-KEM-1024 in its hybrid agrees with Go', (t) => {
  const { generate, respond } = provider.keyExchange('SecP384r1MLKEM1024');
  const point = 97;
  for (const { seed, message, encapsulationKey, ciphertext, secret, rejected } of GO_ML_KEM_1024) {
    const client = generate(scripted(fromHex(seed), seeded('a')(48)));
    assert.equal(sha256(client.share.subarray(point)), encapsulationKey);
    const server = respond(client.share, scripted(fromHex(message), seeded('b')(48)));
    assert.equal(sha256(server.share.subarray(point)), ciphertext);
    assert.equal(toHex(server.secret.subarray(48)), secret);
    assert.equal(toHex(client.agree(server.share).subarray(48)), secret);
    const damaged = changed(server.share, point, (server.share[point] ?? 0) ^ 1);
    assert.equal(toHex(client.agree(damaged).subarray(48)), rejected);
  }
  t.diagnostic(`ML-KEM-1024: ${GO_ML_KEM_1024.length} keys, ciphertexts and secrets as Go has them`);
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

for (const [name, curve, kemShare, ciphertext] of [
  ['SecP256r1MLKEM768', 'secp256r1', 1184, 1088],
  ['SecP384r1MLKEM1024', 'secp384r1', 1568, 1568],
] as const) {
  const { generate, respond } = provider.keyExchange(name);
  const seed = seeded('kem')(64);
  const message = seeded('m')(32);

  // draft-ietf-tls-ecdhe-mlkem §4.1 to §4.3: in shares and secret the ECDHE part comes first.
  test(`${name}: the parts stand in the order of the draft`, () => {
    const kem = name === 'SecP256r1MLKEM768' ? ml_kem768 : ml_kem1024;
    const ecdh = provider.keyExchange(curve);
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
