/**
 * AES in constant time: counter mode, eight blocks at a time, on bit planes (aes-planes.ts).
 *
 * Constant-time at source level: no index and no branch depends on key or data. A JavaScript engine does not promise to keep it so.
 *
 * @see FIPS 197 §5, NIST SP 800-38A §6.5 (Counter Mode)
 * @module
 */
import { type AesCounter, expandKey } from './aes.ts';
import { substituteWord } from './aes-pair.ts';
import { AFFINE, addEight, EIGHT, forgetState, startCounters } from './aes-planes.ts';

/** `key`: 16 or 32 bytes. */
export function createConstantTimeCounter(key: Uint8Array): AesCounter {
  const keys = planeKeys(key);
  const start = new Int32Array(EIGHT);

  return {
    addKeyStream(nonce, number, words, from, to) {
      let first = number & 7;
      let next = number - first;
      startCounters(start, nonce, next, keys);
      for (let at = from - 4 * first; at < to; at += EIGHT) {
        addEight(start, next, keys, words, at, first, Math.min(8, (to - at + 3) >> 2));
        first = 0;
        next = (next + 8) | 0;
        if ((next & 0xff) === 0 && at + EIGHT < to) startCounters(start, nonce, next, keys);
      }
      forgetState();
    },

    wipe() {
      keys.fill(0);
      start.fill(0);
    },
  };
}

/** Round keys as planes of eight equal blocks, with what the S-box leaves out. */
function planeKeys(key: Uint8Array): Int32Array {
  const words = expandKey(key, substituteWord);
  const keys = new Int32Array((EIGHT / 4) * words.length);
  for (let i = 0; i < keys.length; i++) {
    const round = i >> 5;
    const place = i & 31;
    let columns = round === 0 ? 0 : -((AFFINE >>> place) & 1) & LOW;
    for (let column = 0; column < 4; column++) {
      columns ^= (((words[4 * round + column] as number) >>> place) & 1) << (8 * column);
    }
    keys[i] = (columns << 8) - columns;
  }
  words.fill(0);
  return keys;
}

const LOW = 0x01010101;
