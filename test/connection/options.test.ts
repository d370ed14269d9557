import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCredential } from '../../src/certs/credential.ts';
import { acceptPeer } from '../../src/certs/verifier.ts';
import type { PeerIdentity } from '../../src/handshake/shared/config.ts';
import { isGrease } from '../../src/params/registries.ts';
import { readClientHelloExtensions } from '../../src/wire/extension-table.ts';
import { decodeHandshake } from '../../src/wire/message.ts';
import type { ClientHello } from '../../src/wire/messages.ts';
import { bytesOf, connectedPair, credential, dataOf, type End, failureOf, makePair, seededRandom } from './pair.ts';

function helloOf(end: End): ClientHello {
  const bytes = bytesOf(end);
  const length = ((bytes[3] ?? 0) << 8) | (bytes[4] ?? 0);
  const hello = decodeHandshake(bytes.subarray(5, 5 + length));
  assert.ok(hello.type === 'client_hello');
  return hello;
}

/** The lengths of the protected records in a stream. */
function recordLengths(bytes: Uint8Array): readonly number[] {
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    if (bytes[at] === 23) lengths.push(length);
    at += 5 + length;
  }
  return lengths;
}

/** Content type and tag. */
const OVERHEAD = 17;

test('record_size_limit holds in each direction for what its sender takes', () => {
  const pair = connectedPair({ recordSizeLimit: 300 }, { recordSizeLimit: 200 });
  assert.equal(failureOf(pair.client), null);
  pair.took(pair.client, pair.client.connection.write(new Uint8Array(2000)));
  pair.took(pair.server, pair.server.connection.write(new Uint8Array(2000)));
  pair.settle();
  assert.equal(dataOf(pair.client).length, 2000);
  assert.equal(dataOf(pair.server).length, 2000);
  // The limit counts the content type, so that the tag comes on top of it.
  assert.equal(Math.max(...recordLengths(bytesOf(pair.server))), 300 + OVERHEAD - 1);
  assert.equal(Math.max(...recordLengths(bytesOf(pair.client))), 200 + OVERHEAD - 1);
});

test('max_fragment_length holds both ways', () => {
  const pair = connectedPair({ maxFragmentLength: 512 });
  assert.equal(failureOf(pair.client), null);
  pair.took(pair.client, pair.client.connection.write(new Uint8Array(2000)));
  pair.took(pair.server, pair.server.connection.write(new Uint8Array(2000)));
  pair.settle();
  assert.equal(dataOf(pair.client).length, 2000);
  for (const end of [pair.client, pair.server]) {
    assert.equal(Math.max(...recordLengths(bytesOf(end))), 512 + OVERHEAD);
  }
});

test('record_size_limit goes before max_fragment_length', () => {
  const pair = connectedPair({ maxFragmentLength: 512, recordSizeLimit: 1000 });
  assert.equal(failureOf(pair.client), null);
  pair.took(pair.server, pair.server.connection.write(new Uint8Array(3000)));
  assert.equal(Math.max(...recordLengths(bytesOf(pair.server))), 1000 + OVERHEAD - 1);
});

test('a stapled OCSP response and SCTs are sent where they are asked for, and handed to the verifier', () => {
  const own = credential();
  const ocspResponse = new TextEncoder().encode('an OCSP response');
  const timestamp = Uint8Array.of(1, 2, 3);
  assert.ok(own.key !== null);
  const stapled = createCredential({
    certificates: own.chain,
    key: own.key,
    ocspResponse,
    signedCertificateTimestamps: [timestamp],
  });
  for (const asks of [true, false]) {
    const seen: PeerIdentity[] = [];
    const verifyPeer = (peer: PeerIdentity): ReturnType<typeof acceptPeer> => {
      seen.push(peer);
      return acceptPeer('seen');
    };
    const pair = connectedPair(
      { requestStatus: asks, requestTimestamps: asks, decide: { verifyPeer } },
      { credentials: [stapled] },
    );
    assert.equal(failureOf(pair.client), null);
    assert.deepEqual(seen[0]?.ocspResponse, asks ? ocspResponse : null);
    assert.deepEqual(seen[0]?.signedCertificateTimestamps, asks ? [timestamp] : []);
  }
});

