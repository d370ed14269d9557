/**
 * Signed certificate timestamps: those of real sites under the keys of real logs, and every way in which one can be wrong.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Certificate, decodeCertificate } from '../../src/certs/certificate.ts';
import { encodeOctets } from '../../src/certs/der-encode.ts';
import { generatePrivateKey, signatureAlgorithmFor } from '../../src/certs/issue.ts';
import { encodeTimestampList } from '../../src/certs/issue-extensions.ts';
import { encodePublicKey } from '../../src/certs/keys.ts';
import { decodePem } from '../../src/certs/pem.ts';
import {
  checkTimestamps,
  decodeTimestamp,
  decodeTimestampList,
  precertificateTbs,
  type TimestampInput,
  type TransparencyLog,
  verifyTimestamps,
} from '../../src/certs/sct.ts';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { PrivateKey } from '../../src/crypto/provider.ts';
import { TlsConfigError } from '../../src/errors/errors.ts';
import { Writer } from '../../src/wire/writer.ts';
import { skipWithoutVectors } from '../vectors/third-party.ts';
import { codeOf, DAY, forge, NOW, random, root, server } from './forge.ts';
import { ocspOf } from './status.ts';

/**
 * Public keys of logs that real sites use, from the log lists that Google and Apple publish. Whether a key is the right one
 * shows in the certificates: they name the log by the key's SHA-256.
 */
const REAL_LOGS: readonly TransparencyLog[] = [
  ['Argon2026h2', 'Kjpni/66DIYrSlGK6Rf+e6F2c/28ZUvDJ79N81+gyimAESAyeNZ++TRgjHWg9TVQnKHTSU0T1TtqDupFnSQTIg=='],
  ['Wyvern2026h2', 'enPbSvLeT+zhFBu+pqk8IbhFEs16iCaRIFb1STLDdWzL6XwTdTWcbOzxMTzB3puME5K3rT0PoZyPSM50JxgjmQ=='],
  ['Sphinx2026h2', 'quD0JkRQT/2inuaA4HC1sc6UpfiXgURVQmQcInmnZFnTiZMhZvsJgWAfYlU0OIykOC6slQzr7U9kvEVC9wZ6zQ=='],
  ['Sphinx2026h1', 'q4S++DyHokIlmmacritS51r5IRsZA6UH4kYLH4pefGyu/xl3huh7/O5rNk/yvMOeBQKaCAG1SSM1xNNQK1Hp9A=='],
  ['Nimbus2027', 'Yjd/jE0EoAhNBbfcNhrTb7F0x10KZK8r2SDjx1GdjJ75hJrHx2OCQ+BXRjXi+czoREN1u0j9cWl8d6OoPMPogQ=='],
  ['Tiger2026h1', '73eDJyszDbzsWcgI0nbtU0+y11gQWjNjS/RSO5P4hOSFE+pPrDCtfNPHe6dq7/XQYwOFt9Feb8TwQW+mqXN5xg=='],
  ['Tiger2026h2', 'fJFUD/FRkonvZIA9ZT1J3yvA4EpSp3innbIVpMTDR1oCe5vguapheQ7wYiWaCES1EL1B+2BEC+P5bUfwF44lnA=='],
  ['Xenon2026h1', 'Oh/Iu87VkEc0ysoBBCchHOIpPZK7kUXHWj6l1PIS5ujmQ7rze8I4r/wjigVW6wMKMMxjbNk8vvV7lLqU07+ITA=='],
  ['Sycamore2026h1', 'fEEe0JZknA91/c6eNl1aexgeKzuGQUMvRCXPXg9L227O5I4Pi++Abcpq6qxlVUKPYafAJelAnMfGzv3lHCc8gA=='],
].map(([name = '', point = '']) => ({
  name,
  // A SubjectPublicKeyInfo of P-256 up to the 04 of its point.
  key: Uint8Array.from(Buffer.from(`MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE${point}`, 'base64')),
}));

