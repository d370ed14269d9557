/**
 * Two streams, each of which reads what the other is written: a socket pair without sockets.
 *
 * node:stream has one of its own from Node 22.6 on; this one runs on every Node that the library supports.
 *
 * @module
 */
import { Duplex } from 'node:stream';

class End extends Duplex {
  other: End | null = null;
  #waiting: (() => void) | null = null;

  override _read(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.();
  }

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    const { other } = this;
    if (other === null) return callback();
    // Back-pressure: the write is done once the other side wants more.
    if (other.push(chunk)) process.nextTick(callback);
    else other.#waiting = callback;
  }

  override _final(callback: () => void): void {
    this.other?.push(null);
    callback();
  }
}

export function duplexPair(): readonly [Duplex, Duplex] {
  const a = new End();
  const b = new End();
  a.other = b;
  b.other = a;
  return [a, b];
}
