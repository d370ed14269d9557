/**
 * Revocation in a connection: status_request offered, staples and CRLs checked, the right alerts, and sessions bound to the policy.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { type Credential, createCredential } from '../../src/certs/credential.ts';
import { createAuthority, generatePrivateKey, issueCertificate, validityFrom } from '../../src/certs/issue.ts';
import { issueCrl, issueOcspResponse } from '../../src/certs/issue-status.ts';
import { createRevocationPolicy, type RevocationPolicy } from '../../src/certs/revocation.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import { acceptPeer } from '../../src/certs/verifier.ts';
import { defineClientConfig } from '../../src/connection/config.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import { createTicketSealer } from '../../src/sessions/ticket-sealer.ts';
import { type Clients, connectedPair, failureOf, makePair, NAME, NOW, type Servers, seededRandom } from './pair.ts';

const random = seededRandom('revocation');
const authority = createAuthority({ name: 'Revoking Root', now: new Date(NOW), random });
const trust = createTrustStore([authority.certificate.der]);
const times = { thisUpdate: new Date(NOW - 3_600_000), nextUpdate: new Date(NOW + 3_600_000), random };

function leaf(tlsFeatures?: readonly number[]) {
  const key = generatePrivateKey('p256', random);
  const der = issueCertificate({
    subject: `CN=${NAME}`,
    issuer: authority,
    publicKey: nobleProvider.publicKey(key),
    names: [NAME],
    purposes: ['serverAuth', 'clientAuth'],
    tlsFeatures,
    ...validityFrom(new Date(NOW), 30),
    random,
  });
  const certificate = decodeCertificate(der);
  return {
    certificate,
    credential: (ocspResponse?: Uint8Array): Credential => createCredential({ certificates: [der], key, ocspResponse }),
  };
}

const plain = leaf();
const stapled = leaf([5]);

function staple(of: ReturnType<typeof leaf>, status: 'good' | 'revoked' | 'unknown'): Uint8Array {
  return issueOcspResponse(authority, { responses: [{ certificate: of.certificate, status }], ...times });
}

function crl(...revoked: readonly ReturnType<typeof leaf>[]): Uint8Array {
  const entries = revoked.map(({ certificate }) => ({ serial: certificate.serial, date: times.thisUpdate }));
  return issueCrl(authority, { revoked: entries, ...times });
}

function policyOf(options: RevocationPolicy | undefined): RevocationPolicy | undefined {
  return options === undefined ? undefined : createRevocationPolicy(options);
}

/** What a client with the policy says of a server, and the alert that the server gets. */
function outcome(revocation: RevocationPolicy | undefined, credential: Credential, more: Clients = {}) {
  const pair = connectedPair({ trust, revocation: policyOf(revocation), ...more }, { credentials: [credential] });
  const alert = pair.server.events.find((event) => event.type === 'alert');
  return [failureOf(pair.client)?.code ?? null, alert?.type === 'alert' ? alert.description : null];
}

for (const version of ['TLS 1.3', 'TLS 1.2'] as const) {
  const only: Clients = { minVersion: version, maxVersion: version };

  test(`${version}: a staple is asked for and checked when there is a policy`, () => {
    const cases: readonly (readonly [Credential, soft: readonly unknown[], hard: readonly unknown[]])[] = [
      [plain.credential(staple(plain, 'good')), [null, null], [null, null]],
      [
        plain.credential(staple(plain, 'revoked')),
        ['ERR_CERT_REVOKED', 'certificate_revoked'],
        ['ERR_CERT_REVOKED', 'certificate_revoked'],
      ],
      [
        plain.credential(staple(plain, 'unknown')),
        [null, null],
        ['ERR_CERT_OCSP_UNKNOWN', 'bad_certificate_status_response'],
      ],
      [
        plain.credential(Uint8Array.of(1, 2, 3)),
        [null, null],
        ['ERR_CERT_OCSP_DECODE', 'bad_certificate_status_response'],
      ],
      [plain.credential(), [null, null], ['ERR_CERT_REVOCATION_UNKNOWN', 'certificate_unknown']],
      [stapled.credential(staple(stapled, 'good')), [null, null], [null, null]],
      [
        stapled.credential(),
        ['ERR_CERT_STAPLE_REQUIRED', 'bad_certificate_status_response'],
        ['ERR_CERT_STAPLE_REQUIRED', 'bad_certificate_status_response'],
      ],
    ];
    for (const [credential, soft, hard] of cases) {
      assert.deepEqual(outcome({ mode: 'soft' }, credential, only), soft);
      assert.deepEqual(outcome({ mode: 'hard' }, credential, only), hard);
      // Nothing is asked for, and nothing checked: not even must-staple.
      for (const policy of [undefined, { mode: 'ignore' }] as const) {
        assert.deepEqual(outcome(policy, credential, only), [null, null]);
      }
    }
  });

  test(`${version}: CRLs in both roles`, () => {
    assert.deepEqual(outcome({ mode: 'hard', crls: [crl()] }, plain.credential(), only), [null, null]);
    const refused = ['ERR_CERT_REVOKED', 'certificate_revoked'];
    assert.deepEqual(outcome({ mode: 'soft', crls: [crl(plain)] }, plain.credential(), only), refused);
    const servers = (...revoked: readonly ReturnType<typeof leaf>[]): Servers => ({
      credentials: [plain.credential()],
      clientAuth: 'require',
      trust,
      revocation: createRevocationPolicy({ mode: 'hard', crls: [crl(...revoked)] }),
    });
    const clients = { trust, credentials: [stapled.credential()], ...only };
    // RFC 7633: a client's certificate promises no staple that a server could ask for here.
    assert.equal(failureOf(connectedPair(clients, servers(stapled)).server)?.code, 'ERR_CERT_REVOKED');
    assert.equal(failureOf(connectedPair(clients, servers(plain)).server), null);
    const allowed = connectedPair({ ...clients, credentials: [plain.credential()] }, servers(stapled));
    assert.equal(failureOf(allowed.server), null);
  });
}

