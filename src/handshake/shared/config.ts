/**
 * A connection's configuration as the handshake reads it (checked, complete, frozen), and the questions it leaves open.
 *
 * Types, but for one function; `connection/config.ts` makes the values, so that a state never meets an option that is missing or
 * out of range. Questions stand here too: one of them is answered with a config.
 *
 * @see RFC 9846 §4.2.1 (Cryptographic Negotiation)
 * @module
 */
import type { Credential, CredentialQuery } from '../../certs/credential.ts';
import type { RevocationPolicy } from '../../certs/revocation.ts';
import type { TrustStore } from '../../certs/trust-store.ts';
import type { Verdict } from '../../certs/verifier.ts';
import type { CryptoProvider, Random } from '../../crypto/provider.ts';
import type { TlsError } from '../../errors/errors.ts';
import type {
  CipherSuite12,
  CipherSuite13,
  CipherSuiteName,
  HashName,
  NamedGroup,
  SignatureScheme,
  SignatureSchemeName,
} from '../../params/algorithms.ts';
import type { VersionName } from '../../params/registries.ts';
import type { AntiReplay, EarlyDataClaim } from '../../sessions/anti-replay.ts';
import type { ServerSessionStore } from '../../sessions/server-store.ts';
import type { ExternalPsk, ServerSession } from '../../sessions/session.ts';
import type { TicketSealer } from '../../sessions/ticket-sealer.ts';
import type { Extension, NewSessionTicket13, OidFilter, PskIdentity } from '../../wire/messages.ts';

/** Bounds on what a peer may make this side hold or do. Bytes or counts. */
export interface Limits {
  /** Longest handshake message, in bytes, header not counted. */
  readonly handshakeMessage: number;
  /** Entries in one Certificate message. */
  readonly certificates: number;
  /** Consecutive records that carry nothing. */
  readonly emptyRecords: number;
  /** change_cipher_spec records in one handshake. */
  readonly changeCipherSpecs: number;
  /** user_canceled alerts in one connection. */
  readonly warningAlerts: number;
  /** KeyUpdates with no application data between them. */
  readonly keyUpdates: number;
  /** Identities in one pre_shared_key extension. */
  readonly pskIdentities: number;
  /** Tickets that a client takes from one connection; further ones are ignored. */
  readonly tickets: number;
  /** Bytes of early data that a server skips when it does not accept it. */
  readonly skippedEarlyData: number;
  /** Bytes of input held while a question is open. */
  readonly queuedInput: number;
}

/** A synchronous answer to a question. `null` in a config: ask by event instead. */
export type Deciders = {
  readonly [K in keyof Questions]?: ((ask: Questions[K]['ask']) => Questions[K]['reply'] | TlsError) | null;
};

/**
 * Test-only control over what the hellos look like, so that the RFC's own traces can be replayed byte for byte.
 * Not part of the public API.
 */
export interface HelloShape {
  /** The cipher_suites to write, where they are not those of the config. */
  readonly cipherSuites?: readonly number[];
  /** Rewrites the extension list of the first (0) or second (1) ClientHello, pre_shared_key excepted. */
  readonly clientHello?: (extensions: readonly Extension[], attempt: 0 | 1) => readonly Extension[];
  /** The cookie that `serverExtensions` has put into a HelloRetryRequest. */
  readonly cookie?: Uint8Array;
  /** The ticket that `issueTicket` sends. */
  readonly ticket?: Omit<NewSessionTicket13, 'type'>;
  /** Rewrites the server's extension list in the message named. */
  readonly serverExtensions?: (
    message: 'server_hello' | 'hello_retry_request' | 'encrypted_extensions' | 'certificate_request',
    extensions: readonly Extension[],
  ) => readonly Extension[];
}

