/**
 * The options about earlier connections: session files, keys from elsewhere, and the ticket keys of a server.
 *
 * All these files hold secrets: they are written so that their owner alone can read them.
 *
 * @see RFC 9846 §4.7.1 (New Session Ticket Message), §4.3.11 (Pre-Shared Key Extension); RFC 5077 §5.5 (ticket keys)
 * @module
 */
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { platformRandom } from '../connection/config.ts';
import { type ClientSession, type ExternalPsk, MAX_TICKET_LIFETIME } from '../sessions/session.ts';
import { decodeClientSession, encodeClientSession } from '../sessions/session-codec.ts';
import { createTicketKey, type TicketKey } from '../sessions/ticket-sealer.ts';
import { UsageError } from './io.ts';
import { readBytes, unusable } from './options.ts';

/** Both commands. */
export const PSK_OPTIONS = {
  psk: { type: 'string' },
  'psk-identity': { type: 'string' },
  'psk-hash': { type: 'string' },
  'record-size-limit': { type: 'string' },
} as const;

/** The one key of --psk, or null. */
export function pskOf(values: {
  readonly psk?: string | undefined;
  readonly 'psk-identity'?: string | undefined;
  readonly 'psk-hash'?: string | undefined;
}): ExternalPsk | null {
  const { psk, 'psk-identity': identity, 'psk-hash': hash } = values;
  if (psk === undefined) {
    if (identity !== undefined || hash !== undefined) throw new UsageError('--psk-identity and --psk-hash need --psk');
    return null;
  }
  // The key itself stays out of what is printed.
  if (!/^([0-9a-f]{2})+$/i.test(psk)) throw new UsageError('--psk is a key in hexadecimal, of whole bytes');
  if (identity === undefined || identity === '') throw new UsageError('--psk needs --psk-identity');
  if (hash !== undefined && hash !== 'sha256' && hash !== 'sha384') {
    throw new UsageError(`--psk-hash is sha256 or sha384, not ${hash}`);
  }
  return {
    kind: 'external-psk',
    identity: new TextEncoder().encode(identity),
    key: fromHex(psk),
    // §4.3.11: SHA-256 where nothing else is said.
    hash: hash ?? 'sha256',
    binder: 'external',
  };
}

export function readSession(file: string): ClientSession {
  const session = decodeClientSession(readBytes('session-in', file));
  if (session === null) throw new UsageError(`--session-in ${file} holds no session`);
  return session;
}

/** A new file each time, since an old one would keep its permissions. */
export function writeSession(file: string, session: ClientSession): void {
  try {
    replace(file, encodeClientSession(session));
  } catch (error) {
    throw unusable('session-out', file, error);
  }
}

/** Seconds after which the youngest key of a file is too old to seal with when a server starts. */
const ROTATION = 86_400;

export interface TicketKeys {
  readonly keys: readonly TicketKey[];
  /** The file was there before: tickets under these keys may be about. */
  readonly known: boolean;
}

/**
 * The keys of a file, which is made if it is missing.
 *
 * A running server keeps to the keys that it read, so that all servers with the file open each other's tickets. The first to start
 * a day after the youngest key was made adds a new one, and drops those whose tickets have all expired; servers that run since
 * before do not know it until they start again, and give clients with its tickets a full handshake.
 */
export function openTicketKeys(file: string, now: number): TicketKeys {
  try {
    const first = createTicketKey(platformRandom, now);
    if (create(file, encode([first]))) return { keys: [first], known: false };
    const keys = decode(file);
    const usable = keys.filter(({ since }) => since <= now);
    if (usable.some(({ since }) => now - since < ROTATION * 1000)) return { keys, known: true };
    const oldest = now - (ROTATION + MAX_TICKET_LIFETIME) * 1000;
    const rotated = [...keys.filter(({ since }) => since >= oldest), first];
    replace(file, encode(rotated));
    return { keys: rotated, known: true };
  } catch (error) {
    throw unusable('ticket-keys', file, error);
  }
}

function encode(keys: readonly TicketKey[]): string {
  const entries = keys.map(({ name, key, since }) => ({
    name: toHex(name),
    key: toHex(key),
    since: new Date(since).toISOString(),
  }));
  return `${JSON.stringify({ keys: entries }, null, 2)}\n`;
}

function decode(file: string): readonly TicketKey[] {
  const data: unknown = parse(new TextDecoder().decode(readBytes('ticket-keys', file)));
  const keys = isObject(data) ? data['keys'] : null;
  const entries = Array.isArray(keys) ? keys.map(decodeKey) : [null];
  return entries.map((entry) => {
    if (entry === null) throw new UsageError(`--ticket-keys ${file} is not { "keys": [{ name, key, since }] }`);
    return entry;
  });
}

function decodeKey(entry: unknown): TicketKey | null {
  if (!isObject(entry)) return null;
  const { name, key, since } = entry;
  if (typeof name !== 'string' || typeof key !== 'string' || typeof since !== 'string') return null;
  const time = Date.parse(since);
  if (!/^[0-9a-f]{32}$/i.test(name) || !/^[0-9a-f]{64}$/i.test(key) || Number.isNaN(time)) return null;
  return { name: fromHex(name), key: fromHex(key), since: time };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** False, with nothing written, when the file is there. In one step with its whole content: another server may be starting too. */
function create(file: string, content: string): boolean {
  const draft = writeDraft(file, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft);
  }
}

function replace(file: string, content: string | Uint8Array): void {
  renameSync(writeDraft(file, content), file);
}

function writeDraft(file: string, content: string | Uint8Array): string {
  const draft = `${file}.${toHex(platformRandom(4))}.new`;
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
  return draft;
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}
