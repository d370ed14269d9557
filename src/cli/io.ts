/**
 * What a command may touch of its process: the three streams, and nothing else.
 *
 * Commands get it as a parameter, so that tests run them in their own process with streams of their own.
 *
 * @module
 */
import type { Readable, Writable } from 'node:stream';

export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** True where escape sequences for colour make sense on stdout. */
  readonly colour: boolean;
  /** Characters in a line of stdout, where it is a terminal. */
  readonly columns?: number | undefined;
  /** Aborted when the process is asked to stop: a command that runs on ends in order. */
  readonly stop?: AbortSignal | undefined;
}

/** Exit codes of every command. */
export const EXIT = {
  /** Done. */
  done: 0,
  /** The command line, or a file it names, cannot be used. */
  usage: 1,
  /** TLS or the validation of a chain failed. */
  tls: 2,
  /** The transport failed. */
  transport: 3,
} as const;

/** A command line that cannot be used; the message becomes the sentence after `usage: `. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
