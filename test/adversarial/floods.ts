/**
 * Peers that send as much as they are let: what they send, and a victim that is metered.
 *
 * @module
 */
import type { Step } from '../../src/connection/events.ts';
import { encodeHandshake } from '../../src/wire/message.ts';
import { joined, plainRecord, type Rogue, type Role, type Scenario, TYPE } from '../connection/rogue.ts';
import { EARLY, FULL, MUTUAL, messageOf, scriptOf, victimAt } from '../connection/script.ts';
import { message } from '../handshake/refusal.ts';
import { countCopies, createMeter, type Meter, type Work } from './meter.ts';

export interface Victim {
  readonly rogue: Rogue;
  readonly meter: Meter;
}

/** A victim whose handshake is done, or in the state named, its meter at zero. */
export function victim(role: Role, scenario = MUTUAL, state?: string, options: object = {}): Victim {
  const meter = createMeter();
  const rogue = victimAt(role, scenario, state, { [role]: { ...options, crypto: meter.crypto } });
  meter.read();
  return { rogue, meter };
}

export interface Flood {
  readonly title: string;
  readonly by: readonly Role[];
  readonly reach: (role: Role) => Victim;
  /** One round: it may go on for ever. */
  readonly round: (rogue: Rogue, index: number) => readonly Uint8Array[];
  /** Rounds in the small and in the large flood. */
  readonly rounds: readonly [small: number, large: number];
}

const BOTH: readonly Role[] = ['client', 'server'];
const KEY_UPDATE = message(24, [0]);
const KEY_UPDATE_REQUESTED = message(24, [1]);

/** A ticket with so many bytes of body in all. */
export function ticket(length: number, index = 0): Uint8Array {
  const nonce = Uint8Array.of(index >> 8, index);
  const body = { type: 'new_session_ticket', lifetime: 60, ageAdd: 1, nonce, extensions: [] } as const;
  // Lifetime, age_add, nonce, and the lengths of nonce, ticket and extensions.
  return encodeHandshake({ ...body, ticket: new Uint8Array(length - 4 - 4 - 1 - nonce.length - 2 - 2).fill(7) });
}

const data = (rogue: Rogue): Uint8Array => rogue.seal(TYPE.application_data, [1]);

/** After a KeyUpdate the rogue writes with the next key, before the victim has even read of it. */
function rekeyed(rogue: Rogue, update: Uint8Array): Uint8Array {
  const record = rogue.seal(TYPE.handshake, update);
  rogue.rekey();
  return record;
}

const connected = (role: Role): Victim => victim(role);

export const FLOODS: readonly Flood[] = [
  {
    title: '32 empty records before each byte of data',
    ...{ by: BOTH, reach: connected, rounds: [20, 160] },
    round: (rogue) => [...Array.from({ length: 32 }, () => rogue.seal(TYPE.application_data, [])), data(rogue)],
  },
  {
    title: 'records of one byte',
    ...{ by: BOTH, reach: connected, rounds: [800, 6_400] },
    round: (rogue) => [data(rogue)],
  },
  {
    title: 'records of padding with one byte of data',
    ...{ by: BOTH, reach: connected, rounds: [20, 160] },
    round: (rogue) => [rogue.seal(TYPE.application_data, [1], 16_000)],
  },
  {
    title: '32 KeyUpdates before each byte of data',
    ...{ by: BOTH, reach: connected, rounds: [6, 48] },
    round: (rogue) => [...Array.from({ length: 32 }, () => rekeyed(rogue, KEY_UPDATE)), data(rogue)],
  },
  {
    title: '32 KeyUpdates that ask for one, before each byte of data',
    ...{ by: BOTH, reach: connected, rounds: [6, 48] },
    round: (rogue) => [...Array.from({ length: 32 }, () => rekeyed(rogue, KEY_UPDATE_REQUESTED)), data(rogue)],
  },
  {
    title: 'tickets',
    ...{ by: ['client'], reach: connected, rounds: [400, 3_200] },
    round: (rogue, index) => [rogue.seal(TYPE.handshake, ticket(100, index))],
  },
  {
    title: 'tickets of 65,536 bytes in records of 64',
    ...{ by: ['client'], reach: connected, rounds: [1, 6] },
    round(rogue, index) {
      const raw = ticket(65_536, index);
      const parts: Uint8Array[] = [];
      for (let at = 0; at < raw.length; at += 64) parts.push(rogue.seal(TYPE.handshake, raw.subarray(at, at + 64)));
      return parts;
    },
  },
  {
    title: 'early data that does not open, in records of one byte, to be skipped',
    ...{ by: ['server'], reach: rejecting, rounds: [800, 6_400] },
    round: () => [plainRecord(TYPE.application_data, new Uint8Array(18).fill(0xee))],
  },
  {
    title: 'early data behind a HelloRetryRequest, in records of one byte, to be skipped',
    ...{ by: ['server'], reach: retrying, rounds: [800, 6_400] },
    round: () => [plainRecord(TYPE.application_data, new Uint8Array(18).fill(0xee))],
  },
];

const REJECTING: Scenario = { ...EARLY, server: { ...EARLY.server, earlyData: 0 } };
const RETRYING: Scenario = { ...EARLY, server: { ...EARLY.server, cookie: true } };

/** A server that has answered a hello with early data and does not take it. */
export function rejecting(): Victim {
  return answered(REJECTING);
}

/** A server that has answered it with a HelloRetryRequest. */
export function retrying(): Victim {
  return answered(RETRYING);
}

function answered(scenario: Scenario): Victim {
  const { rogue, meter } = victim('server', scenario, 'START');
  rogue.message(messageOf(scriptOf(EARLY).client, 'client_hello'));
  if (rogue.victim.connection.phase === 'failed') throw new Error('the hello was refused');
  meter.read();
  return { rogue, meter };
}

export interface Outcome {
  readonly bytes: number;
  readonly work: Work;
  /** Bytes that the victim wrote. */
  readonly written: number;
  readonly milliseconds: number;
  /** Bytes that the victim moved in memory. */
  readonly copied: number;
  readonly records: number;
}

/** So many rounds, each delivered in one call. */
export function run(flood: Flood, role: Role, rounds: number): Outcome {
  const { rogue, meter } = flood.reach(role);
  const { connection } = rogue.victim;
  let bytes = 0;
  let records = 0;
  let written = 0;
  let milliseconds = 0;
  let copied = 0;
  for (let i = 0; i < rounds; i++) {
    const parts = flood.round(rogue, i);
    const chunk = joined(...parts);
    const start = performance.now();
    let step: Step = { transmit: new Uint8Array(0), events: [] };
    copied += countCopies(() => {
      step = connection.receive(chunk);
    });
    milliseconds += performance.now() - start;
    const failure = step.events.find((event) => event.type === 'failed');
    if (failure !== undefined) throw failure.error;
    bytes += chunk.length;
    records += parts.length;
    written += step.transmit.length;
  }
  return { bytes, records, written, milliseconds, copied, work: meter.read() };
}

/** The first hello of a scenario in full, for victims that have heard nothing. */
export const firstHello: Uint8Array = messageOf(scriptOf(FULL).client, 'client_hello');
