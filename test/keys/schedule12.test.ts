import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { TlsUsageError } from '../../src/errors/errors.ts';
import {
  computeVerifyData12,
  deriveExtendedMasterSecret,
  deriveKeyBlock,
  deriveMasterSecret,
  exportKeyingMaterial12,
  prf12,
  type RecordKeys12,
} from '../../src/keys/schedule12.ts';
import { byName, CIPHER_SUITES_12, type CipherSuite12 } from '../../src/params/algorithms.ts';
import { provider as crypto } from '../provider.ts';
import { fromHex, loadKdf12Tests, toHex } from '../vectors/load.ts';

const suite = (name: CipherSuite12['name']): CipherSuite12 => byName(CIPHER_SUITES_12, name) ?? assert.fail(name);
const bytes = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

test('NIST ACVP: extended main secret and key block of every test', (t) => {
  const { tests } = loadKdf12Tests();
  assert.equal(tests.length, 17);
  for (const one of tests) {
    const what = `set ${one.set} test ${one.id}`;
    const master = deriveExtendedMasterSecret(crypto, one.hash, fromHex(one.premaster), fromHex(one.sessionHash));
    assert.equal(toHex(master), one.master, what);
    const seed = fromHex(one.serverRandom + one.clientRandom);
    const keyBlock = prf12(crypto, one.hash, master, 'key expansion', seed, one.keyBlock.length / 2);
    assert.equal(toHex(keyBlock), one.keyBlock, what);
    if (one.hash === 'sha512') continue;
    for (const split of CIPHER_SUITES_12.filter(({ hash }) => hash === one.hash)) {
      const keys = deriveKeyBlock(crypto, split, master, fromHex(one.clientRandom), fromHex(one.serverRandom));
      const joined = ordered(keys);
      const common = Math.min(joined.length, one.keyBlock.length);
      assert.equal(joined.slice(0, common), one.keyBlock.slice(0, common), `${what} ${split.name}`);
    }
  }
  t.diagnostic(`tls12-kdf: ${tests.length} tests of NIST`);
});

test('the PRF vectors of the TLS list', (t) => {
  const { prf } = loadKdf12Tests();
  for (const { hash, secret, label, seed, output } of prf) {
    // No suite has SHA-224: the expansion is ours, the HMAC is not.
    const provider: CryptoProvider = {
      ...crypto,
      hmac: (_hash, key, ...data) => createHmac('sha224', key).update(Buffer.concat(data)).digest(),
    };
    const [used, name] = hash === 'sha224' ? ([provider, 'sha256'] as const) : ([crypto, hash] as const);
    const expanded = prf12(used, name, fromHex(secret), label, fromHex(seed), output.length / 2);
    assert.equal(toHex(expanded), output, hash);
  }
  assert.equal(prf.length, 4);
  t.diagnostic(`tls12-prf: ${prf.length} vectors`);
});

test('a shorter output is the beginning of a longer one', () => {
  const long = prf12(crypto, 'sha256', bytes(48, 1), 'label', bytes(32, 2), 200);
  for (const length of [0, 1, 31, 32, 33, 64, 199]) {
    assert.deepEqual(prf12(crypto, 'sha256', bytes(48, 1), 'label', bytes(32, 2), length), long.slice(0, length));
  }
});

test('the key block is cut as each kind of suite needs it', () => {
  const lengths = (name: CipherSuite12['name']): readonly number[] => {
    const { client, server } = deriveKeyBlock(crypto, suite(name), bytes(48, 3), bytes(32, 1), bytes(32, 2));
    const sizes = ({ macKey, key, iv }: RecordKeys12): number[] => [macKey.length, key.length, iv.length];
    assert.deepEqual(sizes(client), sizes(server));
    assert.notDeepEqual(client.key, server.key);
    return sizes(client);
  };
  assert.deepEqual(lengths('TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'), [0, 16, 4]);
  assert.deepEqual(lengths('TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'), [0, 32, 4]);
  assert.deepEqual(lengths('TLS_RSA_WITH_AES_256_CCM_8'), [0, 32, 4]);
  assert.deepEqual(lengths('TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'), [0, 32, 12]);
  assert.deepEqual(lengths('TLS_RSA_WITH_AES_128_CBC_SHA'), [20, 16, 0]);
  assert.deepEqual(lengths('TLS_RSA_WITH_AES_256_CBC_SHA256'), [32, 32, 0]);
  assert.deepEqual(lengths('TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384'), [48, 32, 0]);
});

