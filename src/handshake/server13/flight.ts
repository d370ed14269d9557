/**
 * TLS 1.3 server: CHOOSING_CREDENTIAL, then SIGNING.
 *
 * Makes the server's flight and sends it whole, once its signature is there.
 *
 * @see RFC 9846 §4.2.3 (Server Hello), §4.4 (Server Parameters), §4.5 (Authentication Messages), §7.1
 * @module
 */
import { fail } from '../../errors/errors.ts';
import { keyLogLine } from '../../keys/exporter.ts';
import {
  deriveApplicationTrafficSecrets,
  deriveEarlySecret,
  deriveHandshakeSecret,
  deriveHandshakeTrafficSecrets,
  deriveMainSecret,
} from '../../keys/schedule13.ts';
import type { Transcript } from '../../keys/transcript.ts';
import { VERSION } from '../../params/registries.ts';
import {
  alpnExtension,
  certificateAuthoritiesExtension,
  selectedVersionExtension,
  serverKeyShareExtension,
  serverNameAcknowledgement,
  signatureAlgorithmsExtension,
  supportedGroupsExtension,
} from '../../wire/extensions.ts';
import { encodeHandshake } from '../../wire/message.ts';
import type { Extension } from '../../wire/messages.ts';
import { certificateVerifyContent, encodeCertificate, encodeFinished } from '../shared/authenticate.ts';
import type { Effect } from '../shared/effects.ts';
import { chooseScheme } from '../shared/negotiate.ts';
import type { Flight, FlightSent, Handlers, Negotiated } from './states.ts';

const RANDOM_LENGTH = 32;
const NO_CONTEXT = new Uint8Array(0);

/** Suspended: which certificate to show. */
export const choosingCredential: Handlers<'CHOOSING_CREDENTIAL'> = {
  'answer:chooseCredential'({ hs }, credential, env) {
    // §4.5.1: a server without a certificate for this client cannot go on.
    if (credential === null) fail('ERR_TLS_NO_SHARED_SIGNATURE_SCHEME');
    const { crypto } = env;
    const { suite } = hs;
    // §4.5.2: a scheme that the client listed.
    const scheme = chooseScheme(credential, hs.hello.extensions.signatureAlgorithms ?? []);
    const random = env.random(RANDOM_LENGTH);
    const { share, secret } = crypto.keyExchange(hs.group.name).respond(hs.clientShare, env.random);

    const serverHello = encodeServerHello(hs, random, share);
    const helloTranscript = hs.transcript.with(serverHello);
    const early = deriveEarlySecret(crypto, suite.hash, null);
    const handshake = deriveHandshakeSecret(crypto, suite.hash, early, secret);
    const traffic = deriveHandshakeTrafficSecrets(crypto, suite.hash, handshake, helloTranscript.hash());
    const messages = [
      encodeEncryptedExtensions(hs),
      ...encodeCertificateRequest(hs),
      encodeCertificate(credential.chain, NO_CONTEXT),
    ];
    const transcript = appended(helloTranscript, messages);
    const content = certificateVerifyContent('server', transcript.hash());

    return {
      next: {
        kind: 'SIGNING',
        hs: { ...hs, transcript },
        flight: { serverHello, messages, credential, scheme, secrets: { handshake, ...traffic } },
      },
      effects: [
        { do: 'wipe', secrets: [secret, early] },
        { do: 'ask', kind: 'sign', ask: { credential, scheme: scheme.name, version: 'TLS 1.3', content } },
      ],
    };
  },
};

