/**
 * What gnutls-serv and gnutls-cli do in TLS 1.2 beyond a handshake and data.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { createRevocationPolicy } from '../../src/certs/revocation.ts';
import { TlsError } from '../../src/errors/errors.ts';
import { eventually } from '../eventually.ts';
import { freePort, type Running, start } from '../peers.ts';
import type { InteropAuthority } from './authority.ts';
import {
  type Address,
  assertResumed12,
  assertSameKeyLog,
  client12,
  ocspResponse,
  sendAndRead,
  server12,
} from './ends12.ts';
import type { Extra } from './peer.ts';
import { connectOwn, REQUEST, scratch, serveOwn } from './resumption-ends.ts';

const VERSION = ['--priority', 'NORMAL:-VERS-ALL:+VERS-TLS1.2', '--debug', '5'] as const;

/** Our client and gnutls-serv, which sends lines back. */
export function gnutlsServerExtras(authority: InteropAuthority): readonly Extra[] {
  const serve = async (
    t: TestContext,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Running & Address> => {
    const port = await freePort();
    const { chain, key } = authority.server();
    const credential = ['--x509certfile', chain, '--x509keyfile', key, '--disable-client-cert'];
    const running = start(t, 'gnutls-serv', [...VERSION, '--port', `${port}`, '--echo', ...credential, ...args], env);
    await running.until(/Echo Server listening on IPv4 0\.0\.0\.0 port \d+\.\.\.done/);
    return { ...running, host: '127.0.0.1', port };
  };
  const resumes = async (t: TestContext, args: readonly string[]): Promise<void> => {
    const server = await serve(t, args);
    const file = scratch()('session');
    const own = ['--ca', authority.ca, '--max-version', '1.2', '--session-out', file];
    assertResumed12((await connectOwn(server.port, own, 'one\n')).facts, false);
    for (const line of ['two\n', 'three\n']) {
      const { facts, text } = await connectOwn(server.port, [...own, '--session-in', file], line);
      assertResumed12(facts);
      assert.equal(text, line);
    }
    assert.equal(received(server, 'CERTIFICATE was queued'), 1);
  };
  return [
    { label: 'resumed by ticket', proves: ['resumed by ticket'], run: (t) => resumes(t, []) },
    { label: 'resumed by session ID', proves: ['resumed by ID'], run: (t) => resumes(t, ['--noticket']) },
    {
      label: 'a stapled OCSP response',
      proves: ['staple'],
      async run(t) {
        const server = await serve(t, ['--ocsp-response', ocspResponse(authority)]);
        const own = await client12(t, authority, server, {
          revocation: createRevocationPolicy({ mode: 'hard', demand: 'leaf' }),
        });
        assert.equal((await own.established).verdict?.ok, true);
        await sendAndRead(own, 100);
      },
    },
    {
      label: 'a renegotiation that the peer asks for: refused, which gnutls-serv takes for the end',
      proves: ['renegotiation refused'],
      async run(t) {
        const server = await serve(t);
        const own = await client12(t, authority, server);
        await own.established;
        await own.write(Buffer.from('**REHANDSHAKE**\n'));
        await own.read();
        await server.until(/HELLO REQUEST was queued/);
        await server.until(/Alert\[1\|100\] - .* - was received/);
        assert.deepEqual(own.ownAlerts, ['no_renegotiation']);
        assert.equal(await own.ending, 'truncated');
      },
    },
    {
      label: 'record_size_limit both ways',
      proves: ['record size'],
      async run(t) {
        const server = await serve(t, ['--recordsize', '700']);
        const own = await client12(t, authority, server, { recordSizeLimit: 600 });
        await own.established;
        await sendAndRead(own, 5000);
        await server.until(/record_size_limit 600 negotiated/);
        await assertLengths(server, { sent: 600, received: 700 });
      },
    },
    {
      label: 'max_fragment_length of 512, which gnutls-serv agrees to and forgets: refused',
      proves: [],
      async run(t) {
        const server = await serve(t);
        const own = await client12(t, authority, server, { maxFragmentLength: 512 });
        await own.established;
        await own.write(Buffer.from(`${'x'.repeat(5000)}\n`));
        const ending = await own.ending;
        assert.ok(ending instanceof TlsError);
        assert.equal(ending.alert, 'record_overflow');
        await server.until(/Sending extension Maximum Record Size\/1/);
        assert.ok(Math.max(...contents(server)) <= 512);
      },
    },
    {
      label: 'the same key log',
      proves: ['key log'],
      async run(t) {
        const file = scratch()('keys');
        const server = await serve(t, [], { SSLKEYLOGFILE: file });
        const own = await client12(t, authority, server, { keyLog: true });
        await own.established;
        await sendAndRead(own, 10);
        assertSameKeyLog(own, file);
      },
    },
    {
      label: 'the same channel bindings',
      proves: ['exporter'],
      async run(t) {
        const server = await serve(t);
        const own = await client12(t, authority, server);
        await own.established;
        await sendAndRead(own, 10);
        const bindings = (['tls-unique', 'tls-server-end-point', 'tls-exporter'] as const).map(
          (type) => `'${type}': ${Buffer.from(own.connection.channelBinding(type)).toString('hex')}`,
        );
        own.close();
        await own.ending;
        // What it prints to stdout comes out when it exits.
        server.child.kill('SIGTERM');
        for (const binding of bindings) await server.until(new RegExp(binding));
      },
    },
  ];
}

/** gnutls-cli and our server. */
export function gnutlsClientExtras(authority: InteropAuthority): readonly Extra[] {
  const cli = (
    t: TestContext,
    port: number,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Running => {
    const common = [...VERSION, '--x509cafile', authority.ca, '--port', `${port}`, '--inline-commands', ...args];
    return start(t, 'gnutls-cli', [...common, 'localhost'], env);
  };
  const resumes = async (t: TestContext, own: readonly string[], args: readonly string[]): Promise<void> => {
    const server = await serveOwn(t, authority, ['--www', '--max-version', '1.2', ...own]);
    const client = cli(t, server.port, ['--resume', ...args]);
    // What it reads before the second handshake is for the first connection.
    await client.until(/Simple Client Mode/);
    client.child.stdin?.write(REQUEST);
    await client.until(/\*\*\* This is a resumed session/);
    client.child.stdin?.write(REQUEST);
    const [full, resumed] = await server.connections(2);
    assertResumed12(full, false);
    assertResumed12(resumed);
  };
  return [
    { label: 'resumed by ticket', proves: ['resumed by ticket'], run: (t) => resumes(t, [], []) },
    {
      label: 'resumed by session ID',
      proves: ['resumed by ID'],
      run: (t) => resumes(t, ['--session-cache'], ['--noticket']),
    },
    {
      label: 'a stapled OCSP response',
      proves: ['staple'],
      async run(t) {
        const response = ocspResponse(authority);
        const saved = scratch()('saved');
        const server = await serveOwn(t, authority, ['--www', '--max-version', '1.2', '--ocsp', response]);
        const client = cli(t, server.port, ['--save-ocsp', saved]);
        await client.until(/Simple Client Mode/);
        assert.deepEqual(readFileSync(saved), readFileSync(response));
      },
    },
    {
      label: 'a renegotiation that the peer begins: refused, as often as it asks',
      proves: ['renegotiation refused'],
      async run(t) {
        const listener = await server12(t, authority);
        const client = cli(t, listener.port);
        const own = await listener.next();
        await own.established;
        await client.until(/Simple Client Mode/);
        client.child.stdin?.write('^renegotiate^\n');
        // gnutls-cli sends its ClientHello again and again; after so many we have enough.
        const ending = await own.ending;
        assert.ok(ending instanceof TlsError);
        assert.equal(ending.alert, 'unexpected_message');
        assert.equal(own.ownAlerts[0], 'no_renegotiation');
        await client.until(/Received alert \[100\]: No renegotiation is allowed/);
      },
    },
    {
      label: 'record_size_limit both ways',
      proves: ['record size'],
      async run(t) {
        const listener = await server12(t, authority, { recordSizeLimit: 600 });
        const client = cli(t, listener.port, ['--recordsize', '700']);
        const own = await listener.next();
        await own.established;
        await client.until(/Simple Client Mode/);
        await own.write(Buffer.from('x'.repeat(5000)));
        await client.until(/x{5000}/);
        for (let turn = 0; turn < 6; turn++) {
          // What is over the limit gnutls-cli forgets.
          client.child.stdin?.write('y'.repeat(700));
          await own.readExactly(600);
        }
        await assertLengths(client, { sent: 600, received: 700 });
      },
    },
    {
      label: 'the same key log',
      proves: ['key log'],
      async run(t) {
        const file = scratch()('keys');
        const listener = await server12(t, authority, { keyLog: true });
        const client = cli(t, listener.port, [], { SSLKEYLOGFILE: file });
        const own = await listener.next();
        await own.established;
        await client.until(/Simple Client Mode/);
        assertSameKeyLog(own, file);
      },
    },
  ];
}

/** How often its debug output says so. */
function received({ stderr }: Running, text: string): number {
  return stderr().split(text).length - 1;
}

/** Lengths of the data in the records that came. */
function contents({ stderr }: Pick<Running, 'stderr'>): readonly number[] {
  const pattern = /Decrypted Packet\[\d+\] Application Data\(23\) with length: (\d+)/g;
  return [...stderr().matchAll(pattern)].map(([, length]) => Number(length));
}

/** The longest contents of records with data, by its debug output. */
async function assertLengths(
  { stderr }: Running,
  limits: { readonly sent: number; readonly received: number },
): Promise<void> {
  const lengths = (pattern: RegExp): readonly number[] => [...stderr().matchAll(pattern)].map(([, n]) => Number(n));
  // Sealed with 16 bytes of tag (and with GCM 8 of nonce) behind 5 of header.
  const pattern = /Sent Packet\[\d+\] Application Data\(23\) in epoch 1 and length: (\d+)/g;
  // Its data may be here before what it says of them.
  await eventually(() => contents({ stderr }).length > 5 && lengths(pattern).length > 5);
  const opened = contents({ stderr });
  const sealed = lengths(pattern);
  assert.ok(opened.length > 5, 'few records were received');
  assert.ok(sealed.length > 5, 'few records were sent');
  assert.ok(Math.max(...opened) <= limits.received, `received ${Math.max(...opened)} bytes`);
  assert.ok(Math.max(...sealed) <= limits.sent + 29, `sent ${Math.max(...sealed)} bytes`);
}
