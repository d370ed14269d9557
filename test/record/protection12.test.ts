import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsError, TlsUsageError } from '../../src/errors/errors.ts';
import { AEAD_PARAMETERS, CIPHER_SUITES_12, type CipherSuite12 } from '../../src/params/algorithms.ts';
import type { RecordProtection } from '../../src/record/protection.ts';
import { createProtection12 } from '../../src/record/protection12.ts';
import { toHex } from '../vectors/load.ts';
import { aeadRecord, cbcRecord, decryptCbc, keysFor, openAead, suite12 } from './oracle12.ts';
import { headers, seeded, TYPE } from './records.ts';

const AEAD_SUITES = CIPHER_SUITES_12.filter(({ protection }) => protection.kind === 'aead');
const CBC_SUITES = CIPHER_SUITES_12.filter(({ protection }) => protection.kind === 'cbc');
const LENGTHS = [0, 1, 15, 16, 17, 40, 255, 256, 1_000, 16_384];
/** Sequence numbers on both sides of 2^32, and near the end. */
const SEQUENCES = [0, 1, 255, 256, 0xffff_fffe, 0xffff_ffff, 2 ** 32, 2 ** 40 + 7];

const random = (length: number): Uint8Array => new Uint8Array(length).fill(0x42);

function protection(suite: CipherSuite12, sequence = 0, encryptThenMac = false): RecordProtection {
  const recordLimit = Number.MAX_SAFE_INTEGER;
  return createProtection12(nobleProvider, suite, keysFor(suite, suite.code), {
    encryptThenMac,
    random,
    recordLimit,
    sequence,
  });
}

function bytes(length: number, seed: number): Uint8Array {
  const next = seeded(seed);
  return Uint8Array.from({ length }, () => next(256));
}

function sealedBy(from: RecordProtection, type: number, content: Uint8Array): Uint8Array {
  const out = new Uint8Array(from.sealedLength(content.length, 0));
  from.seal(type, content, 0, out, 0);
  assert.deepEqual(headers(out), [{ type, version: 0x0303, length: out.length - 5 }]);
  return out;
}

/** The content that a protection opens a record to, or null. */
function openedBy(by: RecordProtection, record: Uint8Array, type = record[0] ?? 0): Uint8Array | null {
  const out = new Uint8Array(Math.max(0, record.length - 5 - by.leastExpansion) + 3).fill(0xcc);
  const length = by.open(0x0303, record.subarray(5), out, 1, type);
  if (length < 0) return null;
  assert.equal(by.innerType, type);
  assert.equal(out[0], 0xcc);
  return out.subarray(1, 1 + length);
}

for (const suite of AEAD_SUITES) {
  test(`${suite.name} agrees with node:crypto, both ways`, () => {
    const keys = keysFor(suite, suite.code);
    for (const [i, length] of LENGTHS.entries()) {
      const sequence = SEQUENCES[i % SEQUENCES.length] ?? 0;
      const type = [TYPE.handshake, TYPE.data, TYPE.alert][i % 3] ?? 0;
      const content = bytes(length, i);
      const ours = sealedBy(protection(suite, sequence), type, content);
      assert.deepEqual(ours, aeadRecord({ suite, keys, sequence, type }, content), `${length} bytes`);
      assert.deepEqual(openAead({ suite, keys, sequence, type }, ours.subarray(5)), content);
      const reader = protection(suite, sequence);
      assert.deepEqual(openedBy(reader, ours), content);
      assert.equal(reader.sequence, sequence + 1);
    }
  });

  test(`${suite.name}: type, version, sequence number, length and every byte are authenticated`, () => {
    const record = sealedBy(protection(suite, 5), TYPE.data, bytes(20, 1));
    const out = new Uint8Array(64);
    const fails = (fragment: Uint8Array, { version = 0x0303, type = TYPE.data as number, sequence = 5 } = {}): void => {
      const reader = protection(suite, sequence);
      assert.equal(reader.open(version, fragment, out, 0, type), -1);
      assert.equal(reader.sequence, sequence);
      assert.equal(toHex(out), '00'.repeat(64));
    };
    const fragment = record.subarray(5);
    fails(fragment, { version: 0x0302 });
    fails(fragment, { type: TYPE.handshake });
    fails(fragment, { sequence: 4 });
    for (let i = 0; i < fragment.length; i++) fails(fragment.map((byte, k) => (k === i ? byte ^ 0x10 : byte)));
    for (let length = 0; length < fragment.length; length++) fails(fragment.subarray(0, length));
    assert.deepEqual(openedBy(protection(suite, 5), record), bytes(20, 1));
  });
}

test('RFC 5288 §3: a peer’s own nonce_explicit is taken as it comes', () => {
  for (const suite of AEAD_SUITES) {
    if (suite.protection.kind === 'aead' && suite.protection.aead === 'chacha20-poly1305') continue;
    const input = { suite, keys: keysFor(suite, suite.code), sequence: 3, type: TYPE.data };
    const record = aeadRecord(input, bytes(9, 2), Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2));
    assert.deepEqual(openedBy(protection(suite, 3), record), bytes(9, 2), suite.name);
  }
});

