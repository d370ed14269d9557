/**
 * Server: START, then CHOOSING_CONFIG.
 *
 * Expects ClientHello, asks which configuration is to answer it, and settles the version.
 *
 * @see RFC 9846 §4.2.2 (Client Hello), §4.3.1 (Supported Versions), Appendix E.2
 * @module
 */
import { fail } from '../../errors/errors.ts';
import { VERSION } from '../../params/registries.ts';
import { readClientHelloExtensions } from '../../wire/extension-table.ts';
import type { Received } from '../../wire/message.ts';
import type { ClientHello, ClientHelloExtensions } from '../../wire/messages.ts';
import { receiveFirstHello } from '../server13/client-hello.ts';
import { type ClientHelloInfo, canonicalName } from '../shared/config.ts';
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
    // §4.3.1: the client's list alone decides; without it the client is of TLS 1.2 or before.
    if (!extensions.supportedVersions?.includes(VERSION.TLS13)) fail('ERR_TLS_UNSUPPORTED_VERSION');
    return receiveFirstHello(config, { message, extensions }, env);
  },
};

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
