/**
 * Which command runs.
 *
 * @module
 */
import { describeFailure } from './failure.ts';
import { HELP, HELP_FOR } from './help.ts';
import { EXIT, type Io, UsageError } from './io.ts';

type Command = (argv: readonly string[], io: Io) => Promise<number>;

/** Loaded when asked for: nobody who connects waits for the authority's code. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  connect: async () => (await import('./connect.ts')).runConnect,
  serve: async () => (await import('./serve.ts')).runServe,
  verify: async () => (await import('./verify.ts')).runVerify,
  demo: async () => (await import('./demo.ts')).runDemo,
  ca: async () => {
    const { runCa } = await import('./ca.ts');
    return (argv, io) =>
      runCa(argv, { stdout: (text) => io.stdout.write(text), stderr: (text) => io.stderr.write(text) });
  },
};

/** Commands of the contract that are still to come. */
const LATER: readonly string[] = ['inspect'];

/** Runs a command line without its program name. Resolves to the exit code (`EXIT`); rejects for a defect alone. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const topic = HELP_FOR[rest[0] ?? ''] ?? HELP;
    (name === undefined ? io.stderr : io.stdout).write(topic);
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  try {
    if (LATER.includes(name)) throw new UsageError(`${name} is not supported yet`);
    const load = COMMANDS[name];
    if (load === undefined) throw new UsageError(`there is no command ${name}; isotls help lists them`);
    const help = HELP_FOR[name];
    if (help !== undefined && (rest.includes('--help') || rest.includes('-h'))) {
      io.stdout.write(help);
      return EXIT.done;
    }
    const command = await load();
    return await command(rest, io);
  } catch (error) {
    const { code, line } = describeFailure(error);
    io.stderr.write(`${line}\n`);
    return code;
  }
}
