/**
 * TLS 1.3 server: CHOOSING_CREDENTIAL, then SIGNING.
 *
 * Makes the server's flight and sends it whole, once its signature is there.
 *
 * @see RFC 9846 §4.2.3 (Server Hello), §4.4 (Server Parameters), §4.5 (Authentication Messages), §7.1
 * @module
 */
import { fail } from '../../errors/errors.ts';
import { type KeyLogLabel, keyLogLine } from '../../keys/exporter.ts';
import {
  deriveApplicationTrafficSecrets,
  deriveEarlySecret,
  deriveEarlyTrafficSecrets,
  deriveHandshakeSecret,
  deriveHandshakeTrafficSecrets,
  deriveMainSecret,
} from '../../keys/schedule13.ts';
import type { Transcript } from '../../keys/transcript.ts';
import type { CipherSuite13 } from '../../params/algorithms.ts';
import { VERSION } from '../../params/registries.ts';
import { secretOfPsk } from '../../sessions/session.ts';
import {
  alpnExtension,
  certificateAuthoritiesExtension,
  earlyDataExtension,
  maxFragmentLengthExtension,
  oidFiltersExtension,
  recordSizeLimitExtension,
  selectedPskExtension,
  selectedVersionExtension,
  serverKeyShareExtension,
  serverNameAcknowledgement,
  signatureAlgorithmsCertExtension,
  signatureAlgorithmsExtension,
  supportedGroupsExtension,
} from '../../wire/extensions.ts';
import { encodeHandshake } from '../../wire/message.ts';
import type { Extension } from '../../wire/messages.ts';
import { certificateVerifyContent, encodeCertificate, encodeFinished, staples } from '../shared/authenticate.ts';
import type { Effect } from '../shared/effects.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import { chooseScheme } from '../shared/negotiate.ts';
import { innerLimitOf, MAX_RECORD_SIZE_LIMIT } from '../shared/record-limits.ts';
import { sessionPolicyOf } from '../shared/session-policy.ts';
import type {
  Flight,
  FlightSent,
  Handlers,
  Negotiated,
  OwnAuthentication,
  Resumable,
  ServerPsk,
  State,
} from './states.ts';

const RANDOM_LENGTH = 32;
const NO_CONTEXT = /* @__PURE__ */ new Uint8Array(0);

/** Suspended: which certificate to show. */
export const choosingCredential: Handlers<'CHOOSING_CREDENTIAL'> = {
  'answer:chooseCredential'({ hs }, credential, env) {
    // §4.5.1: a server without a certificate for this client cannot go on.
    if (credential === null) fail('ERR_TLS_NO_SHARED_SIGNATURE_SCHEME');
    // §4.5.2: a scheme that the client listed.
    const scheme = chooseScheme(credential, hs.hello.extensions.signatureAlgorithms ?? []);
    const { statusRequest, signedCertificateTimestamp } = hs.hello.extensions;
    const asksStatus = statusRequest !== undefined && statusRequest !== 'other';
    const leafExtensions = staples(credential, asksStatus, signedCertificateTimestamp);
    const { opened, effects } = openFlight(hs, null, false, env);
    const flight = append(opened, [
      ...encodeCertificateRequest(hs),
      encodeCertificate(credential.chain, NO_CONTEXT, leafExtensions),
    ]);
    const content = certificateVerifyContent('server', flight.transcript.hash());

    return {
      next: { kind: 'SIGNING', hs, flight, own: { credential, scheme } },
      effects: [
        ...effects,
        { do: 'ask', kind: 'sign', ask: { credential, scheme: scheme.name, version: 'TLS 1.3', content } },
      ],
    };
  },
};

/** Suspended: the signature of CertificateVerify. */
export const signing: Handlers<'SIGNING'> = {
  'answer:sign'({ hs, flight, own }, signature, env) {
    const verify = encodeHandshake({ type: 'certificate_verify', scheme: own.scheme.code, signature });
    const { sent, effects } = closeFlight(hs, append(flight, [verify]), { own, accepted: null, early: null }, env);
    if (hs.config.clientAuth !== 'none') return { next: { kind: 'WAIT_CERT', hs: sent }, effects };
    return { next: { kind: 'WAIT_FINISHED', hs: sent, client: { by: 'nothing' } }, effects };
  },
};

/**
 * The whole flight under a PSK, which needs no certificate. `maxEarlyData`: bytes of early data to accept; null: none.
 */
