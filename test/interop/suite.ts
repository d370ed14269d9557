/**
 * Runs every case with one peer, in both roles, and holds what the peer says against what we say.
 *
 * In each connection 1 byte, 16 KiB and 16 KiB + 1 go both ways and are compared; both sides end with close_notify.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { createCredential } from '../../src/certs/credential.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { TlsError } from '../../src/errors/errors.ts';
import type { ConnectionInfo } from '../../src/handshake/shared/info.ts';
import { byName, CIPHER_SUITES_12 } from '../../src/params/algorithms.ts';
import type { VersionName } from '../../src/params/registries.ts';
import type { CredentialFiles } from '../peers.ts';
import { type InteropAuthority, makeInteropAuthority } from './authority.ts';
import { type Case, casesForClient, casesForServer } from './cases.ts';
import { cases12ForClient, cases12ForServer } from './cases12.ts';
import { type CertificateKind, type Column, createRow, describeRows, emptyCells, prove, type Row } from './matrix.ts';
import { connectOwn, listenOwn, type OwnEnd } from './own-end.ts';
import { OWN_PROVIDERS, useProvider } from './own-provider.ts';
import { EXPORTER_LABEL, type Fact, type Peer, type PeerTask, type Report } from './peer.ts';

/** The name in the certificates of test/peers.ts. */
export const SERVER_NAME = 'localhost';
const CASE_TIMEOUT_MS = 180_000;
const BULK_TIMEOUT_MS = 360_000;
const PAYLOAD_LENGTHS = [1, 16_384, 16_385];
/** 1 MiB. */
const LONG_LENGTH = 1_048_576;

/** Declares the tests of one peer, with each of our providers. `find` starts it, or says why this machine cannot. */
export function testPeer(
  name: string,
  find: (t: TestContext, authority: InteropAuthority) => Promise<Peer | null>,
  version: VersionName = 'TLS 1.3',
  providers: readonly CryptoProvider[] = OWN_PROVIDERS,
): void {
  test(name, async (t) => {
    const authority = makeInteropAuthority(t);
    if (authority === null) return;
    const peer = await find(t, authority);
    if (peer === null) return;

    const rows: Row[] = [];
    for (const provider of providers) {
      useProvider(provider);
      rows.push(...(await runMatrix(t, peer, authority, version, provider.name)));
    }
    t.diagnostic(describeRows(rows));
    await t.test('no empty cell without a reason', () => {
      for (const row of rows) assert.deepEqual(emptyCells(row), [], `${peer.name} ${row.role} ${row.provider}`);
    });
  });
}

/** Every case and every extra of a peer, in the roles that it has, with the provider in use. */
async function runMatrix(
  t: TestContext,
  peer: Peer,
  authority: InteropAuthority,
  version: VersionName,
  provider: string,
): Promise<readonly Row[]> {
  const is13 = version === 'TLS 1.3';
  const rows: Row[] = [];
  for (const role of ['server', 'client'] as const) {
    const side = peer[role];
    if (side === undefined) continue;
    const row = createRow({ version, peer: peer.name, role, provider, lacks: side.lacks });
    rows.push(row);
    const [us, run] = role === 'server' ? (['our client', runClient] as const) : (['our server', runServer] as const);
    const cases =
      role === 'server' ? (is13 ? casesForServer : cases12ForServer) : is13 ? casesForClient : cases12ForClient;
    for (const each of cases(peer)) {
      const timeout = each.task.bulk > 0 ? BULK_TIMEOUT_MS : CASE_TIMEOUT_MS;
      await t.test(`${us} on ${provider}, ${each.label}`, { timeout }, async (sub) => {
        prove(row, [...each.proves, ...(await run(sub, peer, authority, each))]);
      });
    }
    for (const { label, proves, run: runExtra } of side.extras ?? []) {
      await t.test(`${us} on ${provider}, ${label}`, { timeout: CASE_TIMEOUT_MS }, async (sub) => {
        await runExtra(sub);
        prove(row, proves);
      });
    }
  }
  return rows;
}