test('the staple of the peer counts, not the response of the policy; without a staple that one does', () => {
  const revoked = staple(plain, 'revoked');
  const good = staple(plain, 'good');
  assert.deepEqual(outcome({ mode: 'hard', ocspResponse: revoked }, plain.credential(good)), [null, null]);
  assert.deepEqual(outcome({ mode: 'hard', ocspResponse: good }, plain.credential()), [null, null]);
});

test('a session is of its policy: a newer list is looked at before it is resumed', () => {
  const ticketSealer = createTicketSealer({ crypto: nobleProvider });
  const servers: Servers = { credentials: [plain.credential()], ticketSealer };
  const resumed = (before: RevocationPolicy | undefined, after: RevocationPolicy | undefined) => {
    const first = connectedPair({ trust, revocation: policyOf(before) }, servers);
    const session = first.client.events.find((event) => event.type === 'session');
    assert.ok(session?.type === 'session');
    const pair = makePair({ trust, revocation: policyOf(after) }, servers, { sessions: [session.session] });
    pair.took(pair.client, pair.client.connection.start());
    pair.settle();
    return failureOf(pair.client)?.code ?? pair.client.connection.info?.resumed;
  };
  const empty = { mode: 'soft', crls: [crl()] } as const;
  assert.equal(resumed(undefined, undefined), true);
  assert.equal(resumed(undefined, { mode: 'ignore' }), true);
  assert.equal(resumed(empty, { mode: 'soft', crls: [...empty.crls] }), true);
  assert.equal(resumed(undefined, empty), false);
  assert.equal(resumed(empty, { ...empty, mode: 'hard' }), false);
  assert.equal(resumed(empty, { ...empty, crls: [crl(plain)] }), 'ERR_CERT_REVOKED');
});

test('a policy that cannot be used is refused when the config is defined', () => {
  const refused = (options: Clients, message: RegExp) =>
    assert.throws(
      () => defineClientConfig({ trust, ...options }),
      (error) => error instanceof TlsConfigError && message.test(error.message),
    );
  assert.throws(() => createRevocationPolicy({ mode: 'medium' } as never), /mode/);
  assert.throws(() => createRevocationPolicy({ mode: 'soft', crls: [Uint8Array.of(1)] }), /crls\[0\]/);
  const policy = createRevocationPolicy({ mode: 'soft' });
  // The code that checks comes with what that function makes, and with no copy of it: a policy must not go unchecked.
  for (const plainOne of [{ mode: 'hard' }, { ...policy }, null, 'hard']) {
    refused({ revocation: plainOne as never }, /createRevocationPolicy/);
  }
  refused({ revocation: policy, decide: { verifyPeer: () => acceptPeer('seen') } }, /default verifyPeer/);
  refused({ revocation: policy, decide: { verifyPeer: null } }, /default verifyPeer/);
  assert.equal(defineClientConfig({ trust, revocation: policy }).requestStatus, true);
  assert.equal(defineClientConfig({ trust }).requestStatus, false);
});