export function sendPskFlight(
  hs: Negotiated,
  accepted: ServerPsk,
  maxEarlyData: number | null,
  env: Env,
): Outcome<Extract<State, { kind: 'WAIT_EOED' | 'WAIT_FINISHED' }>> {
  const { opened, effects, early } = openFlight(hs, accepted, maxEarlyData !== null, env);
  const closing = {
    own: null,
    accepted,
    early: maxEarlyData === null || early === null ? null : { maxEarlyData, ...early },
  };
  const closed = closeFlight(hs, opened, closing, env);
  const client = { by: 'psk', accepted } as const;
  const all = [...effects, ...closed.effects];
  if (closing.early !== null) return { next: { kind: 'WAIT_EOED', hs: closed.sent, client }, effects: all };

  // §4.3.10: early data that is not accepted is skipped by trying to open it.
  const skip = hs.hello.extensions.earlyData && hs.retried === null;
  return {
    next: { kind: 'WAIT_FINISHED', hs: closed.sent, client },
    effects: skip ? [...all, { do: 'skip-early-data', by: 'trial' }] : all,
  };
}

interface EarlySecrets {
  readonly client: Uint8Array;
  readonly exporter: Uint8Array;
}

interface Opened {
  readonly opened: Flight;
  readonly effects: readonly Effect[];
  readonly early: EarlySecrets | null;
}

/** ServerHello, the handshake secrets, EncryptedExtensions. */
function openFlight(hs: Negotiated, accepted: ServerPsk | null, acceptsEarly: boolean, env: Env): Opened {
  const { crypto } = env;
  const { suite, agreement } = hs;
  const random = env.random(RANDOM_LENGTH);
  const exchanged =
    agreement === null ? null : crypto.keyExchange(agreement.group.name).respond(agreement.share, env.random);

  const serverHello = encodeServerHello(hs, random, exchanged?.share ?? null, accepted);
  const helloTranscript = hs.transcript.with(serverHello);
  const earlySecret = deriveEarlySecret(crypto, suite.hash, accepted === null ? null : secretOfPsk(accepted.psk));
  // §7.1: the early traffic secret covers the ClientHello alone.
  const early = acceptsEarly ? deriveEarlyTrafficSecrets(crypto, suite.hash, earlySecret, hs.transcript.hash()) : null;
  const handshake = deriveHandshakeSecret(crypto, suite.hash, earlySecret, exchanged?.secret ?? null);
  const traffic = deriveHandshakeTrafficSecrets(crypto, suite.hash, handshake, helloTranscript.hash());
  const opened: Flight = {
    serverHello,
    messages: [],
    transcript: helloTranscript,
    secrets: { handshake, ...traffic },
  };
  return {
    opened: append(opened, [encodeEncryptedExtensions(hs, acceptsEarly)]),
    effects: [{ do: 'wipe', secrets: exchanged === null ? [earlySecret] : [exchanged.secret, earlySecret] }],
    early,
  };
}

function append(flight: Flight, messages: readonly Uint8Array[]): Flight {
  return {
    ...flight,
    messages: [...flight.messages, ...messages],
    transcript: messages.reduce<Transcript>((before, message) => before.with(message), flight.transcript),
  };
}

interface Closing {
  readonly own: OwnAuthentication | null;
  readonly accepted: ServerPsk | null;
  readonly early: (EarlySecrets & { readonly maxEarlyData: number }) | null;
}

