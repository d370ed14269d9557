/**
 * What a peer makes a connection do, counted: calls and bytes of cryptography, memory held, time.
 *
 * @module
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { fastProvider } from '../connection/fast-provider.ts';

/** Work since the last reset. */
export interface Work {
  hashedBytes: number;
  digests: number;
  macs: number;
  macBytes: number;
  opens: number;
  openedBytes: number;
  seals: number;
  sealedBytes: number;
  exchanges: number;
  signatures: number;
  verifications: number;
}

const NOTHING: Readonly<Work> = {
  ...{ hashedBytes: 0, digests: 0, macs: 0, macBytes: 0, opens: 0, openedBytes: 0, seals: 0, sealedBytes: 0 },
  ...{ exchanges: 0, signatures: 0, verifications: 0 },
};

export interface Meter {
  readonly crypto: CryptoProvider;
  /** What has been done since the meter was made or last read. */
  read(): Work;
}

/** The fast provider, with every call counted. */
export function createMeter(): Meter {
  let work: Work = { ...NOTHING };
  const crypto: CryptoProvider = {
    ...fastProvider,
    name: 'metered',
    hash(name) {
      const count = (context: ReturnType<CryptoProvider['hash']>): ReturnType<CryptoProvider['hash']> => ({
        update(bytes) {
          work.hashedBytes += bytes.length;
          context.update(bytes);
        },
        clone: () => count(context.clone()),
        digest() {
          work.digests++;
          return context.digest();
        },
      });
      return count(fastProvider.hash(name));
    },
    hmac(hash, key, ...data) {
      work.macs++;
      for (const part of data) work.macBytes += part.length;
      return fastProvider.hmac(hash, key, ...data);
    },
    aead(name, key) {
      const aead = fastProvider.aead(name, key);
      return {
        tagLength: aead.tagLength,
        seal(nonce, aad, plaintext, tail, out, offset) {
          work.seals++;
          work.sealedBytes += plaintext.length + tail.length;
          aead.seal(nonce, aad, plaintext, tail, out, offset);
        },
        open(nonce, aad, ciphertext, out, offset) {
          work.opens++;
          work.openedBytes += ciphertext.length;
          return aead.open(nonce, aad, ciphertext, out, offset);
        },
        wipe: () => aead.wipe(),
      };
    },
    keyExchange(group) {
      const exchange = fastProvider.keyExchange(group);
      return {
        generate(random) {
          work.exchanges++;
          const key = exchange.generate(random);
          return {
            share: key.share,
            agree(share) {
              work.exchanges++;
              return key.agree(share);
            },
            wipe: () => key.wipe(),
          };
        },
        respond(share, random) {
          work.exchanges++;
          return exchange.respond(share, random);
        },
      };
    },
    verify(...input) {
      work.verifications++;
      return fastProvider.verify(...input);
    },
    sign(...input) {
      work.signatures++;
      return fastProvider.sign(...input);
    },
  };
  return {
    crypto,
    read() {
      const read = work;
      work = { ...NOTHING };
      return read;
    },
  };
}

/** The kinds of work of which there is more for each byte, and how many times as much. */
export function growthOf(small: Work, smallBytes: number, large: Work, largeBytes: number): Partial<Work> {
  const growth: Partial<Work> = {};
  for (const kind of Object.keys(NOTHING) as (keyof Work)[]) {
    const before = small[kind] / smallBytes;
    const after = large[kind] / largeBytes;
    if (after > before) growth[kind] = before === 0 ? Number.POSITIVE_INFINITY : after / before;
  }
  return growth;
}

/** Only what is not zero. */
export function describeWork(work: Work): string {
  const parts = Object.entries(work).filter(([, count]) => count > 0);
  return parts.length === 0 ? 'no cryptography' : parts.map(([kind, count]) => `${kind} ${count}`).join(', ');
}

const ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as {
  set: Uint8Array['set'];
  slice: Uint8Array['slice'];
  copyWithin: Uint8Array['copyWithin'];
};

/** Bytes that are moved from one place in memory to another while `work` is done. */
export function countCopies(work: () => void): number {
  const { set, slice, copyWithin } = ARRAY;
  let copied = 0;
  ARRAY.set = function (this: Uint8Array, source, offset) {
    copied += source.length;
    set.call(this, source, offset);
  };
  ARRAY.slice = function (this: Uint8Array, ...range) {
    const part = slice.apply(this, range);
    copied += part.length;
    return part;
  };
  ARRAY.copyWithin = function (this: Uint8Array, target, start, end) {
    copied += (end ?? this.length) - start;
    return copyWithin.call(this, target, start, end);
  };
  try {
    work();
  } finally {
    Object.assign(ARRAY, { set, slice, copyWithin });
  }
  return copied;
}

let collect: (() => void) | null = null;

/** Bytes that are in use after everything that can be let go has been: the heap, and arrays outside of it. */
export function memoryInUse(): number {
  if (collect === null) {
    setFlagsFromString('--expose_gc');
    collect = runInNewContext('gc') as () => void;
  }
  // The second run frees what the first has finalized.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The shortest of so many runs, in milliseconds; what is prepared for a run is not timed. */
export function shortest<T>(runs: number, prepare: () => T, work: (prepared: T) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const prepared = prepare();
    const start = performance.now();
    work(prepared);
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
