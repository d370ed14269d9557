import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TlsUsageError } from '../../../src/errors/errors.ts';
import { preliminarySecretFrom } from '../../../src/handshake/server12/preliminary-secret.ts';
import { seeded } from '../../crypto/randomness.ts';
import { toHex } from '../../vectors/load.ts';

const VERSION = 0x0303;
const RANDOM = new Uint8Array(48).fill(0xee);
const MESSAGE = Uint8Array.from({ length: 48 }, (_, i) => (i < 2 ? 3 : 100 + i));

/** 0, 2, padding, 0, message, as long as a modulus of `length` bytes. */
function block(length: number, message: Uint8Array, change: (bytes: Uint8Array) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x5a);
  bytes[0] = 0;
  bytes[1] = 2;
  bytes[length - message.length - 1] = 0;
  bytes.set(message, length - message.length);
  change(bytes);
  return bytes;
}

const replaced = toHex(Uint8Array.of(3, 3, ...RANDOM.subarray(2)));
const secretOf = (raw: Uint8Array, version = VERSION): string => toHex(preliminarySecretFrom(raw, version, RANDOM));

test('a good block gives its message, for every length of modulus', () => {
  for (const length of [59, 60, 128, 129, 256, 384, 512, 1024])
    assert.equal(secretOf(block(length, MESSAGE)), toHex(MESSAGE));
});

test('the version is the client’s, whatever the message says: nothing is compared', () => {
  const other = MESSAGE.slice();
  other[0] = 2;
  other[1] = 0;
  assert.equal(secretOf(block(128, other)), toHex(MESSAGE));
  assert.equal(secretOf(block(128, MESSAGE), 0x0302), toHex(Uint8Array.of(3, 2, ...MESSAGE.subarray(2))));
});

test('every kind of bad block gives the random secret', () => {
  const bad: readonly (readonly [string, Uint8Array])[] = [
    ['first byte', block(128, MESSAGE, (bytes) => bytes.fill(1, 0, 1))],
    ['first byte, high bit', block(128, MESSAGE, (bytes) => bytes.fill(0x80, 0, 1))],
    ['block type 1', block(128, MESSAGE, (bytes) => bytes.fill(1, 1, 2))],
    ['block type 0', block(128, MESSAGE, (bytes) => bytes.fill(0, 1, 2))],
    ['no zero before the message', block(128, MESSAGE, (bytes) => bytes.fill(0x80, 79, 80))],
    ['no zero at all', new Uint8Array(128).fill(2)],
    ['zeros', new Uint8Array(128)],
    ['a message of 47 bytes', block(128, MESSAGE.subarray(1))],
    ['a message of 49 bytes', block(128, Uint8Array.of(3, ...MESSAGE))],
    ['an empty message', block(128, new Uint8Array(0))],
    ['seven bytes of padding', block(58, MESSAGE)],
    ['a block as short as the message', MESSAGE],
    ['nothing', new Uint8Array(0)],
  ];
  for (const [name, raw] of bad) assert.equal(secretOf(raw), replaced, name);
  // A zero at any place of the padding.
  for (let at = 2; at < 79; at++) {
    assert.equal(secretOf(block(128, MESSAGE, (bytes) => bytes.fill(0, at, at + 1))), replaced, `zero at ${at}`);
  }
});

test('agrees with the same rules written with branches, on many blocks near the edge', (t) => {
  const random = seeded('blocks');
  let good = 0;
  const cases = 20_000;
  const draws = random(cases * 4);
  for (let i = 0; i < cases; i++) {
    const [kind = 0, at = 0, value = 0, length = 0] = draws.subarray(4 * i, 4 * i + 4);
    const raw = block(56 + (length % 80), MESSAGE, (bytes) => {
      if (kind % 4 > 0) bytes[at % bytes.length] = value % 8 === 0 ? 0 : value;
    });
    const expected = branching(raw);
    if (expected !== null) good++;
    assert.equal(secretOf(raw), expected === null ? replaced : toHex(Uint8Array.of(3, 3, ...expected.subarray(2))));
  }
  assert.ok(good > cases / 10 && good < cases * 0.9, `${good}`);
  t.diagnostic(`preliminary secret: ${cases} blocks, ${good} of them good`);
});

test('48 random bytes are needed', () => {
  assert.throws(() => preliminarySecretFrom(block(128, MESSAGE), VERSION, new Uint8Array(46)), TlsUsageError);
});

/** RFC 8017 §7.2.2 step 3, and 48 bytes of message. */
function branching(raw: Uint8Array): Uint8Array | null {
  if (raw[0] !== 0 || raw[1] !== 2) return null;
  const zero = raw.indexOf(0, 2);
  if (zero < 10 || raw.length - zero - 1 !== 48) return null;
  return raw.subarray(zero + 1);
}