/** Our client and the peer's server. Returns the columns that were seen to work by the way. */
async function runClient(
  t: TestContext,
  peer: Peer,
  authority: InteropAuthority,
  each: Case,
): Promise<readonly Column[]> {
  const side = peer.server;
  assert.ok(side);
  const { task, expect } = each;
  const serving = await side.serve(t, task);
  const own = await connectOwn(
    serving,
    {
      cipherSuites: [each.suite],
      groups: [each.group],
      trust: trustOf(authority),
      credentials: task.clientCertificate === null ? [] : [ownCredential(authority.client(task.clientCertificate))],
      ...withoutServerOptions(each.own),
    },
    { name: SERVER_NAME, ...(each.sni === undefined ? {} : { sni: each.sni }) },
  );
  t.after(() => own.destroy());

  if (expect.refusal !== null) {
    const ending = await own.ending;
    assert.ok(ending instanceof TlsError, String(ending));
    assert.equal(ending.code, 'ERR_TLS_PEER_ALERT');
    assert.ok(side.refusals.includes(own.alerts.at(-1) ?? ''), `the peer sent ${own.alerts.at(-1)}`);
    await serving.report();
    return [];
  }

  const info = await own.established;
  // In TLS 1.2 the peer's close_notify ends the connection for both (RFC 5246 §7.2.1).
  const exported = exportOf(own);
  const between = () => changeKeys(own, each);
  let hashed: string | undefined;
  if (task.bulk > 0) hashed = await sendBulk(own, task.bulk);
  else await (serving.talk ?? sendPayloads)(own, payloadsFor(peer.text?.(task) === true, task), between);
  own.close();
  assert.equal(await own.ending, 'closed');
  const report = await serving.report();
  checkTold(report, side.tells(task));
  if (task.bulk > 0) assert.equal(report.bulk?.received, hashed);
  checkFacts(info, report, each);
  checkRest(own, report, each, exported);
  return provedBy(report, each.sni !== false);
}

/** The peer's client and our server. */
async function runServer(
  t: TestContext,
  peer: Peer,
  authority: InteropAuthority,
  each: Case,
): Promise<readonly Column[]> {
  const side = peer.client;
  assert.ok(side);
  const { task, expect } = each;
  const { keyShares: _, compatibilityMode: __, ...options } = each.own;
  const listener = await listenOwn({
    cipherSuites: [each.suite],
    groups: [each.group],
    credentials: [ownCredential(authority.server(task.certificate))],
    ...(options.clientAuth === undefined ? {} : { trust: trustOf(authority) }),
    ...options,
  });
  t.after(() => listener.close());
  const reporting = side.connect(t, listener.port, task);
  // A client that fails before it connects has the say.
  const own = await Promise.race([listener.next(), reporting.then(notConnected)]);
  t.after(() => own.destroy());
  // Nor is a peer waited for that has given up.
  const failing = reporting.then(() => new Promise<never>(() => {}));
  const unlessItFails = <T>(work: Promise<T>): Promise<T> => Promise.race([work, failing]);

  if (expect.refusal !== null) {
    const ending = await unlessItFails(own.ending);
    assert.ok(ending instanceof TlsError, String(ending));
    assert.equal(ending.alert, expect.refusal);
    const { alerts } = await reporting;
    assert.deepEqual(alerts, [expect.refusal]);
    return [];
  }

  const info = await unlessItFails(own.established);
  const exported = exportOf(own);
  const between = () => changeKeys(own, each);
  let hashes: { readonly sent: string; readonly received: string } | undefined;
  if (task.bulk > 0) hashes = await unlessItFails(echoBulk(own));
  else if (side.answer !== undefined) await unlessItFails(side.answer(own, between, task));
  else await unlessItFails(echo(own, between, side.closes === 'second' ? totalOf(task) : Number.POSITIVE_INFINITY));
  if (side.closes === 'second') own.close();
  assert.equal(await unlessItFails(own.ending), 'closed');
  own.close();
  const report = await reporting;
  checkTold(report, side.tells(task));
  if (hashes !== undefined) {
    assert.deepEqual({ sent: report.bulk?.received, received: report.bulk?.sent }, hashes);
  } else if (report.echoed !== undefined) {
    assert.equal(report.echoed, totalOf(task));
  }
  checkFacts(info, report, each);
  checkRest(own, report, each, exported);
  return provedBy(report, task.sni);
}

function notConnected(report: Report): never {
  throw new Error(`the peer did not connect: ${JSON.stringify(report)}`);
}

// ---------------------------------------------------------------- data

/** The payloads in the form that a peer takes: any bytes, or lines of digits. */
export function payloadsFor(text: boolean, task?: Pick<PeerTask, 'long'>): readonly Uint8Array[] {
  return lengthsOf(task).map((length) => {
    if (!text) return Uint8Array.from({ length }, (_, i) => (i * 167 + 13 + (i >> 8)) & 0xff);
    // Lines of digits: no byte of them is a command to any peer, and each line ends with a newline.
    return Uint8Array.from({ length }, (_, i) =>
      i % 61 === 60 || i === length - 1 ? 0x0a : 0x30 + ((i + (i >> 8)) % 10),
    );
  });
}

