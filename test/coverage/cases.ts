/**
 * Refusals that RFC 9846 names an alert for and that no other folder has a case of its own for.
 *
 * @see RFC 9846 §4, §4.2.2, §4.5.1.3, §4.6, §4.7.3, §5
 * @module
 */
import { createCredential } from '../../src/certs/credential.ts';
import { encodeNull, encodeOid, encodeSequence } from '../../src/certs/der-encode.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import { encodeHandshake } from '../../src/wire/message.ts';
import type { ClientHello, NewSessionTicket13 } from '../../src/wire/messages.ts';
import { DAY, forge, reassemble, reforge, root } from '../certs/forge.ts';
import { NOW } from '../connection/pair.ts';
import { type Level, makeRogue, plainRecord, type Role, type Scenario, TYPE } from '../connection/rogue.ts';
import { EARLY, FULL, MUTUAL, messageOf, scriptOf, victimAt } from '../connection/script.ts';
import { edit, message, type Refusal, refusal, without } from '../handshake/refusal.ts';

const ROLES = ['client', 'server'] as const;
const UNEXPECTED = ['ERR_TLS_UNEXPECTED_MESSAGE', 'unexpected_message'] as const;
const WEAK_SIGNATURE = ['ERR_CERT_WEAK_SIGNATURE', 'bad_certificate'] as const;
const BAD_CCS = ['ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'unexpected_message'] as const;

/** The states before the peer's Finished in which messages are read, and the keys that an alert goes under. */
const BEFORE_FINISHED: Readonly<Record<Role, readonly (readonly [state: string, under: Level])[]>> = {
  client: [
    ['WAIT_SH', 'plaintext'],
    ['WAIT_EE', 'handshake'],
    ['WAIT_CERT_CR', 'handshake'],
    ['WAIT_CERT', 'handshake'],
    ['WAIT_CV', 'handshake'],
    ['WAIT_FINISHED', 'handshake'],
  ],
  server: [
    ['START', 'plaintext'],
    ['WAIT_CERT', 'application'],
    ['WAIT_CV', 'application'],
    ['WAIT_FINISHED', 'application'],
  ],
};

const hello = messageOf(scriptOf(MUTUAL).client, 'client_hello');
const TICKET: NewSessionTicket13 = {
  ...{ type: 'new_session_ticket', lifetime: 60, ageAdd: 1, nonce: Uint8Array.of(1), ticket: Uint8Array.of(1) },
  extensions: [],
};

/** A message in each state before the peer's Finished but those where it belongs. */
function early(by: Role, title: string, raw: Uint8Array, but: readonly string[] = []): readonly Refusal[] {
  return BEFORE_FINISHED[by]
    .filter(([state]) => !but.includes(state))
    .map(([state, under]) =>
      refusal(by, `${title} in ${state}`, UNEXPECTED, under, () => {
        const rogue = victimAt(by, MUTUAL, state);
        rogue.message(raw);
        return rogue;
      }),
    );
}

const order: readonly Refusal[] = [
  ...ROLES.flatMap((by) => early(by, 'KeyUpdate', message(24, [0]))),
  ...early('client', 'EndOfEarlyData', message(5, [])),
  ...early('client', 'NewSessionTicket', encodeHandshake(TICKET)),
  ...early('client', 'Finished', messageOf(scriptOf(MUTUAL).server, 'finished'), ['WAIT_FINISHED']),
  ...early('server', 'ClientHello', hello, ['START']),
  ...early('server', 'Finished', messageOf(scriptOf(MUTUAL).client, 'finished'), ['WAIT_FINISHED']),
  refusal('server', 'EndOfEarlyData where early data was not accepted', UNEXPECTED, 'application', () => {
    const rogue = victimAt('server', MUTUAL, 'WAIT_CERT');
    rogue.message(message(5, []));
    return rogue;
  }),
  refusal('server', 'KeyUpdate under early keys', UNEXPECTED, 'application', () => {
    const rogue = victimAt('server', EARLY, 'WAIT_EOED');
    rogue.message(message(24, [0]));
    return rogue;
  }),
];

const changeCipherSpecs: readonly Refusal[] = ROLES.flatMap((by) => {
  const state = by === 'client' ? 'WAIT_EE' : 'WAIT_CERT';
  const under = by === 'client' ? 'handshake' : 'application';
  return [
    ...[[0], [2], [1, 1], []].map((content) =>
      refusal(by, `change_cipher_spec of [${content}]`, BAD_CCS, under, () => {
        const rogue = victimAt(by, MUTUAL, state);
        rogue.deliver(plainRecord(TYPE.change_cipher_spec, content));
        return rogue;
      }),
    ),
    refusal(by, 'a protected change_cipher_spec', BAD_CCS, under, () => {
      const rogue = victimAt(by, MUTUAL, state);
      rogue.send(TYPE.change_cipher_spec, [1]);
      return rogue;
    }),
    refusal(by, 'change_cipher_spec after the handshake', BAD_CCS, 'application', () => {
      const rogue = victimAt(by, MUTUAL);
      rogue.deliver(plainRecord(TYPE.change_cipher_spec, [1]));
      return rogue;
    }),
  ];
});

/** The hello with a byte behind its last field, its length counted anew. */
function followed(raw: Uint8Array): Uint8Array {
  return message(raw[0] ?? 0, [...raw.subarray(4), 0]);
}

const olderHellos: readonly Refusal[] = [
  refusal(
    'server',
    'ClientHello of TLS 1.2 with data behind its extensions',
    ['ERR_TLS_TRAILING_DATA', 'decode_error'],
    'plaintext',
    () => {
      const rogue = makeRogue('server', FULL);
      rogue.message(edit<ClientHello>(hello, (one) => followed(encodeHandshake(without(one, 43)))));
      return rogue;
    },
  ),
];

// ---------------------------------------------------------------- certificates

const TRUSTED = root({ kind: 'ed25519', notBefore: new Date(NOW - DAY), notAfter: new Date(NOW + DAY) });

/** A leaf whose signature says that it is of this algorithm, shown to a victim that judges certificates. */
function signedWith(by: Role, title: string, algorithm: Uint8Array): Refusal {
  const leaf = forge({
    issuer: TRUSTED,
    names: [by === 'client' ? 'server.test' : 'client.test'],
    notBefore: new Date(NOW - DAY),
    notAfter: new Date(NOW + DAY),
  });
  const inner = reforge(leaf, TRUSTED.key, (fields) => fields.map((field, i) => (i === 2 ? algorithm : field)));
  const der = reassemble(inner, ([tbs, , signature]) => [tbs.raw, algorithm, signature.raw]);
  const peer: Role = by === 'client' ? 'server' : 'client';
  const shown = createCredential({ certificates: [der], key: leaf.key });
  const scenario: Scenario = { ...MUTUAL, [peer]: { ...MUTUAL[peer], credentials: [shown] } };
  const judge: Scenario = {
    ...scenario,
    [by]: { ...scenario[by], decide: {}, trust: createTrustStore([TRUSTED.der]) },
  };
  return refusal(
    by,
    `a certificate signed with ${title}`,
    WEAK_SIGNATURE,
    by === 'client' ? 'handshake' : 'application',
    () => {
      const rogue = makeRogue(by, judge);
      rogue.play(scriptOf(scenario)[peer]);
      return rogue;
    },
  );
}

/** md5WithRSAEncryption, sha1WithRSAEncryption (RFC 4055 §5), ecdsa-with-SHA1 (RFC 5758 §3.2). */
const weak: readonly Refusal[] = ROLES.flatMap((by) => [
  signedWith(by, 'MD5 and RSA', encodeSequence(encodeOid('1.2.840.113549.1.1.4'), encodeNull())),
  signedWith(by, 'SHA-1 and RSA', encodeSequence(encodeOid('1.2.840.113549.1.1.5'), encodeNull())),
  signedWith(by, 'SHA-1 and ECDSA', encodeSequence(encodeOid('1.2.840.10045.4.1'))),
]);

export const coverageCases: readonly Refusal[] = [...order, ...changeCipherSpecs, ...olderHellos, ...weak];
