/**
 * TLS 1.3 client: WAIT_FINISHED, then CHOOSING_CREDENTIAL and SIGNING where the server asked for a certificate.
 *
 * Expects the server's Finished and sends this side's last flight, whole: nothing of it goes out before all of it is known.
 *
 * @see RFC 9846 §4.5.3 (Finished), §4.5.1 (Certificate), §7.1 (Key Schedule), Appendix E.4
 * @module
 */
import type { CredentialQuery } from '../../certs/credential.ts';

import { keyLogLine } from '../../keys/exporter.ts';
import { deriveApplicationTrafficSecrets, deriveMainSecret, deriveResumptionSecret } from '../../keys/schedule13.ts';
import type { Transcript } from '../../keys/transcript.ts';
import { encodeHandshake } from '../../wire/message.ts';
import {
  certificateVerifyContent,
  checkFinished,
  encodeCertificate,
  encodeFinished,
  staples,
} from '../shared/authenticate.ts';
import type { Effect } from '../shared/effects.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import { chooseScheme } from '../shared/negotiate.ts';
import { expiryOf } from '../shared/psk.ts';
import { sessionPolicyOf } from '../shared/session-policy.ts';
import { startTraffic } from '../shared/traffic.ts';
import type { Handlers, OwnAuthentication, RequestedCertificate, Resumable, ServerFinished, State } from './states.ts';

type Connected = Extract<State, { kind: 'CONNECTED' }>;

export const waitFinished: Handlers<'WAIT_FINISHED'> = {
  finished({ hs }, message, env) {
    const { suite, secrets, request } = hs;
    // §4.5.3: over everything before it, with the server's handshake traffic secret.
    const finished = checkFinished(env.crypto, suite.hash, secrets.server, hs.transcript.hash(), message.verifyData);

    // §7.1: application secrets cover the transcript through the server's Finished.
    const transcript = hs.transcript.with(message.raw);
    const mainSecret = deriveMainSecret(env.crypto, suite.hash, secrets.handshake);
    const application = deriveApplicationTrafficSecrets(env.crypto, suite.hash, mainSecret, transcript.hash());
    const done: ServerFinished = { finished, application: { main: mainSecret, ...application }, ...hs, transcript };
    const effects: Effect[] = [
      ...keyLog(done),
      // The server may write right behind its Finished (§4.5.3).
      { do: 'install-keys', direction: 'read', level: 'application', suite, secret: application.server },
      { do: 'wipe', secrets: [secrets.handshake] },
    ];

    if (request === null) return afterOwn(effects, connect(done, null, [], env));
    return {
      next: { kind: 'CHOOSING_CREDENTIAL', hs: done, request },
      effects: [...effects, { do: 'ask', kind: 'chooseCredential', ask: credentialQuery(request) }],
    };
  },
};

/** Suspended: which certificate to show, if any. */
export const choosingCredential: Handlers<'CHOOSING_CREDENTIAL'> = {
  'answer:chooseCredential'({ hs, request }, credential, env) {
    // §4.5.1: without a suitable certificate the message goes out empty.
    if (credential === null) {
      return connect(hs, null, [encodeCertificate([], request.context)], env);
    }

    // §4.5.2: a scheme that CertificateRequest listed.
    const scheme = chooseScheme(credential, request.schemes);
    const extensions = staples(credential, request.statusRequested, request.timestampsRequested);
    const certificate = encodeCertificate(credential.chain, request.context, extensions);
    const content = certificateVerifyContent('client', afterEarlyData(hs).with(certificate).hash());

    return {
      next: { kind: 'SIGNING', hs, own: { credential, scheme, certificate } },
      effects: [{ do: 'ask', kind: 'sign', ask: { credential, scheme: scheme.name, version: 'TLS 1.3', content } }],
    };
  },
};

/** Suspended: the signature of CertificateVerify. */
export const signing: Handlers<'SIGNING'> = {
  'answer:sign'({ hs, own }, signature, env) {
    const verify = encodeHandshake({ type: 'certificate_verify', scheme: own.scheme.code, signature });
    return connect(hs, own, [own.certificate, verify], env);
  },
};

