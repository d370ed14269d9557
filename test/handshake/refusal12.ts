/**
 * The builders with which refusals of TLS 1.2 are written; refusal.ts has those of both versions.
 *
 * @module
 */
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import type { SignatureSchemeName } from '../../src/params/algorithms.ts';
import { byName, NAMED_GROUPS, SIGNATURE_SCHEMES } from '../../src/params/algorithms.ts';
import type { HandshakeTypeName } from '../../src/params/registries.ts';
import { encodeEcdheParams, encodeSignedEcdheParams } from '../../src/wire/key-exchange12.ts';
import { decodeHandshake12, encodeHandshake12 } from '../../src/wire/message12.ts';
import type { CertificateVerify, ClientHello, Finished, ServerHello } from '../../src/wire/messages.ts';
import type {
  Certificate12,
  CertificateRequest12,
  CertificateStatus,
  ClientKeyExchange,
  HandshakeMessage12,
  NewSessionTicket12,
  ServerKeyExchange,
} from '../../src/wire/messages12.ts';
import { fastProvider } from '../connection/fast-provider.ts';
import { credential, seededRandom } from '../connection/pair.ts';
import { type Level, makeRogue, type Rogue, type Role, type Scenario } from '../connection/rogue.ts';
import { before, messageOf, scriptOf } from '../connection/script.ts';
import { FULL12 } from '../connection/script12.ts';
import type { Change, Refusal } from './refusal.ts';

export type Expected = readonly [code: ErrorCode, alert: AlertName | null];

/** One field of a message in place of another. Decoded and encoded by the library, whose codecs have tests of their own. */
export function edit12<M extends HandshakeMessage12>(raw: Uint8Array, change: Change<M>): Uint8Array {
  const { raw: _, ...message } = decodeHandshake12(raw);
  const changed = change(message as unknown as M);
  return changed instanceof Uint8Array ? changed : encodeHandshake12(changed);
}

/** The server refuses a ClientHello, in the clear. */
export function hello12(
  title: string,
  [code, alert]: Expected,
  change: Change<ClientHello>,
  scenario: Scenario = FULL12,
  also: Scenario['server'] = {},
): Refusal {
  return {
    ...{ title: `ClientHello of 1.2 ${title}`, by: 'server', code, alert, under: 'plaintext' },
    provoke() {
      const rogue = makeRogue('server', { ...scenario, server: { ...scenario.server, ...also } });
      rogue.message(edit12(messageOf(scriptOf(scenario).client, 'client_hello'), change));
      return rogue;
    },
  };
}

/** The client refuses a ServerHello, in the clear. */
export function serverHello12(
  title: string,
  [code, alert]: Expected,
  change: Change<ServerHello>,
  scenario: Scenario = FULL12,
  also: Scenario['client'] = {},
): Refusal {
  return {
    ...{ title: `ServerHello of 1.2 ${title}`, by: 'client', code, alert, under: 'plaintext' },
    provoke() {
      const client = { ...scenario.client, ...also };
      const rogue = makeRogue('client', { ...scenario, client });
      rogue.message(edit12(messageOf(scriptOf(scenario).server, 'server_hello'), change));
      return rogue;
    },
  };
}

interface Messages {
  certificate: Certificate12;
  certificate_request: CertificateRequest12;
  certificate_status: CertificateStatus;
  certificate_verify: CertificateVerify;
  client_key_exchange: ClientKeyExchange;
  finished: Finished;
  new_session_ticket: NewSessionTicket12;
  server_key_exchange: ServerKeyExchange;
}

/** The first message of its type in the peer's flights is changed; all before it are as they were. Default: in the clear. */
export function flight12<K extends keyof Messages & HandshakeTypeName>(
  by: Role,
  name: K,
  title: string,
  [code, alert]: Expected,
  scenario: Scenario,
  change: Change<Messages[K]>,
  under: Level = 'plaintext',
): Refusal {
  return {
    ...{ title: `${name} of 1.2 ${title}`, by, code, alert, under },
    provoke() {
      const rogue = makeRogue(by, scenario);
      const script = scriptOf(scenario)[rogue.role];
      rogue.play(before(script, name));
      rogue.message(edit12(messageOf(script, name), change));
      return rogue;
    },
  };
}

/** Plays the peer's items before its first message of a type, and then these messages. */
export function instead(by: Role, scenario: Scenario, name: HandshakeTypeName, ...raw: readonly Uint8Array[]): Rogue {
  const rogue = makeRogue(by, scenario);
  rogue.play(before(scriptOf(scenario)[rogue.role], name));
  for (const one of raw) rogue.message(one);
  return rogue;
}

/** What a server signs: by default just what the honest one does, but for its signature. */
export interface Exchange {
  readonly group?: number;
  readonly point?: Uint8Array;
  readonly scheme?: SignatureSchemeName;
  /** What the message says, whatever has signed. */
  readonly says?: number;
  readonly clientRandom?: Uint8Array;
  readonly serverRandom?: Uint8Array;
  readonly key?: ReturnType<typeof credential>['key'];
}

/** The body of a ServerKeyExchange that is signed with the key of the server's certificate. */
export function signedExchange(scenario: Scenario, exchange: Exchange = {}): Uint8Array {
  const script = scriptOf(scenario);
  const random = (raw: Uint8Array): Uint8Array => raw.slice(6, 38);
  const {
    group = byName(NAMED_GROUPS, 'x25519')?.code ?? 0,
    point = fastProvider.keyExchange('x25519').generate(seededRandom('a point')).share,
    scheme = 'ecdsa_secp256r1_sha256',
    clientRandom = random(messageOf(script.client, 'client_hello')),
    serverRandom = random(messageOf(script.server, 'server_hello')),
    key = (scenario.server?.credentials?.[0] ?? credential()).key,
  } = exchange;
  const registered = byName(SIGNATURE_SCHEMES, scheme);
  if (registered === null || key === null) throw new Error('there is nothing to sign with');
  const params = encodeEcdheParams(group, point);
  const content = Uint8Array.of(...clientRandom, ...serverRandom, ...params);
  const signature = fastProvider.sign(registered.algorithm, key, content, seededRandom('signature'));
  return encodeSignedEcdheParams(params, exchange.says ?? registered.code, signature);
}