/** Finished, the application secrets, and everything out at once. */
function closeFlight(
  hs: Negotiated,
  flight: Flight,
  closing: Closing,
  env: Env,
): { readonly sent: FlightSent; readonly effects: readonly Effect[] } {
  const { crypto } = env;
  const { suite, config, hello } = hs;
  const { secrets } = flight;
  const { early } = closing;
  const finished = encodeFinished(crypto, suite.hash, secrets.server, flight.transcript.hash());
  const transcript = flight.transcript.with(finished);

  // §7.1: application secrets cover the transcript through the server's Finished.
  const mainSecret = deriveMainSecret(crypto, suite.hash, secrets.handshake);
  const application = deriveApplicationTrafficSecrets(crypto, suite.hash, mainSecret, transcript.hash());
  const sent: FlightSent = {
    config,
    suite,
    info: info(hs, closing),
    transcript,
    secrets: {
      client: secrets.client,
      clientApplication: application.client,
      serverApplication: application.server,
      exporter: application.exporter,
      main: mainSecret,
    },
    resumable: resumable(hs, closing.accepted, env),
    pskModes: hello.extensions.pskKeyExchangeModes ?? [],
  };
  const effects: Effect[] = [
    { do: 'set-version', version: 'TLS 1.3' },
    // §5.1: before anything is sent, since a ClientHello that does not end with its record is refused here.
    ...(early === null
      ? [{ do: 'install-keys', direction: 'read', level: 'handshake', suite, secret: secrets.client } as const]
      : readEarlyData(suite, early)),
    { do: 'send', message: flight.serverHello },
    // Appendix E.4: behind the server's first message, which a HelloRetryRequest has been already.
    ...(hello.message.legacySessionId.length > 0 && hs.retried === null
      ? [{ do: 'send-change-cipher-spec' } as const]
      : []),
    ...keyLog(hs, flight, application, early),
    ...agreedLimits(hs),
    { do: 'install-keys', direction: 'write', level: 'handshake', suite, secret: secrets.server },
    ...[...flight.messages, finished].map((message) => ({ do: 'send', message }) as const),
    // §4.5.3: whatever follows Finished goes under the application keys, alerts too.
    { do: 'install-keys', direction: 'write', level: 'application', suite, secret: application.server },
    { do: 'wipe', secrets: [secrets.handshake, secrets.server] },
  ];
  return { sent, effects };
}

/** RFC 8449 §4, RFC 6066 §4: protected records keep to them from the first on. */
function agreedLimits({ config, hello }: Negotiated): readonly Effect[] {
  const { recordSizeLimit, maxFragmentLength } = hello.extensions;
  if (recordSizeLimit !== undefined) {
    return [
      { do: 'set-limits', direction: 'write', bytes: recordSizeLimit },
      { do: 'set-limits', direction: 'read', bytes: config.recordSizeLimit ?? MAX_RECORD_SIZE_LIMIT },
    ];
  }
  if (maxFragmentLength === undefined) return [];
  const bytes = innerLimitOf(maxFragmentLength);
  return [
    { do: 'set-limits', direction: 'write', bytes },
    { do: 'set-limits', direction: 'read', bytes },
  ];
}

/** §4.3.10: what comes next is under the early keys, until EndOfEarlyData. */
function readEarlyData(suite: CipherSuite13, early: NonNullable<Closing['early']>): readonly Effect[] {
  return [
    { do: 'install-keys', direction: 'read', level: 'early', suite, secret: early.client },
    { do: 'early-exporter', suite, secret: early.exporter },
    { do: 'allow-early-data', bytes: early.maxEarlyData },
    { do: 'early-data', status: 'accepted' },
    { do: 'wipe', secrets: [early.client] },
  ];
}

/** What the tickets of this connection will stand for; a certificate of the client's is added when it is known. */
function resumable(hs: Negotiated, accepted: ServerPsk | null, env: Env): Resumable {
  const session = accepted?.psk.kind === 'server-session' ? accepted.psk : null;
  return {
    cipherSuite: hs.suite.name,
    alpn: hs.alpn,
    serverName: hs.serverName,
    policy: sessionPolicyOf(hs.config),
    // §4.7.1: what is resumed again and again stays as old as its last CertificateVerify.
    authenticatedAt: session?.authenticatedAt ?? env.clock(),
    peerCertificates: session?.peerCertificates ?? [],
    peerExpires: session?.peerExpires ?? null,
  };
}

function encodeServerHello(
  hs: Negotiated,
  random: Uint8Array,
  share: Uint8Array | null,
  accepted: ServerPsk | null,
): Uint8Array {
  const extensions: Extension[] = [];
  if (share !== null && hs.agreement !== null) {
    extensions.push(serverKeyShareExtension({ group: hs.agreement.group.code, keyExchange: share }));
  }
  extensions.push(selectedVersionExtension(VERSION.TLS13));
  if (accepted !== null) extensions.push(selectedPskExtension(accepted.index));
  return encodeHandshake({
    type: 'server_hello',
    legacyVersion: VERSION.TLS12,
    random,
    legacySessionIdEcho: hs.hello.message.legacySessionId,
    cipherSuite: hs.suite.code,
    legacyCompressionMethod: 0,
    extensions: hs.config.helloShape.serverExtensions?.('server_hello', extensions) ?? extensions,
  });
}

