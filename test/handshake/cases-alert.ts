/**
 * Alerts, the end of the transport, and messages after the handshake that end a connection.
 *
 * @see RFC 9846 §6, §6.1, §6.2, §4.7
 * @module
 */
import { ALERTS, type AlertName } from '../../src/errors/alerts.ts';
import { maxEarlyDataSizeExtension } from '../../src/wire/extensions.ts';
import { encodeHandshake } from '../../src/wire/message.ts';
import type { NewSessionTicket13 } from '../../src/wire/messages.ts';
import { type Level, makeRogue, type Rogue, type Role, type Scenario, TYPE } from '../connection/rogue.ts';
import { MUTUAL, messageOf, scriptOf, victimAt } from '../connection/script.ts';
import { edit, message, opaque, type Refusal, refusal } from './refusal.ts';

const PEER_ALERT = ['ERR_TLS_PEER_ALERT', null] as const;
const UNEXPECTED = ['ERR_TLS_UNEXPECTED_MESSAGE', 'unexpected_message'] as const;
const DECODE = ['ERR_TLS_DECODE', 'decode_error'] as const;
const TRAILING = ['ERR_TLS_TRAILING_DATA', 'decode_error'] as const;

const ROLES = ['client', 'server'] as const;
const HANDSHAKE: Readonly<Record<Role, readonly string[]>> = {
  client: ['WAIT_SH', 'WAIT_EE', 'WAIT_FINISHED'],
  server: ['START', 'WAIT_CERT', 'WAIT_FINISHED'],
};
/** What protects the alerts that are sent from there. */
const UNDER: Readonly<Record<string, Level>> = { WAIT_SH: 'plaintext', START: 'plaintext', WAIT_EE: 'handshake' };
const underOf = (by: Role, state: string): Level => UNDER[state] ?? (by === 'client' ? 'handshake' : 'application');

const CLOSED = ['ERR_TLS_PEER_CLOSED_HANDSHAKE', 'close_notify'] as const;
const CLOSURE: readonly AlertName[] = ['close_notify', 'user_canceled'];

const connected = (by: Role, also: Scenario = {}): Rogue => victimAt(by, MUTUAL, undefined, also);

/** In every kind of state, and whatever the level says (§6). */
const alerts: readonly Refusal[] = ROLES.flatMap((by) => [
  ...HANDSHAKE[by].flatMap((state) => [
    refusal(by, `close_notify in ${state}`, CLOSED, underOf(by, state), () => {
      const rogue = victimAt(by, MUTUAL, state);
      rogue.alert('close_notify', 1);
      return rogue;
    }),
    refusal(by, `user_canceled and close_notify in ${state}`, CLOSED, underOf(by, state), () => {
      const rogue = victimAt(by, MUTUAL, state);
      rogue.alert('user_canceled', 1);
      if (rogue.victim.connection.phase === 'failed') throw new Error('it fails only at close_notify');
      rogue.alert('close_notify', 1);
      return rogue;
    }),
    refusal(by, `the end of the transport in ${state}`, ['ERR_TLS_TRUNCATED_HANDSHAKE', null], null, () => {
      const rogue = victimAt(by, MUTUAL, state);
      rogue.took(rogue.victim.connection.transportEnded());
      return rogue;
    }),
    refusal(by, `an unknown alert in ${state}`, PEER_ALERT, null, () => {
      const rogue = victimAt(by, MUTUAL, state);
      rogue.send(TYPE.alert, [1, 255]);
      return rogue;
    }),
  ]),
  ...(Object.keys(ALERTS) as AlertName[])
    .filter((name) => !CLOSURE.includes(name))
    .flatMap((name) =>
      [1, 2].map((level) =>
        refusal(by, `${name} at level ${level}`, PEER_ALERT, null, () => {
          const rogue = connected(by);
          rogue.alert(name, level);
          return rogue;
        }),
      ),
    ),
  ...[0, 3, 255].map((level) =>
    refusal(by, `handshake_failure at level ${level}`, PEER_ALERT, null, () => {
      const rogue = connected(by);
      rogue.alert('handshake_failure', level);
      return rogue;
    }),
  ),
  refusal(by, 'an unknown alert', PEER_ALERT, null, () => {
    const rogue = connected(by);
    rogue.send(TYPE.alert, [1, 123]);
    return rogue;
  }),
  refusal(by, 'five times user_canceled', ['ERR_TLS_TOO_MANY_WARNINGS', 'unexpected_message'], 'application', () => {
    const rogue = connected(by);
    for (let i = 0; i < 4; i++) rogue.alert('user_canceled', 1);
    if (rogue.victim.connection.phase === 'failed') throw new Error('four are allowed');
    rogue.alert('user_canceled', 2);
    return rogue;
  }),
]);

