/**
 * Replays one RFC 8448 trace through a running connection, in one of its roles.
 *
 * Injected: the peer's records; ephemeral keys and randoms through a wrapped provider and `random`; the hello shape (order,
 * extra code points, raw extra extensions, padding, the server's EncryptedExtensions); cookie, ticket and its fields; answers
 * to `sign`; and, since the RFC's certificates are not of any authority and have ended, the verdict.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { createDecipheriv } from 'node:crypto';
import { createCredential } from '../../src/certs/credential.ts';
import { acceptPeer } from '../../src/certs/verifier.ts';
import {
  type ClientOptions,
  defineClientConfig,
  defineServerConfig,
  type Internal,
  type ServerOptions,
} from '../../src/connection/config.ts';
import { createClient, createServer } from '../../src/connection/connection.ts';
import type { Step, TlsConnection, TlsEvent } from '../../src/connection/events.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import type { ClientConfig, ServerConfig, Transition } from '../../src/handshake/shared/config.ts';
import type { Effect } from '../../src/handshake/shared/effects.ts';
import { sessionPolicyOf } from '../../src/handshake/shared/session-policy.ts';
import type { GroupName } from '../../src/params/algorithms.ts';
import { EXTENSION } from '../../src/params/registries.ts';
import type { ClientSession } from '../../src/sessions/session.ts';
import { readClientHelloExtensions } from '../../src/wire/extension-table.ts';
import { decodeHandshake } from '../../src/wire/message.ts';
import type { Extension } from '../../src/wire/messages.ts';
import { fromHex, type TraceValue, toHex } from './load.ts';
import { type HmacCall, recordingHmac, TraceLog } from './trace-log.ts';

export type Role = 'client' | 'server';

/** Thrown when the connection left the trace: a bit of a peer record was flipped, or the code is wrong. */
export interface Replay {
  readonly log: TraceLog;
  readonly connection: TlsConnection;
}

/** A peer record to damage: its number among the peer's records, and the byte of its payload. */
export interface Damage {
  readonly record: number;
  readonly byte: number;
}

interface TraceRecord {
  readonly side: Role;
  readonly title: string;
  readonly payload: TraceValue;
  readonly complete: TraceValue;
}

const HEADER_LENGTH = 5;

export function peerRecords(section: number, role: Role): readonly TraceRecord[] {
  return records(new TraceLog(section)).filter(({ side }) => side !== role);
}

/** Runs the trace; any departure from it throws. */
export function replay(section: number, role: Role, provider: CryptoProvider, damage: Damage | null = null): Replay {
  const log = new TraceLog(section);
  const calls: HmacCall[] = [];
  const secrets = new Set<string>();
  const crypto = recordingHmac(tracedProvider(log, provider), calls);
  const connection = role === 'client' ? client(log, crypto, secrets) : server(log, crypto, secrets);
  const run = new Run(log, connection, role);
  if (role === 'client') run.took(connection.start());

  let peer = 0;
  for (const record of records(log)) {
    if (record.side === role) {
      run.expectOwn(record);
      continue;
    }
    const bytes = fromHex(record.complete.hex);
    if (damage !== null && damage.record === peer) {
      bytes[HEADER_LENGTH + damage.byte] = (bytes[HEADER_LENGTH + damage.byte] ?? 0) ^ 0x01;
    }
    peer += 1;
    run.feed(record, bytes);
  }
  run.finish();

  comparePublicKeys(log, run, role);
  for (const value of log.values) {
    // A traffic secret is compared when an install-keys or key-log effect carried it.
    if ((value.name === 'expanded' || value.name === 'PRK') && secrets.has(value.hex)) log.compare(value, value.hex);
  }
  log.compareHmacCalls(calls);
  return { log, connection };
}

class Run {
  readonly log: TraceLog;
  readonly connection: TlsConnection;
  readonly role: Role;
  /** Everything this side wrote in order, and how much of it the trace has confirmed. */
  written = '';
  confirmed = 0;
  readonly events: TlsEvent[] = [];

