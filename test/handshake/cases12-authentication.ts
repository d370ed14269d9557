/**
 * Certificates, key exchanges and tickets of TLS 1.2 that the other side refuses.
 *
 * @see RFC 5246 §7.4.2 to §7.4.8; RFC 8422 §5.4, §5.7; RFC 6066 §8; RFC 5077 §3.3
 * @module
 */
import type { SignatureSchemeName } from '../../src/params/algorithms.ts';
import { encodeHandshake12 } from '../../src/wire/message12.ts';
import type { Certificate12 } from '../../src/wire/messages12.ts';
import { forge } from '../certs/forge.ts';
import { fastProvider } from '../connection/fast-provider.ts';
import { credential, NOW, seededRandom } from '../connection/pair.ts';
import { makeRogue, type Scenario, TYPE } from '../connection/rogue.ts';
import { messageOf, nameOf, scriptOf } from '../connection/script.ts';
import {
  FULL12,
  MUTUAL12,
  RENEW12,
  RSA_MUTUAL12,
  RSA_STATUS12,
  RSA12,
  STATUS12,
  withoutTickets,
} from '../connection/script12.ts';
import { type Change, message, type Refusal, refusal } from './refusal.ts';
import { type Exchange, type Expected, edit12, flight12, instead, signedExchange } from './refusal12.ts';

const DECODE = ['ERR_TLS_DECODE', 'decode_error'] as const;
const TRAILING = ['ERR_TLS_TRAILING_DATA', 'decode_error'] as const;
const UNEXPECTED = ['ERR_TLS_UNEXPECTED_MESSAGE', 'unexpected_message'] as const;
const BAD_CCS = ['ERR_TLS_BAD_CHANGE_CIPHER_SPEC', 'unexpected_message'] as const;
const KEY_USAGE = ['ERR_CERT_KEY_USAGE', 'unsupported_certificate'] as const;
const MISMATCH = ['ERR_TLS_CERTIFICATE_SUITE_MISMATCH', 'illegal_parameter'] as const;
const TOO_MANY = ['ERR_TLS_TOO_MANY_CERTIFICATES', 'bad_certificate'] as const;
const BAD_DER = ['ERR_CERT_DECODE', 'bad_certificate'] as const;
const SHARE = ['ERR_TLS_BAD_KEY_SHARE', 'illegal_parameter'] as const;
const WEAK = ['ERR_TLS_WEAK_SHARED_SECRET', 'illegal_parameter'] as const;
const UNOFFERED_GROUP = ['ERR_TLS_UNOFFERED_GROUP', 'illegal_parameter'] as const;
const UNOFFERED_SCHEME = ['ERR_TLS_UNOFFERED_SIGNATURE_SCHEME', 'illegal_parameter'] as const;
const SCHEME_KEY = ['ERR_TLS_SCHEME_KEY_MISMATCH', 'illegal_parameter'] as const;
const BAD_EXCHANGE = ['ERR_TLS_BAD_SERVER_KEY_EXCHANGE', 'decrypt_error'] as const;
const BAD_VERIFY = ['ERR_TLS_BAD_CERTIFICATE_VERIFY', 'decrypt_error'] as const;
const NO_CERTIFICATE = ['ERR_TLS_NO_CLIENT_CERTIFICATE', 'handshake_failure'] as const;
const CURVE_TYPE = ['ERR_TLS_CURVE_TYPE', 'illegal_parameter'] as const;

const P256 = 0x0017;
const bytes = (length: number, value = 0xa5): Uint8Array => new Uint8Array(length).fill(value);
const opaque8 = (...content: readonly number[]): Uint8Array => Uint8Array.of(content.length, ...content);
const opaque16 = (...content: readonly number[]): Uint8Array =>
  Uint8Array.of(content.length >> 8, content.length & 0xff, ...content);

const times = { notBefore: new Date(NOW - 1000), notAfter: new Date(NOW + 1_000_000) };
const rsaKey = credential({ kind: 'rsa2048' }).key ?? undefined;
const pssKey = credential({ kind: 'rsa-pss2048' }).key ?? undefined;

