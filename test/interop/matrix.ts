/**
 * The interop matrix: a row for a peer in one role, a column for each thing negotiated or done, and in every cell a tick or the
 * reason why there is none.
 *
 * @module
 */
import {
  CIPHER_SUITES,
  CIPHER_SUITES_12,
  type CipherSuite12,
  type CipherSuite13,
  type CipherSuiteName,
  type GroupName,
  NAMED_GROUPS,
} from '../../src/params/algorithms.ts';
import type { VersionName } from '../../src/params/registries.ts';

export const SUITES: readonly CipherSuite13['name'][] = CIPHER_SUITES.map(({ name }) => name);
export const GROUPS: readonly GroupName[] = NAMED_GROUPS.map(({ name }) => name);
/** ML-KEM is of TLS 1.3 alone. */
export const GROUPS_12: readonly GroupName[] = NAMED_GROUPS.filter(({ hybrid }) => !hybrid).map(({ name }) => name);
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

const OPTIONS_12 = [
  { column: 'client cert sent', head: 'sent', title: 'client cert' },
  { column: 'client cert declined', head: 'none', title: 'client cert' },
  { column: 'client cert missing', head: 'missing', title: 'client cert' },
  { column: 'ALPN', head: 'ALPN', title: '' },
  { column: 'SNI', head: 'SNI', title: '' },
  { column: 'resumed by ticket', head: 'ticket', title: 'resumed' },
  { column: 'resumed by ID', head: 'ID', title: 'resumed' },
  { column: 'we offer both', head: 'ours', title: '1.2+1.3' },
  { column: 'they offer both', head: 'theirs', title: '1.2+1.3' },
  { column: 'no EMS', head: 'EMS', title: 'without' },
  { column: 'no EtM', head: 'EtM', title: 'without' },
  { column: 'staple', head: 'staple', title: '' },
  { column: 'renegotiation refused', head: 'reneg', title: '' },
  { column: 'record size', head: 'size', title: 'limits' },
  { column: 'fragment length', head: 'MFL', title: 'limits' },
  { column: 'key log', head: 'keylog', title: '' },
  { column: 'exporter', head: 'exporter', title: '' },
  { column: 'close_notify', head: 'close', title: '' },
  { column: '1 MiB', head: '1MiB', title: '' },
] as const;

export type Column =
  | CipherSuiteName
  | GroupName
  | `cert ${CertificateKind}`
  | (typeof OPTIONS | typeof OPTIONS_12)[number]['column'];

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

/** GCM, CCM (with "8": half a tag), CBC with its hash, ChaCha20: "G128", "M256-8", "C128-256", "CP". */
function suiteHead12({ protection }: CipherSuite12): string {
  if (protection.kind === 'cbc') return `C${protection.cipher.slice(4, 7)}-${protection.mac.slice(3)}`;
  if (protection.aead === 'chacha20-poly1305') return 'CP';
  const [, bits, mode, half = ''] = /^aes-(\d+)-(gcm|ccm)(-8)?$/.exec(protection.aead) ?? [];
  return `${mode === 'gcm' ? 'G' : 'M'}${bits}${half}`;
}

interface ColumnText {
  readonly column: Column;
  readonly head: string;
  /** Equal titles stand over neighbours. */
  readonly title: string;
}

const groupColumns = (groups: readonly GroupName[]): readonly ColumnText[] =>
  groups.map((column) => ({ column, head: groupHead(column), title: 'group' }));
const certificateColumns: readonly ColumnText[] = CERTIFICATES.map((kind) => ({
  column: `cert ${kind}`,
  head: kind,
  title: 'certificate',
}));
const suiteColumns12 = (keyExchange: CipherSuite12['keyExchange']): readonly ColumnText[] =>
  CIPHER_SUITES_12.filter((suite) => suite.keyExchange === keyExchange).map((suite) => ({
    column: suite.name,
    head: suiteHead12(suite),
    title: { ecdhe_ecdsa: 'ECDHE_ECDSA', ecdhe_rsa: 'ECDHE_RSA', rsa: 'RSA' }[keyExchange],
  }));