/** Suspended: the signature of CertificateVerify. */
export const signing: Handlers<'SIGNING'> = {
  'answer:sign'({ hs, flight }, signature, env) {
    const { crypto } = env;
    const { suite } = hs;
    const { secrets } = flight;
    const verify = encodeHandshake({ type: 'certificate_verify', scheme: flight.scheme.code, signature });
    const verified = hs.transcript.with(verify);
    const finished = encodeFinished(crypto, suite.hash, secrets.server, verified.hash());
    const transcript = verified.with(finished);

    // §7.1: application secrets cover the transcript through the server's Finished.
    const mainSecret = deriveMainSecret(crypto, suite.hash, secrets.handshake);
    const application = deriveApplicationTrafficSecrets(crypto, suite.hash, mainSecret, transcript.hash());
    const sent: FlightSent = {
      config: hs.config,
      suite,
      info: info(hs, flight),
      transcript,
      secrets: {
        client: secrets.client,
        clientApplication: application.client,
        serverApplication: application.server,
        exporter: application.exporter,
        main: mainSecret,
      },
    };
    const effects: Effect[] = [
      { do: 'send', message: flight.serverHello },
      // Appendix E.4: behind the server's first message, which a HelloRetryRequest has been already.
      ...(hs.hello.message.legacySessionId.length > 0 && !hs.helloRetryRequest
        ? [{ do: 'send-change-cipher-spec' } as const]
        : []),
      ...keyLog(hs, flight, application),
      { do: 'install-keys', direction: 'write', level: 'handshake', suite, secret: secrets.server },
      ...[...flight.messages, verify, finished].map((message) => ({ do: 'send', message }) as const),
      // §4.5.3: whatever follows Finished goes under the application keys, alerts too.
      { do: 'install-keys', direction: 'write', level: 'application', suite, secret: application.server },
      { do: 'install-keys', direction: 'read', level: 'handshake', suite, secret: secrets.client },
      { do: 'wipe', secrets: [secrets.handshake, secrets.server] },
    ];

    if (hs.schemesAsked !== null) return { next: { kind: 'WAIT_CERT', hs: sent }, effects };
    return { next: { kind: 'WAIT_FINISHED', hs: sent, client: { by: 'nothing' } }, effects };
  },
};

function encodeServerHello(hs: Negotiated, random: Uint8Array, share: Uint8Array): Uint8Array {
  const extensions: readonly Extension[] = [
    serverKeyShareExtension({ group: hs.group.code, keyExchange: share }),
    selectedVersionExtension(VERSION.TLS13),
  ];
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

function encodeEncryptedExtensions(hs: Negotiated): Uint8Array {
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
  return encodeHandshake({
    type: 'encrypted_extensions',
    extensions: config.helloShape.serverExtensions?.('encrypted_extensions', extensions) ?? extensions,
  });
}

function encodeCertificateRequest({ config, schemesAsked }: Negotiated): readonly Uint8Array[] {
  if (schemesAsked === null) return [];
  const extensions = [signatureAlgorithmsExtension(schemesAsked.map(({ code }) => code))];
  if (config.clientAuthorities.length > 0) extensions.push(certificateAuthoritiesExtension(config.clientAuthorities));
  return [
    encodeHandshake({
      type: 'certificate_request',
      // §4.4.2: empty in the main handshake.
      context: NO_CONTEXT,
      extensions: config.helloShape.serverExtensions?.('certificate_request', extensions) ?? extensions,
    }),
  ];
}

function appended(transcript: Transcript, messages: readonly Uint8Array[]): Transcript {
  return messages.reduce<Transcript>((before, message) => before.with(message), transcript);
}

function keyLog(
  { config, hello }: Negotiated,
  { secrets }: Flight,
  application: { readonly client: Uint8Array; readonly server: Uint8Array; readonly exporter: Uint8Array },
): readonly Effect[] {
  if (!config.keyLog) return [];
  const { random } = hello.message;
  return [
    { do: 'key-log', line: keyLogLine('CLIENT_HANDSHAKE_TRAFFIC_SECRET', random, secrets.client) },
    { do: 'key-log', line: keyLogLine('SERVER_HANDSHAKE_TRAFFIC_SECRET', random, secrets.server) },
    { do: 'key-log', line: keyLogLine('CLIENT_TRAFFIC_SECRET_0', random, application.client) },
    { do: 'key-log', line: keyLogLine('SERVER_TRAFFIC_SECRET_0', random, application.server) },
    { do: 'key-log', line: keyLogLine('EXPORTER_SECRET', random, application.exporter) },
  ];
}

/** What is known before the client has answered. */
function info(hs: Negotiated, { credential, scheme }: Flight): FlightSent['info'] {
  return {
    role: 'server',
    version: 'TLS 1.3',
    cipherSuite: hs.suite.name,
    group: hs.group.name,
    signatureScheme: null,
    ownSignatureScheme: scheme.name,
    alpn: hs.alpn,
    serverName: hs.serverName,
    peerCertificates: [],
    ownCertificates: credential.chain,
    verdict: null,
    clientCertificateRequested: hs.schemesAsked !== null,
    resumed: false,
    earlyDataAccepted: false,
    helloRetryRequest: hs.helloRetryRequest,
    clientRandom: hs.hello.message.random,
  };
}