function lengthsOf(task: Pick<PeerTask, 'long'> | undefined): readonly number[] {
  return task?.long === true ? [...PAYLOAD_LENGTHS, LONG_LENGTH] : PAYLOAD_LENGTHS;
}

function totalOf(task: PeerTask): number {
  return lengthsOf(task).reduce((sum, length) => sum + length, 0);
}

async function sendPayloads(own: OwnEnd, payloads: readonly Uint8Array[], between: () => void): Promise<void> {
  for (const payload of payloads) {
    await own.write(payload);
    sameBytes(await own.readExactly(payload.length), payload);
    if (payload === payloads[0]) between();
  }
}

/** Sends back what comes until it ends, or until so many bytes are through. */
async function echo(own: OwnEnd, between: () => void, length: number): Promise<void> {
  for (let at = 0; at < length; ) {
    const chunk = await own.read();
    if (chunk === null) return;
    await own.write(chunk);
    if (at === 0) between();
    at += chunk.length;
  }
}

/** Sends `length` bytes while the peer sends them back. Returns the SHA-256 of what was sent, which is that of what came. */
async function sendBulk(own: OwnEnd, length: number): Promise<string> {
  const sent = createHash('sha256');
  const received = createHash('sha256');
  const reading = (async () => {
    for (let at = 0; at < length; ) {
      const chunk = await own.read();
      assert.ok(chunk !== null, `the peer's data ended after ${at} bytes`);
      received.update(chunk);
      at += chunk.length;
    }
  })();
  const block = Uint8Array.from({ length: 65_536 }, (_, i) => (i * 131 + (i >> 7)) & 0xff);
  for (let at = 0; at < length; at += block.length) {
    new DataView(block.buffer).setUint32(0, at);
    sent.update(block);
    await own.write(block);
  }
  await reading;
  const digest = sent.digest('hex');
  assert.equal(received.digest('hex'), digest);
  return digest;
}

async function echoBulk(own: OwnEnd): Promise<{ readonly sent: string; readonly received: string }> {
  const hash = createHash('sha256');
  for (;;) {
    const chunk = await own.read();
    if (chunk === null) break;
    hash.update(chunk);
    await own.write(chunk);
  }
  const digest = hash.digest('hex');
  return { sent: digest, received: digest };
}

/** Without the megabyte of difference that deepEqual would print. */
export function sameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(actual.length, expected.length, 'length of the data that came back');
  assert.ok(Buffer.compare(actual, expected) === 0, `${expected.length} bytes came back changed`);
}

function changeKeys(own: OwnEnd, { rekey }: Case): void {
  if (rekey !== undefined) own.apply(own.connection.updateKeys(rekey));
}

function exportOf({ connection }: OwnEnd): string | undefined {
  if (connection.phase !== 'open' || connection.info?.extendedMainSecret !== true) return undefined;
  return Buffer.from(connection.exportKeyingMaterial(EXPORTER_LABEL, null, 32)).toString('hex');
}

// ---------------------------------------------------------------- what both sides say

function checkTold(report: Report, tells: readonly Fact[]): void {
  const missing = tells.filter((fact) => report[fact] === undefined);
  assert.deepEqual(missing, [], `the peer did not say: ${JSON.stringify(report)}`);
}

function checkFacts(info: ConnectionInfo, report: Report, each: Case): void {
  const { task, expect } = each;
  const client = info.role === 'client';
  const serverName = client ? each.sni !== false : task.sni;
  const showsCertificate = task.clientCertificate !== null;
  const ours: Report = {
    version: info.version,
    cipherSuite: info.cipherSuite,
    group: info.group ?? undefined,
    serverScheme: (client ? info.signatureScheme : info.ownSignatureScheme) ?? undefined,
    clientScheme: client ? info.ownSignatureScheme : info.signatureScheme,
    alpn: info.alpn,
    serverName: info.serverName,
    helloRetryRequest: info.helloRetryRequest,
    clientCertificate: (client ? info.ownCertificates : info.peerCertificates).length > 0,
    ...(each.version === 'TLS 1.2' ? { extendedMainSecret: info.extendedMainSecret } : {}),
  };
  const wanted: Report = {
    ...ours,
    version: each.version,
    cipherSuite: each.suite,
    group: isStaticRsa(each) ? undefined : each.group,
    ...(each.version === 'TLS 1.2' ? { extendedMainSecret: task.extendedMainSecret } : {}),
    alpn: expect.alpn,
    serverName: serverName ? SERVER_NAME : null,
    helloRetryRequest: expect.helloRetryRequest ?? info.helloRetryRequest,
    clientCertificate: showsCertificate,
  };
  assert.deepEqual(ours, wanted);
  if (isStaticRsa(each)) assert.equal(ours.serverScheme, undefined);
  else assert.match(ours.serverScheme ?? '', schemesOf(each.version, task.certificate));
  assert.equal(ours.clientScheme === null, !showsCertificate);
  if (task.clientCertificate !== null) {
    assert.match(ours.clientScheme ?? '', schemesOf(each.version, task.clientCertificate));
  }
  assert.equal(info.clientCertificateRequested, task.clientAuth !== 'none');
  if (client || showsCertificate) assert.equal(info.verdict?.ok, true);

  // What the peer says, as far as it says it, is what we say.
  const told = Object.keys(ours) as (keyof typeof ours)[];
  for (const fact of told) {
    if (report[fact] !== undefined) assert.deepEqual(report[fact], ours[fact], `${fact}: the peer's word and ours`);
  }
}

