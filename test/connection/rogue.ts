/**
 * A peer without principles: faces one connection of this library, holds the keys that the connection reads and writes with,
 * and sends it whatever a test wants, properly protected.
 *
 * The keys come from the victim's own `install-keys` effects, so they are right at every moment, also when the rogue has sent
 * something that an honest peer's transcript does not contain. It speaks both versions; what TLS 1.2 has of its own is in rogue12.ts.
 *
 * @module
 */
import type { Step } from '../../src/connection/events.ts';
import { ALERTS, type AlertName, alertName } from '../../src/errors/alerts.ts';
import type { Transition } from '../../src/handshake/shared/config.ts';
import type { Effect } from '../../src/handshake/shared/effects.ts';
import { deriveNextTrafficSecret } from '../../src/keys/schedule13.ts';
import type { CipherSuite13 } from '../../src/params/algorithms.ts';
import { CONTENT_TYPE } from '../../src/params/registries.ts';
import type { RecordProtection } from '../../src/record/protection.ts';
import { createProtection13 } from '../../src/record/protection13.ts';
import { fastProvider } from './fast-provider.ts';
import { bytesOf, type Clients, type End, makeClient, makeServer, type Servers } from './pair.ts';
import { keysOf12 } from './rogue12.ts';

export type Role = 'client' | 'server';
export type Level = 'plaintext' | 'early' | 'handshake' | 'application';

export const TYPE = CONTENT_TYPE;

/** What the options of most tests have in common: one fast group, one suite, and hellos that are easy to read. */
export const FAST = {
  crypto: fastProvider,
  groups: ['x25519'],
  cipherSuites: ['TLS_AES_128_GCM_SHA256'],
  grease: false,
  permuteExtensions: false,
} as const satisfies Clients & Servers;

/** Options of the two ends; FAST goes before them. */
export interface Scenario {
  readonly client?: Clients;
  readonly server?: Servers;
  readonly target?: Parameters<typeof makeClient>[1];
  /** Early data that the client writes behind its first hello. */
  readonly early?: Uint8Array;
}

// ---------------------------------------------------------------- watching

export interface Keys {
  readonly direction: 'read' | 'write';
  /** TLS 1.2 has one: application. */
  readonly level: Exclude<Level, 'plaintext'>;
  /** Null in TLS 1.2, whose keys come from no secret of their own. */
  readonly suite: CipherSuite13 | null;
  /** A copy: the connection wipes its own. TLS 1.2: all keys of the direction. */
  readonly secret: Uint8Array;
  /** The connection's own array. TLS 1.2: the cipher's key. */
  readonly original: Uint8Array;
  readonly protection: () => RecordProtection;
}

/** What an observer has seen of one connection. */
export interface Watch {
  readonly observe: (transition: Transition) => void;
  readonly transitions: Transition[];
  readonly keys: Keys[];
  /** The state that the last transition led to. */
  readonly state: string;
}

export function watch(also?: ((transition: Transition) => void) | undefined): Watch {
  const transitions: Transition[] = [];
  const keys: Keys[] = [];
  return {
    transitions,
    keys,
    get state() {
      return transitions.at(-1)?.to ?? 'START';
    },
    observe(transition) {
      transitions.push(transition);
      for (const effect of transition.effects as readonly Effect[]) {
        if (effect.do === 'install-keys-12') keys.push(keysOf12(effect));
        if (effect.do !== 'install-keys') continue;
        const { direction, level, suite, secret } = effect;
        keys.push(keysOf13(direction, level, suite, secret));
      }
      also?.(transition);
    },
  };
}

function keysOf13(
  direction: Keys['direction'],
  level: Keys['level'],
  suite: CipherSuite13,
  original: Uint8Array,
): Keys & { readonly suite: CipherSuite13 } {
  const secret = original.slice();
  const protection = (): RecordProtection => createProtection13(fastProvider, suite, secret);
  return { direction, level, suite, secret, original, protection };
}

// ---------------------------------------------------------------- reading

