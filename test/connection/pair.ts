/**
 * Two connections of this library in one process, with an authority of their own and every input fixed.
 *
 * @module
 */
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { type Credential, createCredential } from '../../src/certs/credential.ts';
import {
  createAuthority,
  generatePrivateKey,
  issueCertificate,
  type KeyKind,
  validityFrom,
} from '../../src/certs/issue.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import {
  type ClientOptions,
  defineClientConfig,
  defineServerConfig,
  type Internal,
  type ServerOptions,
} from '../../src/connection/config.ts';
import { type ConnectionOptions, createClient, createServer } from '../../src/connection/connection.ts';
import type { Step, TlsConnection, TlsEvent } from '../../src/connection/events.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { Random } from '../../src/crypto/provider.ts';

/** The time at which all tests run: 2026-11-22. */
export const NOW: number = Date.UTC(2026, 10, 22);
export const NAME = 'server.test';

/** Reproducible bytes: a counter under SHA-256. */
export function seededRandom(seed: string): Random {
  let counter = 0;
  return (length) => {
    const out = new Uint8Array(length);
    for (let at = 0; at < length; at += 32) {
      const context = nobleProvider.hash('sha256');
      context.update(new TextEncoder().encode(`${seed}/${counter++}`));
      out.set(context.digest().subarray(0, Math.min(32, length - at)), at);
    }
    return out;
  };
}

const authority = createAuthority({ name: 'Test Root', now: new Date(NOW), random: seededRandom('root') });

/** Anchors that trust the test authority. */
export const trust: ReturnType<typeof createTrustStore> = createTrustStore([authority.certificate.der]);
/** Anchors that trust another one. */
export const otherTrust: ReturnType<typeof createTrustStore> = createTrustStore([
  createAuthority({ name: 'Other Root', now: new Date(NOW), random: seededRandom('other') }).certificate.der,
]);

export interface IssueOptions {
  readonly kind?: KeyKind;
  readonly names?: readonly string[];
  readonly purposes?: readonly ('serverAuth' | 'clientAuth')[];
  readonly external?: boolean;
  readonly days?: number;
}

const issued = new Map<string, Credential>();

/** A credential under the test authority; the same one for the same options. */
export function credential(options: IssueOptions = {}): Credential {
  const id = JSON.stringify(options);
  const known = issued.get(id);
  if (known !== undefined) return known;
  const { kind = 'p256', names = [NAME], purposes = ['serverAuth'], external = false, days = 30 } = options;
  const random = seededRandom(`key ${kind}`);
  const key = generatePrivateKey(kind, random);
  const certificate = issueCertificate({
    subject: `CN=${names[0] ?? 'client'}`,
    issuer: authority,
    publicKey: nobleProvider.publicKey(key),
    names,
    purposes,
    ...validityFrom(new Date(NOW), days),
    random,
  });
  decodeCertificate(certificate);
  const made = createCredential({ certificates: [certificate], key: external ? 'external' : key });
  issued.set(id, made);
  return made;
}

export type Clients = Internal<ClientOptions>;
export type Servers = Internal<ServerOptions>;

export function makeClient(
  options: Clients = {},
  target: Partial<Parameters<typeof createClient>[1]> = {},
  own: ConnectionOptions = {},
): TlsConnection {
  const config = defineClientConfig({ trust, clock: () => NOW, random: seededRandom('client'), ...options });
  return createClient(config, { name: NAME, ...target }, own);
}

export function makeServer(options: Servers = {}, own: ConnectionOptions = {}): TlsConnection {
  return createServer(serverConfig(options), own);
}

/** The config of `makeServer`. */
export function serverConfig(options: Servers = {}): ReturnType<typeof defineServerConfig> {
  return defineServerConfig({
    credentials: [credential()],
    clock: () => NOW,
    random: seededRandom('server'),
    trust,
    ...options,
  });
}

/** One end of a pair, with all that it has said. */
export interface End {
  readonly connection: TlsConnection;
  readonly events: TlsEvent[];
  /** Every byte it wrote. */
  readonly written: Uint8Array[];
  /** What is still to be delivered to its peer. */
  pending: Uint8Array[];
}

export interface Pair {
  readonly client: End;
  readonly server: End;
  /** Takes what a call of one end produced. */
  took(end: End, step: Step): void;
  /** Delivers until neither has anything to say. `chunk`: bytes a call. */
  settle(chunk?: number): void;
}

export function makePair(
  clientOptions: Clients = {},
  serverOptions: Servers = {},
  target: Partial<Parameters<typeof createClient>[1]> = {},
  own: ConnectionOptions = {},
): Pair {
  return joinPair(makeClient(clientOptions, target, own), makeServer(serverOptions, own));
}

export function joinPair(clientConnection: TlsConnection, serverConnection: TlsConnection): Pair {
  const client: End = { connection: clientConnection, events: [], written: [], pending: [] };
  const server: End = { connection: serverConnection, events: [], written: [], pending: [] };
  const pair: Pair = {
    client,
    server,
    took(end, { transmit, events }) {
      end.events.push(...events);
      if (transmit.length === 0) return;
      end.written.push(transmit);
      end.pending.push(transmit);
    },
    settle(chunk = Number.POSITIVE_INFINITY) {
      while (client.pending.length + server.pending.length > 0) {
        for (const [from, to] of [
          [client, server],
          [server, client],
        ] as const) {
          const flights = from.pending;
          from.pending = [];
          for (const bytes of flights) {
            for (let at = 0; at < bytes.length; at += chunk) {
              pair.took(to, to.connection.receive(bytes.subarray(at, Math.min(bytes.length, at + chunk))));
            }
          }
        }
      }
    },
  };
  return pair;
}

/** A pair that has shaken hands. */
export function connectedPair(...args: Parameters<typeof makePair>): Pair {
  const pair = makePair(...args);
  pair.took(pair.client, pair.client.connection.start());
  pair.settle();
  return pair;
}

/** The error of an end's `failed` event, or null. */
export function failureOf(end: End): Extract<TlsEvent, { type: 'failed' }>['error'] | null {
  return end.events.find((event) => event.type === 'failed')?.error ?? null;
}

/** All data that an end received. */
export function dataOf(end: End): Uint8Array {
  const parts = end.events.flatMap((event) => (event.type === 'data' ? [event.data] : []));
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function bytesOf(end: End): Uint8Array {
  const all = new Uint8Array(end.written.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of end.written) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
