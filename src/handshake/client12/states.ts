/**
 * TLS 1.2 client: its table, its states, and the data that each may use.
 *
 * A HelloRequest may come at any time. It is ignored until the handshake is over, and refused with a warning then.
 *
 * @see RFC 5246 §7.3 (Handshake Protocol Overview), §7.4.1.1 (Hello Request); RFC 5077 §3.1; RFC 6066 §8
 * @module
 */
import type { Credential } from '../../certs/credential.ts';
import type { Verdict } from '../../certs/verifier.ts';
import type { PublicKey } from '../../crypto/provider.ts';
import type { Exporter12 } from '../../keys/exporter.ts';
import type { Transcript } from '../../keys/transcript.ts';
import type { NamedGroup, SignatureScheme } from '../../params/algorithms.ts';
import type { ClientSession } from '../../sessions/session.ts';
import type { Agreement12, Hellos12 } from '../shared/agreement12.ts';
import type { FinishedChecked, KeyPossession } from '../shared/authenticate.ts';
import type { ClientTarget } from '../shared/client-hello.ts';
import type { ClientConfig, PeerIdentity } from '../shared/config.ts';
import type { ConnectionInfo } from '../shared/info.ts';
import type { StateHandlers, TableOf } from '../shared/machine.ts';

export const table = {
  WAIT_CERT_12: {
    hello_request: ['WAIT_CERT_12'],
    certificate12: ['WAIT_STATUS_SKE_12', 'WAIT_SKE_12', 'WAIT_STATUS_CR_12', 'WAIT_CR_12'],
  },
  WAIT_STATUS_SKE_12: {
    hello_request: ['WAIT_STATUS_SKE_12'],
    certificate_status: ['WAIT_SKE_12'],
    server_key_exchange: ['WAIT_CR_12'],
  },
  WAIT_SKE_12: { hello_request: ['WAIT_SKE_12'], server_key_exchange: ['WAIT_CR_12'] },
  WAIT_STATUS_CR_12: {
    hello_request: ['WAIT_STATUS_CR_12'],
    certificate_status: ['WAIT_CR_12'],
    certificate_request12: ['WAIT_SHD_12'],
    server_hello_done: ['VERIFYING_PEER_12'],
  },
  WAIT_CR_12: {
    hello_request: ['WAIT_CR_12'],
    certificate_request12: ['WAIT_SHD_12'],
    server_hello_done: ['VERIFYING_PEER_12'],
  },
  WAIT_SHD_12: { hello_request: ['WAIT_SHD_12'], server_hello_done: ['VERIFYING_PEER_12'] },
  VERIFYING_PEER_12: { 'answer:verifyPeer': ['CHOOSING_CREDENTIAL_12', 'WAIT_TICKET_12', 'WAIT_CCS_12'] },
  CHOOSING_CREDENTIAL_12: { 'answer:chooseCredential': ['SIGNING_12', 'WAIT_TICKET_12', 'WAIT_CCS_12'] },
  SIGNING_12: { 'answer:sign': ['WAIT_TICKET_12', 'WAIT_CCS_12'] },
  WAIT_TICKET_12: { hello_request: ['WAIT_TICKET_12'], new_session_ticket12: ['WAIT_CCS_12'] },
  WAIT_CCS_12: { hello_request: ['WAIT_CCS_12'], change_cipher_spec: ['WAIT_FINISHED_12'] },
  WAIT_FINISHED_12: { hello_request: ['WAIT_FINISHED_12'], finished: ['CONNECTED_12'] },
  CONNECTED_12: { hello_request: ['CONNECTED_12'] },
} as const satisfies TableOf<State>;

/** What ServerHello settles. */
export interface Negotiated extends Hellos12 {
  readonly config: ClientConfig;
  readonly target: ClientTarget;
  /** Never bound: CertificateVerify signs the messages themselves. */
  readonly transcript: Transcript;
  /** The ID of the session to come, or of the one resumed; empty: none. */
  readonly sessionId: Uint8Array;
  readonly alpn: string | null;
  /** RFC 5077 §3.2: NewSessionTicket will come. */
  readonly ticketDue: boolean;
  /** RFC 6066 §8: CertificateStatus may come. */
  readonly statusDue: boolean;
  /** RFC 6962 §3.3.1: serialized SCTs of the ServerHello. */
  readonly timestamps: readonly Uint8Array[];
}

