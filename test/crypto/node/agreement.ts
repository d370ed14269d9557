/**
 * Compares the provider on node:crypto with noble's, in whatever runtime this file is run by: one line of JSON with how many
 * comparisons there were and which failed.
 *
 * @module
 */
import { nobleProvider as noble } from '../../../src/crypto/noble/provider.ts';
import { nodeProvider as node } from '../../../src/crypto/node/provider.ts';
import type { PrivateKey, PublicKey, Random } from '../../../src/crypto/provider.ts';
import {
  AEAD_PARAMETERS,
  type AeadName,
  type CurveName,
  HASH_LENGTH,
  type HashName,
  type SignatureAlgorithm,
} from '../../../src/params/algorithms.ts';
import { nodeRsaPair } from '../node-keys.ts';

/** Made here: OpenSSL's and BoringSSL's shapes are both tried. */
const { key: RSA_KEY } = nodeRsaPair(2048);
const failures: string[] = [];
let comparisons = 0;

for (const hash of Object.keys(HASH_LENGTH) as HashName[]) {
  compare(`hash ${hash}`, (provider, random) => {
    const state = provider.hash(hash);
    state.update(random(100));
    const copy = state.clone();
    state.update(random(10));
    return [state.digest(), copy.digest()];
  });
  compare(`hmac ${hash}`, (provider, random) => [provider.hmac(hash, random(20), random(100), random(3))]);
}

for (const name of Object.keys(AEAD_PARAMETERS) as AeadName[]) {
  const { keyLength, tagLength } = AEAD_PARAMETERS[name];
  compare(name, (provider, random) => {
    const context = provider.aead(name, random(keyLength));
    // Short ones often enough for the provider to change to a context of our own, and long ones.
    return Array.from({ length: 24 }, (_, i) => {
      const length = i % 3 === 0 ? 3000 : i;
      const [nonce, aad, text] = [random(12), random(5), random(length)];
      const out = new Uint8Array(length + 1 + tagLength);
      context.seal(nonce, aad, text, Uint8Array.of(23), out, 0);
      const opened = new Uint8Array(length + 1);
      check(`${name} opens`, context.open(nonce, aad, out, opened, 0) && same(opened.subarray(0, length), text));
      const forged = out.slice();
      forged[0] = (forged[0] as number) ^ 1;
      check(`${name} refuses`, !context.open(nonce, aad, forged, opened, 0));
      return out;
    });
  });
}

for (const name of ['aes-128-cbc', 'aes-256-cbc'] as const) {
  compare(name, (provider, random) => {
    const context = provider.cbc(name, random(name === 'aes-128-cbc' ? 16 : 32));
    const [iv, out] = [random(16), new Uint8Array(64)];
    context.encrypt(iv, random(64), out, 0);
    const back = new Uint8Array(64);
    context.decrypt(iv, out, back, 0);
    return [out, back];
  });
}

for (const group of node.groups) {
  for (const [client, server] of [
    [node, noble],
    [noble, node],
  ] as const) {
    // OpenSSL's own keys too, where the source of chance is the platform's.
    for (const random of [numbers(), Object.assign(numbers(), { platform: true as const })]) {
      attempt(`${group}, ${client.name} as client${random.platform ? ", the platform's chance" : ''}`, () => {
        const key = client.keyExchange(group).generate(random);
        const { share, secret } = server.keyExchange(group).respond(key.share, random);
        return same(key.agree(share), secret);
      });
    }
  }
}

const SIGNATURES: readonly (readonly [SignatureAlgorithm, PrivateKey])[] = [
  [{ kind: 'ed25519' }, { kind: 'ed25519', seed: numbers()(32) }],
  [{ kind: 'ed448' }, { kind: 'ed448', seed: numbers()(57) }],
  [{ kind: 'ecdsa', hash: 'sha256' }, ec('secp256r1', 32)],
  [{ kind: 'ecdsa', hash: 'sha384' }, ec('secp384r1', 48)],
  [{ kind: 'ecdsa', hash: 'sha512' }, ec('secp521r1', 66)],
  [{ kind: 'rsa-pss', hash: 'sha256', saltLength: 32 }, RSA_KEY],
  [{ kind: 'rsa-pss', hash: 'sha512', saltLength: 64 }, RSA_KEY],
  [{ kind: 'rsa-pkcs1', hash: 'sha384' }, RSA_KEY],
];
for (const [algorithm, key] of SIGNATURES) {
  for (const [signer, verifier] of [
    [node, noble],
    [noble, node],
    [node, node],
  ] as const) {
    attempt(`${JSON.stringify(algorithm)}, signed by ${signer.name}`, () => {
      const random = numbers();
      const content = random(50);
      const signature = signer.sign(algorithm, key, content, random);
      const publicKey = verifier.publicKey(key);
      const right = verifier.verify(algorithm, publicKey, content, signature);
      signature[9] = (signature[9] as number) ^ 1;
      return right && !verifier.verify(algorithm, publicKey, content, signature);
    });
  }
}

attempt('RSA encryption', () => {
  const random = numbers();
  const message = random(48);
  const ciphertext = node.rsaEncrypt(node.publicKey(RSA_KEY) as Extract<PublicKey, { kind: 'rsa' }>, message, random);
  const decrypted = node.rsaDecryptRaw(RSA_KEY, ciphertext, random);
  return same(decrypted, noble.rsaDecryptRaw(RSA_KEY, ciphertext, random)) && same(decrypted.subarray(-48), message);
});

console.log(JSON.stringify({ comparisons, failures }));

/** The same work, with the same random bytes, gives the same bytes with both providers. */
function compare(title: string, work: (provider: typeof node, random: Random) => readonly Uint8Array[]): void {
  attempt(title, () => {
    const [ours, theirs] = [work(node, numbers()), work(noble, numbers())];
    return ours.length === theirs.length && ours.every((bytes, i) => same(bytes, theirs[i] ?? new Uint8Array(0)));
  });
}

function attempt(title: string, work: () => boolean): void {
  try {
    check(title, work());
  } catch (error) {
    check(`${title}: ${String(error)}`, false);
  }
}

function check(title: string, right: boolean): void {
  comparisons++;
  if (!right) failures.push(title);
}

function ec(curve: CurveName, length: number): PrivateKey {
  const scalar = numbers()(length);
  scalar[0] = 0;
  return { kind: 'ec', curve, scalar };
}

/** The same bytes in every runtime. */
function numbers(): Random {
  let state = 1;
  return (length) =>
    new Uint8Array(length).map(() => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
      return state >>> 16;
    });
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
