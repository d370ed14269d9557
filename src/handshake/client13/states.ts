/**
 * TLS 1.3 client: its table, its states, and the data that each may use.
 *
 * The data types grow with the handshake and have no optional fields: `peerKey` exists only from Certificate on.
 *
 * @see RFC 9846 Appendix A.1 (client states)
 * @module
 */

import type { Credential } from '../../certs/credential.ts';
import type { Verdict } from '../../certs/verifier.ts';
import type { PublicKey } from '../../crypto/provider.ts';
import type { Transcript } from '../../keys/transcript.ts';
import type { CipherSuite13, NamedGroup, SignatureScheme } from '../../params/algorithms.ts';
import type { ClientSession, ExternalPsk } from '../../sessions/session.ts';
import type { OidFilter } from '../../wire/messages.ts';
import type { FinishedChecked, KeyPossession } from '../shared/authenticate.ts';
import type { ClientTarget } from '../shared/client-hello.ts';
import type { ClientConfig, PeerIdentity } from '../shared/config.ts';
import type { ConnectionInfo } from '../shared/info.ts';
import type { StateHandlers, TableOf } from '../shared/machine.ts';
import type { Traffic } from '../shared/traffic.ts';

export const table = {
  WAIT_EE: { encrypted_extensions: ['WAIT_CERT_CR', 'WAIT_FINISHED'] },
  WAIT_CERT_CR: { certificate_request: ['WAIT_CERT'], certificate: ['WAIT_CV'] },
  WAIT_CERT: { certificate: ['WAIT_CV'] },
  WAIT_CV: { certificate_verify: ['VERIFYING_PEER'] },
  VERIFYING_PEER: { 'answer:verifyPeer': ['WAIT_FINISHED'] },
  WAIT_FINISHED: { finished: ['CHOOSING_CREDENTIAL', 'CONNECTED'] },
  CHOOSING_CREDENTIAL: { 'answer:chooseCredential': ['SIGNING', 'CONNECTED'] },
  SIGNING: { 'answer:sign': ['CONNECTED'] },
  CONNECTED: {
    new_session_ticket: ['CONNECTED'],
    key_update: ['CONNECTED'],
    'update-keys': ['CONNECTED'],
    'key-limit': ['CONNECTED'],
    'receive-ended': ['CONNECTED'],
  },
} as const satisfies TableOf<State>;

export interface SelectedPsk {
  readonly psk: ClientSession | ExternalPsk;
  readonly index: number;
}

export interface Negotiated {
  readonly config: ClientConfig;
  readonly target: ClientTarget;
  readonly suite: CipherSuite13;
  /** Null when the keys come from the PSK alone. */
  readonly group: NamedGroup | null;
  /** The PSK that the server selected; null: it authenticates with a certificate. */
  readonly psk: SelectedPsk | null;
  /** The session under which early data was offered; null: none was. */
  readonly earlyData: ClientSession | null;
  readonly clientRandom: Uint8Array;
  /** Types of the extensions in the last ClientHello. */
  readonly offered: ReadonlySet<number>;
  readonly transcript: Transcript;
  readonly helloRetryRequest: boolean;
  /** Appendix E.4: one dummy change_cipher_spec is still to be sent. */
  readonly changeCipherSpecDue: boolean;
  readonly secrets: { readonly handshake: Uint8Array; readonly client: Uint8Array; readonly server: Uint8Array };
}

export interface Parameters extends Negotiated {
  readonly alpn: string | null;
  readonly earlyDataAccepted: boolean;
}

/** What the server's CertificateRequest asks for. */
export interface RequestedCertificate {
  readonly context: Uint8Array;
  readonly schemes: readonly number[];
  readonly schemesCert: readonly number[];
  readonly authorities: readonly Uint8Array[];
  readonly oidFilters: readonly OidFilter[];
  readonly statusRequested: boolean;
  readonly timestampsRequested: boolean;
}

export interface AuthenticationAsked extends Parameters {
  /** Null when the server wants no certificate. */
  readonly request: RequestedCertificate | null;
}

export interface PeerPresented extends AuthenticationAsked {
  readonly peer: PeerIdentity;
  readonly peerKey: PublicKey;
}

/** Why the server is who it says: a certificate, or a key that only it shares. */
export type Authentication =
  | {
      readonly by: 'certificate';
      readonly peer: PeerIdentity;
      readonly possession: KeyPossession;
      readonly verdict: Verdict;
    }
  | { readonly by: 'psk'; readonly selected: SelectedPsk };

export interface PeerAuthenticated extends AuthenticationAsked {
  readonly authentication: Authentication;
}

/** The server's flight is complete; what is left is this side's own. */
export interface ServerFinished extends PeerAuthenticated {
  readonly finished: FinishedChecked;
  readonly application: {
    readonly main: Uint8Array;
    readonly client: Uint8Array;
    readonly server: Uint8Array;
    readonly exporter: Uint8Array;
  };
}

/** What every session of this connection has in common. */
export type Resumable = Pick<
  ClientSession,
  'name' | 'serverName' | 'alpn' | 'policy' | 'authenticatedAt' | 'peerCertificates' | 'peerExpires' | 'cipherSuite'
>;

export interface OwnAuthentication {
  readonly credential: Credential;
  readonly scheme: SignatureScheme;
  /** The Certificate message, which is sent together with its CertificateVerify. */
  readonly certificate: Uint8Array;
}

export type State =
  | { readonly kind: 'WAIT_EE'; readonly hs: Negotiated }
  | { readonly kind: 'WAIT_CERT_CR'; readonly hs: Parameters }
  | { readonly kind: 'WAIT_CERT'; readonly hs: AuthenticationAsked }
  | { readonly kind: 'WAIT_CV'; readonly hs: PeerPresented }
  | { readonly kind: 'VERIFYING_PEER'; readonly hs: PeerPresented; readonly possession: KeyPossession }
  | { readonly kind: 'WAIT_FINISHED'; readonly hs: PeerAuthenticated }
  | { readonly kind: 'CHOOSING_CREDENTIAL'; readonly hs: ServerFinished; readonly request: RequestedCertificate }
  | { readonly kind: 'SIGNING'; readonly hs: ServerFinished; readonly own: OwnAuthentication }
  | {
      readonly kind: 'CONNECTED';
      readonly info: ConnectionInfo;
      readonly traffic: Traffic;
      readonly authentication: Authentication;
      readonly finished: FinishedChecked;
      readonly resumable: Resumable;
      /** Tickets taken so far. */
      readonly tickets: number;
    };

/** The handlers of one row. */
export type Handlers<K extends keyof typeof table> = StateHandlers<State, typeof table, K>;
