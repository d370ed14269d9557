/**
 * Issuing: openssl accepts what we issue, for every kind of key, with its strictest checks.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeCertificate } from '../../src/certs/certificate.ts';
import { encodeNull } from '../../src/certs/der-encode.ts';
import {
  createAuthority,
  generatePrivateKey,
  issueCertificate,
  KEY_KINDS,
  signatureAlgorithmFor,
} from '../../src/certs/issue.ts';
import { encodePem } from '../../src/certs/pem.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import { scripted, seeded } from '../crypto/randomness.ts';
import { hasTool } from '../peers.ts';
import { type Entity, forge, intermediate, NOW, random, root, server } from './forge.ts';

const folder = mkdtempSync(join(tmpdir(), 'isotls-issue-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** What `openssl verify` says at NOW, with its strict mode. */
function opensslVerify(chain: readonly Entity[], ...more: string[]): { ok: boolean; text: string } {
  const pem = (entities: readonly Entity[]) => entities.map(({ der }) => encodePem('CERTIFICATE', der)).join('');
  const [leaf, ...issuers] = chain.map((entity) => [entity]) as [Entity[], ...Entity[][]];
  writeFileSync(join(folder, 'leaf.pem'), pem(leaf));
  writeFileSync(join(folder, 'middle.pem'), pem(issuers.slice(0, -1).flat()));
  writeFileSync(join(folder, 'root.pem'), pem(issuers.slice(-1).flat()));
  const untrusted = issuers.length > 1 ? ['-untrusted', join(folder, 'middle.pem')] : [];
  const at = ['-attime', String(NOW.getTime() / 1000)];
  const args = [
    'verify',
    '-x509_strict',
    ...at,
    ...more,
    '-CAfile',
    join(folder, 'root.pem'),
    ...untrusted,
    join(folder, 'leaf.pem'),
  ];
  const { status, stdout, stderr } = spawnSync('openssl', args);
  return { ok: status === 0, text: stdout.toString() + stderr.toString() };
}

test('openssl verify -x509_strict, for every kind of key on every level', (t) => {
  if (!hasTool(t, 'openssl')) return;
  let count = 0;
  for (const [index, kind] of KEY_KINDS.entries()) {
    const other = KEY_KINDS[(index + 1) % KEY_KINDS.length] ?? 'p256';
    const top = root({ kind });
    const middle = intermediate(top, { kind: other, ca: { pathLength: 0 } });
    const leaf = server(middle, { kind, names: ['leaf.example', '*.wild.example'], ips: ['192.0.2.7', '2001:db8::7'] });
    const chain = [leaf, middle, top];
    for (const [args, expected] of [
      [['-purpose', 'sslserver', '-verify_hostname', 'leaf.example'], true],
      [['-purpose', 'sslserver', '-verify_hostname', 'a.wild.example'], true],
      [['-purpose', 'sslserver', '-verify_ip', '192.0.2.7'], true],
      [['-purpose', 'sslserver', '-verify_ip', '2001:db8::7'], true],
      [['-purpose', 'sslserver', '-verify_hostname', 'other.example'], false],
      [['-purpose', 'sslclient'], false],
    ] as const) {
      const { ok, text } = opensslVerify(chain, ...args);
      assert.equal(ok, expected, `${kind}: ${args.join(' ')}\n${text}`);
      count++;
    }
  }
  t.diagnostic(`issued: ${KEY_KINDS.length} kinds of key, ${count} verdicts of openssl -x509_strict as expected`);
});

test('other shapes that openssl accepts: a client, no subject, other hashes, a late end', (t) => {
  if (!hasTool(t, 'openssl')) return;
  const top = root();
  const rsa = root({ kind: 'rsa2048' });
  const pss = root({ kind: 'rsa-pss2048' });
  const cases: readonly [Entity, Entity, string][] = [
    [forge({ issuer: top, purposes: ['clientAuth'], names: ['someone@mail.example'] }), top, 'sslclient'],
    [server(top, { subject: '' }), top, 'sslserver'],
    [
      server(top, {
        subject: 'C=CH, ST=ZH, L=Zürich, O=A\\, B, OU=x, DC=example, emailAddress=a@b.example, serialNumber=7, CN=y',
      }),
      top,
      'sslserver',
    ],
    [server(top, { signatureHash: 'sha512' }), top, 'sslserver'],
    [server(rsa, { signatureHash: 'sha384' }), rsa, 'sslserver'],
    [server(pss, { signatureHash: 'sha512' }), pss, 'sslserver'],
    [server(top, { notAfter: new Date('2051-01-01T00:00:00Z') }), top, 'sslserver'],
    [server(top, { serial: Uint8Array.of(0x80) }), top, 'sslserver'],
    [server(top, { extraExtensions: [{ oid: '1.2.3.4', critical: false, value: encodeNull() }] }), top, 'sslserver'],
  ];
  for (const [leaf, authority, purpose] of cases) {
    const { ok, text } = opensslVerify([leaf, authority], '-purpose', purpose);
    assert.equal(ok, true, `${leaf.certificate.subject.name}: ${text}`);
  }
  const critical = server(top, { extraExtensions: [{ oid: '1.2.3.4', critical: true, value: encodeNull() }] });
  assert.equal(opensslVerify([critical, top]).ok, false);
});

