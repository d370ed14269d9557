/**
 * Starts bench/opposite.ts and gives it orders.
 *
 * A client that writes `U` and a length has so many bytes read and gets one back; after `D` and a length it is sent so many.
 *
 * @module
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Bytes of one write of bulk data. */
export const CHUNK = 16_384;
/** Bytes of a client's order: a letter and a decimal number. */
export const HEADER = 16;

export type Order =
  | {
      readonly do: 'listen';
      readonly certPem: string;
      readonly keyPem: string;
      readonly ciphers: string;
      readonly version: string;
    }
  | {
      readonly do: 'visit';
      readonly port: number;
      readonly count: number;
      readonly resumed: boolean;
      readonly name: string;
      readonly authorityPem: string;
      readonly ciphers: string;
      readonly version: string;
    }
  | {
      readonly do: 'stay';
      readonly port: number;
      readonly count: number;
      readonly name: string;
      readonly authorityPem: string;
      readonly ciphers: string;
      readonly version: string;
      readonly plain: boolean;
    }
  | { readonly do: 'listen-plain' }
  | { readonly do: 'count' };

export interface Opposite {
  /** One order at a time. */
  order(order: Order): Promise<unknown>;
  stop(): void;
}

/** Milliseconds for one order: 1,000 clients, one after the other, of the slowest. */
const ORDER_MS = 240_000;

export function startOpposite(): Opposite {
  const child = fork(join(import.meta.dirname, 'opposite.ts'));
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  return {
    async order(order) {
      // A process that is gone says nothing more.
      const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(ORDER_MS)]);
      child.send(order, () => {});
      const answer = await once(child, 'message', { signal }).catch(() => {
        throw new Error(`the other end is gone, or takes more than ${ORDER_MS / 1000} s`);
      });
      const [{ result, error }] = answer as [{ result?: unknown; error?: string }];
      if (error !== undefined) throw new Error(`the other end: ${error}`);
      return result;
    },
    stop() {
      if (child.connected) child.disconnect();
    },
  };
}

export function bulkOrder(way: 'U' | 'D', length: number): Buffer {
  return Buffer.from(way + String(length).padStart(HEADER - 1, '0'), 'latin1');
}
