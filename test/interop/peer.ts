/**
 * What a peer of the matrix is: how it is told to connect or to serve, and what it says of a connection afterwards.
 *
 * @module
 */
import type { TestContext } from 'node:test';
import type { CipherSuiteName, GroupName, SignatureSchemeName } from '../../src/params/algorithms.ts';
import type { VersionName } from '../../src/params/registries.ts';
import type { CertificateKind, Column, Lacks } from './matrix.ts';
import type { OwnEnd } from './own-end.ts';

/** What the peer is told to do in one connection. Our side alone limits suite and group, unless `groups` says otherwise. */
export interface PeerTask {
  /** The versions that it may speak. */
  readonly versions: readonly VersionName[];
  /** TLS 1.2: whether it may use extended_master_secret (RFC 7627) and encrypt_then_mac (RFC 7366). */
  readonly extendedMainSecret: boolean;
  readonly encryptThenMac: boolean;
  /** A payload of 1 MiB comes after the others. */
  readonly long: boolean;
  /** A server's certificate. */
  readonly certificate: CertificateKind;
  /** A client's certificate; null: none. */
  readonly clientCertificate: CertificateKind | null;
  /** Whether a server asks for a client's certificate. */
  readonly clientAuth: 'none' | 'request' | 'require';
  readonly alpn: readonly string[];
  /** Whether a client sends server_name ("localhost"). */
  readonly sni: boolean;
  /** The only suites to use; null: the peer's defaults. Given where those lack the suite that our side insists on. */
  readonly suites: readonly CipherSuiteName[] | null;
  /** The only groups to use, most preferred first; null: the peer's defaults. */
  readonly groups: readonly GroupName[] | null;
  /** A server: answer with a HelloRetryRequest that carries a cookie. */
  readonly cookie: boolean;
  /** Update keys after the first payload, and ask the other side to do so too if the peer can. */
  readonly rekey: boolean;
  /** Bytes to send and hash instead of the payloads; 0: none. */
  readonly bulk: number;
  /** The handshake, or what follows at once, is expected to fail. */
  readonly refused: boolean;
}

/** What a peer says of one connection, in our names. What it does not say is undefined. */
export interface Report {
  readonly version?: string | undefined;
  readonly cipherSuite?: CipherSuiteName | undefined;
  readonly group?: GroupName | undefined;
  /** Of the server's CertificateVerify, or of its ServerKeyExchange. */
  readonly serverScheme?: SignatureSchemeName | undefined;
  /** Of the client's CertificateVerify; null: there was none. */
  readonly clientScheme?: SignatureSchemeName | null | undefined;
  readonly alpn?: string | null | undefined;
  readonly serverName?: string | null | undefined;
  readonly helloRetryRequest?: boolean | undefined;
  readonly extendedMainSecret?: boolean | undefined;
  readonly encryptThenMac?: boolean | undefined;
  /** Whether the client showed a certificate. */
  readonly clientCertificate?: boolean | undefined;
  /** KeyUpdate messages that the peer has taken. */
  readonly keyUpdates?: number | undefined;
  /** Hex, 32 bytes for EXPORTER_LABEL and an empty context. */
  readonly exported?: string | undefined;
  /** Alerts that the peer says to have received. */
  readonly alerts?: readonly string[] | undefined;
  /** Payload bytes that came back to a client as they were sent. */
  readonly echoed?: number | undefined;
  /** SHA-256 in hex of the bulk data sent and received. */
  readonly bulk?: { readonly sent?: string | undefined; readonly received: string } | undefined;
  /** How our side ended for the peer: true for close_notify. */
  readonly closed?: boolean | undefined;
}

export type Fact = keyof Report;

/** For each of these groups what to tell a client that sends a share for its first group alone: a retry is needed then. */
export function retriesFor(groups: readonly GroupName[]): Partial<Record<GroupName, readonly GroupName[]>> {
  return Object.fromEntries(groups.map((group) => [group, [group === 'x25519' ? 'secp256r1' : 'x25519', group]]));
}

export const EXPORTER_LABEL = 'EXPORTER-isotls-interop';

interface PeerSide {
  readonly lacks: Lacks;
  /** Facts that the peer must tell of a connection that is not refused. */
  tells(task: PeerTask): readonly Fact[];
  /** Whether the peer can be told which groups to use. */
  readonly choosesGroups: boolean;
  /** It has no encrypt_then_mac (RFC 7366). */
  readonly macThenEncrypt?: boolean | undefined;
  /** What this peer does in ways of its own: each fills a column. */
  readonly extras?: readonly Extra[] | undefined;
}

export interface Extra {
  readonly label: string;
  readonly proves: readonly Column[];
  run(t: TestContext): Promise<void>;
}

export interface PeerClient extends PeerSide {
  /** Groups that our server can force by HelloRetryRequest, with the list to give the peer (null: its defaults). */
  readonly retries: Partial<Readonly<Record<GroupName, readonly GroupName[] | null>>>;
  /** Connects, sends each payload and checks that it comes back, closes, and reports. */
  connect(t: TestContext, port: number, task: PeerTask): Promise<Report>;
  /**
   * Sends other shares after a HelloRetryRequest that did not ask for one, which RFC 9846 §4.2.2 forbids: our server refuses
   * that with illegal_parameter.
   */
  readonly redrawsShares?: boolean | undefined;
  /** Whether the peer closes first (the default), or our server once all payloads are back. */
  readonly closes?: 'first' | 'second' | undefined;
  /** What our server does with the data until they end. Default: it sends them back. */
  answer?(own: OwnEnd, between: () => void, task: PeerTask): Promise<void>;
}

export interface PeerServer extends PeerSide {
  /** Alerts that the peer sends when a client's certificate is required and missing. */
  readonly refusals: readonly string[];
  /** TLS 1.2: it takes its own most preferred group, whatever the client prefers. */
  readonly ownGroupOrder?: boolean | undefined;
  /** TLS 1.2: it takes no group that is weaker than both its cipher and its certificate. */
  readonly matchesStrength?: boolean | undefined;
  /** Serves one connection, sends back what comes, and reports. */
  serve(t: TestContext, task: PeerTask): Promise<Serving>;
}

export interface Serving {
  readonly host: string;
  readonly port: number;
  /** How our client exchanges the payloads. Default: it sends each and expects it back. */
  talk?(own: OwnEnd, payloads: readonly Uint8Array[], between: () => void): Promise<void>;
  /** Once the connection is over for the peer too. */
  readonly report: () => Promise<Report>;
}

export interface Peer {
  /** With its version. */
  readonly name: string;
  readonly client?: PeerClient | undefined;
  readonly server?: PeerServer | undefined;
  /** Whether the peer is to get lines of text in place of any bytes. */
  readonly text?: ((task: PeerTask) => boolean) | undefined;
}
