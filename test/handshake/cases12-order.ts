/**
 * Order, change_cipher_spec, Finished, renegotiation, alerts and records of TLS 1.2.
 *
 * @see RFC 5246 §6.2, §7.1, §7.2, §7.4.1.1, §7.4.9
 * @module
 */
import type { HandshakeTypeName } from '../../src/params/registries.ts';
import { type Level, makeRogue, plainRecord, type Rogue, type Role, type Scenario, TYPE } from '../connection/rogue.ts';
import { before as itemsBefore, messageOf, scriptOf, victimAt } from '../connection/script.ts';
import { BOTH12, FULL12, MUTUAL12, OPTIONS12, RESUME12, withoutTickets } from '../connection/script12.ts';
import { message, type Refusal, refusal } from './refusal.ts';
import { type Expected, flight12, instead } from './refusal12.ts';

const UNEXPECTED = ['ERR_TLS_UNEXPECTED_MESSAGE', 'unexpected_message'] as const;
const BAD_CCS = ['ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'unexpected_message'] as const;
const INTERLEAVED = ['ERR_TLS_INTERLEAVED_HANDSHAKE', 'unexpected_message'] as const;
const BAD_RECORD = ['ERR_TLS_BAD_RECORD', 'bad_record_mac'] as const;
const BAD_FINISHED = ['ERR_TLS_BAD_FINISHED', 'decrypt_error'] as const;
const DECODE = ['ERR_TLS_DECODE', 'decode_error'] as const;
const TRAILING = ['ERR_TLS_TRAILING_DATA', 'decode_error'] as const;
const RECORD_TYPE = ['ERR_TLS_RECORD_TYPE', 'unexpected_message'] as const;
const OVERFLOW = ['ERR_TLS_RECORD_OVERFLOW', 'record_overflow'] as const;
const EMPTY = ['ERR_TLS_EMPTY_RECORD', 'unexpected_message'] as const;
const TOO_MANY_EMPTY = ['ERR_TLS_TOO_MANY_EMPTY_RECORDS', 'unexpected_message'] as const;
const RECORD_VERSION = ['ERR_TLS_RECORD_VERSION', 'protocol_version'] as const;
const TOO_MANY_WARNINGS = ['ERR_TLS_TOO_MANY_WARNINGS', 'unexpected_message'] as const;
const TOO_MANY_RENEGOTIATIONS = ['ERR_TLS_TOO_MANY_RENEGOTIATIONS', 'unexpected_message'] as const;
const BAD_ALERT = ['ERR_TLS_BAD_ALERT', 'decode_error'] as const;
const BAD_LEVEL = ['ERR_TLS_ALERT_LEVEL', 'illegal_parameter'] as const;
const PEER_ALERT = ['ERR_TLS_PEER_ALERT', null] as const;
const CLOSED = ['ERR_TLS_PEER_CLOSED_HANDSHAKE', 'close_notify'] as const;
const TRUNCATED = ['ERR_TLS_TRUNCATED_HANDSHAKE', null] as const;
const ACROSS = ['ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE', 'unexpected_message'] as const;
const TOO_LONG = ['ERR_TLS_MESSAGE_TOO_LONG', 'illegal_parameter'] as const;

const ROLES = ['client', 'server'] as const;
const HELLO_REQUEST = message(0, []);
const hello = messageOf(scriptOf(FULL12).client, 'client_hello');
const CCS = plainRecord(TYPE.change_cipher_spec, [1]);

/** The last message of a flight, with the beginning or the whole of another one in its record, where the victim's own is due. */
function behind(by: Role, scenario: Scenario, name: HandshakeTypeName, more: HandshakeTypeName): readonly Refusal[] {
  return ([1, undefined] as const).map((length) => {
    const title = `${length === undefined ? 'the whole' : 'a part'} of ${more} behind ${name} in one record`;
    return refusal(by, scenario === RESUME12 ? `${title}, in resumption` : title, ACROSS, 'plaintext', () => {
      const rogue = makeRogue(by, scenario);
      const script = scriptOf(scenario)[rogue.role];
      rogue.play(itemsBefore(script, name));
      rogue.message(messageOf(script, name), messageOf(script, more).subarray(0, length));
      return rogue;
    });
  });
}

/** A case that acts on a victim in one state of a full handshake. */
function at(
  by: Role,
  state: string | undefined,
  title: string,
  expected: Expected,
  under: Level | null,
  act: (rogue: Rogue) => void,
  scenario: Scenario = MUTUAL12,
  warnings = 0,
): Refusal {
  const provoke = (): Rogue => {
    const rogue = victimAt(by, scenario, state);
    act(rogue);
    return rogue;
  };
  return { ...refusal(by, `${title} in ${state ?? 'the open connection'}`, expected, under, provoke), warnings };
}

// ---------------------------------------------------------------- change_cipher_spec and Finished

/** This side's Finished comes last in a full handshake of a client; the server's keys are in place from there on. */
const OWN_KEYS: Readonly<Record<Role, Level>> = { client: 'application', server: 'plaintext' };

const changes: readonly Refusal[] = [
  ...[FULL12, BOTH12].map((scenario) =>
    refusal(
      'client',
      `change_cipher_spec before the ServerHello of a client of ${scenario === FULL12 ? 'one version' : 'both'}`,
      BAD_CCS,
      'plaintext',
      () => {
        const rogue = makeRogue('client', scenario);
        rogue.deliver(CCS);
        rogue.play(scriptOf(scenario).server);
        return rogue;
      },
    ),
  ),
  refusal('server', 'change_cipher_spec before the ClientHello', BAD_CCS, 'plaintext', () => {
    const rogue = makeRogue('server', FULL12);
    rogue.deliver(CCS);
    return rogue;
  }),
  refusal('server', 'change_cipher_spec right behind the ClientHello', BAD_CCS, 'plaintext', () => {
    const rogue = makeRogue('server', FULL12);
    rogue.deliver(plainRecord(TYPE.handshake, hello), CCS);
    return rogue;
  }),
  ...behind('client', BOTH12, 'server_hello_done', 'new_session_ticket'),
  ...behind('client', FULL12, 'server_hello_done', 'finished'),
  ...behind('server', FULL12, 'client_hello', 'client_key_exchange'),
  ...behind('server', RESUME12, 'client_hello', 'finished'),
  ...behind('server', FULL12, 'finished', 'client_hello'),
  // CVE-2014-0224: keys from secrets that are not agreed on yet.
  ...(['certificate', 'server_key_exchange', 'server_hello_done'] as const).map((name) =>
    before('client', name, 'plaintext'),
  ),
  ...(['certificate', 'client_key_exchange', 'certificate_verify'] as const).map((name) =>
    before('server', name, 'plaintext'),
  ),
  ...ROLES.flatMap((by) => [
    at(by, 'WAIT_FINISHED_12', 'change_cipher_spec a second time', BAD_RECORD, OWN_KEYS[by], (rogue) => {
      rogue.deliver(CCS);
    }),
    at(by, 'WAIT_FINISHED_12', 'change_cipher_spec a second time, protected', BAD_CCS, OWN_KEYS[by], (rogue) => {
      rogue.send(TYPE.change_cipher_spec, [1]);
    }),
    at(by, undefined, 'change_cipher_spec, protected,', BAD_CCS, 'application', (rogue) => {
      rogue.send(TYPE.change_cipher_spec, [1]);
    }),
    at(by, undefined, 'change_cipher_spec', BAD_RECORD, 'application', (rogue) => rogue.deliver(CCS)),
    ...[[0], [2], [1, 1], [1, 0]].map((content) =>
      at(by, 'WAIT_CCS_12', `change_cipher_spec of ${content}`, BAD_CCS, OWN_KEYS[by], (rogue) => {
        rogue.send(TYPE.change_cipher_spec, content);
      }),
    ),
    at(by, 'WAIT_CCS_12', 'Finished', UNEXPECTED, OWN_KEYS[by], (rogue) => {
      rogue.message(messageOf(scriptOf(MUTUAL12)[rogue.role], 'finished'));
    }),
    at(by, 'WAIT_CCS_12', 'change_cipher_spec behind half a message', INTERLEAVED, OWN_KEYS[by], (rogue) => {
      rogue.send(TYPE.handshake, [20, 0, 0, 12, 1, 2]);
      rogue.deliver(CCS);
    }),
    at(by, 'WAIT_FINISHED_12', 'Finished without protection', BAD_RECORD, OWN_KEYS[by], (rogue) => {
      const finished = messageOf(scriptOf(MUTUAL12)[rogue.role], 'finished');
      rogue.deliver(plainRecord(TYPE.handshake, finished));
    }),
    at(by, 'WAIT_FINISHED_12', 'application data', RECORD_TYPE, OWN_KEYS[by], (rogue) => {
      rogue.send(TYPE.application_data, [1]);
    }),
    at(by, 'WAIT_FINISHED_12', 'empty application data', RECORD_TYPE, OWN_KEYS[by], (rogue) => {
      rogue.send(TYPE.application_data, []);
    }),
    at(by, 'WAIT_CCS_12', 'application data', RECORD_TYPE, OWN_KEYS[by], (rogue) => {
      rogue.send(TYPE.application_data, [1]);
    }),
    at(by, undefined, 'a second Finished', UNEXPECTED, 'application', (rogue) => {
      rogue.message(messageOf(scriptOf(MUTUAL12)[rogue.role], 'finished'));
    }),
    ...[MUTUAL12, RESUME12].flatMap((scenario) => finished(by, scenario)),
  ]),
];

function before(by: Role, name: HandshakeTypeName, under: Level): Refusal {
  return refusal(by, `change_cipher_spec before ${name}`, BAD_CCS, under, () => {
    const rogue = instead(by, MUTUAL12, name);
    rogue.deliver(CCS);
    return rogue;
  });
}

function finished(by: Role, scenario: Scenario): readonly Refusal[] {
  const resumed = scenario === RESUME12;
  const how = resumed ? 'resumed' : 'full';
  const under = resumed === (by === 'client') ? 'plaintext' : 'application';
  const bad = (title: string, expected: Expected, verifyData: (honest: Uint8Array) => Uint8Array): Refusal =>
    flight12(
      by,
      'finished',
      `${title}, ${how}`,
      expected,
      scenario,
      (one) => ({ ...one, verifyData: verifyData(one.verifyData) }),
      under,
    );
  const other = messageOf(scriptOf(scenario)[by], 'finished').subarray(4);
  return [
    ...[0, 5, 11].map((at) =>
      bad(`with byte ${at} damaged`, BAD_FINISHED, (honest) => honest.map((byte, i) => (i === at ? byte ^ 1 : byte))),
    ),
    bad('of the other side', BAD_FINISHED, () => other),
    bad('of zeros', BAD_FINISHED, (honest) => new Uint8Array(honest.length)),
    ...[0, 11, 13, 32].map((length) => bad(`of ${length} bytes`, DECODE, () => new Uint8Array(length))),
  ];
}

// ---------------------------------------------------------------- renegotiation

const five = (rogue: Rogue, raw: Uint8Array): void => {
  for (let i = 0; i < 4; i++) rogue.message(raw);
  if (rogue.victim.connection.phase === 'failed') throw new Error('four are allowed');
  rogue.message(raw);
};

const renegotiations: readonly Refusal[] = [
  ...(
    [
      ['WAIT_SH', 'plaintext'],
      ['WAIT_SKE_12', 'plaintext'],
      ['WAIT_TICKET_12', 'application'],
    ] as const
  ).map(([state, under]) =>
    at('client', state, 'five HelloRequests', TOO_MANY_RENEGOTIATIONS, under, (rogue) => five(rogue, HELLO_REQUEST)),
  ),
  at(
    'client',
    undefined,
    'five HelloRequests',
    TOO_MANY_RENEGOTIATIONS,
    'application',
    (rogue) => five(rogue, HELLO_REQUEST),
    MUTUAL12,
    4,
  ),
  at(
    'server',
    undefined,
    'five ClientHellos',
    TOO_MANY_RENEGOTIATIONS,
    'application',
    (rogue) => five(rogue, hello),
    MUTUAL12,
    4,
  ),
  at('client', undefined, 'a body in a HelloRequest', TRAILING, 'application', (rogue) =>
    rogue.message(message(0, [0])),
  ),
  at('client', 'WAIT_SKE_12', 'a body in a HelloRequest', TRAILING, 'plaintext', (rogue) =>
    rogue.message(message(0, [0])),
  ),
  at('server', undefined, 'a HelloRequest', UNEXPECTED, 'application', (rogue) => rogue.message(HELLO_REQUEST)),
  at('server', 'START', 'a HelloRequest', UNEXPECTED, 'plaintext', (rogue) => rogue.message(HELLO_REQUEST)),
  at('server', undefined, 'a ClientHello cut short', DECODE, 'application', (rogue) =>
    rogue.message(message(1, hello.subarray(4, 40))),
  ),
  at('client', undefined, 'a ClientHello', UNEXPECTED, 'application', (rogue) => rogue.message(hello)),
  at('client', undefined, 'a ServerHello', UNEXPECTED, 'application', (rogue) =>
    rogue.message(messageOf(scriptOf(MUTUAL12).server, 'server_hello')),
  ),
  ...ROLES.flatMap((by) => [
    at(by, undefined, 'a KeyUpdate', UNEXPECTED, 'application', (rogue) => rogue.message(message(24, [0]))),
    at(by, undefined, 'a ticket', UNEXPECTED, 'application', (rogue) =>
      rogue.message(messageOf(scriptOf(MUTUAL12).server, 'new_session_ticket')),
    ),
  ]),
];

// ---------------------------------------------------------------- alerts

const STATES: Readonly<Record<Role, readonly (readonly [state: string | undefined, under: Level])[]>> = {
  client: [
    ['WAIT_SH', 'plaintext'],
    ['WAIT_SKE_12', 'plaintext'],
    ['WAIT_CCS_12', 'application'],
    ['WAIT_FINISHED_12', 'application'],
    [undefined, 'application'],
  ],
  server: [
    ['START', 'plaintext'],
    ['WAIT_CKE_12', 'plaintext'],
    ['WAIT_CCS_12', 'plaintext'],
    ['WAIT_FINISHED_12', 'plaintext'],
    [undefined, 'application'],
  ],
};

const alerts: readonly Refusal[] = ROLES.flatMap((by) =>
  STATES[by].flatMap(([state, under]) => [
    ...(['handshake_failure', 'internal_error', 'no_renegotiation'] as const).map((name) =>
      at(by, state, `${name}, fatal,`, PEER_ALERT, null, (rogue) => rogue.alert(name, 2)),
    ),
    at(by, state, 'an unknown alert, fatal,', PEER_ALERT, null, (rogue) => rogue.send(TYPE.alert, [2, 255])),
    // RFC 5246 §7.2: the level is one of two. Before the version is settled it may yet be TLS 1.3, where it means nothing.
    ...([0, 3, 255] as const).flatMap((level) =>
      (['unrecognized_name', 'close_notify'] as const).map((name) => {
        const open = state === 'WAIT_SH' || state === 'START';
        if (open && name === 'close_notify') {
          return at(by, state, `close_notify at level ${level}`, CLOSED, under, (rogue) => rogue.alert(name, level));
        }
        const [expected, seen] = open ? ([PEER_ALERT, null] as const) : ([BAD_LEVEL, under] as const);
        return at(by, state, `${name} at level ${level}`, expected, seen, (rogue) => rogue.alert(name, level));
      }),
    ),
    at(by, state, 'five warnings', TOO_MANY_WARNINGS, under, (rogue) => {
      for (const name of ['no_renegotiation', 'unrecognized_name', 'handshake_failure', 'user_canceled'] as const) {
        rogue.alert(name, 1);
      }
      if (rogue.victim.connection.phase === 'failed') throw new Error('four are allowed');
      // Of a kind that nobody knows.
      rogue.send(TYPE.alert, [1, 255]);
    }),
    ...[[1], [2, 40, 0], [2, 40, 2, 40]].map((content) =>
      at(by, state, `an alert of ${content}`, BAD_ALERT, under, (rogue) => rogue.send(TYPE.alert, content)),
    ),
    ...(state === undefined
      ? []
      : [
          // RFC 5246 §7.2.1: answered.
          at(by, state, 'close_notify', CLOSED, under, (rogue) => rogue.alert('close_notify', 1)),
          at(by, state, 'the end of the transport', TRUNCATED, null, (rogue) =>
            rogue.took(rogue.victim.connection.transportEnded()),
          ),
        ]),
  ]),
);

// ---------------------------------------------------------------- records

/** Where the peer's records are not protected, and where they are. */
const CLEAR: Readonly<Record<Role, string>> = { client: 'WAIT_SKE_12', server: 'WAIT_CKE_12' };

/** RFC 6066 §4. */
const FRAGMENTS: Scenario = {
  client: { ...withoutTickets(FULL12).client, maxFragmentLength: 512 },
  server: withoutTickets(FULL12).server ?? {},
};

const records: readonly Refusal[] = ROLES.flatMap((by) => [
  ...[0x0300, 0x0301, 0x0302, 0x0304].flatMap((version) =>
    [CLEAR[by], undefined].map((state) =>
      at(
        by,
        state,
        `a record of version 0x${version.toString(16)}`,
        RECORD_VERSION,
        state === undefined ? 'application' : 'plaintext',
        (rogue) => {
          const record = rogue.seal(TYPE.handshake, HELLO_REQUEST);
          record.set([version >> 8, version & 0xff], 1);
          rogue.deliver(record);
        },
      ),
    ),
  ),
  ...([TYPE.handshake, TYPE.alert] as const).flatMap((type) =>
    [CLEAR[by], undefined].map((state) =>
      at(
        by,
        state,
        `an empty record of type ${type}`,
        EMPTY,
        state === undefined ? 'application' : 'plaintext',
        (rogue) => rogue.send(type, []),
      ),
    ),
  ),
  at(by, CLEAR[by], 'a record too long', OVERFLOW, 'plaintext', (rogue) => {
    rogue.deliver(plainRecord(TYPE.handshake, new Uint8Array(16_385)));
  }),
  ...([TYPE.handshake, TYPE.alert, TYPE.application_data, TYPE.change_cipher_spec] as const).flatMap((type) => [
    at(by, undefined, `a protected record of type ${type} too long`, OVERFLOW, 'application', (rogue) => {
      rogue.deliver(plainRecord(type, new Uint8Array(16_384 + 2_049)));
    }),
    at(by, undefined, `a protected record of type ${type} damaged`, BAD_RECORD, 'application', (rogue) => {
      const record = rogue.seal(type, [1, 2]);
      record[record.length - 1] = (record.at(-1) ?? 0) ^ 1;
      rogue.deliver(record);
    }),
    at(by, undefined, `a record of type ${type} without protection`, BAD_RECORD, 'application', (rogue) => {
      rogue.deliver(plainRecord(type, new Uint8Array(40)));
    }),
  ]),
  at(by, undefined, 'a protected record with another type in its header', BAD_RECORD, 'application', (rogue) => {
    const record = rogue.seal(TYPE.application_data, [1, 0]);
    record[0] = TYPE.alert;
    rogue.deliver(record);
  }),
  at(by, undefined, 'a record twice', BAD_RECORD, 'application', (rogue) => {
    const record = rogue.seal(TYPE.application_data, [1]);
    rogue.deliver(record);
    if (rogue.victim.connection.phase === 'failed') throw new Error('once is right');
    rogue.deliver(record);
  }),
  at(by, undefined, 'a record left out', BAD_RECORD, 'application', (rogue) => {
    rogue.seal(TYPE.application_data, [1]);
    rogue.send(TYPE.application_data, [2]);
  }),
  at(by, undefined, '33 empty records', TOO_MANY_EMPTY, 'application', (rogue) => {
    for (let i = 0; i < 32; i++) rogue.send(TYPE.application_data, []);
    if (rogue.victim.connection.phase === 'failed') throw new Error('32 are allowed');
    rogue.send(TYPE.application_data, []);
  }),
  at(
    by,
    undefined,
    'an unknown message',
    ['ERR_TLS_UNKNOWN_MESSAGE_TYPE', 'unexpected_message'],
    'application',
    (rogue) => rogue.message(message(99, [])),
  ),
  at(by, CLEAR[by], 'a message longer than the limit', TOO_LONG, 'plaintext', (rogue) =>
    rogue.message(message(11, [0], 65_537)),
  ),
  // RFC 8449 §4: content alone counts here; the client asks for 16,384 and the server for 16,000.
  at(
    by,
    undefined,
    'a record longer than was agreed',
    OVERFLOW,
    'application',
    (rogue) => rogue.send(TYPE.application_data, new Uint8Array(by === 'client' ? 16_385 : 16_001)),
    OPTIONS12,
  ),
  at(
    by,
    undefined,
    'a record longer than max_fragment_length',
    OVERFLOW,
    'application',
    (rogue) => rogue.send(TYPE.application_data, new Uint8Array(513)),
    FRAGMENTS,
  ),
  at(
    by,
    CLEAR[by],
    'a record longer than max_fragment_length',
    OVERFLOW,
    'plaintext',
    (rogue) => rogue.deliver(plainRecord(TYPE.handshake, new Uint8Array(513))),
    FRAGMENTS,
  ),
]);

export const orderCases12: readonly Refusal[] = [...changes, ...renegotiations];
export const recordCases12: readonly Refusal[] = [...alerts, ...records];