export interface PeerPresented extends Negotiated {
  readonly peer: PeerIdentity;
  readonly peerKey: PublicKey;
}

/** What this side encrypts to or agrees with. */
export type ServerKey =
  | { readonly by: 'rsa' }
  | {
      readonly by: 'ecdhe';
      readonly group: NamedGroup;
      readonly point: Uint8Array;
      /** The parameters are signed with the key of the certificate. */
      readonly possession: KeyPossession;
    };

export interface Keyed extends PeerPresented {
  readonly serverKey: ServerKey;
}

/** What the server's CertificateRequest asks for. */
export interface RequestedCertificate {
  /** ClientCertificateType, RFC 5246 §7.4.4. */
  readonly types: readonly number[];
  readonly schemes: readonly number[];
  readonly authorities: readonly Uint8Array[];
}

/** The server's flight is complete. */
export interface Asked extends Keyed {
  readonly request: RequestedCertificate | null;
}

export interface PeerVerified extends Asked {
  readonly verdict: Verdict;
}

export interface OwnAuthentication {
  readonly credential: Credential;
  readonly scheme: SignatureScheme;
}

/** This side's part of the secrets is done; what is left is what the server sends under its new keys. */
export interface Agreed {
  readonly config: ClientConfig;
  readonly agreement: Agreement12;
  readonly transcript: Transcript;
  readonly info: ConnectionInfo;
  /** What a session of this connection stands for. */
  readonly resumable: Resumable;
  /** RFC 5246 §7.3: with `resumed` the server finishes first, and this side's Finished is still to be sent. */
  readonly order: { readonly kind: 'full'; readonly ownFinished: Uint8Array } | { readonly kind: 'resumed' };
  /** The newest ticket; null: none came. Lifetime in seconds. */
  readonly ticket: { readonly bytes: Uint8Array; readonly lifetime: number; readonly receivedAt: number } | null;
  readonly sessionId: Uint8Array;
}

/** What a session of this connection has, but for its ticket. */
export type Resumable = Omit<ClientSession, 'ticket' | 'lifetime' | 'receivedAt'>;

export type State =
  | { readonly kind: 'WAIT_CERT_12'; readonly hs: Negotiated }
  | { readonly kind: 'WAIT_STATUS_SKE_12'; readonly hs: PeerPresented }
  | { readonly kind: 'WAIT_SKE_12'; readonly hs: PeerPresented }
  | { readonly kind: 'WAIT_STATUS_CR_12'; readonly hs: Keyed }
  | { readonly kind: 'WAIT_CR_12'; readonly hs: Keyed }
  | { readonly kind: 'WAIT_SHD_12'; readonly hs: Asked }
  | { readonly kind: 'VERIFYING_PEER_12'; readonly hs: Asked }
  | { readonly kind: 'CHOOSING_CREDENTIAL_12'; readonly hs: PeerVerified; readonly request: RequestedCertificate }
  | {
      readonly kind: 'SIGNING_12';
      readonly hs: PeerVerified;
      readonly own: OwnAuthentication;
      readonly agreement: Agreement12;
      /** Certificate and ClientKeyExchange, which go out with their CertificateVerify. */
      readonly messages: readonly Uint8Array[];
    }
  | { readonly kind: 'WAIT_TICKET_12'; readonly hs: Agreed }
  | { readonly kind: 'WAIT_CCS_12'; readonly hs: Agreed }
  | { readonly kind: 'WAIT_FINISHED_12'; readonly hs: Agreed }
  | {
      readonly kind: 'CONNECTED_12';
      readonly info: ConnectionInfo;
      readonly exporter: Exporter12;
      readonly finished: FinishedChecked;
      readonly sessionId: Uint8Array;
    };

/** The handlers of one row. */
export type Handlers<K extends keyof typeof table> = StateHandlers<State, typeof table, K>;
