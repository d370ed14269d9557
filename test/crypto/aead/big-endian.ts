/**
 * Int32Array as a big-endian machine has it: the bytes of a word lie in memory the other way round.
 *
 * While `bigEndian` runs, the global constructor gives such arrays, so that modules imported within it use them. Arrays of bytes
 * are as ever.
 *
 * @module
 */
export async function bigEndian<T>(work: () => Promise<T>): Promise<T> {
  const original = globalThis.Int32Array;
  const wrapper: Int32ArrayConstructor = new Proxy(original, {
    construct(target, [of, ...rest]: [number | readonly number[] | ArrayBuffer, ...number[]]): object {
      if (!Array.isArray(of)) return wordsOf(Reflect.construct(target, [of, ...rest]));
      const words = wordsOf(new target(of.length));
      words.set(of);
      return words;
    },
  });
  replace(wrapper);
  try {
    return await work();
  } finally {
    replace(original);
  }
}

function replace(value: Int32ArrayConstructor): void {
  Object.defineProperty(globalThis, 'Int32Array', { value, configurable: true, writable: true });
}

function wordsOf(array: Int32Array): Int32Array {
  const bytes = new DataView(array.buffer, array.byteOffset, array.byteLength);
  const proxy = new Proxy(array, {
    get(target, key) {
      if (typeof key === 'string' && /^\d+$/.test(key)) {
        return Number(key) < target.length ? bytes.getInt32(4 * Number(key), false) : undefined;
      }
      if (key === 'set') return (source: ArrayLike<number>, offset = 0) => store(source, offset);
      if (key === 'fill') {
        return (value: number, from = 0, to = target.length) => store(Array(to - from).fill(value), from);
      }
      if (key === 'map') return (change: (word: number, index: number) => number) => copied(change);
      if (key === 'slice') return () => copied((word) => word);
      const value = Reflect.get(target, key, target);
      // A method that is not done here would see the words of this machine.
      if (typeof value === 'function') throw new Error(`${String(key)} of words is not prepared for`);
      return value;
    },
    set(target, key, value) {
      if (typeof key !== 'string' || !/^\d+$/.test(key)) return Reflect.set(target, key, value, target);
      if (Number(key) < target.length) bytes.setInt32(4 * Number(key), value, false);
      return true;
    },
  });
  function copied(change: (word: number, index: number) => number): Int32Array {
    const copy = wordsOf(new Int32Array(array.length));
    for (let i = 0; i < array.length; i++) copy[i] = change(proxy[i] as number, i);
    return copy;
  }
  function store(source: ArrayLike<number>, offset: number): void {
    for (let i = 0; i < source.length; i++) proxy[offset + i] = source[i] as number;
  }
  return proxy;
}
