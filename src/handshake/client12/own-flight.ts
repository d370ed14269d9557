/**
 * TLS 1.2 client: VERIFYING_PEER_12, then CHOOSING_CREDENTIAL_12 and SIGNING_12 where the server asked for a certificate.
 *
 * Agrees on the master secret and sends this side's flight whole: nothing of it goes out before all of it is known.
 *
 * @see RFC 5246 §7.4.6 to §7.4.9 (Client Certificate, ClientKeyExchange, CertificateVerify, Finished), §8.1; RFC 8422 §5.7
 * @module
 */
import { type CredentialQuery, schemeFor12 } from '../../certs/credential.ts';
import { fail } from '../../errors/errors.ts';
import { CLIENT_CERTIFICATE_TYPE, VERSION } from '../../params/registries.ts';
import { encodeEcdhePublic, encodeEncryptedPreMasterSecret } from '../../wire/key-exchange12.ts';
import { encodeHandshake12 } from '../../wire/message12.ts';
import {
  type Agreement12,
  agree12,
  encodeFinished12,
  installKeys12,
  keyLog12,
  verifyData12,
} from '../shared/agreement12.ts';
import type { Env } from '../shared/env.ts';
import type { ConnectionInfo } from '../shared/info.ts';
import type { Outcome } from '../shared/machine.ts';
import { expiryOf } from '../shared/psk.ts';
import { sessionPolicyOf } from '../shared/session-policy.ts';
import { allowedSchemes } from '../shared/signing12.ts';
import type {
  Agreed,
  Handlers,
  Negotiated,
  OwnAuthentication,
  PeerVerified,
  RequestedCertificate,
  Resumable,
  State,
} from './states.ts';

type Sent = Extract<State, { kind: 'WAIT_TICKET_12' | 'WAIT_CCS_12' }>;

const RANDOM_PART_LENGTH = 46;

/** Suspended: whether the server is who it says. Nothing of this side's flight is sent before. */
export const verifyingPeer: Handlers<'VERIFYING_PEER_12'> = {
  'answer:verifyPeer'({ hs }, verdict, env) {
    const verified = { verdict, ...hs };
    const { request } = hs;
    if (request === null) return sendFlight(verified, null, exchangeKeys(verified, [], env), env);
    const schemes = allowedSchemes(hs.config, request.schemes);
    return {
      next: { kind: 'CHOOSING_CREDENTIAL_12', hs: verified, request: { ...request, schemes } },
      effects: [{ do: 'ask', kind: 'chooseCredential', ask: credentialQuery(request, schemes) }],
    };
  },
};

/** Suspended: which certificate to show, if any. */
export const choosingCredential: Handlers<'CHOOSING_CREDENTIAL_12'> = {
  'answer:chooseCredential'({ hs, request }, credential, env) {
    // §7.4.8: a scheme that CertificateRequest listed.
    const scheme = credential === null ? null : schemeFor12(credential, request.schemes);
    if (credential !== null && scheme === null) fail('ERR_TLS_NO_SHARED_SIGNATURE_SCHEME');

    // §7.4.6: without a suitable certificate the message goes out empty.
    const certificate = encodeHandshake12({ type: 'certificate12', certificates: credential?.chain ?? [] });
    const exchanged = exchangeKeys(hs, [certificate], env);
    if (credential === null || scheme === null) return sendFlight(hs, null, exchanged, env);

    const { agreement, messages, transcript } = exchanged;
    return {
      next: { kind: 'SIGNING_12', hs: { ...hs, transcript }, own: { credential, scheme }, agreement, messages },
      effects: [
        {
          do: 'ask',
          kind: 'sign',
          // §7.4.8: over all handshake messages so far, and not their hash.
          ask: { credential, scheme: scheme.name, version: 'TLS 1.2', content: transcript.bytes() },
        },
      ],
    };
  },
};

/** Suspended: the signature of CertificateVerify. */
export const signing: Handlers<'SIGNING_12'> = {
  'answer:sign'({ hs, own, agreement, messages }, signature, env) {
    const verify = encodeHandshake12({ type: 'certificate_verify', scheme: own.scheme.code, signature });
    const transcript = hs.transcript.with(verify);
    return sendFlight(hs, own, { agreement, messages: [...messages, verify], transcript }, env);
  },
};

interface Exchanged {
  readonly agreement: Agreement12;
  /** What is to be sent so far. */
  readonly messages: readonly Uint8Array[];
  readonly transcript: Negotiated['transcript'];
}

/** Makes ClientKeyExchange, behind these messages, and the master secret. */
function exchangeKeys(hs: PeerVerified, before: readonly Uint8Array[], env: Env): Exchanged {
  const { body, premaster } = hs.serverKey.by === 'rsa' ? encryptSecret(hs, env) : agreeOnSecret(hs.serverKey, env);
  const exchange = encodeHandshake12({ type: 'client_key_exchange', body });
  const messages = [...before, exchange];
  const transcript = messages.reduce((all, message) => all.with(message), hs.transcript);
  return { agreement: agree12(env.crypto, hs, premaster, transcript), messages, transcript };
}

