/**
 * Server: START, then CHOOSING_CONFIG.
 *
 * Expects ClientHello, asks which configuration is to answer it, and settles the version.
 *
 * @see RFC 9846 §4.2.2 (Client Hello), §4.3.1 (Supported Versions), Appendix E.2
 * @module
 */
import { fail } from '../../errors/errors.ts';
import { SCSV, VERSION, type VersionName } from '../../params/registries.ts';
import { readClientHelloExtensions } from '../../wire/extension-table.ts';
import type { Received } from '../../wire/message.ts';
import type { ClientHello, ClientHelloExtensions } from '../../wire/messages.ts';
import { receiveHello12 } from '../server12/client-hello.ts';
import { receiveFirstHello } from '../server13/client-hello.ts';
import type { ReceivedHello } from '../server13/states.ts';
import { type ClientHelloInfo, canonicalName, type ServerConfig } from '../shared/config.ts';
import type { Handlers } from './states.ts';

export const start: Handlers<'START'> = {
  client_hello(_, message) {
    const extensions = readClientHelloExtensions(message.extensions);
    return {
      next: { kind: 'CHOOSING_CONFIG', message, extensions },
      effects: [{ do: 'ask', kind: 'chooseConfig', ask: helloInfo(message, extensions) }],
    };
  },
};

/** Suspended: which configuration answers this client. */
export const choosingConfig: Handlers<'CHOOSING_CONFIG'> = {
  'answer:chooseConfig'({ message, extensions }, config, env) {
    const hello = { message, extensions };
    return chooseVersion(config, hello) === 'TLS 1.3'
      ? receiveFirstHello(config, hello, env)
      : receiveHello12(config, hello, env);
  },
};

function chooseVersion(config: ServerConfig, { message, extensions }: ReceivedHello): VersionName {
  const { supportedVersions } = extensions;
  const offers = (version: VersionName): boolean =>
    // §4.3.1: the client's list alone decides; without it the client is of TLS 1.2 or before, whatever it writes.
    supportedVersions === undefined
      ? version === 'TLS 1.2' && message.legacyVersion >= VERSION.TLS12
      : supportedVersions.includes(version === 'TLS 1.3' ? VERSION.TLS13 : VERSION.TLS12);
  const chosen = config.versions.find(offers);
  // RFC 7507 §3: a client that has fallen back from something better that both sides have.
  if (message.cipherSuites.includes(SCSV.TLS_FALLBACK_SCSV) && chosen !== config.versions[0]) {
    fail('ERR_TLS_INAPPROPRIATE_FALLBACK');
  }
  if (chosen === undefined) fail('ERR_TLS_UNSUPPORTED_VERSION');
  return chosen;
}

function helloInfo(message: Received<ClientHello>, extensions: ClientHelloExtensions): ClientHelloInfo {
  return {
    serverName: extensions.serverName === undefined ? null : canonicalName(extensions.serverName),
    alpn: extensions.alpn ?? [],
    versions: extensions.supportedVersions ?? [message.legacyVersion],
    cipherSuites: message.cipherSuites,
    groups: extensions.supportedGroups ?? [],
    signatureSchemes: extensions.signatureAlgorithms ?? [],
    raw: message.raw,
  };
}
