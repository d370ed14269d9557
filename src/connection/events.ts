/**
 * What every call on a connection returns: bytes for the transport and events for the owner.
 *
 * @see RFC 9846 §6 (Alert Protocol), RFC 9850 (key log)
 * @module
 */
import type { AlertName } from '../errors/alerts.ts';
import type { TlsError, TlsUsageError } from '../errors/errors.ts';
import type { QuestionKind, Questions } from '../handshake/shared/config.ts';
import type { ConnectionInfo } from '../handshake/shared/info.ts';
import type { ClientSession, ServerSession } from '../sessions/session.ts';
import type { ChannelBindingType } from './channel-binding.ts';

/** All that one call produced. The connection keeps nothing of it. */
export interface Step {
  /** To hand to the transport before anything is awaited; often empty. */
  readonly transmit: Uint8Array<ArrayBuffer>;
  readonly events: readonly TlsEvent[];
}

/** A decision asked of the owner; it is answered with `TlsConnection.answer`. */
export interface Question<K extends QuestionKind = QuestionKind> {
  readonly kind: K;
  readonly id: number;
  readonly ask: Questions[K]['ask'];
}

export type AnyQuestion = { [K in QuestionKind]: Question<K> }[QuestionKind];

/** The arguments of `answer`: a question narrowed by its kind, and a reply of that kind. */
export type AnswerArgs = {
  [K in QuestionKind]: [question: Question<K>, reply: Questions[K]['reply'] | TlsError];
}[QuestionKind];

export type TlsEvent =
  | { readonly type: 'question'; readonly question: AnyQuestion }
  | { readonly type: 'established'; readonly info: ConnectionInfo }
  /** Early and later data are never in one event. */
  | { readonly type: 'data'; readonly data: Uint8Array<ArrayBuffer>; readonly early: boolean }
  /** §4.3.10: client: what became of its early data; server: it was accepted, and comes as `data` events. */
  | { readonly type: 'early-data'; readonly status: 'accepted' | 'rejected' }
  /** Client: a session to keep, and to offer once. */
  | { readonly type: 'session'; readonly session: ClientSession }
  /** Server with a store: a session was put into it, or has been used and was removed. */
  | { readonly type: 'session-issued'; readonly id: Uint8Array; readonly session: ServerSession }
  | { readonly type: 'session-used'; readonly id: Uint8Array }
  /** TLS 1.2: the connection of a session with this ID has failed, and the session is not to be resumed (RFC 5246 §7.2.2). */
  | { readonly type: 'session-invalid'; readonly id: Uint8Array }
  /** `description` is null for a number that the registry does not know. */
  | { readonly type: 'alert'; readonly from: 'peer' | 'own'; readonly description: AlertName | null }
  /** RFC 9850, only if configured. */
  | { readonly type: 'key-log'; readonly line: string }
  /** An authenticated close_notify: the peer writes nothing more. */
  | { readonly type: 'peer-closed' }
  /** The transport ended without one: data may be missing. */
  | { readonly type: 'truncated' }
  /** The alert, if one is sent, is already in `transmit`. */
  | { readonly type: 'failed'; readonly error: TlsError };

export type Phase = 'handshake' | 'open' | 'closed' | 'failed';

/**
 * One TLS connection, without a transport: every call returns all that it produced.
 *
 * Peers never make it throw: whatever arrives, `receive` returns, and a failure is a `failed` event. Misuse by the caller
 * throws {@link TlsUsageError} and changes nothing.
 */
export interface TlsConnection {
  /** Client: the ClientHello. Server: empty. Throws when called twice. */
  start(): Step;
  /** Takes bytes from the transport, in any chunking; the array is the caller's again afterwards. */
  receive(bytes: Uint8Array): Step;
  /** Answers an open question. Throws for a question that is not open; a cancelled one gives an empty step. */
  answer(...args: AnswerArgs): Step;
  /**
   * Seals application data. Throws until `writable`. `into`: memory for it, of another buffer than `plaintext`'s; where all fits,
   * `transmit` is a view of it, and the memory the caller's own again once that is sent.
   */
  write(plaintext: Uint8Array, into?: Uint8Array<ArrayBuffer>): Step;
  /** §4.7.3: new keys for what this side writes, and with `requestPeer` for what the peer writes. Throws until open. */
  updateKeys(options?: { readonly requestPeer?: boolean | undefined }): Step;
  /**
   * Client, after `start()`: seals early data (§4.3.10), until it is rejected or the handshake is complete. It can be replayed by
   * anyone who sees it, and is never sent again. Throws when none is allowed, or beyond `earlyDataCapacity`.
   */
  writeEarlyData(plaintext: Uint8Array): Step;
  /** Bytes of early data that may still be written. */
  readonly earlyDataCapacity: number;
  /** Server: sends one NewSessionTicket (§4.7.1), by default with the config's early data. Throws until open. */
  issueTicket(options?: { readonly earlyData?: number | undefined }): Step;
  /** Sends close_notify and ends writing; reading goes on (§6.1). */
  close(): Step;
  /** The transport's end of file. */
  transportEnded(): Step;
  /** Ends the connection at once with an alert (default: user_canceled, then close_notify). */
  abort(alert?: AlertName): Step;
  /** §7.5. `context` null is an empty one in TLS 1.3. Throws until open. */
  exportKeyingMaterial(label: string, context: Uint8Array | null, length: number): Uint8Array;
  /**
   * What binds a protocol above to this connection (RFC 5929, RFC 9266). `tls-unique` is of TLS 1.2 alone and throws, as does
   * `tls-server-end-point` where the server's certificate is not at hand.
   */
  channelBinding(type: ChannelBindingType): Uint8Array;
  /** §7.5, from early_exporter_secret: once early data is offered (client) or accepted (server). */
  exportEarlyKeyingMaterial(label: string, context: Uint8Array, length: number): Uint8Array;
  readonly phase: Phase;
  /** What was negotiated, once established. */
  readonly info: ConnectionInfo | null;
  readonly suspendedOn: AnyQuestion | null;
  /** Bytes received that wait behind a question. */
  readonly queuedInput: number;
  /** False: stop feeding; a question is open, or nothing more is read. */
  readonly readable: boolean;
  readonly writable: boolean;
}