  constructor(log: TraceLog, connection: TlsConnection, role: Role) {
    this.log = log;
    this.connection = connection;
    this.role = role;
  }

  took(step: Step): void {
    this.written += toHex(step.transmit);
    for (const event of step.events) {
      if (event.type === 'failed') throw event.error;
      this.events.push(event);
      if (event.type !== 'question') continue;
      assert.equal(event.question.kind, 'sign');
      if (event.question.kind !== 'sign') continue;
      const message = this.log.bytes(this.role, /CertificateVerify handshake/, 'CertificateVerify');
      const decoded = decodeHandshake(message);
      assert.ok(decoded.type === 'certificate_verify');
      this.took(this.connection.answer(event.question, decoded.signature));
    }
  }

  feed(record: TraceRecord, bytes: Uint8Array): void {
    const before = this.events.length;
    this.took(this.connection.receive(bytes));
    if (record.title !== 'send application_data record') return;
    // What the peer wrote arrives.
    const data = this.events.slice(before).find((event) => event.type === 'data');
    assert.equal(data === undefined ? null : toHex(data.data), record.payload.hex);
  }

  expectOwn(record: TraceRecord): void {
    if (record.title === 'send application_data record') {
      const data = fromHex(record.payload.hex);
      const early = this.role === 'client' && this.connection.phase === 'handshake';
      this.took(early ? this.connection.writeEarlyData(data) : this.connection.write(data));
    }
    if (record.title === 'send alert record') this.took(this.connection.close());
    if (record.title === 'send handshake record' && this.#isTicket(record)) this.#issueTicket(record);
    const end = this.confirmed + record.complete.hex.length;
    this.log.compare(record.complete, this.written.slice(this.confirmed, end));
    this.confirmed = end;
    this.#comparePayload(record);
  }

  finish(): void {
    assert.equal(this.written.length, this.confirmed, 'more was written than the trace has');
    assert.equal(this.connection.phase, 'closed');
  }

  #isTicket({ payload }: TraceRecord): boolean {
    return this.role === 'server' && payload.hex.startsWith('04');
  }

  #issueTicket({ payload }: TraceRecord): void {
    const ticket = decodeHandshake(fromHex(payload.hex));
    assert.ok(ticket.type === 'new_session_ticket');
    this.took(this.connection.issueTicket());
  }

  /** The payload as it left: plain, or opened by node:crypto under the key that the RFC prints. */
  #comparePayload({ side, payload, complete }: TraceRecord): void {
    const { log } = this;
    const own = this.written.slice(this.confirmed - complete.hex.length, this.confirmed);
    const plain = own.slice(2 * HEADER_LENGTH) === payload.hex;
    if (plain) {
      log.compare(payload, own.slice(2 * HEADER_LENGTH));
    } else {
      this.#openUnderTraceKeys(side, payload, fromHex(own));
    }
    // The messages in it are those that the RFC shows being made.
    for (const value of log.values) {
      const made = value.side === side && /^construct an? /.test(value.title) && !log.wire.has(value);
      const at = made ? payload.hex.indexOf(value.hex) : -1;
      if (at >= 0) log.compare(value, payload.hex.slice(at, at + value.hex.length));
    }
    // §4's ClientHello is shown without its binder, which ends the message.
    for (const value of log.find(side, 'calculate PSK binder')) {
      if (value.name === 'ClientHello prefix' && payload.hex.startsWith(value.hex)) {
        log.compare(value, payload.hex.slice(0, value.hex.length));
      }
      if (value.name === 'finished' && payload.hex.endsWith(value.hex))
        log.compare(value, payload.hex.slice(-value.hex.length));
    }
    for (const value of log.find(side, /^calculate finished/, 'finished')) {
      const at = payload.hex.indexOf(`14000020${value.hex}`);
      if (at >= 0) log.compare(value, payload.hex.slice(at + 8, at + 8 + value.hex.length));
    }
  }

  #openUnderTraceKeys(side: Role, payload: TraceValue, record: Uint8Array): void {
    const keys = this.log.values.filter((value) => value.name === 'key expanded');
    for (const key of keys) {
      const iv = this.log.values.find((value) => value.step === key.step && value.name === 'iv expanded');
      if (iv === undefined) continue;
      for (let sequence = 0; sequence < 4; sequence++) {
        const opened = openRecord(fromHex(key.hex), fromHex(iv.hex), sequence, record);
        if (opened === null) continue;
        this.log.compare(payload, toHex(opened.subarray(0, -1)));
        this.log.compare(key, key.hex);
        this.log.compare(iv, iv.hex);
        return;
      }
    }
    assert.fail(`no key of the trace opens what ${side} wrote`);
  }
}