test('the timestamps of real sites, under the keys of their logs', (t) => {
  const folder = skipWithoutVectors(t, 'x509');
  if (folder === null) return;
  let verified = 0;
  const files = readdirSync(join(folder, 'online')).filter((name) => name.endsWith('.json'));
  for (const file of files) {
    const site = JSON.parse(readFileSync(join(folder, 'online', file), 'utf8')) as {
      readonly peer_certificate: string;
      readonly untrusted_intermediates: readonly string[];
      readonly trusted_certs: readonly string[];
      readonly validation_time: string;
    };
    const [certificate, ...others] = [
      site.peer_certificate,
      ...site.untrusted_intermediates,
      ...site.trusted_certs,
    ].flatMap((text) => decodePem(text).map(({ der }) => decodeCertificate(der)));
    assert.ok(certificate !== undefined);
    const issuer = others.find(({ subject }) => subject.key === certificate.issuer.key);
    assert.ok(issuer !== undefined, file);
    // A day later: one of the times is the very start of the certificate, some minutes before its timestamps.
    const time = new Date(Date.parse(site.validation_time) + DAY);
    const input = { certificate, issuer, logs: REAL_LOGS, time };
    const report = verifyTimestamps(input);
    assert.ok(report.verified.length >= 1, `${file}: ${report.refused.map(({ reason }) => reason).join()}`);
    // Whatever does not count is of a log whose key is not in the list above.
    assert.deepEqual(
      [...new Set(report.refused.map(({ reason }) => reason))].join(),
      report.refused.length > 0 ? UNKNOWN_LOG : '',
    );
    verified += report.verified.length;
    // The key of another issuer, or another certificate, and none of them is right.
    for (const change of [{ issuer: certificate }, { certificate: changed(certificate) }]) {
      assert.equal(verifyTimestamps({ ...input, ...change }).verified.length, 0, file);
    }
    const before = new Date(Math.min(...report.verified.map(({ timestamp }) => timestamp.getTime())) - 1);
    assert.equal(verifyTimestamps({ ...input, time: before }).verified.length, 0, file);
  }
  assert.equal(files.length, 7);
  t.diagnostic(
    `SCTs: ${verified} of the certificates of ${files.length} real sites, verified under the keys of ${REAL_LOGS.length} real logs`,
  );
  assert.ok(verified >= 14);
});

const UNKNOWN_LOG = 'a log that is not in the list';

/** The same with one byte of its TBSCertificate changed: in the serial number. */
function changed(certificate: Certificate): Certificate {
  const tbs = certificate.tbs.slice();
  const at = tbs.length - certificate.tbs.length + 20;
  tbs[at] = (tbs[at] ?? 0) ^ 1;
  return { ...certificate, tbs };
}

const top = root();
const log = { key: generatePrivateKey('p256', random), name: 'Test' };
const rsaLog = { key: generatePrivateKey('rsa2048', random), name: 'RSA' };
const publicLog = ({ key, name }: { key: PrivateKey; name: string }): TransparencyLog => ({
  key: encodePublicKey(nobleProvider.publicKey(key)),
  name,
});

interface Made {
  readonly by?: typeof log;
  readonly time?: number;
  readonly entry: Uint8Array | { readonly tbs: Uint8Array };
  readonly extensions?: Uint8Array;
  readonly version?: number;
  readonly scheme?: number;
}

/** What a log would write, RFC 6962 §3.2. */
function promise({
  by = log,
  time = NOW.getTime() - 1000,
  entry,
  extensions = new Uint8Array(),
  version = 0,
  scheme,
}: Made) {
  const stamp = new Writer()
    .u32(Math.floor(time / 2 ** 32))
    .u32(time % 2 ** 32)
    .finish();
  const signed = new Writer().u8(0).u8(0).bytes(stamp);
  if (entry instanceof Uint8Array) signed.u16(0).vector24(entry);
  else signed.u16(1).bytes(sha256(top.certificate.subjectPublicKeyInfo)).vector24(entry.tbs);
  const content = signed.vector16(extensions).finish();
  const signature = nobleProvider.sign(signatureAlgorithmFor(by.key), by.key, content, random);
  return new Writer()
    .u8(version)
    .bytes(sha256(publicLog(by).key))
    .bytes(stamp)
    .vector16(extensions)
    .u16(scheme ?? (by.key.kind === 'rsa' ? 0x0401 : 0x0403))
    .vector16(signature)
    .finish();
}

function sha256(bytes: Uint8Array): Uint8Array {
  const context = nobleProvider.hash('sha256');
  context.update(bytes);
  return context.digest();
}

const leaf = server(top);
const { certificate } = leaf;

function report(input: Partial<TimestampInput>) {
  const logs = [publicLog(log), publicLog(rsaLog)];
  const { verified, refused } = verifyTimestamps({ certificate, issuer: top.certificate, logs, time: NOW, ...input });
  return [verified.map((one) => `${one.log.name} ${one.source}`), refused.map(({ reason }) => reason)];
}

/** Of timestamps in the TLS extension. */
const overTls = (...promises: readonly Made[]) => report({ signedCertificateTimestamps: promises.map(promise) });

test('three ways to bring them: the certificate, an OCSP response, the TLS extension', () => {
  const options = { serial: Uint8Array.of(7), key: leaf.key };
  const precertificate = server(top, options).certificate;
  const timestamps = [promise({ entry: precertificate }), promise({ by: rsaLog, entry: precertificate })];
  const final = server(top, { ...options, signedCertificateTimestamps: timestamps }).certificate;
  assert.deepEqual(precertificateTbs(final), precertificate.tbs);
  assert.deepEqual(report({ certificate: final }), [['Test certificate', 'RSA certificate'], []]);

  const entry = certificate.der;
  const value = encodeOctets(encodeTimestampList([promise({ entry })]));
  const extraExtensions = [{ oid: '1.3.6.1.4.1.11129.2.4.5', critical: false, value }];
  const ocspResponse = ocspOf(top, certificate, { responses: [{ certificate, status: 'good', extraExtensions }] });
  assert.deepEqual(report({ ocspResponse }), [['Test ocsp'], []]);
  assert.deepEqual(report({ ocspResponse: ocspOf(top, certificate) }), [[], []]);
  assert.deepEqual(overTls({ entry }, { by: rsaLog, entry }), [['Test tls', 'RSA tls'], []]);
  // One promise by each log counts.
  assert.deepEqual(overTls({ entry }, { entry }), [['Test tls'], []]);
  assert.deepEqual(report({ ocspResponse, signedCertificateTimestamps: [promise({ entry })] }), [['Test ocsp'], []]);
});

