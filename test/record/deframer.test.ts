import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createByteQueue } from '../../src/record/byte-queue.ts';
import { createDeframer, type Deframer } from '../../src/record/deframer.ts';
import { createJoiner } from '../../src/record/joiner.ts';
import { toHex } from '../vectors/load.ts';
import { concat, message, plain, refuses, seeded, TYPE } from './records.ts';

const RECORDS = [
  plain(TYPE.handshake, [1, 2, 3], 0x0301),
  plain(TYPE.ccs, [1]),
  plain(TYPE.data, []),
  plain(TYPE.data, new Uint8Array(700).fill(9)),
  plain(TYPE.alert, [2, 40]),
];

function records(from: Deframer): string[] {
  const list: string[] = [];
  while (from.readHeader()) {
    const fragment = from.fragment();
    if (fragment === null) break;
    list.push(`${from.type} ${from.version} ${from.length} ${toHex(fragment)}`);
    from.consume();
  }
  return list;
}

const EXPECTED = RECORDS.map(
  (one) => `${one[0]} ${((one[1] ?? 0) << 8) | (one[2] ?? 0)} ${one.length - 5} ${toHex(one.subarray(5))}`,
);

test('the same records come out of every cut into two, copied or lent', () => {
  const all = concat(...RECORDS);
  for (const give of ['append', 'borrow'] as const) {
    for (let cut = 0; cut <= all.length; cut++) {
      const deframer = createDeframer();
      deframer[give](all.subarray(0, cut));
      const first = records(deframer);
      deframer[give](all.subarray(cut));
      assert.deepEqual([...first, ...records(deframer)], EXPECTED, `${give}, cut at ${cut}`);
      assert.equal(deframer.buffered, 0);
    }
  }
});

test('the same records come out of random chunks, of single bytes, and when nothing is read between', () => {
  const random = seeded(7);
  const all = concat(...RECORDS, ...RECORDS, ...RECORDS);
  for (const most of [1, 4, 40, 1_000]) {
    for (const readBetween of [true, false]) {
      const deframer = createDeframer();
      const list: string[] = [];
      for (let start = 0; start < all.length; ) {
        const end = Math.min(all.length, start + 1 + random(most));
        const chunk = all.slice(start, end);
        if (random(2) === 0) deframer.append(chunk);
        else deframer.borrow(chunk);
        if (readBetween) list.push(...records(deframer));
        if (random(3) === 0) deframer.release();
        start = end;
      }
      list.push(...records(deframer));
      assert.deepEqual(list, [...EXPECTED, ...EXPECTED, ...EXPECTED]);
    }
  }
});

test('a whole record in lent input is not copied', () => {
  const input = concat(...RECORDS);
  const deframer = createDeframer();
  deframer.borrow(input);
  for (const _ of RECORDS) {
    assert.ok(deframer.readHeader());
    assert.equal(deframer.fragment()?.buffer, input.buffer);
    deframer.consume();
  }
});

test('what is released or appended no longer depends on the input', () => {
  const input = concat(...RECORDS);
  const lent = createDeframer();
  lent.borrow(input);
  lent.readHeader();
  lent.consume();
  lent.release();
  const copied = createDeframer();
  copied.append(input);
  input.fill(0);
  assert.deepEqual(records(lent), EXPECTED.slice(1));
  assert.deepEqual(records(copied), EXPECTED);
});

test('lengthAhead counts whole records of one type, across copied and lent bytes', () => {
  const data = plain(TYPE.data, new Uint8Array(100));
  const deframer = createDeframer();
  deframer.append(concat(data, data));
  deframer.borrow(concat(data, data, plain(TYPE.alert, [1, 0]), data));
  assert.equal(deframer.lengthAhead(TYPE.data, 10_000), 400);
  assert.equal(deframer.lengthAhead(TYPE.data, 150), 200);
  assert.equal(deframer.lengthAhead(TYPE.alert, 150), 0);

  const partial = createDeframer();
  partial.append(concat(data, data.subarray(0, 50)));
  assert.equal(partial.lengthAhead(TYPE.data, 10_000), 100);
});

