/**
 * The options of `serve`: what they make of the config that all its connections share.
 *
 * @see RFC 9846 §4.7.1 (New Session Ticket Message), §8 (0-RTT and Anti-Replay)
 * @module
 */
import type { parseArgs } from 'node:util';
import type { ServerOptions } from '../connection/config.ts';
import { nobleProvider } from '../crypto/noble/provider.ts';
import { createAntiReplay } from '../sessions/anti-replay.ts';
import { createServerSessionStore } from '../sessions/server-store.ts';
import { createTicketSealer } from '../sessions/ticket-sealer.ts';
import { UsageError } from './io.ts';
import { countOf, credentialsOf, schemesOf, TLS_OPTIONS, tlsOptions, trustOf } from './options.ts';
import { openTicketKeys, PSK_OPTIONS, pskOf } from './session-options.ts';

export const SERVE_OPTIONS = {
  ...TLS_OPTIONS,
  ...PSK_OPTIONS,
  host: { type: 'string' },
  port: { type: 'string' },
  www: { type: 'boolean' },
  echo: { type: 'boolean' },
  'reply-size': { type: 'string' },
  sni: { type: 'string', multiple: true },
  'client-auth': { type: 'string' },
  'client-signature-schemes': { type: 'string' },
  cookie: { type: 'boolean' },
  ocsp: { type: 'string', multiple: true },
  tickets: { type: 'string' },
  'no-tickets-12': { type: 'boolean' },
  'session-cache': { type: 'boolean' },
  'ticket-keys': { type: 'string' },
  'early-data': { type: 'string' },
} as const;

export type ServeValues = ReturnType<typeof parseArgs<{ options: typeof SERVE_OPTIONS }>>['values'];

/** Bytes of early data that `serve` is willing to allow: they are kept until the handshake is done. */
const MAX_EARLY_DATA = 1_048_576;
/** Bytes of rejected early data that are skipped at least. */
const MIN_SKIPPED = 65_536;
/**
 * Bytes of the longest ClientHello that §4.2.2 can express: what it says first, 32 of session ID, 65,534 of suites, 255 of
 * compression methods, 65,535 of extensions, and their lengths. What is served here is to be tried out, by any client.
 */
const LONGEST_CLIENT_HELLO = 131_396;

export function serverOptions(values: ServeValues): ServerOptions {
  const clientAuth = values['client-auth'] ?? 'none';
  if (clientAuth !== 'none' && clientAuth !== 'request' && clientAuth !== 'require') {
    throw new UsageError(`--client-auth is none, request or require, not ${clientAuth}`);
  }
  if (clientAuth !== 'none' && values.ca === undefined) throw new UsageError('--client-auth needs --ca');
  const psk = pskOf(values);
  if (values.cert === undefined && psk === null) throw new UsageError('serve needs --cert and --key, or --psk');
  const credentials = credentialsOf(values, schemesOf(values['signature-schemes']), values.ocsp);
  if (credentials.length === 0 && values.cert !== undefined) {
    throw new UsageError('no key can sign with any of --signature-schemes');
  }
  return {
    ...tlsOptions(values),
    ...sessionOptions(values),
    credentials,
    // With a key alone there is nothing to show to clients that lack it.
    ...(credentials.length === 0 ? { decide: { chooseCredential: () => null } } : {}),
    psks: psk === null ? [] : [psk],
    clientAuth,
    trust: trustOf(values.ca),
    serverNames: values.sni,
    signatureSchemes: schemesOf(values['client-signature-schemes']),
    cookie: values.cookie,
    recordSizeLimit: countOf('record-size-limit', values['record-size-limit'], 64, 16_385),
  };
}

/** One sealer, one store and one memory of early data, whatever number of configs is made of these options. */
function sessionOptions(
  values: ServeValues,
): Pick<
  ServerOptions,
  'tickets' | 'tickets12' | 'ticketSealer' | 'sessionStore' | 'earlyData' | 'antiReplay' | 'limits'
> {
  const now = Date.now();
  const earlyData = countOf('early-data', values['early-data'], 0, MAX_EARLY_DATA) ?? 0;
  const file = values['ticket-keys'];
  const shared = file === undefined ? null : openTicketKeys(file, now);
  return {
    tickets: countOf('tickets', values.tickets, 0, 255),
    tickets12: values['no-tickets-12'] !== true,
    ticketSealer: createTicketSealer({
      crypto: nobleProvider,
      // The others who have the file would not know a key that is made here.
      ...(shared === null ? {} : { keys: shared.keys, rotation: null }),
    }),
    sessionStore: values['session-cache'] === true ? createServerSessionStore() : undefined,
    earlyData,
    // §8.2: under keys that were in use before the start, a hello from then could not be told from its replay: such early data
    // is refused for the first ten seconds. Under keys made at the start there is no such hello.
    antiReplay: createAntiReplay({ since: shared?.known === true ? now : 0 }),
    limits: {
      handshakeMessage: LONGEST_CLIENT_HELLO,
      // A client whose early data is rejected may have sent all that it was allowed, in records of any size.
      skippedEarlyData: Math.max(MIN_SKIPPED, 2 * earlyData),
    },
  };
}
