/**
 * Handshakes: the processor time of one side alone, as client and as server, against node:tls and the JavaScript peers, each
 * with node:tls in another process at the other end; and what isotls takes beyond the handshake's own primitives.
 *
 * Chains are validated; configs are made once; a connection is opened over loopback, shakes hands and is closed.
 *
 * @module
 */
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { defineClientConfig, defineServerConfig } from '../src/connection/config.ts';
import { createClient, createServer } from '../src/connection/connection.ts';
import type { TlsConnection, TlsEvent } from '../src/connection/events.ts';
import type { ClientSession } from '../src/sessions/session.ts';
import { commonOf, loadContenders, NODE_SUITES, OWN_PROVIDERS } from './contenders.ts';
import { type Benchmark, beside, compareAll, type Figure, type Measured } from './figure.ts';
import { type Opposite, startOpposite } from './opposite-process.ts';
import type { Contender, Scene } from './peers.ts';
import { authorityPem, issue, NAME, rsaSetting, trust } from './setting.ts';
import { timed } from './timed-provider.ts';

interface Case {
  readonly name: string;
  readonly scene: Scene;
  readonly resumed: boolean;
}

/** Processor time that one measurement of a round takes, about. */
const ROUND_MS = 150;
/** As long a side runs before it is measured: V8 takes a thousand handshakes or two to compile what they run through. */
const WARM_UP_MS = 4000;
const WARM_UP = 25;
const FEWEST = 3;
/** Handshakes in one round of the look at the primitives, and the rounds. */
const PRIMITIVE_COUNT = 12;
const PRIMITIVE_ROUNDS = 9;
const PATIENCE_MS = 10_000;

export const handshake: Benchmark = {
  name: 'handshake',
  async run(progress) {
    const figures: Figure[] = [];
    const contenders = await loadContenders(progress);
    const cases = handshakeCases();
    for (const one of cases) {
      for (const role of ['client', 'server'] as const) {
        progress(`${one.name}/${role}`);
        const compared = await compareSides(one, role, contenders, progress);
        for (const { provider, peer, ratio } of compared) progress(`  ${provider} / ${peer}: ${ratio.toFixed(3)}`);
        figures.push(...compared);
      }
    }
    for (const one of cases) {
      progress(`${one.name}, beyond its primitives`);
      figures.push(...beyondPrimitives(one));
    }
    return figures;
  },
};

function handshakeCases(): readonly Case[] {
  const identities = { ecdsa: issue('p256'), rsa: issue('rsa2048') };
  return (['TLS 1.3', 'TLS 1.2'] as const).flatMap((version) => {
    const short = version === 'TLS 1.3' ? 'tls13' : 'tls12';
    const full = (['ecdsa', 'rsa'] as const).map((kind) => ({
      name: `handshake/${short}-full-${kind}`,
      scene: { version, identity: identities[kind], authorityPem, name: NAME },
      resumed: false,
    }));
    const resumed = full
      .slice(0, 1)
      .map(({ scene }) => ({ name: `handshake/${short}-resumed-ecdsa`, scene, resumed: true }));
    return [...full, ...resumed];
  });
}

async function compareSides(
  one: Case,
  role: 'client' | 'server',
  contenders: readonly Contender[],
  progress: (line: string) => void,
): Promise<readonly Figure[]> {
  const own: Measured[] = [];
  const others: Measured[] = [];
  const ends: Visits[] = [];
  for (const contender of contenders) {
    // node-forge has no version that the others have: beside RSA of TLS 1.2 it stands for what it is.
    const forge = contender.name.startsWith('node-forge');
    if (forge && one.name !== 'handshake/tls12-full-rsa') continue;
    // It takes no session of TLS 1.2.
    if (contender.provider === 'pure' && one.name === 'handshake/tls12-resumed-ecdsa') continue;
    if ((role === 'client' ? contender.open : contender.listen) === undefined) continue;
    const opposite = startOpposite();
    const scene = forge ? forgeScene() : one.scene;
    const options = forge
      ? { ciphers: 'AES128-SHA:@SECLEVEL=0', version: 'TLSv1.1' }
      : { ciphers: NODE_SUITES[scene.version], version: scene.version.replace(' ', 'v') };
    try {
      const visits = await prepare(contender, role, { ...one, scene }, opposite, options);
      ends.push(visits);
      // Its own code becomes fast, and how long one takes is known.
      const begin = process.cpuUsage();
      let each = 0;
      do {
        const start = process.cpuUsage();
        await visits.go(WARM_UP);
        each = cpuSince(start) / WARM_UP;
      } while (cpuSince(begin) < WARM_UP_MS);
      const count = Math.max(FEWEST, Math.round(ROUND_MS / each));
      const measure = async (): Promise<number> => {
        await setImmediate();
        const before = process.cpuUsage();
        await visits.go(count);
        return count / (cpuSince(before) / 1000);
      };
      (contender.name === 'isotls' ? own : others).push({
        name: contender.name,
        provider: contender.provider,
        measure,
      });
    } catch (error) {
      opposite.stop();
      progress(`  ${contender.name} cannot: ${(error as Error).message}`);
      if (contender.name === 'isotls' || contender.name === 'node:tls') throw error;
    }
  }
  try {
    return await compareAll(`${one.name}/${role}`, 'handshakes/CPU-s', own, others);
  } finally {
    for (const { stop } of ends) stop();
  }
}

/** node-forge reads RSA keys alone, the authority's too. */
function forgeScene(): Scene {
  const { identity, authorityPem } = rsaSetting();
  return { version: 'TLS 1.2', identity, authorityPem, name: NAME };
}