/** TLS_AES_128_GCM_SHA256 by node:crypto; null when the tag does not match. */
function openRecord(key: Uint8Array, iv: Uint8Array, sequence: number, record: Uint8Array): Uint8Array | null {
  const nonce = Uint8Array.from(iv);
  nonce[11] = (nonce[11] ?? 0) ^ sequence;
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAAD(record.subarray(0, HEADER_LENGTH));
  decipher.setAuthTag(record.subarray(-16));
  try {
    return Buffer.concat([decipher.update(record.subarray(HEADER_LENGTH, -16)), decipher.final()]);
  } catch {
    return null;
  }
}

function records(log: TraceLog): readonly TraceRecord[] {
  return log.values
    .filter(({ title, name }) => /^send .* record$/.test(title) && name === 'payload')
    .map((payload) => {
      const complete = log.values.find(({ step, name }) => step === payload.step && name === 'complete record');
      assert.ok(complete !== undefined);
      return { side: payload.side, title: payload.title, payload, complete };
    });
}

function message(log: TraceLog, side: Role, name: string, attempt = 0): Uint8Array {
  const found = log.values.filter((value) => value.side === side && value.name === name)[attempt];
  assert.ok(found !== undefined, `§${log.section} ${side} ${name}`);
  return fromHex(found.hex);
}

/** The client's hellos as they went out: §4 prints the first of them without its binder. */
function clientHellos(log: TraceLog): readonly ReturnType<typeof decodeHandshake>[] {
  return log
    .find('client', 'send handshake record', 'payload')
    .filter(({ hex }) => hex.startsWith('01'))
    .map(({ hex }) => decodeHandshake(fromHex(hex)));
}

/** What §4 resumes: the ticket and the PSK that §3 ended with, and the age that §4's client says. */
interface TicketOf3 {
  readonly ticket: Extract<ReturnType<typeof decodeHandshake>, { type: 'new_session_ticket' }>;
  readonly psk: Uint8Array;
  /** Milliseconds. */
  readonly age: number;
}

function ticketOf3(log: TraceLog): TicketOf3 | null {
  const [hello] = clientHellos(log);
  assert.ok(hello?.type === 'client_hello');
  const offered = readClientHelloExtensions(hello.extensions).preSharedKey?.identities[0];
  if (offered === undefined) return null;
  const before = new TraceLog(3);
  const ticket = decodeHandshake(message(before, 'server', 'NewSessionTicket'));
  assert.ok(ticket.type === 'new_session_ticket');
  return {
    ticket,
    psk: before.bytes('server', /^generate resumption secret/, 'expanded'),
    age: (offered.obfuscatedTicketAge - ticket.ageAdd + 2 ** 32) % 2 ** 32,
  };
}

/** What both sides of §4's session have in common. */
function sessionOf(
  { ticket, psk }: TicketOf3,
  config: ClientConfig | ServerConfig,
): Omit<ClientSession, 'kind' | 'ticket' | 'receivedAt' | 'name'> {
  return {
    version: 'TLS 1.3',
    extendedMainSecret: true,
    sessionId: new Uint8Array(0),
    cipherSuite: 'TLS_AES_128_GCM_SHA256',
    psk,
    ageAdd: ticket.ageAdd,
    lifetime: ticket.lifetime,
    maxEarlyData: 1024,
    alpn: null,
    serverName: 'server',
    policy: sessionPolicyOf(config),
    authenticatedAt: 0,
    peerCertificates: [],
    peerExpires: null,
  };
}