/** What both roles have. */
export interface CommonConfig {
  readonly crypto: CryptoProvider;
  readonly random: Random;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly clock: () => number;
  readonly limits: Limits;
  /** The versions that this side speaks, newest first: those in range that have a suite. */
  readonly versions: readonly VersionName[];
  /** Of TLS 1.3, most preferred first, as all lists here. */
  readonly cipherSuites: readonly CipherSuite13[];
  /** Of TLS 1.2. */
  readonly cipherSuites12: readonly CipherSuite12[];
  /** RFC 5746 §4.1: a peer of TLS 1.2 that knows nothing of secure renegotiation is refused. */
  readonly requireSecureRenegotiation: boolean;
  readonly groups: readonly NamedGroup[];
  /** Schemes that this side accepts from its peer. */
  readonly signatureSchemes: readonly SignatureScheme[];
  /** For signature_algorithms_cert; null: the same as `signatureSchemes`, and the extension is not sent. */
  readonly certificateSchemes: readonly SignatureScheme[] | null;
  readonly alpn: readonly string[];
  readonly credentials: readonly Credential[];
  readonly trust: TrustStore | null;
  /** Null: revocation is not checked. */
  readonly revocation: RevocationPolicy | null;
  /** SHA-256 of the keys of which one must be in the peer's path; null: any will do. */
  readonly pins: readonly Uint8Array[] | null;
  readonly decide: Deciders;
  /** §4.3.9: PskKeyExchangeMode values that this side uses. */
  readonly pskModes: readonly number[];
  /** What `decide.verifyPeer` stands for in sessions; null: sessions are of this very config only. */
  readonly verificationName: string | null;
  readonly keyLog: boolean;
  /** Bytes of zero padding to add to a protected record with so many bytes of content (§5.4). */
  readonly padding: ((contentLength: number) => number) | null;
  /** Largest inner plaintext that this side takes, RFC 8449; null: a client does not offer, a server allows all. */
  readonly recordSizeLimit: number | null;
  /** Records one key may protect; null: the bound of its AEAD (§5.5). */
  readonly keyLimit: number | null;
  readonly observe: ((transition: Transition) => void) | null;
  readonly helloShape: HelloShape;
}

export interface ClientConfig extends CommonConfig {
  readonly role: 'client';
  /** Groups whose shares go into the first ClientHello; empty asks for a HelloRetryRequest. */
  readonly keyShares: readonly NamedGroup[];
  /** Appendix E.4: a non-empty legacy_session_id and a dummy change_cipher_spec. */
  readonly compatibilityMode: boolean;
  /** RFC 8701: values that no server may choose, where lists of code points are sent. */
  readonly grease: boolean;
  /** The order of the extensions differs from hello to hello, so that nobody comes to rely on one. */
  readonly permuteExtensions: boolean;
  /** RFC 7685: the length in bytes to which a ClientHello is padded; null: no padding. */
  readonly helloLength: number | null;
  /** RFC 6066 §4: 1 to 4 for 2^9 to 2^12 bytes; null: not asked for. */
  readonly maxFragmentLength: number | null;
  /** Ask for a stapled OCSP response, and for SCTs. */
  readonly requestStatus: boolean;
  readonly requestTimestamps: boolean;
  /** DER DistinguishedNames for certificate_authorities in ClientHello. */
  readonly authorities: readonly Uint8Array[];
}

export interface ServerConfig extends CommonConfig {
  readonly role: 'server';
  readonly clientAuth: 'none' | 'request' | 'require';
  /** Answer every first ClientHello with a HelloRetryRequest that carries a cookie. */
  readonly cookie: boolean;
  /** Server names this config serves; null: any, and clients without server_name too. */
  readonly serverNames: readonly string[] | null;
  /** Lets `write` work before the client's Finished (§4.5.3): the peer is not authenticated then, nor known to be live. */
  readonly allowEarlyServerData: boolean;
  /** Keys from elsewhere that clients may use. */
  readonly psks: readonly ExternalPsk[];
  /** Tickets sent after a full handshake of TLS 1.3, and after a resumption. */
  readonly tickets: number;
  readonly resumptionTickets: number;
  /** Whether clients of TLS 1.2 get tickets (RFC 5077). */
  readonly tickets12: boolean;
  /** Seconds that a ticket lasts. */
  readonly ticketLifetime: number;
  /** max_early_data_size of tickets in bytes; 0: no early data. */
  readonly earlyData: number;
  readonly ticketSealer: TicketSealer;
  /** Null: tickets hold their sessions themselves. */
  readonly sessionStore: ServerSessionStore | null;
  readonly antiReplay: AntiReplay;
  /** DER DistinguishedNames for certificate_authorities in CertificateRequest. */
  readonly clientAuthorities: readonly Uint8Array[];
  /** §4.3.5: what a client's certificate has to have. */
  readonly oidFilters: readonly OidFilter[];
}