test('a queue holds what it is given, gives up its memory when empty, and grows with input alone', () => {
  const queue = createByteQueue();
  const random = seeded(3);
  let model: number[] = [];
  for (let round = 0; round < 2_000; round++) {
    const bytes = Uint8Array.from({ length: random(50) }, () => random(256));
    const from = random(bytes.length + 1);
    queue.append(bytes, from, bytes.length);
    model.push(...bytes.subarray(from));
    const taken = random(4) === 0 ? model.length : random(Math.min(60, model.length + 1));
    assert.deepEqual([...queue.view(0, model.length)], model);
    queue.drop(taken);
    model = model.slice(taken);
    assert.equal(queue.length, model.length);
    assert.equal(queue.at(model.length), -1);
    if (model.length > 0) assert.equal(queue.at(model.length - 1), model.at(-1));
    assert.ok(queue.view(0, 0).buffer.byteLength <= Math.max(256, 4 * (model.length + taken + 50)));
    queue.trim();
    assert.equal(queue.length, model.length);
    if (model.length === 0) assert.equal(queue.view(0, 0).buffer.byteLength, 0);
  }
});

test('the memory of what is put together serves until a call leaves nothing over', () => {
  const one = plain(TYPE.data, new Uint8Array(5_000).fill(1));
  const deframer = createDeframer();
  deframer.borrow(one.subarray(0, 4_000));
  deframer.release();
  const bufferOf = (): ArrayBufferLike => {
    assert.ok(deframer.readHeader());
    return (deframer.fragment() ?? assert.fail()).buffer;
  };
  deframer.borrow(concat(one.subarray(4_000), one.subarray(0, 4_500)));
  const first = bufferOf();
  deframer.consume();
  deframer.release();
  deframer.borrow(one.subarray(4_500));
  assert.equal(bufferOf(), first);
  deframer.consume();
  deframer.release();
  deframer.append(one);
  assert.notEqual(bufferOf(), first, 'an idle connection keeps nothing');
});

test('single bytes do not make a queue move what it holds each time', () => {
  const queue = createByteQueue();
  const buffers = new Set<ArrayBufferLike>();
  for (let i = 0; i < 20_000; i++) {
    queue.append(Uint8Array.of(i), 0, 1);
    buffers.add(queue.view(0, 0).buffer);
  }
  assert.ok(buffers.size < 12, `${buffers.size} buffers`);
});

test('wiping a queue overwrites it', () => {
  const queue = createByteQueue();
  queue.append(Uint8Array.of(1, 2, 3), 0, 3);
  const view = queue.view(0, 3);
  queue.wipe();
  assert.deepEqual([...view], [0, 0, 0]);
  assert.equal(queue.length, 0);
});

test('messages come out whole, whatever the fragments', () => {
  const messages = [message(1, 300), message(5, 0), message(11, 5_000), message(20, 32)];
  const all = concat(...messages);
  const random = seeded(11);
  for (const most of [1, 3, 200, 10_000]) {
    const joiner = createJoiner(65_536);
    const list: string[] = [];
    for (let start = 0; start < all.length; ) {
      const end = Math.min(all.length, start + 1 + random(most));
      joiner.push(all.subarray(start, end));
      for (let one = joiner.next(); one !== null; one = joiner.next()) list.push(toHex(one));
      start = end;
    }
    assert.deepEqual(list, messages.map(toHex));
    assert.ok(joiner.isEmpty());
  }
});

test('a message over the limit is refused at its header', () => {
  const joiner = createJoiner(100);
  joiner.push(message(1, 100));
  assert.equal(joiner.next()?.length, 104);
  joiner.push(Uint8Array.of(1, 0, 0));
  assert.equal(joiner.next(), null);
  assert.equal(joiner.isEmpty(), false);
  joiner.push(Uint8Array.of(101));
  refuses(() => joiner.next(), 'ERR_TLS_MESSAGE_TOO_LONG', 'illegal_parameter');
  const huge = createJoiner(100);
  huge.push(Uint8Array.of(1, 0xff, 0xff, 0xff));
  refuses(() => huge.next(), 'ERR_TLS_MESSAGE_TOO_LONG', 'illegal_parameter');
});
