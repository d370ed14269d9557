/**
 * From a handshake message's bytes to the input of a state machine, by the version that is spoken.
 *
 * @see RFC 9846 §4 (Handshake Protocol), RFC 5246 §7.4
 * @module
 */
import type { AnyInput, InputName } from '../handshake/shared/inputs.ts';
import { HANDSHAKE_TYPE, type HandshakeTypeName, handshakeTypeName, type VersionName } from '../params/registries.ts';
import { decodeHandshake } from '../wire/message.ts';
import { decodeHandshake12 } from '../wire/message12.ts';

/** The inputs that a message may turn out to be; its name for messages, or null for a type that nobody knows. */
export function inputsOf(raw: Uint8Array, version: VersionName | null): { name: string; inputs: InputName[] } | null {
  const name = handshakeTypeName(raw[0] ?? 0);
  if (name === null) return null;
  if (version === 'TLS 1.2') return { name, inputs: [inputOf12(name)] };
  // §4.2.4: a HelloRetryRequest travels as a ServerHello. Every other name is its own input, or none at all.
  return { name, inputs: name === 'server_hello' ? ['server_hello', 'hello_retry_request'] : [name as InputName] };
}

/** Decodes the message. Throws TlsError. */
export function decodeInput(raw: Uint8Array, version: VersionName | null): AnyInput {
  // Of TLS 1.2's own messages, HelloRequest alone may come before the version is settled.
  const is12 = version === 'TLS 1.2' || raw[0] === HANDSHAKE_TYPE.hello_request;
  const message = is12 ? decodeHandshake12(raw) : decodeHandshake(raw);
  // The union of messages and the union of inputs name the same pairs.
  return { name: message.type, value: message } as AnyInput;
}

/** The name of a message's form in TLS 1.2, where TLS 1.3 has another. */
function inputOf12(name: HandshakeTypeName): InputName {
  switch (name) {
    case 'certificate':
      return 'certificate12';
    case 'certificate_request':
      return 'certificate_request12';
    case 'new_session_ticket':
      return 'new_session_ticket12';
    default:
      return name as InputName;
  }
}
