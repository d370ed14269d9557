/**
 * Tickets that hold their session themselves, sealed under keys that rotate.
 *
 * A ticket is the key's name, a nonce and the sealed session. Keys overlap: one seals for its period and opens for the
 * lifetime of the last ticket that it sealed, so that a rotation costs nobody their session.
 *
 * @see RFC 9846 §4.7.1 (ticket); RFC 5077 §4 (recommended ticket construction), §5.5 (ticket protection key management)
 * @module
 */
import type { Aead, CryptoProvider, Random } from '../crypto/provider.ts';
import { constantTimeEqual } from '../crypto/secret.ts';
import { TlsUsageError } from '../errors/errors.ts';
import { MAX_TICKET_LIFETIME, type ServerSession } from './session.ts';
import { decodeServerSession, encodeServerSession } from './session-codec.ts';

/** One named key. All servers that are to open each other's tickets have the same ones. */
export interface TicketKey {
  /** 16 bytes, public: it stands in each ticket. */
  readonly name: Uint8Array;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** From when it seals: milliseconds since 1970-01-01 UTC. */
  readonly since: number;
}

export interface TicketSealer {
  /** The ticket for a session. */
  seal(session: ServerSession, now: number, random: Random): Uint8Array;
  /** The session in a ticket; null for one that is of no known key, damaged, or of another form. */
  open(ticket: Uint8Array): ServerSession | null;
  /** The keys in use, to be kept or shared; treat them as secrets. */
  keys(): readonly TicketKey[];
}

export interface TicketSealerOptions {
  readonly crypto: CryptoProvider;
  /** Keys from elsewhere. The youngest whose `since` has come seals. Without any, the first ticket makes one. */
  readonly keys?: readonly TicketKey[] | undefined;
  /** Seconds after which a new key is made for sealing; null: never, the owner replaces the sealer. Default: 86,400. */
  readonly rotation?: number | null | undefined;
}

const NAME_LENGTH = 16;
const KEY_LENGTH = 32;
const NONCE_LENGTH = 12;
const DEFAULT_ROTATION = 86_400;
const NOTHING = new Uint8Array(0);

export function createTicketKey(random: Random, now: number): TicketKey {
  return { name: random(NAME_LENGTH), key: random(KEY_LENGTH), since: now };
}

/**
 * @throws TlsUsageError for a key whose name is not 16 bytes or whose secret is not 32.
 * @example
 * const sealer = createTicketSealer({ crypto: nobleProvider, keys: keysSharedByAllServers, rotation: null });
 */
export function createTicketSealer(options: TicketSealerOptions): TicketSealer {
  const { crypto, rotation = DEFAULT_ROTATION } = options;
  let keys = [...(options.keys ?? [])].sort((a, b) => a.since - b.since);
  for (const { name, key } of keys) {
    if (name.length !== NAME_LENGTH || key.length !== KEY_LENGTH) {
      throw new TlsUsageError(`a ticket key has a name of ${NAME_LENGTH} bytes and a secret of ${KEY_LENGTH}`);
    }
  }
  const contexts = new WeakMap<TicketKey, Aead>();

  function context(key: TicketKey): Aead {
    const known = contexts.get(key);
    if (known !== undefined) return known;
    const made = crypto.aead('aes-256-gcm', key.key);
    contexts.set(key, made);
    return made;
  }

  /** The key that seals now. */
  function current(now: number, random: Random): TicketKey {
    const latest = keys.findLast(({ since }) => since <= now);
    if (latest !== undefined && (rotation === null || now - latest.since < rotation * 1000)) return latest;
    const fresh = createTicketKey(random, now);
    // RFC 5077 §5.5: a key goes when no ticket that it sealed can still be valid.
    const oldest = now - ((rotation ?? 0) + MAX_TICKET_LIFETIME) * 1000;
    keys = [...keys.filter(({ since }) => since >= oldest), fresh];
    return fresh;
  }

  return {
    seal(session, now, random) {
      const key = current(now, random);
      const nonce = random(NONCE_LENGTH);
      const plaintext = encodeServerSession(session);
      const aead = context(key);
      const ticket = new Uint8Array(NAME_LENGTH + NONCE_LENGTH + plaintext.length + aead.tagLength);
      ticket.set(key.name);
      ticket.set(nonce, NAME_LENGTH);
      aead.seal(nonce, key.name, plaintext, NOTHING, ticket, NAME_LENGTH + NONCE_LENGTH);
      plaintext.fill(0);
      return ticket;
    },

    open(ticket) {
      if (ticket.length < NAME_LENGTH + NONCE_LENGTH) return null;
      const name = ticket.subarray(0, NAME_LENGTH);
      const key = keys.find((candidate) => constantTimeEqual(candidate.name, name));
      if (key === undefined) return null;
      const aead = context(key);
      const nonce = ticket.subarray(NAME_LENGTH, NAME_LENGTH + NONCE_LENGTH);
      const sealed = ticket.subarray(NAME_LENGTH + NONCE_LENGTH);
      if (sealed.length < aead.tagLength) return null;
      const plaintext = new Uint8Array(sealed.length - aead.tagLength);
      if (!aead.open(nonce, name, sealed, plaintext, 0)) return null;
      const session = decodeServerSession(plaintext);
      plaintext.fill(0);
      return session;
    },

    keys: () => keys,
  };
}