/** A self-signed certificate: these scenarios accept any that is of use. */
const certificate = (options: Parameters<typeof forge>[0]): Uint8Array =>
  forge({ names: ['server.test'], ...times, ...options }).der;

const showing =
  (...certificates: readonly Uint8Array[]): Change<Certificate12> =>
  (one) => ({ ...one, certificates });

// ---------------------------------------------------------------- the server's certificate

const certificates: readonly Refusal[] = [
  flight12(
    'client',
    'certificate',
    'without any',
    ['ERR_TLS_EMPTY_SERVER_CERTIFICATE', 'decode_error'],
    FULL12,
    showing(),
  ),
  flight12('client', 'certificate', 'with 17 of them', TOO_MANY, FULL12, (one) => ({
    ...one,
    certificates: Array.from({ length: 17 }, () => one.certificates[0] ?? bytes(1)),
  })),
  flight12('client', 'certificate', 'that is no DER', BAD_DER, FULL12, showing(bytes(5))),
  flight12('client', 'certificate', 'of no bytes', DECODE, FULL12, () => message(11, [0, 0, 3, 0, 0, 0])),
  flight12('client', 'certificate', 'in the form of TLS 1.3', TRAILING, FULL12, () =>
    message(11, [0, 0, 0, 4, 0, 0, 1, 1]),
  ),
  flight12(
    'client',
    'certificate',
    'with an RSA key for ECDHE_ECDSA',
    MISMATCH,
    FULL12,
    showing(credential({ kind: 'rsa2048' }).chain[0] ?? bytes(1)),
  ),
  flight12(
    'client',
    'certificate',
    'with an EC key for static RSA',
    // The key cannot encipher, whatever its keyUsage says of it.
    MISMATCH,
    RSA12,
    showing(certificate({ kind: 'p256', keyUsage: null })),
  ),
  flight12(
    'client',
    'certificate',
    'with a key for PSS alone for static RSA',
    MISMATCH,
    RSA12,
    showing(certificate({ ...(pssKey === undefined ? {} : { key: pssKey }), keyUsage: null })),
  ),
  flight12(
    'client',
    'certificate',
    'that may not sign, for ECDHE',
    KEY_USAGE,
    FULL12,
    showing(certificate({ keyUsage: ['keyAgreement'] })),
  ),
  flight12(
    'client',
    'certificate',
    'that may not encipher, for static RSA',
    KEY_USAGE,
    RSA12,
    showing(certificate({ ...(rsaKey === undefined ? {} : { key: rsaKey }), keyUsage: ['digitalSignature'] })),
  ),
  refusal('client', 'a second Certificate', UNEXPECTED, 'plaintext', () => {
    const twice = messageOf(scriptOf(FULL12).server, 'certificate');
    return instead('client', FULL12, 'server_key_exchange', twice);
  }),
];

// ---------------------------------------------------------------- CertificateStatus

const status = (response: Uint8Array): Uint8Array => encodeHandshake12({ type: 'certificate_status', response });
const statuses: readonly Refusal[] = [
  refusal('client', 'a CertificateStatus that was not promised', UNEXPECTED, 'plaintext', () =>
    instead('client', FULL12, 'server_key_exchange', status(bytes(3))),
  ),
  refusal('client', 'a CertificateStatus that was not promised, with static RSA', UNEXPECTED, 'plaintext', () =>
    instead('client', RSA12, 'server_hello_done', status(bytes(3))),
  ),
  refusal('client', 'a CertificateStatus before Certificate', UNEXPECTED, 'plaintext', () =>
    instead('client', STATUS12, 'certificate', status(bytes(3))),
  ),
  refusal('client', 'a second CertificateStatus', UNEXPECTED, 'plaintext', () =>
    instead('client', STATUS12, 'server_key_exchange', status(bytes(3))),
  ),
  refusal('client', 'a CertificateStatus behind ServerKeyExchange', UNEXPECTED, 'plaintext', () =>
    instead('client', STATUS12, 'server_hello_done', status(bytes(3))),
  ),
  ...[STATUS12, RSA_STATUS12].flatMap((scenario) => {
    const suite = scenario === STATUS12 ? 'ECDHE' : 'static RSA';
    const bad = (title: string, expected: Expected, raw: Uint8Array): Refusal =>
      flight12('client', 'certificate_status', `${title}, ${suite}`, expected, scenario, () => raw);
    return [
      bad('of another type', DECODE, message(22, [2, 0, 0, 1, 1])),
      bad('with an empty response', DECODE, message(22, [1, 0, 0, 0])),
      bad('cut short', DECODE, message(22, [1, 0, 0, 2, 1])),
      bad('with data behind it', TRAILING, message(22, [1, 0, 0, 1, 1, 0])),
      bad('of nothing', DECODE, message(22, [])),
    ];
  }),
];

