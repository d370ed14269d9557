/**
 * Waiting for what another process, or another turn of the loop, is about to do: however slow the machine, never longer than needed.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';

/** Long enough for a machine that others keep busy. */
export const PATIENCE_MS = 60_000;

/** Resolves when `holds` returns true, or after PATIENCE_MS: what is asserted next then says what is missing. */
export async function eventually(holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !holds() && Date.now() < deadline; ) await delay(10);
}
