/**
 * A tap on a connection of TLS 1.2 or 1.3: fed the bytes of both directions and the key log, it tells what went over the wire.
 *
 * It trusts nobody's account of the connection: whatever it reports was deframed, opened and decoded from the bytes. It judges
 * nothing either; what the peers should have refused, it shows.
 *
 * @see RFC 9846 §5 (Record Protocol), §7.2, §7.3; RFC 5246 §6; RFC 9850 (key log)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { deriveNextTrafficSecret } from '../keys/schedule13.ts';
import { byCode, CIPHER_SUITES, type CipherSuite13, HASH_LENGTH } from '../params/algorithms.ts';
import { CONTENT_TYPE, EXTENSION } from '../params/registries.ts';
import { createDeframer } from '../record/deframer.ts';
import { createJoiner } from '../record/joiner.ts';
import type { RecordProtection } from '../record/protection.ts';
import { createProtection13, MAX_INNER_LENGTH } from '../record/protection13.ts';
import type { ClientHello } from '../wire/messages.ts';
import { followHellos } from './hellos.ts';
import type { Protection, Seen, SeenMessage, Sender, Sighting } from './sighting.ts';

/** What one direction has carried. */
export interface DirectionCount {
  readonly records: number;
  /** Records whose content is protected. */
  readonly encrypted: number;
  /** All bytes, headers and tags included. */
  readonly bytes: number;
}

export interface Tap {
  /** A line of the key log; before the bytes that it is needed for. */
  keyLog(line: string): void;
  /** Bytes as they were sent, in any chunking. Throws TlsError for a handshake message that does not decode. */
  see(from: Sender, bytes: Uint8Array): readonly Sighting[];
  count(from: Sender): DirectionCount;
}

const MASTER_LABEL = 'CLIENT_RANDOM';
const EARLY_LABEL = 'CLIENT_EARLY_TRAFFIC_SECRET';
const LABELS = {
  client: { handshake: 'CLIENT_HANDSHAKE_TRAFFIC_SECRET', application: 'CLIENT_TRAFFIC_SECRET_0' },
  server: { handshake: 'SERVER_HANDSHAKE_TRAFFIC_SECRET', application: 'SERVER_TRAFFIC_SECRET_0' },
} as const;

/** The largest that the length field of a handshake message can say. */
const ANY_LENGTH = 2 ** 24 - 1;

/**
 * @example
 * const tap = createTap(nobleProvider);
 * for (const line of lines) tap.keyLog(line);
 * for (const sighting of tap.see('client', bytes)) console.log(sighting.kind, sighting.bytes);
 */