function encodeEncryptedExtensions(hs: Negotiated, acceptsEarly: boolean): Uint8Array {
  const { config, hello } = hs;
  const extensions: Extension[] = [];
  // RFC 6066 §3: a server that used the name says so with an empty body.
  if (hs.serverName !== null) extensions.push(serverNameAcknowledgement());
  // §4.3.7: a group that this server prefers to those with shares is made known for the next time.
  const [preferred] = config.groups;
  if (preferred !== undefined && !hello.extensions.keyShare?.some(({ group }) => group === preferred.code)) {
    extensions.push(supportedGroupsExtension(config.groups.map(({ code }) => code)));
  }
  if (hs.alpn !== null) extensions.push(alpnExtension([hs.alpn]));
  if (acceptsEarly) extensions.push(earlyDataExtension());
  const { recordSizeLimit, maxFragmentLength } = hello.extensions;
  // RFC 8449 §5: with it, max_fragment_length does not count.
  if (recordSizeLimit !== undefined) {
    extensions.push(recordSizeLimitExtension(config.recordSizeLimit ?? MAX_RECORD_SIZE_LIMIT));
  } else if (maxFragmentLength !== undefined) {
    extensions.push(maxFragmentLengthExtension(maxFragmentLength));
  }
  return encodeHandshake({
    type: 'encrypted_extensions',
    extensions: config.helloShape.serverExtensions?.('encrypted_extensions', extensions) ?? extensions,
  });
}

function encodeCertificateRequest({ config }: Negotiated): readonly Uint8Array[] {
  if (config.clientAuth === 'none') return [];
  const extensions = [signatureAlgorithmsExtension(config.signatureSchemes.map(({ code }) => code))];
  if (config.certificateSchemes !== null) {
    extensions.push(signatureAlgorithmsCertExtension(config.certificateSchemes.map(({ code }) => code)));
  }
  if (config.clientAuthorities.length > 0) extensions.push(certificateAuthoritiesExtension(config.clientAuthorities));
  if (config.oidFilters.length > 0) extensions.push(oidFiltersExtension(config.oidFilters));
  return [
    encodeHandshake({
      type: 'certificate_request',
      // §4.4.2: empty in the main handshake.
      context: NO_CONTEXT,
      extensions: config.helloShape.serverExtensions?.('certificate_request', extensions) ?? extensions,
    }),
  ];
}

function keyLog(
  { config, hello }: Negotiated,
  { secrets }: Flight,
  application: { readonly client: Uint8Array; readonly server: Uint8Array; readonly exporter: Uint8Array },
  early: EarlySecrets | null,
): readonly Effect[] {
  if (!config.keyLog) return [];
  const line = (label: KeyLogLabel, secret: Uint8Array): Effect => ({
    do: 'key-log',
    line: keyLogLine(label, hello.message.random, secret),
  });
  return [
    ...(early === null
      ? []
      : [line('CLIENT_EARLY_TRAFFIC_SECRET', early.client), line('EARLY_EXPORTER_SECRET', early.exporter)]),
    line('CLIENT_HANDSHAKE_TRAFFIC_SECRET', secrets.client),
    line('SERVER_HANDSHAKE_TRAFFIC_SECRET', secrets.server),
    line('CLIENT_TRAFFIC_SECRET_0', application.client),
    line('SERVER_TRAFFIC_SECRET_0', application.server),
    line('EXPORTER_SECRET', application.exporter),
  ];
}

/** What is known before the client has answered. */
function info(hs: Negotiated, { own, accepted, early }: Closing): FlightSent['info'] {
  const psk = accepted?.psk ?? null;
  const session = psk?.kind === 'server-session' ? psk : null;
  return {
    role: 'server',
    version: 'TLS 1.3',
    cipherSuite: hs.suite.name,
    group: hs.agreement?.group.name ?? null,
    signatureScheme: null,
    ownSignatureScheme: own?.scheme.name ?? null,
    alpn: hs.alpn,
    serverName: hs.serverName,
    peerCertificates: session?.peerCertificates ?? [],
    ownCertificates: own?.credential.chain ?? [],
    verdict: null,
    clientCertificateRequested: own !== null && hs.config.clientAuth !== 'none',
    psk: psk === null ? null : session === null ? 'external' : 'session',
    resumed: session !== null,
    earlyDataAccepted: early !== null,
    helloRetryRequest: hs.retried !== null,
    extendedMainSecret: true,
    clientRandom: hs.hello.message.random,
  };
}