/** One record as the peer understands it. */
export interface Opened {
  readonly type: number;
  readonly content: Uint8Array;
  readonly level: Level;
  /** Which write key opened it, from 0; -1 for plaintext. */
  readonly epoch: number;
}

/**
 * Opens the records that a connection wrote. A protected record is opened with the key under which it opens, never one older
 * than that of the record before it.
 */
export function openRecords(bytes: Uint8Array, keys: readonly Keys[]): readonly Opened[] {
  const own = keys.filter(({ direction }) => direction === 'write');
  const opened: Opened[] = [];
  let epoch = 0;
  let protection: RecordProtection | null = null;
  // RFC 5246 §7.1: in TLS 1.2 every record behind change_cipher_spec is protected, whatever its type.
  const is12 = own[0]?.suite === null;
  let changed = false;
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at] ?? 0;
    const end = at + 5 + (((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0));
    const fragment = bytes.subarray(at + 5, end);
    if (fragment.length !== end - at - 5) throw new Error('a record is incomplete');
    at = end;
    if (is12 ? !changed : type !== TYPE.application_data) {
      changed = type === TYPE.change_cipher_spec;
      opened.push({ type, content: fragment.slice(), level: 'plaintext', epoch: -1 });
      continue;
    }
    for (;;) {
      const key = own[epoch];
      if (key === undefined) throw new Error('a record does not open under any key of its writer');
      protection ??= key.protection();
      const out = new Uint8Array(fragment.length);
      const length = protection.open(0x0303, fragment, out, 0, type);
      if (length >= 0) {
        opened.push({ type: protection.innerType, content: out.slice(0, length), level: key.level, epoch });
        break;
      }
      epoch += 1;
      protection = null;
    }
  }
  return opened;
}

/** One handshake message, or one record of another type. */
export type Item = Opened;

/** Records with their handshake messages joined and taken apart. */
export function itemsOf(records: readonly Opened[]): readonly Item[] {
  const items: Item[] = [];
  let partial: number[] = [];
  for (const record of records) {
    if (record.type !== TYPE.handshake) {
      items.push(record);
      continue;
    }
    partial.push(...record.content);
    for (;;) {
      const end = 4 + (((partial[1] ?? 0) << 16) | ((partial[2] ?? 0) << 8) | (partial[3] ?? 0));
      if (partial.length < 4 || partial.length < end) break;
      items.push({ ...record, content: Uint8Array.from(partial.slice(0, end)) });
      partial = partial.slice(end);
    }
  }
  return items;
}

/** An alert as it was found on the wire. */
export interface SeenAlert {
  readonly description: AlertName | null;
  readonly level: number;
  readonly under: Level;
}

export function alertsOf(records: readonly Opened[]): readonly SeenAlert[] {
  return records
    .filter(({ type }) => type === TYPE.alert)
    .map(({ content, level }) => ({
      description: content.length === 2 ? alertName(content[1] ?? 0) : null,
      level: content[0] ?? 0,
      under: level,
    }));
}

// ---------------------------------------------------------------- the rogue

export interface Rogue {
  /** The role that the rogue plays. */
  readonly role: Role;
  readonly victim: End;
  readonly watch: Watch;
  /** The victim's state. */
  readonly state: string;
  /** What the victim reads under now. */
  readonly reads: Level;
  /** How many items `play` has delivered. */
  readonly played: number;
  /** Bytes of one record, protected with the key that the victim reads with now; in plaintext while it reads without. */
  seal(type: number, content: Uint8Array | readonly number[], padding?: number): Uint8Array;
  /** Delivers bytes in one call. */
  deliver(...bytes: readonly Uint8Array[]): Step;
  /** Delivers one protected record. */
  send(type: number, content: Uint8Array | readonly number[]): Step;
  /** Delivers one protected record with these handshake messages. */
  message(...raw: readonly Uint8Array[]): Step;
  alert(name: AlertName, level?: number): Step;
  /** Delivers what another peer once sent, item by item; stops when the victim has failed or `until` is its state. */
  play(items: readonly Item[], until?: string): void;
  /** The next key for what the rogue seals (§7.2), whether or not the victim knows of it yet. */
  rekey(): void;
  /** Takes what a call of the victim produced. */
  took(step: Step): Step;
  /** What the victim wrote, as its peer sees it. */
  heard(): readonly Opened[];
}

