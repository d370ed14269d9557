/**
 * What a tap tells of a connection: each thing that went over the wire, as a value.
 *
 * @see RFC 9846 §5 (Record Protocol), RFC 5246 §6
 * @module
 */
import type { Received } from '../wire/message.ts';
import type { HandshakeMessage13 } from '../wire/messages.ts';
import type { HandshakeMessage12 } from '../wire/messages12.ts';

export type Sender = 'client' | 'server';

/** A handshake message of either version. */
export type SeenMessage = Received<HandshakeMessage13 | HandshakeMessage12>;

/** Which keys protected it; those of TLS 1.2 are application keys from its Finished on. */
export type Protection = 'none' | 'early' | 'handshake' | 'application';

/** Where something was seen. */
export interface Seen {
  readonly from: Sender;
  readonly protection: Protection;
  /** The number of the record, from 1 in each direction, in which it ended. */
  readonly record: number;
}

/** One thing that was seen. `bytes` counts content: a handshake message with its header, data without any framing. */
export type Sighting = Seen &
  (
    | { readonly kind: 'message'; readonly bytes: number; readonly message: SeenMessage }
    | { readonly kind: 'data'; readonly bytes: number; readonly data: Uint8Array }
    | { readonly kind: 'alert'; readonly bytes: number; readonly description: number }
    /** `dummy`: that of TLS 1.3, which changes nothing. */
    | { readonly kind: 'change-cipher-spec'; readonly bytes: number; readonly dummy: boolean }
    /** A record for which the key log has no key, or that does not open. */
    | { readonly kind: 'sealed'; readonly bytes: number }
  );
