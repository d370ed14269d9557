/**
 * isotls with each provider, and node:tls, behind the same Duplex as the JavaScript peers.
 *
 * Configs and contexts are made once, as a program does; groups and suites are the same for all.
 *
 * @module
 */
import { createServer as createNodeServer, createSecureContext, connect as nodeConnect } from 'node:tls';
import { connect, createServer } from '../src/adapters/node-tls.ts';
import { createTrustStore } from '../src/certs/trust-store.ts';
import { defineClientConfig, defineServerConfig } from '../src/connection/config.ts';
import { nobleProvider } from '../src/crypto/noble/provider.ts';
import { nodeProvider } from '../src/crypto/node/provider.ts';
import type { CryptoProvider } from '../src/crypto/provider.ts';
import type { CipherSuiteName } from '../src/params/algorithms.ts';
import type { ClientSession } from '../src/sessions/session.ts';
import { type Contender, loadPeers, type Scene, type Version } from './peers.ts';
import { decodeAuthority } from './setting.ts';

const SUITES: Readonly<Record<Version, readonly CipherSuiteName[]>> = {
  'TLS 1.2': ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  'TLS 1.3': ['TLS_AES_128_GCM_SHA256'],
};

/** As OpenSSL names those. */
export const NODE_SUITES: Readonly<Record<Version, string>> = {
  'TLS 1.2': 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256',
  'TLS 1.3': 'TLS_AES_128_GCM_SHA256',
};

export const OWN_PROVIDERS: readonly CryptoProvider[] = [nobleProvider, nodeProvider];

/** isotls first, node:tls second, then whoever is installed. */
export async function loadContenders(progress: (line: string) => void): Promise<readonly Contender[]> {
  return [...OWN_PROVIDERS.map(isotls), nodeTls, ...(await loadPeers(progress))];
}

export function commonOf(crypto: CryptoProvider, version: Version) {
  return {
    crypto,
    minVersion: version,
    maxVersion: version,
    cipherSuites: SUITES[version],
    // In TLS 1.2 the list also says which curves a certificate's key may be on.
    groups: ['x25519', 'secp256r1'],
  } as const;
}

export function isotls(crypto: CryptoProvider): Contender {
  const clients = remember((scene) =>
    defineClientConfig({
      ...commonOf(crypto, scene.version),
      keyShares: ['x25519'],
      trust: createTrustStore([decodeAuthority(scene.authorityPem)]),
    }),
  );
  const servers = remember((scene) =>
    defineServerConfig({ ...commonOf(crypto, scene.version), credentials: [scene.identity.credential] }),
  );
  return {
    name: 'isotls',
    provider: crypto.name,
    open: (scene, port, session) =>
      connect({
        config: clients(scene),
        port,
        host: '127.0.0.1',
        servername: scene.name,
        ...(session === null ? {} : { sessions: [session as ClientSession] }),
      }),
    listen: (scene, onStream) => createServer({ config: servers(scene) }, onStream),
  };
}

export const nodeTls: Contender = {
  name: 'node:tls',
  provider: 'openssl',
  open: (scene, port, session) =>
    nodeConnect({
      port,
      host: '127.0.0.1',
      servername: scene.name,
      secureContext: nodeContexts(scene),
      ecdhCurve: 'X25519:P-256',
      ...(session === null ? {} : { session: session as Buffer }),
    }).setNoDelay(true),
  listen: (scene, onStream) =>
    createNodeServer(
      { ...versionsOf(scene), ecdhCurve: 'X25519:P-256', cert: scene.identity.certPem, key: scene.identity.keyPem },
      onStream,
    ),
};

const nodeContexts = remember((scene) => createSecureContext({ ...versionsOf(scene), ca: scene.authorityPem }));

function versionsOf({ version }: Scene) {
  const name = version === 'TLS 1.3' ? 'TLSv1.3' : 'TLSv1.2';
  return { minVersion: name, maxVersion: name, ciphers: NODE_SUITES[version] } as const;
}

function remember<T>(make: (scene: Scene) => T): (scene: Scene) => T {
  const made = new Map<Scene, T>();
  return (scene) => {
    const value = made.get(scene) ?? make(scene);
    made.set(scene, value);
    return value;
  };
}