interface Secret {
  readonly body: Uint8Array;
  readonly premaster: Uint8Array;
}

function agreeOnSecret({ group, point }: Extract<PeerVerified['serverKey'], { by: 'ecdhe' }>, env: Env): Secret {
  const key = env.crypto.keyExchange(group.name).generate(env.random);
  try {
    return { body: encodeEcdhePublic(key.share), premaster: key.agree(point) };
  } finally {
    // The server's point may be none.
    key.wipe();
  }
}

/** §7.4.7.1: the version that the ClientHello named, and 46 random bytes, encrypted to the key of the certificate. */
function encryptSecret({ peerKey }: PeerVerified, env: Env): Secret {
  if (peerKey.kind !== 'rsa') fail('ERR_TLS_INTERNAL');
  const premaster = Uint8Array.of(VERSION.TLS12 >> 8, VERSION.TLS12 & 0xff, ...env.random(RANDOM_PART_LENGTH));
  return { body: encodeEncryptedPreMasterSecret(env.crypto.rsaEncrypt(peerKey, premaster, env.random)), premaster };
}

/** Sends these messages, change_cipher_spec and Finished. */
function sendFlight(hs: PeerVerified, own: OwnAuthentication | null, exchanged: Exchanged, env: Env): Outcome<Sent> {
  const { agreement, messages } = exchanged;
  const { crypto } = env;
  const ownFinished = verifyData12(crypto, agreement, 'client', exchanged.transcript);
  const finished = encodeFinished12(ownFinished);
  const next: Agreed = {
    config: hs.config,
    agreement,
    transcript: exchanged.transcript.with(finished).bind(crypto, hs.suite.hash),
    info: authenticatedInformation(hs, own),
    resumable: resumable(hs, agreement, env),
    order: { kind: 'full', ownFinished },
    ticket: null,
    sessionId: hs.sessionId,
  };
  return {
    next: { kind: hs.ticketDue ? 'WAIT_TICKET_12' : 'WAIT_CCS_12', hs: next },
    effects: [
      ...messages.map((message) => ({ do: 'send', message }) as const),
      ...keyLog12(hs.config, agreement),
      { do: 'send-change-cipher-spec' },
      installKeys12(crypto, agreement, 'write', 'client'),
      { do: 'send', message: finished },
    ],
  };
}

/** What is known from the hellos alone. */
export function informationOf(hs: Negotiated): ConnectionInfo {
  return {
    role: 'client',
    version: 'TLS 1.2',
    cipherSuite: hs.suite.name,
    group: null,
    signatureScheme: null,
    ownSignatureScheme: null,
    alpn: hs.alpn,
    serverName: hs.target.serverName,
    peerCertificates: [],
    ownCertificates: [],
    verdict: null,
    clientCertificateRequested: false,
    psk: null,
    resumed: false,
    earlyDataAccepted: false,
    helloRetryRequest: false,
    extendedMainSecret: hs.extendedMasterSecret,
    clientRandom: hs.clientRandom,
  };
}

function authenticatedInformation(hs: PeerVerified, own: OwnAuthentication | null): ConnectionInfo {
  const { serverKey } = hs;
  return {
    ...informationOf(hs),
    group: serverKey.by === 'ecdhe' ? serverKey.group.name : null,
    signatureScheme: serverKey.by === 'ecdhe' ? serverKey.possession.scheme : null,
    ownSignatureScheme: own?.scheme.name ?? null,
    peerCertificates: hs.peer.certificates,
    ownCertificates: own?.credential.chain ?? [],
    verdict: hs.verdict,
    clientCertificateRequested: hs.request !== null,
  };
}

function resumable(hs: PeerVerified, agreement: Agreement12, env: Env): Resumable {
  const { certificates } = hs.peer;
  return {
    kind: 'client-session',
    version: 'TLS 1.2',
    cipherSuite: hs.suite.name,
    psk: agreement.master.slice(),
    extendedMainSecret: hs.extendedMasterSecret,
    sessionId: hs.sessionId,
    ageAdd: 0,
    maxEarlyData: 0,
    name: hs.target.name,
    serverName: hs.target.serverName,
    alpn: hs.alpn,
    policy: sessionPolicyOf(hs.config),
    authenticatedAt: env.clock(),
    peerCertificates: certificates,
    peerExpires: expiryOf(certificates, hs.config),
  };
}

function credentialQuery({ types, authorities }: RequestedCertificate, schemes: readonly number[]): CredentialQuery {
  const { rsa_sign, ecdsa_sign } = CLIENT_CERTIFICATE_TYPE;
  return {
    role: 'client',
    version: 'TLS 1.2',
    serverName: null,
    schemes,
    schemesCert: schemes,
    authorities,
    // §7.4.4: RFC 8422 §5.5: ecdsa_sign stands for EdDSA too.
    keyExchanges: [
      ...(types.includes(ecdsa_sign) ? (['ecdhe_ecdsa'] as const) : []),
      ...(types.includes(rsa_sign) ? (['ecdhe_rsa'] as const) : []),
    ],
  };
}
