/**
 * TLS 1.2 server: the flight of a resumed handshake, in which the server is the first to finish.
 *
 * @see RFC 5246 §7.3 (Figure 2), §7.4.1.3; RFC 5077 §3.1, §3.4; RFC 7627 §5.3
 * @module
 */
import { fail } from '../../errors/errors.ts';
import { startTranscript } from '../../keys/transcript.ts';
import { byName, CIPHER_SUITES_12 } from '../../params/algorithms.ts';
import type { ServerSession } from '../../sessions/session.ts';
import { encodeFinished12, installKeys12, keyLog12, resume12, verifyData12 } from '../shared/agreement12.ts';
import type { Effect } from '../shared/effects.ts';
import type { Env } from '../shared/env.ts';
import type { Outcome } from '../shared/machine.ts';
import { agreedLimits, drawServerRandom, encodeServerHello12, ticketWanted } from './server-hello.ts';
import type { Agreed, Answerable, State } from './states.ts';
import { encodeTicket12 } from './ticket.ts';

/** Sends ServerHello, perhaps a new ticket, change_cipher_spec and Finished. */
export function sendResumedFlight(
  answerable: Answerable,
  session: ServerSession,
  env: Env,
): Outcome<Extract<State, { kind: 'WAIT_CCS_12' }>> {
  const { config, hello } = answerable;
  const { crypto } = env;
  const suite = byName(CIPHER_SUITES_12, session.cipherSuite);
  if (suite === null) fail('ERR_TLS_INTERNAL');
  const { encryptThenMac, extendedMainSecret } = hello.extensions;
  const hs = {
    suite,
    clientRandom: hello.message.random,
    serverRandom: drawServerRandom(config, env),
    extendedMasterSecret: extendedMainSecret,
    encryptThenMac: encryptThenMac && suite.protection.kind === 'cbc',
    // RFC 5077 §3.4: a ticket that has lived half its life is renewed.
    ticketDue: ticketWanted(answerable) && env.clock() - session.issuedAt > session.lifetime * 500,
    ...answerable,
  };
  const agreement = resume12(hs, session.psk);
  const resumable: ServerSession = { ...session, psk: agreement.master, alpn: hs.alpn };
  // RFC 5077 §3.4, RFC 5246 §7.4.1.3: the ID that the client sent, said back, means that its session is resumed.
  const sessionId = hello.message.legacySessionId;
  const serverHello = encodeServerHello12(hs, { sessionId, status: false, resumed: true });
  const ticket = hs.ticketDue ? [encodeTicket12(config, resumable, env)] : [];
  const before = startTranscript([hello.message.raw, serverHello, ...ticket]).bind(crypto, suite.hash);
  const ownFinished = verifyData12(crypto, agreement, 'server', before);
  const finished = encodeFinished12(ownFinished);
  const next: Agreed = {
    config,
    agreement,
    transcript: before.with(finished),
    info: informationOf(hs, session),
    client: { by: 'session' },
    resumable,
    order: { kind: 'resumed', ownFinished },
    ticketDue: false,
    sessionId: config.sessionStore === null ? new Uint8Array(0) : sessionId,
  };
  const effects: Effect[] = [
    { do: 'set-version', version: 'TLS 1.2' },
    // §7.3: what would follow the ClientHello in its record cannot be an answer to this flight.
    { do: 'check-record-boundary' },
    ...[serverHello, ...ticket].map((message) => ({ do: 'send', message }) as const),
    ...agreedLimits(hs),
    ...keyLog12(config, agreement),
    { do: 'send-change-cipher-spec' },
    installKeys12(crypto, agreement, 'write', 'server'),
    { do: 'send', message: finished },
  ];
  return { next: { kind: 'WAIT_CCS_12', hs: next }, effects };
}

function informationOf(hs: Answerable & { readonly clientRandom: Uint8Array }, session: ServerSession): Agreed['info'] {
  return {
    role: 'server',
    version: 'TLS 1.2',
    cipherSuite: session.cipherSuite,
    group: null,
    signatureScheme: null,
    ownSignatureScheme: null,
    alpn: hs.alpn,
    serverName: hs.serverName,
    peerCertificates: session.peerCertificates,
    ownCertificates: [],
    verdict: null,
    clientCertificateRequested: false,
    psk: 'session',
    resumed: true,
    earlyDataAccepted: false,
    helloRetryRequest: false,
    extendedMainSecret: true,
    clientRandom: hs.clientRandom,
  };
}
