/**
 * The two connections that `isotls demo` shows: a client and a server in memory, over an authority made for the occasion, with a
 * tap on the wire between them. The second connection resumes the first, and its request goes ahead as early data.
 *
 * @see RFC 9846 §2.2 (Resumption and Pre-Shared Key), §2.3 (0-RTT Data)
 * @module
 */
import { type Certificate, decodeCertificate } from '../certs/certificate.ts';
import { createCredential } from '../certs/credential.ts';
import { createAuthority, generatePrivateKey, issueCertificate, validityFrom } from '../certs/issue.ts';
import { createTrustStore } from '../certs/trust-store.ts';
import { defineClientConfig, defineServerConfig, platformRandom } from '../connection/config.ts';
import { createClient, createServer } from '../connection/connection.ts';
import type { Step, TlsConnection, TlsEvent } from '../connection/events.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import type { Sender, Sighting } from '../inspector/sighting.ts';
import { createTap, type DirectionCount } from '../inspector/tap.ts';
import { createAntiReplay } from '../sessions/anti-replay.ts';
import type { ClientSession } from '../sessions/session.ts';

type ConnectionInfo = NonNullable<TlsConnection['info']>;
type Transition = Parameters<NonNullable<Parameters<typeof defineClientConfig>[0]['observe']>>[0];

export interface DemoSession {
  /** Root, intermediate, leaf. */
  readonly authority: readonly Certificate[];
  readonly visits: readonly [DemoVisit, DemoVisit];
  /** For the authority. */
  readonly milliseconds: number;
}

/** One connection. */
export interface DemoVisit {
  readonly info: Readonly<Record<Sender, ConnectionInfo>>;
  readonly sightings: readonly Sighting[];
  readonly transitions: readonly {
    readonly role: Sender;
    readonly from: string;
    readonly input: string;
    readonly to: string;
  }[];
  /** The key log of each side. */
  readonly keyLog: Readonly<Record<Sender, readonly string[]>>;
  /** The same exporter call on either side (RFC 9846 §7.5). */
  readonly exported: Readonly<Record<Sender, Uint8Array>>;
  readonly wire: Readonly<Record<Sender, DirectionCount>>;
  /** What the client came with, and how old it was. */
  readonly offered: { readonly session: ClientSession; readonly age: number } | null;
  /** What the server said to early data; null: there was none. */
  readonly earlyData: 'accepted' | 'rejected' | null;
  /** Bytes that the server was given as early data. */
  readonly earlyBytes: number;
  /** What the server sent for the next visit. */
  readonly sessions: readonly ClientSession[];
  readonly request: string;
  readonly response: string;
  /** Both sides ended in phase closed. */
  readonly closed: boolean;
  /** Both sides together: until both have ended the handshake, and until the client has the response. */
  readonly milliseconds: { readonly handshake: number; readonly response: number };
}

type Configs = {
  readonly client: ReturnType<typeof defineClientConfig>;
  readonly server: ReturnType<typeof defineServerConfig>;
};

const NAME = 'demo.example';
const ROLES = ['client', 'server'] as const;
const REQUEST = `GET / HTTP/1.1\r\nHost: ${NAME}\r\nConnection: close\r\n\r\n`;

/** Runs both. Throws the TlsError with which a side failed. */
export function runSession(): DemoSession {
  const started = performance.now();
  const { authority, key } = createChain(new Date());
  const milliseconds = performance.now() - started;

  const transitions: DemoVisit['transitions'][number][] = [];
  const observe = (role: Sender) => (transition: Transition) => {
    const { from, input, to } = transition;
    transitions.push({ role, from, input, to });
  };
  const [root, intermediate, leaf] = authority;
  const configs: Configs = {
    client: defineClientConfig({
      trust: createTrustStore([root.der]),
      groups: ['X25519MLKEM768', 'x25519'],
      alpn: ['http/1.1'],
      keyLog: true,
      observe: observe('client'),
    }),
    server: defineServerConfig({
      credentials: [createCredential({ certificates: [leaf.der, intermediate.der], key })],
      alpn: ['http/1.1'],
      keyLog: true,
      observe: observe('server'),
      earlyData: 16_384,
      // §8.2: a server that has just started refuses early data, since a hello from before could not be told from its replay. Not
      // so here: this server makes its ticket keys itself, so that no ticket, and no such hello, is older than it is.
      antiReplay: createAntiReplay({ since: 0 }),
    }),
  };

  const first = runVisit(configs, null);
  const firstTransitions = transitions.splice(0);
  const second = runVisit(configs, first.sessions.at(-1) ?? null);
  return {
    authority,
    visits: [
      { ...first, transitions: firstTransitions },
      { ...second, transitions },
    ],
    milliseconds,
  };
}

