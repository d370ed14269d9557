/**
 * What a handler wants done. Effects are data, applied in order by the driver; a handler itself does nothing.
 *
 * @see RFC 9846 §5 (Record Protocol), §7.3 (Traffic Key Calculation)
 * @module
 */
import type { AlertName } from '../../errors/alerts.ts';
import type { RecordKeys12 } from '../../keys/schedule12.ts';
import type { CipherSuite12, CipherSuite13 } from '../../params/algorithms.ts';
import type { VersionName } from '../../params/registries.ts';
import type { ClientSession, ServerSession } from '../../sessions/session.ts';
import type { QuestionKind, Questions } from './config.ts';
import type { ConnectionInfo } from './info.ts';

/** Which keys protect records; QUIC calls it the encryption level (RFC 9001 §2.1). */
export type KeyLevel = 'early' | 'handshake' | 'application';

export type AskEffect = {
  readonly [K in QuestionKind]: { readonly do: 'ask'; readonly kind: K; readonly ask: Questions[K]['ask'] };
}[QuestionKind];

export type Effect =
  /** Sends one handshake message, header included. */
  | { readonly do: 'send'; readonly message: Uint8Array }
  /** Sends change_cipher_spec: the dummy of Appendix E.4, or TLS 1.2's own. */
  | { readonly do: 'send-change-cipher-spec' }
  /** Records from here on are read or written under keys derived from `secret`. */
  | {
      readonly do: 'install-keys';
      readonly direction: 'read' | 'write';
      readonly level: KeyLevel;
      readonly suite: CipherSuite13;
      readonly secret: Uint8Array;
    }
  /** The peer's message ended with its record (§5.1), or the connection fails. */
  | { readonly do: 'check-record-boundary' }
  /** The version is settled: records and messages are its own from here on. */
  | { readonly do: 'set-version'; readonly version: VersionName }
  /** TLS 1.2: records from here on are read or written under these keys, which are overwritten once they are installed. */
  | {
      readonly do: 'install-keys-12';
      readonly direction: 'read' | 'write';
      readonly suite: CipherSuite12;
      readonly keys: RecordKeys12;
      readonly encryptThenMac: boolean;
    }
  /** TLS 1.2: an alert after which the connection goes on. */
  | { readonly do: 'send-warning'; readonly description: AlertName }
  | AskEffect
  /** RFC 9850, if configured. */
  | { readonly do: 'key-log'; readonly line: string }
  | { readonly do: 'established'; readonly info: ConnectionInfo }
  /** RFC 8449: largest inner plaintext, content type and padding included, for what is written or read from here on. */
  | { readonly do: 'set-limits'; readonly direction: 'read' | 'write'; readonly bytes: number }
  /** RFC 6066 §4, TLS 1.2: longest content of records both ways from here on, protected or not. */
  | { readonly do: 'set-fragment-limit'; readonly bytes: number }
  /** §4.3.10: the client sent early data that is not accepted; its records are discarded. */
  | { readonly do: 'skip-early-data'; readonly by: 'trial' | 'type' }
  /** Records are written in the clear again: a second ClientHello follows early data (§4.2.2). */
  | { readonly do: 'remove-write-keys' }
  /** §4.3.10: so many bytes of early data may be written (client) or read (server). */
  | { readonly do: 'allow-early-data'; readonly bytes: number }
  | { readonly do: 'early-data'; readonly status: 'accepted' | 'rejected' }
  /** §7.5: early_exporter_secret. */
  | { readonly do: 'early-exporter'; readonly suite: CipherSuite13; readonly secret: Uint8Array }
  /** A client's new session. */
  | { readonly do: 'session'; readonly session: ClientSession }
  /** A session for the server's store, and one that has been used. */
  | { readonly do: 'store-session'; readonly id: Uint8Array; readonly session: ServerSession }
  | { readonly do: 'consume-session'; readonly id: Uint8Array }
  /** These secrets have served; they are overwritten. */
  | { readonly do: 'wipe'; readonly secrets: readonly Uint8Array[] };
