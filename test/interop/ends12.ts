/**
 * What the tests of TLS 1.2 with every peer have in common beyond the cases: sessions taken up again, and an OCSP response.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createCredential } from '../../src/certs/credential.ts';
import { createTrustStore } from '../../src/certs/trust-store.ts';
import type { ClientOptions, ServerOptions } from '../../src/connection/config.ts';
import type { InteropAuthority } from './authority.ts';
import type { CertificateKind } from './matrix.ts';
import { connectOwn, listenOwn, type OwnEnd } from './own-end.ts';
import type { Facts } from './resumption-ends.ts';
import { SERVER_NAME } from './suite.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Our client, in TLS 1.2, with our authority as its trust. */
export async function client12(
  t: TestContext,
  { caText }: InteropAuthority,
  address: Address,
  options: ClientOptions = {},
): Promise<OwnEnd> {
  const trust = createTrustStore([caText]);
  const own = await connectOwn(address, { maxVersion: 'TLS 1.2', trust, ...options }, { name: SERVER_NAME });
  t.after(() => own.destroy());
  return own;
}

/** Our server, in TLS 1.2. */
export async function server12(
  t: TestContext,
  authority: InteropAuthority,
  options: Partial<ServerOptions> = {},
  kind: CertificateKind = 'p256',
): Promise<Awaited<ReturnType<typeof listenOwn>>> {
  const { chain, key } = authority.server(kind);
  const credential = createCredential({ certificates: readFileSync(chain, 'utf8'), key: readFileSync(key, 'utf8') });
  const listener = await listenOwn({ maxVersion: 'TLS 1.2', credentials: [credential], ...options });
  t.after(() => listener.close());
  return listener;
}

/** Sends back what comes, to the end. */
export async function echo(own: OwnEnd): Promise<void> {
  for (let chunk = await own.read(); chunk !== null; chunk = await own.read()) await own.write(chunk);
  own.close();
}

/** Sends bytes and has them back. */
export async function sendAndRead(own: OwnEnd, length: number): Promise<void> {
  const text = Buffer.from(`${'isotls '.repeat(Math.ceil(length / 7)).slice(0, length - 1)}\n`);
  await own.write(text);
  assert.deepEqual(Buffer.from(await own.readExactly(text.length)), text);
}

/** What `connect` and `serve` say of a resumed connection of TLS 1.2: neither side has signed. */
export function assertResumed12(facts: Facts | undefined, resumed = true): void {
  assert.equal(facts?.['version'], 'TLS 1.2', JSON.stringify(facts));
  assert.equal(facts['resumed'], resumed, JSON.stringify(facts));
}

/** A file with an OCSP response, made by openssl and signed by the issuer, that a server's certificate is good. */
export function ocspResponse({ folder, server }: InteropAuthority, kind: CertificateKind = 'p256'): string {
  const { leaf, intermediate } = server(kind);
  const file = (name: string): string => join(mkdtempSync(join(folder, 'ocsp-')), name);
  const serial = openssl('x509', '-in', leaf, '-noout', '-serial').trim().slice('serial='.length);
  const [index, request, response] = [file('index'), file('request'), file('response')];
  writeFileSync(index, `V\t491231235959Z\t\t${serial}\tunknown\t/CN=localhost\n`);
  openssl('ocsp', '-issuer', intermediate, '-cert', leaf, '-no_nonce', '-reqout', request);
  const signer = ['-rsigner', intermediate, '-rkey', intermediate.replace(/\.pem$/, '.key')];
  openssl(
    'ocsp',
    '-index',
    index,
    '-CA',
    intermediate,
    ...signer,
    '-reqin',
    request,
    '-respout',
    response,
    '-ndays',
    '1',
  );
  return response;
}

/** Lines of a key log that are about one client's random. */
export function keyLogLines(text: string, { connection }: OwnEnd): readonly string[] {
  const random = Buffer.from(connection.info?.clientRandom ?? []).toString('hex');
  return text.split('\n').filter((line) => line.toLowerCase().startsWith(`client_random ${random} `));
}

/** The one line of our key log, and the peer's. */
export function assertSameKeyLog(own: OwnEnd, file: string): void {
  const theirs = keyLogLines(readFileSync(file, 'latin1'), own).map((line) => line.toLowerCase());
  assert.equal(theirs.length, 1);
  assert.deepEqual(
    own.keyLog.map((line) => line.toLowerCase()),
    theirs,
  );
}

function openssl(...args: readonly string[]): string {
  return execFileSync('openssl', [...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
