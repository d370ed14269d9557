/**
 * The import table: what each folder of src/ may see of the others and of the outside world.
 *
 * The table is that of docs/design.md. A folder always sees itself, and all but `errors` see `errors` and `params`.
 *
 * @module
 */

export interface Row {
  /** Folders, without those that it holds: `crypto` is not `crypto/noble`. */
  readonly sees: readonly string[];
  /** Packages and `node:` modules. */
  readonly packages?: readonly RegExp[];
  /** What `packages` matches, for the reader of docs/design.md. */
  readonly names?: string;
}

// Folders of the handshake, as seen from a machine or an opening.
const BELOW_HANDSHAKE = ['wire', 'crypto', 'keys', 'certs', 'sessions'];
const MACHINES = ['client13', 'client12', 'server13', 'server12'].map((name) => `handshake/${name}`);
const BELOW_CONNECTION = [
  ...BELOW_HANDSHAKE,
  'crypto/aead',
  'crypto/noble',
  'record',
  'handshake/shared',
  'handshake/client',
  'handshake/server',
  ...MACHINES,
];
const NOBLE = [/^@noble\/(?:hashes|curves|ciphers|post-quantum)\//];
const NODE = [/^node:/];

/** By folder; `src` stands for the entry files. A folder that is not named may not exist. */
export const IMPORT_TABLE: Readonly<Record<string, Row>> = {
  errors: { sees: [] },
  params: { sees: ['errors'] },
  wire: { sees: [] },
  crypto: { sees: [] },
  'crypto/aead': { sees: ['crypto'] },
  'crypto/noble': { sees: ['crypto', 'crypto/aead'], packages: NOBLE, names: '@noble/*' },
  // What a runtime's node:crypto lacks, and short records, are computed by the other two.
  'crypto/node': {
    sees: ['crypto', 'crypto/aead', 'crypto/noble'],
    packages: [/^node:crypto$/, ...NOBLE],
    names: 'node:crypto, @noble/*',
  },
  keys: { sees: ['wire', 'crypto'] },
  // Protection derives its key and IV from the traffic secret that it is given.
  record: { sees: ['wire', 'crypto', 'keys'] },
  // The verifier and the issuing side need a provider where none is given: the default one.
  certs: { sees: ['wire', 'crypto', 'crypto/noble'] },
  sessions: { sees: ['wire', 'crypto', 'certs'] },
  'handshake/shared': { sees: BELOW_HANDSHAKE },
  ...Object.fromEntries(MACHINES.map((name) => [name, { sees: [...BELOW_HANDSHAKE, 'handshake/shared'] }])),
  'handshake/client': {
    sees: [...BELOW_HANDSHAKE, 'handshake/shared', 'handshake/client13', 'handshake/client12'],
  },
  'handshake/server': {
    sees: [...BELOW_HANDSHAKE, 'handshake/shared', 'handshake/server13', 'handshake/server12'],
  },
  connection: { sees: BELOW_CONNECTION },
  adapters: { sees: ['connection', 'certs', 'sessions', 'crypto', 'crypto/noble'] },
  inspector: { sees: ['wire', 'record', 'keys', 'crypto', 'crypto/noble', 'certs', 'sessions', 'connection'] },
  'inspector/page': { sees: ['inspector'] },
  cli: {
    sees: ['adapters', 'inspector', 'connection', 'certs', 'sessions', 'crypto', 'crypto/noble', 'crypto/node'],
    packages: NODE,
    names: 'node:*',
  },
  src: { sees: [...BELOW_CONNECTION, 'connection', 'crypto/node', 'adapters', 'inspector'] },
};

/** Files that see more, or less, than their folder. */
export const IMPORT_EXCEPTIONS: readonly {
  readonly title: string;
  readonly files: RegExp;
  /** The folder whose row is changed. */
  readonly base: string;
  readonly row: (row: Row) => Row;
}[] = [
  {
    // The accelerated provider and node's modules belong to the adapters for Node alone.
    title: '`adapters/node-*`',
    files: /^src\/adapters\/node-/,
    base: 'adapters',
    row: (row) => ({ sees: [...row.sees, 'crypto/node'], packages: NODE, names: 'node:*' }),
  },
  {
    // pkijs is large: a default client must not load it.
    title: '`certs/encrypted-keys`',
    files: /^src\/certs\/encrypted-keys\.ts$/,
    base: 'certs',
    row: (row) => ({ ...row, packages: [/^asn1js$/, /^pkijs$/], names: 'asn1js, pkijs' }),
  },
  {
    // The main entry runs everywhere.
    title: '`index.ts`',
    files: /^src\/index\.ts$/,
    base: 'src',
    row: () => ({ sees: [...BELOW_CONNECTION, 'connection'] }),
  },
];