const BOTH_VERSIONS = ['TLS_AES_128_GCM_SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'] as const;
const BOTH: Scenario = {
  client: { ...MUTUAL.client, cipherSuites: BOTH_VERSIONS },
  server: { ...MUTUAL.server, cipherSuites: BOTH_VERSIONS },
};
const BOTH_RETRIED: Scenario = { client: BOTH.client ?? {}, server: { ...BOTH.server, cookie: true } };

/** §6: the level counts for nothing once the version is TLS 1.3, also where TLS 1.2 could have been chosen. */
const settled: readonly Refusal[] = [
  ...(
    [
      ['client', 'WAIT_EE', BOTH],
      ['client', undefined, BOTH],
      ['server', 'WAIT_SECOND_CH', BOTH_RETRIED],
      ['server', 'WAIT_CERT', BOTH],
      ['server', undefined, BOTH],
    ] as const
  ).map(([by, state, scenario]) =>
    refusal(by, `handshake_failure at level 1 in ${state ?? 'CONNECTED'}, of two versions,`, PEER_ALERT, null, () => {
      const rogue = victimAt(by, scenario, state);
      rogue.alert('handshake_failure', 1);
      return rogue;
    }),
  ),
  refusal('client', 'handshake_failure at level 1 after HelloRetryRequest, of two versions,', PEER_ALERT, null, () => {
    const rogue = makeRogue('client', BOTH_RETRIED);
    rogue.message(messageOf(scriptOf(BOTH_RETRIED).server, 'server_hello'));
    rogue.alert('handshake_failure', 1);
    return rogue;
  }),
];

/** After the handshake: what it is refused for, who refuses it. */
function afterwards(
  by: Role,
  title: string,
  expected: Parameters<typeof refusal>[2],
  ...messages: readonly Uint8Array[]
): Refusal {
  return refusal(by, `${title} after the handshake`, expected, 'application', () => {
    const rogue = connected(by);
    for (const one of messages) rogue.message(one);
    return rogue;
  });
}

const KEY_UPDATE = message(24, [0]);
const hello = messageOf(scriptOf(MUTUAL).client, 'client_hello');
const request = messageOf(scriptOf(MUTUAL).server, 'certificate_request');
const TICKET: NewSessionTicket13 = {
  ...{ type: 'new_session_ticket', lifetime: 60, ageAdd: 1, nonce: Uint8Array.of(1), ticket: Uint8Array.of(1) },
  extensions: [maxEarlyDataSizeExtension(1)],
};
const ticket = encodeHandshake(TICKET);
const changed = (of: Partial<NewSessionTicket13>): Uint8Array => edit(ticket, () => ({ ...TICKET, ...of }));

