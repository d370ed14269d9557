import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeLatin1, encodeLatin1 } from '../../src/wire/latin1.ts';
import { Reader } from '../../src/wire/reader.ts';
import { Writer } from '../../src/wire/writer.ts';

const refuses = (write: () => unknown): void =>
  assert.throws(write, { name: 'TlsError', code: 'ERR_TLS_ENCODE', alert: 'internal_error' });

test('integers are big-endian', () => {
  const bytes = new Writer().u8(0xff).u16(0x0102).u24(0x800001).u32(0xfffffffe).finish();
  assert.deepEqual(Array.from(bytes), [0xff, 0x01, 0x02, 0x80, 0x00, 0x01, 0xff, 0xff, 0xff, 0xfe]);
});

test('what does not fit is refused', () => {
  refuses(() => new Writer().u8(256));
  refuses(() => new Writer().u16(65_536));
  refuses(() => new Writer().u24(2 ** 24));
  refuses(() => new Writer().u32(2 ** 32));
  refuses(() => new Writer().u8(-1));
  refuses(() => new Writer().u16(1.5));
  refuses(() => new Writer().u32(Number.NaN));
  refuses(() => new Writer().vector8(new Uint8Array(256)));
  refuses(() => new Writer().vector16(new Uint8Array(65_536)));
  refuses(() => new Writer().block(1, (writer) => writer.bytes(new Uint8Array(256))));
  assert.equal(new Writer().vector8(new Uint8Array(255)).length, 256);
});

test('blocks nest and are counted', () => {
  const bytes = new Writer()
    .block(2, (outer) =>
      outer
        .u8(7)
        .block(1, (inner) => inner.u16(0x0809))
        .block(3, () => undefined),
    )
    .finish();
  assert.deepEqual(Array.from(bytes), [0, 7, 7, 2, 8, 9, 0, 0, 0]);
});

test('the buffer grows, also in the middle of a block', () => {
  const content = Uint8Array.from({ length: 100_000 }, (_, i) => i);
  const bytes = new Writer()
    .u8(1)
    .block(3, (writer) => {
      for (let i = 0; i < 10; i++) writer.bytes(content);
    })
    .finish();
  const reader = new Reader(bytes, 1);
  const read = reader.vector24();
  assert.equal(read.length, 1_000_000);
  assert.ok(read.every((byte, i) => byte === content[i % content.length]));
});

test('the result is a copy of its own', () => {
  const writer = new Writer().u8(1);
  const first = writer.finish();
  writer.u8(2);
  assert.deepEqual(Array.from(first), [1]);
  assert.equal(first.buffer.byteLength, 1);
});

test('Latin-1 keeps every byte, and refuses other characters', () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(encodeLatin1(decodeLatin1(all)), all);
  refuses(() => encodeLatin1('ü€'));
});
