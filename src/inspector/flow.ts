/**
 * Two lanes and the arrows between them: a conversation drawn as text, 78 columns wide, or two of them side by side.
 *
 * The line of an arrow says what protected it: ─ nothing, ┅ early keys, ═ handshake keys, ━ application keys.
 *
 * @module
 */
import { explain, titleOf } from './explain.ts';
import type { Protection, Sighting } from './sighting.ts';

/** Wraps text in the escape sequences of a colour, or leaves it alone. */
export type Paint = (style: 'bold' | 'dim' | 'yellow' | 'magenta' | 'cyan' | 'green', text: string) => string;

type Colour = 'yellow' | 'magenta' | 'cyan' | 'green';

const STYLE: Readonly<Record<Protection, { readonly line: string; readonly colour: Colour }>> = {
  none: { line: '─', colour: 'yellow' },
  early: { line: '┅', colour: 'magenta' },
  handshake: { line: '═', colour: 'cyan' },
  application: { line: '━', colour: 'green' },
};

/** Columns between the lanes of a whole drawing, and of a narrow one without explanations. */
const WIDTH = 74;
const NARROW = 36;
/** Columns between two drawings. */
const GAP = 2;
const MARGIN = 2;

/** The columns that `drawPair` needs for two whole drawings, and for two narrow ones. */
export const PAIR_COLUMNS = { whole: 2 * (MARGIN + WIDTH + 2) + GAP, narrow: 2 * (NARROW + 2) + GAP };

/** The names above the lanes. */
export function drawHead(paint: Paint): string {
  return indented([names(WIDTH, paint), lanes('', WIDTH, paint)]);
}

/** An arrow with name and size, and below it what it says. */
export function drawSighting(sighting: Sighting, paint: Paint): string {
  return indented(drawn(sighting, WIDTH, paint));
}

/**
 * Two conversations next to each other, what they have in common at the same height: with explanations where there are columns
 * enough, without where there are not.
 */
export function drawPair(
  first: readonly Sighting[],
  second: readonly Sighting[],
  columns: number,
  paint: Paint,
): string {
  const whole = columns >= PAIR_COLUMNS.whole;
  const width = whole ? WIDTH : NARROW;
  const margin = ' '.repeat(whole ? MARGIN : 0);
  const join = (left: string, right: string): string => `${margin}${left}${' '.repeat(GAP)}${margin}${right}\n`;
  const rows = align(first, second).flatMap(([left, right]) => {
    const lines = [left, right].map((sighting) => (sighting === null ? [] : drawn(sighting, width, paint)));
    const [one = [], two = []] = lines;
    const empty = lanes('', width, paint);
    return Array.from({ length: whole ? 2 : 1 }, (_, at) => join(one[at] ?? empty, two[at] ?? empty));
  });
  return [join(names(width, paint), names(width, paint)), ...rows].join('');
}

/** One after the other without explanations, for few columns. */
export function drawNarrow(sightings: readonly Sighting[], paint: Paint): string {
  const rows = sightings.map((sighting) => drawn(sighting, NARROW, paint)[0]);
  return [names(NARROW, paint), ...rows].map((line) => `${line}\n`).join('');
}

/** Pairs of the same kind of thing from the same side, in order; null beside what the other conversation has not. */
export function align(
  first: readonly Sighting[],
  second: readonly Sighting[],
): readonly (readonly [Sighting | null, Sighting | null])[] {
  const same = (a: Sighting, b: Sighting): boolean => a.from === b.from && titleOf(a) === titleOf(b);
  // The longest common subsequence of what is left from (i, j) on.
  const lengths = first.map(() => second.map(() => 0));
  const length = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = first.length - 1; i >= 0; i--) {
    for (let j = second.length - 1; j >= 0; j--) {
      const [a, b, row] = [first[i], second[j], lengths[i]];
      if (a === undefined || b === undefined || row === undefined) continue;
      row[j] = same(a, b) ? 1 + length(i + 1, j + 1) : Math.max(length(i + 1, j), length(i, j + 1));
    }
  }
  const pairs: (readonly [Sighting | null, Sighting | null])[] = [];
  let [i, j] = [0, 0];
  for (;;) {
    const [a = null, b = null] = [first[i], second[j]];
    if (a === null && b === null) return pairs;
    if (a !== null && b !== null && same(a, b)) pairs.push([first[i++] ?? null, second[j++] ?? null]);
    else if (b === null || (a !== null && length(i + 1, j) >= length(i, j + 1))) pairs.push([first[i++] ?? null, null]);
    else pairs.push([null, second[j++] ?? null]);
  }
}

export function drawLegend(paint: Paint): string {
  const keys: Readonly<Record<Protection, string>> = {
    none: 'in the clear',
    early: 'early keys',
    handshake: 'handshake keys',
    application: 'application keys',
  };
  const parts = (Object.keys(keys) as Protection[]).map(
    (protection) => `${paint(STYLE[protection].colour, STYLE[protection].line.repeat(2))} ${keys[protection]}`,
  );
  return `  ${parts.join('   ')}\n`;
}

/** "62 bytes", "1.4 kB". */
export function sizeText(bytes: number): string {
  if (bytes >= 1000) return `${(bytes / 1000).toFixed(1)} kB`;
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}

/** An arrow between its lanes, and the lanes with what it says between them. */
function drawn(sighting: Sighting, width: number, paint: Paint): readonly [string, string] {
  const { line, colour } = STYLE[sighting.protection];
  const title = ` ${titleOf(sighting)} `;
  const { bytes } = sighting;
  const size = ` ${width === NARROW && bytes < 1000 ? `${bytes} B` : sizeText(bytes)} `;
  const fill = line.repeat(Math.max(1, width - 6 - title.length - size.length));
  const [left, right] = sighting.from === 'client' ? [`${line}${line}`, `${line}▶`] : [`◀${line}`, `${line}${line}`];
  const arrow = ` ${paint(colour, left)}${paint('bold', title)}${paint(colour, fill)}${size}${paint(colour, right)} `;
  const bar = paint('dim', '│');
  return [`${bar}${arrow}${bar}`, lanes(clip(explain(sighting), width - 4), width, paint)];
}

function names(width: number, paint: Paint): string {
  const gap = width + 2 - 'client'.length - 'server'.length;
  return `${paint('bold', 'client')}${' '.repeat(gap)}${paint('bold', 'server')}`;
}

function lanes(text: string, width: number, paint: Paint): string {
  const bar = paint('dim', '│');
  return `${bar}    ${paint('dim', text.padEnd(width - 4))}${bar}`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `${' '.repeat(MARGIN)}${line}\n`).join('');
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
