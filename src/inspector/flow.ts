/**
 * Two lanes and the arrows between them: a conversation drawn as text, 80 columns wide.
 *
 * The line of an arrow says what protected it: ─ nothing, ═ handshake keys, ━ application keys.
 *
 * @module
 */
import { explain, titleOf } from './explain.ts';
import type { Protection, Sighting } from './tap.ts';

/** Wraps text in the escape sequences of a colour, or leaves it alone. */
export type Paint = (style: 'bold' | 'dim' | 'yellow' | 'cyan' | 'green', text: string) => string;

const STYLE: Readonly<Record<Protection, { readonly line: string; readonly colour: 'yellow' | 'cyan' | 'green' }>> = {
  none: { line: '─', colour: 'yellow' },
  handshake: { line: '═', colour: 'cyan' },
  application: { line: '━', colour: 'green' },
};

/** Columns between the lanes. */
const WIDTH = 74;

/** The names above the lanes. */
export function drawHead(paint: Paint): string {
  const gap = WIDTH + 4 - 'client'.length - 'server'.length;
  return `${paint('bold', 'client')}${' '.repeat(gap)}${paint('bold', 'server')}\n${lanes('', paint)}`;
}

/** An arrow with name and size, and below it what it says. */
export function drawSighting(sighting: Sighting, paint: Paint): string {
  const { line, colour } = STYLE[sighting.protection];
  const title = ` ${titleOf(sighting)} `;
  const size = ` ${sizeText(sighting.bytes)} `;
  const fill = line.repeat(WIDTH - 6 - title.length - size.length);
  const [left, right] = sighting.from === 'client' ? [`${line}${line}`, `${line}▶`] : [`◀${line}`, `${line}${line}`];
  const arrow = ` ${paint(colour, left)}${paint('bold', title)}${paint(colour, fill)}${size}${paint(colour, right)} `;
  const text = clip(explain(sighting), WIDTH - 4);
  return `  ${paint('dim', '│')}${arrow}${paint('dim', '│')}\n${lanes(text, paint)}`;
}

export function drawLegend(paint: Paint): string {
  const names: Readonly<Record<Protection, string>> = {
    none: 'in the clear',
    handshake: 'under handshake keys',
    application: 'under application keys',
  };
  const parts = (Object.keys(names) as Protection[]).map(
    (protection) => `${paint(STYLE[protection].colour, STYLE[protection].line.repeat(2))} ${names[protection]}`,
  );
  return `  ${parts.join('   ')}\n`;
}

/** "62 bytes", "1.4 kB". */
export function sizeText(bytes: number): string {
  if (bytes >= 1000) return `${(bytes / 1000).toFixed(1)} kB`;
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}

function lanes(text: string, paint: Paint): string {
  const bar = paint('dim', '│');
  return `  ${bar}    ${paint('dim', text.padEnd(WIDTH - 4))}${bar}\n`;
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
