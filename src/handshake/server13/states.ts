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
import type { ClientHello, ClientHelloExtensions } from '../../wire/messages.ts';
import type { FinishedChecked, KeyPossession } from '../shared/authenticate.ts';
import type { PeerIdentity, ServerConfig } from '../shared/config.ts';
import type { ConnectionInfo } from '../shared/info.ts';
import type { StateHandlers, TableOf } from '../shared/machine.ts';
import type { Traffic } from '../shared/traffic.ts';

export const table = {
  WAIT_SECOND_CH: { client_hello: ['CHOOSING_CREDENTIAL'] },
  CHOOSING_CREDENTIAL: { 'answer:chooseCredential': ['SIGNING'] },
  SIGNING: { 'answer:sign': ['WAIT_CERT', 'WAIT_FINISHED'] },
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
  readonly message: ClientHello;
  readonly extensions: ClientHelloExtensions;
}

/** A HelloRetryRequest has been sent. */
export interface Retried {
  readonly config: ServerConfig;
  readonly first: ReceivedHello;
  readonly suite: CipherSuite13;
  readonly group: NamedGroup;
  /** True when a share for the group was asked for. */
  readonly shareAsked: boolean;
  readonly cookie: Uint8Array | null;
  /** message_hash and HelloRetryRequest. */
  readonly transcript: Transcript;
}

/** Suite, group and application protocol are settled; nothing is sent yet. */
export interface Negotiated {
  readonly config: ServerConfig;
  readonly hello: ReceivedHello;
  readonly suite: CipherSuite13;
  readonly group: NamedGroup;
  readonly clientShare: Uint8Array;
  readonly alpn: string | null;
  /** RFC 6066 §3, canonical form. */
  readonly serverName: string | null;
  readonly transcript: Transcript;
  readonly helloRetryRequest: boolean;
  /** §4.4.2: what the client's certificate message may answer; null when none is asked for. */
  readonly schemesAsked: readonly SignatureScheme[] | null;
}

/** The server's flight, made and waiting for its signature. */
export interface Flight {
  readonly serverHello: Uint8Array;
  /** EncryptedExtensions, CertificateRequest if any, Certificate. */
  readonly messages: readonly Uint8Array[];
  readonly credential: Credential;
  readonly scheme: SignatureScheme;
  readonly secrets: { readonly handshake: Uint8Array; readonly client: Uint8Array; readonly server: Uint8Array };
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
}

export interface PeerPresented extends FlightSent {
  readonly peer: PeerIdentity;
  readonly peerKey: PublicKey;
}

/** Who the client is: nobody, or the holder of an accepted certificate. */
export type ClientAuthentication =
  | { readonly by: 'nothing' }
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
  | { readonly kind: 'SIGNING'; readonly hs: Negotiated; readonly flight: Flight }
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
    };

export type Handlers<K extends keyof typeof table> = StateHandlers<State, typeof table, K>;
