/**
 * What honest peers say: a handshake of two connections of this library, taken apart into messages that a rogue can repeat.
 *
 * All inputs are fixed, so a victim that is made with the same scenario takes the same messages as its own peer's.
 *
 * @module
 */
import { type Credential, createCredential } from '../../src/certs/credential.ts';
import { acceptPeer } from '../../src/certs/verifier.ts';
import { HANDSHAKE_TYPE, type HandshakeTypeName, handshakeTypeName } from '../../src/params/registries.ts';
import type { ClientSession } from '../../src/sessions/session.ts';
import { createTicketSealer } from '../../src/sessions/ticket-sealer.ts';
import { fastProvider } from './fast-provider.ts';
import { bytesOf, credential, joinPair, makeClient, makeServer, NAME, type Pair } from './pair.ts';
import {
  FAST,
  type Item,
  itemsOf,
  makeRogue,
  openRecords,
  type Rogue,
  type Role,
  type Scenario,
  TYPE,
  watch,
} from './rogue.ts';

/** What each end said, in order. */
export type Script = Readonly<Record<Role, readonly Item[]>>;

/** Runs a handshake, and what `after` does with the pair, and takes down what was said. */
export function record(scenario: Scenario = {}, after: (pair: Pair) => void = () => {}): Script {
  const client = watch(scenario.client?.observe);
  const server = watch(scenario.server?.observe);
  const pair = joinPair(
    makeClient({ ...FAST, ...scenario.client, observe: client.observe }, scenario.target),
    makeServer({ ...FAST, ...scenario.server, observe: server.observe }),
  );
  pair.took(pair.client, pair.client.connection.start());
  if (scenario.early) pair.took(pair.client, pair.client.connection.writeEarlyData(scenario.early));
  pair.settle();
  for (const end of [pair.client, pair.server]) {
    const failed = end.events.find((event) => event.type === 'failed');
    if (failed !== undefined) throw failed.error;
    if (end.connection.phase !== 'open') throw new Error(`a pair is left in phase ${end.connection.phase}`);
  }
  after(pair);
  return {
    client: itemsOf(openRecords(bytesOf(pair.client), client.keys)),
    server: itemsOf(openRecords(bytesOf(pair.server), server.keys)),
  };
}

const recorded: Map<Scenario, Script> = new Map<Scenario, Script>();

/** The script of a scenario that is used more than once. */
export function scriptOf(scenario: Scenario): Script {
  const script = recorded.get(scenario) ?? record(scenario);
  recorded.set(scenario, script);
  return script;
}

/** A victim that has been played its peer's script up to a state; without one, to the end. */
export function victimAt(role: Role, scenario: Scenario, state?: string, also: Scenario = {}): Rogue {
  const script = scriptOf(scenario);
  const rogue = makeRogue(role, {
    client: { ...scenario.client, ...also.client },
    server: { ...scenario.server, ...also.server },
    ...(scenario.target === undefined ? {} : { target: scenario.target }),
    ...(scenario.early === undefined ? {} : { early: scenario.early }),
  });
  rogue.play(script[rogue.role], state);
  if (state !== undefined && rogue.state !== state) throw new Error(`the victim is in ${rogue.state}, not ${state}`);
  if (state === undefined && !rogue.state.startsWith('CONNECTED')) throw new Error(`the victim is in ${rogue.state}`);
  return rogue;
}

/** The messages of one type that an end said. */
export function messagesOf(items: readonly Item[], name: HandshakeTypeName): readonly Uint8Array[] {
  return items
    .filter(({ type, content }) => type === TYPE.handshake && content[0] === HANDSHAKE_TYPE[name])
    .map(({ content }) => content);
}

/** The first message of one type that an end said. */
export function messageOf(items: readonly Item[], name: HandshakeTypeName): Uint8Array {
  const [message] = messagesOf(items, name);
  if (message === undefined) throw new Error(`there is no ${name}`);
  return message;
}

/** The items before the first message of one type. */
export function before(items: readonly Item[], name: HandshakeTypeName): readonly Item[] {
  const message = messageOf(items, name);
  return items.slice(
    0,
    items.findIndex(({ content }) => content === message),
  );
}

