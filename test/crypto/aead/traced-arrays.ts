/**
 * Typed arrays that note every index that is read or written, in order.
 *
 * While `traced` runs, the global constructors give such arrays, so that modules imported within it use them everywhere. The
 * trace is kept as a hash: its length and its order count, not its size in memory.
 *
 * @module
 */

/** How many accesses there were, and a hash of which. */
export interface Trace {
  readonly count: number;
  readonly hash: number;
}

export interface Tracer {
  /** What `work` reads and writes, in arrays that `prepare` or it makes, or that a module made before. */
  record<T>(prepare: () => T, work: (prepared: T) => void): Trace;
}

const NAMES = ['Int32Array', 'Uint8Array', 'Float64Array'] as const;
type Traced = Int32Array | Uint8Array | Float64Array;

/** Runs `work` with traced arrays. */
export async function traced<T>(work: (tracer: Tracer) => Promise<T>): Promise<T> {
  const originals = NAMES.map((name) => globalThis[name]);
  let count = 0;
  let hash = 0;
  let made = 0;
  const note = (id: number, index: number, write: number): void => {
    count++;
    hash = (Math.imul(hash ^ id, 0x01000193) + Math.imul(index, 2) + write) | 0;
  };

  const wrap = (array: Traced): Traced => {
    const id = made++;
    return new Proxy(array, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) note(id, Number(key), 0);
        const value = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
      set(target, key, value) {
        if (typeof key === 'string' && /^\d+$/.test(key)) note(id, Number(key), 1);
        return Reflect.set(target, key, value, target);
      },
    });
  };
  NAMES.forEach((name, i) => {
    const original = originals[i] as Int32ArrayConstructor;
    const wrapper: Int32ArrayConstructor = new Proxy(original, {
      construct(target, args, newTarget): object {
        const array: Traced = Reflect.construct(target, args, newTarget === wrapper ? target : newTarget);
        return newTarget === wrapper ? wrap(array) : array;
      },
    });
    Object.defineProperty(globalThis, name, { value: wrapper, configurable: true, writable: true });
  });

  try {
    return await work({
      record(prepare, run) {
        // The same numbers for what is made anew each time.
        const before = made;
        const prepared = prepare();
        count = 0;
        hash = 0;
        run(prepared);
        made = before;
        return { count, hash };
      },
    });
  } finally {
    NAMES.forEach((name, i) => {
      Object.defineProperty(globalThis, name, { value: originals[i], configurable: true, writable: true });
    });
  }
}