// ---------------------------------------------------------------- ServerKeyExchange

const exchanged = (title: string, expected: Expected, exchange: Exchange, scenario: Scenario = FULL12): Refusal =>
  flight12('client', 'server_key_exchange', title, expected, scenario, (one) => ({
    ...one,
    body: signedExchange(scenario, exchange),
  }));

const offering = (...groups: readonly ('x25519' | 'secp256r1' | 'X25519MLKEM768')[]): Scenario => ({
  client: { ...FULL12.client, groups },
  server: FULL12.server ?? {},
});

const serverExchanges: readonly Refusal[] = [
  refusal('client', 'ServerHelloDone in place of ServerKeyExchange', UNEXPECTED, 'plaintext', () =>
    instead('client', FULL12, 'server_key_exchange', message(14, [])),
  ),
  refusal('client', 'CertificateRequest before ServerKeyExchange', UNEXPECTED, 'plaintext', () =>
    instead('client', MUTUAL12, 'server_key_exchange', messageOf(scriptOf(MUTUAL12).server, 'certificate_request')),
  ),
  refusal('client', 'ServerKeyExchange with static RSA', UNEXPECTED, 'plaintext', () =>
    instead('client', RSA12, 'server_hello_done', messageOf(scriptOf(FULL12).server, 'server_key_exchange')),
  ),
  refusal('client', 'a second ServerKeyExchange', UNEXPECTED, 'plaintext', () =>
    instead('client', FULL12, 'server_hello_done', messageOf(scriptOf(FULL12).server, 'server_key_exchange')),
  ),
  refusal('client', 'a second CertificateRequest', UNEXPECTED, 'plaintext', () =>
    instead('client', MUTUAL12, 'server_hello_done', messageOf(scriptOf(MUTUAL12).server, 'certificate_request')),
  ),
  exchanged('signed over another client random', BAD_EXCHANGE, { clientRandom: bytes(32) }),
  exchanged('signed over another server random', BAD_EXCHANGE, { serverRandom: bytes(32) }),
  exchanged('signed over no client random', BAD_EXCHANGE, { clientRandom: bytes(0) }),
  exchanged('signed with another key', BAD_EXCHANGE, { key: forge({}).key }),
  exchanged('with a scheme that was not offered', UNOFFERED_SCHEME, { says: 0x0203 }),
  exchanged('with a scheme for RSA', SCHEME_KEY, { says: 0x0804 }),
  exchanged('with the scheme of EdDSA', SCHEME_KEY, { says: 0x0807 }),
  exchanged('with an unknown scheme', UNOFFERED_SCHEME, { says: 0x7777 }),
  exchanged('with another hash than it says', BAD_EXCHANGE, { says: 0x0503 }),
  flight12('client', 'server_key_exchange', 'with its signature damaged', BAD_EXCHANGE, FULL12, (one) => {
    const body = one.body.slice();
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    return { ...one, body };
  }),
  flight12('client', 'server_key_exchange', 'without a signature', BAD_EXCHANGE, FULL12, (one) => ({
    ...one,
    body: Uint8Array.of(...one.body.subarray(0, 36), 4, 3, 0, 0),
  })),
  flight12('client', 'server_key_exchange', 'of nothing', DECODE, FULL12, (one) => ({ ...one, body: bytes(0) })),
  flight12('client', 'server_key_exchange', 'with data behind it', TRAILING, FULL12, (one) => ({
    ...one,
    body: Uint8Array.of(...one.body, 0),
  })),
  ...[1, 2, 0, 255].map((type) =>
    flight12('client', 'server_key_exchange', `with curve type ${type}`, CURVE_TYPE, FULL12, (one) => ({
      ...one,
      body: Uint8Array.of(type, ...one.body.subarray(1)),
    })),
  ),
  flight12('client', 'server_key_exchange', 'with an empty point', DECODE, FULL12, (one) => ({
    ...one,
    body: Uint8Array.of(3, 0, 29, 0, ...one.body.subarray(36)),
  })),
  ...[0x0018, 0x001e, 0x0100, 0x0001, 0x2a2a].map((group) =>
    exchanged(`with group 0x${group.toString(16)}`, UNOFFERED_GROUP, { group }),
  ),
  exchanged(
    'with a hybrid group',
    UNOFFERED_GROUP,
    { group: 0x11ec, point: bytes(255) },
    offering('X25519MLKEM768', 'x25519', 'secp256r1'),
  ),
  // What the point is worth is found out when this side agrees with it, behind the verdict.
  ...[1, 31, 33, 64].map((length) => pointRefused(`with x25519 of ${length} bytes`, SHARE, 0x001d, bytes(length))),
  pointRefused('with x25519 of zeros', WEAK, 0x001d, bytes(32, 0)),
  ...[1, 33, 64, 66, 97].map((length) => pointRefused(`with P-256 of ${length} bytes`, SHARE, P256, bytes(length, 4))),
  pointRefused('with P-256 off the curve', SHARE, P256, Uint8Array.of(4, ...bytes(32, 1), ...bytes(32, 2))),
  pointRefused('with the point at infinity of P-256', SHARE, P256, Uint8Array.of(0)),
  pointRefused('with a compressed point of P-256', SHARE, P256, compressed()),
];