/** What a line of the table can hold, by version. */
const BLOCKS: Readonly<Record<VersionName, readonly (readonly ColumnText[])[]>> = {
  'TLS 1.3': [
    [
      ...SUITES.map((column) => ({ column, head: SUITE_HEADS[column], title: 'suite' })),
      ...groupColumns(GROUPS),
      ...certificateColumns,
      ...OPTIONS,
    ],
  ],
  'TLS 1.2': [
    [...suiteColumns12('ecdhe_ecdsa'), ...suiteColumns12('ecdhe_rsa'), ...suiteColumns12('rsa')],
    [...groupColumns(GROUPS_12), ...certificateColumns, ...OPTIONS_12],
  ],
};

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

/** The same reason for what a program of TLS 1.2 may have no way to be asked for. */
export function lacksOf12(reason: string): Lacks {
  const columns = ['staple', 'renegotiation refused', 'record size', 'fragment length', 'key log'] as const;
  return Object.fromEntries(columns.map((column) => [column, reason]));
}

/** The same reason for some suites of TLS 1.2. */
export function lacksSuites12(which: (suite: CipherSuite12) => boolean, reason: string): Lacks {
  return Object.fromEntries(CIPHER_SUITES_12.filter(which).map(({ name }) => [name, reason]));
}

export interface Row {
  readonly version: VersionName;
  readonly peer: string;
  readonly role: Role;
  /** Of our end. */
  readonly provider: string;
  readonly lacks: Lacks;
  /** How many connections proved each column. */
  readonly proved: Map<Column, number>;
  connections: number;
}

export function createRow(of: Pick<Row, 'version' | 'peer' | 'role' | 'provider' | 'lacks'>): Row {
  return { ...of, proved: new Map(), connections: 0 };
}

/** Counts a connection that did all it should. */
export function prove(row: Row, columns: readonly Column[]): void {
  row.connections += 1;
  for (const column of columns) row.proved.set(column, (row.proved.get(column) ?? 0) + 1);
}

/** Columns with neither a connection nor a reason. */
export function emptyCells(row: Row): readonly Column[] {
  const columns = BLOCKS[row.version].flat().map(({ column }) => column);
  return columns.filter((column) => !row.proved.has(column) && !(column in row.lacks));
}

/** The rows, all of one version, as a table: in a cell a tick, ✗ for what failed, or a letter for a reason that stands below. */
export function describeRows(rows: readonly Row[]): string {
  const version = rows[0]?.version ?? 'TLS 1.3';
  const reasons = new Map<string, string>();
  return [
    ...BLOCKS[version].flatMap((columns) => describeBlock(rows, columns, reasons)),
    ...[...reasons].map(([reason, letter]) => `${letter}: ${reason}`),
    ...rows.map((row) => `${nameOf(row)}: ${row.connections} connections of ${version}`),
  ].join('\n');
}

function nameOf({ peer, role, provider }: Row): string {
  return `${peer} as ${role}, ours on ${provider}`;
}

function describeBlock(
  rows: readonly Row[],
  columns: readonly ColumnText[],
  reasons: Map<string, string>,
): readonly string[] {
  const cells = rows.map((row) => columns.map(({ column }) => cellOf(row, column, reasons)));
  const lines = [columns.map(({ head }) => head), ...cells];
  const widths = columns.map(({ head }) => head.length);
  const names = ['', ...rows.map(nameOf)];
  const margin = Math.max(...names.map(({ length }) => length));

  return [
    `${' '.repeat(margin)} ${titles(widths)}`.trimEnd(),
    ...lines.map((line, i) => [names[i]?.padEnd(margin), ...line.map(padded)].join(' ').trimEnd()),
  ];

  function padded(cell: string, column: number): string {
    const gap = column > 0 && columns[column]?.title !== columns[column - 1]?.title ? ' ' : '';
    return gap + cell.padEnd(widths[column] ?? 0);
  }

  function titles(width: readonly number[]): string {
    return columns
      .map(({ title }, i) => {
        const first = title !== columns[i - 1]?.title;
        if (!first) return '';
        let room = 0;
        for (let at = i; columns[at]?.title === title; at += 1) room += (width[at] ?? 0) + 1;
        return (i > 0 ? ' ' : '') + title.padEnd(room);
      })
      .join('');
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
