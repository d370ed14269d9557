/**
 * The authority, credentials and in-memory connections that the benchmarks share.
 *
 * @module
 */

import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { type Credential, createCredential } from '../src/certs/credential.ts';
import {
  type Authority,
  createAuthority,
  generatePrivateKey,
  issueCertificate,
  type KeyKind,
  validityFrom,
} from '../src/certs/issue.ts';
import { encodePrivateKey } from '../src/certs/keys.ts';
import { encodePem } from '../src/certs/pem.ts';
import { createTrustStore } from '../src/certs/trust-store.ts';
import { platformRandom } from '../src/connection/config.ts';
import type { TlsConnection } from '../src/connection/events.ts';
import { nobleProvider } from '../src/crypto/noble/provider.ts';
import { duplexPair } from './duplex-pair.ts';

export const NAME = 'bench.test';

const now = new Date();
const authority = createAuthority({ name: 'Bench Root', now, random: platformRandom });
export const authorityPem: string = encodePem('CERTIFICATE', authority.certificate.der);

/** The DER of the one certificate in a PEM text. */
export function decodeAuthority(pem: string): Uint8Array {
  return Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
}

export const trust: ReturnType<typeof createTrustStore> = createTrustStore([authority.certificate.der]);

export interface Identity {
  readonly credential: Credential;
  readonly certPem: string;
  readonly keyPem: string;
}

export function issue(kind: KeyKind, issuer: Authority = authority): Identity {
  const key = generatePrivateKey(kind, platformRandom);
  const certificate = issueCertificate({
    subject: `CN=${NAME}`,
    issuer,
    publicKey: nobleProvider.publicKey(key),
    names: [NAME],
    purposes: ['serverAuth'],
    ...validityFrom(now, 30),
    random: platformRandom,
  });
  return {
    credential: createCredential({ certificates: [certificate], key }),
    certPem: encodePem('CERTIFICATE', certificate),
    keyPem: encodePem('PRIVATE KEY', encodePrivateKey(key)),
  };
}

/** Passes bytes between two connections until both are silent. */
export function settle(client: TlsConnection, server: TlsConnection, first: Uint8Array): void {
  let toServer = first;
  while (toServer.length > 0) {
    const { transmit } = server.receive(toServer);
    toServer = transmit.length > 0 ? client.receive(transmit).transmit : transmit;
  }
}

/** An authority with an RSA key, and a server's certificate of it. */
export function rsaSetting(): { readonly identity: Identity; readonly authorityPem: string } {
  const issuer = createAuthority({ name: 'Bench RSA Root', kind: 'rsa2048', now, random: platformRandom });
  return { identity: issue('rsa2048', issuer), authorityPem: encodePem('CERTIFICATE', issuer.certificate.der) };
}

export interface NodePair {
  readonly client: TLSSocket;
  readonly server: TLSSocket;
}

export interface NodeOptions {
  readonly group: string;
  readonly suite: string;
}

export function nodeContext({ certPem, keyPem }: Identity, { suite }: NodeOptions): SecureContext {
  return createSecureContext({ cert: certPem, key: keyPem, ciphers: suite, minVersion: 'TLSv1.3' });
}

/** Two node:tls sockets over an in-memory pair, as far as the completed handshake. */
export function connectNode(context: SecureContext, { group, suite }: NodeOptions): Promise<NodePair> {
  const [a, b] = duplexPair();
  return new Promise((resolve, reject) => {
    const server = new TLSSocket(b, { isServer: true, secureContext: context });
    const client = connect({
      socket: a,
      servername: NAME,
      ca: authorityPem,
      ecdhCurve: group,
      ciphers: suite,
      minVersion: 'TLSv1.3',
    });
    let left = 2;
    const done = (): void => {
      left -= 1;
      if (left === 0) resolve({ client, server });
    };
    server.once('secure', done);
    client.once('secureConnect', done);
    server.once('error', reject);
    client.once('error', reject);
  });
}