function runVisit(configs: Configs, session: ClientSession | null): Omit<DemoVisit, 'transitions'> {
  const started = performance.now();
  const offered = session === null ? null : { session, age: Date.now() - session.receivedAt };
  const sessions = session === null ? [] : [session];
  const connections: Readonly<Record<Sender, TlsConnection>> = {
    client: createClient(configs.client, { name: NAME, sessions }),
    server: createServer(configs.server),
  };
  const { client, server } = connections;
  const tap = createTap(nobleProvider);
  const sightings: Sighting[] = [];
  const keyLog: Record<Sender, string[]> = { client: [], server: [] };
  const received: Record<Sender, string> = { client: '', server: '' };
  const kept: ClientSession[] = [];
  const exported: Partial<Record<Sender, Uint8Array>> = {};
  let earlyData: DemoVisit['earlyData'] = null;
  let earlyBytes = 0;
  let [handshake, response] = [0, 0];
  let answered = false;

  /** Notes what a step tells, lets its owner react, and carries all bytes to the other side until both are silent. */
  const carry = (from: Sender, steps: readonly Step[]): void => {
    const own = steps.flatMap((step) => [step, ...step.events.flatMap((event) => react(from, event))]);
    const sent = own.map(({ transmit }) => transmit).filter(({ length }) => length > 0);
    for (const bytes of sent) sightings.push(...tap.see(from, bytes));
    if (sent.length === 0) return;
    const to = from === 'client' ? 'server' : 'client';
    carry(
      to,
      sent.map((bytes) => connections[to].receive(bytes)),
    );
  };

  const react = (role: Sender, event: TlsEvent): readonly Step[] => {
    switch (event.type) {
      case 'failed':
        throw event.error;
      case 'key-log':
        keyLog[role].push(event.line);
        tap.keyLog(event.line);
        return [];
      case 'session':
        kept.push(event.session);
        return [];
      case 'early-data':
        earlyData = event.status;
        return [];
      case 'established':
        exported[role] = connections[role].exportKeyingMaterial('EXPORTER-isotls-demo', encode(NAME), 32);
        handshake = performance.now() - started;
        // What was rejected would be sent now, like a request that had never been early.
        if (role === 'client') return earlyData === 'accepted' ? [] : [client.write(encode(REQUEST))];
        return answer();
      case 'data':
        received[role] += new TextDecoder().decode(event.data);
        if (event.early) earlyBytes += event.data.length;
        if (role === 'client') response = performance.now() - started;
        return role === 'server' ? answer() : [];
      case 'peer-closed':
        return role === 'client' ? [client.close()] : [];
      default:
        return [];
    }
  };

  /** The server answers once it has the request and the client has ended the handshake: by then it was no replay. */
  const answer = (): readonly Step[] => {
    if (answered || server.phase !== 'open' || received.server !== REQUEST) return [];
    answered = true;
    return [server.write(encode(responseTo(received.server, server.info))), server.close()];
  };

  carry('server', [server.start()]);
  const hello = client.start();
  carry('client', [hello, ...(client.earlyDataCapacity === 0 ? [] : [client.writeEarlyData(encode(REQUEST))])]);

  const { client: clientInfo, server: serverInfo } = { client: client.info, server: server.info };
  if (clientInfo === null || serverInfo === null || exported.client === undefined || exported.server === undefined) {
    throw new Error('the handshake did not end');
  }
  return {
    info: { client: clientInfo, server: serverInfo },
    sightings,
    keyLog,
    exported: { client: exported.client, server: exported.server },
    wire: { client: tap.count('client'), server: tap.count('server') },
    offered,
    earlyData,
    earlyBytes,
    sessions: kept,
    request: received.server,
    response: received.client,
    closed: ROLES.every((role) => connections[role].phase === 'closed'),
    milliseconds: { handshake, response },
  };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Root → intermediate → leaf, each with a key of its own. */
function createChain(now: Date): {
  readonly authority: readonly [Certificate, Certificate, Certificate];
  readonly key: ReturnType<typeof generatePrivateKey>;
} {
  const random = platformRandom;
  const root = createAuthority({ name: 'CN=isotls demo root', now, random });
  const issue = (
    subject: string,
    issuer: Parameters<typeof issueCertificate>[0]['issuer'],
    rest: Pick<Parameters<typeof issueCertificate>[0], 'ca' | 'names' | 'purposes'>,
  ) => {
    const key = generatePrivateKey('p256', random);
    const publicKey = nobleProvider.publicKey(key);
    const der = issueCertificate({ subject, issuer, publicKey, ...rest, ...validityFrom(now, 30), random });
    return { certificate: decodeCertificate(der), key };
  };
  const intermediate = issue('CN=isotls demo intermediate', root, { ca: { pathLength: 0 } });
  const leaf = issue(`CN=${NAME}`, intermediate, { names: [NAME], purposes: ['serverAuth'] });
  return { authority: [root.certificate, intermediate.certificate, leaf.certificate], key: leaf.key };
}

function responseTo(request: string, info: ConnectionInfo | null): string {
  const [method, path] = request.split(' ');
  const body = `You asked for ${path} by ${method}, over ${info?.version} with ${info?.group}.\n`;
  return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}
