/**
 * The import table in docs/design.md, from the one that the architecture test enforces.
 *
 * @module
 */
import { IMPORT_EXCEPTIONS, IMPORT_TABLE, type Row } from '../test/architecture/import-table.ts';

const FRAGMENT = /(<!-- import-table: [^\n]* -->\n)[\s\S]*?(<!-- \/import-table -->)/;

/** The page with its table made new. */
export function renderImportTable(page: string): string {
  if (!FRAGMENT.test(page)) throw new Error('docs/design.md has no place for the import table');
  const rows = [
    ...Object.entries(IMPORT_TABLE).map(([folder, row]) =>
      line(folder === 'src' ? 'entry files' : `\`${folder}\``, row),
    ),
    ...IMPORT_EXCEPTIONS.map(({ title, base, row }) => line(title, row(IMPORT_TABLE[base] ?? { sees: [] }))),
  ];
  const table = `\n| Folder | May import | Packages |\n|---|---|---|\n${rows.join('\n')}\n\n`;
  return page.replace(FRAGMENT, (_, begin: string, end: string) => begin + table + end);
}

function line(folder: string, { sees, packages, names = 'none' }: Row): string {
  const list = sees.length === 0 ? 'nothing' : sees.map((name) => `\`${name}\``).join(', ');
  return `| ${folder} | ${list} | ${packages === undefined ? 'none' : names} |`;
}
