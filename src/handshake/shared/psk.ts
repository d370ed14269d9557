/**
 * Pre-shared keys in a handshake: the binders that tie them to it, made and checked.
 *
 * @see RFC 9846 §4.3.11.2 (PSK Binder), §4.3.11.1 (Ticket Age), §7.1 (Key Schedule)
 * @module
 */
import { decodeWith } from '../../certs/signature-cache.ts';
import type { CryptoProvider } from '../../crypto/provider.ts';
import { constantTimeEqual, wipe } from '../../crypto/secret.ts';
import { fail, TlsError } from '../../errors/errors.ts';
import { computeVerifyData, deriveBinderKey, deriveEarlySecret, type PskKind } from '../../keys/schedule13.ts';
import type { Transcript } from '../../keys/transcript.ts';
import { HASH_LENGTH } from '../../params/algorithms.ts';
import { hashOfPsk, type Psk, secretOfPsk } from '../../sessions/session.ts';
import { bindersLength, preSharedKeyExtension } from '../../wire/extensions.ts';
import { encodeHandshake } from '../../wire/message.ts';
import type { ClientHello, PskIdentity } from '../../wire/messages.ts';
import type { ClientConfig, ServerConfig } from './config.ts';

declare const accepted: unique symbol;

/** The client has proved to hold this PSK, in this very ClientHello. */
export interface PskAccepted<P extends Psk = Psk> {
  readonly [accepted]: true;
  readonly psk: P;
  readonly index: number;
}

/** A PSK as a client offers it. */
export interface OfferedPsk {
  readonly psk: Psk;
  readonly identity: PskIdentity;
}

/** §4.3.11.1: the age in milliseconds and ticket_age_add, modulo 2^32. An external PSK says 0. */
export function offerOf(psk: Psk, now: number): OfferedPsk {
  if (psk.kind === 'external-psk') return { psk, identity: { identity: psk.identity, obfuscatedTicketAge: 0 } };
  if (psk.kind === 'server-session') fail('ERR_TLS_INTERNAL');
  const age = Math.max(0, now - psk.receivedAt);
  return {
    psk,
    identity: { identity: psk.ticket, obfuscatedTicketAge: (Math.trunc(age) + psk.ageAdd) % 0x1_0000_0000 },
  };
}

/** §4.3.11: the ClientHello with pre_shared_key behind its other extensions, its binders over all before them. */
export function encodeWithBinders(
  crypto: CryptoProvider,
  hello: ClientHello,
  offered: readonly OfferedPsk[],
  before: Transcript,
): { readonly hello: ClientHello; readonly raw: Uint8Array } {
  const identities = offered.map(({ identity }) => identity);
  const blank = offered.map(({ psk }) => new Uint8Array(HASH_LENGTH[hashOfPsk(psk)]));
  const withBinders = (binders: readonly Uint8Array[]): ClientHello => ({
    ...hello,
    extensions: [...(hello.extensions ?? []), preSharedKeyExtension({ identities, binders })],
  });
  const draft = encodeHandshake(withBinders(blank));
  const truncated = draft.subarray(0, draft.length - bindersLength(blank));
  const binders = offered.map(({ psk }) => computeBinder(crypto, psk, before, truncated));
  const bound = withBinders(binders);
  return { hello: bound, raw: encodeHandshake(bound) };
}

/** §4.3.11: only the binder of the PSK that was chosen is verified. */
export function checkBinder<P extends Psk>(
  crypto: CryptoProvider,
  psk: P,
  index: number,
  hello: { readonly raw: Uint8Array; readonly binders: readonly Uint8Array[] },
  before: Transcript,
): PskAccepted<P> {
  const binder = hello.binders[index];
  const truncated = hello.raw.subarray(0, hello.raw.length - bindersLength(hello.binders));
  const expected = computeBinder(crypto, psk, before, truncated);
  // §4.3.11: missing or wrong ends the handshake.
  const equal = binder !== undefined && constantTimeEqual(binder, expected);
  wipe(expected);
  if (!equal) fail('ERR_TLS_BAD_BINDER');
  return { psk, index } as PskAccepted<P>;
}

/** When the first of a peer's certificates ends; null for a chain without any that decodes. */
export function expiryOf(chain: readonly Uint8Array[], { trust, crypto }: ClientConfig | ServerConfig): number | null {
  const ends = chain.flatMap((der) => {
    try {
      return [decodeWith(trust, crypto, der).validity.notAfter.getTime()];
    } catch (error) {
      if (error instanceof TlsError) return [];
      throw error;
    }
  });
  return ends.length === 0 ? null : Math.min(...ends);
}

/** §4.3.11.2: like Finished, with the binder key for base key. `before`: nothing, or what a HelloRetryRequest left. */
function computeBinder(crypto: CryptoProvider, psk: Psk, before: Transcript, truncated: Uint8Array): Uint8Array {
  const hash = hashOfPsk(psk);
  const early = deriveEarlySecret(crypto, hash, secretOfPsk(psk));
  const key = deriveBinderKey(crypto, hash, early, kindOf(psk));
  const binder = computeVerifyData(crypto, hash, key, before.bind(crypto, hash).with(truncated).hash());
  wipe(early, key);
  return binder;
}

function kindOf(psk: Psk): PskKind {
  return psk.kind === 'external-psk' ? psk.binder : 'resumption';
}
