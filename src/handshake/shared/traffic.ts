/**
 * Application traffic secrets after the handshake, and KeyUpdate in both directions.
 *
 * Client and server behave alike here, so their connected states share it.
 *
 * @see RFC 9846 §4.7.3 (KeyUpdate), §7.2 (Updating Traffic Secrets)
 * @module
 */
import type { Exporter13 } from '../../keys/exporter.ts';
import { deriveNextTrafficSecret } from '../../keys/schedule13.ts';
import type { CipherSuite13 } from '../../params/algorithms.ts';
import { encodeHandshake } from '../../wire/message.ts';
import type { KeyUpdate } from '../../wire/messages.ts';
import type { Effect } from './effects.ts';
import type { Env } from './env.ts';
import type { Inputs } from './inputs.ts';
import type { Outcome } from './machine.ts';

export interface Traffic {
  readonly suite: CipherSuite13;
  /** What this side writes with, and what its peer writes with. */
  readonly secrets: {
    readonly own: Uint8Array;
    readonly peer: Uint8Array;
    readonly exporter: Uint8Array;
    /** §7.1: from which the PSK of each ticket comes. */
    readonly resumption: Uint8Array;
  };
  /** The peer has asked for an update that is not sent yet. */
  readonly replyOwed: boolean;
  /** This side has asked for an update, and the peer has sent none since. */
  readonly requestOpen: boolean;
  /** The owner asks for another one, which has to wait until the open request is answered. */
  readonly requestWaiting: boolean;
}

interface Change {
  readonly traffic: Traffic;
  readonly effects: readonly Effect[];
}

export function startTraffic(suite: CipherSuite13, secrets: Traffic['secrets']): Traffic {
  return { suite, secrets, replyOwed: false, requestOpen: false, requestWaiting: false };
}

/** §7.5: what the connection exports from. */
export function exporterOf13({ suite, secrets }: Traffic): Exporter13 {
  return { version: 'TLS 1.3', hash: suite.hash, secret: secrets.exporter };
}

// The handlers of a connected state for KeyUpdate, the peer's and this side's own. Functions, and no object of them: what is
// spread or read from one keeps a machine in the bundle of the other role.

export function receivedKeyUpdate<S extends Talking>(state: S, message: KeyUpdate, env: Env): Outcome<S> {
  return changed(state, receiveKeyUpdate(state.traffic, message, env));
}

export function updateKeys<S extends Talking>(state: S, { requestPeer }: Inputs['update-keys'], env: Env): Outcome<S> {
  return changed(state, requestKeyUpdate(state.traffic, requestPeer, env));
}

/** §5.5: new keys before the old ones have protected as much as they may. */
export function nearKeyLimit<S extends Talking>(state: S, _: null, env: Env): Outcome<S> {
  return changed(state, requestKeyUpdate(state.traffic, false, env));
}

export function receiveEnded<S extends Talking>(state: S, _: null, env: Env): Outcome<S> {
  return changed(state, settleKeyUpdates(state.traffic, env));
}

interface Talking {
  readonly kind: string;
  readonly traffic: Traffic;
}

function changed<S extends Talking>(state: S, { traffic, effects }: Change): Outcome<S> {
  // As at the end of most reads.
  if (traffic === state.traffic) return { next: state, effects };
  return { next: { ...state, traffic }, effects };
}

/** The peer writes with new keys from its next record on. */
function receiveKeyUpdate(traffic: Traffic, message: KeyUpdate, env: Env): Change {
  const { suite, secrets } = traffic;
  const peer = deriveNextTrafficSecret(env.crypto, suite.hash, secrets.peer);
  return {
    traffic: {
      ...traffic,
      secrets: { ...secrets, peer },
      // §4.7.3: several requests while this side is silent are answered once.
      replyOwed: traffic.replyOwed || message.requestUpdate,
      requestOpen: false,
    },
    effects: [
      { do: 'install-keys', direction: 'read', level: 'application', suite, secret: peer },
      { do: 'wipe', secrets: [secrets.peer] },
    ],
  };
}

/** Sends what has come due: the answer to the peer's request, and a request of our own that had to wait. */
function settleKeyUpdates(traffic: Traffic, env: Env): Change {
  // §4.7.3: the answer carries update_not_requested.
  const answered = traffic.replyOwed ? sendKeyUpdate(traffic, false, env) : { traffic, effects: [] };
  if (!answered.traffic.requestWaiting || answered.traffic.requestOpen) return answered;
  const asked = sendKeyUpdate(answered.traffic, true, env);
  return { traffic: asked.traffic, effects: [...answered.effects, ...asked.effects] };
}

/** The owner's own wish. §4.7.3: no second request before the peer has answered the first: it waits. */
function requestKeyUpdate(traffic: Traffic, requestPeer: boolean, env: Env): Change {
  if (requestPeer && traffic.requestOpen) return { traffic: { ...traffic, requestWaiting: true }, effects: [] };
  return sendKeyUpdate(traffic, requestPeer, env);
}

/** One KeyUpdate under the old keys, then the new ones. */
function sendKeyUpdate(traffic: Traffic, requestUpdate: boolean, env: Env): Change {
  const { suite, secrets } = traffic;
  const own = deriveNextTrafficSecret(env.crypto, suite.hash, secrets.own);
  return {
    traffic: {
      ...traffic,
      secrets: { ...secrets, own },
      replyOwed: requestUpdate ? traffic.replyOwed : false,
      requestOpen: traffic.requestOpen || requestUpdate,
      requestWaiting: requestUpdate ? false : traffic.requestWaiting,
    },
    effects: [
      { do: 'send', message: encodeHandshake({ type: 'key_update', requestUpdate }) },
      { do: 'install-keys', direction: 'write', level: 'application', suite, secret: own },
      { do: 'wipe', secrets: [secrets.own] },
    ],
  };
}
