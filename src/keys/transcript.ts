/**
 * The transcript: the handshake messages so far, and their hash.
 *
 * A value: adding a message gives a new transcript and leaves the old one valid, so a state can keep any of them. Until the
 * cipher suite is known the messages themselves are kept; from then on only a running hash.
 *
 * @see RFC 9846 §4.1 (The Transcript Hash)
 * @module
 */
import type { CryptoProvider, HashContext } from '../crypto/provider.ts';
import { TlsUsageError } from '../errors/errors.ts';
import { HASH_LENGTH, type HashName } from '../params/algorithms.ts';
import { HANDSHAKE_TYPE } from '../params/registries.ts';
import { concatenate } from '../wire/concatenate.ts';

export interface Transcript {
  /** This transcript followed by one message with its header. Before `bind` the array is kept: it must not change. */
  with(raw: Uint8Array): Transcript;
  /** The same messages under the hash of the cipher suite. Throws TlsUsageError when another hash is bound already. */
  bind(crypto: CryptoProvider, hash: HashName): Transcript;
  /** The messages themselves, one behind the other: what CertificateVerify of TLS 1.2 signs. Throws TlsUsageError after `bind`. */
  bytes(): Uint8Array;
  /** Transcript-Hash, Hash.length bytes. Throws TlsUsageError before `bind`. */
  hash(): Uint8Array;
  /** For HelloRetryRequest: the messages so far (ClientHello1) as message_hash. Throws TlsUsageError before `bind`. */
  replacedByMessageHash(): Transcript;
}

/** A transcript of these messages whose hash function is not known yet. */
export function startTranscript(messages: readonly Uint8Array[] = []): Transcript {
  return {
    with: (raw) => startTranscript([...messages, raw]),
    bind(crypto, hash) {
      const context = crypto.hash(hash);
      for (const message of messages) context.update(message);
      return boundTranscript(crypto, hash, context);
    },
    bytes: () => concatenate(messages),
    hash: refuseUnbound,
    replacedByMessageHash: refuseUnbound,
  };
}

/** `context` is never changed: whatever needs a later state works on a copy. */
function boundTranscript(crypto: CryptoProvider, name: HashName, context: HashContext): Transcript {
  const digest = (): Uint8Array => context.clone().digest();
  const transcript: Transcript = {
    with(raw) {
      const next = context.clone();
      next.update(raw);
      return boundTranscript(crypto, name, next);
    },
    bind(_crypto, hash) {
      if (hash !== name) throw new TlsUsageError(`the transcript is bound to ${name} already`);
      return transcript;
    },
    bytes() {
      throw new TlsUsageError('the messages of a transcript are not kept once it is bound');
    },
    hash: digest,
    replacedByMessageHash() {
      // §4.1: ClientHello1 becomes a synthetic message of type message_hash that holds its hash.
      const synthetic = crypto.hash(name);
      synthetic.update(Uint8Array.of(HANDSHAKE_TYPE.message_hash, 0, 0, HASH_LENGTH[name]));
      synthetic.update(digest());
      return boundTranscript(crypto, name, synthetic);
    },
  };
  return transcript;
}
function refuseUnbound(): never {
  throw new TlsUsageError('the transcript has no hash before the cipher suite is known');
}