/** Milliseconds of this process, user and system. */
function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

interface Visits {
  /** So many handshakes, one after the other. */
  go(count: number): Promise<void>;
  stop(): void;
}

export async function prepare(
  contender: Contender,
  role: 'client' | 'server',
  { scene, resumed }: Case,
  opposite: Opposite,
  options: { readonly ciphers: string; readonly version: string },
): Promise<Visits> {
  const { certPem, keyPem } = scene.identity;
  if (role === 'client') {
    const port = (await opposite.order({ do: 'listen', certPem, keyPem, ...options })) as number;
    const session = resumed ? await visit(contender, scene, port, null, true) : null;
    return {
      async go(count) {
        await opposite.order({ do: 'count' });
        for (let i = 0; i < count; i++) await visit(contender, scene, port, session, false);
        // A close is known to the other end a little later.
        const counts = (await opposite.order({ do: 'count' })) as { full: number; resumed: number };
        if ((resumed ? counts.full : counts.resumed) > 0) throw new Error('not the handshakes that were wanted');
      },
      stop: () => opposite.stop(),
    };
  }
  const server = contender.listen?.(scene, (stream) => {
    stream.on('error', () => {});
    stream.on('end', () => stream.end());
    stream.resume();
  });
  if (server === undefined) throw new Error('no server');
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    async go(count) {
      const { authorityPem } = scene;
      await patient(
        opposite.order({ do: 'visit', port, count, resumed, name: NAME, authorityPem, ...options }) as Promise<void>,
      );
    },
    stop() {
      server.close();
      opposite.stop();
    },
  };
}

/** One connection: its handshake, and its end. `keeps`: as soon as it has a session, which is returned. */
function visit(contender: Contender, scene: Scene, port: number, session: unknown, keeps: boolean): Promise<unknown> {
  const done = new Promise<unknown>((resolve, reject) => {
    const stream = contender.open?.(scene, port, session);
    if (stream === undefined) return reject(new Error('no client'));
    let kept: unknown = null;
    stream.on('session', (given) => {
      kept = given;
      if (keeps) stream.end();
    });
    let connected = false;
    stream.once('secureConnect', () => {
      connected = true;
      if (!keeps) stream.end();
    });
    stream.once('error', reject);
    stream.once('close', () => {
      if (!connected) reject(new Error('it does not connect'));
      else if (keeps && kept === null) reject(new Error('no session came'));
      else resolve(kept);
    });
    stream.resume();
  });
  return patient(done);
}

async function patient<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it does not end')), PATIENCE_MS * 6);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Both ends in memory: of each, the time in its calls beside the time that its provider took of that. */
function beyondPrimitives({ name, scene, resumed }: Case): readonly Figure[] {
  const { version, identity } = scene;
  // The quicker provider first: the protocol's own code has run thousands of times then, for the other one too.
  return OWN_PROVIDERS.toReversed().flatMap((provider) => {
    const client = timed(provider);
    const server = timed(provider);
    const clientConfig = defineClientConfig({ ...commonOf(client.crypto, version), keyShares: ['x25519'], trust });
    const serverConfig = defineServerConfig({
      ...commonOf(server.crypto, version),
      credentials: [identity.credential],
    });
    const once = (sessions: readonly ClientSession[]) => {
      const ends = {
        client: { connection: createClient(clientConfig, { name: NAME, sessions }), ms: 0 },
        server: { connection: createServer(serverConfig), ms: 0 },
      };
      const events: TlsEvent[] = [];
      let toServer = step(ends.client, (connection) => connection.start(), events);
      while (toServer.length > 0) {
        const toClient = step(ends.server, (connection) => connection.receive(toServer), []);
        toServer =
          toClient.length > 0 ? step(ends.client, (connection) => connection.receive(toClient), events) : toClient;
      }
      if (ends.client.connection.info?.resumed !== sessions.length > 0) throw new Error('not the handshake wanted');
      return { events, client: ends.client.ms, server: ends.server.ms };
    };
    const session = once([]).events.find((event) => event.type === 'session')?.session;
    const sessions = resumed && session !== undefined ? [session] : [];
    const rates = {
      client: { own: [] as number[], primitives: [] as number[] },
      server: { own: [] as number[], primitives: [] as number[] },
    };
    const begin = performance.now();
    while (performance.now() - begin < WARM_UP_MS) once(sessions);
    for (let round = 0; round < PRIMITIVE_ROUNDS; round++) {
      client.take();
      server.take();
      const own = { client: 0, server: 0 };
      for (let i = 0; i < PRIMITIVE_COUNT; i++) {
        const times = once(sessions);
        own.client += times.client;
        own.server += times.server;
      }
      const primitives = { client: client.take(), server: server.take() };
      for (const role of ['client', 'server'] as const) {
        rates[role].own.push((PRIMITIVE_COUNT / own[role]) * 1000);
        rates[role].primitives.push((PRIMITIVE_COUNT / primitives[role]) * 1000);
      }
    }
    return (['client', 'server'] as const).map((role) => ({
      name: `${name}/${role}/primitives`,
      provider: provider.name,
      unit: 'handshakes/s',
      peer: 'own-primitives',
      ...beside(rates[role].own, rates[role].primitives),
    }));
  });
}

function step(
  end: { readonly connection: TlsConnection; ms: number },
  work: (connection: TlsConnection) => ReturnType<TlsConnection['start']>,
  events: TlsEvent[],
): Uint8Array {
  const start = performance.now();
  const { transmit, events: came } = work(end.connection);
  end.ms += performance.now() - start;
  events.push(...came);
  return transmit;
}
