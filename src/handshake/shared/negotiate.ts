/**
 * A server's choices: pure functions of what the client offers and what the config allows.
 *
 * @see RFC 9846 §4.2.1 (Cryptographic Negotiation), §4.3.8 (Key Share); RFC 7301 §3.2
 * @module
 */
import type { Credential } from '../../certs/credential.ts';
import { schemeFits } from '../../crypto/signer.ts';
import { fail } from '../../errors/errors.ts';
import type { CipherSuite13, NamedGroup, SignatureScheme } from '../../params/algorithms.ts';
import type { ClientHelloExtensions, KeyShareEntry } from '../../wire/messages.ts';
import { canonicalName, type ServerConfig } from './config.ts';

/** The first of our suites that the client has. */
export function chooseCipherSuite(own: readonly CipherSuite13[], offered: readonly number[]): CipherSuite13 {
  const suite = own.find(({ code }) => offered.includes(code));
  if (suite === undefined) fail('ERR_TLS_NO_SHARED_CIPHER_SUITE');
  return suite;
}

/** The group to use; `share` is null when the client has not sent one for it and has to be asked (§4.2.4). */
export interface GroupChoice {
  readonly group: NamedGroup;
  readonly share: Uint8Array | null;
}

/**
 * Prefers a post-quantum hybrid that both have, even at the price of a round trip, since only it keeps what is recorded
 * today secret tomorrow; and among the hybrids, or without one among all, a group whose share is here.
 */
export function chooseGroup(
  own: readonly NamedGroup[],
  supported: readonly number[],
  shares: readonly KeyShareEntry[],
): GroupChoice {
  // §4.3.8: one entry a group, and only for groups that are listed.
  if (new Set(shares.map(({ group }) => group)).size !== shares.length) fail('ERR_TLS_DUPLICATE_KEY_SHARE');
  // A set: both lists are the peer's, with thousands of entries if it likes.
  const listed = new Set(supported);
  for (const { group } of shares) {
    if (!listed.has(group)) fail('ERR_TLS_KEY_SHARE_NOT_IN_GROUPS', `0x${group.toString(16)}`);
  }
  const mutual = own.filter(({ code }) => listed.has(code));
  const shareOf = (group: NamedGroup): Uint8Array | null =>
    shares.find((share) => share.group === group.code)?.keyExchange ?? null;
  const hybrids = mutual.filter(({ hybrid }) => hybrid);
  const candidates = hybrids.length > 0 ? hybrids : mutual;
  const group = candidates.find((candidate) => shareOf(candidate) !== null) ?? candidates[0];
  // §4.2.1: without a common group there is no handshake.
  if (group === undefined) fail('ERR_TLS_NO_SHARED_GROUP');
  return { group, share: shareOf(group) };
}

/** RFC 7301 §3.2: the first of our protocols that the client has; null when either side does not use the extension. */
export function chooseAlpn(own: readonly string[], offered: readonly string[] | undefined): string | null {
  if (own.length === 0 || offered === undefined) return null;
  const protocol = own.find((name) => offered.includes(name));
  // RFC 7301 §3.2: with the extension on both sides and nothing in common the server refuses.
  if (protocol === undefined) fail('ERR_TLS_NO_APPLICATION_PROTOCOL');
  return protocol;
}

/** RFC 6066 §3: the name asked for, in canonical form; one that this server does not serve is refused. */
export function checkedServerName(config: ServerConfig, extensions: ClientHelloExtensions): string | null {
  const name = extensions.serverName === undefined ? null : canonicalName(extensions.serverName);
  if (name !== null && config.serverNames !== null && !config.serverNames.includes(name)) {
    fail('ERR_TLS_UNRECOGNIZED_NAME');
  }
  return name;
}

/** The first scheme of a credential that the peer lists for handshake signatures. */
export function chooseScheme(credential: Credential, offered: readonly number[]): SignatureScheme {
  const { publicKey } = credential.leaf;
  const scheme = credential.schemes.find(
    (candidate) =>
      candidate.handshake13 &&
      offered.includes(candidate.code) &&
      publicKey !== null &&
      schemeFits(candidate, publicKey, 'TLS 1.3'),
  );
  if (scheme === undefined) fail('ERR_TLS_NO_SHARED_SIGNATURE_SCHEME');
  return scheme;
}