export function createTap(crypto: CryptoProvider): Tap {
  const secrets = new Map<string, Uint8Array>();
  let suite: CipherSuite13 | null = null;
  const spoken = followHellos(crypto);
  const directions = { client: createDirection('client'), server: createDirection('server') };

  return {
    keyLog(line) {
      const [label, , secret] = line.split(' ');
      if (label !== undefined && secret !== undefined && !secrets.has(label)) secrets.set(label, fromHex(secret));
    },
    see: (from, bytes) => directions[from].see(bytes),
    count: (from) => ({ ...directions[from].count }),
  };

  function createDirection(from: Sender): { see(bytes: Uint8Array): Sighting[]; readonly count: DirectionCount } {
    const deframer = createDeframer();
    const joiner = createJoiner(ANY_LENGTH);
    const count = { records: 0, encrypted: 0, bytes: 0 };
    let level: Protection = 'none';
    /** Suites of a ClientHello that announces early data; null: none does. */
    let earlySuites: readonly CipherSuite13[] | null = null;
    let secret: Uint8Array | undefined;
    let protection: RecordProtection | null = null;

    return {
      count,
      see(bytes) {
        const seen: Sighting[] = [];
        count.bytes += bytes.length;
        deframer.append(bytes);
        while (deframer.readHeader()) {
          const fragment = deframer.fragment();
          if (fragment === null) break;
          count.records += 1;
          seen.push(...open(deframer.type, deframer.version, fragment));
          deframer.consume();
        }
        return seen;
      },
    };

    function open(type: number, version: number, fragment: Uint8Array): Sighting[] {
      if (spoken.version === 'TLS 1.2') return open12(type, version, fragment);
      if (type !== CONTENT_TYPE.application_data) return content(type, fragment, 'none');
      count.encrypted += 1;
      const out = new Uint8Array(MAX_INNER_LENGTH + fragment.length);
      const attempt = (): number => protection?.open(version, fragment, out, 0, type) ?? -1;
      let length = -1;
      if (level === 'none' && earlySuites !== null) {
        level = 'early';
        length = openEarly(earlySuites, version, fragment, out);
      } else {
        // §5.2: the first protected record is under the handshake keys.
        if (level === 'none') useKeys('handshake', secrets.get(LABELS[from].handshake));
        length = attempt();
      }
      // §4.3.10: early data that was rejected ends without EndOfEarlyData.
      if (length < 0 && level === 'early' && suite !== null) {
        useKeys('handshake', secrets.get(LABELS[from].handshake));
        length = attempt();
      }
      if (protection === null || length < 0) return [{ kind: 'sealed', ...common(level), bytes: fragment.length }];
      return content(protection.innerType, out.slice(0, length), level);
    }

    /** RFC 5246 §7.1: what follows change_cipher_spec is protected, whatever its type. */
    function open12(type: number, version: number, fragment: Uint8Array): Sighting[] {
      if (level === 'none') {
        const seen = content(type, fragment, 'none');
        if (type === CONTENT_TYPE.change_cipher_spec) {
          level = 'application';
          protection = spoken.protection12(from, secrets.get(MASTER_LABEL));
        }
        return seen;
      }
      count.encrypted += 1;
      const out = new Uint8Array(fragment.length);
      const length = protection?.open(version, fragment, out, 0, type) ?? -1;
      if (length < 0) return [{ kind: 'sealed', ...common(level), bytes: fragment.length }];
      return content(type, out.slice(0, length), level);
    }

    /** Which suite the session had is known to the peers alone: the one with which the record opens. */
    function openEarly(
      suites: readonly CipherSuite13[],
      version: number,
      fragment: Uint8Array,
      out: Uint8Array,
    ): number {
      const early = secrets.get(EARLY_LABEL);
      if (early === undefined) return -1;
      for (const candidate of suites.filter(({ hash }) => HASH_LENGTH[hash] === early.length)) {
        protection = createProtection13(crypto, candidate, early);
        const length = protection.open(version, fragment, out, 0, CONTENT_TYPE.application_data);
        if (length >= 0) return length;
        protection.wipe();
      }
      protection = null;
      return -1;
    }

    function content(type: number, bytes: Uint8Array, under: Protection): Sighting[] {
      switch (type) {
        case CONTENT_TYPE.handshake:
          return messages(bytes, under);
        case CONTENT_TYPE.application_data:
          return [{ kind: 'data', ...common(under), bytes: bytes.length, data: bytes }];
        case CONTENT_TYPE.alert:
          return [{ kind: 'alert', ...common(under), bytes: bytes.length, description: bytes[1] ?? -1 }];
        default:
          return [
            {
              kind: 'change-cipher-spec',
              ...common(under),
              bytes: bytes.length,
              dummy: spoken.version !== 'TLS 1.2',
            },
          ];
      }
    }

    function messages(bytes: Uint8Array, under: Protection): Sighting[] {
      const seen: Sighting[] = [];
      joiner.push(bytes);
      for (let raw = joiner.next(); raw !== null; raw = joiner.next()) {
        const message = spoken.decode(raw);
        seen.push({ kind: 'message', ...common(under), bytes: raw.length, message });
        follow(message);
      }
      return seen;
    }

    /** Keys change after these messages. */
    function follow(message: SeenMessage): void {
      spoken.follow(message);
      if (spoken.version === 'TLS 1.2') return;
      if (message.type === 'client_hello') earlySuites = earlySuitesOf(message);
      if (message.type === 'end_of_early_data') useKeys('handshake', secrets.get(LABELS[from].handshake));
      if (message.type === 'server_hello') suite = byCode(CIPHER_SUITES, message.cipherSuite);
      if (message.type === 'finished') useKeys('application', secrets.get(LABELS[from].application));
      if (message.type === 'key_update' && suite !== null && secret !== undefined) {
        useKeys('application', deriveNextTrafficSecret(crypto, suite.hash, secret));
      }
    }

    function useKeys(next: Protection, from: Uint8Array | undefined): void {
      level = next;
      secret = from;
      protection?.wipe();
      protection = suite === null || from === undefined ? null : createProtection13(crypto, suite, from);
    }

    function common(under: Protection): Seen {
      return { from, protection: under, record: count.records };
    }
  }
}

function earlySuitesOf(hello: ClientHello): readonly CipherSuite13[] | null {
  if (hello.extensions?.some(({ type }) => type === EXTENSION.early_data) !== true) return null;
  return hello.cipherSuites.flatMap((code) => byCode(CIPHER_SUITES, code) ?? []);
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
