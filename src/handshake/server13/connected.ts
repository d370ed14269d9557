/**
 * TLS 1.3 server: CONNECTED.
 *
 * The handshake is over; KeyUpdates may still come. Everything else is unexpected, a ClientHello above all (§4.2.2).
 *
 * @see RFC 9846 §4.7 (Post-Handshake Messages)
 * @module
 */
import { deriveResumptionPsk } from '../../keys/schedule13.ts';
import type { ServerSession } from '../../sessions/session.ts';
import { maxEarlyDataSizeExtension } from '../../wire/extensions.ts';
import { encodeHandshake } from '../../wire/message.ts';
import { Reader } from '../../wire/reader.ts';
import type { Effect } from '../shared/effects.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import { nearKeyLimit, receivedKeyUpdate, receiveEnded, updateKeys } from '../shared/traffic.ts';
import type { Handlers, State } from './states.ts';

export const connected: Handlers<'CONNECTED'> = {
  key_update: receivedKeyUpdate,
  'update-keys': updateKeys,
  'key-limit': nearKeyLimit,
  'receive-ended': receiveEnded,

  // §4.7.1: at any time after the client's Finished.
  'issue-ticket'(state, { earlyData }, env) {
    return issueTickets(state, 1, earlyData, env);
  },
};

type Connected = Extract<State, { kind: 'CONNECTED' }>;

const NONCE_LENGTH = 8;
const ID_LENGTH = 32;

/** Sends so many tickets, each with a PSK of its own. */
export function issueTickets(state: Connected, count: number, earlyData: number, env: Env): Outcome<Connected> {
  const effects: Effect[] = [];
  const now = env.clock();
  for (let i = 0; i < count; i++) effects.push(...issueTicket(state, state.tickets + i, earlyData, now, env));
  return { next: { ...state, tickets: state.tickets + count }, effects };
}

function issueTicket(
  { config, resumable, traffic }: Connected,
  number: number,
  earlyData: number,
  now: number,
  env: Env,
): readonly Effect[] {
  const shaped = config.helloShape.ticket;
  // §4.7.1: unique among the tickets of this connection.
  const nonce = shaped?.nonce ?? nonceOf(number);
  const ageAdd = shaped?.ageAdd ?? new Reader(env.random(4)).u32();
  const lifetime = shaped?.lifetime ?? config.ticketLifetime;
  const session: ServerSession = {
    kind: 'server-session',
    version: 'TLS 1.3',
    extendedMainSecret: true,
    psk: deriveResumptionPsk(env.crypto, traffic.suite.hash, traffic.secrets.resumption, nonce),
    ageAdd,
    lifetime,
    maxEarlyData: earlyData,
    issuedAt: now,
    id: null,
    ...resumable,
  };
  const id = config.sessionStore === null ? null : env.random(ID_LENGTH);
  const ticket = shaped?.ticket ?? id ?? config.ticketSealer.seal(session, now, env.random);
  const message = encodeHandshake({
    type: 'new_session_ticket',
    lifetime,
    ageAdd,
    nonce,
    ticket,
    extensions: shaped?.extensions ?? (earlyData > 0 ? [maxEarlyDataSizeExtension(earlyData)] : []),
  });
  if (id !== null)
    return [
      { do: 'send', message },
      { do: 'store-session', id, session: { ...session, id } },
    ];
  return [
    { do: 'send', message },
    { do: 'wipe', secrets: [session.psk] },
  ];
}

function nonceOf(number: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_LENGTH);
  new DataView(nonce.buffer).setUint32(NONCE_LENGTH - 4, number);
  return nonce;
}
