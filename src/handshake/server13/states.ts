/**
 * TLS 1.3 server: its table, its states, and the data that each may use.
 *
 * @see RFC 9846 Appendix A.2 (server states)
 * @module
 */
import type { Credential } from '../../certs/credential.ts';
import type { Verdict } from '../../certs/verifier.ts';
import type { PublicKey } from '../../crypto/provider.ts';
import type { Transcript } from '../../keys/transcript.ts';
import type { CipherSuite13, NamedGroup, SignatureScheme, SignatureSchemeName } from '../../params/algorithms.ts';
import type { ExternalPsk, ServerSession } from '../../sessions/session.ts';
import type { Received } from '../../wire/message.ts';
import type { ClientHello, ClientHelloExtensions } from '../../wire/messages.ts';
import type { FinishedChecked, KeyPossession } from '../shared/authenticate.ts';
import type { PeerIdentity, ServerConfig } from '../shared/config.ts';
import type { ConnectionInfo } from '../shared/info.ts';
import type { StateHandlers, TableOf } from '../shared/machine.ts';
import type { PskAccepted } from '../shared/psk.ts';
import type { Traffic } from '../shared/traffic.ts';

export const table = {
  OPENING_SESSION: {
    'answer:openSession': ['WAIT_SECOND_CH', 'CHOOSING_CREDENTIAL', 'ADMITTING_EARLY_DATA', 'WAIT_FINISHED'],
  },
  ADMITTING_EARLY_DATA: { 'answer:admitEarlyData': ['WAIT_EOED', 'WAIT_FINISHED'] },
  WAIT_SECOND_CH: { client_hello: ['OPENING_SESSION', 'CHOOSING_CREDENTIAL'] },
  CHOOSING_CREDENTIAL: { 'answer:chooseCredential': ['SIGNING'] },
  SIGNING: { 'answer:sign': ['WAIT_CERT', 'WAIT_FINISHED'] },
  WAIT_EOED: { end_of_early_data: ['WAIT_FINISHED'] },
  WAIT_CERT: { certificate: ['WAIT_CV', 'WAIT_FINISHED'] },
  WAIT_CV: { certificate_verify: ['VERIFYING_PEER'] },
  VERIFYING_PEER: { 'answer:verifyPeer': ['WAIT_FINISHED'] },
  WAIT_FINISHED: { finished: ['CONNECTED'] },
  CONNECTED: {
    key_update: ['CONNECTED'],
    'update-keys': ['CONNECTED'],
    'key-limit': ['CONNECTED'],
    'receive-ended': ['CONNECTED'],
    'issue-ticket': ['CONNECTED'],
  },
} as const satisfies TableOf<State>;

/** A ClientHello with its extensions read. */
export interface ReceivedHello {
  readonly message: Received<ClientHello>;
  readonly extensions: ClientHelloExtensions;
}

/** A HelloRetryRequest has been sent. */
export interface Retried {
  readonly config: ServerConfig;
  readonly first: ReceivedHello;
  readonly suite: CipherSuite13;
  readonly group: NamedGroup;
  readonly alpn: string | null;
  /** True when a share for the group was asked for. */
  readonly shareAsked: boolean;
  readonly cookie: Uint8Array | null;
  /** message_hash and HelloRetryRequest. */
  readonly transcript: Transcript;
}

/** A ClientHello that can be answered: suite and application protocol are settled. */
export interface Answerable {
  readonly config: ServerConfig;
  readonly hello: ReceivedHello;
  readonly suite: CipherSuite13;
  readonly alpn: string | null;
  /** RFC 6066 §3, canonical form. */
  readonly serverName: string | null;
  /** What precedes this hello: nothing, or message_hash and HelloRetryRequest. */
  readonly before: Transcript;
  /** Null for the first hello. */
  readonly retried: Retried | null;
}

/** How the keys are agreed. `share`: the client's; null when a PSK alone does it (psk_ke). */
export interface KeyAgreement {
  readonly group: NamedGroup;
  readonly share: Uint8Array;
}