test('a certificate without extensions but the timestamps', () => {
  const bare = forge({ issuer: top, keyUsage: null });
  const only = precertificateTbs({ ...bare.certificate, tbs: bare.certificate.tbs });
  assert.deepEqual(only, bare.certificate.tbs, 'nothing to take out');
});

test('each way in which one can be wrong', () => {
  const entry = certificate.der;
  const wrong = 'the signature is wrong (Test)';
  const cases: readonly (readonly [Made, string])[] = [
    [{ entry, by: { key: generatePrivateKey('p256', random), name: '' } }, UNKNOWN_LOG],
    [{ entry, time: NOW.getTime() + 1 }, `from the future (${new Date(NOW.getTime() + 1).toISOString()})`],
    [{ entry, version: 1 }, 'another version'],
    [{ entry, scheme: 0x0503 }, 'another signature algorithm'],
    [{ entry, scheme: 0x0401 }, 'another signature algorithm'],
    [{ entry: server(top).der }, wrong],
    [{ entry: { tbs: certificate.tbs } }, wrong],
  ];
  for (const [one, reason] of cases) assert.deepEqual(overTls(one), [[], [reason]], reason);
  assert.deepEqual(overTls({ entry, extensions: Uint8Array.of(1, 2) }), [['Test tls'], []]);
  assert.deepEqual(overTls({ entry, time: NOW.getTime() }), [['Test tls'], []]);

  const retired = (at: number) => ({
    logs: [{ ...publicLog(log), retired: new Date(NOW.getTime() + at) }],
    signedCertificateTimestamps: [promise({ entry })],
  });
  assert.deepEqual(report(retired(-999)), [['Test tls'], []]);
  assert.deepEqual(report(retired(-1000)), [[], ['after the log was retired']]);

  // Every bit of it counts.
  const good = promise({ entry });
  for (let at = 0; at < good.length; at++) {
    const damaged = good.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    codeOf(() => assert.deepEqual(report({ signedCertificateTimestamps: [damaged] })[0], [], `byte ${at}`));
  }
});

test('so many logs must have signed', () => {
  const entry = certificate.der;
  const minimum = (least: number, ...promises: readonly Made[]) =>
    codeOf(() =>
      checkTimestamps({
        certificate,
        issuer: top.certificate,
        logs: [publicLog(log), publicLog(rsaLog)],
        time: NOW,
        signedCertificateTimestamps: promises.map(promise),
        minimum: least,
      }),
    );
  assert.equal(minimum(0), null);
  assert.equal(minimum(1), 'ERR_CERT_SCT_MISSING');
  assert.equal(minimum(2, { entry }, { entry }), 'ERR_CERT_SCT_MISSING');
  assert.equal(minimum(2, { entry }, { entry, by: rsaLog }), null);
});

test('lists and timestamps that are malformed; a log whose key is of no use; too many', () => {
  const good = promise({ entry: certificate.der });
  const lists = [[], [0], [0, 0], [0, 1, 0], [0, 2, 0, 0], [0, 3, 0, 1, 1, 1], [0, 4, 0, 1, 1, 1]].map((list) =>
    Uint8Array.from(list),
  );
  for (const list of lists)
    assert.equal(
      codeOf(() => decodeTimestampList(list)),
      'ERR_CERT_SCT_DECODE',
      list.join(),
    );
  assert.deepEqual(decodeTimestampList(encodeTimestampList([good, good])), [good, good]);
  for (let length = 0; length < good.length; length++) {
    assert.equal(
      codeOf(() => decodeTimestamp(good.subarray(0, length))),
      'ERR_CERT_SCT_DECODE',
      `${length}`,
    );
  }
  assert.equal(
    codeOf(() => decodeTimestamp(Uint8Array.of(...good, 0))),
    'ERR_CERT_SCT_DECODE',
  );
  const late = good.slice().fill(0xff, 33, 41);
  assert.equal(
    codeOf(() => decodeTimestamp(late)),
    'ERR_CERT_SCT_DECODE',
  );

  const useless = [
    new Uint8Array(),
    encodePublicKey(nobleProvider.publicKey(generatePrivateKey('p384', random))),
    encodePublicKey(nobleProvider.publicKey(generatePrivateKey('ed25519', random))),
  ];
  for (const key of useless) assert.throws(() => report({ logs: [{ key }] }), TlsConfigError);

  const bad = Array.from({ length: 40 }, () =>
    promise({ entry: leaf.key.kind === 'ec' ? leaf.key.scalar : certificate.der }),
  );
  assert.equal(
    codeOf(() => report({ signedCertificateTimestamps: bad })),
    'ERR_CERT_BUDGET',
  );
});
