/**
 * The tables of TLS 1.2, and how to bring a connection into each of their states for real, the openings included.
 *
 * @module
 */
import { table as clientOpening } from '../../src/handshake/client/states.ts';
import { table as client12 } from '../../src/handshake/client12/states.ts';
import { table as serverOpening } from '../../src/handshake/server/states.ts';
import { table as server12 } from '../../src/handshake/server12/states.ts';
import { handshakeTypeName } from '../../src/params/registries.ts';
import { answerAll } from '../connection/expect.ts';
import { serverConfig } from '../connection/pair.ts';
import { FAST, type Item, type Level, type Rogue, type Role, type Scenario, TYPE } from '../connection/rogue.ts';
import { nameOf, scriptOf, victimAt } from '../connection/script.ts';
import {
  BOTH12,
  MUTUAL12,
  RENEW12,
  RESUME12,
  RSA_MUTUAL12,
  RSA_STATUS12,
  RSA12,
  STATUS12,
} from '../connection/script12.ts';

type Table = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

export const TABLES_12: Readonly<Record<Role, Table>> = {
  client: { ...clientOpening, ...client12 },
  server: { ...serverOpening, ...server12 },
};

/** A state, and how a victim gets there. */
export interface Place12 {
  readonly role: Role;
  readonly state: string;
  readonly title: string;
  /** What protects the alerts that the victim sends from here. */
  readonly under: Level;
  /** What the victim reads with here. */
  readonly reads: Level;
  /** True where the version is not settled, so that a dummy change_cipher_spec may yet be one of TLS 1.3. */
  readonly dropsChangeCipherSpec: boolean;
  readonly suspended: boolean;
  readonly scenario: Scenario;
  readonly reach: () => Rogue;
  /** The state that the place leads to when its questions are answered: itself, if it asks none. */
  readonly landing: string;
  /** What the honest peer says there; null: nothing. */
  readonly next: Item | null;
}

interface Row {
  readonly state: string;
  readonly title?: string;
  readonly under: Level;
  readonly reads?: Level;
  /** Default: MUTUAL12. */
  readonly scenario?: Scenario;
  /** The kind of question that waits for an answer. */
  readonly ask?: string;
}

const CLEAR = { under: 'plaintext' } as const;
/** This side has sent its change_cipher_spec, and the peer has not. */
const HALF = { under: 'application' } as const;
const KEYED = { under: 'application', reads: 'application' } as const;
const RESUMED = { title: 'resumed', scenario: RESUME12 } as const;

const ROWS: Readonly<Record<Role, readonly Row[]>> = {
  client: [
    { ...CLEAR, state: 'WAIT_SH' },
    { ...CLEAR, state: 'WAIT_SH', title: 'of both versions', scenario: BOTH12 },
    { ...CLEAR, state: 'WAIT_CERT_12' },
    { ...CLEAR, state: 'WAIT_STATUS_SKE_12', scenario: STATUS12 },
    { ...CLEAR, state: 'WAIT_SKE_12' },
    { ...CLEAR, state: 'WAIT_STATUS_CR_12', scenario: RSA_STATUS12 },
    { ...CLEAR, state: 'WAIT_CR_12' },
    { ...CLEAR, state: 'WAIT_CR_12', title: 'with static RSA', scenario: RSA12 },
    { ...CLEAR, state: 'WAIT_SHD_12' },
    { ...CLEAR, state: 'VERIFYING_PEER_12', ask: 'verifyPeer' },
    { ...CLEAR, state: 'CHOOSING_CREDENTIAL_12', ask: 'chooseCredential' },
    { ...CLEAR, state: 'SIGNING_12', ask: 'sign' },
    { ...HALF, state: 'WAIT_TICKET_12' },
    { ...CLEAR, state: 'WAIT_TICKET_12', title: 'resumed', scenario: RENEW12 },
    { ...HALF, state: 'WAIT_CCS_12' },
    { ...CLEAR, state: 'WAIT_CCS_12', ...RESUMED },
    { ...KEYED, state: 'WAIT_FINISHED_12' },
    { ...CLEAR, reads: 'application', state: 'WAIT_FINISHED_12', ...RESUMED },
    { ...KEYED, state: 'CONNECTED_12' },
    { ...KEYED, state: 'CONNECTED_12', ...RESUMED },
  ],
  server: [
    { ...CLEAR, state: 'START' },
    { ...CLEAR, state: 'CHOOSING_CONFIG', ask: 'chooseConfig' },
    { ...CLEAR, state: 'OPENING_SESSION_12', scenario: RESUME12, ask: 'openSession' },
    { ...CLEAR, state: 'CHOOSING_CREDENTIAL_12', ask: 'chooseCredential' },
    { ...CLEAR, state: 'SIGNING_12', ask: 'sign' },
    { ...CLEAR, state: 'WAIT_CERT_12' },
    { ...CLEAR, state: 'WAIT_CKE_12' },
    { ...CLEAR, state: 'WAIT_CKE_12', title: 'with static RSA', scenario: RSA12 },
    { ...CLEAR, state: 'DECRYPTING_12', scenario: RSA_MUTUAL12, ask: 'decryptPreliminarySecret' },
    { ...CLEAR, state: 'WAIT_CV_12' },
    { ...CLEAR, state: 'VERIFYING_PEER_12', ask: 'verifyPeer' },
    { ...CLEAR, state: 'WAIT_CCS_12' },
    { ...HALF, state: 'WAIT_CCS_12', ...RESUMED },
    { ...CLEAR, reads: 'application', state: 'WAIT_FINISHED_12' },
    { ...KEYED, state: 'WAIT_FINISHED_12', ...RESUMED },
    { ...KEYED, state: 'CONNECTED_12' },
    { ...KEYED, state: 'CONNECTED_12', ...RESUMED },
  ],
};

