/**
 * The scenarios of script.ts for TLS 1.2: between them they take every path that honest peers take.
 *
 * @module
 */
import { createCredential } from '../../src/certs/credential.ts';
import type { ServerSessionStore } from '../../src/sessions/server-store.ts';
import type { ClientSession, ServerSession } from '../../src/sessions/session.ts';
import { credential, NAME, NOW } from './pair.ts';
import type { Scenario } from './rogue.ts';
import { accept, clientCredential, record, sealer } from './script.ts';

export const ECDSA = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256';
export const RSA = 'TLS_RSA_WITH_AES_128_GCM_SHA256';

const decide = { verifyPeer: accept };
/** The curve of the server's certificate has to be among the client's groups. */
const groups = ['x25519', 'secp256r1'] as const;
const own = credential();
const rsa = credential({ kind: 'rsa2048' });
const staple = Uint8Array.of(1, 2, 3);

/** ECDHE, the server's certificate, and a ticket. */
export const FULL12: Scenario = {
  client: { decide, groups, maxVersion: 'TLS 1.2', cipherSuites: [ECDSA], alpn: ['h2', 'http/1.1'] },
  server: { decide, groups, maxVersion: 'TLS 1.2', cipherSuites: [ECDSA], alpn: ['http/1.1'], ticketSealer: sealer },
};

/** Client authentication as well. */
export const MUTUAL12: Scenario = {
  client: { ...FULL12.client, credentials: [clientCredential()] },
  server: { ...FULL12.server, clientAuth: 'require' },
};

/** Static RSA. */
export const RSA12: Scenario = {
  client: { ...FULL12.client, cipherSuites: [RSA] },
  server: { ...FULL12.server, cipherSuites: [RSA], credentials: [rsa] },
};

export const RSA_MUTUAL12: Scenario = {
  client: { ...RSA12.client, credentials: [clientCredential()] },
  server: { ...RSA12.server, clientAuth: 'require' },
};

/** CertificateStatus. */
export const STATUS12: Scenario = {
  client: { ...FULL12.client, requestStatus: true },
  server: {
    ...FULL12.server,
    credentials: [createCredential({ certificates: own.chain, key: own.key ?? 'external', ocspResponse: staple })],
  },
};

/** CertificateStatus without a ServerKeyExchange behind it. */
export const RSA_STATUS12: Scenario = {
  client: { ...RSA_MUTUAL12.client, requestStatus: true },
  server: {
    ...RSA_MUTUAL12.server,
    credentials: [createCredential({ certificates: rsa.chain, key: rsa.key ?? 'external', ocspResponse: staple })],
  },
};

/** Every option that puts more into the messages of a handshake, in front of a CBC suite with encrypt_then_mac. */
export const OPTIONS12: Scenario = {
  client: {
    ...MUTUAL12.client,
    cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'],
    grease: true,
    helloLength: 600,
    recordSizeLimit: 16_384,
    maxFragmentLength: 4096,
    requestStatus: true,
    requestTimestamps: true,
  },
  server: {
    ...MUTUAL12.server,
    cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256'],
    credentials: [
      createCredential({
        certificates: own.chain,
        key: own.key ?? 'external',
        ocspResponse: staple,
        signedCertificateTimestamps: [Uint8Array.of(4), Uint8Array.of(5, 6)],
      }),
    ],
    recordSizeLimit: 16_000,
    clientAuthorities: [clientCredential().leaf.issuer.der, Uint8Array.of(0x30, 0)],
  },
};

export const withoutTickets = ({ client, server, ...rest }: Scenario): Scenario => ({
  ...rest,
  client: { ...client },
  server: { ...server, tickets12: false },
});

/** A client that speaks both versions meets a server of TLS 1.2. */
export const BOTH12: Scenario = {
  client: {
    ...FULL12.client,
    maxVersion: 'TLS 1.3',
    keyShares: ['x25519'],
    cipherSuites: ['TLS_AES_128_GCM_SHA256', ECDSA],
  },
  server: { ...FULL12.server },
};

// ---------------------------------------------------------------- resumption

const resuming: Scenario = {
  client: { ...FULL12.client, verificationName: 'scripts of 1.2' },
  server: { ...FULL12.server, verificationName: 'scripts of 1.2' },
};

function sessionOf(scenario: Scenario): ClientSession {
  let kept: ClientSession | null = null;
  record(scenario, ({ client }) => {
    for (const event of client.events) if (event.type === 'session') kept ??= event.session;
  });
  if (kept === null) throw new Error('the server has given no session');
  return kept;
}

/** From a ticket. */
export const session12: ClientSession = sessionOf(resuming);

/** Resumption from a ticket, which serves again. */
export const RESUME12: Scenario = { ...resuming, target: { name: NAME, sessions: [session12] } };

/** Resumption from a ticket that has lived most of its life, so that another one comes. */
export const RENEW12: Scenario = { ...RESUME12, server: { ...resuming.server, clock: () => NOW + 50_000_000 } };

/** A store that keeps what it was given first, whatever becomes of connections: one hello is played to many victims. */
function lasting(): ServerSessionStore {
  const kept = new Map<string, ServerSession>();
  const key = (id: Uint8Array): string => Buffer.from(id).toString('hex');
  return {
    add: (id, session) => void (kept.has(key(id)) || kept.set(key(id), session)),
    find: (id) => kept.get(key(id)) ?? null,
    remove: () => {},
  };
}

const storing: Scenario = { client: resuming.client ?? {}, server: { ...resuming.server, sessionStore: lasting() } };

/** With a session ID. */
export const ID12: Scenario = storing;

export const idSession12: ClientSession = sessionOf(storing);

/** Resumption by session ID. */
export const RESUME_ID12: Scenario = { ...storing, target: { name: NAME, sessions: [idSession12] } };

const CBC = { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384'] } as const;
const cbc: Scenario = { client: { ...resuming.client, ...CBC }, server: { ...resuming.server, ...CBC } };

/** Resumption with a CBC suite and encrypt_then_mac. */
export const RESUME_CBC12: Scenario = { ...cbc, target: { name: NAME, sessions: [sessionOf(cbc)] } };
