/**
 * What goes out to a socket: memory to seal records into, and writes of one turn that are gathered.
 *
 * One array serves all sockets of our own, since the kernel mostly takes what it is given at once; an array for each write would
 * be in memory that no cache holds, and most of what there is to collect. The first write of a turn of the event loop goes
 * out at once; those that follow in it go together, four records at a time, for a quarter of the calls of the kernel.
 *
 * @module
 */
import type { Duplex } from 'node:stream';

/** Bytes of a full record. */
const CONTENT_LENGTH = 16_384;
/** Bytes: more than what protects it, which is 22 in TLS 1.3. */
const PROTECTION_LENGTH = 256;
/** Four full records are the most that the pump seals at once. */
const MEMORY_LENGTH = 4 * (CONTENT_LENGTH + PROTECTION_LENGTH);
/** Bytes below which a write does not make the next one wait: there is more to such a turn than writing. */
const LARGE = 4096;

/** The array that is sealed into. */
let memory: Uint8Array<ArrayBuffer> | null = null;
/** Others, that sockets have held and given back. */
const spare: Uint8Array<ArrayBuffer>[] = [];
const MOST_SPARE = 4;
/** Who has written in this turn, and may have bytes in `memory`. */
let gatherer: SocketOutput | null = null;

export class SocketOutput {
  readonly #socket: Duplex;
  readonly #owned: boolean;
  /** An array that the socket has not yet sent all of. */
  #held: Uint8Array<ArrayBuffer> | null = null;
  /** Bytes in `memory` that the socket has not been given. */
  #gathered = 0;

  /** `owned`: nobody else writes to the socket, and it keeps nothing of what it has written. */
  constructor(socket: Duplex, owned: boolean) {
    this.#socket = socket;
    this.#owned = owned;
  }

  /** Takes bytes, in order. False: the socket has enough for now, and will say when there is room again. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (memory === null || bytes.buffer !== memory.buffer) {
      this.flush();
      return this.#write(bytes);
    }
    if (gatherer !== this) {
      if (bytes.length >= LARGE) this.#beginTurn();
      return this.#write(bytes);
    }
    this.#gathered += bytes.length;
    return fits(this.#gathered, CONTENT_LENGTH) || this.flush();
  }

  /**
   * Memory for records with so many bytes of content. None while the socket has something to send: it would keep an array for
   * each write, and not say when it is done with one.
   */
  lend(contentLength: number): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#owned) return undefined;
    if (gatherer !== this) gatherer?.flush();
    else if (!fits(this.#gathered, contentLength)) this.flush();
    if (this.#socket.writableLength > 0) return undefined;
    this.reclaim();
    memory ??= spare.pop() ?? new Uint8Array(MEMORY_LENGTH);
    return memory.subarray(this.#gathered);
  }

  /** Gives the socket what was gathered. False as for `send`. */
  flush(): boolean {
    const length = this.#gathered;
    if (length === 0 || memory === null) return true;
    this.#gathered = 0;
    return this.#write(memory.subarray(0, length));
  }

  /** The socket has sent all that it had. */
  reclaim(): void {
    if (this.#held !== null && spare.length < MOST_SPARE) spare.push(this.#held);
    this.#held = null;
  }

  /** Whoever gathered before has been flushed: by `lend`, for the memory. */
  #beginTurn(): void {
    gatherer = this;
    process.nextTick(() => {
      this.flush();
      if (gatherer === this) gatherer = null;
    });
  }

  #write(bytes: Uint8Array<ArrayBuffer>): boolean {
    const socket = this.#socket;
    if (!socket.writable) return true;
    const more = socket.write(bytes);
    if (!this.#owned) return more;
    // Its own mark is below one record: what counts is whether something waits.
    if (socket.writableLength === 0) return true;
    if (memory !== null && bytes.buffer === memory.buffer) {
      this.#held = memory;
      memory = null;
    }
    return more;
  }
}

function fits(gathered: number, contentLength: number): boolean {
  const records = Math.ceil(contentLength / CONTENT_LENGTH);
  return gathered + contentLength + records * PROTECTION_LENGTH <= MEMORY_LENGTH;
}