for (const suite of CBC_SUITES) {
  for (const encryptThenMac of [false, true]) {
    test(`${suite.name}, encrypt-then-MAC ${encryptThenMac}: agrees with node:crypto, both ways`, () => {
      const keys = keysFor(suite, suite.code);
      for (const [i, length] of LENGTHS.entries()) {
        const sequence = SEQUENCES[i % SEQUENCES.length] ?? 0;
        const input = { suite, keys, sequence, type: i % 2 === 0 ? TYPE.data : TYPE.handshake };
        const content = bytes(length, i);
        const ours = sealedBy(protection(suite, sequence, encryptThenMac), input.type, content);
        // RFC 5246 §6.2.3.2: the least padding, and the IV in front.
        assert.deepEqual(ours, cbcRecord(input, content, { encryptThenMac, iv: random(16) }), `${length} bytes`);
        assert.deepEqual(decryptCbc(input, ours.subarray(5), encryptThenMac).subarray(0, length), content);
        assert.deepEqual(openedBy(protection(suite, sequence, encryptThenMac), ours), content);
      }
    });
  }

  test(`${suite.name}: the two constructions do not open each other’s records`, () => {
    for (const encryptThenMac of [false, true]) {
      const record = sealedBy(protection(suite, 0, encryptThenMac), TYPE.data, bytes(100, 1));
      assert.equal(openedBy(protection(suite, 0, !encryptThenMac), record), null);
    }
  });
}

test('every IV of CBC comes from the source, and none is used twice', () => {
  const suite = suite12('TLS_RSA_WITH_AES_128_CBC_SHA');
  let count = 0;
  const counted = (length: number): Uint8Array => new Uint8Array(length).fill(++count);
  const writer = createProtection12(nobleProvider, suite, keysFor(suite, 1), {
    encryptThenMac: false,
    random: counted,
  });
  const ivs = [1, 2, 3].map(() => toHex(sealedBy(writer, TYPE.data, bytes(5, 1)).subarray(5, 21)));
  assert.deepEqual(ivs, ['01'.repeat(16), '02'.repeat(16), '03'.repeat(16)]);
});

test('without a source of randomness CBC opens and does not seal', () => {
  const suite = suite12('TLS_RSA_WITH_AES_256_CBC_SHA256');
  const record = sealedBy(protection(suite), TYPE.data, bytes(5, 1));
  const silent = createProtection12(nobleProvider, suite, keysFor(suite, suite.code), { encryptThenMac: false });
  assert.deepEqual(openedBy(silent, record), bytes(5, 1));
  assert.throws(() => silent.seal(TYPE.data, bytes(5, 1), 0, new Uint8Array(100), 0), TlsUsageError);
});

test('a key ends at its limit, which is that of the AEAD, or 2^24 records of CBC', () => {
  for (const suite of CIPHER_SUITES_12) {
    const keys = keysFor(suite, 1);
    const unlimited = createProtection12(nobleProvider, suite, keys, { encryptThenMac: true, random });
    const expected = suite.protection.kind === 'aead' ? AEAD_PARAMETERS[suite.protection.aead].recordLimit : 16_777_216;
    assert.equal(unlimited.recordLimit, expected, suite.name);

    const two = createProtection12(nobleProvider, suite, keys, { encryptThenMac: false, random, recordLimit: 2 });
    sealedBy(two, TYPE.data, bytes(1, 1));
    sealedBy(two, TYPE.data, bytes(1, 1));
    assert.throws(
      () => sealedBy(two, TYPE.data, bytes(1, 1)),
      (error) => error instanceof TlsError && error.code === 'ERR_TLS_KEY_LIMIT' && error.origin === 'own',
    );
    const last = protection(suite, Number.MAX_SAFE_INTEGER);
    assert.throws(
      () => last.open(0x0303, new Uint8Array(100), new Uint8Array(100), 0, TYPE.data),
      (error) => error instanceof TlsError && error.code === 'ERR_TLS_SEQUENCE_EXHAUSTED',
    );
  }
});

test('keys of another length are refused, and what is wiped neither seals nor opens', () => {
  for (const name of ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'TLS_RSA_WITH_AES_128_CBC_SHA'] as const) {
    const suite = suite12(name);
    const keys = keysFor(suite, 1);
    const options = { encryptThenMac: false, random };
    const wrong = suite12('TLS_RSA_WITH_AES_256_CBC_SHA256');
    assert.throws(() => createProtection12(nobleProvider, suite, keysFor(wrong, 1), options), TlsUsageError);
    const wiped = createProtection12(nobleProvider, suite, keys, options);
    const record = sealedBy(wiped, TYPE.data, bytes(5, 1));
    wiped.wipe();
    assert.throws(() => sealedBy(wiped, TYPE.data, bytes(5, 1)), TlsUsageError);
    assert.throws(() => openedBy(wiped, record), TlsUsageError);
    assert.ok(
      keys.key.some((byte) => byte !== 0),
      'the keys are the caller’s',
    );
  }
  // RFC 5246 §6.3: a MAC key is as long as the hash.
  const suite = suite12('TLS_RSA_WITH_AES_128_CBC_SHA');
  const keys = { ...keysFor(suite, 1), macKey: new Uint8Array(32) };
  assert.throws(() => createProtection12(nobleProvider, suite, keys, { encryptThenMac: false }), TlsUsageError);
});