/** A server whose point is worth nothing: the client finds out with its own flight. */
function pointRefused(title: string, expected: Expected, group: number, point: Uint8Array): Refusal {
  return refusal('client', `server_key_exchange of 1.2 ${title}`, expected, 'plaintext', () =>
    instead(
      'client',
      FULL12,
      'server_key_exchange',
      encodeHandshake12({ type: 'server_key_exchange', body: signedExchange(FULL12, { group, point }) }),
      message(14, []),
    ),
  );
}

/** A point that is right but for its form (RFC 8422 §5.1.2: uncompressed points are all there is). */
function compressed(): Uint8Array {
  const { share } = fastProvider.keyExchange('secp256r1').generate(seededRandom('compressed'));
  return Uint8Array.of(2 + ((share[64] ?? 0) & 1), ...share.subarray(1, 33));
}

// ---------------------------------------------------------------- CertificateRequest

const requested = (title: string, expected: Expected, ...body: readonly number[]): Refusal =>
  flight12('client', 'certificate_request', title, expected, MUTUAL12, () => message(13, body));

const requests: readonly Refusal[] = [
  requested('without types', DECODE, 0, 0, 2, 4, 3, 0, 0),
  requested('without schemes', DECODE, 1, 64, 0, 0, 0, 0),
  requested('with half a scheme', DECODE, 1, 64, 0, 1, 4, 0, 0),
  requested('without authorities', DECODE, 1, 64, 0, 2, 4, 3),
  requested('with an empty authority', DECODE, 1, 64, 0, 2, 4, 3, 0, 2, 0, 0),
  requested('with data behind it', TRAILING, 1, 64, 0, 2, 4, 3, 0, 0, 0),
  requested('in the form of TLS 1.3', DECODE, 0, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3),
  refusal('client', 'a body in ServerHelloDone', TRAILING, 'plaintext', () =>
    instead('client', FULL12, 'server_hello_done', message(14, [0])),
  ),
];

// ---------------------------------------------------------------- the client's flight

