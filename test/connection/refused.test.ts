/**
 * Two honest peers that do not come together: one refuses, and the other understands why.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertName } from '../../src/errors/alerts.ts';
import type { ErrorCode } from '../../src/errors/refusals.ts';
import { type Clients, credential, failureOf, makePair, otherTrust, type Servers } from './pair.ts';
import { FAST, type Role } from './rogue.ts';
import { accept, clientCredential, EARLY, sealer } from './script.ts';

interface Case {
  readonly title: string;
  readonly client?: Clients;
  readonly server?: Servers;
  readonly target?: Parameters<typeof makePair>[2];
  readonly by: Role;
  readonly code: ErrorCode;
  readonly alert: AlertName;
}

const RSA = ['rsa_pss_rsae_sha256'] as const;
const CASES: readonly Case[] = [
  {
    title: 'no suite',
    server: { cipherSuites: ['TLS_AES_256_GCM_SHA384'] },
    by: 'server',
    code: 'ERR_TLS_NO_SHARED_CIPHER_SUITE',
    alert: 'handshake_failure',
  },
  {
    title: 'no group',
    server: { groups: ['secp384r1'] },
    by: 'server',
    code: 'ERR_TLS_NO_SHARED_GROUP',
    alert: 'handshake_failure',
  },
  {
    title: 'no scheme',
    client: { signatureSchemes: RSA },
    by: 'server',
    code: 'ERR_TLS_NO_SHARED_SIGNATURE_SCHEME',
    alert: 'handshake_failure',
  },
  {
    title: 'no protocol',
    client: { alpn: ['h2'] },
    server: { alpn: ['h3'] },
    by: 'server',
    code: 'ERR_TLS_NO_APPLICATION_PROTOCOL',
    alert: 'no_application_protocol',
  },
  {
    title: 'an unknown name',
    server: { serverNames: ['other.test'] },
    by: 'server',
    code: 'ERR_TLS_UNRECOGNIZED_NAME',
    alert: 'unrecognized_name',
  },
  {
    title: 'an unknown authority of the server',
    client: { trust: otherTrust },
    by: 'client',
    code: 'ERR_CERT_UNKNOWN_ISSUER',
    alert: 'unknown_ca',
  },
  {
    title: 'another name in the certificate',
    target: { name: 'else.test' },
    by: 'client',
    code: 'ERR_CERT_NAME_MISMATCH',
    alert: 'bad_certificate',
  },
  {
    title: 'an address that no certificate has',
    target: { name: '127.0.0.1' },
    by: 'client',
    code: 'ERR_CERT_NAME_MISMATCH',
    alert: 'bad_certificate',
  },
  {
    title: 'a certificate of a client for the server',
    server: { credentials: [credential({ purposes: ['clientAuth'] })] },
    by: 'client',
    code: 'ERR_CERT_EXTENDED_KEY_USAGE',
    alert: 'unsupported_certificate',
  },
  {
    title: 'no client certificate',
    server: { clientAuth: 'require' },
    by: 'server',
    code: 'ERR_TLS_CERTIFICATE_REQUIRED',
    alert: 'certificate_required',
  },
  {
    title: 'an unknown authority of the client',
    client: { credentials: [clientCredential()] },
    server: { clientAuth: 'require', trust: otherTrust },
    by: 'server',
    code: 'ERR_CERT_UNKNOWN_ISSUER',
    alert: 'unknown_ca',
  },
  {
    title: 'a certificate of a server for the client',
    client: { credentials: [credential()] },
    server: { clientAuth: 'request' },
    by: 'server',
    code: 'ERR_CERT_EXTENDED_KEY_USAGE',
    alert: 'unsupported_certificate',
  },
  {
    title: 'too small a limit of messages',
    client: { limits: { handshakeMessage: 100 } },
    by: 'client',
    code: 'ERR_TLS_MESSAGE_TOO_LONG',
    alert: 'illegal_parameter',
  },
];

/** With each of these around it, the refusal is the same. */
const VARIANTS: readonly (readonly [string, Clients, Servers])[] = [
  ['plainly', {}, {}],
  ['after a cookie', {}, { cookie: true }],
  ['without compatibility mode', { compatibilityMode: false }, {}],
];

for (const { title, client, server, target, by, code, alert } of CASES) {
  test(`${title}: the ${by} refuses, and its peer is told ${alert}`, () => {
    for (const [variant, clients, servers] of VARIANTS) {
      for (const chunk of [Number.POSITIVE_INFINITY, 1]) {
        const pair = makePair({ ...FAST, ...clients, ...client }, { ...FAST, ...servers, ...server }, target);
        pair.took(pair.client, pair.client.connection.start());
        pair.settle(chunk);
        const [refusing, refused] = by === 'client' ? [pair.client, pair.server] : [pair.server, pair.client];
        const error = failureOf(refusing);
        assert.deepEqual([error?.code, error?.alert], [code, alert], variant);
        const told = failureOf(refused);
        assert.deepEqual([told?.code, told?.detail], ['ERR_TLS_PEER_ALERT', alert], variant);
        assert.deepEqual([refusing.connection.phase, refused.connection.phase], ['failed', 'failed']);
        // A client has done its part before its server looks at its certificate.
        const established = refused.events.some(({ type }) => type === 'established');
        assert.equal(established, by === 'server' && server?.clientAuth !== undefined, variant);
        assert.ok(refusing.events.every(({ type }) => type !== 'established'));
      }
    }
  });
}

test('a server that accepts early data tells its client under application keys why it then fails', () => {
  const decide = { verifyPeer: accept };
  const servers: Servers = { ...FAST, ...EARLY.server, decide, ticketSealer: sealer, earlyData: 1000 };
  const pair = makePair({ ...FAST, ...EARLY.client }, servers, EARLY.target);
  const { client, server } = pair;
  pair.took(client, client.connection.start());
  pair.took(client, client.connection.writeEarlyData(new Uint8Array(10)));
  // One bit of the early data, in flight.
  const [, early] = client.pending;
  assert.ok(early !== undefined);
  early[early.length - 1] = (early.at(-1) ?? 0) ^ 1;
  pair.settle();
  assert.equal(failureOf(server)?.code, 'ERR_TLS_BAD_RECORD');
  assert.equal(failureOf(client)?.detail, 'bad_record_mac');
});
