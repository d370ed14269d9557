/**
 * The sentences of RFC 9846, §4 to §10, that name an alert or end a connection, found in its text.
 *
 * The text is not part of the project: where it is not beside the checkout there is nothing to compare with.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ALERTS } from '../../src/errors/alerts.ts';

export const RFC_TEXT: string = join(
  import.meta.dirname,
  ...['..', '..', '..', 'shared', 'rfc', 'rfc9846-editors-copy.txt'],
);

export interface Sentence {
  /** Of its first character, from 1. */
  readonly line: number;
  readonly section: string;
  readonly text: string;
  /** Alerts whose names it has in quotation marks. */
  readonly alerts: readonly string[];
  readonly must: boolean;
}

const FIRST = /^4\. {2}Handshake Protocol$/;
const LAST = /^11\. {2}IANA Considerations$/;
const HEADING = /^(\d+(?:\.\d+)*)\. {2}\S/;
/** The end of a sentence: a stop before a capital, or an empty line. */
const END = /(?<!e\.g|i\.e)\.\)?(?=\s+[A-Z("])|\n\s*\n/g;
const ALERT = new RegExp(`"(${Object.keys(ALERTS).join('|')})"`, 'g');
const ENDS_CONNECTION = /\bMUST\b/;
const ENDING = /\balert|\babort|\bterminat/i;

/** Null: the text is not there. */
export function readSentences(): readonly Sentence[] | null {
  if (!existsSync(RFC_TEXT)) return null;
  const lines = readFileSync(RFC_TEXT, 'utf8').split('\n');
  const from = lines.findIndex((line) => FIRST.test(line));
  const to = lines.findIndex((line) => LAST.test(line));
  if (from < 0 || to < from) throw new Error('the text has no §4 or no §11');

  const sentences: Sentence[] = [];
  let section = '';
  let paragraph: { readonly line: number; readonly text: string }[] = [];
  for (let i = from; i <= to; i++) {
    const text = lines[i] ?? '';
    if (text.trim() !== '') {
      section = paragraph.length === 0 ? (HEADING.exec(text)?.[1] ?? section) : section;
      paragraph.push({ line: i + 1, text });
      continue;
    }
    sentences.push(...sentencesOf(paragraph, section));
    paragraph = [];
  }
  return sentences.filter(isRelevant);
}

function isRelevant({ text, alerts, must }: Sentence): boolean {
  return alerts.length > 0 || (must && ENDING.test(text)) || /\b(abort|terminat)/.test(text);
}

function sentencesOf(
  paragraph: readonly { readonly line: number; readonly text: string }[],
  section: string,
): readonly Sentence[] {
  const lineAt: number[] = [];
  let all = '';
  for (const { line, text } of paragraph) {
    for (const character of `${text}\n`) {
      all += character;
      lineAt.push(line);
    }
  }
  const ends = [...all.matchAll(END)].map((match) => match.index + match[0].length);
  const sentences: Sentence[] = [];
  let start = 0;
  for (const end of [...ends, all.length]) {
    const raw = all.slice(start, end);
    const text = raw.trim().replace(/\s+/g, ' ');
    const line = lineAt[start + raw.length - raw.trimStart().length];
    start = end;
    if (text === '' || line === undefined) continue;
    const alerts = [...text.matchAll(ALERT)].map(([, name]) => name ?? '');
    sentences.push({ line, section, text, alerts, must: ENDS_CONNECTION.test(text) });
  }
  return sentences;
}
