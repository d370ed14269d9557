import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { TlsUsageError } from '../../src/errors/errors.ts';
import { startTranscript } from '../../src/keys/transcript.ts';
import { provider as crypto } from '../provider.ts';
import { toHex } from '../vectors/load.ts';

const message = (type: number, length: number): Uint8Array =>
  Uint8Array.of(type, 0, length >> 8, length & 0xff, ...new Uint8Array(length).fill(type));
const A = message(1, 100);
const B = message(2, 70);
const C = message(8, 3);

function sha(hash: string, ...parts: readonly Uint8Array[]): string {
  const context = createHash(hash);
  for (const part of parts) context.update(part);
  return context.digest('hex');
}

test('messages before and after bind are hashed alike', () => {
  for (const hash of ['sha256', 'sha384'] as const) {
    const expected = sha(hash, A, B, C);
    assert.equal(toHex(startTranscript([A, B, C]).bind(crypto, hash).hash()), expected);
    assert.equal(toHex(startTranscript().with(A).with(B).bind(crypto, hash).with(C).hash()), expected);
    assert.equal(toHex(startTranscript().bind(crypto, hash).with(A).with(B).with(C).hash()), expected);
  }
});

test('an older transcript stays what it was', () => {
  const open = startTranscript([A]);
  const openWithB = open.with(B);
  assert.equal(toHex(open.bind(crypto, 'sha256').hash()), sha('sha256', A));
  assert.equal(toHex(openWithB.bind(crypto, 'sha384').hash()), sha('sha384', A, B));

  const first = open.bind(crypto, 'sha256');
  const left = first.with(B);
  const right = first.with(C);
  const leftC = left.with(C);
  first.replacedByMessageHash();
  for (let round = 0; round < 2; round++) {
    assert.equal(toHex(first.hash()), sha('sha256', A));
    assert.equal(toHex(left.hash()), sha('sha256', A, B));
    assert.equal(toHex(right.hash()), sha('sha256', A, C));
    assert.equal(toHex(leftC.hash()), sha('sha256', A, B, C));
  }
});

test('§4.1: ClientHello1 becomes message_hash', () => {
  for (const [hash, length] of [
    ['sha256', 32],
    ['sha384', 48],
  ] as const) {
    const synthetic = Buffer.concat([Uint8Array.of(254, 0, 0, length), createHash(hash).update(A).digest()]);
    const transcript = startTranscript([A]).bind(crypto, hash).replacedByMessageHash().with(B);
    assert.equal(toHex(transcript.hash()), sha(hash, synthetic, B));
  }
});

test('there is no hash before bind, and one hash after it', () => {
  const open = startTranscript([A]);
  assert.throws(() => open.hash(), TlsUsageError);
  assert.throws(() => open.replacedByMessageHash(), TlsUsageError);
  const bound = open.bind(crypto, 'sha256');
  assert.equal(toHex(bound.bind(crypto, 'sha256').hash()), sha('sha256', A));
  assert.throws(() => bound.bind(crypto, 'sha384'), TlsUsageError);
});