const keyUpdates: readonly Refusal[] = ROLES.flatMap((by) => [
  ...[2, 3, 255].map((value) =>
    afterwards(by, `KeyUpdate with ${value}`, ['ERR_TLS_BAD_KEY_UPDATE', 'illegal_parameter'], message(24, [value])),
  ),
  afterwards(by, 'an empty KeyUpdate', DECODE, message(24, [])),
  afterwards(by, 'a KeyUpdate of two bytes', TRAILING, message(24, [0, 0])),
  refusal(
    by,
    '33 KeyUpdates without data',
    ['ERR_TLS_TOO_MANY_KEY_UPDATES', 'unexpected_message'],
    'application',
    () => {
      const rogue = connected(by);
      for (let i = 0; i < 32; i++) rogue.message(KEY_UPDATE);
      if (rogue.victim.connection.phase === 'failed') throw new Error('32 are allowed');
      rogue.message(KEY_UPDATE);
      return rogue;
    },
  ),
  refusal(
    by,
    '33 KeyUpdates with empty data between',
    ['ERR_TLS_TOO_MANY_KEY_UPDATES', 'unexpected_message'],
    'application',
    () => {
      const rogue = connected(by);
      for (let i = 0; i < 33; i++) {
        rogue.message(KEY_UPDATE);
        if (i < 32) rogue.send(TYPE.application_data, []);
      }
      return rogue;
    },
  ),
]);

const messages: readonly Refusal[] = [
  afterwards('client', 'a CertificateRequest', UNEXPECTED, request),
  afterwards(
    'client',
    'a CertificateRequest with a context',
    UNEXPECTED,
    edit(request, (one) => ({ ...one, context: Uint8Array.of(1) })),
  ),
  afterwards('client', 'a HelloRequest', UNEXPECTED, message(0, [])),
  afterwards('client', 'a ClientHello', UNEXPECTED, hello),
  afterwards('client', 'EndOfEarlyData', UNEXPECTED, message(5, [])),
  afterwards('server', 'a ClientHello', UNEXPECTED, hello),
  afterwards('server', 'a NewSessionTicket', UNEXPECTED, ticket),
  afterwards('server', 'EndOfEarlyData', UNEXPECTED, message(5, [])),
  afterwards('server', 'a Certificate', UNEXPECTED, messageOf(scriptOf(MUTUAL).client, 'certificate')),
  afterwards('server', 'a second Finished', UNEXPECTED, messageOf(scriptOf(MUTUAL).client, 'finished')),
  afterwards('client', 'an empty ticket', DECODE, changed({ ticket: new Uint8Array(0) })),
  afterwards(
    'client',
    'a ticket with half of max_early_data_size',
    DECODE,
    changed({ extensions: [opaque(42, 0, 0)] }),
  ),
  afterwards(
    'client',
    'a ticket with two extensions of a type',
    ['ERR_TLS_DUPLICATE_EXTENSION', 'illegal_parameter'],
    changed({ extensions: [opaque(0x7777), opaque(0x7777)] }),
  ),
  afterwards(
    'client',
    'a ticket with server_name',
    ['ERR_TLS_MISPLACED_EXTENSION', 'illegal_parameter'],
    changed({ extensions: [opaque(0)] }),
  ),
  afterwards('client', 'an unknown message', ['ERR_TLS_UNKNOWN_MESSAGE_TYPE', 'unexpected_message'], message(99, [])),
  afterwards('server', 'an unknown message', ['ERR_TLS_UNKNOWN_MESSAGE_TYPE', 'unexpected_message'], message(99, [])),
  ...ROLES.map((by) =>
    refusal(
      by,
      'a message longer than the limit after the handshake',
      ['ERR_TLS_MESSAGE_TOO_LONG', 'illegal_parameter'],
      'application',
      () => {
        const rogue = connected(by);
        rogue.send(TYPE.handshake, message(24, [0], 65_537));
        return rogue;
      },
    ),
  ),
  ...ROLES.map((by) =>
    refusal(
      by,
      'a message longer than a limit of its own',
      ['ERR_TLS_MESSAGE_TOO_LONG', 'illegal_parameter'],
      'application',
      () => {
        const rogue = connected(by, { [by]: { limits: { handshakeMessage: 2_000 } } });
        rogue.send(TYPE.handshake, message(24, [0], 2_001));
        return rogue;
      },
    ),
  ),
];

export const alertCases: readonly Refusal[] = [...alerts, ...settled, ...keyUpdates, ...messages];
