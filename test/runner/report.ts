/**
 * The printed form of test results: a line per file, failures in full, figures, and the summary in the words of node's
 * spec reporter, so that whatever reads that summary can read ours.
 *
 * @module
 */
import { COUNTS, type Counts, type Failure, type FileResult } from './file-result.ts';

/** Lines of a failed file's own output that are shown. */
const OUTPUT_LINES = 60;
/** What is repeated of a failure at the end, and of how many of a file. */
const REPEATED_LINES = 8;
const REPEATED_FAILURES = 5;

/** A line for a file; under it its failures in full, and what was skipped and why. */
export function describeFile(result: FileResult): string {
  const { name, counts, failures, skips, milliseconds, output } = result;
  const failed = failures.length > 0;
  const numbers = [
    `${counts.pass} passed`,
    ...(failed ? [`${failures.length} failed`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} skipped`] : []),
    ...(counts.todo > 0 ? [`${counts.todo} todo`] : []),
  ];
  const lines = [`${failed ? '✖' : '✔'} ${name}  ${numbers.join(', ')}  ${(milliseconds / 1000).toFixed(1)} s`];
  for (const [reason, names] of skips) lines.push(`  ﹣ ${skipped(names)}: ${reason}`);
  for (const failure of failures) lines.push(...describeFailure(failure));
  if (failed && output !== '') lines.push('', '  output of the file:', ...indent(lastLines(output), '    '));
  return `${lines.join('\n')}\n`;
}

/** What the tests measured or counted, by file. Empty when they reported nothing. */
export function describeFigures(results: readonly FileResult[]): string {
  const lines = results
    .filter(({ figures }) => figures.length > 0)
    .flatMap(({ name, figures }) => [name, ...figures.flatMap((figure) => indent(figure, '  '))]);
  return lines.length === 0 ? '' : `\nFigures\n${lines.join('\n')}\n`;
}

/** Failed files again, each failure cut to its first lines: who keeps only the end of a log still learns what failed. */
export function describeFailures(title: string, failed: readonly FileResult[]): string {
  if (failed.length === 0) return '';
  const lines = failed.flatMap(({ name, failures }) => [
    `  ${name}: ${failures.length}`,
    ...failures
      .slice(0, REPEATED_FAILURES)
      .flatMap(({ path, text }) => [`    ✖ ${path.join(' › ')}`, ...indent(firstLines(text), '      ')]),
  ]);
  return `\n${title}\n${lines.join('\n')}\n`;
}

/** Node's closing lines, summed over all files. */
export function describeSummary(results: readonly FileResult[], milliseconds: number): string {
  const total = (count: keyof Counts) => results.reduce((sum, { counts }) => sum + counts[count], 0);
  const lines = COUNTS.map((count) => `ℹ ${count} ${total(count)}`);
  return `\n${[...lines, `ℹ duration_ms ${milliseconds.toFixed(0)}`].join('\n')}\n`;
}

function describeFailure({ path, location, text }: Failure): readonly string[] {
  return ['', `  ✖ ${path.join(' › ')}`, `    at ${location}`, ...indent(text.trimEnd(), '    ')];
}

function skipped(names: readonly string[]): string {
  const [first = ''] = names;
  return names.length === 1 ? first : `${first} and ${names.length - 1} more`;
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split('\n');
  const kept = lines.slice(-OUTPUT_LINES);
  const left = lines.length - kept.length;
  return [...(left > 0 ? [`(${left} lines before this)`] : []), ...kept].join('\n');
}

function firstLines(text: string): string {
  return text.trimEnd().split('\n').slice(0, REPEATED_LINES).join('\n');
}

function indent(text: string, by: string): readonly string[] {
  return text.split('\n').map((line) => (line === '' ? '' : by + line));
}
