/**
 * Builds the ClientHello, and its second form after a HelloRetryRequest.
 *
 * @see RFC 9846 §4.2.2 (Client Hello), §4.2.4 (Hello Retry Request), §9.2 (mandatory extensions)
 * @module
 */
import type { EphemeralKey } from '../../crypto/provider.ts';
import type { NamedGroup } from '../../params/algorithms.ts';
import { EXTENSION, VERSION } from '../../params/registries.ts';
import {
  alpnExtension,
  cookieExtension,
  keyShareExtension,
  serverNameExtension,
  signatureAlgorithmsExtension,
  supportedGroupsExtension,
  supportedVersionsExtension,
} from '../../wire/extensions.ts';
import { encodeHandshake } from '../../wire/message.ts';
import type { ClientHello, Extension } from '../../wire/messages.ts';
import type { ClientConfig } from './config.ts';
import type { Env } from './env.ts';

/** Whom a client wants to reach. */
export interface ClientTarget {
  /** DNS name or IP literal: what is verified. */
  readonly name: string;
  /** What server_name says; null: it is not sent. */
  readonly serverName: string | null;
  readonly alpn: readonly string[];
}

export interface OfferedShare {
  readonly group: NamedGroup;
  readonly key: EphemeralKey;
}

/** A ClientHello that was sent, with the private halves of its shares. */
export interface Offer {
  readonly hello: ClientHello;
  readonly raw: Uint8Array;
  /** The types of its extensions: answers are judged by them. */
  readonly offered: ReadonlySet<number>;
  readonly shares: readonly OfferedShare[];
}

/** What a HelloRetryRequest asks to change. */
export interface RetryWish {
  readonly group: NamedGroup | null;
  readonly cookie: Uint8Array | null;
}

const SESSION_ID_LENGTH = 32;
const RANDOM_LENGTH = 32;

export function firstClientHello(config: ClientConfig, target: ClientTarget, env: Env): Offer {
  const random = env.random(RANDOM_LENGTH);
  // Appendix E.4: compatibility mode needs a session ID that is not empty; §4.2.2: and not predictable.
  const legacySessionId = config.compatibilityMode ? env.random(SESSION_ID_LENGTH) : new Uint8Array(0);
  const shares = config.keyShares.map((group) => generateShare(group, env));
  const extensions: Extension[] = [];
  if (target.serverName !== null) extensions.push(serverNameExtension(target.serverName));
  extensions.push(
    supportedGroupsExtension(config.groups.map(({ code }) => code)),
    signatureAlgorithmsExtension(config.signatureSchemes.map(({ code }) => code)),
  );
  if (target.alpn.length > 0) extensions.push(alpnExtension(target.alpn));
  extensions.push(supportedVersionsExtension([VERSION.TLS13]), keyShares(shares));
  return offer(
    {
      type: 'client_hello',
      legacyVersion: VERSION.TLS12,
      random,
      legacySessionId,
      cipherSuites: config.helloShape.cipherSuites ?? config.cipherSuites.map(({ code }) => code),
      legacyCompressionMethods: Uint8Array.of(0),
      extensions: config.helloShape.clientHello?.(extensions, 0) ?? extensions,
    },
    shares,
  );
}

/** §4.2.2: the same ClientHello but for the share that was asked for, the cookie, and early_data, which goes. */
export function secondClientHello(config: ClientConfig, first: Offer, wish: RetryWish, env: Env): Offer {
  const shares = wish.group === null ? first.shares : [generateShare(wish.group, env)];
  const extensions = (first.hello.extensions ?? []).filter(({ type }) => type !== EXTENSION.early_data);
  if (wish.group !== null) replace(extensions, keyShares(shares));
  // §4.3.2: the cookie comes back as it was. pre_shared_key, were there one, would have to stay last (§4.3.11).
  if (wish.cookie !== null) extensions.push(cookieExtension(wish.cookie));
  return offer({ ...first.hello, extensions: config.helloShape.clientHello?.(extensions, 1) ?? extensions }, shares);
}

function offer(hello: ClientHello, shares: readonly OfferedShare[]): Offer {
  return {
    hello,
    raw: encodeHandshake(hello),
    offered: new Set((hello.extensions ?? []).map(({ type }) => type)),
    shares,
  };
}

function generateShare(group: NamedGroup, env: Env): OfferedShare {
  return { group, key: env.crypto.keyExchange(group.name).generate(env.random) };
}

function keyShares(shares: readonly OfferedShare[]): Extension {
  return keyShareExtension(shares.map(({ group, key }) => ({ group: group.code, keyExchange: key.share })));
}

function replace(extensions: Extension[], replacement: Extension): void {
  const at = extensions.findIndex(({ type }) => type === replacement.type);
  if (at >= 0) extensions[at] = replacement;
}
