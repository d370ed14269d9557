/**
 * TLS 1.2 server: its table, its states, and the data that each may use.
 *
 * @see RFC 5246 §7.3 (Handshake Protocol Overview); RFC 5077 §3.1
 * @module
 */
import type { Credential } from '../../certs/credential.ts';
import type { Verdict } from '../../certs/verifier.ts';
import type { EphemeralKey, PublicKey } from '../../crypto/provider.ts';
import type { Exporter12 } from '../../keys/exporter.ts';
import type { Transcript } from '../../keys/transcript.ts';
import type { CipherSuite12, NamedGroup, SignatureScheme } from '../../params/algorithms.ts';
import type { ServerSession } from '../../sessions/session.ts';
import type { Received } from '../../wire/message.ts';
import type { ClientHello, ClientHelloExtensions } from '../../wire/messages.ts';
import type { Agreement12, Hellos12 } from '../shared/agreement12.ts';
import type { FinishedChecked, KeyPossession } from '../shared/authenticate.ts';
import type { PeerIdentity, ServerConfig } from '../shared/config.ts';
import type { ConnectionInfo } from '../shared/info.ts';
import type { StateHandlers, TableOf } from '../shared/machine.ts';

export const table = {
  OPENING_SESSION_12: { 'answer:openSession': ['CHOOSING_CREDENTIAL_12', 'WAIT_CCS_12'] },
  CHOOSING_CREDENTIAL_12: { 'answer:chooseCredential': ['SIGNING_12', 'WAIT_CERT_12', 'WAIT_CKE_12'] },
  SIGNING_12: { 'answer:sign': ['WAIT_CERT_12', 'WAIT_CKE_12'] },
  WAIT_CERT_12: { certificate12: ['WAIT_CKE_12'] },
  WAIT_CKE_12: { client_key_exchange: ['DECRYPTING_12', 'WAIT_CV_12', 'WAIT_CCS_12'] },
  DECRYPTING_12: { 'answer:decryptPreliminarySecret': ['WAIT_CV_12', 'WAIT_CCS_12'] },
  WAIT_CV_12: { certificate_verify: ['VERIFYING_PEER_12'] },
  VERIFYING_PEER_12: { 'answer:verifyPeer': ['WAIT_CCS_12'] },
  WAIT_CCS_12: { change_cipher_spec: ['WAIT_FINISHED_12'] },
  WAIT_FINISHED_12: { finished: ['CONNECTED_12'] },
  CONNECTED_12: { client_hello: ['CONNECTED_12'] },
} as const satisfies TableOf<State>;

/** A ClientHello with its extensions read. */
export interface ReceivedHello {
  readonly message: Received<ClientHello>;
  readonly extensions: ClientHelloExtensions;
}

/** A ClientHello that can be answered. */
export interface Answerable {
  readonly config: ServerConfig;
  readonly hello: ReceivedHello;
  /** What both sides have and could use, best first. */
  readonly suites: readonly CipherSuite12[];
  /** For ECDHE; null where there is none in common. */
  readonly group: NamedGroup | null;
  /** Schemes of the client, or what stands for them. */
  readonly schemes: readonly number[];
  readonly alpn: string | null;
  /** RFC 6066 §3, canonical form. */
  readonly serverName: string | null;
  /** RFC 5746 §3.6: renegotiation_info is answered. */
  readonly secureRenegotiation: boolean;
}

/** What this side has made for the client to answer. */
export type OwnKey =
  | { readonly by: 'rsa' }
  | { readonly by: 'ecdhe'; readonly group: NamedGroup; readonly key: EphemeralKey };

/** Suite and certificate are settled; the flight is made but for its signature. */
export interface Negotiated extends Answerable, Hellos12 {
  readonly credential: Credential;
  readonly ownKey: OwnKey;
  /** The scheme that signs ServerKeyExchange; null with static RSA. */
  readonly scheme: SignatureScheme | null;
  /** RFC 5077 §3.2: a ticket goes out with this side's Finished. */
  readonly ticketDue: boolean;
  /** The ID of the session to come; empty: it has none. */
  readonly sessionId: Uint8Array;
}

/** The flight is sent. */
export interface FlightSent extends Negotiated {
  /** Not bound: CertificateVerify signs the messages themselves. */
  readonly transcript: Transcript;
}

export interface ClientPresented extends FlightSent {
  /** Null: it was not asked for a certificate, or has shown none. */
  readonly presented: { readonly peer: PeerIdentity; readonly key: PublicKey } | null;
}

export interface PeerPresented extends FlightSent {
  readonly presented: { readonly peer: PeerIdentity; readonly key: PublicKey };
}

/** Who the client is. */
export type ClientAuthentication =
  | { readonly by: 'nothing' }
  | { readonly by: 'session' }
  | {
      readonly by: 'certificate';
      readonly peer: PeerIdentity;
      readonly possession: KeyPossession;
      readonly verdict: Verdict;
    };

/** The master secret is there; what is left is Finished. */
export interface Agreed {
  readonly config: ServerConfig;
  readonly agreement: Agreement12;
  readonly transcript: Transcript;
  readonly info: ConnectionInfo;
  readonly client: ClientAuthentication;
  /** What a session of this connection stands for. */
  readonly resumable: ServerSession;
  /** RFC 5246 §7.3: with `resumed` this side has finished already. */
  readonly order: { readonly kind: 'full' } | { readonly kind: 'resumed'; readonly ownFinished: Uint8Array };
  readonly ticketDue: boolean;
  readonly sessionId: Uint8Array;
}

export type State =
  | { readonly kind: 'OPENING_SESSION_12'; readonly hs: Answerable }
  | { readonly kind: 'CHOOSING_CREDENTIAL_12'; readonly hs: Answerable }
  | {
      readonly kind: 'SIGNING_12';
      readonly hs: Negotiated;
      readonly scheme: SignatureScheme;
      /** ServerECDHParams, which the signature follows. */
      readonly params: Uint8Array;
    }
  | { readonly kind: 'WAIT_CERT_12'; readonly hs: FlightSent }
  | { readonly kind: 'WAIT_CKE_12'; readonly hs: ClientPresented }
  | {
      readonly kind: 'DECRYPTING_12';
      readonly hs: ClientPresented;
      /** RFC 5246 §7.4.7.1: drawn before anybody looks at the ciphertext, 48 bytes. */
      readonly replacement: Uint8Array;
      readonly modulusLength: number;
    }
  | { readonly kind: 'WAIT_CV_12'; readonly hs: PeerPresented; readonly agreement: Agreement12 }
  | {
      readonly kind: 'VERIFYING_PEER_12';
      readonly hs: PeerPresented;
      readonly agreement: Agreement12;
      readonly possession: KeyPossession;
    }
  | { readonly kind: 'WAIT_CCS_12'; readonly hs: Agreed }
  | { readonly kind: 'WAIT_FINISHED_12'; readonly hs: Agreed }
  | {
      readonly kind: 'CONNECTED_12';
      readonly info: ConnectionInfo;
      readonly exporter: Exporter12;
      readonly client: ClientAuthentication;
      readonly finished: FinishedChecked;
      readonly sessionId: Uint8Array;
    };

/** The handlers of one row. */
export type Handlers<K extends keyof typeof table> = StateHandlers<State, typeof table, K>;