/** Sends the last flight (these messages, then Finished) and is connected. */
function connect(
  hs: ServerFinished,
  own: OwnAuthentication | null,
  messages: readonly Uint8Array[],
  env: Env,
): Outcome<Connected> {
  const { suite, application, secrets } = hs;
  const opening = hs.earlyDataAccepted ? [encodeHandshake({ type: 'end_of_early_data' })] : [];
  const transcript = messages.reduce<Transcript>((before, message) => before.with(message), afterEarlyData(hs));
  const finished = encodeFinished(env.crypto, suite.hash, secrets.client, transcript.hash());

  return {
    next: {
      kind: 'CONNECTED',
      info: info(hs, own),
      traffic: startTraffic(suite, {
        own: application.client,
        peer: application.server,
        exporter: application.exporter,
        // §7.1: the resumption secret covers the client's Finished too.
        resumption: deriveResumptionSecret(env.crypto, suite.hash, application.main, transcript.with(finished).hash()),
      }),
      authentication: hs.authentication,
      finished: hs.finished,
      resumable: resumable(hs, env),
      tickets: 0,
    },
    effects: [
      // Appendix E.4: right before the second flight.
      ...(hs.changeCipherSpecDue ? [{ do: 'send-change-cipher-spec' } as const] : []),
      // §4.6: EndOfEarlyData ends what goes under the early keys.
      ...opening.flatMap(
        (message) =>
          [
            { do: 'send', message },
            { do: 'install-keys', direction: 'write', level: 'handshake', suite, secret: secrets.client },
          ] as const,
      ),
      ...[...messages, finished].map((message) => ({ do: 'send', message }) as const),
      { do: 'install-keys', direction: 'write', level: 'application', suite, secret: application.client },
      { do: 'wipe', secrets: [secrets.client, secrets.server, application.main] },
      { do: 'established', info: info(hs, own) },
    ],
  };
}

function afterOwn(effects: readonly Effect[], outcome: Outcome<Connected>): Outcome<Connected> {
  return { next: outcome.next, effects: [...effects, ...outcome.effects] };
}

function credentialQuery(request: RequestedCertificate): CredentialQuery {
  return {
    role: 'client',
    serverName: null,
    schemes: request.schemes,
    schemesCert: request.schemesCert,
    authorities: request.authorities,
    oidFilters: request.oidFilters,
  };
}

function keyLog({ config, clientRandom, application }: ServerFinished): readonly Effect[] {
  if (!config.keyLog) return [];
  return [
    { do: 'key-log', line: keyLogLine('CLIENT_TRAFFIC_SECRET_0', clientRandom, application.client) },
    { do: 'key-log', line: keyLogLine('SERVER_TRAFFIC_SECRET_0', clientRandom, application.server) },
    { do: 'key-log', line: keyLogLine('EXPORTER_SECRET', clientRandom, application.exporter) },
  ];
}

/** §4.5: the client's own messages follow EndOfEarlyData in the transcript, where there is one. */
function afterEarlyData(hs: ServerFinished): Transcript {
  return hs.earlyDataAccepted ? hs.transcript.with(encodeHandshake({ type: 'end_of_early_data' })) : hs.transcript;
}

/** What the tickets of this connection will stand for. */
function resumable(hs: ServerFinished, env: Env): Resumable {
  const { authentication, config, target, suite, alpn } = hs;
  const session = authentication.by === 'psk' ? authentication.selected.psk : null;
  const peerCertificates = peerCertificatesOf(hs);
  return {
    name: target.name,
    serverName: target.serverName,
    alpn,
    policy: sessionPolicyOf(config),
    cipherSuite: suite.name,
    // §4.7.1: what is resumed again and again stays as old as its last CertificateVerify.
    authenticatedAt: session?.kind === 'client-session' ? session.authenticatedAt : env.clock(),
    peerCertificates,
    peerExpires: expiryOf(peerCertificates, config),
  };
}

function peerCertificatesOf({ authentication }: ServerFinished): readonly Uint8Array[] {
  if (authentication.by === 'certificate') return authentication.peer.certificates;
  const { psk } = authentication.selected;
  return psk.kind === 'client-session' ? psk.peerCertificates : [];
}

function info(hs: ServerFinished, own: OwnAuthentication | null): Connected['info'] {
  const { authentication } = hs;
  const psk = authentication.by === 'psk' ? authentication.selected.psk : null;
  return {
    role: 'client',
    version: 'TLS 1.3',
    cipherSuite: hs.suite.name,
    group: hs.group?.name ?? null,
    signatureScheme: authentication.by === 'certificate' ? authentication.possession.scheme : null,
    ownSignatureScheme: own?.scheme.name ?? null,
    alpn: hs.alpn,
    serverName: hs.target.serverName,
    peerCertificates: peerCertificatesOf(hs),
    ownCertificates: own?.credential.chain ?? [],
    verdict: authentication.by === 'certificate' ? authentication.verdict : null,
    clientCertificateRequested: hs.request !== null,
    psk: psk === null ? null : psk.kind === 'external-psk' ? 'external' : 'session',
    resumed: psk?.kind === 'client-session',
    earlyDataAccepted: hs.earlyDataAccepted,
    helloRetryRequest: hs.helloRetryRequest,
    extendedMainSecret: true,
    clientRandom: hs.clientRandom,
  };
}
