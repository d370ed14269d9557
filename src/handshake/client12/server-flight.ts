/**
 * TLS 1.2 client: WAIT_CERT_12 to WAIT_SHD_12, the server's first flight.
 *
 * Expects Certificate, perhaps CertificateStatus, ServerKeyExchange where the suite has one, perhaps CertificateRequest, and
 * ServerHelloDone; then asks for a verdict on the certificates.
 *
 * @see RFC 5246 §7.4.2 to §7.4.5; RFC 6066 §8 (CertificateStatus); RFC 8422 §5.4 (ServerKeyExchange)
 * @module
 */
import { fitsKeyExchange } from '../../crypto/signer.ts';
import { fail } from '../../errors/errors.ts';
import type { NamedGroup } from '../../params/algorithms.ts';
import { decodeEcdheParams } from '../../wire/key-exchange12.ts';
import type { Received } from '../../wire/message.ts';
import type {
  Certificate12,
  CertificateRequest12,
  CertificateStatus,
  ServerHelloDone,
  ServerKeyExchange,
} from '../../wire/messages12.ts';
import { presentedKey } from '../shared/authenticate.ts';
import type { ClientConfig, PeerIdentity } from '../shared/config.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import { provePossession12 } from '../shared/signing12.ts';
import type { Asked, Handlers, Keyed, Negotiated, PeerPresented, State } from './states.ts';

type In<K extends State['kind']> = Extract<State, { kind: K }>;

export const waitCertificate: Handlers<'WAIT_CERT_12'> = {
  hello_request: ignore,
  certificate12({ hs }, message, env) {
    const presented = present(hs, message, env);
    if (hs.suite.keyExchange === 'rsa') {
      const keyed: Keyed = { serverKey: { by: 'rsa' }, ...presented };
      return { next: { kind: hs.statusDue ? 'WAIT_STATUS_CR_12' : 'WAIT_CR_12', hs: keyed }, effects: [] };
    }
    return { next: { kind: hs.statusDue ? 'WAIT_STATUS_SKE_12' : 'WAIT_SKE_12', hs: presented }, effects: [] };
  },
};

export const waitStatusOrKeyExchange: Handlers<'WAIT_STATUS_SKE_12'> = {
  hello_request: ignore,
  certificate_status({ hs }, message) {
    return { next: { kind: 'WAIT_SKE_12', hs: stapled(hs, message) }, effects: [] };
  },
  // RFC 6066 §8: a server that has said so may still send no status.
  server_key_exchange: ({ hs }, message, env) => exchange(hs, message, env),
};

export const waitKeyExchange: Handlers<'WAIT_SKE_12'> = {
  hello_request: ignore,
  server_key_exchange: ({ hs }, message, env) => exchange(hs, message, env),
};

export const waitStatusOrRequest: Handlers<'WAIT_STATUS_CR_12'> = {
  hello_request: ignore,
  certificate_status({ hs }, message) {
    return { next: { kind: 'WAIT_CR_12', hs: stapled(hs, message) }, effects: [] };
  },
  certificate_request12: ({ hs }, message) => request(hs, message),
  server_hello_done: ({ hs }, message) => done({ request: null, ...hs }, message),
};

export const waitRequest: Handlers<'WAIT_CR_12'> = {
  hello_request: ignore,
  certificate_request12: ({ hs }, message) => request(hs, message),
  server_hello_done: ({ hs }, message) => done({ request: null, ...hs }, message),
};

export const waitDone: Handlers<'WAIT_SHD_12'> = {
  hello_request: ignore,
  server_hello_done: ({ hs }, message) => done(hs, message),
};

/** §7.4.1.1: no part of the transcript, and ignored while a handshake is under way. */
export function ignore<S extends State>(state: S): Outcome<S> {
  return { next: state, effects: [] };
}

function present(hs: Negotiated, message: Received<Certificate12>, env: Env): PeerPresented {
  // §7.4.2: a server always shows a certificate.
  if (message.certificates.length === 0) fail('ERR_TLS_EMPTY_SERVER_CERTIFICATE');
  const usage = hs.suite.keyExchange === 'rsa' ? 'keyEncipherment' : 'digitalSignature';
  const peerKey = presentedKey(message.certificates, hs.config, env.limits.certificates, usage);
  // §7.4.2: of the kind that the key exchange needs.
  if (!fitsKeyExchange(peerKey, hs.suite.keyExchange)) {
    fail('ERR_TLS_CERTIFICATE_SUITE_MISMATCH', `${hs.suite.name} with a key of kind ${peerKey.kind}`);
  }
  const peer: PeerIdentity = {
    role: 'server',
    certificates: message.certificates,
    name: hs.target.name,
    ocspResponse: null,
    signedCertificateTimestamps: hs.timestamps,
  };
  return { peer, peerKey, ...hs, transcript: hs.transcript.with(message.raw) };
}

function stapled<H extends PeerPresented>(hs: H, message: Received<CertificateStatus>): H {
  const peer = { ...hs.peer, ocspResponse: message.response };
  return { ...hs, peer, transcript: hs.transcript.with(message.raw) };
}

function exchange(hs: PeerPresented, message: Received<ServerKeyExchange>, env: Env): Outcome<In<'WAIT_CR_12'>> {
  const signed = decodeEcdheParams(message.body);
  // RFC 8422 §5.4: a group that was offered.
  const group = groupOf(hs.config, signed.group);
  if (group === null) fail('ERR_TLS_UNOFFERED_GROUP', `0x${signed.group.toString(16)}`);
  // §7.4.3: the signature covers both randoms and the parameters.
  const content = Uint8Array.of(...hs.clientRandom, ...hs.serverRandom, ...signed.params);
  const possession = provePossession12(
    env.crypto,
    hs.config.signatureSchemes,
    hs.peerKey,
    content,
    signed,
    'ERR_TLS_BAD_SERVER_KEY_EXCHANGE',
  );
  const serverKey = { by: 'ecdhe', group, point: signed.point, possession } as const;
  return {
    next: { kind: 'WAIT_CR_12', hs: { serverKey, ...hs, transcript: hs.transcript.with(message.raw) } },
    effects: [],
  };
}

/** A hybrid has no place in TLS 1.2. */
function groupOf(config: ClientConfig, code: number): NamedGroup | null {
  return config.groups.find((group) => group.code === code && !group.hybrid) ?? null;
}

function request(hs: Keyed, message: Received<CertificateRequest12>): Outcome<In<'WAIT_SHD_12'>> {
  const { certificateTypes: types, signatureAlgorithms: schemes, authorities } = message;
  return {
    next: {
      kind: 'WAIT_SHD_12',
      hs: { request: { types, schemes, authorities }, ...hs, transcript: hs.transcript.with(message.raw) },
    },
    effects: [],
  };
}

/** The server has said all it has to say before this side answers: its certificates can be judged. */
function done(hs: Asked, message: Received<ServerHelloDone>): Outcome<In<'VERIFYING_PEER_12'>> {
  return {
    next: { kind: 'VERIFYING_PEER_12', hs: { ...hs, transcript: hs.transcript.with(message.raw) } },
    effects: [
      // §7.3: what would follow in its record cannot have seen this side's Finished, as the server's next message must.
      { do: 'check-record-boundary' },
      { do: 'ask', kind: 'verifyPeer', ask: hs.peer },
    ],
  };
}
