/**
 * Effects that the record layer alone carries out.
 *
 * @see RFC 9846 §5 (Record Protocol), RFC 5246 §6
 * @module
 */
import { wipe } from '../crypto/secret.ts';
import type { Effect } from '../handshake/shared/effects.ts';
import type { RecordLayer } from '../record/record-layer.ts';

export type RecordEffect = Extract<
  Effect,
  {
    do:
      | 'send'
      | 'send-change-cipher-spec'
      | 'install-keys-12'
      | 'remove-write-keys'
      | 'check-record-boundary'
      | 'set-limits'
      | 'set-fragment-limit';
  }
>;

export function applyToRecords(records: RecordLayer, effect: RecordEffect): void {
  switch (effect.do) {
    case 'send':
      return records.sendHandshake(effect.message);
    case 'send-change-cipher-spec':
      return records.sendChangeCipherSpec();
    case 'install-keys-12': {
      const { suite, keys, encryptThenMac } = effect;
      if (effect.direction === 'write') records.installWriteKeys12(suite, keys, encryptThenMac);
      else records.installReadKeys12(suite, keys, encryptThenMac);
      return wipe(...Object.values(keys));
    }
    case 'remove-write-keys':
      return records.removeWriteKeys();
    case 'check-record-boundary':
      return records.checkRecordBoundary();
    case 'set-limits':
      if (effect.direction === 'write') return records.setPeerRecordLimit(effect.bytes);
      return records.setOwnRecordLimit(effect.bytes);
    case 'set-fragment-limit':
      return records.setFragmentLimit(effect.bytes);
    default:
      effect satisfies never;
  }
}
