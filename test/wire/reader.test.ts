import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { Reader } from '../../src/wire/reader.ts';

const reader = (...bytes: readonly number[]): Reader => new Reader(Uint8Array.from(bytes));
const refuses = (read: () => unknown, code: ErrorCode = 'ERR_TLS_DECODE'): void =>
  assert.throws(read, { name: 'TlsError', code, alert: 'decode_error' });

test('integers are unsigned and big-endian', () => {
  const all = reader(0xff, 0x01, 0x02, 0x80, 0x00, 0x01, 0xff, 0xff, 0xff, 0xfe);
  assert.equal(all.u8(), 0xff);
  assert.equal(all.u16(), 0x0102);
  assert.equal(all.u24(), 0x800001);
  assert.equal(all.u32(), 0xfffffffe);
  assert.equal(all.remaining, 0);
  all.finish();
});

test('nothing is read beyond the end', () => {
  refuses(() => reader().u8());
  refuses(() => reader(1).u16());
  refuses(() => reader(1, 2).u24());
  refuses(() => reader(1, 2, 3).u32());
  refuses(() => reader(1, 2).bytes(3));
  refuses(() => reader(1, 2).sub(3));
  refuses(() => reader(2, 1).vector8());
  refuses(() => reader(0, 1).vector16());
  refuses(() => reader(0, 0, 1).vector24());
});

test('nothing is read beyond the end of a part, although bytes follow it', () => {
  const bytes = Uint8Array.of(0, 1, 2, 3, 4, 5);
  refuses(() => new Reader(bytes, 0, 3).u32());
  const outer = new Reader(bytes, 1, 5);
  const inner = outer.sub(2);
  assert.equal(inner.u8(), 1);
  refuses(() => inner.u16());
  assert.deepEqual(Array.from(outer.rest()), [3, 4]);
});

test('vectors keep to their floor and ceiling', () => {
  const bounds = { min: 2, max: 3 };
  refuses(() => reader(1, 7).vector8(bounds));
  assert.deepEqual(Array.from(reader(2, 7, 8).vector8(bounds)), [7, 8]);
  assert.deepEqual(Array.from(reader(0, 3, 7, 8, 9).vector16(bounds)), [7, 8, 9]);
  refuses(() => reader(0, 0, 4, 7, 8, 9, 10).vector24(bounds));
  assert.equal(reader(0).vector8().length, 0);
});

test('a vector holds whole elements', () => {
  const numbers = (list: Reader): number => list.u16();
  assert.deepEqual(reader(4, 0, 1, 0, 2).list8(numbers), [1, 2]);
  assert.deepEqual(reader(0, 2, 0, 1).list16(numbers), [1]);
  assert.deepEqual(reader(0, 0, 2, 0, 1).list24(numbers), [1]);
  assert.deepEqual(reader(0).list8(numbers), []);
  // The fourth byte is there, but not in the vector.
  refuses(() => reader(3, 0, 1, 0, 2).list8(numbers));
  refuses(() => reader(0).list8(numbers, { min: 2 }));
});

test('data left over is refused', () => {
  const half = reader(1, 2);
  half.u8();
  refuses(() => half.finish(), 'ERR_TLS_TRAILING_DATA');
});

test('bytes are views, not copies', () => {
  const bytes = Uint8Array.of(2, 5, 6);
  const view = new Reader(bytes).vector8();
  bytes[1] = 9;
  assert.equal(view[0], 9);
});
