/**
 * TLS 1.2 server: CHOOSING_CREDENTIAL_12, then SIGNING_12.
 *
 * Settles the suite with the certificate, makes the server's flight and sends it whole, once its signature is there.
 *
 * @see RFC 5246 §7.4.1.3 to §7.4.5; RFC 6066 §8 (CertificateStatus); RFC 8422 §5.4 (ServerKeyExchange); RFC 9846 §4.2.3
 * @module
 */
import { type Credential, schemeFor12, servesKeyExchange } from '../../certs/credential.ts';
import { fail } from '../../errors/errors.ts';
import { startTranscript } from '../../keys/transcript.ts';
import type { CipherSuite12 } from '../../params/algorithms.ts';
import { encodeEcdheParams, encodeSignedEcdheParams } from '../../wire/key-exchange12.ts';
import { encodeHandshake12 } from '../../wire/message12.ts';
import type { Effect } from '../shared/effects.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import { encodeCertificateRequest } from './certificate-request.ts';
import { agreedLimits, drawServerRandom, encodeServerHello12, ticketWanted } from './server-hello.ts';
import type { Answerable, FlightSent, Handlers, Negotiated, OwnKey, State } from './states.ts';

type Sent = Extract<State, { kind: 'WAIT_CERT_12' | 'WAIT_CKE_12' }>;

const SESSION_ID_LENGTH = 32;

/** Suspended: which certificate to show. */
export const choosingCredential: Handlers<'CHOOSING_CREDENTIAL_12'> = {
  'answer:chooseCredential'({ hs }, credential, env) {
    // §7.4.2: a server without a certificate for this client cannot go on.
    if (credential === null) fail('ERR_TLS_NO_SHARED_SIGNATURE_SCHEME');
    const suite = chooseSuite(hs, credential);
    const negotiated = negotiate(hs, credential, suite, env);
    const { ownKey, scheme } = negotiated;
    if (ownKey.by === 'rsa') return sendFlight(negotiated, []);

    if (scheme === null) fail('ERR_TLS_NO_SHARED_SIGNATURE_SCHEME');
    const params = encodeEcdheParams(ownKey.group.code, ownKey.key.share);
    // §7.4.3: the signature covers both randoms and the parameters.
    const content = Uint8Array.of(...negotiated.clientRandom, ...negotiated.serverRandom, ...params);
    return {
      next: { kind: 'SIGNING_12', hs: negotiated, scheme, params },
      effects: [{ do: 'ask', kind: 'sign', ask: { credential, scheme: scheme.name, version: 'TLS 1.2', content } }],
    };
  },
};

/** Suspended: the signature of ServerKeyExchange. */
export const signing: Handlers<'SIGNING_12'> = {
  'answer:sign'({ hs, scheme, params }, signature) {
    const body = encodeSignedEcdheParams(params, scheme.code, signature);
    return sendFlight(hs, [encodeHandshake12({ type: 'server_key_exchange', body })]);
  },
};

/** The first suite that goes with the key of the certificate, and with what it may be used for. */
function chooseSuite(hs: Answerable, credential: Credential): CipherSuite12 {
  const suite = hs.suites.find(({ keyExchange }) => servesKeyExchange(credential, keyExchange, hs.schemes));
  if (suite === undefined) fail('ERR_TLS_NO_SHARED_CIPHER_SUITE', 'none goes with the certificate');
  return suite;
}

function negotiate(hs: Answerable, credential: Credential, suite: CipherSuite12, env: Env): Negotiated {
  const { config, hello } = hs;
  const { extendedMainSecret, encryptThenMac } = hello.extensions;
  const isRsa = suite.keyExchange === 'rsa';
  return {
    suite,
    credential,
    scheme: isRsa ? null : schemeFor12(credential, hs.schemes),
    ownKey: isRsa ? { by: 'rsa' } : ephemeralKey(hs, env),
    clientRandom: hello.message.random,
    serverRandom: drawServerRandom(config, env),
    extendedMasterSecret: extendedMainSecret,
    // RFC 7366 §3: answered only with a suite that has a MAC of its own.
    encryptThenMac: encryptThenMac && suite.protection.kind === 'cbc',
    ticketDue: ticketWanted(hs),
    // A stateful store names its sessions; RFC 7627 §5.3: what cannot be resumed needs no name.
    sessionId: config.sessionStore !== null && extendedMainSecret ? env.random(SESSION_ID_LENGTH) : new Uint8Array(0),
    ...hs,
  };
}

function ephemeralKey({ group }: Answerable, env: Env): OwnKey {
  if (group === null) fail('ERR_TLS_INTERNAL');
  return { by: 'ecdhe', group, key: env.crypto.keyExchange(group.name).generate(env.random) };
}

function sendFlight(hs: Negotiated, keyExchange: readonly Uint8Array[]): Outcome<Sent> {
  const { config, credential, hello } = hs;
  const { statusRequest } = hello.extensions;
  const staple = statusRequest !== undefined && statusRequest !== 'other' ? credential.ocspResponse : null;
  const messages = [
    encodeServerHello12(hs, { sessionId: hs.sessionId, status: staple !== null, resumed: false }),
    encodeHandshake12({ type: 'certificate12', certificates: credential.chain }),
    // RFC 6066 §8: right behind Certificate.
    ...(staple === null ? [] : [encodeHandshake12({ type: 'certificate_status', response: staple })]),
    ...keyExchange,
    ...(config.clientAuth === 'none' ? [] : [encodeCertificateRequest(config)]),
    encodeHandshake12({ type: 'server_hello_done' }),
  ];
  const sent: FlightSent = { transcript: startTranscript([hello.message.raw, ...messages]), ...hs };
  const effects: Effect[] = [
    { do: 'set-version', version: 'TLS 1.2' },
    // §7.3: what would follow the ClientHello in its record cannot be an answer to this flight.
    { do: 'check-record-boundary' },
    ...messages.map((message) => ({ do: 'send', message }) as const),
    ...agreedLimits(hs),
  ];
  if (config.clientAuth !== 'none') return { next: { kind: 'WAIT_CERT_12', hs: sent }, effects };
  return { next: { kind: 'WAIT_CKE_12', hs: { presented: null, ...sent } }, effects };
}