test('every secret depends on each of its inputs', () => {
  const [a, b, client, server] = [bytes(48, 1), bytes(48, 2), bytes(32, 3), bytes(32, 4)] as const;
  const values = [
    deriveMasterSecret(crypto, 'sha256', a, client, server),
    deriveMasterSecret(crypto, 'sha384', a, client, server),
    deriveMasterSecret(crypto, 'sha256', b, client, server),
    deriveMasterSecret(crypto, 'sha256', a, server, client),
    deriveExtendedMasterSecret(crypto, 'sha256', a, client),
    computeVerifyData12(crypto, 'sha256', a, 'client', client),
    computeVerifyData12(crypto, 'sha256', a, 'server', client),
    computeVerifyData12(crypto, 'sha256', a, 'client', server),
  ];
  assert.equal(new Set(values.map(toHex)).size, values.length);
  assert.deepEqual(
    values.map(({ length }) => length),
    [48, 48, 48, 48, 48, 12, 12, 12],
  );
});

test('exports: no context and an empty one differ, and the length of a context counts', () => {
  const exported = (label: string, context: Uint8Array | null, length = 32): string =>
    toHex(exportKeyingMaterial12(crypto, 'sha256', bytes(48, 1), bytes(32, 2), bytes(32, 3), label, context, length));
  const all = [
    exported('EXPERIMENTAL one', null),
    exported('EXPERIMENTAL one', bytes(0, 0)),
    exported('EXPERIMENTAL one', bytes(1, 0)),
    exported('EXPERIMENTAL one', bytes(300, 0)),
    exported('EXPERIMENTAL two', null),
  ];
  assert.equal(new Set(all).size, all.length);
  // RFC 5705 §4: the randoms, client first, then length and context.
  const seed = Buffer.concat([bytes(32, 2), bytes(32, 3), Uint8Array.of(0x01, 0x2c), bytes(300, 0)]);
  assert.equal(all[3], toHex(prf12(crypto, 'sha256', bytes(48, 1), 'EXPERIMENTAL one', seed, 32)));
  assert.equal(exported('EXPERIMENTAL one', null, 5), all[0]?.slice(0, 10));
});

test('exports that cannot be are refused', () => {
  const exporting =
    (label: string, context: Uint8Array | null = null, length = 32) =>
    (): Uint8Array =>
      exportKeyingMaterial12(crypto, 'sha256', bytes(48, 1), bytes(32, 2), bytes(32, 3), label, context, length);
  const own = ['master secret', 'extended master secret', 'key expansion', 'client finished', 'server finished'];
  for (const label of [...own, '', 'é', 'a\0b']) assert.throws(exporting(label), TlsUsageError, label);
  assert.throws(exporting('EXPERIMENTAL', bytes(65_536, 0)), TlsUsageError);
  assert.doesNotThrow(exporting('EXPERIMENTAL', bytes(65_535, 0)));
  for (const length of [-1, 1.5, 65_536, Number.NaN])
    assert.throws(exporting('EXPERIMENTAL', null, length), TlsUsageError);
});

/** The key block that these keys were cut from. */
function ordered({ client, server }: { readonly client: RecordKeys12; readonly server: RecordKeys12 }): string {
  return [client.macKey, server.macKey, client.key, server.key, client.iv, server.iv].map(toHex).join('');
}
