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
