/**
 * An authority, configs and in-memory transports for the tests of the adapters.
 *
 * @module
 */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { Duplex } from 'node:stream';
import type { TestContext } from 'node:test';
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { type Credential, createCredential } from '../../src/certs/credential.ts';
import { createAuthority, generatePrivateKey, issueCertificate, validityFrom } from '../../src/certs/issue.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import {
  type ClientOptions,
  defineClientConfig,
  defineServerConfig,
  platformRandom,
  type ServerOptions,
} from '../../src/connection/config.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';

const now = new Date();
const root = createAuthority({ name: 'CN=adapter test root', now, random: platformRandom });

/** The anchor, a server for "localhost" and a client. */
export const rootDer = root.certificate.der;
export const trust = createTrustStore([rootDer]);
export const serverParts = issue('CN=localhost', {
  names: ['localhost'],
  ips: ['127.0.0.1'],
  purposes: ['serverAuth'],
});
export const serverCredential = credentialOf(serverParts);
export const clientCredential = credentialOf(issue('CN=someone', { purposes: ['clientAuth'] }));

/** The fastest there is: one small group, one suite. */
const FAST = { groups: ['x25519'], cipherSuites: ['TLS_CHACHA20_POLY1305_SHA256'] } as const;

/** The same for TLS 1.2, with the curve of the certificates (RFC 8422 §5.3). */
export const TLS12 = {
  groups: ['x25519', 'secp256r1'],
  cipherSuites: ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256'],
} as const;

export function clientConfig(options: ClientOptions = {}): ReturnType<typeof defineClientConfig> {
  return defineClientConfig({ ...FAST, trust, ...options });
}

export function serverConfig(options: ServerOptions = {}): ReturnType<typeof defineServerConfig> {
  return defineServerConfig({ ...FAST, credentials: [serverCredential], ...options });
}

/** Listens on a free port until the test ends. */
export async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Two ends of a pipe that holds `highWaterMark` bytes each way. `cut` ends what an end sends, without a word. */
export function pipePair(highWaterMark = 65_536): readonly [PipeEnd, PipeEnd] {
  const left = new PipeEnd(highWaterMark);
  const right = new PipeEnd(highWaterMark);
  left.other = right;
  right.other = left;
  return [left, right];
}

export class PipeEnd extends Duplex {
  other: PipeEnd | null = null;
  #resume: (() => void) | null = null;

  constructor(highWaterMark: number) {
    super({ highWaterMark, allowHalfOpen: true });
  }

  override _read(): void {
    const resume = this.#resume;
    this.#resume = null;
    resume?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.other?.deliver(chunk, done);
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  deliver(chunk: Buffer, done: () => void): void {
    if (this.push(chunk)) done();
    else this.#resume = done;
  }
}

function issue(
  subject: string,
  rest: Pick<Parameters<typeof issueCertificate>[0], 'names' | 'ips' | 'purposes'>,
): { readonly der: Uint8Array; readonly key: ReturnType<typeof generatePrivateKey> } {
  const key = generatePrivateKey('p256', platformRandom);
  const publicKey = nobleProvider.publicKey(key);
  const der = issueCertificate({
    subject,
    issuer: root,
    publicKey,
    ...rest,
    ...validityFrom(now, 1),
    random: platformRandom,
  });
  decodeCertificate(der);
  return { der, key };
}

function credentialOf({ der, key }: ReturnType<typeof issue>): Credential {
  return createCredential({ certificates: [der], key });
}