/** Everything is settled but the certificate; nothing is sent yet. */
export interface Negotiated extends Answerable {
  readonly agreement: KeyAgreement | null;
  /** Through the ClientHello. */
  readonly transcript: Transcript;
}

export type ServerPsk = PskAccepted<ServerSession | ExternalPsk>;

/** The server's flight, as far as it is made. */
export interface Flight {
  readonly serverHello: Uint8Array;
  /** What follows ServerHello so far. */
  readonly messages: readonly Uint8Array[];
  /** Through the last of them. */
  readonly transcript: Transcript;
  readonly secrets: { readonly handshake: Uint8Array; readonly client: Uint8Array; readonly server: Uint8Array };
}

/** The certificate to show, and the scheme to sign with. */
export interface OwnAuthentication {
  readonly credential: Credential;
  readonly scheme: SignatureScheme;
}

/** The server's flight is sent. */
export interface FlightSent {
  readonly config: ServerConfig;
  readonly suite: CipherSuite13;
  readonly info: ConnectionInfo;
  readonly transcript: Transcript;
  /** The client's handshake traffic secret, and the application's. */
  readonly secrets: {
    readonly client: Uint8Array;
    readonly clientApplication: Uint8Array;
    readonly serverApplication: Uint8Array;
    readonly exporter: Uint8Array;
    readonly main: Uint8Array;
  };
  /** What every ticket of this connection stands for, but for the client's certificate. */
  readonly resumable: Resumable;
  /** §4.3.9: PSK modes of the client; a ticket is for one of them. */
  readonly pskModes: readonly number[];
}

export type Resumable = Pick<
  ServerSession,
  'cipherSuite' | 'alpn' | 'serverName' | 'policy' | 'authenticatedAt' | 'peerCertificates' | 'peerExpires'
>;

export interface PeerPresented extends FlightSent {
  readonly peer: PeerIdentity;
  readonly peerKey: PublicKey;
}

/** Who the client is: nobody, the holder of a PSK, or of an accepted certificate. */
export type ClientAuthentication =
  | { readonly by: 'nothing' }
  | { readonly by: 'psk'; readonly accepted: ServerPsk }
  | {
      readonly by: 'certificate';
      readonly peer: PeerIdentity;
      readonly scheme: SignatureSchemeName;
      readonly possession: KeyPossession;
      readonly verdict: Verdict;
    };

export type State =
  | { readonly kind: 'WAIT_SECOND_CH'; readonly retried: Retried }
  | { readonly kind: 'CHOOSING_CREDENTIAL'; readonly hs: Negotiated }
  | { readonly kind: 'OPENING_SESSION'; readonly hs: Answerable }
  | {
      readonly kind: 'ADMITTING_EARLY_DATA';
      readonly hs: Negotiated;
      readonly accepted: ServerPsk;
      readonly maxEarlyData: number;
    }
  | { readonly kind: 'SIGNING'; readonly hs: Negotiated; readonly flight: Flight; readonly own: OwnAuthentication }
  | { readonly kind: 'WAIT_EOED'; readonly hs: FlightSent; readonly client: ClientAuthentication }
  | { readonly kind: 'WAIT_CERT'; readonly hs: FlightSent }
  | { readonly kind: 'WAIT_CV'; readonly hs: PeerPresented }
  | { readonly kind: 'VERIFYING_PEER'; readonly hs: PeerPresented; readonly possession: KeyPossession }
  | { readonly kind: 'WAIT_FINISHED'; readonly hs: FlightSent; readonly client: ClientAuthentication }
  | {
      readonly kind: 'CONNECTED';
      readonly info: ConnectionInfo;
      readonly traffic: Traffic;
      readonly client: ClientAuthentication;
      readonly finished: FinishedChecked;
      readonly config: ServerConfig;
      readonly resumable: Resumable;
      /** Tickets sent so far; each has a nonce of its own. */
      readonly tickets: number;
    };

export type Handlers<K extends keyof typeof table> = StateHandlers<State, typeof table, K>;
