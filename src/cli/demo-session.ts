/**
 * The connection that `isotls demo` shows: a client and a server in memory, over an authority made for the occasion, with a
 * tap on the wire between them.
 *
 * @module
 */
import { type Certificate, decodeCertificate } from '../certs/certificate.ts';
import { createCredential } from '../certs/credential.ts';
import { createAuthority, generatePrivateKey, issueCertificate, validityFrom } from '../certs/issue.ts';
import { createTrustStore } from '../certs/trust-store.ts';
import { defineClientConfig, defineServerConfig, platformRandom } from '../connection/config.ts';
import { createClient, createServer } from '../connection/connection.ts';
import type { Step, TlsConnection } from '../connection/events.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import { createTap, type DirectionCount, type Sender, type Sighting } from '../inspector/tap.ts';

type ConnectionInfo = NonNullable<TlsConnection['info']>;
type Transition = Parameters<NonNullable<Parameters<typeof defineClientConfig>[0]['observe']>>[0];

export interface DemoSession {
  /** Root, intermediate, leaf. */
  readonly authority: readonly Certificate[];
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
  readonly request: string;
  readonly response: string;
  /** Both sides ended in phase closed. */
  readonly closed: boolean;
  readonly milliseconds: { readonly authority: number; readonly handshake: number; readonly exchange: number };
}

const NAME = 'demo.example';
const ROLES = ['client', 'server'] as const;

/** Runs it. Throws the TlsError with which a side failed. */
export function runSession(): DemoSession {
  const started = performance.now();
  const { authority, key } = createChain(new Date());
  const made = performance.now();

  const transitions: DemoSession['transitions'][number][] = [];
  const observe = (role: Sender) => (transition: Transition) => {
    const { from, input, to } = transition;
    transitions.push({ role, from, input, to });
  };
  const [root, intermediate, leaf] = authority;
  const connections: Readonly<Record<Sender, TlsConnection>> = {
    client: createClient(
      defineClientConfig({
        trust: createTrustStore([root.der]),
        groups: ['X25519MLKEM768', 'x25519'],
        alpn: ['http/1.1'],
        keyLog: true,
        observe: observe('client'),
      }),
      { name: NAME },
    ),
    server: createServer(
      defineServerConfig({
        credentials: [createCredential({ certificates: [leaf.der, intermediate.der], key })],
        alpn: ['http/1.1'],
        keyLog: true,
        observe: observe('server'),
      }),
    ),
  };

  const tap = createTap(nobleProvider);
  const sightings: Sighting[] = [];
  const keyLog: Record<Sender, string[]> = { client: [], server: [] };
  const received: Record<Sender, string> = { client: '', server: '' };

  /** Carries bytes to the other side, and what it answers back, until both are silent. */
  const carry = (from: Sender, step: Step): void => {
    for (const event of step.events) {
      if (event.type === 'key-log') {
        keyLog[from].push(event.line);
        tap.keyLog(event.line);
      }
      if (event.type === 'data') received[from] += new TextDecoder().decode(event.data);
      if (event.type === 'failed') throw event.error;
    }
    if (step.transmit.length === 0) return;
    sightings.push(...tap.see(from, step.transmit));
    const to = from === 'client' ? 'server' : 'client';
    carry(to, connections[to].receive(step.transmit));
  };

  const { client, server } = connections;
  carry('server', server.start());
  carry('client', client.start());
  const established = performance.now();

  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const exporter = (role: Sender): Uint8Array =>
    connections[role].exportKeyingMaterial('EXPORTER-isotls-demo', encode(NAME), 32);
  const exported = { client: exporter('client'), server: exporter('server') };
  carry('client', client.write(encode(`GET / HTTP/1.1\r\nHost: ${NAME}\r\nConnection: close\r\n\r\n`)));
  carry('server', server.write(encode(responseTo(received.server, server.info))));
  carry('server', server.close());
  carry('client', client.close());

  const { client: clientInfo, server: serverInfo } = { client: client.info, server: server.info };
  if (clientInfo === null || serverInfo === null) throw new Error('the handshake did not end');
  return {
    authority,
    info: { client: clientInfo, server: serverInfo },
    sightings,
    transitions,
    keyLog,
    exported,
    wire: { client: tap.count('client'), server: tap.count('server') },
    request: received.server,
    response: received.client,
    closed: ROLES.every((role) => connections[role].phase === 'closed'),
    milliseconds: {
      authority: made - started,
      handshake: established - made,
      exchange: performance.now() - established,
    },
  };
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