const clients: readonly Refusal[] = [
  ...[MUTUAL12, RSA_MUTUAL12].map((scenario) =>
    flight12(
      'server',
      'certificate',
      `without any, which is required, ${scenario === MUTUAL12 ? 'ECDHE' : 'static RSA'}`,
      NO_CERTIFICATE,
      scenario,
      showing(),
    ),
  ),
  flight12('server', 'certificate', 'with 17 of them', TOO_MANY, MUTUAL12, (one) => ({
    ...one,
    certificates: Array.from({ length: 17 }, () => one.certificates[0] ?? bytes(1)),
  })),
  flight12('server', 'certificate', 'that is no DER', BAD_DER, MUTUAL12, showing(bytes(5))),
  flight12(
    'server',
    'certificate',
    'that may not sign',
    KEY_USAGE,
    MUTUAL12,
    showing(certificate({ keyUsage: ['keyAgreement'], purposes: ['clientAuth'] })),
  ),
  refusal('server', 'ClientKeyExchange in place of Certificate', UNEXPECTED, 'plaintext', () =>
    instead('server', MUTUAL12, 'certificate', messageOf(scriptOf(MUTUAL12).client, 'client_key_exchange')),
  ),
  refusal('server', 'a Certificate that was not asked for', UNEXPECTED, 'plaintext', () =>
    instead('server', FULL12, 'client_key_exchange', messageOf(scriptOf(MUTUAL12).client, 'certificate')),
  ),
  refusal('server', 'a CertificateVerify without a certificate', UNEXPECTED, 'plaintext', () => {
    const verify = messageOf(scriptOf(MUTUAL12).client, 'certificate_verify');
    const rogue = makeRogue('server', FULL12);
    rogue.play(scriptOf(FULL12).client.filter((item) => !['change_cipher_spec', 'finished'].includes(nameOf(item))));
    rogue.message(verify);
    return rogue;
  }),
  refusal('server', 'change_cipher_spec in place of CertificateVerify', BAD_CCS, 'plaintext', () => {
    const rogue = instead('server', MUTUAL12, 'certificate_verify');
    rogue.send(TYPE.change_cipher_spec, [1]);
    return rogue;
  }),
  refusal('server', 'a second ClientKeyExchange', UNEXPECTED, 'plaintext', () =>
    instead('server', MUTUAL12, 'certificate_verify', messageOf(scriptOf(MUTUAL12).client, 'client_key_exchange')),
  ),
  flight12('server', 'certificate_verify', 'with its signature damaged', BAD_VERIFY, MUTUAL12, (one) => ({
    ...one,
    signature: one.signature.map((byte) => byte ^ 1),
  })),
  flight12('server', 'certificate_verify', 'without a signature', BAD_VERIFY, MUTUAL12, (one) => ({
    ...one,
    signature: bytes(0),
  })),
  // The same client in another handshake.
  refusal('server', 'a CertificateVerify over other messages', BAD_VERIFY, 'plaintext', () =>
    instead('server', MUTUAL12, 'certificate_verify', messageOf(scriptOf(RSA_MUTUAL12).client, 'certificate_verify')),
  ),
  refusal('server', 'a CertificateVerify behind a message that was changed', BAD_VERIFY, 'plaintext', () => {
    const rogue = makeRogue('server', MUTUAL12);
    const script = scriptOf(MUTUAL12).client;
    const add = (one: { readonly legacySessionId: Uint8Array }) => ({ ...one, legacySessionId: bytes(1) }) as never;
    rogue.message(edit12(messageOf(script, 'client_hello'), add));
    rogue.play(script.slice(1, -1));
    return rogue;
  }),
  ...(
    [
      ['that was not listed', UNOFFERED_SCHEME, 0x0203],
      ['of RSA', SCHEME_KEY, 0x0804],
      ['of P-256', SCHEME_KEY, 0x0403],
      ['that nobody knows', UNOFFERED_SCHEME, 0x7777],
    ] as const
  ).map(([title, expected, scheme]) =>
    flight12('server', 'certificate_verify', `with a scheme ${title}`, expected, MUTUAL12, (one) => ({
      ...one,
      scheme,
    })),
  ),
  refusal('server', 'a CertificateVerify of EdDSA where only ECDSA is listed', UNOFFERED_SCHEME, 'plaintext', () => {
    const signatureSchemes: readonly SignatureSchemeName[] = ['ecdsa_secp256r1_sha256'];
    const rogue = makeRogue('server', { ...MUTUAL12, server: { ...MUTUAL12.server, signatureSchemes } });
    rogue.play(scriptOf(MUTUAL12).client);
    return rogue;
  }),
  ...[1, 31, 33, 64].map((length) => exchangeRefused(`of ${length} bytes`, SHARE, FULL12, opaque8(...bytes(length)))),
  exchangeRefused('of zeros', WEAK, FULL12, opaque8(...bytes(32, 0))),
  exchangeRefused('without a point', DECODE, FULL12, opaque8()),
  exchangeRefused('of nothing', DECODE, FULL12, bytes(0)),
  exchangeRefused('with data behind it', TRAILING, FULL12, Uint8Array.of(...opaque8(...bytes(32)), 0)),
  ...[33, 64, 66].map((length) =>
    exchangeRefused(`of P-256 with ${length} bytes`, SHARE, offered('secp256r1'), opaque8(...bytes(length, 4))),
  ),
  exchangeRefused('of P-256 off the curve', SHARE, offered('secp256r1'), opaque8(4, ...bytes(32, 1), ...bytes(32, 2))),
  // RFC 5246 §7.4.7.1 has a length in front, unlike SSL 3.0: that much anybody can see.
  exchangeRefused('of static RSA without its length', DECODE, RSA12, bytes(256, 0xff)),
  exchangeRefused(
    'of static RSA with data behind it',
    TRAILING,
    RSA12,
    Uint8Array.of(...opaque16(...bytes(256, 1)), 0),
  ),
  exchangeRefused('of static RSA of nothing', DECODE, RSA12, bytes(0)),
];