export function nameOf({ type, content }: Item): string {
  if (type !== TYPE.handshake) return Object.entries(TYPE).find(([, code]) => code === type)?.[0] ?? `type ${type}`;
  return handshakeTypeName(content[0] ?? 0) ?? `message ${content[0]}`;
}

/** A verdict that needs no path: the tests of the handshake leave certificates to others. */
export const accept = (): ReturnType<typeof acceptPeer> => acceptPeer('a test of the handshake');

export const clientCredential = (): Credential =>
  credential({ kind: 'ed25519', names: ['client.test'], purposes: ['clientAuth'] });

/** The same credential with its key elsewhere. */
export const withoutKey = (of: Credential): Credential => createCredential({ certificates: of.chain, key: 'external' });

// ---------------------------------------------------------------- scenarios

const decide = { verifyPeer: accept };

/** Server authentication alone, with every extension that this library can answer. */
export const FULL: Scenario = {
  client: { decide, alpn: ['h2', 'http/1.1'] },
  server: { decide, alpn: ['http/1.1'] },
};

/** Client authentication as well. */
export const MUTUAL: Scenario = {
  client: { ...FULL.client, credentials: [clientCredential()] },
  server: { ...FULL.server, clientAuth: 'require' },
};

/** A HelloRetryRequest that asks for a group and has a cookie, and client authentication. */
export const RETRY: Scenario = {
  client: { ...MUTUAL.client, groups: ['x25519', 'secp256r1'], keyShares: ['x25519'] },
  server: { ...MUTUAL.server, groups: ['secp256r1'], cookie: true },
};

const own = credential();
const stapled = createCredential({
  certificates: own.chain,
  key: own.key ?? 'external',
  ocspResponse: Uint8Array.of(1, 2, 3),
  signedCertificateTimestamps: [Uint8Array.of(4), Uint8Array.of(5, 6)],
});

/** Every option that puts more into the messages of a handshake. */
export const OPTIONS: Scenario = {
  client: {
    ...MUTUAL.client,
    grease: true,
    helloLength: 600,
    recordSizeLimit: 16_385,
    maxFragmentLength: 4096,
    requestStatus: true,
    requestTimestamps: true,
    certificateSchemes: ['ecdsa_secp256r1_sha256', 'rsa_pkcs1_sha256'],
    authorities: [Uint8Array.of(0x30, 0)],
  },
  server: {
    ...MUTUAL.server,
    credentials: [stapled],
    recordSizeLimit: 16_000,
    certificateSchemes: ['ecdsa_secp256r1_sha256'],
    clientAuthorities: [clientCredential().leaf.issuer.der, Uint8Array.of(0x30, 0)],
  },
};

/** Opens the tickets of all scenarios that resume. */
export const sealer = createTicketSealer({ crypto: fastProvider });

const resuming: Scenario = {
  client: { ...FULL.client, verificationName: 'scripts' },
  server: {
    ...FULL.server,
    verificationName: 'scripts',
    ticketSealer: sealer,
    earlyData: 1000,
    // One hello is played to many victims.
    antiReplay: { admit: () => true },
  },
};

let kept: ClientSession | null = null;
record(resuming, ({ client }) => {
  for (const event of client.events) if (event.type === 'session') kept ??= event.session;
});
/** A session of the scenario that resumes. */
export const session: ClientSession = kept ?? fail();

function fail(): never {
  throw new Error('the server has sent no ticket');
}

/** Resumption from a ticket, without early data. */
export const RESUME: Scenario = { ...resuming, target: { name: NAME, sessions: [session], earlyData: false } };

/** Resumption with early data that is accepted. */
export const EARLY: Scenario = {
  ...resuming,
  target: { name: NAME, sessions: [session] },
  early: new TextEncoder().encode('early data'),
};

/** A HelloRetryRequest with a cookie alone. */
export const COOKIE: Scenario = { client: FULL.client ?? {}, server: { ...FULL.server, cookie: true } };

/** A HelloRetryRequest that asks for a group alone. */
export const GROUP: Scenario = { client: RETRY.client ?? {}, server: { ...FULL.server, groups: ['secp256r1'] } };
