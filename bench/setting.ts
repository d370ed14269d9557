/**
 * The authority, credentials and in-memory connections that the benchmarks share.
 *
 * @module
 */

import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { type Credential, createCredential } from '../src/certs/credential.ts';
import {
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
const authorityPem = encodePem('CERTIFICATE', authority.certificate.der);

export const trust: ReturnType<typeof createTrustStore> = createTrustStore([authority.certificate.der]);

export interface Identity {
  readonly credential: Credential;
  readonly certPem: string;
  readonly keyPem: string;
}

export function issue(kind: KeyKind): Identity {
  const key = generatePrivateKey(kind, platformRandom);
  const certificate = issueCertificate({
    subject: `CN=${NAME}`,
    issuer: authority,
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
