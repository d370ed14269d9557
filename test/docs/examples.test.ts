import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServer, type TLSSocket } from 'node:tls';
import { pathToFileURL } from 'node:url';
import {
  type Authority,
  createAuthority,
  encodePem,
  encodePrivateKey,
  generatePrivateKey,
  issueCertificate,
  nobleProvider,
  validityFrom,
} from '../../src/certs-issue.ts';
import { platformRandom as random } from '../../src/connection/config.ts';

const checkout = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(checkout, 'README.md'), 'utf8');
const [core = '', node = ''] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);

test('the example of the core fetches a page from node:tls', async () => {
  const { stdout, stderr } = await runExample(core, createAuthority({ name: 'Root', now: new Date(), random }));
  assert.equal(stderr, '');
  assert.equal(stdout, 'HTTP/1.0 200 OK\r\n\r\nTLSv1.3');
});

test('the example of the core refuses a server under another root', async () => {
  const other = createAuthority({ name: 'Other', now: new Date(), random });
  const { stdout, stderr } = await runExample(core, createAuthority({ name: 'Root', now: new Date(), random }), other);
  assert.match(stderr, /^ERR_CERT_UNKNOWN_ISSUER /);
  assert.equal(stdout, '');
});

test('the example for node fetches a page', async () => {
  const roots = `trust: createTrustStore([readFileSync('ca.pem', 'utf8')])`;
  const source = `import { readFileSync } from 'node:fs';\nimport { createTrustStore } from 'isotls';\n${node}`;
  const local = source.replace(`host: 'example.com', port: 443`, `host: 'localhost', port: 8443, ${roots}`);
  assert.notEqual(local, source);
  const { stdout, stderr } = await runExample(local, createAuthority({ name: 'Root', now: new Date(), random }));
  assert.equal(stderr, '');
  assert.equal(stdout, 'HTTP/1.0 200 OK\r\n\r\nTLSv1.3');
});

/** Runs an example's source as a program, with this checkout as `isotls`, against a server under `authority`. */
async function runExample(source: string, authority: Authority, trusted = authority) {
  const folder = mkdtempSync(join(tmpdir(), 'isotls-example-'));
  const server = createServer(credentialOf(authority), (socket: TLSSocket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(`HTTP/1.0 200 OK\r\n\r\n${socket.getProtocol()}`));
  });
  try {
    await once(server.listen(0, 'localhost'), 'listening');
    const { port } = server.address() as AddressInfo;
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, encodePem('CERTIFICATE', trusted.certificate.der));
    const entry = (name: string) => `'${pathToFileURL(join(checkout, 'src', `${name}.ts`)).href}'`;
    const program = source
      .replaceAll("'isotls'", entry('index'))
      .replaceAll("'isotls/node'", entry('node'))
      .replaceAll("'ca.pem'", JSON.stringify(ca))
      .replaceAll('8443', String(port));
    writeFileSync(join(folder, 'example.mts'), program);
    return await runProgram(join(folder, 'example.mts'));
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}

async function runProgram(file: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', file], { cwd: checkout, timeout: 60_000 });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = await once(child, 'close');
  assert.deepEqual([code, signal], [0, null], stderr);
  return { stdout, stderr };
}

function credentialOf({ certificate, key: issuerKey }: Authority) {
  const key = generatePrivateKey('p256', random);
  const der = issueCertificate({
    subject: 'localhost',
    issuer: { certificate, key: issuerKey },
    publicKey: nobleProvider.publicKey(key),
    names: ['localhost'],
    ...validityFrom(new Date(), 1),
    random,
  });
  return { cert: encodePem('CERTIFICATE', der), key: encodePem('PRIVATE KEY', encodePrivateKey(key)) };
}
