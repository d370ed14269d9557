/**
 * What one refusal is: what provokes it, who refuses, with which code and alert, and under which keys the alert goes. And the
 * builders with which the cases of this folder are written.
 *
 * @module
 */
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import type { HandshakeTypeName } from '../../src/params/registries.ts';
import { decodeHandshake, encodeHandshake } from '../../src/wire/message.ts';
import type {
  Certificate13,
  CertificateRequest13,
  CertificateVerify,
  ClientHello,
  EncryptedExtensions,
  Extension,
  Finished,
  HandshakeMessage13,
  HelloRetryRequest,
  ServerHello,
} from '../../src/wire/messages.ts';
import { type Level, makeRogue, type Rogue, type Role, type Scenario } from '../connection/rogue.ts';
import { before, FULL, messageOf, messagesOf, scriptOf } from '../connection/script.ts';

export interface Refusal {
  readonly title: string;
  /** Who refuses. */
  readonly by: Role;
  readonly code: ErrorCode;
  /** Written here once more and not looked up; null: nothing is sent. */
  readonly alert: AlertName | null;
  readonly under: Level | null;
  /** TLS 1.2: how many requests to renegotiate were declined before. */
  readonly warnings?: number;
  readonly provoke: () => Rogue;
}

// ---------------------------------------------------------------- editing messages

/** One field of a message in place of another. Decoded and encoded by the library, whose codecs have tests of their own. */
export function edit<M extends HandshakeMessage13>(
  raw: Uint8Array,
  change: (message: M) => M | Uint8Array,
): Uint8Array {
  const { raw: _, ...message } = decodeHandshake(raw);
  const changed = change(message as unknown as M);
  return changed instanceof Uint8Array ? changed : encodeHandshake(changed);
}

export type Change<M> = (message: M) => M | Uint8Array;

interface Extended {
  readonly extensions: readonly Extension[] | null;
}

/** Without the extensions of these types. */
export function without<M extends Extended>(message: M, ...types: readonly number[]): M {
  return { ...message, extensions: (message.extensions ?? []).filter(({ type }) => !types.includes(type)) };
}

/** With these extensions, each in the place of the one of its type, or behind the others. */
export function having<M extends Extended>(message: M, ...added: readonly Extension[]): M {
  const extensions = [...(message.extensions ?? [])];
  for (const one of added) {
    const at = extensions.findIndex(({ type }) => type === one.type);
    if (at < 0) extensions.push(one);
    else extensions[at] = one;
  }
  return { ...message, extensions };
}

/** With these extensions behind the others, whatever is there already. */
export function appending<M extends Extended>(message: M, ...added: readonly Extension[]): M {
  return { ...message, extensions: [...(message.extensions ?? []), ...added] };
}

export function bodyOf(message: Extended, type: number): Uint8Array {
  const found = message.extensions?.find((one) => one.type === type);
  if (found === undefined) throw new Error(`there is no extension ${type}`);
  return found.body;
}

export const opaque = (type: number, ...body: readonly number[]): Extension => ({ type, body: Uint8Array.from(body) });

/** A handshake header with this length, and this body. */
export function message(type: number, body: Uint8Array | readonly number[], length = body.length): Uint8Array {
  return Uint8Array.of(type, length >> 16, (length >> 8) & 0xff, length & 0xff, ...body);
}

// ---------------------------------------------------------------- cases

type Expected = readonly [code: ErrorCode, alert: AlertName | null];

/** The server refuses a first ClientHello, in the clear. */
export function clientHello(
  title: string,
  [code, alert]: Expected,
  change: Change<ClientHello>,
  scenario: Scenario = FULL,
): Refusal {
  return {
    ...{ title: `ClientHello ${title}`, by: 'server', code, alert, under: 'plaintext' },
    provoke() {
      const rogue = makeRogue('server', scenario);
      rogue.message(edit(messageOf(scriptOf(scenario).client, 'client_hello'), change));
      return rogue;
    },
  };
}

/** The server refuses a second ClientHello, in the clear. */
export function secondHello(
  title: string,
  [code, alert]: Expected,
  scenario: Scenario,
  change: Change<ClientHello>,
  first: Change<ClientHello> = (hello) => hello,
): Refusal {
  return {
    ...{ title: `second ClientHello ${title}`, by: 'server', code, alert, under: 'plaintext' },
    provoke() {
      const rogue = makeRogue('server', scenario);
      const [one, two] = messagesOf(scriptOf(scenario).client, 'client_hello');
      if (one === undefined || two === undefined) throw new Error('two hellos are needed');
      rogue.message(edit(one, first));
      if (rogue.state !== 'WAIT_SECOND_CH') throw new Error(`the server is in ${rogue.state}`);
      rogue.message(edit(two, change));
      return rogue;
    },
  };
}

/** The client refuses a ServerHello, in the clear. After a HelloRetryRequest where the scenario has one. */
export function serverHello(
  title: string,
  [code, alert]: Expected,
  change: Change<ServerHello>,
  scenario: Scenario = FULL,
  under: Level = 'plaintext',
): Refusal {
  return {
    ...{ title: `ServerHello ${title}`, by: 'client', code, alert, under },
    provoke() {
      const rogue = makeRogue('client', scenario);
      const hellos = messagesOf(scriptOf(scenario).server, 'server_hello');
      for (const [i, hello] of hellos.entries()) {
        rogue.message(i === hellos.length - 1 ? edit(hello, change) : hello);
      }
      return rogue;
    },
  };
}

/** The client refuses a HelloRetryRequest, in the clear. */
export function helloRetryRequest(
  title: string,
  [code, alert]: Expected,
  scenario: Scenario,
  change: Change<HelloRetryRequest>,
): Refusal {
  return {
    ...{ title: `HelloRetryRequest ${title}`, by: 'client', code, alert, under: 'plaintext' },
    provoke() {
      const rogue = makeRogue('client', scenario);
      rogue.message(edit(messageOf(scriptOf(scenario).server, 'server_hello'), change));
      return rogue;
    },
  };
}

interface Messages {
  encrypted_extensions: EncryptedExtensions;
  certificate_request: CertificateRequest13;
  certificate: Certificate13;
  certificate_verify: CertificateVerify;
  finished: Finished;
}

/** The first message of its type in the peer's flight is changed; all before it are as they were. */
export function flight<K extends keyof Messages & HandshakeTypeName>(
  by: Role,
  name: K,
  title: string,
  [code, alert]: Expected,
  scenario: Scenario,
  change: Change<Messages[K]>,
  under: Level = by === 'client' ? 'handshake' : 'application',
): Refusal {
  return {
    ...{ title: `${name} ${title}`, by, code, alert, under },
    provoke() {
      const rogue = makeRogue(by, scenario);
      const script = scriptOf(scenario)[rogue.role];
      rogue.play(before(script, name));
      rogue.message(edit(messageOf(script, name), change));
      return rogue;
    },
  };
}

/** Anything else. */
export function refusal(
  by: Role,
  title: string,
  [code, alert]: Expected,
  under: Level | null,
  provoke: () => Rogue,
): Refusal {
  return { title, by, code, alert, under, provoke };
}
