/**
 * Everything that can move a handshake: messages from the peer, answers from the owner, and the owner's or the record
 * layer's own wishes.
 *
 * @see RFC 9846 §4 (Handshake Protocol), Appendix A
 * @module
 */

import type { Received } from '../../wire/message.ts';
import type { HandshakeMessage13 } from '../../wire/messages.ts';
import type { HandshakeMessage12 } from '../../wire/messages12.ts';
import type { QuestionKind, Questions } from './config.ts';

type MessageInputs = { [M in HandshakeMessage13 | HandshakeMessage12 as M['type']]: Received<M> };
type AnswerInputs = { [K in QuestionKind as `answer:${K}`]: Questions[K]['reply'] };

export interface Inputs extends MessageInputs, AnswerInputs {
  /** TLS 1.2: what follows is under new keys. In TLS 1.3 the record layer drops the message. */
  change_cipher_spec: null;
  /** The owner starts a client. */
  start: null;
  /** The owner wants new keys for what it writes, and, with `requestPeer`, for what the peer writes. */
  'update-keys': { readonly requestPeer: boolean };
  /** The record layer's write key nears the end of its use (§5.5). */
  'key-limit': null;
  /** The owner of a server gives its client a ticket. */
  'issue-ticket': { readonly earlyData: number };
  /** All input of one `receive` has been taken: what is owed to the peer is due. */
  'receive-ended': null;
}

export type InputName = keyof Inputs;

/** One input with its name, so that both can travel together. */
export type AnyInput = { readonly [I in InputName]: { readonly name: I; readonly value: Inputs[I] } }[InputName];