function client(log: TraceLog, crypto: CryptoProvider, secrets: Set<string>): TlsConnection {
  const hellos = clientHellos(log);
  const [hello] = hellos;
  const resumed = ticketOf3(log);
  assert.ok(hello?.type === 'client_hello');
  const hasCertificate = log.find('client', /Certificate handshake message$/, 'Certificate').length > 0;
  const options: Internal<ClientOptions> = {
    crypto,
    random: queue([hello.random, hello.legacySessionId]),
    cipherSuites: ['TLS_AES_128_GCM_SHA256', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_256_GCM_SHA384'],
    groups: ['x25519', 'secp256r1', 'secp384r1', 'secp521r1'],
    keyShares: ['x25519'],
    compatibilityMode: hello.legacySessionId.length > 0,
    grease: false,
    permuteExtensions: false,
    credentials: hasCertificate ? [credential(log, 'client')] : [],
    decide: { verifyPeer: () => acceptPeer('RFC 8448'), sign: null },
    verificationName: 'RFC 8448',
    keyLog: true,
    observe: collect(secrets),
    helloShape: {
      cipherSuites: hello.cipherSuites,
      clientHello(built, attempt) {
        const wanted = hellos[attempt];
        assert.ok(wanted?.type === 'client_hello' && wanted.extensions !== null);
        return shaped(
          built,
          wanted.extensions.filter(({ type }) => type !== EXTENSION.pre_shared_key),
        );
      },
    },
  };
  // The trace's client speaks to "server", and asks for no certificate of that name.
  const config = defineClientConfig({ ...options, clock: () => resumed?.age ?? 0 });
  const sessions: ClientSession[] =
    resumed === null
      ? []
      : [
          {
            kind: 'client-session',
            ...sessionOf(resumed, config),
            ticket: resumed.ticket.ticket,
            receivedAt: 0,
            name: 'server',
          },
        ];
  return createClient(config, { name: 'server', sessions });
}

function server(log: TraceLog, crypto: CryptoProvider, secrets: Set<string>): TlsConnection {
  const hellos = log.values
    .filter((value) => value.name === 'ServerHello')
    .map((value) => decodeHandshake(fromHex(value.hex)));
  const retry = hellos.find((hello) => hello.type === 'hello_retry_request');
  const hello = hellos.find((candidate) => candidate.type === 'server_hello');
  assert.ok(hello?.type === 'server_hello');
  const encrypted = decodeHandshake(message(log, 'server', 'EncryptedExtensions'));
  assert.ok(encrypted.type === 'encrypted_extensions');
  const ticketValue = log.values.find((value) => value.side === 'server' && value.name === 'NewSessionTicket');
  const ticket = ticketValue === undefined ? undefined : decodeHandshake(fromHex(ticketValue.hex));
  const cookie = retry?.extensions?.find(({ type }) => type === EXTENSION.cookie)?.body.subarray(2);
  const options: Internal<ServerOptions> = {
    crypto,
    random: queue(cookie === undefined ? [hello.random] : [new Uint8Array(32), hello.random]),
    cipherSuites: ['TLS_AES_128_GCM_SHA256'],
    groups: [
      hello.extensions?.some(({ type, body }) => type === EXTENSION.key_share && body[1] === 0x17)
        ? 'secp256r1'
        : 'x25519',
    ],
    credentials:
      log.find('server', /Certificate handshake message$/, 'Certificate').length > 0 ? [credential(log, 'server')] : [],
    tickets: 0,
    clientAuth: log.find('server', /CertificateRequest/).length > 0 ? 'require' : 'none',
    cookie: cookie !== undefined,
    // A trace without a certificate never gets as far as choosing one.
    decide: {
      verifyPeer: () => acceptPeer('RFC 8448'),
      sign: null,
      ...(log.section === 4 ? { chooseCredential: null } : {}),
    },
    verificationName: 'RFC 8448',
    keyLog: true,
    observe: collect(secrets),
    helloShape: {
      ...(cookie === undefined ? {} : { cookie }),
      ...(ticket?.type === 'new_session_ticket' ? { ticket } : {}),
      serverExtensions(name, built) {
        if (name === 'encrypted_extensions') return encrypted.extensions;
        if (name === 'hello_retry_request') return shaped(built, retry?.extensions ?? []);
        if (name === 'server_hello') return shaped(built, hello.extensions ?? []);
        const request = decodeHandshake(message(log, 'server', 'CertificateRequest'));
        assert.ok(request.type === 'certificate_request');
        return shaped(built, request.extensions);
      },
    },
  };
  const resumed = ticketOf3(log);
  if (resumed === null) return createServer(defineServerConfig(options));
  const config: ServerConfig = defineServerConfig({
    ...options,
    earlyData: 1024,
    clock: () => resumed.age,
    decide: {
      ...options.decide,
      openSession: () => ({
        index: 0,
        psk: { kind: 'server-session', ...sessionOf(resumed, config), issuedAt: 0, id: null },
      }),
      admitEarlyData: () => true,
    },
  });
  return createServer(config);
}

/** Lists with code points that this library has not: taken raw, as is every extension that it does not send. */
const RAW: ReadonlySet<number> = new Set([
  EXTENSION.supported_groups,
  EXTENSION.signature_algorithms,
  EXTENSION.cookie,
]);

/** What was built, in the order wanted, with the extra extensions and code points of the RFC's peer. */
function shaped(built: readonly Extension[], wanted: readonly Extension[]): readonly Extension[] {
  const all = wanted.map((extension) => {
    const own = built.find(({ type }) => type === extension.type);
    return own === undefined || RAW.has(extension.type) ? extension : own;
  });
  for (const { type } of built)
    assert.ok(
      wanted.some((extension) => extension.type === type),
      `the trace lacks ${type}`,
    );
  return all;
}

function credential(log: TraceLog, side: Role): ReturnType<typeof createCredential> {
  const certificate = decodeHandshake(message(log, side, 'Certificate'));
  assert.ok(certificate.type === 'certificate');
  return createCredential({ certificates: certificate.entries.map((entry) => entry.certificate), key: 'external' });
}

/** Secrets from install-keys and key-log effects, copied before they are wiped. */
function collect(secrets: Set<string>): (transition: Transition) => void {
  return ({ effects }) => {
    for (const effect of effects as readonly Effect[]) {
      if (effect.do === 'install-keys') secrets.add(toHex(effect.secret));
      if (effect.do === 'key-log') secrets.add(effect.line.split(' ')[2] ?? '');
    }
  };
}

/** The provider, with the RFC's private keys for its random bytes. */
function tracedProvider(log: TraceLog, provider: CryptoProvider): CryptoProvider {
  const privateKey = (side: Role, group: GroupName): Uint8Array => {
    const title = new RegExp(`^create an ephemeral ${group === 'x25519' ? 'x25519' : 'P-256'} key pair`);
    return log.bytes(side, title, 'private key');
  };
  return {
    ...provider,
    keyExchange: (group) => ({
      generate: () => provider.keyExchange(group).generate(() => privateKey('client', group)),
      respond: (share) => provider.keyExchange(group).respond(share, () => privateKey('server', group)),
    }),
  };
}

/** The public half of each ephemeral key is in a hello on the wire. */
function comparePublicKeys(log: TraceLog, run: Run, role: Role): void {
  for (const value of log.find(role, /^create an ephemeral/, 'public key')) {
    const at = run.written.indexOf(value.hex);
    assert.ok(at >= 0, 'the public key is on the wire');
    log.compare(value, run.written.slice(at, at + value.hex.length));
  }
}

function queue(values: readonly Uint8Array[]): (length: number) => Uint8Array {
  const left = values.filter(({ length }) => length > 0);
  return (length) => {
    const next = left.shift();
    assert.ok(next !== undefined && next.length === length, `${length} random bytes were not foreseen`);
    return Uint8Array.from(next);
  };
}
