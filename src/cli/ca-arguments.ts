/**
 * The arguments of the `ca` commands.
 *
 * @module
 */
import { parseArgs } from 'node:util';

/** Arguments that cannot be used. */
export class Misuse extends Error {}

export function misuse(sentence: string): never {
  throw new Misuse(sentence);
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>;

/** Runs `parseArgs`, whose complaints are about the command line. */
export function parse(
  args: readonly string[],
  options: Options,
  allowPositionals = false,
): ReturnType<typeof parseArgs> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals, strict: true });
  } catch (error) {
    return misuse(error instanceof Error ? error.message : String(error));
  }
}

export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function list(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

export function days(value: unknown, otherwise: number): number {
  if (value === undefined) return otherwise;
  const count = Number(value);
  return Number.isInteger(count) && count > 0 && count <= 36500
    ? count
    : misuse(`--days ${value} is not a number of days`);
}