test('a ClientHello is padded to the length asked for', () => {
  const pair = makePair({ helloLength: 2048 });
  pair.took(pair.client, pair.client.connection.start());
  assert.equal(bytesOf(pair.client).length, 5 + 2048);
  pair.settle();
  assert.equal(pair.client.connection.phase, 'open');
});

test('GREASE values are offered where code points are, and differ with the random source', () => {
  const hellos = ['a', 'b', 'c', 'd'].map((seed) => {
    const pair = makePair({ random: seededRandom(seed) });
    pair.took(pair.client, pair.client.connection.start());
    pair.settle();
    assert.equal(failureOf(pair.client), null);
    return helloOf(pair.client);
  });
  for (const hello of hellos) {
    const extensions = readClientHelloExtensions(hello.extensions);
    assert.equal(hello.cipherSuites.filter(isGrease).length, 1);
    assert.equal(extensions.supportedGroups?.filter(isGrease).length, 1);
    assert.equal(extensions.supportedVersions?.filter(isGrease).length, 1);
    assert.equal(extensions.keyShare?.filter(({ group }) => isGrease(group)).length, 1);
    const types = (hello.extensions ?? []).map(({ type }) => type).filter(isGrease);
    assert.equal(new Set(types).size, 2);
  }
  const orders = hellos.map(({ extensions }) =>
    (extensions ?? [])
      .map(({ type }) => type)
      .filter((type) => !isGrease(type))
      .join(),
  );
  assert.ok(new Set(orders).size > 1, 'the order of extensions differs');
  const plain = makePair({ grease: false, permuteExtensions: false });
  plain.took(plain.client, plain.client.connection.start());
  assert.equal(helloOf(plain.client).cipherSuites.filter(isGrease).length, 0);
});

test('GREASE survives a HelloRetryRequest', () => {
  for (const options of [{ cookie: true }, { groups: ['secp521r1'] as const }]) {
    const pair = connectedPair({}, options);
    assert.equal(failureOf(pair.server), null);
    assert.equal(pair.client.connection.info?.helloRetryRequest, true);
  }
});

test('a client shows no certificate that fails the oid_filters of the server', () => {
  // extendedKeyUsage: serverAuth.
  const oid = Uint8Array.of(0x06, 3, 0x55, 0x1d, 0x25);
  const purpose = (last: number): Uint8Array => Uint8Array.of(0x30, 10, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, last);
  const credentials = [credential({ names: ['me'], purposes: ['clientAuth'] })];
  for (const [last, shown] of [
    [1, 0],
    [2, 1],
  ] as const) {
    const pair = connectedPair(
      { credentials },
      { clientAuth: 'request', oidFilters: [{ oid, values: purpose(last) }] },
    );
    assert.equal(failureOf(pair.server), null);
    assert.equal(pair.server.connection.info?.peerCertificates.length, shown);
  }
});

test('oid_filters with an OID twice are refused before they are sent', () => {
  const filter = { oid: Uint8Array.of(0x06, 3, 0x55, 0x1d, 0x25), values: Uint8Array.of(0x30, 0) };
  const other = { ...filter, oid: Uint8Array.of(0x06, 3, 0x55, 0x1d, 0x0f) };
  assert.doesNotThrow(() => makePair({}, { oidFilters: [filter, other] }));
  assert.throws(() => makePair({}, { oidFilters: [filter, other, { ...filter }] }), { code: 'ERR_CONFIG' });
});

test('signature_algorithms_cert and certificate_authorities reach the server', () => {
  const authorities = [Uint8Array.of(0x30, 0)];
  const pair = connectedPair({ authorities, certificateSchemes: ['ed25519'] });
  const extensions = readClientHelloExtensions(helloOf(pair.client).extensions);
  assert.deepEqual(extensions.signatureAlgorithmsCert, [0x0807]);
  assert.deepEqual(extensions.certificateAuthorities, authorities);
  assert.equal(failureOf(pair.client), null);
});