test('an authority has a serial number of its own, and signs with the hash of its key', () => {
  const one = createAuthority({ name: 'Test', now: NOW, random });
  const two = createAuthority({ name: 'Test', now: NOW, random, kind: 'p384', days: 2 });
  assert.notDeepEqual(one.certificate.serial, two.certificate.serial);
  assert.deepEqual(two.certificate.signatureAlgorithm, { kind: 'ecdsa', hash: 'sha384' });
  assert.equal(two.certificate.validity.notAfter.getTime(), NOW.getTime() + 2 * 86_400_000);
  assert.equal(two.certificate.validity.notBefore.getTime(), NOW.getTime() - 3_600_000);
  assert.deepEqual(one.certificate.extensions.basicConstraints, { ca: true, pathLength: null });
});

test('signature algorithms follow from the key', () => {
  const of = (kind: (typeof KEY_KINDS)[number], hash?: 'sha384') =>
    signatureAlgorithmFor(generatePrivateKey(kind, random), hash);
  assert.deepEqual(of('p256'), { kind: 'ecdsa', hash: 'sha256' });
  assert.deepEqual(of('p384'), { kind: 'ecdsa', hash: 'sha384' });
  assert.deepEqual(of('p521'), { kind: 'ecdsa', hash: 'sha512' });
  assert.deepEqual(of('p521', 'sha384'), { kind: 'ecdsa', hash: 'sha384' });
  assert.deepEqual(of('ed25519'), { kind: 'ed25519' });
  assert.deepEqual(of('rsa2048', 'sha384'), { kind: 'rsa-pkcs1', hash: 'sha384' });
  assert.deepEqual(of('rsa-pss2048', 'sha384'), { kind: 'rsa-pss', hash: 'sha384', saltLength: 48 });
});

test('private scalars are drawn from all of their range, mostly at the first draw', () => {
  const top = (kind: 'p256' | 'p384' | 'p521') =>
    Array.from({ length: 40 }, (_, i) => {
      const source = seeded(`${kind} ${i}`);
      const key = generatePrivateKey(kind, source);
      assert.ok(key.kind === 'ec' && source.drawn.length <= 3, `${source.drawn.length} draws`);
      return key.scalar[0] ?? 0;
    });
  for (const kind of ['p256', 'p384'] as const) assert.ok(new Set(top(kind)).size > 20, kind);
  assert.deepEqual(new Set(top('p521')), new Set([0, 1]));

  // Zero and what is not below the order are drawn again.
  const [zero, above, one] = [new Uint8Array(32), new Uint8Array(32).fill(0xff), new Uint8Array(32).fill(1)];
  assert.deepEqual(generatePrivateKey('p256', scripted(zero, above, one)), {
    kind: 'ec',
    curve: 'secp256r1',
    scalar: one,
  });
});

test('names that cannot be written are refused', () => {
  const key = generatePrivateKey('p256', random);
  const issue = (options: { subject?: string; names?: string[]; ips?: string[] }) => () =>
    decodeCertificate(
      issueCertificate({
        subject: 'x',
        issuer: { certificate: null, key },
        publicKey: nobleProvider.publicKey(key),
        notBefore: NOW,
        notAfter: NOW,
        random,
        ...options,
      }),
    );
  const refused = (error: unknown) => error instanceof TlsConfigError && error.code === 'ERR_CONFIG';
  assert.throws(issue({ names: ['bücher.example'] }), refused);
  assert.throws(issue({ names: [''] }), refused);
  assert.throws(issue({ ips: ['10.0.0'] }), refused);
  assert.throws(issue({ subject: 'XY=z' }), refused);
  assert.throws(issue({ subject: 'CN=' }), refused);
  assert.equal(issue({ names: ['b.example'], ips: ['10.0.0.1'], subject: 'CN=z' })().subject.name, 'CN=z');
});