/** One step of the state machine, for the observer: what the inspector shows. */
export interface Transition {
  readonly from: string;
  readonly input: string;
  readonly to: string;
  readonly effects: readonly { readonly do: string }[];
}

// ---------------------------------------------------------------- questions: decisions that may take their time

/** What a ClientHello offers, for choosing a server configuration. Code points unknown to this library included. */
export interface ClientHelloInfo {
  /** RFC 6066 §3, in lower case, without a trailing dot; null when absent. */
  readonly serverName: string | null;
  readonly alpn: readonly string[];
  readonly versions: readonly number[];
  readonly cipherSuites: readonly number[];
  readonly groups: readonly number[];
  readonly signatureSchemes: readonly number[];
  /** The whole handshake message with its header. */
  readonly raw: Uint8Array;
}

/** Who the peer says it is. Possession of the leaf's key is already proved. */
export interface PeerIdentity {
  readonly role: 'client' | 'server';
  /** DER, leaf first, as the peer sent them. Never empty. */
  readonly certificates: readonly Uint8Array[];
  /** The name to verify: the target of a client; null for a client's certificate. */
  readonly name: string | null;
  /** DER of a stapled OCSP response, or null. */
  readonly ocspResponse: Uint8Array | null;
  /** RFC 6962 §3.3: serialized SCTs from the TLS extension. */
  readonly signedCertificateTimestamps: readonly Uint8Array[];
}

/** A signature to make with a credential's private key. */
export interface SignInput {
  readonly credential: Credential;
  readonly scheme: SignatureSchemeName;
  readonly version: VersionName;
  /** The bytes to sign; the scheme's hash is part of signing them. */
  readonly content: Uint8Array;
}

/** TLS 1.2, RFC 5246 §7.4.7.1: a premaster secret that a client has encrypted to the key of a certificate. */
export interface EncryptedSecret {
  readonly credential: Credential;
  /** The ciphertext, of the key's length or not. */
  readonly ciphertext: Uint8Array;
  /** Bytes of the modulus. */
  readonly modulusLength: number;
}

/**
 * `raw`: the result of the private operation, as long as the modulus, whose padding nobody has looked at. `preliminary`: what
 * was found in it. Null, and whatever is not one of the two in the right length, stands for a secret that nobody knows: there is
 * no refusal here, since a client that could tell would have an oracle. The array is overwritten once it has been used.
 */
export type DecryptedSecret = { readonly raw: Uint8Array } | { readonly preliminary: Uint8Array } | null;

/** The pre-shared keys that a client offers, or its session of TLS 1.2. */
export interface SessionQuery {
  readonly version: VersionName;
  /** §4.3.11, in the client's order; no binder is verified yet. TLS 1.2: one, a ticket or a session ID. */
  readonly identities: readonly PskIdentity[];
  readonly serverName: string | null;
  /** The suites that both sides have: a PSK of another hash is of no use, in TLS 1.2 a session of another suite. */
  readonly cipherSuites: readonly { readonly name: CipherSuiteName; readonly hash: HashName }[];
  readonly now: number;
}

/** The PSK to use, and which of the identities it belongs to. A look-up: nothing is removed before the binder is verified. */
export interface OpenedSession {
  readonly index: number;
  readonly psk: ServerSession | ExternalPsk;
}

export interface Questions {
  chooseConfig: { ask: ClientHelloInfo; reply: ServerConfig };
  chooseCredential: { ask: CredentialQuery; reply: Credential | null };
  verifyPeer: { ask: PeerIdentity; reply: Verdict };
  sign: { ask: SignInput; reply: Uint8Array };
  decryptPreliminarySecret: { ask: EncryptedSecret; reply: DecryptedSecret };
  openSession: { ask: SessionQuery; reply: OpenedSession | null };
  admitEarlyData: { ask: EarlyDataClaim; reply: boolean };
}

export type QuestionKind = keyof Questions;

/** RFC 6066 §3: names are compared without case, and written without a trailing dot. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