function offered(group: 'secp256r1'): Scenario {
  return { client: FULL12.client ?? {}, server: { ...FULL12.server, groups: [group] } };
}

function exchangeRefused(title: string, expected: Expected, scenario: Scenario, body: Uint8Array): Refusal {
  return flight12('server', 'client_key_exchange', title, expected, scenario, (one) => ({ ...one, body }));
}

// ---------------------------------------------------------------- NewSessionTicket

const ticket = messageOf(scriptOf(FULL12).server, 'new_session_ticket');

const tickets: readonly Refusal[] = [
  refusal('client', 'change_cipher_spec in place of the ticket that was promised', BAD_CCS, 'application', () => {
    const rogue = instead('client', FULL12, 'new_session_ticket');
    rogue.send(TYPE.change_cipher_spec, [1]);
    return rogue;
  }),
  refusal('client', 'change_cipher_spec in place of the new ticket that was promised', BAD_CCS, 'plaintext', () => {
    const rogue = instead('client', RENEW12, 'new_session_ticket');
    rogue.send(TYPE.change_cipher_spec, [1]);
    return rogue;
  }),
  refusal('client', 'a ticket that was not promised', UNEXPECTED, 'application', () => {
    const scenario = withoutTickets(FULL12);
    const rogue = makeRogue('client', scenario);
    rogue.play(scriptOf(scenario).server.slice(0, 4));
    rogue.message(ticket);
    return rogue;
  }),
  refusal('client', 'a second ticket', UNEXPECTED, 'application', () => {
    const rogue = instead('client', FULL12, 'finished');
    if (rogue.state !== 'WAIT_FINISHED_12') throw new Error(rogue.state);
    rogue.message(ticket);
    return rogue;
  }),
  flight12('client', 'new_session_ticket', 'cut short', DECODE, FULL12, () => message(4, [0, 0, 0]), 'application'),
  flight12(
    'client',
    'new_session_ticket',
    'with data behind it',
    TRAILING,
    FULL12,
    () => message(4, [...ticket.subarray(4), 0]),
    'application',
  ),
  flight12(
    'client',
    'new_session_ticket',
    'in the form of TLS 1.3',
    DECODE,
    FULL12,
    () => message(4, [0, 0, 0, 9, 1, 2, 3, 4, 0, 0, 1, 7, 0, 0]),
    'application',
  ),
];

export const authenticationCases12: readonly Refusal[] = [
  ...certificates,
  ...statuses,
  ...serverExchanges,
  ...requests,
  ...clients,
  ...tickets,
];
