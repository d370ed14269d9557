/**
 * The limits that a flood of small things can reach, and what reaches them.
 *
 * @module
 */
import { DEFAULT_LIMITS } from '../../src/connection/config.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { plainRecord, type Rogue, type Role, TYPE } from '../connection/rogue.ts';
import { MUTUAL } from '../connection/script.ts';
import { message } from '../handshake/refusal.ts';
import { rejecting, retrying, type Victim, victim } from './floods.ts';

const ROLES: readonly Role[] = ['client', 'server'];

/** What one limit counts, and who refuses it with which code and alert. */
export interface Limit {
  readonly title: string;
  readonly by: readonly Role[];
  readonly code: ErrorCode;
  readonly alert: string;
  /** So many are allowed. */
  readonly allowed: number;
  readonly reach: (role: Role) => Victim;
  readonly one: (rogue: Rogue) => Uint8Array;
}

const inHandshake = (role: Role): Victim => victim(role, MUTUAL, role === 'client' ? 'WAIT_EE' : 'WAIT_CERT');
const skipped = (): Uint8Array => plainRecord(TYPE.application_data, new Uint8Array(1017).fill(0xee));

export const LIMITS: readonly Limit[] = [
  {
    ...{ title: 'emptyRecords', by: ROLES, code: 'ERR_TLS_TOO_MANY_EMPTY_RECORDS', alert: 'unexpected_message' },
    ...{ allowed: DEFAULT_LIMITS.emptyRecords, reach: (role) => victim(role) },
    one: (rogue) => rogue.seal(TYPE.application_data, []),
  },
  {
    ...{
      title: 'changeCipherSpecs',
      by: ROLES,
      code: 'ERR_TLS_TOO_MANY_CHANGE_CIPHER_SPECS',
      alert: 'unexpected_message',
    },
    // One has come in the handshake, from the client; the server's comes before WAIT_EE.
    ...{ allowed: DEFAULT_LIMITS.changeCipherSpecs - 1, reach: inHandshake },
    one: () => plainRecord(TYPE.change_cipher_spec, [1]),
  },
  {
    ...{ title: 'warningAlerts', by: ROLES, code: 'ERR_TLS_TOO_MANY_WARNINGS', alert: 'unexpected_message' },
    ...{ allowed: DEFAULT_LIMITS.warningAlerts, reach: (role) => victim(role) },
    one: (rogue) => rogue.seal(TYPE.alert, [1, 90]),
  },
  {
    ...{ title: 'keyUpdates', by: ROLES, code: 'ERR_TLS_TOO_MANY_KEY_UPDATES', alert: 'unexpected_message' },
    ...{ allowed: DEFAULT_LIMITS.keyUpdates, reach: (role) => victim(role) },
    one: rekeying([0]),
  },
  {
    ...{ title: 'keyUpdates that ask', by: ROLES, code: 'ERR_TLS_TOO_MANY_KEY_UPDATES', alert: 'unexpected_message' },
    ...{ allowed: DEFAULT_LIMITS.keyUpdates, reach: (role) => victim(role) },
    one: rekeying([1]),
  },
  {
    // Inner type and tag are not counted: 1,000 bytes of each record are.
    ...{ title: 'skippedEarlyData by trial', by: ['server'], code: 'ERR_TLS_BAD_RECORD', alert: 'bad_record_mac' },
    ...{ allowed: Math.floor(DEFAULT_LIMITS.skippedEarlyData / 1000), reach: rejecting, one: skipped },
  },
  {
    ...{ title: 'skippedEarlyData by type', by: ['server'], code: 'ERR_TLS_TOO_MUCH_EARLY_DATA' },
    ...{ alert: 'unexpected_message', allowed: Math.floor(DEFAULT_LIMITS.skippedEarlyData / 1000), reach: retrying },
    one: skipped,
  },
];

function rekeying(body: readonly number[]): (rogue: Rogue) => Uint8Array {
  return (rogue) => {
    const record = rogue.seal(TYPE.handshake, message(24, body));
    rogue.rekey();
    return record;
  };
}
