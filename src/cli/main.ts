#!/usr/bin/env node
/**
 * The program `isotls`: hands this process's arguments and streams to the command, and its exit code back.
 *
 * @module
 */
import { runCli } from './dispatch.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
// Whoever read our output has gone: nobody is left to tell.
process.stdout.on('error', () => process.exit(0));

const code = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  colour: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
  columns: process.stdout.columns,
  stop: stop.signal,
});
// An open stdin would keep the process; what was written goes out first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