let made: readonly Place12[] | null = null;

/** Every state that a peer can meet, some of them more than once; throws when a state of the tables is not among them. */
export function places12(): readonly Place12[] {
  made ??= (['client', 'server'] as const).flatMap((role) => ROWS[role].map((row) => place(role, row)));
  for (const role of ['client', 'server'] as const) {
    for (const state of Object.keys(TABLES_12[role])) {
      // A client that has not started has no peer.
      if (role === 'client' && state === 'START') continue;
      if (!made.some((one) => one.role === role && one.state === state)) {
        throw new Error(`nobody knows how to reach ${state} of the ${role}`);
      }
    }
  }
  return made;
}

function place(role: Role, { state, title, under, reads = 'plaintext', scenario = MUTUAL12, ask }: Row): Place12 {
  const also = ask === undefined ? {} : { [role]: { decide: { ...scenario[role]?.decide, [ask]: null } } };
  const reach = (): Rogue => victimAt(role, scenario, state, also);
  const rogue = reach();
  if (rogue.reads !== reads) throw new Error(`${role} ${state} reads with ${rogue.reads}`);
  answer(rogue, scenario);
  return {
    role,
    state,
    title: `${role} ${state} ${title ?? ''}`.trim(),
    under,
    reads,
    dropsChangeCipherSpec: scenario === BOTH12 && state === 'WAIT_SH',
    suspended: ask !== undefined,
    scenario,
    reach,
    landing: rogue.state,
    next: scriptOf(scenario)[rogue.role][rogue.played] ?? null,
  };
}

/** Answers what the victim asks, as its defaults would. */
export function answer(rogue: Rogue, scenario: Scenario): void {
  answerAll(rogue, serverConfig({ ...FAST, ...scenario.server, observe: rogue.watch.observe }));
}

const OWN_FORM: Readonly<Record<string, string>> = {
  certificate: 'certificate12',
  certificate_request: 'certificate_request12',
  new_session_ticket: 'new_session_ticket12',
};

/** The inputs that a message may be in this state, by its type. */
export function inputsOf12(state: string, raw: Uint8Array): readonly string[] {
  const name = handshakeTypeName(raw[0] ?? 0);
  if (name === null) return [];
  if (state.endsWith('_12')) return [OWN_FORM[name] ?? name];
  return name === 'server_hello' ? ['server_hello', 'hello_retry_request'] : [name];
}

/** The inputs that an item of a script may be. */
export function inputsOfItem(state: string, item: Item): readonly string[] {
  return item.type === TYPE.handshake ? inputsOf12(state, item.content) : [nameOf(item)];
}
