/**
 * A handshake for every group, suite and kind of key, those that are used only when listed by name included.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEY_KINDS } from '../../src/certs/issue.ts';
import { defineClientConfig, defineServerConfig } from '../../src/connection/config.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { CryptoProvider, KeyExchange } from '../../src/crypto/provider.ts';
import { CIPHER_SUITES, NAMED_GROUPS } from '../../src/params/algorithms.ts';
import { connectedPair, credential, dataOf, failureOf, type Pair, trust } from './pair.ts';

const GROUPS = NAMED_GROUPS.map(({ name }) => name);

test('what is offered by default', () => {
  for (const config of [defineClientConfig({ trust }), defineServerConfig({ credentials: [credential()] })]) {
    assert.deepEqual(
      config.groups.map(({ name }) => name),
      ['X25519MLKEM768', 'x25519', 'secp256r1', 'secp384r1', 'secp521r1'],
    );
    assert.deepEqual(config.cipherSuites.map(({ name }) => name).sort(), [
      'TLS_AES_128_GCM_SHA256',
      'TLS_AES_256_GCM_SHA384',
      'TLS_CHACHA20_POLY1305_SHA256',
    ]);
    assert.ok(config.signatureSchemes.some(({ name }) => name === 'ed448'));
  }
});

for (const group of NAMED_GROUPS) {
  test(`${group.name}: a handshake with its share at once, and after a HelloRetryRequest`, () => {
    for (const client of [
      { groups: [group.name] },
      { groups: [group.name, group.name === 'secp521r1' ? 'x25519' : 'secp521r1'], keyShares: [] },
    ] as const) {
      const pair = connectedPair(client, { groups: [group.name] });
      assert.equal(failureOf(pair.client), null);
      assert.equal(pair.client.connection.info?.group, group.name);
      assert.equal(pair.server.connection.info?.group, group.name);
      assertEcho(pair);
    }
  });

  test(`${group.name}: a share that is a byte short is refused by either side with illegal_parameter`, () => {
    const cut: CryptoProvider = { ...nobleProvider, keyExchange: (name) => cutting(nobleProvider.keyExchange(name)) };
    const bySmallServer = connectedPair({ groups: [group.name] }, { groups: [group.name], crypto: cut });
    assertRefused(bySmallServer, 'client');
    const bySmallClient = connectedPair({ groups: [group.name], crypto: cut }, { groups: [group.name] });
    assertRefused(bySmallClient, 'server');
  });
}

test('x448: a share whose secret is zero is refused by either side with illegal_parameter', () => {
  const zero: CryptoProvider = {
    ...nobleProvider,
    keyExchange: (name) => sharing(nobleProvider.keyExchange(name), () => new Uint8Array(56)),
  };
  const groups = ['x448'] as const;
  assertRefused(connectedPair({ groups }, { groups, crypto: zero }), 'client', 'ERR_TLS_WEAK_SHARED_SECRET');
  assertRefused(connectedPair({ groups, crypto: zero }, { groups }), 'server', 'ERR_TLS_WEAK_SHARED_SECRET');
});

test('a server prefers any hybrid, with the share that is here over one that it would have to ask for', () => {
  const chosen = (groups: typeof GROUPS, keyShares: typeof GROUPS) => {
    const pair = connectedPair({ groups, keyShares }, { groups: GROUPS });
    assert.equal(failureOf(pair.client), null);
    return pair.server.connection.info?.group;
  };
  assert.equal(chosen(['x25519', 'SecP256r1MLKEM768'], ['x25519']), 'SecP256r1MLKEM768');
  assert.equal(chosen(GROUPS, ['SecP384r1MLKEM1024']), 'SecP384r1MLKEM1024');
  assert.equal(chosen(GROUPS, ['x448']), 'X25519MLKEM768');
  assert.equal(chosen(['x25519', 'x448'], ['x448']), 'x448');
});

for (const { name, byDefault } of CIPHER_SUITES) {
  test(`${name}: data of every length both ways, key updates included`, () => {
    const pair = connectedPair({ cipherSuites: [name] }, { cipherSuites: [name] });
    assert.equal(failureOf(pair.client), null);
    assert.equal(pair.client.connection.info?.cipherSuite, name);
    for (const length of [0, 1, 15, 16, 17, 16_383, 16_384, 16_385]) assertEcho(pair, length);
    pair.took(pair.client, pair.client.connection.updateKeys({ requestPeer: true }));
    pair.settle();
    assertEcho(pair);
    // A record cut short anywhere, its tag included, ends the connection.
    const step = pair.client.connection.write(Uint8Array.of(1, 2, 3));
    const record = step.transmit.slice();
    record[record.length - 1] = (record[record.length - 1] ?? 0) ^ 1;
    pair.took(pair.server, pair.server.connection.receive(record));
    assert.equal(failureOf(pair.server)?.code, 'ERR_TLS_BAD_RECORD');
  });

  test(`${name}: ${byDefault ? 'a default config takes it' : 'a default config does not take it'}`, () => {
    const pair = connectedPair({ cipherSuites: [name] });
    assert.equal(failureOf(pair.server)?.code ?? null, byDefault ? null : 'ERR_TLS_NO_SHARED_CIPHER_SUITE');
  });
}

for (const kind of KEY_KINDS) {
  test(`${kind}: authenticates a server, and a client`, () => {
    const server = credential({ kind });
    const client = credential({ kind, names: ['client.test'], purposes: ['clientAuth'] });
    const pair = connectedPair({ credentials: [client] }, { credentials: [server], clientAuth: 'require' });
    assert.equal(failureOf(pair.client), null);
    assert.equal(failureOf(pair.server), null);
    assert.equal(pair.client.connection.phase, 'open');
    assert.equal(pair.server.connection.phase, 'open');
    if (kind === 'ed448') assert.equal(pair.client.connection.info?.signatureScheme, 'ed448');
  });
}

function assertEcho(pair: Pair, length = 1000): void {
  const data = new Uint8Array(length).map((_, i) => i);
  for (const [from, to] of [
    [pair.client, pair.server],
    [pair.server, pair.client],
  ] as const) {
    const before = dataOf(to).length;
    pair.took(from, from.connection.write(data));
    pair.settle();
    assert.deepEqual(dataOf(to).subarray(before), data);
  }
}

function assertRefused(pair: Pair, by: 'client' | 'server', code = 'ERR_TLS_BAD_KEY_SHARE'): void {
  const error = failureOf(pair[by]);
  assert.equal(error?.code, code);
  assert.equal(error.alert, 'illegal_parameter');
}

function cutting(exchange: KeyExchange): KeyExchange {
  return sharing(exchange, (share) => share.subarray(0, -1));
}

/** The same exchange with other shares sent. */
function sharing(exchange: KeyExchange, change: (share: Uint8Array) => Uint8Array): KeyExchange {
  return {
    generate(random) {
      const key = exchange.generate(random);
      return { share: change(key.share), agree: (peer) => key.agree(peer), wipe: () => key.wipe() };
    },
    respond(clientShare, random) {
      const { share, secret } = exchange.respond(clientShare, random);
      return { share: change(share), secret };
    },
  };
}
