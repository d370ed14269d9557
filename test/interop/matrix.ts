/**
 * The interop matrix: a row for a peer in one role, a column for each thing negotiated or done, and in every cell a tick or the
 * reason why there is none.
 *
 * @module
 */
import {
  CIPHER_SUITES,
  type CipherSuite13,
  type CipherSuiteName,
  type GroupName,
  NAMED_GROUPS,
} from '../../src/params/algorithms.ts';

export const SUITES: readonly CipherSuite13['name'][] = CIPHER_SUITES.map(({ name }) => name);
export const GROUPS: readonly GroupName[] = NAMED_GROUPS.map(({ name }) => name);
/** Kinds of certificate keys, by the names of test/peers.ts; it has all but Ed448. */
export const CERTIFICATES = ['p256', 'p384', 'p521', 'ed25519', 'ed448', 'rsa2048', 'rsa-pss2048'] as const;
export type CertificateKind = (typeof CERTIFICATES)[number];

const OPTIONS = [
  { column: 'HelloRetryRequest', head: 'HRR', title: '' },
  { column: 'cookie', head: 'cookie', title: '' },
  { column: 'client cert sent', head: 'sent', title: 'client cert' },
  { column: 'client cert declined', head: 'none', title: 'client cert' },
  { column: 'client cert missing', head: 'missing', title: 'client cert' },
  { column: 'ALPN', head: 'ALPN', title: '' },
  { column: 'SNI', head: 'SNI', title: '' },
  { column: 'KeyUpdate ours', head: 'ours', title: 'KeyUpdate' },
  { column: 'KeyUpdate asked for', head: 'asked', title: 'KeyUpdate' },
  { column: 'KeyUpdate theirs', head: 'theirs', title: 'KeyUpdate' },
  { column: 'exporter', head: 'exporter', title: '' },
  { column: 'close_notify', head: 'close', title: '' },
  { column: '64 MiB', head: '64MiB', title: '' },
] as const;

export type Column = CipherSuiteName | GroupName | `cert ${CertificateKind}` | (typeof OPTIONS)[number]['column'];

const SUITE_HEADS: Readonly<Record<CipherSuite13['name'], string>> = {
  TLS_AES_128_GCM_SHA256: 'AES128',
  TLS_AES_256_GCM_SHA384: 'AES256',
  TLS_CHACHA20_POLY1305_SHA256: 'ChaCha20',
  TLS_AES_128_CCM_SHA256: 'CCM',
  TLS_AES_128_CCM_8_SHA256: 'CCM-8',
};

/** X25519MLKEM768 stands as X+MLKEM. */
function groupHead(group: GroupName): string {
  const hybrid = /^(X|SecP(\d+)).*MLKEM\d+$/.exec(group);
  if (hybrid !== null) return `${hybrid[2] === undefined ? 'X' : `P-${hybrid[2]}`}+MLKEM`;
  return group.replace(/secp(\d+)r1/, 'P-$1');
}

/** Equal titles stand over neighbours. */
const COLUMNS: readonly { readonly column: Column; readonly head: string; readonly title: string }[] = [
  ...SUITES.map((column) => ({ column, head: SUITE_HEADS[column], title: 'suite' })),
  ...GROUPS.map((column) => ({ column, head: groupHead(column), title: 'group' })),
  ...CERTIFICATES.map((kind) => ({ column: `cert ${kind}` as const, head: kind, title: 'certificate' })),
  ...OPTIONS,
];

/** Which side of a connection the peer plays. */
export type Role = 'client' | 'server';

/** Reasons for cells that cannot be filled. */
export type Lacks = Partial<Readonly<Record<Column, string>>>;

/** The same reason for every group with ML-KEM. */
export function lacksHybrids(reason: string): Lacks {
  return Object.fromEntries(NAMED_GROUPS.filter(({ hybrid }) => hybrid).map(({ name }) => [name, reason]));
}

/** The same reason for the suites with CCM. */
export function lacksCcm(reason: string): Lacks {
  return { TLS_AES_128_CCM_SHA256: reason, TLS_AES_128_CCM_8_SHA256: reason };
}

export interface Row {
  readonly peer: string;
  readonly role: Role;
  readonly lacks: Lacks;
  /** How many connections proved each column. */
  readonly proved: Map<Column, number>;
  connections: number;
}

export function createRow(peer: string, role: Role, lacks: Lacks): Row {
  return { peer, role, lacks, proved: new Map(), connections: 0 };
}

/** Counts a connection that did all it should. */
export function prove(row: Row, columns: readonly Column[]): void {
  row.connections += 1;
  for (const column of columns) row.proved.set(column, (row.proved.get(column) ?? 0) + 1);
}

/** Columns with neither a connection nor a reason. */
export function emptyCells(row: Row): readonly Column[] {
  return COLUMNS.map(({ column }) => column).filter((column) => !row.proved.has(column) && !(column in row.lacks));
}

/** The rows as a table: in a cell a tick, ✗ for what failed, or a letter for a reason that stands below. */
export function describeRows(rows: readonly Row[]): string {
  const reasons = new Map<string, string>();
  const cells = rows.map((row) => COLUMNS.map(({ column }) => cellOf(row, column, reasons)));
  const lines = [COLUMNS.map(({ head }) => head), ...cells];
  const widths = COLUMNS.map(({ head }) => head.length);
  const names = ['', ...rows.map(({ peer, role }) => `${peer} as ${role}`)];
  const margin = Math.max(...names.map(({ length }) => length));

  return [
    `${' '.repeat(margin)} ${titles(widths)}`.trimEnd(),
    ...lines.map((line, i) => [names[i]?.padEnd(margin), ...line.map(padded)].join(' ').trimEnd()),
    ...[...reasons].map(([reason, letter]) => `${letter}: ${reason}`),
    ...rows.map(({ peer, role, connections }) => `${peer} as ${role}: ${connections} connections`),
  ].join('\n');

  function padded(cell: string, column: number): string {
    const gap = column > 0 && COLUMNS[column]?.title !== COLUMNS[column - 1]?.title ? ' ' : '';
    return gap + cell.padEnd(widths[column] ?? 0);
  }

  function titles(width: readonly number[]): string {
    return COLUMNS.map(({ title }, i) => {
      const first = title !== COLUMNS[i - 1]?.title;
      if (!first) return '';
      let room = 0;
      for (let at = i; COLUMNS[at]?.title === title; at += 1) room += (width[at] ?? 0) + 1;
      return (i > 0 ? ' ' : '') + title.padEnd(room);
    }).join('');
  }
}

function cellOf(row: Row, column: Column, reasons: Map<string, string>): string {
  if (row.proved.has(column)) return '✓';
  const reason = row.lacks[column];
  if (reason === undefined) return '✗';
  const letter = reasons.get(reason) ?? String.fromCharCode(97 + reasons.size);
  reasons.set(reason, letter);
  return letter;
}
