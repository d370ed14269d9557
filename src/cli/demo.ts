/** @module */
import type { Io } from './io.ts';
export async function runDemo(_argv: readonly string[], _io: Io): Promise<number> {
  return 0;
}
