/**
 * The tables of both roles, and how to bring a connection into each of their states for real.
 *
 * @module
 */
import { table as clientOpening } from '../../src/handshake/client/states.ts';
import { table as client13 } from '../../src/handshake/client13/states.ts';
import { table as serverOpening } from '../../src/handshake/server/states.ts';
import { table as server13 } from '../../src/handshake/server13/states.ts';
import type { HandshakeTypeName } from '../../src/params/registries.ts';
import type { Level, Rogue, Role, Scenario } from '../connection/rogue.ts';
import { MUTUAL, messageOf, messagesOf, RETRY, scriptOf, victimAt } from '../connection/script.ts';

type Table = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export const TABLES: Readonly<Record<Role, Table>> = {
  client: { ...clientOpening, ...client13 },
  server: { ...serverOpening, ...server13 },
};

/** A state, and how a victim gets there. */
export interface Place {
  readonly role: Role;
  readonly state: string;
  readonly title: string;
  /** What protects the alerts that the victim sends from here. */
  readonly under: Level;
  /** Whether a dummy change_cipher_spec is due to be dropped here (§5). */
  readonly dropsChangeCipherSpec: boolean;
  /** Whether application data is taken here (§4.5.3). */
  readonly takesData: boolean;
  /** Whether an alert in plaintext is still taken here. */
  readonly takesPlaintextAlert: boolean;
  readonly reach: () => Rogue;
  readonly scenario: Scenario;
  /** The honest peer's next handshake message; null when it has none. */
  readonly next: Uint8Array | null;
}

interface Row {
  readonly under: Level;
  readonly scenario?: Scenario;
  readonly also?: Scenario;
  readonly ccs?: boolean;
  readonly data?: boolean;
  readonly plaintextAlert?: boolean;
}

const ROWS: Readonly<Record<Role, Readonly<Record<string, Row>>>> = {
  client: {
    WAIT_SH: { under: 'plaintext', plaintextAlert: true },
    WAIT_EE: { under: 'handshake' },
    WAIT_CERT_CR: { under: 'handshake' },
    WAIT_CERT: { under: 'handshake' },
    WAIT_CV: { under: 'handshake' },
    VERIFYING_PEER: { under: 'handshake', also: { client: { decide: { verifyPeer: null } } } },
    WAIT_FINISHED: { under: 'handshake' },
    CHOOSING_CREDENTIAL: {
      under: 'handshake',
      ccs: false,
      data: true,
      also: { client: { decide: { ...MUTUAL.client?.decide, chooseCredential: null } } },
    },
    SIGNING: {
      under: 'handshake',
      ccs: false,
      data: true,
      also: { client: { decide: { ...MUTUAL.client?.decide, sign: null } } },
    },
    CONNECTED: { under: 'application', ccs: false, data: true },
  },
  server: {
    START: { under: 'plaintext', ccs: false, plaintextAlert: true },
    CHOOSING_CONFIG: {
      under: 'plaintext',
      plaintextAlert: true,
      scenario: RETRY,
      also: { server: { decide: { ...MUTUAL.server?.decide, chooseConfig: null } } },
    },
    WAIT_SECOND_CH: { under: 'plaintext', plaintextAlert: true, scenario: RETRY },
    CHOOSING_CREDENTIAL: {
      under: 'plaintext',
      plaintextAlert: true,
      also: { server: { decide: { ...MUTUAL.server?.decide, chooseCredential: null } } },
    },
    SIGNING: {
      under: 'plaintext',
      plaintextAlert: true,
      also: { server: { decide: { ...MUTUAL.server?.decide, sign: null } } },
    },
    WAIT_CERT: { under: 'application', plaintextAlert: true },
    WAIT_CV: { under: 'application' },
    VERIFYING_PEER: { under: 'application', also: { server: { decide: { verifyPeer: null } } } },
    WAIT_FINISHED: { under: 'application' },
    CONNECTED: { under: 'application', ccs: false, data: true },
  },
};

/** Every state of the tables that a peer can meet, WAIT_SH once more behind a HelloRetryRequest. */
export function places(): readonly Place[] {
  const all: Place[] = [];
  for (const role of ['client', 'server'] as const) {
    for (const state of Object.keys(TABLES[role])) {
      // A client that has not started has no peer.
      if (role === 'client' && state === 'START') continue;
      const row = ROWS[role][state];
      if (row === undefined) throw new Error(`nobody knows how to reach ${state} of the ${role}`);
      all.push(place(role, state, row));
    }
  }
  const script = scriptOf(RETRY);
  const [retry, hello] = messagesOf(script.server, 'server_hello');
  if (retry === undefined || hello === undefined) throw new Error('two server_hello are needed');
  const first = all.find(({ role, state }) => role === 'client' && state === 'WAIT_SH');
  if (first === undefined) throw new Error('WAIT_SH is missing');
  const reach = (): Rogue => {
    const rogue = victimAt('client', RETRY, 'WAIT_SH');
    rogue.message(retry);
    return rogue;
  };
  return [...all, { ...first, title: 'client WAIT_SH after HelloRetryRequest', reach, next: hello }];
}

function place(role: Role, state: string, row: Row): Place {
  const scenario = row.scenario ?? MUTUAL;
  const reach = (): Rogue => victimAt(role, scenario, state, row.also);
  return {
    role,
    state,
    title: `${role} ${state}`,
    under: row.under,
    dropsChangeCipherSpec: row.ccs ?? true,
    takesData: row.data ?? false,
    takesPlaintextAlert: row.plaintextAlert ?? false,
    reach,
    scenario,
    next: nextMessage(role, state, scenario),
  };
}

const NEXT: Readonly<Record<string, HandshakeTypeName>> = {
  START: 'client_hello',
  WAIT_SH: 'server_hello',
  WAIT_EE: 'encrypted_extensions',
  WAIT_CERT_CR: 'certificate_request',
  WAIT_CERT: 'certificate',
  WAIT_CV: 'certificate_verify',
  VERIFYING_PEER: 'finished',
  WAIT_FINISHED: 'finished',
};

/** What the honest peer says in the state, or in the one that follows once all questions are answered. */
function nextMessage(role: Role, state: string, scenario: Scenario): Uint8Array | null {
  const peer = scriptOf(scenario)[role === 'client' ? 'server' : 'client'];
  const name = NEXT[state];
  if (name !== undefined) return messageOf(peer, name);
  if (state === 'CHOOSING_CONFIG' || state === 'WAIT_SECOND_CH') return messagesOf(peer, 'client_hello')[1] ?? null;
  return null;
}
