import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { runCli } from '../../src/cli/dispatch.ts';
import { runIsotls } from '../peers.ts';
import { isotls } from './in-process.ts';

const ESCAPE = '\u001b';

interface DemoData {
  readonly authority: readonly { readonly subject: string }[];
  readonly seen: readonly {
    readonly from: string;
    readonly name: string;
    readonly bytes: number;
    readonly protection: string;
    readonly says: string;
  }[];
  readonly client: Record<string, unknown>;
  readonly server: Record<string, unknown>;
  readonly path: readonly string[];
  readonly secrets: readonly { readonly label: string; readonly same: boolean; readonly value?: string }[];
  readonly transitions: readonly { readonly role: string; readonly to: string }[];
  readonly wire: Record<
    'client' | 'server',
    { readonly records: number; readonly encrypted: number; readonly bytes: number }
  >;
  readonly request: string;
  readonly response: string;
  readonly closed: boolean;
}

async function dataOf(...args: readonly string[]): Promise<DemoData> {
  const result = await isotls(['demo', '--json', ...args]);
  assert.equal(result.code, 0);
  return JSON.parse(result.stdout.toString()) as DemoData;
}

test('npm run demo, as a process: a full handshake with X25519MLKEM768 in under 5 seconds', async (t) => {
  const started = performance.now();
  const result = await runIsotls(['demo']);
  const milliseconds = performance.now() - started;
  assert.equal(result.code, 0, result.stderr);
  assert.equal(result.stderr, '');
  const text = result.stdout.toString();
  for (const name of [
    'ClientHello',
    'ServerHello',
    'EncryptedExtensions',
    'Certificate',
    'CertificateVerify',
    'Finished',
  ]) {
    assert.match(text, new RegExp(`^  │.* ${name} .*(bytes|kB) .*│$`, 'm'), name);
  }
  assert.match(text, /key exchange X25519MLKEM768/);
  assert.match(text, /demo\.example ← isotls demo intermediate ← isotls demo root/);
  assert.ok(!text.includes(ESCAPE), 'no colour where there is no terminal');
  assert.ok(text.split('\n').every((line) => line.length <= 80));
  assert.ok(milliseconds < 5000, `${milliseconds} ms`);
  t.diagnostic(`demo: ${(milliseconds / 1000).toFixed(1)} s with the start of the process`);
});

test('the data of the demo: order, protection, agreement, and a chain validated to its root', async () => {
  const data = await dataOf();
  assert.deepEqual(
    data.seen.map(({ from, name, protection }) => `${from} ${name} ${protection}`),
    [
      'client ClientHello none',
      'server ServerHello none',
      'server change_cipher_spec none',
      'server EncryptedExtensions handshake',
      'server Certificate handshake',
      'server CertificateVerify handshake',
      'server Finished handshake',
      'client change_cipher_spec none',
      'client Finished handshake',
      'server NewSessionTicket application',
      'server NewSessionTicket application',
      'client application data application',
      'server application data application',
      'server alert close_notify application',
      'client alert close_notify application',
    ],
  );
  assert.equal(data.client['group'], 'X25519MLKEM768');
  assert.equal(data.client['clientRandom'], data.server['clientRandom']);
  assert.equal(data.client['cipherSuite'], data.server['cipherSuite']);
  assert.deepEqual(
    [...data.path].reverse(),
    data.authority.map(({ subject }) => subject),
  );
  assert.equal(data.secrets.length, 6);
  assert.ok(data.secrets.every(({ same, value }) => same && value === undefined));
  assert.equal(data.closed, true);
  assert.match(data.request, /^GET \/ HTTP\/1\.1\r\n/);
  assert.match(data.response, /^HTTP\/1\.1 200 OK\r\n/);
  assert.ok(data.transitions.some(({ role, to }) => role === 'client' && to === 'CONNECTED'));
  // 57 bytes of request and the like: what the tap counted is what the messages weigh, and their framing.
  const content = (from: string): number =>
    data.seen.filter((sighting) => sighting.from === from).reduce((sum, { bytes }) => sum + bytes, 0);
  for (const from of ['client', 'server'] as const) {
    const { records, encrypted, bytes } = data.wire[from];
    assert.equal(bytes, content(from) + 5 * records + 17 * encrypted);
  }
});

test('secrets are shown when asked for alone, and differ each time', async () => {
  const values = (data: DemoData): (string | undefined)[] => data.secrets.map(({ value }) => value);
  const [first, second] = [values(await dataOf('--show-secrets')), values(await dataOf('--show-secrets'))];
  assert.ok(first.every((value) => /^[0-9a-f]{64}$/.test(value ?? '')));
  assert.equal(new Set([...first, ...second]).size, 12);
  assert.doesNotMatch((await isotls(['demo'])).stdout.toString(), /[0-9a-f]{64}/);
});

test('on a terminal the text is the same, in colour', async () => {
  const stdout = new PassThrough();
  const chunks: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await runCli(['demo'], { stdin: new PassThrough(), stdout, stderr: new PassThrough(), colour: true });
  assert.equal(code, 0);
  const text = Buffer.concat(chunks).toString();
  assert.ok(text.includes(`${ESCAPE}[33m`));
  const plain = text.replace(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), '');
  assert.match(plain, /^ {2}│ ── ClientHello ─+ \d\.\d kB ─▶ │$/m);
});
