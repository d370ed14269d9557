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
import { EARLY, MUTUAL, messageOf, messagesOf, RESUME, RETRY, scriptOf, victimAt } from '../connection/script.ts';

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
  /** Whether application data is taken here (§4.5.3, §4.3.10). */
  readonly takesData: boolean;
  /** Whether an alert in plaintext is still taken here. */
  readonly takesPlaintextAlert: boolean;
  readonly scenario: Scenario;
  readonly reach: () => Rogue;
  /** The honest peer's next handshake message; null when it has none under the keys of now. */
  readonly next: Uint8Array | null;
}

interface Row {
  readonly state: string;
  readonly title?: string;
  readonly under: Level;
  /** Default: MUTUAL. */
  readonly scenario?: Scenario;
  /** The kind of question that waits for an answer. */
  readonly ask?: string;
  readonly ccs?: boolean;
  readonly data?: boolean;
  readonly plaintextAlert?: boolean;
}

const START: Partial<Row> = { under: 'plaintext', plaintextAlert: true };

const ROWS: Readonly<Record<Role, readonly Row[]>> = {
  client: [
    { ...START, state: 'WAIT_SH', under: 'plaintext' },
    { ...START, state: 'WAIT_SH', title: 'after HelloRetryRequest', under: 'plaintext', scenario: RETRY },
    { ...START, state: 'WAIT_SH', title: 'with early data', under: 'early', scenario: EARLY },
    { state: 'WAIT_EE', under: 'handshake' },
    { state: 'WAIT_EE', title: 'with a PSK', under: 'handshake', scenario: RESUME },
    { state: 'WAIT_EE', title: 'with early data', under: 'early', scenario: EARLY },
    { state: 'WAIT_CERT_CR', under: 'handshake' },
    { state: 'WAIT_CERT', under: 'handshake' },
    { state: 'WAIT_CV', under: 'handshake' },
    { state: 'VERIFYING_PEER', under: 'handshake', ask: 'verifyPeer' },
    { state: 'WAIT_FINISHED', under: 'handshake' },
    { state: 'WAIT_FINISHED', title: 'with a PSK', under: 'handshake', scenario: RESUME },
    { state: 'WAIT_FINISHED', title: 'with early data', under: 'early', scenario: EARLY },
    { state: 'CHOOSING_CREDENTIAL', under: 'handshake', ccs: false, data: true, ask: 'chooseCredential' },
    { state: 'SIGNING', under: 'handshake', ccs: false, data: true, ask: 'sign' },
    { state: 'CONNECTED', under: 'application', ccs: false, data: true },
  ],
  server: [
    { ...START, state: 'START', under: 'plaintext', ccs: false },
    { ...START, state: 'CHOOSING_CONFIG', under: 'plaintext', scenario: RETRY, ask: 'chooseConfig' },
    { ...START, state: 'OPENING_SESSION', under: 'plaintext', scenario: RESUME, ask: 'openSession' },
    { ...START, state: 'ADMITTING_EARLY_DATA', under: 'plaintext', scenario: EARLY, ask: 'admitEarlyData' },
    { ...START, state: 'WAIT_SECOND_CH', under: 'plaintext', scenario: RETRY },
    { ...START, state: 'CHOOSING_CREDENTIAL', under: 'plaintext', ask: 'chooseCredential' },
    { ...START, state: 'SIGNING', under: 'plaintext', ask: 'sign' },
    { state: 'WAIT_EOED', under: 'application', scenario: EARLY, data: true },
    { state: 'WAIT_CERT', under: 'application', plaintextAlert: true },
    { state: 'WAIT_CV', under: 'application' },
    { state: 'VERIFYING_PEER', under: 'application', ask: 'verifyPeer' },
    { state: 'WAIT_FINISHED', under: 'application' },
    { state: 'WAIT_FINISHED', title: 'with a PSK', under: 'application', scenario: RESUME, plaintextAlert: true },
    { state: 'CONNECTED', under: 'application', ccs: false, data: true },
  ],
};

/** Every state that a peer can meet, some of them more than once; throws when a state of the tables is not among them. */
export function places(): readonly Place[] {
  const all = (['client', 'server'] as const).flatMap((role) => ROWS[role].map((row) => place(role, row)));
  for (const role of ['client', 'server'] as const) {
    for (const state of Object.keys(TABLES[role])) {
      // A client that has not started has no peer.
      if (role === 'client' && state === 'START') continue;
      if (!all.some((one) => one.role === role && one.state === state)) {
        throw new Error(`nobody knows how to reach ${state} of the ${role}`);
      }
    }
  }
  return all;
}

function place(role: Role, row: Row): Place {
  const { state, scenario = MUTUAL, ask } = row;
  const also = ask === undefined ? {} : { [role]: { decide: { ...scenario[role]?.decide, [ask]: null } } };
  const afterRetry = state === 'WAIT_SH' && scenario === RETRY;
  return {
    role,
    state,
    title: `${role} ${state} ${row.title ?? ''}`.trim(),
    under: row.under,
    dropsChangeCipherSpec: row.ccs ?? true,
    takesData: row.data ?? false,
    takesPlaintextAlert: row.plaintextAlert ?? false,
    scenario,
    reach() {
      const rogue = victimAt(role, scenario, state, also);
      if (afterRetry) rogue.message(messageOf(scriptOf(scenario).server, 'server_hello'));
      return rogue;
    },
    next: nextMessage(role, row, scenario),
  };
}

const NEXT: Readonly<Record<string, HandshakeTypeName>> = {
  START: 'client_hello',
  WAIT_SH: 'server_hello',
  WAIT_EE: 'encrypted_extensions',
  WAIT_CERT_CR: 'certificate_request',
  WAIT_CERT: 'certificate',
  WAIT_CV: 'certificate_verify',
  WAIT_EOED: 'end_of_early_data',
  VERIFYING_PEER: 'finished',
  WAIT_FINISHED: 'finished',
};

/** What the honest peer says in the state, or in the one that follows once all questions are answered. */
function nextMessage(role: Role, { state }: Row, scenario: Scenario): Uint8Array | null {
  const peer = scriptOf(scenario)[role === 'client' ? 'server' : 'client'];
  if (state === 'CHOOSING_CONFIG' || state === 'WAIT_SECOND_CH') return messagesOf(peer, 'client_hello')[1] ?? null;
  if (state === 'WAIT_SH') return messagesOf(peer, 'server_hello').at(-1) ?? null;
  const name = NEXT[state];
  return name === undefined ? null : messageOf(peer, name);
}
