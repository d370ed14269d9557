/**
 * Records that are refused, whatever they hold: types, lengths, protection, order, and what is no TLS at all.
 *
 * @see RFC 9846 §5, §5.1, §5.2, §5.4, §4.3.10
 * @module
 */
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import {
  joined,
  type Level,
  makeRogue,
  plainRecord,
  type Rogue,
  type Role,
  type Scenario,
  TYPE,
} from '../connection/rogue.ts';
import { before, COOKIE, EARLY, FULL, MUTUAL, messageOf, scriptOf, victimAt } from '../connection/script.ts';
import { message, type Refusal, refusal } from './refusal.ts';

type Expected = readonly [code: ErrorCode, alert: AlertName | null];

const OVERFLOW = ['ERR_TLS_RECORD_OVERFLOW', 'record_overflow'] as const;
const RECORD_TYPE = ['ERR_TLS_RECORD_TYPE', 'unexpected_message'] as const;
const NOT_TLS = ['ERR_TLS_NOT_TLS', 'unexpected_message'] as const;
const VERSION = ['ERR_TLS_RECORD_VERSION', 'protocol_version'] as const;
const BAD_RECORD = ['ERR_TLS_BAD_RECORD', 'bad_record_mac'] as const;
const EMPTY = ['ERR_TLS_EMPTY_RECORD', 'unexpected_message'] as const;
const INTERLEAVED = ['ERR_TLS_INTERLEAVED_HANDSHAKE', 'unexpected_message'] as const;
const ACROSS = ['ERR_TLS_HANDSHAKE_ACROSS_KEY_CHANGE', 'unexpected_message'] as const;
const BAD_ALERT = ['ERR_TLS_BAD_ALERT', 'decode_error'] as const;
const BAD_CCS = ['ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'unexpected_message'] as const;

const bytes = (length: number, value = 0xa5): Uint8Array => new Uint8Array(length).fill(value);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Where records arrive: before there are keys, in the handshake, and after it. */
interface Stage {
  readonly title: string;
  readonly by: Role;
  readonly under: Level;
  readonly reach: () => Rogue;
}

const CLEAR: readonly Stage[] = [
  { title: 'WAIT_SH', by: 'client', under: 'plaintext', reach: () => victimAt('client', MUTUAL, 'WAIT_SH') },
  { title: 'START', by: 'server', under: 'plaintext', reach: () => victimAt('server', MUTUAL, 'START') },
];
const KEYED: readonly Stage[] = [
  { title: 'WAIT_EE', by: 'client', under: 'handshake', reach: () => victimAt('client', MUTUAL, 'WAIT_EE') },
  { title: 'CONNECTED', by: 'client', under: 'application', reach: () => victimAt('client', MUTUAL) },
  { title: 'WAIT_CERT', by: 'server', under: 'application', reach: () => victimAt('server', MUTUAL, 'WAIT_CERT') },
  { title: 'CONNECTED', by: 'server', under: 'application', reach: () => victimAt('server', MUTUAL) },
];
const CONNECTED = KEYED.filter(({ title }) => title === 'CONNECTED');

/** A case in each of these stages. */
function at(
  stages: readonly Stage[],
  title: string,
  expected: Expected,
  send: (rogue: Rogue) => void,
): readonly Refusal[] {
  return stages.map((stage) =>
    refusal(stage.by, `${title} in ${stage.title}`, expected, stage.under, () => {
      const rogue = stage.reach();
      send(rogue);
      return rogue;
    }),
  );
}

const first: readonly Refusal[] = [
  ...at(CLEAR, 'plaintext HTTP', NOT_TLS, (rogue) =>
    rogue.deliver(text('GET / HTTP/1.1\r\nHost: server.test\r\n\r\n')),
  ),
  ...at(CLEAR, 'an HTTP answer', NOT_TLS, (rogue) => rogue.deliver(text('HTTP/1.1 400 Bad Request\r\n'))),
  ...at(CLEAR, 'an SSH banner', NOT_TLS, (rogue) => rogue.deliver(text('SSH-2.0-OpenSSH_9.9\r\n'))),
  // SSL 2: two bytes of length, CLIENT-HELLO, version 3.0, three lengths.
  ...at(CLEAR, 'an SSL 2 hello', NOT_TLS, (rogue) =>
    rogue.deliver(Uint8Array.of(0x80, 0x2e, 1, 3, 0, 0, 0x15, 0, 0, 0, 0x10)),
  ),
  ...at(CLEAR, 'one wrong first byte', NOT_TLS, (rogue) => rogue.deliver(Uint8Array.of(0x17 + 1))),
  ...at(CLEAR, 'zeros', NOT_TLS, (rogue) => rogue.deliver(bytes(16, 0))),
  ...at(CLEAR, 'a record of version 2', VERSION, (rogue) =>
    rogue.deliver(plainRecord(TYPE.handshake, bytes(4), 0x0200)),
  ),
  ...at(CLEAR, 'a record of DTLS', VERSION, (rogue) => rogue.deliver(plainRecord(TYPE.handshake, bytes(4), 0xfefd))),
  // §5.1: of the version only the major number is looked at, and only here.
  ...at(CLEAR, 'a bad major version, byte by byte,', VERSION, (rogue) => {
    rogue.deliver(Uint8Array.of(TYPE.handshake));
    rogue.deliver(Uint8Array.of(4));
  }),
];

const lengths: readonly Refusal[] = [
  ...at(CLEAR, 'a plaintext of 2^14 + 1 bytes', OVERFLOW, (rogue) =>
    rogue.deliver(plainRecord(TYPE.handshake, bytes(2 ** 14 + 1, 0))),
  ),
  // What a header says is judged before its fragment is waited for.
  ...at(CLEAR, 'a header that announces 65,535 bytes', OVERFLOW, (rogue) =>
    rogue.deliver(Uint8Array.of(TYPE.handshake, 3, 3, 0xff, 0xff)),
  ),
  ...at(KEYED, 'a ciphertext of 2^14 + 257 bytes', OVERFLOW, (rogue) =>
    rogue.deliver(plainRecord(TYPE.application_data, bytes(2 ** 14 + 257))),
  ),
  ...at(CONNECTED, 'a plaintext of 2^14 + 1 bytes', OVERFLOW, (rogue) =>
    rogue.send(TYPE.application_data, bytes(2 ** 14 + 1)),
  ),
  ...at(CONNECTED, 'a plaintext of 2^14 + 1 bytes, padding included,', OVERFLOW, (rogue) =>
    rogue.deliver(rogue.seal(TYPE.application_data, bytes(10), 2 ** 14 - 9)),
  ),
  ...at(CLEAR, 'an empty handshake record', EMPTY, (rogue) => rogue.deliver(plainRecord(TYPE.handshake, []))),
  ...at(KEYED, 'an empty handshake record', EMPTY, (rogue) => rogue.send(TYPE.handshake, [])),
  ...at(KEYED, 'an empty handshake record with padding', EMPTY, (rogue) =>
    rogue.deliver(rogue.seal(TYPE.handshake, [], 100)),
  ),
  ...at(KEYED, 'an empty alert record', EMPTY, (rogue) => rogue.send(TYPE.alert, [])),
  ...at(CONNECTED, '33 empty records', ['ERR_TLS_TOO_MANY_EMPTY_RECORDS', 'unexpected_message'], (rogue) => {
    for (let i = 0; i < 32; i++) rogue.send(TYPE.application_data, []);
    if (rogue.victim.connection.phase === 'failed') throw new Error('32 are allowed');
    rogue.send(TYPE.application_data, []);
  }),
  ...at(
    CONNECTED,
    '33 empty records in one call, with padding,',
    ['ERR_TLS_TOO_MANY_EMPTY_RECORDS', 'unexpected_message'],
    (rogue) => rogue.deliver(...Array.from({ length: 33 }, () => rogue.seal(TYPE.application_data, [], 7))),
  ),
  ...at(CLEAR, 'an alert of one byte', BAD_ALERT, (rogue) => rogue.deliver(plainRecord(TYPE.alert, [2]))),
  ...at(KEYED, 'an alert of one byte', BAD_ALERT, (rogue) => rogue.send(TYPE.alert, [2])),
  ...at(KEYED, 'an alert of three bytes', BAD_ALERT, (rogue) => rogue.send(TYPE.alert, [2, 40, 0])),
  ...at(KEYED, 'two alerts in one record', BAD_ALERT, (rogue) => rogue.send(TYPE.alert, [1, 0, 1, 0])),
];

/** RFC 8449 §4, RFC 6066 §4: what is too long for an agreed limit, content type and padding counted. */
const agreed: readonly Refusal[] = (['client', 'server'] as const).flatMap((by) =>
  [
    ['record_size_limit 1000', { recordSizeLimit: 1000 }, 1000] as const,
    ['max_fragment_length 512', { maxFragmentLength: 512 } as const, 513] as const,
  ].flatMap(([title, options, most]) =>
    [0, 60].map((padding) =>
      refusal(by, `a record beyond ${title}, ${padding} bytes of it padding,`, OVERFLOW, 'application', () => {
        const client = { ...FULL.client, ...options };
        const server = { ...FULL.server, ...('recordSizeLimit' in options ? options : {}) };
        const rogue = victimAt(by, { client, server });
        rogue.deliver(rogue.seal(TYPE.application_data, bytes(most - 1 - padding), padding));
        if (rogue.victim.connection.phase === 'failed') throw new Error('that was not too long');
        rogue.deliver(rogue.seal(TYPE.application_data, bytes(most - padding), padding));
        return rogue;
      }),
    ),
  ),
);

const protection: readonly Refusal[] = [
  ...at(KEYED, 'a record with a wrong tag', BAD_RECORD, (rogue) =>
    rogue.deliver(flipped(rogue.seal(TYPE.alert, [1, 0]), -1)),
  ),
  ...at(KEYED, 'a record with a changed ciphertext', BAD_RECORD, (rogue) =>
    rogue.deliver(flipped(rogue.seal(TYPE.alert, [1, 0]), 5)),
  ),
  // §5.2: the header is authenticated too.
  ...at(KEYED, 'a record with another version', BAD_RECORD, (rogue) =>
    rogue.deliver(flipped(rogue.seal(TYPE.alert, [1, 0]), 2)),
  ),
  ...at(KEYED, 'a record twice', BAD_RECORD, (rogue) => {
    const record = rogue.seal(TYPE.alert, [1, 90]);
    rogue.deliver(record);
    rogue.deliver(record);
  }),
  ...at(KEYED, 'a record out of order', BAD_RECORD, (rogue) => {
    rogue.seal(TYPE.alert, [1, 90]);
    rogue.send(TYPE.alert, [1, 90]);
  }),
  ...at(KEYED, 'a record shorter than a tag', BAD_RECORD, (rogue) =>
    rogue.deliver(plainRecord(TYPE.application_data, bytes(15))),
  ),
  ...at(KEYED, 'an empty protected record', BAD_RECORD, (rogue) =>
    rogue.deliver(plainRecord(TYPE.application_data, [])),
  ),
  ...at(CONNECTED, 'a record under the next key without a KeyUpdate', BAD_RECORD, (rogue) => {
    rogue.send(TYPE.application_data, [1]);
    rogue.rekey();
    rogue.send(TYPE.application_data, [1]);
  }),
  ...at(KEYED, 'a record that holds only padding', ['ERR_TLS_NO_INNER_TYPE', 'unexpected_message'], (rogue) =>
    rogue.deliver(rogue.seal(0, [], 40)),
  ),
  ...at(KEYED, 'a record without even padding', ['ERR_TLS_NO_INNER_TYPE', 'unexpected_message'], (rogue) =>
    rogue.deliver(rogue.seal(0, [])),
  ),
  ...at(KEYED, 'a handshake message in the clear', RECORD_TYPE, (rogue) =>
    rogue.deliver(plainRecord(TYPE.handshake, message(24, [0]))),
  ),
  ...at(CONNECTED, 'an alert in the clear', RECORD_TYPE, (rogue) => rogue.deliver(plainRecord(TYPE.alert, [1, 0]))),
  ...at(CLEAR, 'protected data before there are keys', RECORD_TYPE, (rogue) =>
    rogue.deliver(plainRecord(TYPE.application_data, bytes(40))),
  ),
];

const order: readonly Refusal[] = [
  ...at(KEYED, 'an alert within a handshake message', INTERLEAVED, (rogue) => {
    rogue.send(TYPE.handshake, [8, 0, 0]);
    rogue.send(TYPE.alert, [1, 0]);
  }),
  ...at(KEYED, 'data within a handshake message', INTERLEAVED, (rogue) => {
    rogue.send(TYPE.handshake, [8, 0, 0]);
    rogue.send(TYPE.application_data, [1]);
  }),
  ...at(CLEAR, 'an alert within a handshake message', INTERLEAVED, (rogue) => {
    rogue.deliver(plainRecord(TYPE.handshake, [1, 0, 0]));
    rogue.deliver(plainRecord(TYPE.alert, [1, 0]));
  }),
  refusal('client', 'a change_cipher_spec within a ServerHello', INTERLEAVED, 'plaintext', () => {
    const rogue = makeRogue('client', FULL);
    rogue.deliver(plainRecord(TYPE.handshake, messageOf(scriptOf(FULL).server, 'server_hello').subarray(0, 9)));
    rogue.deliver(plainRecord(TYPE.change_cipher_spec, [1]));
    return rogue;
  }),
  refusal('server', 'a change_cipher_spec within the client’s Certificate', INTERLEAVED, 'application', () => {
    const rogue = victimAt('server', MUTUAL, 'WAIT_CERT');
    rogue.send(TYPE.handshake, messageOf(scriptOf(MUTUAL).client, 'certificate').subarray(0, 99));
    rogue.deliver(plainRecord(TYPE.change_cipher_spec, [1]));
    return rogue;
  }),
  refusal('server', 'a change_cipher_spec before the ClientHello', BAD_CCS, 'plaintext', () => {
    const rogue = makeRogue('server', FULL);
    rogue.deliver(plainRecord(TYPE.change_cipher_spec, [1]));
    return rogue;
  }),
  ...(['client', 'server'] as const).map((by) =>
    refusal(
      by,
      '33 change_cipher_specs',
      ['ERR_TLS_TOO_MANY_CHANGE_CIPHER_SPECS', 'unexpected_message'],
      by === 'client' ? 'handshake' : 'application',
      () => {
        const rogue = victimAt(by, MUTUAL, by === 'client' ? 'WAIT_EE' : 'WAIT_CERT');
        for (let i = 0; i < 33; i++) rogue.deliver(plainRecord(TYPE.change_cipher_spec, [1]));
        return rogue;
      },
    ),
  ),
];

// ---------------------------------------------------------------- messages across a change of keys

const ACROSS_WHERE: ReadonlyMap<Scenario, string> = new Map([
  [EARLY, ', with early data'],
  [COOKIE, ', at HelloRetryRequest'],
]);

/** The message of `by`'s peer after which keys change, with the beginning or the whole of another behind it in its record. */
function across(by: Role, name: Parameters<typeof before>[1], under: Level, scenario: Scenario): readonly Refusal[] {
  const behind: readonly (readonly [string, Uint8Array])[] = [
    ['a part of a message', Uint8Array.of(8)],
    ['a whole message', message(24, [0])],
  ];
  return behind.map(([title, more]) =>
    refusal(by, `${title} behind ${name} in one record${ACROSS_WHERE.get(scenario) ?? ''}`, ACROSS, under, () => {
      const rogue = makeRogue(by, scenario);
      const script = scriptOf(scenario)[rogue.role];
      rogue.play(before(script, name));
      rogue.message(messageOf(script, name), more);
      return rogue;
    }),
  );
}

const keyChanges: readonly Refusal[] = [
  // The keys are not changed when it is seen, so that the alert goes under the old ones.
  ...across('client', 'server_hello', 'plaintext', COOKIE),
  ...across('client', 'server_hello', 'plaintext', MUTUAL),
  ...across('client', 'finished', 'handshake', MUTUAL),
  ...across('client', 'finished', 'early', EARLY),
  ...across('server', 'client_hello', 'plaintext', MUTUAL),
  ...across('server', 'client_hello', 'plaintext', EARLY),
  ...across('server', 'client_hello', 'plaintext', COOKIE),
  ...across('server', 'end_of_early_data', 'application', EARLY),
  ...across('server', 'finished', 'application', MUTUAL),
  ...at(CONNECTED, 'a part of a message behind KeyUpdate in one record', ACROSS, (rogue) =>
    rogue.message(message(24, [0]), Uint8Array.of(24)),
  ),
  ...at(CONNECTED, 'two KeyUpdates in one record', ACROSS, (rogue) =>
    rogue.message(message(24, [0]), message(24, [0])),
  ),
];

// ---------------------------------------------------------------- early data

const REJECTING: Scenario = {
  ...EARLY,
  server: { ...EARLY.server, earlyData: 0, limits: { skippedEarlyData: 1000 } },
};

const earlyData: readonly Refusal[] = [
  refusal('server', 'an early record that does not open', BAD_RECORD, 'application', () => {
    const rogue = victimAt('server', EARLY, 'WAIT_EOED');
    rogue.deliver(flipped(rogue.seal(TYPE.application_data, [1]), -1));
    return rogue;
  }),
  refusal(
    'server',
    'more early data than the ticket allows',
    ['ERR_TLS_TOO_MUCH_EARLY_DATA', 'unexpected_message'],
    'application',
    () => {
      const rogue = victimAt('server', EARLY, 'WAIT_EOED');
      rogue.send(TYPE.application_data, bytes(1000));
      if (rogue.victim.connection.phase === 'failed') throw new Error('1,000 bytes are allowed');
      rogue.send(TYPE.application_data, bytes(1));
      return rogue;
    },
  ),
  refusal('server', 'more records that do not open than it skips', BAD_RECORD, 'application', () => {
    const rogue = makeRogue('server', REJECTING);
    rogue.message(messageOf(scriptOf(EARLY).client, 'client_hello'));
    rogue.deliver(plainRecord(TYPE.application_data, bytes(1017)));
    if (rogue.victim.connection.phase === 'failed') throw new Error('1,000 bytes are skipped');
    rogue.deliver(plainRecord(TYPE.application_data, bytes(18)));
    return rogue;
  }),
  refusal('server', 'data that opens where early data is skipped', RECORD_TYPE, 'application', () => {
    const rogue = makeRogue('server', REJECTING);
    rogue.message(messageOf(scriptOf(EARLY).client, 'client_hello'));
    rogue.deliver(plainRecord(TYPE.application_data, bytes(100)));
    rogue.send(TYPE.application_data, [1]);
    return rogue;
  }),
  refusal('server', 'what does not open behind a record that did', BAD_RECORD, 'application', () => {
    const rogue = makeRogue('server', REJECTING);
    rogue.message(messageOf(scriptOf(EARLY).client, 'client_hello'));
    rogue.send(TYPE.alert, [1, 90]);
    rogue.deliver(plainRecord(TYPE.application_data, bytes(100)));
    return rogue;
  }),
];

function flipped(record: Uint8Array, index: number): Uint8Array {
  const copy = joined(record);
  const position = index < 0 ? copy.length + index : index;
  copy[position] = (copy[position] ?? 0) ^ 1;
  return copy;
}

export const recordCases: readonly Refusal[] = [
  ...first,
  ...lengths,
  ...agreed,
  ...protection,
  ...order,
  ...keyChanges,
  ...earlyData,
];
