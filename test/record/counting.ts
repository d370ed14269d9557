/**
 * A provider that counts the compressions of its hashes and notes the calls, to show what does not depend on a secret.
 *
 * @module
 */
import type { CryptoProvider, HashContext } from '../../src/crypto/provider.ts';
import type { HashName } from '../../src/params/algorithms.ts';

export interface Counted {
  readonly provider: CryptoProvider;
  /** What has happened since the last look: compressions, and the names of the calls in order. */
  take(): { readonly compressions: number; readonly calls: string };
}

/** FIPS 180-4 §5.1: bytes of a block, and of the one byte and the length at the end of the last. */
const BLOCKS: Readonly<Record<HashName, readonly [block: number, ending: number]>> = {
  sha1: [64, 9],
  sha256: [64, 9],
  sha384: [128, 17],
  sha512: [128, 17],
};

export function counting(base: CryptoProvider): Counted {
  let compressions = 0;
  let calls: string[] = [];

  /** `bytes`: taken so far. A block is compressed as soon as it is full. */
  function counted(name: HashName, context: HashContext, bytes: number): HashContext {
    const [block, ending] = BLOCKS[name];
    let taken = bytes;
    return {
      update(data) {
        calls.push('update');
        compressions += Math.floor((taken + data.length) / block) - Math.floor(taken / block);
        taken += data.length;
        context.update(data);
      },
      clone() {
        calls.push('clone');
        return counted(name, context.clone(), taken);
      },
      digest() {
        calls.push('digest');
        compressions += Math.ceil((taken + ending) / block) - Math.floor(taken / block);
        return context.digest();
      },
    };
  }

  return {
    provider: {
      ...base,
      hash(name) {
        calls.push('hash');
        return counted(name, base.hash(name), 0);
      },
      hmac(name, key, ...data) {
        calls.push('hmac');
        const [block, ending] = BLOCKS[name];
        const length = data.reduce((sum, { length }) => sum + length, block);
        compressions += Math.ceil((length + ending) / block) + Math.ceil((block + 64 + ending) / block);
        return base.hmac(name, key, ...data);
      },
      cbc(name, key) {
        const context = base.cbc(name, key);
        return {
          encrypt(iv, data, out, offset) {
            calls.push(`encrypt ${data.length}`);
            context.encrypt(iv, data, out, offset);
          },
          decrypt(iv, data, out, offset) {
            calls.push(`decrypt ${data.length}`);
            context.decrypt(iv, data, out, offset);
          },
          wipe: context.wipe,
        };
      },
    },
    take() {
      const seen = { compressions, calls: calls.join(' ') };
      compressions = 0;
      calls = [];
      return seen;
    },
  };
}
