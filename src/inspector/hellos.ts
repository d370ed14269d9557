/**
 * What the hellos of a connection say about reading the rest of it: the version, and for TLS 1.2 the keys.
 *
 * @see RFC 9846 §4.2.3 (Server Hello), RFC 5246 §6.3 (Key Calculation)
 * @module
 */
import type { CryptoProvider } from '../crypto/provider.ts';
import { wipe } from '../crypto/secret.ts';
import { deriveKeyBlock } from '../keys/schedule12.ts';
import { byCode, CIPHER_SUITES_12 } from '../params/algorithms.ts';
import { EXTENSION, HANDSHAKE_TYPE, type VersionName } from '../params/registries.ts';
import type { RecordProtection } from '../record/protection.ts';
import { createProtection12 } from '../record/protection12.ts';
import { decodeHandshake } from '../wire/message.ts';
import { decodeHandshake12 } from '../wire/message12.ts';
import type { ServerHello } from '../wire/messages.ts';
import type { SeenMessage, Sender } from './sighting.ts';

export interface Hellos {
  /** Null until the ServerHello. */
  readonly version: VersionName | null;
  /** By the version that is spoken. Throws TlsError. */
  decode(raw: Uint8Array): SeenMessage;
  follow(message: SeenMessage): void;
  /** TLS 1.2: what opens a sender's records; null for a suite that is not known, or without the master secret. */
  protection12(from: Sender, master: Uint8Array | undefined): RecordProtection | null;
}

export function followHellos(crypto: CryptoProvider): Hellos {
  let clientRandom: Uint8Array | null = null;
  let serverHello: ServerHello | null = null;
  let version: VersionName | null = null;
  return {
    get version() {
      return version;
    },
    decode: (raw) =>
      version === 'TLS 1.2' || raw[0] === HANDSHAKE_TYPE.hello_request ? decodeHandshake12(raw) : decodeHandshake(raw),
    follow(message) {
      // A second one is renegotiation, which nobody here does.
      if (message.type === 'client_hello' && version === null) clientRandom = message.random.slice();
      if (message.type !== 'server_hello') return;
      serverHello = { ...message, random: message.random.slice() };
      version = has(message, EXTENSION.supported_versions) ? 'TLS 1.3' : 'TLS 1.2';
    },
    protection12(from, master) {
      const suite = serverHello === null ? null : byCode(CIPHER_SUITES_12, serverHello.cipherSuite);
      if (suite === null || serverHello === null || clientRandom === null || master === undefined) return null;
      const keys = deriveKeyBlock(crypto, suite, master, clientRandom, serverHello.random);
      const encryptThenMac = has(serverHello, EXTENSION.encrypt_then_mac);
      const protection = createProtection12(crypto, suite, keys[from], { encryptThenMac });
      wipe(...Object.values(keys.client), ...Object.values(keys.server));
      return protection;
    },
  };
}

function has({ extensions }: ServerHello, type: number): boolean {
  return extensions?.some((extension) => extension.type === type) === true;
}
