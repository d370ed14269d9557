/**
 * What one test file came to, gathered from the events of node's test runner.
 *
 * @see https://nodejs.org/api/test.html#class-testsstream
 * @module
 */
import { inspect } from 'node:util';

/** The events used here; the runner has more, and their set differs between versions of Node. */
export type RunnerEvent =
  | { readonly type: 'test:start' | 'test:enqueue' | 'test:complete'; readonly data: TestData }
  | { readonly type: 'test:pass' | 'test:fail'; readonly data: TestData & { readonly details: TestDetails } }
  | { readonly type: 'test:diagnostic'; readonly data: { readonly message: string; readonly nesting: number } }
  | { readonly type: 'test:stdout' | 'test:stderr'; readonly data: { readonly message: string } }
  | { readonly type: 'test:summary'; readonly data: unknown };

interface TestData {
  readonly name: string;
  readonly nesting: number;
  readonly file?: string;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
}

interface TestDetails {
  readonly duration_ms: number;
  readonly error?: Error & { readonly failureType?: string };
}

/** The runner's closing counts, in its order. */
export const COUNTS = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'] as const;
export type Counts = Readonly<Record<(typeof COUNTS)[number], number>>;

export interface Failure {
  /** The test's name after those of the tests around it. */
  readonly path: readonly string[];
  /** The file that declares the test. Its line is in the stack: the runner's own does not follow source maps. */
  readonly location: string;
  /** The error with its stack. */
  readonly text: string;
}

export interface FileResult {
  /** From the checkout on. */
  readonly name: string;
  readonly counts: Counts;
  readonly milliseconds: number;
  readonly failures: readonly Failure[];
  /** Reason → names of the tests that were skipped for it. */
  readonly skips: ReadonlyMap<string, readonly string[]>;
  readonly figures: readonly string[];
  /** What the file wrote to its output streams. */
  readonly output: string;
}

// The summary arrives as diagnostics too: "tests 17", "duration_ms 488.4".
const SUMMARY_LINE = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;

/** Gathers the events of a run of one file. */
export function fileResult(name: string, file: string, events: readonly RunnerEvent[]): FileResult {
  const counts: Record<string, number> = Object.fromEntries(COUNTS.map((count) => [count, 0]));
  const path: string[] = [];
  const failures: Failure[] = [];
  const skips = new Map<string, string[]>();
  const figures: string[] = [];
  let milliseconds = 0;
  let output = '';
  let ended = 0;
  let open = 0;

  for (const { type, data } of events) {
    if (type === 'test:enqueue') {
      open += 1;
    } else if (type === 'test:complete') {
      open -= 1;
    } else if (type === 'test:start') {
      path.length = data.nesting;
      path[data.nesting] = data.name;
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      output += data.message;
    } else if (type === 'test:diagnostic') {
      const [, count, value] = data.nesting === 0 ? (SUMMARY_LINE.exec(data.message) ?? []) : [];
      if (count === undefined) figures.push(data.message);
      else if (count === 'duration_ms') milliseconds = Number(value);
      else counts[count] = Number(value);
    } else if (type === 'test:pass' || type === 'test:fail') {
      // The file itself counts as a test when it crashes, or holds none.
      if (data.name !== file) ended += 1;
      if (typeof data.skip === 'string') push(skips, data.skip, data.name);
      else if (data.skip === true) push(skips, 'no reason given', data.name);
      const todo = data.todo !== undefined && data.todo !== false;
      if (type === 'test:fail' && !todo) failures.push(...failureOf(path, name, file, data));
    }
  }

  // A file can end well without having run its tests: by exiting, or by holding none.
  const unrun = open > 0 ? `${open} of its tests never ended` : ended === 0 ? 'the file holds no test' : null;
  if (unrun !== null && failures.length === 0) {
    failures.push({ path: [name], location: name, text: unrun });
    counts['fail'] = 1;
    if (ended === 0) counts['pass'] = 0;
    else counts['tests'] = (counts['tests'] ?? 0) + 1;
  }
  return { name, counts: counts as Counts, milliseconds, failures, skips, figures, output };
}

function failureOf(
  path: readonly string[],
  name: string,
  file: string,
  data: TestData & { readonly details: TestDetails },
): readonly Failure[] {
  const { error } = data.details;
  // A parent fails because of its children, which are listed themselves.
  if (error?.failureType === 'subtestsFailed') return [];
  const wholeFile = data.name === file;
  const place = data.file === undefined || data.file === file ? name : data.file;
  return [
    {
      path: wholeFile ? [name] : [...path.slice(0, data.nesting), data.name],
      location: wholeFile ? name : place,
      text: wholeFile ? wholeFileText(error) : inspect(error?.cause ?? error),
    },
  ];
}

function wholeFileText(error: TestDetails['error']): string {
  const cause = error?.cause;
  const reason = cause instanceof Error ? cause.message : String(cause ?? error?.message ?? 'test failed');
  const { exitCode, signal } = (error ?? {}) as { exitCode?: unknown; signal?: unknown };
  return `the file as a whole failed: ${reason} (exit code ${inspect(exitCode)}, signal ${inspect(signal)})`;
}

function push(map: Map<string, string[]>, key: string, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