/** A victim of one role, started, and the rogue that faces it. */
export function makeRogue(victimRole: Role, scenario: Scenario = {}): Rogue {
  const options: Clients & Servers = { ...FAST, ...scenario[victimRole] };
  const seen = watch(options.observe);
  const connection =
    victimRole === 'client'
      ? makeClient({ ...options, observe: seen.observe }, scenario.target)
      : makeServer({ ...options, observe: seen.observe });
  const rogue = faceRogue(victimRole, connection, seen);
  if (victimRole === 'client' && scenario.early) rogue.took(connection.writeEarlyData(scenario.early));
  return rogue;
}

/** A rogue for a connection that is made already and watched. */
export function faceRogue(victimRole: Role, connection: End['connection'], seen: Watch): Rogue {
  const victim: End = { connection, events: [], written: [], pending: [] };
  /** Secrets that the rogue has sealed with: an older one of the victim's does not take it back. */
  const used = new Set<string>();
  let played = 0;
  let current: { readonly keys: Keys; readonly protection: RecordProtection } | null = null;

  function use(keys: Keys): void {
    const id = Buffer.from(keys.secret).toString('hex');
    if (used.has(id)) return;
    used.add(id);
    current = { keys, protection: keys.protection() };
  }

  const rogue: Rogue = {
    role: victimRole === 'client' ? 'server' : 'client',
    victim,
    watch: seen,
    get state() {
      return seen.state;
    },
    get played() {
      return played;
    },
    get reads() {
      return seen.keys.filter(({ direction }) => direction === 'read').at(-1)?.level ?? 'plaintext';
    },
    seal(type, content, padding = 0) {
      const keys = seen.keys.filter(({ direction }) => direction === 'read').at(-1);
      if (keys !== undefined) use(keys);
      const bytes = Uint8Array.from(content);
      if (current === null) return plainRecord(type, bytes);
      const out = new Uint8Array(current.protection.sealedLength(bytes.length, padding));
      current.protection.seal(type, bytes, padding, out, 0);
      return out;
    },
    deliver: (...bytes) => rogue.took(victim.connection.receive(joined(...bytes))),
    send: (type, content) => rogue.deliver(rogue.seal(type, content)),
    message: (...raw) => rogue.send(TYPE.handshake, joined(...raw)),
    alert: (name, level = 2) => rogue.send(TYPE.alert, [level, ALERTS[name]]),
    play(items, until) {
      for (const { type, content } of items) {
        if (seen.state === until || victim.connection.phase === 'failed') return;
        played++;
        // §5: the dummy is never protected, and TLS 1.2's own stands before the keys.
        if (type === TYPE.change_cipher_spec) rogue.deliver(plainRecord(type, content));
        else rogue.send(type, content);
      }
    },
    rekey() {
      if (current === null) throw new Error('there is no key to go on from');
      const { direction, level, suite, secret } = current.keys;
      if (suite === null) throw new Error('TLS 1.2 has no other key');
      use(keysOf13(direction, level, suite, deriveNextTrafficSecret(fastProvider, suite.hash, secret)));
    },
    took(step) {
      victim.events.push(...step.events);
      if (step.transmit.length > 0) victim.written.push(step.transmit);
      return step;
    },
    heard: () => openRecords(bytesOf(victim), seen.keys),
  };
  rogue.took(connection.start());
  return rogue;
}

/** A record without protection. */
export function plainRecord(type: number, content: Uint8Array | readonly number[], version = 0x0303): Uint8Array {
  const { length } = content;
  const record = new Uint8Array(5 + length);
  record.set([type, version >> 8, version & 0xff, length >> 8, length & 0xff]);
  record.set(content, 5);
  return record;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
