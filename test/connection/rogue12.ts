/**
 * What the peer without principles (rogue.ts) needs to speak TLS 1.2: the keys, out of the victim's `install-keys-12`.
 *
 * @module
 */
import type { Effect } from '../../src/handshake/shared/effects.ts';
import { createProtection12 } from '../../src/record/protection12.ts';
import { fastProvider } from './fast-provider.ts';
import { seededRandom } from './pair.ts';
import type { Keys } from './rogue.ts';

/** The keys of an effect that is about to be applied: the victim overwrites its own when it has installed them. */
export function keysOf12(effect: Extract<Effect, { do: 'install-keys-12' }>): Keys {
  const { direction, suite, encryptThenMac } = effect;
  const { macKey, key, iv } = effect.keys;
  const keys = { macKey: macKey.slice(), key: key.slice(), iv: iv.slice() };
  const random = seededRandom('IVs of the rogue');
  return {
    direction,
    level: 'application',
    suite: null,
    secret: Uint8Array.of(...keys.macKey, ...keys.key, ...keys.iv),
    original: key,
    protection: () => createProtection12(fastProvider, suite, keys, { encryptThenMac, random }),
  };
}