function isStaticRsa({ suite }: Case): boolean {
  return byName(CIPHER_SUITES_12, suite)?.keyExchange === 'rsa';
}

/** TLS 1.2 has no pairs of curve and hash (RFC 5246 §7.4.1.4.1), and PKCS #1 v1.5 too. */
function schemesOf(version: VersionName, kind: CertificateKind): RegExp {
  if (version === 'TLS 1.3' || !(kind in SCHEMES_12)) return SCHEMES[kind];
  return SCHEMES_12[kind] ?? SCHEMES[kind];
}

const SCHEMES_12: Partial<Readonly<Record<CertificateKind, RegExp>>> = {
  p256: /^ecdsa_secp\d+r1_sha(256|384|512)$/,
  p384: /^ecdsa_secp\d+r1_sha(256|384|512)$/,
  p521: /^ecdsa_secp\d+r1_sha(256|384|512)$/,
  rsa2048: /^rsa_(pss_rsae|pkcs1)_sha(256|384|512)$/,
};

/** The schemes that a certificate's key can sign with (RFC 9846 §4.3.3). */
const SCHEMES: Readonly<Record<CertificateKind, RegExp>> = {
  p256: /^ecdsa_secp256r1_sha256$/,
  p384: /^ecdsa_secp384r1_sha384$/,
  p521: /^ecdsa_secp521r1_sha512$/,
  ed25519: /^ed25519$/,
  ed448: /^ed448$/,
  rsa2048: /^rsa_pss_rsae_sha(256|384|512)$/,
  'rsa-pss2048': /^rsa_pss_pss_sha(256|384|512)$/,
};

function checkRest(own: OwnEnd, report: Report, each: Case, exported: string | undefined): void {
  const { rekey, task } = each;
  const asked = rekey?.requestPeer === true || task.rekey;
  assert.equal(own.keyUpdates > 0, asked, `KeyUpdates received: ${own.keyUpdates}`);
  if (report.keyUpdates !== undefined && rekey !== undefined) assert.equal(report.keyUpdates, 1);
  // Without extended_master_secret the peer exports what we refuse to.
  if (report.exported !== undefined && task.extendedMainSecret) assert.equal(report.exported, exported);
  if (report.encryptThenMac !== undefined) assert.equal(report.encryptThenMac, usesEncryptThenMac(each));
  if (report.closed !== undefined) assert.equal(report.closed, true, 'our close_notify was not understood');
}

/** RFC 7366 §3: with CBC whenever both have it, and never else. */
function usesEncryptThenMac({ suite, task }: Case): boolean {
  return byName(CIPHER_SUITES_12, suite)?.protection.kind === 'cbc' && task.encryptThenMac;
}

function provedBy(report: Report, serverName: boolean): readonly Column[] {
  return [
    ...(serverName && report.serverName !== undefined ? (['SNI'] as const) : []),
    ...(report.exported !== undefined ? (['exporter'] as const) : []),
    ...(report.closed === true ? (['close_notify'] as const) : []),
  ];
}

// ---------------------------------------------------------------- our credentials

const credentials = new Map<string, ReturnType<typeof createCredential>>();

function ownCredential(files: CredentialFiles): ReturnType<typeof createCredential> {
  const known = credentials.get(files.chain);
  if (known !== undefined) return known;
  const made = createCredential({
    certificates: readFileSync(files.chain, 'utf8'),
    key: readFileSync(files.key, 'utf8'),
  });
  credentials.set(files.chain, made);
  return made;
}

function trustOf({ caText }: InteropAuthority): ReturnType<typeof createTrustStore> {
  return createTrustStore([caText]);
}

function withoutServerOptions(own: Case['own']): Omit<Case['own'], 'clientAuth' | 'cookie'> {
  const { clientAuth: _, cookie: __, ...rest } = own;
  return rest;
}
