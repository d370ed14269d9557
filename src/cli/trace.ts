/**
 * `--trace`: transitions of the state machine as lines, from what the config's observer sees.
 *
 * @module
 */
import type { ClientOptions } from '../connection/config.ts';
import { handshakeTypeName } from '../params/registries.ts';

type Observer = NonNullable<ClientOptions['observe']>;
type Effect = Parameters<Observer>[0]['effects'][number];

/** One line a transition: what came, where it led, and what was done for it. */
export function traceTo(write: (line: string) => void, label = ''): Observer {
  return ({ from, input, to, effects }) => {
    const done = effects.map(describe).join(', ');
    write(`trace ${label}${from} + ${input} -> ${to}${done === '' ? '' : `: ${done}`}\n`);
  };
}

/** Counts KeyUpdates in both directions as they go by. */
export function countKeyUpdates(): { readonly observe: Observer; readonly sent: number; readonly received: number } {
  let sent = 0;
  let received = 0;
  return {
    observe({ input, effects }) {
      if (input === 'key_update') received += 1;
      for (const effect of effects) if (sentType(effect) === 'key_update') sent += 1;
    },
    get sent() {
      return sent;
    },
    get received() {
      return received;
    },
  };
}

/** Bytes of the OCSP response that a server staples to its certificate, as it goes by; null: none yet. */
export function measureStaple(): { readonly observe: Observer; readonly bytes: number | null } {
  let bytes: number | null = null;
  return {
    observe({ effects }) {
      for (const effect of effects) if (isVerification(effect)) bytes = effect.ask.ocspResponse?.length ?? null;
    },
    get bytes() {
      return bytes;
    },
  };
}

function isVerification(effect: Effect): effect is Effect & { ask: { ocspResponse: Uint8Array | null } } {
  return effect.do === 'ask' && 'kind' in effect && effect.kind === 'verifyPeer';
}

/** Effects are data; some have more to say than their kind. Secrets are not among what is said. */
function describe(effect: Effect): string {
  if ('message' in effect && effect.message instanceof Uint8Array) {
    return `send ${sentType(effect)} (${effect.message.length} bytes)`;
  }
  if ('direction' in effect && 'level' in effect) return `install ${effect.level} keys to ${effect.direction}`;
  if (effect.do === 'ask' && 'kind' in effect) return `ask ${effect.kind}`;
  return effect.do;
}

function sentType(effect: Effect): string | null {
  if (!('message' in effect && effect.message instanceof Uint8Array)) return null;
  return handshakeTypeName(effect.message[0] ?? 0);
}
