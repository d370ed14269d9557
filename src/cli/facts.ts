/**
 * What is worth knowing of a connection, as words for people and as data for programs.
 *
 * @module
 */
import { decodeCertificate } from '../certs/certificate.ts';
import type { TlsConnection } from '../connection/events.ts';

type ConnectionInfo = NonNullable<TlsConnection['info']>;

/** The names are those of the JSON output; null: there is none. */
export interface Facts {
  readonly version: string;
  readonly cipherSuite: string;
  readonly group: string;
  /** What the peer signed with; null: it showed no certificate. */
  readonly peerScheme: string | null;
  readonly ownScheme: string | null;
  readonly alpn: string | null;
  readonly serverName: string | null;
  readonly peerSubject: string | null;
  readonly peerIssuer: string | null;
  readonly peerCertificates: number;
  /** The anchor of the peer's path, or why it was accepted without one. */
  readonly verifiedBy: string | null;
  readonly helloRetryRequest: boolean;
  /** What stood in for a certificate: a session, an external key, or null. */
  readonly psk: 'session' | 'external' | null;
  readonly resumed: boolean;
  readonly earlyDataAccepted: boolean;
  readonly clientRandom: string;
}

export function factsOf(info: ConnectionInfo): Facts {
  const [leaf] = info.peerCertificates;
  const certificate = leaf === undefined ? null : decodeCertificate(leaf);
  return {
    version: info.version,
    cipherSuite: info.cipherSuite,
    group: info.group ?? 'none',
    peerScheme: info.signatureScheme,
    ownScheme: info.ownSignatureScheme,
    alpn: info.alpn,
    serverName: info.serverName,
    peerSubject: certificate && oneLine(certificate.subject.name),
    peerIssuer: certificate && oneLine(certificate.issuer.name),
    peerCertificates: info.peerCertificates.length,
    verifiedBy: verifiedBy(info),
    helloRetryRequest: info.helloRetryRequest,
    psk: info.psk,
    resumed: info.resumed,
    earlyDataAccepted: info.earlyDataAccepted,
    clientRandom: Buffer.from(info.clientRandom).toString('hex'),
  };
}

/** One fact a line: "cipher suite: TLS_AES_128_GCM_SHA256". Null is "none". */
export function factLines(facts: object): string {
  return Object.entries(facts)
    .map(([name, value]) => `${wordsOf(name)}: ${value === null ? 'none' : String(value)}\n`)
    .join('');
}

/** Names come from peers: what could move a terminal's cursor is written as an escape. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function verifiedBy({ verdict }: ConnectionInfo): string | null {
  if (verdict?.ok !== true) return null;
  const anchor = verdict.path.at(-1);
  return anchor === undefined ? (verdict.reason ?? null) : oneLine(anchor.subject.name);
}
